package load

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fanlake/transform/tables"
)

// A PartError says why a part could not be applied. Nothing of it is applied.
type PartError struct {
	Path string
	Err  error
}

func (e *PartError) Error() string {
	return fmt.Sprintf("part %s: %v: move it out of the lake and run fanlake sync: what it covered is read again, or restore it from a backup", e.Path, e.Err)
}

func (e *PartError) Unwrap() error { return e.Err }

// isPartError reports whether parts were refused and nothing else is wrong.
func isPartError(err error) bool {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			if !isPartError(e) {
				return false
			}
		}
		return true
	}
	var p *PartError
	return errors.As(err, &p)
}

// A part is a file of the lake. The footer is read only of parts that are not
// applied yet.
type part struct {
	id     string // base name without extension
	path   string // below the account's directory
	table  tables.Table
	footer tables.Footer

	columns []string // that the file has
}

// disk lists the parts of the lake, without reading them.
func disk(dir string) ([]part, error) {
	names, err := Glob(dir, "lake/*/*/*.parquet")
	if err != nil {
		return nil, err
	}
	parts := make([]part, 0, len(names))
	for _, name := range names {
		base := filepath.Base(name)
		if strings.HasPrefix(base, ".") {
			continue // being written
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return nil, err
		}
		folder := filepath.Base(filepath.Dir(filepath.Dir(name)))
		t, ok := tables.ByName(folder)
		if !ok {
			return nil, &PartError{rel, fmt.Errorf("no table is called %s", folder)}
		}
		parts = append(parts, part{id: strings.TrimSuffix(base, ".parquet"), path: rel, table: t})
	}
	return parts, nil
}

// sortParts orders parts as they were sealed.
func sortParts(parts []part) {
	slices.SortFunc(parts, func(a, b part) int {
		return cmp.Or(cmp.Compare(a.footer.RunSeq, b.footer.RunSeq), cmp.Compare(a.footer.Number, b.footer.Number), cmp.Compare(a.id, b.id))
	})
}

// A rawFooter is what the metadata of a part says.
type rawFooter struct {
	value, columns sql.NullString
	rows           int64
}

// readFooter reads and checks the footer of a part.
func readFooter(ctx context.Context, conn *sql.Conn, opts Options, p *part) error {
	full := filepath.Join(opts.Dir, p.path)
	text, err := foldSQL("footer", nil)
	if err != nil {
		return err
	}
	var raw rawFooter
	if err := conn.QueryRowContext(ctx, text, full, tables.FooterKey, full, full).Scan(&raw.value, &raw.rows, &raw.columns); err != nil {
		if ctx.Err() != nil {
			return err
		}
		return &PartError{p.path, err}
	}
	return raw.check(opts, p)
}

// check takes a footer for that of a part, if it can be.
func (r rawFooter) check(opts Options, p *part) error {
	if !r.value.Valid {
		return &PartError{p.path, errors.New("it has no footer of fanlake")}
	}
	if err := json.Unmarshal([]byte(r.value.String), &p.footer); err != nil {
		return &PartError{p.path, fmt.Errorf("footer: %w", err)}
	}
	if err := checkFooter(opts, p, r.rows); err != nil {
		return &PartError{p.path, err}
	}
	p.columns = strings.Split(r.columns.String, "\x1f")
	return nil
}

// manyFooters is how many footers are read by one statement.
const manyFooters = 200

// rawFooters reads the footers of parts, by path, with few statements: most of
// what one costs does not depend on how many parts it names. Parts beside which
// one cannot be read are left out, to be read one by one.
func (s *store) rawFooters(ctx context.Context, parts []part) (map[string]rawFooter, error) {
	all := map[string]rawFooter{}
	for some := range slices.Chunk(parts, manyFooters) {
		if len(some) == 1 {
			continue
		}
		paths, byFile := make([]string, len(some)), map[string]string{}
		for i, p := range some {
			paths[i] = filepath.Join(s.opts.Dir, p.path)
			byFile[paths[i]] = p.path
		}
		found := map[string]rawFooter{}
		lines := 0
		err := s.query(ctx, "footers", struct{ Paths, Key string }{literal(paths), literal(tables.FooterKey)}, func(rows *sql.Rows) error {
			var file string
			var raw rawFooter
			err := rows.Scan(&file, &raw.value, &raw.rows, &raw.columns)
			found[byFile[file]] = raw
			lines++
			return err
		})
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err == nil && lines == len(some) && len(found) == lines:
			maps.Copy(all, found)
		}
	}
	return all, nil
}

// checkFooter refuses parts that are not this account's, and parts that do not
// hold what their footer says.
func checkFooter(opts Options, p *part, rows int64) error {
	f := p.footer
	switch {
	case f.Format < 1 || f.Format > tables.FormatVersion:
		return fmt.Errorf("its format version is %d, this version of fanlake reads up to %d", f.Format, tables.FormatVersion)
	case f.Account != opts.Account:
		return fmt.Errorf("it belongs to the account %q, this directory to %q", f.Account, opts.Account)
	case f.Owner != opts.Owner:
		return fmt.Errorf("it belongs to the key owner %s, this directory to %s", f.Owner, opts.Owner)
	case f.KeyFingerprint != opts.KeyFingerprint:
		return fmt.Errorf("its pseudonyms were made with the key %s, not with %s", f.KeyFingerprint, opts.KeyFingerprint)
	case f.Table != p.table.Name:
		return fmt.Errorf("it holds the table %s and stands under %s", f.Table, p.table.Name)
	case f.PartID != p.id:
		return fmt.Errorf("its footer calls it %s", f.PartID)
	case f.Rows != rows:
		return fmt.Errorf("it has %d rows, its footer says %d", rows, f.Rows)
	}
	var inSlices int64
	for _, s := range f.Slices {
		inSlices += s.Rows
		if s.ID == "" || s.LastSeq < s.FirstSeq || s.LastSeq == s.FirstSeq && s.LastPage < s.FirstPage {
			return fmt.Errorf("slice %q: its last page lies before its first", s.ID)
		}
	}
	if p.table.Fold != tables.People && p.table.Fold != tables.None && inSlices != rows {
		return fmt.Errorf("it has %d rows, its slices %d", rows, inSlices)
	}
	return nil
}

// A pending set is what a store has not applied, and what it applied and must
// give up.
type pending struct {
	fresh []part
	gone  []string // ids of applied parts that are replaced or no longer there
	errs  []error  // of parts that were refused

	applied map[string][]string // what each applied part replaces
	known   bool                // that no crash left anything half done is known
}

// pendingParts compares the lake with what is applied.
func (s *store) pendingParts(ctx context.Context) (pending, error) {
	var p pending
	if _, err := os.Stat(filepath.Join(s.opts.Dir, "lake")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return p, err
	}
	all, err := disk(s.opts.Dir)
	if err != nil {
		return p, err
	}
	if p.applied, p.known, err = s.appliedParts(ctx); err != nil {
		return p, err
	}
	here, replaced, err := s.readFresh(ctx, all, &p)
	if err != nil {
		return p, err
	}
	for id := range p.applied {
		if replaced[id] || !here[id] {
			p.gone = append(p.gone, id)
		}
	}
	if !p.known {
		half, err := s.partlyApplied(ctx, p.fresh)
		if err != nil {
			return p, err
		}
		p.gone = append(p.gone, half...)
	}
	slices.Sort(p.gone)
	if len(p.applied) > 0 && len(all) == 0 {
		return p, fmt.Errorf("%s holds no part, but %d are applied: is the disk of the lake mounted", filepath.Join(s.opts.Dir, "lake"), len(p.applied))
	}
	return p, nil
}

// appliedParts returns what is applied, and whether it was known without asking
// the file: that is done once, and again when something went wrong.
func (s *store) appliedParts(ctx context.Context) (applied map[string][]string, known bool, err error) {
	if s.applied != nil {
		return s.applied, true, nil
	}
	applied = map[string][]string{}
	err = s.query(ctx, "applied", nil, func(rows *sql.Rows) error {
		var id, replaces string
		err := rows.Scan(&id, &replaces)
		applied[id] = strings.Fields(replaces)
		return err
	})
	return applied, false, err
}

// readFresh adds the parts that are not applied, with their footers, in the order
// in which they were sealed, and those that were refused. It returns which parts
// are there, and which are there or applied though another stands for them.
func (s *store) readFresh(ctx context.Context, all []part, p *pending) (here, replaced map[string]bool, err error) {
	here, replaced = map[string]bool{}, map[string]bool{}
	var fresh []part
	for _, f := range all {
		if f.table.Fold == tables.None || s.owns(f.table) {
			here[f.id] = true
		}
		if !s.owns(f.table) {
			continue
		}
		if ids, ok := p.applied[f.id]; ok {
			mark(replaced, ids)
			continue
		}
		fresh = append(fresh, f)
	}
	footers, err := s.rawFooters(ctx, fresh)
	if err != nil {
		return nil, nil, err
	}
	for _, f := range fresh {
		raw, ok := footers[f.path]
		if ok {
			err = raw.check(s.opts, &f)
		} else {
			err = readFooter(ctx, s.conn, s.opts, &f)
		}
		switch {
		case isPartError(err):
			p.errs = append(p.errs, err)
		case err != nil:
			return nil, nil, err
		default:
			mark(replaced, f.footer.Replaces)
			p.fresh = append(p.fresh, f)
		}
	}
	p.fresh = slices.DeleteFunc(p.fresh, func(f part) bool { return replaced[f.id] })
	sortParts(p.fresh)
	return here, replaced, nil
}

// partlyApplied returns the parts of which a crash left some slices applied, but
// for fresh ones, which are applied whole anyway.
func (s *store) partlyApplied(ctx context.Context, fresh []part) (ids []string, err error) {
	err = s.query(ctx, "partly_applied", nil, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		if !slices.ContainsFunc(fresh, func(f part) bool { return f.id == id }) {
			ids = append(ids, id)
		}
		return err
	})
	return ids, err
}

func mark(set map[string]bool, ids []string) {
	for _, id := range ids {
		set[id] = true
	}
}

// owns reports whether the store holds the table.
func (s *store) owns(t tables.Table) bool {
	return slices.ContainsFunc(s.tables, func(o tables.Table) bool { return o.Name == t.Name })
}

// probe reads every row of the parts, one after the other, to name those that
// cannot be read.
func (s *store) probe(ctx context.Context, paths []string) error {
	text, err := foldSQL("probe", nil)
	if err != nil {
		return err
	}
	var errs []error
	for _, path := range paths {
		var rows, hash sql.NullString
		err := s.conn.QueryRowContext(ctx, text, filepath.Join(s.opts.Dir, path)).Scan(&rows, &hash)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			errs = append(errs, &PartError{path, err})
		}
	}
	return errors.Join(errs...)
}
