package chart

// columns lays bars out side by side on a line for zero.
func (d *Drawing) columns(bars []bar) {
	const top, plot, foot, right = 80, 2000, 220, 60
	d.Height = top + plot + foot
	s := scaleOf(bars, plot)
	grid := s.ticks()
	left := 0
	for _, t := range grid {
		left = max(left, len(t.label)*glyph+80)
	}
	zero := top + s.length(s.high)
	for _, t := range grid {
		d.Lines = append(d.Lines, Line{left, zero - t.offset, Width - right, zero - t.offset, t.offset == 0})
		d.Texts = append(d.Texts, Text{left - 60, zero - t.offset + FontSize/3, End, t.label})
	}
	pitch := (Width - right - left) / len(bars)
	wide := min(pitch*7/10, 420)
	every := 1 // how many bars share a label
	for _, b := range bars {
		if n := len([]rune(b.short)); n*glyph+40 > pitch*every {
			every = (n*glyph + 40 + pitch - 1) / pitch
		}
	}
	for i, b := range bars {
		middle := left + i*pitch + pitch/2
		if i%every == 0 {
			d.Texts = append(d.Texts, Text{middle, top + plot + 150, Middle, b.short})
		}
		if !b.known {
			d.Texts = append(d.Texts, Text{middle, zero - 30, Middle, unread})
			continue
		}
		d.stack(s, b, func(series, from, to int) Mark {
			// Ends are computed and not lengths, so that no gap opens between marks.
			return Mark{X: middle - wide/2, Y: zero - max(from, to), W: wide, H: max(from, to) - min(from, to), Series: series}
		})
	}
}

// stack adds the marks of a bar, which place puts between two distances from
// zero, less than zero below the line.
func (d *Drawing) stack(s scale, b bar, place func(series, from, to int) Mark) {
	var up, down uint64
	for i, c := range b.cents {
		v := size(c) >> s.shift
		from, to := 0, 0
		switch {
		case v == 0:
			continue
		case c < 0:
			from, to = -s.length(down), -s.length(down+v)
			down += v
		default:
			from, to = s.length(up), s.length(up+v)
			up += v
		}
		m := place(i, from, to)
		if m.W == 0 || m.H == 0 {
			m.W, m.H = max(m.W, 1), max(m.H, 1) // seen, though less than a unit
		}
		m.About = b.about[i]
		d.Marks = append(d.Marks, m)
	}
}
