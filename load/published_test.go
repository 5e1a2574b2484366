package load

import (
	"bytes"
	"database/sql"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"fanlake/load/query"
	"fanlake/load/schema"
)

// publishedFile writes a file as publication leaves it, closed, and returns
// its path.
func publishedFile(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "it's a warehouse.duckdb")
	db, err := sql.Open("duckdb", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), script); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// format returns the rows of a query as write writes them.
func format(t *testing.T, path, text string, write func(io.Writer, *query.Rows) error) string {
	t.Helper()
	rows, err := Query(t.Context(), path, text, nil, query.Options{Threads: 1, MemoryLimit: "200MB"})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	defer rows.Close()
	var out bytes.Buffer
	if err := write(&out, rows); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return out.String()
}

func TestQueryWithoutPublication(t *testing.T) {
	t.Parallel()
	_, err := Query(t.Context(), filepath.Join(t.TempDir(), "none.duckdb"), "SELECT 1", nil, query.Options{})
	if !errors.Is(err, ErrNotPublished) {
		t.Errorf("no file: got %v", err)
	}
}

// After an upgrade the publication may lack what is asked of it; until the next
// one the error says why.
func TestQueryKnowsAnotherVersion(t *testing.T) {
	t.Parallel()
	ddl, err := schema.Text("warehouse")
	if err != nil {
		t.Fatal(err)
	}
	for hash, want := range map[string]string{"of another version": "fanlake rebuild makes it again", hashText(ddl): "meta.data_dictionary"} {
		path := publishedFile(t, "CREATE SCHEMA load; CREATE TABLE load.schema AS SELECT "+schema.Quote(hash)+" AS hash")
		rows, err := Query(t.Context(), path, "FROM mart.new_in_this_version", nil, query.Options{})
		if err == nil {
			rows.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want one that says %s", err, want)
		}
	}
}

// A name that is not there is answered with where names are.
func TestQueryNamesTheDictionary(t *testing.T) {
	t.Parallel()
	path := publishedFile(t, "CREATE TABLE t AS SELECT 1 AS a")
	for text, want := range map[string]bool{"FROM nope": true, "SELECT b FROM t": true, "SELECT 1/": false, "SELECT 'x'::INT FROM t": false} {
		rows, err := Query(t.Context(), path, text, nil, query.Options{})
		if err == nil {
			_, err = rows.Next()
			rows.Close()
		}
		if err == nil || strings.Contains(err.Error(), "meta.data_dictionary") != want {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// A query that needs more memory than it may take is answered with who sets it.
func TestQueryNamesTheMemoryLimit(t *testing.T) {
	t.Parallel()
	path := publishedFile(t, "CREATE TABLE t AS SELECT 1 AS a")
	rows, err := Query(t.Context(), path, "SELECT list(i) FROM range(1000000000) r(i)", nil, query.Options{Threads: 1, MemoryLimit: "100MB"})
	if err == nil {
		_, err = rows.Next()
		rows.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "Out of Memory") || !strings.Contains(err.Error(), "warehouse.memory_limit") {
		t.Errorf("%v, want that it needs too much memory", err)
	}
}
