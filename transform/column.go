package transform

import (
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/extensions"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"fanlake/transform/tables"
)

// A column collects the cells of one column until they are written.
type column struct {
	typ   tables.Type
	ids   *array.FixedSizeBinaryBuilder
	texts *array.StringBuilder
	ints  *array.Int64Builder
	reals *array.Float64Builder
	times *array.TimestampBuilder
	dates *array.Date32Builder
	bools *array.BooleanBuilder
	lists *array.ListBuilder
}

// arrowType returns the type of a column in a part. Timestamps have no zone,
// for DuckDB reads those with one as TIMESTAMPTZ.
func arrowType(t tables.Type) (arrow.DataType, error) {
	switch t {
	case tables.UUID:
		return extensions.NewUUIDType(), nil
	case tables.Text, tables.Fan:
		return arrow.BinaryTypes.String, nil
	case tables.Bool:
		return arrow.FixedWidthTypes.Boolean, nil
	case tables.Cents, tables.Int:
		return arrow.PrimitiveTypes.Int64, nil
	case tables.Number:
		return arrow.PrimitiveTypes.Float64, nil
	case tables.Timestamp:
		return &arrow.TimestampType{Unit: arrow.Microsecond}, nil
	case tables.Date:
		return arrow.FixedWidthTypes.Date32, nil
	case tables.TextList:
		return arrow.ListOf(arrow.BinaryTypes.String), nil
	}
	return nil, fmt.Errorf("unknown type %q", t)
}

func newColumn(t tables.Type) column {
	c, mem := column{typ: t}, memory.DefaultAllocator
	switch t {
	case tables.UUID:
		c.ids = array.NewFixedSizeBinaryBuilder(mem, &arrow.FixedSizeBinaryType{ByteWidth: 16})
	case tables.Text, tables.Fan:
		c.texts = array.NewStringBuilder(mem)
	case tables.Bool:
		c.bools = array.NewBooleanBuilder(mem)
	case tables.Number:
		c.reals = array.NewFloat64Builder(mem)
	case tables.Timestamp:
		c.times = array.NewTimestampBuilder(mem, &arrow.TimestampType{Unit: arrow.Microsecond})
	case tables.Date:
		c.dates = array.NewDate32Builder(mem)
	case tables.TextList:
		c.lists = array.NewListBuilder(mem, arrow.BinaryTypes.String)
	default:
		c.ints = array.NewInt64Builder(mem)
	}
	return c
}

func (c *column) builder() array.Builder {
	switch c.typ {
	case tables.UUID:
		return c.ids
	case tables.Text, tables.Fan:
		return c.texts
	case tables.Bool:
		return c.bools
	case tables.Number:
		return c.reals
	case tables.Timestamp:
		return c.times
	case tables.Date:
		return c.dates
	case tables.TextList:
		return c.lists
	}
	return c.ints
}

func (c *column) append(v *cell) {
	if !v.set {
		c.builder().AppendNull()
		return
	}
	switch c.typ {
	case tables.UUID:
		c.ids.Append(v.id[:])
	case tables.Text, tables.Fan:
		c.texts.BinaryBuilder.Append(v.s)
	case tables.Bool:
		c.bools.Append(v.n != 0)
	case tables.Number:
		c.reals.Append(math.Float64frombits(uint64(v.n)))
	case tables.Timestamp:
		c.times.Append(arrow.Timestamp(v.n))
	case tables.Date:
		c.dates.Append(arrow.Date32(v.n))
	case tables.TextList:
		c.lists.Append(true)
		texts := c.lists.ValueBuilder().(*array.StringBuilder)
		for _, s := range v.list {
			texts.BinaryBuilder.Append(s)
		}
	default:
		c.ints.Append(v.n)
	}
}

// take returns what was collected and begins anew.
func (c *column) take() arrow.Array {
	a := c.builder().NewArray()
	if c.typ != tables.UUID {
		return a
	}
	defer a.Release()
	return array.NewExtensionArrayWithStorage(extensions.NewUUIDType(), a)
}
