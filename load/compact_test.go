package load

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanlake/load/runs"
)

// ended records that a run ended at a time of the server.
func (l *lake) ended(w *Warehouse, seq int64, now time.Time) {
	l.t.Helper()
	r := runs.Run{RunID: fmt.Sprintf("run%04d", seq), Seq: seq, Account: "main", Status: runs.OK, Ended: true, StartedAt: now, FinishedAt: now, ServerTime: now}
	if err := runs.Write(l.dir, r); err != nil {
		l.t.Fatal(err)
	}
	if _, err := w.Finish(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
}

// contents are the rows of every table of the private files. Those that name
// parts are left out where parts are other ones.
func contents(t *testing.T, w *Warehouse, parts bool) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, s := range w.stores() {
		for _, name := range rowTexts(t, s.db, `SELECT table_schema || '.' || table_name FROM information_schema.tables
			WHERE table_type = 'BASE TABLE' AND table_catalog NOT IN ('system', 'temp') AND table_schema <> 'load'`) {
			if name == "meta.data_dictionary" {
				continue
			}
			columns := "COLUMNS(c -> c <> 'applied_at')"
			if !parts && name == "meta.parts" {
				continue
			}
			if !parts && name == "meta.slices" {
				columns = "COLUMNS(c -> c NOT IN ('part_id', 'slice_index'))"
				if s.name == "people" {
					continue // each part is one slice
				}
			}
			all[s.name+" "+name] = rowTexts(t, s.db, fmt.Sprintf("SELECT to_json(t)::VARCHAR AS x FROM (SELECT %s FROM %s) t ORDER BY x", columns, name))
		}
	}
	return all
}

func (l *lake) rebuilt(w *Warehouse) map[string][]string {
	l.t.Helper()
	if err := w.Rebuild(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	if _, err := w.Finish(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	return contents(l.t.(*testing.T), w, true)
}

// people writes a part of the people that a run met.
func (l *lake) people(seq int64, number int, names ...string) {
	f := l.footer("people", seq, number)
	s := testSlice{Slice: describeSlice(fmt.Sprintf("%d/p%d", seq, number), "subscribers", uuidOf("creator", 1), []version{{seq, int64(number)}})}
	for i, name := range names {
		v := version{seq, int64(number)}
		s.rows = append(s.rows, map[string]any{"fan_id": fmt.Sprint("fan", i), "fan_uuid": uuidOf("fan", i), "handle": name, "_run_id": f.RunID,
			"_fetched_at": clock(v), "_run_seq": v.seq, "_page": v.page, "_hash": len(name)*1000 + int(name[0])})
	}
	l.write(f, s)
}

func TestCompactKeepsTheFold(t *testing.T) {
	t.Parallel()
	seeds := 2
	if os.Getenv("FANLAKE_LONG") != "" {
		seeds = 200
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w := &world{rand.New(rand.NewPCG(uint64(seed), 2)), map[int64]int64{}}
			earned, _ := w.earningSlices()
			walks, _ := w.listSlices()
			// What stays away at first comes behind the compaction, out of order too.
			source := newLake(t)
			source.hashed = true
			parts := append(source.parts(w.rng, "earnings", earned), source.parts(w.rng, "subscribers", walks)...)
			w.rng.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
			late := parts[:len(parts)/5]

			l := newLake(t)
			l.hashed = true
			l.fill(source, parts[len(parts)/5:])
			for seq := range int64(5) {
				l.people(seq+1, 40, "kim"+fmt.Sprint(w.rng.IntN(3)), "lou", "max"+fmt.Sprint(w.rng.IntN(2)))
			}
			wh := l.open()
			l.apply(wh)
			l.ended(wh, 9, time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC))
			before := contents(t, wh, false)
			files := func() (names []string) {
				parts, err := disk(l.dir)
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range parts {
					names = append(names, p.path)
				}
				return names
			}
			had := files()
			planned, err := wh.Compact(t.Context(), true)
			if err != nil || !slices.Equal(files(), had) {
				t.Fatalf("a plan: %v, %v", planned, err)
			}
			done, err := wh.Compact(t.Context(), false)
			if err != nil {
				t.Fatal(err)
			}
			for i := range planned.Tables {
				planned.Tables[i].BytesAfter = done.Tables[i].BytesAfter
			}
			if d := cmp.Diff(planned, done); d != "" || len(done.Tables) != 3 || done.Tables[0].Merged < 3 {
				t.Errorf("(-planned +done)\n%s\n%v", d, done)
			}
			if got := len(files()); got != 3 {
				t.Errorf("%d files are left, want one a table: %v", got, files())
			}
			compare := func(what string, want, got map[string][]string) {
				t.Helper()
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("%s (-want +got)\n%s", what, d)
				}
			}
			compare("compacted", before, contents(t, wh, false))
			problems, err := wh.Verify(t.Context())
			if err != nil || len(problems) > 0 {
				t.Errorf("verify: %v, %v", problems, err)
			}
			if again, err := wh.Compact(t.Context(), false); err != nil || slices.ContainsFunc(again.Tables, func(c CompactedTable) bool { return c.Merged > 0 }) {
				t.Errorf("compacted again: %v, %v", again, err)
			}
			compare("compacted twice", before, contents(t, wh, false))
			as := contents(t, wh, true)
			compare("rebuilt", as, l.rebuilt(wh))

			// What comes later meets what it would have met.
			l.fill(source, late)
			l.apply(wh)
			if _, err := wh.Finish(t.Context()); err != nil {
				t.Fatal(err)
			}
			other := newLake(t)
			other.hashed = true
			other.fill(source, parts)
			whOther := other.open()
			other.apply(whOther)
			other.ended(whOther, 9, time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC))
			got, want := contents(t, wh, false), contents(t, whOther, false)
			for name := range got {
				if strings.HasPrefix(name, "people ") {
					delete(got, name)
					delete(want, name)
				}
			}
			compare("with what came late", want, got)
			as = contents(t, wh, true)
			compare("rebuilt with what came late", as, l.rebuilt(wh))
		})
	}
}

// What is not to be merged is left alone: parts of this month, rejects, and
// parts with a slice that another part has too.
func TestCompactLeavesAlone(t *testing.T) {
	t.Parallel()
	l := newLake(t)
	l.hashed = true
	one := func(month string, seq int64, number int, slice string) string {
		l.month = month
		s := window("earnings", 1, slice, at(int(seq)), at(int(seq)+1), seq, 1, 1, earning(1, int(seq), at(int(seq)), 100, "pendingBalance", seq, 1))
		return l.write(l.footer("earnings", seq, number), s)
	}
	var kept []string
	kept = append(kept, one("2026-02", 8, 1, "8/1"), one("2026-02", 9, 1, "9/1"), one("2026-01", 3, 1, "3/1"), one("2026-01", 3, 2, "3/1"))
	one("2026-01", 1, 1, "1/1")
	one("2026-01", 2, 1, "2/1")
	rejects := filepath.Join(l.dir, "lake", "_rejects", "2026-01", "run0001-0007.parquet")
	if err := errors.Join(os.MkdirAll(filepath.Dir(rejects), 0o700), os.WriteFile(rejects, []byte("rejects"), 0o600)); err != nil {
		t.Fatal(err)
	}
	kept = append(kept, rejects)
	w := l.open()
	l.apply(w)
	if c, err := w.Compact(t.Context(), false); err != nil || c.Before != "" {
		t.Errorf("before any run has ended: %v, %v", c, err)
	}
	l.ended(w, 9, time.Date(2026, 2, 3, 0, 0, 0, 0, time.UTC))
	c, err := w.Compact(t.Context(), false)
	if err != nil || c.Before != "2026-02" || len(c.Tables) != 1 || c.Tables[0].Merged != 2 || c.Tables[0].FilesAfter != 5 {
		t.Errorf("got %+v, %v", c, err)
	}
	for _, path := range kept {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	merged := filepath.Join(l.dir, "lake", "earnings", "2026-01", "run0002-0002.parquet")
	info, err := os.Stat(merged)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("merged part: %v, %v", info, err)
	}
	expect(t, w, `SELECT part_id, replaces::VARCHAR, run_seq FROM meta.parts WHERE len(replaces) > 0`, "run0002-0002 [run0001-0001, run0002-0001] 2")
	expect(t, w, `SELECT slice_id, run_id, slice_index FROM meta.slices WHERE part_id = 'run0002-0002' ORDER BY ALL`, "1/1 run0001 0", "2/1 run0002 1")
}

// A part whose rows are not what was sealed is not carried over into a new one.
func TestCompactRefusesDamage(t *testing.T) {
	t.Parallel()
	l := newLake(t)
	l.hashed = true
	var paths []string
	for seq := int64(1); seq <= 3; seq++ {
		s := window("earnings", 1, fmt.Sprint(seq, "/1"), at(int(seq)), at(int(seq)+1), seq, 1, 1, earning(1, int(seq), at(int(seq)), 100, "pendingBalance", seq, 1))
		f := l.footer("earnings", seq, 1)
		if seq == 2 {
			f.ContentHash = strings.Repeat("0", 64)
		}
		paths = append(paths, l.write(f, s))
	}
	w := l.open()
	l.apply(w)
	l.ended(w, 9, time.Date(2026, 2, 3, 0, 0, 0, 0, time.UTC))
	var refused *PartError
	if c, err := w.Compact(t.Context(), false); !errors.As(err, &refused) || !strings.Contains(refused.Path, "run0002-0001") {
		t.Errorf("got %v, %v", c, err)
	}
	for _, path := range paths {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	expect(t, w, `SELECT count(*) FROM meta.parts`, "3")
}
