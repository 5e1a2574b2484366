package schedules

import (
	"context"
	"log/slog"
	"maps"
	"os"
	"strings"
	"time"
)

// A Loop runs jobs on their schedules, one at a time.
type Loop struct {
	// Schedules differ in their names.
	Schedules []Schedule
	// Reload brings other schedules in place of these; a job that runs ends
	// first. It may be nil.
	Reload <-chan []Schedule
	// State is the path of the state file.
	State string
	// Log gets the start and the end of each run: the loop is where the errors
	// of jobs end. It must be set.
	Log *slog.Logger
	// Describe says of an error what may stand in the log. Nil for its text.
	Describe func(error) string
	// Tick is called whenever the loop looks at the clock: at least every five
	// minutes while no job runs. It may be nil.
	Tick func(ctx context.Context)
}

// A Job runs what a schedule says, for the instant it was scheduled for.
type Job func(ctx context.Context, s Schedule, scheduledFor time.Time) error

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
func (l Loop) Run(ctx context.Context, run Job) error {
	results, err := ReadState(l.State)
	if err != nil {
		return err
	}
	began := time.Now().Round(0)
	results = l.introduce(results, began)
	var seen os.FileInfo
	next := upcoming{}
	for {
		select {
		case l.Schedules = <-l.Reload:
			results = l.introduce(results, time.Now().Round(0))
		default:
		}
		if l.Tick != nil {
			l.Tick(ctx)
		}
		// Without its monotonic part a time compares by the wall clock.
		now := time.Now().Round(0)
		results, seen = l.look(results, seen)
		results = l.introduce(results, now) // the clock may have been set back behind it
		s, at, pause := l.due(results, next, now, began)
		if at.IsZero() {
			if results, err = l.wait(ctx, pause, results); err != nil {
				return err
			}
			continue
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		results, _ = l.once(ctx, results, s, at, run)
	}
}

// Once runs a schedule now, beside whatever loop there is, and remembers the
// result as that one does. It returns the error of the job.
func (l Loop) Once(ctx context.Context, s Schedule, run Job) error {
	results, err := ReadState(l.State)
	if err != nil {
		return err
	}
	now := time.Now().Round(0)
	_, err = l.once(ctx, l.introduce(results, now), s, now.UTC().Truncate(time.Second), run)
	return err
}

// introduce notes since when schedules are known: nothing before that is missed.
func (l Loop) introduce(results map[string]Result, now time.Time) map[string]Result {
	known := true
	add := func(results map[string]Result) {
		for _, s := range l.Schedules {
			if r := results[s.Name]; r.Since.IsZero() || r.Since.After(now) {
				r.Since, known = now.UTC(), false
				results[s.Name] = r
			}
		}
	}
	add(results)
	if known {
		return results
	}
	return l.save(results, add)
}

// look reads what another process may have run meanwhile. A file that cannot be
// read any more, or is gone, changes nothing: the next change writes it anew.
// seen is the file as it was looked at last.
func (l Loop) look(results map[string]Result, seen os.FileInfo) (map[string]Result, os.FileInfo) {
	info, err := os.Stat(l.State)
	if err != nil || seen != nil && os.SameFile(info, seen) {
		return results, seen // every change is another file
	}
	read, err := ReadState(l.State)
	if err != nil {
		return results, seen
	}
	for name, r := range results {
		if now := read[name]; now.Since.IsZero() || now.StartedAt.Before(r.StartedAt) {
			read[name] = r
		}
	}
	return read, info
}

// upcoming remembers the next instants of schedules, which are asked for every
// few minutes and change once a night.
type upcoming map[string]struct {
	of          Schedule
	after, next time.Time
}

func (u upcoming) next(s Schedule, after time.Time) time.Time {
	known, ok := u[s.Name]
	if !ok || known.of != s || !known.after.Equal(after) {
		known.of, known.after, known.next = s, after, s.Next(after)
		u[s.Name] = known
	}
	return known.next
}

// due returns the schedule that has waited longest and the instant it is to
// run for. If there is none that instant is zero, and pause says how long to
// wait before looking at the clock again.
func (l Loop) due(results map[string]Result, upcoming upcoming, now, began time.Time) (first Schedule, at time.Time, pause time.Duration) {
	var longest time.Time
	pause = longestWait
	for _, s := range l.Schedules {
		r := results[s.Name]
		next := upcoming.next(s, r.last(now))
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

// wait waits, or takes other schedules.
func (l *Loop) wait(ctx context.Context, d time.Duration, results map[string]Result) (map[string]Result, error) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case l.Schedules = <-l.Reload:
		return l.introduce(results, time.Now().Round(0)), nil
	case <-ctx.Done():
		return results, context.Cause(ctx)
	}
	return results, nil
}

func (l Loop) once(ctx context.Context, results map[string]Result, s Schedule, at time.Time, run Job) (map[string]Result, error) {
	r := results[s.Name]
	if !r.ScheduledFor.Equal(at) {
		r.Tries = 0
	}
	if held := newLock(l.State + runningExt); held.RLock() == nil { // without it the run looks like a killed one, and runs as well
		defer func() { _ = held.Unlock() }()
	}
	r = Result{Since: r.Since, ScheduledFor: at.UTC(), StartedAt: time.Now().UTC().Round(0), Tries: r.Tries + 1}
	set := func(results map[string]Result) { results[s.Name] = r }
	results = l.save(results, set)
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
		log.Error("job failed", "took", took, "error", l.describe(err))
	}
	return l.save(results, set), err
}

func (l Loop) describe(err error) string {
	if l.Describe != nil {
		return l.Describe(err)
	}
	return err.Error()
}

// save makes a change to the results, in the file as far as it can be written.
func (l Loop) save(results map[string]Result, change func(map[string]Result)) map[string]Result {
	written, err := update(l.State, func(read map[string]Result) {
		for name, r := range results {
			if _, ok := read[name]; !ok {
				read[name] = r // of a file that was lost
			}
		}
		change(read)
	})
	if err == nil {
		return written
	}
	l.Log.Error("schedule state not written; a missed run may be unknown after a restart", "error", err)
	results = maps.Clone(results)
	change(results)
	return results
}
