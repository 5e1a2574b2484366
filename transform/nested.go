package transform

import (
	"maps"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"fanlake/transform/tables"
)

// objects reads an array of objects, whose members fill the lists below n. A
// member that an object lacks is an empty text, so that the lists stay beside
// each other.
func (r *reader) objects(n *node, depth int) bool {
	_, ok := r.scan.elements(depth, func(i int) bool {
		if r.scan.peek() != '{' {
			t, ok := r.scan.skip(depth + 1)
			r.refuse(n.path, wrong(t.jsonType()+" in a list of objects"))
			return ok
		}
		ok := r.object(n, depth+1)
		for _, child := range n.children {
			for _, u := range child.uses {
				if c := &r.cells[u.cell]; u.typ == tables.TextList && len(c.list) <= i {
					c.list = append(c.list, nil)
				}
			}
		}
		return ok
	})
	for _, child := range n.children {
		for _, u := range child.uses {
			if u.typ == tables.TextList {
				r.cells[u.cell].set = true
			}
		}
	}
	return ok
}

// figures reports whether the object at n is kept as its figures.
func (n *node) figures() bool {
	for _, u := range n.uses {
		if u.from == tables.FromFigures {
			return true
		}
	}
	return false
}

// figures reads an object of which the figures are kept.
func (r *reader) figures(n *node, depth int) bool {
	start := r.scan.i
	if _, ok := r.scan.skip(depth); !ok {
		return false
	}
	s := scanner{b: r.scan.b[start:r.scan.i]}
	text := appendFigures(nil, &s, 0)
	for _, u := range n.uses {
		r.cells[u.cell] = cell{set: true, s: text}
	}
	return true
}

// appendFigures appends the value at the scanner, which is well formed, without
// its texts; names are sorted. It appends nothing for a text.
func appendFigures(b []byte, s *scanner, depth int) []byte {
	switch s.peek() {
	case '{':
		members := map[string][]byte{}
		s.members(depth, func(name token) bool {
			plain, err := jsontext.AppendUnquote(nil, name.raw)
			if v := appendFigures(nil, s, depth+1); v != nil && err == nil {
				members[safeName(plain)] = v
			}
			return s.err == nil
		})
		b = append(b, '{')
		for i, name := range slices.Sorted(maps.Keys(members)) {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(append(appendQuoted(b, []byte(name)), ':'), members[name]...)
		}
		return append(b, '}')
	case '[':
		start := len(b)
		b = append(b, '[')
		s.elements(depth, func(int) bool {
			if v := appendFigures(nil, s, depth+1); v != nil {
				if len(b) > start+1 {
					b = append(b, ',')
				}
				b = append(b, v...)
			}
			return s.err == nil
		})
		return append(b, ']')
	}
	t, _ := s.scalar()
	switch t.kind {
	case 't':
		return append(b, "true"...)
	case 'f':
		return append(b, "false"...)
	case 'n':
		return append(b, "null"...)
	}
	if t.kind == '0' {
		return append(b, t.raw...)
	}
	return b
}
