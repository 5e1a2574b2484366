package pipeline_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract"
	"fanlake/extract/fanvuesim"
	"fanlake/load/runs"
)

// try runs and returns how it ended.
func (r *rig) try(t testing.TB, o pipeline.SyncOptions) (pipeline.Result, error) {
	t.Helper()
	return r.account.Sync(t.Context(), o, r.steps)
}

// wantPartial wants a run that says that not everything could be read, in its
// error as in its record.
func wantPartial(t testing.TB, res pipeline.Result, err error) {
	t.Helper()
	if !errors.Is(err, pipeline.ErrPartial) || res.Status != runs.Partial {
		t.Errorf("status %q, error %v; want a partial run", res.Status, err)
	}
}

// wantNoneTwice wants no page to have been answered twice since a mark, but for
// those that each run asks for.
func (r *rig) wantNoneTwice(t testing.TB, mark int) {
	t.Helper()
	seen := map[string]int{}
	for _, e := range r.sim.Gate().Ledger().Since(mark) {
		if e.Status != 200 || e.Damaged || strings.HasSuffix(e.Pattern, "/users/me") || strings.HasSuffix(e.Pattern, "/creators") {
			continue
		}
		if seen[e.Path+"?"+e.Query]++; seen[e.Path+"?"+e.Query] > 1 {
			t.Errorf("fetched twice: %s?%s", e.Path, e.Query)
		}
	}
}

// failed are the streams and creators that a run names as failed.
func failed(res pipeline.Result) string {
	var names []string
	for _, err := range res.Failures {
		name, _, _ := strings.Cut(err.Error(), ":")
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), "; ")
}

// passing are faults that another attempt may not meet.
func passing(seed uint64) []fanvuesim.Fault {
	var all []fanvuesim.Fault
	for _, f := range []fanvuesim.Fault{
		{Kind: fanvuesim.StatusFault}, {Kind: fanvuesim.StatusFault, Status: 408}, {Kind: fanvuesim.StatusFault, Status: 503, NoBody: true},
		{Kind: fanvuesim.Latency, Delay: 20 * time.Millisecond}, {Kind: fanvuesim.Hang}, {Kind: fanvuesim.CutBefore}, {Kind: fanvuesim.CutBody},
		{Kind: fanvuesim.BitFlip}, {Kind: fanvuesim.Truncated}, {Kind: fanvuesim.HTMLPage}, {Kind: fanvuesim.EmptyBody}, {Kind: fanvuesim.BadGzip},
	} {
		f.Skip, f.Count, f.Probability, f.Seed = 1, 2, 0.04, seed // nobody goes on without the first answer
		if f.Kind == fanvuesim.Hang {
			f.Count = 1
		}
		all = append(all, f)
	}
	return all
}

// Faults of network and server that pass leave no trace in what was read.
func TestSyncThroughFaultsThatPass(t *testing.T) {
	t.Parallel()
	last, nights := uint64(60), 1
	if long() {
		last, nights = 90, 3
	}
	for seed := uint64(60); seed <= last; seed++ {
		r := newRig(t, fanvuesim.Options{World: small(seed)})
		for night := range nights {
			var hangs []*fanvuesim.Injection
			for _, f := range passing(seed*10 + uint64(night)) {
				in := r.sim.Gate().Inject(f)
				if f.Kind == fanvuesim.Hang {
					hangs = append(hangs, in)
				}
			}
			freed := r.free(t, hangs)
			res, err := r.try(t, pipeline.SyncOptions{})
			freed()
			r.sim.Gate().ClearFaults()
			if err != nil {
				// Broken three times in a row is what the server has.
				wantPartial(t, res, err)
				t.Logf("seed %d, night %d: %v", seed, night, res.Failures)
				r.sync(t, pipeline.SyncOptions{})
			}
			r.compare(t)
			if t.Failed() {
				t.Fatalf("seed %d, night %d", seed, night)
			}
			r.sim.Night()
		}
	}
}

// free lets hanging requests go as soon as they hang, which is what the client's
// own timeout would do half a minute later.
func (r *rig) free(t testing.TB, hangs []*fanvuesim.Injection) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				for _, h := range hangs {
					if h.Fired() > 0 {
						h.Remove()
					}
				}
			}
		}
	}()
	return func() { close(done); <-ended }
}

// Rows of a wrong form are rejected and counted, their windows and lists not
// covered; the run behind them brings what was missing, and nothing twice.
// Fields that nobody knows are noted and kept.
func TestSyncOfRowsOfAWrongForm(t *testing.T) {
	t.Parallel()
	faults := []fanvuesim.Fault{
		{Kind: fanvuesim.StringCents}, {Kind: fanvuesim.FractionCents}, {Kind: fanvuesim.HugeNumber}, {Kind: fanvuesim.NullRequired},
		{Kind: fanvuesim.UnknownRowField}, {Kind: fanvuesim.UnknownPersonField},
		{Kind: fanvuesim.SetField, Field: "user", Value: `"bob"`}, {Kind: fanvuesim.SetField, Field: "date", Value: `"yesterday"`},
		{Kind: fanvuesim.DropField, Field: "uuid"}, {Kind: fanvuesim.DropField, Field: "net"},
	}
	last, nights := uint64(100), 1
	if long() {
		last, nights = 130, 2
	}
	for seed := uint64(100); seed <= last; seed++ {
		w := small(seed)
		w.Creators, w.EarningsPerCreator, w.ChatsPerCreator = len(faults)+1, 60, 4
		r := newRig(t, fanvuesim.Options{World: w})
		for night := range nights {
			var placed []*fanvuesim.Injection
			for k, f := range faults {
				f.Path, f.Count, f.Row = r.sim.World().Creators()[k+1].UUID, 3, int(seed)%3
				f.Skip, f.Probability, f.Seed = 1, 0.3, seed
				placed = append(placed, r.sim.Gate().Inject(f))
			}
			res, err := r.try(t, pipeline.SyncOptions{})
			wantPartial(t, res, err)
			if res.Rejects == 0 {
				t.Errorf("%d rejects", res.Rejects)
			}
			met := 0
			for _, in := range placed {
				met += min(1, in.Fired())
			}
			if met < len(faults)/2 {
				t.Errorf("%d of %d faults met the run", met, len(faults))
			}
			r.sim.Gate().ClearFaults()
			r.sync(t, pipeline.SyncOptions{})
			r.compare(t)
			if night == 0 {
				r.compareInsights(t)
			}
			if t.Failed() {
				t.Fatalf("seed %d, night %d", seed, night)
			}
			r.sim.Night()
		}
	}
}

// Windows of the platform's own figures that failed are read by the next run,
// also where other windows of the same figures came through.
func TestSyncReadsAgainWhichFiguresFailed(t *testing.T) {
	t.Parallel()
	w := small(72) // fourteen months are two windows
	w.Agency = false
	r := newRig(t, fanvuesim.Options{World: w})
	r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.NullRequired, Field: "date", Path: "/insights/subscribers", Count: 1})
	r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.HTMLPage, Path: "/insights/earnings/summary", Skip: 1, Count: 3})
	res, err := r.try(t, pipeline.SyncOptions{})
	wantPartial(t, res, err)
	r.sim.NightQuiet()
	r.sync(t, pipeline.SyncOptions{})
	r.compareDays(t)
}

// A field that no document names is drift: said once a run, kept beside the row
// as far as it holds no text of a person. A value that no document names is text.
func TestSyncOfFieldsAndValuesAddedLater(t *testing.T) {
	t.Parallel()
	w := small(61)
	r := newRig(t, fanvuesim.Options{World: w})
	r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.UnknownRowField, Path: "/insights/earnings?", Row: -1})
	r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.UnknownPersonField, Path: "/insights/earnings?", Row: -1})
	r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.UnknownEnum, Path: "/messages?", Row: -1, Value: "HOLOGRAM"})
	for range 2 {
		res := r.sync(t, pipeline.SyncOptions{})
		var drift []string
		for _, d := range res.Drift {
			drift = append(drift, d.Table+" "+d.Path+" "+d.Type)
		}
		if want := []string{"earnings addedLater object", "earnings user.addedLater string"}; !slices.Equal(drift, want) {
			t.Errorf("drift %v, want %v", drift, want)
		}
		r.compareEarnings(t)
		r.sim.Night()
	}
	r.sim.Gate().ClearFaults()
	extra := r.query(t, `SELECT DISTINCT _extra FROM fanvue.earnings`)
	if len(extra) != 1 || !strings.Contains(extra[0], `"addedLater"`) || strings.Contains(extra[0], "2026-11-01") {
		t.Errorf("_extra %v; want the new field, and no text of it", extra)
	}
	types := r.query(t, `SELECT DISTINCT message_type FROM fanvue.messages`)
	same(t, "message types", types, []string{"HOLOGRAM"})
	same(t, "meta.drift", r.query(t, `SELECT table_name, path FROM meta.drift`), []string{"earnings | addedLater", "earnings | user.addedLater"})
	if n := queryFile(t, r.account.Dir+"/people.duckdb", `SELECT count(*) FROM people WHERE _extra LIKE '%"new"%'`); n[0] == "0" {
		t.Error("the person's new field was not kept with the person")
	}
	// Seen as before again, the rows lose what was added.
	r.sync(t, pipeline.SyncOptions{Full: true})
	r.compare(t)
}

// A key that is refused in mid-run ends it; what was read is kept.
func TestSyncOfARefusedKey(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: small(62)})
	in := r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.StatusFault, Status: 401, Skip: 8})
	res, err := r.try(t, pipeline.SyncOptions{})
	if !errors.Is(err, extract.ErrUnauthorized) || res.Status != runs.Failed {
		t.Errorf("status %q, error %v", res.Status, err)
	}
	if in.Fired() > 4 { // as many as were under way
		t.Errorf("%d requests were sent with a refused key", in.Fired())
	}
	r.sim.Gate().ClearFaults()
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
	r.wantNoneTwice(t, 0)
}

// A stream that the key may not read is said and skipped; it fails the run only
// where it was asked for by name.
func TestSyncWithoutAScope(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: small(63), Gate: fanvuesim.GateOptions{Keys: scopesBut("read:fan")}})
	res := r.sync(t, pipeline.SyncOptions{})
	if got := fmt.Sprint(res.RefusedStreams); got != "map[followers:[read:fan] subscribers:[read:fan] top_spenders:[read:insights read:fan]]" {
		t.Errorf("refused streams %s", got)
	}
	if len(res.Failures) > 0 {
		t.Errorf("failures %v", res.Failures)
	}
	r.compareEarnings(t)
	r.compareChats(t)
	r.compareMessages(t)
	res, err := r.try(t, pipeline.SyncOptions{Streams: []string{"followers"}})
	wantPartial(t, res, err)
	r.sim.Gate().AddKey(fanvuesim.Key{Value: fanvuesim.DefaultKey})
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
}

// One creator who fails is named, and no reason to miss the others.
func TestSyncOfACreatorWhoFails(t *testing.T) {
	t.Parallel()
	cases := []fanvuesim.Fault{{Status: 403}, {Kind: fanvuesim.HTMLPage}}
	if long() {
		cases = append(cases, fanvuesim.Fault{Status: 404}, fanvuesim.Fault{Status: 500}) // the latter is asked seven times each
	}
	for _, f := range cases {
		t.Run(fmt.Sprint(f.Kind, f.Status), func(t *testing.T) {
			t.Parallel()
			w := small(64)
			w.Creators = 3
			r := newRig(t, fanvuesim.Options{World: w})
			bad := r.sim.World().Creators()[1].UUID
			f.Path = bad
			r.sim.Gate().Inject(f)
			res, err := r.try(t, pipeline.SyncOptions{Streams: []string{"account", "earnings", "chats", "messages"}})
			wantPartial(t, res, err)
			if len(res.Failures) == 0 || len(res.RefusedStreams) > 0 {
				t.Errorf("failures %v, refused %v", res.Failures, res.RefusedStreams)
			}
			for _, err := range res.Failures {
				if !strings.Contains(err.Error(), bad) {
					t.Errorf("failure %v is not of %s", err, bad)
				}
			}
			for _, c := range r.sim.World().Creators() {
				n := fmt.Sprint(r.sim.World().EarningRows(c.UUID))
				if c.UUID == bad {
					n = "0"
				}
				same(t, "rows of "+c.UUID, r.query(t, `SELECT count(*) FROM fanvue.earnings WHERE creator_id = '`+c.UUID+`'`), []string{n})
			}
			r.sim.Gate().ClearFaults()
			r.sync(t, pipeline.SyncOptions{})
			r.compare(t)
		})
	}
}

// A version that is no longer served stops the run with the one to move to; one
// that is announced to go stands in the run record.
func TestSyncOfAnEndingVersion(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: small(65)})
	ends := time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)
	r.sim.Gate().SetVersion(fanvuesim.DefaultVersion, fanvuesim.Version{Deprecated: ends.AddDate(0, -6, 0), Sunset: ends, Next: "2026-12-01"})
	res := r.sync(t, pipeline.SyncOptions{})
	var said []string
	for _, l := range res.Lifecycle {
		said = append(said, l.Header+": "+l.Value)
	}
	want := []string{"Deprecation: " + ends.AddDate(0, -6, 0).Format(http.TimeFormat), "Sunset: " + ends.Format(http.TimeFormat), "X-Fanvue-API-Next-Version: 2026-12-01"}
	same(t, "announcements", said, want)
	same(t, "meta.api_versions", r.query(t, `SELECT header || ': ' || header_value FROM meta.api_versions WHERE header IS NOT NULL`), want)

	r.sim.Gate().SetVersion(fanvuesim.DefaultVersion, fanvuesim.Version{Sunset: ends, Next: "2026-12-01", Gone: true})
	mark := r.sim.Gate().Ledger().Mark()
	_, err := r.try(t, pipeline.SyncOptions{})
	if !errors.Is(err, extract.ErrGone) || !strings.Contains(err.Error(), "2026-12-01") {
		t.Errorf("error %v; want the version gone and the next one", err)
	}
	if n := len(r.sim.Gate().Ledger().Since(mark)); n != 1 {
		t.Errorf("%d requests to a version that is gone", n)
	}
	r.compare(t)
}

// A walk that is sent in circles is named and ends.
func TestSyncOfCursorsThatGoInCircles(t *testing.T) {
	t.Parallel()
	w := small(66)
	w.ChatsPerCreator, w.FansPerCreator = 20, 130
	r := newRig(t, fanvuesim.Options{World: w, PageCap: 12})
	for path, kind := range map[string]fanvuesim.FaultKind{"/insights/earnings": fanvuesim.CursorLoop, "/followers": fanvuesim.SameCursor, "/messages?": fanvuesim.SameCursor} {
		r.sim.Gate().Inject(fanvuesim.Fault{Kind: kind, Path: path})
	}
	res, err := r.try(t, pipeline.SyncOptions{})
	wantPartial(t, res, err)
	names := failed(res)
	for _, stream := range []string{"earnings of", "followers of", "messages of"} {
		if !strings.Contains(names, stream) {
			t.Errorf("%s is not among the failures: %s", stream, names)
		}
	}
	if n := r.sim.Gate().Ledger().Total(); n > 500 {
		t.Errorf("%d requests", n)
	}
	r.sim.Gate().ClearFaults()
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
}

// A cursor that the API no longer knows restarts its slice, once.
func TestSyncRestartsASliceWhoseCursorExpired(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: small(67), PageCap: 10})
	if _, err := r.try(t, pipeline.SyncOptions{Budget: 9}); err != nil {
		t.Fatal(err)
	}
	in := r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.ExpiredCursor, Path: "/insights/earnings", Count: 1})
	r.sync(t, pipeline.SyncOptions{})
	if in.Fired() != 1 {
		t.Error("no cursor was refused")
	}
	r.compare(t)
}

// It restarts also where another creator's pages come while it is refused.
func TestSyncRestartsASliceBesideOthers(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: small(67), PageCap: 10})
	if _, err := r.try(t, pipeline.SyncOptions{Budget: 9}); err != nil {
		t.Fatal(err)
	}
	creators := r.sim.World().Creators()
	path := "/creators/" + creators[len(creators)-1].UUID + "/insights/earnings"
	r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.Latency, Path: path, Delay: 300 * time.Millisecond, Count: 1})
	in := r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.ExpiredCursor, Path: path, Count: 1})
	r.sync(t, pipeline.SyncOptions{})
	if in.Fired() != 1 {
		t.Error("no cursor was refused")
	}
	r.compare(t)
}

// Refusals for the rate limit are waited out, whatever form their hint has.
func TestSyncWaitsOutRefusals(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: small(68), Gate: fanvuesim.GateOptions{Rate: fanvuesim.Rate{Limit: 20, Per: 200 * time.Millisecond}}})
	r.account.Limit = extract.Limit{Requests: 20, Per: 200 * time.Millisecond}
	var all []*fanvuesim.Injection
	for k, form := range []fanvuesim.RetryForm{fanvuesim.RetrySeconds, fanvuesim.RetryDate, fanvuesim.RetryZero, fanvuesim.RetryAbsent} {
		f := fanvuesim.Fault{Kind: fanvuesim.StatusFault, Status: 429, Retry: form, Wait: time.Second, Skip: 5 + 12*k, Count: 2}
		if form == fanvuesim.RetryAbsent {
			f.Wait = 0
		}
		all = append(all, r.sim.Gate().Inject(f))
	}
	res := r.sync(t, pipeline.SyncOptions{})
	fired := 0
	for _, in := range all {
		if in.Fired() != 2 {
			t.Errorf("a fault fired %d times", in.Fired())
		}
		fired += in.Fired()
	}
	if n := r.sim.Gate().Ledger().Refused(); n > 0 || res.Refused != int64(fired) {
		t.Errorf("the bucket refused %d requests, the run counts %d refusals; want 0 and %d", n, res.Refused, fired)
	}
	r.compare(t)
}

// A row that a page lacks is found by the platform's own day sums and read the
// same night; so is one that a page has twice, which a second look confirms.
func TestSyncOfRowsThatAPageDoublesOrLacks(t *testing.T) {
	t.Parallel()
	for _, kind := range []fanvuesim.FaultKind{fanvuesim.ShiftedRow, fanvuesim.DuplicateRow} {
		w := small(69)
		w.Agency = false
		r := newRig(t, fanvuesim.Options{World: w, PageCap: 20})
		in := r.sim.Gate().Inject(fanvuesim.Fault{Kind: kind, Path: "/insights/earnings?", Skip: 3, Count: 1})
		r.sync(t, pipeline.SyncOptions{})
		if in.Fired() != 1 {
			t.Fatalf("%v: no page was disturbed", kind)
		}
		r.compare(t)
	}
}

// Rows that a cursor skips because they share the instant of a page's last row
// are found by the day sums, or by the sweep for reversals.
func TestSyncOfACursorThatSkipsTies(t *testing.T) {
	t.Parallel()
	w := small(33)
	w.EarningsPerCreator = 400
	r := newRig(t, fanvuesim.Options{World: w, TieCursor: fanvuesim.TieSkip, PageCap: 5})
	money := pipeline.SyncOptions{Streams: []string{"earnings", "reversals", "earnings_summary_days"}}
	_, err := r.try(t, money)
	if err != nil && !errors.Is(err, pipeline.ErrMismatch) {
		t.Fatal(err)
	}
	if n := r.piecesSince(t, 0); n == 0 {
		t.Error("no day was read again; the test needs rows that are lost")
	}
	r.sim.NightQuiet()
	r.sync(t, money)
	r.compareEarnings(t)
}

// piecesSince counts the pages of earnings whose window is a piece of a day.
func (r *rig) piecesSince(t testing.TB, mark int) (n int) {
	t.Helper()
	for _, e := range r.sim.Gate().Ledger().Since(mark) {
		start, end, ok := windowOf(t, e.Query)
		if ok && strings.HasSuffix(e.Pattern, "/insights/earnings") && end.Sub(start) > time.Millisecond && end.Sub(start) < 24*time.Hour {
			n++
		}
	}
	return n
}

// A summary that is wrong itself is not followed for ever.
func TestSyncOfASummaryThatIsWrong(t *testing.T) {
	t.Parallel()
	w := small(70)
	w.Agency = false
	r := newRig(t, fanvuesim.Options{World: w})
	r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.SetField, Path: "/insights/earnings/summary", Field: "overTime",
		Value: `[{"periodStart":"2026-09-01T00:00:00.000Z","gross":123456,"net":98765},{"periodStart":"2026-09-02T00:00:00.000Z","gross":1,"net":1}]`})
	var pages []int
	nights := 3
	if long() {
		nights = 30
	}
	for range nights {
		mark := r.sim.Gate().Ledger().Mark()
		res, err := r.try(t, pipeline.SyncOptions{})
		if !errors.Is(err, pipeline.ErrMismatch) {
			t.Errorf("error %v, want a mismatch", err)
		}
		// Whose day it is, which one, and both sums.
		found := strings.Join(res.Findings, "\n")
		for _, want := range []string{r.listed()[0].Handle, "period_date 2026-09-0", "summary_gross_cents 1", "ledger_gross_cents "} {
			if !strings.Contains(found, want) || !strings.Contains(err.Error(), want) {
				t.Errorf("found %q, error %q: neither may lack %q", found, err, want)
			}
		}
		pages = append(pages, r.piecesSince(t, mark))
		r.sim.NightQuiet()
	}
	total := 0
	for _, n := range pages {
		total += n
	}
	if pages[0] != 4 || total > 8 { // two days in two pieces, twice at most
		t.Errorf("pieces of days read each night: %v", pages)
	}
	r.compareEarnings(t)
}

// A day that differs is read in pieces, and pieces that took more than a page are
// halved until each is one: pages that lack rows wherever a walk goes on do so
// in the first pieces too.
func TestSyncHalvesADayUntilItsPiecesFitAPage(t *testing.T) {
	t.Parallel()
	w := small(71)
	w.Agency, w.EarningsPerCreator, w.Months = false, 900, 1
	r := newRig(t, fanvuesim.Options{World: w, PageCap: 6})
	// Behind a cursor the first row is missing: on all pages of the first walk, and
	// on those of the pieces of twenty days.
	in := r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.ShiftedRow, Path: "cursor=", Count: 150 + 20*2*2})
	money := pipeline.SyncOptions{Streams: []string{"earnings", "earnings_summary_days"}}
	for nights := 0; ; nights++ { // twenty days a night
		res, err := r.try(t, money)
		if err == nil {
			t.Logf("agrees in night %d", nights)
			break
		}
		if !errors.Is(err, pipeline.ErrMismatch) || nights == 3 {
			t.Fatalf("night %d: %v, %v", nights, err, res.Findings)
		}
		r.sim.NightQuiet()
	}
	if in.Fired() == 0 {
		t.Fatal("no page was disturbed")
	}
	r.sim.Gate().ClearFaults()
	from, to := r.sim.Now().AddDate(0, -1, 2).Truncate(24*time.Hour), r.sim.Now().AddDate(0, 0, -8).Truncate(24*time.Hour) // whole days, read by the first run
	want, gross := 0, int64(0)
	for e := range r.sim.World().Earnings(r.listed()[0].UUID) {
		if !e.IsReversal() && !e.Gone && !e.At.Before(from) && e.At.Before(to) {
			want, gross = want+1, gross+e.Gross
		}
	}
	same(t, "sales", r.query(t, fmt.Sprintf(`SELECT count(*), sum(gross_cents) FROM fanvue.earnings WHERE removed_at IS NULL AND source NOT IN ('refund', 'chargeback')
		AND reversed_transaction_order_id IS NULL AND earned_at >= TIMESTAMP '%s' AND earned_at < TIMESTAMP '%s'`, from.Format(time.DateTime), to.Format(time.DateTime))),
		[]string{line(want, gross)})
}
