// Package oauth keeps the tokens of an OAuth application that the account's
// owner already operates, so that a read-only export can use them.
//
// A [Source] is the credential: [Source.Apply] sets the access token of a
// request, and asks the token endpoint for the next pair shortly before the
// token's end; [Source.Renew] does so after the API refused one. The package
// speaks to the token endpoint alone, and to nothing else of the API.
//
// Refresh tokens are used once. Each answer brings the next one, the endpoint
// forgives a repeat for about 30 seconds, and a later one ends the whole chain:
// then the owner has to authorise again. What keeps the chain alive:
//
//   - The token file is the only home of the chain. A new pair is in it, synced,
//     before its access token is used. It is replaced whole or not at all.
//   - One refresh at a time: within a process by turns, between processes by a
//     kernel lock on "<token file>.lock". Who gets the lock reads the file again,
//     because another process may have refreshed meanwhile.
//   - Room for the new pair is made on the disk before the old one is spent.
//   - An attempt whose answer is lost or broken may have rotated the pair, so the
//     same refresh token is sent again while the endpoint forgives it, and an
//     attempt under way outlives the end of its run by some seconds.
//   - A process that dies between the answer and the file leaves the old refresh
//     token in the file. Started again within those 30 seconds it gets a new
//     pair; later the chain is lost, which is [ErrChain].
//
// The token file is living state: a copy is worth nothing, and putting an old
// copy back breaks the chain.
//
//	<token file>       {"access_token","refresh_token","expires_at","scope","obtained_at"}
//	<token file>.lock  empty
//	<token file>.new   the next pair while it is written
package oauth

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"fanlake/configs/secret"
	"fanlake/extract"
)

// What the caller should do. The first three are refusals of the credential:
// extract.ErrUnauthorized as well.
var (
	// ErrChain: the refresh token is no longer accepted. The owner has to
	// authorise again; until the token file changes nothing is asked.
	ErrChain = fmt.Errorf("refresh chain broken: %w", extract.ErrUnauthorized)
	// ErrClient: the token endpoint refuses the client id or the client secret.
	// The chain is untouched.
	ErrClient = fmt.Errorf("OAuth client refused: %w", extract.ErrUnauthorized)
	// ErrRefused: the API refuses an access token that was issued for the
	// refusal of another. Refreshing does not help.
	ErrRefused = fmt.Errorf("a new access token is refused: %w", extract.ErrUnauthorized)
	// ErrTokenFile: the token file is missing, not private, not readable or
	// not writable, or holds no tokens.
	ErrTokenFile = errors.New("token file")
)

// DefaultTokenURL is the platform's token endpoint.
const DefaultTokenURL = "https://auth.fanvue.com/oauth2/token"

// Options are the settings of a [Source].
type Options struct {
	TokenURL     string        // https; http for a loopback address. Defaults to DefaultTokenURL
	ClientID     string        // of the owner's own application
	ClientSecret func() string // fetched for each refresh and kept nowhere
	TokenFile    string        // on a local file system, mode 0600, in a directory that is writable
	UserAgent    string        // Defaults to "fanlake (+read-only export)"

	// Lead is how long before its end an access token is replaced, at most a
	// fifth of its life. Defaults to 5 min.
	Lead time.Duration
	// Skew says how far the server's clock is ahead of the local one, and
	// whether that is known, as extract.Transport.Skew does. It is called while
	// requests wait and must not call the Source. Defaults to what the token
	// endpoint's own answers say.
	Skew func() (time.Duration, bool)
	// Transport sends the requests. Defaults to a net/http transport.
	Transport http.RoundTripper
}

// A Source is the credential of one grant. It is safe for use by several
// goroutines and, with the others of its token file, several processes. It does
// not print its tokens.
type Source struct {
	o      Options
	client *http.Client
	file   tokenFile

	turn chan struct{} // full while nobody has what follows

	held      grant             // what Apply sets
	unsaved   *unsaved          // a pair that could not be written yet
	dead      [sha256.Size]byte // of the refresh token with which the chain broke
	later     time.Time         // no refresh before, while the held token is valid
	renewed   [sha256.Size]byte // of the access token that a refusal was answered with
	renewedAt time.Time
	skew      time.Duration // of the endpoint's clock
}

// An unsaved pair waits for its place in the token file.
type unsaved struct {
	grant
	from secret.Value // the refresh token it was got with
}

var _ extract.Credential = (*Source)(nil)

// New checks the options and reads the token file; nothing is sent. Errors:
// ErrTokenFile, extract.ErrInsecure.
func New(o Options) (*Source, error) {
	if o.TokenURL == "" {
		o.TokenURL = DefaultTokenURL
	}
	if o.UserAgent == "" {
		o.UserAgent = "fanlake (+read-only export)"
	}
	if o.Lead <= 0 {
		o.Lead = 5 * time.Minute
	}
	if o.Transport == nil {
		o.Transport = newTransport()
	}
	u, err := url.Parse(o.TokenURL)
	switch {
	case err != nil:
		return nil, errors.New("token endpoint: the address cannot be read")
	case u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("token endpoint %q: want scheme, host and path alone", u.Redacted())
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())):
		return nil, fmt.Errorf("token endpoint %q: %w: want https", u.Redacted(), extract.ErrInsecure)
	case o.ClientID == "" || o.ClientSecret == nil:
		return nil, errors.New("OAuth needs client id and client secret of the owner's own application")
	case o.TokenFile == "":
		return nil, fmt.Errorf("%w: no path is given", ErrTokenFile)
	}
	// Links are followed once: the lock has to be the same for everybody, and
	// the file behind a link is replaced, not the link.
	path, err := filepath.Abs(o.TokenFile)
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return nil, missing(err)
	}
	s := &Source{o: o, file: tokenFile{path}, turn: make(chan struct{}, 1)}
	if s.held, err = s.file.read(); err != nil {
		return nil, err
	}
	s.client = &http.Client{Transport: o.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	s.turn <- struct{}{}
	return s, nil
}

// newTransport returns one that asks once per request: a kept connection could
// be found dead, and net/http would send the request again.
func newTransport() http.RoundTripper {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: attemptTime}).DialContext,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   attemptTime,
		ResponseHeaderTimeout: attemptTime,
		DisableKeepAlives:     true,
		DisableCompression:    true,
	}
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.Unmap().IsLoopback()
}

// Apply sets the access token of a request, after it was refreshed if it is
// about to end. While the endpoint does not answer, a token that is still valid
// is used up. Errors: ErrChain, ErrClient, ErrTokenFile, the context's cause;
// any other may pass.
func (s *Source) Apply(ctx context.Context, h http.Header) error {
	if err := s.take(ctx); err != nil {
		return err
	}
	defer s.give()
	if err := s.ready(ctx); err != nil {
		return err
	}
	h.Set("Authorization", "Bearer "+s.held.access.Reveal())
	return nil
}

// ready makes the held token one that can be used now.
func (s *Source) ready(ctx context.Context) error {
	now := s.now()
	usable := s.held.valid(now)
	if usable && (s.unsaved == nil && s.held.fresh(now, s.o.Lead) || time.Now().Before(s.later)) {
		return nil
	}
	err := s.refresh(ctx, "")
	if err == nil || !usable || !s.held.valid(s.now()) || errors.Is(err, extract.ErrUnauthorized) || ctx.Err() != nil {
		return err
	}
	s.later = time.Now().Add(pauseBetween)
	return nil
}

// renewal is how long an access token that was issued for a refusal is given up
// when it is refused itself. One that worked for longer may be renewed.
const renewal = 5 * time.Minute

// Renew is called with the headers of a request that the API answered with 401.
// When it returns nil, the request may be sent once more with the headers of a
// new Apply. Requests that were refused together cost one refresh. Errors:
// ErrRefused, and those of Apply.
func (s *Source) Renew(ctx context.Context, h http.Header) error {
	refused, ok := strings.CutPrefix(h.Get("Authorization"), "Bearer ")
	if !ok || refused == "" {
		return errors.New("renew: the refused request had no access token")
	}
	if err := s.take(ctx); err != nil {
		return err
	}
	defer s.give()
	if s.held.access.Reveal() != refused && s.unsaved == nil && s.held.valid(s.now()) {
		return nil // renewed since that request was sent
	}
	if s.renewed == sha256.Sum256([]byte(refused)) && time.Since(s.renewedAt) < renewal {
		return fmt.Errorf("%w; see whether the application is still among the owner's connected apps and has the scopes it needs", ErrRefused)
	}
	if err := s.refresh(ctx, refused); err != nil {
		return err
	}
	s.renewed, s.renewedAt = sha256.Sum256([]byte(s.held.access.Reveal())), time.Now()
	return nil
}

// now is the server's time, as far as it is known.
func (s *Source) now() time.Time {
	if s.o.Skew != nil {
		if d, ok := s.o.Skew(); ok {
			return time.Now().Add(d)
		}
	}
	return time.Now().Add(s.skew)
}

func (s *Source) take(ctx context.Context) error {
	select {
	case <-s.turn:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *Source) give() { s.turn <- struct{}{} }

// A Grant is what may be told of the token file.
type Grant struct {
	Scopes     []string  // as granted; empty if the endpoint never said
	ObtainedAt time.Time // of the pair, by the server's clock; zero if unknown
	ExpiresAt  time.Time // of the access token, by the server's clock; zero if unknown
}

// Grant reads the token file, for people.
func (s *Source) Grant() (Grant, error) {
	g, err := s.file.read()
	return Grant{Scopes: strings.Fields(g.scope), ObtainedAt: g.obtainedAt, ExpiresAt: g.expiresAt}, err
}

// String names the token file.
func (s *Source) String() string { return "OAuth tokens in " + s.file.path }

// Format writes what String says for every verb.
func (s *Source) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue makes slog print what String says.
func (s *Source) LogValue() slog.Value { return slog.StringValue(s.String()) }
