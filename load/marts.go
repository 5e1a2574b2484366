package load

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fanlake/transform/tables"
)

// A Pair is a creator and a calendar month in the creator's reporting time
// zone; Month is the first day of the month, in UTC.
type Pair struct {
	CreatorID string
	Month     time.Time
}

// A mart is a file of sql/marts. How it is kept current stands in its header:
//
//	build: view    a view
//	build: macro   a table macro, called with the names that the header lists
//	               under "parameters", such as mart.rfm(as_of)
//	build: whole   a table, computed again each time; small
//	build: month   a table with creator_id and earned_month, of which only the
//	               touched creators and months are computed again. Its SELECT
//	               reads them from temp.touched (creator_id, month) and may
//	               prune by the variables touched_from and touched_to, which
//	               bound the instants of those months generously.
//	build: day     a table with creator_id, reporting_timezone and the date that
//	               the header's "day" names, made of the history of a list. Only
//	               days from the first that a walk may have changed are computed
//	               again, from the variable changed_from on.
//
// Sources in the schema meta are for views and macros alone: what they say moves
// with every run, and no table is built again for that.
type mart struct {
	statement
	sources []string
	build   string
}

// readMarts returns the marts of sql/marts, each after its sources.
func readMarts() ([]mart, error) {
	files, err := statements("marts")
	if err != nil {
		return nil, err
	}
	return orderMarts(files)
}

// orderMarts checks the headers of marts and puts each mart behind its
// sources, otherwise by name.
func orderMarts(files []statement) ([]mart, error) {
	known := map[string]bool{"cfg.settings": true, "cfg.creators": true, "meta.slices": true, "meta.runs": true, "meta.statements": true, "load.statement_lines": true}
	for _, t := range tables.All {
		if t.Fold != tables.None && t.Fold != tables.People {
			known["fanvue."+t.Name] = true
		}
		if t.Fold == tables.List || len(t.History) > 0 {
			known["fanvue."+t.Name+"_history"] = true
		}
	}
	waiting := map[string]bool{}
	for _, f := range files {
		waiting["mart."+f.name] = true
	}
	var errs []error
	marts := make([]mart, 0, len(files))
	for _, f := range files {
		m := mart{statement: f, sources: f.list("sources"), build: f.fields["build"]}
		if f.fields["grain"] == "" || f.fields["key"] == "" {
			errs = append(errs, fmt.Errorf("mart %s: grain or key is missing in the header", f.name))
		}
		if !slices.Contains([]string{"view", "macro", "whole", "month", "day"}, m.build) {
			errs = append(errs, fmt.Errorf("mart %s: build is %q, want view, macro, whole, month or day", f.name, m.build))
		}
		if (m.build == "day") != (f.fields["day"] != "") {
			errs = append(errs, fmt.Errorf("mart %s: a table that is built by days names the column of its day, and only such a one", f.name))
		}
		if (m.build == "macro") != (f.fields["parameters"] != "") {
			errs = append(errs, fmt.Errorf("mart %s: parameters belong to a macro, and a macro has some", f.name))
		}
		for _, s := range m.sources {
			if !known[s] && !waiting[s] {
				errs = append(errs, fmt.Errorf("mart %s: unknown source %s", f.name, s))
			}
			if strings.HasPrefix(s, "meta.") && m.build != "view" && m.build != "macro" {
				errs = append(errs, fmt.Errorf("mart %s: a table is not built of %s", f.name, s))
			}
		}
		marts = append(marts, m)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return bySources(marts, waiting)
}

// bySources orders marts; waiting holds the names of all of them.
func bySources(marts []mart, waiting map[string]bool) ([]mart, error) {
	ordered := make([]mart, 0, len(marts))
	for len(ordered) < len(marts) {
		next := slices.IndexFunc(marts, func(m mart) bool {
			return waiting["mart."+m.name] && !slices.ContainsFunc(m.sources, func(s string) bool { return waiting[s] })
		})
		if next < 0 {
			var names []string
			for _, m := range marts {
				if waiting["mart."+m.name] {
					names = append(names, m.name)
				}
			}
			return nil, fmt.Errorf("marts %s: their sources form a cycle", strings.Join(names, ", "))
		}
		ordered = append(ordered, marts[next])
		delete(waiting, "mart."+marts[next].name)
	}
	return ordered, nil
}

// buildMarts brings every mart up to date with the schema fanvue. touched says
// which months of which creators changed, see [touchedPairs]; nil means all,
// empty means none. changed says which sources changed: names of tables of the
// schema fanvue, and cfg; nil means all. A mart whose sources stayed as they
// were stays too. Creators whose reporting time zone changed are computed again
// whatever touched says. It runs in the caller's transaction, and reports
// whether it made a mart that was not there.
func buildMarts(ctx context.Context, conn *sql.Conn, touched []Pair, changed map[string]bool) (created bool, err error) {
	marts, err := readMarts()
	if err != nil {
		return false, err
	}
	b := &martBuild{conn: conn, touched: touched, changed: changed, rebuilt: map[string]bool{}}
	if b.existing, err = relations(ctx, conn, "mart"); err != nil {
		return false, err
	}
	if len(b.existing) == 0 {
		if err := b.exec(ctx, "CREATE SCHEMA IF NOT EXISTS mart"); err != nil {
			return false, err
		}
	}
	for _, m := range marts {
		if b.existing[m.name] && !b.isStale(m) {
			continue
		}
		created = created || !b.existing[m.name]
		if err := b.refresh(ctx, m); err != nil {
			return false, fmt.Errorf("mart %s: %w", m.name, err)
		}
		b.rebuilt["mart."+m.name] = true
	}
	return created, nil
}

// isStale reports whether a source of the mart changed.
func (b *martBuild) isStale(m mart) bool {
	return b.changed == nil || slices.ContainsFunc(m.sources, func(source string) bool {
		schema, table, _ := strings.Cut(source, ".")
		table = strings.TrimSuffix(table, "_history")
		return b.rebuilt[source] || schema == "fanvue" && b.changed[table] || b.changed[schema]
	})
}

// relations returns the names of tables and views of a schema.
func relations(ctx context.Context, conn *sql.Conn, schema string) (map[string]bool, error) {
	names, err := texts(ctx, conn, "relations", schema)
	known := map[string]bool{}
	for _, name := range names {
		known[name] = true
	}
	return known, err
}

// texts runs a file of sql/build that returns one column of text.
func texts(ctx context.Context, conn *sql.Conn, file string, args ...any) ([]string, error) {
	query, err := buildSQL(file)
	if err != nil {
		return nil, err
	}
	rows, err := conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("build/%s: %w", file, err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, fmt.Errorf("build/%s: %w", file, err)
		}
		all = append(all, text)
	}
	return all, rows.Err()
}

// A martBuild is one refresh of all marts.
type martBuild struct {
	conn     *sql.Conn
	existing map[string]bool
	changed  map[string]bool // sources, nil for all
	rebuilt  map[string]bool // marts that were built until now, with their schema
	touched  []Pair
	scoped   bool // temp.touched is filled
	none     bool // no month is touched
	moved    []string
}

func (b *martBuild) exec(ctx context.Context, query string, args ...any) error {
	_, err := b.conn.ExecContext(ctx, query, args...)
	return err
}

// refresh makes or updates one mart.
func (b *martBuild) refresh(ctx context.Context, m mart) error {
	table := "mart." + m.name
	if create := m.create(); create != "" {
		if b.existing[m.name] {
			return nil
		}
		return b.exec(ctx, create)
	}
	if m.build == "month" && !b.scoped {
		if err := b.scope(ctx); err != nil {
			return err
		}
	}
	if !b.existing[m.name] {
		if err := b.exec(ctx, "CREATE TABLE "+table+" AS SELECT * FROM (\n"+m.body+"\n) LIMIT 0"); err != nil {
			return err
		}
	} else if m.build != "day" {
		if err := b.clear(ctx, m); err != nil {
			return err
		}
	}
	if m.build == "month" && b.none {
		return nil
	}
	if m.build == "day" {
		if none, err := b.changedFrom(ctx, m); err != nil || none {
			return err
		}
		if err := b.exec(ctx, "DELETE FROM "+table+" WHERE "+m.fields["day"]+" >= getvariable('changed_from')"); err != nil {
			return err
		}
	}
	return b.exec(ctx, "INSERT INTO "+table+"\n"+m.body)
}

// create makes a mart that has no rows of its own; empty for one that has.
func (m mart) create() string {
	switch m.build {
	case "view":
		return "CREATE VIEW mart." + m.name + " AS\n" + m.body
	case "macro":
		return "CREATE MACRO mart." + m.name + "(" + m.fields["parameters"] + ") AS TABLE\n" + m.body
	}
	return ""
}

// clear deletes what the INSERT that follows computes again.
func (b *martBuild) clear(ctx context.Context, m mart) error {
	table := "mart." + m.name
	if m.build == "whole" || b.touched == nil {
		return b.exec(ctx, "DELETE FROM "+table)
	}
	for _, creator := range b.moved {
		if err := b.exec(ctx, "DELETE FROM "+table+" WHERE creator_id = CAST(? AS UUID)", creator); err != nil {
			return err
		}
	}
	if b.none {
		return nil
	}
	return b.exec(ctx, "DELETE FROM "+table+" WHERE (creator_id, earned_month) IN (SELECT creator_id, month FROM temp.touched)")
}

// changedFrom sets the variable changed_from for a mart that is built by days,
// and reports whether no day of it can have changed. Another reporting time
// zone of any creator changes all.
func (b *martBuild) changedFrom(ctx context.Context, m mart) (none bool, err error) {
	all := b.changed == nil || !b.existing[m.name]
	if !all && b.rebuilt["mart.dim_creators"] {
		moved, err := buildSQL("moved_days")
		if err != nil {
			return false, err
		}
		if err := b.conn.QueryRowContext(ctx, strings.ReplaceAll(moved, "${mart}", "mart."+m.name)).Scan(&all); err != nil {
			return false, fmt.Errorf("build/moved_days: %w", err)
		}
	}
	histories := []string{}
	for _, s := range m.sources {
		if name, ok := strings.CutPrefix(s, "fanvue."); ok {
			histories = append(histories, strings.TrimSuffix(name, "_history"))
		}
	}
	if err := b.run(ctx, "changed_from", all, histories); err != nil {
		return false, err
	}
	return none, b.conn.QueryRowContext(ctx, "SELECT getvariable('changed_from') IS NULL").Scan(&none)
}

// scope fills temp.touched and sets the variables that bound it. It runs once,
// before the first mart that is built by month and so after mart.dim_creators.
func (b *martBuild) scope(ctx context.Context) error {
	b.scoped = true
	for _, q := range []string{
		"CREATE TEMP TABLE IF NOT EXISTS touched (creator_id UUID, month DATE)",
		"DELETE FROM temp.touched",
	} {
		if err := b.exec(ctx, q); err != nil {
			return err
		}
	}
	// Where a month mart is missing, all months of it are.
	if !b.existing["agg_creator_month"] || !b.existing["fct_earnings"] {
		b.touched = nil
	}
	if err := b.fill(ctx); err != nil {
		return fmt.Errorf("touched months: %w", err)
	}
	if err := b.run(ctx, "touched_bounds"); err != nil {
		return err
	}
	return b.conn.QueryRowContext(ctx, "SELECT count(*) = 0 FROM temp.touched").Scan(&b.none)
}

// fill puts the creators and months that are to be computed into temp.touched.
func (b *martBuild) fill(ctx context.Context) (err error) {
	if b.touched == nil {
		return b.run(ctx, "touched_all")
	}
	if len(b.touched) > 0 {
		ids, months := make([]string, len(b.touched)), make([]string, len(b.touched))
		for i, p := range b.touched {
			ids[i], months[i] = p.CreatorID, p.Month.Format(time.DateOnly)
		}
		if err := b.run(ctx, "touched_given", ids, months); err != nil {
			return err
		}
	}
	if b.moved, err = texts(ctx, b.conn, "moved_creators"); err != nil {
		return err
	}
	for _, id := range b.moved {
		if err := b.run(ctx, "touched_creator", id); err != nil {
			return err
		}
	}
	return nil
}

// run executes a file of sql/build.
func (b *martBuild) run(ctx context.Context, file string, args ...any) error {
	query, err := buildSQL(file)
	if err != nil {
		return err
	}
	if err := b.exec(ctx, query, args...); err != nil {
		return fmt.Errorf("build/%s: %w", file, err)
	}
	return nil
}

// touchedPairs returns the months that the rows of load.changed_earnings belong
// to, and those of reversals that take their orders back: a sale that comes late
// gives them their source. It is nil, for all, if a row of NULLs stands there.
// What changed are rows that were inserted, changed, removed or restored.
func touchedPairs(ctx context.Context, conn *sql.Conn) ([]Pair, error) {
	all, err := buildSQL("pairs_are_all")
	if err != nil {
		return nil, err
	}
	query, err := buildSQL("touched_pairs")
	if err != nil {
		return nil, err
	}
	var everything bool
	if err := conn.QueryRowContext(ctx, all).Scan(&everything); err != nil || everything {
		return nil, err
	}
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("touched months: %w", err)
	}
	defer rows.Close()
	pairs := []Pair{}
	for rows.Next() {
		var p Pair
		if err := rows.Scan(&p.CreatorID, &p.Month); err != nil {
			return nil, err
		}
		pairs = append(pairs, p)
	}
	return pairs, rows.Err()
}
