package terminal

import (
	"strings"
	"testing"
)

// What shows nothing is told by its escape; what changes how a sign looks stays.
func TestPrintableShowsWhatIsBlank(t *testing.T) {
	t.Parallel()
	for _, r := range "\u034f\u115f\u1160\u17b4\u17b5\u180b\u2800\u3164\uffa0\U000e0100\U000e01ef" {
		got := Printable("a" + string(r) + "b")
		if strings.ContainsRune(got, r) || !strings.HasPrefix(got, `a\`) {
			t.Errorf("%U remains: %q", r, got)
		}
	}
	for _, s := range []string{"a b", "❤\ufe0f", "☺\ufe0e", "é", "e\u0301", "한글", "⠁", "ស្រី", "👍🏽"} {
		if got := Printable(s); got != s {
			t.Errorf("Printable(%q) = %q", s, got)
		}
	}
}

func FuzzPrintable(f *testing.F) {
	for _, s := range []string{"", "ava", "\x1b]0;x\x07", "\xff\xfe", "\u202e", "日本", "a\u0301", "\ufffd", "\U000e0001"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Printable(s)
		for _, r := range got {
			if !isPrintable(r) {
				t.Errorf("Printable(%q) holds %U", s, r)
			}
		}
		if got2 := Printable(got); got2 != got {
			t.Errorf("Printable(%q) = %q, and again %q", s, got, got2)
		}
	})
}
