package transform_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"fanlake/transform"
	"fanlake/transform/tables"
)

// earningWith returns a page with one good earning in which parts are replaced.
func earningWith(oldnew ...string) string {
	row := `{"date":"2026-11-01T10:20:30Z","gross":1000,"net":800,"source":"tip","messageUuid":null,"transactionOrderStatus":"x","user":{"uuid":"` + fan + `","handle":"bob"}}`
	return `{"data":[` + strings.NewReplacer(oldnew...).Replace(row) + `]}`
}

func TestRejects(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, body, path, reason string }{
		{"no date", earningWith(`"date"`, `"day"`), "date", "missing"},
		{"null where required", earningWith(`1000`, `null`), "gross", "missing"},
		{"no date at all", earningWith(`2026-11-01T10:20:30Z`, `yesterday`), "date", "not an ISO 8601 date-time"},
		{"day that is none", earningWith(`2026-11-01T`, `2026-02-29T`), "date", "not an ISO 8601 date-time"},
		{"fraction of a cent", earningWith(`1000`, `10.5`), "gross", "number with a fraction, want an integer"},
		{"more than 64 bits", earningWith(`800`, `9223372036854775808`), "net", "number out of the range of 64 bits"},
		{"more than sums can take", earningWith(`1000`, `10000000000001`), "gross", "number beyond 10,000,000,000,000"},
		{"less than sums can take", earningWith(`800`, `-10000000000001`), "net", "number beyond 10,000,000,000,000"},
		{"money as text", earningWith(`1000`, `"1000"`), "gross", "string, want number"},
		{"money as object", earningWith(`1000`, `{"usd":10}`), "gross", "object, want number"},
		{"money as array", earningWith(`1000`, `[1000]`), "gross", "array, want number"},
		{"text as number", earningWith(`"tip"`, `7`), "source", "number, want string"},
		{"optional text as boolean", earningWith(`"x"`, `true`), "transactionOrderStatus", "boolean, want string"},
		{"optional uuid that is none", earningWith(`"messageUuid":null`, `"messageUuid":"FV-1"`), "messageUuid", "not a uuid"},
		{"fan that is no uuid", earningWith(fan, `gggggggg-4455-6677-8899-aabbccddeeff`), "user.uuid", "not a uuid"},
		{"person that is text", earningWith(`{"uuid":"`+fan+`","handle":"bob"}`, `"bob"`), "user", "string, want object"},
		{"person that is a list", earningWith(`{"uuid":"`+fan+`","handle":"bob"}`, `[]`), "user", "array, want object"},
		{"name twice", earningWith(`"gross":1000`, `"gross":1000,"gross":1`), "gross", "name stands twice in one object"},
		{"name twice, once escaped", earningWith(`"gross":1000`, `"gross":1000,"\u0067ross":1000`), "gross", "name stands twice in one object"},
		{"unknown name twice", earningWith(`"gross":1000`, `"gross":1000,"a":1,"a":1`), "a", "name stands twice in one object"},
		{"half a surrogate pair", earningWith(`tip`, `\ud83d`), "source", "not valid UTF-8"},
		{"invalid UTF-8", earningWith(`tip`, "t\xffp"), "", "not valid UTF-8"},
		{"row that is no object", `{"data":[17]}`, "", "number, want object"},
		{"row that is null", `{"data":[null]}`, "", "null, want object"},
		{"very many unknown names", earningWith(`"gross"`, manyNames(300)+`"gross"`), "", "too many unknown names"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := seal(t, "earnings", false)
			slice := s.add(input("reversals", tt.body, earningWith()))
			if slice.Rows != 1 || slice.Rejected != 1 || slice.Complete {
				t.Errorf("slice %+v", slice)
			}
			s.close()
			rejects, _ := read(t, s.rejects.Bytes())
			wantLines(t, rejects, "table_name stream creator_id _page", "earnings reversals "+creator+" 1")
			if got := rejects[0]["path"] + ": " + rejects[0]["reason"]; got != tt.path+": "+tt.reason {
				t.Errorf("got %s, want %s: %s", got, tt.path, tt.reason)
			}
			row := strings.TrimSuffix(strings.TrimPrefix(tt.body, `{"data":[`), `]}`)
			if got, want := rejects[0]["row"], strings.ToValidUTF8(row, "\uFFFD"); got != want {
				t.Errorf("row\n%s\nwant as served\n%s", got, want)
			}
		})
	}
}

func manyNames(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(`"n` + strings.Repeat("i", i%60) + string(rune('a'+i/60)) + `":0,`)
	}
	return b.String()
}

// TestRejectsHoldNoAddresses: what is stored nowhere is not stored there.
func TestRejectsHoldNoAddresses(t *testing.T) {
	t.Parallel()
	s := seal(t, "messages", false)
	in := input("messages", `{"data":[{"uuid":7,"text":"caf\u00e9 \"x\"","sender":{"uuid":"`+fan+`","eMail":"f@example.test","avatarUrl":"https://img.example/1"},"mediaUrls":["https://img.example/2"],"n":1}]}`)
	in.FanUUID = fan
	s.add(in)
	s.close()
	rejects, _ := read(t, s.rejects.Bytes())
	want := `{"uuid":7,"text":"xxxxxxxx","sender":{"uuid":"` + fan + `","eMail":"[redacted]","avatarUrl":"[redacted]"},"mediaUrls":["[redacted]"],"n":1}`
	if got := rejects[0]["row"]; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestPagesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, body, want string }{
		{"empty", ``, "malformed JSON"},
		{"cut off", `{"data":[{"date":"2026-1`, "string without end"},
		{"cut off between rows", `{"data":[{},`, "malformed JSON"},
		{"text behind", `{"data":[]} x`, "text after the end"},
		{"no rows", `{"items":[]}`, `no array "data"`},
		{"rows are null", `{"data":null}`, `"data" is not one array`},
		{"rows stand twice", `{"data":[],"data":[]}`, `"data" is not one array`},
		{"plain text", `service unavailable`, "malformed JSON"},
		{"number", `7`, "neither object nor array"},
		{"bare control character", "{\"data\":[{\"source\":\"a\nb\"}]}", "control character"},
		{"too deep", `{"data":[{"x":` + strings.Repeat("[", 100_000), "nested too deep"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := seal(t, "earnings", false)
			_, err := s.part.Add(context.Background(), input("earnings", earningWith(), tt.body))
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "slice run-7/1: page 2") {
				t.Errorf("got %v, want slice, page and %q", err, tt.want)
			}
			if _, again := s.part.Add(context.Background(), input("earnings", earningWith())); again == nil {
				t.Error("the part went on after an error")
			}
			if _, again := s.part.Close(tables.Footer{}); again == nil {
				t.Error("the part closed after an error")
			}
		})
	}
}

// A failing is a sink that has no room after some bytes.
type failing struct{ room int }

var errFull = errors.New("no space left")

func (f *failing) Write(b []byte) (int, error) {
	if f.room -= len(b); f.room < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	tab, _ := tables.ByName("messages")
	bodies, _ := messagePages(10_000)
	for _, room := range []int{0, 4, 1_000, 200_000} {
		none := func() (io.Writer, error) { return io.Discard, nil }
		p, err := transform.NewPart(&failing{room}, tab, transform.Options{Key: testKey(t), KeepText: true, Side: transform.NewSide(none, none)})
		if err == nil {
			in := input("messages")
			in.FanUUID, in.Pages = fan, each(bodies, 1)
			if _, err = p.Add(context.Background(), in); err == nil {
				_, err = p.Close(tables.Footer{})
			}
		}
		if err == nil || !strings.Contains(err.Error(), errFull.Error()) {
			t.Errorf("room for %d bytes: %v", room, err)
		}
	}
}

func TestPeopleThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	tab, _ := tables.ByName("earnings")
	full := func() (io.Writer, error) { return nil, errFull }
	side := transform.NewSide(full, full)
	p, err := transform.NewPart(io.Discard, tab, transform.Options{Key: testKey(t), Side: side})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Add(context.Background(), input("earnings", earningWith())); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
	if _, _, err := side.ClosePeople(tables.Footer{}); !errors.Is(err, errFull) {
		t.Errorf("closing: got %v", err)
	}
}

func TestInputsThatLackSomething(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(context.Background())
	stop()
	tests := []struct {
		name, table, want string
		ctx               context.Context
		change            func(*inputOf)
	}{
		{"creator", "earnings", "needs the slice's creator", nil, func(in *inputOf) { in.CreatorUUID = "" }},
		{"creator's uuid", "earnings", "creator: not a uuid", nil, func(in *inputOf) { in.CreatorUUID = "ava" }},
		{"chat", "messages", "needs the slice's fan", nil, func(*inputOf) {}},
		{"chat's uuid", "messages", "fan: not a uuid", nil, func(in *inputOf) { in.FanUUID = "bob" }},
		{"month", "top_spenders", "needs the slice's window_month", nil, func(*inputOf) {}},
		{"patience", "earnings", "context canceled", ctx, func(*inputOf) {}},
		{"page", "earnings", errFull.Error(), nil, func(in *inputOf) {
			in.Pages = func(yield func(transform.Page, error) bool) { yield(transform.Page{}, errFull) }
		}},
		{"run of a page", "earnings", "run or time", nil, func(in *inputOf) {
			in.Pages = func(yield func(transform.Page, error) bool) { yield(transform.Page{Body: []byte("[]")}, nil) }
		}},
	}
	for _, tt := range tests {
		s := seal(t, tt.table, false)
		in := input(tt.table, `[]`)
		tt.change(&in)
		if tt.ctx == nil {
			tt.ctx = context.Background()
		}
		if _, err := s.part.Add(tt.ctx, in); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}
