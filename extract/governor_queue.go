package extract

import (
	"context"
	"slices"
	"time"
)

// A waiter is a request in the queue of an allowance.
type waiter struct {
	wake chan struct{} // of capacity 1: look again
}

// acquire waits until a request of a route may be sent, behind those that came
// before it for the same allowance, and enters it.
func (g *Governor) acquire(ctx context.Context, name string) (passage, error) {
	w := &waiter{wake: make(chan struct{}, 1)}
	g.mu.Lock()
	defer g.mu.Unlock()
	r := g.route(name)
	a := g.queueUp(w, r)
	defer func() {
		a.queue = slices.DeleteFunc(a.queue, func(o *waiter) bool { return o == w })
		g.wakeHeads()
	}()
	var told turn
	for {
		if ctx.Err() != nil {
			return passage{}, context.Cause(ctx)
		}
		began := time.Now()
		if err := g.opts.Budget.left(began); err != nil {
			g.wakeAll()
			return passage{}, err
		}
		if g.outage.over(began) {
			g.wakeAll()
			return passage{}, ErrUnavailable
		}
		if a != g.allowanceOf(r) { // the route got its own meanwhile, or lost it
			a.queue = slices.DeleteFunc(a.queue, func(o *waiter) bool { return o == w })
			a = g.queueUp(w, r)
			g.wakeHeads()
		}
		var next turn
		head := a.queue[0] == w
		if head {
			if next = g.next(a, began); next.reason == "" {
				if g.opts.Budget.take(began) {
					return g.send(r, began), nil
				}
				continue
			}
		}
		g.wait(ctx, w, began, next, told)
		if head {
			g.stats.Waited[next.reason] += time.Since(began)
			told = next
		}
	}
}

func (g *Governor) queueUp(w *waiter, r *route) *allowance {
	a := g.allowanceOf(r)
	a.queue = append(a.queue, w)
	return a
}

// wait releases the lock until w is woken, the turn comes or ctx ends.
func (g *Governor) wait(ctx context.Context, w *waiter, now time.Time, next, told turn) {
	g.mu.Unlock()
	defer g.mu.Lock()
	if g.opts.OnWait != nil && next.reason != WaitAnswer && next.at.Sub(now) >= time.Second &&
		(next.reason != told.reason || next.at.Sub(told.at).Abs() >= time.Second) {
		g.opts.OnWait(next.reason, next.at)
	}
	var timer <-chan time.Time
	if at := g.opts.Budget.before(next.at); !at.IsZero() {
		t := time.NewTimer(at.Sub(now))
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-timer:
	case <-w.wake:
	case <-g.opts.Budget.ended():
	case <-ctx.Done():
	}
}

// queues calls f for the queue of every allowance.
func (g *Governor) queues(f func(queue []*waiter)) {
	f(g.key.queue)
	for _, r := range g.routes {
		f(r.queue)
	}
}

func (g *Governor) wakeHeads() {
	g.queues(func(queue []*waiter) {
		if len(queue) > 0 {
			queue[0].signal()
		}
	})
}

func (g *Governor) wakeAll() {
	g.queues(func(queue []*waiter) {
		for _, w := range queue {
			w.signal()
		}
	})
}

func (w *waiter) signal() {
	select {
	case w.wake <- struct{}{}:
	default: // already told
	}
}
