package query

import (
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/duckdb/duckdb-go/v2"
)

// parquetBatch is how many rows are kept before they are written.
const parquetBatch = 50_000

// WriteParquet writes the rows as Parquet. Whole numbers, decimals, booleans,
// floats, dates and instants (UTC) keep their types; HUGEINT is a decimal of 38
// digits; lists of text are lists; everything else is text as in the CSV form.
// It does not close w.
func WriteParquet(w io.Writer, r *Rows) (err error) {
	fields := make([]arrow.Field, len(r.Columns))
	for i, c := range r.Columns {
		fields[i] = arrow.Field{Name: c.Name, Type: arrowType(c.Type), Nullable: true}
	}
	schema := arrow.NewSchema(fields, nil)
	properties := parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Zstd))
	out, err := pqarrow.NewFileWriter(schema, struct{ io.Writer }{w}, properties, pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema()))
	if err != nil {
		return err
	}
	builder := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer builder.Release()
	flush := func() error {
		batch := builder.NewRecordBatch()
		defer batch.Release()
		return out.Write(batch)
	}
	for n := 1; ; n++ {
		row, err := r.Next()
		if err != nil {
			return err // the file stays without its footer: nobody can take it for whole
		}
		if row == nil {
			break
		}
		for i, v := range row {
			if err := appendArrow(builder.Field(i), v, r.Columns[i].Type); err != nil {
				return fmt.Errorf("column %s: %w", r.Columns[i].Name, err)
			}
		}
		if n%parquetBatch == 0 {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	return out.Close()
}

// arrowType is the Arrow type for a DuckDB type.
func arrowType(kind string) arrow.DataType {
	switch kind {
	case "BOOLEAN":
		return arrow.FixedWidthTypes.Boolean
	case "TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT":
		return arrow.PrimitiveTypes.Int32
	case "BIGINT", "UINTEGER":
		return arrow.PrimitiveTypes.Int64
	case "HUGEINT", "UBIGINT":
		return &arrow.Decimal128Type{Precision: 38}
	case "FLOAT", "DOUBLE":
		return arrow.PrimitiveTypes.Float64
	case "DATE":
		return arrow.FixedWidthTypes.Date32
	case "TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP_S", "TIMESTAMP_MS":
		return &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	case "VARCHAR[]":
		return arrow.ListOf(arrow.BinaryTypes.String)
	}
	if precision, scale, ok := decimalType(kind); ok {
		return &arrow.Decimal128Type{Precision: precision, Scale: scale}
	}
	return arrow.BinaryTypes.String
}

// decimalType reads a type such as DECIMAL(18,2).
func decimalType(kind string) (precision, scale int32, ok bool) {
	inner, ok := strings.CutPrefix(kind, "DECIMAL(")
	if !ok {
		return 0, 0, false
	}
	p, s, ok := strings.Cut(strings.TrimSuffix(inner, ")"), ",")
	a, err1 := strconv.ParseInt(p, 10, 32)
	b, err2 := strconv.ParseInt(strings.TrimSpace(s), 10, 32)
	return int32(a), int32(b), ok && err1 == nil && err2 == nil
}

// appendArrow adds a value to its column.
func appendArrow(to array.Builder, v any, kind string) error {
	if v == nil {
		to.AppendNull()
		return nil
	}
	switch b := to.(type) {
	case *array.BooleanBuilder:
		if v, ok := v.(bool); ok {
			b.Append(v)
			return nil
		}
	case *array.Int32Builder:
		if n, ok := wholeNumber(v); ok && n.IsInt64() {
			b.Append(int32(n.Int64()))
			return nil
		}
	case *array.Int64Builder:
		if n, ok := wholeNumber(v); ok && n.IsInt64() {
			b.Append(n.Int64())
			return nil
		}
	case *array.Float64Builder:
		switch v := v.(type) {
		case float32:
			b.Append(float64(v))
			return nil
		case float64:
			b.Append(v)
			return nil
		}
	case *array.Date32Builder:
		if v, ok := v.(time.Time); ok {
			b.Append(arrow.Date32FromTime(v.UTC()))
			return nil
		}
	case *array.TimestampBuilder:
		if v, ok := v.(time.Time); ok {
			b.Append(arrow.Timestamp(v.UnixMicro()))
			return nil
		}
	case *array.Decimal128Builder:
		return appendDecimal(b, v)
	case *array.ListBuilder:
		if elements, ok := v.([]any); ok {
			b.Append(true)
			for _, e := range elements {
				if err := appendArrow(b.ValueBuilder(), e, element(kind)); err != nil {
					return err
				}
			}
			return nil
		}
	case *array.StringBuilder:
		b.Append(text(v, kind))
		return nil
	}
	return fmt.Errorf("a %T for %s", v, kind)
}

// appendDecimal adds a whole number or a decimal, if 38 digits hold it.
func appendDecimal(b *array.Decimal128Builder, v any) error {
	n, ok := wholeNumber(v)
	if d, isDecimal := v.(duckdb.Decimal); isDecimal {
		n, ok = d.Value, d.Value != nil
	}
	if !ok || len(new(big.Int).Abs(n).String()) > 38 {
		return fmt.Errorf("%v does not fit a decimal of 38 digits: cast it to VARCHAR", v)
	}
	b.Append(decimal128.FromBigInt(n))
	return nil
}

// wholeNumber returns an integer of any type.
func wholeNumber(v any) (*big.Int, bool) {
	switch v := v.(type) {
	case int8:
		return big.NewInt(int64(v)), true
	case int16:
		return big.NewInt(int64(v)), true
	case int32:
		return big.NewInt(int64(v)), true
	case int64:
		return big.NewInt(v), true
	case uint8:
		return big.NewInt(int64(v)), true
	case uint16:
		return big.NewInt(int64(v)), true
	case uint32:
		return big.NewInt(int64(v)), true
	case uint64:
		return new(big.Int).SetUint64(v), true
	case *big.Int:
		return v, v != nil
	}
	return nil, false
}
