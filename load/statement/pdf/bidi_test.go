package pdf

import "testing"

func TestLinesAreDrawnInTheirOrder(t *testing.T) {
	t.Parallel()
	// Hebrew letters are a, b, c in these: what is drawn reads from the left.
	for _, test := range []struct {
		line, drawn string
		auto        bool
	}{
		{"plain (text) 12", "plain (text) 12", true},
		{"אבג", "גבא", true},
		{"x אבג y", "x גבא y", false},
		{"אבג דהו", "והד גבא", false},
		{"אבג 123 דהו", "והד 123 גבא", false},
		{"אבג 123", "123 גבא", false},
		{"אבג 123 y", "123 גבא y", false},
		{"אבג 1,234.50 y", "1,234.50 גבא y", false},
		{"אבג -1 y", "1- גבא y", false}, // so it is in every program: the sign is no part of the number
		{"אבג (x)  id 12", "גבא (x)  id 12", false},
		{"אבג (x) 12", "12 (x) גבא", true},
		{"אבג (דה) x", "(הד) גבא x", false},
		{"(אבג) x", "(גבא) x", false},
		{"x (אבג)", "x (גבא)", true},
		{"אבג <ד>", "<ד> גבא", true},
		{"אבג x y דהו", "והד x y גבא", true},
		{"x (אבג) y [דה] 5", "x (גבא) y [הד] 5", false},
		{"אָב", "באָ", true}, // a mark stays behind its letter
		{"", "", true},
	} {
		if got := visual(test.line, test.auto); got != test.drawn {
			t.Errorf("%q: got %q, want %q", test.line, got, test.drawn)
		}
	}
}
