package marts

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// BenchmarkMarts builds the marts over a million earnings and a million
// messages of 100 creators, and ten of each with FANLAKE_LONG=1, brings a night
// of 10,000 rows of each into them, and reads every mart whole: what the slowest
// reports take.
//
//	FANLAKE_LONG=1 go test ./load -run '^$' -bench Marts -benchtime 1x -timeout 1h
func BenchmarkMarts(b *testing.B) {
	counts := []int{1_000_000}
	if os.Getenv("FANLAKE_LONG") != "" {
		counts = append(counts, 10_000_000)
	}
	for _, n := range counts {
		b.Run(fmt.Sprintf("rows=%d", n), func(b *testing.B) { benchmarkMarts(b, n) })
	}
}

func benchmarkMarts(b *testing.B, n int) {
	conn := testConn(b)
	must(b, conn, "SET memory_limit = '600MB'")
	must(b, conn, "SET preserve_insertion_order = false")
	manyRows(b, conn, n, 0, n)
	finished(b, conn, "2026-01-01 00:00:00")
	b.ResetTimer()
	for b.Loop() {
		began := time.Now()
		build(b, conn, nil)
		b.ReportMetric(time.Since(began).Seconds(), "whole-s")
		must(b, conn, "DELETE FROM load.changed_earnings")
		must(b, conn, "DELETE FROM load.changed_messages")
		must(b, conn, "CHECKPOINT")

		const night = 10_000
		manyRows(b, conn, n, n, n+night)
		must(b, conn, "INSERT INTO load.changed_earnings SELECT creator_id, earned_at, transaction_order_id FROM fanvue.earnings WHERE _run_seq = 2")
		must(b, conn, "INSERT INTO load.changed_messages SELECT creator_id, fan_id, message_id, sent_at, true FROM fanvue.messages WHERE _run_seq = 2")
		began = time.Now()
		must(b, conn, "BEGIN")
		pairs, err := Touched(b.Context(), conn)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := Refresh(b.Context(), conn, pairs, map[string]bool{"earnings": true, "messages": true}); err != nil {
			b.Fatal(err)
		}
		must(b, conn, "COMMIT")
		b.ReportMetric(time.Since(began).Seconds(), "night-s")
	}
	marts, err := read()
	if err != nil {
		b.Fatal(err)
	}
	must(b, conn, "CHECKPOINT")
	for _, m := range marts {
		call := "mart." + m.Name
		if m.build == "macro" {
			_, arguments, _ := strings.Cut(m.Fields["example"], call+"(")
			call = strings.TrimSuffix(call+"("+arguments, " x")
			if i := strings.LastIndex(call, ")"); i > 0 {
				call = call[:i+1]
			}
			call, _, _ = strings.Cut(call, ") ")
			call = strings.TrimSuffix(call, ")") + ")"
		}
		took, rows, err := readWhole(b.Context(), conn, call)
		if err != nil {
			b.Errorf("%s: %v", call, err)
			continue
		}
		b.Logf("%-32s %9d rows %7.0f ms", m.Name, rows, took.Seconds()*1000)
	}
	b.Log(lines(b, conn, "SELECT database_size FROM pragma_database_size()"))
}

// readWhole computes every column of every row of a mart.
func readWhole(ctx context.Context, conn *sql.Conn, from string) (time.Duration, int64, error) {
	began := time.Now()
	var rows int64
	err := conn.QueryRowContext(ctx, "SELECT count(*) FROM (SELECT hash(COLUMNS(*)) FROM "+from+")").Scan(&rows)
	if err == nil { // count alone reads no column
		began = time.Now()
		var sum sql.NullString
		err = conn.QueryRowContext(ctx, "SELECT CAST(bit_xor(hash(x)) AS VARCHAR) FROM "+from+" x").Scan(&sum)
	}
	return time.Since(began), rows, err
}

// manyRows inserts rows [from, to) of n earnings and messages that are spread
// over three years, and the creators before the first.
func manyRows(t testing.TB, conn *sql.Conn, n, from, to int) {
	t.Helper()
	seq := 1
	if from == 0 {
		must(t, conn, "INSERT INTO cfg.settings VALUES ('timezone', 'Europe/London')")
		must(t, conn, "INSERT INTO fanvue.creators (creator_id, handle) SELECT CAST(md5('c' || i) AS UUID), 'c' || i FROM range(100) r(i)")
	} else {
		seq = 2
	}
	minutes := fmt.Sprintf("TIMESTAMP '2023-01-01' + to_microseconds(CAST(i * (3 * 365 * 86400000000.0 / %d) AS BIGINT))", n)
	// A few fans pay much: the square of an even spread.
	fanOf := fmt.Sprintf("substr(md5('f' || (hash(i) %% 100) || '-' || CAST(power((hash(i, 1) %% 100000) / 100000.0, 2) * %d AS BIGINT)), 1, 26)", max(50, n/2000))
	must(t, conn, fmt.Sprintf(`INSERT INTO fanvue.earnings (earning_id, creator_id, earned_at, source, gross_cents, net_cents, transaction_order_id, reversed_transaction_order_id,
			transaction_order_status, message_id, fan_id, _run_id, _run_seq)
		SELECT CAST(md5('e' || i) AS UUID), CAST(md5('c' || (hash(i) %% 100)) AS UUID), %s,
			CASE WHEN hash(i, 2) %% 100 < 3 THEN 'refund' ELSE ['subscription', 'renewal', 'renewal', 'message', 'message', 'tip', 'post'][CAST(1 + hash(i, 3) %% 7 AS BIGINT)] END,
			CASE WHEN hash(i, 2) %% 100 < 3 THEN -1 ELSE 1 END * 100 * (1 + hash(i, 4) %% 50)::BIGINT, CASE WHEN hash(i, 2) %% 100 < 3 THEN -1 ELSE 1 END * 80 * (1 + hash(i, 4) %% 50)::BIGINT,
			'o' || i, CASE WHEN hash(i, 2) %% 100 < 3 THEN 'o' || (i - CAST(100 * (1 + hash(i, 5) %% 50) AS BIGINT)) END, 'availableForPayout',
			CASE WHEN hash(i, 3) %% 7 IN (3, 4) THEN CAST(md5('m' || (i - CAST(hash(i, 6) %% 20 AS BIGINT))) AS UUID) END, %s, 'r', %d
		FROM range(%d, %d) r(i)`, minutes, fanOf, seq, from, to))
	must(t, conn, fmt.Sprintf(`INSERT INTO fanvue.messages (message_id, creator_id, fan_id, sent_at, direction, message_type, sent_by_user_id, price_cents, purchased_at, text_length, _run_id, _run_seq)
		SELECT CAST(md5('m' || i) AS UUID), CAST(md5('c' || (hash(i) %% 100)) AS UUID), %s, %s, CASE WHEN hash(i, 7) %% 2 = 0 THEN 'fan' ELSE 'creator' END,
			CASE WHEN hash(i, 8) %% 20 = 0 THEN 'BROADCAST' WHEN hash(i, 8) %% 20 = 1 THEN 'AUTOMATED_RENEWED' ELSE 'SINGLE_RECIPIENT' END,
			CASE WHEN hash(i, 7) %% 2 = 1 THEN CAST(md5('s' || (hash(i, 9) %% 20)) AS UUID) END,
			CASE WHEN hash(i, 7) %% 10 = 1 THEN 500 * (1 + hash(i, 4) %% 5)::BIGINT END,
			CASE WHEN hash(i, 7) %% 10 = 1 AND hash(i, 10) %% 3 = 0 THEN %s + INTERVAL 1 HOUR END, 20, 'r', %d
		FROM range(%d, %d) r(i)`, fanOf, minutes, minutes, seq, from, to))
}
