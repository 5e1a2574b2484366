package extract

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A downServer answers with a status until some instant, and counts that.
type downServer struct {
	next   http.RoundTripper
	until  time.Time
	status int

	mu     sync.Mutex
	wasted []time.Time
}

func (o *downServer) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := o.next.RoundTrip(req)
	o.mu.Lock()
	defer o.mu.Unlock()
	if err == nil && time.Now().Before(o.until) {
		o.wasted = append(o.wasted, time.Now())
		resp.StatusCode, resp.Body = o.status, io.NopCloser(http.NoBody)
	}
	return resp, err
}

// readSlices reads slices with some workers, as a run does: one that fails is left
// for the next run, an end of the run leaves all.
func readSlices(ctx context.Context, rt http.RoundTripper, slices []int, workers int) (left []int, end error) {
	todo := make(chan int, len(slices))
	for _, s := range slices {
		todo <- s
	}
	close(todo)
	r := &Retrier{Client: &http.Client{Transport: rt}}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for s := range todo {
				mu.Lock()
				ended := end != nil
				mu.Unlock()
				var err error
				if !ended {
					_, err = ask(ctx, r, "GET", "/v1/chats")
				}
				mu.Lock()
				if ended || err != nil {
					left = append(left, s)
				}
				if errors.Is(err, ErrUnavailable) {
					end = err
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return left, end
}

// TestOutageOfTenMinutes: while the server says that it is down, one request at
// a time asks whether it still is, at most two a minute once that is clear; the
// rest of the run then goes on, and the next run reads what failed.
func TestOutageOfTenMinutes(t *testing.T) {
	t.Parallel()
	for _, status := range []int{502, 503, 504} {
		for _, workers := range []int{1, 4, 16} {
			synctest.Test(t, func(t *testing.T) {
				srv := &fakeServer{bucket: &fixedWindow{limit: 100, per: time.Minute}, latency: 50 * time.Millisecond, headers: "all"}
				o := &downServer{next: srv, status: status}
				rt := NewGovernor(Limit{}, GovernorOptions{}).RoundTripper(o)
				slices := make([]int, 250)
				for i := range slices {
					slices[i] = i
				}
				if left, err := readSlices(t.Context(), rt, slices[:20], workers); err != nil || len(left) > 0 {
					t.Fatal(left, err)
				}
				o.until = time.Now().Add(10 * time.Minute)
				left, err := readSlices(t.Context(), rt, slices[20:], workers)
				if err != nil {
					t.Errorf("the run ended: %v", err)
				}
				if late := time.Since(o.until); late > 3*time.Minute { // 230 requests are three windows
					t.Errorf("the run ended %v behind the outage", late)
				}
				// All workers' at first, then pauses of up to 1, 2, 4, 8, 16 and
				// 30 s, at least half of each.
				if n := len(o.wasted); n > workers+60 || n < 20 {
					t.Errorf("%d workers: %d requests wasted", workers, n)
				}
				if len(left) > 10 {
					t.Errorf("%d workers: %d slices failed", workers, len(left))
				}
				if left, err = readSlices(t.Context(), rt, left, workers); err != nil || len(left) > 0 {
					t.Errorf("the next run left %v: %v", left, err)
				}
				if srv.refused > 0 {
					t.Errorf("%d refused", srv.refused)
				}
			})
		}
	}
}

// TestOutageThatDoesNotEnd ends the run, with few requests sent in vain.
func TestOutageThatDoesNotEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := &fakeServer{bucket: &fixedWindow{limit: 100, per: time.Minute}, latency: 50 * time.Millisecond, headers: "all"}
		o := &downServer{next: srv, status: 503, until: time.Now().Add(24 * time.Hour)}
		rt := NewGovernor(Limit{}, GovernorOptions{}).RoundTripper(o)
		began := time.Now()
		left, err := readSlices(t.Context(), rt, make([]int, 3000), 16)
		if !errors.Is(err, ErrUnavailable) || len(left) != 3000 {
			t.Errorf("%d slices left, %v", len(left), err)
		}
		if took, n := time.Since(began), len(o.wasted); took < 10*time.Minute || took > 17*time.Minute || n > 100 {
			t.Errorf("%d requests in %v", n, took)
		}
	})
}

// TestFailuresOfOneRequestAreNoOutage: while others are answered, a request that
// fails holds nobody.
func TestFailuresOfOneRequestAreNoOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := &routedServer{main: &fakeServer{bucket: &fixedWindow{limit: testLimit, per: testPer}, latency: 20 * time.Millisecond, headers: "all"}}
		bad := &downServer{next: srv.main, status: 503, until: time.Now().Add(time.Hour)}
		rt := NewGovernor(Limit{Requests: testLimit, Per: testPer}, GovernorOptions{}).RoundTripper(switched{srv, bad})
		began := time.Now()
		var wg sync.WaitGroup
		wg.Go(func() {
			r := &Retrier{Client: &http.Client{Transport: rt}, Attempts: 5, Base: time.Millisecond, Cap: time.Millisecond}
			if _, err := ask(t.Context(), r, "GET", "/bad"); err == nil {
				t.Error("it was answered")
			}
		})
		wg.Go(func() {
			if err := pullFrom(t.Context(), rt, "/v1/chats", 90, 2); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

type switched struct{ good, bad http.RoundTripper }

func (s switched) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Path == "/bad" {
		return s.bad.RoundTrip(req)
	}
	return s.good.RoundTrip(req)
}
