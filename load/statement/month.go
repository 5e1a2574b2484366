package statement

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fanlake/load/statement/document"
	"fanlake/load/statement/record"
	"fanlake/load/terminal"
)

// lag is how far coverage stays behind the server's time by design.
const lag = 15 * time.Minute

// errUnread is the [ErrNoMonth] of a month that a run can bring.
var errUnread = errors.New("was not read")

// A month is a calendar month of the creator, with what is known of it.
type month struct {
	first   time.Time // first day, in UTC
	loc     *time.Location
	window  document.Window
	needed  document.Window   // what of it could have been read by now
	missing []document.Window // of needed, not read
	lines   []record.Line     // its earnings
	closed  *record.Version   // the final statement it is told by, if there is one
	told    []record.Line     // the adjustments of that statement
	// known is false where there are no rows and not everything was read, so
	// that zero would be a guess.
	known bool
	// salesOnly says that the month was read where reversals stand apart, and
	// they were not read.
	salesOnly bool

	figures
}

func (m month) name() string { return m.first.Format("2006-01") }

// wanted returns the first day of the month that is asked for: else the last one
// that was over when the last run ended.
func (m *maker) wanted(asked time.Time) (time.Time, error) {
	if !asked.IsZero() {
		return time.Date(asked.Year(), asked.Month(), 1, 0, 0, 0, 0, time.UTC), nil
	}
	if m.asOf.IsZero() {
		return time.Time{}, fmt.Errorf("%w: no finished run is known; run a sync first, or name a month", ErrNoMonth)
	}
	today := m.asOf.In(m.loc)
	return time.Date(today.Year(), today.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, -1, 0), nil
}

// noMonth says why there is nothing of a month, and which months there are.
func (m *maker) noMonth(ctx context.Context, first time.Time) error {
	months, err := m.months(ctx)
	if err != nil {
		return err
	}
	there := "it has none yet"
	if len(months) > 0 {
		there = "there are " + strings.Join(months, ", ")
	}
	why, w := errUnread, m.span(first)
	switch {
	case !m.creator.registeredAt.Before(w.End):
		why = ErrUnregistered
	case !m.asOf.IsZero() && !m.asOf.After(w.Start):
		why = ErrAhead
	}
	return fmt.Errorf("%w %s of %s, which %w: %s", ErrNoMonth, first.Format("2006-01"), terminal.Printable(m.creator.name()), why, there)
}

// span is the period of a month in the creator's time zone. It ends and begins
// where the statements of the months beside it do that are final: they keep
// their instants when the time zone changes, and no instant is in two
// statements or in none.
func (m *maker) span(first time.Time) document.Window {
	next, last := first.AddDate(0, 1, 0), first.AddDate(0, -1, 0)
	w := document.Window{
		Start: startOfDay(m.loc, first.Year(), first.Month(), 1),
		End:   startOfDay(m.loc, next.Year(), next.Month(), 1),
	}
	if v, ok := m.finals[last.Format("2006-01")]; ok {
		w.Start = v.PeriodEnd
	}
	if v, ok := m.finals[next.Format("2006-01")]; ok {
		w.End = v.PeriodStart
	}
	return w
}

// read reads a month: what its final statement says, else the warehouse. A month
// that is being restated is read from the warehouse, in the period and the time
// zone of its statement.
func (m *maker) read(ctx context.Context, first time.Time, restate bool) (month, error) {
	mo := month{first: first, loc: m.loc, window: m.span(first)}
	if v, ok := m.finals[mo.name()]; ok {
		mo.window = document.Window{Start: v.PeriodStart.UTC(), End: v.PeriodEnd.UTC()}
		loc, err := time.LoadLocation(v.Timezone)
		if err != nil {
			return mo, fmt.Errorf("time zone of %s: %w", v.Path, err)
		}
		if mo.loc = loc; !restate {
			mo.closed, mo.known = &v, true
			for _, l := range m.frozen[mo.name()] {
				if l.LineType == record.Adjustment {
					mo.told = append(mo.told, l)
				} else {
					mo.lines = append(mo.lines, l)
				}
			}
			mo.figures = sum(mo.lines)
			return mo, nil
		}
	}
	mo.needed = m.needed(mo.window)
	mo.missing = missing(mo.needed, m.covered)
	var err error
	if mo.lines, err = m.lines(ctx, mo.window, first); err != nil {
		return mo, err
	}
	mo.known = len(mo.lines) > 0 || len(mo.missing) == 0 && mo.needed.Start.Before(mo.needed.End)
	mo.figures = sum(mo.lines)
	mo.salesOnly, err = m.lacksReversals(ctx, mo.window)
	return mo, err
}

// needed is what of a period could have been read by now: nothing was earned
// before the registration, and nothing can be read that is still to come.
func (m *maker) needed(w document.Window) document.Window {
	open := m.isOpen(w)
	if m.creator.registeredAt.After(w.Start) {
		w.Start = m.creator.registeredAt
	}
	if last := m.asOf.Add(-lag); open && last.Before(w.End) {
		w.End = last
	}
	return w
}

// isOpen reports whether a period was not over at the end of the last run.
func (m *maker) isOpen(w document.Window) bool { return !m.asOf.IsZero() && m.asOf.Before(w.End) }

// startOfDay is the first instant of a calendar day in a zone. Where a change
// of the clock skips midnight that is later than 00:00 by the clock.
func startOfDay(loc *time.Location, year int, month time.Month, day int) time.Time {
	want := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	at := time.Date(year, month, day-1, 12, 0, 0, 0, loc)
	low, high := 0, 36*60 // minutes after noon of the day before
	for low < high {
		middle := (low + high) / 2
		t := at.Add(time.Duration(middle) * time.Minute).In(loc)
		if time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC).Before(want) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return at.Add(time.Duration(low) * time.Minute).UTC()
}

// missing returns what of a window the covered windows, ordered by start, lack.
func missing(w document.Window, covered []document.Window) []document.Window {
	var holes []document.Window
	at := w.Start
	for _, c := range covered {
		if !c.Start.Before(w.End) || !at.Before(w.End) {
			break
		}
		if c.Start.After(at) {
			holes = append(holes, document.Window{Start: at, End: c.Start})
		}
		if c.End.After(at) {
			at = c.End
		}
	}
	if at.Before(w.End) {
		holes = append(holes, document.Window{Start: at, End: w.End})
	}
	return holes
}

// overlaps reports whether a window has anything in common with one of others.
func overlaps(w document.Window, others []document.Window) bool {
	return slices.ContainsFunc(others, func(c document.Window) bool { return c.Start.Before(w.End) && w.Start.Before(c.End) })
}
