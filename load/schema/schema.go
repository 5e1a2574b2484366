// Package schema is the text that makes the tables of a warehouse before
// anything is folded into them: what sql/tables says, and for each table value
// a table of DuckDB with what it and its columns mean.
//
// A private file is one of two: "people" has the names of fans, "warehouse"
// everything else.
package schema

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	sqlfiles "fanlake/sql"
	"fanlake/transform/tables"
)

// Tables are the table values that a private file keeps.
func Tables(file string) []tables.Table {
	var all []tables.Table
	for _, t := range tables.All {
		if t.Fold != tables.None && (t.Fold == tables.People) == (file == "people") {
			all = append(all, t)
		}
	}
	return all
}

// Text makes an empty private file.
func Text(file string) (string, error) {
	var b strings.Builder
	names := []string{"tables/load.sql", "tables/meta.sql"}
	if file == "people" {
		names = names[:1]
	} else {
		names = append(names, "tables/cfg.sql", "tables/fanvue.sql", "tables/statements.sql")
	}
	for _, name := range names {
		text, err := fs.ReadFile(sqlfiles.FS, name)
		if err != nil {
			return "", err
		}
		b.Write(text)
	}
	for _, t := range Tables(file) {
		b.WriteString(createTable(t))
	}
	if file != "people" {
		text, err := fs.ReadFile(sqlfiles.FS, "tables/cfg_views.sql")
		if err != nil {
			return "", err
		}
		b.Write(text)
	}
	return b.String(), nil
}

// Name is the table that keeps the rows of a table value, with its schema.
func Name(t tables.Table) string {
	switch t.Fold {
	case tables.List:
		return "fanvue." + t.Name + "_history"
	case tables.People:
		return t.Name
	}
	return "fanvue." + t.Name
}

// Type is the type of a column in the warehouse.
func Type(t tables.Type) string {
	switch t {
	case tables.Int:
		return "BIGINT"
	case tables.Fan:
		return "VARCHAR"
	}
	return string(t)
}

// Quote writes a string as SQL does.
func Quote(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// system are the columns that every table of the warehouse has after its own.
var system = []string{"_run_id", "_fetched_at", "_extra", "_run_seq", "_page", "_hash"}

// createTable is the table of a table value, with comments; lists have their
// history and a view of the intervals that are open.
func createTable(t tables.Table) string {
	target := Name(t)
	columns := warehouseColumns(t)
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE %s (", target)
	for i, c := range columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(c.Name + " " + Type(c.Type))
	}
	b.WriteString(");\n")
	writeComments(&b, "TABLE", target, tableComment(t), columns)
	if len(t.History) > 0 {
		b.WriteString(createHistory(t))
	}
	if t.Fold != tables.List {
		return b.String()
	}
	var current []tables.Column
	var names []string
	for _, c := range columns {
		if c.Name != "valid_from" && c.Name != "valid_to" {
			current, names = append(current, c), append(names, c.Name)
		}
	}
	view := "fanvue." + t.Name
	fmt.Fprintf(&b, "CREATE VIEW %s AS SELECT %s FROM %s WHERE valid_to IS NULL;\n", view, strings.Join(names, ", "), target)
	writeComments(&b, "VIEW", view, sentence(t.Grain, t.Note), current)
	return b.String()
}

// createHistory is the table of the intervals of a table's History, with
// comments.
func createHistory(t tables.Table) string {
	columns := []tables.Column{}
	for _, name := range append(slices.Clone(t.Key), t.History...) {
		c, _ := t.Column(name)
		columns = append(columns, c)
	}
	columns = append(columns,
		tables.Column{Name: "valid_from", Type: tables.Timestamp, Meaning: "Server time (UTC) of the answer that first had this content."},
		tables.Column{Name: "valid_to", Type: tables.Timestamp, Meaning: "Server time (UTC) of the answer that had other content; NULL while open."},
		tables.Column{Name: "_run_id", Type: tables.Text, Meaning: "Run that first saw this content."})
	name := "fanvue." + t.Name + "_history"
	var b strings.Builder
	var fields []string
	for _, c := range columns {
		fields = append(fields, c.Name+" "+Type(c.Type))
	}
	fmt.Fprintf(&b, "CREATE TABLE %s (%s);\n", name, strings.Join(fields, ", "))
	writeComments(&b, "TABLE", name, sentence("One row per "+strings.Join(t.Key, ", ")+" and interval with the same "+strings.Join(t.History, ", ")+".",
		"Half open from valid_from to valid_to, without gaps between the first answer and now."), columns)
	return b.String()
}

// tableComment says the grain first.
func tableComment(t tables.Table) string {
	if t.Fold == tables.List {
		return sentence("One row per creator, fan and interval in which the fan was on the list with this content.",
			"Half open from valid_from to valid_to; the bounds are the starts of complete walks.")
	}
	return sentence(t.Grain, t.Note)
}

// warehouseColumns are the columns of the table, those of its fold, and the
// system's.
func warehouseColumns(t tables.Table) []tables.Column {
	columns := append([]tables.Column{}, t.Columns...)
	add := func(name, meaning string) {
		columns = append(columns, tables.Column{Name: name, Type: tables.Timestamp, Meaning: meaning})
	}
	switch t.Fold {
	case tables.Earnings, tables.Messages, tables.Creators, tables.Set:
		add("removed_at", "Start (UTC) of the walk that settled that the platform no longer has the row; NULL while it has.")
	case tables.List:
		add("valid_from", "Start (UTC) of the walk that first had the fan with this content.")
		add("valid_to", "Start (UTC) of the walk that had other content or no longer had the fan; NULL while open.")
	case tables.People:
		add("first_seen_at", "Server time (UTC) at which the fan was first seen.")
		add("last_seen_at", "Server time (UTC) at which the newest content was first seen.")
	}
	for _, name := range system {
		for _, c := range tables.System {
			if c.Name == name {
				columns = append(columns, c)
			}
		}
	}
	return columns
}

func writeComments(b *strings.Builder, kind, relation, text string, columns []tables.Column) {
	fmt.Fprintf(b, "COMMENT ON %s %s IS %s;\n", kind, relation, Quote(text))
	for _, c := range columns {
		meaning := c.Meaning
		if c.Example != "" {
			meaning = sentence(meaning, "Example: "+c.Example+".")
		}
		fmt.Fprintf(b, "COMMENT ON COLUMN %s.%s IS %s;\n", relation, c.Name, Quote(meaning))
	}
}

func sentence(parts ...string) string {
	return strings.TrimSpace(strings.Join(parts, " "))
}
