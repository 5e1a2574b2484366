package pipeline

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanlake/load"
)

// What is left of a day: all of it at first, cut at the known rows; then the
// halves of what took several pages; nothing once each piece was one page.
func TestPieces(t *testing.T) {
	d := load.DifferingDay{Day: at("2026-09-01T00:00:00Z"), Cuts: []time.Time{at("2026-09-01T12:00:00Z"), at("2026-09-01T08:00:00.0005Z")}}
	read := func(start, end string, onePage bool) load.Piece {
		return load.Piece{Interval: load.Interval{Start: at(start), End: at(end)}, OnePage: onePage}
	}
	const reason = " day differs from the summary"
	for _, tt := range []struct {
		name string
		read []load.Piece
		want []string
	}{
		{"nothing was read", nil, []string{"2026-09-01T12:00:00Z 2026-09-02T00:00:00Z" + reason, "2026-09-01T08:00:00Z 2026-09-01T12:00:00Z" + reason,
			"2026-09-01T00:00:00Z 2026-09-01T08:00:00Z" + reason}},
		{"one piece took two pages", []load.Piece{read("2026-09-01T12:00:00Z", "2026-09-02T00:00:00Z", true), read("2026-09-01T08:00:00Z", "2026-09-01T12:00:00Z", true),
			read("2026-09-01T00:00:00Z", "2026-09-01T08:00:00Z", false)},
			[]string{"2026-09-01T04:00:00Z 2026-09-01T08:00:00Z" + reason, "2026-09-01T00:00:00Z 2026-09-01T04:00:00Z" + reason}},
		{"one of its halves too", []load.Piece{read("2026-09-01T08:00:00Z", "2026-09-02T00:00:00Z", true), read("2026-09-01T04:00:00Z", "2026-09-01T08:00:00Z", false),
			read("2026-09-01T00:00:00Z", "2026-09-01T04:00:00Z", true), read("2026-09-01T00:00:00Z", "2026-09-01T08:00:00Z", false)},
			[]string{"2026-09-01T06:00:00Z 2026-09-01T08:00:00Z" + reason, "2026-09-01T04:00:00Z 2026-09-01T06:00:00Z" + reason}},
		{"the whole day was one page", []load.Piece{read("2026-09-01T00:00:00Z", "2026-09-02T00:00:00Z", true)}, nil},
		{"an instant of several pages", []load.Piece{read("2026-09-01T00:00:00Z", "2026-09-01T09:00:00Z", true), read("2026-09-01T09:00:00.001Z", "2026-09-02T00:00:00Z", true),
			read("2026-09-01T09:00:00Z", "2026-09-01T09:00:00.001Z", false)}, nil},
	} {
		d.Read = tt.read
		if diff := cmp.Diff(tt.want, show(pieces(d))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, diff)
		}
	}
}

// Of a stretch what coverage lacks is left, newest first, whatever overlaps.
func TestUncovered(t *testing.T) {
	from, to := at("2026-01-01T00:00:00Z"), at("2026-07-01T00:00:00Z")
	month := func(a, b string) load.Interval {
		return load.Interval{Start: at("2026-" + a + "-01T00:00:00Z"), End: at("2026-" + b + "-01T00:00:00Z")}
	}
	for _, tt := range []struct {
		name    string
		covered []load.Interval
		want    []string
	}{
		{"nothing covered", nil, []string{"2026-01-01T00:00:00Z 2026-07-01T00:00:00Z gap"}},
		{"all covered", []load.Interval{{Start: from.AddDate(-1, 0, 0), End: to}}, nil},
		{"beside it", []load.Interval{{Start: from.AddDate(-2, 0, 0), End: from}, month("07", "09")}, []string{"2026-01-01T00:00:00Z 2026-07-01T00:00:00Z gap"}},
		{"the middle", []load.Interval{month("02", "05")}, []string{"2026-05-01T00:00:00Z 2026-07-01T00:00:00Z gap", "2026-01-01T00:00:00Z 2026-02-01T00:00:00Z gap"}},
		{"nested, in any order", []load.Interval{month("02", "06"), month("03", "04"), month("05", "07")}, []string{"2026-01-01T00:00:00Z 2026-02-01T00:00:00Z gap"}},
		{"across the start", []load.Interval{{Start: from.AddDate(0, -1, 0), End: from.AddDate(0, 2, 0)}}, []string{"2026-03-01T00:00:00Z 2026-07-01T00:00:00Z gap"}},
	} {
		if diff := cmp.Diff(tt.want, show(uncovered(tt.covered, from, to, gap))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, diff)
		}
	}
}
