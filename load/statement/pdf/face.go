package pdf

import (
	_ "embed"
	"encoding/binary"
	"errors"
	"sync"
	"unicode"
)

// family is what the fonts are called in a file.
const family = "DejaVuSansCondensed"

//go:embed fonts/DejaVuSansCondensed.ttf
var regular []byte

//go:embed fonts/DejaVuSansCondensed-Bold.ttf
var boldface []byte

// faces are the fonts and the characters that both have.
type faces struct {
	regular, boldface []byte
	covered           map[rune]bool
}

// load reads the fonts once: they never change.
var load = sync.OnceValues(func() (*faces, error) {
	f := &faces{regular: regular, boldface: boldface, covered: map[rune]bool{}}
	thin, err := characters(regular)
	if err != nil {
		return nil, err
	}
	thick, err := characters(boldface)
	for r := range thin {
		f.covered[r] = thick[r]
	}
	return f, err
})

// errFont is what a font is that has no map of characters in the usual form.
var errFont = errors.New("the font has no map of characters of format 4")

// characters are those that a TrueType font has: its table cmap, in the form
// that the PDF library reads too.
func characters(font []byte) (map[rune]bool, error) {
	word := func(at int) int { return int(binary.BigEndian.Uint16(font[at:])) }
	long := func(at int) int { return int(binary.BigEndian.Uint32(font[at:])) }
	for i := range word(4) {
		if at := 12 + 16*i; string(font[at:at+4]) == "cmap" {
			table := long(at + 8)
			for j := range word(table + 2) {
				sub := table + 4 + 8*j
				if form := table + long(sub+4); word(sub) == 3 && word(sub+2) == 1 && word(form) == 4 {
					return segments(word, form), nil
				}
			}
		}
	}
	return nil, errFont
}

// segments reads a map of format 4.
func segments(word func(int) int, form int) map[rune]bool {
	all := map[rune]bool{}
	n := word(form+6) / 2
	for i := range n {
		last, first := word(form+14+2*i), word(form+16+2*n+2*i)
		delta, at := word(form+16+4*n+2*i), form+16+6*n+2*i
		for r := first; r <= last && r != 0xffff; r++ {
			glyph := r
			if offset := word(at); offset != 0 {
				if glyph = word(at + offset + 2*(r-first)); glyph == 0 {
					continue
				}
			}
			all[rune(r)] = (glyph+delta)&0xffff != 0
		}
	}
	return all
}

// spells reports whether there are letters for all letters and digits of a text,
// and whether it has any: signs and pictures are no letters.
func (f *faces) spells(s string) bool {
	some := false
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			if !f.covered[r] {
				return false
			}
			some = true
		}
	}
	return some
}
