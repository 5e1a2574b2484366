package load

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A row that stands in two parts, because a run died between sealing it and
// noting so, is one reject.
func TestReadRejectsCountsARowOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if list, err := ReadRejects(t.Context(), dir); err != nil || list != nil {
		t.Errorf("without a lake: %v, %v", list, err)
	}
	parts := filepath.Join(dir, "lake", "_rejects", "2026-11")
	if err := os.MkdirAll(parts, 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const rows = `SELECT 'earnings' AS table_name, 'earnings' AS stream, '11111111-1111-1111-1111-111111111111'::UUID AS creator_id, 'gross' AS path,
		'not a whole number of cents' AS reason, '{"gross":' || n || '.5}' AS "row", 'r' || run AS _run_id, run AS _run_seq, n AS _page
		FROM range(3) t(n), (SELECT unnest([1, 2]) AS run)`
	for _, name := range []string{"a", "b"} {
		if _, err := db.Exec("COPY (" + rows + ") TO '" + filepath.Join(parts, name+".parquet") + "' (FORMAT parquet)"); err != nil {
			t.Fatal(err)
		}
	}
	got, err := ReadRejects(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []Reject{{"earnings", "earnings", "11111111-1111-1111-1111-111111111111", "gross", "not a whole number of cents", 6, "r2"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
