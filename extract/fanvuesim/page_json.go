package fanvuesim

import (
	"strconv"
	"time"
)

// The rows are written by appending: the simulator must not be what a
// benchmark measures.

const hexDigits = "0123456789abcdef"

func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0
	for k := 0; k < len(s); k++ {
		c := s[k]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[from:k]...)
		from = k + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	b = append(b, s[from:]...)
	return append(b, '"')
}

// appendTime appends an instant as the platform writes it, null for 0.
func appendTime(b []byte, at millis) []byte {
	if at == 0 {
		return append(b, "null"...)
	}
	t := time.UnixMilli(at).UTC()
	year, month, day := t.Date()
	h, m, s := t.Clock()
	ms := t.Nanosecond() / 1e6
	return append(b, '"',
		byte('0'+year/1000), byte('0'+year/100%10), byte('0'+year/10%10), byte('0'+year%10), '-',
		byte('0'+month/10), byte('0'+month%10), '-', byte('0'+day/10), byte('0'+day%10), 'T',
		byte('0'+h/10), byte('0'+h%10), ':', byte('0'+m/10), byte('0'+m%10), ':', byte('0'+s/10), byte('0'+s%10), '.',
		byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10), 'Z', '"')
}

func appendID(b []byte, x id) []byte {
	if x.none() {
		return append(b, "null"...)
	}
	b = append(b, '"')
	b = x.append(b)
	return append(b, '"')
}

func appendInt(b []byte, key string, v int64) []byte {
	b = append(b, key...)
	return strconv.AppendInt(b, v, 10)
}

func appendBool(b []byte, key string, v bool) []byte {
	b = append(b, key...)
	return strconv.AppendBool(b, v)
}

func appendOrder(b []byte, order int64) []byte {
	b = append(b, `"FV-`...)
	b = strconv.AppendInt(b, order, 10)
	return append(b, '"')
}

func orderID(order int64) string {
	if order == 0 {
		return ""
	}
	return "FV-" + strconv.FormatInt(order, 10)
}

// A page is a list of rows being written: {"data":[…],"nextCursor":…}.
type page struct {
	b    []byte
	rows int
	last place
	more bool
}

func (s *Sim) newPage() *page { return &page{b: append(s.buffer(), `{"data":[`...)} }

const bufferSize = 32 << 10 // room for most pages of 50 rows

// buffer returns an empty buffer, one that an answer has given back if there is.
func (s *Sim) buffer() []byte {
	if b, ok := s.buffers.Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return make([]byte, 0, bufferSize)
}

// release gives the buffer of an answer back.
func (s *Sim) release(b []byte) {
	if cap(b) >= bufferSize && cap(b) <= 8*bufferSize {
		s.buffers.Put(&b)
	}
}

// row begins the next row and returns the buffer to append it to.
func (p *page) row(at place) []byte {
	if p.rows > 0 {
		p.b = append(p.b, ',')
	}
	p.rows++
	p.last = at
	return p.b
}

// close ends the page with its cursor.
func (p *page) close(cur cursor) []byte { return append(p.end(cur), '}') }

func (p *page) end(cur cursor) []byte {
	p.b = append(p.b, `],"nextCursor":`...)
	if !p.more {
		return append(p.b, "null"...)
	}
	return appendString(p.b, cur.next(p.last).encode())
}

// blankPage is an empty page that goes on.
func blankPage(cur cursor) []byte {
	return append(appendString([]byte(`{"data":[],"nextCursor":`), cur.encode()), '}')
}
