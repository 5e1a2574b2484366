package fanvuesim

import (
	"net/http"
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
	CountsOnly bool             // ledger keeps counts but no entries
}

// A Gate checks, limits, counts and disturbs requests before the handler behind
// it answers them. All methods may be used while requests are running.
type Gate struct {
	next  http.Handler
	world func() time.Time
	clock func() time.Time

	mu  sync.Mutex
	opt GateOptions
}

func newGate(o GateOptions, now func() time.Time, next http.Handler) *Gate {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return &Gate{next: next, world: now, clock: o.Clock, opt: o}
}

// ServeHTTP answers one request, or lets the handler behind the gate do so.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	_ = g.opt
	g.mu.Unlock()
	g.next.ServeHTTP(w, r)
}

// DefaultKey is the credential of a gate without configured keys.
const DefaultKey = "sim_0123456789abcdef0123456789abcdef"

// DefaultVersion is the only API version a gate knows by default.
const DefaultVersion = "2025-06-26"

// A Key is a credential: an API key, or an access token with an end.
type Key struct {
	Value    string
	Bearer   bool      // sent as Authorization: Bearer instead of X-Fanvue-API-Key
	Identity string    // what rate buckets are keyed by; empty: Value. The tokens of one grant share it
	Scopes   []string  // nil: all of Scopes
	Member   bool      // not an admin of its agency: /agencies/ is refused
	Expires  time.Time // by Clock; zero: never
}

// A Version is where an API version stands in its life. The zero Version is active.
type Version struct {
	Deprecated time.Time // not zero: answers carry Deprecation, Sunset and the next version
	Sunset     time.Time
	Next       string
	Gone       bool // answered with 410
}
