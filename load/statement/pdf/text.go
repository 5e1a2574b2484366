package pdf

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"fanlake/load/terminal"
)

// box stands for characters that the fonts do not have.
const box = '□'

// maxMarks is how many marks may stand on one character.
const maxMarks = 3

// clean is a text as it can be printed: what hides or turns text is its escape,
// what the fonts do not have is one box.
func (p *press) clean(s string) string {
	var b strings.Builder
	marks, boxed := 0, false
	for _, r := range norm.NFC.String(strings.ToValidUTF8(s, "\ufffd")) {
		isMark := unicode.Is(unicode.M, r)
		switch {
		case isMark && p.faces.covered[r]:
			if marks++; marks <= maxMarks && !boxed {
				b.WriteRune(r)
			}
			continue
		case isMark || r == 0x200c || r == 0x200d: // of a script or a picture that is boxed, or without effect
			continue
		case p.faces.covered[r]:
			b.WriteRune(r)
			boxed = false
		case terminal.Printable(string(r)) != string(r):
			b.WriteString(terminal.Printable(string(r)))
			boxed = false
		default:
			if !boxed {
				b.WriteRune(box)
			}
			boxed, p.omitted = true, true
		}
		marks = 0
	}
	return b.String()
}

// label is a clean text of a table; a creator who has no printable name is
// named by the handle there too.
func (p *press) label(s string) string {
	if c := p.doc.Creator; p.named && s == c.Label {
		s = "@" + c.Handle
	}
	return p.clean(s)
}

// ellipsis ends text that was cut.
const ellipsis = "…"

// fit is a text on one line of a width, cut if it has to be.
func (p *press) fit(s string, width float64) string {
	lines := p.lines(p.clean(s), width, 1)
	if len(lines) == 0 {
		return ""
	}
	return lines[0]
}

// slack is what widths that were computed in two ways may differ by.
const slack = 0.05

// lines breaks clean text into at most so many lines, between words where that
// is possible.
func (p *press) lines(s string, width float64, most int) []string {
	width += slack
	if p.GetStringWidth(s) <= width {
		return []string{s}
	}
	var all []string
	line := ""
	for _, word := range strings.Fields(s) {
		if line != "" {
			if p.GetStringWidth(line+" "+word) <= width {
				line += " " + word
				continue
			}
			all, line = append(all, line), ""
		}
		for {
			head, tail := p.cut(word, width)
			if tail == "" {
				line = head
				break
			}
			if all, word = append(all, head), tail; len(all) > most {
				break
			}
		}
		if len(all) > most {
			break
		}
	}
	if line != "" {
		all = append(all, line)
	}
	if len(all) > most {
		all = all[:most]
		last, _ := p.cut(all[most-1], width-p.GetStringWidth(ellipsis))
		all[most-1] = last + ellipsis
	}
	return all
}

// cut splits a word behind what fits on a line, at least one character.
func (p *press) cut(word string, width float64) (head, tail string) {
	sum := 0.0
	for i, r := range word {
		sum += p.GetStringWidth(string(r))
		if i > 0 && sum > width && !unicode.Is(unicode.M, r) {
			return word[:i], word[i:]
		}
	}
	return word, ""
}
