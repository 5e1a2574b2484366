package schedules_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fanlake/schedules"
)

// The clock of a synctest bubble begins at midnight UTC, 1 January 2000.

type record struct {
	name         string
	scheduledFor time.Time
	at           time.Time
}

// runLoop runs the loop for a time and returns what ran. job may be nil.
func runLoop(t *testing.T, state string, length time.Duration, job func(ctx context.Context, s schedules.Schedule) error, list ...schedules.Schedule) []record {
	t.Helper()
	var runs []record
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	l := schedules.Loop{Schedules: list, State: state, Log: slog.New(slog.DiscardHandler)}
	err := l.Run(ctx, func(ctx context.Context, s schedules.Schedule, scheduledFor time.Time) error {
		runs = append(runs, record{s.Name, scheduledFor, time.Now()})
		if job == nil {
			return nil
		}
		return job(ctx, s)
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Run ended with %v, want the cause of its context", err)
	}
	return runs
}

func named(t *testing.T, name, expression, zone string) schedules.Schedule {
	t.Helper()
	s, err := schedules.New(name, expression, zone, "sync")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAYearOfNights(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(t.TempDir(), "schedules.json")
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		runs := runLoop(t, state, 366*24*time.Hour+time.Minute, nil, named(t, "nightly", "30 1 * * *", "Europe/London"))
		want := oracle([]string{"30 1 * * *"}, zone, began, began.AddDate(1, 0, 0))[0]
		if len(runs) != len(want) || len(want) != 366 {
			t.Fatalf("%d runs, want %d in the leap year", len(runs), len(want))
		}
		for i, r := range runs {
			if !r.scheduledFor.Equal(want[i]) || !r.at.Equal(want[i]) {
				t.Fatalf("run %d was for %v and ran at %v, want %v", i, r.scheduledFor, r.at, want[i].In(zone))
			}
		}
	})
}

func TestMissedRunsAreCaughtUpOnce(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "schedules.json")
	synctest.Test(t, func(t *testing.T) {
		nightly := named(t, "nightly", "15 3 * * *", "UTC")
		if runs := runLoop(t, state, time.Hour, nil, nightly); len(runs) != 0 {
			t.Errorf("a new schedule has missed something: %v", runs)
		}
		// The machine is off from 01:00 for ten days and a half.
		time.Sleep(10*24*time.Hour + 12*time.Hour)
		on := time.Now()
		runs := runLoop(t, state, 24*time.Hour, nil, nightly)
		if len(runs) != 2 {
			t.Fatalf("%d runs in the day after, want the one caught up and the next one: %v", len(runs), runs)
		}
		if want := time.Date(2000, 1, 11, 3, 15, 0, 0, time.UTC); !runs[0].scheduledFor.Equal(want) || !runs[0].at.Equal(on) {
			t.Errorf("caught up for %v at %v, want for %v at once", runs[0].scheduledFor, runs[0].at, want)
		}
		if want := time.Date(2000, 1, 12, 3, 15, 0, 0, time.UTC); !runs[1].at.Equal(want) {
			t.Errorf("next run at %v, want %v", runs[1].at, want)
		}
		if runs := runLoop(t, state, time.Hour, nil, nightly); len(runs) != 0 {
			t.Errorf("a restart runs again: %v", runs)
		}
	})
}

func TestRunsNeverOverlap(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "schedules.json")
	synctest.Test(t, func(t *testing.T) {
		running := 0
		began := time.Now()
		runs := runLoop(t, state, 5*time.Hour-time.Minute, func(ctx context.Context, s schedules.Schedule) error {
			if running++; running > 1 {
				t.Error("two jobs at once")
			}
			defer func() { running-- }()
			if s.Name == "long" {
				time.Sleep(95 * time.Minute)
			}
			return nil
		}, named(t, "long", "0 1,2 * * *", "UTC"), named(t, "often", "*/30 * * * *", "UTC"))
		var got []string
		for _, r := range runs {
			got = append(got, r.name+" "+r.scheduledFor.Sub(began).String()+" "+r.at.Sub(began).String())
		}
		// At 1:00 both are due and the first of the list goes first. What falls
		// due meanwhile comes after it, once each, the longest waiting first.
		want := []string{
			"often 30m0s 30m0s", "long 1h0m0s 1h0m0s", "often 2h30m0s 2h35m0s",
			"long 2h0m0s 2h35m0s", "often 4h0m0s 4h10m0s", "often 4h30m0s 4h30m0s",
		}
		if !slices.Equal(got, want) {
			t.Errorf("runs:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

func TestErrorsDoNotEndTheLoop(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	state := filepath.Join(dir, "deeper", "schedules.json")
	synctest.Test(t, func(t *testing.T) {
		n := 0
		job := func(context.Context, schedules.Schedule) error {
			if n++; n%2 == 1 {
				return errors.New(strings.Repeat("the API did not answer ", 100))
			}
			return nil
		}
		hourly := named(t, "hourly", "@hourly", "UTC")
		runs := runLoop(t, state, 3*time.Hour+time.Second, job, hourly)
		if len(runs) != 3 {
			t.Fatalf("%d runs, want 3: %v", len(runs), runs)
		}
		results, err := schedules.ReadState(state)
		if err != nil {
			t.Fatal(err)
		}
		r := results["hourly"]
		if r.Outcome != schedules.Failed || !strings.HasPrefix(r.Error, "the API did not answer") || len(r.Error) > 500 || !r.ScheduledFor.Equal(runs[2].at) {
			t.Errorf("last result = %+v", r)
		}
		// A failed run is not tried again before its next time.
		if runs := runLoop(t, state, 30*time.Minute, job, hourly); len(runs) != 0 {
			t.Errorf("a restart runs the failed one again: %v", runs)
		}
		for p, want := range map[string]fs.FileMode{state: 0o600, filepath.Dir(state): 0o700} {
			if info, err := os.Stat(p); err != nil || info.Mode().Perm() != want {
				t.Errorf("%s: mode %v, %v; want %v", p, info.Mode().Perm(), err, want)
			}
		}
		if left, _ := filepath.Glob(filepath.Join(filepath.Dir(state), ".*")); len(left) != 0 {
			t.Errorf("left behind: %v", left)
		}
		// A state file that cannot be written is reported, and the loop goes on.
		if err := os.RemoveAll(filepath.Dir(state)); err != nil {
			t.Fatal(err)
		}
		blocked := filepath.Join(dir, "file")
		if err := os.WriteFile(blocked, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Hour)
		defer cancel()
		ran := 0
		l := schedules.Loop{Schedules: []schedules.Schedule{hourly}, State: filepath.Join(dir, "a", "s.json"), Log: slog.New(slog.NewTextHandler(&log, nil))}
		_ = l.Run(ctx, func(context.Context, schedules.Schedule, time.Time) error {
			ran++
			return errors.Join(os.RemoveAll(filepath.Join(dir, "a")), os.WriteFile(filepath.Join(dir, "a"), nil, 0o600))
		})
		if ran < 1 || !strings.Contains(log.String(), "schedule state not written") {
			t.Errorf("%d runs, log:\n%s", ran, log.String())
		}
	})
}

func TestInterruptedRunsGoOnAfterARestart(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "schedules.json")
	synctest.Test(t, func(t *testing.T) {
		nightly := named(t, "nightly", "0 3 * * *", "UTC")
		hang := func(ctx context.Context, _ schedules.Schedule) error {
			<-ctx.Done()
			return context.Cause(ctx)
		}
		for try := 1; try <= 3; try++ {
			runs := runLoop(t, state, 4*time.Hour, hang, nightly)
			if want := time.Date(2000, 1, 1, 3, 0, 0, 0, time.UTC); len(runs) != 1 || !runs[0].scheduledFor.Equal(want) {
				t.Fatalf("try %d: %v, want the run of %v", try, runs, want)
			}
			results, err := schedules.ReadState(state)
			if r := results["nightly"]; err != nil || r.Tries != try || r.Outcome != schedules.Interrupted || r.Error != "" {
				t.Fatalf("try %d: %+v, %v", try, r, err)
			}
		}
		if runs := runLoop(t, state, 4*time.Hour, hang, nightly); len(runs) != 0 {
			t.Errorf("a fourth try: %v", runs)
		}
		if runs := runLoop(t, state, 24*time.Hour, nil, nightly); len(runs) != 1 {
			t.Errorf("%d runs in the next night, want 1", len(runs))
		}
	})
}

func TestAClockThatWasWrong(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "schedules.json")
	future := `{"schedules":{"nightly":{"since":"2031-01-01T00:00:00Z","scheduled_for":"2031-01-02T03:00:00Z","tries":1,"outcome":"ok"}}}`
	if err := os.WriteFile(state, []byte(future), 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		if runs := runLoop(t, state, 24*time.Hour, nil, named(t, "nightly", "0 3 * * *", "UTC")); len(runs) != 1 {
			t.Errorf("%d runs, want 1: a run of 2031 must not hold up those of 2000", len(runs))
		}
	})
}

func TestBrokenState(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "schedules.json")
	if err := os.WriteFile(state, []byte(`{"schedules":`), 0o600); err != nil {
		t.Fatal(err)
	}
	l := schedules.Loop{State: state, Log: slog.New(slog.DiscardHandler)}
	err := l.Run(t.Context(), nil)
	if err == nil || !strings.Contains(err.Error(), state) || !strings.Contains(err.Error(), "delete the file") {
		t.Errorf("err = %v", err)
	}
}

func FuzzReadState(f *testing.F) {
	f.Add([]byte(`{"schedules":{"nightly":{"since":"2026-01-01T00:00:00Z","tries":1}}}`))
	f.Add([]byte(`{}`))
	f.Add([]byte(`null`))
	path := filepath.Join(f.TempDir(), "schedules.json")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if results, err := schedules.ReadState(path); (results == nil) == (err == nil) {
			t.Errorf("results %v with error %v", results, err)
		}
	})
}
