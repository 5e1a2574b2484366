package statement

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"fanlake/load"
	"fanlake/load/query"
	"fanlake/load/statement/document"
	"fanlake/load/statement/manifest"
	"fanlake/load/statement/record"
	"fanlake/load/terminal"
)

// A maker reads what a statement needs from one open file and the record.
type maker struct {
	opts       Options
	file       *load.Published
	creator    creator
	loc        *time.Location
	asOf       time.Time
	runID      string
	apiVersion string
	covered    []document.Window
	store      *record.Store
	versions   []record.Version          // of the creator, by kind, month and version
	finals     map[string]record.Version // the newest final earnings statement of each month
	frozen     map[string][]record.Line  // the lines of those
	modified   map[string]error          // those whose files are not what was frozen
}

// each runs a file of sql/statement and calls scan until it returns false.
func (m *maker) each(ctx context.Context, name string, scan func(*query.Rows) (bool, error), args ...any) error {
	return m.file.Each(ctx, "statement/"+name, scan, args...)
}

func (m *maker) creators(ctx context.Context) ([]creator, error) {
	var all []creator
	err := m.each(ctx, "creators", func(rows *query.Rows) (bool, error) {
		var c creator
		var registered sql.NullTime
		more, err := rows.Scan(&c.id, &c.handle, &c.label, &c.timezone, &registered)
		if more && err == nil {
			c.registeredAt = registered.Time.UTC()
			all = append(all, c)
		}
		return more, err
	})
	return all, err
}

// context reads what holds for every month of the creator: the last run, the
// coverage, and what is kept.
func (m *maker) context(ctx context.Context) (err error) {
	if m.loc, err = time.LoadLocation(m.creator.timezone); err != nil {
		return fmt.Errorf("time zone of %s: %w", terminal.Printable(m.creator.name()), err)
	}
	err = m.each(ctx, "as_of", func(rows *query.Rows) (bool, error) {
		more, err := rows.Scan(&m.runID, &m.asOf, &m.apiVersion)
		return more, err
	})
	if err != nil {
		return err
	}
	m.asOf = m.asOf.UTC()
	err = m.each(ctx, "coverage", func(rows *query.Rows) (bool, error) {
		var w document.Window
		more, err := rows.Scan(&w.Start, &w.End)
		if more && err == nil {
			m.covered = append(m.covered, document.Window{Start: w.Start.UTC(), End: w.End.UTC()})
		}
		return more, err
	}, m.creator.id)
	if err != nil {
		return err
	}
	if m.store, err = record.Open(m.opts.Account); err != nil {
		return err
	}
	if m.versions, err = m.store.Versions(m.creator.id); err != nil {
		return err
	}
	m.finals, m.frozen, m.modified = map[string]record.Version{}, map[string][]record.Line{}, map[string]error{}
	maps.Copy(m.finals, m.newest(manifest.Earnings))
	for name, v := range m.finals {
		if m.frozen[name], err = frozenLines(v); errors.Is(err, record.ErrModified) {
			m.modified[name] = err
		} else if err != nil {
			return err
		}
	}
	return nil
}

// newest returns the newest final version of each period of a kind.
func (m *maker) newest(kind string) map[string]record.Version {
	all := map[string]record.Version{}
	for _, v := range m.versions { // by version
		if v.Final() && v.Kind == kind {
			all[v.Month] = v
		}
	}
	return all
}

// trusted returns an error if a final statement was changed by hand, but for the
// one of the month that is about to get another version.
func (m *maker) trusted(restated string) error {
	for _, name := range slices.Sorted(maps.Keys(m.modified)) {
		if name != restated {
			return m.modified[name]
		}
	}
	return nil
}

// frozenLines reads the lines of a version that is final, if they are what was
// frozen.
func frozenLines(v record.Version) ([]record.Line, error) {
	if err := v.Check(); err != nil {
		return nil, err
	}
	return v.Lines()
}

// months returns the months with earnings as yyyy-mm, oldest first.
func (m *maker) months(ctx context.Context) ([]string, error) {
	var all []string
	err := m.each(ctx, "months", func(rows *query.Rows) (bool, error) {
		var month string
		more, err := rows.Scan(&month)
		if more && err == nil {
			all = append(all, month)
		}
		return more, err
	}, m.creator.id)
	return all, err
}

// lines reads the earnings of a window as lines of a month.
func (m *maker) lines(ctx context.Context, w document.Window, first time.Time) ([]record.Line, error) {
	var all []record.Line
	err := m.each(ctx, "lines", func(rows *query.Rows) (bool, error) {
		l := record.Line{CreatorID: m.creator.id, StatementMonth: first, PeriodMonth: first, LineType: record.Earning}
		var original sql.NullTime
		var total sql.NullInt64
		more, err := rows.Scan(&l.EarningID, &l.EarnedAt, &l.Source, &l.AttributedSource, &l.SourceLabel, &original, &l.Gross, &l.Net, &total,
			&l.FanCurrency, &l.OrderID, &l.ReversedOrderID, &l.BalanceStatus, &l.MessageID, &l.PostID, &l.FanID, &l.IsFanPaid, &l.IsReversal)
		if more && err == nil {
			l.EarnedAt = l.EarnedAt.UTC()
			if original.Valid {
				l.OriginalEarnedAt = original.Time.UTC()
			}
			if total.Valid {
				l.Total = &total.Int64
			}
			all = append(all, l)
		}
		return more, err
	}, m.creator.id, w.Start, w.End)
	return all, err
}

// lacksReversals reports whether sales of a window were read and their reversals not.
func (m *maker) lacksReversals(ctx context.Context, w document.Window) (lacks bool, err error) {
	err = m.each(ctx, "reversals_lacking", func(rows *query.Rows) (bool, error) {
		return rows.Scan(&lacks)
	}, m.creator.id, w.End, w.Start)
	return lacks, err
}

// A balance is what the platform said could be withdrawn, and when.
type balance struct {
	readAt     time.Time
	available  sql.NullInt64
	lastPayout time.Time // zero for none
}

// near is how far from the end of a month a balance may have been read to stand
// for it.
const near = 48 * time.Hour

// balances returns what was read at both ends of a period; nil where nothing was
// read near it.
func (m *maker) balances(ctx context.Context, w document.Window) (opening, closing *balance, err error) {
	err = m.each(ctx, "balances", func(rows *query.Rows) (bool, error) {
		var side string
		var b balance
		var payout sql.NullTime
		more, err := rows.Scan(&side, &b.readAt, &b.available, &payout)
		if !more || err != nil {
			return more, err
		}
		b.readAt = b.readAt.UTC()
		if payout.Valid {
			b.lastPayout = payout.Time.UTC()
		}
		switch {
		case side == "opening" && w.Start.Sub(b.readAt) <= near:
			opening = &b
		case side == "closing" && b.readAt.Sub(w.End) <= near:
			closing = &b
		}
		return true, nil
	}, m.creator.id, w.Start, w.End)
	return opening, closing, err
}

// An audience is who was on the list of subscribers at both ends of a period.
type audience struct{ start, joined, lost, end int64 }

// walked is how far from an instant a complete list may have been read to stand
// for it: lists are read weekly.
const walked = 8 * 24 * time.Hour

// audience returns nil where no complete list was read near both ends.
func (m *maker) audience(ctx context.Context, w document.Window) (*audience, error) {
	var a *audience
	err := m.each(ctx, "audience", func(rows *query.Rows) (bool, error) {
		var before, behind sql.NullTime
		var got audience
		more, err := rows.Scan(&before, &behind, &got.start, &got.joined, &got.lost, &got.end)
		if more && err == nil && before.Valid && behind.Valid && w.Start.Sub(before.Time) <= walked && behind.Time.Sub(w.End) <= walked {
			a = &got
		}
		return more, err
	}, m.creator.id, w.Start, w.End)
	return a, err
}

// summaryDays returns the gross of closed UTC days by their date, of those that
// lie wholly in the window, and how many such days there are.
func (m *maker) summaryDays(ctx context.Context, w document.Window) (gross map[time.Time]int64, whole int64, err error) {
	const day = 24 * time.Hour
	from, to := w.Start.Truncate(day), w.End.Truncate(day)
	if from.Before(w.Start) {
		from = from.Add(day)
	}
	gross = map[time.Time]int64{}
	err = m.each(ctx, "summary_days", func(rows *query.Rows) (bool, error) {
		var at time.Time
		var cents int64
		more, err := rows.Scan(&at, &cents)
		if more && err == nil {
			gross[at.UTC()] = cents
		}
		return more, err
	}, m.creator.id, from.Format(time.DateOnly), to.Format(time.DateOnly))
	return gross, max(0, int64(to.Sub(from)/day)), err
}
