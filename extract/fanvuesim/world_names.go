package fanvuesim

import "strconv"

// hostile are names and texts that break what handles them without care:
// spreadsheets, terminals, HTML, CSV, fixed columns, one-way text.
var hostile = []string{
	"=1+1", "+CMD|' /C calc'!A0", "-2+3", "@SUM(A1:A9)", "=HYPERLINK(\"http://example.test\",\"x\")",
	"<script>alert(1)</script>", "<b>bold & brave</b>", "O'Hara; DROP TABLE fans;--", "a\"b\\c/d",
	"\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "line one\nline two", "tab\there\r\n", "comma, \"quote\"",
	"\u202eright to left\u202c", "مرحبا", "שלום", "日本語の名前", "🦊🔥", "👩‍👩‍👧‍👦", "e\u0301clair",
	" spaces ", "\u00a0", "\u200bzero\u200bwidth", "null", "NULL", "nan", "0", "{{.Name}}", "${HOME}", "%s%n",
	"\u2028separator\u2029", "\ufeffbom", "../../etc/passwd",
	"Lorem ipsum dolor sit amet, consetetur sadipscing elitr, sed diam nonumy eirmod tempor invidunt ut labore et dolore magna aliquyam erat, sed diam voluptua. At vero eos et accusam et justo duo dolores et e",
}

var plain = []string{"Ava", "Ben", "Cleo", "Dario", "Edda", "Finn", "Greta", "Hugo", "Ines", "Jon", "Kira", "Leo", "Mila", "Nils", "Olga", "Pia"}

// handle returns a person's handle; renames change it.
func (w *World) handle(s spot) string { return string(w.appendHandle(nil, s)) }

func (w *World) appendHandle(b []byte, s spot) []byte {
	switch s.kind() {
	case idFan:
		b = append(b, "fan-"...)
		if !w.opt.PlainNames && s.rest()%17 == 3 {
			b = append(b[:len(b)-4], "-=fän+"...)
		}
	case idCreator:
		b = append(b, "creator-"...)
	default:
		b = append(b, "owner-"...)
	}
	b = strconv.AppendInt(b, int64(s.creator()), 36)
	b = append(b, '.')
	b = strconv.AppendInt(b, s.rest(), 36)
	if n := w.renamed[s]; n > 0 {
		b = append(b, "_v"...)
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return b
}

// displayName returns what a person calls itself.
func (w *World) displayName(s spot) string {
	n := w.renamed[s]
	d := w.roll(diceName, uint64(s), uint64(n))
	if !w.opt.PlainNames && d.one(3) {
		return of(&d, hostile)
	}
	return of(&d, plain)
}

// nickname returns what creator c calls a person, and whether it does.
func (c *creator) nickname(s spot) (string, bool) {
	d := c.w.roll(diceNick, uint64(c.idx), uint64(s))
	if !d.one(6) {
		return "", false
	}
	if !c.w.opt.PlainNames && d.one(2) {
		return of(&d, hostile), true
	}
	return of(&d, plain), true
}

// registered returns when a fan joined the platform.
func (w *World) registered(s spot) millis {
	d := w.roll(diceFan, uint64(s), 1)
	return w.born - 900*day + d.n(300*day)
}
