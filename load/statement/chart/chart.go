// Package chart lays the charts of documents out: rectangles, lines and texts in
// whole units, which HTML draws as SVG and PDF as strokes.
//
//	chart.go     Drawing, Lay
//	columns.go   bars side by side: time
//	bars.go      bars below each other: kinds
//	scale.go     from cents to units
//
// Everything is computed from the cents of the table in integers. A picture
// tells no series from another by its colour alone: each has a hatch.
package chart

import (
	"cmp"

	"fanlake/load/statement/document"
)

// A Drawing is a chart in units of a tenth of a CSS pixel, from its top left
// corner.
type Drawing struct {
	Width, Height int
	Series        []Series
	Marks         []Mark
	Lines         []Line
	Texts         []Text
}

// A Series is a column of the table. Its place in Drawing.Series is its colour
// and its hatch.
type Series struct{ Label string }

// A Mark is the rectangle of an amount.
type Mark struct {
	X, Y, W, H int
	Series     int
	About      string // what it stands for, in words
}

// A Line is of the grid, or the one that stands for zero.
type Line struct {
	X1, Y1, X2, Y2 int
	Zero           bool
}

// An Anchor says where a text is held.
type Anchor string

// The anchors, in the words of SVG.
const (
	Start  Anchor = "start"
	Middle Anchor = "middle"
	End    Anchor = "end"
)

// A Text is a text on its base line.
type Text struct {
	X, Y   int
	Anchor Anchor
	Text   string
}

// Units of every drawing.
const (
	Width    = 7200
	FontSize = 110
	// glyph is the width that is kept for a character of an amount, which is
	// more than a digit takes in any common font.
	glyph = 68
)

// MaxSeries is how many series have a colour and a hatch of their own, and
// maxBars how many bars a chart has room for.
const (
	MaxSeries = 8
	maxBars   = 62
)

// Lay lays out a chart of a table. It returns nil where there is nothing to
// draw: no row, a column that the table lacks or that is not of money, or more
// than a picture can show.
func Lay(t *document.Table, c document.Chart) *Drawing {
	if len(c.Series) == 0 || len(c.Series) > MaxSeries || t.Lazy != nil {
		return nil
	}
	d := &Drawing{Width: Width}
	at := make([]int, len(c.Series))
	for i, name := range c.Series {
		if at[i] = t.Column(name); at[i] < 0 || t.Columns[at[i]].Kind != document.Money {
			return nil
		}
		d.Series = append(d.Series, Series{Label: t.Columns[at[i]].Label})
	}
	var bars []bar
	label := t.Column(c.Label)
	for _, r := range t.Rows {
		if r.Total {
			continue
		}
		b := bar{label: cmp.Or(r.Label, r.Name), short: cmp.Or(r.Label, r.Name)}
		if label >= 0 {
			b.label = r.Cells[label].Print()
			b.short = b.label
			if r.Cells[label].Kind == document.Day {
				b.short = b.label[len(b.label)-2:]
			}
		}
		for i, column := range at {
			b.cents = append(b.cents, r.Cells[column].Number)
			if b.known = b.known || r.Cells[column].Known(); r.Cells[column].Known() {
				b.about = append(b.about, b.label+", "+d.Series[i].Label+": "+r.Cells[column].Print())
			} else {
				b.about = append(b.about, "")
			}
		}
		bars = append(bars, b)
	}
	if len(bars) == 0 || len(bars) > maxBars {
		return nil
	}
	if c.Shape == document.Bars {
		d.bars(bars)
	} else {
		d.columns(bars)
	}
	return d
}

// A bar is a row: its amounts, one a series.
type bar struct {
	label, short string
	known        bool // any amount of it
	cents        []int64
	about        []string
}

// unread stands where nothing is known of a bar.
const unread = "×"

// HasUnread reports whether a table has rows of which no amount that the chart
// shows is known; they bear a sign that the legend has to explain.
func (d *Drawing) HasUnread() bool {
	for _, t := range d.Texts {
		if t.Text == unread {
			return true
		}
	}
	return false
}

// Hatches are the directions of the lines over the marks of a series.
type Hatch struct{ Rising, Falling, Level, Upright bool }

// HatchOf is the hatch of a series by its place.
func HatchOf(series int) Hatch {
	return [MaxSeries]Hatch{{}, {Rising: true}, {Level: true}, {Falling: true}, {Upright: true},
		{Rising: true, Falling: true}, {Level: true, Upright: true}, {Rising: true, Level: true}}[series%MaxSeries]
}
