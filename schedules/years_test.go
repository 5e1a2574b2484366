package schedules_test

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fanlake/schedules"
)

// Ten years of schedules in five zones, on a machine that is off now and then,
// run when a watched clock says: each time once while the machine is on, and of
// what it missed the newest one, once, when it is on again. In the end the
// state file alone says what ran last.
func TestTenYears(t *testing.T) {
	t.Parallel()
	plan := []struct{ name, cron, zone string }{
		{"london", "30 1 * * 0", "Europe/London"},
		{"new york", "15 2 * * 0", "America/New_York"},
		{"lord howe", "10 2 * * 0", "Australia/Lord_Howe"}, // skips and repeats half an hour
		{"santiago", "0 0 * * 0", "America/Santiago"},      // skips midnight
		{"casablanca", "30 2 * * 0", "Africa/Casablanca"},  // changes around Ramadan
		{"monthly", "45 1 1 * *", "Europe/London"},
	}
	state := filepath.Join(t.TempDir(), "schedules.json")
	rng := rand.New(rand.NewPCG(6, 10))
	began := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // the clock of a bubble
	end := began.AddDate(10, 0, 0)

	// The oracle is asked before, as it watches each minute.
	instants := map[string][]time.Time{}
	var list []schedules.Schedule
	for i, p := range plan {
		zone, err := time.LoadLocation(p.zone)
		if err != nil {
			t.Fatal(err)
		}
		s := named(t, p.name, p.cron, p.zone)
		instants[p.name] = oracle([]string{p.cron}, zone, began, end)[0]
		if i%2 == 1 { // half of them later by a time of their own
			s = s.Delayed(20*time.Minute, "seed")
			for j := range instants[p.name] {
				instants[p.name][j] = instants[p.name][j].Add(s.Delay())
			}
		}
		list = append(list, s)
	}
	type pause struct{ off, on time.Time }
	var pauses []pause
	for at := began; ; {
		p := pause{off: at.Add(time.Duration(1+rng.IntN(90*24)) * time.Hour)}
		if at = p.off.Add(time.Duration(1+rng.IntN(20*24)) * time.Hour); at.After(end) {
			break
		}
		p.on = at
		pauses = append(pauses, p)
	}
	want := map[string][]record{}
	for _, p := range plan {
		var missed []time.Time
		i := 0
		caughtUp := func(on time.Time) {
			if n := len(missed); n > 0 {
				want[p.name] = append(want[p.name], record{p.name, missed[n-1], on})
			}
			missed, i = nil, i+1
		}
		for _, at := range instants[p.name] {
			for i < len(pauses) && !at.Before(pauses[i].on) {
				caughtUp(pauses[i].on)
			}
			if i < len(pauses) && !at.Before(pauses[i].off) {
				missed = append(missed, at)
				continue
			}
			want[p.name] = append(want[p.name], record{p.name, at, at})
		}
		for i < len(pauses) {
			caughtUp(pauses[i].on)
		}
	}

	got := map[string][]record{}
	synctest.Test(t, func(t *testing.T) {
		run := func(length time.Duration) {
			for _, r := range runLoop(t, state, length, nil, list...) {
				got[r.name] = append(got[r.name], r)
			}
		}
		for _, p := range pauses {
			run(time.Until(p.off) - time.Second)
			time.Sleep(time.Until(p.on))
		}
		run(time.Until(end.Add(time.Second)))
	})
	for _, p := range plan {
		g, w := got[p.name], want[p.name]
		for i := range min(len(g), len(w)) {
			if !g[i].scheduledFor.Equal(w[i].scheduledFor) || !g[i].at.Equal(w[i].at) {
				t.Fatalf("%s: run %d was for %v at %v, want for %v at %v", p.name, i, g[i].scheduledFor, g[i].at, w[i].scheduledFor, w[i].at)
			}
		}
		if len(g) != len(w) || len(w) < 100 {
			t.Errorf("%s: %d runs, want %d", p.name, len(g), len(w))
		}
	}
	results, err := schedules.ReadState(state)
	for _, p := range plan {
		if last := want[p.name][len(want[p.name])-1]; err != nil || !results[p.name].ScheduledFor.Equal(last.scheduledFor) {
			t.Errorf("%s: the state file has %v (%v), want %v", p.name, results[p.name].ScheduledFor, err, last.scheduledFor)
		}
	}
}

// A delay follows from name and seed alone, lies within its bound, and moves
// all instants of a schedule alike, over changes of the clock as well.
func TestDelayed(t *testing.T) {
	t.Parallel()
	s := named(t, "nightly", "30 1 * * *", "Europe/London")
	d := s.Delayed(10*time.Minute, "a")
	if d.Delay() != s.Delayed(10*time.Minute, "a").Delay() {
		t.Error("the delay differs from call to call")
	}
	seen := map[time.Duration]bool{}
	for _, seed := range strings.Split("abcdefghijklmnopqrst", "") {
		delay := s.Delayed(10*time.Minute, seed).Delay()
		if seen[delay] = true; delay < 0 || delay > 10*time.Minute || delay%time.Second != 0 {
			t.Errorf("seed %s: delay %v", seed, delay)
		}
	}
	if len(seen) < 15 {
		t.Errorf("20 seeds have %d delays", len(seen))
	}
	for after, n := time.Date(2026, 3, 25, 0, 0, 0, 0, time.UTC), 0; n < 300; n++ {
		plain := s.Next(after)
		if got := d.Next(plain); !got.Equal(plain.Add(d.Delay())) {
			t.Fatalf("behind %v comes %v, want %v later", plain, got, d.Delay())
		}
		if due := d.Due(after, plain.Add(d.Delay())); !due.Equal(plain.Add(d.Delay())) {
			t.Fatalf("due at %v: %v", plain.Add(d.Delay()), due)
		}
		after = plain
	}
	if got := d.Delayed(0, "a").Delay() + named(t, "e", "@every 2h", "UTC").Delayed(time.Hour, "a").Delay(); got != 0 {
		t.Errorf("delays of nothing and of @every: %v", got)
	}
}

// Other schedules take the place of those of a loop without a restart: none of
// the new ones has missed anything, and those that stay keep what they know.
func TestReload(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "schedules.json")
	synctest.Test(t, func(t *testing.T) {
		reload := make(chan []schedules.Schedule)
		l := schedules.Loop{Schedules: []schedules.Schedule{named(t, "a", "0 * * * *", "UTC")}, Reload: reload, State: state, Log: slog.New(slog.DiscardHandler)}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Hour-time.Minute)
		defer cancel()
		began := time.Now()
		go func() {
			time.Sleep(90 * time.Minute)
			reload <- []schedules.Schedule{named(t, "a", "30 * * * *", "UTC"), named(t, "b", "0 * * * *", "UTC")}
		}()
		var got []string
		err := l.Run(ctx, func(_ context.Context, s schedules.Schedule, _ time.Time) error {
			got = append(got, s.Name+" "+time.Since(began).String())
			return nil
		})
		want := []string{"a 1h0m0s", "a 1h30m0s", "b 2h0m0s", "a 2h30m0s", "b 3h0m0s", "a 3h30m0s", "b 4h0m0s", "a 4h30m0s"}
		if !errors.Is(err, context.DeadlineExceeded) || !slices.Equal(got, want) {
			t.Errorf("%v: runs\n%s\nwant\n%s", err, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

// What another process runs now is remembered beside a loop, which does not run
// it again.
func TestOnceBesideALoop(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "schedules.json")
	synctest.Test(t, func(t *testing.T) {
		nightly, hourly := named(t, "nightly", "0 3 * * *", "UTC"), named(t, "hourly", "0 * * * *", "UTC")
		other := schedules.Loop{Schedules: []schedules.Schedule{nightly}, State: state, Log: slog.New(slog.DiscardHandler)}
		go func() {
			time.Sleep(150 * time.Minute)
			if err := other.Once(t.Context(), nightly, func(_ context.Context, _ schedules.Schedule, at time.Time) error {
				if !at.Equal(time.Now()) {
					t.Errorf("run for %v at %v", at, time.Now())
				}
				return errors.New("no luck")
			}); err == nil || err.Error() != "no luck" {
				t.Errorf("Once: %v", err)
			}
		}()
		var names []string
		for _, r := range runLoop(t, state, 4*time.Hour-time.Minute, nil, nightly, hourly) {
			names = append(names, r.name)
		}
		if want := []string{"hourly", "hourly", "nightly", "hourly"}; !slices.Equal(names, want) {
			t.Errorf("runs %v, want %v", names, want)
		}
		results, err := schedules.ReadState(state)
		if r := results["nightly"]; err != nil || r.Outcome != schedules.OK || !r.ScheduledFor.Equal(time.Date(2000, 1, 1, 3, 0, 0, 0, time.UTC)) {
			t.Errorf("in the end %+v, %v", r, err)
		}
		if r := results["hourly"]; r.Outcome != schedules.OK {
			t.Errorf("the other one's result is lost: %+v", r)
		}
	})
}
