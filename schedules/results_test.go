package schedules_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"fanlake/schedules"
)

// killedState is the state file of a run that its process did not survive.
func killedState(t *testing.T) string {
	t.Helper()
	state := filepath.Join(t.TempDir(), "schedules.json")
	text := `{"schedules": {"nightly": {"scheduled_for": "2026-03-01T03:00:00Z", "started_at": "2026-03-01T03:00:01Z", "tries": 1}}}`
	for path, text := range map[string]string{state: text, state + ".lock": "", state + ".running": ""} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return state
}

// Who asks at the same time as others is told what all are told.
func TestResultsForManyAtOnce(t *testing.T) {
	t.Parallel()
	state := killedState(t)
	var asking sync.WaitGroup
	for range 4 {
		asking.Go(func() {
			for range 500 {
				if results, err := schedules.Results(state); err != nil || results["nightly"].Outcome != schedules.Killed {
					t.Errorf("%+v, %v; want a killed run", results, err)
					return
				}
			}
		})
	}
	asking.Wait()
}

// A run that ends, or starts, while somebody asks was never a killed one.
func TestResultsBesideRuns(t *testing.T) {
	t.Parallel()
	s, err := schedules.New("nightly", "0 3 * * *", "UTC", "sync")
	if err != nil {
		t.Fatal(err)
	}
	loop := schedules.Loop{Schedules: []schedules.Schedule{s}, State: filepath.Join(t.TempDir(), "schedules.json"), Log: slog.New(slog.DiscardHandler)}
	over := make(chan error)
	go func() {
		var err error
		for range 200 {
			err = errors.Join(err, loop.Once(t.Context(), s, func(context.Context, schedules.Schedule, time.Time) error { return nil }))
		}
		over <- err
	}()
	for {
		select {
		case err := <-over:
			if err != nil {
				t.Error(err)
			}
			return
		default:
		}
		if results, err := schedules.Results(loop.State); err != nil || results["nightly"].Outcome == schedules.Killed {
			t.Errorf("%+v, %v; nothing was killed", results, err)
			<-over
			return
		}
	}
}

// A directory whose locks cannot be had holds no run for ever, and gets no file.
func TestResultsWithoutLocks(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(path string) error{
		"missing": os.Remove,
		"not to be opened": func(path string) error {
			return errors.Join(os.Remove(path), os.Symlink("nowhere/lock", path))
		},
	} {
		state := killedState(t)
		if err := errors.Join(spoil(state+".lock"), spoil(state+".running")); err != nil {
			t.Fatal(err)
		}
		before, _ := filepath.Glob(filepath.Join(filepath.Dir(state), "*"))
		if results, err := schedules.Results(state); err != nil || results["nightly"].Outcome != schedules.Killed {
			t.Errorf("%s: %+v, %v; want a killed run", name, results, err)
		}
		if after, _ := filepath.Glob(filepath.Join(filepath.Dir(state), "*")); len(after) != len(before) {
			t.Errorf("%s: %v, and before %v", name, after, before)
		}
	}
}
