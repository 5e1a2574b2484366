package statement

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fanlake/load/statement/document"
	"fanlake/load/statement/manifest"
	"fanlake/load/statement/record"
	"fanlake/load/terminal"
)

// begin reads what statements of a creator need.
func (m *maker) begin(ctx context.Context, name string) error {
	all, err := m.creators(ctx)
	if err != nil {
		return err
	}
	if m.creator, err = find(all, name); err != nil {
		return err
	}
	return m.context(ctx)
}

func (m *maker) earnings(ctx context.Context, p Params) (*Statement, error) {
	if err := m.begin(ctx, p.Creator); err != nil {
		return nil, err
	}
	first, err := m.wanted(p.Month)
	if err != nil {
		return nil, err
	}
	name := first.Format("2006-01")
	v, isFinal := m.finals[name]
	restated := ""
	if p.Restate {
		if restated = name; !isFinal {
			return nil, m.notFinal(name)
		}
	}
	if err := m.trusted(restated); err != nil {
		return nil, err
	}
	if isFinal && !p.Restate {
		return m.frozenStatement(ctx, first, v)
	}
	return m.make(ctx, first, p.Restate)
}

// frozenStatement is a statement as it was frozen, and what changed since.
func (m *maker) frozenStatement(ctx context.Context, first time.Time, v record.Version) (*Statement, error) {
	s, err := Read(v)
	if err != nil {
		return nil, err
	}
	s.Changed, err = m.adjustments(ctx, first, []record.Version{v}, m.told(""))
	return s, err
}

// make makes a statement from the warehouse.
func (m *maker) make(ctx context.Context, first time.Time, restate bool) (*Statement, error) {
	b := &builder{maker: m}
	for i, back := range []int{0, 1, 12} {
		var err error
		if b.months[i], err = m.read(ctx, first.AddDate(0, -back, 0), restate && i == 0); err != nil {
			return nil, err
		}
	}
	this := &b.months[0]
	if !this.known && (len(this.missing) == 0 || !overlaps(this.window, m.covered)) {
		return nil, m.noMonth(ctx, first)
	}
	name := this.name()
	adjustments, err := m.adjustments(ctx, first, m.closedBefore(name), m.told(name))
	if err != nil {
		return nil, err
	}
	this.told = adjustments
	if b.opening, b.closing, err = m.balances(ctx, this.window); err != nil {
		return nil, err
	}
	if b.audience, err = m.audience(ctx, this.window); err != nil {
		return nil, err
	}
	if b.summary, b.wholeDays, err = m.summaryDays(ctx, this.window); err != nil {
		return nil, err
	}
	if b.year, b.labels, err = m.year(ctx, *this); err != nil {
		return nil, err
	}
	b.version = 1
	if restate {
		if err := b.restate(name); err != nil {
			return nil, err
		}
	}
	return b.build()
}

// A builder has everything that a document is made of.
type builder struct {
	*maker
	months           [3]month // this, the one before, the same a year ago
	opening, closing *balance
	audience         *audience
	summary          map[time.Time]int64 // the platform's own gross of UTC days
	year             []yearMonth         // the months up to this one, oldest first
	labels           map[string]string   // of their sources
	wholeDays        int64               // UTC days that lie wholly in the period
	version          int
	supersedes       *record.Version
	superseded       []record.Line // its lines; nil if they cannot be trusted
}

// restate makes the document the next version of a final one, if that would
// change anything.
func (b *builder) restate(name string) error {
	v := b.finals[name]
	if this := b.months[0]; len(this.missing) > 0 || this.salesOnly {
		return fmt.Errorf("%w: the month is not read completely now; run a sync first", ErrRestate)
	}
	b.version, b.supersedes, b.superseded = v.Version+1, &v, b.frozen[name]
	lines := append(append([]record.Line{}, b.months[0].lines...), b.months[0].told...)
	if b.modified[name] == nil && record.ContentHash(lines) == v.ContentHash {
		return b.same(v)
	}
	return nil
}

// build puts everything into the document.
func (b *builder) build() (*Statement, error) {
	this := &b.months[0]
	s := &Statement{Lines: append(append([]record.Line{}, this.lines...), this.told...)}
	d, err := b.page(manifest.Earnings, this.name(), this)
	if err != nil {
		return nil, err
	}
	d.Title, d.Basis = "EARNINGS STATEMENT", "Transactions by payment date; refunds and chargebacks in the month they occurred"
	d.Version, d.ContentHash = b.version, record.ContentHash(s.Lines)
	d.State, d.StateReason = b.state()
	if b.supersedes != nil {
		d.Supersedes = b.supersedes.Version
	}
	d.Versions = b.history(d)
	d.Sections = b.sections(d)
	d.Notes = b.notes()
	b.finish(s, d)
	return s, nil
}

// state says how far the month may still change, and why.
func (b *builder) state() (document.State, string) {
	this := b.months[0]
	settles := this.window.End.In(this.loc).AddDate(0, 0, b.opts.FinalAfter)
	api, ledger := b.sums()
	switch {
	case b.asOf.IsZero():
		return document.Draft, "no finished run is known"
	case b.isOpen(this.window):
		return document.Draft, "the month is open"
	case len(this.missing) > 0:
		return document.Provisional, "parts of the month were not read"
	case this.salesOnly:
		return document.Provisional, "refunds and chargebacks were not read"
	case b.supersedes != nil:
		return document.Final, fmt.Sprintf("replaces version %d", b.supersedes.Version)
	case api != ledger && b.asOf.Before(settles):
		return document.Provisional, fmt.Sprintf("the platform's own sums differ by %s; final on %s at the latest", document.Dollars(ledger-api), settles.Format(time.DateOnly))
	case this.pendingCount == 0:
		return document.Final, "all rows are available"
	case b.asOf.Before(settles):
		return document.Provisional, fmt.Sprintf("rows with a pending balance: %d; final on %s at the latest", this.pendingCount, settles.Format(time.DateOnly))
	default:
		return document.Final, fmt.Sprintf("%d days after the month; rows with a pending balance: %d", b.opts.FinalAfter, this.pendingCount)
	}
}

// Check reports whether options can work.
func (o Options) Check() error {
	if o.FinalAfter < 0 || o.FinalAfter > maxFinalAfter {
		return errors.New("a statement is final 1 to 30 days after the end of its month")
	}
	return nil
}

// notFinal is the [ErrRestate] of a period without a final statement.
func (m *maker) notFinal(period string) error {
	return fmt.Errorf("%w: %s of %s has no final statement yet", ErrRestate, period, terminal.Printable(m.creator.name()))
}

// supersede makes a document the next version behind a final one, if it is final
// itself and says something else. What a version says whose files are not intact
// is not known.
func (m *maker) supersede(d *document.Document, v record.Version, intact bool) error {
	if d.State != document.Final {
		return fmt.Errorf("%w: %s", ErrRestate, d.StateReason)
	}
	if intact && d.ContentHash == v.ContentHash {
		return m.same(v)
	}
	d.Version, d.Supersedes = v.Version+1, v.Version
	return nil
}

// same is the [ErrRestate] of a version that a new one would not differ from.
func (m *maker) same(v record.Version) error {
	return fmt.Errorf("%w: %s v%d of %s is what the data still say", ErrRestate, v.Month, v.Version, terminal.Printable(m.creator.name()))
}
