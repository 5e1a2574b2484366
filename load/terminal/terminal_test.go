package terminal

import "testing"

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
