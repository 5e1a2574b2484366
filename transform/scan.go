package transform

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// maxDepth is how deep a page may nest.
const maxDepth = 200

// A scanner walks the tokens of a JSON text in memory. It checks the grammar of
// RFC 8259 and nothing above it: whether names are unique and texts are valid
// UTF-8 is asked per row, so that one bad row does not cost its page.
//
// Methods report false after an error, which stands in err.
type scanner struct {
	b   []byte
	i   int
	err error
}

func (s *scanner) fail(what string) bool {
	if s.err == nil {
		s.err = fmt.Errorf("malformed JSON at byte %d: %s", s.i, what)
	}
	return false
}

// peek skips white space and returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	for s.i < len(s.b) {
		c := s.b[s.i]
		if c > ' ' || c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c
		}
		s.i++
	}
	return 0
}

// end reports whether nothing but white space is left.
func (s *scanner) end() bool {
	if s.peek(); s.i < len(s.b) {
		return s.fail("text after the end of the value")
	}
	return true
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// str reads a string; s.i stands at its opening quote. It returns the string as
// written, with its quotes.
func (s *scanner) str() (raw []byte, escaped, ok bool) {
	b, start, i := s.b, s.i, s.i+1
	for {
		for i+8 <= len(b) {
			w := binary.LittleEndian.Uint64(b[i:])
			q, e := w^(ones*'"'), w^(ones*'\\')
			// The lowest high bit marks the first quote, backslash or control
			// character; those above it may be wrong.
			m := ((q-ones) & ^q | (e-ones)&^e | (w-ones*0x20)&^w) & highs
			if m != 0 {
				i += bits.TrailingZeros64(m) / 8
				break
			}
			i += 8
		}
		if i >= len(b) {
			s.i = i
			return nil, false, s.fail("string without end")
		}
		switch c := b[i]; {
		case c == '"':
			s.i = i + 1
			return b[start : i+1], escaped, true
		case c == '\\':
			n := escapeLength(b[i:])
			if n == 0 {
				s.i = i
				return nil, false, s.fail("unknown escape")
			}
			escaped = true
			i += n
		case c < ' ':
			s.i = i
			return nil, false, s.fail("control character in a string")
		default:
			i++
		}
	}
}

// escapeLength returns the length of the escape sequence at the start of b, 0
// if it is none.
func escapeLength(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(b) < 6 || hexDigit[b[2]]|hexDigit[b[3]]|hexDigit[b[4]]|hexDigit[b[5]] > 15 {
			return 0
		}
		return 6
	}
	return 0
}

// number reads a number; s.i stands at its first character.
func (s *scanner) number() (raw []byte, ok bool) {
	start, b := s.i, s.b
	run := func() bool {
		first := s.i
		for s.i < len(b) && b[s.i] >= '0' && b[s.i] <= '9' {
			s.i++
		}
		return s.i > first
	}
	if b[s.i] == '-' {
		s.i++
	}
	if s.i < len(b) && b[s.i] == '0' {
		s.i++
	} else if !run() {
		return nil, s.fail("not a value")
	}
	if s.i < len(b) && b[s.i] == '.' {
		s.i++
		if !run() {
			return nil, s.fail("number without digits after the point")
		}
	}
	if s.i < len(b) && (b[s.i] == 'e' || b[s.i] == 'E') {
		s.i++
		if s.i < len(b) && (b[s.i] == '+' || b[s.i] == '-') {
			s.i++
		}
		if !run() {
			return nil, s.fail("number without digits in the exponent")
		}
	}
	return b[start:s.i], true
}

func (s *scanner) literal(word string) bool {
	if len(s.b)-s.i < len(word) || string(s.b[s.i:s.i+len(word)]) != word {
		return s.fail("not a value")
	}
	s.i += len(word)
	return true
}

// scalar reads a value that is neither object nor array. Its kind is one of
// " t f n 0, the last for every number.
func (s *scanner) scalar() (t token, ok bool) {
	switch c := s.peek(); c {
	case '"':
		t.kind = c
		t.raw, t.escaped, ok = s.str()
	case 't':
		t.kind, ok = c, s.literal("true")
	case 'f':
		t.kind, ok = c, s.literal("false")
	case 'n':
		t.kind, ok = c, s.literal("null")
	default:
		if c == 0 {
			return t, s.fail("value missing")
		}
		t.kind = '0'
		t.raw, ok = s.number()
	}
	if !ok {
		return token{}, false
	}
	return t, true
}

// A token is a scalar, or stands for a whole object '{' or array '['.
type token struct {
	kind    byte
	escaped bool   // of a string: raw has escapes
	raw     []byte // of strings and numbers, as written
}

// jsonType returns the name of the token's type.
func (t token) jsonType() string {
	switch t.kind {
	case '"':
		return "string"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	case '{':
		return "object"
	case '[':
		return "array"
	}
	return "number"
}

// skip reads any value. An object or array gives a token without content.
func (s *scanner) skip(depth int) (t token, ok bool) {
	switch c := s.peek(); c {
	case '{':
		return token{kind: c}, s.members(depth, func(token) bool {
			_, ok := s.skip(depth + 1)
			return ok
		})
	case '[':
		_, ok := s.elements(depth, func(int) bool {
			_, ok := s.skip(depth + 1)
			return ok
		})
		return token{kind: c}, ok
	}
	return s.scalar()
}

// members reads an object; s.i stands at its brace. f is called with each name
// and reads the value.
func (s *scanner) members(depth int, f func(name token) bool) bool {
	if depth > maxDepth {
		return s.fail("nested too deep")
	}
	s.i++
	if s.peek() == '}' {
		s.i++
		return true
	}
	for {
		if s.peek() != '"' {
			return s.fail("name missing")
		}
		raw, escaped, ok := s.str()
		if !ok {
			return false
		}
		if s.peek() != ':' {
			return s.fail("colon missing")
		}
		s.i++
		if !f(token{kind: '"', raw: raw, escaped: escaped}) {
			return false
		}
		switch s.peek() {
		case ',':
			s.i++
		case '}':
			s.i++
			return true
		default:
			return s.fail("comma or brace missing")
		}
	}
}

// elements reads an array; s.i stands at its bracket. f is called with the
// index of each element and reads it.
func (s *scanner) elements(depth int, f func(i int) bool) (n int, ok bool) {
	if depth > maxDepth {
		return 0, s.fail("nested too deep")
	}
	s.i++
	if s.peek() == ']' {
		s.i++
		return 0, true
	}
	for n = 0; ; {
		if !f(n) {
			return n, false
		}
		n++
		switch s.peek() {
		case ',':
			s.i++
		case ']':
			s.i++
			return n, true
		default:
			return n, s.fail("comma or bracket missing")
		}
	}
}
