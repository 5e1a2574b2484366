package query

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"time"
	"unicode/utf8"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/xuri/excelize/v2"
)

// What a sheet of Excel can hold.
const (
	sheetRows   = 1 << 20               // with the header
	sheetText   = 32_767                // characters of a cell
	sheetDigits = 1_000_000_000_000_000 // whole numbers below keep all their digits
	sheetName   = "rows"
)

// WriteXLSX writes the rows as one sheet of an Excel workbook with a header that
// stays in view. Whole numbers, ratios, booleans, days and instants (UTC) are
// cells of their type; whole numbers and decimals of more than 15 digits are
// text, which keeps them; everything else is text as in the CSV form and never a
// formula, whatever it begins with. NULL is an empty cell. What a sheet cannot
// hold is an error.
func WriteXLSX(w io.Writer, r *Rows) (err error) {
	book := excelize.NewFile()
	defer func() { err = errors.Join(err, book.Close()) }()
	if err := book.SetSheetName(book.GetSheetName(0), sheetName); err != nil {
		return err
	}
	s := sheet{columns: r.Columns}
	if err := s.start(book); err != nil {
		return err
	}
	for n := 2; ; n++ {
		row, err := r.Next()
		if err != nil {
			return err
		}
		if row == nil {
			break
		}
		if n > sheetRows {
			return fmt.Errorf("a sheet holds %d rows: take csv or parquet, or ask for less", sheetRows-1)
		}
		if err := s.write(n, row); err != nil {
			return err
		}
	}
	if err := s.out.Flush(); err != nil {
		return err
	}
	_, err = book.WriteTo(struct{ io.Writer }{w})
	return err
}

// A sheet is being written, from its first row to its last.
type sheet struct {
	columns           []Column
	out               *excelize.StreamWriter
	head, day, moment int // styles
}

// start writes what stands before the rows.
func (s *sheet) start(book *excelize.File) (err error) {
	day, moment := "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"
	for _, style := range []struct {
		id *int
		is excelize.Style
	}{
		{&s.head, excelize.Style{Font: &excelize.Font{Bold: true}}},
		{&s.day, excelize.Style{CustomNumFmt: &day}},
		{&s.moment, excelize.Style{CustomNumFmt: &moment}},
	} {
		if *style.id, err = book.NewStyle(&style.is); err != nil {
			return err
		}
	}
	if s.out, err = book.NewStreamWriter(sheetName); err != nil {
		return err
	}
	for i, c := range s.columns {
		if err := s.out.SetColWidth(i+1, i+1, float64(min(max(utf8.RuneCountInString(c.Name)+2, 12), 40))); err != nil {
			return err
		}
	}
	if err := s.out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	head := make([]any, len(s.columns))
	for i, c := range s.columns {
		head[i] = excelize.Cell{StyleID: s.head, Value: c.Name}
	}
	return s.out.SetRow("A1", head)
}

// write writes row n, from 1.
func (s *sheet) write(n int, row []any) error {
	cells := make([]any, len(row))
	for i, v := range row {
		c, err := s.cell(v, s.columns[i].Type)
		if err != nil {
			return fmt.Errorf("row %d, column %s: %w", n-1, s.columns[i].Name, err)
		}
		cells[i] = c
	}
	at, err := excelize.CoordinatesToCellName(1, n)
	if err != nil {
		return err
	}
	return s.out.SetRow(at, cells)
}

// cell is a value as a cell of its type.
func (s *sheet) cell(v any, kind string) (any, error) {
	if n, ok := wholeNumber(v); ok {
		if n.CmpAbs(big.NewInt(sheetDigits)) < 0 {
			return n.Int64(), nil
		}
		return n.String(), nil
	}
	switch v := v.(type) {
	case nil, bool:
		return v, nil
	case float32:
		return sheetFloat(float64(v), v, kind), nil
	case float64:
		return sheetFloat(v, v, kind), nil
	case duckdb.Decimal:
		if v.Value != nil && v.Value.CmpAbs(big.NewInt(sheetDigits)) < 0 {
			return v.Float64(), nil
		}
	case time.Time:
		t := v.UTC()
		switch {
		case t.Year() < 1900 || t.Year() > 9999: // Excel knows no others
		case kind == "DATE":
			return excelize.Cell{StyleID: s.day, Value: t}, nil
		case kind != "TIME" && kind != "TIMETZ" && kind != "TIME WITH TIME ZONE":
			return excelize.Cell{StyleID: s.moment, Value: t}, nil
		}
	}
	written := text(v, kind)
	if utf8.RuneCountInString(written) > sheetText {
		return nil, fmt.Errorf("a cell holds %d characters: take csv or parquet", sheetText)
	}
	return written, nil
}

// sheetFloat is a number, or text where it is none.
func sheetFloat(f float64, v any, kind string) any {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return text(v, kind)
	}
	return v
}
