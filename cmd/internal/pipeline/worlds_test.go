package pipeline_test

import (
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract/fanvuesim"
)

// long reports whether the long versions of tests run.
func long() bool { return os.Getenv("FANLAKE_LONG") == "1" }

// small is a world whose every kind of row fits a few pages.
func small(seed uint64) fanvuesim.WorldOptions {
	return fanvuesim.WorldOptions{Seed: seed, Agency: true, OwnerIsCreator: true, Creators: 2, FansPerCreator: 25, EarningsPerCreator: 130,
		ChatsPerCreator: 8, MessagesPerChat: 14}
}

// scopesBut are all scopes but those named.
func scopesBut(without ...string) []fanvuesim.Key {
	k := fanvuesim.Key{Value: fanvuesim.DefaultKey}
	for _, s := range fanvuesim.Scopes() {
		if !slices.Contains(without, s) {
			k.Scopes = append(k.Scopes, s)
		}
	}
	return []fanvuesim.Key{k}
}

// compareInsights compares what a first read must have of the platform's own
// figures: every day's counts and sums, and the top spenders of two months.
// Later reads of a month leave fans in it whose account was emptied since.
func (r *rig) compareInsights(t testing.TB) {
	t.Helper()
	r.compareDays(t)
	var spenders []string
	now := r.sim.Now()
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	for _, c := range r.listed() {
		for _, m := range []time.Time{month, month.AddDate(0, -1, 0)} {
			for _, s := range r.sim.World().TopSpenders(c.UUID, m, m.AddDate(0, 1, 0)) {
				spenders = append(spenders, line(c.UUID, m.Format(time.DateOnly), r.fan(t, s.FanID), s.Gross, s.Net, s.Messages))
			}
		}
	}
	same(t, "top_spenders", r.query(t, `SELECT creator_id::VARCHAR, period_month::VARCHAR, fan_id, gross_cents, net_cents, messages_count
		FROM fanvue.top_spenders`), spenders)
}

// compareDays compares days of subscriber counts and of the earnings summary.
func (r *rig) compareDays(t testing.TB) {
	t.Helper()
	var counts, days []string
	now := r.sim.Now()
	for _, c := range r.listed() {
		for _, d := range r.sim.World().SubscriberCounts(c.UUID) {
			if d.New+d.Cancelled > 0 {
				counts = append(counts, line(c.UUID, d.Date, d.New, d.Cancelled))
			}
		}
		sums, err := r.sim.World().SummaryDays(c.UUID, time.Unix(0, 0), now.Add(24*time.Hour), "UTC")
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range sums {
			days = append(days, line(c.UUID, d.Date, d.Gross, d.Net))
		}
	}
	same(t, "subscriber_counts", r.query(t, `SELECT creator_id::VARCHAR, bucket_date::VARCHAR, new_subscribers_count, cancelled_subscribers_count
		FROM fanvue.subscriber_counts WHERE new_subscribers_count + cancelled_subscribers_count > 0`), counts)
	same(t, "earnings_summary_days", r.query(t, `SELECT creator_id::VARCHAR, period_date::VARCHAR, gross_cents, net_cents
		FROM fanvue.earnings_summary_days WHERE gross_cents <> 0 OR net_cents <> 0`), days)
}

// Odd worlds and odd servers: the first read and the nights that follow bring
// what is there.
func TestSyncOfOddWorlds(t *testing.T) {
	t.Parallel()
	world := func(seed uint64, change func(*fanvuesim.WorldOptions)) fanvuesim.WorldOptions {
		w := small(seed)
		change(&w)
		return w
	}
	unordered := func(w *fanvuesim.WorldOptions) { w.UnorderedEarnings, w.OwnerIsCreator = true, false }
	uneven := func(w *fanvuesim.WorldOptions) {
		w.Shapes = map[int]fanvuesim.Shape{0: {}, 1: {Fans: 200, Earnings: 3000, Chats: 20, Messages: 30}}
	}
	tiny := world(21, func(w *fanvuesim.WorldOptions) { w.EarningsPerCreator = 60 })
	cases := []struct {
		name string
		opts fanvuesim.Options
		off  string // a stream that is not read
		long bool
	}{
		{"ties repeat across pages", fanvuesim.Options{World: small(20), TieCursor: fanvuesim.TieRepeat, PageCap: 11}, "", false},
		{"empty pages of 7", fanvuesim.Options{World: small(25), EmptyPages: 2, PageCap: 7}, "", true},
		{"earnings in no order", fanvuesim.Options{World: world(26, unordered)}, "", false},
		{"nothing beside thousands of rows", fanvuesim.Options{World: world(28, uneven), EmptyPages: 3, PageCap: 49}, "", false},
		// A chat's watermarks cannot pass more messages of one instant than a page has.
		{"pages of 1", fanvuesim.Options{World: tiny, PageCap: 1}, "messages", true},
		{"pages of 2", fanvuesim.Options{World: tiny, PageCap: 2}, "messages", true},
		{"pages of 50", fanvuesim.Options{World: small(24), PageCap: 50}, "", true},
		{"ties repeat on small pages", fanvuesim.Options{World: world(29, uneven), TieCursor: fanvuesim.TieRepeat, PageCap: 6}, "", true},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			if tt.long && !long() {
				t.Skip("a variant of the others; FANLAKE_LONG=1 runs it")
			}
			t.Parallel()
			// A chat whose last message was unsent sinks below the pages that a
			// night reads; the walk of all chats finds it within 30 days.
			tt.opts.World.Nights.NoUnsent = true
			r := newRig(t, tt.opts)
			compare := r.compare
			if tt.off != "" {
				r.account.Cadence = map[string]string{tt.off: "off"}
				compare = func(t testing.TB) {
					r.compareCreators(t)
					r.compareEarnings(t)
					r.comparePeopleLists(t)
					r.compareChats(t)
				}
			}
			r.sync(t, pipeline.SyncOptions{})
			compare(t)
			r.compareInsights(t)
			nights := 1
			if long() {
				nights = 5
			}
			for range nights {
				r.sim.Night()
				r.sync(t, pipeline.SyncOptions{})
				compare(t)
			}
			self := r.sim.World().Creators()[0]
			for _, e := range r.sim.Gate().Ledger().Since(0) {
				switch {
				case self.Owner && strings.Contains(e.Path, self.UUID):
					t.Fatalf("the owner was read as a creator: %s", e.Path)
				case !self.Owner && !strings.Contains(e.Path, "/creators") && !strings.HasSuffix(e.Path, "/users/me"):
					t.Fatalf("an owner who is no creator was read: %s", e.Path)
				}
			}
			if tt.opts.World.UnorderedEarnings {
				r.wantShortWindows(t)
			}
		})
	}
}

// wantShortWindows wants at most one page of each long window of earnings, and
// windows of 31 days after it.
func (r *rig) wantShortWindows(t *testing.T) {
	t.Helper()
	pages, short := map[string]int{}, 0
	for _, e := range r.sim.Gate().Ledger().Since(0) {
		start, end, ok := windowOf(t, e.Query)
		if !ok || !strings.HasSuffix(e.Pattern, "/insights/earnings") {
			continue
		}
		if end.Sub(start) <= 31*24*time.Hour {
			short++
			continue
		}
		key := e.Path + start.String() + end.String() + fmt.Sprint(strings.Contains(e.Query, "source="))
		if pages[key]++; pages[key] > 1 {
			t.Errorf("%d pages of a window of %v without order", pages[key], end.Sub(start))
		}
	}
	if short < 10 {
		t.Errorf("%d short windows were read", short)
	}
}

// Rows that are equal in every field are as many as the platform has, on one
// page and across pages; reversals carry an order id of their own, the sale's,
// or none; one fan of two creators is one person.
func TestSyncOfDuplicatesReversalsAndSharedFans(t *testing.T) {
	t.Parallel()
	const size = 5
	w := small(33)
	w.EarningsPerCreator = 400
	r := newRig(t, fanvuesim.Options{World: w, PageCap: size})
	onePage, twoPages, ids := 0, 0, [3]int{}
	fans := map[string]map[string]bool{}
	for _, c := range r.sim.World().Creators() {
		n := 0
		for e := range r.sim.World().Earnings(c.UUID) {
			switch {
			case e.Ordinal > 0 && n%size == 0:
				twoPages++
			case e.Ordinal > 0:
				onePage++
			}
			switch {
			case !e.IsReversal() || e.Reversed == "":
			case e.OrderID == "":
				ids[0]++
			case e.OrderID == e.Reversed:
				ids[1]++
			default:
				ids[2]++
			}
			if fans[e.FanID] == nil {
				fans[e.FanID] = map[string]bool{}
			}
			fans[e.FanID][c.UUID] = true
			n++
		}
	}
	shared := ""
	for fan, creators := range fans {
		if fan != "" && len(creators) == 2 {
			shared = fan
		}
	}
	if onePage == 0 || twoPages == 0 || ids[0] == 0 || ids[1] == 0 || ids[2] == 0 || shared == "" || len(fans[""]) == 0 {
		t.Fatalf("the world lacks what is tested: %d and %d duplicates, reversals %v, fan %q of two creators", onePage, twoPages, ids, shared)
	}
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
	same(t, "people of the shared fan", queryFile(t, r.account.Dir+"/people.duckdb", `SELECT fan_id FROM people WHERE fan_uuid = '`+shared+`'`), []string{r.fan(t, shared)})
	same(t, "creators of the shared fan", r.query(t, `SELECT count(DISTINCT creator_id) FROM fanvue.earnings WHERE fan_id = '`+r.fan(t, shared)+`'`), []string{"2"})
}

// A single creator's key may not read the list of creators; this is said once
// and is no failure.
func TestSyncOfASingleCreator(t *testing.T) {
	t.Parallel()
	w := small(31)
	w.Agency = false
	r := newRig(t, fanvuesim.Options{World: w, Gate: fanvuesim.GateOptions{Keys: scopesBut("read:creator", "read:agency")}})
	for range 2 {
		mark := r.sim.Gate().Ledger().Mark()
		res := r.sync(t, pipeline.SyncOptions{})
		if got := fmt.Sprint(res.RefusedStreams); got != "map[creators:[read:creator]]" {
			t.Errorf("refused streams %s", got)
		}
		refused := 0
		for _, e := range r.sim.Gate().Ledger().Since(mark) {
			if e.Status == 403 {
				refused++
			}
		}
		if refused != 1 {
			t.Errorf("%d refusals, want the list of creators alone", refused)
		}
		r.compare(t)
		r.sim.Night()
	}
}

// An agency without creators is an empty warehouse, not an error.
func TestSyncOfNoCreators(t *testing.T) {
	t.Parallel()
	w := small(32)
	w.OwnerIsCreator = false
	r := newRig(t, fanvuesim.Options{World: w})
	for _, c := range r.sim.World().Creators() {
		r.sim.World().DropCreator(c.UUID)
	}
	if res := r.sync(t, pipeline.SyncOptions{}); res.Requests != 2 {
		t.Errorf("%d requests, want the owner and the list of creators", res.Requests)
	}
	r.compare(t)
	for _, c := range r.sim.World().Creators() {
		r.sim.World().RestoreCreator(c.UUID)
	}
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
	r.compareInsights(t)
}

// A creator who is missing from two complete lists in a row is removed: the
// rows stay, nothing more is asked. One who comes back is read again.
func TestSyncOfACreatorWhoLeavesAndReturns(t *testing.T) {
	t.Parallel()
	w := small(33)
	w.Creators = 3
	r := newRig(t, fanvuesim.Options{World: w})
	r.sync(t, pipeline.SyncOptions{})
	leaver := r.sim.World().Creators()[2].UUID
	rows := func() []string {
		return r.query(t, `SELECT 'earnings', md5(string_agg(e::VARCHAR, '' ORDER BY earning_id)) FROM fanvue.earnings e WHERE creator_id = '`+leaver+`'
			UNION ALL SELECT 'messages', md5(string_agg(m::VARCHAR, '' ORDER BY fan_id, message_id)) FROM fanvue.messages m WHERE creator_id = '`+leaver+`'
			UNION ALL SELECT 'subscribers', md5(string_agg(s::VARCHAR, '' ORDER BY fan_id)) FROM fanvue.subscribers s WHERE creator_id = '`+leaver+`'
			UNION ALL SELECT 'facts', md5(string_agg(f::VARCHAR, '' ORDER BY earning_id)) FROM mart.fct_earnings f WHERE creator_id = '`+leaver+`'`)
	}
	removedAt := func() string {
		return r.query(t, `SELECT epoch_us(removed_at) FROM fanvue.creators WHERE creator_id = '`+leaver+`'`)[0]
	}
	r.compare(t)
	before := rows()
	r.sim.World().DropCreator(leaver)
	mark := r.sim.Gate().Ledger().Mark()
	for _, want := range []string{"-", instant(r.sim.Now().Add(48 * time.Hour))} {
		r.sim.NightQuiet()
		r.sync(t, pipeline.SyncOptions{})
		if got := removedAt(); got != want {
			t.Errorf("removed at %s, want %s", got, want)
		}
	}
	for _, e := range r.sim.Gate().Ledger().Since(mark) {
		if strings.Contains(e.Path, leaver) {
			t.Errorf("asked for a creator who is not on the list: %s", e.Path)
		}
	}
	same(t, "rows of a removed creator", rows(), before)
	r.sim.World().RestoreCreator(leaver)
	r.sim.Night()
	r.sync(t, pipeline.SyncOptions{})
	if got := removedAt(); got != "-" {
		t.Errorf("a creator who came back is removed at %s", got)
	}
	r.compare(t)
}

// Nights that were missed are caught up from what is covered.
func TestSyncCatchesUpMissedNights(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: small(34)})
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
	for range 10 {
		r.sim.Night()
	}
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
	r.compareDays(t)
	if gaps := r.query(t, `SELECT creator_id, count(*) FROM meta.coverage WHERE stream = 'earnings' GROUP BY 1 HAVING count(*) > 1`); len(gaps) > 0 {
		t.Errorf("gaps in the coverage: %v", gaps)
	}
}

// windowOf returns the window that a query asks for.
func windowOf(t testing.TB, query string) (start, end time.Time, ok bool) {
	t.Helper()
	q, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	if !q.Has("startDate") || q.Has("cursor") && !q.Has("endDate") {
		return start, end, false
	}
	for name, at := range map[string]*time.Time{"startDate": &start, "endDate": &end} {
		if *at, err = time.Parse(time.RFC3339Nano, q.Get(name)); err != nil {
			t.Fatal(err)
		}
	}
	return start, end, true
}

// A creator with 100,000 earnings takes no more memory than DuckDB is allowed
// and a little beside it.
func TestSyncOfALargeCreatorNeedsLittleMemory(t *testing.T) {
	if !long() {
		t.Skip("reads 2,000 pages; FANLAKE_LONG=1 runs it")
	}
	w := small(35)
	w.Shapes = map[int]fanvuesim.Shape{1: {Fans: 5000, Earnings: 100_000, Chats: 100, Messages: 50}}
	r := newRig(t, fanvuesim.Options{World: w})
	began := time.Now()
	cmd := r.start(t)
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	t.Logf("%v, peak %d MiB, %d requests", time.Since(began).Round(time.Millisecond), usage.Maxrss>>10, r.sim.Gate().Ledger().Total())
	if peak := usage.Maxrss >> 10; peak > 800 {
		t.Errorf("peak memory %d MiB, DuckDB may take 512 of it", peak)
	}
	r.compare(t)
	r.sim.Night()
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
}

// More creators than a page of their list holds are all read.
func TestSyncOfMoreCreatorsThanAPage(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: fanvuesim.WorldOptions{Seed: 78, Agency: true, Creators: 51, FansPerCreator: 2, EarningsPerCreator: 3, ChatsPerCreator: 1, MessagesPerChat: 1, Months: 1}})
	r.sync(t, pipeline.SyncOptions{Streams: []string{"earnings"}})
	same(t, "creators", r.query(t, `SELECT count(*) FROM fanvue.creators WHERE removed_at IS NULL`), []string{"51"})
	r.compareEarnings(t)
}
