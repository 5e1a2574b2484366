package document

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"fanlake/load/spreadsheet"
)

// CSVOptions are for who opens CSV in a spreadsheet.
type CSVOptions struct {
	// DecimalComma writes 1,50 for 1.50, and separates cells by semicolons, as
	// spreadsheets of such locales expect.
	DecimalComma bool
}

// Writer writes CSV by RFC 4180.
func (o CSVOptions) Writer(w io.Writer) *csv.Writer {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if o.DecimalComma {
		out.Comma = ';'
	}
	return out
}

// context is what every row of a file says of where it belongs.
func (d *Document) context() (names, values []string) {
	issued := ""
	if !d.Issued.IsZero() {
		issued = d.Issued.Format(time.RFC3339)
	}
	for _, f := range [][2]string{
		{"statement_id", d.ID}, {"version", strconv.Itoa(d.Version)}, {"state", string(d.State)},
		{"creator_id", d.Creator.ID}, {"handle", d.Creator.Handle}, {"month", d.Month},
		{"period_start", d.Period.Start.Format(time.RFC3339)}, {"period_end", d.Period.End.Format(time.RFC3339)},
		{"timezone", d.Timezone}, {"currency", d.Currency}, {"issued_at", issued}, {"run_id", d.RunID},
	} {
		names, values = append(names, f[0]), append(values, spreadsheet.Harmless(f[1]))
	}
	return names, values
}

// Amount writes cents as dollars.
func (o CSVOptions) Amount(cents int64) string { return decimal(Dollars(cents), o.DecimalComma) }

// CSV writes the sections as CSV by RFC 4180 with one header line and one figure
// a row, so that every row says whose, of when and in what unit it is. Figures
// that are not known are empty. Text that a spreadsheet would take for a formula
// gets an apostrophe in front.
func (d *Document) CSV(w io.Writer, o CSVOptions) error {
	out := o.Writer(w)
	names, values := d.context()
	write := func(cells ...string) { _ = out.Write(cells) } // the writer keeps its first error
	write(append(names, "section", "line", "label", "figure", "kind", "value", "cents", "notice")...)
	record := make([]string, 0, len(values)+8)
	for _, t := range d.Sections {
		for r := range t.All() {
			for i, c := range r.Cells {
				record = append(record[:0], values...)
				record = append(record, t.Name, spreadsheet.Harmless(r.Name), spreadsheet.Harmless(r.Label), plainName(t.Columns[i]))
				write(append(record, append(figure(c, t.Columns[i].Kind, o), d.Notice)...)...)
			}
		}
	}
	for i, n := range d.Notes {
		record = append(record[:0], values...)
		write(append(record, "notes", strconv.Itoa(i+1), "", "", string(Text), spreadsheet.Harmless(n), "", d.Notice)...)
	}
	out.Flush()
	return out.Error()
}

// figure is the kind of a cell, its value, and the cents of an amount.
func figure(c Cell, column Kind, o CSVOptions) []string {
	kind := c.Kind
	if kind == "" {
		kind = column
	}
	return []string{string(kind), c.plain(o), cents(c)}
}

// cents is an amount as a whole number, nothing of other cells.
func cents(c Cell) string {
	if c.Kind != Money {
		return ""
	}
	return strconv.FormatInt(c.Number, 10)
}

// plainName is a column's name without the unit of its numbers, which CSV writes
// in dollars and percents.
func plainName(c Column) string {
	return strings.TrimSuffix(strings.TrimSuffix(c.Name, "_cents"), "_bps")
}

// plain is the cell as a table in CSV has it.
func (c Cell) plain(o CSVOptions) string {
	if c.Kind == Text {
		return spreadsheet.Harmless(c.Text)
	}
	return decimal(c.Exact(), o.DecimalComma)
}

// TransactionsCSV writes the rows behind the figures as CSV, as [Document.CSV]
// does.
func (d *Document) TransactionsCSV(w io.Writer, o CSVOptions) error {
	return d.tableCSV(w, d.Transactions, o)
}

// tableCSV writes one table as CSV with a column for each of its own, between
// the columns that say where a row belongs and the notice. An amount has two:
// gross in dollars, and gross_cents.
func (d *Document) tableCSV(w io.Writer, t *Table, o CSVOptions) error {
	out := o.Writer(w)
	names, values := d.context()
	for _, c := range t.Columns {
		names = append(names, plainName(c))
		if c.Kind == Money {
			names = append(names, c.Name)
		}
	}
	_ = out.Write(append(names, "notice")) // the writer keeps its first error
	record := make([]string, 0, len(names)+1)
	for r := range t.All() {
		record = append(record[:0], values...)
		for i, c := range r.Cells {
			record = append(record, c.plain(o))
			if t.Columns[i].Kind == Money {
				record = append(record, cents(c))
			}
		}
		if err := out.Write(append(record, d.Notice)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
