package statement

import (
	"bytes"
	"encoding/csv"
	"errors"
	"testing"

	"fanlake/load/statement/document"
)

// Every month of every creator balances, what it clears is its net, and a
// reversal month with fees given back turns the sides.
func TestJournal(t *testing.T) {
	t.Parallel()
	w := newWarehouse(t, edges)
	o := options(t, w)
	keep(t, o, earnings(t, o, "ava", "2026-02"))
	w.change(row("late", "2026-02-20", "refund", -1000, -800, false)) // March adjusts it
	var all []*Statement
	for _, at := range [][2]string{{"ava", "2026-02"}, {"ava", "2026-03"}, {"bea", "2026-03"}, {"dee", "2026-03"}, {"kiri", "2026-02"}} {
		s := earnings(t, o, at[0], at[1])
		all = append(all, s)
		entries, err := Journal(s)
		if err != nil {
			t.Fatal(err)
		}
		var debit, credit, clearing int64
		for _, e := range entries {
			if e.Debit < 0 || e.Credit < 0 || (e.Debit == 0) == (e.Credit == 0) {
				t.Errorf("%v: %+v", at, e)
			}
			if debit, credit = debit+e.Debit, credit+e.Credit; e.Account == accountClearing {
				clearing += e.Debit - e.Credit
			}
		}
		if net := sumColumn(s.Document.Transactions, "net_cents"); debit != credit || clearing != net {
			t.Errorf("%v: %d is not %d, or %d not %d", at, debit, credit, clearing, net)
		}
	}
	var out bytes.Buffer
	if err := JournalCSV(&out, all, document.CSVOptions{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "journal.csv", out.Bytes())
	if records, err := csv.NewReader(&out).ReadAll(); err != nil || len(records) < 10 {
		t.Errorf("%d lines, %v", len(records), err)
	}
	o.Terms = nil
	if _, err := Payout(t.Context(), o, Params{Creator: "ava", Month: firstOf("2026-03")}); !errors.Is(err, ErrNoTerms) {
		t.Errorf("got %v", err)
	}
}
