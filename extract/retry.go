package extract

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// A Retrier sends a request again when its failure may pass: 429, 408 and 5xx,
// broken connections, hangs, and bodies that cannot be read. Each attempt
// passes the governor, which also waits out a Retry-After for the whole bucket;
// the Retrier's own pauses double, with full jitter.
type Retrier struct {
	Client   *http.Client  // see [Transport.Client]
	Attempts int           // in all. Defaults to 7
	Base     time.Duration // longest first pause. Defaults to 500 ms
	Cap      time.Duration // longest pause. Defaults to 30 s
	// Total is how long after the first failure, or the last one with a
	// Retry-After, an attempt may begin; what the governor held back meanwhile,
	// for whomever, does not count. Defaults to 15 min.
	Total time.Duration
	// OnRetry hears of an attempt that failed, counted from 1, before the pause
	// behind it; of none that the governor waits for. It may be nil.
	OnRetry func(attempt int, err error)
}

// brokenBodies is how many bodies in all are asked for when none can be read:
// a third that is broken is what the server has.
const brokenBodies = 3

// hangs is how many attempts in all are waited for when none is answered: each
// takes as long as the transport's time-outs.
const hangs = 3

// bodyError is a 2xx answer whose body read did not accept.
type bodyError struct{ err error }

func (e bodyError) Error() string { return "body: " + e.err.Error() }
func (e bodyError) Unwrap() error { return e.err }

// Do sends what newRequest makes until read accepts a 2xx answer. Other answers
// are a *StatusError. read must not keep what it read before it returned nil; an
// error of it means a broken body. Do closes the body.
func (r *Retrier) Do(ctx context.Context, newRequest func(context.Context) (*http.Request, error), read func(*http.Response) error) error {
	attempts := r.Attempts
	if attempts <= 0 {
		attempts = 7
	}
	var failing time.Time
	for attempt, broken, hung := 1, 0, 0; ; attempt++ {
		req, err := newRequest(ctx)
		if err != nil {
			return err
		}
		var held time.Duration
		err = r.attempt(req.WithContext(context.WithValue(req.Context(), heldKey{}, &held)), read)
		if !failing.IsZero() {
			failing = failing.Add(held)
		}
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !retryable(req, err):
			return err
		}
		if errors.As(err, new(bodyError)) {
			broken++
		}
		if hangsUp(err) {
			if hung++; hung >= hangs {
				return fmt.Errorf("after %d attempts: %w: %w", attempt, ErrNoAnswer, err)
			}
		}
		if failing.IsZero() {
			failing = time.Now()
		}
		pause := r.pause(attempt, err)
		if attempt >= attempts || broken >= brokenBodies || time.Since(failing)+pause > r.total() {
			if attempt == 1 {
				return err
			}
			return fmt.Errorf("after %d attempts: %w", attempt, err)
		}
		if pause == 0 { // what the server says to wait, hours perhaps, is no time of failing
			failing = time.Time{}
		} else if r.OnRetry != nil {
			r.OnRetry(attempt, err)
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// heldKey is the key of a *time.Duration in a request's context, to which the
// governor adds for how long it held the request back.
type heldKey struct{}

// hangsUp reports whether an attempt ended because nothing came.
func hangsUp(err error) bool {
	var network net.Error
	return errors.Is(err, errAttemptTimeout) || errors.As(err, &network) && network.Timeout()
}

func (r *Retrier) attempt(req *http.Request, read func(*http.Response) error) error {
	resp, err := r.Client.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) { // the caller names the request
			err = u.Err
		}
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return newStatusError(req, resp)
	}
	if err := read(resp); err != nil {
		return bodyError{err}
	}
	_, _ = io.CopyN(io.Discard, resp.Body, 4<<10) // so that the connection is used again
	return nil
}

// pause is how long to wait after a failed attempt.
func (r *Retrier) pause(attempt int, err error) time.Duration {
	var s *StatusError
	if errors.As(err, &s) && s.RetryAfter > 0 && (s.Code == http.StatusTooManyRequests || s.Code == http.StatusServiceUnavailable) {
		return 0 // the governor waits
	}
	base, most := r.Base, r.Cap
	if base <= 0 {
		base = 500 * time.Millisecond
	}
	if most <= 0 {
		most = 30 * time.Second
	}
	return rand.N(min(base<<min(attempt-1, 20), most)) + 1
}

func (r *Retrier) total() time.Duration {
	if r.Total > 0 {
		return r.Total
	}
	return 15 * time.Minute
}

// retryable reports whether the same request may succeed later. Writes do not
// pass the transport; that a POST is a read is asked once more here.
func retryable(req *http.Request, err error) bool {
	if req.Method != http.MethodGet && (req.Method != http.MethodPost || !endsInBulkRead(req.URL.Path)) {
		return false
	}
	var status *StatusError
	if errors.As(err, &status) {
		return status.Code == http.StatusTooManyRequests || status.Code == http.StatusRequestTimeout || status.Code >= 500
	}
	for _, final := range []error{ErrBudget, ErrUnavailable, ErrReadOnly, ErrInsecure, ErrTooLarge} {
		if errors.Is(err, final) {
			return false
		}
	}
	var certificate *tls.CertificateVerificationError
	return !errors.As(err, &certificate) && !errors.As(err, new(*credentialError))
}

// endsInBulkRead is isBulkRead for a path whose base is unknown.
func endsInBulkRead(path string) bool {
	for _, p := range []string{"/chats/messages/batch", "/chats/statuses", "/insights/fans/batch"} {
		if strings.HasSuffix(path, p) {
			return true
		}
	}
	return false
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
