package report

import (
	"errors"
	"io"
	"strings"
	"testing"

	sqlfiles "fanlake/sql"
)

func FuzzParse(f *testing.F) {
	f.Add("-- A.\n-- parameters:\n--   a: integer from 1, default 9. A.\nSELECT $a, '$b', \"$c\", $$x$$, $t$ $d $t$ /* $e */ -- $f")
	f.Add("-- A.\n-- parameters:\n--   a: date, default today - 30. A.\n--   b: one of x|y, default y. B.\n--   c: creator, default all. C.\nSELECT $a, $b, $C")
	f.Add("-- A.\n-- parameters:\n--   m: month, default last month - 11. M.\nSELECT $m$, $")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := parse("mine", text)
		var line *sqlfiles.LineError
		if err != nil {
			if !errors.As(err, &line) || line.Line < 1 || line.Line > 1+strings.Count(text, "\n") {
				t.Errorf("%q: %v names no line of it", text, err)
			}
			return
		}
		for _, p := range r.Parameters {
			if p.Default != nil {
				if _, err := p.defaultValue(today{}); err != nil {
					t.Errorf("%q: %s has a default that cannot be: %v", text, p.Name, err)
				}
			}
			_, _ = p.value(text)
		}
		if err := r.Describe(io.Discard); err != nil {
			t.Error(err)
		}
	})
}
