package load

import (
	"fmt"
	"slices"
	"strings"

	"fanlake/transform/tables"
)

// system are the columns that every table of the warehouse has after its own.
var system = []string{"_run_id", "_fetched_at", "_extra", "_run_seq", "_page", "_hash"}

// createTable is the table of a table value, with comments; lists have their
// history and a view of the intervals that are open.
func createTable(t tables.Table) string {
	f := foldOf(t)
	columns := warehouseColumns(t)
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE %s (", f.Target)
	for i, c := range columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(c.Name + " " + duckType(c.Type))
	}
	b.WriteString(");\n")
	writeComments(&b, "TABLE", f.Target, tableComment(t), columns)
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
	fmt.Fprintf(&b, "CREATE VIEW %s AS SELECT %s FROM %s WHERE valid_to IS NULL;\n", view, strings.Join(names, ", "), f.Target)
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
		fields = append(fields, c.Name+" "+duckType(c.Type))
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
	fmt.Fprintf(b, "COMMENT ON %s %s IS %s;\n", kind, relation, quote(text))
	for _, c := range columns {
		meaning := c.Meaning
		if c.Example != "" {
			meaning = sentence(meaning, "Example: "+c.Example+".")
		}
		fmt.Fprintf(b, "COMMENT ON COLUMN %s.%s IS %s;\n", relation, c.Name, quote(meaning))
	}
}

func sentence(parts ...string) string {
	return strings.TrimSpace(strings.Join(parts, " "))
}

func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
