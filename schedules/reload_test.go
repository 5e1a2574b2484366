package schedules_test

import (
	"context"
	"encoding/json"
	"errors"
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

// A schedule that is removed while its job runs ends that job in its time, keeps
// its result, and comes no more, however the job ended; one that comes back has
// missed nothing but what lies behind its last run.
func TestRemovedWhileItsJobRuns(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "schedules.json")
	synctest.Test(t, func(t *testing.T) {
		reload := make(chan []schedules.Schedule, 1)
		long, other := named(t, "long", "0 * * * *", "UTC"), named(t, "other", "30 * * * *", "UTC")
		l := schedules.Loop{Schedules: []schedules.Schedule{long, other}, Reload: reload, State: state, Log: slog.New(slog.DiscardHandler)}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Hour+time.Minute)
		defer cancel()
		began := time.Now()
		go func() {
			time.Sleep(70 * time.Minute) // the first one runs since ten minutes
			reload <- []schedules.Schedule{other}
			time.Sleep(150 * time.Minute)
			results, err := schedules.ReadState(state)
			if r := results["long"]; err != nil || r.Outcome != schedules.Failed || !r.EndedAt.Equal(began.Add(80*time.Minute)) {
				t.Errorf("the removed one has %+v, %v", r, err)
			}
			reload <- []schedules.Schedule{long, other}
		}()
		var got []string
		err := l.Run(ctx, func(_ context.Context, s schedules.Schedule, at time.Time) error {
			got = append(got, s.Name+" "+at.Sub(began).String()+" "+time.Since(began).String())
			if s.Name == "long" && len(got) == 2 {
				time.Sleep(20 * time.Minute)
				return errors.New("no luck")
			}
			return nil
		})
		want := []string{"other 30m0s 30m0s", "long 1h0m0s 1h0m0s", "other 1h30m0s 1h30m0s", "other 2h30m0s 2h30m0s", "other 3h30m0s 3h30m0s",
			"long 3h0m0s 3h40m0s", "long 4h0m0s 4h0m0s", "other 4h30m0s 4h30m0s", "long 5h0m0s 5h0m0s"}
		if !errors.Is(err, context.DeadlineExceeded) || !slices.Equal(got, want) {
			t.Errorf("%v: runs\n%s\nwant\n%s", err, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

// A clock that is set back by a month while the loop waits, which is the same as
// a memory of what lies a month ahead: nights go on by the new clock.
func TestTheClockIsSetBackWhileItWaits(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "schedules.json")
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		go func() {
			time.Sleep(36 * time.Hour)
			results, err := schedules.ReadState(state)
			if err != nil {
				t.Error(err)
			}
			r := results["nightly"]
			for _, at := range []*time.Time{&r.Since, &r.ScheduledFor, &r.StartedAt, &r.EndedAt} {
				*at = at.AddDate(0, 1, 0)
			}
			text, err := json.Marshal(map[string]any{"schedules": map[string]schedules.Result{"nightly": r}})
			if err != nil {
				t.Error(err)
			}
			if err := errors.Join(os.WriteFile(state+".new", text, 0o600), os.Rename(state+".new", state)); err != nil {
				t.Error(err)
			}
		}()
		var got []string
		for _, r := range runLoop(t, state, 96*time.Hour, nil, named(t, "nightly", "15 3 * * *", "UTC")) {
			got = append(got, r.at.Sub(began).String())
		}
		if want := []string{"3h15m0s", "27h15m0s", "51h15m0s", "75h15m0s"}; !slices.Equal(got, want) {
			t.Errorf("runs at %v, want %v", got, want)
		}
	})
}
