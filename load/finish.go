package load

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"fanlake/load/checks"
	"fanlake/load/marts"
	"fanlake/load/runs"
)

// Finish brings everything that follows from the applied parts up to date: run
// records, frozen statements, marts, checks and comments, in one transaction. It returns what the
// checks found.
//
// A blocking check that fails undoes the transaction; the private files are
// rebuilt once, and if it fails again the error wraps [checks.ErrBlocked].
func (w *Warehouse) Finish(ctx context.Context) (results []checks.Result, err error) {
	if err := w.open(ctx); err != nil {
		return nil, err
	}
	do := func() (err error) {
		results, err = w.finish(ctx)
		return err
	}
	err = w.withRebuild(ctx, do)
	if errors.Is(err, checks.ErrBlocked) {
		if e := w.remake(ctx, err.Error()); e != nil && !isPartError(e) {
			return results, errors.Join(err, e)
		}
		err = do()
	}
	return results, err
}

func (w *Warehouse) finish(ctx context.Context) ([]checks.Result, error) {
	records, err := w.records()
	if err != nil {
		return nil, err
	}
	s := w.main
	var all, some bool
	if err := s.query(ctx, "changed", nil, func(rows *sql.Rows) error { return rows.Scan(&all, &some) }); err != nil {
		return nil, err
	}
	since := map[string]int64{} // run sequence from which on rows of a table are unchecked
	changed := map[string]bool{}
	if err := s.query(ctx, "changed_tables", nil, func(rows *sql.Rows) error {
		var table string
		var seq int64
		err := rows.Scan(&table, &seq)
		since[table], changed[table] = seq, true
		return err
	}); err != nil {
		return nil, err
	}
	if w.whole {
		since = nil
	}
	var results []checks.Result
	err = s.transact(ctx, func() error {
		if err := s.foldRuns(ctx, records); err != nil {
			return err
		}
		if err := s.cover(ctx); err != nil {
			return err
		}
		frozen, err := s.loadStatements(ctx)
		if err != nil {
			return err
		}
		w.opts.Progress("marts", 0, 0)
		if err := s.rebuildMarts(ctx, all, changed); err != nil {
			return err
		}
		w.opts.Progress("checks", 0, 0)
		if results, err = checks.Run(ctx, s.conn, since, frozen); err != nil {
			return err
		}
		if err := checks.Blocked(results); err != nil {
			return err
		}
		return s.exec(ctx, "changed_done", nil)
	})
	if err == nil {
		w.whole = false
	}
	if err == nil && some {
		s.state.Changed = true
	}
	return results, err
}

// records are the run records as JSON.
func (w *Warehouse) records() (string, error) {
	records, err := runs.Read(w.opts.Dir)
	if err != nil || len(records) == 0 {
		return "[]", err
	}
	text, err := json.Marshal(records)
	return string(text), err
}

// foldRuns makes what meta holds of run records. It is called in a transaction.
func (s *store) foldRuns(ctx context.Context, records string) error {
	if err := s.exec(ctx, "runs", nil, records); err != nil {
		return err
	}
	return s.exec(ctx, "runs_tables", nil)
}

// FinishRuns brings the run records alone up to date, behind [Warehouse.Finish]:
// how a run ends may follow from what the checks found.
func (w *Warehouse) FinishRuns(ctx context.Context) error {
	records, err := w.records()
	if err != nil {
		return err
	}
	w.main.state.Changed = true
	return w.main.transact(ctx, func() error { return w.main.foldRuns(ctx, records) })
}

// rebuildMarts brings the marts up to what changed: everything, or what reads
// the tables named and the pairs of creator and month that were touched.
func (s *store) rebuildMarts(ctx context.Context, all bool, changed map[string]bool) error {
	var touched []marts.Pair // nil is everything
	if all {
		changed = nil
	} else {
		var err error
		if touched, err = marts.Touched(ctx, s.conn); err != nil {
			return err
		}
		changed["earnings"] = len(touched) > 0
	}
	created, err := marts.Refresh(ctx, s.conn, touched, changed)
	if err != nil || !created {
		return err
	}
	return marts.Describe(ctx, s.conn)
}
