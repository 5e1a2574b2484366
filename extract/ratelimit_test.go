package extract

import (
	"net/http"
	"testing"
	"time"
)

func TestParseRate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		limit, remaining, reset string
		want                    Rate
	}{
		{"200", "17", "1763900000", Rate{Limit: 200, Remaining: 17, Reset: time.Unix(1763900000, 0)}},
		{"", "", "", Rate{Remaining: -1}},
		{"100, 100;w=60", " 5 ", "soon", Rate{Limit: 100, Remaining: 5}},
		{"0", "-3", "-1", Rate{Remaining: 0}},
		{"-100", "x", "0", Rate{Remaining: -1}},
		{"99999999999999999999", "4.7", "1763900000.5", Rate{Remaining: 4, Reset: time.Unix(1763900000, 0)}},
	} {
		h := http.Header{}
		h.Set("X-RateLimit-Limit", test.limit)
		h.Set("X-RateLimit-Remaining", test.remaining)
		h.Set("X-RateLimit-Reset", test.reset)
		got := parseRate(h, time.Time{})
		if got.Limit != test.want.Limit || got.Remaining != test.want.Remaining || !got.Reset.Equal(test.want.Reset) {
			t.Errorf("%+v: %+v", test, got)
		}
	}
}

func TestParseRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		value, date string
		want        time.Duration
	}{
		{"", "", 0},
		{"0", "", 0},
		{"-5", "", 0},
		{"17", "", 17 * time.Second},
		{" 17 ", "", 17 * time.Second},
		{"1.5", "", 0},
		{"99999999999", "", maxHint},
		{"99999999999999999999", "", 0},
		{"Sun, 01 Nov 2026 12:00:41 GMT", "", 41 * time.Second},
		{"Sun, 01 Nov 2026 12:00:41 GMT", "Sun, 01 Nov 2026 12:00:40 GMT", time.Second},
		{"Sun, 01 Nov 2026 11:00:00 GMT", "", 0},
		{"tomorrow", "", 0},
	} {
		h := http.Header{"Retry-After": {test.value}, "Date": {test.date}}
		if got := parseRetryAfter(h, now); got != test.want {
			t.Errorf("%q at %q: %v, want %v", test.value, test.date, got, test.want)
		}
	}
}

// TestClockOffsetNarrows: whole-second dates of many answers bound the offset to
// about a latency.
func TestClockOffsetNarrows(t *testing.T) {
	t.Parallel()
	const offset = 1234567 * time.Microsecond
	var c clockOffset
	began := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for i := range 40 {
		sent := began.Add(time.Duration(i) * 97 * time.Millisecond)
		answered := sent.Add(20 * time.Millisecond)
		c.observe(sent.Add(10*time.Millisecond+offset).Truncate(time.Second), sent, answered)
		if offset < c.lo || offset > c.hi {
			t.Fatalf("answer %d: %v is outside %v to %v", i, offset, c.lo, c.hi)
		}
	}
	if c.hi-c.lo > 100*time.Millisecond {
		t.Errorf("%v to %v is wide", c.lo, c.hi)
	}
	c.observe(began.Add(time.Hour), began, began) // the server's clock was set
	if (c.estimate() - time.Hour).Abs() > time.Second {
		t.Errorf("after a jump: %v", c.estimate())
	}
}

// FuzzRateHeaders: whatever the headers hold, nothing is negative but the mark
// of a missing Remaining, and no wait is longer than a day.
func FuzzRateHeaders(f *testing.F) {
	f.Add("100", "99", "1763900000", "3", "Sun, 01 Nov 2026 12:00:00 GMT")
	f.Add("-1", "1e9", "99999999999999999999", "Sun, 01 Nov 2026 12:00:00 GMT", "")
	f.Add("100;w=60", "+5", "0", "-0", "x")
	f.Fuzz(func(t *testing.T, limit, remaining, reset, retry, date string) {
		h := http.Header{"Retry-After": {retry}, "Date": {date}, "X-Ratelimit-Limit": {limit}, "X-Ratelimit-Remaining": {remaining}, "X-Ratelimit-Reset": {reset}}
		now := time.Now()
		r := parseRate(h, now)
		if r.Limit < 0 || r.Remaining < -1 {
			t.Errorf("%+v", r)
		}
		if d := parseRetryAfter(h, now); d < 0 || d > maxHint {
			t.Errorf("retry after %v", d)
		}
		g := NewGovernor(Limit{}, GovernorOptions{})
		g.mu.Lock()
		sent := g.send(g.route("GET/x"), now)
		g.mu.Unlock()
		g.release(sent, &http.Response{StatusCode: 200, Header: h})
		if at := g.next(&g.key, time.Now()).at; at.Sub(now) > maxHint+time.Minute {
			t.Errorf("waits until %v", at)
		}
	})
}
