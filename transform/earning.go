package transform

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"fanlake/transform/tables"
)

// An EarningIdentity is what never changes about an earning. Fan, total,
// message, post, currency and status may be filled in, emptied or moved later
// and are not in it.
type EarningIdentity struct {
	Creator  [16]byte
	EarnedAt int64 // µs since 1970 UTC
	Source   []byte
	Order    []byte // nil when absent, which is another identity than empty
	Reversed []byte // nil when absent
	Gross    int64  // cents
	Net      int64  // cents
}

// ID returns the first 16 bytes of SHA-256 over: the 16 bytes of the creator,
// earned_at as 8 bytes, the source, the order id, the reversed order id, gross
// and net as 8 bytes each, the ordinal as 4. Integers are big endian. A text is
// its length as 4 bytes and its UTF-8; an order id has a byte 1 before that, or
// is a single byte 0 when absent. Ordinals count from 1.
func (e EarningIdentity) ID(ordinal uint32) [16]byte {
	return e.id(nil, ordinal)
}

// id appends the encoding to the empty buf, which a caller may use again.
func (e EarningIdentity) id(buf []byte, ordinal uint32) [16]byte {
	text := func(s []byte) {
		buf = binary.BigEndian.AppendUint32(buf, uint32(len(s)))
		buf = append(buf, s...)
	}
	optional := func(s []byte) {
		if s == nil {
			buf = append(buf, 0)
			return
		}
		buf = append(buf, 1)
		text(s)
	}
	buf = append(buf, e.Creator[:]...)
	buf = binary.BigEndian.AppendUint64(buf, uint64(e.EarnedAt))
	text(e.Source)
	optional(e.Order)
	optional(e.Reversed)
	buf = binary.BigEndian.AppendUint64(buf, uint64(e.Gross))
	buf = binary.BigEndian.AppendUint64(buf, uint64(e.Net))
	buf = binary.BigEndian.AppendUint32(buf, ordinal)
	sum := sha256.Sum256(buf)
	return [16]byte(sum[:16])
}

// earningCells are the cells an identity is made of.
type earningCells struct {
	used                                                 bool
	id, creator, at, source, order, reversed, gross, net int
}

func (c *earningCells) find(t tables.Table) error {
	for i, col := range t.Columns {
		if col.From == tables.FromEarningID {
			c.used, c.id = true, i
		}
	}
	if !c.used {
		return nil
	}
	for name, cell := range map[string]*int{
		"creator_id": &c.creator, "earned_at": &c.at, "source": &c.source, "transaction_order_id": &c.order,
		"reversed_transaction_order_id": &c.reversed, "gross_cents": &c.gross, "net_cents": &c.net,
	} {
		if *cell = columnIndex(t.Columns, name); *cell < 0 {
			return fmt.Errorf("table %s: an earning's identity needs %s", t.Name, name)
		}
	}
	return nil
}

func (c *earningCells) identity(cells []cell) EarningIdentity {
	optional := func(c cell) []byte {
		if !c.set {
			return nil
		}
		if c.s == nil {
			return []byte{}
		}
		return c.s
	}
	return EarningIdentity{
		Creator: cells[c.creator].id, EarnedAt: cells[c.at].n, Source: cells[c.source].s,
		Order: optional(cells[c.order]), Reversed: optional(cells[c.reversed]),
		Gross: cells[c.gross].n, Net: cells[c.net].n,
	}
}

var errUnordered = errors.New("a row is newer than the one before it though the walk is said to be newest first: seal the slice as unordered")

// ordinals counts equal rows of one slice.
type ordinals struct {
	ordered bool
	began   bool
	oldest  int64
	seen    map[[16]byte]uint32
	settled map[[16]byte]uint32 // of instants read again, which stand apart from the order of the walk
	buf     []byte
}

func newOrdinals(ordered bool) *ordinals {
	return &ordinals{ordered: ordered, seen: map[[16]byte]uint32{}, settled: map[[16]byte]uint32{}}
}

// next returns the id of one more row with identity e.
func (o *ordinals) next(e EarningIdentity, settled bool) ([16]byte, error) {
	counts := o.seen
	if settled {
		counts = o.settled
	} else if o.ordered {
		switch {
		case !o.began || e.EarnedAt < o.oldest:
			clear(o.seen)
			o.began, o.oldest = true, e.EarnedAt
		case e.EarnedAt > o.oldest:
			return [16]byte{}, errUnordered
		}
	}
	first := e.id(o.buf[:0], 1)
	counts[first]++
	n := counts[first]
	if n == 1 {
		return first, nil
	}
	return e.id(o.buf[:0], n), nil
}
