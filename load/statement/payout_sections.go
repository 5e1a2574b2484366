package statement

import (
	"fmt"
	"math/big"
	"strings"

	"fanlake/load/statement/commission"
	"fanlake/load/statement/document"
)

// Sections of payout statements.
const (
	sectionTerms     = "terms"
	sectionBase      = "base"
	sectionTiers     = "tiers"
	sectionAgreed    = "agreed"
	sectionPayout    = "payout"
	amountColumnName = "amount_cents"
)

func (b *payoutBuilder) sections() []*document.Table {
	return []*document.Table{b.termsTable(), b.baseTable(), b.tierTable(), b.agreedTable(), b.payoutTable()}
}

// A lineTable is a table of lines with one column.
type lineTable struct{ *document.Table }

func newLineTable(name, title string, column document.Column) lineTable {
	return lineTable{&document.Table{Name: name, Title: title, Heading: "Line", Sheet: document.SheetSummary, Columns: []document.Column{column}}}
}

func amountColumn() document.Column {
	return document.Column{Name: amountColumnName, Label: "Amount", Kind: document.Money}
}

func (t lineTable) add(name, label string, c document.Cell) {
	t.Rows = append(t.Rows, document.Row{Name: name, Label: label, Cells: []document.Cell{c}})
}

func (t lineTable) total(name, label string, c document.Cell) {
	t.Rows = append(t.Rows, document.Row{Name: name, Label: label, Total: true, Cells: []document.Cell{c}})
}

// cents is an amount of the month, if the month is known.
func (b *payoutBuilder) cents(v int64) document.Cell {
	if !b.known {
		return document.Cell{}
	}
	return document.Cents(v)
}

func (b *payoutBuilder) termsTable() *document.Table {
	t := newLineTable(sectionTerms, "1 Terms in force", document.Column{Name: "value", Label: "", Kind: document.Mixed})
	t.add("contract", "Contract", document.String(b.terms.Contract))
	t.add("valid_from", "In force from", document.Date(b.terms.From))
	until := document.String("further notice")
	if !b.until.IsZero() {
		until = document.Date(b.until.AddDate(0, 0, -1))
	}
	t.add("valid_to", "In force until", until)
	basis := "net: what fans paid, less the platform's fee"
	if b.terms.Basis == commission.Gross {
		basis = "gross: what fans paid, before the platform's fee"
	}
	t.add("basis", "Basis", document.String(basis))
	t.add("rewards", "Rewards", document.String(map[bool]string{true: "in the base", false: "not in the base"}[b.terms.Rewards]))
	t.add("chargebacks", "Chargebacks", document.String(map[bool]string{true: "lower the base", false: "do not lower the base"}[b.terms.Chargebacks]))
	t.add("minimum", "Least commission of a month", document.Cents(b.terms.Minimum))
	t.add("earnings_statement", "Earnings statement", document.String(b.earningsName(b.name())))
	return t.Table
}

func (b *payoutBuilder) baseTable() *document.Table {
	t := newLineTable(sectionBase, "2 Base", amountColumn())
	t.add("gross_sales", "Gross sales", b.cents(b.grossSales))
	t.add("refunds", "Refunds", b.cents(b.refunds))
	t.add("chargebacks", "Chargebacks", b.cents(b.chargebacks))
	if b.otherReversals != 0 {
		t.add("other_reversals", "Other reversals", b.cents(b.otherReversals))
	}
	if b.terms.Basis == commission.Gross {
		t.total("sales", "NET SALES", b.cents(b.base.sales))
	} else {
		t.add("platform_fees", "Platform fees (gross - net)", b.cents(-b.fees))
		t.total("sales", "NET OF SALES", b.cents(b.base.sales))
	}
	if !b.terms.Chargebacks {
		t.add("chargebacks_left_out", "Chargebacks, which do not lower the base", b.cents(b.base.chargebacks))
	}
	if b.terms.Rewards {
		t.add("rewards", "Referral / affiliate / giveaway", b.cents(b.base.rewards))
	}
	t.add("prior_period_adjustments", "Prior-period adjustments", b.cents(b.base.prior))
	t.total("base", "BASE OF THE MONTH", b.cents(b.charge.Base))
	t.add("carried_in", "Carried from months before", document.Cents(b.charge.CarriedIn))
	t.total("commissionable", "BASE OF COMMISSION", b.cents(b.charge.Commissionable))
	t.add("carried_out", "Carried into the next month", b.cents(b.charge.CarriedOut))
	return t.Table
}

func (b *payoutBuilder) tierTable() *document.Table {
	t := &document.Table{Name: sectionTiers, Title: "3 Commission", Heading: "Tier", Sheet: document.SheetSummary, Columns: []document.Column{
		{Name: "above_cents", Label: "Above", Kind: document.Money}, {Name: "up_to_cents", Label: "Up to", Kind: document.Money},
		{Name: "rate", Label: "Rate", Kind: document.Text}, {Name: "base_cents", Label: "Base in it", Kind: document.Money},
		{Name: amountColumnName, Label: "Amount", Kind: document.Money}}}
	for i, s := range b.charge.Shares {
		upTo := document.Cell{}
		if s.UpTo != 0 {
			upTo = document.Cents(s.UpTo)
		}
		name := fmt.Sprintf("tier_%d", i+1)
		t.Rows = append(t.Rows, document.Row{Name: name, Label: fmt.Sprintf("Tier %d", i+1), Cells: []document.Cell{
			document.Cents(s.From), upTo, document.String(rate(s.BPS)), b.cents(s.Base), b.cents(s.Amount)}})
	}
	if b.charge.TopUp != 0 {
		t.Rows = append(t.Rows, document.Row{Name: "minimum", Label: "To the least commission", Cells: []document.Cell{{}, {}, {}, {}, b.cents(b.charge.TopUp)}})
	}
	t.Rows = append(t.Rows, document.Row{Name: "commission", Label: "COMMISSION", Total: true, Cells: []document.Cell{{}, {}, {}, b.cents(b.charge.Commissionable), b.cents(b.charge.Commission)}})
	return t
}

// rate writes hundredths of a percent.
func rate(bps int) string {
	text := strings.TrimRight(document.Dollars(int64(bps)), "0")
	return strings.TrimSuffix(text, ".") + " %"
}

func (b *payoutBuilder) agreedTable() *document.Table {
	t := &document.Table{Name: sectionAgreed, Title: "4 Bonuses, advances, deductions", Heading: "Kind", Sheet: document.SheetSummary, Empty: "none", Columns: []document.Column{
		{Name: "day", Label: "Day", Kind: document.Day}, {Name: "text", Label: "", Kind: document.Text}, {Name: amountColumnName, Label: "Amount", Kind: document.Money}}}
	var total int64
	for _, a := range b.adjustments {
		label := map[string]string{commission.Bonus: "Bonus", commission.Advance: "Advance, paid already", commission.Deduction: "Deduction"}[a.Kind]
		t.Rows = append(t.Rows, document.Row{Name: a.Kind, Label: label, Cells: []document.Cell{document.Date(a.Day), document.String(a.Text), document.Cents(a.Signed())}})
		total += a.Signed()
	}
	if len(t.Rows) > 0 {
		t.Rows = append(t.Rows, document.Row{Name: "total", Label: "ALL", Total: true, Cells: []document.Cell{{}, {}, document.Cents(total)}})
	}
	return t
}

func (b *payoutBuilder) payoutTable() *document.Table {
	t := newLineTable(sectionPayout, "5 Payout", amountColumn())
	prior := sum(b.month.told).netEarnings
	t.add("net_earnings", "Net earnings of the month", b.cents(b.netEarnings))
	t.add("prior_period_adjustments", "Prior-period adjustments", b.cents(prior))
	t.add("commission", "Commission", b.cents(-b.charge.Commission))
	t.total("creator_share", "CREATOR'S SHARE", b.cents(b.netEarnings+prior-b.charge.Commission))
	var agreed int64
	for _, a := range b.adjustments {
		agreed += a.Signed()
	}
	t.add("agreed", "Bonuses, advances, deductions", document.Cents(agreed))
	t.add("carried_in", "Carried from months before", document.Cents(b.balance.CarriedIn))
	t.total("due", "DUE", b.cents(b.balance.Due))
	t.total("payout", "CREATOR PAYOUT", b.cents(b.balance.Payout))
	t.add("carried_out", "Carried into the next month", b.cents(b.balance.CarriedOut))
	t.Notes = []string{"Whether the platform split the money between creator and agency already is not available."}
	if b.known && b.charge.Base > 0 {
		bps := document.RoundedQuotient(new(big.Int).Mul(big.NewInt(b.charge.Commission), big.NewInt(10000)), big.NewInt(b.charge.Base))
		t.Notes = append(t.Notes, "Commission is "+rate(int(bps.Int64()))+" of the base of the month.")
	}
	return t.Table
}

// difference compares the document with the version that it replaces.
func (b *payoutBuilder) difference(d *document.Document) *document.Table {
	t := &document.Table{Name: SectionDifference, Title: fmt.Sprintf("Difference to version %d", b.supersedes.Version), Heading: "Line", Sheet: document.SheetSummary, Columns: []document.Column{
		{Name: "this_version_cents", Label: "This version", Kind: document.Money}, {Name: "replaced_version_cents", Label: "Replaced", Kind: document.Money},
		{Name: "difference_cents", Label: "Difference", Kind: document.Money}}}
	if b.replaced == nil {
		t.Empty = "not available: the files of the version that is replaced were changed by hand"
		return t
	}
	for r := range d.Section(sectionPayout).All() {
		now, was := r.Cells[0], b.replaced.Section(sectionPayout).Cell(r.Name, amountColumnName)
		t.Rows = append(t.Rows, document.Row{Name: r.Name, Label: r.Label, Total: r.Total, Cells: []document.Cell{now, was, document.Cents(now.Number - was.Number)}})
	}
	return t
}

func (b *payoutBuilder) notes() []string {
	notes := []string{"Not a tax document, and not issued by Fanvue."}
	from := b.carriedFrom
	if from == "" {
		from = "the months since the first terms or adjustments, of which no payout statement is final"
	}
	notes = append(notes, "What is carried from months before follows from "+from+".")
	if len(b.unread) > 0 {
		notes = append(notes, "Months before that were not read completely count as far as they were read: "+strings.Join(b.unread, ", ")+".")
	}
	if b.salesOnly {
		notes = append(notes, "This month lacks refunds and chargebacks: the API's older surface has them for the key's owner alone; surface v1 has them.")
	}
	return append(notes,
		"A month has one set of terms: of those that begin in it or before, the last.",
		"Base: of sales with their refunds, chargebacks and other reversals, in the month in which they happened, and of what changed of closed months since.",
		"Commission: each tier takes its rate of what of the base lies in it. The sum is rounded once, half up, to a cent; the tiers' lines add up to it by largest remainder.",
		"A base below zero takes no commission and lowers the base of the months to come. A least commission takes no more than the base.",
		"Payout: the creator's share with what was agreed beside it. What is due below zero is not asked for but lowers the payouts to come.",
		"Fans are pseudonyms; the same fan has the same one everywhere.",
		"Issued is when the data were last read, not when this was printed. A draft is of a month that is not over, a provisional statement may still change, a final one is frozen.",
	)
}
