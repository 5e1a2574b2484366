package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"fanlake/load/query"
)

// A format is a form of a result.
type format struct {
	name   string
	write  func(io.Writer, *query.Rows) error
	binary bool // goes to a file alone
}

// formats are the forms there are; width is that of the screen, 0 without one.
func formats(width int) []format {
	return []format{
		{name: "table", write: func(w io.Writer, r *query.Rows) error { return query.WriteTable(w, r, width) }},
		{name: "csv", write: query.WriteHarmlessCSV},
		{name: "csv-exact", write: query.WriteCSV},
		{name: "json", write: query.WriteJSON},
		{name: "xlsx", write: query.WriteXLSX, binary: true},
		{name: "parquet", write: query.WriteParquet, binary: true},
	}
}

// A target says in which form a result is written, and where to.
type target struct{ format, output string }

// formatUsage is what a command that prints a result says of --format.
const formatUsage = "`FORMAT`: table, csv, csv-exact, json, xlsx or parquet (default by the ending of FILE; else table on a terminal, csv elsewhere)"

// pick returns the form that is asked for. It asks nothing yet, so that a wrong
// one costs nothing.
func (o target) pick(stdout io.Writer) (format, error) {
	name := o.format
	if name == "" {
		name = "csv"
		ending := strings.ToLower(strings.TrimPrefix(filepath.Ext(o.output), "."))
		switch {
		case o.output == "" && isTerminal(stdout):
			name = "table"
		case slices.Contains([]string{"json", "xlsx", "parquet"}, ending):
			name = ending
		case o.output != "" && ending != "csv" && ending != "":
			return format{}, errUsage.wrap(fmt.Errorf("-o %s: no format ends in .%s: end it in .csv, .json, .xlsx or .parquet, or say which one by --format", o.output, ending))
		}
	}
	width := 0
	if o.output == "" {
		width = screenWidth(stdout)
	}
	forms := formats(width)
	i := slices.IndexFunc(forms, func(f format) bool { return f.name == name })
	if i < 0 {
		return format{}, errUsage.wrap(fmt.Errorf("--format %s: want table, csv, csv-exact, json, xlsx or parquet", name))
	}
	f := forms[i]
	if f.binary && o.output == "" {
		return format{}, errUsage.wrap(fmt.Errorf("--format %s needs -o FILE", name))
	}
	return f, nil
}

// print writes a result in a form to where it belongs, and closes it.
func (o target) print(p *program, f format, rows *query.Rows) (err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	if o.output == "" {
		return f.write(forPeople(p.stdout), rows)
	}
	return writeOutput(o.output, func(w io.Writer) error { return f.write(w, rows) })
}
