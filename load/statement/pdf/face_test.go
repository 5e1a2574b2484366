package pdf

import "testing"

func TestFontsHaveTheScripts(t *testing.T) {
	t.Parallel()
	f, err := load()
	if err != nil {
		t.Fatal(err)
	}
	for script, letters := range map[string]string{
		"Latin":    "AZaz09ÀÿĀſƒșțẞạỹ",
		"Greek":    "ΑΩαωάώϊΰἀᾳ",
		"Cyrillic": "АЯаяЁёЇїЎўЖжѢѣ",
		"Hebrew":   "אבגדהוזחטיכךלמםנןסעפףצץקרשת\u05b8",
		"signs":    " -+.,:;()[]<>@#%&$€£₪₽→—–…·□×«»“”",
	} {
		for _, r := range letters {
			if !f.covered[r] {
				t.Errorf("%s: no %q", script, r)
			}
		}
	}
	for _, r := range "日ع\u0905💋\u200b\u202e" {
		if f.covered[r] {
			t.Errorf("%q is said to be there", r)
		}
	}
	if len(regular)+len(boldface) > 400<<10 {
		t.Errorf("the fonts take %d bytes", len(regular)+len(boldface))
	}
}
