package report_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"fanlake/load"
	"fanlake/load/query"
	"fanlake/load/report"
)

// readme is the text of sql/README.md.
func readme(t *testing.T, all []relation) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(text(t, "testdata/reading.md"))
	b.WriteString("\n## How the marts belong together\n\n")
	diagram(&b, all)
	titles := map[string]string{
		"mart":   "The marts",
		"fanvue": "The platform's objects",
		"cfg":    "The configuration",
		"meta":   "Runs, coverage and checks",
	}
	schema := ""
	for _, r := range all {
		if r.schema != schema {
			schema = r.schema
			fmt.Fprintf(&b, "\n## %s: schema `%s`\n", titles[schema], schema)
		}
		r.describe(&b)
	}
	describeMetrics(t, &b)
	describeChecks(t, &b)
	describeReports(t, &b)
	return b.String()
}

func text(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// describe writes a table: the grain first, as its meaning has it.
func (r relation) describe(b *strings.Builder) {
	name := r.name
	if r.kind == "macro" {
		name += "(" + r.parameters + ")"
	}
	fmt.Fprintf(b, "\n### %s\n\n%s", name, r.meaning)
	if r.kind != "table" {
		fmt.Fprintf(b, " (%s)", r.kind)
	}
	fmt.Fprintf(b, "\n\n```sql\n%s\n```\n\n", r.example)
	if r.kind == "macro" {
		b.WriteString("| column | meaning |\n|---|---|\n")
	} else {
		b.WriteString("| column | type | meaning |\n|---|---|---|\n")
	}
	for _, c := range r.columns {
		key := ""
		if slices.Contains(r.key, c.name) {
			key = " 🔑"
		}
		cells := []string{"`" + c.name + "`" + key, c.kind, cell(c.meaning)}
		if r.kind == "macro" {
			cells = slices.Delete(cells, 1, 2)
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
}

// cell is a text as a cell of a table.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// dimensions are what other marts name by a column: the dimension, its key, and
// the columns that hold it.
func dimensions() []struct {
	name, key string
	columns   []string
} {
	return []struct {
		name, key string
		columns   []string
	}{
		{"dim_creators", "creator_id", []string{"creator_id"}},
		{"dim_fans", "fan_id", []string{"fan_id"}},
		{"dim_dates", "date_day", []string{"earned_date", "sent_date", "turn_date", "snapshot_date", "audience_date", "movement_date"}},
		{"dim_earning_source", "source", []string{"source"}},
		{"dim_message_type", "message_type", []string{"message_type"}},
		{"dim_team_members", "user_id", []string{"sent_by_user_id"}},
		{"fct_earnings", "earning_id", []string{"earning_id"}},
		{"fct_messages", "message_id", []string{"message_id"}},
	}
}

// diagram draws the dimensions and events of the marts with what joins them. The
// aggregates have creator_id and a date or month, and are left out of it.
func diagram(b *strings.Builder, all []relation) {
	b.WriteString("```mermaid\nerDiagram\n")
	shown := map[string]relation{}
	for _, r := range all {
		name := strings.TrimPrefix(r.name, "mart.")
		if r.schema == "mart" && r.kind != "macro" && (strings.HasPrefix(name, "dim_") || strings.HasPrefix(name, "fct_")) {
			shown[name] = r
		}
	}
	for _, d := range dimensions() {
		if _, ok := shown[d.name]; !ok {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(shown)) {
			r := shown[name]
			for _, c := range d.columns {
				if name == d.name || !r.has(c) || d.key == "date_day" && strings.HasPrefix(name, "dim_") {
					continue
				}
				many := "}o"
				if len(r.key) == 1 && r.key[0] == c || d.name == "fct_earnings" {
					many = "|o"
				}
				fmt.Fprintf(b, "    %s %s--|| %s : %s\n", name, many, d.name, c)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(shown)) {
		r := shown[name]
		fmt.Fprintf(b, "    %s {\n", name)
		for _, c := range r.columns {
			switch {
			case slices.Contains(r.key, c.name):
				fmt.Fprintf(b, "        %s %s PK\n", c.kind, c.name)
			case strings.HasSuffix(c.name, "_id") || strings.HasSuffix(c.name, "_cents") || strings.HasSuffix(c.name, "_date"):
				fmt.Fprintf(b, "        %s %s\n", c.kind, c.name)
			}
		}
		b.WriteString("    }\n")
	}
	b.WriteString("```\n\nAggregates (`agg_`) and answers (`rpt_`) join on `creator_id` and their day or month.\n")
}

// describeMetrics writes what the warehouse says of its metrics.
func describeMetrics(t *testing.T, b *strings.Builder) {
	t.Helper()
	p, err := load.OpenPublished(t.Context(), files(t).empty, query.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	rows, err := p.Query(t.Context(), "SELECT metric_name, 'mart.' || source_mart || '.' || source_column, definition FROM meta.metric_definitions ORDER BY ALL")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	b.WriteString("\n## Metrics\n\nAlso in `meta.metric_definitions`.\n\n| metric | stands in | definition |\n|---|---|---|\n")
	for {
		var name, place, definition string
		more, err := rows.Scan(&name, &place, &definition)
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			return
		}
		fmt.Fprintf(b, "| %s | `%s` | %s |\n", cell(name), place, cell(definition))
	}
}

func describeChecks(t *testing.T, b *strings.Builder) {
	t.Helper()
	b.WriteString("\n## Checks\n\nWhat every run wants of the data. A blocking one keeps what was read out of the warehouse;\n" +
		"others are published, listed in `meta.checks` and by the report `failed_checks`, and end a\nrun with status 6.\n\n| check | severity | what has to hold |\n|---|---|---|\n")
	checks := headers(t, "checks")
	for _, name := range slices.Sorted(maps.Keys(checks)) {
		f := checks[name]
		each := ""
		if f.Fields["each"] != "" {
			each = ", for every " + f.Fields["each"]
		}
		fmt.Fprintf(b, "| `%s` | %s%s | %s |\n", name, f.Fields["severity"], each, cell(f.Title))
	}
}

func describeReports(t *testing.T, b *strings.Builder) {
	t.Helper()
	b.WriteString("\n## Reports\n\n`fanlake report NAME` answers; `--describe` explains, `--param NAME=VALUE` asks for something\n" +
		"else, `--format` is table, csv, csv-exact, json, xlsx or parquet.\n\n| report | answers | parameters |\n|---|---|---|\n")
	for _, r := range library(t) {
		var parameters []string
		for _, p := range r.Parameters {
			def := "required"
			if p.Default != nil {
				def = *p.Default
			}
			parameters = append(parameters, fmt.Sprintf("`%s` (%s)", p.Name, def))
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", r.Name, cell(answersOf(r)), strings.Join(parameters, ", "))
	}
	b.WriteString("\n" + text(t, "testdata/own.md"))
}

// answersOf is what a report answers, and without what it has no rows.
func answersOf(r report.Report) string {
	if len(r.Needs) == 0 {
		return r.Answers
	}
	return r.Answers + " Needs " + strings.Join(r.Needs, " and ") + "."
}
