package statement

import (
	"errors"
	"io"
	"strconv"
	"time"

	"fanlake/load/spreadsheet"
	"fanlake/load/statement/document"
)

// Accounts of the journal.
const (
	accountSales       = "Sales"
	accountRefunds     = "Refunds"
	accountChargebacks = "Chargebacks"
	accountReversals   = "Other reversals"
	accountFees        = "Platform fees"
	accountRewards     = "Rewards"
	accountAdjustments = "Prior-period adjustments"
	accountClearing    = "Fanvue clearing"
)

// An Entry is a line of an accounting journal. One of Debit and Credit is above
// zero, in US cents.
type Entry struct {
	Date          time.Time // last day of the month
	Account       string
	Debit, Credit int64
	Description   string
}

// Journal turns an earnings statement into entries whose debits and credits are
// equal: sales by source and rewards to the right, what was taken back and fees
// to the left, and the net on the account that a payout clears. An amount of the
// other sign stands on the other side.
func Journal(s *Statement) ([]Entry, error) {
	d := s.Document
	if d.Month == "" || d.Section(SectionBySource) == nil {
		return nil, errors.New("only earnings statements have a journal")
	}
	last := d.Period.End.In(d.Zone()).Add(-time.Microsecond)
	day := time.Date(last.Year(), last.Month(), last.Day(), 0, 0, 0, 0, time.UTC)
	var all []Entry
	add := func(account, description string, credit int64) {
		e := Entry{Date: day, Account: account, Description: description, Credit: max(0, credit), Debit: max(0, -credit)}
		if credit != 0 {
			all = append(all, e)
		}
	}
	summary := func(row string) int64 {
		return d.Section(SectionSummary).Cell(row, "this_month_cents").Number
	}
	of := " " + d.Month
	for r := range d.Section(SectionBySource).All() {
		gross := d.Section(SectionBySource).Cell(r.Name, "gross_cents").Number
		if r.Total {
			if r.Name == "total_sales" {
				break // rewards come behind it
			}
			continue
		}
		add(accountSales+": "+r.Label, "Gross sales by "+r.Label+of, gross)
	}
	add(accountRefunds, "Refunds"+of, summary("refunds"))
	add(accountChargebacks, "Chargebacks"+of, summary("chargebacks"))
	add(accountReversals, "Other reversals"+of, summary("other_reversals"))
	add(accountFees, "Platform fees"+of, summary("platform_fees"))
	add(accountRewards, "Referral, affiliate, giveaway"+of, summary("rewards"))
	add(accountAdjustments, "Changes of earlier months, found in"+of, summary("prior_period_adjustments"))
	add(accountClearing, "Net"+of, -summary("net_earnings")-summary("prior_period_adjustments"))
	var balance int64
	for _, e := range all {
		balance += e.Credit - e.Debit
	}
	if balance != 0 {
		return nil, errors.New(d.ID + ": the entries differ by " + document.Dollars(balance))
	}
	return all, nil
}

// JournalCSV writes the journals of statements as one CSV by RFC 4180. Amounts
// are dollars; text that a spreadsheet would take for a formula gets an
// apostrophe in front.
func JournalCSV(w io.Writer, statements []*Statement, o document.CSVOptions) error {
	out := o.Writer(w)
	_ = out.Write([]string{"date", "account", "debit", "credit", "description", "creator", "statement_id", "version", "state", "currency", "notice"})
	for _, s := range statements {
		entries, err := Journal(s)
		if err != nil {
			return err
		}
		d := s.Document
		creator := d.Creator.Handle
		if creator == "" {
			creator = d.Creator.ID
		}
		for _, e := range entries {
			_ = out.Write([]string{e.Date.Format(time.DateOnly), spreadsheet.Harmless(e.Account), amountText(e.Debit, o), amountText(e.Credit, o), spreadsheet.Harmless(e.Description),
				spreadsheet.Harmless(creator), spreadsheet.Harmless(d.ID), strconv.Itoa(d.Version), string(d.State), d.Currency, d.Notice})
		}
	}
	out.Flush()
	return out.Error()
}

// amountText is an amount, or nothing for none.
func amountText(cents int64, o document.CSVOptions) string {
	if cents == 0 {
		return ""
	}
	return o.Amount(cents)
}
