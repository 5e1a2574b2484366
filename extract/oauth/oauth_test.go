package oauth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fanlake/extract"
	"fanlake/extract/fanvuesim"
)

func TestApply(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.TokenOptions{}, 10*time.Minute)
	s := r.source(t)
	first := apply(t, s)
	if got, want := bearer(first), readTokens(t, r.file)["access_token"]; got != want || r.endpoint.Counts().Requests != 0 {
		t.Errorf("a fresh token was not used as it is: %q, want %q", got, want)
	}
	first = r.header(t, 4*time.Minute)
	s = r.source(t)
	h := apply(t, s)
	tokens := readTokens(t, r.file)
	if bearer(h) == bearer(first) || bearer(h) != tokens["access_token"] || r.status(t, h) != 200 {
		t.Errorf("the token was not refreshed: %v, file %v", h, tokens)
	}
	if got := apply(t, s); bearer(got) != bearer(h) {
		t.Error("the new token was not used again")
	}
	if got := r.endpoint.Counts(); got.Requests != 1 || got.Issued != 1 {
		t.Errorf("counts %+v, want one refresh", got)
	}
	r.checkAlive(t)

	g, err := s.Grant()
	if err != nil || !slices.Contains(g.Scopes, "read:insights") || g.ExpiresAt.Sub(g.ObtainedAt) != time.Hour || g.ObtainedAt.Location() != time.UTC {
		t.Errorf("grant %+v, %v", g, err)
	}
	if d := time.Since(g.ObtainedAt); d < 0 || d > time.Minute {
		t.Errorf("obtained %v ago", d)
	}
}

// header renews the grant and returns what the file then holds.
func (r *rig) header(t *testing.T, life time.Duration) http.Header {
	t.Helper()
	return http.Header{"Authorization": {"Bearer " + r.authorise(t, life).Access}}
}

// The owner need not know when the access token ends, nor have one.
func TestSparseTokenFile(t *testing.T) {
	t.Parallel()
	for name, without := range map[string][]string{"no end": {"expires_at"}, "refresh token alone": {"expires_at", "access_token"}} {
		r := newRig(t, fanvuesim.TokenOptions{}, time.Hour)
		p := r.endpoint.Grant()
		members := map[string]any{"access_token": p.Access, "refresh_token": p.Refresh, "expires_at": time.Now().Add(time.Hour), "id_token": "x", "expires_in": 3599}
		for _, m := range without {
			delete(members, m)
		}
		writeTokens(t, r.file, members)
		s := r.source(t)
		if h := apply(t, s); bearer(h) == p.Access || r.status(t, h) != 200 {
			t.Errorf("%s: %v", name, h)
		}
		if r.checkAlive(t); readTokens(t, r.file)["id_token"] != "" {
			t.Errorf("%s: the id token was kept", name)
		}
	}
}

func TestThroughTheTransport(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.TokenOptions{}, 0)
	g := extract.NewGovernor(extract.Limit{Requests: 100, Per: time.Minute}, extract.GovernorOptions{})
	defer g.Close()
	tr, err := extract.NewTransport(extract.TransportOptions{BaseURL: r.api, Credential: r.source(t), Governor: g})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := tr.Client().Get(r.api + "/v1/users/me")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != 200 || !strings.Contains(string(body), r.sim.World().Owner()) {
		t.Errorf("%d %s, %v", resp.StatusCode, body, err)
	}
}

func TestOneRefreshForAll(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.TokenOptions{}, 0)
	s := r.source(t)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := s.Apply(t.Context(), http.Header{}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := r.endpoint.Counts().Requests; got != 1 {
		t.Errorf("%d requests for one refresh", got)
	}
	old := apply(t, s)
	for range 20 {
		wg.Go(func() {
			if err := s.Renew(t.Context(), old); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := r.endpoint.Counts(); got.Requests != 2 || got.Repeated != 0 {
		t.Errorf("counts %+v, want one refresh more", got)
	}
	r.checkAlive(t)
}

func TestRenew(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.TokenOptions{}, time.Hour)
	s, other := r.source(t), r.source(t)
	old := apply(t, s)
	r.sim.Gate().Revoke(bearer(old))
	if err := s.Renew(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	h := apply(t, s)
	if bearer(h) == bearer(old) || r.status(t, h) != 200 {
		t.Errorf("the token was not renewed: %v", h)
	}
	// Another holder of the file takes what is there.
	if err := other.Renew(t.Context(), apply(t, other)); err != nil || bearer(apply(t, other)) != bearer(h) {
		t.Errorf("the other does not use the same token: %v", err)
	}
	if got := r.endpoint.Counts().Requests; got != 1 {
		t.Errorf("%d requests, want 1", got)
	}
	// A new token that is refused is given up.
	for _, s := range []*Source{s, other} {
		if err := s.Renew(t.Context(), h); !errors.Is(err, ErrRefused) || !errors.Is(err, extract.ErrUnauthorized) {
			t.Errorf("a refused new token gives %v, want ErrRefused", err)
		}
	}
	if err := s.Renew(t.Context(), http.Header{}); err == nil {
		t.Error("a request without a token was renewed")
	}
	if got := r.endpoint.Counts().Requests; got != 1 {
		t.Errorf("%d requests, want 1", got)
	}
	r.checkAlive(t)
}

// An answer that does not arrive is asked for again with the same token.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	kinds := []fanvuesim.FaultKind{
		fanvuesim.CutBody, fanvuesim.Truncated, fanvuesim.EmptyBody, fanvuesim.HTMLPage, fanvuesim.BadGzip,
		fanvuesim.CutBefore, fanvuesim.StatusFault,
	}
	for _, same := range []bool{false, true} {
		for _, kind := range append(kinds, -1) {
			t.Run(fmt.Sprint(kind, same), func(t *testing.T) {
				t.Parallel()
				r := newRig(t, fanvuesim.TokenOptions{SameAgain: same}, 0)
				if kind < 0 {
					r.endpoint.LoseAnswers(2)
				} else {
					r.endpoint.Inject(fanvuesim.Fault{Kind: kind, Status: 502, Count: 2})
				}
				s := r.source(t)
				if h := apply(t, s); r.status(t, h) != 200 {
					t.Error("the token is refused")
				}
				if got := r.endpoint.Counts().Requests; got != 3 {
					t.Errorf("%d requests, want 3", got)
				}
				r.checkAlive(t)
				if err := s.Renew(t.Context(), apply(t, s)); err != nil {
					t.Errorf("the chain does not go on: %v", err)
				}
			})
		}
	}
}

// The answer to a request that is under way when the run ends is still kept.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.TokenOptions{}, 0)
	old := readTokens(t, r.file)["refresh_token"]
	ctx, cancel := context.WithCancel(t.Context())
	o := r.options()
	o.Transport = scripted(func(req *http.Request) (*http.Response, error) {
		cancel()
		return http.DefaultTransport.RoundTrip(req)
	})
	s := open(t, o)
	if err := s.Apply(ctx, http.Header{}); err != nil {
		t.Errorf("the answer that came is not used: %v", err)
	}
	if got := readTokens(t, r.file)["refresh_token"]; got == old {
		t.Error("the answer was lost")
	}
	r.checkAlive(t)
}

func TestBrokenChain(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.TokenOptions{Grace: -1}, 0)
	stolen := readTokens(t, r.file)
	if apply(t, r.source(t)); t.Failed() {
		return
	}
	writeTokens(t, r.file, map[string]any{"access_token": stolen["access_token"], "refresh_token": stolen["refresh_token"]}) // an old copy is put back
	s := r.source(t)
	for range 3 {
		err := s.Apply(t.Context(), http.Header{})
		if !errors.Is(err, ErrChain) || !errors.Is(err, extract.ErrUnauthorized) || !strings.Contains(err.Error(), "authorise again") {
			t.Fatalf("got %v, want ErrChain and what to do", err)
		}
	}
	if got := r.endpoint.Counts(); got.Requests != 2 || got.Killed != 1 {
		t.Errorf("counts %+v: a dead token was sent again", got)
	}
	if got := readTokens(t, r.file); got["refresh_token"] != stolen["refresh_token"] {
		t.Error("the token file changed")
	}
	// The repair works without a new start.
	r.authorise(t, 0)
	if h := apply(t, s); r.status(t, h) != 200 {
		t.Error("the chain was not taken up again")
	}
}

// The owner repairs the file while the dead token is on its way.
func TestRepairedMeanwhile(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.TokenOptions{}, 0)
	writeTokens(t, r.file, map[string]any{"refresh_token": "of-another-time"})
	o := r.options()
	asked := 0
	o.Transport = scripted(func(req *http.Request) (*http.Response, error) {
		if asked++; asked == 1 {
			r.authorise(t, 0)
		}
		return http.DefaultTransport.RoundTrip(req)
	})
	if h := apply(t, open(t, o)); r.status(t, h) != 200 || asked != 2 {
		t.Errorf("asked %d times", asked)
	}
	r.checkAlive(t)
}

func TestRefusedClient(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.TokenOptions{}, 0)
	for name, secret := range map[string]string{"wrong": "not-the-client-secret", "empty": ""} {
		o := r.options()
		o.ClientSecret = func() string { return secret }
		err := open(t, o).Apply(t.Context(), http.Header{})
		if !errors.Is(err, ErrClient) || !errors.Is(err, extract.ErrUnauthorized) || errors.Is(err, ErrChain) || secret != "" && strings.Contains(err.Error(), secret) {
			t.Errorf("%s: got %v, want ErrClient", name, err)
		}
	}
	r.checkAlive(t)
	if h := apply(t, r.source(t)); r.status(t, h) != 200 {
		t.Error("the chain does not go on with the right secret")
	}
}

func TestRedirectsAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.TokenOptions{}, 0)
	for _, status := range []int{301, 302, 303, 307, 308} {
		srv := httptest.NewServer(http.RedirectHandler(r.url, status))
		defer srv.Close()
		o := r.options()
		o.TokenURL = srv.URL
		if err := open(t, o).Apply(t.Context(), http.Header{}); err == nil || !strings.Contains(err.Error(), "redirect") {
			t.Errorf("%d: %v", status, err)
		}
	}
	if got := r.endpoint.Counts().Requests; got != 0 {
		t.Errorf("%d requests followed a redirect", got)
	}
}

// What goes out: the secret by Basic alone, nothing but the documented form.
func TestRequest(t *testing.T) {
	t.Parallel()
	var req *http.Request
	var body []byte
	o := offline(t, func(r *http.Request) (*http.Response, error) {
		req = r
		body, _ = io.ReadAll(r.Body)
		return respond(200, time.Now(), `{"access_token":"a2","refresh_token":"r2","expires_in":3600}`), nil
	}, map[string]any{"access_token": "a1", "refresh_token": "r/1+", "scope": "read:self"})
	o.ClientID, o.ClientSecret, o.UserAgent = "an id", func() string { return "s/3+%" }, "fanlake/9"
	s := open(t, o)
	apply(t, s)
	user, pass, _ := req.BasicAuth()
	if req.Method != "POST" || req.URL.String() != "https://auth.fanvue.com/oauth2/token" || user != "an+id" || pass != "s%2F3%2B%25" {
		t.Errorf("%s %s as %q, %q", req.Method, req.URL, user, pass)
	}
	if got, want := string(body), "client_id=an+id&grant_type=refresh_token&refresh_token=r%2F1%2B"; got != want {
		t.Errorf("body %q, want %q", got, want)
	}
	for name, want := range map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json", "User-Agent": "fanlake/9"} {
		if got := req.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if g, err := s.Grant(); err != nil || !slices.Equal(g.Scopes, []string{"read:self"}) {
		t.Errorf("the scope was not kept: %v, %v", g, err)
	}
}

func TestTokenFileModes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const token = "correct-horse-battery"
	good := `{"access_token":"` + token + `","refresh_token":"` + token + `"}`
	for _, tt := range []struct {
		name, text string
		mode       os.FileMode
		want       string // in the error; empty: none
	}{
		{"good", good, 0o600, ""},
		{"read-only", good, 0o400, ""},
		{"group", good, 0o640, "chmod 600"},
		{"others", good, 0o604, "chmod 600"},
		{"writable", good, 0o620, "chmod 600"},
		{"empty", "", 0o600, "no JSON"},
		{"text", token, 0o600, "no JSON"},
		{"list", `["` + token + `"]`, 0o600, "another type"},
		{"number", `{"refresh_token":12345678901234567890}`, 0o600, "another type"},
		{"time", `{"refresh_token":"` + token + `","expires_at":"` + token + `"}`, 0o600, "another type"},
		{"twice", `{"refresh_token":"` + token + `","refresh_token":"` + token + `2"}`, 0o600, "no JSON"},
		{"cut", good[:len(good)-1], 0o600, "no JSON"},
		{"no refresh token", `{"access_token":"` + token + `"}`, 0o600, "no refresh_token"},
		{"line break", `{"refresh_token":"` + token + `\n"}`, 0o600, "characters"},
		{"header", `{"refresh_token":"r","access_token":"` + token + `\r\nX: y"}`, 0o600, "characters"},
		{"large", `{"refresh_token":"` + strings.Repeat("r", 70<<10) + `"}`, 0o600, "larger"},
	} {
		path := filepath.Join(dir, tt.name)
		if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, tt.mode); err != nil {
			t.Fatal(err)
		}
		_, err := New(Options{ClientID: "id", ClientSecret: func() string { return "s" }, TokenFile: path})
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.want != "" && (!errors.Is(err, ErrTokenFile) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path)):
			t.Errorf("%s: %v, want ErrTokenFile, %q and the path", tt.name, err, tt.want)
		case err != nil && strings.Contains(err.Error(), token):
			t.Errorf("%s: the token is shown: %v", tt.name, err)
		}
	}
	for _, path := range []string{filepath.Join(dir, "missing"), dir, os.DevNull} {
		if _, err := New(Options{ClientID: "id", ClientSecret: func() string { return "s" }, TokenFile: path}); !errors.Is(err, ErrTokenFile) {
			t.Errorf("%s: %v, want ErrTokenFile", path, err)
		}
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tokens.json")
	writeTokens(t, path, map[string]any{"refresh_token": "r"})
	secret := func() string { return "s" }
	for _, tt := range []struct {
		o    Options
		want error // nil: any
		ok   bool
	}{
		{Options{ClientID: "id", ClientSecret: secret, TokenFile: path}, nil, true},
		{Options{ClientID: "id", ClientSecret: secret, TokenFile: path, TokenURL: "http://[::1]:80/t"}, nil, true},
		{Options{ClientID: "id", ClientSecret: secret, TokenFile: path, TokenURL: "http://auth.fanvue.com/oauth2/token"}, extract.ErrInsecure, false},
		{Options{ClientID: "id", ClientSecret: secret, TokenFile: path, TokenURL: "http://127.0.0.1.example/"}, extract.ErrInsecure, false},
		{Options{ClientID: "id", ClientSecret: secret, TokenFile: path, TokenURL: "ftp://localhost/"}, extract.ErrInsecure, false},
		{Options{ClientID: "id", ClientSecret: secret, TokenFile: path, TokenURL: "https://u:p@auth.fanvue.com/"}, nil, false},
		{Options{ClientID: "id", ClientSecret: secret, TokenFile: path, TokenURL: "%"}, nil, false},
		{Options{ClientSecret: secret, TokenFile: path}, nil, false},
		{Options{ClientID: "id", TokenFile: path}, nil, false},
		{Options{ClientID: "id", ClientSecret: secret}, ErrTokenFile, false},
	} {
		if _, err := New(tt.o); (err == nil) != tt.ok || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%+v: %v, want ok %v, %v", tt.o, err, tt.ok, tt.want)
		}
	}
}

// A link leads to the file that is replaced and locked.
func TestLinkedTokenFile(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.TokenOptions{}, 0)
	link := filepath.Join(t.TempDir(), "link.json")
	if err := os.Symlink(r.file, link); err != nil {
		t.Skip(err)
	}
	before := readTokens(t, r.file)["refresh_token"]
	o := r.options()
	o.TokenFile = link
	apply(t, open(t, o))
	if got := readTokens(t, r.file)["refresh_token"]; got == before {
		t.Error("the file behind the link was not replaced")
	}
	r.checkAlive(t)
}

func TestNoRoomNoRequest(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.TokenOptions{}, 0)
	if err := os.MkdirAll(r.file+".new/x", 0o700); err != nil {
		t.Fatal(err)
	}
	s := r.source(t)
	if err := s.Apply(t.Context(), http.Header{}); !errors.Is(err, ErrTokenFile) || r.endpoint.Counts().Requests != 0 {
		t.Errorf("%v after %d requests, want ErrTokenFile before any", err, r.endpoint.Counts().Requests)
	}
	if err := os.RemoveAll(r.file + ".new"); err != nil {
		t.Fatal(err)
	}
	apply(t, s)
	r.checkAlive(t)
}

// A pair that cannot be written is neither used nor lost.
func TestUnsavedPair(t *testing.T) {
	t.Parallel()
	for _, repaired := range []bool{false, true} {
		r := newRig(t, fanvuesim.TokenOptions{Grace: -1}, 0)
		o := r.options()
		o.Transport = scripted(func(req *http.Request) (*http.Response, error) {
			if err := os.Remove(r.file + ".new"); err != nil {
				t.Error(err)
			}
			return http.DefaultTransport.RoundTrip(req)
		})
		s := open(t, o)
		h := http.Header{}
		if err := s.Apply(t.Context(), h); !errors.Is(err, ErrTokenFile) || len(h) != 0 {
			t.Fatalf("%v, %v, want ErrTokenFile and no token", err, h)
		}
		want := ""
		if repaired {
			want = r.authorise(t, time.Hour).Access
		}
		h = apply(t, s)
		if r.status(t, h) != 200 || want != "" && bearer(h) != want || readTokens(t, r.file)["access_token"] != bearer(h) {
			t.Errorf("repaired %v: the pair was not taken up", repaired)
		}
		if got := r.endpoint.Counts().Requests; got != 1 {
			t.Errorf("%d requests, want 1", got)
		}
		r.checkAlive(t)
	}
}

func TestNothingPrints(t *testing.T) {
	t.Parallel()
	s := open(t, offline(t, func(r *http.Request) (*http.Response, error) {
		body, _ := io.ReadAll(r.Body)
		return respond(400, time.Now(), fmt.Sprintf(`{"error":"invalid_request","error_description":"got %s with %s and hidden-refresh"}`, body, r.Header.Get("Authorization"))), nil
	}, map[string]any{"access_token": "hidden-access", "refresh_token": "hidden-refresh"}))
	var all strings.Builder
	holder := struct {
		S *Source
		s *Source
	}{s, s}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&all, verb+verb+verb+verb+"\n", s, holder, &holder, s.held)
	}
	slog.New(slog.NewJSONHandler(&all, nil)).Info("event", "source", s, "grant", s.held)
	err := s.Apply(t.Context(), http.Header{})
	if err == nil || !strings.Contains(err.Error(), "invalid_request") {
		t.Fatal(err)
	}
	fmt.Fprintln(&all, err)
	for _, part := range []string{"hidden-", "s3cret", fmt.Sprintf("%x", "hidden-"), "aWQ6czNjcmV0"} {
		if strings.Contains(all.String(), part) {
			t.Errorf("%q came out:\n%s", part, all.String())
		}
	}
	if !strings.Contains(all.String(), "tokens.json") {
		t.Error("a source does not say which file it has")
	}
}
