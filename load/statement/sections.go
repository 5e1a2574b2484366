package statement

import (
	"cmp"
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

func (b *builder) reversalTable() *document.Table {
	t := &document.Table{Name: SectionReversals, Title: "6 Reversals", Heading: "Kind", Sheet: document.SheetBySource, Detail: true, Empty: "none", Columns: []document.Column{
		{Name: "reversed_at", Label: "Date (UTC)", Kind: document.Instant}, {Name: "original_at", Label: "Sale (UTC)", Kind: document.Instant},
		{Name: "source", Label: "Source", Kind: document.Text}, {Name: "gross_cents", Label: "Gross", Kind: document.Money},
		{Name: "net_cents", Label: "Net", Kind: document.Money}, {Name: "order_id", Label: "Order", Kind: document.Text}}}
	if !b.months[0].known {
		t.Empty = document.Absent
	}
	for _, l := range b.months[0].lines {
		if !l.IsReversal {
			continue
		}
		kind := map[string]string{refund: "Refund", chargeback: "Chargeback"}[l.Source]
		t.Rows = append(t.Rows, document.Row{Name: l.EarningID, Label: cmp.Or(kind, "Other reversal"), Cells: []document.Cell{
			document.At(l.EarnedAt), document.At(l.OriginalEarnedAt), document.String(l.AttributedSource),
			document.Cents(l.Gross), document.Cents(l.Net), document.String(l.ReversedOrderID)}})
	}
	return t
}

func (b *builder) reconciliationTable(d *document.Document) *document.Table {
	this := b.months[0]
	t := &document.Table{Name: SectionReconciliation, Title: "7 Reconciliation", Heading: "Line", Sheet: document.SheetSummary,
		Columns: []document.Column{{Name: "value", Label: "", Kind: document.Mixed}}}
	add := func(name, label string, value document.Cell) {
		t.Rows = append(t.Rows, document.Row{Name: name, Label: label, Cells: []document.Cell{value}})
	}
	add("rows", "Rows", document.Number(this.rows))
	first, last := document.Cell{}, document.Cell{}
	if n := len(this.lines); n > 0 {
		first, last = document.At(this.lines[0].EarnedAt), document.At(this.lines[n-1].EarnedAt)
	}
	add("first_row_at", "First row", first)
	add("last_row_at", "Last row", last)
	b.addSummary(add)
	coverage := "complete"
	if len(this.missing) > 0 {
		coverage = "incomplete"
	}
	add("coverage", "Coverage", document.String(coverage))
	add("missing_windows", "Windows not read", document.Number(int64(len(this.missing))))
	add("content_hash", "Content hash", document.String(d.ContentHash))
	add("tool_version", "Made by fanlake", document.String(d.ToolVersion))
	add("api_version", "API version", document.String(d.APIVersion))
	add("run_id", "Run", document.String(d.RunID))
	return t
}

// addSummary holds the rows against the platform's own summary, day by UTC day.
func (b *builder) addSummary(add func(name, label string, value document.Cell)) {
	api, ledger := b.sums()
	apiCell, ledgerCell, difference, verdict := document.Cell{}, document.Cell{}, document.Cell{}, document.Absent
	if len(b.summary) > 0 {
		apiCell, ledgerCell, difference, verdict = document.Cents(api), document.Cents(ledger), document.Cents(ledger-api), "OK"
		if ledger != api {
			verdict = "FAIL"
		}
	}
	add("summary_days", "Days that the API sums up", document.String(fmt.Sprintf("%d of %d", len(b.summary), b.wholeDays)))
	add("summary_gross", "Gross of the API's summary", apiCell)
	add("ledger_gross", "Gross of the rows of these days", ledgerCell)
	add("summary_difference", "Difference", difference)
	add("summary_verdict", "Verdict", document.String(verdict))
}

// sums are the gross of the days that the platform sums up, as it says and as
// the rows say, in cents.
func (b *builder) sums() (api, ledger int64) {
	for _, cents := range b.summary {
		api += cents
	}
	for _, l := range b.months[0].lines {
		if _, ok := b.summary[l.EarnedAt.Truncate(24*time.Hour)]; ok && !l.IsReversal {
			ledger += l.Gross
		}
	}
	return api, ledger
}

func (b *builder) adjustmentTable() *document.Table {
	return changeTable(SectionAdjustments, "8 Prior-period adjustments", document.SheetSummary, "none", b.months[0].told)
}

// changeTable lists differences to what was told.
func changeTable(name, title, sheet, empty string, lines []record.Line) *document.Table {
	t := &document.Table{Name: name, Title: title, Heading: "Change", Sheet: sheet, Detail: len(lines) > 20, Empty: empty, Columns: []document.Column{
		{Name: "month", Label: "Month", Kind: document.Text}, {Name: "earned_at", Label: "Date (UTC)", Kind: document.Instant},
		{Name: "source", Label: "Source", Kind: document.Text}, {Name: "gross_cents", Label: "Gross", Kind: document.Money},
		{Name: "net_cents", Label: "Net", Kind: document.Money}}}
	labels := map[string]string{record.LateRow: "Late row", record.Disappeared: "Disappeared", record.AmountChanged: "Amount changed"}
	for _, l := range lines {
		t.Rows = append(t.Rows, document.Row{Name: l.EarningID, Label: labels[l.ChangeType], Cells: []document.Cell{
			document.String(l.PeriodMonth.Format("2006-01")), document.At(l.EarnedAt), document.String(l.Source), document.Cents(l.Gross), document.Cents(l.Net)}})
	}
	if len(lines) > 0 {
		f := sum(lines)
		t.Rows = append(t.Rows, document.Row{Name: "total", Label: "ALL", Total: true, Cells: []document.Cell{{}, {}, {}, document.Cents(f.gross), document.Cents(f.netEarnings)}})
	}
	return t
}

// differenceTables compare the statement with the version that it replaces.
func (b *builder) differenceTables() []*document.Table {
	title := fmt.Sprintf("9 Difference to version %d", b.supersedes.Version)
	t := &document.Table{Name: SectionDifference, Title: title, Heading: "Line", Sheet: document.SheetSummary, Columns: []document.Column{
		{Name: "this_version_cents", Label: "This version", Kind: document.Money}, {Name: "replaced_version_cents", Label: "Replaced", Kind: document.Money},
		{Name: "difference_cents", Label: "Difference", Kind: document.Money}}}
	now := b.months[0]
	if b.modified[now.name()] != nil {
		t.Empty = "not available: the files of the version that is replaced were changed by hand"
		return []*document.Table{t}
	}
	var then month
	before, after := map[string]amount{}, map[string]amount{}
	for _, l := range b.superseded {
		if l.LineType == record.Adjustment {
			then.told = append(then.told, l)
			continue
		}
		then.lines = append(then.lines, l)
		before[l.EarningID] = amountOf(l)
	}
	then.figures = sum(then.lines)
	for _, l := range now.lines {
		after[l.EarningID] = amountOf(l)
	}
	for _, l := range summaryLines() {
		a, z := l.of(now), l.of(then)
		if l.optional && a == 0 && z == 0 {
			continue
		}
		t.Rows = append(t.Rows, document.Row{Name: l.name, Label: l.label, Total: l.total, Cells: []document.Cell{document.Cents(a), document.Cents(z), document.Cents(a - z)}})
	}
	rows := differences(now.window.Start, now.window.End, after, before)
	for i := range rows {
		rows[i].PeriodMonth = now.first
	}
	return []*document.Table{t, changeTable(SectionDifferingRows, "10 Rows that differ", document.SheetSummary, "none", rows)}
}

func versionTable(d *document.Document) *document.Table {
	t := &document.Table{Name: SectionVersions, Title: "Versions", Heading: "Version", Sheet: document.SheetNotes, Detail: true, Columns: []document.Column{
		{Name: "state", Label: "State", Kind: document.Text}, {Name: "issued_at", Label: "Issued (UTC)", Kind: document.Instant},
		{Name: "content_hash", Label: "Content hash", Kind: document.Text}}}
	for _, v := range d.Versions {
		t.Rows = append(t.Rows, document.Row{Name: fmt.Sprintf("v%d", v.Version), Label: fmt.Sprintf("v%d", v.Version), Cells: []document.Cell{
			document.String(string(v.State)), document.At(v.IssuedAt), document.String(v.ContentHash)}})
	}
	return t
}

// transactions is the table of the lines behind the figures.
func transactions(d *document.Document, lines []record.Line) *document.Table {
	loc := d.Zone()
	t := &document.Table{Name: "transactions", Title: "Transactions", Heading: "Line", Sheet: document.SheetTransactions, Columns: []document.Column{
		{Name: "line_type", Label: "Line", Kind: document.Text}, {Name: "earned_at", Label: "Instant (UTC)", Kind: document.Instant},
		{Name: "earned_date", Label: "Day", Kind: document.Day}, {Name: "source", Label: "Source", Kind: document.Text},
		{Name: "attributed_source", Label: "Source of the sale", Kind: document.Text},
		{Name: "gross_cents", Label: "Gross", Kind: document.Money}, {Name: "fees_cents", Label: "Fees", Kind: document.Money}, {Name: "net_cents", Label: "Net", Kind: document.Money},
		{Name: "total_cents", Label: "Paid by the fan", Kind: document.Money}, {Name: "fan_currency", Label: "Fan's currency", Kind: document.Text},
		{Name: "order_id", Label: "Order", Kind: document.Text}, {Name: "reversed_order_id", Label: "Reversed order", Kind: document.Text},
		{Name: "original_at", Label: "Sale (UTC)", Kind: document.Instant}, {Name: "balance_status", Label: "Balance", Kind: document.Text},
		{Name: "change_type", Label: "Adjustment", Kind: document.Text}, {Name: "period_month", Label: "Of month", Kind: document.Text},
		{Name: "fan_id", Label: "Fan (pseudonym)", Kind: document.Text}, {Name: "earning_id", Label: "Earning", Kind: document.Text}}}
	rates := d.Section(sectionRates)
	if rates != nil {
		t.Columns = append(t.Columns, document.Column{Name: "fx_rate", Label: "Rate", Kind: document.Text})
	}
	t.Lazy = func(yield func(document.Row) bool) {
		for _, l := range lines {
			paid := document.Cell{}
			if l.Total != nil {
				paid = document.Cents(*l.Total)
			}
			cells := []document.Cell{
				document.String(l.LineType), document.At(l.EarnedAt), document.Date(l.EarnedAt.In(loc)), document.String(l.Source), document.String(l.AttributedSource),
				document.Cents(l.Gross), document.Cents(l.Net - l.Gross), document.Cents(l.Net), paid, document.String(l.FanCurrency),
				document.String(l.OrderID), document.String(l.ReversedOrderID), document.At(l.OriginalEarnedAt), document.String(l.BalanceStatus),
				document.String(l.ChangeType), document.String(l.PeriodMonth.Format("2006-01")), document.String(l.FanID), document.String(l.EarningID)}
			if rates != nil {
				cells = append(cells, rates.Cell(l.EarnedAt.In(loc).Format("2006-01"), "rate"))
			}
			if !yield(document.Row{Name: l.EarningID, Label: l.EarningID, Cells: cells}) {
				return
			}
		}
	}
	return t
}
