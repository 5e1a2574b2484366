package pipeline_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract"
	"fanlake/extract/fanvuesim"
)

// together runs subtests beside each other, however few the processors are:
// they wait more than they work.
func together(t *testing.T, tests map[string]func(*testing.T)) {
	var wg sync.WaitGroup
	for name, test := range tests {
		wg.Go(func() { t.Run(name, test) })
	}
	wg.Wait()
}

// A run that has spent its budget ends well, and the next one goes on where it
// stopped: no page is fetched twice.
func TestSyncGoesOnBehindASpentBudget(t *testing.T) {
	t.Parallel()
	const budget = 45
	r := newRig(t, fanvuesim.Options{World: small(80), PageCap: 13})
	runs := 0
	for done := false; !done; runs++ {
		if runs == 20 {
			t.Fatal("twenty runs did not come to an end")
		}
		mark := r.sim.Gate().Ledger().Mark()
		res := r.sync(t, pipeline.SyncOptions{Budget: budget})
		n := len(r.sim.Gate().Ledger().Since(mark))
		if n > budget || res.Requests != int64(n) {
			t.Errorf("run %d: %d requests, %d in its record, the budget is %d", runs, n, res.Requests, budget)
		}
		done = n < budget
	}
	r.compare(t)
	r.compareInsights(t)
	r.wantNoneTwice(t, 0)
	t.Logf("%d runs", runs)
}

// limited is a rig whose server and client know the same limit.
func limited(t testing.TB, w fanvuesim.WorldOptions, rate fanvuesim.Rate) *rig {
	t.Helper()
	r := newRig(t, fanvuesim.Options{World: w, Ticking: true, Gate: fanvuesim.GateOptions{Rate: rate}})
	r.account.Limit = extract.Limit{Requests: rate.Limit, Per: rate.Per}
	return r
}

// paced is a world of about a hundred and thirty requests, with FANLAKE_LONG=1
// five hundred.
func paced(seed uint64) fanvuesim.WorldOptions {
	w := small(seed)
	w.FansPerCreator, w.EarningsPerCreator, w.ChatsPerCreator = 60, 1300, 25
	if long() {
		w.EarningsPerCreator, w.ChatsPerCreator, w.FansPerCreator = 8000, 80, 120
	}
	return w
}

// took returns the requests of a ledger, the time from the first to the last,
// and the time they need where every window is used up.
func took(l *fanvuesim.Ledger, rate fanvuesim.Rate) (n int, spent, ideal time.Duration) {
	all := l.Since(0)
	n = len(all)
	spent = all[n-1].At.Sub(all[0].At)
	if rate.Kind == fanvuesim.TokenBucket {
		return n, spent, time.Duration(max(0, n-rate.Limit)) * rate.Per / time.Duration(rate.Limit)
	}
	return n, spent, time.Duration((n-1)/rate.Limit) * rate.Per
}

// A first sync is refused nothing, whatever bucket the server has and whether
// it speaks of it or not.
func TestSyncIsNeverRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*testing.T){}
	for k, kind := range []fanvuesim.BucketKind{fanvuesim.FixedWindow, fanvuesim.WallWindow, fanvuesim.SlidingWindow, fanvuesim.TokenBucket, fanvuesim.FullRefill} {
		for h, headers := range []fanvuesim.HeaderMode{fanvuesim.HeadersAlways, fanvuesim.HeadersNever} {
			if !long() && (k%2 != 0 || k/2%2 != h) { // three of the ten
				continue
			}
			name := kind.String() + map[fanvuesim.HeaderMode]string{fanvuesim.HeadersAlways: " with headers", fanvuesim.HeadersNever: " without headers"}[headers]
			tests[name] = func(t *testing.T) {
				rate := fanvuesim.Rate{Kind: kind, Limit: 40, Per: time.Second, Headers: headers}
				r := limited(t, paced(81), rate)
				r.sync(t, pipeline.SyncOptions{Streams: []string{"earnings", "chats", "messages"}})
				n, spent, ideal := took(r.sim.Gate().Ledger(), rate)
				t.Logf("%d requests in %v, %.3f of the ideal", n, spent.Round(time.Millisecond), float64(spent)/float64(ideal))
				if refused := r.sim.Gate().Ledger().Refused(); refused > 0 {
					t.Errorf("%d requests were refused", refused)
				}
				r.compareEarnings(t)
				r.compareMessages(t)
			}
		}
	}
	if !long() {
		together(t, tests)
		return
	}
	for name, test := range tests { // one after the other, so that the ratios say something
		t.Run(name, test)
	}
}

// pageSteps hears of each page too.
type pageSteps struct {
	*steps
	pages func(read int64)
}

func (s pageSteps) Pages(read int64, _, _ string) { s.pages(read) }

// The limit that answers name is followed up to what is configured, and down.
func TestSyncFollowsTheLimit(t *testing.T) {
	t.Parallel()
	r := limited(t, paced(82), fanvuesim.Rate{Limit: 100, Per: time.Second})
	r.account.Limit.Max = 200
	var once [2]sync.Once
	report := pageSteps{r.steps, func(read int64) {
		if read > 40 {
			once[0].Do(func() { r.sim.Gate().SetLimit(200, time.Second) })
		}
		if read > 80 {
			once[1].Do(func() { r.sim.Gate().SetLimit(60, time.Second) })
		}
	}}
	if _, err := r.account.Sync(t.Context(), pipeline.SyncOptions{}, report); err != nil {
		t.Fatal(err)
	}
	refused := r.sim.Gate().Ledger().Refused()
	t.Logf("%d of %d requests were refused", refused, r.sim.Gate().Ledger().Total())
	if refused > 16 { // what is under way when the limit falls below what is used
		t.Errorf("%d requests were refused", refused)
	}
	r.compareEarnings(t)
	r.compareMessages(t)
}

// Two machines with one key share its limit.
func TestSyncsOfOneKeyShareItsLimit(t *testing.T) {
	t.Parallel()
	rate := fanvuesim.Rate{Limit: 40, Per: time.Second}
	r := limited(t, paced(83), rate)
	other := *r
	other.account.Dir, other.steps = strings.TrimSuffix(r.account.Dir, "main")+"other", &steps{}
	together(t, map[string]func(*testing.T){
		"one":   func(t *testing.T) { r.sync(t, pipeline.SyncOptions{}) },
		"other": func(t *testing.T) { other.sync(t, pipeline.SyncOptions{}) },
	})
	n, spent, ideal := took(r.sim.Gate().Ledger(), rate)
	refused := r.sim.Gate().Ledger().Refused()
	t.Logf("%d requests in %v, %.3f of the ideal, %d refused", n, spent.Round(time.Millisecond), float64(spent)/float64(ideal), refused)
	if refused > n/20 {
		t.Errorf("%d of %d requests were refused", refused, n)
	}
	for _, one := range []*rig{r, &other} {
		one.compareEarnings(t)
		one.compareMessages(t)
	}
}

// A budget that is too small for one night's creators reaches all of them over
// the nights.
func TestSyncWithASmallBudgetReachesEveryCreator(t *testing.T) {
	t.Parallel()
	nights := 3
	w := small(84)
	w.OwnerIsCreator, w.Creators, w.EarningsPerCreator, w.ChatsPerCreator = false, 6, 20, 2
	r := newRig(t, fanvuesim.Options{World: w})
	r.sync(t, pipeline.SyncOptions{})
	mark := r.sim.Gate().Ledger().Mark()
	for range nights {
		r.sim.NightQuiet()
		r.sync(t, pipeline.SyncOptions{Budget: 17}) // three creators
	}
	reached := map[string]bool{}
	for _, e := range r.sim.Gate().Ledger().Since(mark) {
		if strings.HasSuffix(e.Pattern, "/insights/earnings") {
			reached[e.Creator] = true
		}
	}
	if len(reached) != 6 {
		t.Errorf("the earnings of %d creators were read in %d nights, want all 6", len(reached), nights)
	}
}

// kindsSince returns the kinds of requests since a mark, each once, in the order
// in which they were first asked for.
func (r *rig) kindsSince(mark int) (kinds []string, of map[string][]fanvuesim.Entry) {
	of = map[string][]fanvuesim.Entry{}
	for _, e := range r.sim.Gate().Ledger().Since(mark) {
		kind := "owner"
		switch {
		case strings.HasSuffix(e.Pattern, "/insights/earnings") && strings.Contains(e.Query, "source="):
			kind = "reversals"
		case strings.HasSuffix(e.Pattern, "/insights/earnings"):
			kind = "earnings"
		case strings.HasSuffix(e.Pattern, "/summary"):
			kind = "summary"
		case strings.HasSuffix(e.Pattern, "/account"), strings.Contains(e.Pattern, "/insights/"):
			kind = "figures"
		case strings.HasSuffix(e.Pattern, "/subscribers"), strings.HasSuffix(e.Pattern, "/followers"):
			kind = "lists"
		case strings.HasSuffix(e.Pattern, "/chats"):
			kind = "chats"
		case strings.Contains(e.Pattern, "/messages"):
			kind = "messages"
		}
		if len(of[kind]) == 0 {
			kinds = append(kinds, kind)
		}
		of[kind] = append(of[kind], e)
	}
	return kinds, of
}

// A budget that is too small for a first night goes to the money of all
// creators, then to people, then to chats; what is left is read by the nights
// that follow, whose new money comes before what was left of the first one.
func TestSyncSpendsItsBudgetOnMoneyThenPeopleThenChats(t *testing.T) {
	t.Parallel()
	w := small(85)
	w.OwnerIsCreator, w.Creators, w.EarningsPerCreator = false, 5, 130
	r := newRig(t, fanvuesim.Options{World: w})
	res := r.sync(t, pipeline.SyncOptions{Budget: 24}) // two, and four of the pages each of five creators has
	if !res.Unread {
		t.Error("the run does not say that it left something")
	}
	for _, c := range r.listed() {
		rows := fmt.Sprint(r.sim.World().EarningRows(c.UUID))
		same(t, "earnings of "+c.Handle, r.query(t, `SELECT count(*) FROM fanvue.earnings WHERE creator_id = '`+c.UUID+`'`), []string{rows})
	}
	same(t, "chats", r.query(t, `SELECT count(*) FROM fanvue.chats`), []string{"0"})
	r.sim.Night()
	mark := r.sim.Gate().Ledger().Mark()
	r.sync(t, pipeline.SyncOptions{})
	kinds, of := r.kindsSince(mark)
	// The summary comes with the round behind the figures, before the lists.
	if want := []string{"owner", "earnings", "reversals", "figures", "summary", "lists", "chats", "messages"}; !slices.Equal(kinds, want) {
		t.Errorf("read %v\nwant %v", kinds, want)
	}
	last := of["reversals"][len(of["reversals"])-1]
	for _, kind := range []string{"figures", "lists", "chats", "messages"} {
		if first := of[kind][0]; first.At.Before(last.At) {
			t.Errorf("%s were read before all money was", kind)
		}
	}
	r.compare(t)
}

// Whoever's chats were read longest ago comes first, so that a budget that
// always ends among the chats reaches everybody's in turn.
func TestSyncWithASmallBudgetReachesEveryCreatorsChats(t *testing.T) {
	t.Parallel()
	w := small(86)
	w.OwnerIsCreator, w.Creators, w.EarningsPerCreator, w.ChatsPerCreator = false, 6, 20, 2
	r := newRig(t, fanvuesim.Options{World: w})
	r.account.Workers = 1
	r.sync(t, pipeline.SyncOptions{})
	reached := map[string]int{}
	for range 3 {
		r.sim.NightQuiet()
		full := r.planned(t, pipeline.SyncOptions{}) // less the chats of four creators, which come last on a quiet night
		mark := r.sim.Gate().Ledger().Mark()
		r.sync(t, pipeline.SyncOptions{Budget: full - 4})
		_, of := r.kindsSince(mark)
		for _, e := range of["chats"] {
			reached[e.Creator]++
		}
	}
	for _, c := range r.listed() {
		if reached[c.UUID] != 1 {
			t.Errorf("the chats of %s were read %d times in 3 nights, want once", c.Handle, reached[c.UUID])
		}
	}
}

// planned is the number of requests that the next sync is planned to take.
func (r *rig) planned(t testing.TB, o pipeline.SyncOptions) int {
	t.Helper()
	p, err := r.account.Plan(t.Context(), o, r.steps)
	if err != nil {
		t.Fatal(err)
	}
	return p.Requests
}

// A run that ends at an instant keeps what it has read by then, and ends well.
func TestSyncUntilAnInstant(t *testing.T) {
	t.Parallel()
	w := small(87)
	w.EarningsPerCreator = 2000
	r := limited(t, w, fanvuesim.Rate{Limit: 20, Per: time.Second})
	until := time.Now().Add(1500 * time.Millisecond) // two windows of at least five
	res := r.sync(t, pipeline.SyncOptions{Until: until})
	all := r.sim.Gate().Ledger().Since(0)
	if last := all[len(all)-1].At; !res.Unread || last.After(until.Add(time.Second)) { // reading everything takes four seconds
		t.Errorf("unread %v, the last of %d requests %v behind the instant", res.Unread, len(all), last.Sub(until))
	}
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
	r.wantNoneTwice(t, 0)
}

// A budget is the run's, not each bucket's, where creators have buckets of
// their own.
func TestSyncBudgetIsOverAllBuckets(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: small(88)})
	r.account.PerCreator = true
	if res := r.sync(t, pipeline.SyncOptions{Budget: 9}); res.Requests != 9 || r.sim.Gate().Ledger().Total() != 9 {
		t.Errorf("%d requests in the record, %d were sent; the budget is 9", res.Requests, r.sim.Gate().Ledger().Total())
	}
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
}
