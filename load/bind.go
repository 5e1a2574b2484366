package load

import (
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// BindDate returns a day as an argument of a query that has the type DATE
// whatever the statement makes of it; of t only the calendar day as written
// counts. Nil is NULL.
func BindDate(t *time.Time) any {
	if t == nil {
		return duckdb.Typed(nil, duckdb.TYPE_DATE)
	}
	return duckdb.Typed(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC), duckdb.TYPE_DATE)
}
