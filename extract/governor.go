package extract

import (
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A Limit is the request budget of one rate bucket.
type Limit struct {
	Requests int           // within Per. Defaults to 100
	Per      time.Duration // Defaults to 60 s
	Max      int           // X-RateLimit-Limit may raise Requests up to here. Defaults to Requests
}

// GovernorOptions are the settings of a [Governor] beside its limit.
type GovernorOptions struct {
	Budget    int    // requests it lets pass in all, then ErrBudget; 0 for no end
	InFlight  int    // requests under way at once. Defaults to 16
	StateFile string // keeps the last window's requests over a restart; empty for none

	// OnWait hears of waits of a second or more: what is waited for, in words
	// that follow "until", and about when it will have come. It is called
	// from the waiting goroutine and must not call the Governor.
	OnWait func(reason string, until time.Time)
}

// What a request may wait for.
const (
	WaitWindow     = "the window refills"
	WaitShared     = "other clients of the key leave room"
	WaitRetryAfter = "the server's pause ends"
	WaitAnswer     = "requests under way are answered"
	WaitPace       = "the burst spreads"
)

// A Governor is the only way to the network: it holds the request budget of one
// rate bucket for all goroutines, first come, first served.
//
// Its [ledger] alone keeps every kind of bucket from refusing, without any
// header. Rate headers only narrow what it allows: they lower the limit, show
// what other clients of the key have used, and may lengthen a wait.
type Governor struct {
	opts GovernorOptions
	max  int
	per  time.Duration

	mu       sync.Mutex
	limit    int
	ledger   ledger
	seen     headroom
	smooth   *rate.Limiter // spreads a burst over a fiftieth of the window
	queue    []*waiter
	lastSent time.Time
	paused   time.Time // nothing is sent before
	pauses   int       // refusals without a hint in a row
	stats    GovernorStats
	state    stateFile
}

// GovernorStats count what passed a Governor.
type GovernorStats struct {
	Requests int                      // requests let pass
	Refused  int                      // of them answered 429
	Limit    int                      // requests within a window, as known now
	Waited   map[string]time.Duration // time the head of the queue waited, by reason
}

type waiter struct {
	wake chan struct{} // of capacity 1: look again
}

// burstSpread is the part of a window over which a full burst is spread. It
// costs that part of one window in a whole run.
const burstSpread = 50

// NewGovernor makes a governor and reads its state file, if there is one.
func NewGovernor(l Limit, opts GovernorOptions) *Governor {
	if l.Requests <= 0 {
		l.Requests = 100
	}
	if l.Per <= 0 {
		l.Per = time.Minute
	}
	if opts.InFlight <= 0 {
		opts.InFlight = 16
	}
	g := &Governor{opts: opts, max: max(l.Requests, l.Max), per: l.Per, limit: l.Requests, ledger: newLedger(l.Per)}
	g.stats.Waited = map[string]time.Duration{}
	g.seen.window = g.ledger.window
	g.smooth = rate.NewLimiter(g.burstRate(), opts.InFlight)
	g.restore(time.Now())
	return g
}

func (g *Governor) burstRate() rate.Limit {
	return rate.Limit(float64(g.limit) / g.per.Seconds() * burstSpread)
}

// Stats is a snapshot of the counters.
func (g *Governor) Stats() GovernorStats {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.stats
	s.Limit = g.limit
	s.Waited = map[string]time.Duration{}
	for reason, d := range g.stats.Waited {
		s.Waited[reason] = d
	}
	return s
}

// RoundTripper sends requests through next when the budget allows. A wait ends
// with the request's context; a spent budget is ErrBudget.
func (g *Governor) RoundTripper(next http.RoundTripper) http.RoundTripper {
	return governed{g, next}
}

type governed struct {
	g    *Governor
	next http.RoundTripper
}

func (t governed) RoundTrip(req *http.Request) (*http.Response, error) {
	f, err := t.g.acquire(req.Context())
	if err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	resp, err := t.next.RoundTrip(req)
	t.g.release(f, resp)
	return resp, err
}

// A flight is a request under way.
type flight struct {
	sent     time.Time
	ended    int // ledger.ended when it was sent
	answered int // ledger.answered when it was sent
}

func (g *Governor) acquire(ctx context.Context) (flight, error) {
	w := &waiter{wake: make(chan struct{}, 1)}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.queue = append(g.queue, w)
	defer func() {
		g.queue = slices.DeleteFunc(g.queue, func(o *waiter) bool { return o == w })
		g.wakeHead()
	}()
	var told turn
	for {
		if ctx.Err() != nil {
			return flight{}, context.Cause(ctx)
		}
		if g.opts.Budget > 0 && g.stats.Requests >= g.opts.Budget {
			g.wakeAll()
			return flight{}, ErrBudget
		}
		var next turn
		began := time.Now()
		head := g.queue[0] == w
		if head {
			if next = g.next(began); next.reason == "" {
				return g.send(began), nil
			}
		}
		g.wait(ctx, w, began, next, told)
		if head {
			g.stats.Waited[next.reason] += time.Since(began)
			told = next
		}
	}
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
	if !next.at.IsZero() {
		t := time.NewTimer(next.at.Sub(now))
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-timer:
	case <-w.wake:
	case <-ctx.Done():
	}
}

func (g *Governor) wakeHead() {
	if len(g.queue) > 0 {
		g.queue[0].signal()
	}
}

func (g *Governor) wakeAll() {
	for _, w := range g.queue {
		w.signal()
	}
}

func (w *waiter) signal() {
	select {
	case w.wake <- struct{}{}:
	default: // already told
	}
}

// A turn says what the head of the queue waits for, and until when; the instant
// is zero where only an answer can end the wait. Without a reason it may go.
type turn struct {
	reason string
	at     time.Time
}

func (g *Governor) next(now time.Time) turn {
	g.ledger.expire(now)
	l := &g.ledger
	switch {
	case now.Before(g.paused):
		return turn{WaitRetryAfter, g.paused}
	case l.inFlight >= g.opts.InFlight:
		return turn{reason: WaitAnswer}
	case l.answered == 0 && l.inFlight > 0: // the first goes alone: its answer says what is left
		return turn{reason: WaitAnswer}
	case l.overlap() >= g.limit:
		if at := l.roomAt(g.limit); !at.IsZero() {
			return turn{WaitWindow, at}
		}
		return turn{reason: WaitAnswer}
	}
	if t := g.seen.next(now, l, g.lastSent); t.reason != "" {
		return t
	}
	if tokens := g.smooth.TokensAt(now); tokens < 1 {
		short := (1 - tokens) / float64(g.smooth.Limit())
		return turn{WaitPace, now.Add(time.Duration(short*float64(time.Second)) + time.Microsecond)}
	}
	return turn{}
}

// send enters a request; the lock is held.
func (g *Governor) send(now time.Time) flight {
	f := flight{sent: now, ended: g.ledger.ended, answered: g.ledger.answered}
	g.ledger.send()
	g.smooth.AllowN(now, 1)
	g.lastSent = now
	g.stats.Requests++
	g.keepState(now)
	return f
}

// release enters the answer to a request, nil if there was none.
func (g *Governor) release(f flight, resp *http.Response) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	g.ledger.expire(now)
	g.ledger.answer(now)
	if resp != nil {
		g.observe(f, now, resp)
	}
	g.keepState(now)
	g.wakeHead()
}

func (g *Governor) observe(f flight, now time.Time, resp *http.Response) {
	if date, ok := parseDate(resp.Header); ok {
		g.seen.clock.observe(date, f.sent, now)
	}
	r := parseRate(resp.Header, now)
	if limit := min(r.Limit, g.max); limit > 0 && limit != g.limit {
		g.limit = limit
		g.smooth.SetLimitAt(now, g.burstRate())
	}
	refused := resp.StatusCode == http.StatusTooManyRequests
	if refused {
		g.stats.Refused++
		r.Remaining = 0
	} else {
		g.pauses = 0
	}
	if refused || resp.StatusCode == http.StatusServiceUnavailable {
		g.pause(now, parseRetryAfter(resp.Header, now), refused && r.Reset.IsZero())
	}
	g.seen.observe(f, now, r, &g.ledger, g.per)
	if refused {
		g.seen.refuse(g.paused)
	}
}

// pause holds the whole bucket, with jitter so that several clients of a key do
// not come back at once. Without a hint it backs off where nothing else says
// when to go on.
func (g *Governor) pause(now time.Time, hint time.Duration, backOff bool) {
	switch {
	case hint > 0:
		hint += rand.N(min(hint/10, 2*time.Second) + 1)
	case backOff:
		hint = min(g.per, time.Second<<min(g.pauses, 10))
		hint = hint/2 + rand.N(hint/2)
		g.pauses++
	default:
		return
	}
	if at := now.Add(hint); at.After(g.paused) {
		g.paused = at
	}
}
