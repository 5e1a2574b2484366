package pdf

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/bidi"
)

// visual puts a line into the order in which it is drawn, left to right, by the
// Unicode bidirectional algorithm for text without embeddings. auto takes the
// direction of the line from its first letter; else it is left to right.
func visual(line string, auto bool) string {
	if !isMixed(line) {
		return line
	}
	base := bidi.LeftToRight
	if auto && startsRight(line) {
		base = bidi.RightToLeft
	}
	runs := runsOf(line, base)
	var b strings.Builder
	if base == bidi.RightToLeft {
		for i := len(runs) - 1; i >= 0; i-- {
			b.WriteString(runs[i].drawn())
		}
		return b.String()
	}
	// Numbers between right-to-left words move with them.
	for i := 0; i < len(runs); {
		if runs[i].level == 0 {
			b.WriteString(runs[i].drawn())
			i++
			continue
		}
		end := i
		for end < len(runs) && runs[end].level > 0 {
			end++
		}
		for j := end - 1; j >= i; j-- {
			b.WriteString(runs[j].drawn())
		}
		i = end
	}
	return b.String()
}

// A run is a part of a line with one level: even ones run left to right.
type run struct {
	text  string
	level int
}

// drawn is the run in the order in which it is drawn.
func (r run) drawn() string {
	if r.level%2 == 0 {
		return r.text
	}
	runes := []rune(r.text)
	var b strings.Builder
	for end := len(runes); end > 0; {
		start := end - 1
		for start > 0 && unicode.Is(unicode.M, runes[start]) { // marks follow what they stand on
			start--
		}
		b.WriteString(mirrored(runes[start]))
		b.WriteString(string(runes[start+1 : end]))
		end = start
	}
	return b.String()
}

// mirrored is a character that stands between right-to-left letters.
func mirrored(r rune) string {
	if other, ok := map[rune]rune{'<': '>', '>': '<', '«': '»', '»': '«', '‹': '›', '›': '‹', '≤': '≥', '≥': '≤'}[r]; ok {
		return string(other)
	}
	return bidi.ReverseString(string(r)) // brackets
}

// runsOf are the runs of a line in the order in which they are written. The
// package that finds them tells only their directions: on a line from left to
// right, a number that follows right-to-left text is one level deeper.
func runsOf(line string, base bidi.Direction) []run {
	text := pinned(line, base)
	if base == bidi.LeftToRight {
		text = leftToRight + text // makes it the direction of the line
	}
	var p bidi.Paragraph
	if _, err := p.SetString(text, bidi.DefaultDirection(base)); err != nil {
		return []run{{line, 0}}
	}
	order, err := p.Order()
	if err != nil {
		return []run{{line, 0}}
	}
	var all []run
	for i := range order.NumRuns() {
		r := order.Run(i)
		s := strings.NewReplacer(leftToRight, "", rightToLeft, "").Replace(r.String())
		switch {
		case r.Direction() == bidi.RightToLeft:
			all = append(all, run{s, 1})
		case base == bidi.RightToLeft:
			all = append(all, run{s, 2})
		case i == 0:
			all = append(all, run{s, 0})
		default:
			n := number(s)
			if n > 0 {
				all = append(all, run{s[:n], 2})
			}
			if n < len(s) {
				all = append(all, run{s[n:], 0})
			}
		}
	}
	return all
}

// Marks without a width that have a direction. Clean text has none of its own.
const leftToRight, rightToLeft = "\u200e", "\u200f"

// pinned gives brackets the direction that their pair has by the algorithm,
// whose package takes each for itself: that of the line if there is such text
// between them, else that of the text before them.
func pinned(line string, base bidi.Direction) string {
	type bracket struct {
		at          int // in the runes
		has         map[bidi.Direction]bool
		before, pin bidi.Direction
	}
	runes := []rune(line)
	pins := map[int]bidi.Direction{}
	var open []bracket
	before := base
	for i, r := range runes {
		properties, _ := bidi.LookupRune(r)
		switch c := properties.Class(); {
		case c == bidi.L || c == bidi.R || c == bidi.AL:
			before = bidi.LeftToRight
			if c != bidi.L {
				before = bidi.RightToLeft
			}
			for _, b := range open {
				b.has[before] = true
			}
		case properties.IsOpeningBracket():
			open = append(open, bracket{at: i, has: map[bidi.Direction]bool{}, before: before})
		case properties.IsBracket() && len(open) > 0:
			b := open[len(open)-1]
			open = open[:len(open)-1]
			if bidi.ReverseString(string(runes[b.at])) != string(r) || len(b.has) == 0 {
				continue
			}
			if b.pin = b.before; b.has[base] {
				b.pin = base
			}
			pins[b.at], pins[i], before = b.pin, b.pin, b.pin
		}
	}
	var b strings.Builder
	for i, r := range runes {
		mark := ""
		if pin, ok := pins[i]; ok {
			if mark = leftToRight; pin == bidi.RightToLeft {
				mark = rightToLeft
			}
		}
		b.WriteString(mark + string(r) + mark)
	}
	return b.String()
}

// number is how many bytes of a text are the number that it begins with.
func number(s string) int {
	end := 0
	for i, r := range s {
		properties, size := bidi.LookupRune(r)
		switch properties.Class() {
		case bidi.EN, bidi.AN, bidi.ET, bidi.NSM:
			end = i + size
		case bidi.ES, bidi.CS:
		default:
			return end
		}
	}
	return end
}

func isMixed(s string) bool {
	for _, r := range s {
		if isRight(r) {
			return true
		}
	}
	return false
}

// startsRight reports whether the first letter runs from right to left.
func startsRight(s string) bool {
	for _, r := range s {
		properties, _ := bidi.LookupRune(r)
		if properties.Class() == bidi.L {
			return false
		}
		if isRight(r) {
			return true
		}
	}
	return false
}

func isRight(r rune) bool {
	properties, _ := bidi.LookupRune(r)
	return properties.Class() == bidi.R || properties.Class() == bidi.AL
}
