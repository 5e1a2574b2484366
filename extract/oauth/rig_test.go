package oauth

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fanlake/extract/fanvuesim"
)

// A rig is a simulated platform, a token endpoint beside it, and a token file.
type rig struct {
	sim      *fanvuesim.Sim
	endpoint *fanvuesim.TokenEndpoint
	api, url string // addresses
	file     string
}

// newRig begins a chain whose access token ends in life; see writeTokens.
func newRig(t *testing.T, o fanvuesim.TokenOptions, life time.Duration) *rig {
	t.Helper()
	sim := fanvuesim.New(fanvuesim.Options{Gate: fanvuesim.GateOptions{ClockDate: true}})
	r := &rig{sim: sim, endpoint: sim.TokenEndpoint(o), file: filepath.Join(t.TempDir(), "tokens.json")}
	api, tokens := httptest.NewServer(sim.Handler()), httptest.NewServer(r.endpoint)
	t.Cleanup(api.Close)
	t.Cleanup(tokens.Close)
	r.api, r.url = api.URL, tokens.URL+fanvuesim.TokenPath
	r.authorise(t, life)
	return r
}

// authorise puts the pair of a new grant into the token file, as the owner does.
func (r *rig) authorise(t *testing.T, life time.Duration) fanvuesim.TokenPair {
	t.Helper()
	p := r.endpoint.Grant()
	writeTokens(t, r.file, map[string]any{"access_token": p.Access, "refresh_token": p.Refresh, "expires_at": time.Now().Add(life)})
	return p
}

func (r *rig) options() Options {
	return Options{TokenURL: r.url, ClientID: fanvuesim.DefaultClientID, ClientSecret: func() string { return fanvuesim.DefaultClientSecret }, TokenFile: r.file}
}

func (r *rig) source(t *testing.T) *Source {
	t.Helper()
	return open(t, r.options())
}

func open(t *testing.T, o Options) *Source {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// status is what the simulated API answers to a credential.
func (r *rig) status(t *testing.T, h http.Header) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.api+"/v1/users/me", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = h.Clone()
	req.Header.Set("X-Fanvue-API-Version", fanvuesim.DefaultVersion)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// checkAlive holds the file to a chain that can go on, and to its mode.
func (r *rig) checkAlive(t *testing.T) {
	t.Helper()
	got := readTokens(t, r.file)
	if !r.endpoint.Alive(got["refresh_token"]) {
		t.Errorf("the refresh token in the file is dead; %+v", r.endpoint.Counts())
	}
	if n := r.endpoint.Counts().Killed; n != 0 {
		t.Errorf("%d chains were killed", n)
	}
	info, err := os.Stat(r.file)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("the token file has mode %v, %v", info.Mode(), err)
	}
	if _, err := os.Stat(r.file + ".new"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the next token file was left: %v", err)
	}
}

func writeTokens(t *testing.T, path string, members map[string]any) {
	t.Helper()
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func readTokens(t *testing.T, path string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]string
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return members
}

// apply returns the header of a request now.
func apply(t *testing.T, s *Source) http.Header {
	t.Helper()
	h := http.Header{}
	if err := s.Apply(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	return h
}

func bearer(h http.Header) string { return strings.TrimPrefix(h.Get("Authorization"), "Bearer ") }

// A scripted transport answers without a network, so that tests can be in a
// bubble of synctest.
type scripted func(*http.Request) (*http.Response, error)

func (f scripted) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// offline are the options of a Source whose endpoint is a function.
func offline(t *testing.T, f scripted, members map[string]any) Options {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tokens.json")
	writeTokens(t, path, members)
	return Options{ClientID: "id", ClientSecret: func() string { return "s3cret" }, TokenFile: path, Transport: f}
}

// respond makes an answer with a Date.
func respond(status int, date time.Time, body string) *http.Response {
	w := httptest.NewRecorder()
	w.Header().Set("Date", date.UTC().Format(http.TimeFormat))
	w.WriteHeader(status)
	_, _ = w.WriteString(body)
	return w.Result()
}
