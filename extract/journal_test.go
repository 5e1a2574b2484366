package extract

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// journalDir is a directory in memory where there is one: some tests open
// thousands of journals, each of which syncs.
func journalDir(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "journal")
	if err != nil {
		return filepath.Join(t.TempDir(), "journal")
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "journal")
}

func openJournal(t testing.TB, root string, seq int64) *Journal {
	t.Helper()
	j, err := OpenJournal(root, fmt.Sprintf("run%d", seq), seq)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

// journalPage is a page whose content follows from the slice's reason, which
// tests use as its name, and its index.
func journalPage(name string, index int) Page {
	instant := time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC).Add(time.Duration(index) * time.Minute)
	return Page{
		Index:     index,
		FetchedAt: instant,
		Rows:      index % 7,
		Last:      instant.Add(-time.Hour),
		Ordered:   true,
		Next:      Position{Cursor: fmt.Sprintf("after %d", index)},
		Body:      fmt.Appendf(nil, `{"data":[{"name":%q,"index":%d}]}`, name, index),
	}
}

func begin(t testing.TB, j *Journal, name string) string {
	t.Helper()
	s, err := j.Begin(Slice{Stream: "messages", Creator: "c1", Reason: name})
	if err != nil {
		t.Fatal(err)
	}
	return s.ID
}

func appendPages(t testing.TB, j *Journal, id, name string, from, to int) {
	t.Helper()
	for i := from; i <= to; i++ {
		if _, err := j.Append(id, journalPage(name, i)); err != nil {
			t.Fatal(err)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// bodies reads the pages of the slice and checks that they are a chain of what
// journalPage gives.
func bodies(t testing.TB, j *Journal, id, name string) int {
	t.Helper()
	n, seq, number := 0, int64(0), int64(0)
	for p, err := range j.Pages(id) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		want := journalPage(name, n)
		if !bytes.Equal(p.Body, want.Body) {
			t.Fatalf("slice %s: page %d has body %q, want %q", id, n, p.Body, want.Body)
		}
		if p.RunSeq < seq || p.RunSeq == seq && p.Number <= number {
			t.Fatalf("slice %s: page %d is (%d, %d) after (%d, %d)", id, n, p.RunSeq, p.Number, seq, number)
		}
		seq, number = p.RunSeq, p.Number
		want.RunID, want.RunSeq, want.Number = p.RunID, p.RunSeq, p.Number
		want.Body, p.Body = nil, nil // compared; cmp is slow on bytes
		if d := cmp.Diff(want, p); d != "" {
			t.Fatalf("slice %s: page %d (-want +got):\n%s", id, n, d)
		}
	}
	return n
}

// state is what Slices says, short: "name pages state".
func state(t testing.TB, j *Journal) []string {
	t.Helper()
	all := []string{}
	waiting := int64(0)
	for _, s := range j.Slices() {
		if n := bodies(t, j, s.ID, s.Reason); n != s.Pages {
			t.Fatalf("slice %s: %d pages, and Pages gives %d", s.ID, s.Pages, n)
		}
		var rows, size int64
		for i := 1; i <= s.Pages; i++ {
			p := journalPage(s.Reason, i)
			rows, size = rows+int64(p.Rows), size+int64(len(p.Body))
		}
		if s.Rows != rows || s.Bytes != size {
			t.Fatalf("slice %s: %d rows, %d bytes; want %d, %d", s.ID, s.Rows, s.Bytes, rows, size)
		}
		if s.Last.Index != s.Pages || s.Pages > 0 && s.Last.Next != journalPage("", s.Pages).Next || s.Last.Body != nil {
			t.Fatalf("slice %s: last page is %+v of %d", s.ID, s.Last, s.Pages)
		}
		if s.First.Index != min(1, s.Pages) || s.Pages > 0 && s.First.Next != journalPage("", 1).Next || s.First.Body != nil {
			t.Fatalf("slice %s: first page is %+v of %d", s.ID, s.First, s.Pages)
		}
		heads := 0
		for p, err := range j.Heads(s.ID) {
			must(t, err)
			if heads++; p.Index != heads || p.Body != nil {
				t.Fatalf("slice %s: head %d is %+v", s.ID, heads, p)
			}
		}
		if heads != s.Pages {
			t.Fatalf("slice %s: %d heads of %d pages", s.ID, heads, s.Pages)
		}
		how := "begun"
		if s.Finished {
			waiting += s.Rows
			how = fmt.Sprintf("finished %v %s", s.Complete, s.Why)
		}
		all = append(all, fmt.Sprintf("%s %d %s", s.Reason, s.Pages, strings.TrimSpace(how)))
	}
	if got := j.Waiting(); got != waiting {
		t.Fatalf("%d rows wait, want %d", got, waiting)
	}
	return all
}

func wantState(t testing.TB, j *Journal, want ...string) {
	t.Helper()
	if want == nil {
		want = []string{}
	}
	if d := cmp.Diff(want, state(t, j)); d != "" {
		t.Fatalf("slices (-want +got):\n%s", d)
	}
}

func files(t testing.TB, root string) []string {
	t.Helper()
	all := []string{}
	must(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && path != root {
			rel, _ := filepath.Rel(root, path)
			all = append(all, rel)
		}
		return err
	}))
	return all
}

func TestJournalGoesOnInLaterRuns(t *testing.T) {
	t.Parallel()
	root := journalDir(t)

	j := openJournal(t, root, 1)
	a, b := begin(t, j, "a"), begin(t, j, "b")
	if a != "run1/1" || b != "run1/2" {
		t.Fatalf("ids %s, %s", a, b)
	}
	appendPages(t, j, a, "a", 1, 2)
	appendPages(t, j, b, "b", 1, 1)
	must(t, j.Close())

	j = openJournal(t, root, 2)
	wantState(t, j, "a 2 begun", "b 1 begun")
	c := begin(t, j, "c")
	appendPages(t, j, a, "a", 3, 3)
	appendPages(t, j, c, "c", 1, 1)
	must(t, j.Finish(b, false, "status 500"))
	must(t, j.Close())

	j = openJournal(t, root, 3)
	wantState(t, j, "a 3 begun", "b 1 finished false status 500", "c 1 begun")
	p, err := j.Append(a, journalPage("a", 4))
	must(t, err)
	if p.RunID != "run3" || p.RunSeq != 3 || p.Number != 1 {
		t.Errorf("stamped %s, %d, %d", p.RunID, p.RunSeq, p.Number)
	}
	must(t, j.Finish(a, true, ""))
	wantState(t, j, "a 4 finished true", "b 1 finished false status 500", "c 1 begun")
	must(t, j.Close())
	must(t, j.Close())

	j = openJournal(t, root, 4)
	wantState(t, j, "a 4 finished true", "b 1 finished false status 500", "c 1 begun")
	if s := j.Slices()[0]; s.Creator != "c1" || s.Stream != "messages" || s.Last.RunID != "run3" {
		t.Errorf("slice %+v", s)
	}
	if len(j.Damage()) > 0 {
		t.Errorf("damage: %q", j.Damage())
	}
}

func TestJournalPagesIsReiterableAndStops(t *testing.T) {
	t.Parallel()
	j := openJournal(t, journalDir(t), 1)
	id := begin(t, j, "a")
	appendPages(t, j, id, "a", 1, 5)
	pages := j.Pages(id)
	numbers := func(each func(Page)) (all []int64) {
		for p, err := range pages {
			must(t, err)
			all = append(all, p.Number)
			each(p)
		}
		return all
	}
	got := numbers(func(p Page) {
		if p.Index == 2 { // the journal moves on under the iteration
			must(t, j.Restart(id))
			appendPages(t, j, id, "a", 1, 3)
		}
	})
	if d := cmp.Diff([]int64{1, 2, 3, 4, 5}, got); d != "" {
		t.Errorf("iteration begun before the restart (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]int64{6, 7, 8}, numbers(func(Page) {})); d != "" {
		t.Errorf("iteration begun after it (-want +got):\n%s", d)
	}
	for p := range pages {
		if p.Index > 1 {
			t.Error("went on after break")
		}
		break
	}
}

func TestJournalRestart(t *testing.T) {
	t.Parallel()
	root := journalDir(t)
	j := openJournal(t, root, 1)
	a := begin(t, j, "a")
	appendPages(t, j, a, "a", 1, 3)
	must(t, j.Finish(a, false, "cursor expired"))
	must(t, j.Restart(a))
	wantState(t, j, "a 0 begun")
	must(t, j.Close())

	j = openJournal(t, root, 2)
	wantState(t, j, "a 0 begun")
	appendPages(t, j, a, "a", 1, 2)
	must(t, j.Close())

	j = openJournal(t, root, 3)
	wantState(t, j, "a 2 begun")
}

func TestJournalDeletesWhatIsSealed(t *testing.T) {
	t.Parallel()
	root := journalDir(t)
	j := openJournal(t, root, 1)
	a, b := begin(t, j, "a"), begin(t, j, "b")
	appendPages(t, j, a, "a", 1, 2)
	appendPages(t, j, b, "b", 1, 2)
	must(t, j.Finish(a, true, ""))
	must(t, j.Sealed([]string{a}, []string{"part1"}))
	wantState(t, j, "b 2 begun")
	must(t, j.Close())

	// The pages of c lie in run 2; its seal will lie in run 3.
	j = openJournal(t, root, 2)
	wantState(t, j, "b 2 begun")
	c := begin(t, j, "c")
	appendPages(t, j, c, "c", 1, 1)
	appendPages(t, j, b, "b", 3, 3)
	must(t, j.Finish(c, true, ""))
	must(t, j.Close())

	j = openJournal(t, root, 3)
	d := begin(t, j, "d")
	must(t, j.Finish(d, true, ""))
	must(t, j.Sealed([]string{c, d}, []string{"part2"}))
	if d := cmp.Diff([]string{"run1", "run1/0001.pages", "run2", "run2/0001.pages", "run3", "run3/0001.pages"}, files(t, root)); d != "" {
		t.Fatalf("b is open in run 1 and 2, and run 3 says that c is sealed (-want +got):\n%s", d)
	}
	must(t, j.Close())

	j = openJournal(t, root, 4)
	wantState(t, j, "b 3 begun")
	must(t, j.Finish(b, true, ""))
	must(t, j.Sealed([]string{b}, nil))
	wantState(t, j)
	if d := cmp.Diff([]string{"run4"}, files(t, root)); d != "" {
		t.Fatalf("all is sealed (-want +got):\n%s", d)
	}
	e := begin(t, j, "e") // into a new segment
	must(t, j.Finish(e, true, ""))
	must(t, j.Sealed([]string{e}, nil))
	must(t, j.Close())
	if d := cmp.Diff([]string{}, files(t, root)); d != "" {
		t.Fatalf("closed (-want +got):\n%s", d)
	}
}

func TestJournalRefuses(t *testing.T) {
	t.Parallel()
	root := journalDir(t)
	j := openJournal(t, root, 5)
	a := begin(t, j, "a")
	appendPages(t, j, a, "a", 1, 1)
	done := begin(t, j, "done")
	must(t, j.Finish(done, true, ""))
	refused := func(what string, err error, words string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: got %v, want an error with %q", what, err, words)
		}
	}
	_, err := j.Append("run5/9", journalPage("a", 1))
	refused("unknown slice", err, `"run5/9" is unknown`)
	_, err = j.Append(a, journalPage("a", 3))
	refused("hole", err, "page 3 cannot follow page 1")
	_, err = j.Append(a, journalPage("a", 1))
	refused("page again", err, "page 1 cannot follow page 1")
	_, err = j.Append(done, journalPage("done", 1))
	refused("page of a finished slice", err, "is finished")
	_, err = j.Append(a, Page{Index: 2, Body: make([]byte, maxBody+1)})
	refused("huge page", err, "bytes")
	_, err = j.Append(a, Page{Index: 2, Rows: -1})
	refused("negative rows", err, "-1 rows")
	refused("seal of an unfinished slice", j.Sealed([]string{done, a}, nil), a+" is not finished")
	refused("seal of an unknown slice", j.Sealed([]string{"x"}, nil), "unknown")
	refused("finish twice", j.Finish(done, true, ""), "is finished")
	refused("restart of nothing", j.Restart("x"), "unknown")
	for _, err := range j.Pages("x") {
		refused("pages of nothing", err, "unknown")
	}
	wantState(t, j, "a 1 begun", "done 0 finished true")
	must(t, j.Close())
	_, err = j.Append(a, journalPage("a", 2))
	refused("closed", err, "closed")

	for _, id := range []string{"", ".", "..", "a/b", ".hidden", strings.Repeat("x", 300)} {
		_, err = OpenJournal(root, id, 6)
		refused("run id "+id, err, "run id")
	}
	_, err = OpenJournal(root, "run5", 6)
	refused("run again", err, "an id serves for one run")
	_, err = OpenJournal(root, "run6", 5)
	refused("sequence again", err, "sequence number")
	_, err = OpenJournal(root, "run0", 0)
	refused("no sequence", err, "sequence number")
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	_, err = OpenJournal(file, "run6", 6)
	refused("root is a file", err, file)
}

func TestJournalIsPrivate(t *testing.T) {
	t.Parallel()
	root := journalDir(t)
	j := openJournal(t, root, 1)
	begin(t, j, "a")
	for path, want := range map[string]fs.FileMode{"": 0o700, "run1": 0o700, "run1/0001.pages": 0o600} {
		info, err := os.Stat(filepath.Join(root, path))
		must(t, err)
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%q has mode %o, want %o", path, got, want)
		}
	}
}

// Not every page is the same size, nor does every slice fit one segment.
func TestJournalSegments(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "journal")
	const megabytes = 70
	body := func(i int) []byte { // incompressible
		b := make([]byte, 1<<20)
		var seed [32]byte
		seed[0] = byte(i)
		_, _ = rand.NewChaCha8(seed).Read(b)
		return b
	}
	j := openJournal(t, root, 1)
	early, id := begin(t, j, "early"), begin(t, j, "long")
	appendPages(t, j, early, "early", 1, 3)
	must(t, j.Finish(early, true, ""))
	for i := 1; i <= megabytes; i++ {
		_, err := j.Append(id, Page{Index: i, Body: body(i)})
		must(t, err)
	}
	if _, err := j.Append(id, Page{Index: megabytes + 1}); err != nil {
		t.Fatal(err)
	}
	late := begin(t, j, "late")
	appendPages(t, j, late, "late", 1, 1)
	must(t, j.Close())

	j = openJournal(t, root, 2)
	if len(j.Damage()) > 0 {
		t.Fatal(j.Damage())
	}
	n := 0
	for p, err := range j.Pages(id) {
		must(t, err)
		if n++; n <= megabytes && !bytes.Equal(p.Body, body(n)) || n > megabytes && len(p.Body) > 0 {
			t.Fatalf("page %d is another", n)
		}
	}
	if n != megabytes+1 {
		t.Fatalf("%d pages", n)
	}
	must(t, j.Finish(id, true, ""))
	must(t, j.Sealed([]string{id, early}, []string{"p"}))
	if d := cmp.Diff([]string{"run1", "run1/0002.pages", "run2", "run2/0001.pages"}, files(t, root)); d != "" {
		t.Errorf("the first segment is sealed (-want +got):\n%s", d)
	}
	if n := bodies(t, j, late, "late"); n != 1 {
		t.Errorf("late has %d pages", n)
	}
	must(t, j.Close())
	j = openJournal(t, root, 3)
	if got := len(j.Slices()); got != 1 || len(j.Damage()) > 0 {
		t.Errorf("%d slices, damage %q", got, j.Damage())
	}
}

func TestJournalConcurrently(t *testing.T) {
	t.Parallel()
	root := journalDir(t)
	j := openJournal(t, root, 1)
	var wg sync.WaitGroup
	const walks, pages = 16, 50
	numbers := make([][]int64, walks)
	for w := range walks {
		wg.Go(func() {
			name := fmt.Sprint("walk", w)
			s, err := j.Begin(Slice{Stream: "messages", Reason: name})
			if err != nil {
				t.Error(err)
				return
			}
			for i := 1; i <= pages; i++ {
				p, err := j.Append(s.ID, journalPage(name, i))
				if err != nil {
					t.Error(err)
					return
				}
				numbers[w] = append(numbers[w], p.Number)
				j.Slices()
			}
			if err := j.Finish(s.ID, true, ""); err != nil {
				t.Error(err)
			}
			bodies(t, j, s.ID, name)
			if w%2 == 0 {
				if err := j.Sealed([]string{s.ID}, []string{name}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	all := slices.Concat(numbers...)
	slices.Sort(all)
	for i, n := range all {
		if n != int64(i+1) {
			t.Fatalf("arrival %d is number %d", i+1, n)
		}
	}
	must(t, j.Close())
	j = openJournal(t, root, 2)
	if got := len(state(t, j)); got != walks/2 {
		t.Errorf("%d slices are left, want %d", got, walks/2)
	}
}

// What is appended is synced within a second, also if nothing follows.
func TestJournalSyncsTheIdleTail(t *testing.T) {
	t.Parallel()
	root := journalDir(t)
	synctest.Test(t, func(t *testing.T) {
		j := openJournal(t, root, 1)
		unsynced := func() bool {
			j.mu.Lock()
			defer j.mu.Unlock()
			return j.writer.dirty
		}
		id := begin(t, j, "a")
		for i := range 3 {
			appendPages(t, j, id, "a", i+1, i+1)
			time.Sleep(syncInterval - time.Millisecond)
			if !unsynced() {
				t.Fatal("synced early")
			}
			time.Sleep(time.Millisecond)
			synctest.Wait()
			if unsynced() {
				t.Fatal("not synced after a second")
			}
		}
		must(t, j.Finish(id, true, ""))
		must(t, j.Sealed([]string{id}, nil))
		if unsynced() {
			t.Error("Sealed did not sync")
		}
		must(t, j.Close())
	})
}

// After a sync has failed nobody knows what is on disk, so nothing is accepted.
func TestJournalStopsAfterAFailedSync(t *testing.T) {
	t.Parallel()
	j := openJournal(t, journalDir(t), 1)
	id := begin(t, j, "a")
	unsyncable, err := os.Create(filepath.Join(t.TempDir(), "x"))
	must(t, err)
	must(t, unsyncable.Close())
	j.writer.retired = append(j.writer.retired, unsyncable) // stands for a disk that does not sync
	must(t, j.Finish(id, true, ""))
	if j.Sealed([]string{id}, nil) == nil {
		t.Fatal("no error")
	}
	if _, err := j.Begin(Slice{}); !errors.Is(err, os.ErrClosed) || err.Error() != j.sync().Error() {
		t.Errorf("Begin: %v", err)
	}
	if err := j.Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Close: %v", err)
	}
}
