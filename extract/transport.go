package extract

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// A Credential authenticates requests.
type Credential interface {
	// Apply sets the headers that authenticate a request. It is called for
	// every attempt, so it may renew a token.
	Apply(ctx context.Context, h http.Header) error
}

// APIKey is the credential of a Fanvue API key. The key is fetched for each
// request and kept nowhere, so that nothing can print it.
func APIKey(reveal func() string) Credential { return apiKey{reveal} }

type apiKey struct{ reveal func() string }

func (k apiKey) Apply(_ context.Context, h http.Header) error {
	key := k.reveal()
	if key == "" {
		return errors.New("the API key is empty")
	}
	h.Set("X-Fanvue-API-Key", key)
	return nil
}

// TransportOptions are the settings of a [Transport].
type TransportOptions struct {
	BaseURL    string // https; http for a loopback address. Defaults to https://api.fanvue.com
	Credential Credential
	// Renew gets another credential for the one in the headers that was
	// refused; nil makes a 401 final.
	Renew          func(ctx context.Context, refused http.Header) error
	Governor       *Governor
	Version        string            // of the API. Defaults to 2025-06-26
	UserAgent      string            // such as "fanlake/1.2 (+read-only export)". Defaults to that without a version
	HeaderTimeout  time.Duration     // from the request to the answer's header. Defaults to 30 s
	AttemptTimeout time.Duration     // from the request to the end of the body. Defaults to 2 min
	MaxBody        int64             // bytes of an answer, unpacked. Defaults to 16 MiB
	Next           http.RoundTripper // below the credential. Defaults to a net/http transport
}

// A Transport can only read: whatever is sent through it is one of the
// documented reads, goes to the API's host alone, and has passed the governor.
// The credential is attached last, on a copy that nothing above it sees.
type Transport struct {
	opts     TransportOptions
	base     *url.URL
	governed http.RoundTripper
	witness  witness
}

// NewTransport checks the options. An address that is neither https nor
// loopback is ErrInsecure.
func NewTransport(o TransportOptions) (*Transport, error) {
	setDefaults(&o)
	base, err := url.Parse(o.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("API address: %w", err)
	}
	switch {
	case base.Hostname() == "" || base.User != nil || base.RawQuery != "" || base.Fragment != "":
		return nil, fmt.Errorf("API address %q: want scheme, host and path alone", base.Redacted())
	case base.Scheme != "https" && (base.Scheme != "http" || !isLoopback(base.Hostname())):
		return nil, fmt.Errorf("API address %q: %w: want https", base.Redacted(), ErrInsecure)
	case o.Credential == nil || o.Governor == nil:
		return nil, errors.New("a transport needs a credential and a governor")
	}
	base.Path = strings.TrimSuffix(base.Path, "/")
	t := &Transport{opts: o, base: base}
	t.witness.lifecycle.Version = o.Version
	t.governed = o.Governor.RoundTripper(sender{t})
	return t, nil
}

func setDefaults(o *TransportOptions) {
	if o.BaseURL == "" {
		o.BaseURL = "https://api.fanvue.com"
	}
	if o.Version == "" {
		o.Version = "2025-06-26"
	}
	if o.UserAgent == "" {
		o.UserAgent = "fanlake (+read-only export)"
	}
	if o.HeaderTimeout <= 0 {
		o.HeaderTimeout = 30 * time.Second
	}
	if o.AttemptTimeout <= 0 {
		o.AttemptTimeout = 2 * time.Minute
	}
	if o.MaxBody <= 0 {
		o.MaxBody = 16 << 20
	}
	if o.Next == nil {
		o.Next = &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:   10 * time.Second,
			ResponseHeaderTimeout: o.HeaderTimeout,
			ForceAttemptHTTP2:     true,
			MaxIdleConnsPerHost:   16,
			// Shorter than a wait for the window: a connection that the
			// server closed meanwhile costs a request twice.
			IdleConnTimeout: 20 * time.Second,
		}
	}
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// Client is an http.Client over t that follows no redirect to another host.
func (t *Transport) Client() *http.Client {
	return &http.Client{Transport: t, CheckRedirect: func(req *http.Request, via []*http.Request) error {
		if len(via) >= 5 {
			return errors.New("more than 5 redirects")
		}
		return t.checkAddress(req)
	}}
}

// CloseIdleConnections ends the connections that no request uses.
func (t *Transport) CloseIdleConnections() {
	if next, ok := t.opts.Next.(interface{ CloseIdleConnections() }); ok {
		next.CloseIdleConnections()
	}
}

// RoundTrip sends a read. Anything else is ErrReadOnly or ErrInsecure, and
// costs no request.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	err := t.checkAddress(req)
	if err == nil {
		err = t.checkRead(req)
	}
	if err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, unsent{err}
	}
	return t.governed.RoundTrip(req)
}

func (t *Transport) checkAddress(req *http.Request) error {
	u := req.URL
	switch {
	case u.Scheme != t.base.Scheme, !strings.EqualFold(u.Host, t.base.Host), u.User != nil,
		req.Host != "" && !strings.EqualFold(req.Host, t.base.Host):
		return fmt.Errorf("%s: %w: only %s://%s is asked", u.Redacted(), ErrInsecure, t.base.Scheme, t.base.Host)
	}
	return nil
}

func (t *Transport) checkRead(req *http.Request) error {
	path, ok := strings.CutPrefix(req.URL.EscapedPath(), t.base.EscapedPath())
	switch {
	case !ok || !strings.HasPrefix(path, "/"):
	case unclean(path): // a server may read it as another path
	case req.Method == http.MethodGet && marksAsRead(path, req.URL.Query()):
		return fmt.Errorf("GET %s: %w: it would mark messages as read without markAsRead=false", path, ErrReadOnly)
	case req.Method == http.MethodGet, req.Method == http.MethodPost && isBulkRead(path):
		return nil
	}
	return fmt.Errorf("%s %s: %w", req.Method, req.URL.EscapedPath(), ErrReadOnly)
}

func unclean(path string) bool {
	for i, segment := range strings.Split(path, "/") {
		if i > 0 && (segment == "" || segment == "." || segment == "..") {
			return true
		}
	}
	return false
}

// resource is path below its surface and creator: what is asked for.
func resource(path string) string {
	if rest, ok := strings.CutPrefix(path, "/v"); ok {
		if n := strings.IndexByte(rest, '/'); n > 0 && strings.Trim(rest[:n], "0123456789") == "" {
			path = rest[n:]
		}
	}
	if rest, ok := strings.CutPrefix(path, "/creators/"); ok {
		if n := strings.IndexByte(rest, '/'); n > 0 {
			path = rest[n:]
		}
	}
	return path
}

// isBulkRead reports whether a POST to path is one of the three that read.
func isBulkRead(path string) bool {
	switch resource(path) {
	case "/chats/messages/batch", "/chats/statuses", "/insights/fans/batch":
		return true
	}
	return false
}

// marksAsRead reports whether a read of a chat's messages would change them.
func marksAsRead(path string, query url.Values) bool {
	rest, ok := strings.CutPrefix(resource(path), "/chats/")
	_, rest, _ = strings.Cut(rest, "/")
	v := query["markAsRead"]
	return ok && rest == "messages" && (len(v) != 1 || v[0] != "false")
}

// Lifecycle is what answers so far said of the API version.
func (t *Transport) Lifecycle() Lifecycle {
	t.witness.mu.Lock()
	defer t.witness.mu.Unlock()
	return t.witness.lifecycle
}

// Skew is how far the server's clock is ahead of the local one, good to about a
// second; false before the first answer with a Date.
func (t *Transport) Skew() (time.Duration, bool) {
	t.witness.mu.Lock()
	defer t.witness.mu.Unlock()
	return t.witness.clock.estimate(), t.witness.clock.known
}

// Rate is what the last answer with rate headers said; false before it.
func (t *Transport) Rate() (Rate, bool) {
	t.witness.mu.Lock()
	defer t.witness.mu.Unlock()
	return t.witness.rate, !t.witness.rate.Seen.IsZero()
}
