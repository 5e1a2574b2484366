//go:build unix

package extract

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	journalChildRoot = "FANLAKE_TEST_JOURNAL_ROOT" // makes TestJournalChild the child
	journalChildSeq  = "FANLAKE_TEST_JOURNAL_SEQ"
	journalChildSize = "FANLAKE_TEST_JOURNAL_FILE_SIZE"
)

// childPage is a page of a size like the API's, which follows from its slice
// and index.
func childPage(name string, index int) Page {
	p := journalPage(name, index)
	r := rand.New(rand.NewPCG(uint64(len(name)), uint64(index)))
	for n := r.IntN(60); n > 0; n-- {
		p.Body = fmt.Appendf(p.Body, `{"uuid":"%016x%016x","text":%q}`, r.Uint64(), r.Uint64(), strings.Repeat(name, r.IntN(50)))
	}
	return p
}

func journalChild(t *testing.T, root string, seq int, env ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	cmd := exec.Command(self, "-test.run=^TestJournalChild$", "-test.count=1")
	cmd.Env = append(os.Environ(), journalChildRoot+"="+root, journalChildSeq+"="+strconv.Itoa(seq))
	cmd.Env = append(cmd.Env, env...)
	cmd.Stderr = os.Stderr
	return cmd
}

// TestJournalChild is no test but the process that the tests below start: three
// walks that go on where the journal stands, and say what is acknowledged.
func TestJournalChild(t *testing.T) {
	root := os.Getenv(journalChildRoot)
	if root == "" {
		t.Skip("only as a child process")
	}
	seq, err := strconv.Atoi(os.Getenv(journalChildSeq))
	must(t, err)
	if limit := os.Getenv(journalChildSize); limit != "" {
		n, err := strconv.ParseUint(limit, 10, 64)
		must(t, err)
		signal.Ignore(syscall.SIGXFSZ)
		must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n}))
	}
	j, err := OpenJournal(root, fmt.Sprintf("run%d", seq), int64(seq))
	must(t, err)
	pages := map[string]int{}
	ids := map[string]string{}
	for _, s := range j.Slices() {
		if !s.Finished {
			pages[s.Reason], ids[s.Reason] = s.Pages, s.ID
		}
	}
	var out sync.Mutex
	say := func(format string, args ...any) {
		out.Lock()
		defer out.Unlock()
		fmt.Printf("ack "+format+"\n", args...)
	}
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			for round := 0; ; round++ {
				name := strconv.Itoa(w)
				id, from := ids[name], pages[name]
				if round > 0 || id == "" {
					s, err := j.Begin(Slice{Stream: "messages", Reason: name})
					if err != nil {
						say("error %v", err)
						return
					}
					id, from = s.ID, 0
					say("page %s %s 0", id, name)
				}
				for i := from + 1; i <= 40; i++ {
					if _, err := j.Append(id, childPage(name, i)); err != nil {
						say("error %v", err)
						return
					}
					say("page %s %s %d", id, name, i)
				}
				if err := j.Finish(id, true, ""); err != nil {
					say("error %v", err)
					return
				}
				say("finish %s %s 40", id, name)
				if round%2 == 1 {
					say("sealing %s %s 40", id, name)
					if err := j.Sealed([]string{id}, []string{"part"}); err != nil {
						say("error %v", err)
						return
					}
					say("sealed %s %s 40", id, name)
				}
			}
		})
	}
	wg.Wait()
}

// What Append, Finish and Sealed acknowledge outlives a SIGKILL at any moment,
// over and over in one journal.
func TestJournalSurvivesKills(t *testing.T) {
	t.Parallel()
	root := journalDir(t)
	random := rand.New(rand.NewPCG(3, 4))
	type known struct {
		name  string
		pages int
		what  string
	}
	acked := map[string]known{}
	const kills = 10
	for seq := 1; seq <= kills; seq++ {
		cmd := journalChild(t, root, 2*seq-1)
		stdout, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		lines := bufio.NewScanner(stdout)
		kill := 1 + random.IntN(400)
		n := 0
		for lines.Scan() {
			what, isAck := strings.CutPrefix(lines.Text(), "ack ")
			var id string
			var k known
			if _, err := fmt.Sscan(what, &k.what, &id, &k.name, &k.pages); !isAck || err != nil {
				t.Errorf("child says %q", lines.Text())
				_ = cmd.Process.Kill()
				break
			}
			acked[id] = k
			if n++; n == kill {
				must(t, cmd.Process.Kill()) // it goes on until this reaches it; its last words are read
			}
		}
		err = cmd.Wait()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("child ended by itself: %v", err)
		}

		j := openJournal(t, root, int64(2*seq))
		there := map[string]JournalSlice{}
		for _, s := range j.Slices() {
			there[s.ID] = s
			checkChildPages(t, j, s)
		}
		for id, k := range acked {
			s, ok := there[id]
			switch {
			case k.what == "sealed" && ok:
				t.Errorf("run %d: slice %s is back after its seal", seq, id)
			case k.what == "sealed":
			case k.what == "sealing" && !ok:
				acked[id] = known{k.name, k.pages, "sealed"}
			case !ok:
				t.Errorf("run %d: slice %s is gone after %+v", seq, id, k)
			case s.Pages < k.pages || s.Pages > k.pages+1:
				t.Errorf("run %d: slice %s has %d pages after %+v", seq, id, s.Pages, k)
			case k.what != "page" && !s.Finished:
				t.Errorf("run %d: slice %s is not finished after %+v", seq, id, k)
			}
		}
		for id, s := range there { // what no acknowledgement was read of counts from now on
			k := known{s.Reason, s.Pages, "page"}
			if s.Finished {
				k.what = "finish"
			}
			acked[id] = k
		}
		for _, sentence := range j.Damage() {
			if !strings.Contains(sentence, "never finished") {
				t.Errorf("run %d: %s", seq, sentence)
			}
		}
		must(t, j.Close())
	}
	t.Logf("%d slices over %d kills", len(acked), kills)
}

func checkChildPages(t *testing.T, j *Journal, s JournalSlice) {
	t.Helper()
	n := 0
	var seq, number int64
	for p, err := range j.Pages(s.ID) {
		must(t, err)
		n++
		if want := childPage(s.Reason, n); p.Index != n || !bytes.Equal(p.Body, want.Body) || p.Next != want.Next {
			t.Fatalf("slice %s: page %d is another", s.ID, n)
		}
		if p.RunSeq < seq || p.RunSeq == seq && p.Number <= number {
			t.Fatalf("slice %s: page %d is (%d, %d) after (%d, %d)", s.ID, n, p.RunSeq, p.Number, seq, number)
		}
		seq, number = p.RunSeq, p.Number
	}
	if n != s.Pages {
		t.Fatalf("slice %s has %d pages, not %d", s.ID, n, s.Pages)
	}
}

// A disk that takes no more, here a limit on the size of files, which cuts the
// last write short, is an error that says what to do; what was acknowledged
// stays, and nothing else is there.
func TestJournalOnAFullDisk(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{0, 20_000, 20_001, 23_456} {
		root := journalDir(t)
		cmd := journalChild(t, root, 1, fmt.Sprintf("%s=%d", journalChildSize, limit))
		out, err := cmd.Output()
		must(t, err)
		want := map[string]int{}
		refused := 0
		for line := range strings.Lines(string(out)) {
			var id, name string
			var n int
			if _, err := fmt.Sscanf(line, "ack page %s %s %d", &id, &name, &n); err == nil {
				want[id] = n
			} else if strings.HasPrefix(line, "ack error") {
				refused++
				for _, words := range []string{filepath.Join(root, "run1", "0001.pages"), "file too large", "make room"} {
					if !strings.Contains(line, words) {
						t.Errorf("limit %d: error %q lacks %q", limit, line, words)
					}
				}
			}
		}
		if refused != 3 {
			t.Errorf("limit %d: %d of 3 walks refused:\n%s", limit, refused, out)
		}
		j := openJournal(t, root, 2)
		got := map[string]int{}
		for _, s := range j.Slices() {
			got[s.ID] = s.Pages
			checkChildPages(t, j, s)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("limit %d: pages (-acknowledged +kept):\n%s", limit, d)
		}
		if len(j.Damage()) > 0 {
			t.Errorf("limit %d: damage %q", limit, j.Damage())
		}
		must(t, j.Close())
	}
}
