package runs

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Totals do not change when records are removed, whenever the removal is
// killed, and however often it comes.
func TestTotalsOutliveRecords(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	start := time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC)
	for i := range 6 {
		status, exit := OK, new(int)
		if i%3 == 1 {
			status, *exit = Partial, 6
		}
		r := Run{RunID: fmt.Sprintf("01RUN%02d", i), Seq: int64(i + 1), StartedAt: start.AddDate(0, i, 0), FinishedAt: start.AddDate(0, i, 0).Add(time.Minute), Status: status, ExitStatus: exit,
			Requests: 10, RowsLoaded: int64(i), Rejects: 1, Bytes: 100, Foreign: 2, WaitsMS: map[string]int64{"w": 5}, TookMS: map[string]int64{"read": 7},
			Streams: map[string]Stream{"chats": {Slices: 2, Failed: 1, Statuses: map[int]int64{200: 8, 500: 2}}}}
		if err := Write(dir, r); err != nil {
			t.Fatal(err)
		}
	}
	want := Totals{Runs: map[string]int64{OK: 4, Partial: 2}, Exits: map[string]int64{"0": 4, "6": 2}, Requests: map[string]map[int]int64{"chats": {200: 48, 500: 12}},
		Sent: 60, Foreign: 12, Rows: 15, Rejects: 6, Bytes: 600, Slices: map[string]int64{"chats": 12}, Failed: map[string]int64{"chats": 6},
		WaitsMS: map[string]int64{"w": 30}, PhasesMS: map[string]int64{"read": 42}}
	agree := func(when string) {
		t.Helper()
		records, err := Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ReadTotals(dir, records)
		got.Through = ""
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got)\n%s", when, err, diff)
		}
	}
	agree("before")
	removed := filepath.Join(dir, "runs", "01RUN00.json")
	text, err := os.ReadFile(removed)
	if err != nil {
		t.Fatal(err)
	}
	for _, months := range []int{2, 4, 4, 12} {
		if _, err := Prune(dir, start.AddDate(0, months, 0)); err != nil {
			t.Fatal(err)
		}
		agree(fmt.Sprintf("behind %d months", months))
	}
	// As a removal that was killed behind the totals leaves it.
	if err := os.WriteFile(removed, text, 0o600); err != nil {
		t.Fatal(err)
	}
	agree("with a record that was to be removed")
}

// A run that has no end yet was killed, and the next one is to say so: its record
// is not removed before.
func TestPruningKeepsWhatNobodySaidTheEndOf(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i, status := range []string{OK, Started, Failed, OK} {
		at := start.AddDate(0, i, 0)
		if err := Write(dir, Run{RunID: fmt.Sprintf("01RUN0%d", i), Seq: int64(i + 1), StartedAt: at, FinishedAt: at, Status: status, Ended: status == OK}); err != nil {
			t.Fatal(err)
		}
	}
	if removed, err := Prune(dir, start.AddDate(1, 0, 0)); err != nil || removed != 2 {
		t.Errorf("removed %d, %v; want the first and the failed one", removed, err)
	}
	records, err := Read(dir)
	if err != nil || len(records) != 2 || records[0].Status != Started || records[1].RunID != "01RUN03" {
		t.Errorf("%+v, %v", records, err)
	}
}
