package load

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// compactEnv makes this test binary a process that compacts one lake, so that
// it can be killed.
const compactEnv = "FANLAKE_COMPACT_DIR"

// TestCompactProcess is not a test: it is that process.
func TestCompactProcess(t *testing.T) {
	dir := os.Getenv(compactEnv)
	if dir == "" {
		t.Skip("a helper of TestCompactSurvivesKills")
	}
	w, err := Open(t.Context(), compactOptions(dir))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("ready")
	if _, err := w.Compact(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	fmt.Println("done")
}

func compactOptions(dir string) Options {
	return Options{Dir: dir, Account: "main", Owner: testOwner, KeyFingerprint: "key", Threads: 1, MemoryLimit: "256MB"}
}

// copyTree copies a data directory; parts are never changed and so linked.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o700)
		}
		if filepath.Ext(path) == ".parquet" {
			return os.Link(path, filepath.Join(to, rel))
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), text, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A compaction that is killed leaves a lake that gives the same content, by
// what is applied, by a second fold and by a rebuild, and the next one ends what
// it began.
func TestCompactSurvivesKills(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes")
	}
	t.Parallel()
	kills := 6
	if os.Getenv("FANLAKE_LONG") != "" {
		kills = 300
	}
	source := newLake(t)
	source.hashed = true
	dice := &world{rand.New(rand.NewPCG(3, 5)), map[int64]int64{}}
	earned, _ := dice.earningSlices()
	walks, _ := dice.listSlices()
	source.parts(dice.rng, "earnings", earned)
	source.parts(dice.rng, "subscribers", walks)
	for seq := range int64(6) {
		source.people(seq+1, 40, fmt.Sprint("kim", seq), "lou")
	}
	w := source.open()
	source.apply(w)
	source.ended(w, 9, time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC))
	want := contents(t, w, false)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	took, met := time.Duration(0), map[string]int{}
	for n := -1; n < kills; n++ {
		dir := t.TempDir()
		copyTree(t, source.dir, dir)
		killed := false
		for again := true; again; again = killed && dice.rng.IntN(3) == 0 { // some are killed more than once
			cmd := exec.Command(os.Args[0], "-test.run=^TestCompactProcess$")
			cmd.Env = append(os.Environ(), compactEnv+"="+dir)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(out)
			if !lines.Scan() || lines.Text() != "ready" {
				t.Fatalf("the process said %q", lines.Text())
			}
			began := time.Now()
			if n < 0 { // the first one shows how long it takes
				for lines.Scan() {
				}
				if err := cmd.Wait(); err != nil {
					t.Fatal(err)
				}
				took = time.Since(began)
				break
			}
			<-time.After(time.Duration(dice.rng.Int64N(int64(took))))
			if err := cmd.Process.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
				t.Fatal(err)
			}
			killed = cmd.Wait() != nil
		}
		met[where(t, dir)]++
		l := &lake{t: t, dir: dir, opts: compactOptions(dir)}
		w := l.open()
		l.apply(w)
		if _, err := w.Finish(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, contents(t, w, false)); d != "" {
			t.Fatalf("after kill %d (-want +got)\n%s", n, d)
		}
		if problems, err := w.VerifyFold(t.Context()); err != nil || len(problems) > 0 {
			t.Fatalf("after kill %d: %v, %v", n, problems, err)
		}
		if _, err := w.Compact(t.Context(), false); err != nil {
			t.Fatalf("after kill %d: %v", n, err)
		}
		if problems, err := w.Verify(t.Context()); err != nil || len(problems) > 0 {
			t.Fatalf("after kill %d: %v, %v", n, problems, err)
		}
		if at := where(t, dir); at != "compacted" {
			t.Fatalf("after kill %d and another compaction the lake is %s", n, at)
		}
		if n%4 == 0 {
			as := contents(t, w, true)
			if d := cmp.Diff(as, l.rebuilt(w)); d != "" {
				t.Fatalf("rebuilt after kill %d (-before +after)\n%s", n, d)
			}
		}
		if d := cmp.Diff(want, contents(t, w, false)); d != "" {
			t.Fatalf("after kill %d and another compaction (-want +got)\n%s", n, d)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("a compaction takes %v; killed while the lake was: %v", took, met)
}

// where says how far a compaction came, by the files of the lake.
func where(t *testing.T, dir string) string {
	t.Helper()
	parts, err := disk(dir)
	if err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "lake", "*", "*", ".*"))
	if err != nil {
		t.Fatal(err)
	}
	byTable := map[string]int{}
	for _, p := range parts {
		byTable[p.table.Name]++
	}
	done := 0
	for _, n := range byTable {
		if n == 1 {
			done++
		}
	}
	switch {
	case len(left) > 0:
		return fmt.Sprintf("%d tables done, one being written", done)
	case done == len(byTable):
		return "compacted"
	}
	return fmt.Sprintf("%d tables done, %d parts", done, len(parts))
}

func TestVerifyFoldNamesWhatDiffers(t *testing.T) {
	t.Parallel()
	l := newLake(t)
	for id := range 5 {
		l.write(l.footer("earnings", int64(id+1), 1), window("earnings", 1, fmt.Sprint(id, "/1"), at(id), at(id+1), int64(id+1), 1, 1,
			earning(1, id, at(id), 100, "pendingBalance", int64(id+1), 1)))
	}
	l.people(1, 2, "kim", "lou")
	w := l.open()
	l.apply(w)
	l.ended(w, 9, time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC))
	if problems, err := w.VerifyFold(t.Context()); err != nil || len(problems) > 0 {
		t.Fatalf("of a warehouse that is right: %v, %v", problems, err)
	}
	for _, do := range []string{"UPDATE fanvue.earnings SET net_cents = net_cents + 1 WHERE earned_at = (SELECT min(earned_at) FROM fanvue.earnings)",
		"DELETE FROM meta.coverage", "CREATE TABLE mart.other AS SELECT 1 AS a", "DROP TABLE mart.dim_dates"} {
		if _, err := w.DB().ExecContext(t.Context(), do); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.people.db.ExecContext(t.Context(), "INSERT INTO people (fan_id) VALUES ('x'), ('x')"); err != nil {
		t.Fatal(err)
	}
	for _, s := range w.stores() { // as every change is noted
		if err := s.touch(); err != nil {
			t.Fatal(err)
		}
	}
	problems, err := w.VerifyFold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range problems {
		got = append(got, p.String())
	}
	again := ": run fanlake rebuild"
	want := []string{
		"state/warehouse.duckdb: fanvue.earnings has 1 rows that the lake does not give, and lacks 1 that it gives" + again,
		"state/warehouse.duckdb: mart.dim_dates is missing" + again,
		"state/warehouse.duckdb: meta.coverage has 0 rows that the lake does not give, and lacks 1 that it gives" + again,
		"state/warehouse.duckdb: mart.other does not follow from the lake" + again,
		"state/people.duckdb: main.people has 2 rows that the lake does not give, and lacks 0 that it gives" + again,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	left, err := filepath.Glob(filepath.Join(l.dir, "state", "verify-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
}
