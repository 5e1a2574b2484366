package extract

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// answers plays its steps one after the other, the last again and again.
type answers struct {
	steps []func(*http.Request) (*http.Response, error)
	times []time.Time
}

func (a *answers) RoundTrip(req *http.Request) (*http.Response, error) {
	n := min(len(a.times), len(a.steps)-1)
	a.times = append(a.times, time.Now())
	return a.steps[n](req)
}

func status(code int, body string, header ...string) func(*http.Request) (*http.Response, error) {
	return func(req *http.Request) (*http.Response, error) {
		h := http.Header{}
		for i := 0; i < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &http.Response{StatusCode: code, Header: h, Request: req, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

func broken(err error) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

func ask(ctx context.Context, r *Retrier, method, path string) (string, error) {
	var got string
	err := r.Do(ctx, func(ctx context.Context) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, method, "http://127.0.0.1"+path, nil)
	}, func(resp *http.Response) error {
		b, err := io.ReadAll(resp.Body)
		if err == nil && !strings.HasSuffix(string(b), "}") {
			err = io.ErrUnexpectedEOF
		}
		got = string(b)
		return err
	})
	return got, err
}

func TestRetries(t *testing.T) {
	t.Parallel()
	ok := status(200, "{}")
	for _, test := range []struct {
		name     string
		method   string
		path     string
		first    func(*http.Request) (*http.Response, error)
		attempts int // until it succeeds or gives up
	}{
		{"500", "GET", "/v1/chats", status(500, ""), 2},
		{"503", "GET", "/v1/chats", status(503, ""), 2},
		{"429", "GET", "/v1/chats", status(429, "", "Retry-After", "3"), 2},
		{"408", "GET", "/v1/chats", status(408, ""), 2},
		{"network", "GET", "/v1/chats", broken(io.ErrUnexpectedEOF), 2},
		{"hang", "GET", "/v1/chats", broken(errAttemptTimeout), 2},
		{"truncated", "GET", "/v1/chats", status(200, `{"data":[`), 2},
		{"bulk read", "POST", "/v1/chats/messages/batch", status(502, ""), 2},
		{"400", "GET", "/v1/chats", status(400, ""), 1},
		{"401", "GET", "/v1/chats", status(401, ""), 1},
		{"403", "GET", "/v1/chats", status(403, ""), 1},
		{"404", "GET", "/v1/chats", status(404, ""), 1},
		{"410", "GET", "/v1/chats", status(410, ""), 1},
		{"another POST", "POST", "/v1/chats", status(502, ""), 1},
		{"budget", "GET", "/v1/chats", broken(ErrBudget), 1},
		{"credential", "GET", "/v1/chats", broken(&credentialError{errors.New("no token")}), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := &answers{steps: []func(*http.Request) (*http.Response, error){test.first, ok}}
				_, err := ask(t.Context(), &Retrier{Client: &http.Client{Transport: a}}, test.method, test.path)
				if len(a.times) != test.attempts || (err == nil) != (test.attempts == 2) {
					t.Errorf("%d attempts, %v; want %d", len(a.times), err, test.attempts)
				}
			})
		})
	}
}

// TestRetriesAreBounded by attempts, by time, and by the pause's own growth.
func TestRetriesAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &answers{steps: []func(*http.Request) (*http.Response, error){status(500, `{"message":"sorry"}`)}}
		var heard []int
		_, err := ask(t.Context(), &Retrier{Client: &http.Client{Transport: a}, Attempts: 12, Base: time.Second, Cap: 8 * time.Second,
			OnRetry: func(attempt int, err error) { heard = append(heard, attempt) }}, "GET", "/x")
		if want := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}; !slices.Equal(heard, want) {
			t.Errorf("heard of the attempts %v, want all but the last", heard)
		}
		var s *StatusError
		if !errors.As(err, &s) || s.Code != 500 || s.Message != "sorry" || len(a.times) != 12 {
			t.Errorf("%d attempts, %v", len(a.times), err)
		}
		for i := 1; i < len(a.times); i++ {
			most := min(time.Second<<(i-1), 8*time.Second)
			if pause := a.times[i].Sub(a.times[i-1]); pause > most || pause <= 0 {
				t.Errorf("pause %d: %v, want at most %v", i, pause, most)
			}
		}
	})
	synctest.Test(t, func(t *testing.T) {
		a := &answers{steps: []func(*http.Request) (*http.Response, error){status(500, "")}}
		began := time.Now()
		_, err := ask(t.Context(), &Retrier{Client: &http.Client{Transport: a}, Attempts: 1 << 20, Total: time.Minute}, "GET", "/x")
		if took := time.Since(began); err == nil || took > time.Minute || took < 30*time.Second {
			t.Errorf("took %v, %v", took, err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		a := &answers{steps: []func(*http.Request) (*http.Response, error){status(200, "{")}}
		if _, err := ask(t.Context(), &Retrier{Client: &http.Client{Transport: a}}, "GET", "/x"); !errors.Is(err, io.ErrUnexpectedEOF) || len(a.times) != brokenBodies {
			t.Errorf("%d broken bodies asked for, %v", len(a.times), err)
		}
	})
}

// TestHangsAreBounded: three attempts that nobody answers are enough, however
// the transport says it.
func TestHangsAreBounded(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{errAttemptTimeout, context.DeadlineExceeded, &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}} {
		synctest.Test(t, func(t *testing.T) {
			a := &answers{steps: []func(*http.Request) (*http.Response, error){status(500, ""), broken(cause)}}
			_, err := ask(t.Context(), &Retrier{Client: &http.Client{Transport: a}}, "GET", "/x")
			if !errors.Is(err, ErrNoAnswer) || !errors.Is(err, cause) || len(a.times) != 4 {
				t.Errorf("%d attempts, %v", len(a.times), err)
			}
		})
	}
}

func TestCancelEndsRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stop := errors.New("interrupted")
		ctx, cancel := context.WithTimeoutCause(t.Context(), 10*time.Second, stop)
		defer cancel()
		a := &answers{steps: []func(*http.Request) (*http.Response, error){status(500, "")}}
		began := time.Now()
		_, err := ask(ctx, &Retrier{Client: &http.Client{Transport: a}, Attempts: 1 << 20}, "GET", "/x")
		if took := time.Since(began); !errors.Is(err, stop) || took > 10*time.Second {
			t.Errorf("after %v: %v", took, err)
		}
	})
}

// TestRetryAfterIsWaitedOnce: by the governor, for the whole bucket, and not by
// each request on top of it.
func TestRetryAfterIsWaitedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &answers{steps: []func(*http.Request) (*http.Response, error){
			status(429, `{"error":"slow down"}`, "Retry-After", "7"), status(200, "{}")}}
		g := NewGovernor(Limit{}, GovernorOptions{})
		began := time.Now()
		if _, err := ask(t.Context(), &Retrier{Client: &http.Client{Transport: g.RoundTripper(a)}}, "GET", "/x"); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 7*time.Second || took > 8*time.Second {
			t.Errorf("took %v, want 7 s and a jitter of at most a tenth", took)
		}
	})
}

// TestAQuotaOfHours: what the server says to wait is waited, however long and
// more than once; only failures without such a word are bounded in time.
func TestAQuotaOfHours(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hour := status(429, `{"error":"slow down"}`, "Retry-After", "3600")
		a := &answers{steps: []func(*http.Request) (*http.Response, error){hour, hour, hour, status(200, "{}")}}
		g := NewGovernor(Limit{}, GovernorOptions{})
		began := time.Now()
		if _, err := ask(t.Context(), &Retrier{Client: &http.Client{Transport: g.RoundTripper(a)}}, "GET", "/x"); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 3*time.Hour || took > 200*time.Minute {
			t.Errorf("took %v, want three hours and a jitter", took)
		}
	})
}

// TestAnothersQuotaIsNoFailingTime: a request that failed, and then stood behind
// an hour that another was told to wait, is tried as often as if it had not.
func TestAnothersQuotaIsNoFailingTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := &answers{steps: []func(*http.Request) (*http.Response, error){
			status(200, "{}"), status(500, ""), status(429, `{"error":"slow down"}`, "Retry-After", "3600"), status(500, ""), status(500, ""), status(200, "{}")}}
		r := &Retrier{Client: &http.Client{Transport: NewGovernor(Limit{}, GovernorOptions{}).RoundTripper(a)}, Base: 10 * time.Second}
		if _, err := ask(t.Context(), r, "GET", "/first"); err != nil {
			t.Fatal(err)
		}
		failed := make(chan error)
		go func() {
			_, err := ask(t.Context(), r, "GET", "/failing")
			failed <- err
		}()
		synctest.Wait() // it has failed once, and pauses
		began := time.Now()
		if _, err := ask(t.Context(), &Retrier{Client: r.Client, Attempts: 1}, "GET", "/told"); err == nil {
			t.Fatal("the other request was not told to wait")
		}
		if err := <-failed; err != nil || time.Since(began) < time.Hour || len(a.times) != 6 {
			t.Errorf("%d attempts of both in %v: %v", len(a.times), time.Since(began), err)
		}
	})
}

// TestRetrierOverTheTransport: every attempt passes the governor, and a real
// connection that breaks is asked again.
func TestRetrierOverTheTransport(t *testing.T) {
	t.Parallel()
	n := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch n++; n {
		case 1:
			panic(http.ErrAbortHandler)
		case 2:
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, `{"data":`)
		case 3:
			w.WriteHeader(http.StatusBadGateway)
		default:
			io.WriteString(w, "{}")
		}
	}))
	defer srv.Close()
	g := NewGovernor(Limit{Requests: 1000}, GovernorOptions{})
	tr := testTransport(t, TransportOptions{BaseURL: srv.URL, Governor: g})
	var got string
	err := (&Retrier{Client: tr.Client(), Base: time.Millisecond}).Do(t.Context(), func(ctx context.Context) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+"/v1/users/me", nil)
	}, func(resp *http.Response) error {
		b, err := io.ReadAll(resp.Body)
		got = string(b)
		return err
	})
	if err != nil || got != "{}" || n != 4 || g.Stats().Requests != 4 {
		t.Errorf("%q after %d requests (%d governed): %v", got, n, g.Stats().Requests, err)
	}
}
