package load

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io/fs"
	"time"

	sqlfiles "fanlake/sql"
)

// An Interval is a window of time, half open.
type Interval struct{ Start, End time.Time }

// merge joins windows that touch or overlap. They come ordered by start.
func merge(windows []Interval) []Interval {
	var merged []Interval
	for _, w := range windows {
		if n := len(merged); n > 0 && !w.Start.After(merged[n-1].End) {
			if w.End.After(merged[n-1].End) {
				merged[n-1].End = w.End
			}
			continue
		}
		merged = append(merged, w)
	}
	return merged
}

// Coverage returns the windows of a stream that complete slices cover, merged,
// oldest first. creator is a uuid, or empty for account-wide streams; surfaces
// are those whose slices count, none for all.
func (w *Warehouse) Coverage(ctx context.Context, stream, creator string, surfaces ...string) ([]Interval, error) {
	var windows []Interval
	err := w.each(ctx, "coverage", func(rows *sql.Rows) error {
		var i Interval
		if err := rows.Scan(&i.Start, &i.End); err != nil {
			return err
		}
		windows = append(windows, Interval{i.Start.UTC(), i.End.UTC()})
		return nil
	}, stream, creator, jsonList(surfaces), jsonList(surfaces))
	return merge(windows), err
}

// A Walked is when a stream was last read completely, for windows that begin
// at Start (zero for streams without windows).
type Walked struct {
	Stream string
	Start  time.Time
	At     time.Time
}

// LastWalks returns the newest complete walks of a creator's streams.
func (w *Warehouse) LastWalks(ctx context.Context, creator string) ([]Walked, error) {
	var walks []Walked
	err := w.each(ctx, "last_walks", func(rows *sql.Rows) error {
		var v Walked
		var start sql.NullTime
		if err := rows.Scan(&v.Stream, &start, &v.At); err != nil {
			return err
		}
		v.Start, v.At = start.Time.UTC(), v.At.UTC()
		walks = append(walks, v)
		return nil
	}, creator)
	return walks, err
}

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

// Suspects returns the instants of a creator's earnings that are in doubt,
// newest first.
func (w *Warehouse) Suspects(ctx context.Context, creator string) ([]Suspect, error) {
	var suspects []Suspect
	err := w.each(ctx, "suspects", func(rows *sql.Rows) error {
		var s Suspect
		if err := rows.Scan(&s.Reason, &s.At, &s.IsReversal); err != nil {
			return err
		}
		s.At = s.At.UTC()
		suspects = append(suspects, s)
		return nil
	}, creator)
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
	err := w.each(ctx, "differing_days", func(rows *sql.Rows) error {
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

// A ListState is what decides whether a complete list is read again.
type ListState struct {
	WalkedAt  time.Time // start of the newest complete walk, zero if none
	HeadCount *int64    // the account's own count, nil if unknown
	Moved     bool      // a count moved since the walk
	InDoubt   bool      // fans were missing who may still be there
}

// ListState answers for the streams subscribers and followers, by the walks on
// the named surfaces; none for all.
func (w *Warehouse) ListState(ctx context.Context, stream, creator string, surfaces ...string) (ListState, error) {
	var s ListState
	err := w.each(ctx, "list_moved", func(rows *sql.Rows) error {
		var walked sql.NullTime
		var count sql.NullInt64
		if err := rows.Scan(&walked, &count, &s.Moved); err != nil {
			return err
		}
		if walked.Valid {
			s.WalkedAt = walked.Time.UTC()
		}
		if count.Valid {
			s.HeadCount = &count.Int64
		}
		return nil
	}, stream, creator, jsonList(surfaces), jsonList(surfaces), stream, creator, creator, stream)
	if err != nil {
		return s, err
	}
	err = w.each(ctx, "list_suspects", func(rows *sql.Rows) error {
		var n int64
		err := rows.Scan(&n)
		s.InDoubt = n > 0
		return err
	}, stream, creator)
	return s, err
}

// A ChatToRead is a chat whose messages are to be read down to CoveredTo, or
// to its start if that is zero.
type ChatToRead struct {
	FanID     string
	FanUUID   string
	CoveredTo time.Time
	Reason    string
}

// ChatsToRead returns the chats of a creator that changed since their messages
// were last read, newest activity first; all of them if asked.
func (w *Warehouse) ChatsToRead(ctx context.Context, creator string, all bool) ([]ChatToRead, error) {
	return w.chats(ctx, "chats_to_read", creator, creator, all)
}

// chats runs a statement that selects chats.
func (w *Warehouse) chats(ctx context.Context, name string, args ...any) ([]ChatToRead, error) {
	var chats []ChatToRead
	var fans []string
	err := w.each(ctx, name, func(rows *sql.Rows) error {
		var c ChatToRead
		var covered sql.NullTime
		if err := rows.Scan(&c.FanID, &covered, &c.Reason); err != nil {
			return err
		}
		if covered.Valid {
			c.CoveredTo = covered.Time.UTC()
		}
		chats, fans = append(chats, c), append(fans, c.FanID)
		return nil
	}, args...)
	if err != nil {
		return nil, err
	}
	uuids, err := w.fanUUIDs(ctx, fans)
	for i := range chats {
		chats[i].FanUUID = uuids[chats[i].FanID]
	}
	return chats, err
}

// ChatsLacking returns the chats of a creator that had activity at or after an
// instant and whose messages from then up to another are not covered, newest
// activity first; covered ones too if asked.
func (w *Warehouse) ChatsLacking(ctx context.Context, creator string, from, to time.Time, covered bool) ([]ChatToRead, error) {
	return w.chats(ctx, "chats_lacking", creator, from, to, creator, from, covered)
}

// A MessageToRead is a message of which a purchase was seen.
type MessageToRead struct {
	FanID, FanUUID, MessageID string
	SentAt                    time.Time // zero if the message is not known
}

// PurchasesToRead returns the messages of a creator whose unlock shows in the
// earnings and not yet in the message.
func (w *Warehouse) PurchasesToRead(ctx context.Context, creator string) ([]MessageToRead, error) {
	var messages []MessageToRead
	var fans []string
	err := w.each(ctx, "purchases_to_read", func(rows *sql.Rows) error {
		var m MessageToRead
		var sent sql.NullTime
		if err := rows.Scan(&m.FanID, &m.MessageID, &sent); err != nil {
			return err
		}
		if sent.Valid {
			m.SentAt = sent.Time.UTC()
		}
		messages, fans = append(messages, m), append(fans, m.FanID)
		return nil
	}, creator, creator)
	if err != nil {
		return nil, err
	}
	uuids, err := w.fanUUIDs(ctx, fans)
	for i := range messages {
		messages[i].FanUUID = uuids[messages[i].FanID]
	}
	return messages, err
}

// fanUUIDs resolves pseudonyms, for the paths of chats.
func (w *Warehouse) fanUUIDs(ctx context.Context, fans []string) (map[string]string, error) {
	uuids := make(map[string]string, len(fans))
	if len(fans) == 0 {
		return uuids, nil
	}
	err := eachRow(ctx, w.people.db, "fan_uuids", func(rows *sql.Rows) error {
		var fan, uuid string
		err := rows.Scan(&fan, &uuid)
		uuids[fan] = uuid
		return err
	}, jsonList(fans))
	return uuids, err
}

// jsonList is a list of texts as a parameter of a statement.
func jsonList(list []string) string {
	if list == nil {
		list = []string{}
	}
	text, _ := json.Marshal(list) // a list of strings always has a JSON form
	return string(text)
}

// A SliceKey names what a slice read, whatever its window.
type SliceKey struct{ Stream, Creator, FanID string }

// ReadByRuns returns the windows of slices that the named runs began at or after
// since and that were read completely, by whichever run; a stream without windows
// has the zero interval. A window that reached up to its own now is open at the
// end.
func (w *Warehouse) ReadByRuns(ctx context.Context, runs []string, since time.Time) (map[SliceKey][]Interval, error) {
	read := map[SliceKey][]Interval{}
	if len(runs) == 0 {
		return read, nil
	}
	err := w.each(ctx, "slices_of_runs", func(rows *sql.Rows) error {
		var k SliceKey
		var start, end sql.NullTime
		err := rows.Scan(&k.Stream, &k.Creator, &k.FanID, &start, &end)
		read[k] = append(read[k], Interval{start.Time.UTC(), end.Time.UTC()})
		return err
	}, jsonList(runs), since)
	return read, err
}

// A Creator is a creator the key may read.
type Creator struct {
	ID, Handle, Role string
	RegisteredAt     time.Time // zero if unknown
	RemovedAt        time.Time // zero while on the list
}

// Creators returns every creator known, by handle.
func (w *Warehouse) Creators(ctx context.Context) ([]Creator, error) {
	var creators []Creator
	err := w.each(ctx, "creators", func(rows *sql.Rows) error {
		var c Creator
		var registered, removed sql.NullTime
		if err := rows.Scan(&c.ID, &c.Handle, &c.Role, &registered, &removed); err != nil {
			return err
		}
		if registered.Valid {
			c.RegisteredAt = registered.Time.UTC()
		}
		if removed.Valid {
			c.RemovedAt = removed.Time.UTC()
		}
		creators = append(creators, c)
		return nil
	})
	return creators, err
}

// LastReads returns the sequence number of the run that last read something of
// a creator's stream completely; a creator of whom nothing was read has none.
func (w *Warehouse) LastReads(ctx context.Context, stream string) (map[string]int64, error) {
	reads := map[string]int64{}
	err := w.each(ctx, "last_reads", func(rows *sql.Rows) error {
		var creator string
		var seq int64
		err := rows.Scan(&creator, &seq)
		reads[creator] = seq
		return err
	}, stream)
	return reads, err
}

// each runs a statement of sql/plan and calls scan for every row.
func (w *Warehouse) each(ctx context.Context, name string, scan func(*sql.Rows) error, args ...any) error {
	if err := w.open(ctx); err != nil {
		return err
	}
	return eachRow(ctx, w.main.db, name, scan, args...)
}

// planSQL is the text of a statement of sql/plan.
func planSQL(name string) (string, error) {
	text, err := fs.ReadFile(sqlfiles.FS, "plan/"+name+".sql")
	return string(text), err
}

func eachRow(ctx context.Context, db *sql.DB, name string, scan func(*sql.Rows) error, args ...any) error {
	text, err := planSQL(name)
	if err != nil {
		return err
	}
	rows, err := db.QueryContext(ctx, text, args...)
	if err != nil {
		return fmt.Errorf("plan/%s: %w", name, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("plan/%s: %w", name, err)
		}
	}
	return rows.Err()
}
