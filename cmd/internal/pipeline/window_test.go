package pipeline

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanlake/extract"
	"fanlake/load"
)

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return t
}

func show(windows []window) []string {
	var text []string
	for _, w := range windows {
		text = append(text, w.start.Format(time.RFC3339)+" "+w.end.Format(time.RFC3339)+" "+w.reason)
	}
	return text
}

func TestGapsNewestFirst(t *testing.T) {
	covered := []load.Interval{{Start: at("2026-03-01T00:00:00Z"), End: at("2026-04-01T00:00:00Z")}, {Start: at("2026-05-01T00:00:00Z"), End: at("2026-06-01T00:00:00Z")}}
	for _, tt := range []struct {
		name, floor string
		want        []string
	}{
		{"from the registration", "2026-01-01T00:00:00Z", []string{"2026-04-01T00:00:00Z 2026-05-01T00:00:00Z gap", "2026-01-01T00:00:00Z 2026-03-01T00:00:00Z gap"}},
		{"from inside a covered window", "2026-03-15T00:00:00Z", []string{"2026-04-01T00:00:00Z 2026-05-01T00:00:00Z gap"}},
		{"from inside a gap", "2026-04-15T00:00:00Z", []string{"2026-04-15T00:00:00Z 2026-05-01T00:00:00Z gap"}},
		{"behind all", "2026-05-15T00:00:00Z", nil},
	} {
		if diff := cmp.Diff(tt.want, show(gaps(covered, at(tt.floor)))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, diff)
		}
	}
}

// Pending earnings are due at 7, 14, 21 and 28 days of age and weekly from
// then on; whole UTC days are read, neighbours in one window.
func TestPendingDue(t *testing.T) {
	now := at("2026-11-20T12:00:00Z")
	pending := []load.Pending{
		{At: at("2026-11-14T00:00:00Z"), ReadAt: at("2026-11-19T00:00:00Z")}, // 6.5 days old: not due
		{At: at("2026-11-13T10:00:00Z"), ReadAt: at("2026-11-20T09:00:00Z")}, // 7 days came since: due
		{At: at("2026-11-12T10:00:00Z"), ReadAt: at("2026-11-19T11:00:00Z")}, // read at 7 days of age: not due
		{At: at("2026-10-20T10:00:00Z"), ReadAt: at("2026-11-17T09:00:00Z")}, // read before 28 days, older now: due
		{At: at("2026-10-19T10:00:00Z"), ReadAt: at("2026-11-10T10:00:00Z")}, // 28 days passed since: due
		{At: at("2026-09-01T10:00:00Z")},                                     // never read completely: due
	}
	want := []string{
		"2026-11-13T00:00:00Z 2026-11-14T00:00:00Z pending",
		"2026-10-19T00:00:00Z 2026-10-21T00:00:00Z pending",
		"2026-09-01T00:00:00Z 2026-09-02T00:00:00Z pending",
	}
	if diff := cmp.Diff(want, show(pendingDue(pending, now))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestWeeklyIsDueOncePerWeek(t *testing.T) {
	for _, id := range []string{"a", "b", "0697fe3e-eee1-4d22-a1f3-c540641843fc"} {
		c := creator{Creator: load.Creator{ID: id}}
		last, due := at("2026-11-01T03:00:00Z"), 0
		for d := range 70 { // every night at three
			now := at("2026-11-02T03:00:00Z").Add(time.Duration(d) * day)
			if p := (&planner{now: now}); p.weekly(c, last) {
				if gap := now.Sub(last); gap > 7*day {
					t.Errorf("creator %s: %v without a read", id, gap)
				}
				last, due = now, due+1
			}
		}
		if due != 10 {
			t.Errorf("creator %s: due %d times in 70 nights, want 10", id, due)
		}
	}
}

func TestCovers(t *testing.T) {
	first := extract.Page{Index: 1, FetchedAt: at("2026-11-20T03:00:00Z"), Last: at("2026-11-19T00:00:00Z"), RunSeq: 1}
	newest := extract.Slice{Stream: "earnings", Start: at("2026-11-01T00:00:00Z"), End: at("2026-11-20T03:00:00Z")}
	old := extract.Slice{Stream: "earnings", Start: at("2026-01-01T00:00:00Z"), End: at("2026-02-01T00:00:00Z")}
	page := func(last string, ordered, stopped bool) extract.Page {
		return extract.Page{Index: 2, RunSeq: 1, FetchedAt: first.FetchedAt, Last: at(last), Ordered: ordered, Stopped: stopped}
	}
	for _, tt := range []struct {
		name string
		js   extract.JournalSlice
		want string
	}{
		{"a whole window up to now ends 15 minutes early", extract.JournalSlice{Slice: newest, Complete: true, Last: page("2026-11-02T00:00:00Z", true, false)},
			"2026-11-01T00:00:00Z 2026-11-20T02:45:00Z true"},
		{"an old window ends where it was asked to", extract.JournalSlice{Slice: old, Complete: true, Last: page("2026-01-02T00:00:00Z", true, false)},
			"2026-01-01T00:00:00Z 2026-02-01T00:00:00Z true"},
		{"a broken walk in order covers what lies above its last instant", extract.JournalSlice{Slice: newest, Last: page("2026-11-10T00:00:00Z", true, false)},
			"2026-11-10T00:00:00.001Z 2026-11-20T02:45:00Z true"},
		{"a broken walk out of order covers nothing", extract.JournalSlice{Slice: newest, Last: page("2026-11-10T00:00:00Z", false, false)},
			"2026-11-01T00:00:00Z 2026-11-20T02:45:00Z false"},
		{"a broken walk that got no further than the last minutes covers nothing", extract.JournalSlice{Slice: newest, Last: page("2026-11-20T02:50:00Z", true, false)},
			"0001-01-01T00:00:00Z 0001-01-01T00:00:00Z false"},
		// The watermark of one direction may stand far above the page's last message.
		{"messages down to the last one of the last page", extract.JournalSlice{Slice: extract.Slice{Stream: "messages"}, Complete: true, Last: extract.Page{
			Index: 1, RunSeq: 1, Last: at("2026-11-05T00:00:00Z"), Ordered: true, Stopped: true,
			Next: extract.Position{SentBefore: "2026-11-05T00:00:00.000Z", ReceivedBefore: "2026-11-18T00:00:00.000Z"}}},
			"2026-11-05T00:00:00.001Z 2026-11-20T02:45:00Z true"},
		{"a whole chat", extract.JournalSlice{Slice: extract.Slice{Stream: "messages"}, Complete: true, Last: page("2026-11-05T00:00:00Z", true, false)},
			"1970-01-01T00:00:00Z 2026-11-20T02:45:00Z true"},
		{"a broken chat", extract.JournalSlice{Slice: extract.Slice{Stream: "messages"}, Last: page("2026-11-05T00:00:00Z", true, false)},
			"1970-01-01T00:00:00Z 2026-11-20T02:45:00Z false"},
		{"days of subscriber counts up to the last whole one", extract.JournalSlice{Complete: true, Last: page("2026-11-05T00:00:00Z", true, false),
			Slice: extract.Slice{Stream: "subscriber_counts", Start: at("2026-11-13T00:00:00Z"), End: at("2026-11-21T00:00:00Z")}},
			"2026-11-13T00:00:00Z 2026-11-20T00:00:00Z true"},
		{"a list has no window", extract.JournalSlice{Slice: extract.Slice{Stream: "followers"}, Complete: true, Last: page("2026-11-05T00:00:00Z", true, false)},
			"0001-01-01T00:00:00Z 0001-01-01T00:00:00Z true"},
	} {
		start, end, complete := covers(tt.js, first)
		got := start.Format(time.RFC3339Nano) + " " + end.Format(time.RFC3339Nano)
		if complete {
			got += " true"
		} else {
			got += " false"
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// A list that was gone on with by page number in another run may have shifted,
// so it is no complete list.
func TestCoversNoListReadInTwoHalvesByPageNumber(t *testing.T) {
	js := extract.JournalSlice{Slice: extract.Slice{Stream: "followers"}, Complete: true, Last: extract.Page{Index: 2, RunSeq: 2}}
	first := extract.Page{Index: 1, RunSeq: 1, Next: extract.Position{Page: 2}}
	if _, _, complete := covers(js, first); complete {
		t.Error("counts as complete")
	}
	first.Next = extract.Position{Cursor: "x"}
	if _, _, complete := covers(js, first); !complete {
		t.Error("a list gone on with by its cursor does not count as complete")
	}
}
