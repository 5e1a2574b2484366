package extract

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A routedServer has a bucket for each of some routes and one for the others.
type routedServer struct {
	main   *fakeServer
	narrow map[string]*fakeServer // by path
}

func (s *routedServer) RoundTrip(req *http.Request) (*http.Response, error) {
	if n := s.narrow[req.URL.Path]; n != nil {
		return n.RoundTrip(req)
	}
	return s.main.RoundTrip(req)
}

// pullFrom asks n times for a path with so many workers.
func pullFrom(ctx context.Context, rt http.RoundTripper, path string, n, workers int) error {
	return pull(ctx, moved{rt, path}, n, workers)
}

type moved struct {
	next http.RoundTripper
	path string
}

func (m moved) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.URL.Path = m.path
	return m.next.RoundTrip(req)
}

// TestARouteWithItsOwnLimit: a route whose answers name another limit than the
// others has a bucket of its own. Both are used up side by side, whoever is
// asked first, and neither is refused.
func TestARouteWithItsOwnLimit(t *testing.T) {
	t.Parallel()
	const latency = 20 * time.Millisecond
	for name, newBucket := range testBuckets() {
		for _, narrow := range []int{8, 80, 150} { // of 100 for the others
			for _, first := range []string{"/v1/chats", "/v1/chats/statuses"} {
				if narrow == 8 && first == "/v1/chats/statuses" {
					continue // until another route is asked, it is all that is known
				}
				t.Run(fmt.Sprintf("%s/%d/%s", name, narrow, first), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						other := newBucket()
						other.setLimit(narrow)
						if b, ok := other.(*tokenBucket); ok {
							b.tokens = float64(narrow)
						}
						srv := &routedServer{main: &fakeServer{bucket: newBucket(), latency: latency, headers: "all"}, narrow: map[string]*fakeServer{
							"/v1/chats/statuses": {bucket: other, latency: latency, headers: "all"}}}
						g := newTestGovernor(GovernorOptions{})
						rt := g.RoundTripper(srv)
						began := time.Now()
						if err := pullFrom(t.Context(), rt, first, 1, 1); err != nil { // goes alone
							t.Fatal(err)
						}
						var took [2]time.Duration
						pages := [2]int{testPages, 3 * narrow}
						var wg sync.WaitGroup
						for i, path := range []string{"/v1/chats", "/v1/chats/statuses"} {
							n := pages[i]
							if path == first {
								n--
							}
							wg.Go(func() {
								if err := pullFrom(t.Context(), rt, path, n, 4); err != nil {
									t.Error(err)
								}
								took[i] = time.Since(began)
							})
						}
						wg.Wait()
						for i, limit := range []int{testLimit, narrow} {
							best := ideal(pages[i], limit, testPer, latency, 4)
							if float64(took[i]) > 1.1*float64(best) {
								t.Errorf("%d requests at %d: took %v, ideal %v", pages[i], limit, took[i], best)
							}
						}
						if n, m := srv.main.refused, srv.narrow["/v1/chats/statuses"].refused; n > 0 || m > 0 {
							t.Errorf("%d and %d refused", n, m)
						}
						if got := g.Stats().Limit; got != testLimit {
							t.Errorf("the key's limit is %d", got)
						}
					})
				})
			}
		}
	}
}

// TestARouteThatOthersUsedUp: a refusal on a route with a limit of its own holds
// that route alone, and there is one.
func TestARouteThatOthersUsedUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		used := &fixedWindow{limit: 80, per: testPer}
		for range 80 { // somebody else's
			used.take(time.Now())
		}
		srv := &routedServer{main: &fakeServer{bucket: &fixedWindow{limit: testLimit, per: testPer}, latency: 20 * time.Millisecond, headers: "all"},
			narrow: map[string]*fakeServer{"/v1/chats/statuses": {bucket: used, latency: 20 * time.Millisecond, headers: "all"}}}
		rt := newTestGovernor(GovernorOptions{}).RoundTripper(srv)
		if err := pullFrom(t.Context(), rt, "/v1/users/me", 1, 1); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := pullFrom(t.Context(), rt, "/v1/chats/statuses", 10, 1); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if err := pullFrom(t.Context(), rt, "/v1/chats", 90, 4); err != nil {
				t.Error(err)
			}
			if took := time.Since(began); took > time.Second {
				t.Errorf("the other routes waited %v", took)
			}
		})
		wg.Wait()
		if n := srv.narrow["/v1/chats/statuses"].refused; n != 1 || srv.main.refused > 0 {
			t.Errorf("%d refused on the route, %d on others; want 1 and 0", n, srv.main.refused)
		}
	})
}

// TestARouteIsRemembered: the next process knows of the route's own limit and of
// what was used of it.
func TestARouteIsRemembered(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "rate.json")
	synctest.Test(t, func(t *testing.T) {
		srv := &routedServer{main: &fakeServer{bucket: &slidingWindow{limit: testLimit, per: testPer}, latency: 20 * time.Millisecond, headers: "all"},
			narrow: map[string]*fakeServer{"/v1/chats/statuses": {bucket: &slidingWindow{limit: 20, per: testPer}, latency: 20 * time.Millisecond, headers: "all"}}}
		began := time.Now()
		for range 3 {
			g := newTestGovernor(GovernorOptions{StateFile: state})
			rt := g.RoundTripper(srv)
			for path, n := range map[string]int{"/v1/users/me": 1, "/v1/chats": 1} {
				if err := pullFrom(t.Context(), rt, path, n, 1); err != nil {
					t.Fatal(err)
				}
			}
			if err := pullFrom(t.Context(), rt, "/v1/chats/statuses", 20, 8); err != nil {
				t.Fatal(err)
			}
			if err := g.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); srv.narrow["/v1/chats/statuses"].refused > 0 || took > 23*time.Second {
			t.Errorf("%d refused, took %v; want 0 and about 20 s", srv.narrow["/v1/chats/statuses"].refused, took)
		}
	})
}

// TestTheKeysLimitChangesForAllRoutes: a limit that every route names from some
// request on is the key's, not a route's.
func TestTheKeysLimitChangesForAllRoutes(t *testing.T) {
	t.Parallel()
	for name, newBucket := range testBuckets() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBucket()
				srv := &fakeServer{bucket: b, latency: 20 * time.Millisecond, headers: "all", round: math.Ceil}
				// 100 | 200 | 60 60 60 30: 510 in five windows and a part.
				srv.each = func(n int) {
					switch n {
					case 101:
						b.setLimit(200)
					case 301:
						b.setLimit(60)
					}
				}
				began := time.Now()
				g := newTestGovernor(GovernorOptions{})
				rt := g.RoundTripper(srv)
				var wg sync.WaitGroup
				for i := range 5 {
					wg.Go(func() {
						if err := pullFrom(t.Context(), rt, fmt.Sprintf("/v1/%c", 'a'+i), 102, 2); err != nil {
							t.Error(err)
						}
					})
				}
				wg.Wait()
				// What a sliding window or a token bucket counts does not go with
				// the limit: those under way then are refused.
				most := 0
				if name != "aligned window" && name != "unaligned window" {
					most = 10
				}
				if srv.refused > most {
					t.Errorf("%d refused, want %d at most", srv.refused, most)
				}
				if took := time.Since(began); took > 55*time.Second {
					t.Errorf("took %v, want about 50 s", took)
				}
				if got := g.Stats().Limit; got != 60 {
					t.Errorf("limit %d, want 60", got)
				}
			})
		})
	}
}

// TestLimitNeverPassesMax: whatever limit answers name, no window holds more than
// the configuration allows.
func TestLimitNeverPassesMax(t *testing.T) {
	t.Parallel()
	const most = 150
	for name, newBucket := range testBuckets() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBucket()
				srv := &fakeServer{bucket: b, latency: 20 * time.Millisecond, headers: "all"}
				var sent []time.Time
				srv.each = func(n int) {
					sent = append(sent, time.Now())
					switch n {
					case 101:
						b.setLimit(400)
					case 601:
						b.setLimit(60)
					}
				}
				g := NewGovernor(Limit{Requests: testLimit, Per: testPer, Max: most}, GovernorOptions{})
				rt := g.RoundTripper(srv)
				began := time.Now()
				if err := pull(t.Context(), rt, 700, 8); err != nil {
					t.Fatal(err)
				}
				for i, from := range sent {
					n := i
					for n < len(sent) && sent[n].Sub(from) < testPer {
						n++
					}
					if n-i > most {
						t.Fatalf("%d requests within %v", n-i, testPer)
					}
				}
				if got := g.Stats().Limit; got != 60 {
					t.Errorf("limit %d, want 60", got)
				}
				// 100, 150 four times, then 60 and 40: six windows and a bit more.
				if took := time.Since(began); took > 66*time.Second {
					t.Errorf("took %v, want about 60 s", took)
				}
				if srv.refused > 16 || name != "sliding window" && name != "sliding, reset all" && name != "token bucket" && srv.refused > 0 {
					t.Errorf("%d refused", srv.refused)
				}
			})
		})
	}
}

// TestAQueueMovesOn: who stood behind a request whose route gets its own
// allowance does not wait with it.
func TestAQueueMovesOn(t *testing.T) {
	t.Parallel()
	for range 50 { // which of them wakes first is chance
		synctest.Test(t, func(t *testing.T) {
			srv := &routedServer{main: &fakeServer{bucket: &fixedWindow{limit: testLimit, per: testPer}, latency: 20 * time.Millisecond, headers: "all"},
				narrow: map[string]*fakeServer{"/v1/chats/statuses": {bucket: &fixedWindow{limit: 1, per: testPer}, latency: 20 * time.Millisecond, headers: "all"}}}
			rt := newTestGovernor(GovernorOptions{InFlight: 1}).RoundTripper(srv)
			if err := pullFrom(t.Context(), rt, "/v1/users/me", 1, 1); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			var wg sync.WaitGroup
			for _, path := range []string{"/v1/chats/statuses", "/v1/chats/statuses", "/v1/chats", "/v1/chats"} {
				wg.Go(func() {
					if err := pullFrom(t.Context(), rt, path, 1, 1); err != nil {
						t.Error(err)
					}
					if took := time.Since(began); path == "/v1/chats" && took > time.Second {
						t.Errorf("the other route waited %v", took)
					}
				})
				synctest.Wait()
			}
			wg.Wait()
		})
	}
}
