package extract

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// A Limit is the request budget of one rate bucket.
type Limit struct {
	Requests int           // within Per. Defaults to 100
	Per      time.Duration // Defaults to 60 s
	Max      int           // X-RateLimit-Limit may raise Requests up to here. Defaults to Requests
}

// GovernorOptions are the settings of a [Governor] beside its limit.
type GovernorOptions struct {
	Budget    *Budget // then ErrBudget; nil for no end
	InFlight  int     // requests under way at once. Defaults to 16
	StateFile string  // keeps the last window's requests over a restart; empty for none

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
	WaitServer     = "the server is up again"
	WaitAnswer     = "requests under way are answered"
	WaitPace       = "the burst spreads"
)

// A Governor is the only way to the network: it holds the request budget of one
// key for all goroutines, first come, first served.
//
// Its [ledger] alone keeps every kind of bucket from refusing, without any
// header. Rate headers only narrow what it allows: they lower the limit, show
// what other clients of the key have used, and may lengthen a wait. A route
// whose answers name another limit than the others has an [allowance] of its
// own, and a queue: neither waits for the other.
type Governor struct {
	opts GovernorOptions
	max  int
	per  time.Duration

	mu     sync.Mutex
	key    allowance // of all routes but those that have their own
	routes map[string]*route
	said   consensus
	clock  clockOffset
	flying int
	down   time.Time // nothing at all is sent before
	outage outage
	stats  GovernorStats
	state  stateFile
}

// GovernorStats count what passed a Governor.
type GovernorStats struct {
	Requests int                      // requests let pass
	Refused  int                      // of them answered 429
	Foreign  int                      // requests of others on the same bucket that Remaining showed, at least
	Limit    int                      // requests within a window, as known now of routes without their own
	Waited   map[string]time.Duration // time the head of the queue waited, by reason
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
	g := &Governor{opts: opts, max: max(l.Requests, l.Max), per: l.Per, routes: map[string]*route{}, said: consensus{configured: l.Requests, limit: l.Requests}}
	g.stats.Waited = map[string]time.Duration{}
	g.key = g.newAllowance(l.Requests)
	g.restore(time.Now())
	return g
}

// Stats is a snapshot of the counters.
func (g *Governor) Stats() GovernorStats {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.stats
	s.Limit, s.Foreign = g.key.limit, g.key.seen.foreign
	for _, r := range g.routes {
		s.Foreign += r.seen.foreign
	}
	s.Waited = map[string]time.Duration{}
	for reason, d := range g.stats.Waited {
		s.Waited[reason] = d
	}
	return s
}

// RoundTripper sends requests through next when the budget allows. A wait ends
// with the request's context; a spent budget is ErrBudget, for those too
// that are waiting then.
func (g *Governor) RoundTripper(next http.RoundTripper) http.RoundTripper {
	return governed{g, next}
}

type governed struct {
	g    *Governor
	next http.RoundTripper
}

func (t governed) RoundTrip(req *http.Request) (*http.Response, error) {
	began := time.Now()
	p, err := t.g.acquire(req.Context(), routeOf(req))
	if held, ok := req.Context().Value(heldKey{}).(*time.Duration); ok {
		*held += time.Since(began)
	}
	if err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, unsent{err}
	}
	resp, err := t.next.RoundTrip(req)
	if errors.Is(err, ErrUnsent) {
		t.g.giveBack(p)
	} else {
		t.g.release(p, resp)
	}
	return resp, err
}

// A flight is a request under way, as a ledger knew it when it was sent.
type flight struct {
	sent     time.Time
	ended    int // ledger.ended
	answered int // ledger.answered
}

// A turn says what the head of the queue waits for, and until when; the instant
// is zero where only an answer can end the wait. Without a reason it may go.
type turn struct {
	reason string
	at     time.Time
}

func (g *Governor) next(a *allowance, now time.Time) turn {
	a.ledger.expire(now)
	l := &a.ledger
	switch {
	case now.Before(a.paused):
		return turn{WaitRetryAfter, a.paused}
	case now.Before(g.down) && g.outage.is():
		return turn{WaitServer, g.down}
	case now.Before(g.down):
		return turn{WaitRetryAfter, g.down}
	case g.flying >= g.opts.InFlight, g.outage.is() && g.flying > 0:
		return turn{reason: WaitAnswer}
	case l.answered == 0 && l.inFlight > 0: // the first goes alone: its answer says what is left
		return turn{reason: WaitAnswer}
	case l.overlap() >= a.limit:
		if at := l.roomAt(a.limit); !at.IsZero() {
			return turn{WaitWindow, at}
		}
		return turn{reason: WaitAnswer}
	}
	if t := a.seen.next(now, l, a.lastSent); t.reason != "" {
		return t
	}
	if tokens := a.smooth.TokensAt(now); tokens < 1 {
		short := (1 - tokens) / float64(a.smooth.Limit())
		return turn{WaitPace, now.Add(time.Duration(short*float64(time.Second)) + time.Microsecond)}
	}
	return turn{}
}

// send enters a request of a route; the lock is held.
func (g *Governor) send(r *route, now time.Time) passage {
	a := g.allowanceOf(r)
	p := passage{flight: g.key.ledger.flight(now), onRoute: r.ledger.flight(now), route: r, own: r.own}
	r.ledger.expire(now)
	r.ledger.send()
	if !r.own {
		g.key.ledger.send()
	}
	a.smooth.AllowN(now, 1)
	a.lastSent = now
	g.flying++
	g.stats.Requests++
	g.keepState(now)
	return p
}

// release enters the answer to a request, nil if there was none.
func (g *Governor) release(p passage, resp *http.Response) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	g.flying--
	p.route.ledger.expire(now)
	p.route.ledger.answer(now)
	if !p.route.own {
		g.key.ledger.expire(now)
		g.key.ledger.answer(now)
	}
	if resp != nil {
		g.observe(p, now, resp)
	}
	g.keepState(now)
	g.wakeHeads()
}

// giveBack takes out a request that was let pass and then not sent: no bucket
// has counted it.
func (g *Governor) giveBack(p passage) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.flying--
	g.stats.Requests--
	p.route.ledger.takeBack()
	if !p.route.own {
		g.key.ledger.takeBack()
	}
	g.opts.Budget.giveBack()
	g.keepState(time.Now())
	g.wakeHeads()
}

func (g *Governor) observe(p passage, now time.Time, resp *http.Response) {
	if date, ok := parseDate(resp.Header); ok {
		g.clock.observe(date, p.sent, now)
	}
	r := parseRate(resp.Header, now)
	refused := resp.StatusCode == http.StatusTooManyRequests
	g.learnLimit(p, now, r.Limit)
	a, f := g.allowanceOf(p.route), p.flight
	if p.route.own {
		f = p.onRoute
	}
	if refused {
		g.stats.Refused++
		r.Remaining = 0
	} else {
		a.pauses = 0
	}
	hint := parseRetryAfter(resp.Header, now.Add(g.clock.estimate()))
	if refused {
		g.pause(a, now, hint, r.Reset.IsZero())
	}
	down := g.outage.observe(p.sent, now, resp.StatusCode)
	if resp.StatusCode == http.StatusServiceUnavailable && hint > 0 {
		down = max(down, withJitter(hint))
	}
	if at := now.Add(down); down > 0 && at.After(g.down) {
		g.down = at
	}
	if p.route.own || !p.own { // else the key's ledger knew nothing of it
		a.seen.observe(f, now, r, &a.ledger, g.per)
	}
	if refused {
		a.seen.refuse(a.paused)
	}
}

// pause holds an allowance. Without a hint it backs off where nothing else says
// when to go on.
func (g *Governor) pause(a *allowance, now time.Time, hint time.Duration, backOff bool) {
	switch {
	case hint > 0:
		hint = withJitter(hint)
	case backOff:
		hint = min(g.per, time.Second<<min(a.pauses, 10))
		hint = hint/2 + rand.N(hint/2)
		a.pauses++
	default:
		return
	}
	if at := now.Add(hint); at.After(a.paused) {
		a.paused = at
	}
}

// withJitter lengthens a pause a little, so that several clients of a key do not
// come back at once.
func withJitter(d time.Duration) time.Duration {
	return d + rand.N(min(d/10, 2*time.Second)+1)
}
