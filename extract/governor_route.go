package extract

import (
	"net/http"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// An allowance is what may be sent into one rate bucket, and who waits for it.
type allowance struct {
	limit    int
	ledger   ledger
	seen     headroom
	smooth   *rate.Limiter // spreads a burst over a fiftieth of the window
	queue    []*waiter
	lastSent time.Time
	paused   time.Time // nothing is sent before
	pauses   int       // refusals without a hint in a row
}

func (g *Governor) newAllowance(limit int) allowance {
	a := allowance{limit: limit, ledger: newLedger(g.per)}
	a.seen.window, a.seen.clock = a.ledger.window, &g.clock
	a.smooth = rate.NewLimiter(g.burstRate(limit), g.opts.InFlight)
	return a
}

func (g *Governor) burstRate(limit int) rate.Limit {
	return rate.Limit(float64(limit) / g.per.Seconds() * burstSpread)
}

func (g *Governor) setLimit(a *allowance, limit int, now time.Time) {
	if limit = min(limit, g.max); limit != a.limit {
		a.limit = limit
		a.smooth.SetLimitAt(now, g.burstRate(limit))
	}
}

// A route is what requests of one method and path, ids aside, have in common.
// Its ledger holds its own requests; the key's holds those of all routes that
// share its bucket.
type route struct {
	allowance
	own   bool      // it has a bucket of its own
	named int       // limit that its last answer named; 0 for none
	at    time.Time // of that answer
}

// A passage is a request that was let pass.
type passage struct {
	flight         // as the key's ledger knew it
	onRoute flight // as the route's ledger did
	route   *route
	own     bool // the route had a bucket of its own
}

// maxRoutes bounds what is kept of routes; the API has some sixty reads.
const maxRoutes = 256

// route returns the route of this name. The lock is held.
func (g *Governor) route(name string) *route {
	if r := g.routes[name]; r != nil {
		return r
	}
	if len(g.routes) >= maxRoutes {
		name = "" // all further ones together
		if r := g.routes[name]; r != nil {
			return r
		}
	}
	r := &route{allowance: g.newAllowance(g.said.limit)}
	g.routes[name] = r
	return r
}

func (g *Governor) allowanceOf(r *route) *allowance {
	if r.own {
		return &r.allowance
	}
	return &g.key
}

// routeOf names the route of a request: surface, creator and ids left out.
func routeOf(req *http.Request) string {
	var b strings.Builder
	b.WriteString(req.Method)
	for segment := range strings.SplitSeq(strings.TrimPrefix(resource(req.URL.Path), "/"), "/") {
		if strings.Trim(segment, "abcdefghijklmnopqrstuvwxyz-") != "" {
			segment = "*"
		}
		b.WriteString("/" + segment)
	}
	return b.String()
}

// A consensus is what answers say of the key's limit.
type consensus struct {
	configured int
	limit      int       // that most routes named last
	changed    time.Time // when it was named first
}

// learnLimit follows the limit that an answer names. It is the key's if no other
// route says otherwise; else the route has a bucket of its own, until the others
// name that limit too. The lock is held.
func (g *Governor) learnLimit(p passage, now time.Time, limit int) {
	r, c := p.route, &g.said
	if limit <= 0 {
		return
	}
	r.named, r.at = limit, now
	switch {
	case limit == c.limit:
		g.share(r, now)
	case !p.sent.After(c.changed): // it may have been sent before the change
		r.named = 0
	case !r.own && g.isKeys(limit, now):
		g.adopt(limit, now)
	default:
		g.part(r, now)
	}
}

// isKeys reports whether a limit other than the key's so far has become it.
func (g *Governor) isKeys(limit int, now time.Time) bool {
	held, named := 0, 0
	for _, r := range g.routes {
		switch {
		case now.Sub(r.at) >= g.key.ledger.window:
		case r.named == g.said.limit:
			held++
		case r.named == limit:
			named++
		}
	}
	if named != held {
		return named > held
	}
	return limit == g.said.configured
}

// adopt makes a limit the key's. Routes that have another one say so again.
func (g *Governor) adopt(limit int, now time.Time) {
	g.said.limit, g.said.changed = limit, now
	g.setLimit(&g.key, limit, now)
	for _, r := range g.routes {
		if r.named == limit {
			g.share(r, now)
		} else {
			r.named = 0
		}
	}
}

// part gives a route an allowance of its own. What it has sent of late, and what
// is under way, counts on that one from now on.
func (g *Governor) part(r *route, now time.Time) {
	g.setLimit(&r.allowance, r.named, now)
	if r.own {
		return
	}
	r.own = true
	g.key.ledger.remove(&r.ledger, now)
	for _, w := range g.key.queue { // those of the route queue up again
		w.signal()
	}
}

// share takes a route back to the key's allowance, with what it has sent.
func (g *Governor) share(r *route, now time.Time) {
	if !r.own {
		return
	}
	r.own = false
	g.key.ledger.add(&r.ledger, now)
	if r.paused.After(g.key.paused) {
		g.key.paused = r.paused
	}
	g.key.pauses = max(g.key.pauses, r.pauses)
	r.paused, r.seen = time.Time{}, headroom{window: r.seen.window, clock: r.seen.clock, foreign: r.seen.foreign}
	for _, w := range r.queue {
		w.signal()
	}
}
