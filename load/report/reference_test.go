package report_test

import (
	"cmp"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"fanlake/load"
	"fanlake/load/query"
	sqlfiles "fanlake/sql"
	"fanlake/transform/tables"
)

var update = flag.Bool("update", false, "write sql/README.md and sql/dbt/sources.yml anew")

// sqlDir is the folder of what is generated.
const sqlDir = "../../sql"

// TestReference holds sql/README.md and sql/dbt/sources.yml to what they are
// made of: the comments of the warehouse itself, the headers of marts, checks and
// reports, and the table values.
func TestReference(t *testing.T) {
	t.Parallel()
	all := relations(t)
	if err := yaml.Unmarshal([]byte(sources(all)), new(any)); err != nil {
		t.Errorf("sources.yml is no YAML: %v", err)
	}
	for name, want := range map[string]string{"README.md": readme(t, all), "dbt/sources.yml": sources(all)} {
		file := filepath.Join(sqlDir, filepath.FromSlash(name))
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("sql/%s is not what the warehouse is; run go test ./load/report -run Reference -update", name)
		}
	}
}

// An apostrophe that SQL wants twice is easily lost.
func TestGenitives(t *testing.T) {
	t.Parallel()
	lost := regexp.MustCompile(`(?i)\b(a|the) \w+s (own|fans|sales|turn|first|net)\b`)
	for _, at := range lost.FindAllString(readme(t, relations(t)), -1) {
		t.Errorf("sql/README.md: %q has lost its apostrophe", at)
	}
}

// Every example of the reference runs, also on a warehouse without data.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, file := range []string{files(t).world, files(t).empty} {
		p, err := load.OpenPublished(t.Context(), file, query.Options{Threads: 1, MemoryLimit: "200MB"})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range relations(t) {
			rows, err := p.Query(t.Context(), r.example)
			if err != nil {
				t.Errorf("%s: %s: %v", r.name, r.example, err)
				continue
			}
			for row := []any{0}; row != nil && err == nil; {
				row, err = rows.Next()
			}
			if err != nil {
				t.Errorf("%s: %s: %v", r.name, r.example, err)
			}
			if err := rows.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A relation is a table, view or macro of the warehouse.
type relation struct {
	schema, name string // name with its schema
	kind         string // table, view or macro
	meaning      string
	columns      []column
	key          []string
	parameters   string // of a macro
	example      string
}

type column struct{ name, kind, meaning string }

func (r relation) has(name string) bool {
	return slices.ContainsFunc(r.columns, func(c column) bool { return c.name == name })
}

// relations reads the warehouse's own dictionary, and from the headers what it
// does not have: keys, the columns of macros, examples.
func relations(t *testing.T) []relation {
	t.Helper()
	p, err := load.OpenPublished(t.Context(), files(t).empty, query.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	rows, err := p.Query(t.Context(), `SELECT schema_name, table_name, relation_type, coalesce(column_name, ''), coalesce(data_type, ''), coalesce(meaning, '')
		FROM meta.data_dictionary WHERE database_name = current_database() ORDER BY schema_name, table_name, column_index`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []relation
	for {
		var schema, name, kind string
		var c column
		more, err := rows.Scan(&schema, &name, &kind, &c.name, &c.kind, &c.meaning)
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			break
		}
		if c.name == "" {
			all = append(all, relation{schema: schema, name: schema + "." + name, kind: kind, meaning: c.meaning})
			continue
		}
		last := &all[len(all)-1]
		last.columns = append(last.columns, c)
	}
	order := []string{"mart", "fanvue", "cfg", "meta"}
	slices.SortStableFunc(all, func(a, b relation) int {
		return cmp.Compare(slices.Index(order, a.schema), slices.Index(order, b.schema))
	})
	for i := range all {
		all[i].complete(t)
	}
	return all
}

// complete adds what the dictionary does not have.
func (r *relation) complete(t *testing.T) {
	t.Helper()
	name := strings.TrimPrefix(r.name, r.schema+".")
	r.example = "FROM " + r.name + " LIMIT 10"
	if text, err := fs.ReadFile(sqlfiles.FS, "marts/"+name+".sql"); err == nil && r.schema == "mart" {
		f, err := sqlfiles.Parse(string(text))
		if err != nil {
			t.Fatal(err)
		}
		r.key, r.parameters = list(f.Fields["key"]), f.Fields["parameters"]
		if e := f.Fields["example"]; e != "" {
			r.example = strings.TrimSuffix(e, ";")
		}
		for _, c := range f.Sections["columns"] {
			if r.kind == "macro" {
				r.columns = append(r.columns, column{c.Name, "", c.Text})
			}
		}
		r.meaning, _, _ = strings.Cut(r.meaning, " Example: ")
	}
	if table, ok := tables.ByName(name); ok && r.schema == "fanvue" {
		r.key = table.Key
	}
	if table, ok := tables.ByName(strings.TrimSuffix(name, "_history")); ok && r.schema == "fanvue" && strings.HasSuffix(name, "_history") {
		r.key = append(slices.Clone(table.Key), "valid_from")
	}
	if r.meaning == "" {
		t.Errorf("%s says nothing of itself", r.name)
	}
	for _, c := range r.columns {
		if c.meaning == "" {
			t.Errorf("%s does not say what %s means", r.name, c.name)
		}
	}
}

func list(text string) []string {
	var all []string
	for part := range strings.SplitSeq(text, ",") {
		all = append(all, strings.TrimSpace(part))
	}
	return all
}

// sources is a dbt source for each schema that analysts read.
func sources(all []relation) string {
	var b strings.Builder
	b.WriteString(`# Sources for dbt, generated from the warehouse itself
# (go test ./load/report -run Reference -update). Copy this file into the models of a
# project whose profile (dbt-duckdb) attaches the published file:
#
#   type: duckdb
#   path: analysis.duckdb
#   attach: [{path: /data/main/warehouse.duckdb, alias: fanlake, read_only: true}]
version: 2
sources:
`)
	for _, schema := range []string{"mart", "fanvue", "meta"} {
		fmt.Fprintf(&b, "  - name: fanlake_%s\n    database: fanlake\n    schema: %s\n    tables:\n", schema, schema)
		for _, r := range all {
			if r.schema != schema || r.kind == "macro" {
				continue
			}
			fmt.Fprintf(&b, "      - name: %s\n        description: %s\n", strings.TrimPrefix(r.name, schema+"."), quote(r.meaning))
			if len(r.key) > 1 {
				fmt.Fprintf(&b, "        data_tests:\n          - dbt_utils.unique_combination_of_columns:\n              combination_of_columns: [%s]\n", strings.Join(r.key, ", "))
			}
			b.WriteString("        columns:\n")
			for _, c := range r.columns {
				fmt.Fprintf(&b, "          - name: %s\n            description: %s\n            data_type: %s\n", c.name, quote(c.meaning), quote(c.kind))
				switch {
				case len(r.key) == 1 && r.key[0] == c.name:
					b.WriteString("            data_tests: [not_null, unique]\n")
				case slices.Contains(r.key, c.name) && !isOptionalKey(c):
					b.WriteString("            data_tests: [not_null]\n")
				}
			}
		}
	}
	return b.String()
}

// isOptionalKey reports whether a column of a key may be NULL, by its meaning.
func isOptionalKey(c column) bool { return strings.Contains(c.meaning, "NULL") }

// quote writes a YAML text.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// files of a folder of sql/, by name, with their headers.
func headers(t *testing.T, folder string) map[string]sqlfiles.File {
	t.Helper()
	names, err := fs.Glob(sqlfiles.FS, folder+"/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]sqlfiles.File{}
	for _, name := range names {
		text, err := fs.ReadFile(sqlfiles.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := sqlfiles.Parse(string(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[strings.TrimSuffix(path.Base(name), ".sql")] = f
	}
	return all
}
