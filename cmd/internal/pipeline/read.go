package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"fanlake/extract"
)

// A failure is a slice that could not be read to its end.
type failure struct {
	Stream, Creator, Fan string
	Err                  error
}

// A reader reads slices into the journal and keeps account of what went wrong.
type reader struct {
	client  *extract.Client
	surface extract.Surface
	journal *extract.Journal
	report  Reporter
	// finished is called behind every finished slice.
	finished func(ctx context.Context) error
	failing  *failing
	now      time.Time // the server's, when the run began

	pages atomic.Int64

	mu       sync.Mutex
	failures []failure
	gone     []failure          // what was not found below a post, list, link or folder
	permits  map[string]*permit // by stream and path kind
	silent   map[string]error   // creators of whom a slice had no answer
	answered map[string]bool    // creators of whom anything was
	slices   map[string]int64   // that ended, by stream
	rows     map[string]int64   // of the pages that came, by stream
}

// counts are how many slices ended, and how many rows came, by stream.
func (r *reader) counts() (slices, rows map[string]int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.slices), maps.Clone(r.rows)
}

// came counts the rows of a page.
func (r *reader) came(stream string, p extract.Page) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rows == nil {
		r.rows = map[string]int64{}
	}
	r.rows[stream] += int64(p.Rows)
}

// silence is why a creator is not asked any more in this run: each slice would
// hang for minutes, and the other creators wait for it.
func (r *reader) silence(t task) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.silent[t.Creator]; err != nil {
		return fmt.Errorf("not asked, because the creator's data had no answer before: %w", err)
	}
	return nil
}

// A lane is a sequence of tasks that are read one after the other, because
// their rows meet in one table, or because one creator's slices come in order.
type lane struct {
	tasks []task
	begun bool // by an interrupted run: they are gone on with
}

// readLane returns only errors that end the run: a failed slice is noted and the
// others go on.
func (r *reader) readLane(ctx context.Context, l lane, w *watch) error {
	for _, t := range l.tasks {
		t.watch = w
		read := r.read
		if l.begun {
			read = r.resume
		}
		if err := read(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// read reads a slice from its beginning.
func (r *reader) read(ctx context.Context, t task) error {
	if r.refusedAlready(t) {
		return nil
	}
	t.Surface = r.surface
	if t.glance != nil {
		return r.look(ctx, t)
	}
	sl, err := r.journal.Begin(t.Slice)
	if err != nil {
		return err
	}
	t.Slice = sl
	if t.given != nil {
		return r.keep(ctx, t)
	}
	if err := r.silence(t); err != nil {
		return r.settle(ctx, t, err)
	}
	_, err = r.walk(ctx, t, false)
	if errors.Is(err, extract.ErrUnordered) {
		return r.readInMonths(ctx, t, err)
	}
	return r.settle(ctx, t, err)
}

// readInMonths gives up a walk whose rows are not newest first and reads its
// window in pieces of at most 31 days, newest first.
func (r *reader) readInMonths(ctx context.Context, t task, why error) error {
	if err := r.finish(ctx, t, false, why.Error()); err != nil {
		return err
	}
	for end := t.End; end.After(t.Start); {
		start := maxTime(t.Start, end.Add(-31*day))
		piece := t
		piece.ID, piece.Start, piece.End, piece.Reason = "", start, end, "rows are not in order"
		if err := r.read(ctx, piece); err != nil {
			return err
		}
		end = start
	}
	return nil
}

// resume goes on with an interrupted slice. A place that the API no longer
// knows restarts the slice once.
func (r *reader) resume(ctx context.Context, t task) error {
	kept, err := r.walk(ctx, t, true)
	if kept == 0 && (errors.Is(err, extract.ErrBadRequest) || errors.Is(err, extract.ErrNotFound)) {
		if err := r.journal.Restart(t.ID); err != nil {
			return err
		}
		_, err = r.walk(ctx, t, false)
	}
	return r.settle(ctx, t, err)
}

// A journalError ends the run: what arrives cannot be kept any more.
type journalError struct{ error }

func (e journalError) Unwrap() error { return e.error }

// walk keeps the pages of a slice as they arrive, and counts them: those of
// other lanes come beside them.
func (r *reader) walk(ctx context.Context, t task, again bool) (kept int, err error) {
	st, ok := r.surface.Stream(t.Stream)
	if !ok {
		return 0, fmt.Errorf("stream %q is not known on surface %s", t.Stream, r.surface)
	}
	past := r.journal.Pages(t.ID)
	if !again {
		past = nil
	}
	defer t.watch.answered(0)
	for p, err := range r.client.Walk(t.watch.over(forStream(ctx, t.Stream)), st, t.Slice, past) {
		if err != nil {
			return kept, hideFan(t, err)
		}
		t.watch.answered(1)
		if _, err := r.journal.Append(t.ID, p); err != nil {
			return kept, journalError{err}
		}
		kept++
		r.came(t.Stream, p)
		r.report.Pages(r.pages.Add(1), t.Stream, t.Creator)
	}
	return kept, nil
}

// A chatError is an error about a chat. Paths hold the fan's uuid; its text,
// which comes into run records and before people, holds the pseudonym.
type chatError struct {
	err         error
	uuid, fanID string
}

func (e chatError) Error() string { return strings.ReplaceAll(e.err.Error(), e.uuid, e.fanID) }
func (e chatError) Unwrap() error { return e.err }

func hideFan(t task, err error) error {
	if t.Fan == "" {
		return err
	}
	return chatError{err, t.Fan, t.fanID}
}

// settle decides what the end of a walk means: a finished slice, one that is
// gone on with by the next run, a failure of this slice, or the end of the run.
func (r *reader) settle(ctx context.Context, t task, err error) error {
	var broken journalError
	switch {
	case err == nil:
		r.note(t, nil)
		if t.Parent != "" {
			r.failing.settled(t.Stream, t.Creator, t.Parent)
		}
		return r.finish(ctx, t, true, "")
	case errors.As(err, &broken), ctx.Err() != nil, endsRun(err):
		return err
	case errors.Is(err, extract.ErrForbidden):
		r.note(t, err)
		return r.finish(ctx, t, false, "not permitted")
	case errors.Is(err, extract.ErrNotFound) && r.surface.Older() && t.Creator != "" && t.Fan == "" && (t.Parent == "" || len(t.Fans) > 0):
		// Deployments of the older surface lack some streams.
		r.note(t, err)
		return r.finish(ctx, t, false, "not there")
	case errors.Is(err, extract.ErrNotFound) && t.Parent != "" && len(t.Fans) == 0:
		// Deleted since it was listed; whether it is that shows when others are read.
		r.mu.Lock()
		r.gone = append(r.gone, failure{t.Stream, t.Creator, t.fanID, err})
		r.mu.Unlock()
		r.failing.settled(t.Stream, t.Creator, t.Parent)
		return r.finish(ctx, t, false, "what it belongs to is gone")
	case errors.Is(err, extract.ErrNotFound) && t.Stream == "message":
		return r.finish(ctx, t, true, "the message is gone")
	}
	if t.Parent != "" && len(t.Fans) == 0 && !errors.Is(err, extract.ErrNoAnswer) { // a creator who hangs is another matter
		r.failing.failed(t, r.now)
	}
	r.mu.Lock()
	r.failures = append(r.failures, failure{t.Stream, t.Creator, t.fanID, err})
	if errors.Is(err, extract.ErrNoAnswer) && t.Creator != "" && r.silent[t.Creator] == nil {
		if r.silent == nil {
			r.silent = map[string]error{}
		}
		r.silent[t.Creator] = err
	}
	r.mu.Unlock()
	return r.finish(ctx, t, false, err.Error())
}

// endsRun reports whether whatever else is asked would end in the same error.
func endsRun(err error) bool {
	return errors.Is(err, extract.ErrBudget) || errors.Is(err, extract.ErrUnauthorized) || errors.Is(err, extract.ErrGone) || errors.Is(err, extract.ErrUnavailable)
}

func (r *reader) finish(ctx context.Context, t task, complete bool, why string) error {
	if err := r.journal.Finish(t.ID, complete, why); err != nil {
		return journalError{err}
	}
	r.mu.Lock()
	if r.slices == nil {
		r.slices = map[string]int64{}
	}
	r.slices[t.Stream]++
	r.mu.Unlock()
	return r.finished(ctx)
}
