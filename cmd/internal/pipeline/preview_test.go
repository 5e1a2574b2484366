package pipeline_test

import (
	"strings"
	"testing"
	"time"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract"
	"fanlake/extract/fanvuesim"
	"fanlake/load/runs"
)

// streamOf is the stream whose path a request has.
func streamOf(e fanvuesim.Entry) string {
	if strings.Contains(e.Query, "source=") {
		return "reversals"
	}
	ids := strings.NewReplacer("{creator}", "{uuid}", "{fan}", "{uuid}", "{message}", "{uuid}", "{parent}", "{uuid}")
	for _, st := range extract.Streams {
		for _, path := range []string{st.Self, st.Of} {
			if path != "" && "/v1"+ids.Replace(path) == e.Pattern && st.Name != "reversals" {
				return st.Name
			}
		}
	}
	return e.Pattern
}

// spentBy counts the requests since a mark by stream.
func (r *rig) spentBy(mark int) map[string]int {
	n := map[string]int{}
	for _, e := range r.sim.Gate().Ledger().Since(mark) {
		n[streamOf(e)]++
	}
	return n
}

// comparePlan runs what was planned and compares it with what was sent: the same
// number a stream, but for those that the plan calls a lower bound, and for
// messages, of which it is an upper one.
func (r *rig) comparePlan(t testing.TB, o pipeline.SyncOptions) pipeline.Plan {
	t.Helper()
	plan, err := r.account.Plan(t.Context(), o, r.steps)
	if err != nil {
		t.Fatal(err)
	}
	mark := r.sim.Gate().Ledger().Mark()
	r.sync(t, o)
	spent := r.spentBy(mark)
	want := 2
	for _, s := range plan.ByStream {
		want += s.Requests
		switch n := spent[s.Name]; {
		case s.AtLeast && n >= s.Requests, n == s.Requests:
		case s.Name == "messages" && n < s.Requests && n*10 >= s.Requests*9:
		default:
			t.Errorf("%s: %d requests were planned (at least: %v), %d were sent", s.Name, s.Requests, s.AtLeast, n)
		}
		delete(spent, s.Name)
	}
	delete(spent, "me")
	delete(spent, "creators")
	if len(spent) > 0 {
		t.Errorf("not planned at all: %v", spent)
	}
	if plan.Requests != want {
		t.Errorf("the plan has %d requests, its streams %d", plan.Requests, want)
	}
	return plan
}

// What a plan says of a quiet night is what the night takes, over all the turns
// of a week; and of a full read, of a backfill that reads again and of a gap.
func TestPlanIsWhatARunTakes(t *testing.T) {
	t.Parallel()
	w := small(96)
	w.EarningsPerCreator, w.MessagesPerChat, w.FansPerCreator, w.ChatsPerCreator = 400, 130, 130, 60
	r := newRig(t, fanvuesim.Options{World: w})
	r.account.Limit = extract.Limit{Requests: 100_000, Per: time.Minute}
	r.sync(t, pipeline.SyncOptions{Since: r.sim.Now().AddDate(0, -6, 0)})
	gap := r.comparePlan(t, pipeline.SyncOptions{Streams: []string{"earnings"}}) // the months before
	if !gap.AtLeast || !hasReason(gap, "earnings", "gap") {
		t.Errorf("the gap is not planned as one: %+v", gap.Slices)
	}
	// The counts of the first day were read before it was over; when it is, they
	// have moved, which only reading them shows.
	r.sim.NightQuiet()
	r.sync(t, pipeline.SyncOptions{})
	nights := 2
	if long() {
		nights = 8
	}
	for range nights {
		r.sim.NightQuiet()
		plan := r.comparePlan(t, pipeline.SyncOptions{})
		for _, reason := range []string{"new", "overlap"} {
			if !hasReason(plan, "earnings", reason) {
				t.Errorf("no slice of earnings is planned for %q: %+v", reason, plan.Slices)
			}
		}
	}
	money := []string{"account", "earnings", "reversals", "earnings_summary_days", "subscriber_counts", "top_spenders", "subscribers", "followers", "chats", "messages"}
	full := r.comparePlan(t, pipeline.SyncOptions{Streams: money, Full: true})
	if full.AtLeast {
		t.Errorf("a full read of what is known is planned as a lower bound: %+v", full.ByStream)
	}
	r.comparePlan(t, pipeline.SyncOptions{Backfill: &runs.Backfill{From: r.sim.Now().AddDate(0, -9, 0), To: r.sim.Now().AddDate(0, -2, 0), Again: true}})
}

func hasReason(p pipeline.Plan, stream, reason string) bool {
	for _, s := range p.Slices {
		if s.Stream == stream && strings.Contains(s.Reason, reason) {
			return true
		}
	}
	return false
}

// A plan behind a night with news says why each slice is read, and what its
// creators and streams take of the configured limit.
func TestPlanSaysWhy(t *testing.T) {
	t.Parallel()
	w := small(97)
	w.EarningsPerCreator, w.ChatsPerCreator, w.FansPerCreator = 700, 20, 60
	r := newRig(t, fanvuesim.Options{World: w})
	r.sync(t, pipeline.SyncOptions{Streams: []string{"chats", "earnings"}})
	r.account.Limit = extract.Limit{Requests: 1000, Per: 6000 * time.Second}
	plan, err := r.account.Plan(t.Context(), pipeline.SyncOptions{}, r.steps)
	if err != nil {
		t.Fatal(err)
	}
	chats, messages := 0, 0
	for _, c := range r.listed() {
		chats += len(r.sim.World().Chats(c.UUID))
	}
	requests := map[string]int{}
	for _, s := range plan.Slices {
		requests[s.Creator] += s.Requests
		if s.Stream == "messages" && s.Reason == "new chat" && s.Fan != "" && s.AtLeast {
			messages++
		}
	}
	if messages != chats {
		t.Errorf("%d chats are planned, want each of %d", messages, chats)
	}
	for _, s := range plan.ByCreator {
		if s.Requests != requests[s.Name] || s.Duration != time.Duration(s.Requests)*6*time.Second {
			t.Errorf("%s: %d requests in %v; want %d, at six seconds each", s.Name, s.Requests, s.Duration, requests[s.Name])
		}
	}
	sum := 12 * time.Second // whose key it is, and the list of creators
	for _, s := range plan.ByCreator {
		sum += s.Duration
	}
	if plan.Duration != sum || plan.Wait != 0 {
		t.Errorf("%d requests take %v of the limit and wait %v; their sum is %v, and they fit one window", plan.Requests, plan.Duration, plan.Wait, sum)
	}
	for stream, reason := range map[string]string{"earnings": "new, overlap", "reversals": "nightly sweep", "subscribers": "first read",
		"subscriber_counts": "first read", "chats": "recent activity", "account": "snapshot", "earnings_summary_days": "first read"} {
		if !hasReason(plan, stream, reason) {
			t.Errorf("%s is not planned for %q", stream, reason)
		}
	}
}
