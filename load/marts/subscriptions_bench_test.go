package marts

import (
	"database/sql"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// scale is an agency of 300 creators with about 1,000 subscribers each over two
// years of nightly lists: 7 million intervals. A hundredth unless FANLAKE_LONG
// is set.
func scale(b *testing.B) (*sql.Conn, int) {
	b.Helper()
	creators := 3
	if os.Getenv("FANLAKE_LONG") != "" {
		creators = 300
	}
	if n, err := strconv.Atoi(os.Getenv("FANLAKE_BENCH_CREATORS")); err == nil {
		creators = n
	}
	db, err := sql.Open("duckdb", filepath.Join(b.TempDir(), "warehouse.duckdb")+"?threads=2&memory_limit=512MB&preserve_insertion_order=false&temp_directory="+b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	conn, err := db.Conn(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close(); db.Close() })
	createTables(b, conn)
	exec := func(query string, args ...any) {
		b.Helper()
		if _, err := conn.ExecContext(b.Context(), query, args...); err != nil {
			b.Fatalf("%s: %v", query, err)
		}
	}
	exec(`INSERT INTO fanvue.creators (creator_id, handle) SELECT CAST(md5('c' || c) AS UUID), 'c' || c FROM range(?) t(c)`, creators)
	exec(`INSERT INTO cfg.creators (handle, reporting_timezone) SELECT 'c' || c, ['Europe/London', 'America/New_York', 'Asia/Tokyo'][1 + c % 3] FROM range(?) t(c)`, creators)
	// Of each creator's 4,000 fans each subscribes for six periods of 30 days on
	// average, so that a thousand are there at a time; one in ten is cancelled.
	exec(`INSERT INTO fanvue.subscribers_history (creator_id, fan_id, subscription_status, price_cents, amount_paid_cents, current_period_start_at, current_period_end_at,
			has_auto_renew, first_subscribed_at, valid_from, valid_to)
		WITH fans AS (
			SELECT c, f, CAST(hash(c, f) % 730 AS BIGINT) AS first_day, CAST(1 + hash(f, c) % 11 AS BIGINT) AS periods
			FROM range(?) t(c), range(4000) u(f)
		), periods AS (
			SELECT c, f, periods, first_day, unnest(range(periods)) AS p FROM fans
		)
		SELECT CAST(md5('c' || c) AS UUID), left(md5('f' || c || '/' || f), 26),
			CASE WHEN hash(c, f, p) % 10 = 0 THEN 'cancelled' ELSE 'active' END, 1000, CASE WHEN p = 0 AND f % 20 = 0 THEN 0 ELSE 1000 END,
			TIMESTAMP '2024-01-01 03:00:00' + to_days(CAST(first_day + 30 * p AS INTEGER)), TIMESTAMP '2024-01-01 03:00:00' + to_days(CAST(first_day + 30 * p + 30 AS INTEGER)),
			hash(c, f, p) % 10 > 0, TIMESTAMP '2024-01-01 03:00:00' + to_days(CAST(first_day AS INTEGER)),
			TIMESTAMP '2024-01-01 03:00:00' + to_days(CAST(first_day + 30 * p AS INTEGER)) + to_seconds(CAST(c AS INTEGER)),
			CASE WHEN first_day + 30 * p + 30 < 730 THEN TIMESTAMP '2024-01-01 03:00:00' + to_days(CAST(first_day + 30 * p + 30 AS INTEGER)) + to_seconds(CAST(c AS INTEGER)) END
		FROM periods
		WHERE first_day + 30 * p < 730`, creators)
	exec(`INSERT INTO meta.slices (slice_id, part_id, table_name, stream, creator_id, walk_start_at, is_complete, row_count, first_seq)
		SELECT 's' || c || '/' || d, 'p' || d, 'subscribers', 'subscribers', CAST(md5('c' || c) AS UUID), TIMESTAMP '2024-01-01 03:00:00' + to_days(CAST(d AS INTEGER)) + to_seconds(CAST(c AS INTEGER)), true, 1000, d
		FROM range(?) t(c), range(730) u(d)`, creators)
	exec(`INSERT INTO meta.runs (run_id, run_seq, server_time) VALUES ('r', 729, TIMESTAMP '2025-12-30 05:00:00')`)
	exec("DELETE FROM load.changed_earnings")
	return conn, creators
}

// BenchmarkSubscriptionMarts builds the marts of subscriptions at first, then
// as after one night, and asks what analysts ask.
func BenchmarkSubscriptionMarts(b *testing.B) {
	conn, creators := scale(b)
	var rows int64
	if err := conn.QueryRowContext(b.Context(), "SELECT count(*) FROM fanvue.subscribers_history").Scan(&rows); err != nil {
		b.Fatal(err)
	}
	b.Logf("%d creators, %d intervals", creators, rows)
	refresh := func(b *testing.B, changed map[string]bool) {
		b.Helper()
		must(b, conn, "BEGIN")
		if _, err := Refresh(b.Context(), conn, []Pair{}, changed); err != nil {
			b.Fatal(err)
		}
		must(b, conn, "COMMIT")
	}
	start := cpuSeconds(b)
	refresh(b, nil)
	b.Logf("first build: %.2f s of CPU", cpuSeconds(b)-start)
	b.Run("night", func(b *testing.B) {
		defer reportCPU(b)()
		for b.Loop() {
			must(b, conn, "INSERT INTO load.unchecked VALUES ('subscribers', 729)")
			refresh(b, map[string]bool{"subscribers": true, "earnings": true})
			must(b, conn, "DELETE FROM load.unchecked")
		}
	})
	for _, q := range []struct{ name, query string }{
		{"agg_mrr", "SELECT sum(mrr_cents), sum(active_subscribers), count(*) FROM mart.agg_mrr"},
		{"agg_churn_month", "SELECT sum(churned), sum(mrr_end_cents) FROM mart.agg_churn_month"},
		{"churn", "SELECT sum(churned), sum(mrr_end_cents) FROM mart.churn(DATE '2025-10-31', DATE '2025-11-30')"},
		{"subscribers_as_of", "SELECT count(*) FROM mart.subscribers_as_of(DATE '2025-06-30') WHERE is_active"},
		{"fct_subscription_snapshots", "SELECT count(*) FROM mart.fct_subscription_snapshots WHERE snapshot_date = DATE '2025-06-30' AND is_active"},
		{"rpt_subscription_length", "SELECT sum(ended_count), avg(mean_days) FROM mart.rpt_subscription_length"},
		{"fct_audience_daily", "SELECT count(*), sum(active_subscribers) FROM mart.fct_audience_daily"},
	} {
		b.Run(q.name, func(b *testing.B) {
			defer reportCPU(b)()
			for b.Loop() {
				mustQuery(b, conn, q.query)
			}
		})
	}
}

// cpuSeconds is what this process has used so far.
func cpuSeconds(b *testing.B) float64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// reportCPU reports, when its result is called, the CPU of an iteration: the
// wall tells little on a machine that is shared.
func reportCPU(b *testing.B) func() {
	start := cpuSeconds(b)
	return func() { b.ReportMetric(1000*(cpuSeconds(b)-start)/float64(b.N), "cpu-ms/op") }
}

func mustQuery(b *testing.B, conn *sql.Conn, query string) {
	b.Helper()
	rows, err := conn.QueryContext(b.Context(), query)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
}
