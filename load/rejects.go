package load

import (
	"context"
	"database/sql"
	"errors"

	"github.com/duckdb/duckdb-go/v2"
)

// A Reject is a kind of row that the API served and that could not be typed.
// The rows themselves stay in lake/_rejects, which is private.
type Reject struct {
	Table     string `json:"table"`
	Stream    string `json:"stream"`
	CreatorID string `json:"creator_id,omitempty"`
	Path      string `json:"path"`   // of the value that was wrong
	Reason    string `json:"reason"` // what was wrong with it
	Rows      int64  `json:"rows"`
	LastRunID string `json:"last_run_id"`
}

// ReadRejects returns what was rejected, most frequent first.
func ReadRejects(ctx context.Context, dir string) (list []Reject, err error) {
	paths, err := Glob(dir, "lake/_rejects/*/*.parquet")
	if err != nil || len(paths) == 0 {
		return nil, err
	}
	connector, err := duckdb.NewConnector(":memory:?autoinstall_known_extensions=false&autoload_known_extensions=false", nil)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	defer func() { err = errors.Join(err, db.Close()) }()
	err = eachRow(ctx, db, "rejects", func(rows *sql.Rows) error {
		var r Reject
		err := rows.Scan(&r.Table, &r.Stream, &r.CreatorID, &r.Path, &r.Reason, &r.Rows, &r.LastRunID)
		list = append(list, r)
		return err
	}, jsonList(paths))
	return list, err
}
