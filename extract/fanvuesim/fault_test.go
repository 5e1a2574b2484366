package fanvuesim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"
)

const earningsPage = `{"data":[` +
	`{"uuid":"a","date":"2026-10-02T00:00:00.000Z","gross":1250,"net":1000,"source":"tip","user":{"uuid":"f1","handle":"x"}},` +
	`{"uuid":"b","date":"2026-10-01T00:00:00.000Z","gross":-300,"net":-240,"source":"refund","user":null}` +
	`],"nextCursor":"c2"}`

// faulty serves gate and faults on loopback and reads one answer of it.
type faulty struct {
	t    *testing.T
	gate *Gate
	srv  *httptest.Server
}

func newFaulty(t *testing.T, body string) *faulty {
	g := newGate(GateOptions{}, worldNow, pageHandler(body))
	srv := httptest.NewUnstartedServer(g)
	srv.Config.ErrorLog = nil
	srv.Start()
	t.Cleanup(srv.Close)
	return &faulty{t, g, srv}
}

func (f *faulty) get(ctx context.Context, target string) (*http.Response, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, "GET", f.srv.URL+target, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	req.Header.Set("X-Fanvue-API-Key", DefaultKey)
	req.Header.Set("X-Fanvue-API-Version", DefaultVersion)
	resp, err := f.srv.Client().Do(req)
	if err != nil {
		return nil, nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if cerr := resp.Body.Close(); err == nil {
		err = cerr
	}
	return resp, body, err
}

func TestStatusFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fault  Fault
		status int
		body   string
		retry  string
	}{
		{Fault{}, 500, `{"message":"Internal Server Error"}`, ""},
		{Fault{Status: 503, Wait: 5 * time.Second}, 503, `{"message":"Service Unavailable"}`, "5"},
		{Fault{Status: 502, NoBody: true}, 502, "", ""},
		{Fault{Status: 502, Body: "<html>", Header: http.Header{"content-type": {"text/html"}}}, 502, "<html>", ""},
		{Fault{Status: 429, Wait: 90 * time.Second, Retry: RetryDate}, 429, `{"error":"Too Many Requests"}`, "Fri, 20 Nov 2026 03:01:31 GMT"},
		{Fault{Status: 429, Retry: RetryZero}, 429, `{"error":"Too Many Requests"}`, "0"},
		{Fault{Status: 429, Header: http.Header{"Retry-After": {"soon"}}}, 429, `{"error":"Too Many Requests"}`, "soon"},
		{Fault{Status: 401}, 401, `{"error":"Unauthorized"}`, ""},
	} {
		g := testGate(GateOptions{})
		in := g.Inject(tt.fault)
		w := askGate(g, "GET", "/v1/chats")
		checkReply(t, w, tt.status, tt.body)
		if got := w.Header().Get("Retry-After"); got != tt.retry {
			t.Errorf("%d: Retry-After %q, want %q", tt.status, got, tt.retry)
		}
		if w.Header().Get("X-RateLimit-Remaining") != "99" || w.Header().Get("Date") == "" {
			t.Errorf("%d: a disturbed request is paid for: %v", tt.status, w.Header())
		}
		if e := g.Ledger().Since(0)[0]; e.Fault != "status" || e.Refused || e.Status != tt.status || in.Fired() != 1 {
			t.Errorf("entry %+v, fired %d", e, in.Fired())
		}
	}
}

func TestFaultSelection(t *testing.T) {
	t.Parallel()
	hits := func(f Fault, targets ...string) string {
		g := testGate(GateOptions{})
		g.Inject(f)
		out := ""
		for _, target := range targets {
			method, path, _ := strings.Cut(target, " ")
			if askGate(g, method, path).Code == 500 {
				out += "x"
			} else {
				out += "."
			}
		}
		return out
	}
	const chats, posts, one, batch = "GET /v1/chats?page=2", "GET /v1/posts", "GET /v1/chats/" + testUUID + "/messages", "POST /v1/chats/messages/batch"
	for _, tt := range []struct {
		fault   Fault
		targets []string
		want    string
	}{
		{Fault{}, []string{chats, posts}, "xx"},
		{Fault{Path: "/chats"}, []string{chats, posts, one}, "x.x"},
		{Fault{Path: "/chats/{uuid}"}, []string{chats, posts, one}, "..x"},
		{Fault{Path: "page=2"}, []string{chats, posts, one}, "x.."},
		{Fault{Path: testUUID}, []string{chats, one}, ".x"},
		{Fault{Method: "POST"}, []string{one, batch}, ".x"},
		{Fault{Count: 2}, []string{chats, chats, chats}, "xx."},
		{Fault{Path: "/chats", Skip: 1, Count: 1}, []string{chats, posts, chats, chats}, "..x."},
		{Fault{Probability: 1e-12}, []string{chats, chats}, ".."},
		{Fault{Kind: ExpiredCursor, Status: 500}, []string{posts, chats, "GET /v1/posts?cursor=c", "GET /v1/posts?page=1"}, ".xx."},
	} {
		if got := hits(tt.fault, tt.targets...); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.fault, got, tt.want)
		}
	}
	many := make([]string, 90)
	for i := range many {
		many[i] = posts
	}
	half := Fault{Probability: 0.5, Seed: 7}
	first := hits(half, many...)
	if n := strings.Count(first, "x"); n < 25 || n > 65 {
		t.Errorf("%d of 90 at one half", n)
	}
	if second := hits(half, many...); second != first {
		t.Error("the same seed hit others")
	}
}

func TestExpiredCursor(t *testing.T) {
	t.Parallel()
	g := testGate(GateOptions{})
	in := g.Inject(Fault{Kind: ExpiredCursor, Count: 1})
	checkReply(t, askGate(g, "GET", "/v1/chats"), 200, `{"data":[]}`)
	checkReply(t, askGate(g, "GET", "/v1/chats?cursor=x"), 400, `{"errors":["cursor is invalid or has expired"]}`)
	checkReply(t, askGate(g, "GET", "/v1/chats?cursor=x"), 200, `{"data":[]}`)
	if in.Fired() != 1 {
		t.Errorf("fired %d", in.Fired())
	}
}

func TestLatencyAndHang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := testGate(GateOptions{})
		serve := func(ctx context.Context) (took time.Duration, aborted bool, w *httptest.ResponseRecorder) {
			r := httptest.NewRequest("GET", "/v1/chats", nil).WithContext(ctx)
			r.Header.Set("X-Fanvue-API-Key", DefaultKey)
			r.Header.Set("X-Fanvue-API-Version", DefaultVersion)
			start := time.Now()
			w = httptest.NewRecorder()
			defer func() {
				took = time.Since(start)
				if v := recover(); v != nil {
					aborted = errors.Is(v.(error), http.ErrAbortHandler)
				}
			}()
			g.ServeHTTP(w, r)
			return
		}
		slow := g.Inject(Fault{Kind: Latency, Delay: 5 * time.Second})
		if took, aborted, w := serve(t.Context()); took != 5*time.Second || aborted || w.Code != 200 {
			t.Errorf("slow: %v, %v", took, aborted)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if took, aborted, _ := serve(ctx); took != time.Second || !aborted {
			t.Errorf("impatient: %v, %v", took, aborted)
		}
		slow.Remove()
		hang := g.Inject(Fault{Kind: Hang})
		ctx, cancel = context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if took, aborted, _ := serve(ctx); took != time.Hour || !aborted {
			t.Errorf("hung: %v, %v", took, aborted)
		}
		go func() {
			time.Sleep(time.Minute)
			hang.Remove()
			hang.Remove()
		}()
		if took, aborted, _ := serve(t.Context()); took != time.Minute || !aborted {
			t.Errorf("released: %v, %v", took, aborted)
		}
		if took, aborted, _ := serve(t.Context()); took != 0 || aborted {
			t.Errorf("after the hang: %v, %v", took, aborted)
		}
		if e := g.Ledger().Since(0)[2]; e.Status != 0 || e.Took != time.Hour || e.Fault != "hang" {
			t.Errorf("entry of the hang: %+v", e)
		}
	})
}

func TestHangEndsWithTheClient(t *testing.T) {
	t.Parallel()
	f := newFaulty(t, earningsPage)
	in := f.gate.Inject(Fault{Kind: Hang})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, _, err := f.get(ctx, "/v1/chats"); !errors.Is(err, context.DeadlineExceeded) || in.Fired() != 1 {
		t.Errorf("got %v, fired %d", err, in.Fired())
	}
	f.srv.Close() // waits for the handler
}

func TestDamagedTransport(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind FaultKind
		ok   func(resp *http.Response, body []byte, err error) bool
	}{
		{CutBefore, func(_ *http.Response, _ []byte, err error) bool { return errors.Is(err, io.EOF) }},
		{CutBody, func(resp *http.Response, body []byte, err error) bool {
			return resp.StatusCode == 200 && resp.ContentLength == int64(len(earningsPage)) &&
				errors.Is(err, io.ErrUnexpectedEOF) && string(body) == earningsPage[:len(earningsPage)/2]
		}},
		{BitFlip, func(resp *http.Response, body []byte, err error) bool {
			differ := 0
			for i := range body {
				if body[i] != earningsPage[i] {
					differ++
				}
			}
			return err == nil && len(body) == len(earningsPage) && differ == 1 && !utf8.Valid(body)
		}},
		{Truncated, func(resp *http.Response, body []byte, err error) bool {
			return err == nil && !json.Valid(body) && resp.ContentLength == int64(len(body)) && strings.HasPrefix(earningsPage, string(body))
		}},
		{HTMLPage, func(resp *http.Response, body []byte, err error) bool {
			return err == nil && resp.StatusCode == 200 && strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") && bytes.Contains(body, []byte("<html>"))
		}},
		{EmptyBody, func(resp *http.Response, body []byte, err error) bool {
			return err == nil && resp.StatusCode == 200 && len(body) == 0
		}},
		{BadGzip, func(resp *http.Response, _ []byte, err error) bool {
			return err != nil && resp != nil && resp.StatusCode == 200
		}},
	} {
		t.Run(tt.kind.String(), func(t *testing.T) {
			t.Parallel()
			f := newFaulty(t, earningsPage)
			in := f.gate.Inject(Fault{Kind: tt.kind, Count: 1, Seed: 3})
			resp, body, err := f.get(t.Context(), "/v1/insights/earnings")
			if !tt.ok(resp, body, err) {
				t.Errorf("got %v, %q, %v", resp, body, err)
			}
			if in.Fired() != 1 {
				t.Errorf("fired %d", in.Fired())
			}
			resp, body, err = f.get(t.Context(), "/v1/insights/earnings")
			if err != nil || resp.StatusCode != 200 || string(body) != earningsPage {
				t.Errorf("the second answer: %v, %q, %v", resp, body, err)
			}
			if n := f.gate.Repeated(); n != 0 {
				t.Errorf("a page that never arrived counts as served: repeated %d", n)
			}
		})
	}
}

func TestRowFaults(t *testing.T) {
	t.Parallel()
	const first, second = `{"uuid":"a","date":"2026-10-02T00:00:00.000Z","gross":1250,"net":1000,"source":"tip","user":{"uuid":"f1","handle":"x"}}`,
		`{"uuid":"b","date":"2026-10-01T00:00:00.000Z","gross":-300,"net":-240,"source":"refund","user":null}`
	change := func(row, from, to string) string {
		if !strings.Contains(row, from) {
			t.Fatalf("%s has no %s", row, from)
		}
		return strings.Replace(row, from, to, 1)
	}
	added := `,"addedLater":{"since":"2026-11-01","values":[1,null,true]}}`
	for _, tt := range []struct {
		fault Fault
		rows  string
	}{
		{Fault{Kind: StringCents}, change(first, `1250`, `"1250"`) + "," + second},
		{Fault{Kind: FractionCents, Row: 1}, first + "," + change(second, `-300`, `12.5`)},
		{Fault{Kind: FractionCents, Field: "net", Row: -1}, change(first, `1000`, `12.5`) + "," + change(second, `-240`, `12.5`)},
		{Fault{Kind: HugeNumber}, change(first, `1250`, `99999999999999999999`) + "," + second},
		{Fault{Kind: NullRequired}, change(first, `"uuid":"a"`, `"uuid":null`) + "," + second},
		{Fault{Kind: NullRequired, Field: "user.uuid"}, change(first, `"f1"`, `null`) + "," + second},
		{Fault{Kind: UnknownEnum}, change(first, `"tip"`, `"SOMETHING_NEW"`) + "," + second},
		{Fault{Kind: UnknownEnum, Value: "gift"}, change(first, `"tip"`, `"gift"`) + "," + second},
		{Fault{Kind: SetField, Field: "source", Value: `[1,"x"]`}, change(first, `"tip"`, `[1,"x"]`) + "," + second},
		{Fault{Kind: DropField, Field: "net"}, change(first, `"net":1000,`, ``) + "," + second},
		{Fault{Kind: UnknownRowField}, strings.TrimSuffix(first, "}") + added + "," + second},
		{Fault{Kind: UnknownPersonField, Row: -1}, change(first, `"handle":"x"`, `"handle":"x","addedLater":"new"`) + "," + second},
		{Fault{Kind: DuplicateRow}, first + "," + first + "," + second},
		{Fault{Kind: DuplicateRow, Row: 1}, first + "," + second + "," + second},
		{Fault{Kind: DuplicateRow, Row: -1}, first + "," + first + "," + second + "," + second},
		{Fault{Kind: ShiftedRow}, second},
	} {
		g := newGate(GateOptions{}, worldNow, pageHandler(earningsPage))
		in := g.Inject(tt.fault)
		w := askGate(g, "GET", "/v1/insights/earnings", "Accept-Encoding", "gzip")
		want := `{"data":[` + tt.rows + `],"nextCursor":"c2"}`
		if canonicalJSON(t, w.Body.Bytes()) != canonicalJSON(t, []byte(want)) || in.Fired() != 1 {
			t.Errorf("%+v: got\n%s\nwant\n%s", tt.fault, w.Body, want)
		}
		if w.Header().Get("Content-Length") != fmt.Sprint(w.Body.Len()) || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("headers %v", w.Header())
		}
		if e := g.Ledger().Since(0)[0]; e.Damaged || e.Fault != tt.fault.Kind.String() {
			t.Errorf("entry %+v", e)
		}
	}
}

// canonicalJSON is a document with its keys in order and its numbers as they are.
func canonicalJSON(t *testing.T, doc []byte) string {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v: %s", err, doc)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestRowFaultsFindTheRows(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ body, want string }{
		{`[{"uuid":"a"},{"uuid":"b"}]`, `[{"uuid":null},{"uuid":"b"}]`},
		{`{"uuid":"a","n":1}`, `{"n":1,"uuid":null}`},
		{`{"byChat":{"x":{"messages":[{"uuid":"a"}]},"y":{"error":"not_found"}}}`, `{"byChat":{"x":{"messages":[{"uuid":null}]},"y":{"error":"not_found"}}}`},
		{`{"data":[],"nextCursor":null}`, ``}, // nothing to act on
		{`{"data":[{"x":1}],"nextCursor":null}`, ``},
		{`not json`, ``},
	} {
		g := newGate(GateOptions{}, worldNow, pageHandler(tt.body))
		in, want, fired := g.Inject(Fault{Kind: NullRequired, Count: 1}), tt.want, 1
		if want == "" {
			want, fired = tt.body, 0
		}
		checkReply(t, askGate(g, "GET", "/v1/chats"), 200, want)
		if in.Fired() != fired {
			t.Errorf("%s: fired %d, want %d", tt.body, in.Fired(), fired)
		}
	}
}

func TestFaultsCombine(t *testing.T) {
	t.Parallel()
	g := newGate(GateOptions{}, worldNow, pageHandler(`{"data":[{"uuid":"a"}],"nextCursor":null}`))
	g.Inject(Fault{Kind: DuplicateRow})
	g.Inject(Fault{Kind: NullRequired, Row: 1})
	g.Inject(Fault{Kind: StatusFault, Skip: 1})
	checkReply(t, askGate(g, "GET", "/v1/chats"), 200, `{"data":[{"uuid":"a"},{"uuid":null}],"nextCursor":null}`)
	if e := g.Ledger().Since(0)[0]; e.Fault != "duplicate row,null required" {
		t.Errorf("entry %+v", e)
	}
	checkReply(t, askGate(g, "GET", "/v1/chats"), 500, `{"message":"Internal Server Error"}`)
	g.ClearFaults()
	checkReply(t, askGate(g, "GET", "/v1/chats"), 200, `{"data":[{"uuid":"a"}],"nextCursor":null}`)
}

// chain serves pages "" → A → B → C → end.
func chain(key string) http.Handler {
	next := map[string]string{"": "A", "A": "B", "B": "C"}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to, ok := next[r.URL.Query().Get(key)]
		switch {
		case key == "sentBefore" && ok:
			fmt.Fprintf(w, `{"data":[],"dateFilter":{"receivedBefore":null,"sentBefore":%q}}`, to)
		case key == "sentBefore":
			fmt.Fprint(w, `{"data":[],"dateFilter":null}`)
		case ok:
			fmt.Fprintf(w, `{"data":[],"nextCursor":%q}`, to)
		default:
			fmt.Fprint(w, `{"data":[],"nextCursor":null}`)
		}
	})
}

func TestCursorFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind FaultKind
		key  string
		want string
	}{
		{SameCursor, "cursor", "AAAAAA"},
		{SameCursor, "sentBefore", "AAAAAA"},
		{CursorLoop, "cursor", "ABABAB"},
		{CursorLoop, "sentBefore", "ABABAB"},
	} {
		g := newGate(GateOptions{}, worldNow, chain(tt.key))
		g.Inject(Fault{Kind: tt.kind})
		got, at := "", ""
		for range 6 {
			w := askGate(g, "GET", "/v1/chats?size=50&"+tt.key+"="+at)
			var page struct {
				NextCursor string
				DateFilter struct{ SentBefore string }
			}
			if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
				t.Fatal(err)
			}
			at = page.NextCursor + page.DateFilter.SentBefore
			got += at
		}
		if got != tt.want {
			t.Errorf("%v by %s: %s, want %s", tt.kind, tt.key, got, tt.want)
		}
	}
	g := newGate(GateOptions{}, worldNow, pageHandler(`{"data":[],"pagination":{"hasMore":false,"page":2,"size":0}}`))
	g.Inject(Fault{Kind: SameCursor})
	checkReply(t, askGate(g, "GET", "/v0/chats?page=2"), 200, `{"data":[],"pagination":{"hasMore":true,"page":2,"size":0}}`)
}

// net/http sends a GET again by itself when a kept connection ends before the
// answer, so one request of a client can cost two of the budget.
func TestCutConnectionsAreSentAgainByTheTransport(t *testing.T) {
	t.Parallel()
	f := newFaulty(t, earningsPage)
	if _, _, err := f.get(t.Context(), "/v1/chats"); err != nil {
		t.Fatal(err)
	}
	f.gate.Inject(Fault{Kind: CutBefore, Count: 1})
	if _, _, err := f.get(t.Context(), "/v1/chats"); err != nil {
		t.Errorf("the second request: %v", err)
	}
	if n := f.gate.Ledger().Total(); n != 3 {
		t.Errorf("the gate saw %d requests of two calls", n)
	}
}

func TestEveryFaultHasAName(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, k := range FaultKinds() {
		if name := k.String(); name == "" || seen[name] {
			t.Errorf("fault %d: name %q", k, name)
		}
		seen[k.String()] = true
	}
}

func FuzzBodyFaults(f *testing.F) {
	for _, body := range []string{
		earningsPage, `[{"uuid":"a"}]`, `{"byChat":{"x":{"messages":[{"pricing":{"USD":{"price":7}}}]}}}`,
		`{"data":[1,null,[]],"pagination":{}}`, `{"data":[],"dateFilter":{"sentBefore":1}}`, `{"user":7}`, `"`, `{}{}`, `[]`,
	} {
		f.Add([]byte(body), "cursor=a&sentBefore=b", 1)
		f.Add([]byte(body), "", -1)
	}
	f.Fuzz(func(t *testing.T, body []byte, query string, row int) {
		for _, kind := range FaultKinds() {
			if kind < CutBody {
				continue
			}
			g := newGate(GateOptions{}, worldNow, pageHandler(""))
			in := g.Inject(Fault{Kind: kind, Row: row})
			got, ok := in.apply(&recorder{header: http.Header{}, status: 200}, body, &target{query: query})
			if ok && kind > BadGzip && !json.Valid(got) {
				t.Errorf("%v made %q of %q", kind, got, body)
			}
		}
	})
}
