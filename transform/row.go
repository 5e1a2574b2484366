package transform

import (
	"bytes"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"fanlake/transform/tables"
)

// maxUnknown is how many unknown names one object may have before its row is
// refused.
const maxUnknown = 256

// An unknown is a name no table knows, with the token it had.
type unknown struct {
	path   string
	value  token
	text   []byte // of a string, unescaped
	person bool
}

// A reader turns the JSON of one row into cells.
type reader struct {
	*layout
	scan   scanner
	cells  []cell
	arena  []byte // unescaped texts of the row
	drift  []unknown
	member []byte // name under which the row stands, in a page that is an object of rows
	path   string // of the first thing that was wrong with the row
	reason wrong
}

func newReader(l *layout) *reader {
	return &reader{layout: l, cells: make([]cell, l.cells)}
}

// row reads the row at the scanner's place. It reports false when the page is
// malformed; a row that is only wrong has a reason.
func (r *reader) row() bool {
	clear(r.cells)
	r.arena, r.drift = r.arena[:0], r.drift[:0]
	r.path, r.reason = "", ""
	if r.scan.peek() == '{' {
		return r.object(r.root, 0)
	}
	t, ok := r.scan.skip(0)
	r.refuse("", wrong(t.jsonType()+", want object"))
	return ok
}

func (r *reader) refuse(path string, why wrong) {
	if r.reason == "" {
		r.path, r.reason = path, why
	}
}

func (r *reader) object(n *node, depth int) bool {
	var seen [maxNames / 64]uint64
	unknowns := 0
	firstUnknown := len(r.drift)
	guess, last := n.first, (*node)(nil)
	return r.scan.members(depth, func(name token) bool {
		text, ok := r.text(name)
		if !ok {
			r.refuse(n.path, wrongUTF8)
		}
		c := n.child(text, guess)
		if c == nil {
			unknowns++
			return r.unknown(n, text, depth, firstUnknown, unknowns)
		}
		if seen[c.bit/64]&(1<<(c.bit%64)) != 0 {
			r.refuse(c.path, "name stands twice in one object")
		}
		seen[c.bit/64] |= 1 << (c.bit % 64)
		if c != guess {
			if last == nil {
				n.first = c
			} else {
				last.after = c
			}
		}
		guess, last = c.after, c
		return r.value(c, depth+1)
	})
}

// unknown reads the value of a name that n does not know.
func (r *reader) unknown(n *node, name []byte, depth, first, count int) bool {
	t, ok := r.scan.skip(depth + 1)
	if !ok || n.ignored {
		return ok
	}
	if count > maxUnknown {
		r.refuse(n.path, "too many unknown names")
		return true
	}
	path := join(n.path, safeName(name))
	for _, u := range r.drift[first:] {
		if u.path == path && u.path[len(u.path)-1] != '*' {
			r.refuse(path, "name stands twice in one object")
		}
	}
	u := unknown{path: path, value: t, person: n.person}
	if t.kind == '"' {
		if u.text, ok = r.text(t); !ok {
			r.refuse(path, wrongUTF8)
		}
	}
	r.drift = append(r.drift, u)
	return true
}

// safeName is a name as it may stand in reports: names that are data, such as
// uuids, are an asterisk.
func safeName(name []byte) string {
	const longest = 64
	if _, isUUID := parseUUID(name); isUUID || len(name) == 0 || len(name) > longest || bytes.IndexByte(name, '@') >= 0 || !utf8.Valid(name) {
		return "*"
	}
	return string(clean(name))
}

func (r *reader) value(n *node, depth int) bool {
	switch c := r.scan.peek(); {
	case c == '[' && n.listed:
		return r.objects(n, depth)
	case c == '{' && n.figures():
		return r.figures(n, depth)
	case c == '{' && len(n.children) > 0:
		r.assign(n, token{kind: c})
		return r.object(n, depth)
	case c == '[' && len(n.uses) > 0:
		return r.list(n, depth)
	case c == '{' || c == '[' || len(n.uses) == 0:
		t, ok := r.scan.skip(depth)
		r.assign(n, t)
		if len(n.children) > 0 && t.kind != 'n' {
			r.refuse(n.path, wrong(t.jsonType()+", want object"))
		}
		return ok
	}
	t, ok := r.scan.scalar()
	if ok {
		r.assign(n, t)
	}
	return ok
}

// assign gives a value to the cells that want it.
func (r *reader) assign(n *node, t token) {
	if t.kind == 'n' {
		return
	}
	for i := range n.uses {
		u := &n.uses[i]
		c := &r.cells[u.cell]
		if n.parent != nil && n.parent.listed && t.kind == '"' && u.typ == tables.TextList {
			s, ok := r.text(t)
			if !ok {
				r.refuse(n.path, wrongUTF8)
			}
			c.list = append(c.list, clean(s))
			continue
		}
		if c.set && c.rank <= u.rank {
			continue
		}
		if why := r.convert(c, u, t); why != "" {
			if u.cell >= len(r.columns) && u.typ == tables.Text {
				// A person's name of another type must not cost the row.
				*c = cell{}
				r.drift = append(r.drift, unknown{path: n.path, value: token{kind: t.kind}, person: true})
				continue
			}
			r.refuse(n.path, why)
			continue
		}
		c.set, c.rank = true, u.rank
	}
}

// convert gives the cell a value of the type that is wanted.
func (r *reader) convert(c *cell, u *use, t token) wrong {
	want, name := wanted(u)
	if want != t.kind && !(want == 't' && t.kind == 'f') {
		return wrong(t.jsonType() + ", want " + name)
	}
	switch want {
	case '0':
		if u.typ == tables.Number {
			f, err := strconv.ParseFloat(string(t.raw), 64)
			c.n = int64(math.Float64bits(f))
			if err != nil {
				return wrongRange
			}
			return ""
		}
		n, why := parseInteger(t.raw)
		if why == "" && (n > mostAmount || n < -mostAmount) {
			why = wrongAmount
		}
		c.n = n
		return why
	case 't':
		c.n = 0
		if t.kind == 't' {
			c.n = 1
		}
		return ""
	}
	s, ok := r.text(t)
	if !ok {
		return wrongUTF8
	}
	if u.from == tables.FromTextLength {
		c.n = codePoints(s)
		return ""
	}
	switch u.typ {
	case tables.Text:
		c.s = clean(s)
	case tables.UUID, tables.Fan:
		if c.id, ok = parseUUID(s); !ok {
			return wrongUUID
		}
	case tables.Timestamp:
		if c.n, ok = parseTimestamp(s); !ok {
			return wrongTimestamp
		}
	case tables.Date:
		if c.n, ok = parseDate(s); !ok {
			return wrongDate
		}
	}
	return ""
}

// wanted returns the kind of token a use takes, and its name.
func wanted(u *use) (kind byte, name string) {
	switch {
	case u.from == tables.FromTextLength:
		return '"', "string"
	case u.from == tables.FromListLength || u.typ == tables.TextList:
		return '[', "array"
	case u.typ == tables.Bool:
		return 't', "boolean"
	case u.typ == tables.Cents || u.typ == tables.Int || u.typ == tables.Number:
		return '0', "number"
	case u.from == tables.FromFigures:
		return '{', "object"
	}
	return '"', "string"
}

// list reads an array that is counted or kept.
func (r *reader) list(n *node, depth int) bool {
	keep := false
	for _, u := range n.uses {
		keep = keep || u.typ == tables.TextList && u.from == tables.FromRow
	}
	var texts [][]byte
	count, ok := r.scan.elements(depth, func(int) bool {
		t, ok := r.scan.skip(depth + 1)
		if ok && keep {
			s, valid := r.text(t)
			if t.kind != '"' || !valid {
				r.refuse(n.path, wrong(t.jsonType()+" in a list of strings"))
			}
			texts = append(texts, clean(s))
		}
		return ok
	})
	for _, u := range n.uses {
		c := &r.cells[u.cell]
		if kind, name := wanted(&u); kind != '[' {
			r.refuse(n.path, wrong("array, want "+name))
			continue
		}
		c.set, c.n, c.list = true, int64(count), texts
	}
	return ok
}

// text returns the text of a string token; false when it cannot be UTF-8.
func (r *reader) text(t token) ([]byte, bool) {
	if t.kind != '"' {
		return nil, false
	}
	if !t.escaped {
		return t.raw[1 : len(t.raw)-1], true // the page's UTF-8 is checked as a whole
	}
	start := len(r.arena)
	arena, err := jsontext.AppendUnquote(r.arena, t.raw)
	r.arena = arena
	return arena[start:len(arena):len(arena)], err == nil
}

// clean replaces NUL, which text columns of databases do not take, by U+FFFD.
func clean(s []byte) []byte {
	if bytes.IndexByte(s, 0) < 0 {
		return s
	}
	return bytes.ReplaceAll(s, []byte{0}, []byte("\uFFFD"))
}

// codePoints counts the characters of valid UTF-8.
func codePoints(s []byte) (n int64) {
	for _, c := range s {
		if c&0xc0 != 0x80 {
			n++
		}
	}
	return n
}
