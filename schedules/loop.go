package schedules

import (
	"context"
	"log/slog"
	"strings"
	"time"
)

// A Loop runs jobs on their schedules, one at a time.
type Loop struct {
	// Schedules differ in their names.
	Schedules []Schedule
	// State is the path of the state file. It belongs to one loop.
	State string
	// Log gets the start and the end of each run: the loop is where the errors
	// of jobs end. It must be set.
	Log *slog.Logger
}

// longestWait bounds a single wait. The clock of timers stands still while a
// machine sleeps, and the wall clock may be set, so it is looked at again.
const longestWait = 5 * time.Minute

// maxErrorText bounds the text of an error in the state file, in bytes.
const maxErrorText = 500

// Run waits and runs jobs until ctx ends, and returns its cause. A run that was
// missed while no loop was there is caught up once at the start, and one that
// its process did not survive is started again. A run that falls due while
// another one is running comes right after it, once. Neither an error of a job
// nor one of the state file ends the loop; an unreadable state file at the
// start does.
func (l Loop) Run(ctx context.Context, run func(ctx context.Context, s Schedule, scheduledFor time.Time) error) error {
	results, err := ReadState(l.State)
	if err != nil {
		return err
	}
	began := time.Now().Round(0)
	for _, s := range l.Schedules {
		if r := results[s.Name]; r.Since.IsZero() || r.Since.After(began) {
			r.Since = began.UTC()
			results[s.Name] = r
		}
	}
	l.save(results)
	for {
		// Without its monotonic part a time compares by the wall clock.
		now := time.Now().Round(0)
		s, at, pause := l.due(results, now, began)
		if at.IsZero() {
			if err := wait(ctx, pause); err != nil {
				return err
			}
			continue
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		l.runOne(ctx, results, s, at, run)
	}
}

// due returns the schedule that has waited longest and the instant it is to
// run for. If there is none that instant is zero, and pause says how long to
// wait before looking at the clock again.
func (l Loop) due(results map[string]Result, now, began time.Time) (first Schedule, at time.Time, pause time.Duration) {
	var longest time.Time
	pause = longestWait
	for _, s := range l.Schedules {
		r := results[s.Name]
		next := s.Next(r.last(now))
		t := time.Time{}
		switch {
		case !next.IsZero() && !next.After(now):
			t = s.Due(r.last(now), now)
		case r.unfinished() && r.StartedAt.Before(began):
			t, next = r.ScheduledFor, r.ScheduledFor
		case !next.IsZero():
			pause = min(pause, next.Sub(now))
		}
		if !t.IsZero() && (at.IsZero() || next.Before(longest)) {
			first, at, longest = s, t, next
		}
	}
	return first, at, pause
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (l Loop) runOne(ctx context.Context, results map[string]Result, s Schedule, at time.Time, run func(context.Context, Schedule, time.Time) error) {
	r := results[s.Name]
	if !r.ScheduledFor.Equal(at) {
		r.Tries = 0
	}
	r = Result{Since: r.Since, ScheduledFor: at.UTC(), StartedAt: time.Now().UTC().Round(0), Tries: r.Tries + 1}
	results[s.Name] = r
	l.save(results)
	log := l.Log.With("schedule", s.Name, "job", s.Job, "scheduled_for", at)
	log.Info("job started", "late", r.StartedAt.Sub(at).Truncate(time.Second).String(), "try", r.Tries)

	err := run(ctx, s, at)

	r.EndedAt = time.Now().UTC().Round(0)
	took := r.EndedAt.Sub(r.StartedAt).Round(time.Millisecond).String()
	switch {
	case err == nil:
		r.Outcome = OK
		log.Info("job done", "took", took)
	case ctx.Err() != nil:
		r.Outcome = Interrupted
		log.Warn("job interrupted", "took", took)
	default:
		r.Outcome = Failed
		r.Error = strings.ToValidUTF8(err.Error()[:min(len(err.Error()), maxErrorText)], "")
		log.Error("job failed", "took", took, "error", err)
	}
	results[s.Name] = r
	l.save(results)
}

func (l Loop) save(results map[string]Result) {
	if err := writeState(l.State, results); err != nil {
		l.Log.Error("schedule state not written; a missed run may be unknown after a restart", "error", err)
	}
}
