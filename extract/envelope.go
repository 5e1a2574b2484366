package extract

import (
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// An envelope is what going on needs to know of an answer: where the next page
// is, how many rows there are, when they happened and, for rows without an id,
// which of them are equal.
type envelope struct {
	cursor     string // nextCursor
	hasCursor  bool   // the key nextCursor was there, null included
	hasMore    bool   // pagination.hasMore
	paginated  bool   // the key pagination was there
	dateFilter Position
	rows       []rowMark
}

// A rowMark is a row as a walk sees it.
type rowMark struct {
	at       time.Time // zero without an instant
	identity uint64    // zero where the stream has no identity
	id       uint64    // of what names the row, zero where the stream has no RowID
}

// errBody reports an answer whose body is no JSON of the expected kind. A
// request with such an answer is worth repeating.
var errBody = errors.New("answer is not the JSON this stream sends")

// An envelopeReader reads one answer. The seed keys the hashes of identities,
// which live as long as a walk.
type envelopeReader struct {
	stream Stream
	seed   maphash.Seed
	dec    *jsontext.Decoder
	env    envelope
}

// readEnvelope reads the whole body once. It fails with errBody if the body is
// truncated, not JSON, or has no rows where the stream has them.
func readEnvelope(s Stream, seed maphash.Seed, body []byte) (envelope, error) {
	r := envelopeReader{stream: s, seed: seed, dec: jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true))}
	found, err := r.read()
	if err == nil {
		_, err = r.dec.ReadToken()
		if err == io.EOF {
			err = nil
		} else if err == nil {
			err = errors.New("text behind the end of the JSON")
		}
	}
	if err != nil {
		return envelope{}, fmt.Errorf("%w: %v", errBody, err)
	}
	if !found {
		return envelope{}, fmt.Errorf("%w: no %q in it", errBody, s.Rows)
	}
	return r.env, nil
}

// read reports whether the rows were found.
func (r *envelopeReader) read() (bool, error) {
	switch r.dec.PeekKind() {
	case '[': // bare array
		return r.stream.Rows != "", r.readRows()
	case '{':
	default:
		_, err := r.dec.ReadToken()
		return false, errors.Join(err, errors.New("neither an object nor an array"))
	}
	switch r.stream.Rows {
	case "":
		r.env.rows = []rowMark{{}}
		return true, r.dec.SkipValue()
	case "*":
		return true, r.object(func([]byte) error {
			r.env.rows = append(r.env.rows, rowMark{})
			return r.dec.SkipValue()
		})
	}
	found := false
	err := r.object(func(key []byte) (err error) {
		switch name := string(key); {
		case name == r.stream.Rows && r.dec.PeekKind() == '[':
			found = true
			return r.readRows()
		case name == "nextCursor":
			r.env.hasCursor = true
			r.env.cursor, err = r.stringValue()
			return err
		case name == "pagination" && r.dec.PeekKind() == '{':
			return r.readPagination()
		case name == "dateFilter" && r.dec.PeekKind() == '{':
			return r.readDateFilter()
		default:
			return r.dec.SkipValue()
		}
	})
	return found, err
}

func (r *envelopeReader) readPagination() error {
	r.env.paginated = true
	return r.object(func(key []byte) error {
		if string(key) == "hasMore" {
			r.env.hasMore = r.dec.PeekKind() == 't'
		}
		return r.dec.SkipValue()
	})
}

func (r *envelopeReader) readDateFilter() error {
	return r.object(func(key []byte) (err error) {
		switch string(key) {
		case "sentBefore":
			r.env.dateFilter.SentBefore, err = r.stringValue()
		case "receivedBefore":
			r.env.dateFilter.ReceivedBefore, err = r.stringValue()
		default:
			err = r.dec.SkipValue()
		}
		return err
	})
}

func (r *envelopeReader) readRows() error {
	if _, err := r.dec.ReadToken(); err != nil {
		return err
	}
	var m rowMark
	field := func(key []byte) error { return r.field(&m, key) }
	for r.dec.PeekKind() != ']' {
		if r.dec.PeekKind() != '{' || r.stream.Time == "" && r.stream.Identity == nil && r.stream.RowID == "" {
			if err := r.dec.SkipValue(); err != nil {
				return err
			}
			r.env.rows = append(r.env.rows, rowMark{})
			continue
		}
		m = rowMark{}
		if err := r.object(field); err != nil {
			return err
		}
		r.env.rows = append(r.env.rows, m)
	}
	_, err := r.dec.ReadToken()
	return err
}

// field takes what a walk needs of one field of a row. Identity sums the
// hashes of its fields, because the order of keys in a row means nothing.
func (r *envelopeReader) field(m *rowMark, key []byte) error {
	if r.stream.RowID != "" {
		if outer, inner, nested := strings.Cut(r.stream.RowID, "."); outer == string(key) {
			return r.rowID(m, inner, nested)
		}
	}
	identifies, isTime := "", string(key) == r.stream.Time
	for _, k := range r.stream.Identity {
		if k == string(key) {
			identifies = k
		}
	}
	if !isTime && identifies == "" {
		return r.dec.SkipValue()
	}
	v, err := r.dec.ReadValue()
	if err != nil {
		return err
	}
	if isTime {
		m.at = instant(v)
	}
	if identifies != "" && v.Kind() != 'n' {
		var h maphash.Hash
		h.SetSeed(r.seed)
		h.WriteString(identifies)
		h.WriteByte(0)
		h.Write(v)
		m.identity += h.Sum64()
	}
	return nil
}

// rowID reads what names a row: the value itself, or one within it.
func (r *envelopeReader) rowID(m *rowMark, inner string, nested bool) error {
	if nested {
		if r.dec.PeekKind() != '{' {
			return r.dec.SkipValue()
		}
		return r.object(func(key []byte) error {
			if string(key) != inner {
				return r.dec.SkipValue()
			}
			return r.rowID(m, "", false)
		})
	}
	v, err := r.dec.ReadValue()
	if err == nil && v.Kind() != 'n' {
		m.id = maphash.Bytes(r.seed, v)
	}
	return err
}

// object reads an object, calling value for each name with the decoder at its
// value. The name is gone with the next read.
func (r *envelopeReader) object(value func(key []byte) error) error {
	if _, err := r.dec.ReadToken(); err != nil {
		return err
	}
	for r.dec.PeekKind() != '}' {
		name, err := r.name()
		if err != nil {
			return err
		}
		if err := value(name); err != nil {
			return err
		}
	}
	_, err := r.dec.ReadToken()
	return err
}

// name reads a name, without a copy where it is written plainly.
func (r *envelopeReader) name() ([]byte, error) {
	v, err := r.dec.ReadValue()
	if err != nil {
		return nil, err
	}
	if bytes.IndexByte(v, '\\') < 0 {
		return v[1 : len(v)-1], nil
	}
	return jsontext.AppendUnquote(nil, v)
}

// stringValue reads a string; null and other kinds read as "".
func (r *envelopeReader) stringValue() (string, error) {
	if r.dec.PeekKind() != '"' {
		return "", r.dec.SkipValue()
	}
	t, err := r.dec.ReadToken()
	if err != nil {
		return "", err
	}
	return t.String(), nil
}

// instant reads a JSON string as an instant; anything else is none.
func instant(v jsontext.Value) time.Time {
	if v.Kind() != '"' || len(v) < 2 {
		return time.Time{}
	}
	return parseInstant(string(v[1 : len(v)-1]))
}

// parseInstant reads an ISO 8601 date-time, or a date as its midnight in UTC.
func parseInstant(s string) time.Time {
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, strings.ToUpper(s)); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// formatInstant writes an instant as the API does: UTC, milliseconds, Z.
func formatInstant(t time.Time) string {
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
