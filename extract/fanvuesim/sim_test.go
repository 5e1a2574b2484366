package fanvuesim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// get asks the handlers without the gate.
func get(t testing.TB, s *Sim, path string) (int, string) {
	t.Helper()
	rec := httptest.NewRecorder()
	s.api().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
	return rec.Code, rec.Body.String()
}

func getOK(t testing.TB, s *Sim, path string, into any) string {
	t.Helper()
	code, body := get(t, s, path)
	if code != http.StatusOK {
		t.Fatalf("GET %s: status %d: %s", path, code, body)
	}
	if err := json.Unmarshal([]byte(body), into); err != nil {
		t.Fatalf("GET %s: %v\n%s", path, err, body)
	}
	return body
}

type envelope struct {
	Data       []json.RawMessage
	NextCursor *string
	Total      *int
}

// walkAll follows a cursor walk to its end and decodes every row.
func walkAll[T any](t testing.TB, s *Sim, path string) []T {
	t.Helper()
	var all []T
	next := path
	for range 100_000 {
		var e envelope
		getOK(t, s, next, &e)
		for _, raw := range e.Data {
			var row T
			if err := json.Unmarshal(raw, &row); err != nil {
				t.Fatalf("%s: %v in %s", path, err, raw)
			}
			all = append(all, row)
		}
		if e.NextCursor == nil {
			return all
		}
		// Later parameters must not matter: the cursor has frozen them.
		bare, _, _ := strings.Cut(path, "?")
		next = bare + "?size=7&startDate=2030-01-01T00:00:00Z&source=tip&cursor=" + url.QueryEscape(*e.NextCursor)
	}
	t.Fatalf("%s does not end", path)
	return nil
}

type userRow struct {
	UUID, Handle, DisplayName string
	Nickname                  *string
	RegisteredAt              string
}

type earningRow struct {
	Date                       string
	Gross, Net, Total          int64
	Currency                   *string
	Source                     string
	TransactionOrderID         *string
	TransactionOrderStatus     string
	ReversedTransactionOrderID *string
	MessageUUID, PostUUID      *string
	User                       *userRow
}

func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

const isoMillis = "2006-01-02T15:04:05.000Z"

// line is a row in a form that truth and API can be compared in.
func (r earningRow) line() string {
	fan := ""
	if r.User != nil {
		fan = r.User.UUID
	}
	return fmt.Sprint(r.Date, "|", r.Source, "|", r.Gross, "|", r.Net, "|", r.Total, "|", text(r.Currency), "|", text(r.TransactionOrderID), "|",
		text(r.ReversedTransactionOrderID), "|", r.TransactionOrderStatus, "|", text(r.MessageUUID), "|", text(r.PostUUID), "|", fan)
}

func (e EarningTruth) line() string {
	return fmt.Sprint(e.At.Format(isoMillis), "|", e.Source, "|", e.Gross, "|", e.Net, "|", e.Total, "|", e.Currency, "|", e.OrderID, "|",
		e.Reversed, "|", e.Status, "|", e.MessageID, "|", e.PostID, "|", e.FanID)
}

func earningLines(rows []earningRow) []string {
	var all []string
	for _, r := range rows {
		all = append(all, r.line())
	}
	return all
}

func truthLines(w *World, creator string, keep func(EarningTruth) bool) []string {
	var all []string
	for e := range w.Earnings(creator) {
		if !e.Gone && (keep == nil || keep(e)) {
			all = append(all, e.line())
		}
	}
	return all
}

func same(t testing.TB, what string, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d rows, want %d", what, len(got), len(want))
	}
	for k := range min(len(got), len(want)) {
		if got[k] != want[k] {
			t.Fatalf("%s: row %d is\n%s\nwant\n%s", what, k, got[k], want[k])
		}
	}
}

// scopeOf returns the path under which a creator is read.
func scopeOf(c CreatorTruth) string {
	if c.Owner {
		return "/v1"
	}
	return "/v1/creators/" + c.UUID
}

// worlds of several sizes, each a few nights old.
func worlds(t *testing.T, each func(*testing.T, *Sim)) {
	for name, o := range map[string]WorldOptions{
		"single":   {Seed: 1},
		"ten rows": {Seed: 2, Shapes: map[int]Shape{0: {Fans: 3, Earnings: 10, Chats: 2, Messages: 5}}},
		"agency":   {Seed: 3, Agency: true, Nights: NightOptions{Vanish: true}},
		"odd shapes": {Seed: 5, Agency: true, Creators: 5, Months: 1, PlainNames: true, Shapes: map[int]Shape{
			0: {Earnings: 50}, 1: {Fans: 5, Earnings: 1, Chats: 9, Messages: 1}, 2: {Fans: 1, Chats: 1, Messages: 300}, 3: {Fans: 2, Earnings: 700}, 4: {Fans: 4, Earnings: 90, Chats: 4, Messages: 2},
		}},
		"owner too": {Seed: 4, Agency: true, OwnerIsCreator: true, Creators: 4, Shapes: map[int]Shape{1: {}, 2: {Fans: 200, Earnings: 6000, Chats: 150, Messages: 20}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := New(Options{World: o})
			each(t, s)
			for range 5 {
				s.Night()
			}
			each(t, s)
		})
	}
}

func TestPageCapServesFewerRowsThanAsked(t *testing.T) {
	t.Parallel()
	s := New(Options{World: WorldOptions{Seed: 5, EarningsPerCreator: 20}, PageCap: 7})
	var e envelope
	getOK(t, s, "/v1/insights/earnings?size=50", &e)
	if len(e.Data) != 7 || e.NextCursor == nil {
		t.Errorf("the first page has %d rows, cursor %v; want 7 and one", len(e.Data), e.NextCursor)
	}
	if n := len(walkAll[map[string]any](t, s, "/v1/insights/earnings?size=50")); n != 20 {
		t.Errorf("the walk has %d rows, want 20", n)
	}
}
