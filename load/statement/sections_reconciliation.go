package statement

import (
	"fmt"
	"time"

	"fanlake/load/statement/document"
)

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
