package load

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
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
	Share  string // of fan insights, which of the fans were asked for; else empty
	At     time.Time
}

// LastWalks returns the newest complete walks of a creator's streams.
func (w *Warehouse) LastWalks(ctx context.Context, creator string) ([]Walked, error) {
	var walks []Walked
	err := w.each(ctx, "last_walks", func(rows *sql.Rows) error {
		var v Walked
		var start sql.NullTime
		if err := rows.Scan(&v.Stream, &start, &v.At, &v.Share); err != nil {
			return err
		}
		v.Start, v.At = start.Time.UTC(), v.At.UTC()
		walks = append(walks, v)
		return nil
	}, creator)
	return walks, err
}

// A ListState is what decides whether a complete list is read again.
type ListState struct {
	WalkedAt  time.Time // start of the newest complete walk, zero if none
	HeadCount *int64    // the account's own count, nil if unknown
	Moved     bool      // a count moved since the walk
	InDoubt   bool      // fans were missing who may still be there
}

// Lists returns the state of the streams subscribers and followers of every
// creator of whom anything of them is known, by the walks on the named surfaces;
// none for all.
func (w *Warehouse) Lists(ctx context.Context, surfaces ...string) (map[SliceKey]ListState, error) {
	lists := map[SliceKey]ListState{}
	err := w.each(ctx, "lists", func(rows *sql.Rows) error {
		var k SliceKey
		var s ListState
		var walked sql.NullTime
		var count sql.NullInt64
		if err := rows.Scan(&k.Stream, &k.Creator, &walked, &count, &s.Moved, &s.InDoubt); err != nil {
			return err
		}
		if walked.Valid {
			s.WalkedAt = walked.Time.UTC()
		}
		if count.Valid {
			s.HeadCount = &count.Int64
		}
		lists[k] = s
		return nil
	}, jsonList(surfaces), jsonList(surfaces))
	return lists, err
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

// LastReads returns, by stream and creator, the sequence number of the run that
// last read something of it completely; what was never read is not in it.
func (w *Warehouse) LastReads(ctx context.Context) (map[string]map[string]int64, error) {
	reads := map[string]map[string]int64{}
	err := w.each(ctx, "last_reads", func(rows *sql.Rows) error {
		var stream, creator string
		var seq int64
		err := rows.Scan(&stream, &creator, &seq)
		if reads[stream] == nil {
			reads[stream] = map[string]int64{}
		}
		reads[stream][creator] = seq
		return err
	})
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
	if err := eachRowOf(ctx, db, text, scan, args...); err != nil {
		return fmt.Errorf("plan/%s: %w", name, err)
	}
	return nil
}

// eachRowOf runs a query and calls scan for every row. It does so in a
// transaction, which ends in any case: a statement that is given up between its
// preparation and its execution stays open in DuckDB until its connection runs
// another one, and an open reader keeps the file from being checkpointed.
func eachRowOf(ctx context.Context, db *sql.DB, query string, scan func(*sql.Rows) error, args ...any) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	tx, err := db.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }()
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := scan(rows); err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}
