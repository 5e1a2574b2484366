package fanvuesim

import (
	"math/bits"
	"sync"
	"time"
)

// BucketKind is how a request budget comes back.
type BucketKind int

// The kinds of bucket an API may have behind the same headers.
const (
	FixedWindow   BucketKind = iota // a window starts with the first request after the last one ended
	WallWindow                      // windows end at multiples of Per since the Unix epoch
	SlidingWindow                   // a log: each request leaves it Per after it was admitted
	TokenBucket                     // refills continuously, Limit tokens each Per
	FullRefill                      // refills at once to Limit, at each multiple of Per since the first request
)

func (k BucketKind) String() string {
	switch k {
	case FixedWindow:
		return "fixed window"
	case WallWindow:
		return "wall-clock window"
	case SlidingWindow:
		return "sliding window"
	case TokenBucket:
		return "token bucket"
	case FullRefill:
		return "full refill"
	}
	return "unknown bucket"
}

// Rate is the request budget and how answers speak of it. The zero value is the
// published policy.
type Rate struct {
	Kind         BucketKind
	Limit        int           // requests; 0: 100; negative: no limit and no headers
	Per          time.Duration // 0: 60 s
	PerCreator   bool          // each creator below /creators/{uuid}/ has a bucket of its own
	Routes       []RouteRate   // nil: POST /chats/statuses has 80 per 60 s; not nil and empty: none
	CountRefused bool          // a sliding window logs refused requests too, so hammering prolongs the wait
	ChargeDenied bool          // requests answered 403 or 405 take from the bucket as well
	Headers      HeaderMode
	Reset        ResetForm
	RetryAfter   RetryForm
}

// A RouteRate is the budget of one endpoint, which then takes nothing from the
// principal's own bucket.
type RouteRate struct {
	Method string
	Route  string // without surface and creator, as in "/chats/statuses"
	Limit  int
	Per    time.Duration
}

// setDefaults fills in what the zero value leaves open.
func (r *Rate) setDefaults() {
	if r.Routes == nil && r.Limit >= 0 {
		r.Routes = []RouteRate{{Method: "POST", Route: "/chats/statuses", Limit: 80, Per: time.Minute}}
	}
	if r.Limit == 0 {
		r.Limit = 100
	}
	if r.Per <= 0 {
		r.Per = time.Minute
	}
}

// A verdict is what a bucket says to one request.
type verdict struct {
	admitted  bool
	limit     int
	remaining int           // after this request
	wait      time.Duration // until a refused request would be admitted
	reset     time.Duration // until the bucket is fuller (sliding window) or full (all others)
}

// A bucket holds the requests of one principal. Calls carry limit and per, since
// both may change between two calls; now never goes back.
type bucket interface {
	// ask says what a request at now meets, and counts it if take is set.
	ask(now time.Time, limit int, per time.Duration, take bool) verdict
	// settle brings the state to now under the rule that held until now.
	settle(now time.Time, limit int, per time.Duration)
}

func newBucket(r *Rate) bucket {
	switch r.Kind {
	case SlidingWindow:
		return &logBucket{countRefused: r.CountRefused}
	case TokenBucket:
		return &tokenBucket{}
	}
	return &windowBucket{kind: r.Kind}
}

// A windowBucket counts requests in one window at a time.
type windowBucket struct {
	kind  BucketKind
	start time.Time // zero before the first request
	used  int
}

// roll leaves a window that has ended. It reports whether a window is open.
func (b *windowBucket) roll(now time.Time, per time.Duration, open bool) bool {
	if !b.start.IsZero() && now.Before(b.start.Add(per)) {
		return true
	}
	switch {
	case b.kind == WallWindow:
		b.start = time.Unix(0, now.UnixNano()-now.UnixNano()%int64(per))
	case b.kind == FullRefill && !b.start.IsZero():
		b.start = b.start.Add(now.Sub(b.start) / per * per)
	case open:
		b.start = now
	default:
		b.start = time.Time{}
	}
	b.used = 0
	return !b.start.IsZero()
}

func (b *windowBucket) ask(now time.Time, limit int, per time.Duration, take bool) verdict {
	v := verdict{limit: limit}
	if b.roll(now, per, take) {
		v.reset = b.start.Add(per).Sub(now)
	}
	v.admitted = b.used < limit
	switch {
	case !v.admitted:
		v.wait = v.reset
	case take:
		b.used++
	}
	v.remaining = max(0, limit-b.used)
	return v
}

func (b *windowBucket) settle(now time.Time, _ int, per time.Duration) { b.roll(now, per, false) }

// A logBucket remembers the instant of each request of the last per.
type logBucket struct {
	countRefused bool
	log          []time.Time // ascending
}

func (b *logBucket) settle(now time.Time, _ int, per time.Duration) {
	n := 0
	for n < len(b.log) && !now.Before(b.log[n].Add(per)) {
		n++
	}
	b.log = b.log[n:]
}

func (b *logBucket) ask(now time.Time, limit int, per time.Duration, take bool) verdict {
	b.settle(now, limit, per)
	v := verdict{limit: limit, admitted: len(b.log) < limit}
	if take && (v.admitted || b.countRefused) {
		b.log = append(b.log, now)
	}
	if len(b.log) > 0 {
		v.reset = b.log[0].Add(per).Sub(now)
	}
	if !v.admitted {
		// The limit may have been lowered below what the log holds.
		v.wait = b.log[len(b.log)-limit].Add(per).Sub(now)
		v.reset = v.wait
	}
	v.remaining = max(0, limit-len(b.log))
	return v
}

// A tokenBucket is kept as the debt to a full bucket, counted in tokens times
// per in nanoseconds, so that refilling is integer arithmetic without drift: in
// one nanosecond limit units come back. Limit times per must stay below 2^63 ns.
type tokenBucket struct {
	debt int64
	at   time.Time
	per  time.Duration // that debt is counted in
}

func (b *tokenBucket) settle(now time.Time, limit int, per time.Duration) {
	if b.per != per && b.per != 0 {
		hi, lo := bits.Mul64(uint64(b.debt), uint64(per))
		debt, _ := bits.Div64(hi, lo, uint64(b.per))
		b.debt = int64(debt)
	}
	b.per = per
	elapsed, rate := now.Sub(b.at), int64(limit)
	if b.at.IsZero() || int64(elapsed) >= (b.debt+rate-1)/rate {
		b.debt = 0
	} else {
		b.debt -= rate * int64(elapsed)
	}
	b.at = now
}

func (b *tokenBucket) ask(now time.Time, limit int, per time.Duration, take bool) verdict {
	b.settle(now, limit, per)
	full, one, rate := int64(limit)*int64(per), int64(per), int64(limit)
	v := verdict{limit: limit, admitted: b.debt+one <= full}
	switch {
	case !v.admitted:
		v.wait = time.Duration((b.debt + one - full + rate - 1) / rate)
	case take:
		b.debt += one
	}
	v.reset = time.Duration((b.debt + rate - 1) / rate)
	v.remaining = int(max(0, full-b.debt) / one)
	return v
}

// A limiter holds all buckets of a gate.
type limiter struct {
	clock func() time.Time

	mu      sync.Mutex
	rate    Rate
	buckets map[bucketKey]bucket
}

type bucketKey struct{ identity, creator, route string }

func newLimiter(r Rate, clock func() time.Time) *limiter {
	r.setDefaults()
	return &limiter{clock: clock, rate: r, buckets: map[bucketKey]bucket{}}
}

// ask finds the bucket of a request and asks it. It returns the rate the verdict
// was given under; limited is false where no limit applies. The clock is read
// under the lock, so that no bucket sees it go back. A denied request is one that
// is refused for another reason.
func (l *limiter) ask(identity string, t *target, denied bool) (v verdict, form headerForm, limited bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, form := l.clock(), headerForm{l.rate.Headers, l.rate.Reset, l.rate.RetryAfter}
	key := bucketKey{identity: identity}
	limit, per := l.rate.Limit, l.rate.Per
	for i := range l.rate.Routes {
		if rr := &l.rate.Routes[i]; rr.Route == t.route && rr.Method == t.method {
			key.route, limit, per = rr.Route, rr.Limit, rr.Per
			break
		}
	}
	if limit < 0 || per <= 0 {
		return verdict{admitted: true}, form, false
	}
	if l.rate.PerCreator {
		key.creator = t.creator
	}
	b, ok := l.buckets[key]
	if !ok {
		b = newBucket(&l.rate)
		l.buckets[key] = b
	}
	look := denied && !l.rate.ChargeDenied
	v = b.ask(now, limit, per, !look)
	if look {
		v.admitted = true
	}
	return v, form, true
}

// setLimit changes the budget and keeps what was used of it.
func (l *limiter) setLimit(limit int, per time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock()
	if l.rate.Limit > 0 {
		for k, b := range l.buckets {
			if k.route == "" {
				b.settle(now, l.rate.Limit, l.rate.Per)
			}
		}
	}
	l.rate.Limit, l.rate.Per = limit, per
	l.rate.setDefaults()
}

// setRate replaces the rule and forgets what was used.
func (l *limiter) setRate(r Rate) {
	r.setDefaults()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rate = r
	clear(l.buckets)
}
