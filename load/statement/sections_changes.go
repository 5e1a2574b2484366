package statement

import (
	"fmt"

	"fanlake/load/statement/document"
	"fanlake/load/statement/record"
)

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
