package fanvuesim

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const testUUID = "0b6f2d1c-8a4e-4c1f-9d3e-5a7b9c1d3e5f"

// worldNow stands still at 700 ms past a second.
func worldNow() time.Time { return time.Date(2026, 11, 20, 3, 0, 0, 700e6, time.UTC) }

func pageHandler(body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, body)
	})
}

func testGate(o GateOptions) *Gate { return newGate(o, worldNow, pageHandler(`{"data":[]}`)) }

// askGate sends a request with the default key and version; extra are header names
// and values, an empty value removes the header.
func askGate(g http.Handler, method, target string, extra ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	r.Header.Set("X-Fanvue-API-Key", DefaultKey)
	r.Header.Set("X-Fanvue-API-Version", DefaultVersion)
	for i := 0; i < len(extra); i += 2 {
		if extra[i+1] == "" {
			r.Header.Del(extra[i])
		} else {
			r.Header.Set(extra[i], extra[i+1])
		}
	}
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	return w
}

func checkReply(t *testing.T, w *httptest.ResponseRecorder, status int, body string) {
	t.Helper()
	if w.Code != status || w.Body.String() != body {
		t.Errorf("got %d %s, want %d %s", w.Code, w.Body, status, body)
	}
}

func TestVersionHeader(t *testing.T) {
	t.Parallel()
	g := testGate(GateOptions{})
	checkReply(t, askGate(g, "GET", "/v1/chats"), 200, `{"data":[]}`)
	checkReply(t, askGate(g, "GET", "/v1/chats", "X-Fanvue-API-Version", ""), 400,
		`{"error":"Unsupported API version","message":"API version '' is not supported"}`)
	checkReply(t, askGate(g, "GET", "/v1/chats", "X-Fanvue-API-Version", "2024-01-01", "X-Fanvue-API-Key", "wrong"), 400,
		`{"error":"Unsupported API version","message":"API version '2024-01-01' is not supported"}`)

	sunset := time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)
	v := Version{Deprecated: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC), Sunset: sunset, Next: "2027-01-15"}
	g.SetVersion(DefaultVersion, v)
	w := askGate(g, "GET", "/v1/chats")
	checkReply(t, w, 200, `{"data":[]}`)
	for name, want := range map[string]string{
		"Deprecation": "Sun, 01 Nov 2026 12:00:00 GMT", "Sunset": "Mon, 01 Feb 2027 00:00:00 GMT", "X-Fanvue-API-Next-Version": "2027-01-15",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}

	v.Gone = true
	g.SetVersion(DefaultVersion, v)
	checkReply(t, askGate(g, "GET", "/v1/chats"), 410,
		`{"error":"API version no longer supported","message":"API version '2025-06-26' was sunset on 2027-02-01T00:00:00.000Z","nextVersion":"2027-01-15"}`)
	g.SetVersion(DefaultVersion, Version{Gone: true, Sunset: sunset})
	checkReply(t, askGate(g, "GET", "/v1/chats"), 410,
		`{"error":"API version no longer supported","message":"API version '2025-06-26' was sunset on 2027-02-01T00:00:00.000Z"}`)
	g.RemoveVersion(DefaultVersion)
	if w := askGate(g, "GET", "/v1/chats"); w.Code != 400 {
		t.Errorf("removed version: %d", w.Code)
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	clock := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	now := func() time.Time { mu.Lock(); defer mu.Unlock(); return clock }
	g := testGate(GateOptions{Clock: now, AuthFirst: true, Keys: []Key{
		{Value: DefaultKey}, {Value: "token", Bearer: true, Expires: clock.Add(time.Hour)},
	}})
	const unauthorized = `{"error":"Unauthorized"}`
	none := []string{"X-Fanvue-API-Key", ""}
	bearer := append(none, "Authorization", "Bearer token")
	checkReply(t, askGate(g, "GET", "/v1/chats", none...), 401, unauthorized)
	checkReply(t, askGate(g, "GET", "/v1/chats", "X-Fanvue-API-Key", "other"), 401, unauthorized)
	checkReply(t, askGate(g, "GET", "/v1/chats", "X-Fanvue-API-Key", "token"), 401, unauthorized)
	checkReply(t, askGate(g, "GET", "/v1/chats", append(none, "Authorization", "Bearer "+DefaultKey)...), 401, unauthorized)
	checkReply(t, askGate(g, "GET", "/v1/chats", append(none, "Authorization", "Basic token")...), 401, unauthorized)
	checkReply(t, askGate(g, "GET", "/v1/chats", append(none, "X-Fanvue-API-Version", "")...), 401, unauthorized) // credential first
	checkReply(t, askGate(g, "GET", "/v1/chats", bearer...), 200, `{"data":[]}`)
	mu.Lock()
	clock = clock.Add(time.Hour)
	mu.Unlock()
	checkReply(t, askGate(g, "GET", "/v1/chats", bearer...), 401, unauthorized)
	g.AddKey(Key{Value: "token", Bearer: true, Expires: clock.Add(time.Hour)})
	checkReply(t, askGate(g, "GET", "/v1/chats", bearer...), 200, `{"data":[]}`)
	checkReply(t, askGate(g, "GET", "/v1/chats"), 200, `{"data":[]}`)
	g.Revoke(DefaultKey)
	checkReply(t, askGate(g, "GET", "/v1/chats"), 401, unauthorized)
}

func TestScopesAndMethods(t *testing.T) {
	t.Parallel()
	scopes := func(names ...string) Key {
		k := Key{Value: DefaultKey, Scopes: []string{}}
		for _, n := range names {
			k.Scopes = append(k.Scopes, "read:"+n)
		}
		return k
	}
	const creator = "/v1/creators/" + testUUID
	for _, tt := range []struct {
		key    Key
		method string
		path   string
		status int
	}{
		{scopes("self"), "GET", "/users/me", 200},
		{scopes("chat"), "GET", "/users/me", 403},
		{scopes("insights"), "GET", "/v1/insights/earnings", 200},
		{scopes("insights"), "GET", "/v0/insights/top-spenders", 403},
		{scopes("insights", "fan"), "GET", "/v0/insights/top-spenders", 200},
		{scopes("insights"), "GET", creator + "/insights/earnings", 403},
		{scopes("insights", "creator"), "GET", creator + "/insights/earnings", 200},
		{scopes("creator"), "GET", creator + "/insights/earnings", 403},
		{scopes("creator"), "GET", creator + "/account", 200},
		{scopes("self"), "GET", creator + "/account", 403},
		{scopes("creator"), "GET", "/v1/creators", 200},
		{scopes("chat"), "GET", "/v1/chats/" + testUUID + "/messages", 200},
		{scopes("chat"), "GET", "/v1/chats/not-a-uuid/messages", 200}, // for the handler to refuse
		{scopes("fan"), "GET", "/v1/chats/not-a-uuid/messages", 403},
		{scopes("chat"), "GET", "/v1/chats/lists/smart", 403},
		{scopes("chat", "fan"), "GET", "/v1/chats/lists/smart/subscribers", 200},
		{scopes("agency", "chat"), "GET", "/v1/agencies/chats", 200},
		{scopes("chat"), "GET", "/v1/agencies/chats", 403},
		{Key{Value: DefaultKey, Member: true}, "GET", "/v1/agencies/chats", 403},
		{Key{Value: DefaultKey, Member: true}, "GET", creator + "/chats", 200},
		{scopes(), "GET", "/v1/no/such/thing", 200}, // for the handler to answer 404
		{scopes("chat"), "POST", "/v1/chats/statuses", 200},
		{scopes("chat"), "POST", creator + "/chats/messages/batch", 403},
		{scopes("chat"), "POST", "/v1/chats", 405},
		{scopes("chat"), "DELETE", "/v1/chats/" + testUUID, 405},
		{scopes("post"), "GET", "/v1/posts/" + testUUID + "/comments", 200},
		{scopes("post"), "GET", "/v1/posts/", 200}, // no route: nothing to protect
	} {
		g := testGate(GateOptions{Keys: []Key{tt.key}})
		w := askGate(g, tt.method, tt.path)
		if w.Code != tt.status {
			t.Errorf("%s %s with %v: %d, want %d", tt.method, tt.path, tt.key.Scopes, w.Code, tt.status)
		}
		switch w.Code {
		case 403:
			checkReply(t, w, 403, `{"error":"Forbidden"}`)
		case 405:
			checkReply(t, w, 405, `{"message":"Method not allowed"}`)
			if w.Header().Get("Allow") != "GET" || g.Ledger().Writes() == 0 {
				t.Errorf("%s: Allow %q, %d writes", tt.path, w.Header().Get("Allow"), g.Ledger().Writes())
			}
		default:
			if w.Header().Get("X-RateLimit-Remaining") == "" {
				t.Errorf("%s: no rate headers", tt.path)
			}
		}
		// What is denied for another reason takes nothing from the bucket.
		if left := w.Header().Get("X-RateLimit-Remaining"); w.Code >= 400 && left != "100" {
			t.Errorf("%s: %s remaining after a denial", tt.path, left)
		}
	}
	g := testGate(GateOptions{Keys: []Key{scopes()}, Rate: Rate{ChargeDenied: true, Limit: 1}})
	if w := askGate(g, "GET", "/v1/chats"); w.Code != 403 || w.Header().Get("X-RateLimit-Remaining") != "0" {
		t.Errorf("charged denial: %d, %v", w.Code, w.Header())
	}
	checkReply(t, askGate(g, "GET", "/v1/chats"), 429, `{"error":"Too many requests"}`)
}

func TestRefusal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := testGate(GateOptions{Rate: Rate{Limit: 2, Per: 10 * time.Second}})
		askGate(g, "GET", "/v1/chats")
		time.Sleep(1500 * time.Millisecond)
		askGate(g, "GET", "/v1/chats")
		w := askGate(g, "GET", "/v1/chats")
		checkReply(t, w, 429, `{"error":"Too many requests"}`)
		for name, want := range map[string]string{
			"X-RateLimit-Limit": "2", "X-RateLimit-Remaining": "0", "Retry-After": "9", // 8.5 s
			"Date":              "Fri, 20 Nov 2026 03:00:00 GMT",
			"X-RateLimit-Reset": fmt.Sprint(worldNow().Add(9300 * time.Millisecond).Unix()), // 0.7 + 8.5 = 9.2, up
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if n := g.Ledger().Refused(); n != 1 {
			t.Errorf("refused %d", n)
		}

		g.SetRate(Rate{Limit: 1, Per: 10 * time.Second, Headers: HeadersNever, RetryAfter: RetryAbsent})
		askGate(g, "GET", "/v1/chats")
		if h := askGate(g, "GET", "/v1/chats").Header(); len(h) != 2 { // Date, Content-Type
			t.Errorf("headers without a word of limits: %v", h)
		}
		g.SetRate(Rate{Limit: 1, Per: 10 * time.Second, Headers: HeadersOnRefused, RetryAfter: RetryZero})
		if h := askGate(g, "GET", "/v1/chats").Header(); h.Get("X-RateLimit-Limit") != "" {
			t.Errorf("headers on an admitted answer: %v", h)
		}
		if h := askGate(g, "GET", "/v1/chats").Header(); h.Get("X-RateLimit-Limit") != "1" || h.Get("Retry-After") != "0" {
			t.Errorf("headers on a refused answer: %v", h)
		}
		g.SetLimit(200, time.Minute)
		if h := askGate(g, "GET", "/v1/chats").Header(); h.Get("X-RateLimit-Limit") != "" {
			t.Errorf("a new limit changed the mode: %v", h)
		}
	})
}

func TestDateSkewMovesResetToo(t *testing.T) {
	t.Parallel()
	clock := time.Date(2030, 5, 5, 5, 5, 5, 0, time.UTC)
	g := testGate(GateOptions{ClockDate: true, DateSkew: -time.Hour, Clock: func() time.Time { return clock }})
	for _, want := range []time.Time{clock.Add(-time.Hour), clock.Add(time.Minute)} {
		w := askGate(g, "GET", "/v1/chats")
		if got := w.Header().Get("Date"); got != want.Format(http.TimeFormat) {
			t.Errorf("Date %q, want %v", got, want)
		}
		if got := w.Header().Get("X-RateLimit-Reset"); got != fmt.Sprint(want.Add(time.Minute).Unix()) {
			t.Errorf("Reset %q", got)
		}
		g.SetDateSkew(time.Minute)
	}
}

func TestPrincipalReachesTheHandler(t *testing.T) {
	t.Parallel()
	var got Key
	g := newGate(GateOptions{}, worldNow, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got, _ = principalOf(r.Context())
	}))
	askGate(g, "GET", "/v1/chats")
	if got.Value != DefaultKey || got.Identity != DefaultKey {
		t.Errorf("principal %+v", got)
	}
}

func TestPatterns(t *testing.T) {
	t.Parallel()
	other := strings.ToUpper(testUUID)
	for _, tt := range []struct{ path, pattern, route, creator string }{
		{"/v1/chats", "/v1/chats", "/chats", ""},
		{"/chats/" + testUUID + "/messages", "/chats/{uuid}/messages", "/chats/{uuid}/messages", ""},
		{"/v0/creators/" + testUUID + "/chats/" + other, "/v0/creators/{uuid}/chats/{uuid}", "/chats/{uuid}", testUUID},
		{"/v1/creators/nobody/chats", "/v1/creators/nobody/chats", "/chats", "nobody"},
		{"/v1/creators", "/v1/creators", "/creators", ""},
		{"/v1/creators/" + testUUID, "/v1/creators/{uuid}", "/creators/{uuid}", ""},
		{"/x" + testUUID, "/x" + testUUID, "/x" + testUUID, ""},
		{"/" + testUUID + "x", "/" + testUUID + "x", "/" + testUUID + "x", ""},
	} {
		r := httptest.NewRequest("GET", tt.path, nil)
		got := newTarget(r)
		if got.pattern != tt.pattern || got.route != tt.route || got.creator != tt.creator {
			t.Errorf("%s: %+v", tt.path, got)
		}
	}
}

func BenchmarkGate(b *testing.B) {
	g := newGate(GateOptions{Rate: Rate{Limit: 1 << 30}, CountsOnly: true}, worldNow, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	r := httptest.NewRequest("GET", "/v1/creators/"+testUUID+"/insights/earnings?size=50&startDate=2026-01-01T00:00:00.000Z", nil)
	r.Header.Set("X-Fanvue-API-Key", DefaultKey)
	r.Header.Set("X-Fanvue-API-Version", DefaultVersion)
	w := httptest.NewRecorder()
	b.ReportAllocs()
	for b.Loop() {
		g.ServeHTTP(w, r)
	}
}
