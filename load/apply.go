package load

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"fanlake/transform/tables"
)

// Applied counts what [Warehouse.Apply] did.
type Applied struct {
	Parts    int64 // parts applied
	Rows     int64 // rows of these parts, people included
	Inserted int64 // rows that are new
	Updated  int64 // rows with other content
	Removed  int64 // earnings, messages and creators that the platform no longer has
	Restored int64 // removed rows that were seen again
	Closed   int64 // subscribers and followers who left
	Refolded int64 // scopes that were folded again from all their parts
	Changed  bool  // whether any table holds other rows than before
}

func (a *Applied) add(b Applied) {
	a.Parts += b.Parts
	a.Rows += b.Rows
	a.Inserted += b.Inserted
	a.Updated += b.Updated
	a.Removed += b.Removed
	a.Restored += b.Restored
	a.Closed += b.Closed
	a.Refolded += b.Refolded
	a.Changed = a.Changed || b.Changed || b.rows()+b.Refolded > 0
}

// rows is how many rows were changed.
func (a Applied) rows() int64 { return a.Inserted + a.Updated + a.Removed + a.Restored + a.Closed }

// Apply folds every part of the lake that is not applied yet into the private
// files, and takes back what replaced or vanished parts had brought.
//
// Parts that are damaged or not this account's are left out; the error then
// consists of one [PartError] for each, and the rest is applied.
func (w *Warehouse) Apply(ctx context.Context) (Applied, error) {
	var total Applied
	if err := w.open(ctx); err != nil {
		return total, err
	}
	before := w.rebuilt
	err := w.withRebuild(ctx, func() error {
		total = Applied{}
		var refused []error
		for _, s := range w.stores() {
			a, err := s.apply(ctx)
			total.add(a)
			if err != nil && !isPartError(err) {
				return err
			}
			if err != nil {
				refused = append(refused, err)
			}
		}
		return errors.Join(refused...)
	})
	total.Changed = total.Changed || w.rebuilt != before
	return total, err
}

// apply applies what is pending. A part that turns out to be damaged is left
// out, and the rest is tried again.
func (s *store) apply(ctx context.Context) (Applied, error) {
	var total Applied
	bad := map[string]bool{}
	var refused []error
	for {
		p, err := s.pendingParts(ctx)
		if err != nil {
			return total, err
		}
		p.fresh = slices.DeleteFunc(p.fresh, func(f part) bool { return bad[f.path] })
		a, err := s.applyPending(ctx, p)
		total.add(a)
		var damaged *PartError
		if errors.As(err, &damaged) && slices.ContainsFunc(p.fresh, func(f part) bool { return f.path == damaged.Path }) {
			bad[damaged.Path] = true
			refused = append(refused, damaged)
			continue
		}
		if err == nil {
			err = errors.Join(append(refused, p.errs...)...)
		}
		return total, err
	}
}

// applyPending applies what is pending: in one transaction if it is small, else
// or if something is wrong with it table by table.
func (s *store) applyPending(ctx context.Context, p pending) (Applied, error) {
	if p.known && len(p.fresh)+len(p.gone) == 0 {
		return Applied{}, nil
	}
	s.applied = nil // until it is done
	total, err := s.applyTables(ctx, p)
	if err != nil {
		return total, err
	}
	for _, f := range p.fresh {
		p.applied[f.id] = f.footer.Replaces
	}
	for _, id := range p.gone {
		delete(p.applied, id)
	}
	s.applied = p.applied
	return total, nil
}

func (s *store) applyTables(ctx context.Context, p pending) (total Applied, err error) {
	gone, err := s.giveUp(ctx, p.gone)
	if err != nil {
		return total, err
	}
	unfinished := map[string]bool{}
	if !p.known || len(p.gone) > 0 {
		err = s.query(ctx, "unfinished_tables", nil, func(rows *sql.Rows) error {
			var name string
			err := rows.Scan(&name)
			unfinished[name] = true
			return err
		})
		if err != nil {
			return total, err
		}
	}
	st, err := s.standingOf(ctx, p.fresh, unfinished)
	if err != nil {
		return total, err
	}
	if rowsOf(p.fresh) <= maxRows {
		if total, err = s.applyGroup(ctx, p.fresh, gone, unfinished, st); err == nil || ctx.Err() != nil || isFatal(err) {
			return total, err
		}
	}
	return total, s.eachTable(p.fresh, gone, unfinished, st, func(w *tableWork) error {
		err := w.run(ctx)
		if w.applied.rows()+w.applied.Refolded > 0 {
			s.state.Changed = true
		}
		total.add(w.applied)
		return err
	})
}

func rowsOf(parts []part) (rows int64) {
	for _, f := range parts {
		rows += f.footer.Rows
	}
	return rows
}

// eachTable calls do for every table that has something to apply.
func (s *store) eachTable(parts []part, gone map[string][]scope, unfinished map[string]bool, st standing, do func(*tableWork) error) error {
	rows, done := rowsOf(parts), int64(0)
	for _, t := range s.tables {
		var fresh []part
		for _, f := range parts {
			if f.table.Name == t.Name {
				fresh = append(fresh, f)
			}
		}
		if len(fresh) == 0 && !unfinished[t.Name] {
			continue // scopes of parts that were given up are unfinished
		}
		w := &tableWork{store: s, fold: foldOf(t), fresh: fresh, gone: gone[t.Name], unfinished: unfinished[t.Name], standing: st, progress: func(n int64) {
			done += n
			s.opts.Progress("apply "+s.name, done, rows)
		}}
		if err := do(w); err != nil {
			return err
		}
	}
	return nil
}

// A group is what is applied in one transaction: small parts of many tables,
// of which the slices and parts are noted together at its end.
type group struct {
	rows    int64
	slices  []slice
	parts   []part
	changed []change
}

// A change is a table of which a batch changed rows, and the lowest run
// sequence that the batch has.
type change struct {
	Table string
	Seq   int64
}

// errLarge says that a group has to be applied table by table.
var errLarge = errors.New("too many rows for one transaction")

// applyGroup applies parts of all tables in one transaction. After an error
// nothing of them is applied.
func (s *store) applyGroup(ctx context.Context, parts []part, gone map[string][]scope, unfinished map[string]bool, st standing) (total Applied, err error) {
	err = s.transact(ctx, func() error {
		s.group = &group{}
		defer func() { s.group = nil }()
		err := s.eachTable(parts, gone, unfinished, st, func(w *tableWork) error {
			err := w.run(ctx)
			total.add(w.applied)
			return err
		})
		if err != nil {
			return err
		}
		g := s.group
		if len(g.slices) > 0 {
			if err := s.fillBatch(ctx, g.slices); err != nil {
				return err
			}
			if err := s.finishBatch(ctx, g.changed); err != nil {
				return err
			}
		}
		return s.noteParts(ctx, g.parts)
	})
	if err != nil {
		return Applied{}, err
	}
	if total.rows()+total.Refolded > 0 {
		s.state.Changed = true
	}
	return total, nil
}

// cover computes the coverage of what was applied.
func (s *store) cover(ctx context.Context) error {
	var stale int64
	if err := s.conn.QueryRowContext(ctx, "SELECT count(*) FROM load.stale_coverage").Scan(&stale); err != nil || stale == 0 {
		return err
	}
	return s.exec(ctx, "coverage", nil)
}

// giveUp forgets parts and notes the scopes they had slices in, which have to
// be folded again.
func (s *store) giveUp(ctx context.Context, gone []string) (map[string][]scope, error) {
	scopes := map[string][]scope{}
	if len(gone) == 0 {
		return scopes, nil
	}
	err := s.query(ctx, "gone_scopes", nil, func(rows *sql.Rows) error {
		var table string
		var sc scope
		err := rows.Scan(&table, &sc.Creator, &sc.Fan)
		scopes[table] = append(scopes[table], sc)
		return err
	}, gone)
	if err != nil {
		return nil, err
	}
	err = s.transact(ctx, func() error {
		for table, of := range scopes {
			if err := s.unfinished(ctx, table, of); err != nil {
				return err
			}
		}
		if err := s.set(ctx, "gone", gone); err != nil {
			return err
		}
		return s.exec(ctx, "forget_parts", nil)
	})
	return scopes, err
}

// unfinished notes scopes that a crash must not leave as they are.
func (s *store) unfinished(ctx context.Context, table string, scopes []scope) error {
	return s.exec(ctx, "unfinished_add", nil, table, scopesJSON(scopes))
}

// A scope is what is folded in one order of versions: rows of one table, of one
// creator, and for messages of one chat. Empty fields stand for NULL.
type scope struct{ Creator, Fan string }

func scopesJSON(scopes []scope) string {
	type row struct {
		Creator *string `json:"creator_id"`
		Fan     *string `json:"fan_id"`
	}
	rows := make([]row, len(scopes))
	for i, sc := range scopes {
		rows[i] = row{orNull(sc.Creator), orNull(sc.Fan)}
	}
	text, _ := json.Marshal(rows)
	return string(text)
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// A slice is one slice of one part, which is a row of temp.batch.
type slice struct {
	Path       string
	ID         string
	PartID     string
	Index      int
	Table      string
	Stream     string
	CreatorID  *string
	FanID      *string
	Parent     *string
	Start      *int64 // microseconds since 1970, as all instants
	End        *int64
	WalkStart  *int64
	WalkEnd    *int64
	IsComplete bool
	Rows       int64
	Rejected   int64
	HeadCount  *int64
	FirstSeq   int64
	FirstPage  int64
	LastSeq    int64
	LastPage   int64
	RunID      string
	Surface    string
	File       int  // of the paths of its batch
	Number     int  // in its batch
	IsOnly     bool // no other slice of its scope was ever applied
	Round      int
}

func (s slice) first() version { return version{s.FirstSeq, s.FirstPage} }
func (s slice) last() version  { return version{s.LastSeq, s.LastPage} }

// A version orders pages over all runs.
type version struct{ seq, page int64 }

func (v version) less(w version) bool {
	return v.seq < w.seq || v.seq == w.seq && v.page < w.page
}

func micros(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	us := t.UnixMicro()
	return &us
}

// slicesOf are the slices of a part. A part of people has one: its slices are
// those of the tables in which the people were met.
func (s *store) slicesOf(ctx context.Context, p part) ([]slice, error) {
	full := filepath.Join(s.opts.Dir, p.path)
	if p.table.Fold == tables.People {
		one := slice{Path: full, ID: p.id, PartID: p.id, Table: p.table.Name, Stream: "people", IsComplete: false, Rows: p.footer.Rows, RunID: p.footer.RunID, Surface: cmp.Or(p.footer.Surface, "v1")}
		err := s.query(ctx, "row_versions", nil, func(rows *sql.Rows) error {
			return rows.Scan(&one.FirstSeq, &one.FirstPage, &one.LastSeq, &one.LastPage, &one.WalkStart, &one.WalkEnd)
		}, full)
		if err != nil && ctx.Err() == nil {
			err = &PartError{p.path, err}
		}
		return []slice{one}, err
	}
	all := make([]slice, len(p.footer.Slices))
	for i, f := range p.footer.Slices {
		all[i] = slice{
			Path: full, ID: f.ID, PartID: p.id, Index: i, Table: p.table.Name, Stream: f.Stream,
			CreatorID: orNull(f.CreatorID), FanID: orNull(f.FanID), Parent: orNull(f.Parent),
			Start: micros(f.Start), End: micros(f.End), WalkStart: micros(f.WalkStart), WalkEnd: micros(f.WalkEnd),
			IsComplete: f.Complete, Rows: f.Rows, Rejected: f.Rejected, HeadCount: f.HeadCount,
			FirstSeq: f.FirstSeq, FirstPage: f.FirstPage, LastSeq: f.LastSeq, LastPage: f.LastPage, RunID: cmp.Or(f.RunID, p.footer.RunID),
			Surface: cmp.Or(f.Surface, p.footer.Surface, "v1"),
		}
		if p.table.Fold == tables.Messages && f.FanID == "" {
			return nil, &PartError{p.path, fmt.Errorf("slice %s names no chat", f.ID)}
		}
	}
	return all, nil
}
