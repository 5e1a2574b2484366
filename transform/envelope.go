package transform

import "fmt"

// rows calls each at every row of a page: the elements of the array that the
// table names or of a bare array, the members of a page that is an object of
// rows, or the page itself where it is one row.
func (r *reader) rows(single bool, each func() error) error {
	s := &r.scan
	row := func(int) bool {
		if err := each(); err != nil && s.err == nil {
			s.err = err
		}
		return s.err == nil
	}
	switch c := s.peek(); {
	case c == '[':
		s.elements(0, row)
	case single || r.table.Rows == "":
		row(0)
	case c != '{':
		s.fail("neither object nor array")
	case r.table.Rows == "*":
		s.members(0, func(name token) bool {
			text, valid := r.text(name)
			r.member = nil
			if valid {
				r.member = append(r.member, text...)
			}
			return row(0)
		})
	default:
		found := false
		s.members(0, func(name token) bool {
			text, _ := r.text(name)
			if string(text) != r.table.Rows {
				_, ok := s.skip(1)
				return ok
			}
			if found || s.peek() != '[' {
				return s.fail(fmt.Sprintf("%q is not one array", r.table.Rows))
			}
			found = true
			_, ok := s.elements(1, row)
			return ok
		})
		if !found && s.err == nil {
			return fmt.Errorf("no array %q in the answer", r.table.Rows)
		}
	}
	if s.err == nil {
		s.end()
	}
	return s.err
}

// pageTimezone reads period.timezone, wherever it stands in the page.
func (r *reader) pageTimezone(c *cell) error {
	s := &scanner{b: r.scan.b}
	if s.peek() != '{' {
		return nil
	}
	within := func(want string, f func() bool) func(token) bool {
		return func(name token) bool {
			text, _ := r.text(name)
			if string(text) == want {
				return f()
			}
			_, ok := s.skip(2)
			return ok
		}
	}
	s.members(0, within("period", func() bool {
		if s.peek() != '{' {
			_, ok := s.skip(1)
			return ok
		}
		return s.members(1, within("timezone", func() bool {
			t, ok := s.skip(2)
			if zone, valid := r.text(t); valid {
				*c = cell{set: true, s: append([]byte(nil), clean(zone)...)}
			}
			return ok
		}))
	}))
	return s.err
}
