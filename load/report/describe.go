package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteList writes the names and titles of reports.
func WriteList(w io.Writer, all []Report) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range all {
		mark := ""
		if r.File != "" {
			mark = "  (" + r.File + ")"
		}
		fmt.Fprintf(out, "%s\t%s%s\n", r.Name, r.Title, mark)
	}
	return out.Flush()
}

// Describe writes what a report answers, its parameters and its columns.
func (r Report) Describe(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s.\n", r.Name, r.Title)
	if r.Answers != "" {
		fmt.Fprintf(&b, "%s\n", r.Answers)
	}
	if r.File != "" {
		fmt.Fprintf(&b, "File: %s\n", r.File)
	}
	out := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	if len(r.Parameters) > 0 {
		fmt.Fprint(out, "\nPARAMETERS\n")
	}
	for _, p := range r.Parameters {
		def := "required"
		if p.Default != nil {
			def = "default " + *p.Default
		}
		fmt.Fprintf(out, "  %s\t%s\t%s\t%s\n", p.Name, p.wants(), def, p.Meaning)
	}
	out.Flush()
	if len(r.Columns) > 0 {
		fmt.Fprint(out, "\nCOLUMNS\n")
	}
	for _, c := range r.Columns {
		fmt.Fprintf(out, "  %s\t%s\n", c.Name, c.Meaning)
	}
	out.Flush()
	_, err := io.WriteString(w, b.String())
	return err
}
