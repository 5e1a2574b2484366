package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract"
	"fanlake/extract/fanvuesim"
	"fanlake/load/runs"
)

// announced are the lines of status and the finding of doctor that speak of the
// API version.
func (r *rig) announced(t testing.TB) (status []string, doctor pipeline.Finding) {
	t.Helper()
	s, err := r.account.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range s.Attention {
		if strings.Contains(a, "the API announces") {
			status = append(status, a)
		}
	}
	return status, r.finding(t, "api version")
}

func (r *rig) finding(t testing.TB, name string) pipeline.Finding {
	t.Helper()
	findings, err := r.account.Doctor(t.Context(), r.steps)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(findings, func(f pipeline.Finding) bool { return f.Name == name })
	if i < 0 {
		t.Fatalf("doctor says nothing of %s: %v", name, findings)
	}
	return findings[i]
}

// What the API announces of its version stands in status and doctor once, also
// while a run is under way and behind one that had no answer, until a run is
// answered without it.
func TestAnnouncementsStandUntilResolved(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: small(110)})
	ends := time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)
	want := []string{
		"the API announces Deprecation: Tue, 01 Sep 2026 00:00:00 GMT; look for a newer version of fanlake",
		"the API announces Sunset: Mon, 01 Mar 2027 00:00:00 GMT; look for a newer version of fanlake",
		"the API announces X-Fanvue-API-Next-Version: 2026-12-01; look for a newer version of fanlake",
	}
	r.sim.Gate().SetVersion(fanvuesim.DefaultVersion, fanvuesim.Version{Deprecated: ends.AddDate(0, -6, 0), Sunset: ends, Next: "2026-12-01"})
	last := r.sync(t, pipeline.SyncOptions{Streams: []string{"account"}})
	check := func(when string) {
		t.Helper()
		status, doctor := r.announced(t)
		if !slices.Equal(status, want) {
			t.Errorf("%s, status says %q", when, status)
		}
		if doctor.State != pipeline.Warning || doctor.Detail != "deprecated Tue, 01 Sep 2026 00:00:00 GMT, ends Mon, 01 Mar 2027 00:00:00 GMT" || !strings.Contains(doctor.Next, "2026-12-01") {
			t.Errorf("%s, doctor says %+v", when, doctor)
		}
	}
	check("behind the run")

	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.account.Sync(stopped, pipeline.SyncOptions{}, r.steps); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	check("behind a run without an answer")

	killed := runs.Run{RunID: "killed", Seq: last.Seq + 5, StartedAt: time.Now(), Status: runs.Started, ServerTime: last.ServerTime}
	if err := runs.Write(r.account.Dir, killed); err != nil {
		t.Fatal(err)
	}
	check("behind a run that was killed")

	r.sim.Gate().SetVersion(fanvuesim.DefaultVersion, fanvuesim.Version{})
	r.sync(t, pipeline.SyncOptions{Streams: []string{"account"}})
	if status, doctor := r.announced(t); len(status) > 0 || doctor.State != pipeline.OK {
		t.Errorf("resolved, status says %q, doctor %+v", status, doctor)
	}
}

// An announcement on the answers of one creator is heard where each creator has
// a way of its own.
func TestAnnouncementOfOneCreatorsAnswers(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: small(111)})
	of := "/creators/" + r.sim.World().Creators()[1].UUID + "/"
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if strings.Contains(req.URL.Path, of) {
			w.Header().Set("Sunset", "Mon, 01 Mar 2027 00:00:00 GMT")
		}
		r.sim.Handler().ServeHTTP(w, req)
	}))
	t.Cleanup(srv.Close)
	r.account.BaseURL, r.account.PerCreator = srv.URL, true
	res := r.sync(t, pipeline.SyncOptions{Streams: []string{"account"}})
	if want := []runs.Lifecycle{{Header: "Sunset", Value: "Mon, 01 Mar 2027 00:00:00 GMT"}}; !slices.Equal(res.Lifecycle, want) {
		t.Errorf("announcements %v, want %v", res.Lifecycle, want)
	}
}

// A version that ends in mid-run stops it, with the version to move to where it
// is known; what was read is kept and published.
func TestSyncOfAVersionThatEndsInMidRun(t *testing.T) {
	t.Parallel()
	for _, next := range []string{"", "2026-12-01"} {
		r := newRig(t, fanvuesim.Options{World: small(112)})
		var once sync.Once
		var mark int
		report := pageSteps{r.steps, func(read int64) {
			if read >= 9 {
				once.Do(func() {
					r.sim.Gate().SetVersion(fanvuesim.DefaultVersion, fanvuesim.Version{Sunset: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Next: next, Gone: true})
					mark = r.sim.Gate().Ledger().Mark()
				})
			}
		}}
		o := pipeline.SyncOptions{Streams: []string{"account", "earnings", "chats"}}
		res, err := r.account.Sync(t.Context(), o, report)
		if !errors.Is(err, extract.ErrGone) || !strings.Contains(err.Error(), "was sunset on 2026-11-01") || res.Status != runs.Failed {
			t.Errorf("status %q, error %v", res.Status, err)
		}
		if named := strings.Contains(fmt.Sprint(err), "next version"); named != (next != "") || !strings.Contains(fmt.Sprint(err), next) {
			t.Errorf("the next version is %q: %v", next, err)
		}
		if n := len(r.sim.Gate().Ledger().Since(mark)); n > 16 { // as many as may be under way
			t.Errorf("%d requests to a version that is gone", n)
		}
		if n := r.query(t, `SELECT count(*) > 0 FROM fanvue.earnings`); n[0] != "true" {
			t.Error("what was read is not published")
		}
		r.sim.Gate().SetVersion(fanvuesim.DefaultVersion, fanvuesim.Version{})
		r.sync(t, o)
		r.compareEarnings(t)
		r.compareChats(t)
		r.wantNoneTwice(t, 0)
	}
}

// A server's clock that is an hour from ours costs no wait, and what counts as
// covered is said by that clock.
func TestSyncWithAClockAnHourOff(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-time.Hour, time.Hour} {
		rate := fanvuesim.Rate{Limit: 30, Per: 500 * time.Millisecond}
		r := newRig(t, fanvuesim.Options{World: small(113), Gate: fanvuesim.GateOptions{Rate: rate, ClockDate: true, DateSkew: skew}})
		r.account.Limit = extract.Limit{Requests: rate.Limit, Per: rate.Per}
		began := time.Now()
		res := r.sync(t, pipeline.SyncOptions{Streams: []string{"account", "earnings", "chats", "messages"}})
		if off := res.ServerTime.Sub(began) - skew; off.Abs() > time.Minute {
			t.Errorf("the run's server time is %v from the server's", off)
		}
		n, spent, ideal := took(r.sim.Gate().Ledger(), rate)
		if refused := r.sim.Gate().Ledger().Refused(); refused > 0 || spent > 5*time.Minute {
			t.Errorf("%d requests in %v, ideal %v, %d refused", n, spent, ideal, refused)
		}
		// Covered up to 15 minutes before the server's now.
		ends := r.query(t, fmt.Sprintf(`SELECT count(*), count(*) FILTER (window_end <= make_timestamp(%[1]d) - INTERVAL 15 MINUTE
			AND window_end > make_timestamp(%[1]d) - INTERVAL 20 MINUTE) FROM (SELECT max(window_end) AS window_end FROM meta.coverage WHERE stream = 'earnings' GROUP BY creator_id)`,
			time.Now().Add(skew).UnixMicro()))
		if ends[0] != "2 | 2" {
			t.Errorf("skew %v: creators and those covered up to the server's now: %s, want 2 | 2", skew, ends[0])
		}
		if f := r.finding(t, "clock"); f.State != pipeline.Problem || f.Next == "" {
			t.Errorf("doctor says %+v", f)
		}
		r.compareEarnings(t)
	}
}

// Five minutes are where doctor begins to complain of the clock.
func TestDoctorOfAClockThatIsOff(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: small(114), Gate: fanvuesim.GateOptions{ClockDate: true}})
	for skew, want := range map[time.Duration]string{
		0: pipeline.OK, 4*time.Minute + 50*time.Second: pipeline.OK, -4*time.Minute - 50*time.Second: pipeline.OK,
		5*time.Minute + 10*time.Second: pipeline.Problem, -5*time.Minute - 10*time.Second: pipeline.Problem,
	} {
		r.sim.Gate().SetDateSkew(skew)
		if f := r.finding(t, "clock"); f.State != want {
			t.Errorf("skew %v: doctor says %+v, want %s", skew, f, want)
		}
	}
}

// A first sync uses up what the limit allows while there is work, and is refused
// nothing. How much is used says something only where nothing else runs.
func TestFirstSyncUsesTheBudget(t *testing.T) {
	t.Parallel()
	// Between stages a sync plans for some tenths of a second; the window has
	// to be as much longer as that is short in 60 s.
	rate := fanvuesim.Rate{Limit: 150, Per: time.Second}
	w := small(115)
	w.Creators, w.EarningsPerCreator, w.ChatsPerCreator, w.MessagesPerChat = 5, 400, 6, 30
	if long() {
		rate.Per, w.EarningsPerCreator = 4*time.Second, 800
	}
	r := newRig(t, fanvuesim.Options{World: w, PageCap: 7, Gate: fanvuesim.GateOptions{Rate: rate}})
	r.account.Limit = extract.Limit{Requests: rate.Limit, Per: rate.Per}
	r.sync(t, pipeline.SyncOptions{Streams: []string{"account", "earnings", "chats", "messages"}})
	all := r.sim.Gate().Ledger().Since(0)
	first, end := all[0].At, all[len(all)-1].At
	full := int(end.Sub(first) / rate.Per)
	used := make([]int, full+1)
	for _, e := range all {
		used[int(e.At.Sub(first)/rate.Per)]++
	}
	sum := 0
	for _, n := range used[:full] {
		sum += n
	}
	t.Logf("%d requests, by windows %v", len(all), used)
	if n := r.sim.Gate().Ledger().Refused(); n > 0 {
		t.Errorf("%d requests were refused", n)
	}
	if long() && (full < 3 || sum*100 < 95*full*rate.Limit) {
		t.Errorf("%d requests in %d windows of %d; want at least 95 %%", sum, full, rate.Limit)
	}
	r.compareEarnings(t)
}

// While one creator's first request hangs, and all others of that creator are
// slow, what the other creators are asked in that stage is answered.
func TestACreatorWhoHangsHoldsNobody(t *testing.T) {
	t.Parallel()
	w := small(116)
	w.Creators, w.OwnerIsCreator, w.EarningsPerCreator, w.ChatsPerCreator = 6, false, 20, 1
	r := newRig(t, fanvuesim.Options{World: w})
	bad := r.sim.World().Creators()[0].UUID // whose turn comes first
	hang := r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.Hang, Path: bad, Count: 1})
	r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.Latency, Path: bad, Delay: 20 * time.Millisecond})
	streams := []string{"account", "earnings", "reversals", "subscriber_counts"}
	var finished []string
	var mu sync.Mutex
	report := pageSteps{r.steps, nil}
	report.pages = func(int64) {
		mu.Lock()
		defer mu.Unlock()
		others := map[string]bool{}
		for _, e := range r.sim.Gate().Ledger().Since(0) {
			if e.Status == 200 && e.Creator != "" && e.Creator != bad && strings.HasSuffix(e.Pattern, "/insights/earnings") {
				others[e.Creator] = true // all that is asked in the first stage
			}
		}
		// Its request may arrive behind theirs: then what they are asked next tells.
		if len(others) == 5 && finished == nil && hang.Fired() == 1 {
			for c := range others {
				finished = append(finished, c)
			}
			hang.Remove()
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second) // before the client's own time-out
	defer cancel()
	if _, err := r.account.Sync(ctx, pipeline.SyncOptions{Streams: streams}, report); err != nil {
		t.Fatal(err)
	}
	if len(finished) != 5 {
		t.Errorf("the others had not finished: %v", finished)
	}
	r.compareEarnings(t)
}
