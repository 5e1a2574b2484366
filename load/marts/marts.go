// Package marts builds the schema mart of a warehouse, which analysts read, from
// the schema fanvue: one mart for each file of sql/marts.
//
//	Touched   the creators and months that a delta of earnings changed
//	Refresh   brings every mart up to what changed (marts.go, extent.go)
//	Describe  writes what marts and columns mean into their comments (dictionary.go)
//
// All run in the caller's transaction. A mart after any order of refreshes has
// the rows that one computed whole would have.
package marts

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	sqlfiles "fanlake/sql"
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
//	build: month   a table of which only the creators and months that a delta
//	               touches are computed again
//	build: messages
//	               a table of temp.touched_messages, of which only what changed
//	               messages touch is computed again
//	build: day     a table with creator_id, reporting_timezone and the date that
//	               the header's "day" names, made of the history of a list. Only
//	               days from the first that a walk may have changed are computed
//	               again, from the variable changed_from on. With "groups: creators"
//	               it takes the creators between the variables first_creator and
//	               last_creator alone, see [refresh.insertGroups].
//
// What a delta touches is a [extent]; "touched" in the header of a mart built by
// month or of messages names it, unless it is that of earnings.
//
// Sources in the schema meta are for views and macros alone: what they say moves
// with every run, and no table is built again for that.
type mart struct {
	sqlfiles.File
	sources []string
	build   string
	extent  extent // of a mart that is built by month or of messages
}

// read returns the marts of sql/marts, each after its sources.
func read() ([]mart, error) {
	files, err := sqlfiles.Folder("marts")
	if err != nil {
		return nil, err
	}
	return order(files)
}

// order checks the headers of marts and puts each mart behind its
// sources, otherwise by name.
func order(files []sqlfiles.File) ([]mart, error) {
	known := map[string]bool{"load.statement_lines": true}
	for _, name := range []string{"runs", "coverage", "slices", "statements"} {
		known["meta."+name] = true
	}
	for _, name := range []string{"settings", "creators", "commission_terms", "fx_rates"} {
		known["cfg."+name] = true
	}
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
		waiting["mart."+f.Name] = true
	}
	var errs []error
	marts := make([]mart, 0, len(files))
	for _, f := range files {
		var err error
		m := mart{File: f, sources: f.List("sources"), build: f.Fields["build"]}
		if f.Fields["grain"] == "" || f.Fields["key"] == "" {
			errs = append(errs, fmt.Errorf("mart %s: grain or key is missing in the header", f.Name))
		}
		if !slices.Contains([]string{"view", "macro", "whole", "month", "messages", "day"}, m.build) {
			errs = append(errs, fmt.Errorf("mart %s: build is %q, want view, macro, whole, month, messages or day", f.Name, m.build))
		}
		if (m.build == "day") != (f.Fields["day"] != "") {
			errs = append(errs, fmt.Errorf("mart %s: a table that is built by days names the column of its day, and only such a one", f.Name))
		}
		if m.extent, err = m.extentOf(); err != nil {
			errs = append(errs, fmt.Errorf("mart %s: %w", f.Name, err))
		}
		if (m.build == "macro") != (f.Fields["parameters"] != "") {
			errs = append(errs, fmt.Errorf("mart %s: parameters belong to a macro, and a macro has some", f.Name))
		}
		for _, s := range m.sources {
			if !known[s] && !waiting[s] {
				errs = append(errs, fmt.Errorf("mart %s: unknown source %s", f.Name, s))
			}
			if strings.HasPrefix(s, "meta.") && m.build != "view" && m.build != "macro" {
				errs = append(errs, fmt.Errorf("mart %s: a table is not built of %s", f.Name, s))
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
			return waiting["mart."+m.Name] && !slices.ContainsFunc(m.sources, func(s string) bool { return waiting[s] })
		})
		if next < 0 {
			var names []string
			for _, m := range marts {
				if waiting["mart."+m.Name] {
					names = append(names, m.Name)
				}
			}
			return nil, fmt.Errorf("marts %s: their sources form a cycle", strings.Join(names, ", "))
		}
		ordered = append(ordered, marts[next])
		delete(waiting, "mart."+marts[next].Name)
	}
	return ordered, nil
}

// Refresh brings every mart up to date with the schema fanvue. touched says
// which months of which creators changed, see [Touched]; nil means all,
// empty means none. changed says which sources changed: names of tables of the
// schema fanvue, and cfg; nil means all. A mart whose sources stayed as they
// were stays too. Creators whose reporting time zone changed are computed again
// whatever touched says. It runs in the caller's transaction, and reports
// whether it made a mart that was not there.
func Refresh(ctx context.Context, conn *sql.Conn, touched []Pair, changed map[string]bool) (created bool, err error) {
	marts, err := read()
	if err != nil {
		return false, err
	}
	b := &refresh{conn: conn, touched: touched, whole: touched == nil, wholeMessages: touched == nil, changed: changed, rebuilt: map[string]bool{}}
	if b.existing, err = relations(ctx, conn, "mart"); err != nil {
		return false, err
	}
	if i := slices.IndexFunc(marts, func(m mart) bool { return m.Name == "fct_messages" }); i >= 0 {
		b.messages = marts[i].Body
	}
	there := len(b.existing) > 0 // marts are made in one transaction, by one version of their files
	for _, m := range marts {
		b.existing[m.Name] = b.existing[m.Name] || there && m.build == "macro"
		if !b.existing[m.Name] && m.extent.table != "" {
			b.whole = b.whole || m.extent == touchedEarnings
			b.wholeMessages = b.wholeMessages || m.extent != touchedEarnings
		}
	}
	if !there {
		if err := b.exec(ctx, "CREATE SCHEMA IF NOT EXISTS mart"); err != nil {
			return false, err
		}
	}
	// Tables that this transaction fills count as empty for the optimizer, and it
	// joins what it takes for a few rows as of an instant by nested loops.
	if err := b.exec(ctx, "SET asof_loop_join_threshold = 0"); err != nil {
		return false, err
	}
	for _, m := range marts {
		if b.existing[m.Name] && !b.isStale(m) {
			continue
		}
		created = created || !b.existing[m.Name]
		if b.rebuilt["mart."+m.Name] {
			continue
		}
		if m.build == "messages" {
			together := b.ofMessages(marts)
			if err := b.refreshMessages(ctx, together); err != nil {
				return false, err
			}
			for _, t := range together {
				b.rebuilt["mart."+t.Name] = true
			}
			continue
		}
		if err := b.refresh(ctx, m); err != nil {
			return false, fmt.Errorf("mart %s: %w", m.Name, err)
		}
		b.rebuilt["mart."+m.Name] = true
	}
	return created, nil
}

// ofMessages are the marts that are built of messages, if they are missing or
// stale: as their sources are the same ones, all are as soon as one is.
func (b *refresh) ofMessages(marts []mart) (of []mart) {
	for _, m := range marts {
		if m.build == "messages" && (!b.existing[m.Name] || b.isStale(m)) {
			of = append(of, m)
		}
	}
	return of
}

// isStale reports whether a source of the mart changed.
func (b *refresh) isStale(m mart) bool {
	return b.changed == nil || slices.ContainsFunc(m.sources, func(source string) bool {
		schema, table, _ := strings.Cut(source, ".")
		table = strings.TrimSuffix(table, "_history")
		return b.rebuilt[source] || schema == "fanvue" && b.changed[table] || b.changed[schema]
	})
}

// relations returns the names of tables and views of a schema; macros are left
// out.
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
	query, err := sqlfiles.Text("build/" + file)
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

// A refresh brings all marts up to date once.
type refresh struct {
	conn     *sql.Conn
	existing map[string]bool
	changed  map[string]bool // sources, nil for all
	rebuilt  map[string]bool // marts that were built until now, with their schema
	touched  []Pair          // of earnings

	messages string // SELECT of mart.fct_messages

	whole         bool // every month of earnings is touched
	wholeMessages bool // every message is
	moved         []string
	filled        map[string]bool // extents that are filled, and whether something is in them
}

func (b *refresh) exec(ctx context.Context, query string, args ...any) error {
	_, err := b.conn.ExecContext(ctx, query, args...)
	return err
}

// refresh makes or updates one mart.
func (b *refresh) refresh(ctx context.Context, m mart) error {
	table := "mart." + m.Name
	if create := m.create(); create != "" {
		if b.existing[m.Name] {
			return nil
		}
		return b.exec(ctx, create)
	}
	any, err := b.touches(ctx, m.extent)
	if err != nil {
		return err
	}
	if err := b.prepare(ctx, m); err != nil {
		return err
	}
	if m.extent.table != "" && !any {
		return nil
	}
	if m.build == "day" {
		if none, err := b.changedFrom(ctx, m); err != nil || none {
			return err
		}
		if err := b.exec(ctx, "DELETE FROM "+table+" WHERE "+m.Fields["day"]+" >= getvariable('changed_from')"); err != nil {
			return err
		}
	}
	if m.Fields["groups"] == "creators" {
		return b.insertGroups(ctx, m)
	}
	return b.exec(ctx, "INSERT INTO "+table+"\n"+m.Body)
}

// insertGroups computes the days of a mart from changed_from on: of all creators
// at once or, where these are all days, of one group of them after the other, so
// that what it takes at a time does not grow with the history.
func (b *refresh) insertGroups(ctx context.Context, m mart) error {
	query, err := sqlfiles.Text("build/history_groups")
	if err != nil {
		return err
	}
	rows, err := b.conn.QueryContext(ctx, query)
	if err != nil {
		return fmt.Errorf("build/history_groups: %w", err)
	}
	defer rows.Close()
	var groups []string // what sets their variables
	for rows.Next() {
		var first, last string
		if err := rows.Scan(&first, &last); err != nil {
			return err
		}
		groups = append(groups, fmt.Sprintf("SET VARIABLE first_creator = CAST('%s' AS UUID); SET VARIABLE last_creator = CAST('%s' AS UUID)", first, last))
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, set := range groups {
		if err := b.exec(ctx, set); err != nil {
			return err
		}
		if err := b.exec(ctx, "INSERT INTO mart."+m.Name+"\n"+m.Body); err != nil {
			return err
		}
	}
	return nil
}

// prepare makes the table of a mart, or deletes from it what the INSERT that
// follows computes again.
func (b *refresh) prepare(ctx context.Context, m mart) error {
	switch {
	case !b.existing[m.Name]:
		return b.exec(ctx, "CREATE TABLE mart."+m.Name+" AS SELECT * FROM (\n"+m.Body+"\n) LIMIT 0")
	case m.build == "day":
		return nil
	}
	return b.clear(ctx, m)
}

// create makes a mart that has no rows of its own; empty for one that has.
func (m mart) create() string {
	switch m.build {
	case "view":
		return "CREATE VIEW mart." + m.Name + " AS\n" + m.Body
	case "macro":
		return "CREATE MACRO mart." + m.Name + "(" + m.Fields["parameters"] + ") AS TABLE\n" + m.Body
	}
	return ""
}

// changedFrom sets the variable changed_from for a mart that is built by days,
// and reports whether no day of it can have changed. Another reporting time
// zone of any creator changes all.
func (b *refresh) changedFrom(ctx context.Context, m mart) (none bool, err error) {
	all := b.changed == nil || !b.existing[m.Name]
	if !all && b.rebuilt["mart.dim_creators"] {
		moved, err := sqlfiles.Text("build/moved_days")
		if err != nil {
			return false, err
		}
		if err := b.conn.QueryRowContext(ctx, strings.ReplaceAll(moved, "${mart}", "mart."+m.Name)).Scan(&all); err != nil {
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

// run executes a file of sql/build.
func (b *refresh) run(ctx context.Context, file string, args ...any) error {
	query, err := sqlfiles.Text("build/" + file)
	if err != nil {
		return err
	}
	if err := b.exec(ctx, query, args...); err != nil {
		return fmt.Errorf("build/%s: %w", file, err)
	}
	return nil
}
