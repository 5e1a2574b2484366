package query

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParquetReadsBack(t *testing.T) {
	t.Parallel()
	path := publishedFile(t, "CREATE TABLE t AS SELECT 1 AS a")
	const query = everyType + ", (-5)::TINYINT AS tiny, 3000000000::UINTEGER AS u, (-9223372036854775808)::BIGINT AS small, 123456789.123456::DECIMAL(38,6) AS wide"
	rows, err := run(t.Context(), path, "SELECT * REPLACE (least(huge, 99999999999999999999999999999999999999) AS huge) FROM ("+query+" UNION ALL SELECT * FROM ("+query+") WHERE false) ORDER BY ALL", nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	name := filepath.Join(t.TempDir(), "out.parquet")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteParquet(f, rows); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil { // WriteParquet leaves that to the caller
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "SET GLOBAL TimeZone = 'UTC'"); err != nil {
		t.Fatal(err)
	}
	got := texts(t, db, "SELECT COLUMNS(*)::VARCHAR FROM read_parquet(?)", name)
	want := []string{"true 9007199254740993 99999999999999999999999999999999999999 -0.05 2026-02-01 03:00:00.5+00 2026-02-01 01:00:00+00 2026-02-01 11111111-1111-1111-1111-111111111111 " +
		`[a, NULL] [1,2] a "b", c   1.5 ["11111111-1111-1111-1111-111111111111"] -5 3000000000 -9223372036854775808 123456789.123456`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	types := texts(t, db, "SELECT column_type FROM (DESCRIBE SELECT * FROM read_parquet(?)) WHERE column_name IN ('big', 'huge', 'at', 'd', 'list', 'wide')", name)
	if diff := cmp.Diff([]string{"BIGINT", "DECIMAL(38,0)", "TIMESTAMP WITH TIME ZONE", "DATE", "VARCHAR[]", "DECIMAL(38,6)"}, types); diff != "" {
		t.Errorf("types: (-want +got)\n%s", diff)
	}
}

// texts returns the rows of a query of texts, one line a row, NULL as nothing.
func texts(t *testing.T, db *sql.DB, query string, args ...any) (all []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		cells, to := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range cells {
			to[i] = &cells[i]
		}
		if err := rows.Scan(to...); err != nil {
			t.Fatal(err)
		}
		line := make([]string, len(cells))
		for i, c := range cells {
			line[i] = c.String
		}
		all = append(all, strings.Join(line, " "))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestParquetRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	path := publishedFile(t, "CREATE TABLE t AS SELECT 1 AS a")
	rows, err := run(t.Context(), path, "SELECT 170141183460469231731687303715884105727::HUGEINT AS huge", nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	f, err := os.Create(filepath.Join(t.TempDir(), "out.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := WriteParquet(f, rows); err == nil {
		t.Error("a number of 39 digits was written")
	}
}
