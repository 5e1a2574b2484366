package load

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"fanlake/load/durable"
	"fanlake/transform/tables"
)

// What a merged part holds at most. A part with half of either is large enough
// to be left alone.
const (
	mergedRows   = maxRows
	mergedSlices = 10_000 // they stand in the footer
)

// A Compaction says what [Warehouse.Compact] did, or would do.
type Compaction struct {
	Before string           `json:"before"` // month (yyyy-mm) before which parts were sealed that may be merged; empty if no run has ended
	Tables []CompactedTable `json:"tables"` // those with parts, by name

	Published bool `json:"published"` // and not what was there before
}

// A CompactedTable is what became of the parts of a table.
type CompactedTable struct {
	Table       string `json:"table"`
	Merged      int    `json:"merged"` // parts that newer ones stand for
	Into        int    `json:"into"`   // parts that stand for them
	FilesBefore int    `json:"files_before"`
	FilesAfter  int    `json:"files_after"`
	BytesBefore int64  `json:"bytes_before"`
	BytesAfter  int64  `json:"bytes_after,omitzero"` // unknown where nothing was written yet
}

// Compact merges small parts that were sealed before the month of the newest
// run into larger ones that say which they stand for, and removes those. With
// dry it only says what it would do.
//
// A merged part has the slices and rows of its parts, each with the run, page
// and time that it had, so the fold over it is the same. That is proven of each
// before it gets its name: its rows are compared value for value, place for
// place with those of its parts, whose own hashes must hold. From then on the
// fold ignores the parts it stands for; only when it stands in their place in
// the private file they are removed. At any point in between, the next run goes
// on with the same content.
//
// Rejects are no facts of the fold and stay. So do parts of which another part
// has a slice too.
func (w *Warehouse) Compact(ctx context.Context, dry bool) (c Compaction, err error) {
	if err := w.open(ctx); err != nil {
		return c, err
	}
	if !dry {
		if err := w.removeUnmerged(); err != nil {
			return c, err
		}
		if _, err := w.Apply(ctx); err != nil {
			return c, err
		}
	}
	day, err := w.day(ctx)
	if err != nil || day == "" {
		return c, err
	}
	c.Before = day[:len("2006-01")]
	err = w.withRebuild(ctx, func() error {
		c.Tables = nil
		for _, s := range w.stores() {
			done, err := s.compact(ctx, c.Before, dry)
			if err != nil {
				return err
			}
			c.Tables = append(c.Tables, done...)
		}
		return nil
	})
	slices.SortFunc(c.Tables, func(a, b CompactedTable) int { return strings.Compare(a.Table, b.Table) })
	return c, err
}

// removeUnmerged removes merged parts that never got their names.
func (w *Warehouse) removeUnmerged() error {
	left, err := Glob(w.opts.Dir, "lake/*/*/.*"+unmerged)
	for _, path := range left {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

// unmerged is how the name of a merged part ends that is being written.
const unmerged = ".merge.tmp"

// A candidate is a part that may be merged.
type candidate struct {
	part
	rows, slices int64
}

// compact merges the parts of one store.
func (s *store) compact(ctx context.Context, before string, dry bool) (all []CompactedTable, err error) {
	p, err := s.pendingParts(ctx)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(p.errs...); err != nil {
		return nil, err
	}
	parts, err := disk(s.opts.Dir)
	if err != nil {
		return nil, err
	}
	left, found, err := s.survey(ctx, parts, p.applied)
	if err != nil {
		return nil, err
	}
	if !dry {
		if err := s.removeParts(left); err != nil { // of a compaction that was cut off
			return nil, err
		}
		parts = slices.DeleteFunc(parts, func(f part) bool { return slices.ContainsFunc(left, func(l part) bool { return l.path == f.path }) })
	}
	m := &merger{store: s, numbers: numbersOf(parts, p.applied)}
	defer func() { err = errors.Join(err, m.close()) }()
	for _, t := range s.tables {
		done, small, err := s.smallParts(t, parts, found, before)
		if err != nil {
			return nil, err
		}
		if done.FilesBefore == 0 {
			continue
		}
		groups, err := s.gather(ctx, small)
		if err != nil {
			return nil, err
		}
		for i, g := range groups {
			done.Merged, done.Into, done.FilesAfter = done.Merged+len(g), done.Into+1, done.FilesAfter+1-len(g)
			if dry {
				done.BytesAfter = 0
				continue
			}
			s.opts.Progress("compact "+t.Name, int64(i), int64(len(groups)))
			grown, err := m.merge(ctx, t, g)
			if err != nil {
				return nil, err
			}
			done.BytesAfter += grown
		}
		all = append(all, done)
	}
	if s.name == "people" {
		return all, nil
	}
	return all, s.transact(ctx, func() error { return s.cover(ctx) })
}

// smallParts returns the parts of a table that may be merged, which were sealed
// before a month, and what the lake holds of the table as it is.
func (s *store) smallParts(t tables.Table, parts []part, found map[string]candidate, before string) (now CompactedTable, small []candidate, err error) {
	now.Table = t.Name
	for _, f := range parts {
		if f.table.Name != t.Name {
			continue
		}
		info, err := os.Stat(filepath.Join(s.opts.Dir, f.path))
		if err != nil {
			return now, nil, err
		}
		now.FilesBefore, now.BytesBefore = now.FilesBefore+1, now.BytesBefore+info.Size()
		if c, ok := found[f.id]; ok && month(f.path) < before && c.rows < mergedRows/2 && c.slices < mergedSlices/2 {
			c.part = f
			small = append(small, c)
		}
	}
	now.FilesAfter, now.BytesAfter = now.FilesBefore, now.BytesBefore
	return now, small, nil
}

// month is the month of sealing of a part.
func month(path string) string { return filepath.Base(filepath.Dir(path)) }

// survey finds the parts that are applied and of which no other part has a slice
// too, and those that are there though an applied part stands for them.
func (s *store) survey(ctx context.Context, parts []part, applied map[string][]string) (left []part, found map[string]candidate, err error) {
	replaced := map[string]bool{}
	for _, ids := range applied {
		mark(replaced, ids)
	}
	for _, f := range parts {
		if _, ok := applied[f.id]; !ok && replaced[f.id] && s.owns(f.table) {
			left = append(left, f)
		}
	}
	found = map[string]candidate{}
	text, err := sqlText("upkeep", "candidates", nil)
	if err != nil {
		return nil, nil, err
	}
	rows, err := s.conn.QueryContext(ctx, text)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var c candidate
		var copied bool
		if err := rows.Scan(&id, &c.rows, &c.slices, &copied); err != nil {
			return nil, nil, err
		}
		if !copied {
			found[id] = c
		}
	}
	return left, found, rows.Err()
}

// gather puts parts together that become one, in the order in which they were
// sealed. Those of different versions or surfaces of the API stay apart, as a
// footer names one.
func (s *store) gather(ctx context.Context, small []candidate) ([][]part, error) {
	if len(small) < 2 {
		return nil, nil
	}
	for i := range small {
		if err := readFooter(ctx, s.conn, s.opts, &small[i].part); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(small, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.footer.RunSeq, b.footer.RunSeq), cmp.Compare(a.footer.Number, b.footer.Number), cmp.Compare(a.id, b.id))
	})
	type kind struct {
		format           int
		version, surface string
	}
	type open struct {
		parts        []part
		rows, slices int64
	}
	var groups [][]part
	gathered := map[kind]*open{}
	flush := func(o *open) {
		if len(o.parts) > 1 {
			groups = append(groups, o.parts)
		}
	}
	for _, c := range small {
		k := kind{c.footer.Format, c.footer.APIVersion, c.footer.Surface}
		o := gathered[k]
		if o == nil {
			o = &open{}
			gathered[k] = o
		}
		n := int64(len(c.footer.Slices))
		if o.rows+c.rows > mergedRows || o.slices+n > mergedSlices {
			flush(o)
			*o = open{}
		}
		o.parts, o.rows, o.slices = append(o.parts, c.part), o.rows+c.rows, o.slices+n
	}
	for _, k := range slices.SortedFunc(maps.Keys(gathered), func(a, b kind) int {
		return cmp.Or(cmp.Compare(a.format, b.format), strings.Compare(a.version, b.version), strings.Compare(a.surface, b.surface))
	}) {
		flush(gathered[k])
	}
	return groups, nil
}

// numbersOf returns the highest number of a part of each run, also of those
// that are gone and that others stand for.
func numbersOf(parts []part, applied map[string][]string) map[string]int {
	highest := map[string]int{}
	note := func(id string) {
		if i := strings.LastIndexByte(id, '-'); i >= 0 {
			if n, err := strconv.Atoi(id[i+1:]); err == nil {
				highest[id[:i]] = max(highest[id[:i]], n)
			}
		}
	}
	for _, p := range parts {
		note(p.id)
	}
	for id, replaced := range applied {
		note(id)
		for _, r := range replaced {
			note(r)
		}
	}
	return highest
}

// removeParts removes files of parts that another part stands for.
func (s *store) removeParts(parts []part) error {
	dirs := map[string]bool{}
	for _, p := range parts {
		path := filepath.Join(s.opts.Dir, p.path)
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		dirs[filepath.Dir(path)] = true
	}
	for dir := range dirs {
		if err := durable.SyncDir(dir); err != nil {
			return err
		}
		_ = os.Remove(dir) // if it is empty
	}
	return nil
}

// swap puts a merged part in the place of its parts in the private file: what a
// rebuild would note, without folding anything.
func (s *store) swap(ctx context.Context, merged part, replaced []string) error {
	s.applied = nil // until it is asked again
	s.state.Changed = true
	return s.transact(ctx, func() error {
		if err := s.set(ctx, "gone", replaced); err != nil {
			return err
		}
		if err := s.exec(ctx, "forget_parts", nil); err != nil {
			return err
		}
		all, err := s.slicesOf(ctx, merged)
		if err != nil {
			return err
		}
		if err := s.noteSlices(ctx, all, nil); err != nil {
			return err
		}
		return s.noteParts(ctx, []part{merged})
	})
}
