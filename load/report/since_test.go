package report_test

import (
	"testing"
	"time"

	"fanlake/load"
	"fanlake/load/query"
	"fanlake/load/report"
	"fanlake/load/runs"
)

// The world's today is 2026-03-10, and its account's time zone UTC.
func TestRunsSince(t *testing.T) {
	t.Parallel()
	file, err := load.OpenPublished(t.Context(), files(t).world, query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	evening := []runs.Run{{Seq: 1}, {Seq: 1000, ServerTime: time.Date(2026, 3, 10, 23, 59, 0, 0, time.UTC)}, {Seq: 1001}}
	nextDay := append(evening[:3:3], runs.Run{Seq: 1002, ServerTime: time.Date(2026, 3, 11, 0, 1, 0, 0, time.UTC)})
	for _, test := range []struct {
		name   string
		given  string
		ended  []runs.Run
		want   int
		reason string
	}{
		{"recent_runs", "", evening, 2, "it is about runs"},
		{"freshness", "", evening, 2, "it measures to the newest run"},
		{"recent_runs", "", evening[:1], 0, "that one is published"},
		{"earnings_by_month", "", evening, 0, "its months are the same"},
		{"earnings_by_day", "", nextDay, 3, "its yesterday is another day"},
		{"earnings_by_day", "from=2026-01-01 to=2026-01-31", nextDay, 0, "its days were given"},
		{"league", "", nextDay, 3, "it reads a mart that counts from today"},
		{"tracking_links", "", nextDay, 0, "it counts from no day"},
	} {
		r, err := report.Find(library(t), test.name)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.RunsSince(t.Context(), file, given(test.given), test.ended); err != nil || got != test.want {
			t.Errorf("%s %s: %d, %v, want %d: %s", test.name, test.given, got, err, test.want, test.reason)
		}
	}
}
