package oauth

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"fanlake/configs/secret"
)

// An answer of the token endpoint, as far as it is used.
type answer struct {
	Access    string         `json:"access_token"`
	Refresh   string         `json:"refresh_token"`
	Type      string         `json:"token_type"`
	ExpiresIn jsontext.Value `json:"expires_in"`
	Scope     string         `json:"scope"`
}

const (
	maxAnswer   = 64 << 10
	defaultLife = time.Hour // of an access token whose answer does not say
	maxLife     = 365 * 24 * time.Hour
)

// parseAnswer reads the pair of a 2xx answer that was issued at now by the
// server's clock. An answer without a refresh token leaves the old one in force,
// one without a scope the old scope. Errors show nothing of the body.
func parseAnswer(body []byte, old *grant, now time.Time) (grant, error) {
	var a answer
	if len(body) > maxAnswer {
		return grant{}, fmt.Errorf("the answer is larger than %d bytes", maxAnswer)
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return grant{}, fmt.Errorf("the answer %w", notJSON(err))
	}
	switch {
	case !isToken(a.Access):
		return grant{}, errors.New("the answer has no access token")
	case a.Type != "" && !strings.EqualFold(a.Type, "bearer"):
		return grant{}, errors.New("the answer's token is no bearer token")
	case a.Refresh != "" && !isToken(a.Refresh):
		return grant{}, errors.New("the answer has a refresh token that cannot be one")
	}
	now = now.UTC().Truncate(time.Second)
	g := grant{access: secret.New(a.Access), refresh: secret.New(a.Refresh), scope: a.Scope, obtainedAt: now, expiresAt: now.Add(life(a.ExpiresIn))}
	if a.Refresh == "" {
		g.refresh = old.refresh
	}
	if a.Scope == "" || len(a.Scope) > maxScope {
		g.scope = old.scope
	}
	return g, nil
}

// life reads expires_in, seconds as a number or a text.
func life(v jsontext.Value) time.Duration {
	n, err := strconv.ParseInt(strings.Trim(string(v), `"`), 10, 64)
	switch {
	case err != nil || n <= 0:
		return defaultLife
	case n > int64(maxLife/time.Second):
		return maxLife
	}
	return time.Duration(n) * time.Second
}

// A passing error is one after which the same request may succeed.
type passing struct {
	err    error
	unsent bool          // the endpoint cannot have seen the request
	wait   time.Duration // the server's hint; 0 for none
}

func (e *passing) Error() string { return e.err.Error() }
func (e *passing) Unwrap() error { return e.err }

// refusal says what an answer other than 2xx means. secrets are what the server
// was sent: a description that repeats one is left out.
func refusal(status int, h http.Header, body []byte, now time.Time, secrets ...string) error {
	var e struct {
		Code        string `json:"error"`
		Description string `json:"error_description"`
	}
	if json.Unmarshal(body, &e) != nil {
		e.Code, e.Description = "", ""
	}
	code := e.Code
	text := fmt.Sprintf("status %d", status)
	for _, s := range []string{e.Code, e.Description} {
		if s = clean(s, secrets); s != "" {
			text += ": " + s
		}
	}
	switch {
	case status >= 300 && status < 400:
		return fmt.Errorf("status %d: redirects are not followed; check the address of the token endpoint", status)
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status >= 500:
		return &passing{err: errors.New(text), wait: retryAfter(h, now)}
	case code == "invalid_grant":
		return fmt.Errorf("%w: %s; %s", ErrChain, text, howTo)
	case code == "invalid_client", code == "unauthorized_client", code == "" && status == http.StatusUnauthorized:
		return fmt.Errorf("%w: %s; check client_id and client_secret of the owner's own application", ErrClient, text)
	}
	return errors.New(text)
}

// clean makes text of the network fit to print, or nothing of it.
func clean(s string, secrets []string) string {
	for _, secret := range secrets {
		if secret != "" && (strings.Contains(s, secret) || strings.Contains(s, url.QueryEscape(secret))) {
			return ""
		}
	}
	if len(s) > 200 {
		s = s[:200]
	}
	return strings.Trim(strconv.Quote(strings.Join(strings.Fields(s), " ")), `"`)
}

// retryAfter reads the server's hint: seconds, or a date against the server's now.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if n, err := strconv.Atoi(v); err == nil {
		return max(0, min(time.Duration(n), 1<<30)*time.Second)
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
