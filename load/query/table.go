package query

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"

	"fanlake/load/terminal"
)

// Bounds of a table on a terminal.
const (
	cellWidth  = 48            // columns of the screen for one value
	cellRunes  = 4 * cellWidth // characters, of which some take no column
	tableAhead = 1000          // rows that decide the widths
	columnGap  = 2             // between columns
)

// WriteTable writes the rows as a table for people. Numbers stand right, NULL
// is shown as such, long values are cut, and no value can carry a control
// sequence to the terminal. A table that is wider than the screen, in columns of
// it, is written as records instead: a line for each value. Zero is a screen that
// takes any width.
func WriteTable(w io.Writer, r *Rows, width int) error {
	t := newTable(w, r.Columns, width)
	var rows int64
	for {
		row, err := r.Next()
		if err != nil {
			return joinFlush(err, t.out)
		}
		if row == nil {
			break
		}
		rows++
		t.add(row)
	}
	t.begin()
	if rows == 1 {
		fmt.Fprintln(t.out, "(1 row)")
	} else {
		fmt.Fprintf(t.out, "(%d rows)\n", rows)
	}
	return t.out.Flush()
}

// A table is being written. Its first rows are kept back: they decide the widths.
type table struct {
	out     *bufio.Writer
	columns []Column
	head    []string
	widths  []int
	ahead   [][]string // rows kept back
	begun   bool
	screen  int // its width; 0 takes any

	asRecords bool // for a table that is wider
	records   int  // written so far
}

func newTable(w io.Writer, columns []Column, width int) *table {
	t := &table{out: bufio.NewWriter(w), columns: columns, screen: width, head: make([]string, len(columns)), widths: make([]int, len(columns))}
	for i, c := range columns {
		t.head[i] = cell(c.Name)
		t.widths[i] = screen().StringWidth(t.head[i])
	}
	return t
}

// add adds a row.
func (t *table) add(row []any) {
	cells := make([]string, len(row))
	for i, v := range row {
		cells[i] = "NULL"
		if v != nil {
			cells[i] = cell(text(v, t.columns[i].Type))
		}
		if !t.begun {
			t.widths[i] = max(t.widths[i], screen().StringWidth(cells[i]))
		}
	}
	if t.begun {
		t.row(cells)
	} else if t.ahead = append(t.ahead, cells); len(t.ahead) == tableAhead {
		t.begin()
	}
}

// begin writes the header and the rows that were kept back, unless that was done.
func (t *table) begin() {
	if t.begun {
		return
	}
	t.begun = true
	wide := columnGap * (len(t.widths) - 1)
	for _, n := range t.widths {
		wide += n
	}
	// A header without rows says what there would be, however wide it is.
	t.asRecords = t.screen > 0 && wide > t.screen && len(t.ahead) > 0
	if !t.asRecords {
		t.write(t.head, t.columns)
		rule := make([]string, len(t.widths))
		for i := range rule {
			rule[i] = strings.Repeat("-", t.widths[i])
		}
		t.write(rule, nil)
	}
	for _, cells := range t.ahead {
		t.row(cells)
	}
	t.ahead = nil
}

// row writes a row, as a line or as a record.
func (t *table) row(cells []string) {
	if !t.asRecords {
		t.write(cells, t.columns)
		return
	}
	t.records++
	names := 0
	for _, name := range t.head {
		names = max(names, screen().StringWidth(name))
	}
	fmt.Fprintf(t.out, "-- %d %s\n", t.records, strings.Repeat("-", max(0, min(t.screen, names+columnGap+cellWidth)-len(fmt.Sprintf("-- %d ", t.records)))))
	for i, name := range t.head {
		t.out.WriteString(name + strings.Repeat(" ", names-screen().StringWidth(name)+columnGap) + cells[i] + "\n")
	}
}

// write writes a line; columns say which cells are numbers.
func (t *table) write(cells []string, columns []Column) {
	for i, c := range cells {
		if i > 0 {
			t.out.WriteString(strings.Repeat(" ", columnGap))
		}
		pad := strings.Repeat(" ", max(0, t.widths[i]-screen().StringWidth(c)))
		switch {
		case columns != nil && isNumber(columns[i].Type):
			t.out.WriteString(pad + c)
		case i == len(cells)-1:
			t.out.WriteString(c)
		default:
			t.out.WriteString(c + pad)
		}
	}
	t.out.WriteByte('\n')
}

func isNumber(kind string) bool {
	switch kind {
	case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "FLOAT", "DOUBLE":
		return true
	}
	return strings.HasPrefix(kind, "DECIMAL")
}

// screen measures text as it stands on a terminal, whatever the locale.
func screen() *runewidth.Condition { return &runewidth.Condition{} }

// cell is what a value looks like in a table: at most cellWidth wide, and no longer
// than cellRunes however many of its characters stand in one column.
func cell(s string) string {
	const more = "…"
	return screen().Truncate(terminal.Printable(firstRunes(s, more)), cellWidth, more)
}

// firstRunes is s, or as many of its characters as a cell takes and then more.
func firstRunes(s, more string) string {
	n := 0
	for i := range s {
		if n == cellRunes {
			return s[:i] + more
		}
		n++
	}
	return s
}
