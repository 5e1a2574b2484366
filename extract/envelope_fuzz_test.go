package extract

import (
	"encoding/json"
	"errors"
	"hash/maphash"
	"strings"
	"testing"
)

// FuzzEnvelope reads any body as a page of any stream: what is accepted is JSON,
// has the rows that another reader of JSON finds, and a walk gets no further
// than a place that the body names.
func FuzzEnvelope(f *testing.F) {
	for i := range Streams {
		f.Add(uint8(i), []byte(`{"data":[{"date":"2026-11-19T00:00:00.000Z","gross":1},{"sentAt":"2026-11-18"}],"nextCursor":"x"}`))
	}
	for _, body := range []string{
		`[]`, `[{}]`, `{"data":[],"nextCursor":null}`, `{"data":null,"nextCursor":"a"}`, `{"data":{}}`, `null`, `1`, ``, ` `, `{`, `[`,
		`{"data":[{"date":"2026-11-19T00:00:00+14:00"}],"pagination":{"page":1,"hasMore":true}}`,
		`{"data":[[]],"dateFilter":{"sentBefore":"2026-11-19T00:00:00Z","receivedBefore":null}}`,
		`{"d\u0061ta":[1,2,3],"next\u0043ursor":"\ud800"}`, `{"data":[1]}{"data":[2]}`, `{"data":[1],"data":[2,3]}`, `{"overTime":[{}],"nextCursor":7}`,
		`{"data":[{"date":{"date":"2026-11-19"},"net":1e999}],"nextCursor":["a"],"pagination":[],"dateFilter":1}`,
		`{"data":[` + strings.Repeat("[", 10_050) + strings.Repeat("]", 10_050) + `]}`, "{\"data\":[\"\xff\"]}", "\ufeff{\"data\":[]}", "<!doctype html>",
	} {
		f.Add(uint8(3), []byte(body))
		f.Add(uint8(11), []byte(body))
	}
	seed := maphash.MakeSeed()
	f.Fuzz(func(t *testing.T, n uint8, body []byte) {
		st := Streams[int(n)%len(Streams)]
		env, err := readEnvelope(st, seed, body)
		if err != nil {
			if !errors.Is(err, errBody) {
				t.Fatalf("%s: error %v is not about the body", st.Name, err)
			}
			return
		}
		if !json.Valid(body) {
			t.Fatalf("%s: accepted %q", st.Name, body)
		}
		if next := env.next(Position{}); next.Page < 0 || next.Page > 2 || len(next.Cursor)+len(next.SentBefore)+len(next.ReceivedBefore) > 3*len(body) {
			t.Errorf("%s: %q leads to %+v", st.Name, body, next)
		}
		if want, once := rowsOf(body, st.Rows); once && len(env.rows) != want {
			t.Errorf("%s: %d rows of %q, want %d", st.Name, len(env.rows), body, want)
		}
	})
}

// rowsOf counts rows by another reader of JSON. It reports false where the rows
// stand twice, which no API sends.
func rowsOf(body []byte, name string) (n int, once bool) {
	var list []json.RawMessage
	if name == "" {
		return 1, body[0] == '{'
	}
	if json.Unmarshal(body, &list) == nil {
		return len(list), true
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil || json.Unmarshal(fields[name], &list) != nil {
		return 0, false
	}
	dec, keys := json.NewDecoder(strings.NewReader(string(body))), 0
	for depth := 0; ; {
		tok, err := dec.Token()
		if err != nil {
			return len(list), keys == 1
		}
		switch d, _ := tok.(json.Delim); d {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if tok == name && depth == 1 { // a value of that text counts too, and leaves the case out
			keys++
		}
	}
}
