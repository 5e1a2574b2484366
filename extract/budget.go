package extract

import (
	"fmt"
	"sync"
	"time"
)

// A Budget bounds what a run sends, over all the governors that share it. What
// is under way when it is spent is still answered. A nil Budget has no end.
type Budget struct {
	requests int       // in all; 0 for no end
	until    time.Time // nothing is sent from then on, by the local clock; zero for no end

	mu    sync.Mutex
	sent  int
	spent chan struct{} // closed when no request is left
}

// NewBudget returns a budget of a number of requests, 0 for any number, that
// ends at an instant, zero for never.
func NewBudget(requests int, until time.Time) *Budget {
	b := &Budget{requests: requests, until: until, spent: make(chan struct{})}
	return b
}

// left returns ErrBudget if no further request may be sent.
func (b *Budget) left(now time.Time) error {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.requests > 0 && b.sent >= b.requests:
		return ErrBudget
	case b.over(now):
		return fmt.Errorf("%w: it is past %s", ErrBudget, b.until.Format(time.RFC3339))
	}
	return nil
}

func (b *Budget) over(now time.Time) bool { return !b.until.IsZero() && !now.Before(b.until) }

// take enters a request. Another governor may have taken the last one since
// left was asked.
func (b *Budget) take(now time.Time) bool {
	if b == nil {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.requests > 0 && b.sent >= b.requests || b.over(now) {
		return false
	}
	b.sent++
	if b.sent == b.requests {
		close(b.spent)
	}
	return true
}

// giveBack takes back a request that was not sent after all.
func (b *Budget) giveBack() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sent == b.requests {
		b.spent = make(chan struct{})
	}
	b.sent--
}

// ended is closed when the last request is sent; nil where there is no end.
func (b *Budget) ended() <-chan struct{} {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.spent
}

// before is the earlier of at and the budget's end, either of which may be zero.
func (b *Budget) before(at time.Time) time.Time {
	if b == nil || b.until.IsZero() || !at.IsZero() && at.Before(b.until) {
		return at
	}
	return b.until
}
