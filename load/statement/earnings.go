package statement

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"strings"
	"time"

	"fanlake/load"
	sqlfiles "fanlake/sql"
)

// lag is how far coverage stays behind the server's time by design.
const lag = 15 * time.Minute

// A maker reads what statements need from one open file.
type maker struct {
	file    *load.Published
	creator creator
	loc     *time.Location
	asOf    time.Time
	runID   string
	covered []Window
}

// figures are those of one month; known is false where there are no rows and
// not everything was read, so that zero would be a guess.
type figures struct {
	month   time.Time // first day, in UTC
	window  Window
	missing []Window // of what could have been read by now
	known   bool
	// salesOnly says that the month was read where reversals stand apart, and
	// they were not read.
	salesOnly bool

	grossSales, refunds, chargebacks, otherReversals, netSales int64
	fees, rewards, netEarnings, pending, pendingCount, rows    int64
}

// each runs a file of sql/statement and calls scan until it returns false.
func (m *maker) each(ctx context.Context, name string, scan func(*load.Rows) (bool, error), args ...any) error {
	query, err := fs.ReadFile(sqlfiles.FS, "statement/"+name+".sql")
	if err != nil {
		return err
	}
	rows, err := m.file.Query(ctx, string(query), args...)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	more := true
	for more && err == nil {
		more, err = scan(rows)
	}
	return errors.Join(err, rows.Close())
}

func (m *maker) creators(ctx context.Context) ([]creator, error) {
	var all []creator
	err := m.each(ctx, "creators", func(rows *load.Rows) (bool, error) {
		var c creator
		var registered sql.NullTime
		more, err := rows.Scan(&c.id, &c.handle, &c.label, &c.timezone, &registered)
		if more && err == nil {
			c.registeredAt = registered.Time
			all = append(all, c)
		}
		return more, err
	})
	return all, err
}

func (m *maker) earnings(ctx context.Context, p Params) (Statement, error) {
	all, err := m.creators(ctx)
	if err != nil {
		return Statement{}, err
	}
	if m.creator, err = find(all, p.Creator); err != nil {
		return Statement{}, err
	}
	if m.loc, err = time.LoadLocation(m.creator.timezone); err != nil {
		return Statement{}, fmt.Errorf("time zone of %s: %w", load.Printable(m.creator.handle), err)
	}
	if err := m.context(ctx); err != nil {
		return Statement{}, err
	}
	month, err := m.month(ctx, p.Month)
	if err != nil {
		return Statement{}, err
	}
	var months [3]figures // this, the one before, the same a year ago
	for i, back := range []int{0, 1, 12} {
		if months[i], err = m.figures(ctx, month.AddDate(0, -back, 0)); err != nil {
			return Statement{}, err
		}
	}
	if f := months[0]; !f.known && (len(f.missing) == 0 || !overlaps(f.window, m.covered)) {
		return Statement{}, m.noMonth(ctx, month)
	}
	sources, err := m.sources(ctx, months[0])
	if err != nil {
		return Statement{}, err
	}
	return m.write(months, sources), nil
}

// context reads what holds for every month: the last run and the coverage.
func (m *maker) context(ctx context.Context) error {
	err := m.each(ctx, "as_of", func(rows *load.Rows) (bool, error) {
		more, err := rows.Scan(&m.runID, &m.asOf)
		return more, err
	})
	if err != nil {
		return err
	}
	m.asOf = m.asOf.UTC()
	return m.each(ctx, "coverage", func(rows *load.Rows) (bool, error) {
		var w Window
		more, err := rows.Scan(&w.Start, &w.End)
		if more && err == nil {
			m.covered = append(m.covered, Window{w.Start.UTC(), w.End.UTC()})
		}
		return more, err
	}, m.creator.id)
}

// months returns the months with earnings as yyyy-mm, oldest first.
func (m *maker) months(ctx context.Context) ([]string, error) {
	var all []string
	err := m.each(ctx, "months", func(rows *load.Rows) (bool, error) {
		var month string
		more, err := rows.Scan(&month)
		if more && err == nil {
			all = append(all, month)
		}
		return more, err
	}, m.creator.id)
	return all, err
}

// month returns the first day of the month that is asked for.
func (m *maker) month(ctx context.Context, asked time.Time) (time.Time, error) {
	if !asked.IsZero() {
		return time.Date(asked.Year(), asked.Month(), 1, 0, 0, 0, 0, time.UTC), nil
	}
	months, err := m.months(ctx)
	if err != nil {
		return time.Time{}, err
	}
	if len(months) == 0 {
		return time.Time{}, fmt.Errorf("%w: %s has no earnings yet", ErrNoMonth, load.Printable(names([]creator{m.creator})[0]))
	}
	return time.Parse("2006-01", months[len(months)-1])
}

// noMonth says which months there are.
func (m *maker) noMonth(ctx context.Context, month time.Time) error {
	months, err := m.months(ctx)
	if err != nil {
		return err
	}
	there := "it has none yet"
	if len(months) > 0 {
		there = "there are " + strings.Join(months, ", ")
	}
	return fmt.Errorf("%w %s of %s, which was not read: %s", ErrNoMonth, month.Format("2006-01"),
		load.Printable(names([]creator{m.creator})[0]), there)
}

// figures reads one month.
func (m *maker) figures(ctx context.Context, month time.Time) (figures, error) {
	f := figures{month: month}
	next := month.AddDate(0, 1, 0)
	f.window = Window{
		startOfDay(m.loc, month.Year(), month.Month(), 1),
		startOfDay(m.loc, next.Year(), next.Month(), 1),
	}
	// Nothing was earned before the registration, and nothing can be read that
	// is still to come.
	needed := f.window
	if m.creator.registeredAt.After(needed.Start) {
		needed.Start = m.creator.registeredAt
	}
	if open := m.asOf.Add(-lag); m.isOpen(f.window) && open.Before(needed.End) {
		needed.End = open
	}
	f.missing = missing(needed, m.covered)
	err := m.each(ctx, "month", func(rows *load.Rows) (bool, error) {
		more, err := rows.Scan(&f.grossSales, &f.refunds, &f.chargebacks, &f.otherReversals, &f.netSales,
			&f.fees, &f.rewards, &f.netEarnings, &f.pending, &f.pendingCount, &f.rows)
		return more, err
	}, m.creator.id, month.Format(time.DateOnly))
	if err != nil {
		return f, err
	}
	f.known = f.rows > 0 || len(f.missing) == 0 && needed.Start.Before(needed.End)
	return f, m.each(ctx, "reversals_lacking", func(rows *load.Rows) (bool, error) {
		return rows.Scan(&f.salesOnly)
	}, m.creator.id, f.window.End, f.window.Start)
}

// isOpen reports whether a month was not over at the end of the last run.
func (m *maker) isOpen(w Window) bool { return !m.asOf.IsZero() && m.asOf.Before(w.End) }

// sources reads the lines by source, with subtotals and the total.
func (m *maker) sources(ctx context.Context, f figures) ([]SourceLine, error) {
	var lines []SourceLine
	err := m.each(ctx, "sources", func(rows *load.Rows) (bool, error) {
		var l SourceLine
		var count, reversals, gross, reversed, fees, net int64
		more, err := rows.Scan(&l.Source, &l.Label, &l.isFanPaid, &count, &reversals, &gross, &reversed, &fees, &net)
		if more && err == nil {
			fees = -fees
			l.Count, l.Reversals, l.Gross, l.Reversed, l.Fees, l.Net = &count, &reversals, &gross, &reversed, &fees, &net
			lines = append(lines, l)
		}
		return more, err
	}, m.creator.id, f.month.Format(time.DateOnly))
	if err != nil || !f.known {
		return lines, err
	}
	var out []SourceLine
	sales := func(l SourceLine) bool { return l.isFanPaid }
	rewards := func(l SourceLine) bool { return !l.isFanPaid }
	for _, part := range []struct {
		label string
		in    func(SourceLine) bool
	}{{"SALES", sales}, {"REWARDS", rewards}} {
		for _, l := range lines {
			if part.in(l) {
				out = append(out, l)
			}
		}
		out = append(out, total(part.label, lines, part.in))
	}
	return append(out, total("ALL", lines, func(SourceLine) bool { return true })), nil
}

// total adds the lines that count.
func total(label string, lines []SourceLine, counts func(SourceLine) bool) SourceLine {
	var count, reversals, gross, reversed, fees, net int64
	for _, l := range lines {
		if counts(l) {
			count, reversals, gross = count+*l.Count, reversals+*l.Reversals, gross+*l.Gross
			reversed, fees, net = reversed+*l.Reversed, fees+*l.Fees, net+*l.Net
		}
	}
	return SourceLine{Label: label, IsTotal: true, Count: &count, Reversals: &reversals, Gross: &gross, Reversed: &reversed, Fees: &fees, Net: &net}
}

// write puts the figures into the document.
func (m *maker) write(months [3]figures, sources []SourceLine) Statement {
	this := months[0]
	s := Statement{
		CreatorID: m.creator.id, Handle: m.creator.handle, Label: m.creator.label,
		Month: this.month.Format("2006-01"), Timezone: m.creator.timezone, Period: this.window,
		Currency: "USD", Basis: "Transactions by payment date; refunds and chargebacks in the month they occurred",
		RunID: m.runID, AsOf: m.asOf, Rows: this.rows, Missing: this.missing, Sources: sources, Notice: Notice,
		location: m.loc,
	}
	if s.Missing == nil {
		s.Missing = []Window{}
	}
	if s.Sources == nil {
		s.Sources = []SourceLine{}
	}
	s.State, s.Why = m.state(this)
	if this.known {
		s.Pending = &this.pending
	}
	s.Summary = m.summary(months)
	s.Notes = []string{
		"Not a tax document, and not issued by the platform.",
		"Gross is the creator's price; the platform fee is gross less net of each row, never a rate.",
		"Rewards are referrals, affiliate commission and giveaways: no fan paid them.",
	}
	for i, name := range []string{"", "The previous month", "The same month of last year"} {
		if f := months[i]; f.salesOnly {
			s.Notes = append(s.Notes, cmp.Or(name, "This month")+" lacks refunds and chargebacks: the API's older surface has them for the key's owner alone; surface v1 has them.")
		}
		if f := months[i]; i > 0 && f.rows > 0 && len(f.missing) > 0 {
			s.Notes = append(s.Notes, name+" was not read completely: its figures are of what is there.")
		}
	}
	return s
}

// state says how far the month may still change, and why.
func (m *maker) state(f figures) (State, string) {
	switch {
	case m.asOf.IsZero():
		return Draft, "no finished run is known"
	case m.isOpen(f.window):
		return Draft, "the month is open"
	case len(f.missing) > 0:
		return Provisional, "parts of the month were not read"
	case f.salesOnly:
		return Provisional, "refunds and chargebacks were not read"
	case f.pendingCount > 0:
		return Provisional, fmt.Sprintf("rows with a pending balance: %d", f.pendingCount)
	default:
		return Complete, "not frozen"
	}
}

// summary makes the lines of section 1.
func (m *maker) summary(months [3]figures) []Line {
	line := func(name, label string, total bool, of func(figures) int64) Line {
		l := Line{Name: name, Label: label, IsTotal: total}
		for i, at := range []**int64{&l.This, &l.Previous, &l.LastYear} {
			if months[i].known {
				v := of(months[i])
				*at = &v
			}
		}
		if !m.isOpen(months[0].window) && len(months[0].missing) == 0 && len(months[1].missing) == 0 {
			l.ChangeBps = change(l.This, l.Previous)
		}
		return l
	}
	lines := []Line{
		line("gross_sales", "Gross sales", false, func(f figures) int64 { return f.grossSales }),
		line("refunds", "Refunds", false, func(f figures) int64 { return f.refunds }),
		line("chargebacks", "Chargebacks", false, func(f figures) int64 { return f.chargebacks }),
	}
	if months[0].otherReversals != 0 || months[1].otherReversals != 0 || months[2].otherReversals != 0 {
		lines = append(lines, line("other_reversals", "Other reversals", false, func(f figures) int64 { return f.otherReversals }))
	}
	return append(lines,
		line("net_sales", "NET SALES", true, func(f figures) int64 { return f.netSales }),
		line("platform_fees", "Platform fees (gross - net)", false, func(f figures) int64 { return -f.fees }),
		line("rewards", "Referral / affiliate / giveaway", false, func(f figures) int64 { return f.rewards }),
		line("net_earnings", "NET EARNINGS", true, func(f figures) int64 { return f.netEarnings }),
	)
}

// change is (this - previous) / |previous| in hundredths of a percent, rounded
// half away from zero; nil without a base.
func change(this, previous *int64) *int64 {
	if this == nil || previous == nil || *previous == 0 {
		return nil
	}
	base := new(big.Int).Abs(big.NewInt(*previous))
	diff := new(big.Int).Sub(big.NewInt(*this), big.NewInt(*previous))
	diff.Mul(diff, big.NewInt(10000))
	bps := roundedQuotient(diff, base)
	if !bps.IsInt64() {
		return nil
	}
	v := bps.Int64()
	return &v
}

// roundedQuotient is a/b rounded half away from zero, for b > 0.
func roundedQuotient(a, b *big.Int) *big.Int {
	twice := new(big.Int).Mul(new(big.Int).Abs(a), big.NewInt(2))
	q := twice.Add(twice, b)
	q.Quo(q, new(big.Int).Mul(b, big.NewInt(2)))
	if a.Sign() < 0 {
		q.Neg(q)
	}
	return q
}
