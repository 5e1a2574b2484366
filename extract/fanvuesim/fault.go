package fanvuesim

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// FaultKind is what goes wrong with an answer.
type FaultKind int

// The faults. Those up to ExpiredCursor keep the request from the handler (but
// for Latency), the others change the handler's answer; each needs an answer of
// its form to act on, and leaves others alone without counting them.
const (
	StatusFault   FaultKind = iota // Status with Body, or a body of the API's form for that status
	Latency                        // Delay before the request goes on
	Hang                           // no answer until the client gives up or the fault is removed
	CutBefore                      // the connection ends before a byte of the answer
	ExpiredCursor                  // a request that goes on in a walk: 400, or Status

	CutBody   // the connection ends in mid-body, short of Content-Length
	BitFlip   // one bit of the body: no longer UTF-8
	Truncated // half of the body under a fitting Content-Length
	HTMLPage  // 200 with a web page
	EmptyBody // 200 with nothing
	BadGzip   // Content-Encoding gzip: a sound header, then noise

	StringCents        // an amount as "1250"
	FractionCents      // an amount of 12.5
	HugeNumber         // an amount above 64 bits
	NullRequired       // null where a value is required
	UnknownRowField    // a field that no document names, in a row
	UnknownPersonField // the same in the person of a row
	UnknownEnum        // a value that no document names
	SetField           // Field gets the JSON text Value
	DropField          // Field is missing
	DuplicateRow       // a row stands twice on its page
	ShiftedRow         // the first row is missing, as after a shift between two pages
	SameCursor         // the page's next cursor is the one it was asked with; a list always has more
	CursorLoop         // from the third page on, next is the cursor before: A, B, A, B; a list always has more
)

var faultNames = [...]string{
	StatusFault: "status", Latency: "latency", Hang: "hang", CutBefore: "cut before headers", ExpiredCursor: "expired cursor",
	CutBody: "cut in body", BitFlip: "bit flip", Truncated: "truncated", HTMLPage: "html", EmptyBody: "empty body", BadGzip: "bad gzip",
	StringCents: "string cents", FractionCents: "fraction of a cent", HugeNumber: "huge number", NullRequired: "null required",
	UnknownRowField: "unknown row field", UnknownPersonField: "unknown person field", UnknownEnum: "unknown enum", SetField: "set field",
	DropField: "drop field", DuplicateRow: "duplicate row", ShiftedRow: "shifted row", SameCursor: "same cursor", CursorLoop: "cursor loop",
}

func (k FaultKind) String() string {
	if k < 0 || int(k) >= len(faultNames) {
		return "unknown fault"
	}
	return faultNames[k]
}

// FaultKinds lists every fault.
func FaultKinds() []FaultKind {
	kinds := make([]FaultKind, len(faultNames))
	for i := range kinds {
		kinds[i] = FaultKind(i)
	}
	return kinds
}

// A Fault says which requests meet what. It stands behind the rate bucket:
// disturbed requests are paid for.
type Fault struct {
	Kind FaultKind

	Method      string  // empty: any
	Path        string  // part of the path with its query, or of the pattern with {uuid}; empty: any
	Skip        int     // matching requests left alone first: n-1 for the n-th
	Count       int     // requests disturbed; 0: no end
	Probability float64 // of each matching request after Skip; 0: certain
	Seed        uint64  // of Probability and of noise

	Status int           // StatusFault (0: 500), ExpiredCursor (0: 400)
	Body   string        // StatusFault: instead of the API's form
	NoBody bool          // StatusFault: none at all
	Header http.Header   // StatusFault: further headers
	Wait   time.Duration // StatusFault: what Retry-After speaks of
	Retry  RetryForm     // StatusFault: its form; the header is absent with RetrySeconds and no Wait
	Delay  time.Duration // Latency

	Field string // of a row, dotted; empty: the first field of a fitting name
	Value string // SetField, UnknownEnum
	Row   int    // which row, from 0; -1: all
}

// An Injection is a fault in force.
type Injection struct {
	fault   Fault
	removed chan struct{}

	mu    sync.Mutex
	seen  int
	fired int
	off   bool
	rng   *rand.Rand
	prev  map[string]string // CursorLoop: the cursor that led to a cursor, by walk
}

// Fired is the number of requests that were disturbed.
func (in *Injection) Fired() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.fired
}

// Remove ends the fault, and with it the requests that hang on it.
func (in *Injection) Remove() {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.off {
		in.off = true
		close(in.removed)
	}
}

// Inject puts a fault in force. Faults apply in the order of injection.
func (g *Gate) Inject(f Fault) *Injection {
	in := &Injection{
		fault: f, removed: make(chan struct{}), prev: map[string]string{},
		rng: rand.New(rand.NewPCG(f.Seed, uint64(f.Kind))),
	}
	g.faults.mu.Lock()
	defer g.faults.mu.Unlock()
	g.faults.all = append(slices.Clip(g.faults.all), in) // readers keep the slice they have
	return in
}

// ClearFaults removes every fault.
func (g *Gate) ClearFaults() {
	g.faults.mu.Lock()
	all := g.faults.all
	g.faults.all = nil
	g.faults.mu.Unlock()
	for _, in := range all {
		in.Remove()
	}
}

type faultList struct {
	mu  sync.RWMutex
	all []*Injection
}

func (l *faultList) active() []*Injection {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.all
}

// matches reports whether a request is one of those the fault is meant for.
func (f *Fault) matches(t *target) bool {
	if f.Method != "" && f.Method != t.method {
		return false
	}
	if f.Kind == ExpiredCursor && !continues(t.query) {
		return false
	}
	return f.Path == "" || strings.Contains(t.path+"?"+t.query, f.Path) || strings.Contains(t.pattern, f.Path)
}

// claim decides whether a matching request is disturbed, and counts it.
func (in *Injection) claim(t *target) bool {
	f := &in.fault
	if !f.matches(t) {
		return false
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.off || f.Count > 0 && in.fired >= f.Count {
		return false
	}
	in.seen++
	if in.seen <= f.Skip || f.Probability > 0 && in.rng.Float64() >= f.Probability {
		return false
	}
	in.fired++
	return true
}

// release takes back a claim on an answer that the fault could not act on.
func (in *Injection) release() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.seen--
	in.fired--
}

// disturb lets the faults in force have their way with a request and the answer
// of the handler behind the gate.
func (g *Gate) disturb(a *reply, r *http.Request, t *target) {
	var onBody []*Injection
	for _, in := range g.faults.active() {
		if !in.claim(t) {
			continue
		}
		if in.fault.Kind > ExpiredCursor {
			onBody = append(onBody, in)
			continue
		}
		a.touchedBy(in)
		if g.instead(a, r, in) {
			return
		}
	}
	if len(onBody) == 0 {
		g.next.ServeHTTP(a, r)
		return
	}
	g.edit(a, r, t, onBody)
}

// touchedBy notes a fault in the ledger's entry.
func (a *reply) touchedBy(in *Injection) {
	k := in.fault.Kind
	if a.entry.Fault != "" {
		a.entry.Fault += ","
	}
	a.entry.Fault += k.String()
	a.entry.Damaged = a.entry.Damaged || k >= CutBody && k <= BadGzip
}

// instead does what a fault does before the handler. It reports whether that
// was the end of the request.
func (g *Gate) instead(a *reply, r *http.Request, in *Injection) bool {
	f := &in.fault
	switch f.Kind {
	case Latency:
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-in.removed:
		case <-r.Context().Done():
			a.abort()
		}
		a.dated(g.Date())
		return false
	case Hang:
		// The server watches for a client that leaves only after the body is read.
		drain(r)
		select {
		case <-in.removed:
		case <-r.Context().Done():
		}
		a.abort()
	case CutBefore:
		a.abort()
	case ExpiredCursor:
		status := f.Status
		if status == 0 {
			status = http.StatusBadRequest
		}
		a.raw(status, "application/json; charset=utf-8", []byte(`{"errors":["cursor is invalid or has expired"]}`))
	default:
		a.fail(f)
	}
	return true
}

// fail answers a StatusFault.
func (a *reply) fail(f *Fault) {
	h := a.Header()
	if f.Wait > 0 || f.Retry != RetrySeconds {
		if s := f.Retry.retryAfter(a.at, f.Wait); s != "" {
			h.Set("Retry-After", s)
		}
	}
	for name, values := range f.Header {
		h[http.CanonicalHeaderKey(name)] = values
	}
	status := f.Status
	if status == 0 {
		status = http.StatusInternalServerError
	}
	switch {
	case f.NoBody:
		a.WriteHeader(status)
	case f.Body != "":
		a.raw(status, "", []byte(f.Body))
	default:
		a.json(status, errorBody(status))
	}
}

// errorBody is the form in which the API answers a status.
func errorBody(status int) map[string]string {
	text := http.StatusText(status)
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		return map[string]string{"error": text}
	}
	return map[string]string{"message": text}
}

// abort cuts the connection. The panic is net/http's own word for it, and the
// only one that works for HTTP/2 as well.
func (a *reply) abort() { panic(http.ErrAbortHandler) }
