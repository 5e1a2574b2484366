package fanvuesim

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

func TestLedgerCounts(t *testing.T) {
	t.Parallel()
	g := testGate(GateOptions{Rate: Rate{Limit: 5}})
	askGate(g, "GET", "/v1/chats?size=50&cursor=a")
	mark := g.Ledger().Mark()
	askGate(g, "GET", "/v1/chats?cursor=a&size=50") // the same page
	askGate(g, "GET", "/v1/chats?cursor=b&size=50")
	askGate(g, "GET", "/v1/creators/"+testUUID+"/chats?cursor=b&size=50")
	askGate(g, "GET", "/v1/chats", "X-Fanvue-API-Key", "")
	askGate(g, "POST", "/v1/chats/statuses")
	askGate(g, "GET", "/v1/users/me")
	askGate(g, "GET", "/v1/users/me") // the sixth of five

	l := g.Ledger()
	if l.Total() != 8 || l.Refused() != 1 || l.Writes() != 0 || l.MaxInFlight() != 1 {
		t.Errorf("total %d, refused %d, writes %d, in flight %d", l.Total(), l.Refused(), l.Writes(), l.MaxInFlight())
	}
	if n := l.Count("/chats", 200); n != 5 {
		t.Errorf("%d good answers of chats, want 5 (with statuses)", n)
	}
	if n := l.Count("/users/me", 0); n != 2 {
		t.Errorf("%d of users/me", n)
	}
	if n := l.Counts()[Count{"GET", "/v1/creators/{uuid}/chats", 200}]; n != 1 {
		t.Errorf("counts: %v", l.Counts())
	}
	if n := g.Repeated(); n != 1 {
		t.Errorf("repeated %d", n)
	}
	if n := g.Repeated("/chats"); n != 0 {
		t.Errorf("repeated without chats %d", n)
	}
	page := PageID{Pattern: "/v1/chats", Path: "/v1/chats", Query: "cursor=a&size=50"}
	if n := g.Pages()[page]; n != 2 || len(g.Pages()) != 4 {
		t.Errorf("pages %v", g.Pages())
	}
	since := l.Since(mark)
	if len(since) != 7 {
		t.Fatalf("since the mark: %d", len(since))
	}
	e := since[6]
	if e.N != 8 || !e.Refused || e.Status != 429 || e.Path != "/v1/users/me" || e.Bytes != int64(len(`{"error":"Too many requests"}`)) {
		t.Errorf("last entry %+v", e)
	}
	if since[2].Creator != testUUID || since[2].Pattern != "/v1/creators/{uuid}/chats" || since[2].At.IsZero() {
		t.Errorf("creator's entry %+v", since[2])
	}
	l.Reset()
	if l.Total() != 0 || len(l.Since(0)) != 0 || g.Repeated() != 0 {
		t.Error("a reset ledger remembers")
	}
	askGate(g, "GET", "/v1/no/such", "X-Fanvue-API-Key", "")
	if e := l.Since(0); len(e) != 1 || e[0].N != 1 || e[0].Status != 401 {
		t.Errorf("after the reset: %+v", e)
	}
}

func TestLedgerCountsOnly(t *testing.T) {
	t.Parallel()
	g := testGate(GateOptions{CountsOnly: true})
	for range 3 {
		askGate(g, "GET", "/v1/chats")
	}
	l := g.Ledger()
	if l.Total() != 3 || len(l.Since(0)) != 0 || l.Count("", 200) != 3 || g.Repeated() != 2 || len(g.Pages()) != 0 {
		t.Errorf("total %d, entries %d, repeated %d", l.Total(), len(l.Since(0)), g.Repeated())
	}
}

func TestLedgerInFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(GateOptions{}, worldNow, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(time.Second) }))
		for i := range 7 {
			go func() {
				time.Sleep(time.Duration(i) * 400 * time.Millisecond)
				askGate(g, "GET", "/v1/chats")
			}()
		}
		time.Sleep(900 * time.Millisecond) // arrivals at 0, 400 and 800 ms
		synctest.Wait()
		l := g.Ledger()
		if l.MaxInFlight() != 3 || l.Total() != 3 {
			t.Errorf("in flight %d, total %d", l.MaxInFlight(), l.Total())
		}
		if e := l.Since(0)[0]; e.Status != 0 || e.Took != 0 {
			t.Errorf("open request: %+v", e)
		}
		l.Reset() // those in flight no longer count, but still end
		time.Sleep(10 * time.Second)
		if l.MaxInFlight() != 3 || l.Total() != 4 || l.Count("", 200) != 4 {
			t.Errorf("in flight %d, total %d, finished %d", l.MaxInFlight(), l.Total(), l.Count("", 200))
		}
		if e := l.Since(0)[0]; e.Status != 200 || e.Took != time.Second {
			t.Errorf("finished request: %+v", e)
		}
	})
}

func TestLedgerIsSafe(t *testing.T) {
	t.Parallel()
	g := testGate(GateOptions{Rate: Rate{Limit: 300, Kind: SlidingWindow}})
	srv := httptest.NewServer(g)
	defer srv.Close()
	done := make(chan error)
	for range 8 {
		go func() {
			for range 50 {
				req, err := http.NewRequest("GET", srv.URL+"/v1/chats", nil)
				if err == nil {
					req.Header.Set("X-Fanvue-API-Key", DefaultKey)
					req.Header.Set("X-Fanvue-API-Version", DefaultVersion)
					var resp *http.Response
					if resp, err = srv.Client().Do(req); err == nil {
						err = resp.Body.Close()
					}
				}
				if err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range 50 {
		g.SetVersion("other", Version{})
		g.AddKey(Key{Value: "other"})
		g.SetDateSkew(time.Second)
		g.Inject(Fault{Kind: UnknownRowField, Count: 1}).Remove()
		g.Ledger().Since(g.Ledger().Mark())
		g.Pages()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	l := g.Ledger()
	if l.Total() != 400 || l.Refused() != 100 || l.Count("", 200) != 300 {
		t.Errorf("total %d, refused %d, served %d", l.Total(), l.Refused(), l.Count("", 200))
	}
}
