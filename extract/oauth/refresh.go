package oauth

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// Times of a refresh. An attempt that begins within repeatFor of the first and
// ends within attemptTime has reached the endpoint before it forgets a repeat,
// about 30 s after the first.
const (
	attemptTime  = 10 * time.Second       // from the request to the end of the answer
	repeatFor    = 20 * time.Second       // from the first attempt that may have been seen to the begin of the last
	unseenFor    = time.Minute            // the same for attempts that cannot have been seen
	firstPause   = 500 * time.Millisecond // longest; doubles
	longestPause = 5 * time.Second
	afterEnd     = 5 * time.Second       // that an attempt under way goes on after its run was told to end
	pauseBetween = 30 * time.Second      // between failed refreshes, while the old token is valid
	lockPoll     = 50 * time.Millisecond // between looks at a lock that another process has
)

var errAttemptTime = errors.New("the token endpoint took too long")

// refresh makes the held token another one than refused: that of the token
// file if another process has refreshed, else a new one.
func (s *Source) refresh(ctx context.Context, refused string) error {
	lock := flock.New(s.file.path+".lock", flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, lockPoll); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("%w: lock: %w; the directory must be writable and on a local file system", ErrTokenFile, err)
	}
	err := s.refreshLocked(ctx, refused)
	return errors.Join(err, lock.Close())
}

func (s *Source) refreshLocked(ctx context.Context, refused string) error {
	var broken error
	for {
		g, err := s.file.read()
		if err != nil {
			return err
		}
		if u := s.unsaved; u != nil {
			if g.refresh.Reveal() == u.from.Reveal() {
				if err := s.save(u); err != nil {
					return err
				}
				g = u.grant
			}
			s.unsaved = nil // or the file went on without us
		}
		used := sha256.Sum256([]byte(g.refresh.Reveal()))
		switch now := s.now(); {
		case g.access.Reveal() != refused && (g.fresh(now, s.o.Lead) || refused != "" && g.valid(now)):
			s.held = g
			return nil
		case used == s.dead && broken != nil:
			return broken
		case used == s.dead:
			return fmt.Errorf("%w; %s", ErrChain, howTo)
		}
		err = s.spend(ctx, g)
		if !errors.Is(err, ErrChain) {
			return err
		}
		// The owner may have put another pair into the file meanwhile.
		s.dead, broken = used, err
	}
}

// spend exchanges g for the next pair and holds that, once it is in the file.
func (s *Source) spend(ctx context.Context, g grant) error {
	room, err := s.file.reserve()
	if err != nil {
		return err
	}
	next, err := s.ask(ctx, &g)
	if err != nil {
		return errors.Join(err, room.drop())
	}
	if err := room.commit(&next); err != nil {
		// What was issued is the only living pair; the next turn writes it.
		s.unsaved = &unsaved{next, g.refresh}
		return err
	}
	s.held = next
	return nil
}

func (s *Source) save(u *unsaved) error {
	room, err := s.file.reserve()
	if err != nil {
		return err
	}
	return room.commit(&u.grant)
}

// ask sends the same refresh token until there is an answer, for as long as the
// endpoint forgives a repeat. Giving up loses nothing: if the pair was rotated
// its successor is out of reach, and if not, a later refresh works.
func (s *Source) ask(ctx context.Context, old *grant) (grant, error) {
	began := time.Now()
	var seen time.Time
	for attempt := 1; ; attempt++ {
		at := time.Now()
		g, err := s.attempt(ctx, old)
		var p *passing
		switch {
		case err == nil:
			return g, nil
		case ctx.Err() != nil:
			return grant{}, context.Cause(ctx)
		case !errors.As(err, &p):
			return grant{}, fmt.Errorf("token endpoint: %w", err)
		}
		if !p.unsent && seen.IsZero() {
			seen = at
		}
		pause := max(p.wait, rand.N(min(firstPause<<min(attempt-1, 10), longestPause))+1)
		next := time.Now().Add(pause)
		if next.Sub(began) > unseenFor || !seen.IsZero() && next.Sub(seen) > repeatFor {
			return grant{}, fmt.Errorf("token endpoint: after %d attempts: %w", attempt, err)
		}
		if err := sleep(ctx, pause); err != nil {
			return grant{}, err
		}
	}
}

// attempt asks once. Its errors hold no token and no secret.
func (s *Source) attempt(ctx context.Context, old *grant) (grant, error) {
	ctx, cancel := attemptContext(ctx)
	defer cancel()
	clientSecret := s.o.ClientSecret()
	if clientSecret == "" {
		return grant{}, fmt.Errorf("%w: the client secret is empty", ErrClient)
	}
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {old.refresh.Reveal()}, "client_id": {s.o.ClientID}}.Encode()
	// Nothing can rewind the body, so net/http cannot send it twice by itself.
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.o.TokenURL, io.NopCloser(strings.NewReader(form)))
	if err != nil {
		return grant{}, err
	}
	req.ContentLength = int64(len(form))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", s.o.UserAgent)
	req.SetBasicAuth(url.QueryEscape(s.o.ClientID), url.QueryEscape(clientSecret)) // RFC 6749 2.3.1
	resp, err := s.client.Do(req)
	if err != nil {
		return grant{}, classify(ctx, err)
	}
	defer resp.Body.Close()
	now := s.serverTime(resp.Header)
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return grant{}, classify(ctx, err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return grant{}, refusal(resp.StatusCode, resp.Header, body, now, old.refresh.Reveal(), old.access.Reveal(), clientSecret, basicOf(req.Header))
	}
	g, err := parseAnswer(body, old, now)
	if err != nil {
		return grant{}, &passing{err: err}
	}
	return g, nil
}

func basicOf(h http.Header) string {
	_, credentials, _ := strings.Cut(h.Get("Authorization"), " ")
	return credentials
}

// serverTime is the instant of an answer by the server's clock, which it notes;
// the local time if the answer has no date.
func (s *Source) serverTime(h http.Header) time.Time {
	local := time.Now()
	at, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return local.Add(s.skew)
	}
	s.skew = at.Sub(local.Round(0))
	return at
}

// attemptContext ends some seconds after its parent at the earliest: an answer
// that is not read is a lost pair.
func attemptContext(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(parent), attemptTime, errAttemptTime)
	ctx, end := context.WithCancelCause(ctx)
	stop := context.AfterFunc(parent, func() {
		t := time.AfterFunc(afterEnd, func() { end(context.Cause(parent)) })
		context.AfterFunc(ctx, func() { t.Stop() })
	})
	return ctx, func() { stop(); end(context.Canceled); cancel() }
}

// classify says whether a network error may pass, and whether the endpoint can
// have seen the request.
func classify(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return &passing{err: context.Cause(ctx)}
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &certificate) {
		return err
	}
	var dial *net.OpError
	return &passing{err: err, unsent: errors.As(err, &dial) && (dial.Op == "dial" || dial.Op == "proxyconnect")}
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
