// Package commission works out what an agency takes of a creator's month, and
// what it owes the creator.
//
// [Terms] hold from the month of a day on, until others do. Of a month's base
// each tier takes its own share (marginal tiers). Sums are whole US cents; the
// shares of the tiers are added up exactly and rounded once, half up. What is
// below zero is carried into the next month: a base that is negative lowers the
// bases to come, a balance that is negative lowers the payouts to come.
package commission

import (
	"math/big"
	"slices"
	"time"

	"fanlake/load/statement/document"
)

// Terms are what an agency takes of a creator from the month of a day on.
type Terms struct {
	Contract    string    // the agency's own name for the contract; empty for none
	From        time.Time // first day, as midnight UTC; a day in the creator's time zone
	Basis       string    // Net or Gross
	Rewards     bool      // whether rewards of the platform are in the base
	Chargebacks bool      // whether chargebacks lower the base
	Minimum     int64     // least commission of a month, US cents, as far as its base goes
	Tiers       []Tier    // ascending, the last one open
}

// The bases: of sales with their reversals.
const (
	Net   = "net"
	Gross = "gross"
)

// A Tier is the share of what of a base lies between the tier before and its own end.
type Tier struct {
	UpTo int64 // US cents, 0 for no end
	BPS  int   // hundredths of a percent
}

// An Adjustment is agreed beside the commission.
type Adjustment struct {
	Day   time.Time // as midnight UTC; a day in the creator's time zone
	Kind  string
	Cents int64 // above zero
	Text  string
}

// The kinds of adjustments: a bonus is paid to the creator, an advance was paid
// already, a deduction is kept back.
const (
	Bonus     = "bonus"
	Advance   = "advance"
	Deduction = "deduction"
)

// Signed is what the adjustment adds to a payout.
func (a Adjustment) Signed() int64 {
	if a.Kind == Bonus {
		return a.Cents
	}
	return -a.Cents
}

// InForce returns the terms of a month by its first day: of those that begin in
// it or before, the last.
func InForce(all []Terms, month time.Time) (Terms, bool) {
	var found Terms
	ok := false
	for _, t := range all {
		if !firstOf(t.From).After(month) && (!ok || t.From.After(found.From)) {
			found, ok = t, true
		}
	}
	return found, ok
}

// Since returns the first month that terms or adjustments concern.
func Since(terms []Terms, adjustments []Adjustment) (first time.Time, ok bool) {
	var days []time.Time
	for _, t := range terms {
		days = append(days, t.From)
	}
	for _, a := range adjustments {
		days = append(days, a.Day)
	}
	if len(days) == 0 {
		return first, false
	}
	return firstOf(slices.MinFunc(days, time.Time.Compare)), true
}

// Of returns the adjustments of a month by its first day, by day.
func Of(all []Adjustment, month time.Time) []Adjustment {
	var found []Adjustment
	for _, a := range all {
		if firstOf(a.Day).Equal(month) {
			found = append(found, a)
		}
	}
	slices.SortStableFunc(found, func(a, b Adjustment) int { return a.Day.Compare(b.Day) })
	return found
}

func firstOf(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// A Charge is the commission of a month. Amounts are US cents.
type Charge struct {
	Base           int64 // of the month by the terms
	CarriedIn      int64 // what months before left below zero; zero or negative
	Commissionable int64 // Base and CarriedIn, at least zero
	CarriedOut     int64 // what is below zero now
	Shares         []Share
	TopUp          int64 // what the minimum adds to the shares
	Commission     int64 // Shares and TopUp, never negative
}

// A Share is what one tier takes.
type Share struct {
	Tier
	From   int64 // lower end of the tier, US cents
	Base   int64 // what of the base lies in it
	Amount int64 // shares add up to the commission without the top-up
}

// Charge works out the commission of a month.
func (t Terms) Charge(base, carriedIn int64) Charge {
	sum := base + carriedIn
	c := Charge{Base: base, CarriedIn: carriedIn, Commissionable: max(0, sum), CarriedOut: min(0, sum)}
	whole := big.NewInt(10000)
	exact := make([]*big.Int, len(t.Tiers))
	total := new(big.Int)
	var from int64
	for i, tier := range t.Tiers {
		s := Share{Tier: tier, From: from, Base: max(0, c.Commissionable-from)}
		if tier.UpTo != 0 {
			s.Base = min(s.Base, tier.UpTo-from)
		}
		from = tier.UpTo
		exact[i] = new(big.Int).Mul(big.NewInt(s.Base), big.NewInt(int64(tier.BPS)))
		total.Add(total, exact[i])
		c.Shares = append(c.Shares, s)
	}
	c.Commission = document.RoundedQuotient(total, whole).Int64()
	for i, amount := range document.Apportion(c.Commission, exact, whole) {
		c.Shares[i].Amount = amount
	}
	c.TopUp = max(0, min(t.Minimum, c.Commissionable)-c.Commission)
	c.Commission += c.TopUp
	return c
}

// A Balance is what is owed. Amounts are US cents.
type Balance struct {
	CarriedIn  int64 // what months before left below zero; zero or negative
	Due        int64 // what the month brings the creator, and CarriedIn
	Payout     int64 // Due, at least zero
	CarriedOut int64 // what is below zero now
}

// Settle works out what is paid out of what a month brings the creator.
func Settle(brought, carriedIn int64) Balance {
	due := brought + carriedIn
	return Balance{CarriedIn: carriedIn, Due: due, Payout: max(0, due), CarriedOut: min(0, due)}
}
