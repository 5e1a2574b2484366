package pipeline

import (
	"context"
	"net/http/httptrace"
	"sync"
	"time"
)

// patience is how long a page may take before others no longer wait for it: from
// its first request's passing the governor to its answer, with all attempts. Four
// lanes with answers as slow as that still use up a hundred requests a minute.
const patience = 2 * time.Second

// A watch tells whether a lane waits for a late answer. A nil watch does nothing.
type watch struct {
	changed chan<- struct{} // of capacity 1: told of each change

	mu    sync.Mutex
	timer *time.Timer // while an answer is waited for
	late  bool
	ever  bool
	pages int
}

// over returns a context whose requests are watched.
func (w *watch) over(ctx context.Context) context.Context {
	if w == nil {
		return ctx
	}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GetConn: func(string) { w.sent() }})
}

// sent begins a wait, with the first attempt.
func (w *watch) sent() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(patience, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.timer == timer {
			w.late, w.ever = true, true
			w.tell()
		}
	})
	w.timer = timer
}

// answered ends a wait, with a page or with an error.
func (w *watch) answered(pages int) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pages += pages
	if w.timer == nil {
		return
	}
	w.timer.Stop()
	w.timer = nil
	if w.late {
		w.late = false
		w.tell()
	}
}

func (w *watch) tell() {
	select {
	case w.changed <- struct{}{}:
	default: // already told
	}
}

func (w *watch) isLate() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.late
}

// everLate reports whether an answer of the lane was late, also if it has come.
func (w *watch) everLate() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ever
}

// answers is how many pages have come.
func (w *watch) answers() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pages
}
