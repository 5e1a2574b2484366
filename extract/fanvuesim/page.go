package fanvuesim

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A cursor is what an opaque cursor hides: where a walk stands, and the range
// and filter its first page was asked for.
type cursor struct {
	Walk    string   `json:"w"` // collection and creator; a cursor fits no other
	Issued  millis   `json:"i"`
	At      millis   `json:"a,omitempty"`
	Number  int64    `json:"n,omitempty"`
	Start   millis   `json:"s,omitempty"`
	End     millis   `json:"e,omitempty"`
	Filter  []string `json:"f,omitempty"`
	Page    int      `json:"p"`
	Emptied bool     `json:"x,omitempty"` // the empty page before this one was served

	number int // the older surface: of the page, from 1; else 0
	skip   int // rows on the pages before it
}

func (c cursor) encode() string {
	b, err := json.Marshal(c)
	if err != nil {
		return "" // a struct of numbers and strings always marshals
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// bound returns the place behind which the page begins.
func (c cursor) bound(tie TieCursor) place {
	switch {
	case c.Page == 0 && c.End == 0:
		return place{math.MaxInt64, -1}
	case c.Page == 0:
		return place{c.End, -1}
	case tie == TieRepeat:
		return place{c.At + 1, -1}
	case tie == TieSkip:
		return place{c.At, -1}
	}
	return place{c.At, c.Number}
}

// A query reads parameters and keeps what is wrong with them. Parameters that
// no one asks for are ignored, as the platform does.
type query struct {
	values url.Values
	old    bool // of the older surface
	mark   *mark
	most   int // rows of a page; 0: as asked
	errs   []string
}

func (q *query) fail(msg string) { q.errs = append(q.errs, msg) }

// size reads the number of rows of a page.
func (q *query) size(name string, byDefault int) int {
	n := byDefault
	if q.values.Has(name) {
		var err error
		if n, err = strconv.Atoi(q.values.Get(name)); err != nil || n < 1 || n > 50 {
			q.fail(name + " must be a number from 1 to 50")
		}
	}
	if q.most > 0 {
		n = min(n, q.most)
	}
	return n
}

// page reads the number of a page.
func (q *query) page() int {
	if !q.values.Has("page") {
		return 1
	}
	n, err := strconv.Atoi(q.values.Get("page"))
	if err != nil || n < 1 {
		q.fail("page must be a number from 1")
		return 1
	}
	return min(n, math.MaxInt32)
}

// flag reads "true" or "false".
func (q *query) flag(name string, byDefault bool) bool {
	switch q.values.Get(name) {
	case "":
		return byDefault
	case "true":
		return true
	case "false":
		return false
	}
	q.fail(name + " must be true or false")
	return byDefault
}

// instant reads a date-time, 0 if absent. Fractions of a millisecond count up,
// so that comparing with whole ones keeps its meaning.
func (q *query) instant(name string) millis {
	v := q.values.Get(name)
	if v == "" {
		return 0
	}
	t, err := time.Parse(time.RFC3339Nano, v)
	if err != nil {
		q.fail(name + " must be an ISO 8601 date-time")
		return 0
	}
	at := t.UnixMilli()
	if t.Nanosecond()%1e6 != 0 {
		at++
	}
	return at
}

// list reads a parameter given as comma-separated values, repeated, or both.
func (q *query) list(name string) []string {
	var all []string
	for _, v := range q.values[name] {
		for part := range strings.SplitSeq(v, ",") {
			if part != "" {
				all = append(all, part)
			}
		}
	}
	return all
}

// err returns the answer to parameters that are wrong, nil if none is.
func (q *query) err() *apiError {
	if len(q.errs) == 0 {
		return nil
	}
	return invalid(q.errs...)
}

// walk reads the cursor of a walk, or begins one with the request's range.
func (s *Sim) walk(q *query, name string, begin func(*cursor)) (cursor, *apiError) {
	now := s.Now().UnixMilli()
	v := q.values.Get("cursor")
	if v == "" {
		c := cursor{Walk: name}
		begin(&c)
		c.Issued = now
		return c, q.err()
	}
	var c cursor
	raw, err := base64.RawURLEncoding.DecodeString(v)
	if err != nil || json.Unmarshal(raw, &c) != nil || c.Walk != name || c.Page < 1 || c.Number < 0 {
		q.fail("cursor is invalid")
	} else if now-c.Issued > s.opts.CursorTTL.Milliseconds() {
		q.fail("cursor has expired")
	}
	c.Issued = now
	return c, q.err()
}

// turn reads the size and the place of a page of a list that the older surface
// numbers and v1 has cursors for.
func (s *Sim) turn(q *query, name string, begin func(*cursor)) (cursor, int, *apiError) {
	if !q.old {
		size := q.size("size", 20)
		cur, bad := s.walk(q, name, begin)
		return cur, size, bad
	}
	size := q.size("size", 15)
	cur := cursor{Walk: name, number: q.page()}
	cur.skip = (cur.number - 1) * size
	begin(&cur)
	return cur, size, q.err()
}

// blank reports whether the page of c is to be empty although rows follow, and
// moves c past it.
func (s *Sim) blank(c *cursor) bool {
	if n := s.opts.EmptyPages; n <= 0 || c.Page == 0 || c.Page%n != 0 || c.Emptied {
		return false
	}
	c.Emptied = true
	return true
}

// next returns the cursor of the page behind the row at p.
func (c cursor) next(p place) *cursor {
	c.At, c.Number, c.Page, c.Emptied = p.at, p.number, c.Page+1, false
	return &c
}

// An apiError is an answer other than 200.
type apiError struct {
	status int
	body   any
}

func invalid(errs ...string) *apiError {
	return &apiError{http.StatusBadRequest, map[string][]string{"errors": errs}}
}

func notFound(msg string) *apiError {
	return &apiError{http.StatusNotFound, map[string]string{"message": msg}}
}

func forbidden(msg string) *apiError {
	return &apiError{http.StatusForbidden, map[string]string{"error": msg}}
}

func badUUID() *apiError {
	return &apiError{http.StatusBadRequest, map[string]string{"message": "Invalid UUID format"}}
}
