package load

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEarningsReachThePublishedFile(t *testing.T) {
	t.Parallel()
	l := newLake(t)
	w := l.open()
	l.write(l.footer("earnings", 1, 1), window("earnings", 1, "run0001/1", at(0), at(100), 1, 1, 2,
		earning(1, 1, at(10), 1000, "pendingBalance", 1, 1),
		earning(1, 2, at(20), 500, "pendingBalance", 1, 2)))
	a := l.apply(w)
	if a.Parts != 1 || a.Rows != 2 || a.Inserted != 2 || !a.Changed {
		t.Errorf("applied %+v", a)
	}
	if _, err := w.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	if did, err := w.Publish(t.Context()); err != nil || !did {
		t.Fatalf("published %v, %v", did, err)
	}
	if did, err := w.Publish(t.Context()); err != nil || did {
		t.Errorf("published again: %v, %v", did, err)
	}

	// Another run reads the first row with another status.
	l.write(l.footer("earnings", 2, 1), window("earnings", 1, "run0002/1", at(0), at(100), 2, 1, 1,
		earning(1, 1, at(10), 1000, "availableForPayout", 2, 1),
		earning(1, 2, at(20), 500, "pendingBalance", 2, 1)))
	a = l.apply(w)
	if a.Inserted != 0 || a.Updated != 1 || a.Refolded != 0 {
		t.Errorf("applied %+v", a)
	}
	if _, err := w.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	if did, err := w.Publish(t.Context()); err != nil || !did {
		t.Fatalf("published %v, %v", did, err)
	}
	if err := w.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := rowTexts(t, w.DB(), `SELECT right(earning_id::VARCHAR, 1), gross_cents, transaction_order_status, _run_id, removed_at FROM fanvue.earnings ORDER BY 1`)
	want := []string{"1 1000 availableForPayout run0002 -", "2 500 pendingBalance run0001 -"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	got = rowTexts(t, w.DB(), `SELECT right(earning_id::VARCHAR, 1), status, seen_at::VARCHAR FROM fanvue.earning_status_changes ORDER BY 1, seen_at`)
	want = []string{"1 pendingBalance 2026-02-01 00:00:01", "1 availableForPayout 2026-02-02 00:00:01", "2 pendingBalance 2026-02-01 00:00:02"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	got = rowTexts(t, w.DB(), `SELECT stream, window_start::VARCHAR, window_end::VARCHAR, row_count, run_id FROM meta.coverage`)
	want = []string{"earnings 2026-01-01 00:00:00 2026-01-01 01:40:00 4 run0002"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
