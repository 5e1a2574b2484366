package fanvuesim

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"
)

// GateOptions says what stands between a client and the simulated world. The
// zero value is the published policy: one key with every scope, 100 requests
// per 60 seconds and credential in a fixed window, headers on every answer.
type GateOptions struct {
	Keys       []Key              // nil: one key DefaultKey with every scope
	AuthFirst  bool               // check the credential before the version header
	Versions   map[string]Version // nil: only DefaultVersion, active
	Rate       Rate
	Clock      func() time.Time // time of limits, token expiry and ledger; nil: time.Now
	ClockDate  bool             // Date and Reset show Clock's time instead of the world's
	DateSkew   time.Duration    // added to the Date header, and with it to Reset
	CountsOnly bool             // the ledger keeps counts but no entries
}

// A Gate checks, limits, counts and disturbs requests before the handler behind
// it answers them:
//
//	ledger → version → credential → scopes and method → rate bucket → faults → handler
//
// Paths that are not documented pass, for the handler to answer 404. All methods
// may be used while requests are running.
type Gate struct {
	next      http.Handler
	world     func() time.Time
	clock     func() time.Time
	clockDate bool
	authFirst bool
	routes    routeTable
	ledger    *Ledger
	limiter   *limiter
	faults    faultList

	mu       sync.RWMutex
	keys     map[string]Key
	versions map[string]Version
	skew     time.Duration
}

func newGate(o GateOptions, now func() time.Time, next http.Handler) *Gate {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Keys == nil {
		o.Keys = []Key{{Value: DefaultKey}}
	}
	if o.Versions == nil {
		o.Versions = map[string]Version{DefaultVersion: {}}
	}
	g := &Gate{
		next: next, world: now, clock: o.Clock, clockDate: o.ClockDate, authFirst: o.AuthFirst,
		routes: newRouteTable(documentedRoutes()), ledger: newLedger(o.CountsOnly), limiter: newLimiter(o.Rate, o.Clock),
		keys: map[string]Key{}, versions: map[string]Version{}, skew: o.DateSkew,
	}
	for _, k := range o.Keys {
		g.AddKey(k)
	}
	for name, v := range o.Versions {
		g.SetVersion(name, v)
	}
	return g
}

// Ledger is what the gate was asked and how it answered.
func (g *Gate) Ledger() *Ledger { return g.ledger }

// Pages counts the answers that served each page; see [Ledger.Pages].
func (g *Gate) Pages() map[PageID]int { return g.ledger.Pages() }

// Repeated counts the pages that were served again; see [Ledger.Repeated].
func (g *Gate) Repeated(except ...string) int { return g.ledger.Repeated(except...) }

// SetLimit changes the budget of every bucket but those of single routes, and
// keeps what was used of it. A limit below 0 lifts it, 0 is the default.
func (g *Gate) SetLimit(limit int, per time.Duration) { g.limiter.setLimit(limit, per) }

// SetRate replaces the rule of all buckets and forgets what was used.
func (g *Gate) SetRate(r Rate) { g.limiter.setRate(r) }

// SetDateSkew sets what is added to the Date header, and with it to Reset.
func (g *Gate) SetDateSkew(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.skew = d
}

// Date is the instant the Date header of an answer would show now, unrounded.
func (g *Gate) Date() time.Time {
	g.mu.RLock()
	skew := g.skew
	g.mu.RUnlock()
	if g.clockDate {
		return g.clock().Add(skew)
	}
	return g.world().Add(skew)
}

type principalKey struct{}

// principalOf returns the credential a request was authorised with.
func principalOf(ctx context.Context) (Key, bool) {
	k, ok := ctx.Value(principalKey{}).(Key)
	return k, ok
}

// ServeHTTP answers one request, or lets the handler behind the gate do so.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t := newTarget(r)
	route, allow := t.find(g.routes)
	tick := g.ledger.begin(&t, g.clock(), r.Method != http.MethodGet && route == nil)
	a := &reply{ResponseWriter: w, entry: &tick.Entry}
	returned := false
	defer func() {
		tick.Took = g.clock().Sub(tick.At)
		if returned && tick.Status == 0 {
			tick.Status = http.StatusOK // what net/http sends for a handler that wrote nothing
		}
		g.ledger.end(tick)
	}()
	g.serve(a, r, &t, route, allow)
	returned = true
}

func (g *Gate) serve(a *reply, r *http.Request, t *target, route *route, allow []string) {
	a.dated(g.Date())
	key, ok := g.identify(a, r)
	if !ok || !g.permit(a, &key, t, route, allow) || !g.charge(a, &key, t, false) {
		return
	}
	g.disturb(a, r.WithContext(context.WithValue(r.Context(), principalKey{}, key)), t)
}

// identify checks version and credential in the configured order. Where it
// returns false it has answered.
func (g *Gate) identify(a *reply, r *http.Request) (key Key, ok bool) {
	if !g.authFirst && !g.checkVersion(a, r) {
		return key, false
	}
	if key, ok = g.authenticate(r); !ok {
		a.json(http.StatusUnauthorized, map[string]string{"error": "Unauthorized"})
		return key, false
	}
	if g.authFirst && !g.checkVersion(a, r) {
		return key, false
	}
	return key, true
}

// permit checks scopes and method. Where it returns false it has answered.
func (g *Gate) permit(a *reply, key *Key, t *target, route *route, allow []string) bool {
	status := 0
	switch {
	case route == nil && len(allow) > 0:
		status = http.StatusMethodNotAllowed
	case route != nil && !key.permits(route, t):
		status = http.StatusForbidden
	default:
		return true
	}
	if !g.charge(a, key, t, true) {
		return false
	}
	if status == http.StatusForbidden {
		a.json(status, map[string]string{"error": "Forbidden"})
		return false
	}
	a.Header().Set("Allow", strings.Join(allow, ", "))
	a.json(status, map[string]string{"message": "Method not allowed"})
	return false
}

// charge takes a request from its bucket and writes the rate headers; denied
// ones only look, unless the rule charges them too. Where it returns false it
// has answered.
func (g *Gate) charge(a *reply, key *Key, t *target, denied bool) bool {
	v, form, limited := g.limiter.ask(key.Identity, t, denied)
	if !limited {
		return true
	}
	form.write(a.Header(), a.at, v)
	if !v.admitted {
		a.entry.Refused = true
		a.json(http.StatusTooManyRequests, map[string]string{"error": "Too many requests"})
	}
	return v.admitted
}

// A reply counts what a handler writes.
type reply struct {
	http.ResponseWriter
	entry *Entry
	at    time.Time // what Date shows, unrounded
}

// Unwrap lets http.ResponseController reach the connection.
func (a *reply) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (a *reply) WriteHeader(status int) {
	if a.entry.Status == 0 && status >= 200 {
		a.entry.Status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *reply) Write(p []byte) (int, error) {
	if a.entry.Status == 0 {
		a.entry.Status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(p)
	a.entry.Bytes += int64(n)
	return n, err
}

// dated sets the Date header.
func (a *reply) dated(at time.Time) {
	a.at = at
	a.Header().Set("Date", at.UTC().Format(http.TimeFormat))
}

// json answers with a body of the gate's own.
func (a *reply) json(status int, body map[string]string) {
	b, err := json.Marshal(body)
	if err != nil {
		status = http.StatusInternalServerError
	}
	a.Header().Set("Content-Type", "application/json; charset=utf-8")
	a.WriteHeader(status)
	_, _ = a.Write(b) // a client that is gone has no use for the error
}
