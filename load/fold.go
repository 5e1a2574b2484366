package load

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"text/template"

	"fanlake/load/schema"
	sqlfiles "fanlake/sql"
	"fanlake/transform/tables"
)

// A fold is what the statements of sql/fold are told of a table. Only names
// from table values, and names that stand here, get into their text.
//
//	upsert, earnings, messages, creators, set, people   change.sql, upsert.sql
//	of these with a History                        history.sql
//	earnings, messages, creators, set              round_<fold>.sql after the rows, slice by slice
//	list                                           round_list.sql, slice by slice
//	snapshots                                      snapshots.sql
type fold struct {
	tables.Table
	Target    string   // the table of the warehouse that keeps the rows
	Match     []string // columns by which rows are joined: the key, and the time if it never changes
	Keep      []string // columns whose emptied value keeps the older one
	Time      string   // time that is part of Match, empty if there is none
	TimeType  tables.Type
	Seen      []string // columns of temp.seen; empty if the fold needs none
	Scope     []string // columns that name a scope; none if the table is one
	Removable bool     // has removed_at
	People    bool
	PeriodEnd string // lists: column with the end of the paid period
	Parent    string // sets: column with what the rows belong to, empty if that is the creator
	Suspects  string // stream of meta.suspects that belongs to the table
	rounds    string // statement of each round, empty if there are none

	// Of one batch.
	Have        map[string]bool // columns that the parts have
	Chunked     bool
	Interleaved bool // slices of one scope were read beside each other
	Mixed       bool // slices of the table were read on more than one surface
	First       bool // nothing of its scopes was applied before: rows of keys that come once
	Repeated    bool // the other rows of such a batch
}

func foldOf(t tables.Table) fold {
	f := fold{Table: t, Target: schema.Name(t), Match: t.Key}
	for _, c := range t.Columns {
		if c.Keep {
			f.Keep = append(f.Keep, c.Name)
		}
		if c.Name == t.Time && c.Required {
			f.Time, f.TimeType = c.Name, c.Type
		}
	}
	if f.Time != "" && !slices.Contains(t.Key, f.Time) {
		f.Match = append(slices.Clone(t.Key), f.Time)
	}
	f.Scope = []string{"creator_id"}
	switch t.Fold {
	case tables.Earnings:
		f.Seen, f.rounds, f.Removable, f.Suspects = f.Match, "round_earnings", true, "earnings"
	case tables.Messages:
		f.Seen, f.rounds, f.Removable = t.Key, "round_messages", true
		f.Scope = []string{"creator_id", "fan_id"}
	case tables.Creators:
		f.Seen, f.rounds, f.Removable, f.Suspects = t.Key, "round_creators", true, "creators"
		f.Scope = nil
	case tables.Set:
		f.Seen, f.rounds, f.Removable = t.Key, "round_set", true
		for _, c := range t.Columns {
			if c.From == tables.FromParent {
				f.Parent = c.Name
			}
		}
	case tables.List:
		f.rounds, f.Suspects = "round_list", t.Name
		if _, ok := t.Column("current_period_end_at"); ok {
			f.PeriodEnd = "current_period_end_at"
		}
	case tables.People:
		f.People, f.Scope = true, nil
	}
	return f
}

// whole makes the table one scope.
func (f fold) whole() fold {
	f.Scope = nil
	return f
}

// scopeJoin joins t, or what a statement calls it, with the scopes that are
// folded again; empty if that is the whole table.
func (f fold) scopeJoin(clause, on, alias string) string {
	if f.Scope == nil {
		return ""
	}
	var terms []string
	for _, c := range f.Scope {
		terms = append(terms, fmt.Sprintf("%s.%s IS NOT DISTINCT FROM r.%s", alias, c, c))
	}
	return clause + " temp.refold r " + on + " " + strings.Join(terms, " AND ")
}

// ScopeJoin is for a SELECT of t.
func (f fold) ScopeJoin() string { return f.scopeJoin("JOIN", "ON", "t") }

// ScopeUsing is for a DELETE of t.
func (f fold) ScopeUsing() string { return f.scopeJoin("USING", "WHERE", "t") }

// SliceScope is for a SELECT of slices s.
func (f fold) SliceScope() string { return f.scopeJoin("JOIN", "ON", "s") }

// ChunkFilter is for a SELECT of the rows p of parts: those of one chunk. The
// rows of a key are in one, as a key's time never changes.
func (f fold) ChunkFilter() string {
	switch {
	case !f.Chunked:
		return ""
	case f.Time != "":
		at := fmt.Sprintf("CAST(p.%s AS %s)", f.Time, f.TimeType)
		return "WHERE " + at + " >= getvariable('chunk_from') AND " + at + " < getvariable('chunk_to')"
	}
	return "WHERE hash(" + listNames("p.", f.Key) + ") % getvariable('chunks') = getvariable('chunk')"
}

// foldSQL returns a file of sql/fold with the names of a table put in.
func foldSQL(name string, data any) (string, error) { return sqlText("fold", name, data) }

// sqlText returns a file of a folder of sql with names put in.
func sqlText(folder, name string, data any) (string, error) {
	text, err := fs.ReadFile(sqlfiles.FS, folder+"/"+name+".sql")
	if err != nil {
		return "", err
	}
	if data == nil {
		return string(text), nil
	}
	t, err := template.New(name).Funcs(template.FuncMap{
		"list":  listNames,
		"match": matchNames,
		"duck":  func(c tables.Column) string { return schema.Type(c.Type) },
	}).Parse(string(text))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := t.Execute(&b, data); err != nil {
		return "", err
	}
	return b.String(), nil
}

// listNames writes names with a prefix, separated by commas.
func listNames(prefix string, names []string) string {
	return prefix + strings.Join(names, ", "+prefix)
}

// matchNames writes that two relations agree in the columns.
func matchNames(a, b string, names []string) string {
	terms := make([]string, len(names))
	for i, n := range names {
		terms[i] = a + "." + n + " = " + b + "." + n
	}
	return strings.Join(terms, " AND ")
}

// exec runs the statements of a file of sql/fold.
func (s *store) exec(ctx context.Context, name string, data any, args ...any) error {
	_, err := s.execCount(ctx, name, data, args...)
	return err
}

// execCount is exec, and returns how many rows the last statement changed.
func (s *store) execCount(ctx context.Context, name string, data any, args ...any) (int64, error) {
	text, err := foldSQL(name, data)
	if err != nil {
		return 0, fmt.Errorf("sql/fold/%s: %w", name, err)
	}
	res, err := s.conn.ExecContext(ctx, text, args...)
	if err != nil {
		return 0, fmt.Errorf("sql/fold/%s: %w", name, err)
	}
	return res.RowsAffected()
}

// query runs a SELECT of sql/fold and calls scan for every row.
func (s *store) query(ctx context.Context, name string, data any, scan func(*sql.Rows) error, args ...any) error {
	text, err := foldSQL(name, data)
	if err != nil {
		return fmt.Errorf("sql/fold/%s: %w", name, err)
	}
	rows, err := s.conn.QueryContext(ctx, text, args...)
	if err != nil {
		return fmt.Errorf("sql/fold/%s: %w", name, err)
	}
	for rows.Next() {
		if err := scan(rows); err != nil {
			return errors.Join(fmt.Errorf("sql/fold/%s: %w", name, err), rows.Close())
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

// set sets a variable that the statements read. A literal is planned once, a
// parameter when the statement is prepared and again when it has its value.
func (s *store) set(ctx context.Context, name string, value any) error {
	_, err := s.conn.ExecContext(ctx, "SET VARIABLE "+name+" = "+literal(value))
	return err
}

// literal writes a text, texts or a whole number in SQL.
func literal(value any) string {
	switch v := value.(type) {
	case string:
		return "CAST(" + schema.Quote(v) + " AS VARCHAR)"
	case []string:
		texts := make([]string, len(v))
		for i, text := range v {
			texts[i] = schema.Quote(text)
		}
		return "CAST([" + strings.Join(texts, ", ") + "] AS VARCHAR[])"
	}
	return fmt.Sprintf("CAST(%d AS BIGINT)", value)
}
