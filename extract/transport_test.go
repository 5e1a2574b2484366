package extract

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const testKey = "fv-secret/key-0123456789"

func testTransport(t *testing.T, o TransportOptions) *Transport {
	t.Helper()
	if o.Credential == nil {
		o.Credential = APIKey(func() string { return testKey })
	}
	if o.Governor == nil {
		o.Governor = NewGovernor(Limit{Requests: 1000}, GovernorOptions{})
	}
	tr, err := NewTransport(o)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func TestTransportIsReadOnly(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer srv.Close()
	client := testTransport(t, TransportOptions{BaseURL: srv.URL}).Client()
	const u = "/creators/1c4c19d1-7ee6-4a9c-b64e-3a2f8bd10001"
	for _, test := range []struct {
		request string
		want    bool
	}{
		{"GET /v1/users/me", true},
		{"GET /v1" + u + "/insights/earnings?size=50", true},
		{"GET /vault/folders/a%2Fb/media", true},
		{"GET /v1/chats/f1/messages?limit=50&markAsRead=false", true},
		{"GET /v1/chats/f1/messages/m1?x=1", true},
		{"GET /chats/f1/media", true},
		{"POST /v1/chats/messages/batch", true},
		{"POST /chats/statuses", true},
		{"POST /v0/insights/fans/batch", true},
		{"POST /v1" + u + "/chats/messages/batch", true},

		{"GET /v1/chats/f1/messages", false},
		{"GET /v1" + u + "/chats/f1/messages?markAsRead=true", false},
		{"GET /v0/chats/f1/messages?markAsRead=false&markAsRead=true", false},
		{"GET /v1/chats/./f1/messages", false},
		{"GET /v1//users/me", false},
		{"GET /v1/../users/me", false},
		{"HEAD /v1/users/me", false},
		{"POST /v1/chats", false},
		{"POST /v1/chats/f1/messages", false},
		{"POST /v1/chats/statuses/", false},
		{"POST /v1/x/chats/statuses", false},
		{"POST /v1/creators/chats/statuses", false},
		{"POST /v1" + u + "/" + "x/chats/statuses", false},
		{"PUT /v1/chats/statuses", false},
		{"PATCH /v1/chats/f1", false},
		{"DELETE /v1/chats/f1", false},
	} {
		method, path, _ := strings.Cut(test.request, " ")
		req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		before := asked.Load()
		resp, err := client.Do(req)
		if err == nil {
			resp.Body.Close()
		}
		sent := asked.Load() > before
		if sent != test.want || !test.want && !errors.Is(err, ErrReadOnly) {
			t.Errorf("%s: sent %v, error %v; want sent %v", test.request, sent, err, test.want)
		}
	}
}

func TestTransportWantsASafeAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"":                           true,
		"https://api.fanvue.com":     true,
		"https://example.org/proxy/": true,
		"http://127.0.0.1:8080":      true,
		"http://127.8.9.1":           true,
		"http://[::1]:80":            true,
		"http://localhost:1":         true,
		"http://api.fanvue.com":      false,
		"http://localhost.evil.org":  false,
		"http://127.0.0.1.evil.org":  false,
		"http://0.0.0.0":             false,
		"http://10.0.0.1":            false,
		"ftp://127.0.0.1":            false,
		"https://user:pw@x.org":      false,
		"https://":                   false,
		"://":                        false,
		"api.fanvue.com":             false,
	} {
		_, err := NewTransport(TransportOptions{BaseURL: address, Governor: NewGovernor(Limit{}, GovernorOptions{}), Credential: APIKey(nil)})
		if (err == nil) != want {
			t.Errorf("%q: %v, want ok %v", address, err, want)
		}
		if strings.Contains(fmt.Sprint(err), "pw") {
			t.Errorf("%v shows the password", err)
		}
	}
	if _, err := NewTransport(TransportOptions{BaseURL: "http://example.org", Governor: NewGovernor(Limit{}, GovernorOptions{}), Credential: APIKey(nil)}); !errors.Is(err, ErrInsecure) {
		t.Errorf("http on a real host: %v", err)
	}
}

// aLockedKey is a credential that cannot be read every other time.
type aLockedKey struct{ asked int }

var errLockedKey = errors.New("the keyring is locked")

func (k *aLockedKey) Apply(_ context.Context, h http.Header) error {
	if k.asked++; k.asked%2 == 0 {
		return errLockedKey
	}
	h.Set("X-Fanvue-API-Key", testKey)
	return nil
}

// TestUnreadableCredentialCostsNothing: where the credential cannot be read,
// nothing is sent, and neither the limit nor the run's own budget counts it.
func TestUnreadableCredentialCostsNothing(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer srv.Close()
	state := filepath.Join(t.TempDir(), "requests.json")
	g := NewGovernor(Limit{Requests: 3, Per: time.Hour}, GovernorOptions{Budget: NewBudget(2, time.Time{}), StateFile: state})
	client := testTransport(t, TransportOptions{BaseURL: srv.URL, Governor: g, Credential: &aLockedKey{}}).Client()
	for i, want := range []error{nil, errLockedKey, nil, ErrBudget} {
		resp, err := client.Get(srv.URL + "/v1/users/me")
		if err == nil {
			resp.Body.Close()
		}
		if !errors.Is(err, want) || err != nil && !errors.Is(err, ErrUnsent) {
			t.Fatalf("request %d: %v, want %v", i, err, want)
		}
	}
	if n := g.Stats().Requests; n != 2 || asked.Load() != 2 {
		t.Errorf("%d requests counted, the server had %d; want 2", n, asked.Load())
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	var saved struct{ Ends []int64 }
	text, err := os.ReadFile(state)
	if err == nil {
		err = json.Unmarshal(text, &saved)
	}
	if err != nil || len(saved.Ends) != 2 {
		t.Errorf("the next process finds %d requests in the window (%v), want 2", len(saved.Ends), err)
	}
}

// TestRedirects: the credential never reaches another host, and neither does a
// request.
func TestRedirects(t *testing.T) {
	t.Parallel()
	var strayed atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strayed.Add(1) }))
	defer other.Close()
	mux := http.NewServeMux()
	mux.Handle("/away", http.RedirectHandler(other.URL+"/x", http.StatusFound))
	mux.Handle("/near", http.RedirectHandler("/v1/users/me", http.StatusMovedPermanently))
	mux.Handle("/round", http.RedirectHandler("/round", http.StatusFound))
	mux.HandleFunc("/v1/users/me", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "me") })
	srv := httptest.NewServer(mux)
	defer srv.Close()
	tr := testTransport(t, TransportOptions{BaseURL: srv.URL})

	if _, err := tr.Client().Get(srv.URL + "/away"); !errors.Is(err, ErrInsecure) {
		t.Errorf("to another host: %v", err)
	}
	if _, err := (&http.Client{Transport: tr}).Get(srv.URL + "/away"); !errors.Is(err, ErrInsecure) {
		t.Errorf("to another host, with a client that follows all: %v", err)
	}
	if _, err := tr.Client().Get(srv.URL + "/round"); err == nil {
		t.Error("an endless redirect ended well")
	}
	resp, err := tr.Client().Get(srv.URL + "/near")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, _ := io.ReadAll(resp.Body); string(b) != "me" {
		t.Errorf("within the host: %q", b)
	}
	if strayed.Load() != 0 {
		t.Error("a request strayed")
	}
}

func TestTransportSendsItsOwnHeaders(t *testing.T) {
	t.Parallel()
	var got http.Header
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r.Header.Clone() }))
	defer srv.Close()
	tr := testTransport(t, TransportOptions{BaseURL: srv.URL, UserAgent: "fanlake/0.1 (+read-only export)"})
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/v1/chats/statuses", strings.NewReader("{}"))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-HTTP-Method-Override", "DELETE")
	resp, err := tr.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	for name, want := range map[string]string{
		"X-Fanvue-Api-Key": testKey, "X-Fanvue-Api-Version": "2025-06-26", "User-Agent": "fanlake/0.1 (+read-only export)",
		"Accept": "application/json", "Content-Type": "application/json", "Accept-Encoding": "gzip", "X-Http-Method-Override": "",
	} {
		if got.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.Get(name), want)
		}
	}
	if s := fmt.Sprintf("%v %+v", req.Header, resp.Request.Header); strings.Contains(s, testKey) {
		t.Error("the credential is visible above the transport")
	}
	if s := fmt.Sprintf("%+v %#v %v", tr, tr.opts, tr.opts.Credential); strings.Contains(s, testKey) {
		t.Error("a transport prints its credential")
	}
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/packed" {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			io.WriteString(z, strings.Repeat("a", 1001))
			z.Close()
			return
		}
		io.WriteString(w, strings.Repeat("a", len(r.URL.Path)-1+990))
	}))
	defer srv.Close()
	tr := testTransport(t, TransportOptions{BaseURL: srv.URL, MaxBody: 1000})
	for path, want := range map[string]bool{"/1234567890": true, "/12345678901": false, "/packed": false} {
		resp, err := tr.Client().Get(srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if want && (err != nil || len(b) != 1000) || !want && (!errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), path)) {
			t.Errorf("%s: %d bytes, %v; want ok %v", path, len(b), err, want)
		}
	}
}

// TestHangs: a server that says nothing, and one that stops in the middle.
func TestHangs(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/half" {
			io.WriteString(w, `{"data":`)
			w.(http.Flusher).Flush()
		}
		<-done
	}))
	defer srv.Close()
	defer close(done)
	tr := testTransport(t, TransportOptions{BaseURL: srv.URL, AttemptTimeout: 250 * time.Millisecond})
	if _, err := tr.Client().Get(srv.URL + "/silent"); !errors.Is(err, errAttemptTimeout) {
		t.Errorf("silent: %v", err)
	}
	resp, err := tr.Client().Get(srv.URL + "/half")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadAll(resp.Body); !errors.Is(err, errAttemptTimeout) {
		t.Errorf("half: %v", err)
	}
	tr = testTransport(t, TransportOptions{BaseURL: srv.URL, HeaderTimeout: 50 * time.Millisecond})
	if _, err := tr.Client().Get(srv.URL + "/silent"); err == nil {
		t.Error("no header, no error")
	}
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, errors.New("stopped by hand"))
	defer cancel()
	tr = testTransport(t, TransportOptions{BaseURL: srv.URL})
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+"/silent", nil)
	if _, err := tr.Client().Do(req); err == nil || !strings.Contains(err.Error(), "stopped by hand") {
		t.Errorf("cancelled: %v", err)
	}
}

func TestLifecycleSkewAndRate(t *testing.T) {
	t.Parallel()
	n := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n++
		h := w.Header()
		h.Set("Date", time.Now().Add(10*time.Minute).UTC().Format(http.TimeFormat))
		h.Set("X-RateLimit-Limit", "200")
		h.Set("X-RateLimit-Remaining", fmt.Sprint(200-n))
		h.Set("X-RateLimit-Reset", "1763900000")
		if n > 1 {
			h.Set("Deprecation", "@1767225600")
			h.Set("Sunset", "Wed, 01 Jul 2026 00:00:00 GMT")
			h.Set("X-Fanvue-API-Next-Version", fmt.Sprintf("2026-0%d-01", n))
		}
	}))
	defer srv.Close()
	tr := testTransport(t, TransportOptions{BaseURL: srv.URL})
	if _, known := tr.Skew(); known || tr.Lifecycle().Deprecated() {
		t.Error("something is known before the first answer")
	}
	for i := range 3 {
		resp, err := tr.Client().Get(fmt.Sprintf("%s/v1/%d", srv.URL, i))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	l := tr.Lifecycle()
	if l.Path != "/v1/1" || l.NextVersion != "2026-02-01" || l.Version != "2025-06-26" ||
		!l.DeprecatedAt.Equal(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) || !l.SunsetAt.Equal(time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("lifecycle %+v", l)
	}
	if skew, known := tr.Skew(); !known || (skew-10*time.Minute).Abs() > 1500*time.Millisecond {
		t.Errorf("skew %v %v, want about 10 min", skew, known)
	}
	if r, ok := tr.Rate(); !ok || r.Limit != 200 || r.Remaining != 197 || r.Reset.Unix() != 1763900000 {
		t.Errorf("rate %+v %v", r, ok)
	}
}
