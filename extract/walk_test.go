package extract_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"fanlake/extract"
)

// onceDoer sends a request once, without a budget.
type onceDoer struct{}

func (onceDoer) Do(ctx context.Context, newRequest func(context.Context) (*http.Request, error), read func(*http.Response) error) error {
	req, err := newRequest(ctx)
	if err != nil {
		return err
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(resp.Body)
		return fmt.Errorf("status %d: %s", resp.StatusCode, body)
	}
	return read(resp)
}

// script serves one answer a request and keeps the queries.
type script struct {
	t       *testing.T
	answer  func(q url.Values) string
	queries []url.Values
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.queries = append(s.queries, r.URL.Query())
	w.Header().Set("Date", "Fri, 20 Nov 2026 03:00:00 GMT")
	io.WriteString(w, s.answer(r.URL.Query()))
}

func client(t *testing.T, answer func(q url.Values) string) (*extract.Client, *script) {
	s := &script{t: t, answer: answer}
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	return &extract.Client{Doer: onceDoer{}, BaseURL: srv.URL, Prefix: "/v1"}, s
}

func collect(seq iter.Seq2[extract.Page, error]) (pages []extract.Page, err error) {
	for p, err := range seq {
		if err != nil {
			return pages, err
		}
		pages = append(pages, p)
	}
	return pages, nil
}

func stream(t *testing.T, name string) extract.Stream {
	s, ok := extract.StreamByName(name)
	if !ok {
		t.Fatalf("no stream %s", name)
	}
	return s
}

func at(s string) time.Time {
	v, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return v
}

// month is a window of 31 days, so that any order is accepted.
var month = extract.Slice{Stream: "earnings", Self: true, Start: at("2026-10-20T03:00:00Z"), End: at("2026-11-20T03:00:00Z")}

func row(date, order string, gross int) string {
	return fmt.Sprintf(`{"gross":%d,"date":%q,"net":%d,"source":"tip","transactionOrderId":%q,"user":null}`, gross, date, gross/2, order)
}

func envelope(next string, rows ...string) string {
	cursor := "null"
	if next != "" {
		cursor = `"` + next + `"`
	}
	return `{"data":[` + strings.Join(rows, ",") + `],"nextCursor":` + cursor + `}`
}

func TestWalkFollowsCursorsAndKeepsSize(t *testing.T) {
	t.Parallel()
	c, s := client(t, func(q url.Values) string {
		switch q.Get("cursor") {
		case "":
			return envelope("a", row("2026-11-19T00:00:00.000Z", "1", 100))
		case "a":
			return envelope("b") // empty, and more follows
		default:
			return envelope("", row("2026-11-18T00:00:00.000Z", "2", 100))
		}
	})
	pages, err := collect(c.Walk(t.Context(), stream(t, "earnings"), month, nil))
	if err != nil || len(pages) != 3 {
		t.Fatalf("%d pages, error %v; want 3 pages", len(pages), err)
	}
	for i, q := range s.queries {
		if q.Get("size") != "50" || q.Get("startDate") != "2026-10-20T03:00:00.000Z" || q.Get("endDate") != "2026-11-20T03:00:00.000Z" {
			t.Errorf("request %d: %v; want the same size and window in each", i, q)
		}
	}
	if got := pages[2]; got.Index != 3 || !got.Ordered || !got.Next.IsZero() || !got.Last.Equal(at("2026-11-18T00:00:00Z")) {
		t.Errorf("last page %+v", got)
	}
	if want := at("2026-11-20T03:00:00Z"); !pages[0].FetchedAt.Equal(want) {
		t.Errorf("fetched at %v, want the server's %v", pages[0].FetchedAt, want)
	}
}

func TestWalkEndsALoopByName(t *testing.T) {
	t.Parallel()
	c, s := client(t, func(q url.Values) string {
		next := map[string]string{"": "a", "a": "b", "b": "a"}[q.Get("cursor")]
		return envelope(next, row("2026-11-19T00:00:00.000Z", "1"+next, 100))
	})
	pages, err := collect(c.Walk(t.Context(), stream(t, "earnings"), month, nil))
	var loop *extract.LoopError
	if !errors.As(err, &loop) || loop.Position.Cursor != "a" {
		t.Fatalf("error %v, want a loop at cursor a", err)
	}
	if len(pages) != 2 || len(s.queries) != 3 {
		t.Errorf("%d pages from %d requests, want 2 from 3", len(pages), len(s.queries))
	}
}

// Two equal rows on one page are two rows. Equal rows on different pages are
// settled by one request for their instant.
func TestWalkSettlesEqualRowsOnDifferentPages(t *testing.T) {
	t.Parallel()
	twin := row("2026-11-18T00:00:00.000Z", "7", 500)
	other := row("2026-11-19T00:00:00.000Z", "8", 500)
	c, s := client(t, func(q url.Values) string {
		if q.Get("endDate") == "2026-11-18T00:00:00.001Z" {
			return envelope("", twin, twin)
		}
		if q.Get("cursor") == "" {
			return envelope("a", other, other, twin)
		}
		return envelope("", twin, row("2026-11-17T00:00:00.000Z", "9", 500))
	})
	pages, err := collect(c.Walk(t.Context(), stream(t, "earnings"), month, nil))
	if err != nil || len(pages) != 3 {
		t.Fatalf("%d pages, error %v; want two of the walk and one that settles", len(pages), err)
	}
	if got := pages[2]; !got.Settles.Equal(at("2026-11-18T00:00:00Z")) || got.Rows != 2 || got.Index != 3 {
		t.Errorf("the last page is %+v, want the two rows of the instant", got)
	}
	if q := s.queries[2]; q.Get("startDate") != "2026-11-18T00:00:00.000Z" {
		t.Errorf("settled by %v", q)
	}
}

// A settling request that was not kept is asked for again by the walk that goes
// on, one that was kept is not.
func TestWalkGoesOnBehindPastPages(t *testing.T) {
	t.Parallel()
	twin := row("2026-11-18T00:00:00.000Z", "7", 500)
	answer := func(q url.Values) string {
		switch {
		case q.Get("endDate") == "2026-11-18T00:00:00.001Z":
			return envelope("", twin)
		case q.Get("cursor") == "":
			return envelope("a", twin)
		case q.Get("cursor") == "a":
			return envelope("b", twin)
		default:
			return envelope("", row("2026-11-17T00:00:00.000Z", "9", 500))
		}
	}
	c, _ := client(t, answer)
	all, err := collect(c.Walk(t.Context(), stream(t, "earnings"), month, nil))
	if err != nil || len(all) != 4 {
		t.Fatalf("%d pages, error %v; want 4", len(all), err)
	}
	for n := range all {
		c, s := client(t, answer)
		past := func(yield func(extract.Page, error) bool) {
			for _, p := range all[:n] {
				if !yield(p, nil) {
					return
				}
			}
		}
		rest, err := collect(c.Walk(t.Context(), stream(t, "earnings"), month, past))
		if err != nil || n+len(rest) != len(all) {
			t.Errorf("behind %d pages: %d more, error %v; want %d", n, len(rest), err, len(all)-n)
			continue
		}
		if len(s.queries) != len(rest) {
			t.Errorf("behind %d pages: %d requests for %d pages", n, len(s.queries), len(rest))
		}
		for i, p := range rest {
			want := all[n+i]
			if p.Index != want.Index || !p.Settles.Equal(want.Settles) || p.Next != want.Next || p.Ordered != want.Ordered {
				t.Errorf("behind %d pages: page %+v, want %+v", n, p, want)
			}
		}
	}
}

func TestWalkStopsBehindTheWatermarkOnly(t *testing.T) {
	t.Parallel()
	chat := func(at string) string { return `{"lastMessageAt":` + at + `,"user":{"uuid":"x"}}` }
	c, _ := client(t, func(q url.Values) string {
		switch q.Get("cursor") {
		case "":
			return envelope("a", chat(`"2026-11-19T00:00:00.000Z"`), chat(`"2026-11-18T00:00:00.000Z"`))
		case "a": // ends at the watermark itself: more may follow at this instant
			return envelope("b", chat(`"2026-11-10T00:00:00.000Z"`))
		case "b":
			return envelope("c", chat(`"2026-11-10T00:00:00.000Z"`), chat(`"2026-11-09T23:59:59.999Z"`))
		default:
			return envelope("", chat("null"))
		}
	})
	sl := extract.Slice{Stream: "chats", Self: true, StopAt: at("2026-11-10T00:00:00Z")}
	pages, err := collect(c.Walk(t.Context(), stream(t, "chats"), sl, nil))
	if err != nil || len(pages) != 3 || !pages[2].Stopped {
		t.Errorf("%d pages, error %v; want to stop at the third", len(pages), err)
	}
}

// A server that hands back the watermarks it was asked with, a millisecond above
// those it gave, would otherwise be followed for ever.
func TestWalkEndsWatermarksThatStandStill(t *testing.T) {
	t.Parallel()
	c, s := client(t, func(q url.Values) string {
		filter := `{"sentBefore":"2026-11-01T00:00:00.000Z","receivedBefore":"2026-11-02T00:00:00.000Z"}`
		if q.Has("sentBefore") {
			filter = `{"sentBefore":"` + q.Get("sentBefore") + `","receivedBefore":"` + q.Get("receivedBefore") + `"}`
		}
		return `{"data":[{"uuid":"m","sentAt":"2026-11-01T00:00:00.000Z"}],"dateFilter":` + filter + `}`
	})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := collect(c.Walk(ctx, stream(t, "messages"), extract.Slice{Stream: "messages", Creator: "c", Fan: "f"}, nil))
	if !errors.As(err, new(*extract.LoopError)) || len(s.queries) != 2 {
		t.Errorf("%d requests, error %v; want a loop named behind the second", len(s.queries), err)
	}
}

// A side of a chat without older messages may have no watermark any more; it is
// not asked for from its beginning again.
func TestWalkKeepsTheWatermarkOfAnExhaustedSide(t *testing.T) {
	t.Parallel()
	answers := []string{
		`{"sentBefore":"2026-11-02T00:00:00.000Z","receivedBefore":"2026-11-02T00:00:00.000Z"}`,
		`{"sentBefore":null,"receivedBefore":"2026-11-01T00:00:00.000Z"}`,
		`null`,
	}
	var c *extract.Client
	var s *script
	c, s = client(t, func(url.Values) string { return `{"data":[],"dateFilter":` + answers[len(s.queries)-1] + `}` })
	pages, err := collect(c.Walk(t.Context(), stream(t, "messages"), extract.Slice{Stream: "messages", Creator: "c", Fan: "f"}, nil))
	if err != nil || len(pages) != 3 {
		t.Fatalf("%d pages, error %v", len(pages), err)
	}
	if got := s.queries[2].Get("sentBefore"); got != "2026-11-02T00:00:00.001Z" {
		t.Errorf("the last page was asked for messages sent before %q", got)
	}
}

// The last messages of a chat may have been read or unsent since, so as many as
// a full page has are read again, however few the server puts on a page.
func TestWalkReadsAPageOfMessagesAgain(t *testing.T) {
	t.Parallel()
	const size = 20
	newest := at("2026-11-20T00:00:00Z")
	c, _ := client(t, func(q url.Values) string {
		first := newest
		if q.Has("sentBefore") {
			first = at(q.Get("sentBefore")).Add(-time.Millisecond - time.Minute)
		}
		var rows []string
		for k := range size {
			rows = append(rows, `{"uuid":"m","sentAt":"`+first.Add(-time.Duration(k)*time.Minute).Format("2006-01-02T15:04:05.000Z")+`"}`)
		}
		last := first.Add(-(size - 1) * time.Minute).Format("2006-01-02T15:04:05.000Z")
		return `{"data":[` + strings.Join(rows, ",") + `],"dateFilter":{"sentBefore":"` + last + `","receivedBefore":"` + last + `"}}`
	})
	sl := extract.Slice{Stream: "messages", Creator: "c", Fan: "f", StopAt: newest}
	pages, err := collect(c.Walk(t.Context(), stream(t, "messages"), sl, nil))
	if err != nil || len(pages) != 3 || !pages[2].Stopped {
		t.Errorf("%d pages of %d, error %v; want to stop behind 50 messages", len(pages), size, err)
	}
}

// A walk covers what is newer than its last instant. Where messages of one instant
// end the page, those of the last page's number that were unsent would stay, so
// the walk reads behind them.
func TestWalkReadsBehindMessagesOfOneInstant(t *testing.T) {
	t.Parallel()
	newest := at("2026-11-20T00:00:00Z")
	const stamp = "2006-01-02T15:04:05.000Z"
	for tied, want := range map[int]int{1: 1, 2: 2, 4: 2} {
		end := newest.Add(-time.Duration(50-tied) * time.Minute) // the instant of the last ones of the first page
		c, s := client(t, func(q url.Values) string {
			var rows []string
			add := func(at time.Time) {
				rows = append(rows, fmt.Sprintf(`{"uuid":"m","sentAt":%q}`, at.Format(stamp)))
			}
			last := end
			if !q.Has("sentBefore") {
				for k := range 50 - tied {
					add(newest.Add(-time.Duration(k) * time.Minute))
				}
				for range tied {
					add(end)
				}
			} else { // those of the instant once more, one that the first page lacked, and older ones
				for range tied + 1 {
					add(end)
				}
				for k := range 49 - tied {
					last = end.Add(-time.Duration(k+1) * time.Minute)
					add(last)
				}
			}
			return fmt.Sprintf(`{"data":[%s],"dateFilter":{"sentBefore":%[2]q,"receivedBefore":%[2]q}}`, strings.Join(rows, ","), last.Format(stamp))
		})
		sl := extract.Slice{Stream: "messages", Creator: "c", Fan: "f", StopAt: newest}
		pages, err := collect(c.Walk(t.Context(), stream(t, "messages"), sl, nil))
		if err != nil || len(pages) != want || len(s.queries) != want || !pages[want-1].Stopped {
			t.Errorf("%d messages of one instant end the page: %d pages, error %v; want to stop behind %d", tied, len(pages), err, want)
		}
	}
}

// Out of order nothing tells where to stop, so everything is read.
func TestWalkOutOfOrderReadsEverything(t *testing.T) {
	t.Parallel()
	c, _ := client(t, func(q url.Values) string {
		if q.Get("cursor") == "" {
			return envelope("a", `{"lastMessageAt":"2026-11-01T00:00:00.000Z"}`, `{"lastMessageAt":"2026-11-02T00:00:00.000Z"}`)
		}
		return envelope("", `{"lastMessageAt":"2026-11-03T00:00:00.000Z"}`)
	})
	sl := extract.Slice{Stream: "chats", Self: true, StopAt: at("2026-11-10T00:00:00Z")}
	pages, err := collect(c.Walk(t.Context(), stream(t, "chats"), sl, nil))
	if err != nil || len(pages) != 2 || pages[0].Ordered || pages[1].Stopped {
		t.Errorf("%d pages %+v, error %v; want both, unordered", len(pages), pages, err)
	}
}

func TestWalkOutOfOrderRefusesLongWindows(t *testing.T) {
	t.Parallel()
	c, _ := client(t, func(url.Values) string {
		return envelope("", row("2026-11-01T00:00:00.000Z", "1", 100), row("2026-11-02T00:00:00.000Z", "2", 100))
	})
	long := month
	long.Start = long.Start.Add(-time.Millisecond)
	if _, err := collect(c.Walk(t.Context(), stream(t, "earnings"), long, nil)); !errors.Is(err, extract.ErrUnordered) {
		t.Errorf("31 days and a millisecond: error %v, want ErrUnordered", err)
	}
	if _, err := collect(c.Walk(t.Context(), stream(t, "earnings"), month, nil)); err != nil {
		t.Errorf("31 days: %v", err)
	}
}

// The watermarks of messages are exclusive, so each is passed a millisecond
// later than it came.
func TestWalkPassesMessageWatermarksOneMillisecondLater(t *testing.T) {
	t.Parallel()
	c, s := client(t, func(q url.Values) string {
		if q.Get("sentBefore") == "" {
			return `{"data":[{"uuid":"m","sentAt":"2026-11-01T00:00:00.000Z"}],"dateFilter":{"sentBefore":"2026-11-01T00:00:00.000Z","receivedBefore":"2026-10-31T23:59:59.999Z"}}`
		}
		return `{"data":[],"dateFilter":null}`
	})
	sl := extract.Slice{Stream: "messages", Creator: "c", Fan: "f"}
	pages, err := collect(c.Walk(t.Context(), stream(t, "messages"), sl, nil))
	if err != nil || len(pages) != 2 {
		t.Fatalf("%d pages, error %v", len(pages), err)
	}
	q := s.queries[1]
	if q.Get("sentBefore") != "2026-11-01T00:00:00.001Z" || q.Get("receivedBefore") != "2026-11-01T00:00:00.000Z" {
		t.Errorf("second request %v", q)
	}
	for _, q := range s.queries {
		if q.Get("markAsRead") != "false" || q.Get("limit") != "50" {
			t.Errorf("request %v; want markAsRead=false and limit=50", q)
		}
	}
}

func TestWalkTakesPageNumbers(t *testing.T) {
	t.Parallel()
	c, s := client(t, func(q url.Values) string {
		more := q.Get("page") != "3"
		return fmt.Sprintf(`{"data":[{"uuid":"x%s"}],"pagination":{"page":1,"size":1,"hasMore":%v}}`, q.Get("page"), more)
	})
	pages, err := collect(c.Walk(t.Context(), stream(t, "followers"), extract.Slice{Stream: "followers", Self: true}, nil))
	if err != nil || len(pages) != 3 {
		t.Fatalf("%d pages, error %v; want 3", len(pages), err)
	}
	var asked []string
	for _, q := range s.queries {
		asked = append(asked, q.Get("page"))
	}
	if want := []string{"", "2", "3"}; !slices.Equal(asked, want) {
		t.Errorf("asked for pages %q, want %q", asked, want)
	}
}

func TestWalkRefusesBrokenBodies(t *testing.T) {
	t.Parallel()
	whole := envelope("a", row("2026-11-19T00:00:00.000Z", "1", 100))
	bodies := []string{"", "null", "<html>busy</html>", `{"error":"x"}`, `{"data":{}}`, whole + "x", whole + whole}
	for n := 1; n < len(whole); n++ {
		bodies = append(bodies, whole[:n])
	}
	for _, body := range bodies {
		c, _ := client(t, func(url.Values) string { return body })
		if pages, err := collect(c.Walk(t.Context(), stream(t, "earnings"), month, nil)); err == nil {
			t.Errorf("body %q: %d pages, want an error", body, len(pages))
		}
	}
}

// The self path always answers with the key owner's data, so a creator's slice
// must never use it.
func TestStreamPaths(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		slice extract.Slice
		want  string
	}{
		{extract.Slice{Stream: "earnings", Creator: "c", Self: true}, "/insights/earnings"},
		{extract.Slice{Stream: "earnings", Creator: "c"}, "/creators/c/insights/earnings"},
		{extract.Slice{Stream: "messages", Creator: "c", Fan: "f"}, "/creators/c/chats/f/messages"},
		{extract.Slice{Stream: "message", Creator: "c", Fan: "f", Message: "m", Self: true}, "/chats/f/messages/m"},
		{extract.Slice{Stream: "account", Creator: "../users"}, "/creators/..%2Fusers/account"},
	} {
		if got := stream(t, tt.slice.Stream).Path(tt.slice); got != tt.want {
			t.Errorf("%+v: path %s, want %s", tt.slice, got, tt.want)
		}
	}
}

func FuzzWalk(f *testing.F) {
	f.Add([]byte(envelope("a", row("2026-11-19T00:00:00.000Z", "1", 100))))
	f.Add([]byte(`[{"date":"2026-11-19"}]`))
	f.Add([]byte(`{"data":[{}],"dateFilter":{"sentBefore":1}}`))
	f.Add([]byte(`{"pagination":{"hasMore":true},"data":[[]]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		c := &extract.Client{Doer: bodyDoer(body)}
		n := 0
		for range c.Walk(t.Context(), stream(t, "earnings"), month, nil) {
			if n++; n > 10 {
				t.Fatal("a walk over one answer does not end")
			}
		}
	})
}

// bodyDoer answers every request with one body.
type bodyDoer []byte

func (b bodyDoer) Do(_ context.Context, _ func(context.Context) (*http.Request, error), read func(*http.Response) error) error {
	return read(&http.Response{Header: http.Header{}, ContentLength: -1, Body: io.NopCloser(strings.NewReader(string(b)))})
}
