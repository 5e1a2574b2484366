package extract

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A Rate is what one answer said of the request budget.
type Rate struct {
	Limit     int       // X-RateLimit-Limit; 0 where the header is missing
	Remaining int       // X-RateLimit-Remaining; -1 where the header is missing
	Reset     time.Time // X-RateLimit-Reset (UTC, whole seconds); zero where the header is missing
	Seen      time.Time // local time of the answer
}

// maxHint is the longest wait a header may ask for. What lies beyond it is
// taken for nonsense (milliseconds read as seconds, say) and cut.
const maxHint = 24 * time.Hour

// parseRate reads the three rate headers. What it cannot read counts as missing.
func parseRate(h http.Header, seen time.Time) Rate {
	r := Rate{Remaining: -1, Seen: seen}
	if n, ok := leadingInt(h.Get("X-RateLimit-Limit")); ok && n > 0 {
		r.Limit = int(min(n, 1<<30))
	}
	if v := h.Get("X-RateLimit-Remaining"); v != "" {
		n, ok := leadingInt(v)
		switch {
		case ok:
			r.Remaining = int(min(n, 1<<30))
		case strings.HasPrefix(strings.TrimSpace(v), "-"): // overdrawn
			r.Remaining = 0
		}
	}
	if n, ok := leadingInt(h.Get("X-RateLimit-Reset")); ok && n > 0 {
		r.Reset = time.Unix(min(n, 1<<40), 0).UTC()
	}
	return r
}

// parseRetryAfter reads a Retry-After: integer seconds, or a date that is read
// against the answer's own Date. Zero means that there is no hint.
func parseRetryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0
	}
	if n, err := strconv.ParseInt(v, 10, 64); err == nil {
		n = min(n, int64(maxHint/time.Second))
		return max(0, time.Duration(n)*time.Second)
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	if date, ok := parseDate(h); ok {
		now = date
	}
	return min(max(0, at.Sub(now)), maxHint)
}

func parseDate(h http.Header) (time.Time, bool) {
	t, err := http.ParseTime(h.Get("Date"))
	return t, err == nil
}

// leadingInt reads the digits v begins with, so that "100, 100;w=60" is 100.
func leadingInt(v string) (int64, bool) {
	v = strings.TrimSpace(v)
	end := 0
	for end < len(v) && '0' <= v[end] && v[end] <= '9' {
		end++
	}
	n, err := strconv.ParseInt(v[:end], 10, 64)
	return n, err == nil
}

// A clockOffset bounds how far the server's clock is ahead of ours. A Date has
// whole seconds, but many of them narrow the bounds to about one latency.
type clockOffset struct {
	lo, hi time.Duration
	known  bool
}

func (c *clockOffset) observe(date, sent, answered time.Time) {
	lo, hi := date.Sub(answered.Round(0)), date.Add(time.Second).Sub(sent.Round(0))
	if c.known && max(lo, c.lo) < min(hi, c.hi) {
		lo, hi = max(lo, c.lo), min(hi, c.hi)
	}
	c.lo, c.hi, c.known = lo, hi, true
}

// estimate is the middle of the bounds.
func (c *clockOffset) estimate() time.Duration { return c.lo + (c.hi-c.lo)/2 }

// earliest and latest bound the local instant of the server's instant t,
// carrying now's monotonic reading.
func (c *clockOffset) earliest(t, now time.Time) time.Time {
	return now.Add(t.Sub(now.Round(0)) - c.hi)
}

func (c *clockOffset) latest(t, now time.Time) time.Time {
	return now.Add(t.Sub(now.Round(0)) - c.lo)
}
