package load

import (
	"cmp"
	"context"
	"database/sql"
	"path/filepath"
	"slices"
	"sort"

	"fanlake/transform/tables"
)

// A batch is what is applied in one transaction, or, where one scope has more
// rows than that, in several.
type batch struct {
	work   *tableWork
	slices []slice
	rounds int
	rows   int64
	chunks int64
	before int64 // rows that the work had changed before
}

// run applies the batch. An error of a part that cannot be read is a
// [PartError].
func (b *batch) run(ctx context.Context) error {
	s := b.work.store
	err := b.prepare(ctx)
	if err == nil && b.chunks > 1 {
		err = b.begin(ctx)
	}
	for chunk := int64(0); err == nil && chunk < b.chunks; chunk++ {
		counts := b.work.applied
		err = s.transact(ctx, func() error {
			if err := b.chunk(ctx, chunk); err != nil || chunk < b.chunks-1 {
				return err
			}
			return b.finish(ctx)
		})
		if err != nil {
			b.work.applied = counts
		}
	}
	if err != nil && ctx.Err() == nil && !isFatal(err) && !isPartError(err) && s.group == nil {
		var paths []string
		for _, p := range b.paths() {
			rel, e := filepath.Rel(s.opts.Dir, p)
			if e != nil {
				return e
			}
			paths = append(paths, rel)
		}
		if damaged := s.probe(ctx, paths); damaged != nil {
			return damaged
		}
	}
	return err
}

func (b *batch) paths() []string {
	var paths []string
	for _, sl := range b.slices {
		paths = append(paths, sl.Path)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// prepare fills temp.batch and finds out what the parts of the batch have.
func (b *batch) prepare(ctx context.Context) error {
	s, f := b.work.store, &b.work.fold
	f.Interleaved, f.Chunked = false, false
	b.before = b.work.applied.rows()
	rounds := map[line]int{}
	last := map[line]version{}
	paths := b.paths()
	for i := range b.slices {
		sl := &b.slices[i]
		sc := b.work.scopeOf(*sl)
		sl.Number, sl.File = i, sort.SearchStrings(paths, sl.Path)
		sl.IsOnly = b.work.coming[sc] == 1 && !b.work.known[sc]
		o := b.work.lineOf(*sl)
		if rounds[o] > 0 && !last[o].less(sl.first()) {
			f.Interleaved = true
		}
		rounds[o]++
		last[o] = sl.last()
		sl.Round = rounds[o]
		b.rounds = max(b.rounds, sl.Round)
		b.rows += sl.Rows
	}
	if err := s.fillBatch(ctx, b.slices); err != nil {
		return err
	}
	if err := s.set(ctx, "paths", paths); err != nil {
		return err
	}
	if err := b.columns(ctx, paths); err != nil {
		return err
	}
	if err := b.surfaces(ctx); err != nil {
		return err
	}
	b.chunks = 1
	if f.Fold != tables.List && f.Fold != tables.Snapshots {
		b.chunks = max(1, (b.rows+maxRows-1)/maxRows)
	}
	// A key has the columns of its scope in it, so the first slice of a scope
	// meets no row of the table.
	f.First = len(f.History) == 0 && (f.Fold == tables.Upsert || f.Fold == tables.Messages) && !slices.ContainsFunc(b.slices, func(sl slice) bool { return !sl.IsOnly })
	return nil
}

// columns finds out which columns the parts of the batch have. Those of fresh
// parts were read with their footers.
func (b *batch) columns(ctx context.Context, paths []string) error {
	s, f := b.work.store, &b.work.fold
	f.Have = map[string]bool{}
	known := 0
	for _, p := range b.work.fresh {
		if _, ok := slices.BinarySearch(paths, filepath.Join(s.opts.Dir, p.path)); !ok {
			continue
		}
		known++
		for _, name := range p.columns {
			f.Have[name] = true
		}
	}
	if known == len(paths) {
		return nil
	}
	return s.query(ctx, "columns", nil, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		f.Have[name] = true
		return err
	})
}

// surfaces finds out whether the table was read on more than one surface, and
// then on which one each run has read it.
func (b *batch) surfaces(ctx context.Context) error {
	s, f := b.work.store, &b.work.fold
	if f.Mixed = false; f.Fold != tables.Earnings && f.Fold != tables.List {
		return nil
	}
	var n int64
	if err := s.conn.QueryRowContext(ctx, `SELECT count(DISTINCT surface) FROM
		(SELECT surface FROM meta.slices WHERE table_name = ? UNION ALL SELECT surface FROM temp.batch)`, f.Name).Scan(&n); err != nil || n < 2 {
		return err
	}
	f.Mixed = true
	return s.exec(ctx, "read_on", f)
}

// begin makes ready for more than one transaction: every part is read once, so
// that none turns out damaged half-way, and the scopes are marked.
func (b *batch) begin(ctx context.Context) error {
	s, f := b.work.store, &b.work.fold
	f.Chunked = true
	if err := s.set(ctx, "chunks", b.chunks); err != nil {
		return err
	}
	var paths []string
	for _, p := range b.paths() {
		rel, err := filepath.Rel(s.opts.Dir, p)
		if err != nil {
			return err
		}
		paths = append(paths, rel)
	}
	if err := s.probe(ctx, paths); err != nil {
		return err
	}
	if f.Time != "" {
		if err := s.exec(ctx, "bounds", f); err != nil {
			return err
		}
	}
	b.work.multiple = true
	marked := map[scope]bool{}
	var scopes []scope
	for _, sl := range b.slices {
		if sc := b.work.scopeOf(sl); !marked[sc] {
			marked[sc] = true
			scopes = append(scopes, sc)
		}
	}
	return s.transact(ctx, func() error { return s.unfinished(ctx, f.Name, scopes) })
}

// chunk applies the rows of one chunk.
func (b *batch) chunk(ctx context.Context, n int64) error {
	s, f := b.work.store, b.work.fold
	if f.Chunked {
		if err := s.set(ctx, "chunk", n); err != nil {
			return err
		}
		if f.Time != "" {
			if err := s.exec(ctx, "chunk", f); err != nil {
				return err
			}
		}
	}
	var err error
	if f.First {
		err = b.insert(ctx, f)
	} else {
		err = b.replace(ctx, f, n)
	}
	b.work.progress(b.rows / b.chunks)
	return err
}

// insert puts rows into the table that meet none of theirs there. Those whose
// key comes more than once go the long way.
func (b *batch) insert(ctx context.Context, f fold) error {
	s := b.work.store
	if err := s.exec(ctx, "repeated", f); err != nil {
		return err
	}
	var repeated int64
	if err := s.conn.QueryRowContext(ctx, "SELECT count(*) FROM temp.repeated").Scan(&repeated); err != nil {
		return err
	}
	if f.Fold == tables.Messages {
		if err := b.noteMessages(ctx, f); err != nil {
			return err
		}
	}
	inserted, err := s.execCount(ctx, "delta", f)
	b.work.applied.Inserted += inserted
	if err != nil || repeated == 0 {
		return err
	}
	f.First, f.Repeated = false, true
	for _, name := range []string{"delta", "change", "upsert"} {
		if err := s.exec(ctx, name, f); err != nil {
			return err
		}
	}
	return b.count(ctx, "change_counts", &b.work.applied.Inserted, &b.work.applied.Updated)
}

// noteMessages notes the messages of chats that were never read as changed.
func (b *batch) noteMessages(ctx context.Context, f fold) error {
	var all bool
	if err := b.work.store.query(ctx, "all_messages", nil, func(rows *sql.Rows) error { return rows.Scan(&all) }); err != nil || all {
		return err
	}
	return b.work.store.exec(ctx, "first_messages", f)
}

// replace applies the rows of one chunk to those that are there.
func (b *batch) replace(ctx context.Context, f fold, chunk int64) error {
	s := b.work.store
	if err := s.exec(ctx, "delta", f); err != nil {
		return err
	}
	switch f.Fold {
	case tables.List:
		return nil
	case tables.Snapshots:
		if err := s.exec(ctx, "snapshots", f); err != nil {
			return err
		}
		return b.count(ctx, "snapshot_counts", &b.work.applied.Inserted, &b.work.applied.Updated)
	}
	return b.upsert(ctx, chunk)
}

func (b *batch) upsert(ctx context.Context, chunk int64) error {
	s, f := b.work.store, b.work.fold
	steps := []string{"change", "upsert"}
	if f.Fold == tables.Earnings {
		steps = []string{"earning_status", "change", "earning_changes", "upsert"}
		if slices.ContainsFunc(b.slices, func(sl slice) bool { return sl.Stream == "reversals" }) {
			steps = slices.Insert(steps, 2, "unseen_reversals")
		}
	}
	if f.Fold == tables.Messages {
		steps = []string{"change", "message_changes", "upsert"}
	}
	if len(f.History) > 0 {
		steps = append(steps, "history")
	}
	if f.Seen != nil {
		if chunk == 0 {
			steps = append(steps, "seen_empty")
		}
		steps = append(steps, "seen")
	}
	for _, name := range steps {
		if err := s.exec(ctx, name, f); err != nil {
			return err
		}
	}
	return b.count(ctx, "change_counts", &b.work.applied.Inserted, &b.work.applied.Updated)
}

// finish closes the slices one after the other and notes what is applied.
func (b *batch) finish(ctx context.Context) error {
	s, f := b.work.store, b.work.fold
	if f.Mixed && f.Fold == tables.Earnings {
		if err := s.exec(ctx, "twins", f); err != nil {
			return err
		}
	}
	for round := 1; f.rounds != "" && !f.First && round <= b.rounds; round++ {
		if err := s.set(ctx, "round", int64(round)); err != nil {
			return err
		}
		if err := s.exec(ctx, f.rounds, f); err != nil {
			return err
		}
		a := &b.work.applied
		var err error
		if f.Fold == tables.List {
			err = b.count(ctx, "list_counts", &a.Inserted, &a.Updated, &a.Closed)
		} else {
			err = b.count(ctx, "round_counts", &a.Removed, &a.Restored)
		}
		if err != nil {
			return err
		}
	}
	var changed []change
	if b.work.applied.rows() > b.before {
		changed = []change{{f.Name, slices.MinFunc(b.slices, func(x, y slice) int { return cmp.Compare(x.FirstSeq, y.FirstSeq) }).FirstSeq}}
	}
	if s.group != nil {
		if err := s.noteSlices(ctx, b.slices, changed); err != nil {
			return err
		}
	} else if err := s.finishBatch(ctx, changed); err != nil {
		return err
	}
	done := map[string]int{}
	for _, sl := range b.slices {
		done[sl.PartID]++
	}
	var parts []part
	for _, p := range b.work.fresh {
		if n := done[p.id]; n > 0 && n == b.work.left[p.id] {
			parts = append(parts, p)
		}
	}
	for id, n := range done {
		b.work.left[id] -= n
	}
	if len(parts) == 0 {
		return nil
	}
	return b.work.finishParts(ctx, parts)
}

// count adds a row of counts to what was applied.
func (b *batch) count(ctx context.Context, name string, to ...*int64) error {
	return b.work.store.query(ctx, name, nil, func(rows *sql.Rows) error {
		got := make([]any, len(to))
		for i := range got {
			got[i] = new(int64)
		}
		err := rows.Scan(got...)
		for i := range got {
			*to[i] += *got[i].(*int64)
		}
		return err
	})
}
