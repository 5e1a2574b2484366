package extract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// errRenewed ends an attempt whose credential was refused and renewed; the next
// one has the new credential, and passes the governor as any other.
var errRenewed = errors.New("the credential was refused and renewed")

// errAttemptTimeout ends an attempt that hangs; another may follow.
var errAttemptTimeout = errors.New("the attempt took too long")

// A sender is the last transport above the network.
type sender struct{ t *Transport }

// RoundTrip sends a copy of req that carries the credential. Nothing of req's
// own headers is passed on but the type of its body.
func (s sender) RoundTrip(req *http.Request) (*http.Response, error) {
	o := &s.t.opts
	ctx, cancel := attempt(req.Context(), o.AttemptTimeout)
	out := req.Clone(ctx)
	out.Header = http.Header{}
	if err := o.Credential.Apply(ctx, out.Header); err != nil {
		cancel()
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, &credentialError{unsent{err}}
	}
	secrets := secretsOf(out.Header)
	out.Header.Set("X-Fanvue-API-Version", o.Version)
	out.Header.Set("User-Agent", o.UserAgent)
	out.Header.Set("Accept", "application/json")
	if v := req.Header.Get("Content-Type"); v != "" {
		out.Header.Set("Content-Type", v)
	}
	if out.Body == nil {
		// net/http sends a bodyless GET again by itself when a kept connection
		// turns out to be dead. A body that cannot be read twice keeps it from
		// that: every request that is sent has passed the governor.
		out.Body, out.GetBody, out.ContentLength = io.NopCloser(strings.NewReader("")), nil, 0
	}
	sent := time.Now()
	resp, err := o.Next.RoundTrip(out)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		cancel()
		return nil, err
	}
	resp.Request = req // the copy has the credential
	s.t.witness.observe(req, resp, sent, time.Now())
	if resp.StatusCode == http.StatusUnauthorized && o.Renew != nil {
		resp.Body.Close()
		err := o.Renew(ctx, out.Header)
		cancel()
		if err != nil {
			return nil, &credentialError{err}
		}
		return nil, errRenewed
	}
	resp.Body = &boundedBody{body: resp.Body, left: o.MaxBody, most: o.MaxBody, path: req.URL.EscapedPath(), cancel: cancel, cause: func() error { return context.Cause(ctx) }}
	if resp.StatusCode >= 400 {
		redactBody(resp, secrets)
	}
	return resp, nil
}

// grace is how long a request that was sent may still be answered after its
// run was told to end. It is paid for, so its page should be kept.
const grace = 5 * time.Second

// attempt is the context of one request on the wire: it ends with a time-out,
// and only some seconds after its parent.
func attempt(parent context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(parent), timeout, errAttemptTimeout)
	ctx, end := context.WithCancelCause(ctx)
	stop := context.AfterFunc(parent, func() {
		t := time.AfterFunc(grace, func() { end(context.Cause(parent)) })
		context.AfterFunc(ctx, func() { t.Stop() })
	})
	return ctx, func() { stop(); end(context.Canceled); cancel() }
}

// A credentialError is never retried: the next attempt has the same credential.
type credentialError struct{ err error }

func (e *credentialError) Error() string { return "credential: " + e.err.Error() }
func (e *credentialError) Unwrap() error { return e.err }

// secretsOf lists what of the credential's headers must not come back.
func secretsOf(h http.Header) []string {
	var all []string
	for _, values := range h {
		for _, v := range values {
			if _, token, ok := strings.Cut(v, " "); ok {
				v = token
			}
			if v != "" {
				all = append(all, v, strings.ReplaceAll(v, "/", `\/`))
			}
		}
	}
	return all
}

// redactBody takes the credential out of an error's body, which is read as far
// as anybody looks at it.
func redactBody(resp *http.Response, secrets []string) {
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	resp.Body.Close()
	for _, s := range secrets {
		b = bytes.ReplaceAll(b, []byte(s), []byte("[redacted]"))
	}
	var rest io.Reader = bytes.NewReader(b)
	if err != nil {
		rest = io.MultiReader(rest, failing{err})
	}
	resp.Body = io.NopCloser(rest)
	resp.ContentLength = -1
	resp.Header.Del("Content-Length")
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// A boundedBody ends with an error behind its bound, and ends the attempt's
// context when it is closed.
type boundedBody struct {
	body       io.ReadCloser
	left, most int64
	path       string
	cause      func() error // why the attempt ended; nil while it has not
	cancel     context.CancelFunc
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 { // one more, to see that there is more
		p = p[:b.left+1]
	}
	n, err := b.body.Read(p)
	if int64(n) > b.left {
		n, b.left = int(b.left), 0
		return n, fmt.Errorf("%s: %w: more than %d bytes", b.path, ErrTooLarge, b.most)
	}
	b.left -= int64(n)
	if err != nil && err != io.EOF {
		if cause := b.cause(); cause != nil {
			err = cause
		}
	}
	return n, err
}

func (b *boundedBody) Close() error {
	err := b.body.Close()
	b.cancel()
	return err
}
