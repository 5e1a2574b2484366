package extract

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A journalStep is what one call has made of a journal.
type journalStep struct {
	size  int64    // of the segment, after the call
	state []string // as state gives it
	slice string   // the slice the call was about
	what  string   // begin, page, finish, seal, restart
	page  int
}

// smallJournal writes a journal with every kind of record, and what is to be
// expected after each, written down by hand.
func smallJournal(t *testing.T) (segment []byte, steps []journalStep) {
	root := journalDir(t)
	j := openJournal(t, root, 1)
	path := filepath.Join(root, "run1", "0001.pages")
	note := func(slice, what string, page int, state ...string) {
		info, err := os.Stat(path)
		must(t, err)
		steps = append(steps, journalStep{info.Size(), state, slice, what, page})
	}
	steps = append(steps, journalStep{})
	a := begin(t, j, "a")
	note("a", "begin", 0, "a 0 begun")
	appendPages(t, j, a, "a", 1, 1)
	note("a", "page", 1, "a 1 begun")
	b := begin(t, j, "b")
	note("b", "begin", 0, "a 1 begun", "b 0 begun")
	appendPages(t, j, b, "b", 1, 1)
	note("b", "page", 1, "a 1 begun", "b 1 begun")
	appendPages(t, j, a, "a", 2, 2)
	note("a", "page", 2, "a 2 begun", "b 1 begun")
	appendPages(t, j, a, "a", 3, 3)
	note("a", "page", 3, "a 3 begun", "b 1 begun")
	must(t, j.Finish(a, true, ""))
	note("a", "finish", 0, "a 3 finished true", "b 1 begun")
	c := begin(t, j, "c")
	note("c", "begin", 0, "a 3 finished true", "b 1 begun", "c 0 begun")
	must(t, j.Finish(c, false, "why"))
	note("c", "finish", 0, "a 3 finished true", "b 1 begun", "c 0 finished false why")
	must(t, j.Sealed([]string{c}, []string{"part"}))
	note("c", "seal", 0, "a 3 finished true", "b 1 begun")
	must(t, j.Restart(b))
	note("b", "restart", 0, "a 3 finished true", "b 0 begun")
	appendPages(t, j, b, "b", 1, 1)
	note("b", "page", 1, "a 3 finished true", "b 1 begun")
	appendPages(t, j, b, "b", 2, 2)
	note("b", "page", 2, "a 3 finished true", "b 2 begun")
	must(t, j.Close())
	segment, err := os.ReadFile(path)
	must(t, err)
	return segment, steps
}

// reopened opens a journal of which run 1 has left this segment.
func reopened(t *testing.T, root string, segment []byte) *Journal {
	t.Helper()
	must(t, os.RemoveAll(root))
	must(t, os.MkdirAll(filepath.Join(root, "run1"), 0o700))
	must(t, os.WriteFile(filepath.Join(root, "run1", "0001.pages"), segment, 0o600))
	j, err := OpenJournal(root, "run2", 2)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// A process may die at any byte of a write: what was acknowledged is there.
func TestJournalCutAtEveryByte(t *testing.T) {
	t.Parallel()
	segment, steps := smallJournal(t)
	root := journalDir(t)
	at := 0
	for n := range len(segment) + 1 {
		for at+1 < len(steps) && steps[at+1].size <= int64(n) {
			at++
		}
		j := reopened(t, root, segment[:n])
		wantState(t, j, steps[at].state...)
		torn := fmt.Sprintf("0001.pages: the %d bytes at offset %d are a record that was never finished", int64(n)-steps[at].size, steps[at].size)
		switch whole := steps[at].size == int64(n); {
		case whole && len(j.Damage()) > 0:
			t.Fatalf("cut at %d, between records: damage %q", n, j.Damage())
		case !whole && (len(j.Damage()) != 1 || !strings.Contains(j.Damage()[0], torn)):
			t.Fatalf("cut at %d: damage %q, want %q", n, j.Damage(), torn)
		}
		must(t, j.Close())
	}
	if at != len(steps)-1 {
		t.Errorf("saw %d steps of %d", at, len(steps)-1)
	}
}

// A flipped bit costs the record it lies in, and nothing of another slice.
func TestJournalFlippedAtEveryByte(t *testing.T) {
	t.Parallel()
	segment, steps := smallJournal(t)
	root := journalDir(t)
	bits := rand.New(rand.NewPCG(1, 2))
	last := steps[len(steps)-1].state
	at := 1
	for n := range segment {
		if steps[at].size <= int64(n) {
			at++
		}
		flipped := slices.Clone(segment)
		flipped[n] ^= 1 << bits.IntN(8)
		j := reopened(t, root, flipped)
		got := state(t, j) // checks every body
		if want := afterLossOf(steps[at], last); !cmp.Equal(want, got) {
			t.Fatalf("flip at %d, in %s %d of slice %s: got %q, want %q; damage %q", n, steps[at].what, steps[at].page, steps[at].slice, got, want, j.Damage())
		}
		if len(j.Damage()) == 0 || !strings.Contains(j.Damage()[0], fmt.Sprintf("0001.pages: the %d bytes at offset %d", steps[at].size-steps[at-1].size, steps[at-1].size)) {
			t.Fatalf("flip at %d, in the record from %d to %d: damage %q", n, steps[at-1].size, steps[at].size, j.Damage())
		}
		must(t, j.Close())
	}
}

// afterLossOf says what small journal's last state is without that one record.
func afterLossOf(s journalStep, last []string) []string {
	switch s.slice + " " + s.what + " " + fmt.Sprint(s.page) {
	case "a page 1":
		return []string{"a 0 begun", "b 2 begun"}
	case "a page 2":
		return []string{"a 1 begun", "b 2 begun"}
	case "a page 3":
		return []string{"a 2 begun", "b 2 begun"}
	case "a finish 0":
		return []string{"a 3 begun", "b 2 begun"}
	case "c seal 0":
		return []string{"a 3 finished true", "b 2 begun", "c 0 finished false why"}
	case "b page 1":
		if s.state[0] == "a 3 finished true" { // the page after the restart
			return []string{"a 3 finished true", "b 0 begun"}
		}
	case "b page 2":
		return []string{"a 3 finished true", "b 1 begun"}
	}
	return last // the lost record can be done without
}

// Pages behind a lost one are fetched again. They then count, also when the
// lost page turns up again and the old ones could be read on.
func TestJournalHealsALostPage(t *testing.T) {
	t.Parallel()
	root := journalDir(t)
	j := openJournal(t, root, 1)
	a := begin(t, j, "a")
	appendPages(t, j, a, "a", 1, 5)
	must(t, j.Finish(a, true, ""))
	ref := j.slices[a].pages[2]
	must(t, j.Close())

	path := filepath.Join(root, "run1", "0001.pages")
	segment, err := os.ReadFile(path)
	must(t, err)
	flipped := slices.Clone(segment)
	flipped[ref.off+int64(ref.size)-1] ^= 0x10
	must(t, os.WriteFile(path, flipped, 0o600))

	j = openJournal(t, root, 2)
	wantState(t, j, "a 2 begun")
	if got := j.Damage(); len(got) != 2 || !strings.Contains(got[1], "slice run1/1 of messages: what came behind page 2 is lost in part") {
		t.Errorf("damage %q", got)
	}
	appendPages(t, j, a, "a", 3, 4)
	must(t, j.Close())

	for i, found := range [][]byte{flipped, segment} {
		must(t, os.WriteFile(path, found, 0o600))
		j = openJournal(t, root, int64(i+3))
		wantState(t, j, "a 4 begun")
		if got := len(j.Damage()); got != 1-i {
			t.Errorf("damage %q, want no more than the flipped page while it is", j.Damage())
		}
		if last := j.Slices()[0].Last; last.RunSeq != 2 {
			t.Errorf("the last page is of run %d", last.RunSeq)
		}
		must(t, j.Close())
	}
}

// A finish counts for the pages it came after, not for as many others.
func TestJournalFinishOfOtherPages(t *testing.T) {
	t.Parallel()
	root := journalDir(t)
	j := openJournal(t, root, 1)
	a := begin(t, j, "a")
	appendPages(t, j, a, "a", 1, 2)
	from := j.writer.size
	must(t, j.Restart(a))
	appendPages(t, j, a, "a", 1, 1)
	to := j.writer.size
	appendPages(t, j, a, "a", 2, 2)
	must(t, j.Finish(a, true, ""))
	must(t, j.Close())
	segment, err := os.ReadFile(filepath.Join(root, "run1", "0001.pages"))
	must(t, err)
	clear(segment[from:to]) // the restart, and the page after it
	j = reopened(t, root, segment)
	wantState(t, j, "a 2 begun")
	must(t, j.Close())
}

// A record is found wherever it begins behind rubbish larger than the window.
func TestRecordReaderFindsRecordsAcrossWindows(t *testing.T) {
	t.Parallel()
	rec := record{kind: sliceRestarted, runSeq: 1, id: []byte("run1/1")}
	one := rec.appendTo(nil)
	for rubbish := readAhead - 6; rubbish < readAhead+6; rubbish++ {
		in := slices.Concat(make([]byte, rubbish), one, one)
		r := recordReader{file: strings.NewReader(string(in)), size: int64(len(in))}
		for i, want := range []gap{{off: 0, size: int64(rubbish)}, {off: int64(rubbish + len(one))}} {
			got, skipped, err := r.next()
			if err != nil || skipped != want || got.off != want.off+want.size || string(got.id) != "run1/1" {
				t.Errorf("%d bytes of rubbish: record %d at %d, gap %+v, error %v", rubbish, i+1, got.off, skipped, err)
			}
		}
		if _, _, err := r.next(); err != io.EOF {
			t.Errorf("%d bytes of rubbish: error %v at the end", rubbish, err)
		}
	}
}

// What is lost of pages that a restart has forgotten is no loss.
func TestJournalRestartForgetsLosses(t *testing.T) {
	t.Parallel()
	root := journalDir(t)
	j := openJournal(t, root, 1)
	a := begin(t, j, "a")
	appendPages(t, j, a, "a", 1, 3)
	ref := j.slices[a].pages[1]
	must(t, j.Restart(a))
	must(t, j.Close())
	segment, err := os.ReadFile(filepath.Join(root, "run1", "0001.pages"))
	must(t, err)
	clear(segment[ref.off:][:ref.size])
	j = reopened(t, root, segment)
	wantState(t, j, "a 0 begun")
	if got := j.Damage(); len(got) != 1 || !strings.Contains(got[0], "are damaged") {
		t.Errorf("damage %q", got)
	}
	must(t, j.Close())
}

// A page that goes bad after opening is an error, never another page.
func TestJournalReadsNoDamagedPage(t *testing.T) {
	t.Parallel()
	root := journalDir(t)
	j := openJournal(t, root, 1)
	a := begin(t, j, "a")
	appendPages(t, j, a, "a", 1, 3)
	ref := j.slices[a].pages[1]
	f, err := os.OpenFile(ref.segment.path, os.O_RDWR, 0)
	must(t, err)
	defer f.Close()
	whole := make([]byte, ref.size)
	_, err = f.ReadAt(whole, ref.off)
	must(t, err)
	for i := range whole {
		bad := slices.Clone(whole)
		bad[i] ^= 0x04
		_, err = f.WriteAt(bad, ref.off)
		must(t, err)
		n := 0
		for _, err = range j.Pages(a) {
			n++
		}
		if want := fmt.Sprintf("page 2: %s at offset %d", ref.segment.path, ref.off); n != 2 || err == nil || !strings.Contains(err.Error(), want) {
			t.Fatalf("flip at %d: %d pages, error %v, want %q", i, n, err, want)
		}
	}
	must(t, os.Truncate(ref.segment.path, ref.off+10))
	n := 0
	for _, err = range j.Pages(a) {
		n++
	}
	if n != 2 || err == nil {
		t.Errorf("truncated: %d pages, error %v", n, err)
	}
}

func TestJournalOfANewerVersionIsLeftAlone(t *testing.T) {
	t.Parallel()
	segment, _ := smallJournal(t)
	root := journalDir(t)
	must(t, os.MkdirAll(filepath.Join(root, "run1"), 0o700))
	path := filepath.Join(root, "run1", "0001.pages")
	rec := record{kind: sliceRestarted + 1, runSeq: 1, id: []byte("run1/1")}
	must(t, os.WriteFile(path, rec.appendTo(segment), 0o600))
	_, err := OpenJournal(root, "run2", 2)
	if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("got %v", err)
	}
}

// Rubbish is skipped, and goes with the segment; other people's files stay.
func TestJournalRubbish(t *testing.T) {
	t.Parallel()
	root := journalDir(t)
	must(t, os.MkdirAll(filepath.Join(root, "run1"), 0o700))
	must(t, os.MkdirAll(filepath.Join(root, "empty"), 0o700))
	must(t, os.WriteFile(filepath.Join(root, "note"), nil, 0o600))
	must(t, os.WriteFile(filepath.Join(root, "run1", "1.pages"), nil, 0o600))
	must(t, os.WriteFile(filepath.Join(root, "run1", "0001.pages"), nil, 0o600))
	must(t, os.WriteFile(filepath.Join(root, "run1", "0002.pages"), []byte(strings.Repeat("\xffFLJ", 1<<17)), 0o600))
	j := openJournal(t, root, 2)
	wantState(t, j)
	if d := cmp.Diff([]string{"note", "run1", "run1/1.pages", "run2"}, files(t, root)); d != "" {
		t.Errorf("files (-want +got):\n%s", d)
	}
	if got := j.Damage(); len(got) != 1 || !strings.Contains(got[0], "0002.pages: the 524288 bytes at offset 0 are damaged") {
		t.Errorf("damage %q", got)
	}
}

// FuzzRecordReader checks that the reader splits any file into records and
// gaps, without rest, and that a record is what it was written as.
func FuzzRecordReader(f *testing.F) {
	rec := record{kind: slicePage, index: 3, rows: 2, prev: 7, runSeq: 9, id: []byte("r/1"), head: []byte("{}"), frame: []byte("body"), raw: 4}
	one := rec.appendTo(nil)
	f.Add(one, uint16(0), byte(0))
	f.Add(slices.Concat(one, one[:20], one), uint16(50), byte(1))
	f.Add(slices.Concat([]byte("\xffFLJ\xffFL"), one, recordMagic), uint16(3), byte(0))
	f.Add([]byte{}, uint16(0), byte(0))
	f.Fuzz(func(t *testing.T, b []byte, flip uint16, how byte) {
		// Whole records around the input, so that every run has some to find.
		in := slices.Concat(one, b, one)
		if how%2 == 1 {
			in[int(flip)%len(in)] ^= how
		}
		r := recordReader{file: strings.NewReader(string(in)), size: int64(len(in))}
		off, found := int64(0), 0
		for {
			rec, skipped, err := r.next()
			if err == errNewerJournal {
				return
			}
			if skipped.off != off {
				t.Fatalf("gap %+v, want one from %d", skipped, off)
			}
			off += skipped.size
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if skipped.torn || rec.off != off || rec.size < headerSize {
				t.Fatalf("record at %d of %d bytes after gap %+v", rec.off, rec.size, skipped)
			}
			again := rec
			if got := again.appendTo(nil); string(got) != string(in[off:off+rec.size]) {
				t.Fatalf("record at %d is %x, written %x", off, got, in[off:off+rec.size])
			}
			off += rec.size
			found++
		}
		if off != int64(len(in)) {
			t.Fatalf("read up to %d of %d", off, len(in))
		}
		if how%2 == 0 && found < 2 {
			t.Fatalf("found %d records, want at least the 2 around the input", found)
		}
	})
}

// FuzzJournalReplay lets intact records come in any order and with any numbers:
// the pages of a slice are a chain from 1, whatever was written.
func FuzzJournalReplay(f *testing.F) {
	f.Add([]byte{1, 0, 0, 2, 1, 0, 2, 2, 1, 3, 2, 2})
	f.Add([]byte{2, 2, 0, 2, 1, 0, 5, 0, 0, 2, 1, 0, 4, 0, 0})
	f.Fuzz(func(t *testing.T, ops []byte) {
		var segment []byte
		sums := []uint32{0}
		for len(ops) >= 3 && len(sums) < 100 {
			name := "s" + fmt.Sprint(ops[0]>>6)
			rec := record{
				kind:   recordKind(ops[0]&7)%5 + 1,
				id:     []byte("run1/" + name),
				index:  uint32(ops[1] % 8),
				prev:   sums[int(ops[2])%len(sums)],
				runSeq: 1,
			}
			slice := fmt.Sprintf(`{"id":"run1/%s","stream":"x"}`, name)
			switch rec.kind {
			case sliceBegun:
				rec.head = []byte(slice)
			case slicePage:
				rec.head = fmt.Appendf(nil, `{"slice":%s,"page":{"index":%d}}`, slice, rec.index)
			case slicesSealed:
				rec.head = fmt.Appendf(nil, `{"slices":["run1/s%d"]}`, ops[1]%4)
			case sliceFinished:
				rec.head = []byte(`{"complete":true}`)
			}
			if ops[1] > 250 {
				rec.head = rec.head[:len(rec.head)/2]
			}
			segment = rec.appendTo(segment)
			sums = append(sums, rec.sum)
			ops = ops[3:]
		}
		j := reopened(t, filepath.Join(t.TempDir(), "journal"), segment)
		for _, s := range j.Slices() {
			n := 0
			for p, err := range j.Pages(s.ID) {
				if n++; err != nil || p.Index != n {
					t.Fatalf("slice %s: page %d is %d, error %v", s.ID, n, p.Index, err)
				}
			}
			if n != s.Pages || s.Last.Index != n || s.Stream != "x" || s.Complete && !s.Finished {
				t.Fatalf("slice %+v has %d pages", s, n)
			}
		}
		must(t, j.Close())
	})
}
