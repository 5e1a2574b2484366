package fanvuesim

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

func ask(t *testing.T, base, path, key string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Fanvue-API-Version", DefaultVersion)
	req.Header.Set("X-Fanvue-API-Key", key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if date := res.Header.Get("Date"); !strings.HasPrefix(date, "Fri, 20 Nov 2026") {
		t.Errorf("the answer is dated %s", date)
	}
	return res.StatusCode, string(b)
}

func TestTheWorldStandsBehindItsGate(t *testing.T) {
	t.Parallel()
	s := New(Options{World: WorldOptions{Seed: 30}})
	srv := httptest.NewServer(s.Handler())
	defer srv.Close()
	if code, body := ask(t, srv.URL, "/v1/users/me", DefaultKey); code != 200 || !strings.Contains(body, s.World().Owner()) {
		t.Errorf("users/me answers %d %s", code, body)
	}
	if code, body := ask(t, srv.URL, "/v1/users/me", "wrong"); code != 401 {
		t.Errorf("a wrong key is answered %d %s", code, body)
	}
}

// Run with -race: readers, marks and nights at the same time.
func TestReadersDuringNights(t *testing.T) {
	t.Parallel()
	s := New(Options{World: WorldOptions{Seed: 31, Agency: true, OwnerIsCreator: true}, Drift: Drift{Every: 3}, SummaryCache: time.Minute})
	fan := s.World().Chats(s.World().Owner())[0].FanID
	var wg sync.WaitGroup
	for _, path := range []string{
		"/v1/insights/earnings?size=50", "/v1/chats?size=50", "/v1/subscribers", "/v1/followers", "/v1/agencies/chats", "/v1/agencies/subscribers",
		"/v1/users/account", "/v1/chats/" + fan + "/messages?markAsRead=true", "/v1/insights/top-spenders", "/v1/creators",
		"/v1/posts?size=50", "/v1/media", "/v1/notifications", "/v1/chats/mass-messages", "/v1/tracking-links", "/v1/chats/unread", "/v1/chats/lists/custom", "/v1/chats/lists/smart/spent_more_than_50",
		"/v1/agencies/insights/chatter-leaderboard", "/v1/insights/fans/" + fan, "/v1/insights/earnings/summary", "/v0/chats?page=2", "/posts?page=2&size=5", "/v0/agencies/chats?page=3",
	} {
		wg.Go(func() {
			for range 20 {
				s.World().Posts(s.World().Owner())
				if code, body := get(t, s, path); code != 200 {
					t.Errorf("%s: %d %s", path, code, body)
				}
			}
		})
	}
	for range 5 {
		s.Night()
	}
	wg.Wait()
	if n := s.World().MarkedRead(); n != 20 {
		t.Errorf("%d marks, want 20", n)
	}
}

func FuzzCursor(f *testing.F) {
	s := New(Options{World: WorldOptions{Seed: 32, Agency: true, OwnerIsCreator: true}})
	now := s.Now().UnixMilli()
	for _, name := range []string{"earnings/0", "days/0", "top/0", "chats/0", "creators", "agency-history", "agency-earnings", "posts/0", "media/0", "smart/0/followers", "links/0"} {
		f.Add(cursor{Walk: name, Issued: now, At: now, Number: 3, Page: 1}.encode(), "20")
	}
	f.Add("!", "0")
	f.Fuzz(func(t *testing.T, cursor, size string) {
		for _, path := range []string{"insights/earnings", "insights/subscribers", "insights/top-spenders", "chats", "creators", "agencies/chats", "posts", "media", "chats/lists/smart/followers", "tracking-links"} {
			req := httptest.NewRequest(http.MethodGet, "/v1/"+path, nil)
			q := req.URL.Query()
			q.Set("cursor", cursor)
			q.Set("size", size)
			req.URL.RawQuery = q.Encode()
			rec := httptest.NewRecorder()
			s.api().ServeHTTP(rec, req)
			if rec.Code != 200 && rec.Code != 400 {
				t.Errorf("%s answers %d %s", path, rec.Code, rec.Body)
			}
		}
	})
}

func FuzzID(f *testing.F) {
	w := New(Options{}).World()
	f.Add(w.Owner())
	f.Add("3f0c9a52-7c1d-4e0b-9a77-0123456789ab")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		x, ok := parseID(s)
		if !ok {
			return
		}
		if x.String() != strings.ToLower(s) && x != (id{}) {
			t.Errorf("%q reads as %s", s, x)
		}
		if at, ok := w.find(x); ok && w.id(at) != x {
			t.Errorf("%s hides %x, which is %s", x, at, w.id(at))
		}
	})
}

func TestIDsCanBeFound(t *testing.T) {
	t.Parallel()
	w := New(Options{World: WorldOptions{Seed: 33}}).World()
	for _, s := range []spot{spotOf(idFan, 0, 0), spotOf(idCreator, 4095, 0), spotOf(idMessage, 17, 999<<24|16_000_000), spotOf(idBroadcast, 1, 1<<44-1)} {
		x := w.id(s)
		if got, ok := w.find(x); !ok || got != s {
			t.Errorf("%s is found as %x, want %x", x, got, s)
		}
		if y := (id{x.hi, x.lo ^ 1}); y != x {
			if _, ok := w.find(y); ok {
				t.Errorf("a stranger's id %s is found", y)
			}
		}
		if v := x.String(); v[14] != '4' || !strings.ContainsRune("89ab", rune(v[19])) {
			t.Errorf("%s is no UUID of version 4", v)
		}
	}
}
