package load

import (
	"context"
	"database/sql"
	"time"
)

// A Pending is an instant at which earnings wait for their balance.
type Pending struct {
	At     time.Time
	ReadAt time.Time // when a complete window last read it, zero if none did
}

// Pending returns the instants of pending earnings of a creator, newest first,
// and how many rows of the creator lie at or after the oldest of them.
func (w *Warehouse) Pending(ctx context.Context, creator string) (pending []Pending, rowsSince int, err error) {
	err = w.each(ctx, "pending", func(rows *sql.Rows) error {
		var p Pending
		var read sql.NullTime
		if err := rows.Scan(&p.At, &rowsSince, &read); err != nil {
			return err
		}
		p.At, p.ReadAt = p.At.UTC(), read.Time.UTC()
		pending = append(pending, p)
		return nil
	}, creator, creator, creator)
	return pending, rowsSince, err
}

// A Suspect is an instant of a creator's earnings that needs another read.
type Suspect struct {
	Reason string // missing: a row was not served again; reversal: a reversal was unseen
	At     time.Time

	IsReversal bool // the row is one
}

// Suspects returns the instants of earnings that are in doubt, by creator,
// newest first.
func (w *Warehouse) Suspects(ctx context.Context) (map[string][]Suspect, error) {
	suspects := map[string][]Suspect{}
	err := w.each(ctx, "suspects", func(rows *sql.Rows) error {
		var creator string
		var s Suspect
		if err := rows.Scan(&creator, &s.Reason, &s.At, &s.IsReversal); err != nil {
			return err
		}
		s.At = s.At.UTC()
		suspects[creator] = append(suspects[creator], s)
		return nil
	})
	return suspects, err
}

// A DifferingDay is a UTC day whose sales are not what the platform's own
// summary says of it.
type DifferingDay struct {
	Day  time.Time
	Cuts []time.Time // instants within the day, newest first, between which about half a page of rows lies
	Read []Piece     // what was read of the day since the summary was asked for, newest first
}

// A Piece is a window that was read. In one page nothing can be doubled or
// lacking at a border.
type Piece struct {
	Interval
	OnePage bool
}

// DifferingDays returns the days of a creator that differ from the platform's
// summary and may be worth another read, newest first.
func (w *Warehouse) DifferingDays(ctx context.Context, creator string) ([]DifferingDay, error) {
	var days []DifferingDay
	var any bool
	err := w.each(ctx, "days_differ", func(rows *sql.Rows) error { return rows.Scan(&any) }, creator, creator)
	if err != nil || !any {
		return nil, err
	}
	err = w.each(ctx, "differing_days", func(rows *sql.Rows) error {
		var day time.Time
		var p Piece
		if err := rows.Scan(&day, &p.Start, &p.End, &p.OnePage); err != nil {
			return err
		}
		if n := len(days); n == 0 || !days[n-1].Day.Equal(day) {
			days = append(days, DifferingDay{Day: day.UTC()})
		}
		d := &days[len(days)-1]
		if p.Start, p.End = p.Start.UTC(), p.End.UTC(); p.Start.Equal(p.End) {
			d.Cuts = append(d.Cuts, p.Start)
		} else {
			d.Read = append(d.Read, p)
		}
		return nil
	}, creator, creator, creator, creator)
	return days, err
}

// A RowRange names rows of a creator's stream; of messages those of one chat.
// Start and End bound earnings and reversals; Start alone bounds messages and
// chats, and is the month of top spenders.
type RowRange struct {
	Stream, Creator, FanID string
	Start, End             time.Time
}

// KnownRows counts the rows of a range that the warehouse has, as far as they
// are served again: earnings, reversals, top_spenders, chats, messages,
// subscribers and followers.
func (w *Warehouse) KnownRows(ctx context.Context, r RowRange) (n int64, err error) {
	name, args := r.Stream, []any{r.Creator}
	switch r.Stream {
	case "earnings", "reversals":
		name, args = "earnings", append(args, r.Start, r.End, r.Stream == "earnings")
	case "top_spenders", "chats":
		args = append(args, r.Start)
	case "messages":
		args = append(args, r.FanID, r.Start)
	}
	err = w.each(ctx, "known_"+name, func(rows *sql.Rows) error { return rows.Scan(&n) }, args...)
	return n, err
}

// FirstEarning returns the instant of the first earning of a creator, zero if
// there is none.
func (w *Warehouse) FirstEarning(ctx context.Context, creator string) (time.Time, error) {
	var first sql.NullTime
	err := w.each(ctx, "first_earning", func(rows *sql.Rows) error {
		var n int64
		return rows.Scan(&first, &n)
	}, creator)
	if !first.Valid {
		return time.Time{}, err
	}
	return first.Time.UTC(), err
}
