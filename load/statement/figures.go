package statement

import (
	"cmp"
	"slices"

	"fanlake/load/statement/record"
)

// Sources that the summary names.
const (
	refund     = "refund"
	chargeback = "chargeback"
)

// figures are sums of a month's earnings, in US cents with the signs of the
// rows; fees are positive where a fee was taken.
type figures struct {
	grossSales, refunds, chargebacks, otherReversals int64
	netSales, fees, salesEarnings, rewards           int64
	netEarnings, gross                               int64
	pending, pendingCount                            int64
	rows, sales, salesWithoutFan, payingFans         int64
	newSubscriptions, renewals                       int64
}

// sum adds lines up.
func sum(lines []record.Line) figures {
	var f figures
	fans := map[string]bool{}
	for _, l := range lines {
		f.rows++
		f.gross += l.Gross
		f.netEarnings += l.Net
		if l.BalanceStatus == pendingBalance {
			f.pending += l.Net
			f.pendingCount++
		}
		switch l.Source {
		case refund:
			f.refunds += l.Gross
		case chargeback:
			f.chargebacks += l.Gross
		default:
			if l.IsFanPaid && l.IsReversal {
				f.otherReversals += l.Gross
			}
		}
		if !l.IsFanPaid {
			f.rewards += l.Net
			continue
		}
		f.netSales += l.Gross
		f.fees += l.Gross - l.Net
		f.salesEarnings += l.Net
		if l.IsReversal {
			continue
		}
		f.grossSales += l.Gross
		f.sales++
		if l.FanID == "" {
			f.salesWithoutFan++
		} else {
			fans[l.FanID] = true
		}
		switch l.Source {
		case "subscription":
			f.newSubscriptions++
		case "renewal":
			f.renewals++
		}
	}
	f.payingFans = int64(len(fans))
	return f
}

// pendingBalance is the platform's word for money that cannot be withdrawn yet.
const pendingBalance = "pendingBalance"

// A sourceSum is what one source brought: a reversal stands with the source of
// its sale.
type sourceSum struct {
	source, label              string
	isFanPaid                  bool
	sales, reversals           int64
	gross, reversed, fees, net int64
}

// bySource adds lines up by source: what fans paid first, the largest first.
func bySource(lines []record.Line) []sourceSum {
	type key struct {
		source    string
		isFanPaid bool
	}
	sums := map[key]*sourceSum{}
	for _, l := range lines {
		k := key{l.AttributedSource, l.IsFanPaid}
		s := sums[k]
		if s == nil {
			s = &sourceSum{source: l.AttributedSource, label: cmp.Or(l.SourceLabel, l.AttributedSource), isFanPaid: l.IsFanPaid}
			sums[k] = s
		}
		s.add(l)
	}
	all := make([]sourceSum, 0, len(sums))
	for _, s := range sums {
		all = append(all, *s)
	}
	slices.SortFunc(all, func(a, b sourceSum) int {
		if a.isFanPaid != b.isFanPaid {
			if a.isFanPaid {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.gross, a.gross), cmp.Compare(a.source, b.source))
	})
	return all
}

func (s *sourceSum) add(l record.Line) {
	if l.IsReversal {
		s.reversals++
		s.reversed += l.Gross
	} else {
		s.sales++
		s.gross += l.Gross
	}
	s.fees += l.Gross - l.Net
	s.net += l.Net
}

// total adds up those that count.
func total(sums []sourceSum, source, label string, counts func(sourceSum) bool) sourceSum {
	t := sourceSum{source: source, label: label}
	for _, s := range sums {
		if counts(s) {
			t.sales, t.reversals, t.gross = t.sales+s.sales, t.reversals+s.reversals, t.gross+s.gross
			t.reversed, t.fees, t.net = t.reversed+s.reversed, t.fees+s.fees, t.net+s.net
		}
	}
	return t
}
