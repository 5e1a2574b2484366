package load

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"fanlake/load/schema"
	"fanlake/transform/tables"
)

// A lake writes parts as another program would: with DuckDB's own writer.
type lake struct {
	t    testing.TB
	dir  string
	db   *sql.DB
	opts Options

	hashed bool   // parts have the content hash that sealing gives them
	month  string // of sealing; empty for 2026-01
}

const testOwner = "00000000-0000-0000-0000-0000000000ff"

func newLake(t testing.TB) *lake {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Exec("SET GLOBAL TimeZone = 'UTC'; SET GLOBAL threads = 1"); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if len(t.Name())%4 != 1 { // the others begin with an empty directory
		copyEmpty(t, dir)
	}
	return &lake{t: t, dir: dir, db: db, opts: Options{Dir: dir, Account: "main", Owner: testOwner, KeyFingerprint: "key", Threads: 2}}
}

// copyEmpty puts private files to which nothing was applied yet into a data
// directory. Making them, with all that the marts are explained by, takes longer
// than most tests.
func copyEmpty(t testing.TB, dir string) {
	t.Helper()
	files, err := emptyFiles()
	if err == nil {
		err = os.MkdirAll(filepath.Join(dir, "state"), 0o700)
	}
	for name, content := range files {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, "state", name), content, 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// emptyFiles are the private files by name, with marts of nothing.
var emptyFiles = sync.OnceValues(func() (map[string][]byte, error) {
	dir, err := os.MkdirTemp("", "empty")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	w, err := Open(context.Background(), Options{Dir: dir, Threads: 1})
	if err != nil {
		return nil, err
	}
	_, err = w.Finish(context.Background())
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, name := range []string{"warehouse.duckdb", "warehouse.json", "people.duckdb", "people.json"} {
		if files[name], err = os.ReadFile(filepath.Join(dir, "state", name)); err != nil {
			return nil, err
		}
	}
	return files, nil
})

// A testSlice is a slice with its rows.
type testSlice struct {
	tables.Slice
	rows []map[string]any // columns of the table, and _page etc.
}

// at is the instant n minutes after the start of 2026.
func at(n int) time.Time { return time.Date(2026, 1, 1, 0, n, 0, 0, time.UTC) }

func uuidOf(kind string, n int) string {
	return fmt.Sprintf("%08x-0000-4000-8000-%012x", len(kind)*7919+int(kind[0]), n)
}

// footer is the footer of a part of a run.
func (l *lake) footer(table string, seq int64, number int) tables.Footer {
	run := fmt.Sprintf("run%04d", seq)
	return tables.Footer{
		Format: tables.FormatVersion, PartID: fmt.Sprintf("%s-%04d", run, number), Table: table, Account: l.opts.Account,
		Owner: l.opts.Owner, KeyFingerprint: l.opts.KeyFingerprint, RunID: run, RunSeq: seq, Number: number,
		SealedAt: at(int(seq)), ContentHash: "none", Notice: tables.Notice,
	}
}

// write writes a part and returns its path.
func (l *lake) write(f tables.Footer, of ...testSlice) string {
	l.t.Helper()
	t, ok := tables.ByName(f.Table)
	if !ok {
		l.t.Fatalf("no table %s", f.Table)
	}
	f.Rows, f.Slices = 0, nil
	rows := []map[string]any{}
	for i, s := range of {
		s.Slice.Rows = int64(len(s.rows))
		f.Slices = append(f.Slices, s.Slice)
		for _, r := range s.rows {
			row := map[string]any{"_slice": i, "_n": len(rows)}
			for k, v := range r {
				row[k] = v
			}
			rows = append(rows, row)
		}
	}
	f.Rows = int64(len(rows))
	columns := append(append([]tables.Column{}, t.Columns...), tables.System...)
	var selected, shape []string
	for _, c := range columns {
		selected = append(selected, c.Name)
		shape = append(shape, fmt.Sprintf("%q:%q", c.Name, schema.Type(c.Type)))
	}
	text, err := json.Marshal(rows)
	if err != nil {
		l.t.Fatal(err)
	}
	source := filepath.Join(l.t.TempDir(), "rows.json")
	if err := os.WriteFile(source, text, 0o600); err != nil {
		l.t.Fatal(err)
	}
	from := fmt.Sprintf(`(SELECT j.* FROM (SELECT unnest(from_json(content::JSON, '[{%s,"_n":"BIGINT"}]')) AS j FROM read_text('%s')))`, strings.Join(shape, ","), source)
	return l.copy(f, fmt.Sprintf("SELECT %s FROM %s ORDER BY _n", strings.Join(selected, ", "), from))
}

// copy writes a part from a query.
func (l *lake) copy(f tables.Footer, query string) string {
	l.t.Helper()
	path := filepath.Join(l.dir, "lake", f.Table, cmp.Or(l.month, "2026-01"), f.PartID+".parquet")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		l.t.Fatal(err)
	}
	if l.hashed && f.ContentHash == "none" {
		l.copyAs(f, query, path)
		f.ContentHash = l.identities(f.Table, path)
	}
	return l.copyAs(f, query, path)
}

// identities is the content hash of a part.
func (l *lake) identities(table, path string) string {
	l.t.Helper()
	conn, err := l.db.Conn(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	defer conn.Close()
	rel, err := filepath.Rel(l.dir, path)
	if err != nil {
		l.t.Fatal(err)
	}
	t, _ := tables.ByName(table)
	digest := sha256.New()
	if err := (&store{opts: l.opts, conn: conn}).hashIdentities(l.t.Context(), t, rel, digest); err != nil {
		l.t.Fatal(err)
	}
	return hex.EncodeToString(digest.Sum(nil))
}

func (l *lake) copyAs(f tables.Footer, query, path string) string {
	l.t.Helper()
	text, err := json.Marshal(f)
	if err != nil {
		l.t.Fatal(err)
	}
	stmt := fmt.Sprintf("COPY (%s) TO '%s' (FORMAT parquet, COMPRESSION zstd, KV_METADATA {%s: %s})", query, path, tables.FooterKey, schema.Quote(string(text)))
	if _, err := l.db.Exec(stmt); err != nil {
		l.t.Fatalf("%v\n%s", err, stmt[:min(len(stmt), 2000)])
	}
	return path
}

// earning is a row of earnings, seen on a page.
func earning(creator, id int, at time.Time, cents int64, status string, seq, page int64) map[string]any {
	return map[string]any{
		"earning_id": uuidOf("earning", id), "creator_id": uuidOf("creator", creator), "earned_at": at,
		"source": "message", "gross_cents": cents, "net_cents": cents * 4 / 5, "transaction_order_status": status,
		"transaction_order_id": fmt.Sprint("order", id),
		"_run_id":              fmt.Sprintf("run%04d", seq), "_fetched_at": time.Date(2026, 2, int(seq), 0, 0, int(page), 0, time.UTC),
		"_run_seq": seq, "_page": page, "_hash": int64(id)*1000 + cents*7 + int64(len(status)),
	}
}

// window is a slice of a window of earnings.
func window(stream string, creator int, id string, from, to time.Time, seq, first, last int64, rows ...map[string]any) testSlice {
	return testSlice{tables.Slice{
		ID: id, Stream: stream, CreatorID: uuidOf("creator", creator), Start: from, End: to, Complete: true,
		WalkStart: time.Date(2026, 2, int(seq), 0, 0, int(first), 0, time.UTC), WalkEnd: time.Date(2026, 2, int(seq), 0, 0, int(last), 0, time.UTC),
		FirstSeq: seq, FirstPage: first, LastSeq: seq, LastPage: last,
	}, rows}
}

// open opens the warehouse of the lake and closes it with the test.
func (l *lake) open() *Warehouse {
	l.t.Helper()
	w, err := Open(l.t.Context(), l.opts)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { w.Close() })
	return w
}

func (l *lake) apply(w *Warehouse) Applied {
	l.t.Helper()
	a, err := w.Apply(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	return a
}

// texts returns the rows of a query, each as one text.
func rowTexts(t testing.TB, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatalf("%v\n%s", err, query)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for rows.Next() {
		cells, to := make([]sql.NullString, len(names)), make([]any, len(names))
		for i := range cells {
			to[i] = &cells[i]
		}
		if err := rows.Scan(to...); err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, c := range cells {
			if c.Valid {
				texts = append(texts, c.String)
			} else {
				texts = append(texts, "-")
			}
		}
		out = append(out, strings.Join(texts, " "))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
