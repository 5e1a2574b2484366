package report_test

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/cespare/xxhash/v2"

	"fanlake/load"
	"fanlake/load/query"
	sqlfiles "fanlake/sql"
)

// agency is three years of 100 creators: earnings, read the night after and again
// when they were available, one of a thousand of them late; a fifth as many messages; and
// 500 subscribers each. %d is the number of earnings of each creator.
const agency = `
CREATE TEMP MACRO id(kind, n) AS md5(kind || ' ' || n)::UUID;
INSERT INTO fanvue.creators BY NAME
SELECT id('creator', c) AS creator_id, 'creator' || c AS handle, TIMESTAMP '2023-03-10' AS registered_at FROM range(100) r(c);
INSERT INTO fanvue.earnings BY NAME
SELECT id('earning', c || ' ' || i) AS earning_id, id('creator', c) AS creator_id, TIMESTAMP '2026-03-10 02:00:00' - to_milliseconds(i * 94694400000 // %[1]d) AS earned_at,
    CASE WHEN h %% 100 = 0 THEN 'refund' WHEN h %% 5 = 0 THEN 'renewal' WHEN h %% 3 = 0 THEN 'subscription' WHEN h %% 7 = 0 THEN 'tip' ELSE 'message' END AS source,
    (CASE WHEN h %% 100 = 0 THEN -1 ELSE 1 END * (100 + h %% 5000)::BIGINT)::BIGINT AS gross_cents, (gross_cents * 8 // 10)::BIGINT AS net_cents,
    'order' || i AS transaction_order_id, CASE WHEN h %% 100 = 0 THEN 'order' || (i + 50) END AS reversed_transaction_order_id,
    CASE WHEN i < %[1]d // 100 THEN 'pendingBalance' ELSE 'availableForPayout' END AS transaction_order_status,
    left(md5('fan' || c || ' ' || (h // 1000 %% 2000)), 26) AS fan_id, CASE WHEN i %% 5 = 0 THEN id('message', c || ' ' || (i // 5)) END AS message_id,
    CASE WHEN h %% 50 = 0 THEN id('post', h // 50 %% 40) END AS post_id, 'r1' AS _run_id,
    date_trunc('day', earned_at) + to_days(CASE WHEN h %% 1000 = 7 THEN 40 WHEN i < %[1]d // 100 THEN 1 ELSE 8 END) AS _fetched_at, 1 AS _run_seq
FROM (SELECT c, i, hash(c, i) AS h FROM range(100) a(c), range(%[1]d) b(i)) ORDER BY c, i DESC;
INSERT INTO fanvue.earning_status_changes
SELECT creator_id, earning_id, transaction_order_status, _fetched_at FROM fanvue.earnings
UNION ALL
SELECT creator_id, earning_id, 'pendingBalance', _fetched_at - INTERVAL 7 DAY FROM fanvue.earnings
WHERE transaction_order_status = 'availableForPayout' AND _fetched_at < date_trunc('day', earned_at) + INTERVAL 40 DAY;
INSERT INTO fanvue.messages BY NAME
SELECT id('message', c || ' ' || i) AS message_id, id('creator', c) AS creator_id, left(md5('fan' || c || ' ' || (h // 1000 %% 2000)), 26) AS fan_id,
    CASE WHEN h %% 2 = 0 THEN 'fan' ELSE 'creator' END AS direction, CASE WHEN h %% 9 = 0 THEN 'BROADCAST' ELSE 'SINGLE_RECIPIENT' END AS message_type,
    TIMESTAMP '2026-03-10 02:00:00' - to_milliseconds(i * 5 * 94694400000 // %[1]d) AS sent_at, CASE WHEN h %% 2 = 1 THEN id('member', h %% 20) END AS sent_by_user_id,
    CASE WHEN h %% 6 = 1 THEN 500 * (1 + h %% 8)::BIGINT END AS price_cents, CASE WHEN h %% 18 = 1 THEN sent_at + INTERVAL 1 HOUR END AS purchased_at
FROM (SELECT c, i, hash(i, c) AS h FROM range(100) a(c), range(%[1]d // 5) b(i)) ORDER BY c, i DESC;
INSERT INTO fanvue.chats BY NAME
SELECT creator_id, fan_id, max(sent_at) AS last_message_at, (hash(fan_id) %% 3)::BIGINT AS unread_messages_count FROM fanvue.messages GROUP BY ALL;
INSERT INTO fanvue.subscribers_history BY NAME
SELECT id('creator', c) AS creator_id, left(md5('fan' || c || ' ' || f), 26) AS fan_id, 'active' AS subscription_status, 1000 AS price_cents, 1000 AS amount_paid_cents,
    TIMESTAMP '2025-03-01 03:00:00' + to_days((30 * k + f %% 30)::INTEGER) AS valid_from,
    valid_from - INTERVAL 1 DAY AS current_period_start_at, valid_from + INTERVAL 29 DAY AS current_period_end_at, f %% 3 > 0 AS has_auto_renew,
    TIMESTAMP '2025-03-01' AS first_subscribed_at,
    CASE WHEN k < 12 THEN TIMESTAMP '2025-03-01 03:00:00' + to_days((30 * k + 30 + f %% 30)::INTEGER) END AS valid_to
FROM range(100) a(c), range(500) b(f), range(f %% 13, 13) d(k);
INSERT INTO meta.slices BY NAME
SELECT 'l' || c || ' ' || k AS slice_id, 'p' AS part_id, 'subscribers' AS table_name, 'subscribers' AS stream, id('creator', c) AS creator_id, true AS is_complete,
    TIMESTAMP '2025-03-01 03:00:00' + to_days(k::INTEGER) AS walk_start_at, walk_start_at AS walk_end_at, 500 AS row_count
FROM range(100) a(c), range(375) b(k);
INSERT INTO meta.slices BY NAME
SELECT 'e' || c || ' ' || k AS slice_id, 'p' AS part_id, 'earnings' AS table_name, 'earnings' AS stream, id('creator', c) AS creator_id, true AS is_complete,
    TIMESTAMP '2026-03-10' - to_days(k::INTEGER) AS window_end, window_end - INTERVAL 2 DAY AS window_start, window_end AS walk_start_at, window_end AS walk_end_at, 10 AS row_count
FROM range(100) a(c), range(365) b(k);
INSERT INTO meta.coverage BY NAME
SELECT 'earnings' AS stream, creator_id, TIMESTAMP '2023-03-10' AS window_start, TIMESTAMP '2026-03-10 02:45:00' AS window_end FROM fanvue.creators;
INSERT INTO fanvue.earnings_summary_days BY NAME
SELECT creator_id, CAST(earned_at AS DATE) AS period_date, 'UTC' AS timezone, sum(gross_cents)::BIGINT AS gross_cents, 0 AS net_cents, TIMESTAMP '2026-03-10 03:00:00' AS fetched_at
FROM fanvue.earnings WHERE source <> 'refund' GROUP BY ALL;
`

// BenchmarkReports asks every report with its defaults of an agency with a
// million earnings, and of one with ten with FANLAKE_LONG=1, and says how many
// milliseconds each takes from its call to its last row, and how many of them
// on all cores; the file stays open.
//
// FANLAKE_BENCH_DIR names a directory that keeps the warehouses, of which the
// large one takes minutes to make, for the next time.
//
//	FANLAKE_LONG=1 FANLAKE_BENCH_DIR=/var/tmp/lakes go test ./load/report -run '^$' -bench Reports -benchtime 3x -timeout 1h
func BenchmarkReports(b *testing.B) {
	for _, earnings := range sizes() {
		path := agencyOf(b, earnings)
		for _, r := range library(b) {
			b.Run(fmt.Sprintf("earnings=%d/%s", earnings, r.Name), func(b *testing.B) {
				measure(b, path, func(p *load.Published) (*query.Rows, error) { return r.Run(b.Context(), p, nil) })
			})
		}
	}
}

// sizes are the numbers of earnings that benchmarks are run with.
func sizes() []int {
	if os.Getenv("FANLAKE_LONG") != "" {
		return []int{1_000_000, 10_000_000}
	}
	return []int{1_000_000}
}

// agencyOf returns the published warehouse of an agency. One that is kept is
// taken only if the marts are those that made it.
func agencyOf(b *testing.B, earnings int) string {
	b.Helper()
	dir := b.TempDir()
	if kept := os.Getenv("FANLAKE_BENCH_DIR"); kept != "" {
		made := xxhash.New()
		_, _ = made.WriteString(agency)
		err := fs.WalkDir(sqlfiles.FS, "marts", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := fs.ReadFile(sqlfiles.FS, path)
			fmt.Fprintf(made, "%s%s", path, text)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		dir = filepath.Join(kept, fmt.Sprintf("agency-%d-%016x", earnings, made.Sum64()))
	}
	path := filepath.Join(dir, "warehouse.duckdb")
	current, err := load.CurrentFile(path)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := os.Stat(current); err != nil {
		if err := publish(dir, fmt.Sprintf(agency, earnings/100), ended()); err != nil {
			b.Fatal(err)
		}
	}
	return path
}

// measure runs a query to its last row as the program does by default.
func measure(b *testing.B, path string, ask func(*load.Published) (*query.Rows, error)) {
	p, err := load.OpenPublished(b.Context(), path, query.Options{Threads: 2, MemoryLimit: "512MB"})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	began := spent(b)
	for b.Loop() {
		rows, err := ask(p)
		if err != nil {
			b.Fatal(err)
		}
		if err := query.WriteCSV(io.Discard, rows); err != nil {
			b.Fatal(err)
		}
		if err := rows.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((spent(b)-began).Microseconds())/1000/float64(b.N), "cpu-ms")
	b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms")
	b.ReportMetric(0, "ns/op")
}

// spent is the time that the process has taken on all cores so far.
func spent(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
