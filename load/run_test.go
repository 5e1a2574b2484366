package load

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanlake/load/query"
	"fanlake/load/runs"
)

func TestRunRecordsReachTheWarehouse(t *testing.T) {
	t.Parallel()
	l := newLake(t)
	if seq, err := runs.NextSeq(l.dir); err != nil || seq != 1 {
		t.Fatalf("first sequence %d, %v", seq, err)
	}
	first := runs.Run{
		RunID: "b", Seq: 1, StartedAt: time.Date(2026, 3, 1, 1, 2, 3, 456789123, time.UTC), FinishedAt: time.Date(2026, 3, 1, 1, 3, 0, 0, time.UTC),
		Status: runs.Partial, Trigger: "cli", APIVersion: "2025-06-26", Surface: "v1", Requests: 7, Refused: 1, RowsLoaded: 5, WaitMS: 12, Error: "slice b/1: status 500",
		ServerTime: time.Date(2026, 3, 1, 1, 2, 59, 0, time.UTC),
		Streams:    map[string]runs.Stream{"earnings": {Slices: 2, Failed: 1, Requests: 6, Rows: 5}, "posts": {Skipped: "not permitted"}},
		Drift:      []runs.Drift{{Table: "earnings", Path: "user.new", Type: "string", Count: 3}},
		Lifecycle:  []runs.Lifecycle{{Header: "Sunset", Value: "Sat, 31 Oct 2026 00:00:00 GMT"}},
	}
	second := runs.Run{RunID: "a", Seq: 10, StartedAt: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), Status: runs.Started, APIVersion: "2025-06-26", Surface: "v1",
		Drift: []runs.Drift{{Table: "earnings", Path: "user.new", Type: "number", Count: 4}}}
	for _, r := range []runs.Run{second, first} {
		if err := runs.Write(l.dir, r); err != nil {
			t.Fatal(err)
		}
	}
	got, err := runs.Read(l.dir)
	if d := cmp.Diff([]runs.Run{first, second}, got); err != nil || d != "" {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	if seq, err := runs.NextSeq(l.dir); err != nil || seq != 11 {
		t.Errorf("next sequence %d, %v", seq, err)
	}
	w := l.open()
	if _, err := w.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	expect(t, w, `SELECT run_id, run_seq, started_at::VARCHAR, finished_at::VARCHAR, status, "trigger", requests, rows_loaded, error FROM meta.runs ORDER BY run_seq`,
		"b 1 2026-03-01 01:02:03.456789 2026-03-01 01:03:00 partial cli 7 5 slice b/1: status 500", "a 10 2026-03-02 00:00:00 - running - 0 0 -")
	expect(t, w, `SELECT run_id, stream, slices, failed_slices, requests, row_count, skipped FROM meta.rate_usage ORDER BY ALL`,
		"b earnings 2 1 6 5 -", "b posts 0 0 0 0 not permitted")
	expect(t, w, `SELECT * FROM meta.drift`, "earnings user.new number b a 7")
	expect(t, w, `SELECT header, first_run_id, last_run_id FROM meta.api_versions ORDER BY ALL`, "Sunset b b", "- a a")

	// A run of the same day changes no table; one of the next day says how fresh the data are.
	for _, c := range []struct {
		server time.Time
		want   bool
	}{
		{first.ServerTime, true}, {first.ServerTime.Add(time.Minute), false}, {first.ServerTime.AddDate(0, 0, 1), true},
	} {
		second.ServerTime = c.server
		if err := runs.Write(l.dir, second); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Finish(t.Context()); err != nil {
			t.Fatal(err)
		}
		if did, err := w.Publish(t.Context()); err != nil || did != c.want {
			t.Errorf("published at %v: %v, %v, want %v", c.server, did, err, c.want)
		}
	}
	if err := os.WriteFile(filepath.Join(l.dir, "runs", "c.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := runs.Read(l.dir); err == nil {
		t.Error("read half a record")
	}
}

func TestPublicationIsOpenToReadersWhileItIsReplaced(t *testing.T) {
	t.Parallel()
	l := newLake(t)
	w := l.open()
	published := filepath.Join(l.dir, "warehouse.duckdb")
	publish := func(id int) {
		t.Helper()
		l.write(l.footer("earnings", int64(id), 1), window("earnings", 1, "s"+string(rune('0'+id)), at(id), at(id+1), int64(id), 1, 1,
			earning(1, id, at(id), 100, "pendingBalance", int64(id), 1)))
		l.apply(w)
		if _, err := w.Finish(t.Context()); err != nil {
			t.Fatal(err)
		}
		if did, err := w.Publish(t.Context()); err != nil || !did {
			t.Fatalf("published %v, %v", did, err)
		}
	}
	publish(1)
	old, err := Query(t.Context(), published, "SELECT count(*) FROM fanvue.earnings", nil, query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	publish(2)
	if got, err := old.Next(); err != nil || got[0] != int64(1) {
		t.Errorf("the old snapshot has %v rows, %v, want 1", got, err)
	}
	expect(t, w, `SELECT count(*) FROM fanvue.earnings`, "2")
	info, err := os.Stat(filepath.Join(l.dir, "state", "warehouse.duckdb"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("private file %v, %v", info, err)
	}
}
