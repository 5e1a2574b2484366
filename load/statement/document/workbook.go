package document

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"
)

// Sheets of a workbook, in their order; Transactions and Notes have no sections.
const (
	SheetSummary      = "Summary"
	SheetBySource     = "By source"
	SheetDaily        = "Daily"
	SheetTransactions = "Transactions"
	SheetNotes        = "Notes"
)

// maxRows is how many rows a sheet of the format holds.
const maxRows = 1 << 20

// Workbook writes the document as XLSX: sections on their sheets, the
// transactions, and the notes. Amounts, counts, shares, days and instants (UTC)
// are typed cells with a number format; text is text and can become no formula.
// Equal documents give equal bytes.
func (d *Document) Workbook(w io.Writer) (err error) {
	f := excelize.NewFile()
	defer func() { err = errors.Join(err, f.Close()) }()
	b := &book{file: f, doc: d, styles: map[style]int{}}
	if err := f.SetDocProps(&excelize.DocProperties{Title: d.ID, Subject: d.Title, Description: d.Notice}); err != nil {
		return err
	}
	for i, name := range []string{SheetSummary, SheetBySource, SheetDaily, SheetTransactions, SheetNotes} {
		if i == 0 {
			err = f.SetSheetName("Sheet1", name)
		} else {
			_, err = f.NewSheet(name)
		}
		if err == nil {
			err = b.sheet(name)
		}
		if err != nil {
			return fmt.Errorf("sheet %s: %w", name, err)
		}
	}
	var packed bytes.Buffer
	if err := f.Write(&packed); err != nil {
		return err
	}
	return repack(w, packed.Bytes())
}

// A book is a workbook that is being written.
type book struct {
	file   *excelize.File
	doc    *Document
	styles map[style]int
	out    *excelize.StreamWriter
	row    int // the next one, from 1
}

// A style is how cells look.
type style struct {
	kind Kind
	bold bool
}

// format is the number format of a kind. Text is formatted as text, so that it
// stays text when somebody edits the cell.
func (k Kind) format() string {
	switch k {
	case Money:
		return "#,##0.00;[Red]-#,##0.00"
	case Count:
		return "#,##0"
	case Percent:
		return "0.00%"
	case Day:
		return "yyyy-mm-dd"
	case Instant:
		return "yyyy-mm-dd hh:mm:ss"
	}
	return "@"
}

func (b *book) style(s style) (int, error) {
	if id, ok := b.styles[s]; ok {
		return id, nil
	}
	format := s.kind.format()
	id, err := b.file.NewStyle(&excelize.Style{CustomNumFmt: &format, Font: &excelize.Font{Bold: s.bold}})
	b.styles[s] = id
	return id, err
}

// sheet writes one sheet.
func (b *book) sheet(name string) (err error) {
	if b.out, err = b.file.NewStreamWriter(name); err != nil {
		return err
	}
	b.row = 1
	// Panes and widths come before rows in the format.
	if err := b.out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	if err := errors.Join(b.out.SetColWidth(1, 1, 36), b.out.SetColWidth(2, 30, 18)); err != nil {
		return err
	}
	switch name {
	case SheetSummary:
		err = b.header()
	case SheetTransactions:
		if b.doc.Transactions != nil {
			err = b.table(b.doc.Transactions, false)
		}
	case SheetNotes:
		err = b.notes()
	}
	if err != nil {
		return err
	}
	for _, t := range b.doc.Sections {
		if t.Sheet == name {
			if err := b.table(t, true); err != nil {
				return fmt.Errorf("%s: %w", t.Name, err)
			}
		}
	}
	return b.out.Flush()
}

// header writes whose, what and when.
func (b *book) header() error {
	d := b.doc
	if err := b.write(true, String(d.Title), String(d.ID+" v"+strconv.Itoa(d.Version)), String(string(d.State)), String(d.StateReason)); err != nil {
		return err
	}
	for _, f := range d.Header() {
		for i, line := range f.Lines {
			label := String(f.Label)
			if i > 0 {
				label = Cell{}
			}
			if err := b.write(false, label, String(line)); err != nil {
				return err
			}
		}
	}
	return b.write(false, String(d.Notice))
}

func (b *book) notes() error {
	err := b.write(true, String("Notes"))
	for _, n := range b.doc.Notes {
		err = errors.Join(err, b.write(false, String(n)))
	}
	return errors.Join(err, b.write(false, String(b.doc.Notice)))
}

// table writes a table with its header, below a blank row if it is not the first
// on its sheet. labels says whether its rows have a label of their own.
func (b *book) table(t *Table, labels bool) error {
	if b.row > 1 {
		b.row++
	}
	var head []Cell
	if labels {
		head = append(head, String(t.Title))
	}
	for _, c := range t.Columns {
		head = append(head, String(c.Label))
	}
	if err := b.write(true, head...); err != nil {
		return err
	}
	cells := make([]Cell, 0, len(head))
	for r := range t.All() {
		cells = cells[:0]
		if labels {
			cells = append(cells, String(r.Label))
		}
		if err := b.write(r.Total, append(cells, r.Cells...)...); err != nil {
			return err
		}
	}
	for _, n := range t.Notes {
		if err := b.write(false, String(n)); err != nil {
			return err
		}
	}
	return nil
}

// write adds a row.
func (b *book) write(bold bool, cells ...Cell) error {
	if b.row > maxRows {
		return fmt.Errorf("more than %d rows, which is all a sheet holds: take the CSV form", maxRows)
	}
	values := make([]any, len(cells))
	for i, c := range cells {
		if !c.Known() {
			continue
		}
		id, err := b.style(style{c.Kind, bold})
		if err != nil {
			return err
		}
		value, err := c.typed()
		if err != nil {
			return err
		}
		values[i] = excelize.Cell{StyleID: id, Value: value}
	}
	at, err := excelize.CoordinatesToCellName(1, b.row)
	if err != nil {
		return err
	}
	b.row++
	return b.out.SetRow(at, values)
}

// typed is the value of a cell of the format, whose numbers are floats that are
// written with the shortest digits that read as them: those of the cents.
func (c Cell) typed() (any, error) {
	switch c.Kind {
	case Money:
		return strconv.ParseFloat(Dollars(c.Number), 64)
	case Percent:
		return strconv.ParseFloat(strconv.FormatInt(c.Number, 10)+"e-4", 64)
	case Count:
		return c.Number, nil
	case Day, Instant:
		return c.Time(), nil
	}
	return c.Text, nil
}

// repack writes a ZIP again with its files ordered by name and without times:
// the order in which they come is another in each process.
func repack(w io.Writer, packed []byte) error {
	in, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return err
	}
	slices.SortFunc(in.File, func(a, b *zip.File) int { return cmp.Compare(a.Name, b.Name) })
	out := zip.NewWriter(w)
	for _, f := range in.File {
		from, err := f.Open()
		if err != nil {
			return err
		}
		to, err := out.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate,
			Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}) // the first day that the format knows
		if err != nil {
			return err
		}
		if _, err := io.Copy(to, from); err != nil {
			return err
		}
	}
	return out.Close()
}
