// Package pdf prints documents as PDF, without a browser.
//
//	pdf.go      Write: pages, header, notes, footer
//	table.go    tables: columns, rows that stay whole, heads on every page
//	figure.go   charts
//	text.go     what of a text can be printed, its lines
//	bidi.go     the order in which a line is drawn
//	face.go     the fonts
//	fonts/      DejaVu Sans Condensed: Latin, Greek, Cyrillic, Hebrew
//
// The figures are the document's as [document.Cell.Print] writes them, in the
// order in which a text is read. Characters of other scripts are not printed as
// something else: a creator with such a name is named by the handle, other text
// has □ in their place, and a note at the end says so and names the HTML form.
//
// Equal documents give equal bytes: the file's dates are the document's data
// cut-off, and it has no other clock and no random id.
package pdf

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"fanlake/load/statement/document"
)

// A Paper is a size of paper.
type Paper string

// The sizes.
const (
	A4     Paper = "A4"
	Letter Paper = "Letter"
)

// Options choose how a document is printed.
type Options struct {
	Paper Paper // A4 if empty
}

// ParsePaper reads the name of a paper, whatever its case.
func ParsePaper(name string) (Paper, error) {
	for _, p := range []Paper{A4, Letter} {
		if strings.EqualFold(name, string(p)) {
			return p, nil
		}
	}
	return "", fmt.Errorf("paper %q: want a4 or letter", name)
}

// Measures, in points.
const (
	margin   = 42.0
	foot     = 46.0 // what is kept free for the footer
	bodySize = 8.5
	rowSize  = 8.0
	noteSize = 7.0
	leading  = 1.32 // of the size of the font
)

// A gray is a colour without a colour: 0 is black.
const (
	ink   = 20
	muted = 88
	hair  = 190
	band  = 240
)

// A press prints one document.
type press struct {
	*fpdf.Fpdf
	doc           *document.Document
	faces         *faces
	width, bottom float64 // of what may be printed on
	y             float64 // where the next thing goes
	bold          bool
	size          float64
	named         bool // the creator is named by the handle
	omitted       bool // some text has □ in it
}

// Write writes the document as PDF. Its transactions are not in it: they are a
// file of their own.
func Write(w io.Writer, d *document.Document, o Options) error {
	faces, err := load()
	if err != nil {
		return err
	}
	if o.Paper == "" {
		o.Paper = A4
	}
	p := &press{Fpdf: fpdf.New("P", "pt", string(o.Paper), ""), faces: faces, doc: d}
	p.describe()
	p.AddUTF8FontFromBytes(family, "", faces.regular)
	p.AddUTF8FontFromBytes(family, "B", faces.boldface)
	width, height := p.GetPageSize()
	p.width, p.bottom = width-2*margin, height-foot
	p.SetMargins(margin, margin, margin)
	p.SetAutoPageBreak(false, 0)
	p.page()
	p.header()
	for _, t := range d.Sections {
		p.table(t)
	}
	p.notes()
	p.footers()
	if err := p.Output(w); err != nil {
		return fmt.Errorf("pdf of %s: %w", d.ID, err)
	}
	return nil
}

// describe sets what the file says of itself.
func (p *press) describe() {
	at := p.doc.Issued.UTC()
	if at.IsZero() { // which the library takes for now
		at = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	p.SetCreationDate(at)
	p.SetModificationDate(at)
	p.SetCatalogSort(true)
	p.SetTitle(p.clean(p.doc.ID+" v"+strconv.Itoa(p.doc.Version)+" "+p.doc.Title), true)
	p.SetSubject(p.clean(p.doc.Notice), true)
	p.SetCreator(p.clean("fanlake "+p.doc.ToolVersion), true)
	p.SetLang("en")
	p.omitted = false
}

func (p *press) page() {
	p.AddPage()
	p.y = margin
	p.font(p.bold, p.size)
}

// room breaks the page if there is less than so much left.
func (p *press) room(height float64) {
	if p.y+height > p.bottom {
		p.page()
	}
}

// font sets the font; a size of zero stands for that of the body.
func (p *press) font(bold bool, size float64) {
	if size == 0 {
		size = bodySize
	}
	p.bold, p.size = bold, size
	style := ""
	if bold {
		style = "B"
	}
	p.SetFont(family, style, size)
}

func (p *press) gray(v int) { p.SetTextColor(v, v, v) }

// line is the height of a line of the current font.
func (p *press) line() float64 { return p.size * leading }

// header prints whose, what and when.
func (p *press) header() {
	d := p.doc
	p.gray(ink)
	p.font(true, 13)
	p.paragraph(d.Title, margin, p.width, 4)
	p.y += 2
	p.font(true, 9.5)
	p.paragraph(d.ID+" v"+strconv.Itoa(d.Version)+"   "+strings.ToUpper(string(d.State)), margin, p.width, 4)
	p.font(false, bodySize)
	p.gray(muted)
	p.paragraph(d.StateReason, margin, p.width, 4)
	p.y += 4
	p.rule(p.width, ink, 1)
	p.y += 5
	const label = 58.0
	for _, f := range p.nameable().Header() {
		for i, text := range f.Lines {
			p.room(p.line())
			if i == 0 {
				p.gray(muted)
				p.put(margin, p.y, p.fit(f.Label, label))
			}
			p.gray(ink)
			p.paragraph(text, margin+label, p.width-label, 8)
		}
	}
	p.gray(ink)
}

// nameable is the document with a creator whose name can be printed.
func (p *press) nameable() *document.Document {
	d := *p.doc
	if d.Creator.Handle != "" && !p.faces.spells(d.Creator.Label) && p.faces.spells(d.Creator.Handle) {
		d.Creator.Label, d.Creator.Handle = "@"+d.Creator.Handle, ""
		p.named = true
	}
	return &d
}

// paragraph prints text from left to right in at most so many lines, over pages
// if need be.
func (p *press) paragraph(text string, x, width float64, most int) {
	for _, line := range p.lines(p.clean(text), width, most) {
		p.room(p.line())
		p.put(x, p.y, line)
		p.y += p.line()
	}
}

// put prints a line of clean text whose top left corner is given.
func (p *press) put(x, y float64, line string) {
	if line = visual(line, false); line != "" {
		p.Text(x, y+p.size*1.02, line)
	}
}

// rule draws a line from the left margin.
func (p *press) rule(width float64, gray int, thick float64) {
	p.SetDrawColor(gray, gray, gray)
	p.SetLineWidth(thick)
	p.Line(margin, p.y, margin+width, p.y)
}

// maxNote is how many lines a note may have.
const maxNote = 60

func (p *press) notes() {
	notes := p.doc.Notes
	if p.named {
		notes = append(notes[:len(notes):len(notes)], "The creator is named by the handle here, for want of letters; the HTML form of this document has the name.")
	}
	if p.omitted {
		notes = append(notes[:len(notes):len(notes)], "□ stands where this form has no letters for what was written; the HTML form of this document shows it.")
	}
	if len(notes) == 0 {
		return
	}
	p.y += 14
	p.heading("Notes", 3*noteSize*leading)
	p.font(false, noteSize)
	for _, n := range notes {
		p.gray(muted)
		p.paragraph(n, margin, p.width, maxNote)
		p.y += 1.5
	}
	p.gray(ink)
}

// heading prints the heading of a section, on the page on which so much of what
// follows can begin.
func (p *press) heading(text string, follows float64) {
	p.font(true, 10)
	lines := p.lines(p.clean(text), p.width, 4)
	p.room(float64(len(lines))*p.line() + 4 + follows)
	for _, line := range lines {
		p.put(margin, p.y, line)
		p.y += p.line()
	}
	p.y += 4
}

// footers prints the notice and the number on every page.
func (p *press) footers() {
	pages := p.PageCount()
	for i := 1; i <= pages; i++ {
		p.SetPage(i)
		p.y = p.bottom + 10
		p.rule(p.width, hair, 0.5)
		p.font(false, noteSize)
		p.gray(muted)
		number := p.fit(p.doc.ID, p.width/3) + " v" + strconv.Itoa(p.doc.Version) + " · page " + strconv.Itoa(i) + " of " + strconv.Itoa(pages)
		wide := p.GetStringWidth(number)
		p.put(margin, p.y+4, p.fit(p.doc.Notice, p.width-wide-12))
		p.put(margin+p.width-wide, p.y+4, number)
	}
}
