package fanvuesim

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// A tokenClient asks a token endpoint the way the platform's documents say.
type tokenClient struct {
	t    *testing.T
	url  string
	user string
	pass string
}

func newTokenClient(t *testing.T, e *TokenEndpoint) *tokenClient {
	srv := httptest.NewServer(e)
	t.Cleanup(srv.Close)
	return &tokenClient{t, srv.URL + TokenPath, url.QueryEscape(DefaultClientID), url.QueryEscape(DefaultClientSecret)}
}

// post sends a form; the status is 0 where no answer could be read.
func (c *tokenClient) post(form url.Values) (int, map[string]any) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.url, strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if c.user != "" {
		req.SetBasicAuth(c.user, c.pass)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, nil
	}
	var body map[string]any
	_ = json.Unmarshal(text, &body) // what is no JSON has no fields
	return res.StatusCode, body
}

func (c *tokenClient) refresh(token string) (int, map[string]any) {
	c.t.Helper()
	return c.post(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
}

// must returns the pair of a refresh that succeeds.
func (c *tokenClient) must(token string) (access, refresh string) {
	c.t.Helper()
	status, body := c.refresh(token)
	if status != 200 {
		c.t.Fatalf("refresh: %d %v", status, body)
	}
	return body["access_token"].(string), body["refresh_token"].(string)
}

// A testClock stands still but for Advance.
type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *testClock) Now() time.Time          { c.mu.Lock(); defer c.mu.Unlock(); return c.now }
func (c *testClock) Advance(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

func tokenSim(o TokenOptions) (*Sim, *TokenEndpoint, *testClock) {
	clock := &testClock{now: time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)}
	s := New(Options{Gate: GateOptions{Clock: clock.Now}})
	return s, s.TokenEndpoint(o), clock
}

func bearerStatus(s *Sim, access string) int {
	return askGate(s.Handler(), "GET", "/v1/users/me", "X-Fanvue-API-Key", "", "Authorization", "Bearer "+access).Code
}

func TestTokensRotate(t *testing.T) {
	t.Parallel()
	s, e, clock := tokenSim(TokenOptions{})
	c := newTokenClient(t, e)
	first := e.Grant()
	if got := bearerStatus(s, first.Access); got != 200 {
		t.Errorf("the first access token is answered %d", got)
	}
	status, body := c.refresh(first.Refresh)
	if status != 200 || body["token_type"] != "bearer" || body["expires_in"] != 3600.0 || !strings.HasPrefix(body["scope"].(string), "openid offline_access offline read:self ") {
		t.Fatalf("refresh: %d %v", status, body)
	}
	access, refresh := body["access_token"].(string), body["refresh_token"].(string)
	if access == first.Access || refresh == first.Refresh {
		t.Error("a refresh gives the old tokens")
	}
	clock.Advance(time.Hour - time.Second)
	if got := bearerStatus(s, access); got != 200 {
		t.Errorf("an access token of an hour is answered %d a second before", got)
	}
	clock.Advance(time.Second)
	if got := bearerStatus(s, access); got != 401 {
		t.Errorf("an access token of an hour is answered %d an hour later", got)
	}
	access, _ = c.must(refresh)
	if got := bearerStatus(s, access); got != 200 {
		t.Errorf("the third access token is answered %d", got)
	}
	if got, want := e.Counts(), (TokenCounts{Requests: 2, Issued: 2}); got != want {
		t.Errorf("counts %+v, want %+v", got, want)
	}
}

func TestLateReuseEndsTheChain(t *testing.T) {
	t.Parallel()
	s, e, clock := tokenSim(TokenOptions{})
	c := newTokenClient(t, e)
	first, other := e.Grant(), e.Grant()
	_, second := c.must(first.Refresh)
	clock.Advance(30*time.Second - time.Millisecond)
	access, branch := c.must(first.Refresh) // the answer was lost, says the client
	if branch == second || !e.Alive(branch) || !e.Alive(second) {
		t.Error("a repeat within the grace is no further branch")
	}
	clock.Advance(time.Millisecond)
	if e.Alive(first.Refresh) {
		t.Error("a used token is alive behind its grace")
	}
	for range 2 {
		if status, body := c.refresh(first.Refresh); status != 400 || body["error"] != "invalid_grant" {
			t.Errorf("late re-use is answered %d %v", status, body)
		}
	}
	for _, token := range []string{second, branch} {
		if status, body := c.refresh(token); e.Alive(token) || status != 400 || body["error"] != "invalid_grant" {
			t.Errorf("a token of a dead chain is answered %d %v", status, body)
		}
	}
	if got := bearerStatus(s, access); got != 401 {
		t.Errorf("an access token of a dead chain is answered %d", got)
	}
	if got := bearerStatus(s, other.Access); got != 200 {
		t.Errorf("another chain's token is answered %d", got)
	}
	if got, want := e.Counts(), (TokenCounts{Requests: 6, Issued: 2, Repeated: 1, Refused: 4, Killed: 1}); got != want {
		t.Errorf("counts %+v, want %+v", got, want)
	}
}

func TestTokenVariants(t *testing.T) {
	t.Parallel()
	_, e, _ := tokenSim(TokenOptions{SameAgain: true})
	c := newTokenClient(t, e)
	first := e.Grant()
	a1, r1 := c.must(first.Refresh)
	if a2, r2 := c.must(first.Refresh); a1 != a2 || r1 != r2 {
		t.Error("the same pair is not answered again")
	}

	_, e, _ = tokenSim(TokenOptions{Grace: -1})
	c = newTokenClient(t, e)
	first = e.Grant()
	c.must(first.Refresh)
	if status, _ := c.refresh(first.Refresh); status != 400 {
		t.Errorf("re-use without a grace is answered %d", status)
	}

	s, e, clock := tokenSim(TokenOptions{NoRotation: true, RevokeOld: true, Life: time.Minute})
	c = newTokenClient(t, e)
	first = e.Grant()
	for range 2 {
		status, body := c.refresh(first.Refresh)
		if _, rotated := body["refresh_token"]; status != 200 || rotated || body["expires_in"] != 60.0 {
			t.Errorf("without rotation: %d %v", status, body)
		}
		clock.Advance(time.Hour)
	}
	if got := bearerStatus(s, first.Access); got != 401 {
		t.Errorf("a revoked access token is answered %d", got)
	}
}

func TestTokenClientAuthentication(t *testing.T) {
	t.Parallel()
	_, e, _ := tokenSim(TokenOptions{})
	_, lax, _ := tokenSim(TokenOptions{BodySecret: true})
	id, secret := url.QueryEscape(DefaultClientID), url.QueryEscape(DefaultClientSecret)
	for _, tt := range []struct {
		name       string
		e          *TokenEndpoint
		user, pass string
		form       url.Values
		status     int
	}{
		{"basic", e, id, secret, nil, 200},
		{"basic and id", e, id, secret, url.Values{"client_id": {DefaultClientID}}, 200},
		{"basic and another id", e, id, secret, url.Values{"client_id": {"x"}}, 401},
		{"secret as it is", e, id, DefaultClientSecret, nil, 401}, // not escaped
		{"wrong secret", e, id, "x", nil, 401},
		{"wrong client", e, "x", secret, nil, 401},
		{"nothing", e, "", "", nil, 401},
		{"secret in the body", e, "", "", url.Values{"client_id": {DefaultClientID}, "client_secret": {DefaultClientSecret}}, 401},
		{"secret in both", e, id, secret, url.Values{"client_secret": {DefaultClientSecret}}, 401},
		{"allowed in the body", lax, "", "", url.Values{"client_id": {DefaultClientID}, "client_secret": {DefaultClientSecret}}, 200},
		{"allowed and wrong", lax, "", "", url.Values{"client_id": {DefaultClientID}, "client_secret": {"x"}}, 401},
		{"another grant type", e, id, secret, url.Values{"grant_type": {"authorization_code"}}, 400},
	} {
		c := newTokenClient(t, tt.e)
		c.user, c.pass = tt.user, tt.pass
		form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tt.e.Grant().Refresh}}
		for name, values := range tt.form {
			form[name] = values
		}
		status, body := c.post(form)
		if status != tt.status || status == 401 && body["error"] != "invalid_client" {
			t.Errorf("%s: %d %v, want %d", tt.name, status, body, tt.status)
		}
		if status >= 400 && !tt.e.Alive(form.Get("refresh_token")) {
			t.Errorf("%s: the refused request used the token", tt.name)
		}
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequest(http.MethodGet, TokenPath, nil))
	if w.Code != 405 || w.Header().Get("Allow") != "POST" {
		t.Errorf("GET is answered %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
}

func TestTokenFaults(t *testing.T) {
	t.Parallel()
	_, e, _ := tokenSim(TokenOptions{})
	c := newTokenClient(t, e)
	first := e.Grant()
	for _, kind := range []FaultKind{StatusFault, CutBefore} {
		e.Inject(Fault{Kind: kind, Status: 503, Count: 1})
		if status, _ := c.refresh(first.Refresh); status == 200 || e.Counts().Issued != 0 {
			t.Errorf("%v: %d, issued %d", kind, status, e.Counts().Issued)
		}
		e.ClearFaults()
	}
	for i, kind := range []FaultKind{CutBody, Truncated, HTMLPage, EmptyBody} {
		e.Inject(Fault{Kind: kind, Count: 1})
		if _, body := c.refresh(first.Refresh); len(body) > 0 || e.Counts().Issued != i+1 {
			t.Errorf("%v: %v, issued %d", kind, body, e.Counts().Issued)
		}
		e.ClearFaults()
	}
	e.LoseAnswers(1)
	if status, _ := c.refresh(first.Refresh); status != 0 || e.Counts().Issued != 5 {
		t.Errorf("a lost answer: %d, issued %d", status, e.Counts().Issued)
	}
	c.must(first.Refresh)
}
