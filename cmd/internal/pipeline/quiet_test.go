package pipeline_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract/fanvuesim"
)

// An account in which nothing happens is published once a day, and is as fresh as
// the last run that ended well and read everything. A run that failed in part,
// that was not to read everything, or that its budget ended, makes nothing fresh.
func TestAQuietAccountIsFresh(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: small(39)})
	r.sync(t, pipeline.SyncOptions{})
	published := r.sim.Now()
	// A row that is new changes a table, which is another way to be published.
	later := func(d time.Duration, o pipeline.SyncOptions, wantErr bool) {
		t.Helper()
		r.sim.Advance(d)
		res, err := r.account.Sync(t.Context(), o, r.steps)
		if (err != nil) != wantErr || res.Published {
			t.Errorf("published %v, %v", res.Published, err)
		}
	}
	stale := func(after time.Duration) int {
		t.Helper()
		r.account.StaleAfter = after
		s, err := r.account.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		behind := 0
		for _, line := range s.Attention {
			if _, to, is := strings.Cut(line, "earnings are complete to "); is {
				behind++
				to, _, _ = strings.Cut(to, " only")
				if !slices.ContainsFunc(s.Stale, func(stale string) bool { return strings.HasSuffix(stale, "complete to "+to) }) {
					t.Errorf("%s: to another instant than what is stale: %v", line, s.Stale)
				}
			}
		}
		if behind != len(s.Stale) {
			t.Errorf("%d creators are stale: %v; attention to %d: %v", len(s.Stale), s.Stale, behind, s.Attention)
		}
		return len(s.Stale)
	}
	later(5*time.Hour, pipeline.SyncOptions{}, false)
	if n := stale(time.Hour); n != 0 {
		t.Errorf("%d creators are older than an hour behind a run that read everything", n)
	}
	if n := stale(10 * time.Minute); n != 2 {
		t.Errorf("%d creators are older than 10 minutes, want both: the last quarter of an hour may still change", n)
	}
	complete := r.sim.Now()
	later(2*time.Hour, pipeline.SyncOptions{Streams: []string{"chats", "earnings"}}, false)
	later(2*time.Hour, pipeline.SyncOptions{Creators: []string{r.sim.World().Creators()[0].Handle}}, false)
	later(2*time.Hour, pipeline.SyncOptions{Since: complete}, false)
	later(2*time.Hour, pipeline.SyncOptions{Budget: 4}, false)
	r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.StatusFault, Path: "/insights/earnings", Status: 400})
	later(2*time.Hour, pipeline.SyncOptions{}, true)
	r.sim.Gate().ClearFaults()
	if passed := r.sim.Now().Sub(complete); stale(passed-time.Minute) != 2 || stale(passed+time.Hour) != 0 || r.sim.Now().Sub(published) > 20*time.Hour {
		t.Errorf("%v after the last complete run: %d creators are stale at a bound below, %d above", passed, stale(passed-time.Minute), stale(passed+time.Hour))
	}
	later(time.Minute, pipeline.SyncOptions{}, false)
	if n := stale(time.Hour); n != 0 {
		t.Errorf("%d creators are stale in the end", n)
	}
}

// Whom a run did not read is not fresh by it.
func TestARunOfOthersMakesNobodyFresh(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: small(40)})
	r.sync(t, pipeline.SyncOptions{})
	resting := r.sim.World().Creators()[0].Handle
	r.account.Skip = map[string]bool{strings.ToLower(resting): true}
	for range 3 {
		r.sim.Advance(24 * time.Hour)
		r.sync(t, pipeline.SyncOptions{})
	}
	r.account.Skip = nil
	if s, err := r.account.Status(t.Context()); err != nil || len(s.Stale) != 1 || !strings.Contains(s.Stale[0], resting) {
		t.Errorf("stale %v, %v; want %s, who was left out for three days", s.Stale, err, resting)
	}
}
