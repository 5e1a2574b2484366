package report_test

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	sqlfiles "fanlake/sql"
)

// Every report has its rows in an order, and where two creators may have one
// label the order tells them apart.
func TestReportsAreOrdered(t *testing.T) {
	t.Parallel()
	unique := regexp.MustCompile(`\b(creator_id|earning_id|list_id)\b`)
	for _, r := range library(t) {
		text, err := fs.ReadFile(sqlfiles.FS, "reports/"+r.Name+".sql")
		if err != nil {
			t.Fatal(err)
		}
		_, order, found := cutLast(string(text), "\nORDER BY ")
		if !found {
			t.Errorf("%s has no order", r.Name)
		}
		labels := false
		for _, c := range r.Columns {
			labels = labels || c.Name == "creator"
		}
		if labels && !unique.MatchString(order) {
			t.Errorf("%s: creators of one label are in no order: ORDER BY %s", r.Name, order)
		}
	}
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
