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

// A page is a list of rows being written: {"data":[…],"nextCursor":…}, or with
// pagination where pages have numbers.
type page struct {
	b    []byte
	rows int
	skip int // rows still to be left out
	last place
	more bool
}

func (s *Sim) newPage(cur cursor) *page {
	return &page{b: append(s.buffer(), `{"data":[`...), skip: cur.skip}
}

// room reports whether the next row is to be written. It is not if it stands on
// a page before; nor if the page has its size, which sets more.
func (p *page) room(size int) bool {
	switch {
	case p.skip > 0:
		p.skip--
	case p.rows == size:
		p.more = true
	default:
		return true
	}
	return false
}

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

// close ends the page with its cursor or its number.
func (p *page) close(cur cursor) []byte { return append(p.end(cur), '}') }

func (p *page) end(cur cursor) []byte {
	if cur.number > 0 {
		b := appendInt(p.b, `],"pagination":{"page":`, int64(cur.number))
		b = appendInt(b, `,"size":`, int64(p.rows))
		return append(appendBool(b, `,"hasMore":`, p.more), '}')
	}
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

func appendText(b []byte, key, s string) []byte { return appendString(append(b, key...), s) }

// appendTextIf appends a text that may be null.
func appendTextIf(b []byte, key, s string, has bool) []byte {
	if !has {
		return append(append(b, key...), "null"...)
	}
	return appendText(b, key, s)
}

func appendAt(b []byte, key string, at millis) []byte { return appendTime(append(b, key...), at) }

func appendUUID(b []byte, key string, x id) []byte { return appendID(append(b, key...), x) }

// appendCents appends a price that is null for 0.
func appendCents(b []byte, key string, v int64) []byte {
	if v == 0 {
		return append(append(b, key...), "null"...)
	}
	return appendInt(b, key, v)
}

func appendIDs(b []byte, key string, list []id) []byte {
	b = append(append(b, key...), '[')
	for k, x := range list {
		if k > 0 {
			b = append(b, ',')
		}
		b = appendID(b, x)
	}
	return append(b, ']')
}
