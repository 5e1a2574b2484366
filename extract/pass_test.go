package extract_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"fanlake/extract"
	"fanlake/extract/fanvuesim"
)

// keyed sends with the simulator's key.
type keyed struct{ onceDoer }

func (d keyed) Do(ctx context.Context, newRequest func(context.Context) (*http.Request, error), read func(*http.Response) error) error {
	return d.onceDoer.Do(ctx, func(ctx context.Context) (*http.Request, error) {
		req, err := newRequest(ctx)
		if err == nil {
			req.Header.Set("X-Fanvue-API-Key", fanvuesim.DefaultKey)
			req.Header.Set("X-Fanvue-API-Version", fanvuesim.DefaultVersion)
		}
		return req, err
	}, read)
}

// names are the rows of the pages that count, each once.
func names(t *testing.T, pages []extract.Page) []string {
	t.Helper()
	seen := map[string]bool{}
	last := pages[len(pages)-1]
	for _, p := range pages {
		if p.Index < last.From || p.Confirms {
			continue
		}
		var body struct {
			Data []struct {
				UUID string
				User struct{ UUID string }
			}
		}
		if err := json.Unmarshal(p.Body, &body); err != nil {
			t.Fatal(err)
		}
		for _, r := range body.Data {
			seen[r.UUID+r.User.UUID] = true
		}
	}
	all := make([]string, 0, len(seen))
	for name := range seen {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// Lists on numbered pages that move while they are read are read once more
// until two readings agree, and then have every row that is there.
func TestWalkOfNumberedPagesThatMove(t *testing.T) {
	t.Parallel()
	for _, drift := range []fanvuesim.Drift{{}, {Every: 1, Most: 3}, {Every: 2, Most: 2}, {Every: 3, Most: 5}} {
		for _, name := range []string{"chats", "messages", "subscribers", "followers"} {
			t.Run(fmt.Sprint(name, drift), func(t *testing.T) {
				t.Parallel()
				sim := fanvuesim.New(fanvuesim.Options{World: fanvuesim.WorldOptions{Seed: 3, FansPerCreator: 120, ChatsPerCreator: 60, MessagesPerChat: 80},
					Drift: drift, PageCap: 7, Gate: fanvuesim.GateOptions{Rate: fanvuesim.Rate{Limit: -1}}})
				srv := httptest.NewServer(sim.Handler())
				defer srv.Close()
				w, owner := sim.World(), sim.World().Owner()
				fan := w.Chats(owner)[5].FanID
				c := &extract.Client{Doer: keyed{}, BaseURL: srv.URL, Prefix: extract.V0.Prefix()}
				st, _ := extract.V0.Stream(name)
				pages, err := collect(c.Walk(t.Context(), st, extract.Slice{Stream: name, Creator: owner, Self: true, Fan: fan}, nil))
				if err != nil {
					t.Fatal(err)
				}
				var want []string
				active := map[string]bool{}
				for _, s := range w.Subscribers(owner) {
					active[s.UUID] = true
				}
				switch name {
				case "chats":
					for _, h := range w.Chats(owner) {
						want = append(want, h.FanID)
					}
				case "messages":
					for m := range w.Messages(owner, fan) {
						if !m.Gone {
							want = append(want, m.UUID)
						}
					}
				case "subscribers":
					for uuid := range active {
						want = append(want, uuid)
					}
				case "followers":
					for _, f := range w.Followers(owner) {
						if !active[f.UUID] {
							want = append(want, f.UUID)
						}
					}
				}
				slices.Sort(want)
				if got := names(t, pages); !slices.Equal(got, want) {
					t.Errorf("%d rows, want %d", len(got), len(want))
				}
				if once := (len(want) + 6) / 7; drift == (fanvuesim.Drift{}) && len(pages) > once+1 {
					t.Errorf("%d pages of a list of %d that stood still", len(pages), once)
				}
				if n := w.MarkedRead(); n != 0 {
					t.Errorf("%d reads marked the chat as read", n)
				}
				// Interrupted behind any page, a walk goes on as if it had not been.
				for k := 1; k < len(pages); k++ {
					more, err := collect(c.Walk(t.Context(), st, extract.Slice{Stream: name, Creator: owner, Self: true, Fan: fan}, replayed(pages[:k])))
					if err != nil {
						t.Fatal(err)
					}
					if got := names(t, append(slices.Clone(pages[:k]), more...)); drift == (fanvuesim.Drift{}) && !slices.Equal(got, want) {
						t.Errorf("resumed behind page %d: %d rows, want %d", k, len(got), len(want))
					}
				}
			})
		}
	}
}

func replayed(pages []extract.Page) iter.Seq2[extract.Page, error] {
	return func(yield func(extract.Page, error) bool) {
		for _, p := range pages {
			if !yield(p, nil) {
				return
			}
		}
	}
}

// numbered serves numbered pages of names, three a page.
func numbered(t *testing.T, list func(request int) []string) (*extract.Client, *script) {
	n := 0
	return client(t, func(q url.Values) string {
		n++
		all := list(n)
		page, _ := strconv.Atoi(q.Get("page"))
		from := min(3*(max(page, 1)-1), len(all))
		to := min(from+3, len(all))
		var rows []string
		for _, name := range all[from:to] {
			rows = append(rows, fmt.Sprintf(`{"uuid":%q}`, name))
		}
		return fmt.Sprintf(`{"data":[%s],"pagination":{"page":%d,"size":%d,"hasMore":%t}}`, strings.Join(rows, ","), page, to-from, to < len(all))
	})
}

// Every way in which a list can move before the last page: a row that came
// repeats one, a row that left hides one.
func TestWalkOfNumberedPagesCountsTheLastReading(t *testing.T) {
	t.Parallel()
	abc := strings.Split("abcdefgh", "")
	st, _ := extract.Bare.Stream("followers")
	for _, tt := range []struct {
		name     string
		list     func(n int) []string
		rows     string
		requests int
		err      error
	}{
		{"one page", func(int) []string { return abc[:3] }, "abc", 1, nil},
		{"still", func(int) []string { return abc }, "abcdefgh", 4, nil},
		{"one came", func(n int) []string {
			if n > 1 {
				return append([]string{"z"}, abc...)
			}
			return abc
		}, "abcdefghz", 7, nil},
		{"the first left", func(n int) []string {
			if n > 1 {
				return abc[1:]
			}
			return abc
		}, "bcdefgh", 7, nil},
		{"one comes with every request", func(n int) []string {
			var came []string
			for k := range n {
				came = append([]string{fmt.Sprint(k)}, came...)
			}
			return append(came, abc...)
		}, "", 0, extract.ErrMoving},
		{"the same row twice, always", func(int) []string { return append(abc[:4:4], "a") }, "abcd", 4, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, s := numbered(t, tt.list)
			pages, err := collect(c.Walk(t.Context(), st, extract.Slice{Stream: "followers", Self: true}, nil))
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if err != nil {
				return
			}
			if got := strings.Join(names(t, pages), ""); got != tt.rows {
				t.Errorf("rows %s, want %s", got, tt.rows)
			}
			if len(s.queries) != tt.requests {
				t.Errorf("%d requests, want %d: %v", len(s.queries), tt.requests, s.queries)
			}
		})
	}
}

// What a surface has of a stream is said by its value.
func TestStreamsOnTheOlderSurface(t *testing.T) {
	t.Parallel()
	sl := extract.Slice{Creator: "c", Fan: "f", Message: "m"}
	for _, st := range extract.Streams {
		if on, ok := st.On(extract.V1); !ok || on.Path(sl) != st.Path(sl) || on.SelfOnly || on.RowID != "" {
			t.Errorf("%s on v1: %+v", st.Name, on)
		}
	}
	reversals, ok := extract.V0.Stream("reversals")
	if got := reversals.Path(sl); !ok || got != "/creators/c/insights/spending" || !reversals.SelfOnly || reversals.Query.Has("source") {
		t.Errorf("reversals: %s %+v", got, reversals)
	}
	messages, _ := extract.Bare.Stream("messages")
	if messages.Paging != extract.BySize || messages.Query.Get("markAsRead") != "false" {
		t.Errorf("messages: %+v", messages)
	}
	if _, ok := extract.Bare.Stream("message"); ok {
		t.Error("the older surface has single messages")
	}
	for s, want := range map[extract.Surface]string{"": "/v1", extract.V1: "/v1", extract.V0: "/v0", extract.Bare: ""} {
		if got := s.Prefix(); got != want {
			t.Errorf("prefix of %q is %q", s, got)
		}
	}
}
