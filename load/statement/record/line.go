package record

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// The types of lines, and of the changes that adjustments report.
const (
	Earning       = "earning"
	Adjustment    = "adjustment"
	LateRow       = "late_row"
	Disappeared   = "disappeared"
	AmountChanged = "amount_changed"
)

// A Line is an earning of a statement's month as it was when the statement was
// made, or an adjustment: what changed of an earlier statement since, as a
// difference. Text that is empty is not there. Days are midnight UTC.
type Line struct {
	StatementID      string
	Version          int64
	CreatorID        string
	StatementMonth   time.Time // first day
	PeriodMonth      time.Time // first day of the month that the money belongs to
	LineType         string
	ChangeType       string // of adjustments
	EarningID        string
	EarnedAt         time.Time
	Source           string
	AttributedSource string
	SourceLabel      string    // of the attributed source, for people; not kept
	OriginalEarnedAt time.Time // zero if it is not known
	Gross, Net       int64     // US cents
	Total            *int64
	FanCurrency      string
	OrderID          string
	ReversedOrderID  string
	BalanceStatus    string
	MessageID        string
	PostID           string
	FanID            string
	IsFanPaid        bool
	IsReversal       bool
}

// ContentHash identifies the money of lines: what they are, when, and how much.
// What may be filled in later, as the status of a balance, does not change it.
func ContentHash(lines []Line) string {
	h := sha256.New()
	for _, l := range lines {
		for _, field := range []string{l.PeriodMonth.Format(time.DateOnly), l.LineType, l.ChangeType, l.EarningID,
			strconv.FormatInt(l.EarnedAt.UnixMicro(), 10), l.Source, strconv.FormatInt(l.Gross, 10), strconv.FormatInt(l.Net, 10)} {
			_, _ = io.WriteString(h, strconv.Itoa(len(field))+":"+field)
		}
		_, _ = io.WriteString(h, "\n")
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// A column of the file is one field of a line; get returns its value, nil if it
// is not there, and put sets it.
type column struct {
	name string
	kind arrow.DataType
	get  func(*Line) any
	put  func(*Line, any)
}

func timestamp() arrow.DataType { return &arrow.TimestampType{Unit: arrow.Microsecond} }

func textColumn(name string, field func(*Line) *string) column {
	return column{name, arrow.BinaryTypes.String,
		func(l *Line) any {
			if v := *field(l); v != "" {
				return v
			}
			return nil
		},
		func(l *Line, v any) { *field(l) = strings.Clone(v.(string)) }}
}

func centsColumn(name string, field func(*Line) *int64) column {
	return column{name, arrow.PrimitiveTypes.Int64,
		func(l *Line) any { return *field(l) }, func(l *Line, v any) { *field(l) = v.(int64) }}
}

func timeColumn(name string, kind arrow.DataType, field func(*Line) *time.Time) column {
	return column{name, kind,
		func(l *Line) any {
			if v := *field(l); !v.IsZero() {
				return v
			}
			return nil
		},
		func(l *Line, v any) { *field(l) = v.(time.Time) }}
}

func flagColumn(name string, field func(*Line) *bool) column {
	return column{name, arrow.FixedWidthTypes.Boolean,
		func(l *Line) any { return *field(l) }, func(l *Line, v any) { *field(l) = v.(bool) }}
}

// columns are those of lines.parquet, in the order of the table it is loaded to.
func columns() []column {
	day := arrow.FixedWidthTypes.Date32
	return []column{
		textColumn("statement_id", func(l *Line) *string { return &l.StatementID }),
		centsColumn("version", func(l *Line) *int64 { return &l.Version }),
		textColumn("creator_id", func(l *Line) *string { return &l.CreatorID }),
		timeColumn("statement_month", day, func(l *Line) *time.Time { return &l.StatementMonth }),
		timeColumn("period_month", day, func(l *Line) *time.Time { return &l.PeriodMonth }),
		textColumn("line_type", func(l *Line) *string { return &l.LineType }),
		textColumn("change_type", func(l *Line) *string { return &l.ChangeType }),
		textColumn("earning_id", func(l *Line) *string { return &l.EarningID }),
		timeColumn("earned_at", timestamp(), func(l *Line) *time.Time { return &l.EarnedAt }),
		textColumn("source", func(l *Line) *string { return &l.Source }),
		textColumn("attributed_source", func(l *Line) *string { return &l.AttributedSource }),
		timeColumn("original_earned_at", timestamp(), func(l *Line) *time.Time { return &l.OriginalEarnedAt }),
		centsColumn("gross_cents", func(l *Line) *int64 { return &l.Gross }),
		centsColumn("net_cents", func(l *Line) *int64 { return &l.Net }),
		{"total_cents", arrow.PrimitiveTypes.Int64,
			func(l *Line) any {
				if l.Total == nil {
					return nil
				}
				return *l.Total
			},
			func(l *Line, v any) { total := v.(int64); l.Total = &total }},
		textColumn("fan_currency", func(l *Line) *string { return &l.FanCurrency }),
		textColumn("transaction_order_id", func(l *Line) *string { return &l.OrderID }),
		textColumn("reversed_transaction_order_id", func(l *Line) *string { return &l.ReversedOrderID }),
		textColumn("balance_status", func(l *Line) *string { return &l.BalanceStatus }),
		textColumn("message_id", func(l *Line) *string { return &l.MessageID }),
		textColumn("post_id", func(l *Line) *string { return &l.PostID }),
		textColumn("fan_id", func(l *Line) *string { return &l.FanID }),
		flagColumn("is_fan_paid", func(l *Line) *bool { return &l.IsFanPaid }),
		flagColumn("is_reversal", func(l *Line) *bool { return &l.IsReversal }),
	}
}

// linesBatch is how many rows are held before they are written.
const linesBatch = 50_000

// WriteLines writes lines as Parquet. Equal lines give equal bytes. Notes become
// the file's metadata.
func WriteLines(w io.Writer, lines []Line, notes map[string]string) error {
	all := columns()
	fields := make([]arrow.Field, len(all))
	for i, c := range all {
		fields[i] = arrow.Field{Name: c.name, Type: c.kind, Nullable: true}
	}
	meta := arrow.MetadataFrom(notes)
	schema := arrow.NewSchema(fields, &meta)
	out, err := pqarrow.NewFileWriter(schema, struct{ io.Writer }{w},
		parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Zstd)), pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema()))
	if err != nil {
		return err
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for from := 0; from == 0 || from < len(lines); from += linesBatch {
		for _, l := range lines[from:min(from+linesBatch, len(lines))] {
			for i, c := range all {
				appendValue(b.Field(i), c.get(&l))
			}
		}
		batch := b.NewRecordBatch()
		err := out.Write(batch)
		batch.Release()
		if err != nil {
			return err
		}
	}
	return out.Close()
}

func appendValue(to array.Builder, v any) {
	switch b := to.(type) {
	case *array.StringBuilder:
		if v, ok := v.(string); ok {
			b.Append(v)
			return
		}
	case *array.Int64Builder:
		if v, ok := v.(int64); ok {
			b.Append(v)
			return
		}
	case *array.BooleanBuilder:
		if v, ok := v.(bool); ok {
			b.Append(v)
			return
		}
	case *array.Date32Builder:
		if v, ok := v.(time.Time); ok {
			b.Append(arrow.Date32FromTime(v))
			return
		}
	case *array.TimestampBuilder:
		if v, ok := v.(time.Time); ok {
			b.Append(arrow.Timestamp(v.UnixMicro()))
			return
		}
	}
	to.AppendNull()
}

// readLines reads what [WriteLines] wrote. The caller knows by its hash that it
// is that.
func readLines(r parquet.ReaderAtSeeker) (lines []Line, err error) {
	defer func() {
		if p := recover(); p != nil { // the library's answer to files that are damaged
			lines, err = nil, fmt.Errorf("no lines of a statement: %v", p)
		}
	}()
	in, err := file.NewParquetReader(r)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	reader, err := pqarrow.NewFileReader(in, pqarrow.ArrowReadProperties{BatchSize: linesBatch}, memory.DefaultAllocator)
	if err != nil {
		return nil, err
	}
	batches, err := reader.GetRecordReader(context.Background(), nil, nil)
	if err != nil {
		return nil, err
	}
	defer batches.Release()
	known := map[string]column{}
	for _, c := range columns() {
		known[c.name] = c
	}
	for batches.Next() {
		batch := batches.RecordBatch()
		from := len(lines)
		lines = append(lines, make([]Line, batch.NumRows())...)
		for i, field := range batch.Schema().Fields() {
			c, ok := known[field.Name]
			if !ok {
				continue
			}
			if !arrow.TypeEqual(field.Type, c.kind) {
				return nil, fmt.Errorf("column %s is of type %s, want %s", field.Name, field.Type, c.kind)
			}
			values := batch.Column(i)
			for row := range int(batch.NumRows()) {
				if v := valueAt(values, row); v != nil {
					c.put(&lines[from+row], v)
				}
			}
		}
	}
	if err := batches.Err(); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return lines, nil
}

// valueAt is what appendValue appended.
func valueAt(values arrow.Array, row int) any {
	if values.IsNull(row) {
		return nil
	}
	switch a := values.(type) {
	case *array.String:
		return a.Value(row)
	case *array.Int64:
		return a.Value(row)
	case *array.Boolean:
		return a.Value(row)
	case *array.Date32:
		return a.Value(row).ToTime()
	case *array.Timestamp:
		return time.UnixMicro(int64(a.Value(row))).UTC()
	}
	return nil
}
