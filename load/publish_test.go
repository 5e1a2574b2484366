package load

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"fanlake/load/query"
)

// night applies one earning more each and publishes.
func (l *lake) night(w *Warehouse, id int) {
	l.t.Helper()
	l.write(l.footer("earnings", int64(id), 1), window("earnings", 1, "s"+string(rune('a'+id)), at(id), at(id+1), int64(id), 1, 1,
		earning(1, id, at(id), 100, "pendingBalance", int64(id), 1)))
	l.apply(w)
	if _, err := w.Finish(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	if did, err := w.Publish(l.t.Context()); err != nil || !did {
		l.t.Fatalf("published %v, %v", did, err)
	}
}

// Where the published file cannot be replaced, what is published has a name of
// its own and a pointer leads there, until it can be replaced again.
func TestPublicationWithoutRenameOverOpen(t *testing.T) {
	t.Parallel()
	for name, obstruct := range obstacles() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLake(t)
			w := l.open()
			path := filepath.Join(l.dir, "warehouse.duckdb")
			free := obstruct(t, path)
			count := func(want string) {
				t.Helper()
				if got := format(t, path, "SELECT count(*) AS n FROM fanvue.earnings", query.WriteCSV); got != "n\n"+want+"\n" {
					t.Errorf("a reader sees %q, want %s", got, want)
				}
				problems, err := w.Verify(t.Context())
				for _, p := range problems {
					if filepath.Dir(p.Path) == "." {
						t.Errorf("verify: %v", p)
					}
				}
				if err != nil {
					t.Errorf("verify: %v", err)
				}
			}
			files := func(want ...string) {
				t.Helper()
				var got []string
				for _, pattern := range []string{"warehouse*", ".warehouse*"} {
					found, err := filepath.Glob(filepath.Join(l.dir, pattern))
					if err != nil {
						t.Fatal(err)
					}
					for _, f := range found {
						got = append(got, filepath.Base(f))
					}
				}
				if slices.Sort(got); !slices.Equal(got, want) {
					t.Errorf("there are %v, want %v", got, want)
				}
			}
			l.night(w, 1)
			count("1")
			files("warehouse-1.duckdb", "warehouse.current", "warehouse.duckdb")
			old, err := Query(t.Context(), path, "SELECT count(*) FROM fanvue.earnings", nil, query.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer old.Close()
			l.night(w, 2)
			count("2")
			files("warehouse-2.duckdb", "warehouse.current", "warehouse.duckdb")
			if got, err := old.Next(); err != nil || got[0] != int64(1) {
				t.Errorf("who had the first open sees %v rows, %v, want 1", got, err)
			}
			if did, err := w.Publish(t.Context()); did || err != nil {
				t.Errorf("published the same again: %v, %v", did, err)
			}
			if text, err := os.ReadFile(filepath.Join(l.dir, "warehouse.current")); err != nil || string(text) != "warehouse-2.duckdb\n" {
				t.Errorf("the pointer says %q, %v", text, err)
			}
			if err := os.WriteFile(filepath.Join(l.dir, "warehouse.current"), []byte("../other.duckdb\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Query(t.Context(), path, "SELECT 1", nil, query.Options{}); err == nil {
				t.Error("a pointer led out of the directory")
			}
			if did, err := w.Publish(t.Context()); !did || err != nil {
				t.Errorf("behind a pointer that is not ours: published %v, %v", did, err)
			}
			count("2")
			free()
			l.night(w, 3)
			count("3")
			files("warehouse.duckdb")
		})
	}
}

// obstacles are ways to make a path irreplaceable; each returns its undoing.
func obstacles() map[string]func(*testing.T, string) func() {
	all := map[string]func(*testing.T, string) func(){
		"directory": func(t *testing.T, path string) func() {
			if err := os.MkdirAll(filepath.Join(path, "in the way"), 0o700); err != nil {
				t.Fatal(err)
			}
			return func() {
				if err := os.RemoveAll(path); err != nil {
					t.Fatal(err)
				}
			}
		},
	}
	addMount(all)
	return all
}
