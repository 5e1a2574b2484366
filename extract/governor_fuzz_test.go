package extract

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
)

// FuzzGovernorState starts from any state file: it holds requests back for a
// window, a pause no longer than a header may ask for, and nothing else.
func FuzzGovernorState(f *testing.F) {
	for _, text := range []string{
		``, `{}`, `null`, `[]`, `{"ends":null}`, `{"ends":[1763900000000,1763900000001]}`, `{"ends":[9223372036854775807,-9223372036854775808]}`,
		`{"paused_until":9223372036854775807}`, `{"paused_until":-9223372036854775808,"saved_at":9223372036854775807}`, `{"ends":[1e400]}`,
		`{"saved_at":4102444800000,"paused_until":4102444860000}`, "{\"ends\":[1]}\x00",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "requests.json")
		must(t, os.WriteFile(path, text, 0o600))
		g := NewGovernor(Limit{}, GovernorOptions{StateFile: path})
		now := time.Now()
		for i, end := range g.key.ledger.ends {
			if left := end.Sub(now); left > g.key.ledger.window || i > 0 && end.Before(g.key.ledger.ends[i-1]) {
				t.Errorf("%q: span %d ends in %v", text, i, left)
			}
		}
		if left := g.key.paused.Sub(now); left > maxHint {
			t.Errorf("%q: a pause of %v", text, left)
		}
		must(t, g.Close())
		again := NewGovernor(Limit{}, GovernorOptions{StateFile: path})
		if got, want := fmt.Sprint(len(again.key.ledger.ends)), fmt.Sprint(len(g.key.ledger.ends)); got != want {
			t.Errorf("%q: %s spans are %s after another start", text, want, got)
		}
	})
}

// FuzzGovernorAnswers lets answers to several routes come in any order and name
// any limits: what the key has sent is what the routes that share its bucket have,
// and never more than the highest limit.
func FuzzGovernorAnswers(f *testing.F) {
	f.Add([]byte{0, 1, 0, 200, 1, 0, 1, 80, 2, 0, 2, 200, 1, 1, 1, 80, 0, 1, 0, 200})
	f.Add([]byte{0, 0, 0, 60, 1, 1, 1, 60, 2, 2, 2, 60, 0, 2, 0, 200})
	f.Add([]byte{3, 1, 3, 0, 3, 1, 131, 80, 0, 1, 64, 200})
	f.Fuzz(func(t *testing.T, ops []byte) {
		g := NewGovernor(Limit{Requests: 20, Per: time.Minute, Max: 30}, GovernorOptions{})
		var under []passage
		for ; len(ops) >= 4; ops = ops[4:] {
			r := g.route(fmt.Sprint("GET/", ops[0]%5))
			g.mu.Lock()
			for range ops[1] % 4 {
				if next := g.next(g.allowanceOf(r), time.Now()); next.reason == "" || next.reason == WaitPace {
					under = append(under, g.send(r, time.Now()))
				} else if !next.at.IsZero() && time.Until(next.at) > maxHint+time.Minute {
					t.Errorf("waits until %v", next.at)
				}
			}
			g.mu.Unlock()
			if len(under) > 0 {
				i := int(ops[2]%16) % len(under)
				status := 200
				if ops[2]&128 != 0 {
					status = 429
				}
				if ops[2]&64 != 0 {
					status = 503
				}
				h := http.Header{"X-Ratelimit-Limit": {fmt.Sprint(ops[3] / 8)}, "X-Ratelimit-Remaining": {fmt.Sprint(ops[3] % 8 * 4)}}
				g.release(under[i], &http.Response{StatusCode: status, Header: h})
				under = append(under[:i], under[i+1:]...)
			}
			var shared ledger
			for _, r := range g.routes {
				if !r.own {
					shared.inFlight += r.ledger.inFlight
					shared.ends = append(shared.ends, r.ledger.ends...)
				}
				if l := r.ledger; l.inFlight < 0 || l.sent != l.answered+l.inFlight || r.own && l.overlap() > g.max {
					t.Fatalf("route %+v", l)
				}
			}
			if l := g.key.ledger; l.inFlight != shared.inFlight || len(l.ends) != len(shared.ends) || l.sent != l.answered+l.inFlight {
				t.Fatalf("the key has %d requests and %d under way, the routes that share its bucket %d and %d",
					len(l.ends), l.inFlight, len(shared.ends), shared.inFlight)
			}
			if g.flying != len(under) || g.key.limit > g.max {
				t.Fatalf("%d under way, want %d; limit %d", g.flying, len(under), g.key.limit)
			}
		}
	})
}

// FuzzLifecycle reads any headers as what is said of the API version: fit to be
// printed in one line each, and their instants within reason.
func FuzzLifecycle(f *testing.F) {
	f.Add("Tue, 01 Sep 2026 00:00:00 GMT", "@1767225600", "2026-12-01", "Sun, 01 Nov 2026 12:00:00 GMT")
	f.Add("@99999999999999999999", "@1099511627775", "\x1b[31m\n2027", "")
	f.Add("true", " ", strings.Repeat("v", 5000), "x")
	f.Fuzz(func(t *testing.T, deprecation, sunset, next, date string) {
		var w witness
		req := &http.Request{Method: "GET", URL: &url.URL{Path: "/v1/chats"}}
		now := time.Now()
		resp := &http.Response{Header: http.Header{"Deprecation": {deprecation}, "Sunset": {sunset}, "X-Fanvue-Api-Next-Version": {next}, "Date": {date}}}
		w.observe(req, resp, now, now)
		w.observe(req, resp, now, now)
		l := w.lifecycle
		for _, v := range []string{l.Deprecation, l.Sunset, l.NextVersion} {
			if strings.ContainsFunc(v, func(r rune) bool { return !unicode.IsPrint(r) }) || len([]rune(v)) > maxErrorToken {
				t.Errorf("%q is not fit to print", v)
			}
		}
		for _, at := range []time.Time{l.DeprecatedAt, l.SunsetAt} {
			if _, err := at.MarshalJSON(); err != nil {
				t.Errorf("%v cannot be kept: %v", at, err)
			}
		}
		if l.Deprecated() != !l.SeenAt.IsZero() {
			t.Errorf("%+v", l)
		}
	})
}
