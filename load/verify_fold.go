package load

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"fanlake/load/checks"
	"fanlake/load/schema"
)

// VerifyFold folds the lake a second time, into files of its own that it
// removes, and compares every table of the private files with them: value for
// value, but for applied_at. It is for after [Warehouse.Finish]; what is not
// applied or finished yet differs.
func (w *Warehouse) VerifyFold(ctx context.Context) (problems []Problem, err error) {
	for _, s := range w.stores() { // one engine at a time has its memory
		if err := s.close(); err != nil {
			return nil, err
		}
	}
	left, err := Glob(w.opts.state(), "verify-*")
	for _, dir := range left { // of a process that was killed
		err = errors.Join(err, os.RemoveAll(dir))
	}
	if err != nil {
		return nil, err
	}
	opts := w.opts
	if opts.scratch, err = os.MkdirTemp(w.opts.state(), "verify-*"); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(opts.scratch)) }()
	again, err := Open(ctx, opts)
	if err != nil {
		return nil, fmt.Errorf("fold again: %w", err)
	}
	_, err = again.finish(ctx)
	if err = errors.Join(err, again.Close()); err != nil {
		if errors.Is(err, checks.ErrBlocked) {
			return []Problem{{"lake", fmt.Sprintf("folded again, %v: run fanlake rebuild", err)}}, nil
		}
		return nil, fmt.Errorf("fold again: %w", err)
	}
	if err := w.open(ctx); err != nil {
		return nil, err
	}
	for i, s := range w.stores() {
		found, err := s.compareFold(ctx, again.stores()[i].path())
		if err != nil {
			return nil, fmt.Errorf("compare %s with the lake: %w", s.name, err)
		}
		problems = append(problems, found...)
	}
	return problems, nil
}

// compareFold compares the tables of a private file with those of another fold
// over the same lake.
func (s *store) compareFold(ctx context.Context, path string) (problems []Problem, err error) {
	if _, err := s.conn.ExecContext(ctx, "ATTACH "+schema.Quote(path)+" AS folded (READ_ONLY)"); err != nil {
		return nil, err
	}
	defer func() {
		_, e := s.conn.ExecContext(context.WithoutCancel(ctx), "DETACH folded")
		err = errors.Join(err, e)
	}()
	file := filepath.Join("state", filepath.Base(s.path()))
	differs := func(format string, args ...any) {
		problems = append(problems, Problem{file, fmt.Sprintf(format, args...) + ": run fanlake rebuild"})
	}
	have, err := s.relations(ctx, s.name)
	if err != nil {
		return nil, err
	}
	want, err := s.relations(ctx, "folded")
	if err != nil {
		return nil, err
	}
	for i, name := range want {
		s.opts.Progress("compare "+s.name, int64(i), int64(len(want)))
		if !slices.Contains(have, name) {
			differs("%s is missing", name)
			continue
		}
		var ours, theirs string
		if err := upkeepRow(ctx, s.conn, "relation_digest", name, &ours); err != nil {
			return nil, err
		}
		if err := upkeepRow(ctx, s.conn, "relation_digest", "folded."+name, &theirs); err != nil {
			return nil, err
		}
		if ours == theirs {
			continue
		}
		var tooMany, missing int64
		if err := upkeepRow(ctx, s.conn, "relation_difference", struct{ A, B string }{name, "folded." + name}, &tooMany, &missing); err != nil {
			differs("%s is not what the lake gives: %v", name, err)
			continue
		}
		differs("%s has %d rows that the lake does not give, and lacks %d that it gives", name, tooMany, missing)
	}
	for _, name := range have {
		if !slices.Contains(want, name) {
			differs("%s does not follow from the lake", name)
		}
	}
	return problems, nil
}

// relations names the tables of an attached file whose content follows from
// the record.
func (s *store) relations(ctx context.Context, catalog string) (names []string, err error) {
	text, err := sqlText("upkeep", "relation_names", nil)
	if err != nil {
		return nil, err
	}
	rows, err := s.conn.QueryContext(ctx, text, catalog)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// upkeepRow scans the one row of a statement of sql/upkeep.
func upkeepRow(ctx context.Context, conn *sql.Conn, name string, data any, to ...any) error {
	text, err := sqlText("upkeep", name, data)
	if err == nil {
		err = conn.QueryRowContext(ctx, text).Scan(to...)
	}
	if err != nil {
		return fmt.Errorf("sql/upkeep/%s: %w", name, err)
	}
	return nil
}
