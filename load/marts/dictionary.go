package marts

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"fanlake/load/schema"
	sqlfiles "fanlake/sql"
	"fanlake/transform/tables"
)

// Describe writes what the marts and their columns mean into their comments,
// where it does not stand there yet, and makes meta.data_dictionary, the view
// of all comments. It runs in the caller's transaction, after [Refresh].
func Describe(ctx context.Context, conn *sql.Conn) error {
	marts, err := read()
	if err != nil {
		return err
	}
	have, err := comments(ctx, conn, "mart")
	if err != nil {
		return err
	}
	for _, m := range marts {
		kind := "TABLE"
		switch m.build {
		case "view":
			kind = "VIEW"
		case "macro":
			kind = "MACRO TABLE"
		}
		name := "mart." + m.Name
		if err := setComment(ctx, conn, kind, name, have[[2]string{m.Name, ""}], m.meaning()); err != nil {
			return err
		}
		for at, old := range have {
			if at[0] != m.Name || at[1] == "" {
				continue
			}
			if m.columnMeaning(at[1]) == "" {
				return fmt.Errorf("mart %s: the header does not say what %s means", m.Name, at[1])
			}
			if err := setComment(ctx, conn, "COLUMN", name+`."`+at[1]+`"`, old, m.columnMeaning(at[1])); err != nil {
				return err
			}
		}
	}
	existing, err := relations(ctx, conn, "meta")
	if err != nil {
		return err
	}
	for _, v := range metaViews {
		if existing[v.name] {
			continue
		}
		view, err := sqlfiles.Text("build/" + v.name)
		if err != nil {
			return err
		}
		if _, err := conn.ExecContext(ctx, view); err != nil {
			return fmt.Errorf("build/%s: %w", v.name, err)
		}
		for _, c := range v.columns {
			if err := setComment(ctx, conn, "COLUMN", "meta."+v.name+"."+c.name, "", c.meaning); err != nil {
				return err
			}
		}
		if err := setComment(ctx, conn, "VIEW", "meta."+v.name, "", v.meaning); err != nil {
			return err
		}
	}
	return nil
}

// described is a column with what it means.
type described struct{ name, meaning string }

// metaViews are the views by which the warehouse explains itself, each a file
// of sql/build.
var metaViews = []struct {
	name, meaning string
	columns       []described
}{
	{"data_dictionary", "One row per table, view, macro and column of the warehouse, with what it means.", dictionaryColumns},
	{"metric_definitions", "One row per metric: what it means, and the mart and column where it stands.", metricColumns},
}

var metricColumns = []described{
	{"metric_id", "Group of metrics that are defined together: M1 to M21."},
	{"metric_name", "Name for people."},
	{"definition", "What is counted, and per what."},
	{"unit", "Unit of the figure; US cents are whole."},
	{"grain", "What a figure is of; months and days are those of the creator's reporting time zone unless UTC is said."},
	{"source_mart", "Table, view or macro of the schema mart."},
	{"source_column", "Column of it."},
	{"basis", "ledger: a reversal counts when it happens; cohort: everything counts in the month of the sale or of the fans' first payment; snapshot: the state of a day; turn and month of sending: the day of a fan's turn, the month of a message."},
}

var dictionaryColumns = []described{
	{"database_name", "Name under which the file is open."},
	{"schema_name", "Schema: fanvue (rows of the platform), mart (for analysts), cfg (configuration) or meta (runs, coverage, checks)."},
	{"table_name", "Table, view or macro."},
	{"relation_type", "table, view or macro; a macro is called with its parameters, which its meaning names."},
	{"column_name", "Column, NULL in the row of the table itself."},
	{"column_index", "Position of the column, from 1; 0 in the row of the table itself."},
	{"data_type", "DuckDB type of the column."},
	{"meaning", "Grain of the table; or meaning, unit and time zone of the column."},
}

// setComment puts a comment where another one stands.
func setComment(ctx context.Context, conn *sql.Conn, kind, name, old, text string) error {
	if text == "" || text == old {
		return nil
	}
	if _, err := conn.ExecContext(ctx, "COMMENT ON "+kind+" "+name+" IS "+schema.Quote(text)); err != nil {
		return fmt.Errorf("comment on %s: %w", name, err)
	}
	return nil
}

// comments returns what stands at (table, column) of a schema; the column is
// empty for the table itself. Macros are left out.
func comments(ctx context.Context, conn *sql.Conn, in string) (map[[2]string]string, error) {
	query, err := sqlfiles.Text("build/comments")
	if err != nil {
		return nil, err
	}
	rows, err := conn.QueryContext(ctx, query, in, in, in)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	have := map[[2]string]string{}
	for rows.Next() {
		var table, column, text string
		if err := rows.Scan(&table, &column, &text); err != nil {
			return nil, err
		}
		have[[2]string{table, column}] = text
	}
	return have, rows.Err()
}

// meaning is the comment of the mart: grain first, then what it is.
func (m mart) meaning() string {
	text := "Grain: " + m.Fields["grain"] + ". Key: " + m.Fields["key"] + ". " + m.Title
	if p := m.Fields["parameters"]; p != "" {
		text += " Call: mart." + m.Name + "(" + p + "). Columns:"
		for _, c := range m.Sections["columns"] { // a macro's columns carry no comments
			text += " " + c.Name + ": " + c.Text
		}
	}
	if e := m.Fields["example"]; e != "" {
		text += " Example: " + e
	}
	return text
}

// columnMeaning is what the header says of a column, else what the table
// values say of it where the mart has it from a table of the schema fanvue.
func (m mart) columnMeaning(column string) string {
	for _, c := range m.Sections["columns"] {
		if c.Name == column {
			return c.Text
		}
	}
	for _, t := range tables.All {
		for _, s := range m.sources {
			if c, ok := t.Column(column); ok && strings.TrimSuffix(s, "_history") == "fanvue."+t.Name {
				return c.Meaning
			}
		}
	}
	return ""
}
