// Package terminal makes text of strangers harmless for a person's terminal: what
// the API or a file says may hold escapes that a terminal obeys.
package terminal

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// Printable replaces every character that a terminal could obey or that hides
// what a text says: control characters, escapes, direction marks, invisible
// characters and bytes that are not UTF-8. Such a one becomes its escape as in
// Go, such as \x1b.
func Printable(s string) string {
	clean := true
	for _, r := range s {
		if !isPrintable(r) {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if isPrintable(r) {
			b.WriteRune(r)
			continue
		}
		b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
	}
	return b.String()
}

// A writer makes lines printable.
type writer struct {
	w    io.Writer
	line []byte // that has not ended
}

// Writer returns a writer for a person's terminal: what is written passes to w
// line by line, each made [Printable]. A line without an end is kept back.
func Writer(w io.Writer) io.Writer { return &writer{w: w} }

func (t *writer) Write(p []byte) (int, error) {
	t.line = append(t.line, p...)
	end := bytes.LastIndexByte(t.line, '\n')
	if end < 0 {
		return len(p), nil
	}
	var b strings.Builder
	for line := range bytes.Lines(t.line[:end+1]) {
		b.WriteString(Printable(string(line[:len(line)-1])))
		b.WriteByte('\n')
	}
	t.line = append(t.line[:0], t.line[end+1:]...)
	if _, err := io.WriteString(t.w, b.String()); err != nil {
		return 0, err
	}
	return len(p), nil
}

func isPrintable(r rune) bool {
	return unicode.IsPrint(r) && r != unicode.ReplacementChar && !isBlank(r)
}

// isBlank reports whether a letter, mark or symbol shows nothing, though it is no
// space: what has no form by its definition, as fillers of Hangul and selectors of
// variants, and Braille without a dot. The variants of text and emoji remain:
// they say how the sign before them looks.
func isBlank(r rune) bool {
	const emptyBraille, firstVariant, lastVariant = '\u2800', '\ufe00', '\ufe0f'
	if firstVariant <= r && r <= lastVariant {
		return false
	}
	return r == emptyBraille || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
