package document

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/mattn/go-runewidth"

	"fanlake/load/terminal"
)

// TextOptions choose what the form for terminals shows.
type TextOptions struct {
	Whole bool // also tables of details and the meaning of every line
}

// width is that of a terminal's line.
const width = 92

// Text writes the document for people. What creators or the platform typed
// cannot carry control sequences.
func (d *Document) Text(w io.Writer, o TextOptions) error {
	out := &printer{out: bufio.NewWriter(w)}
	out.line(d.Title + "   " + d.ID + " v" + strconv.Itoa(d.Version) + "   " + strings.ToUpper(string(d.State)) + " (" + d.StateReason + ")")
	for _, f := range d.Header() {
		for i, line := range f.Lines {
			label := f.Label
			if i > 0 {
				label = ""
			}
			out.line(runewidth.FillRight(label, 10) + line)
		}
	}
	for _, t := range d.Sections {
		if t.Detail && !o.Whole && len(t.Rows) > 0 {
			out.rule()
			out.line(strings.ToUpper(t.Title) + ": " + count(len(t.Rows), "line") + ", left out here; --format txt has them")
			continue
		}
		out.table(t)
	}
	out.rule()
	notes := d.Notes
	if !o.Whole && len(notes) > shortNotes {
		notes = notes[:shortNotes]
	}
	for _, n := range notes {
		out.wrap("Note: ", n)
	}
	out.wrap("", d.Notice)
	return out.out.Flush()
}

// shortNotes is how many notes the short form has: those about this document
// come first.
const shortNotes = 4

// A Field is a line of the header, or several.
type Field struct {
	Label string
	Lines []string
}

// Header is what stands above the tables, for people.
func (d *Document) Header() []Field {
	who := d.Creator.Label
	if d.Creator.Handle != "" {
		who = strings.TrimSpace(who + " (@" + d.Creator.Handle + ")")
	}
	fields := []Field{{"Creator", []string{strings.TrimSpace(who + "  id " + d.Creator.ID)}}}
	if d.Creator.LegalName != "" || d.Creator.Address != "" {
		var lines []string
		for line := range strings.SplitSeq(strings.TrimSpace(d.Creator.LegalName+"\n"+d.Creator.Address), "\n") {
			lines = append(lines, strings.TrimSpace(line))
		}
		fields = append(fields, Field{"Name", lines})
	}
	start, end := d.Period.Start.In(d.Zone()), d.Period.End.In(d.Zone())
	fields = append(fields,
		Field{"Platform", []string{d.Platform}},
		Field{"Period", []string{start.Format("2006-01-02 15:04") + " → " + end.Format("2006-01-02 15:04") + "  " + d.Timezone +
			"  (UTC " + Minute(d.Period.Start) + " → " + Minute(d.Period.End) + ")"}},
		Field{"Currency", []string{d.Currency + " (as reported by the platform; fan currencies already converted)"}},
		Field{"Basis", []string{d.Basis}})
	if !d.Issued.IsZero() {
		fields = append(fields, Field{"Issued", []string{d.Issued.Format("2006-01-02 15:04 UTC") + ", from what the last run had read (" + d.RunID + ")"}})
	}
	if d.Supersedes > 0 {
		fields = append(fields, Field{"Replaces", []string{d.ID + " v" + strconv.Itoa(d.Supersedes)}})
	}
	var missing []string
	for i, m := range d.Missing {
		if i == 10 {
			missing = append(missing, fmt.Sprintf("and %d windows more", len(d.Missing)-i))
			break
		}
		missing = append(missing, Minute(m.Start)+" → "+Minute(m.End))
	}
	if len(missing) > 0 {
		fields = append(fields, Field{"Not read", missing})
	}
	return fields
}

// A printer writes lines that are safe for a terminal.
type printer struct{ out *bufio.Writer }

func (p *printer) line(s string) {
	p.out.WriteString(strings.TrimRight(terminal.Printable(s), " "))
	p.out.WriteByte('\n')
}

func (p *printer) rule() { p.line(strings.Repeat("-", width)) }

// wrap writes text in lines of the terminal's width, behind a label.
func (p *printer) wrap(label, text string) {
	line := label
	for i, word := range strings.Fields(text) {
		if i > 0 && screen().StringWidth(line+" "+word) > width {
			p.line(line)
			line = strings.Repeat(" ", len(label)) + word
			continue
		}
		if i > 0 {
			line += " "
		}
		line += word
	}
	p.line(line)
}

// screen measures text, whatever the locale.
func screen() *runewidth.Condition { return &runewidth.Condition{} }

// Bounds of what one cell takes of a line: maxRight is how wide a mixed column is
// at most to be set to the right.
const maxLabel, maxCell, maxRight = 36, 72, 24

// table writes a table, each column as wide as it has to be.
func (p *printer) table(t *Table) {
	p.rule()
	screen := screen()
	labels := screen.StringWidth(t.Title)
	widths := make([]int, len(t.Columns))
	for i, c := range t.Columns {
		widths[i] = screen.StringWidth(c.Label)
	}
	for r := range t.All() {
		labels = max(labels, 2+screen.StringWidth(terminal.Printable(r.Label)))
		for i, c := range r.Cells {
			widths[i] = max(widths[i], screen.StringWidth(shown(c, t.Columns[i].Kind)))
		}
	}
	labels = min(labels, maxLabel)
	var heads []string
	for i, c := range t.Columns {
		if widths[i] = min(widths[i], maxCell); c.Kind.IsNumber() {
			widths[i] = max(widths[i], 10)
		}
		heads = append(heads, c.Label)
	}
	p.cells(t, labels, widths, strings.ToUpper(t.Title), heads)
	rows := 0
	for r := range t.All() {
		rows++
		figures := make([]string, len(r.Cells))
		for i, c := range r.Cells {
			figures[i] = shown(c, t.Columns[i].Kind)
			if !c.Known() && (r.Total && !t.Columns[i].Kind.IsNumber() || !r.Total && t.Columns[i].Kind == Percent) {
				figures[i] = "" // nothing is missing there
			}
		}
		p.cells(t, labels, widths, "  "+r.Label, figures)
	}
	if rows == 0 && t.Empty != "" {
		p.line("  " + t.Empty)
	}
	for _, n := range t.Notes {
		p.wrap("  ", n)
	}
}

// shown is a cell on a terminal: an absent figure in a column of figures is a dash.
func shown(c Cell, kind Kind) string {
	if !c.Known() && (kind.IsNumber() || kind == Day || kind == Instant) {
		return "—"
	}
	if !c.Known() && kind == Mixed {
		return Absent
	}
	return terminal.Printable(c.Print())
}

// cells writes a label on the left and figures on the right of their columns.
func (p *printer) cells(t *Table, labels int, widths []int, label string, figures []string) {
	screen := screen()
	var b strings.Builder
	b.WriteString(screen.FillRight(screen.Truncate(terminal.Printable(label), labels, "…"), labels))
	for i, f := range figures {
		f = screen.Truncate(terminal.Printable(f), widths[i], "…")
		b.WriteString("  ")
		if k := t.Columns[i].Kind; k.IsNumber() || k == Mixed && widths[i] <= maxRight {
			b.WriteString(screen.FillLeft(f, widths[i]))
		} else {
			b.WriteString(screen.FillRight(f, widths[i]))
		}
	}
	p.line(b.String())
}

// count writes a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
