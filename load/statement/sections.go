package statement

import (
	"fmt"
	"math/big"
	"time"

	"fanlake/load/statement/document"
	"fanlake/load/statement/record"
)

// Names of sections.
const (
	SectionSummary        = "summary"
	SectionBySource       = "by_source"
	SectionBalance        = "balance"
	SectionByDay          = "by_day"
	SectionAudience       = "audience"
	SectionReversals      = "reversals"
	SectionReconciliation = "reconciliation"
	SectionAdjustments    = "adjustments"
	SectionDifference     = "difference"
	SectionDifferingRows  = "differing_rows"
	SectionYear           = "year"
	SectionVersions       = "versions"
)

func (b *builder) sections(d *document.Document) []*document.Table {
	all := []*document.Table{b.summaryTable(), b.sourceTable(), b.balanceTable(), b.dayTable(), b.audienceTable(),
		b.reversalTable(), b.reconciliationTable(d), b.adjustmentTable()}
	if b.supersedes != nil {
		all = append(all, b.differenceTables()...)
	}
	return append(all, b.yearTable(), versionTable(d))
}

// A summaryLine is a line of the summary and how it follows from a month.
type summaryLine struct {
	name, label string
	total       bool // shows its change
	optional    bool // left out where it is zero
	of          func(month) int64
}

func summaryLines() []summaryLine {
	return []summaryLine{
		{"gross_sales", "Gross sales", false, false, func(m month) int64 { return m.grossSales }},
		{"refunds", "Refunds", false, false, func(m month) int64 { return m.refunds }},
		{"chargebacks", "Chargebacks", false, false, func(m month) int64 { return m.chargebacks }},
		{"other_reversals", "Other reversals", false, true, func(m month) int64 { return m.otherReversals }},
		{"net_sales", "NET SALES", true, false, func(m month) int64 { return m.netSales }},
		{"platform_fees", "Platform fees (gross - net)", false, false, func(m month) int64 { return -m.fees }},
		{"rewards", "Referral / affiliate / giveaway", false, false, func(m month) int64 { return m.rewards }},
		{"net_earnings", "NET EARNINGS", true, false, func(m month) int64 { return m.netEarnings }},
		{"prior_period_adjustments", "Prior-period adjustments (see 8)", false, false, func(m month) int64 { return sum(m.told).netEarnings }},
		{"net_with_adjustments", "NET WITH ADJUSTMENTS", true, true, func(m month) int64 {
			if len(m.told) == 0 {
				return 0
			}
			return m.netEarnings + sum(m.told).netEarnings
		}},
	}
}

func (b *builder) summaryTable() *document.Table {
	t := &document.Table{Name: SectionSummary, Title: "1 Summary", Heading: "Line", Sheet: document.SheetSummary, Columns: []document.Column{
		{Name: "this_month_cents", Label: "This month", Kind: document.Money}, {Name: "previous_month_cents", Label: "Prev month", Kind: document.Money},
		{Name: "change_bps", Label: "Change", Kind: document.Percent}, {Name: "same_month_last_year_cents", Label: "Same month LY", Kind: document.Money}}}
	whole := !b.isOpen(b.months[0].window) && len(b.months[0].missing) == 0 && len(b.months[1].missing) == 0
	for _, l := range summaryLines() {
		var cells [3]document.Cell
		isZero := true
		for i, m := range b.months {
			// What a month adjusts is told by its own statement alone.
			adjusts := l.name == "prior_period_adjustments" || l.name == "net_with_adjustments"
			if m.known && !(adjusts && i > 0 && m.closed == nil) {
				cells[i] = document.Cents(l.of(m))
				isZero = isZero && cells[i].Number == 0
			}
		}
		if l.optional && isZero {
			continue
		}
		change := document.Cell{}
		if whole && (l.total || l.name == "gross_sales") {
			change = document.Change(cells[0], cells[1])
		}
		t.Rows = append(t.Rows, document.Row{Name: l.name, Label: l.label, Total: l.total, Cells: []document.Cell{cells[0], cells[1], change, cells[2]}})
	}
	if note := b.homeNote(); note != "" {
		t.Notes = append(t.Notes, note)
	}
	return t
}

// homeNote says, for information, what the net earnings are in the user's home
// currency: in one sum at the rate of the month, rounded once. It is empty where
// there is no other currency, and says so where there is no rate: that is not 1.
func (b *builder) homeNote() string {
	fx, this := b.opts.FX, b.months[0]
	if fx.Home == "" || fx.Home == "USD" || !this.known {
		return ""
	}
	for _, r := range fx.Rates {
		if r.Base == "USD" && r.Quote == fx.Home && r.Month.Format("2006-01") == this.name() {
			home := document.RoundedQuotient(new(big.Int).Mul(big.NewInt(this.netEarnings), scaled(r.Rate)), rateScale())
			if !home.IsInt64() {
				break
			}
			return fmt.Sprintf("For information: net earnings are %s %s at %s (%s, source %q) of %s.", fx.Home, document.Dollars(home.Int64()), r.Rate, fx.Method, r.Source, this.name())
		}
	}
	return fmt.Sprintf("Not available in %s: the user's table has no rate for %s.", fx.Home, this.name())
}

func (b *builder) sourceTable() *document.Table {
	t := &document.Table{Name: SectionBySource, Title: "2 By source", Heading: "Source", Sheet: document.SheetBySource, Empty: document.Absent,
		Charts: []document.Chart{{Title: "Net by source", About: "What every source brought in the month, after reversals and fees.", Shape: document.Bars, Series: []string{"net_cents"}}}, Columns: []document.Column{
			{Name: "sales_count", Label: "Count", Kind: document.Count}, {Name: "reversal_count", Label: "Reversals", Kind: document.Count},
			{Name: "gross_cents", Label: "Gross", Kind: document.Money}, {Name: "reversed_gross_cents", Label: "Refunds/cb", Kind: document.Money},
			{Name: "fees_cents", Label: "Fees", Kind: document.Money}, {Name: "net_cents", Label: "Net", Kind: document.Money}}}
	if !b.months[0].known {
		return t
	}
	add := func(s sourceSum, isTotal bool) {
		t.Rows = append(t.Rows, document.Row{Name: s.source, Label: s.label, Total: isTotal, Cells: []document.Cell{
			document.Number(s.sales), document.Number(s.reversals), document.Cents(s.gross), document.Cents(s.reversed), document.Cents(-s.fees), document.Cents(s.net)}})
	}
	sums := bySource(b.months[0].lines)
	for _, part := range []struct {
		name, label string
		in          func(sourceSum) bool
	}{
		{"total_sales", "SALES", func(s sourceSum) bool { return s.isFanPaid }},
		{"total_rewards", "REWARDS", func(s sourceSum) bool { return !s.isFanPaid }},
	} {
		some := false
		for _, s := range sums {
			if part.in(s) {
				add(s, false)
				some = true
			}
		}
		if some {
			add(total(sums, part.name, part.label, part.in), true)
		}
	}
	add(total(sums, "total_all", "ALL", func(sourceSum) bool { return true }), true)
	return t
}

func (b *builder) balanceTable() *document.Table {
	this := b.months[0]
	t := &document.Table{Name: SectionBalance, Title: "3 Balance", Heading: "Line", Sheet: document.SheetSummary, Columns: []document.Column{
		{Name: "amount_cents", Label: "Amount", Kind: document.Money}, {Name: "as_of", Label: "As of (UTC)", Kind: document.Instant}},
		Notes: []string{"Opening and closing are what the platform said could be withdrawn, read nearest the ends of the month; money that is pending is not in it."}}
	add := func(name, label string, amount, at document.Cell) {
		t.Rows = append(t.Rows, document.Row{Name: name, Label: label, Cells: []document.Cell{amount, at}})
	}
	side := func(x *balance) (amount, at document.Cell) {
		if x == nil || !x.available.Valid {
			return document.Cell{}, document.Cell{}
		}
		return document.Cents(x.available.Int64), document.At(x.readAt)
	}
	amount, at := side(b.opening)
	add("opening", "Opening available balance", amount, at)
	net, pending, available := document.Cell{}, document.Cell{}, document.Cell{}
	if this.known {
		net, pending, available = document.Cents(this.netEarnings), document.Cents(this.pending), document.Cents(this.netEarnings-this.pending)
	}
	add("net_earnings", "+ Net earnings of the month", net, document.Cell{})
	payouts, note := b.payouts()
	add("payouts", "- Payouts", payouts, document.Cell{})
	amount, at = side(b.closing)
	add("closing", "Closing available balance", amount, at)
	add("pending", "Of the month's earnings: pending", pending, document.At(b.asOf))
	add("available", "Of the month's earnings: available", available, document.At(b.asOf))
	if note != "" {
		t.Notes = append(t.Notes, note)
	}
	return t
}

// payouts is zero if there was none between the balances. The platform says when
// it last paid, and never how much.
func (b *builder) payouts() (document.Cell, string) {
	if b.opening == nil || b.closing == nil {
		return document.Cell{}, "Not available: no balance was read near both ends of the month."
	}
	if last := b.closing.lastPayout; last.After(b.opening.readAt) {
		return document.Cell{}, "Paid out at " + document.Minute(last) + "; the platform does not say how much."
	}
	return document.Cents(0), "No payout between the two balances."
}

func (b *builder) dayTable() *document.Table {
	this := b.months[0]
	t := &document.Table{Name: SectionByDay, Title: "4 By day", Heading: "Weekday", Sheet: document.SheetDaily, Detail: true,
		Charts: []document.Chart{{Title: "Gross by day", About: "Gross sales and rewards of every day, with reversals below the line.", Shape: document.Columns, Label: "day",
			Series: []string{"gross_cents", "rewards_cents", "reversed_gross_cents"}}}, Columns: []document.Column{
			{Name: "day", Label: "Day", Kind: document.Day}, {Name: "sales_count", Label: "Sales", Kind: document.Count},
			{Name: "gross_cents", Label: "Gross", Kind: document.Money}, {Name: "reversed_gross_cents", Label: "Reversals", Kind: document.Money},
			{Name: "fees_cents", Label: "Fees", Kind: document.Money}, {Name: "rewards_cents", Label: "Rewards", Kind: document.Money},
			{Name: "net_cents", Label: "Net", Kind: document.Money}}}
	days := map[string][]record.Line{}
	for _, l := range this.lines {
		day := l.EarnedAt.In(this.loc).Format(time.DateOnly)
		days[day] = append(days[day], l)
	}
	cells := func(f figures) []document.Cell {
		return []document.Cell{document.Number(f.sales), document.Cents(f.grossSales), document.Cents(f.netSales - f.grossSales),
			document.Cents(-f.fees), document.Cents(f.rewards), document.Cents(f.netEarnings)}
	}
	y, mo, day := this.window.Start.In(this.loc).Date()
	for at := time.Date(y, mo, day, 0, 0, 0, 0, time.UTC); ; at = at.AddDate(0, 0, 1) {
		next := at.AddDate(0, 0, 1)
		w := document.Window{Start: startOfDay(this.loc, at.Year(), at.Month(), at.Day()), End: startOfDay(this.loc, next.Year(), next.Month(), next.Day())}
		if !w.Start.Before(this.window.End) {
			break
		}
		name := at.Format(time.DateOnly)
		// A day that was read in part, or not at all, is not a day of zero.
		figures := make([]document.Cell, 6)
		if lines := days[name]; len(lines) > 0 || !overlaps(w, this.missing) && w.Start.Before(this.needed.End) {
			figures = cells(sum(lines))
		}
		t.Rows = append(t.Rows, document.Row{Name: name, Label: at.Weekday().String(), Cells: append([]document.Cell{document.Date(at)}, figures...)})
	}
	if this.known {
		t.Rows = append(t.Rows, document.Row{Name: "total", Label: "ALL", Total: true, Cells: append([]document.Cell{{}}, cells(this.figures)...)})
	}
	return t
}

func (b *builder) audienceTable() *document.Table {
	this := b.months[0]
	t := &document.Table{Name: SectionAudience, Title: "5 Audience", Heading: "Line", Sheet: document.SheetSummary,
		Columns: []document.Column{{Name: "value", Label: "", Kind: document.Mixed}}}
	add := func(name, label string, value document.Cell) {
		t.Rows = append(t.Rows, document.Row{Name: name, Label: label, Cells: []document.Cell{value}})
	}
	for _, l := range []struct {
		name, label string
		of          func(audience) int64
	}{
		{"subscribers_start", "Subscribers at the start", func(a audience) int64 { return a.start }},
		{"subscribers_new", "+ new", func(a audience) int64 { return a.joined }},
		{"subscribers_churned", "- churned", func(a audience) int64 { return a.lost }},
		{"subscribers_end", "Subscribers at the end", func(a audience) int64 { return a.end }},
	} {
		value := document.Cell{}
		if b.audience != nil {
			value = document.Number(l.of(*b.audience))
		}
		add(l.name, l.label, value)
	}
	counted := func(v int64) document.Cell {
		if !this.known {
			return document.Cell{}
		}
		return document.Number(v)
	}
	add("first_payments", "First subscription payments", counted(this.newSubscriptions))
	add("renewals", "Renewals", counted(this.renewals))
	add("paying_fans", "Paying fans", counted(this.payingFans))
	add("sales_without_fan", "Sales that name no fan", counted(this.salesWithoutFan))
	arppu := document.Cell{}
	if this.known && this.payingFans > 0 {
		cents := document.RoundedQuotient(big.NewInt(this.salesEarnings), big.NewInt(this.payingFans))
		arppu = document.Cents(cents.Int64())
	}
	add("arppu", "Sales net per paying fan (ARPPU)", arppu)
	return t
}
