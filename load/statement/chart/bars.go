package chart

import (
	"fanlake/load/statement/document"
)

// bars lays bars out below each other, with their labels on the left and what
// they come to on the right.
func (d *Drawing) bars(bars []bar) {
	const top, pitch, thick = 40, 240, 150
	const labels = 1700
	d.Height = top + pitch*len(bars) + 40
	amounts := make([]string, len(bars))
	right := 0
	for i, b := range bars {
		if amounts[i] = unread; b.known {
			amounts[i] = total(b)
		}
		right = max(right, len(amounts[i])*glyph+100)
	}
	s := scaleOf(bars, Width-labels-right)
	zero := labels + s.length(s.low)
	for i, b := range bars {
		middle := top + pitch*i + pitch/2
		d.Texts = append(d.Texts, Text{labels - 60, middle + FontSize/3, End, short(b.label)})
		end := zero
		d.stack(s, b, func(series, from, to int) Mark {
			end = max(end, zero+max(from, to))
			return Mark{X: zero + min(from, to), Y: middle - thick/2, W: max(from, to) - min(from, to), H: thick, Series: series}
		})
		d.Texts = append(d.Texts, Text{end + 50, middle + FontSize/3, Start, amounts[i]})
	}
	d.Lines = append(d.Lines, Line{zero, top, zero, top + pitch*len(bars), true})
}

// total is what a bar with one amount comes to: of several it says nothing, for
// a form of a document adds nothing up.
func total(b bar) string {
	if len(b.cents) != 1 {
		return ""
	}
	return document.Dollars(b.cents[0])
}

// maxLabel is how many characters a label on the left has room for.
const maxLabel = 22

func short(label string) string {
	runes := []rune(label)
	if len(runes) <= maxLabel {
		return label
	}
	return string(runes[:maxLabel-1]) + "…"
}
