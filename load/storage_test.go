package load

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fanlake/load/query"
)

// What is published has the storage of DuckDB 1.0, which every 1.x reads.
func TestPublicationHasTheStorageOfEveryDuckDB1(t *testing.T) {
	t.Parallel()
	l := newLake(t)
	w := l.open()
	l.write(l.footer("earnings", 1, 1), window("earnings", 1, "1/1", at(0), at(9), 1, 1, 1, earning(1, 1, at(1), 100, "pendingBalance", 1, 1)))
	l.apply(w)
	l.ended(w, 1, time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC))
	if _, err := w.Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"warehouse.duckdb", "people.duckdb"} {
		path := filepath.Join(l.dir, name)
		head, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		// The main header: a checksum, "DUCK", and the version of the storage, of
		// which 64 is that of DuckDB 0.9 to 1.x.
		if got := binary.LittleEndian.Uint64(head[12:]); string(head[8:12]) != "DUCK" || got != 64 {
			t.Errorf("%s begins with %q, version %d", name, head[8:12], got)
		}
		got := format(t, path, "SELECT tags['storage_version'] AS v FROM duckdb_databases() WHERE database_name = 'warehouse'", query.WriteCSV)
		if got != "v\nv1.0.0+\n" {
			t.Errorf("%s: storage version %q", name, got)
		}
	}
}
