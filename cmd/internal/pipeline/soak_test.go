package pipeline_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract/fanvuesim"
)

// loopEnv makes the test binary a process that syncs one account as often as it
// is told to on standard input, as serve does.
const loopEnv = "FANLAKE_TEST_LOOP"

// An order is a night of the loop, a line of its standard input.
type order struct {
	KeepRuns time.Time
	Compact  bool // behind the sync
}

// An answer is how it went, a line of its standard output.
type answer struct {
	Error      string
	Goroutines int
}

func loopAsChild(text string) int {
	var c childAccount
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	account, in, out := c.open(), json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var o order
		if err := in.Decode(&o); err == io.EOF {
			return 0
		} else if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 2
		}
		var a answer
		account.KeepRuns = o.KeepRuns
		res, err := account.Sync(context.Background(), pipeline.SyncOptions{Trigger: "soak"}, &steps{})
		if err == nil && o.Compact {
			_, err = account.Compact(context.Background(), &steps{}, false)
		}
		if a.Goroutines = runtime.NumGoroutine(); err != nil {
			a.Error = fmt.Sprint(err, res.Failures)
		}
		if err := out.Encode(a); err != nil {
			return 2
		}
	}
}

// A loop is that process.
type loop struct {
	pid     int
	orders  *json.Encoder
	answers *json.Decoder
}

func (r *rig) loop(t *testing.T) *loop {
	t.Helper()
	cmd := r.child(t, loopEnv)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		if t.Failed() {
			_ = cmd.Process.Kill()
		}
		if err := cmd.Wait(); err != nil && !t.Failed() {
			t.Error(err)
		}
	})
	return &loop{cmd.Process.Pid, json.NewEncoder(in), json.NewDecoder(bufio.NewReader(out))}
}

func (l *loop) night(t *testing.T, o order) (a answer) {
	t.Helper()
	if err := l.orders.Encode(o); err != nil {
		t.Fatal(err)
	}
	if err := l.answers.Decode(&a); err != nil {
		t.Fatalf("the loop ended: %v", err)
	}
	return a
}

// held is what a process holds on to.
type held struct {
	descriptors, goroutines int
	resident                int64 // bytes
	cpu                     time.Duration
}

// max is the most of each.
func (h held) max(o held) held {
	return held{max(h.descriptors, o.descriptors), max(h.goroutines, o.goroutines), max(h.resident, o.resident), max(h.cpu, o.cpu)}
}

func (l *loop) held(t *testing.T, a answer) held {
	t.Helper()
	process := filepath.Join("/proc", strconv.Itoa(l.pid))
	fds, err := os.ReadDir(filepath.Join(process, "fd"))
	if err != nil {
		t.Skip("this system does not list descriptors")
	}
	text, err := os.ReadFile(filepath.Join(process, "statm"))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	if text, err = os.ReadFile(filepath.Join(process, "stat")); err != nil {
		t.Fatal(err)
	}
	_, behind, _ := strings.Cut(string(text), ") ") // the name of the program
	var ticks [2]int64                              // user and system, hundredths of a second
	for i, field := range strings.Fields(behind)[11:13] {
		if ticks[i], err = strconv.ParseInt(field, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	return held{len(fds), a.Goroutines, pages * int64(os.Getpagesize()), time.Duration(ticks[0]+ticks[1]) * 10 * time.Millisecond}
}

// soakNights is how many nights pass: 60, or 1,000 with FANLAKE_LONG=1.
func soakNights() int {
	if long() {
		return 1000
	}
	return 60
}

// Night after night in one process of a world that goes on, with faults that
// pass, and runs of other processes that are killed: no row is lost or doubled,
// and neither the process nor the directory holds on to more and more. Run
// records are pruned and small parts merged on the way.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes")
	}
	t.Parallel()
	const (
		keep   = 20 // nights whose run records stay
		steady = 10 // nights until a process has what it needs
	)
	dice := rand.New(rand.NewPCG(6, 23))
	r := newRig(t, fanvuesim.Options{World: soakWorld(23)})
	r.weekly = true // in time
	l := r.loop(t)
	nights := soakNights()
	kinds := []fanvuesim.Fault{{Kind: fanvuesim.StatusFault}, {Kind: fanvuesim.StatusFault, Status: 503}, {Kind: fanvuesim.CutBefore}, {Kind: fanvuesim.CutBody}, {Kind: fanvuesim.Truncated}, {Kind: fanvuesim.HTMLPage}}
	var began []time.Time // each night
	var runs []int        // processes or syncs that were begun, each night
	var first footprint
	var early, late held // the most of the first and of the last nights
	killed, faults, again, compactions := 0, 0, 0, 0
	unmerged := 0 // runs since the month was compacted
	for night := range nights {
		before := faults
		began, runs = append(began, time.Now()), append(runs, 1)
		if dice.IntN(4) == 0 {
			runs[night]++
			if r.killOne(t, dice, 25) {
				killed++
			}
		}
		if dice.IntN(3) == 0 {
			f := kinds[dice.IntN(len(kinds))]
			f.Skip, f.Count = 1+dice.IntN(6), 1
			r.sim.Gate().Inject(f)
			faults++
		}
		var o order
		if night >= keep {
			o.KeepRuns = began[night-keep]
		}
		o.Compact = r.sim.Now().UTC().Day() == 1
		disturbed := runs[night] > 1 || faults > before || o.Compact
		a := l.night(t, o)
		r.sim.Gate().ClearFaults()
		if a.Error != "" { // tried again, as the next night would
			again++
			runs[night]++
			if a = l.night(t, o); a.Error != "" {
				t.Fatalf("night %d: %s", night+1, a.Error)
			}
		}
		if unmerged += runs[night]; o.Compact {
			compactions++
			unmerged = runs[night]
		}
		if disturbed || night%5 == 0 || night == nights-1 {
			r.compare(t)
		} else {
			r.note(t)
		}
		kept := 0
		for _, n := range runs[max(0, night-keep):] {
			kept += n
		}
		r.holdsNoMore(t, kept, unmerged)
		if night%10 == 0 || night == nights-1 {
			r.growsNoMore(t, &first)
		}
		h := l.held(t, a)
		switch {
		case night >= steady && night < 2*steady:
			early = early.max(h)
		case night >= nights-steady:
			late = late.max(h)
		}
		if (night+1)%max(10, nights/20) == 0 || night+1 == 10 {
			t.Logf("night %d: %+v; %+v; %d kills, %d faults, %d of them for the next run, %d compactions so far", night+1, h, r.footprint(t), killed, faults, again, compactions)
		}
		if t.Failed() {
			t.Fatalf("after night %d", night+1)
		}
		// No night begins at the same time of day: what falls due at the very instant of
		// a run is read by the next one.
		r.sim.Advance(time.Duration(dice.IntN(60_000)) * time.Millisecond)
		if dice.IntN(2) == 0 {
			r.sim.Night()
		} else {
			r.sim.NightQuiet()
		}
	}
	// Connections that are kept alive come and go; the warehouse grows with its rows.
	if late.descriptors > early.descriptors+8 || late.goroutines > early.goroutines+8 || late.resident > early.resident+48<<20 {
		t.Errorf("the last nights hold %+v, the first held %+v", late, early)
	}
	if killed < nights/20 || faults < nights/5 || compactions < nights/31 {
		t.Errorf("%d kills, %d faults, %d compactions in %d nights", killed, faults, compactions, nights)
	}
	r.rebuildsEqual(t)
}

// soakWorld is one creator of few fans, so that a night is cheap.
func soakWorld(seed uint64) fanvuesim.WorldOptions {
	return fanvuesim.WorldOptions{Seed: seed, Creators: 1, FansPerCreator: 20, EarningsPerCreator: 60, ChatsPerCreator: 4, MessagesPerChat: 10, Months: 3,
		// Of more chats than are on a page one sinks below it when its new messages
		// are unsent before a night saw them; the walk of all chats finds it within
		// 30 days. What was unsent has tests of its own.
		Nights: fanvuesim.NightOptions{NoUnsent: true}}
}

// ofAccount are the files of an account beside its lake and its run records.
var ofAccount = []string{"lock", "owner.json", "people.duckdb", "runs/pruned", "runs/totals", "state/people.duckdb", "state/people.json", "state/requests.json",
	"state/warehouse.duckdb", "state/warehouse.json", "warehouse.duckdb"}

// holdsNoMore wants of a directory in which all is done what such a one has:
// the files of an account by name, records of the runs that are kept, and of
// each table the part that the earlier months were merged into and those of the
// runs since, whether they were killed or not. A run seals a table once, and once
// more if it was in doubt; each of the six tables with fans brings a part of
// people. Every slice stands in one part. There is no journal, no log of a
// database and nothing temporary.
func (r *rig) holdsNoMore(t *testing.T, runs, unmerged int) {
	t.Helper()
	records := 0
	parts := map[string]int{}
	err := filepath.WalkDir(r.account.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(r.account.Dir, path)
		if err != nil {
			return err
		}
		top, rest, _ := strings.Cut(filepath.ToSlash(rel), "/")
		switch {
		case d.IsDir():
			if top == "journal" && rest != "" || top == "state" && rest != "" {
				left, err := os.ReadDir(path)
				if len(left) > 0 || top == "journal" {
					t.Errorf("left behind: %s with %v", rel, left)
				}
				return err
			}
		case top == "lake" && strings.HasSuffix(rest, ".parquet"):
			table, _, _ := strings.Cut(rest, "/")
			parts[table]++
		case top == "runs" && strings.HasSuffix(rest, ".json"):
			records++
		case !slices.Contains(ofAccount, filepath.ToSlash(rel)):
			t.Errorf("left behind: %s", rel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if records > runs {
		t.Errorf("%d run records, of %d runs that are kept", records, runs)
	}
	r.sealedOnce(t)
	large := map[string]int{} // parts that have so many slices that they are left alone
	for _, row := range r.query(t, `SELECT table_name, count(*) // 5000 FROM meta.slices GROUP BY 1`) {
		table, n, _ := strings.Cut(row, " | ")
		large[table], _ = strconv.Atoi(n)
	}
	for table, n := range parts {
		most := 2 * unmerged
		if table == "people" {
			most *= 6
		}
		if n > 1+large[table]+most {
			t.Errorf("%d parts of %s, of %d runs since the months before were merged", n, table, unmerged)
		}
	}
}

// growsNoMore wants of the warehouse that it is as large as its rows make it, and
// of what stands beside it that it is as large as it was first.
func (r *rig) growsNoMore(t *testing.T, first *footprint) {
	t.Helper()
	now := r.footprint(t)
	if *first == (footprint{}) {
		*first = now
	}
	if most := 3*now.used + 4<<20; now.private > most || now.published > most {
		t.Errorf("the private file has %d bytes and the published one %d, for %d of content", now.private, now.published, now.used)
	}
	if now.journal > 0 || now.state > 3*first.state+4<<20 {
		t.Errorf("the journal has %d bytes, the state beside the warehouse %d, first %d", now.journal, now.state, first.state)
	}
}
