package statement

import (
	"cmp"

	"fanlake/load/statement/document"
	"fanlake/load/statement/record"
)

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
