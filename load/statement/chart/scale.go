package chart

import (
	"math/bits"
	"strings"

	"fanlake/load/statement/document"
)

// A scale maps amounts from low (zero or less) to high (zero or more) onto a
// number of units.
type scale struct {
	low, high uint64 // how far it reaches below and above zero, in steps' multiples of cents
	step      uint64
	shift     uint // amounts are halved so often before, where sums of them would not fit
	units     uint64
}

// ticks is how many lines of a grid are wanted at most.
const ticks = 6

// scaleOf makes the scale of stacked bars, or of bars that stand alone.
func scaleOf(bars []bar, units int) scale {
	s := scale{units: uint64(units)}
	for _, b := range bars {
		for _, c := range b.cents {
			if size(c) > 1<<56 {
				s.shift = 8
			}
		}
	}
	for _, b := range bars {
		var up, down uint64
		for _, c := range b.cents {
			if c < 0 {
				down += size(c) >> s.shift
			} else {
				up += size(c) >> s.shift
			}
		}
		s.low, s.high = max(s.low, down), max(s.high, up)
	}
	if s.low+s.high == 0 {
		s.high = 100
	}
	for s.step = 1; ; {
		low, high := roundUp(s.low, s.step), roundUp(s.high, s.step)
		if (low+high)/s.step <= ticks {
			s.low, s.high = low, high
			return s
		}
		s.step = next(s.step)
	}
}

// next is the next of 1, 2, 5, 10, 20, 50, ...
func next(step uint64) uint64 {
	lead := step
	for lead >= 10 {
		lead /= 10
	}
	if lead == 2 {
		return step / 2 * 5
	}
	return step * 2
}

func roundUp(v, step uint64) uint64 { return (v + step - 1) / step * step }

// size is the distance of an amount from zero.
func size(cents int64) uint64 {
	if cents < 0 {
		return -uint64(cents)
	}
	return uint64(cents)
}

// length is how many units an amount takes, whatever its sign.
func (s scale) length(v uint64) int {
	hi, lo := bits.Mul64(v, s.units)
	lo, carry := bits.Add64(lo, (s.low+s.high)/2, 0)
	q, _ := bits.Div64(hi+carry, lo, s.low+s.high)
	return int(q)
}

// tickLabel is a multiple of the step as an amount, without cents where there
// are none.
func (s scale) tickLabel(v uint64, negative bool) string {
	if s.shift > 0 && v<<s.shift>>s.shift != v || v<<s.shift > 1<<63-1 {
		return "" // beyond what can be written
	}
	cents := int64(v << s.shift)
	if negative {
		cents = -cents
	}
	return strings.TrimSuffix(document.Dollars(cents), ".00")
}

// A tick is a line of the grid.
type tick struct {
	offset int // units above zero, or below it
	label  string
}

func (s scale) ticks() []tick {
	var all []tick
	for v := s.low; v > 0; v -= s.step {
		all = append(all, tick{-s.length(v), s.tickLabel(v, true)})
	}
	for v := uint64(0); v <= s.high; v += s.step {
		all = append(all, tick{s.length(v), s.tickLabel(v, false)})
	}
	return all
}
