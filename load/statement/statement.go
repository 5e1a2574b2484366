// Package statement makes documents for creators and accountants from a
// published warehouse.
//
//	Earnings   a creator's month: the summary, and the same by source
//	Text, CSV, JSON   its forms
//
// A month is a calendar month in the creator's reporting time zone. Reversals
// count in the month they happened. Amounts are signed US cents and are shown
// with the sign that makes a column add up: fees, refunds and chargebacks are
// negative. What was not read is not zero: a figure without rows in a month that
// is not covered is absent, and the missing windows are named.
//
// Nothing here reads the clock. "Today" is the server's time at the end of the
// last run, and the document says so.
package statement

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fanlake/load"
)

// Notice stands on every document.
const Notice = "Private to the key owner; not for resale or redistribution."

// Errors that say what to ask for instead; their texts list it.
var (
	ErrNoCreator = errors.New("no such creator")
	ErrNoMonth   = errors.New("no data for the month")
)

// Params say which statement is wanted.
type Params struct {
	Creator string    // handle, uuid, or empty where there is only one creator
	Month   time.Time // any instant of the calendar month as written, whatever its zone; zero for the newest month with earnings
}

// A State says how far a statement may still change.
type State string

// The states. Complete is not frozen: a later run may still change the month.
const (
	Draft       State = "draft"       // the month is not over
	Provisional State = "provisional" // over, but rows are pending or windows missing
	Complete    State = "complete"    // over, all read, nothing pending
)

// A Window is a span of instants, half open, in UTC.
type Window struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// A Statement is a creator's month. In JSON amounts are cents and null is what
// is not known.
type Statement struct {
	CreatorID string       `json:"creator_id"`
	Handle    string       `json:"handle"`
	Label     string       `json:"label"`
	Month     string       `json:"month"` // yyyy-mm
	Timezone  string       `json:"timezone"`
	Period    Window       `json:"period"` // of the month, in UTC
	Currency  string       `json:"currency"`
	Basis     string       `json:"basis"`
	State     State        `json:"state"`
	Why       string       `json:"state_reason"`
	RunID     string       `json:"run_id"` // last run, empty if none is known
	AsOf      time.Time    `json:"as_of,omitzero"`
	Rows      int64        `json:"row_count"`
	Pending   *int64       `json:"pending_cents"`
	Missing   []Window     `json:"missing_windows"` // of the month, not read yet
	Summary   []Line       `json:"summary"`
	Sources   []SourceLine `json:"by_source"`
	Notes     []string     `json:"notes"`
	Notice    string       `json:"notice"`

	location *time.Location
}

// A Line is a line of the summary.
type Line struct {
	Name      string `json:"name"`
	Label     string `json:"label"`
	IsTotal   bool   `json:"is_total"`
	This      *int64 `json:"this_month_cents"`
	Previous  *int64 `json:"previous_month_cents"`
	LastYear  *int64 `json:"same_month_last_year_cents"`
	ChangeBps *int64 `json:"change_bps"` // (this - previous) / |previous| in hundredths of a percent; null without a base
}

// A SourceLine is a line by source, a subtotal or the total. Amounts are null
// on lines that are not known.
type SourceLine struct {
	Source    string `json:"source"` // empty on subtotals
	Label     string `json:"label"`
	IsTotal   bool   `json:"is_total"`
	Count     *int64 `json:"sales_count"`
	Reversals *int64 `json:"reversal_count"`
	Gross     *int64 `json:"gross_cents"`
	Reversed  *int64 `json:"reversed_gross_cents"` // zero or negative
	Fees      *int64 `json:"fees_cents"`           // negative where a fee was taken
	Net       *int64 `json:"net_cents"`

	isFanPaid bool
}

// A creator as the warehouse knows it.
type creator struct {
	id, handle, label, timezone string
	registeredAt                time.Time
}

// Earnings makes the earnings statement of a creator's month from a published
// file. The error is [load.ErrNotPublished], [ErrNoCreator] or [ErrNoMonth]
// where the caller can ask for something else.
func Earnings(ctx context.Context, path string, p Params) (Statement, error) {
	file, err := load.OpenPublished(ctx, path, load.QueryOptions{})
	if err != nil {
		return Statement{}, err
	}
	s, err := (&maker{file: file}).earnings(ctx, p)
	return s, errors.Join(err, file.Close())
}

// Creators returns the handles of all creators of a published file, or their
// uuids where they have none: each makes a statement of its own.
func Creators(ctx context.Context, path string) ([]string, error) {
	file, err := load.OpenPublished(ctx, path, load.QueryOptions{})
	if err != nil {
		return nil, err
	}
	all, err := (&maker{file: file}).creators(ctx)
	return names(all), errors.Join(err, file.Close())
}

func names(creators []creator) []string {
	all := make([]string, len(creators))
	for i, c := range creators {
		if all[i] = c.handle; c.handle == "" {
			all[i] = c.id
		}
	}
	return all
}

// unnamed is the ErrNoCreator of who named none of several, which it lists.
type unnamed string

func (u unnamed) Error() string      { return "there are several creators: name one of " + string(u) }
func (unnamed) Is(target error) bool { return target == ErrNoCreator }

// find picks the creator that name means.
func find(creators []creator, name string) (creator, error) {
	name = strings.TrimPrefix(name, "@")
	var found []creator
	for _, c := range creators {
		if name == "" || strings.EqualFold(c.handle, name) || strings.EqualFold(c.id, name) {
			found = append(found, c)
		}
	}
	list := load.Printable(strings.Join(names(creators), ", "))
	switch {
	case len(creators) == 0:
		return creator{}, fmt.Errorf("%w: the warehouse has none yet, run a sync first", ErrNoCreator)
	case len(found) == 1:
		return found[0], nil
	case name == "":
		return creator{}, unnamed(list)
	case len(found) > 1:
		return creator{}, fmt.Errorf("%w: %s is the handle of several, name one by uuid", ErrNoCreator, load.Printable(name))
	default:
		return creator{}, fmt.Errorf("%w as %s: there are %s", ErrNoCreator, load.Printable(name), list)
	}
}

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
func missing(w Window, covered []Window) []Window {
	var holes []Window
	at := w.Start
	for _, c := range covered {
		if !c.Start.Before(w.End) || !at.Before(w.End) {
			break
		}
		if c.Start.After(at) {
			holes = append(holes, Window{at, c.Start})
		}
		if c.End.After(at) {
			at = c.End
		}
	}
	if at.Before(w.End) {
		holes = append(holes, Window{at, w.End})
	}
	return holes
}

// overlaps reports whether anything of a window is covered.
func overlaps(w Window, covered []Window) bool {
	return slices.ContainsFunc(covered, func(c Window) bool { return c.Start.Before(w.End) && w.Start.Before(c.End) })
}
