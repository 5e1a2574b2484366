package statement

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"

	"fanlake/load"
)

// absent stands for a figure that is not known.
const absent = "not available"

// dollars writes cents as dot decimals.
func dollars(cents int64) string {
	sign, digits := "", strconv.FormatInt(cents, 10)
	if cents < 0 {
		sign, digits = "-", digits[1:]
	}
	for len(digits) < 3 {
		digits = "0" + digits
	}
	return sign + digits[:len(digits)-2] + "." + digits[len(digits)-2:]
}

// amount is dollars, or other where the figure is not known.
func amount(cents *int64, other string) string {
	if cents == nil {
		return other
	}
	return dollars(*cents)
}

// title names the statement, such as AVA-2026-02.
func (s Statement) title() string {
	name := s.Handle
	if name == "" {
		name = s.CreatorID
	}
	return strings.ToUpper(name) + "-" + s.Month
}

const minute = "2006-01-02T15:04Z"

// Text writes the statement for people. What creators or the platform typed
// cannot carry control sequences.
func (s Statement) Text(w io.Writer) error {
	out := &printer{out: bufio.NewWriter(w)}
	s.textHeader(out)
	out.rule()
	out.cells(38, []int{13, 13, 9, 15}, "1 SUMMARY", "This month", "Prev month", "Change", "Same month LY")
	for _, l := range s.Summary {
		change := ""
		if l.IsTotal || l.Name == "gross_sales" {
			change = percent(l.ChangeBps)
		}
		out.cells(38, []int{13, 13, 9, 15}, "  "+l.Label, amount(l.This, absent), amount(l.Previous, "—"), change, amount(l.LastYear, "—"))
	}
	out.rule()
	columns := []int{7, 12, 12, 12, 12}
	out.cells(30, columns, "2 BY SOURCE", "count", "gross", "refunds/cb", "fees", "net")
	if len(s.Sources) == 0 {
		out.line("  " + absent)
	}
	for _, l := range s.Sources {
		out.cells(30, columns, "  "+l.Label, strconv.FormatInt(*l.Count, 10), dollars(*l.Gross), dollars(*l.Reversed), dollars(*l.Fees), dollars(*l.Net))
	}
	out.rule()
	for _, n := range s.Notes {
		out.line("Note: " + n)
	}
	out.line(s.Notice)
	return out.flush()
}

func (s Statement) textHeader(out *printer) {
	out.line("EARNINGS STATEMENT   " + s.title() + "   " + strings.ToUpper(string(s.State)) + " (" + s.Why + ")")
	name := s.Label
	if s.Handle != "" {
		name += " (@" + s.Handle + ")"
	}
	out.line("Creator   " + name + "  id " + s.CreatorID)
	start, end := s.Period.Start.In(s.zone()), s.Period.End.In(s.zone())
	out.line(fmt.Sprintf("Period    %s → %s  %s  (UTC %s → %s)", start.Format("2006-01-02 15:04"), end.Format("2006-01-02 15:04"),
		s.Timezone, s.Period.Start.Format(minute), s.Period.End.Format(minute)))
	out.line("Currency  " + s.Currency + " (as reported by the platform; fan currencies already converted)")
	out.line("Basis     " + s.Basis)
	if !s.AsOf.IsZero() {
		out.line("As of     " + s.AsOf.Format("2006-01-02 15:04 UTC") + ", the last run (" + s.RunID + ")")
	}
	out.line("Pending   " + amount(s.Pending, absent))
	for i, m := range s.Missing {
		if i == 10 {
			out.line(fmt.Sprintf("Not read  and %d windows more", len(s.Missing)-i))
			break
		}
		out.line("Not read  " + m.Start.Format(minute) + " → " + m.End.Format(minute))
	}
}

// zone is the creator's; UTC for a statement that was not made here.
func (s Statement) zone() *time.Location {
	if s.location == nil {
		return time.UTC
	}
	return s.location
}

// percent writes hundredths of a percent as whole percents.
func percent(bps *int64) string {
	if bps == nil {
		return "—"
	}
	whole := roundedQuotient(big.NewInt(*bps), big.NewInt(100))
	return fmt.Sprintf("%+d %%", whole)
}

// A printer writes lines that are safe for a terminal.
type printer struct{ out *bufio.Writer }

func (p *printer) line(s string) {
	p.out.WriteString(strings.TrimRight(load.Printable(s), " "))
	p.out.WriteByte('\n')
}

func (p *printer) rule() { p.line(strings.Repeat("-", 90)) }

// cells writes a label on the left and figures on the right of their columns.
func (p *printer) cells(labelWidth int, widths []int, label string, figures ...string) {
	screen := runewidth.Condition{} // whatever the locale
	label = screen.Truncate(load.Printable(label), labelWidth, "…")
	var b strings.Builder
	b.WriteString(label + strings.Repeat(" ", max(0, labelWidth-screen.StringWidth(label))))
	for i, f := range figures {
		b.WriteString(" " + strings.Repeat(" ", max(0, widths[i]-1-screen.StringWidth(f))) + f)
	}
	p.line(b.String())
}

func (p *printer) flush() error { return p.out.Flush() }

// csvHeader names the columns of the CSV form: one figure a row, so that every
// row says whose, of when and in what unit it is.
var csvHeader = []string{
	"creator_id", "handle", "month", "period_start", "period_end", "timezone", "currency", "state", "as_of", "run_id",
	"section", "line", "label", "figure", "amount", "amount_cents", "count", "notice",
}

// CSV writes the statement as CSV by RFC 4180 with one header line and one
// figure a row. Amounts are dot decimals with their cents beside; a figure that
// is not known is empty. Text that a spreadsheet would take for a formula gets
// an apostrophe in front.
func (s Statement) CSV(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(csvHeader); err != nil {
		return err
	}
	asOf := ""
	if !s.AsOf.IsZero() {
		asOf = s.AsOf.Format(time.RFC3339)
	}
	row := func(section, line, label, figure string, cents, count *int64) {
		record := []string{s.CreatorID, s.Handle, s.Month, s.Period.Start.Format(time.RFC3339), s.Period.End.Format(time.RFC3339),
			s.Timezone, s.Currency, string(s.State), asOf, s.RunID, section, line, label, figure}
		for i, text := range record {
			record[i] = harmless(text)
		}
		number := ""
		if count != nil {
			number = strconv.FormatInt(*count, 10)
		}
		digits := ""
		if cents != nil {
			digits = strconv.FormatInt(*cents, 10)
		}
		_ = out.Write(append(record, amount(cents, ""), digits, number, s.Notice)) // the writer keeps its first error
	}
	for _, l := range s.Summary {
		row("summary", l.Name, l.Label, "this_month", l.This, nil)
		row("summary", l.Name, l.Label, "previous_month", l.Previous, nil)
		row("summary", l.Name, l.Label, "same_month_last_year", l.LastYear, nil)
	}
	for _, l := range s.Sources {
		name := l.Source
		if l.IsTotal {
			name = "total_" + strings.ToLower(l.Label)
		}
		row("by_source", name, l.Label, "gross", l.Gross, l.Count)
		row("by_source", name, l.Label, "reversed_gross", l.Reversed, l.Reversals)
		row("by_source", name, l.Label, "fees", l.Fees, nil)
		row("by_source", name, l.Label, "net", l.Net, nil)
	}
	row("balance", "pending", "Pending", "this_month", s.Pending, nil)
	out.Flush()
	return out.Error()
}

// harmless keeps a spreadsheet from reading text as a formula.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// JSON writes the statement as one JSON object; amounts are cents.
func (s Statement) JSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(s)
}
