package pdf

import (
	"strings"

	"fanlake/load/statement/document"
)

// Measures of tables, in points.
const (
	gap      = 8.0  // between columns
	above    = 1.6  // in a row, above and below its text
	narrow   = 70.0 // what a column of text is not made smaller than if others can be
	smallest = 4.0  // of fonts, where amounts are astronomical
	maxHead  = 4    // lines of a head
)

// A grid is a table that is being printed.
type grid struct {
	*press
	table  *document.Table
	size   float64 // of its font
	wide   float64 // the whole of it
	widths []float64
	right  []bool // columns whose cells end on the right
	most   int    // lines of a row
}

// table prints a section: heading, charts, rows, notes.
func (p *press) table(t *document.Table) {
	p.y += 14
	g := p.gridOf(t)
	p.gray(ink)
	figures := p.figures(t)
	follows := 4 * rowSize * leading
	if len(figures) > 0 {
		follows = figures[0].height
	}
	p.heading(t.Title, follows)
	for _, f := range figures {
		p.figure(f)
	}
	rows := 0
	for r := range t.All() {
		if rows++; rows == 1 {
			p.room(3 * rowSize * leading)
			g.heads()
		}
		g.row(r)
	}
	p.font(false, bodySize)
	if rows == 0 {
		p.paragraph(t.Empty, margin, p.width, 4)
	}
	p.font(false, noteSize)
	p.gray(muted)
	p.y += 2
	for _, n := range t.Notes {
		p.paragraph(n, margin, p.width, maxNote)
	}
	p.gray(ink)
}

// gridOf finds the columns' widths: figures are never broken while the font can
// be made smaller; text is, over lines.
func (p *press) gridOf(t *document.Table) *grid {
	g := &grid{press: p, table: t, size: rowSize, widths: make([]float64, 1+len(t.Columns)), right: make([]bool, 1+len(t.Columns))}
	p.font(true, rowSize)                    // the wider one
	floors := make([]float64, len(g.widths)) // what a column is not made smaller than if others can be
	floors[0], g.widths[0] = narrow, p.GetStringWidth(p.clean(t.Heading))
	for i, c := range t.Columns {
		g.right[i+1] = c.Kind.IsNumber() || c.Kind == document.Mixed
		g.widths[i+1] = p.headWidth(c.Label)
		if floors[i+1] = g.widths[i+1]; c.Kind == document.Text || c.Kind == document.Mixed {
			floors[i+1] = narrow
		}
	}
	for r := range t.All() {
		g.widths[0] = max(g.widths[0], p.GetStringWidth(p.label(r.Label)))
		for i, c := range r.Cells {
			wide := p.GetStringWidth(g.shown(c, i))
			if g.widths[i+1] = max(g.widths[i+1], wide); c.Kind != document.Text {
				floors[i+1] = max(floors[i+1], wide)
			}
		}
	}
	g.shrink(floors)
	g.wide = gap * float64(len(t.Columns))
	for _, w := range g.widths {
		g.wide += w
	}
	g.most = max(1, int((p.bottom-margin-float64(maxHead)*g.size*leading-6*above)/(g.size*leading))-1)
	return g
}

// headWidth is what a head needs: it may be broken between words, and within
// them where they are longer than anything.
func (p *press) headWidth(label string) float64 {
	label = p.clean(label)
	room := 52.0
	for word := range strings.FieldsSeq(label) {
		room = max(room, p.GetStringWidth(word))
	}
	wide := 0.0
	for _, line := range p.lines(label, min(room, 2*narrow), maxHead) {
		wide = max(wide, p.GetStringWidth(line))
	}
	return wide
}

// shrink makes the columns fit the page.
func (g *grid) shrink(floors []float64) {
	for {
		free := g.press.width - gap*float64(len(g.widths)-1)
		wants, least := 0.0, 0.0
		for i, w := range g.widths {
			wants += w
			least += min(w, floors[i])
		}
		switch {
		case wants <= free && len(g.table.Columns) > 1: // the whole width
			for i := range g.widths {
				g.widths[i] += (free - wants) / float64(len(g.widths))
			}
			return
		case wants <= free: // pairs stand together
			g.widths[0] = min(max(g.widths[0], 200), free-g.widths[1])
			return
		case least <= free:
			g.share(floors, free)
			return
		case g.size > smallest:
			scale := max(0.85, smallest/g.size)
			g.size *= scale
			for i := range g.widths {
				g.widths[i] *= scale
				floors[i] *= scale
			}
		default: // more than fits any page: everything is broken
			for i := range g.widths {
				g.widths[i] *= free / wants
			}
			return
		}
	}
}

// share takes from the widest columns what is too much, down to the floors.
func (g *grid) share(floors []float64, free float64) {
	low, high := 0.0, free
	for range 40 { // halves until nothing is left to halve
		limit, sum := (low+high)/2, 0.0
		for i, w := range g.widths {
			sum += min(w, max(floors[i], limit))
		}
		if sum > free {
			high = limit
		} else {
			low = limit
		}
	}
	for i, w := range g.widths {
		g.widths[i] = min(w, max(floors[i], low))
	}
}

// shown is a cell on paper.
func (g *grid) shown(c document.Cell, column int) string {
	switch kind := g.table.Columns[column].Kind; {
	case c.Known() && c.Kind == document.Text:
		return g.label(c.Text)
	case c.Known():
		return c.Print()
	case kind == document.Mixed:
		return document.Absent
	case kind == document.Text:
		return ""
	}
	return "—"
}

// heads prints the heads of the columns.
func (g *grid) heads() {
	g.font(true, g.size)
	g.gray(ink)
	cells := [][]string{g.press.lines(g.clean(g.table.Heading), g.widths[0], maxHead)}
	deepest := len(cells[0])
	for i, c := range g.table.Columns {
		lines := g.press.lines(g.clean(c.Label), g.widths[i+1], maxHead)
		cells = append(cells, lines)
		deepest = max(deepest, len(lines))
	}
	for i, lines := range cells { // they stand on the line below them
		for len(lines) < deepest {
			lines = append([]string{""}, lines...)
		}
		cells[i] = lines
	}
	g.set(cells, deepest)
	g.rule(g.wide, ink, 0.8)
}

// row prints a row, on the next page if it would not fit whole on this one.
func (g *grid) row(r document.Row) {
	g.font(r.Total, g.size)
	cells := [][]string{g.press.lines(g.label(r.Label), g.widths[0], g.most)}
	deepest := len(cells[0])
	for i, c := range r.Cells {
		lines := g.press.lines(g.shown(c, i), g.widths[i+1], g.most)
		cells = append(cells, lines)
		deepest = max(deepest, len(lines))
	}
	height := float64(deepest)*g.line() + 2*above
	if g.y+height > g.bottom {
		g.page()
		g.heads()
		g.font(r.Total, g.size)
	}
	if r.Total {
		g.SetFillColor(band, band, band)
		g.Rect(margin, g.y, g.wide, height, "F")
	}
	g.set(cells, deepest)
	if r.Total {
		g.rule(g.wide, ink, 0.5)
	} else {
		g.rule(g.wide, hair, 0.4)
	}
}

// set prints the lines of cells, cell by cell, as they are read.
func (g *grid) set(cells [][]string, deepest int) {
	x := margin
	for i, lines := range cells {
		for j, line := range lines {
			line = visual(line, true)
			if line == "" {
				continue
			}
			at := x
			if g.right[i] {
				at += g.widths[i] - g.GetStringWidth(line)
			}
			g.Text(at, g.y+above+float64(j)*g.line()+g.size*1.02, line)
		}
		x += g.widths[i] + gap
	}
	g.y += float64(deepest)*g.line() + 2*above
}
