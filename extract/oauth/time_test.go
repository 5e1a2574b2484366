package oauth

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"fanlake/extract"
)

// The clock of the token endpoint is ahead of the local one.
func TestWhenATokenIsReplaced(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		expiresIn string
		lead      time.Duration
		after     time.Duration // from the answer to the next refresh
	}{
		{`3600`, 0, 55 * time.Minute},
		{`"3600"`, 0, 55 * time.Minute},
		{`3600`, 10 * time.Minute, 50 * time.Minute},
		{`3600`, time.Hour, 48 * time.Minute}, // a fifth of an hour before
		{`100`, 0, 80 * time.Second},
		{`null`, 0, 55 * time.Minute},
		{`0`, 0, 55 * time.Minute},
		{`-5`, 0, 55 * time.Minute},
		{`9223372036854775807`, 0, 365*24*time.Hour - 5*time.Minute},
	} {
		for _, skew := range []time.Duration{0, 2 * time.Hour, -2 * time.Hour} {
			synctest.Test(t, func(t *testing.T) {
				asked := 0
				o := offline(t, func(r *http.Request) (*http.Response, error) {
					asked++
					return respond(200, time.Now().Add(skew), fmt.Sprintf(`{"access_token":"a%d","refresh_token":"r%d","expires_in":%s}`, asked, asked, tt.expiresIn)), nil
				}, map[string]any{"refresh_token": "r0"})
				o.Lead = tt.lead
				s := open(t, o)
				apply(t, s)
				time.Sleep(tt.after - time.Second)
				if h := apply(t, s); asked != 1 || bearer(h) != "a1" {
					t.Errorf("%s, lead %v, skew %v: asked %d times a second before", tt.expiresIn, tt.lead, skew, asked)
				}
				time.Sleep(time.Second)
				if h := apply(t, s); asked != 2 || bearer(h) != "a2" {
					t.Errorf("%s, lead %v, skew %v: asked %d times, want 2", tt.expiresIn, tt.lead, skew, asked)
				}
			})
		}
	}
}

// A later process reads instants of the server's clock, and is told the skew.
func TestSkewOfALaterProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const skew = 3 * time.Hour
		asked := 0
		o := offline(t, func(r *http.Request) (*http.Response, error) {
			asked++
			return respond(200, time.Now().Add(skew), `{"access_token":"a","refresh_token":"r","expires_in":3600}`), nil
		}, map[string]any{"refresh_token": "r0"})
		began := time.Now()
		apply(t, open(t, o))
		if got, want := readTokens(t, o.TokenFile)["expires_at"], began.Add(skew+time.Hour).UTC().Format(time.RFC3339); got != want {
			t.Errorf("expires_at %s, want %s", got, want)
		}
		known := false
		o.Skew = func() (time.Duration, bool) { return skew, known }
		time.Sleep(56 * time.Minute)
		s := open(t, o)
		if apply(t, s); asked != 1 {
			t.Errorf("asked %d times without a word of the skew", asked)
		}
		known = true
		if apply(t, s); asked != 2 {
			t.Errorf("asked %d times with a token at its end, want 2", asked)
		}
	})
}

// How often and until when the same refresh token is sent again.
func TestRepeatsEndWithTheGrace(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	for _, tt := range []struct {
		name     string
		answer   scripted
		least    int           // attempts
		last     time.Duration // the latest begin of an attempt, after the first
		earliest time.Duration // the end, after the first
		latest   time.Duration
	}{
		{"503", func(*http.Request) (*http.Response, error) { return respond(503, time.Now(), ""), nil }, 5, 20 * time.Second, 10 * time.Second, 20 * time.Second},
		{"broken answer", func(*http.Request) (*http.Response, error) { return respond(200, time.Now(), "{"), nil }, 5, 20 * time.Second, 10 * time.Second, 20 * time.Second},
		{"reset", func(*http.Request) (*http.Response, error) {
			return nil, &net.OpError{Op: "read", Err: io.ErrUnexpectedEOF}
		}, 5, 20 * time.Second, 10 * time.Second, 20 * time.Second},
		{"hang", func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() }, 2, 20 * time.Second, 20 * time.Second, 30 * time.Second},
		{"unreachable", func(*http.Request) (*http.Response, error) { return nil, refused }, 12, time.Minute, 50 * time.Second, time.Minute},
		{"retry-after", func(*http.Request) (*http.Response, error) {
			r := respond(429, time.Now(), "")
			r.Header.Set("Retry-After", "9")
			return r, nil
		}, 3, 18 * time.Second, 18 * time.Second, 18 * time.Second},
		{"late retry-after", func(*http.Request) (*http.Response, error) {
			r := respond(429, time.Now(), "")
			r.Header.Set("Retry-After", time.Now().Add(time.Minute).UTC().Format(http.TimeFormat))
			return r, nil
		}, 1, 0, 0, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			var at []time.Duration
			var began time.Time
			o := offline(t, func(r *http.Request) (*http.Response, error) {
				body, _ := io.ReadAll(r.Body)
				if form, err := url.ParseQuery(string(body)); err != nil || form.Get("refresh_token") != "r0" {
					t.Errorf("%s: body %s", tt.name, body)
				}
				at = append(at, time.Since(began))
				return tt.answer(r)
			}, map[string]any{"refresh_token": "r0"})
			s := open(t, o)
			began = time.Now()
			err := s.Apply(t.Context(), http.Header{})
			if took := time.Since(began); err == nil || errors.Is(err, extract.ErrUnauthorized) || len(at) < tt.least || slices.Max(at) > tt.last || took < tt.earliest || took > tt.latest {
				t.Errorf("%s: attempts at %v, end after %v with %v", tt.name, at, took, err)
			}
			if got := readTokens(t, o.TokenFile)["refresh_token"]; got != "r0" {
				t.Errorf("%s: the file holds %q", tt.name, got)
			}
		})
	}
}

// While the endpoint is away, a token that is valid is used to its end, and the
// endpoint is not asked for every request.
func TestTokenIsUsedUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked, down := 0, true
		o := offline(t, func(r *http.Request) (*http.Response, error) {
			asked++
			if down {
				return respond(500, time.Now(), ""), nil
			}
			return respond(200, time.Now(), `{"access_token":"a2","refresh_token":"r2","expires_in":3600}`), nil
		}, map[string]any{"access_token": "a1", "refresh_token": "r1", "expires_at": time.Now().Add(4 * time.Minute)})
		s := open(t, o)
		if h := apply(t, s); bearer(h) != "a1" || asked == 0 {
			t.Errorf("%v after %d attempts, want the old token", h, asked)
		}
		before := asked
		for range 29 {
			time.Sleep(time.Second)
			apply(t, s)
		}
		if asked != before {
			t.Errorf("asked %d times more within 29 s", asked-before)
		}
		time.Sleep(time.Second)
		if apply(t, s); asked == before {
			t.Error("not asked again after 30 s")
		}
		time.Sleep(4 * time.Minute)
		if err := s.Apply(t.Context(), http.Header{}); err == nil {
			t.Error("an expired token was used")
		}
		down = false
		if h := apply(t, s); bearer(h) != "a2" {
			t.Errorf("%v, want the new token", h)
		}
	})
}

// A token that was renewed and worked may be renewed again later.
func TestRenewLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		s := open(t, offline(t, func(r *http.Request) (*http.Response, error) {
			asked++
			return respond(200, time.Now(), fmt.Sprintf(`{"access_token":"a%d","refresh_token":"r%d","expires_in":3600}`, asked, asked)), nil
		}, map[string]any{"refresh_token": "r0"}))
		renew := func() error { return s.Renew(t.Context(), apply(t, s)) }
		if err := renew(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5*time.Minute - time.Second)
		if err := renew(); !errors.Is(err, ErrRefused) {
			t.Errorf("got %v, want ErrRefused", err)
		}
		time.Sleep(time.Second)
		if err := renew(); err != nil || asked != 3 {
			t.Errorf("%v after %d refreshes", err, asked)
		}
	})
}

// Waits end with the context, and an attempt under way some seconds later.
func TestContextEndsWaits(t *testing.T) {
	t.Parallel()
	stop := errors.New("stopped")
	for name, tt := range map[string]struct {
		answer scripted
		end    time.Duration // after the cancellation
	}{
		"hang": {func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, context.Cause(r.Context())
		}, 5 * time.Second},
		"pause": {func(*http.Request) (*http.Response, error) {
			r := respond(503, time.Now(), "")
			r.Header.Set("Retry-After", "15")
			return r, nil
		}, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, offline(t, tt.answer, map[string]any{"refresh_token": "r0"}))
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(time.Second, func() { cancel(stop) })
			began := time.Now()
			done := make(chan error)
			go func() { done <- s.Apply(ctx, http.Header{}) }()
			synctest.Wait()
			if err := s.Apply(ctx, http.Header{}); !errors.Is(err, stop) || time.Since(began) != time.Second { // waits for its turn
				t.Errorf("%s: the second ended after %v with %v", name, time.Since(began), err)
			}
			if err := <-done; !errors.Is(err, stop) || time.Since(began) != time.Second+tt.end {
				t.Errorf("%s: ended after %v with %v", name, time.Since(began), err)
			}
		})
	}
}

func TestFinalFailures(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]scripted{
		"403": func(*http.Request) (*http.Response, error) { return respond(403, time.Now(), "<html>"), nil },
		"bad request": func(*http.Request) (*http.Response, error) {
			return respond(400, time.Now(), `{"error":"invalid_request"}`), nil
		},
		"certificate": func(*http.Request) (*http.Response, error) {
			return nil, &tls.CertificateVerificationError{Err: io.EOF}
		},
		"no such page": func(*http.Request) (*http.Response, error) { return respond(404, time.Now(), ""), nil },
	} {
		asked := 0
		s := open(t, offline(t, func(r *http.Request) (*http.Response, error) { asked++; return answer(r) }, map[string]any{"refresh_token": "r0"}))
		if err := s.Apply(t.Context(), http.Header{}); err == nil || asked != 1 || errors.Is(err, ErrChain) {
			t.Errorf("%s: %v after %d attempts", name, err, asked)
		}
	}
}
