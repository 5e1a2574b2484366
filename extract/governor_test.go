package extract

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"
)

const (
	testLimit = 100
	testPer   = 10 * time.Second
	testPages = 300
)

func testBuckets() map[string]func() bucket {
	return map[string]func() bucket{
		"aligned window":     func() bucket { return &fixedWindow{limit: testLimit, per: testPer, aligned: true} },
		"unaligned window":   func() bucket { return &fixedWindow{limit: testLimit, per: testPer} },
		"sliding window":     func() bucket { return &slidingWindow{limit: testLimit, per: testPer} },
		"sliding, reset all": func() bucket { return &slidingWindow{limit: testLimit, per: testPer, resetAll: true} },
		"token bucket": func() bucket {
			return &tokenBucket{limit: testLimit, per: testPer, tokens: testLimit, last: time.Now()}
		},
	}
}

func newTestGovernor(o GovernorOptions) *Governor {
	return NewGovernor(Limit{Requests: testLimit, Per: testPer, Max: 2 * testLimit}, o)
}

// TestGovernorUsesTheBudget: whatever the bucket, the headers and the latency,
// nothing is refused and little time is lost.
func TestGovernorUsesTheBudget(t *testing.T) {
	t.Parallel()
	roundings := map[string]func(float64) float64{"up": math.Ceil, "down": math.Floor}
	for name, newBucket := range testBuckets() {
		for _, headers := range []string{"all", "none"} {
			for rounding, round := range roundings {
				for _, latency := range []time.Duration{5, 20, 60, 300} {
					for _, workers := range []int{1, 4, 16} {
						latency := latency * time.Millisecond
						if time.Duration(testLimit)*latency/time.Duration(workers) > testPer {
							continue // the workers are too slow for the budget
						}
						t.Run(fmt.Sprintf("%s/%s/%s/%v/%d", name, headers, rounding, latency, workers), func(t *testing.T) {
							t.Parallel()
							synctest.Test(t, func(t *testing.T) {
								if err := pass(t.Context(), 7300*time.Millisecond); err != nil { // off the clock's marks
									t.Fatal(err)
								}
								srv := &fakeServer{bucket: newBucket(), latency: latency, headers: headers, round: round, skew: 90*time.Second + 340*time.Millisecond}
								began := time.Now()
								g := newTestGovernor(GovernorOptions{})
								if err := pull(t.Context(), g.RoundTripper(srv), testPages, workers); err != nil {
									t.Fatal(err)
								}
								factor := 1.1
								if headers == "all" && (name == "aligned window" || name == "unaligned window") {
									factor = 1.05
								}
								took, best := time.Since(began), ideal(testPages, testLimit, testPer, latency, workers)
								if srv.refused > 0 || srv.requests != testPages {
									t.Errorf("%d requests, %d refused", srv.requests, srv.refused)
								}
								if float64(took) > factor*float64(best) {
									t.Errorf("took %v, ideal %v: factor %.3f, want at most %v", took, best, float64(took)/float64(best), factor)
								}
								if s := g.Stats(); s.Requests != testPages || s.Refused != 0 || s.Waited[WaitWindow] == 0 {
									t.Errorf("stats %+v", s)
								}
							})
						})
					}
				}
			}
		}
	}
}

// TestNaiveLimiterIsRefused: the same harness refuses what a plain token bucket
// sends, because it lets two budgets pass in the first window.
func TestNaiveLimiterIsRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"aligned window", "unaligned window", "sliding window"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				srv := &fakeServer{bucket: testBuckets()[name](), latency: 20 * time.Millisecond, headers: "all"}
				naive := limited{rate.NewLimiter(rate.Every(testPer/testLimit), testLimit), srv}
				if err := pull(t.Context(), naive, testPages, 4); err != nil {
					t.Fatal(err)
				}
				if srv.refused < 50 {
					t.Errorf("%d refused, want many", srv.refused)
				}
			})
		})
	}
}

type limited struct {
	limiter *rate.Limiter
	next    http.RoundTripper
}

func (l limited) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := l.limiter.Wait(req.Context()); err != nil {
		return nil, err
	}
	return l.next.RoundTrip(req)
}

// TestTwoProcessesOnOneKey share a bucket and know of each other only through
// the headers. Who is refused is chance, so the bounds are for all runs on a kind
// of bucket together, with wider ones for each.
func TestTwoProcessesOnOneKey(t *testing.T) {
	t.Parallel()
	for name, newBucket := range testBuckets() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var took, best time.Duration
			var requests, refused int
			for _, latency := range []time.Duration{5, 20, 60} {
				for _, offset := range []time.Duration{0, 13, 3700} {
					for range 2 {
						latency := latency * time.Millisecond
						srv := &fakeServer{latency: latency, headers: "all"}
						var d time.Duration
						synctest.Test(t, func(t *testing.T) {
							srv.bucket = newBucket()
							d = pullTwice(t, srv, offset*time.Millisecond)
						})
						fair := ideal(2*testPages, testLimit, testPer, latency, 8)
						if float64(d) > 1.25*float64(fair) || srv.refused > srv.requests/20 {
							t.Errorf("latency %v, offset %v: took %v, ideal %v, %d of %d refused", latency, offset, d, fair, srv.refused, srv.requests)
						}
						took, best, requests, refused = took+d, best+fair, requests+srv.requests, refused+srv.refused
					}
				}
			}
			if factor := float64(took) / float64(best); factor > 1.1 || refused > requests/100 {
				t.Errorf("%.3f of the ideal time, %d of %d refused", factor, refused, requests)
			}
		})
	}
}

// pullTwice is the time two governors on one server take for their pages.
func pullTwice(t *testing.T, srv *fakeServer, offset time.Duration) time.Duration {
	began := time.Now()
	var wg sync.WaitGroup
	for i := range 2 {
		wg.Go(func() {
			if err := pass(t.Context(), time.Duration(i)*offset); err != nil {
				t.Error(err)
			}
			if err := pull(t.Context(), newTestGovernor(GovernorOptions{}).RoundTripper(srv), testPages, 4); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	return time.Since(began)
}

func TestLimitChangesInMidRun(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"aligned window", "unaligned window", "sliding window"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := testBuckets()[name]()
				srv := &fakeServer{bucket: b, latency: 20 * time.Millisecond, headers: "all"}
				// 100 | 200 | 60 60 60 30: 510 in six windows.
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
				if err := pull(t.Context(), g.RoundTripper(srv), 510, 4); err != nil {
					t.Fatal(err)
				}
				// A sliding window that shrinks is overdrawn at once: it
				// refuses those under way, and nothing can help them.
				if srv.refused > 0 && (name != "sliding window" || srv.refused > 4) {
					t.Errorf("%d refused", srv.refused)
				}
				if took := time.Since(began); took > 53*time.Second {
					t.Errorf("took %v, want about 50 s", took)
				}
				if got := g.Stats().Limit; got != 60 {
					t.Errorf("limit %d, want 60", got)
				}
			})
		})
	}
}

func TestLimitRisesOnlyToMax(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := &fakeServer{bucket: &fixedWindow{limit: 500, per: testPer}, headers: "all"}
		g := NewGovernor(Limit{Requests: 100, Per: testPer, Max: 150}, GovernorOptions{})
		began := time.Now()
		if err := pull(t.Context(), g.RoundTripper(srv), 151, 4); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < testPer {
			t.Errorf("151 requests took %v, want a window", took)
		}
	})
}

// TestRetryAfterHoldsTheBucket: one refusal stops all, for as long as it says,
// in each of its forms.
func TestRetryAfterHoldsTheBucket(t *testing.T) {
	t.Parallel()
	epoch := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // where a bubble's clock starts
	for _, test := range []struct {
		name, retry, headers string
		skew                 time.Duration
		least, most          time.Duration
	}{
		{"seconds", "4", "retry", 0, 4 * time.Second, 4500 * time.Millisecond},
		{"date by the server's clock", epoch.Add(time.Hour + 4*time.Second).Format(http.TimeFormat), "retry", time.Hour, 4 * time.Second, 4500 * time.Millisecond},
		{"zero is no hint", "0", "retry", 0, 500 * time.Millisecond, testPer},
		{"negative is no hint", "-3", "retry", 0, 500 * time.Millisecond, testPer},
		{"nonsense is no hint", "soon", "retry", 0, 500 * time.Millisecond, testPer},
		{"zero with a reset", "0", "all", 0, 9 * time.Second, 11 * time.Second},
		{"no header at all", "", "none", 0, 500 * time.Millisecond, testPer},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := &fixedWindow{limit: testLimit, per: testPer}
				for range testLimit { // somebody else's
					b.take(time.Now().Add(test.skew))
				}
				srv := &fakeServer{bucket: b, headers: test.headers, retry: test.retry, skew: test.skew}
				rt := newTestGovernor(GovernorOptions{}).RoundTripper(srv)
				code := func() int {
					req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1/", nil)
					resp, err := rt.RoundTrip(req)
					if err != nil {
						t.Fatal(err)
					}
					return resp.StatusCode
				}
				if got := code(); got != 429 {
					t.Fatalf("first answer %d", got)
				}
				began := time.Now()
				code()
				if took := time.Since(began); took < test.least || took > test.most {
					t.Errorf("waited %v, want %v to %v", took, test.least, test.most)
				}
			})
		})
	}
}

// TestServerWindowIsLonger: a reset beyond the ledger's end lengthens the wait.
func TestServerWindowIsLonger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := &fakeServer{bucket: &fixedWindow{limit: testLimit, per: 3 * testPer}, latency: 20 * time.Millisecond, headers: "all"}
		began := time.Now()
		if err := pull(t.Context(), newTestGovernor(GovernorOptions{}).RoundTripper(srv), 250, 4); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); srv.refused > 0 || took > 65*time.Second {
			t.Errorf("%d refused, took %v, want about 60 s", srv.refused, took)
		}
	})
}

// TestRestart: the next process continues within the window of the last one.
func TestRestart(t *testing.T) {
	t.Parallel()
	for name, newBucket := range testBuckets() {
		for _, test := range []struct {
			headers string
			closed  bool
		}{{"none", true}, {"all", true}, {"all", false}} {
			t.Run(fmt.Sprintf("%s/%s/%v", name, test.headers, test.closed), func(t *testing.T) {
				t.Parallel()
				state := filepath.Join(t.TempDir(), "rate.json")
				synctest.Test(t, func(t *testing.T) {
					srv := &fakeServer{bucket: newBucket(), latency: 20 * time.Millisecond, headers: test.headers}
					began := time.Now()
					for range 3 {
						g := newTestGovernor(GovernorOptions{StateFile: state})
						if err := pull(t.Context(), g.RoundTripper(srv), 70, 4); err != nil {
							t.Fatal(err)
						}
						if test.closed {
							if err := g.Close(); err != nil {
								t.Fatal(err)
							}
						} else {
							g.mu.Lock()
							g.opts.StateFile = filepath.Join(t.TempDir(), "killed") // its last second is lost
							g.mu.Unlock()
						}
					}
					if took := time.Since(began); srv.refused > 0 || took > 23*time.Second {
						t.Errorf("%d refused, took %v; want 0 and about 20 s", srv.refused, took)
					}
				})
			})
		}
	}
}

// TestStateOnlyLowers: a state file that is damaged, or of a clock set back,
// costs at most one window.
func TestStateOnlyLowers(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"damaged":     `{"ends":[`,
		"wrong types": `{"ends":"x"}`,
		"far future":  `{"ends":[99999999999999,99999999999999]}`,
		"far past":    `{"ends":[-5,0,12]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state := filepath.Join(t.TempDir(), "rate.json")
			if err := os.WriteFile(state, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) {
				srv := &fakeServer{bucket: &fixedWindow{limit: testLimit, per: testPer}, headers: "none"}
				g := newTestGovernor(GovernorOptions{StateFile: state})
				began := time.Now()
				if err := pull(t.Context(), g.RoundTripper(srv), testLimit, 4); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); took > testPer+time.Second {
					t.Errorf("took %v", took)
				}
				if err := g.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestCancelledWaiterLeavesTheQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := &fakeServer{bucket: &fixedWindow{limit: testLimit, per: testPer}, headers: "all"}
		g := newTestGovernor(GovernorOptions{})
		rt := g.RoundTripper(srv)
		if err := pull(t.Context(), rt, testLimit, 4); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		var wg sync.WaitGroup
		wg.Go(func() { // first in the queue
			if err := pull(ctx, rt, 1, 1); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("cancelled waiter: %v", err)
			}
			if took := time.Since(began); took != time.Second {
				t.Errorf("it waited %v", took)
			}
		})
		synctest.Wait()
		wg.Go(func() {
			if err := pull(t.Context(), rt, 1, 1); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		if srv.requests != testLimit+1 || len(g.key.queue) != 0 {
			t.Errorf("%d requests, %d still queued", srv.requests, len(g.key.queue))
		}
	})
}

func TestFirstComeFirstServed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := &fakeServer{bucket: &fixedWindow{limit: 2, per: time.Second}, headers: "all"}
		rt := NewGovernor(Limit{Requests: 2, Per: time.Second}, GovernorOptions{}).RoundTripper(srv)
		var mu sync.Mutex
		var order []int
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				if err := pull(t.Context(), rt, 1, 1); err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				order = append(order, i)
			})
			synctest.Wait()
		}
		wg.Wait()
		for i, n := range order {
			if i/2 != n/2 { // the two of a window may come back in either order
				t.Fatalf("order %v", order)
			}
		}
	})
}

func TestBudgetIsACleanStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := &fakeServer{bucket: &fixedWindow{limit: testLimit, per: testPer}, latency: 20 * time.Millisecond, headers: "all"}
		g := newTestGovernor(GovernorOptions{Budget: NewBudget(testLimit, time.Time{})})
		began := time.Now()
		err := pull(t.Context(), g.RoundTripper(srv), testPages, 8)
		if !errors.Is(err, ErrBudget) {
			t.Errorf("error %v", err)
		}
		if took := time.Since(began); srv.requests != testLimit || took > time.Second {
			t.Errorf("%d requests in %v; nobody may wait for a budget that is spent", srv.requests, took)
		}
	})
}

// A budget that ends at an instant lets pass what is sent before it, answers
// what is under way, and ends the waits of the others there and then.
func TestBudgetEndsAtAnInstant(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := &fakeServer{bucket: &fixedWindow{limit: testLimit, per: testPer}, latency: 20 * time.Millisecond, headers: "all"}
		began := time.Now()
		g := newTestGovernor(GovernorOptions{Budget: NewBudget(0, began.Add(testPer/2))}) // in mid-window: the window is used up, the next one never comes
		err := pull(t.Context(), g.RoundTripper(srv), testPages, 8)
		if !errors.Is(err, ErrBudget) {
			t.Errorf("error %v", err)
		}
		if took := time.Since(began); srv.requests != testLimit || took != testPer/2 {
			t.Errorf("%d requests in %v; want a window's worth, and the end in the middle of it", srv.requests, took)
		}
	})
}

// Governors that share a budget send no more between them than one alone, and
// none waits for its own window when the others have spent it.
func TestBudgetIsSharedByGovernors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		budget := NewBudget(testLimit+testLimit/2, time.Time{})
		began := time.Now()
		var wg sync.WaitGroup
		total := make([]int, 3)
		for k := range total {
			wg.Go(func() {
				srv := &fakeServer{bucket: &fixedWindow{limit: testLimit, per: testPer}, latency: 20 * time.Millisecond, headers: "all"}
				err := pull(t.Context(), newTestGovernor(GovernorOptions{Budget: budget}).RoundTripper(srv), testPages, 4)
				if !errors.Is(err, ErrBudget) {
					t.Errorf("error %v", err)
				}
				total[k] = srv.requests
			})
		}
		wg.Wait()
		if n := total[0] + total[1] + total[2]; n != testLimit+testLimit/2 || time.Since(began) > testPer/2 {
			t.Errorf("%v requests in %v, want %d together", total, time.Since(began), testLimit+testLimit/2)
		}
	})
}

func TestWaitsAreReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := &fakeServer{bucket: &fixedWindow{limit: testLimit, per: testPer}, latency: 20 * time.Millisecond, headers: "all"}
		began := time.Now()
		var got []string
		g := newTestGovernor(GovernorOptions{OnWait: func(reason string, until time.Time) {
			got = append(got, fmt.Sprintf("%s at %v", reason, until.Sub(began).Round(time.Second)))
		}})
		if err := pull(t.Context(), g.RoundTripper(srv), 201, 4); err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprint([]string{WaitWindow + " at 10s", WaitWindow + " at 20s"})
		if fmt.Sprint(got) != want {
			t.Errorf("got  %v\nwant %v", got, want)
		}
	})
}
