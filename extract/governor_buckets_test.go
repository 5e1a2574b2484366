package extract

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A bucket is one way a server may count requests.
type bucket interface {
	// take counts a request at now and says what is left, when the bucket
	// refills, and when it has room for one more.
	take(now time.Time) (ok bool, remaining int, reset, room time.Time)
	setLimit(n int)
}

// fixedWindow counts within windows aligned to the clock, or begun by the first
// request after the last one ended.
type fixedWindow struct {
	limit   int
	per     time.Duration
	aligned bool

	start time.Time
	used  int
}

func (b *fixedWindow) setLimit(n int) { b.limit = n }

func (b *fixedWindow) take(now time.Time) (ok bool, remaining int, reset, room time.Time) {
	if !now.Before(b.start.Add(b.per)) {
		b.start, b.used = now, 0
		if b.aligned {
			b.start = now.Truncate(b.per)
		}
	}
	ok = b.used < b.limit
	if ok {
		b.used++
	}
	return ok, max(0, b.limit-b.used), b.start.Add(b.per), b.start.Add(b.per)
}

// slidingWindow keeps a log of the accepted requests of the last per.
type slidingWindow struct {
	limit    int
	per      time.Duration
	resetAll bool // the reset is when all are gone, not the oldest
	log      []time.Time
}

func (b *slidingWindow) setLimit(n int) { b.limit = n }

func (b *slidingWindow) take(now time.Time) (ok bool, remaining int, reset, room time.Time) {
	for len(b.log) > 0 && now.Sub(b.log[0]) >= b.per {
		b.log = b.log[1:]
	}
	ok = len(b.log) < b.limit
	if ok {
		b.log = append(b.log, now)
	}
	reset = b.log[0]
	if b.resetAll {
		reset = b.log[len(b.log)-1]
	}
	return ok, max(0, b.limit-len(b.log)), reset.Add(b.per), b.log[0].Add(b.per)
}

// tokenBucket refills continuously.
type tokenBucket struct {
	limit  int
	per    time.Duration
	tokens float64
	last   time.Time
}

func (b *tokenBucket) setLimit(n int) { b.limit = n }

func (b *tokenBucket) take(now time.Time) (ok bool, remaining int, reset, room time.Time) {
	rate := float64(b.limit) / b.per.Seconds()
	b.tokens = min(float64(b.limit), b.tokens+now.Sub(b.last).Seconds()*rate)
	b.last = now
	ok = b.tokens >= 1
	if ok {
		b.tokens--
	}
	until := func(tokens float64) time.Time {
		return now.Add(time.Duration((tokens - b.tokens) / rate * float64(time.Second)))
	}
	return ok, int(b.tokens), until(float64(b.limit)), until(1)
}

// A fakeServer answers from a bucket, after a latency, in the bubble's time.
type fakeServer struct {
	bucket  bucket
	latency time.Duration
	headers string // "all", "none", or "retry": only Retry-After
	round   func(float64) float64
	skew    time.Duration // its clock is ahead of ours
	retry   string        // a fixed Retry-After instead of the computed one
	undated bool          // its answers have no Date
	each    func(n int)   // called before request n is counted, from 1

	mu       sync.Mutex
	requests int
	refused  int
	pauses   []time.Time // of refused requests
}

func (s *fakeServer) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := pass(req.Context(), s.latency/2); err != nil {
		return nil, err
	}
	resp := s.answer(req)
	if err := pass(req.Context(), s.latency-s.latency/2); err != nil {
		return nil, err
	}
	return resp, nil
}

func (s *fakeServer) answer(req *http.Request) *http.Response {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	if s.each != nil {
		s.each(s.requests)
	}
	now := time.Now().Add(s.skew)
	ok, remaining, reset, room := s.bucket.take(now)
	resp := &http.Response{StatusCode: 200, Header: http.Header{}, Request: req, Body: io.NopCloser(strings.NewReader("{}"))}
	if !ok {
		s.refused++
		s.pauses = append(s.pauses, time.Now())
		resp.StatusCode = 429
	}
	if s.headers == "none" {
		return resp
	}
	if !s.undated {
		resp.Header.Set("Date", now.UTC().Format(http.TimeFormat))
	}
	if !ok {
		resp.Header.Set("Retry-After", strconv.Itoa(int(math.Ceil(room.Sub(now).Seconds()))))
		if s.retry != "" {
			resp.Header.Set("Retry-After", s.retry)
		}
	}
	if s.headers == "all" {
		limit := 0
		switch b := s.bucket.(type) {
		case *fixedWindow:
			limit = b.limit
		case *slidingWindow:
			limit = b.limit
		case *tokenBucket:
			limit = b.limit
		}
		round := s.round
		if round == nil {
			round = math.Ceil
		}
		resp.Header.Set("X-RateLimit-Limit", strconv.Itoa(limit))
		resp.Header.Set("X-RateLimit-Remaining", strconv.Itoa(remaining))
		resp.Header.Set("X-RateLimit-Reset", strconv.FormatInt(int64(round(float64(reset.UnixMicro())/1e6)), 10))
	}
	return resp
}

func pass(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pull asks for n pages with so many workers, asking again for refused ones.
func pull(ctx context.Context, rt http.RoundTripper, n, workers int) error {
	pages := make(chan struct{}, n)
	for range n {
		pages <- struct{}{}
	}
	close(pages)
	var wg sync.WaitGroup
	errs := make([]error, workers)
	for i := range workers {
		wg.Go(func() {
			for range pages {
				for code := 0; code != 200; {
					req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1/v1/chats", nil)
					if err != nil {
						errs[i] = err
						return
					}
					resp, err := rt.RoundTrip(req)
					if err != nil {
						errs[i] = err
						return
					}
					code = resp.StatusCode
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// ideal is the least time in which workers can have n pages: full windows, then
// the rest as fast as they are answered.
func ideal(n, limit int, per, latency time.Duration, workers int) time.Duration {
	full := (n - 1) / limit
	rest := n - full*limit
	return time.Duration(full)*per + time.Duration((rest+workers-1)/workers)*latency
}
