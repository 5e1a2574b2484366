package statement

import (
	"context"
	"fmt"
	"strings"
	"time"

	"fanlake/load/statement/commission"
	"fanlake/load/statement/document"
	"fanlake/load/statement/manifest"
	"fanlake/load/statement/record"
	"fanlake/load/terminal"
)

// Payout makes the payout statement of a creator's month, or returns the final
// one as it was frozen: what the agency takes by the terms in force, and what it
// owes the creator. It is made of the rows of the month's earnings statement, and
// final when that one is. It writes nothing. The error is as of [Earnings], or
// [ErrNoTerms].
func Payout(ctx context.Context, o Options, p Params) (*Statement, error) {
	return with(ctx, o, func(m *maker) (*Statement, error) { return m.payout(ctx, p) })
}

func (m *maker) payout(ctx context.Context, p Params) (*Statement, error) {
	if err := m.begin(ctx, p.Creator); err != nil {
		return nil, err
	}
	first, err := m.wanted(p.Month)
	if err != nil {
		return nil, err
	}
	name := first.Format("2006-01")
	v, isFinal := m.newest(manifest.Payout)[name]
	if p.Restate && !isFinal {
		return nil, m.notFinal("payout-" + name)
	}
	if err := m.trusted(""); err != nil {
		return nil, err
	}
	if isFinal && !p.Restate {
		return m.frozenPayout(v)
	}
	b := &payoutBuilder{maker: m}
	if isFinal {
		b.supersedes = &v
	}
	if err := b.read(ctx, first); err != nil {
		return nil, err
	}
	return b.build()
}

// frozenPayout is a payout statement as it was frozen, and whether the earnings
// statement that it was made of is still the one that counts.
func (m *maker) frozenPayout(v record.Version) (*Statement, error) {
	s, err := Read(v)
	if err != nil {
		return nil, err
	}
	was := s.Document.Section(sectionTerms).Cell("earnings_statement", "value").Text
	if now := m.earningsName(v.Month); now != was {
		s.Outdated = fmt.Sprintf("it was made of %s; %s counts now", was, now)
	}
	return s, nil
}

// earningsName names the final earnings statement of a month; empty if there is none.
func (m *maker) earningsName(name string) string {
	v, ok := m.finals[name]
	if !ok {
		return ""
	}
	return fmt.Sprintf("%s v%d", v.StatementID, v.Version)
}

// configured returns what of the configuration is the creator's, by handle or uuid.
func configured[T any](c creator, all map[string][]T) []T {
	found := append([]T{}, all[strings.ToLower(c.id)]...)
	if c.handle != "" {
		found = append(found, all[strings.ToLower(c.handle)]...)
	}
	return found
}

// A payoutBuilder has everything that a payout statement is made of.
type payoutBuilder struct {
	*maker
	month
	terms       commission.Terms
	until       time.Time // first month of the next terms, zero if there are none
	adjustments []commission.Adjustment
	base        base
	charge      commission.Charge
	balance     commission.Balance
	carriedFrom string   // what the carried amounts follow from
	unread      []string // months before that were not read and count as nothing
	supersedes  *record.Version
	replaced    *document.Document // nil if it cannot be trusted
}

// read reads the month, and what months before it carry into it.
func (b *payoutBuilder) read(ctx context.Context, first time.Time) error {
	terms, adjustments := configured(b.creator, b.opts.Terms), configured(b.creator, b.opts.Adjustments)
	var ok bool
	if b.terms, ok = commission.InForce(terms, first); !ok {
		return fmt.Errorf("%w are in force for %s in %s: add them to commission of the account", ErrNoTerms, terminal.Printable(b.creator.name()), first.Format("2006-01"))
	}
	for _, t := range terms {
		if m := time.Date(t.From.Year(), t.From.Month(), 1, 0, 0, 0, 0, time.UTC); m.After(first) && (b.until.IsZero() || m.Before(b.until)) {
			b.until = m
		}
	}
	var err error
	if b.month, err = b.wholeMonth(ctx, first); err != nil {
		return err
	}
	if !b.known && (len(b.missing) == 0 || !overlaps(b.window, b.covered)) {
		return b.noMonth(ctx, first)
	}
	baseIn, balanceIn, err := b.carried(ctx, first, terms, adjustments)
	if err != nil {
		return err
	}
	b.adjustments = commission.Of(adjustments, first)
	b.base = baseOf(b.month, b.terms)
	b.charge = b.terms.Charge(b.base.total, baseIn)
	b.balance = commission.Settle(brought(b.month, b.charge, b.adjustments), balanceIn)
	if b.supersedes != nil && b.supersedes.Check() == nil {
		was, err := Read(*b.supersedes)
		if err != nil {
			return err
		}
		b.replaced = was.Document
	}
	return nil
}

// wholeMonth reads a month with what its statement adjusts of months before.
func (m *maker) wholeMonth(ctx context.Context, first time.Time) (month, error) {
	mo, err := m.read(ctx, first, false)
	if err == nil && mo.closed == nil {
		mo.told, err = m.adjustments(ctx, first, m.closedBefore(mo.name()), m.told(mo.name()))
	}
	return mo, err
}

// brought is what a month brings the creator.
func brought(mo month, c commission.Charge, adjustments []commission.Adjustment) int64 {
	net := mo.netEarnings + sum(mo.told).netEarnings - c.Commission
	for _, a := range adjustments {
		net += a.Signed()
	}
	return net
}

// carried is what months before leave below zero: of the base and of the balance.
// It goes on from the last final payout statement, else from the first month that
// terms or adjustments concern.
func (b *payoutBuilder) carried(ctx context.Context, first time.Time, terms []commission.Terms, adjustments []commission.Adjustment) (base, balance int64, err error) {
	since, _ := commission.Since(terms, adjustments)
	finals := b.newest(manifest.Payout)
	for m := first.AddDate(0, -1, 0); !m.Before(since); m = m.AddDate(0, -1, 0) {
		v, ok := finals[m.Format("2006-01")]
		if !ok {
			continue
		}
		s, err := Read(v)
		if err != nil {
			return 0, 0, err
		}
		base = s.Document.Section(sectionBase).Cell("carried_out", "amount_cents").Number
		balance = s.Document.Section(sectionPayout).Cell("carried_out", "amount_cents").Number
		since = m.AddDate(0, 1, 0)
		b.carriedFrom = fmt.Sprintf("%s v%d", v.StatementID, v.Version)
		break
	}
	for m := since; m.Before(first); m = m.AddDate(0, 1, 0) {
		mo, err := b.maker.read(ctx, m, false)
		if err != nil {
			return 0, 0, err
		}
		if !mo.known || len(mo.missing) > 0 {
			b.unread = append(b.unread, mo.name())
		}
		var c commission.Charge
		if t, ok := commission.InForce(terms, m); ok {
			c = t.Charge(baseOf(mo, t).total, base)
			base = c.CarriedOut
		}
		balance = commission.Settle(brought(mo, c, commission.Of(adjustments, m)), balance).CarriedOut
	}
	return base, balance, nil
}

// A base is what commission is taken of, before anything is carried, in US cents.
type base struct {
	sales       int64 // of all that fans paid, with their reversals
	chargebacks int64 // what is added again where chargebacks do not count
	rewards     int64 // zero where rewards do not count
	prior       int64 // of prior-period adjustments, by the same rule
	total       int64
}

// baseOf is the base of a month by terms.
func baseOf(mo month, t commission.Terms) base {
	var b base
	for _, l := range mo.lines {
		switch {
		case l.IsFanPaid:
			b.sales += amountBy(l, t)
			if l.Source == chargeback && !t.Chargebacks {
				b.chargebacks -= amountBy(l, t)
			}
		case t.Rewards:
			b.rewards += l.Net
		}
	}
	for _, l := range mo.told {
		switch {
		case l.IsFanPaid && (l.Source != chargeback || t.Chargebacks):
			b.prior += amountBy(l, t)
		case !l.IsFanPaid && t.Rewards:
			b.prior += l.Net
		}
	}
	b.total = b.sales + b.chargebacks + b.rewards + b.prior
	return b
}

func amountBy(l record.Line, t commission.Terms) int64 {
	if t.Basis == commission.Gross {
		return l.Gross
	}
	return l.Net
}

// build puts everything into the document.
func (b *payoutBuilder) build() (*Statement, error) {
	s := &Statement{Lines: append(append([]record.Line{}, b.month.lines...), b.month.told...)}
	d, err := b.page(manifest.Payout, b.name(), &b.month)
	if err != nil {
		return nil, err
	}
	d.Title, d.Basis = "PAYOUT STATEMENT", "Commission by the terms in force in the month, on what the month's earnings statement says"
	d.State, d.StateReason = b.state()
	d.Sections = b.sections()
	d.ContentHash = contentHash(d, s.Lines)
	if b.supersedes != nil {
		if err := b.supersede(d, *b.supersedes, b.replaced != nil); err != nil {
			return nil, err
		}
		d.Sections = append(d.Sections, b.difference(d))
	}
	d.Versions = b.history(d)
	d.Sections = append(d.Sections, b.provenance("6 Reconciliation", d), versionTable(d))
	d.Notes = b.notes()
	b.finish(s, d)
	return s, nil
}

// state is final where the month's earnings statement is.
func (b *payoutBuilder) state() (document.State, string) {
	switch {
	case b.closed != nil:
		return document.Final, b.earningsName(b.name()) + " is final"
	case b.asOf.IsZero():
		return document.Draft, "no finished run is known"
	case b.isOpen(b.window):
		return document.Draft, "the month is open"
	case len(b.missing) > 0:
		return document.Provisional, "parts of the month were not read"
	default:
		return document.Provisional, "the earnings statement of the month is not final"
	}
}
