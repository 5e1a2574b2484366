package pipeline_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract/fanvuesim"
	"fanlake/load/lookup"
	"fanlake/load/runs"
)

// A stream that is asked for by name is read whether it is due or not; of one of
// which there is nothing to read, the run says why.
func TestSyncOfStreamsByName(t *testing.T) {
	t.Parallel()
	w := small(119)
	w.Agency, w.FansPerCreator, w.EarningsPerCreator, w.ChatsPerCreator = false, 6, 10, 2
	r := newRig(t, fanvuesim.Options{World: w})
	delete(r.account.Cadence, "posts")
	delete(r.account.Cadence, "post_comments")
	r.sync(t, pipeline.SyncOptions{})
	for _, tt := range []struct {
		streams []string
		want    []string // streams asked, beside whose key it is and the list of creators
		says    string
	}{
		{[]string{"posts", "subscribers", "top_spenders"}, []string{"posts", "subscribers", "top_spenders"}, ""},
		{[]string{"earnings_summary_days"}, []string{"earnings_summary_days"}, ""},
		{[]string{"post_comments"}, []string{"posts"}, "nothing was read of post_comments"},
		{[]string{"messages"}, nil, "nothing was read of messages"},
	} {
		mark := r.sim.Gate().Ledger().Mark()
		r.steps.lines = nil
		r.sync(t, pipeline.SyncOptions{Streams: tt.streams})
		spent := r.spentBy(mark)
		delete(spent, "me")
		delete(spent, "creators")
		for _, stream := range tt.want {
			if spent[stream] == 0 {
				t.Errorf("%v: %s was not asked for", tt.streams, stream)
			}
			delete(spent, stream)
		}
		if len(spent) > 0 {
			t.Errorf("%v: asked for %v too", tt.streams, spent)
		}
		said := strings.Join(r.steps.lines, "\n")
		if tt.says == "" && strings.Contains(said, "nothing was read") || !strings.Contains(said, tt.says) {
			t.Errorf("%v: said\n%s", tt.streams, said)
		}
	}
}

// The name of a creator whom nobody knows costs no request and is no run.
func TestSyncOfAMistypedCreator(t *testing.T) {
	t.Parallel()
	w := small(120)
	w.FansPerCreator, w.EarningsPerCreator, w.ChatsPerCreator = 3, 5, 1
	r := newRig(t, fanvuesim.Options{World: w})
	r.sync(t, pipeline.SyncOptions{})
	known := r.listed()[1]
	mark := r.sim.Gate().Ledger().Mark()
	_, err := r.account.Sync(t.Context(), pipeline.SyncOptions{Creators: []string{known.Handle, "nobody"}}, r.steps)
	_, planned := r.account.Plan(t.Context(), pipeline.SyncOptions{Creators: []string{"nobody"}}, r.steps)
	for _, err := range []error{err, planned} {
		if !errors.Is(err, lookup.ErrNoCreator) || !strings.Contains(err.Error(), known.Handle) {
			t.Errorf("%v", err)
		}
	}
	if n := len(r.sim.Gate().Ledger().Since(mark)); n > 0 {
		t.Errorf("%d requests were spent on it", n)
	}
	if records, err := runs.Read(r.account.Dir); err != nil || len(records) != 1 {
		t.Errorf("%d runs, %v", len(records), err)
	}
	r.sync(t, pipeline.SyncOptions{Creators: []string{"@" + strings.ToUpper(known.Handle), known.UUID}})
}

// A post whose comments cannot be read costs its attempts in two nights, then
// less and less often but never not at all; it stands in status until it is read.
func TestSyncSpacesTriesOfAPostThatFails(t *testing.T) {
	t.Parallel()
	w := small(121)
	w.Agency, w.FansPerCreator, w.EarningsPerCreator, w.ChatsPerCreator = false, 8, 10, 2
	w.Nights.NoContent = true
	r := newRig(t, fanvuesim.Options{World: w})
	delete(r.account.Cadence, "posts")
	delete(r.account.Cadence, "post_comments")
	owner := r.sim.World().Owner()
	posts := r.sim.World().Posts(owner)
	i := slices.IndexFunc(posts, func(p fanvuesim.PostTruth) bool { return len(r.sim.World().Comments(owner, p.UUID)) > 0 })
	bad := posts[i].UUID
	// A body that is not JSON is asked for three times, without long pauses.
	in := r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.HTMLPage, Path: bad + "/comments"})
	var tried []int
	for night := range 9 {
		before := in.Fired()
		if _, err := r.try(t, pipeline.SyncOptions{}); in.Fired() > before {
			tried = append(tried, night)
			if !errors.Is(err, pipeline.ErrPartial) {
				t.Errorf("night %d: %v", night, err)
			}
		}
		if s, err := r.account.Status(t.Context()); err != nil || !strings.Contains(strings.Join(s.Attention, "\n"), "post_comments of "+bad) {
			t.Errorf("night %d: status says %q, %v", night, s.Attention, err)
		}
		r.sim.Advance(24 * time.Hour)
	}
	if want := []int{0, 1, 3, 7}; !slices.Equal(tried, want) {
		t.Errorf("tried in the nights %v, want %v", tried, want)
	}
	in.Remove()
	r.sync(t, pipeline.SyncOptions{Streams: []string{"post_comments"}}) // by name: now
	if s, err := r.account.Status(t.Context()); err != nil || strings.Contains(strings.Join(s.Attention, "\n"), "could not be read") {
		t.Errorf("it was read, and status says %q, %v", s.Attention, err)
	}
	if got, want := len(r.query(t, `SELECT 1 FROM fanvue.post_comments WHERE post_id = '`+bad+`'`)), len(r.sim.World().Comments(owner, bad)); got != want {
		t.Errorf("%d comments, want %d", got, want)
	}
}
