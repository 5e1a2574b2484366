package pdf

import (
	"fanlake/load/statement/chart"
	"fanlake/load/statement/document"
)

// colours are those of the series, of whose contrast with white the same is true
// as in HTML.
func colours() [chart.MaxSeries][3]int {
	return [...][3]int{{0x1f, 0x5f, 0xa8}, {0xb3, 0x59, 0x00}, {0x2b, 0x7a, 0x31}, {0x7b, 0x3f, 0xa0},
		{0xa3, 0x19, 0x5b}, {0x00, 0x72, 0x7a}, {0x5d, 0x5d, 0x5d}, {0x80, 0x64, 0x0a}}
}

// A figure is a chart that is about to be printed.
type figure struct {
	*chart.Drawing
	about         string
	scale, height float64 // of the picture; with its title and legend
}

// figures are the charts of a table that fit half a page.
func (p *press) figures(t *document.Table) []figure {
	var all []figure
	for _, c := range t.Charts {
		scale := p.width / chart.Width
		if d := chart.Lay(t, c); d != nil && float64(d.Height)*scale <= (p.bottom-margin)/2 {
			all = append(all, figure{d, c.Title + ". " + c.About, scale, float64(d.Height)*scale + 5*rowSize*leading})
		}
	}
	return all
}

// figure prints a chart with its title and its legend.
func (p *press) figure(f figure) {
	d, scale := f.Drawing, f.scale
	p.font(false, rowSize)
	p.room(f.height)
	p.gray(ink)
	p.paragraph(f.about, margin, p.width, 4)
	p.legend(d)
	p.y += 3
	top := p.y
	at := func(x, y int) (float64, float64) { return margin + float64(x)*scale, top + float64(y)*scale }
	for _, l := range d.Lines {
		p.stroke(l, at)
	}
	for _, m := range d.Marks {
		x, y := at(m.X, m.Y)
		p.mark(x, y, float64(m.W)*scale, float64(m.H)*scale, m.Series)
	}
	for _, l := range d.Lines {
		if l.Zero {
			p.stroke(l, at)
		}
	}
	p.font(false, chart.FontSize*scale*0.9)
	p.gray(ink)
	for _, text := range d.Texts {
		x, y := at(text.X, text.Y)
		line := visual(p.label(text.Text), true)
		switch wide := p.GetStringWidth(line); text.Anchor {
		case chart.Middle:
			x -= wide / 2
		case chart.End:
			x -= wide
		}
		if line != "" {
			p.Text(x, y, line)
		}
	}
	p.y = top + float64(d.Height)*scale + 4
}

func (p *press) stroke(l chart.Line, at func(x, y int) (float64, float64)) {
	gray, thick := hair, 0.4
	if l.Zero {
		gray, thick = ink, 0.8
	}
	p.SetDrawColor(gray, gray, gray)
	p.SetLineWidth(thick)
	x1, y1 := at(l.X1, l.Y1)
	x2, y2 := at(l.X2, l.Y2)
	p.Line(x1, y1, x2, y2)
}

// legend names the series, next to their colour and hatch.
func (p *press) legend(d *chart.Drawing) {
	const wide, high = 13.0, 7.0
	x := margin
	entry := func(label string, series int) {
		label = p.fit(label, p.width-wide-16)
		if need := wide + 4 + p.GetStringWidth(label); x > margin && x+need > margin+p.width {
			x, p.y = margin, p.y+p.line()
		}
		if series >= 0 {
			p.mark(x, p.y+p.size*1.02-high+0.5, wide, high, series)
			x += wide + 4
		}
		p.put(x, p.y, label)
		x += p.GetStringWidth(label) + 12
	}
	p.y += 1
	for i, s := range d.Series {
		entry(s.Label, i)
	}
	if d.HasUnread() {
		entry("× nothing is known", -1)
	}
	p.y += p.line()
}

// mark fills the rectangle of an amount with the colour and hatch of its series.
func (p *press) mark(x, y, w, h float64, series int) {
	c := colours()[series]
	p.SetFillColor(c[0], c[1], c[2])
	p.Rect(x, y, w, h, "F")
	hatch := chart.HatchOf(series)
	if hatch == (chart.Hatch{}) || w < 1 || h < 0.5 {
		return
	}
	p.ClipRect(x, y, w, h, false)
	p.SetDrawColor(255, 255, 255)
	p.SetLineWidth(1)
	const step = 4.5
	if hatch.Level {
		for v := y + step/2; v < y+h; v += step {
			p.Line(x, v, x+w, v)
		}
	}
	if hatch.Upright {
		for v := x + step/2; v < x+w; v += step {
			p.Line(v, y, v, y+h)
		}
	}
	for v := x - h; v < x+w; v += step * 1.4 {
		if hatch.Rising {
			p.Line(v, y+h, v+h, y)
		}
		if hatch.Falling {
			p.Line(v, y, v+h, y+h)
		}
	}
	p.ClipEnd()
}
