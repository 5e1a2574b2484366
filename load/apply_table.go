package load

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"fanlake/transform/tables"
)

// What bounds one transaction: its rows, and its rounds, since the temporary
// tables of a round stay in memory until it ends.
const (
	maxRows   = 250_000
	maxRounds = 64
)

// A tableWork applies the fresh parts of one table.
type tableWork struct {
	store      *store
	fold       fold
	fresh      []part
	gone       []scope // scopes of parts that were given up
	unfinished bool    // scopes may be marked unfinished
	standing   standing
	progress   func(rows int64)

	applied  Applied
	copies   []slice        // slices of fresh parts that another part has too
	left     map[string]int // slices of each fresh part that are not applied yet
	known    map[scope]bool // scopes that slices were applied to before
	coming   map[scope]int  // slices that are applied now
	multiple bool           // whether a scope is marked unfinished
}

// A standing is what is applied before anything of a pass is. A table is applied
// from its own slices alone, so it holds until the table's turn.
type standing struct {
	slices map[tableSlice]bool     // those of fresh parts that are applied
	newest map[string][]scopeState // by table
}

type tableSlice struct{ table, slice string }

// A scopeState is the newest applied page of a scope.
type scopeState struct {
	creator, fan sql.NullString
	last         version
}

// standingOf asks for all tables at once: most of what a question costs is not
// its answer.
func (s *store) standingOf(ctx context.Context, fresh []part, unfinished map[string]bool) (standing, error) {
	st := standing{slices: map[tableSlice]bool{}, newest: map[string][]scopeState{}}
	names := slices.Collect(maps.Keys(unfinished))
	var ids []string
	for _, p := range fresh {
		if !slices.Contains(names, p.table.Name) {
			names = append(names, p.table.Name)
		}
		if p.table.Fold == tables.People { // whose one slice is the part, see slicesOf
			ids = append(ids, p.id)
			continue
		}
		for _, sl := range p.footer.Slices {
			ids = append(ids, sl.ID)
		}
	}
	if len(ids) > 0 {
		err := s.query(ctx, "applied_slices", nil, func(rows *sql.Rows) error {
			var ts tableSlice
			err := rows.Scan(&ts.table, &ts.slice)
			st.slices[ts] = true
			return err
		}, ids)
		if err != nil {
			return st, err
		}
	}
	if len(names) == 0 {
		return st, nil
	}
	return st, s.query(ctx, "scopes", nil, func(rows *sql.Rows) error {
		var table string
		var v scopeState
		err := rows.Scan(&table, &v.creator, &v.fan, &v.last.seq, &v.last.page)
		st.newest[table] = append(st.newest[table], v)
		return err
	}, names)
}

func (w *tableWork) run(ctx context.Context) error {
	incoming, err := w.incoming(ctx)
	if err != nil {
		return err
	}
	incoming, err = w.refold(ctx, incoming)
	if err != nil {
		return err
	}
	w.left, w.coming = map[string]int{}, map[scope]int{}
	for _, sl := range incoming {
		w.left[sl.PartID]++
		w.coming[w.scopeOf(sl)]++
	}
	var rest []part // parts without slices to apply
	for _, p := range w.fresh {
		if w.left[p.id] == 0 {
			rest = append(rest, p)
		}
	}
	all := batches(incoming, w.scopeOf, w.lineOf)
	if g := w.store.group; g != nil {
		for _, sl := range incoming {
			g.rows += sl.Rows
		}
		if len(all) > 1 || g.rows > maxRows {
			return errLarge
		}
	}
	for _, items := range all {
		b := &batch{work: w, slices: items}
		if err := b.run(ctx); err != nil {
			return fmt.Errorf("table %s: %w", w.fold.Name, err)
		}
	}
	if err := w.finishRest(ctx, rest); err != nil || !w.multiple {
		return err
	}
	return w.store.transact(ctx, func() error { return w.store.exec(ctx, "unfinished_done", nil, w.fold.Name) })
}

// finishRest notes parts that brought nothing to apply, and the copies of
// slices. It comes last: a copy that is noted stands for its original.
func (w *tableWork) finishRest(ctx context.Context, rest []part) error {
	if len(rest)+len(w.copies) == 0 {
		return nil
	}
	return w.store.transact(ctx, func() error {
		if err := w.store.noteSlices(ctx, w.copies, nil); err != nil {
			return err
		}
		return w.finishParts(ctx, rest)
	})
}

// incoming are the slices of fresh parts that are not applied. A slice that was
// sealed twice, in parts that do not replace each other, counts once: its
// second copy would confirm what the first put in doubt.
func (w *tableWork) incoming(ctx context.Context) ([]slice, error) {
	var all []slice
	for _, p := range w.fresh {
		of, err := w.store.slicesOf(ctx, p)
		if err != nil {
			return nil, err
		}
		all = append(all, of...)
	}
	met := map[string]bool{}
	return slices.DeleteFunc(all, func(sl slice) bool {
		again := met[sl.ID] || w.standing.slices[tableSlice{w.fold.Name, sl.ID}]
		if again {
			w.copies = append(w.copies, sl)
		}
		met[sl.ID] = true
		return again
	}), nil
}

func (w *tableWork) scopeOf(sl slice) scope {
	var sc scope
	for _, c := range w.fold.Scope {
		if c == "creator_id" && sl.CreatorID != nil {
			sc.Creator = *sl.CreatorID
		}
		if c == "fan_id" && sl.FanID != nil {
			sc.Fan = *sl.FanID
		}
	}
	return sc
}

// A line is what is judged slice after slice, each in a round: a scope, or what
// belongs to one post, list, link or folder in it.
type line struct {
	scope
	parent string
}

func (w *tableWork) lineOf(sl slice) line {
	l := line{scope: w.scopeOf(sl)}
	if w.fold.Parent != "" && sl.Parent != nil {
		l.parent = *sl.Parent
	}
	return l
}

// refold finds the scopes that have to be folded again from all their slices:
// those with slices that come out of order, those of parts that were given up,
// and those that a crash left unfinished. It empties them and returns all that
// is to be applied.
func (w *tableWork) refold(ctx context.Context, incoming []slice) ([]slice, error) {
	again, applied, err := w.late(ctx, incoming)
	if err != nil || len(again) == 0 {
		return incoming, err
	}
	scopes := make([]scope, 0, len(again))
	for sc := range again {
		scopes = append(scopes, sc)
	}
	slices.SortFunc(scopes, func(a, b scope) int {
		return cmp.Or(strings.Compare(a.Creator, b.Creator), strings.Compare(a.Fan, b.Fan))
	})
	w.multiple = true
	err = w.store.transact(ctx, func() error {
		if err := w.store.exec(ctx, "refold_scopes", nil, scopesJSON(scopes)); err != nil {
			return err
		}
		if err := w.store.unfinished(ctx, w.fold.Name, scopes); err != nil {
			return err
		}
		return w.store.exec(ctx, "refold", w.fold)
	})
	if err != nil {
		return nil, err
	}
	if applied {
		w.applied.Refolded += int64(len(scopes))
	}
	there := map[string]bool{}
	for _, sl := range incoming {
		there[sl.ID] = true
	}
	paths := map[string]string{}
	for _, p := range w.fresh {
		paths[p.id] = p.path
	}
	err = w.store.query(ctx, "table_slices", w.fold, func(rows *sql.Rows) error {
		sl := slice{Table: w.fold.Name}
		err := rows.Scan(&sl.ID, &sl.PartID, &sl.Index, &sl.Stream, &sl.CreatorID, &sl.FanID, &sl.Parent,
			&sl.Start, &sl.End, &sl.WalkStart, &sl.WalkEnd,
			&sl.IsComplete, &sl.Rows, &sl.Rejected, &sl.HeadCount,
			&sl.FirstSeq, &sl.FirstPage, &sl.LastSeq, &sl.LastPage, &sl.RunID, &sl.Surface, &sl.Path)
		if sl.Path == "" {
			sl.Path = paths[sl.PartID]
		}
		sl.Path = filepath.Join(w.store.opts.Dir, sl.Path)
		if !there[sl.ID] {
			there[sl.ID] = true
			incoming = append(incoming, sl)
		}
		return err
	}, w.fold.Name)
	return incoming, err
}

// late returns the scopes to fold again, and whether slices were applied to the
// table before. A table with account-wide slices is one scope.
func (w *tableWork) late(ctx context.Context, incoming []slice) (map[scope]bool, bool, error) {
	newest := map[scope]version{}
	w.known = map[scope]bool{}
	wide := slices.ContainsFunc(incoming, func(sl slice) bool { return sl.CreatorID == nil })
	rows := w.standing.newest[w.fold.Name]
	applied := len(rows) > 0
	for _, r := range rows {
		wide = wide || !r.creator.Valid
	}
	narrow := w.fold.Scope != nil
	if wide {
		w.fold = w.fold.whole()
	}
	for _, r := range rows {
		sl := slice{CreatorID: orNull(r.creator.String), FanID: orNull(r.fan.String)}
		sc := w.scopeOf(sl)
		w.known[sc] = true
		if newest[sc].less(r.last) {
			newest[sc] = r.last
		}
	}
	again := map[scope]bool{}
	for _, sc := range w.gone {
		again[w.scopeOf(slice{CreatorID: orNull(sc.Creator), FanID: orNull(sc.Fan)})] = true
	}
	var err error
	if w.unfinished {
		err = w.store.query(ctx, "unfinished", nil, func(r *sql.Rows) error {
			var sc scope
			err := r.Scan(&sc.Creator, &sc.Fan)
			if sc.Creator == "" && narrow {
				w.fold = w.fold.whole()
			}
			again[w.scopeOf(slice{CreatorID: orNull(sc.Creator), FanID: orNull(sc.Fan)})] = true
			return err
		}, w.fold.Name)
	}
	if w.fold.Scope == nil && len(again) > 0 {
		again = map[scope]bool{{}: true}
	}
	for _, sl := range incoming {
		sc := w.scopeOf(sl)
		if last, ok := newest[sc]; ok && !last.less(sl.first()) {
			again[sc] = true
		}
	}
	return again, applied, err
}

// batches puts slices together that are applied together, in the order of
// their last pages. Slices of one scope that were read beside each other stay
// together: their rows alternate.
func batches(all []slice, scopeOf func(slice) scope, lineOf func(slice) line) [][]slice {
	slices.SortFunc(all, func(a, b slice) int {
		return cmp.Or(cmp.Compare(a.LastSeq, b.LastSeq), cmp.Compare(a.LastPage, b.LastPage), strings.Compare(a.ID, b.ID))
	})
	clusters := map[scope][][]slice{}
	for _, sl := range all {
		sc := scopeOf(sl)
		of := clusters[sc]
		joined := []slice{sl}
		first := sl.first()
		for len(of) > 0 {
			top := of[len(of)-1]
			if top[len(top)-1].last().less(first) {
				break
			}
			for _, o := range top {
				if o.first().less(first) {
					first = o.first()
				}
			}
			joined, of = append(slices.Clone(top), joined...), of[:len(of)-1]
		}
		clusters[sc] = append(of, joined)
	}
	var ordered [][]slice
	for _, of := range clusters {
		ordered = append(ordered, of...)
	}
	slices.SortFunc(ordered, func(a, b []slice) int {
		x, y := a[len(a)-1], b[len(b)-1]
		return cmp.Or(cmp.Compare(x.LastSeq, y.LastSeq), cmp.Compare(x.LastPage, y.LastPage), strings.Compare(x.ID, y.ID))
	})
	var out [][]slice
	var rows int64
	rounds := map[line]int{}
	for _, cluster := range ordered {
		var n int64
		full := false
		for _, sl := range cluster {
			n += sl.Rows
			full = full || rounds[lineOf(sl)] >= maxRounds
		}
		if len(out) == 0 || rows+n > maxRows || full {
			out, rows = append(out, nil), 0
			clear(rounds)
		}
		out[len(out)-1], rows = append(out[len(out)-1], cluster...), rows+n
		for _, sl := range cluster {
			rounds[lineOf(sl)]++
		}
	}
	return out
}
