package statement

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"fanlake/load"
	"fanlake/load/statement/document"
	"fanlake/load/statement/manifest"
	"fanlake/load/statement/record"
	"fanlake/load/terminal"
)

// YearParams say which tax year is wanted.
type YearParams struct {
	Creator string    // as of [Params]
	Start   time.Time // any instant of its first day as written, whatever its zone
	Restate bool      // as of [Params]
}

// TaxYear makes the pack of the twelve months from a day on, or returns the final
// one as it was frozen: totals in US dollars and, at the rates of the options, in
// another currency. It is made of what the warehouse has now, and names the
// statements of its months. It writes nothing. The error is as of [Earnings].
func TaxYear(ctx context.Context, o Options, p YearParams) (*Statement, error) {
	if p.Start.IsZero() {
		return nil, errors.New("no first day of the tax year")
	}
	return with(ctx, o, func(m *maker) (*Statement, error) { return m.taxYear(ctx, p) })
}

func (m *maker) taxYear(ctx context.Context, p YearParams) (*Statement, error) {
	if err := m.begin(ctx, p.Creator); err != nil {
		return nil, err
	}
	start := time.Date(p.Start.Year(), p.Start.Month(), p.Start.Day(), 0, 0, 0, 0, time.UTC)
	name := start.Format(time.DateOnly)
	v, isFinal := m.newest(manifest.TaxYear)[name]
	if p.Restate && !isFinal {
		return nil, m.notFinal("tax-year-" + name)
	}
	if isFinal && !p.Restate {
		return Read(v)
	}
	b := &taxBuilder{maker: m, name: name}
	if isFinal {
		b.supersedes = &v
	}
	if err := b.read(ctx, start); err != nil {
		return nil, err
	}
	return b.build()
}

// taxMonths is how many months a tax year has.
const taxMonths = 12

// A taxBuilder has everything that the pack of a tax year is made of.
type taxBuilder struct {
	*maker
	name       string
	days       [taxMonths + 1]time.Time // first days of its months, as midnight UTC, and of the next year
	year       month
	groups     [taxMonths]map[string][]record.Line // rows by month of the year and calendar month
	figures    [taxMonths]figures
	known      [taxMonths]bool        // of those that have rows or were read
	rates      map[string]load.FXRate // of its calendar months with rows
	lacking    int64                  // rows without a rate
	home       conversion
	supersedes *record.Version
}

// daysFrom are the first days of twelve months and of the next year: the same day
// of every month, or its last where it is shorter.
func daysFrom(start time.Time) [taxMonths + 1]time.Time {
	var days [taxMonths + 1]time.Time
	for i := range days {
		first := time.Date(start.Year(), start.Month()+time.Month(i), 1, 0, 0, 0, 0, time.UTC)
		last := first.AddDate(0, 1, -1).Day()
		days[i] = first.AddDate(0, 0, min(start.Day(), last)-1)
	}
	return days
}

func (b *taxBuilder) read(ctx context.Context, start time.Time) error {
	b.days = daysFrom(start)
	var bounds [taxMonths + 1]time.Time
	for i, d := range b.days {
		bounds[i] = startOfDay(b.loc, d.Year(), d.Month(), d.Day())
	}
	b.year = month{first: start, loc: b.loc, window: document.Window{Start: bounds[0], End: bounds[taxMonths]}}
	y := &b.year
	y.needed = b.needed(y.window)
	y.missing = missing(y.needed, b.covered)
	var err error
	if y.lines, err = b.lines(ctx, y.window, start); err != nil {
		return err
	}
	if len(y.lines) == 0 && !overlaps(y.window, b.covered) {
		return fmt.Errorf("%w from %s on of %s: nothing of that year was read", ErrNoMonth, b.name, terminal.Printable(b.creator.name()))
	}
	y.figures, y.known = sum(y.lines), true
	if y.salesOnly, err = b.lacksReversals(ctx, y.window); err != nil {
		return err
	}
	at := 0
	for i := range b.groups {
		b.groups[i] = map[string][]record.Line{}
		from := at
		for ; at < len(y.lines) && y.lines[at].EarnedAt.Before(bounds[i+1]); at++ {
			name := y.lines[at].EarnedAt.In(b.loc).Format("2006-01")
			b.groups[i][name] = append(b.groups[i][name], y.lines[at])
		}
		b.figures[i] = sum(y.lines[from:at])
		w := document.Window{Start: bounds[i], End: bounds[i+1]}
		b.known[i] = at > from || !overlaps(w, y.missing) && w.Start.Before(y.needed.End)
	}
	b.convert()
	return nil
}

// converts reports whether there is another currency.
func (b *taxBuilder) converts() bool { return b.opts.FX.Home != "" && b.opts.FX.Home != "USD" }

// convert works out the year in the home currency.
func (b *taxBuilder) convert() {
	b.rates = map[string]load.FXRate{}
	if !b.converts() {
		return
	}
	for _, r := range b.opts.FX.Rates {
		if r.Base == "USD" && r.Quote == b.opts.FX.Home {
			b.rates[r.Month.Format("2006-01")] = r
		}
	}
	var exact [taxMonths]*[components]*big.Int // nil where a rate is missing
	for i, group := range b.groups {
		exact[i] = newExact()
		for name, lines := range group {
			r, ok := b.rates[name]
			if !ok {
				b.lacking += int64(len(lines))
				exact[i] = nil
				continue
			}
			if exact[i] != nil {
				rate := scaled(r.Rate)
				for c, cents := range componentsOf(sum(lines)) {
					exact[i][c].Add(exact[i][c], new(big.Int).Mul(big.NewInt(cents), rate))
				}
			}
		}
	}
	b.home = convertAll(exact)
}

// rateScale is the denominator of rates: they have at most eight decimals.
func rateScale() *big.Int { return big.NewInt(100_000_000) }

// scaled is a rate's number over the denominator of rates.
func scaled(rate string) *big.Int {
	whole, fraction, _ := strings.Cut(rate, ".")
	n, _ := new(big.Int).SetString(whole+(fraction + "00000000")[:8], 10) // the configuration checked it
	return n
}

// components is how many lines make up net earnings; componentsOf are they, with
// the signs that add up to it.
const components = 6

func componentsOf(f figures) [components]int64 {
	return [components]int64{f.grossSales, f.refunds, f.chargebacks, f.otherReversals, -f.fees, f.rewards}
}

func newExact() *[components]*big.Int {
	var e [components]*big.Int
	for i := range e {
		e[i] = new(big.Int)
	}
	return &e
}

// A conversion is a year in another currency, in hundredths of it. What is not
// known is nil.
type conversion struct {
	total  *[components]int64
	months [taxMonths]*[components]int64
}

// convertAll rounds a year: its net once, half away from zero; its lines add up
// to that, and the months of each line to the line, by largest remainder.
func convertAll(exact [taxMonths]*[components]*big.Int) conversion {
	var c conversion
	whole := newExact()
	for i, e := range exact {
		if e == nil {
			whole = nil
			continue
		}
		c.months[i] = rounded(e)
		for k := 0; whole != nil && k < components; k++ {
			whole[k].Add(whole[k], e[k])
		}
	}
	if whole == nil {
		return c
	}
	c.total = rounded(whole)
	for k := range components {
		shares := make([]*big.Int, taxMonths)
		for i, e := range exact {
			shares[i] = e[k]
		}
		for i, part := range document.Apportion(c.total[k], shares, rateScale()) {
			c.months[i][k] = part
		}
	}
	return c
}

// rounded are lines that add up to their exact sum, rounded once.
func rounded(exact *[components]*big.Int) *[components]int64 {
	sum := new(big.Int)
	for _, e := range exact {
		sum.Add(sum, e)
	}
	total := document.RoundedQuotient(sum, rateScale()).Int64()
	return (*[components]int64)(document.Apportion(total, exact[:], rateScale()))
}

// build puts everything into the document.
func (b *taxBuilder) build() (*Statement, error) {
	s := &Statement{Lines: b.year.lines}
	d, err := b.page(manifest.TaxYear, b.name, &b.year)
	if err != nil {
		return nil, err
	}
	d.Title, d.Basis = "TAX-YEAR PACK", "Transactions by payment date; refunds and chargebacks on the day they occurred"
	d.State, d.StateReason = b.state()
	d.Sections = b.sections()
	d.ContentHash = contentHash(d, s.Lines)
	if v := b.supersedes; v != nil {
		if err := b.supersede(d, *v, v.Check() == nil); err != nil {
			return nil, err
		}
	}
	d.Versions = b.history(d)
	d.Sections = append(d.Sections, b.provenance("Reconciliation", d), versionTable(d))
	d.Notes = b.notes()
	b.finish(s, d)
	return s, nil
}

// state says how far the year may still change, and why.
func (b *taxBuilder) state() (document.State, string) {
	y := b.year
	settles := y.window.End.In(y.loc).AddDate(0, 0, b.opts.FinalAfter)
	switch {
	case b.asOf.IsZero():
		return document.Draft, "no finished run is known"
	case b.isOpen(y.window):
		return document.Draft, "the year is not over"
	case len(y.missing) > 0:
		return document.Provisional, "parts of the year were not read"
	case y.salesOnly:
		return document.Provisional, "refunds and chargebacks were not read"
	case b.lacking > 0:
		return document.Provisional, fmt.Sprintf("rows of months without a rate to %s: %d", b.opts.FX.Home, b.lacking)
	case y.pendingCount > 0 && b.asOf.Before(settles):
		return document.Provisional, fmt.Sprintf("rows with a pending balance: %d; final on %s at the latest", y.pendingCount, settles.Format(time.DateOnly))
	}
	return document.Final, "the year is over and was read completely"
}
