package pipeline_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract"
	"fanlake/extract/fanvuesim"
	"fanlake/load"
	"fanlake/load/query"
	"fanlake/load/runs"
)

// childEnv makes the test binary a process that syncs one account and nothing
// else, so that it can be killed.
const childEnv = "FANLAKE_TEST_SYNC"

type childAccount struct{ Dir, BaseURL, Key, Surface string }

func TestMain(m *testing.M) {
	if text := os.Getenv(childEnv); text != "" {
		os.Exit(syncAsChild(text))
	}
	if text := os.Getenv(loopEnv); text != "" {
		os.Exit(loopAsChild(text))
	}
	os.Exit(m.Run())
}

func (c childAccount) open() pipeline.Account {
	return pipeline.Account{Name: "main", Dir: c.Dir, Key: &memoryKey{text: c.Key}, BaseURL: c.BaseURL, Surface: c.Surface, APIVersion: fanvuesim.DefaultVersion,
		Credential: extract.APIKey(func() string { return fanvuesim.DefaultKey }), Limit: extract.Limit{Requests: 1_000_000, Per: time.Second},
		Settings: load.Settings{Timezone: "Europe/London"}, Cadence: coreOnly(), Threads: 1, MemoryLimit: "512MB", ToolVersion: "test"}
}

func syncAsChild(text string) int {
	var c childAccount
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	res, err := c.open().Sync(context.Background(), pipeline.SyncOptions{Trigger: "test"}, &steps{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err, res.Failures)
		return 1
	}
	return 0
}

// start runs a sync in a process of its own.
func (r *rig) start(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := r.child(t, childEnv)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// child is this test binary as a process that opens the rig's account.
func (r *rig) child(t *testing.T, env string) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(childAccount{r.account.Dir, r.account.BaseURL, r.key.Reveal(), r.account.Surface})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), env+"="+string(text))
	cmd.Stderr = os.Stderr
	return cmd
}

// kills is how often runs are killed: 20, or 1,000 with FANLAKE_LONG=1.
func kills() int {
	if os.Getenv("FANLAKE_LONG") == "1" {
		return 1000
	}
	return 20
}

// TestSyncSurvivesKills kills runs at seeded points until one comes through.
// After it all tables equal the truth, no page that was kept was fetched again,
// a reader never failed and never saw a mix of two loads, and the lake rebuilds
// to the same content.
func TestSyncSurvivesKills(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes")
	}
	dice := rand.New(rand.NewPCG(7, 11))
	left := kills()
	for world := uint64(1); left > 0; world++ {
		r := newRig(t, fanvuesim.Options{World: fanvuesim.WorldOptions{Seed: world, Agency: true, OwnerIsCreator: true, Creators: 3, FansPerCreator: 80,
			EarningsPerCreator: 800, ChatsPerCreator: 25, MessagesPerChat: 60}})
		readers := r.watch(t)
		for night := 0; night < 2 && left > 0; night++ {
			mark := r.sim.Gate().Ledger().Mark()
			inFlight := 0
			for n := 5 + dice.IntN(6); ; n-- {
				if n == 0 || left == 0 {
					if err := r.start(t).Wait(); err != nil {
						t.Fatalf("world %d: the run behind the kills: %v", world, err)
					}
					break
				}
				if !r.killOne(t, dice, 120) {
					break // it came through
				}
				left--
				inFlight += 4 // as many as slices are read beside each other
			}
			r.compare(t)
			if got := r.repeated(mark); len(got) > inFlight {
				t.Errorf("world %d, night %d: %d pages fetched twice, at most %d were in flight:\n%s", world, night, len(got), inFlight, strings.Join(got, "\n"))
			}
			r.sim.Night()
		}
		readers()
		r.rebuildsEqual(t)
		if t.Failed() {
			return
		}
		t.Logf("world %d: all equal, %d kills to go", world, left)
	}
}

// What a killed run had read to its end but not sealed is not asked for again by
// the run that seals it.
func TestSyncGoesOnBehindAKill(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: fanvuesim.WorldOptions{Seed: 31, Agency: true, OwnerIsCreator: true, Creators: 12, FansPerCreator: 5,
		EarningsPerCreator: 10, ChatsPerCreator: 1, MessagesPerChat: 1}})
	mark := r.sim.Gate().Ledger().Mark()
	r.killAt(t, 70) // two requests, then five a creator before the first part is sealed
	r.sync(t, pipeline.SyncOptions{})
	if got := r.repeated(mark); len(got) > 4 {
		t.Errorf("%d pages fetched twice, at most 4 were in flight:\n%s", len(got), strings.Join(got, "\n"))
	}
	r.compare(t)
}

// A walk that is gone on with a day later ends where it was meant to end: what
// came since is asked for as well.
func TestSyncGoesOnADayLater(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: fanvuesim.WorldOptions{Seed: 32, Agency: true, Creators: 2, FansPerCreator: 5,
		EarningsPerCreator: 400, ChatsPerCreator: 1, MessagesPerChat: 1, Nights: fanvuesim.NightOptions{NoEmptied: true}}})
	r.killAt(t, 8) // in the middle of both creators' earnings
	r.sim.Night()
	r.sync(t, pipeline.SyncOptions{})
	r.compareEarnings(t)
	r.compareChats(t)
}

// killAt starts a run and kills it once it has sent a number of requests.
func (r *rig) killAt(t *testing.T, requests int) {
	t.Helper()
	want := r.sim.Gate().Ledger().Total() + requests
	cmd := r.start(t)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for r.sim.Gate().Ledger().Total() < want {
		select {
		case err := <-ended:
			t.Fatalf("the run ended before %d requests: %v", requests, err)
		case <-tick.C:
		}
	}
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Fatal("the run came through before it was killed")
	}
}

// killOne starts a run and kills it: at up to most requests, or after a time,
// so that also sealing, loading and publishing are met. It reports whether the
// run was still at work: one that had said it was done leaves nothing to go on
// with, and the next one reads a night of its own.
func (r *rig) killOne(t *testing.T, dice *rand.Rand, most int) bool {
	t.Helper()
	began, before := r.sim.Gate().Ledger().Total(), r.lastRun(t)
	cmd := r.start(t)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var kill <-chan time.Time
	requests := began + 1 + dice.IntN(most)
	if dice.IntN(2) == 0 {
		kill, requests = time.After(time.Duration(50+dice.IntN(900))*time.Millisecond), 1<<30
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("a run ended by itself: %v", err)
			}
			return false
		case <-kill:
			requests = 0
		case <-tick.C:
			if r.sim.Gate().Ledger().Total() < requests {
				continue
			}
			if err := cmd.Process.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
				t.Fatal(err)
			}
			<-ended
			last := r.lastRun(t) // the one before where it was killed in its first moments
			return last.RunID == before.RunID || !last.Ended
		}
	}
}

// lastRun is the newest record, which says of a run that came through that it has
// ended.
func (r *rig) lastRun(t *testing.T) (last runs.Run) {
	t.Helper()
	records, err := runs.Read(r.account.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(records) > 0 {
		last = records[len(records)-1]
	}
	return last
}

// repeated returns the pages that were answered more than once since a mark, but
// for those that every start asks for. A list on which fans were missing is
// read a second time on purpose.
func (r *rig) repeated(mark int) (pages []string) {
	seen := map[string]int{}
	for _, e := range r.sim.Gate().Ledger().Since(mark) {
		if e.Status != 200 || strings.HasSuffix(e.Pattern, "/users/me") || strings.HasSuffix(e.Pattern, "/creators") {
			continue
		}
		allowed := 1
		if strings.HasSuffix(e.Pattern, "/subscribers") && !strings.Contains(e.Pattern, "/insights/") || strings.HasSuffix(e.Pattern, "/followers") {
			allowed = 2
		}
		key := e.Path + "?" + e.Query
		if seen[key]++; seen[key] > allowed {
			pages = append(pages, key)
		}
	}
	return pages
}

// watch keeps opening the published warehouse until the returned function is
// called. Each opening must work and see one load: facts that add up to rows.
func (r *rig) watch(t *testing.T) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			select { // leave the processor to the runs
			case <-ctx.Done():
				return
			case <-time.After(20 * time.Millisecond):
			}
			if _, err := os.Stat(r.account.Published()); err != nil {
				continue
			}
			if why := mixed(ctx, r.account.Published()); why != "" && ctx.Err() == nil {
				t.Errorf("a reader: %s", why)
				return
			}
		}
	})
	return func() { cancel(); wg.Wait() }
}

// mixed says what of one opening does not fit together.
func mixed(ctx context.Context, path string) string {
	rows, err := load.Query(ctx, path, `SELECT (SELECT count(*) FROM fanvue.earnings WHERE removed_at IS NULL), (SELECT count(*) FROM mart.fct_earnings),
		(SELECT coalesce(sum(net_cents), 0)::BIGINT FROM fanvue.earnings WHERE removed_at IS NULL), (SELECT coalesce(sum(net_earnings_cents), 0)::BIGINT FROM mart.agg_creator_month)`, nil, query.Options{})
	if err != nil {
		return err.Error()
	}
	defer rows.Close()
	v, err := rows.Next()
	if err != nil {
		return err.Error()
	}
	if v[0] != v[1] || v[2] != v[3] {
		return fmt.Sprintf("rows %v and facts %v, cents %v and %v", v[0], v[1], v[2], v[3])
	}
	return ""
}

// rebuildsEqual rebuilds the warehouse and compares the content of every table.
func (r *rig) rebuildsEqual(t testing.TB) {
	t.Helper()
	r.sim.NightQuiet() // coverage moves, so all of this is published
	if res := r.sync(t, pipeline.SyncOptions{}); !res.Published {
		t.Error("a night's coverage was not published")
	}
	before := r.content(t)
	if err := r.account.Rebuild(t.Context(), r.steps); err != nil {
		t.Fatalf("rebuild: %v", err)
	}
	after := r.content(t)
	for table, hash := range before {
		if after[table] != hash {
			t.Errorf("rebuild gives another %s: %s, was %s", table, after[table], hash)
		}
	}
	if len(after) != len(before) {
		t.Errorf("rebuild gives %d tables, there were %d", len(after), len(before))
	}
}

// content hashes every table of the published warehouse and of people, without
// applied_at.
func (r *rig) content(t testing.TB) map[string]string {
	t.Helper()
	content := map[string]string{}
	people := filepath.Join(r.account.Dir, "people.duckdb")
	for _, path := range []string{r.account.Published(), people} {
		var each []string
		for _, table := range queryFile(t, path, `SELECT table_schema || '.' || table_name FROM information_schema.tables
			WHERE table_type = 'BASE TABLE' AND table_catalog NOT IN ('system', 'temp') AND table_schema <> 'load'`) {
			each = append(each, fmt.Sprintf(`SELECT '%[1]s', count(*), md5(coalesce(string_agg(x, '|' ORDER BY x), '')) FROM (
				SELECT to_json(t)::VARCHAR AS x FROM (SELECT COLUMNS(c -> c <> 'applied_at') FROM %[1]s) t)`, table))
		}
		for _, row := range queryFile(t, path, strings.Join(each, " UNION ALL ")) {
			table, hash, _ := strings.Cut(row, " | ")
			content[filepath.Base(path)+" "+table] = hash
		}
	}
	return content
}
