package fanvuesim

import "encoding/hex"

// An id is a UUID of version 4 that hides where its bearer stands in the world,
// so that a path can be resolved without an index in memory. The zero id is none.
type id struct{ hi, lo uint64 }

// What an id may name.
const (
	idFan uint64 = iota + 1
	idCreator
	idOwner
	idMessage
	idBroadcast
	idPost
	idMedia
	idMember
	idComment
	idLink
	idCustomList
	idTemplate
	idNotice
	idCollection
)

const (
	mask60 = 1<<60 - 1
	mask30 = 1<<30 - 1
)

// A spot is what an id hides: kind (4 bits), creator (12 bits) and the rest
// (44 bits; for messages the chat in the upper 20).
type spot uint64

func spotOf(kind uint64, creator int, rest int64) spot {
	return spot(kind<<56 | uint64(creator)<<44 | uint64(rest))
}

func (s spot) kind() uint64 { return uint64(s) >> 56 }
func (s spot) creator() int { return int(uint64(s) >> 44 & 0xfff) }
func (s spot) rest() int64  { return int64(uint64(s) & (1<<44 - 1)) }

func (w *World) id(s spot) id {
	l, r := uint64(s)>>30&mask30, uint64(s)&mask30
	for k := range uint64(4) {
		l, r = r, l^mix(r^w.opt.Seed^k<<40)&mask30
	}
	check := mix(uint64(s)^w.opt.Seed*3) & mask60
	return id{check>>12<<16 | 0x4000 | check&0xfff, 2<<62 | check&3<<60 | l<<30 | r}
}

// find returns the spot that x hides, and false for an id of another world.
func (w *World) find(x id) (spot, bool) {
	l, r := x.lo>>30&mask30, x.lo&mask30
	for k := uint64(4); k > 0; k-- {
		l, r = r^mix(l^w.opt.Seed^(k-1)<<40)&mask30, l
	}
	s := spot(l<<30 | r)
	return s, w.id(s) == x
}

func (x id) none() bool { return x == id{} }

func (x id) append(b []byte) []byte {
	const digits = "0123456789abcdef"
	for k := range 16 {
		if k == 4 || k == 6 || k == 8 || k == 10 {
			b = append(b, '-')
		}
		v := x.hi
		if k >= 8 {
			v = x.lo
		}
		c := byte(v >> (56 - 8*(k%8)))
		b = append(b, digits[c>>4], digits[c&15])
	}
	return b
}

// String returns the UUID in its usual form, "" for none.
func (x id) String() string {
	if x.none() {
		return ""
	}
	return string(x.append(make([]byte, 0, 36)))
}

// parseID reads a UUID; false if s has not the form of one.
func parseID(s string) (id, bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return id{}, false
	}
	var raw [16]byte
	n := 0
	for _, part := range [...]string{s[:8], s[9:13], s[14:18], s[19:23], s[24:]} {
		k, err := hex.Decode(raw[n:], []byte(part))
		if err != nil {
			return id{}, false
		}
		n += k
	}
	var x id
	for k := range 8 {
		x.hi = x.hi<<8 | uint64(raw[k])
		x.lo = x.lo<<8 | uint64(raw[8+k])
	}
	return x, true
}
