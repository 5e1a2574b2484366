package report_test

import (
	"strings"
	"testing"

	"fanlake/load"
	"fanlake/load/query"
	"fanlake/load/report"
)

// What a report without rows lacks is named with the next step, and the names in
// the headers are known ones.
func TestWhyEmpty(t *testing.T) {
	t.Parallel()
	why := func(path, name string) string {
		file, err := load.OpenPublished(t.Context(), path, query.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		r, err := report.Find(library(t), name)
		if err != nil {
			t.Fatal(err)
		}
		text, err := r.WhyEmpty(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for _, r := range library(t) {
		text := why(files(t).empty, r.Name)
		if len(r.Needs) > 0 && (text == "" || text == r.Empty || strings.HasPrefix(text, "nothing is of")) {
			t.Errorf("%s needs %q, which is not known", r.Name, r.Needs)
		}
	}
	for name, want := range map[string]string{
		"ppv_prices":    "no messages were read",
		"mrr_movement":  "no complete list of subscribers was read",
		"failed_checks": "Every check of the newest published run passed",
	} {
		if text := why(files(t).empty, name); !strings.HasPrefix(text, want) {
			t.Errorf("%s: %s, want %s", name, text, want)
		}
	}
	if text := why(files(t).world, "earnings_by_month"); text != "nothing is of these parameters; --describe has them with their defaults" {
		t.Errorf("with earnings: %s", text)
	}
}
