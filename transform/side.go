package transform

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"fanlake/transform/tables"
)

// A Drift is a name in rows of a table that this version does not know, or a
// person's name of an unexpected type. It holds no values.
type Drift struct {
	Table string `json:"table"`
	Path  string `json:"path"`  // names that are data, such as uuids, are an asterisk
	Type  string `json:"type"`  // of the first value: string, number, boolean, null, object, array
	Count int64  `json:"count"` // rows
}

const (
	maxDrift  = 1_000
	maxPeople = 100_000 // people whose last content is remembered
)

// A Side is what the parts of one sealing share: the people they meet, the rows
// they reject, and drift. It may be used by several parts at once.
type Side struct {
	mu      sync.Mutex
	people  sidePart
	rejects sidePart
	known   map[string]int64 // fan to hash of the content written last
	drift   map[[2]string]*Drift
}

// A sidePart is a file that begins with its first row.
type sidePart struct {
	open    func() (io.Writer, error)
	table   string
	file    *file
	layout  *layout
	cells   []cell
	slices  []tables.Slice
	indexOf map[string]int // slice id to index in slices
	err     error
}

// NewSide returns a side whose parts are opened when they get their first row.
// It closes neither writer.
func NewSide(people, rejects func() (io.Writer, error)) *Side {
	return &Side{
		people:  sidePart{open: people, table: "people", indexOf: map[string]int{}},
		rejects: sidePart{open: rejects, table: "_rejects", indexOf: map[string]int{}},
		known:   map[string]int64{},
		drift:   map[[2]string]*Drift{},
	}
}

// ClosePeople ends the part of people, as [Part.Close] does. It reports false
// when there is none. Its slices say where people came from and cover nothing.
func (s *Side) ClosePeople(f tables.Footer) (tables.Footer, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.people.close(f)
}

// CloseRejects ends the part of rejects likewise.
func (s *Side) CloseRejects(f tables.Footer) (tables.Footer, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rejects.close(f)
}

// Drift returns what was met so far, by table and path.
func (s *Side) Drift() []Drift {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Drift
	for _, d := range s.drift {
		list = append(list, *d)
	}
	slices.SortFunc(list, func(a, b Drift) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.Path, b.Path))
	})
	return list
}

func (s *Side) drifted(table string, unknowns []unknown) {
	if len(unknowns) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range unknowns {
		key := [2]string{table, u.path}
		d := s.drift[key]
		if d == nil {
			if len(s.drift) >= maxDrift {
				key[1] = "*"
			}
			if d = s.drift[key]; d == nil {
				d = &Drift{Table: table, Path: key[1], Type: u.value.jsonType()}
				s.drift[key] = d
			}
		}
		d.Count++
	}
}

// person writes the person of a row unless this content was the last.
func (s *Side) person(w *walk, r *reader, fan []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &s.people
	if err := p.begin(); err != nil {
		return err
	}
	clear(p.cells)
	p.cells[0] = cell{set: true, s: fan}
	p.cells[1] = cell{set: true, id: r.cells[r.fan].id}
	for i, c := range r.person {
		p.cells[2+i] = r.cells[c]
	}
	if extra := appendExtra(nil, r.drift, true); len(extra) > 0 {
		p.cells[p.layout.extra] = cell{set: true, s: extra}
	}
	h := p.file.rowHash(p.cells)
	if last, ok := s.known[string(fan)]; ok && last == h {
		return nil
	}
	if len(s.known) >= maxPeople {
		clear(s.known)
	}
	s.known[string(fan)] = h
	return p.add(w, h)
}

// reject writes a row that could not be typed.
func (s *Side) reject(w *walk, table, path string, reason wrong, raw []byte, keepText bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &s.rejects
	if err := p.begin(); err != nil {
		return err
	}
	clear(p.cells)
	p.cells[0] = cell{set: true, s: []byte(table)}
	p.cells[1] = cell{set: true, s: []byte(w.Slice.Stream)}
	p.cells[2] = cell{set: w.CreatorUUID != "", id: w.creator}
	p.cells[3] = cell{set: true, s: []byte(path)}
	p.cells[4] = cell{set: true, s: []byte(reason)}
	p.cells[5] = cell{set: true, s: scrub(raw, keepText)}
	return p.add(w, p.file.rowHash(p.cells))
}

// finish completes what the side parts say about a slice.
func (s *Side) finish(slice tables.Slice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range []*sidePart{&s.people, &s.rejects} {
		if i, ok := p.indexOf[slice.ID]; ok {
			rows := p.slices[i].Rows
			p.slices[i] = slice
			p.slices[i].Rows, p.slices[i].Complete = rows, false
		}
	}
}

func (p *sidePart) begin() error {
	if p.file != nil || p.err != nil {
		return p.err
	}
	p.err = func() error {
		t, ok := tables.ByName(p.table)
		if !ok {
			return fmt.Errorf("no table %s", p.table)
		}
		l, err := newLayout(t)
		if err != nil {
			return err
		}
		w, err := p.open()
		if err != nil {
			return fmt.Errorf("part of %s: %w", p.table, err)
		}
		p.layout, p.cells = l, make([]cell, l.cells)
		p.file, err = newFile(w, t)
		return err
	}()
	return p.err
}

func (p *sidePart) add(w *walk, hash int64) error {
	i, ok := p.indexOf[w.Slice.ID]
	if !ok {
		i = len(p.slices)
		p.indexOf[w.Slice.ID] = i
		s := w.Slice
		s.Rows, s.Complete = 0, false
		p.slices = append(p.slices, s)
	}
	p.slices[i].Rows++
	w.system(p.layout, p.cells)
	p.cells[p.layout.slice] = cell{set: true, n: int64(i)}
	p.err = p.file.add(p.cells, hash)
	return p.err
}

func (p *sidePart) close(f tables.Footer) (tables.Footer, bool, error) {
	if p.err != nil || p.file == nil {
		return f, false, p.err
	}
	p.err = errors.New("part is closed")
	f.Slices = p.slices
	f, err := p.file.close(f)
	return f, true, err
}

// isAddress reports whether a person's text is of a kind that is stored
// nowhere: an e-mail address or a link.
func isAddress(path string, text []byte) bool {
	return bytes.IndexByte(text, '@') >= 0 || bytes.Contains(text, []byte("://")) || isAddressName(path)
}

func isAddressName(name string) bool {
	lower := strings.ToLower(name)
	return strings.Contains(lower, "mail") || strings.HasSuffix(lower, "url") || strings.HasSuffix(lower, "urls")
}

// scrub returns a rejected row as served but for what is stored nowhere:
// addresses and links are taken out, and message text, unless kept, is as many
// x as it had characters, so that its length can still be counted.
func scrub(raw []byte, keepText bool) []byte {
	s := &scrubber{scan: scanner{b: raw}, keepText: keepText}
	if !s.value("", 0) {
		return []byte("null") // not reached: the row was read before
	}
	s.out = append(s.out, raw[s.copied:]...)
	return bytes.ToValidUTF8(s.out, []byte("\uFFFD"))
}

type scrubber struct {
	scan     scanner
	keepText bool
	out      []byte
	copied   int // how much of the row stands in out
}

func (s *scrubber) value(name string, depth int) bool {
	switch s.scan.peek() {
	case '{':
		return s.scan.members(depth, func(t token) bool {
			text, _ := jsontext.AppendUnquote(nil, t.raw)
			return s.value(string(text), depth+1)
		})
	case '[':
		_, ok := s.scan.elements(depth, func(int) bool { return s.value(name, depth+1) })
		return ok
	}
	start := s.scan.i
	t, ok := s.scan.scalar()
	if !ok || t.kind != '"' {
		return ok
	}
	switch {
	case isAddressName(name):
		s.replace(start, `"`+redacted+`"`)
	case name == "text" && !s.keepText:
		text, _ := jsontext.AppendUnquote(nil, t.raw)
		s.replace(start, `"`+strings.Repeat("x", int(codePoints(text)))+`"`)
	}
	return true
}

// replace puts text in the place of what the scanner read since start.
func (s *scrubber) replace(start int, text string) {
	s.out = append(append(s.out, s.scan.b[s.copied:start]...), text...)
	s.copied = s.scan.i
}

// appendQuoted appends a JSON string.
func appendQuoted(b, text []byte) []byte {
	quoted, _ := jsontext.AppendQuote(b, clean(text)) // the error is invalid UTF-8, which is replaced
	return quoted
}
