package pipeline_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract/fanvuesim"
)

// answered returns how many requests of each creator were answered since a mark,
// and of the account under no name.
func (r *rig) answered(mark int) map[string]int {
	n := map[string]int{}
	for _, e := range r.sim.Gate().Ledger().Since(mark) {
		if e.Status == 200 {
			n[e.Creator]++
		}
	}
	return n
}

// While creators hang, as many of them as slices are read beside each other,
// and one answers late, the others are read to the end of the last stage; the
// late one catches up, and who hangs is read when the API answers again. What
// was read is published complete, though the run is interrupted.
func TestCreatorsWhoHangHoldNobody(t *testing.T) {
	t.Parallel()
	w := fanvuesim.WorldOptions{Seed: 117, Agency: true, Creators: 4, FansPerCreator: 8, EarningsPerCreator: 30, ChatsPerCreator: 2, MessagesPerChat: 4}
	o := fanvuesim.Options{World: w}
	alone := contentRig(t, o)
	alone.sync(t, pipeline.SyncOptions{})
	want := alone.answered(0)

	r := contentRig(t, o)
	r.account.Workers = 2
	creators := r.listed()
	late := creators[2].UUID
	hung := map[string]bool{creators[0].UUID: true, creators[1].UUID: true}
	for uuid := range hung {
		r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.Hang, Path: uuid})
	}
	answer := r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.Hang, Path: late, Count: 1})
	ctx, interrupt := context.WithTimeout(t.Context(), time.Minute)
	defer interrupt()
	report := pageSteps{r.steps, func(int64) {
		got := r.answered(0)
		done := func(but ...string) bool {
			for uuid, n := range want {
				if !hung[uuid] && !slices.Contains(but, uuid) && got[uuid] < n {
					return false
				}
			}
			return true
		}
		if done(late) {
			answer.Remove()
		}
		if done() {
			interrupt()
		}
	}}
	_, err := r.account.Sync(ctx, pipeline.SyncOptions{}, report)
	if !errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("%v; answered %v, want %v", err, r.answered(0), want)
	}
	for _, table := range []string{"earnings", "account_snapshots", "subscribers", "followers", "chats", "messages", "posts", "post_likes", "media", "fan_insights"} {
		rows := `SELECT creator_id::VARCHAR, count(*) FROM fanvue.` + table + ` GROUP BY ALL`
		others := slices.DeleteFunc(alone.query(t, rows), func(row string) bool { return hung[row[:36]] })
		if len(others) == 0 {
			t.Errorf("no %s of those who answer", table)
		}
		same(t, table, r.query(t, rows), others)
	}
	r.sim.Gate().ClearFaults()
	mark := r.sim.Gate().Ledger().Mark()
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
	r.compareContent(t)
	for _, e := range r.sim.Gate().Ledger().Since(mark) {
		if e.Creator != "" && !hung[e.Creator] && streamOf(e) != "reversals" { // which a first run has among the earnings
			t.Errorf("%s was asked for again", e.Path+"?"+e.Query)
		}
	}
}

// A stage is read of everybody before the next is of anybody, as long as answers
// come in time.
func TestStagesComeInOrder(t *testing.T) {
	t.Parallel()
	w := small(118)
	w.OwnerIsCreator, w.Creators = false, 7
	r := newRig(t, fanvuesim.Options{World: w})
	r.sync(t, pipeline.SyncOptions{})
	stage := map[string]int{"earnings": 1, "account": 2, "subscriber_counts": 2, "top_spenders": 2, "earnings_summary_days": 3, "subscribers": 4, "followers": 4, "chats": 5, "messages": 6}
	last, seen := 0, map[string]bool{}
	for _, e := range r.sim.Gate().Ledger().Since(0) {
		stream := streamOf(e)
		if stage[stream] < last && stage[stream] > 0 {
			t.Errorf("%s of %s was asked for behind a later stage", stream, e.Creator)
		}
		last = max(last, stage[stream])
		seen[stream] = true
	}
	if len(seen) < len(stage) {
		t.Errorf("saw only %s", strings.Join(slices.Sorted(maps.Keys(seen)), ", "))
	}
}
