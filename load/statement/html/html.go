// Package html prints documents as pages: one file each, that asks nothing of
// anybody. It has no script and names no remote address, its policy forbids all
// but its own style sheet, and it reads in light, in dark and on paper.
//
//	html.go      Write: the document as the template wants it
//	text.go      what of a text is shown
//	page.tmpl    the page, escaped by its context
//	style.css    how it looks; its palette is tested for contrast
//
// What people typed stands in elements of their own direction, so that it can
// turn nothing around it. Equal documents give equal bytes.
package html

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"io"
	"strconv"
	"sync"

	"fanlake/load/statement/chart"
	"fanlake/load/statement/document"
)

//go:embed page.tmpl style.css
var files embed.FS

// A form is the page without a document.
type form struct {
	template *template.Template
	style    template.CSS
	policy   string
}

// load reads the form once: it never changes.
var load = sync.OnceValues(func() (*form, error) {
	style, err := files.ReadFile("style.css")
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256(style)
	t, err := template.ParseFS(files, "page.tmpl")
	if err != nil {
		return nil, err
	}
	return &form{t, template.CSS(style), "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) +
		"'; base-uri 'none'; form-action 'none'"}, nil
})

// A page is a document as the template wants it.
type page struct {
	Title, Name, State, Reason, Notice string
	Policy                             string
	Style                              template.CSS
	Hatches                            []chart.Hatch
	Fields                             []document.Field
	Tables                             []table
	Notes                              []string
}

type table struct {
	ID, Title, Caption, Unit, Empty string
	Narrow                          bool // of a label and a value
	Heads                           []cell
	Rows                            []row
	Notes                           []string
	Charts                          []figure
}

type row struct {
	Label string
	Total bool
	Cells []cell
}

type cell struct {
	Text, Class string
	Absent      bool
}

type figure struct {
	*chart.Drawing
	ID, Title, About string
	Unread           bool
	Over             []chart.Line // zero again, above the marks
}

// Write writes the document as one HTML page. Its transactions are not on it:
// they are a file of their own.
func Write(w io.Writer, d *document.Document) error {
	f, err := load()
	if err != nil {
		return err
	}
	p := page{Title: shown(d.Title), Name: shown(d.ID + " v" + strconv.Itoa(d.Version)), State: shown(string(d.State)), Reason: shown(d.StateReason),
		Notice: shown(d.Notice), Policy: f.policy, Style: f.style, Notes: all(d.Notes)}
	for _, field := range d.Header() {
		p.Fields = append(p.Fields, document.Field{Label: shown(field.Label), Lines: all(field.Lines)})
	}
	for i, t := range d.Sections {
		p.Tables = append(p.Tables, tableOf(t, "section"+strconv.Itoa(i+1), d))
		if len(p.Tables[i].Charts) > 0 && p.Hatches == nil {
			for s := range chart.MaxSeries {
				p.Hatches = append(p.Hatches, chart.HatchOf(s))
			}
		}
	}
	return f.template.ExecuteTemplate(w, "page", p)
}

func all(texts []string) []string {
	var list []string
	for _, s := range texts {
		list = append(list, shown(s))
	}
	return list
}

func tableOf(t *document.Table, id string, d *document.Document) table {
	v := table{ID: id, Title: shown(t.Title), Empty: shown(t.Empty), Notes: all(t.Notes), Narrow: len(t.Columns) == 1}
	v.Caption = shown(t.Title + " of " + d.ID + ".")
	v.Heads = append(v.Heads, cell{Text: shown(t.Heading)})
	for _, c := range t.Columns {
		if c.Kind == document.Money || c.Kind == document.Mixed {
			v.Unit = shown("Amounts in " + d.Currency)
		}
		label := c.Label
		if label == "" {
			label = "Value"
		}
		v.Heads = append(v.Heads, cell{Text: shown(label), Class: class(c.Kind)})
	}
	for r := range t.All() {
		line := row{Label: shown(r.Label), Total: r.Total}
		for i, c := range r.Cells {
			line.Cells = append(line.Cells, cell{Text: shown(c.Print()), Absent: !c.Known() && t.Columns[i].Kind != document.Text, Class: class(t.Columns[i].Kind)})
		}
		v.Rows = append(v.Rows, line)
	}
	for i, c := range t.Charts {
		if drawing := chart.Lay(t, c); drawing != nil {
			v.Charts = append(v.Charts, figureOf(drawing, c, id+"-chart"+strconv.Itoa(i+1)))
		}
	}
	return v
}

func figureOf(d *chart.Drawing, c document.Chart, id string) figure {
	f := figure{Drawing: d, ID: id, Title: shown(c.Title), About: shown(c.About), Unread: d.HasUnread()}
	for _, l := range d.Lines {
		if l.Zero {
			f.Over = append(f.Over, l)
		}
	}
	for i := range d.Texts {
		d.Texts[i].Text = shown(d.Texts[i].Text)
	}
	for i := range d.Marks {
		d.Marks[i].About = shown(d.Marks[i].About)
	}
	for i := range d.Series {
		d.Series[i].Label = shown(d.Series[i].Label)
	}
	return f
}

// class is how cells of a kind are set.
func class(k document.Kind) string {
	switch {
	case k.IsNumber():
		return "n"
	case k == document.Mixed:
		return "m"
	case k == document.Text:
		return "text"
	}
	return "t"
}
