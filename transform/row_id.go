package transform

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"fanlake/transform/tables"
)

// rowIDCells are the cells that the id of a row is made of which has none of
// its own.
type rowIDCells struct {
	used bool
	id   int
	of   []int
	buf  []byte
}

func (c *rowIDCells) find(t tables.Table) error {
	for i, col := range t.Columns {
		if col.From == tables.FromRowID {
			c.used, c.id = true, i
		}
	}
	if c.used && len(t.Identity) == 0 {
		return fmt.Errorf("table %s: an id made here needs an identity", t.Name)
	}
	for _, name := range t.Identity {
		i := columnIndex(t.Columns, name)
		if i < 0 {
			return fmt.Errorf("table %s: its identity needs %s", t.Name, name)
		}
		c.of = append(c.of, i)
	}
	return nil
}

// next returns the id of one more row: the first 16 bytes of SHA-256 over each
// column of the identity, as a byte 0 where it is NULL or a byte 1 and its
// canonical form, then the ordinal among equal rows of the slice, 4 bytes, big
// endian, from 1.
func (c *rowIDCells) next(seen map[[16]byte]uint32, columns []tables.Column, cells []cell) [16]byte {
	c.buf = c.buf[:0]
	for _, i := range c.of {
		if !cells[i].set {
			c.buf = append(c.buf, 0)
			continue
		}
		c.buf = appendCell(append(c.buf, 1), columns[i].Type, &cells[i])
	}
	n := len(c.buf)
	id := func(ordinal uint32) [16]byte {
		c.buf = binary.BigEndian.AppendUint32(c.buf[:n], ordinal)
		sum := sha256.Sum256(c.buf)
		return [16]byte(sum[:16])
	}
	first := id(1)
	seen[first]++
	if ordinal := seen[first]; ordinal > 1 {
		return id(ordinal)
	}
	return first
}
