package html

import (
	"strings"
	"unicode"

	"fanlake/load/terminal"
)

// maxMarks is how many marks may stand on one character: scripts need three or
// four, and a heap of them would be drawn over the lines around it.
const maxMarks = 5

// shown is a text as a page shows it. What hides or turns text becomes its
// escape, but for what scripts and emoji need to be written at all: joiners and
// the signs that choose a form, behind a character that is seen.
func shown(s string) string {
	var b strings.Builder
	var before rune
	marks := 0
	for _, r := range s {
		switch {
		case isJoiner(r):
			if before != 0 && !isJoiner(before) {
				b.WriteRune(r)
			} else {
				b.WriteString(terminal.Printable(string(r)))
			}
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r):
			if marks++; marks <= maxMarks {
				b.WriteRune(r)
			}
			continue
		default:
			b.WriteString(terminal.Printable(string(r)))
			marks = 0
		}
		before = r
	}
	return b.String()
}

// isJoiner reports whether a character joins its neighbours or keeps them apart.
func isJoiner(r rune) bool { return r == 0x200c || r == 0x200d }
