package sqlfiles

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	t.Parallel()
	got, err := Parse(`-- Earnings of days,
-- one by one.
-- grain: one row per day,
--   also of empty ones
-- parameters:
--   from: date. First day.
-- columns:
--   day: Day in the
--     creator's zone.
--   n: Rows: all of them.
-- A note
-- of two lines.
SELECT 1 AS day, 2 AS n; -- nothing
;
`)
	want := File{
		Title:  "Earnings of days, one by one.",
		Fields: map[string]string{"grain": "one row per day, also of empty ones", "parameters": "", "columns": "", "note": "A note\nof two lines.\n"},
		Sections: map[string][]Entry{"parameters": {{"from", "date. First day.", 6}},
			"columns": {{"day", "Day in the creator's zone.", 8}, {"n", "Rows: all of them.", 10}}},
		Body: "SELECT 1 AS day, 2 AS n; -- nothing",
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	// A field with a value has no entries.
	got, err = Parse("-- T.\n-- parameters: a, b\nSELECT 1")
	if err != nil || got.Fields["parameters"] != "a, b" || len(got.Sections) != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestParseMistakes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                      "line 1: want a comment that says what the file is, and one statement",
		"SELECT 1":                              "line 1: want a comment that says what the file is, and one statement",
		"-- A title.\n":                         "line 1: want a comment that says what the file is, and one statement",
		"-- A.\n-- key: a\n-- key: b\nSELECT 1": "line 3: header: key stands twice",
		"-- A.\n-- columns:\n--    a: A.\nSELECT 1": `line 3: header: cannot read the line "--    a: A."`,
	} {
		_, err := Parse(text)
		var line *LineError
		if err == nil || err.Error() != want || !errors.As(err, &line) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("-- A.\n-- columns:\n--   a: A.\n--     more\n-- note\nSELECT 1;")
	f.Add("--\n-- :\n--   :")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse(text)
		if err == nil && (file.Title == "" || file.Body == "" || !strings.Contains(text, file.Body)) {
			t.Errorf("%q: %+v", text, file)
		}
		for field, entries := range file.Sections {
			for _, e := range entries {
				if !isSection(field) || !isName(e.Name) || e.Line < 1 || e.Line > 1+strings.Count(text, "\n") {
					t.Errorf("%q: %s: %+v", text, field, e)
				}
			}
		}
	})
}
