package load

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

// large writes a part with n earnings of one creator, a minute apart, in one
// slice of run seq.
func (l *lake) large(seq int64, from, n int) {
	f := l.footer("earnings", seq, 1)
	s := window("earnings", 1, fmt.Sprint(seq, "/1"), at(from), at(from+n), seq, 1, 1)
	s.Slice.Rows = int64(n)
	f.Rows, f.Slices = int64(n), append(f.Slices, s.Slice)
	l.copy(f, fmt.Sprintf(`SELECT md5(i::VARCHAR)::UUID AS earning_id, '%s'::UUID AS creator_id, TIMESTAMP '2026-01-01' + to_minutes(i) AS earned_at,
		CASE WHEN i %% 3 = 0 THEN 'subscription' ELSE 'message' END AS source, (i %% 5000)::BIGINT AS gross_cents, (i %% 5000 * 8 // 10)::BIGINT AS net_cents,
		NULL::BIGINT AS total_cents, 'GBP' AS fan_currency, 'order' || i AS transaction_order_id, NULL::VARCHAR AS reversed_transaction_order_id,
		CASE WHEN %d > 1 AND i %% 2 = 0 THEN 'availableForPayout' ELSE 'pendingBalance' END AS transaction_order_status,
		NULL::UUID AS message_id, NULL::UUID AS post_id, 'fan' || (i %% 997) AS fan_id,
		'run' AS _run_id, TIMESTAMP '2026-02-01' AS _fetched_at, NULL::VARCHAR AS _extra, %d::BIGINT AS _run_seq, 1::BIGINT AS _page,
		0::BIGINT AS _slice, (hash(i, %d > 1 AND i %% 2 = 0) >> 1)::BIGINT AS _hash
		FROM range(%d, %d) r(i)`, uuidOf("creator", 1), seq, seq, seq, from, from+n))
}

func TestLargePartIsAppliedWholeAfterAnInterruption(t *testing.T) {
	t.Parallel()
	l := newLake(t)
	w := l.open()
	const n = 2*maxRows + 1000
	l.large(1, 0, n)
	ctx, cancel := context.WithCancel(t.Context())
	w.opts.Progress = nil
	w.main.opts.Progress = func(string, int64, int64) { cancel() } // after the first chunk
	if _, err := w.Apply(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want cancelled", err)
	}
	w.main.opts.Progress = func(string, int64, int64) {}
	if _, err := w.Publish(t.Context()); err == nil {
		t.Error("published a part of a part")
	}
	l.apply(w)
	expect(t, w, `SELECT count(*), count(DISTINCT earning_id), min(gross_cents), max(earned_at) - min(earned_at) = to_minutes(`+fmt.Sprint(n-1)+`) FROM fanvue.earnings`,
		fmt.Sprintf("%d %d 0 true", n, n))
	expect(t, w, `SELECT (SELECT count(*) FROM load.unfinished), (SELECT count(*) FROM meta.parts), (SELECT count(*) FROM fanvue.earning_status_changes)`, fmt.Sprintf("0 1 %d", n))
}
