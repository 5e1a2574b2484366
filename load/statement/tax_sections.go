package statement

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"fanlake/load/statement/document"
	"fanlake/load/statement/manifest"
)

// Sections of a tax year.
const (
	sectionMonths           = "by_month"
	sectionQuarters         = "by_quarter"
	sectionCalendarQuarters = "by_calendar_quarter"
	sectionRates            = "rates"
	sectionStatements       = "statements"
)

func (b *taxBuilder) sections() []*document.Table {
	all := []*document.Table{b.summaryTable(), b.periodTable(sectionMonths, "2 By month", 1, false)}
	if b.converts() {
		all = append(all, b.periodTable(sectionMonths+"_home", "2 By month, in "+b.opts.FX.Home, 1, true))
	}
	all = append(all, b.periodTable(sectionQuarters, "3 By quarter", 3, false))
	if b.converts() {
		all = append(all, b.periodTable(sectionQuarters+"_home", "3 By quarter, in "+b.opts.FX.Home, 3, true))
	}
	all = append(all, b.calendarTable())
	if b.converts() {
		all = append(all, b.rateTable())
	}
	return append(all, b.statementTable())
}

// homeCells are amounts in the home currency: lines and their net.
func homeCells(c *[components]int64) (lines [components]document.Cell, netSales, net document.Cell) {
	if c == nil {
		return lines, netSales, net
	}
	for i, v := range c {
		lines[i] = document.Cents(v)
	}
	sales := c[0] + c[1] + c[2] + c[3]
	return lines, document.Cents(sales), document.Cents(sales + c[4] + c[5])
}

func (b *taxBuilder) summaryTable() *document.Table {
	t := &document.Table{Name: SectionSummary, Title: "1 Totals of the year", Heading: "Line", Sheet: document.SheetSummary, Columns: []document.Column{
		{Name: amountColumnName, Label: "USD", Kind: document.Money}}}
	if b.converts() {
		t.Columns = append(t.Columns, document.Column{Name: "home_cents", Label: b.opts.FX.Home, Kind: document.Money})
		t.Notes = []string{fmt.Sprintf("Converted at the %s rates of the user's own table, each row at the rate of its calendar month.", b.opts.FX.Method)}
		if b.lacking > 0 {
			t.Notes = append(t.Notes, fmt.Sprintf("Not available in %s: rows of months without a rate: %d.", b.opts.FX.Home, b.lacking))
		}
	}
	usd := componentsOf(b.year.figures)
	home, homeSales, homeNet := homeCells(b.home.total)
	add := func(name, label string, isTotal bool, cents int64, converted document.Cell) {
		r := document.Row{Name: name, Label: label, Total: isTotal, Cells: []document.Cell{document.Cents(cents)}}
		if b.converts() {
			r.Cells = append(r.Cells, converted)
		}
		t.Rows = append(t.Rows, r)
	}
	add("gross_sales", "Gross sales", false, usd[0], home[0])
	add("refunds", "Refunds", false, usd[1], home[1])
	add("chargebacks", "Chargebacks", false, usd[2], home[2])
	add("other_reversals", "Other reversals", false, usd[3], home[3])
	add("net_sales", "NET SALES", true, b.year.netSales, homeSales)
	add("platform_fees", "Platform fees, an expense", false, usd[4], home[4])
	add("rewards", "Referral / affiliate / giveaway", false, usd[5], home[5])
	add("net_earnings", "NET EARNINGS", true, b.year.netEarnings, homeNet)
	return t
}

// periodTable shows the year in periods of some of its months.
func (b *taxBuilder) periodTable(name, title string, months int, home bool) *document.Table {
	t := &document.Table{Name: name, Title: title, Heading: "From", Sheet: document.SheetSummary, Columns: []document.Column{
		{Name: "until", Label: "Until", Kind: document.Day}, {Name: "sales_count", Label: "Sales", Kind: document.Count},
		{Name: "gross_cents", Label: "Gross", Kind: document.Money}, {Name: "reversed_gross_cents", Label: "Reversals", Kind: document.Money},
		{Name: "fees_cents", Label: "Fees", Kind: document.Money}, {Name: "rewards_cents", Label: "Rewards", Kind: document.Money},
		{Name: "net_cents", Label: "Net", Kind: document.Money}}}
	for i := 0; i < taxMonths; i += months {
		var usd [components]int64
		converted := &[components]int64{}
		var sales int64
		known := true
		for k := i; k < i+months; k++ {
			sales, known = sales+b.figures[k].sales, known && b.known[k]
			for c, v := range componentsOf(b.figures[k]) {
				usd[c] += v
			}
			if b.home.months[k] == nil {
				converted = nil
			}
			for c := 0; converted != nil && c < components; c++ {
				converted[c] += b.home.months[k][c]
			}
		}
		if !home {
			converted = &usd
		}
		if !known {
			converted = nil
		}
		until := b.days[i+months].AddDate(0, 0, -1)
		t.Rows = append(t.Rows, periodRow(b.days[i].Format(time.DateOnly), false, document.Date(until), sales, converted))
	}
	whole := b.home.total
	if usd := componentsOf(b.year.figures); !home {
		whole = &usd
	}
	t.Rows = append(t.Rows, periodRow("total", true, document.Cell{}, b.year.sales, whole))
	return t
}

func periodRow(name string, isTotal bool, until document.Cell, sales int64, c *[components]int64) document.Row {
	label := name
	if isTotal {
		label = "ALL"
	}
	r := document.Row{Name: name, Label: label, Total: isTotal, Cells: []document.Cell{until, {}, {}, {}, {}, {}, {}}}
	if c != nil {
		r.Cells[1] = document.Number(sales)
		lines, _, net := homeCells(c)
		r.Cells[2], r.Cells[3], r.Cells[4], r.Cells[5], r.Cells[6] = lines[0], document.Cents(c[1]+c[2]+c[3]), lines[4], lines[5], net
	}
	return r
}

// calendarTable shows the year by quarters of the calendar, as the platform
// reports to authorities.
func (b *taxBuilder) calendarTable() *document.Table {
	t := &document.Table{Name: sectionCalendarQuarters, Title: "4 By calendar quarter", Heading: "Quarter", Sheet: document.SheetSummary, Columns: []document.Column{
		{Name: "sales_count", Label: "Sales", Kind: document.Count}, {Name: "gross_cents", Label: "Gross", Kind: document.Money},
		{Name: "reversed_gross_cents", Label: "Reversals", Kind: document.Money}, {Name: "fees_cents", Label: "Fees", Kind: document.Money},
		{Name: "net_cents", Label: "Net", Kind: document.Money}},
		Notes: []string{"Of the tax year alone: a quarter that it begins or ends in is there in part. Platforms report consideration, sales and fees by these quarters."}}
	quarters := map[string]figures{}
	for _, group := range b.groups {
		for name, lines := range group {
			m, err := time.Parse("2006-01", name)
			if err != nil {
				continue
			}
			key := fmt.Sprintf("%d-Q%d", m.Year(), (int(m.Month())+2)/3)
			f, g := quarters[key], sum(lines)
			f.sales, f.grossSales, f.netSales, f.fees, f.netEarnings = f.sales+g.sales, f.grossSales+g.grossSales, f.netSales+g.netSales, f.fees+g.fees, f.netEarnings+g.netEarnings
			quarters[key] = f
		}
	}
	for _, key := range slices.Sorted(maps.Keys(quarters)) {
		f := quarters[key]
		t.Rows = append(t.Rows, document.Row{Name: key, Label: key, Cells: []document.Cell{document.Number(f.sales), document.Cents(f.grossSales),
			document.Cents(f.netSales - f.grossSales), document.Cents(-f.fees), document.Cents(f.netEarnings)}})
	}
	return t
}

// rateTable lists the rates of the calendar months that have rows.
func (b *taxBuilder) rateTable() *document.Table {
	t := &document.Table{Name: sectionRates, Title: "5 Rates, USD to " + b.opts.FX.Home, Heading: "Month", Sheet: document.SheetNotes, Empty: "none", Columns: []document.Column{
		{Name: "rate", Label: "Rate", Kind: document.Text}, {Name: "source", Label: "Source", Kind: document.Text}, {Name: "rows", Label: "Rows", Kind: document.Count}},
		Notes: []string{"Method: " + b.opts.FX.Method + ", from the user's own table."}}
	rows := map[string]int64{}
	for _, group := range b.groups {
		for name, lines := range group {
			rows[name] += int64(len(lines))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		r, ok := b.rates[name]
		source := document.String(r.Source)
		if !ok {
			source = document.String(document.Absent)
		}
		t.Rows = append(t.Rows, document.Row{Name: name, Label: name, Cells: []document.Cell{document.String(r.Rate), source, document.Number(rows[name])}})
	}
	return t
}

// statementTable lists the final statements of months that lie in the year.
func (b *taxBuilder) statementTable() *document.Table {
	t := &document.Table{Name: sectionStatements, Title: "6 Statements of the year", Heading: "Statement", Sheet: document.SheetNotes, Empty: "none is final", Columns: []document.Column{
		{Name: "version", Label: "Version", Kind: document.Count}, {Name: "net_cents", Label: "Net", Kind: document.Money}, {Name: "content_hash", Label: "Content hash", Kind: document.Text}}}
	for _, kind := range []string{manifest.Earnings, manifest.Payout} {
		newest := b.newest(kind)
		for _, name := range slices.Sorted(maps.Keys(newest)) {
			v := newest[name]
			if v.PeriodStart.Before(b.year.window.End) && b.year.window.Start.Before(v.PeriodEnd) {
				t.Rows = append(t.Rows, document.Row{Name: v.StatementID, Label: v.StatementID, Cells: []document.Cell{
					document.Number(int64(v.Version)), document.Cents(v.NetCents), document.String(v.ContentHash)}})
			}
		}
	}
	return t
}

func (b *taxBuilder) notes() []string {
	notes := []string{"Not tax advice, not a tax return, and not issued by Fanvue."}
	if b.year.salesOnly {
		notes = append(notes, "The year lacks refunds and chargebacks: the API's older surface has them for the key's owner alone; surface v1 has them.")
	}
	if b.opts.FX.Home == "" {
		notes = append(notes, "No home currency is configured (fx).")
	}
	return append(notes,
		"The year has twelve months from its first day on; a month begins on the same day of the calendar, or on its last where it is shorter. Days are of the time zone of this document.",
		"Gross sales are the income; the platform's fee is a line of its own, gross less net of each row, never a rate.",
		"Rewards are referrals, affiliate commission and giveaways: no fan paid them.",
		"In the home currency net earnings of the year are rounded once, half away from zero; lines add up to it, and months to their line, by largest remainder, so one may differ by a hundredth from its own rounding.",
		"A month without a rate is not converted, and neither is the year: no rate is made up.",
		"Every transaction stands in transactions.csv, with the rate of its month. Fans are pseudonyms.",
		"The pack has what the platform says now; statements of its months keep what they said, and adjustments are in later ones.",
		"Issued is when the data were last read, not when this was printed. A draft is of a year that is not over, a provisional pack may still change, a final one is frozen.",
	)
}
