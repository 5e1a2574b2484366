package load

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fanlake/load/runs"
	"fanlake/transform/tables"
)

// A talkLake has the messages of an agency of 300 creators over three years. A
// few creators have many messages, and of their chats a few are huge and most
// small: both fall with the rank. Messages come in sittings of ten; of ten one
// costs something, and of these one in three is bought, which is a sale.
type talkLake struct {
	*lake
	chats []benchChat // in the order in which they were read: creator by creator
}

// A benchChat is a chat of the benchmark.
type benchChat struct {
	creator, number, size int
}

const (
	benchCreators = 300
	// chatsOfNight have messages in a night, each three new ones, and two that changed.
	chatsOfNight = 2000
)

// newTalkLake plans the chats of so many messages.
func newTalkLake(b testing.TB, rows int) *talkLake {
	l := &talkLake{lake: newLake(b)}
	if kept := os.Getenv("FANLAKE_BENCH_DIR"); kept != "" {
		l.dir = filepath.Join(kept, fmt.Sprint("messages", rows))
		l.opts.Dir = l.dir
	}
	if _, err := l.db.Exec("SET GLOBAL threads = 2; SET GLOBAL preserve_insertion_order = true; CREATE TABLE chats (creator UUID, creator_no BIGINT, number BIGINT, size BIGINT, fan VARCHAR, slice BIGINT, part BIGINT)"); err != nil {
		b.Fatal(err)
	}
	var weights float64
	for c := range benchCreators {
		weights += 1 / math.Sqrt(float64(c+1))
	}
	for c := range benchCreators {
		messages := float64(rows) / math.Sqrt(float64(c+1)) / weights
		n := max(1, int(messages/66))
		var harmonic float64
		for k := range n {
			harmonic += 1 / float64(k+5)
		}
		for k := range n {
			l.chats = append(l.chats, benchChat{c, k, 1 + int(messages/harmonic/float64(k+5))})
		}
	}
	return l
}

// fan is the pseudonym of the fan of a chat.
func (c benchChat) fan() string {
	return fmt.Sprintf("%08x%018x", (c.number*7919+c.creator)*2654435761%(1<<32), c.number)
}

// plan puts chats into the table of the generator.
func (l *talkLake) plan(of []benchChat, part func(i int) int) {
	l.t.Helper()
	type row struct {
		Creator   string `json:"creator"`
		CreatorNo int    `json:"creator_no"`
		Number    int    `json:"number"`
		Size      int    `json:"size"`
		Fan       string `json:"fan"`
		Slice     int    `json:"slice"`
		Part      int    `json:"part"`
	}
	rows := make([]row, len(of))
	slice, last := 0, -1
	for i, c := range of {
		p := part(i)
		if p != last {
			slice, last = 0, p
		}
		rows[i] = row{randomUUID(c.creator), c.creator, c.number, c.size, c.fan(), slice, p}
		slice++
	}
	text, err := json.Marshal(rows)
	if err != nil {
		l.t.Fatal(err)
	}
	path := filepath.Join(l.t.TempDir(), "chats.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		l.t.Fatal(err)
	}
	if _, err := l.db.Exec(fmt.Sprintf("DELETE FROM chats; INSERT INTO chats BY NAME FROM read_json('%s', maximum_object_size = 1000000000, hive_partitioning = false)", path)); err != nil {
		l.t.Fatal(err)
	}
}

// benchNow is the instant of the nth run.
func benchNow(seq int64) time.Time {
	return time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC).Add((minutesOfThreeYears + time.Duration(seq-1)*24*60) * time.Minute)
}

// messagesOf selects messages of the chats of a part, the ith with from <= i <
// to of each; grown is how many of them are new in this run, and those before
// them have changed.
func (l *talkLake) messagesOf(part int, seq int64, from, to string, night bool) string {
	now := "TIMESTAMP '" + benchNow(seq).Format(time.DateTime) + "'"
	sent := `TIMESTAMP '2023-01-01' + to_minutes(first_minute + (i // 10) * minutes // (size // 10 + 1)) + to_seconds(CAST((i % 10) * 100 + hash(number, i) % 90 AS BIGINT))`
	bought := "hash(number, i, 4) % 3 = 0"
	if night {
		sent = "CASE WHEN i < size THEN " + sent + " ELSE " + now + " - INTERVAL 12 HOUR + to_minutes(CAST(hash(number) % 600 AS BIGINT)) + to_minutes(i - size) END"
		bought = "(" + bought + " OR i BETWEEN size - 2 AND size - 1)"
	}
	return fmt.Sprintf(`WITH told AS (
		SELECT *, CAST(hash(creator_no, number) %% %[1]d AS BIGINT) AS first_minute, least(%[1]d - first_minute - 60, 43200 + size * 120) AS minutes
		FROM chats WHERE part = %[2]d
	), m AS (
		SELECT *, unnest(range(%[3]s, %[4]s)) AS i FROM told
	), n AS (
		SELECT *, %[5]s AS sent_at, hash(number, i, 1) %% 2 = 0 AS is_fan, hash(number, i, 2) %% 20 AS kind, hash(number, i, 3) %% 5 = 0 AS is_paid FROM m
	)
	SELECT slice AS _slice, i, creator AS creator_id, fan AS fan_id, md5(creator_no || '/' || number || '/' || i)::UUID AS message_id, sent_at,
		CASE WHEN is_fan THEN 'fan' ELSE 'creator' END AS direction,
		CASE WHEN kind = 0 AND NOT is_fan THEN 'BROADCAST' WHEN kind = 1 AND NOT is_fan THEN 'AUTOMATED_RENEWED' ELSE 'SINGLE_RECIPIENT' END AS message_type,
		CASE WHEN NOT is_fan AND kind > 1 THEN md5('member' || hash(creator_no, i // 10) %% 20)::UUID END AS sent_by_user_id,
		CASE WHEN NOT is_fan AND is_paid THEN 500 * (1 + hash(number, i, 5) %% 5)::BIGINT END AS price_cents,
		CASE WHEN NOT is_fan AND is_paid AND %[6]s THEN sent_at + INTERVAL 1 HOUR END AS purchased_at,
		%[7]s AS is_read, is_paid AS has_media, is_paid::BIGINT AS media_count, (5 + hash(number, i, 6) %% 100)::BIGINT AS text_length, NULL::VARCHAR AS text
	FROM n`, minutesOfThreeYears, part, from, to, sent, bought, map[bool]string{false: "true", true: "i < size"}[night])
}

// messagePart writes the messages of a part, and their sales.
func (l *talkLake) messagePart(f tables.Footer, query string) {
	l.copy(f, fmt.Sprintf(`SELECT * EXCLUDE (i), 'run' AS _run_id, TIMESTAMP '2026-02-01' AS _fetched_at, NULL::VARCHAR AS _extra, %d::BIGINT AS _run_seq,
		_slice + 1 AS _page, (hash(message_id, is_read, purchased_at) >> 1)::BIGINT AS _hash FROM (%s) ORDER BY _slice, i DESC`, f.RunSeq, query))
}

// sales writes the earnings of messages that were bought.
func (l *talkLake) sales(seq int64, from, to time.Time, query string) {
	f := l.footer("earnings", seq, 500)
	for c := range benchCreators {
		f.Slices = append(f.Slices, tables.Slice{ID: fmt.Sprintf("%d/e%d", seq, c), Stream: "earnings", CreatorID: randomUUID(c), Complete: true, Start: from, End: to,
			WalkStart: to, WalkEnd: to, FirstSeq: seq, FirstPage: int64(c) + 1_000_000, LastSeq: seq, LastPage: int64(c) + 1_000_000})
	}
	sold := fmt.Sprintf(`SELECT md5(message_id || ' %[5]d')::UUID AS earning_id, creator_id, CASE WHEN %[2]t THEN sent_at + INTERVAL 1 HOUR ELSE least(greatest(sent_at, TIMESTAMP '%[3]s'), TIMESTAMP '%[4]s') END AS earned_at,
		CASE WHEN hash(message_id) %% 5 = 0 THEN 'tip' ELSE 'message' END AS source, price_cents AS gross_cents, price_cents * 8 // 10 AS net_cents, 'GBP' AS fan_currency,
		'order' || hash(message_id, %[5]d) AS transaction_order_id, 'availableForPayout' AS transaction_order_status,
		CASE WHEN hash(message_id) %% 5 > 0 THEN message_id END AS message_id, fan_id
		FROM (%[1]s) WHERE purchased_at IS NOT NULL`, query, seq == 1, from.Format(time.DateTime), to.Add(-time.Second).Format(time.DateTime), seq)
	if _, err := l.db.Exec("CREATE OR REPLACE TABLE sold AS SELECT *, hash(creator_id) AS h FROM ("+sold+") WHERE earned_at >= ? AND earned_at < ?", from, to); err != nil {
		l.t.Fatal(err)
	}
	counts := map[string]int64{}
	rows, err := l.db.Query("SELECT creator_id::VARCHAR, count(*) FROM sold GROUP BY ALL")
	if err != nil {
		l.t.Fatal(err)
	}
	defer rows.Close()
	ids := make([]string, benchCreators)
	for rows.Next() {
		var id string
		var n int64
		if err := rows.Scan(&id, &n); err != nil {
			l.t.Fatal(err)
		}
		counts[id] = n
		f.Rows += n
	}
	for c := range f.Slices {
		f.Slices[c].Rows = counts[randomUUID(c)]
		ids[c] = "'" + randomUUID(c) + "'"
	}
	l.copy(f, fmt.Sprintf(`SELECT s.* EXCLUDE (h), 'run' AS _run_id, TIMESTAMP '2026-02-01' AS _fetched_at, NULL::VARCHAR AS _extra, %d::BIGINT AS _run_seq, 1000001 + c.slice AS _page,
		c.slice AS _slice, (hash(earning_id) >> 1)::BIGINT AS _hash
		FROM sold s JOIN (SELECT unnest([%s])::UUID AS creator_id, unnest(range(%d)) AS slice) c USING (creator_id) ORDER BY slice, earned_at DESC`, seq, strings.Join(ids, ", "), benchCreators))
}

// first writes what a first sync reads.
func (l *talkLake) first() {
	const each = 250_000
	parts, rows := make([]int, len(l.chats)), 0
	for i, c := range l.chats {
		parts[i] = rows / each
		rows += c.size
	}
	l.plan(l.chats, func(i int) int { return parts[i] })
	now := benchNow(1)
	for p := range parts[len(parts)-1] + 1 {
		f := l.footer("messages", 1, p+1)
		for i, c := range l.chats {
			if parts[i] != p {
				continue
			}
			page := int64(p)*100_000 + int64(len(f.Slices)) + 1
			f.Slices = append(f.Slices, tables.Slice{ID: fmt.Sprintf("1/m%d", i), Stream: "messages", CreatorID: randomUUID(c.creator), FanID: c.fan(), Complete: true,
				Start: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), End: now, WalkStart: now, WalkEnd: now, Rows: int64(c.size), FirstSeq: 1, FirstPage: page, LastSeq: 1, LastPage: page})
			f.Rows += int64(c.size)
		}
		l.messagePart(f, l.messagesOf(p, 1, "0", "size", false))
	}
	all := make([]string, parts[len(parts)-1]+1)
	for p := range all {
		all[p] = "(" + l.messagesOf(p, 1, "0", "size", false) + ")"
	}
	l.sales(1, time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), now, strings.Join(all, " UNION ALL "))
	f := l.footer("creators", 1, 400)
	f.Slices = []tables.Slice{{ID: "1/c", Stream: "creators", Complete: true, WalkStart: now, WalkEnd: now, Rows: benchCreators, FirstSeq: 1, FirstPage: 1, LastSeq: 1, LastPage: 1}}
	f.Rows = benchCreators
	l.copy(f, `SELECT DISTINCT creator AS creator_id, 'c' || creator_no AS handle, 'run' AS _run_id, TIMESTAMP '2026-02-01' AS _fetched_at, NULL::VARCHAR AS _extra, 1::BIGINT AS _run_seq,
		1::BIGINT AS _page, 0 AS _slice, creator_no AS _hash FROM chats`)
	f = l.footer("chats", 1, 401)
	perCreator := map[int]int64{}
	for _, c := range l.chats {
		perCreator[c.creator]++
	}
	for c := range benchCreators {
		f.Slices = append(f.Slices, tables.Slice{ID: fmt.Sprintf("1/l%d", c), Stream: "chats", CreatorID: randomUUID(c), Complete: true, WalkStart: now, WalkEnd: now,
			Rows: perCreator[c], FirstSeq: 1, FirstPage: int64(c) + 1, LastSeq: 1, LastPage: int64(c) + 1})
		f.Rows += perCreator[c]
	}
	l.copy(f, fmt.Sprintf(`SELECT creator AS creator_id, fan AS fan_id, TIMESTAMP '2023-01-01' AS created_at, TIMESTAMP '%s' - to_minutes(CAST(hash(fan) %% 500000 AS BIGINT)) AS last_message_at,
		hash(fan, 1) %% 10 > 0 AS is_read, false AS is_muted, CASE WHEN hash(fan, 1) %% 10 = 0 THEN 2 ELSE 0 END::BIGINT AS unread_messages_count, 'run' AS _run_id, TIMESTAMP '2026-02-01' AS _fetched_at,
		NULL::VARCHAR AS _extra, 1::BIGINT AS _run_seq, creator_no + 1 AS _page, creator_no AS _slice, (hash(fan) >> 1)::BIGINT AS _hash FROM chats ORDER BY creator_no, number`, now.Format(time.DateTime)))
}

// night writes what the seqth run reads: of some chats the last 50 messages,
// three of them new and the two before read, and bought if they cost something.
func (l *talkLake) night(seq int64) {
	every := max(1, len(l.chats)/chatsOfNight)
	var of []benchChat
	for i, c := range l.chats {
		if (i+int(seq))%every == 0 && len(of) < chatsOfNight {
			of = append(of, c)
		}
	}
	l.plan(of, func(int) int { return 0 })
	now := benchNow(seq)
	f := l.footer("messages", seq, 1)
	query := l.messagesOf(0, seq, "greatest(size - 47, 0)", "size + 3", true)
	starts := map[int64]time.Time{}
	rows, err := l.db.Query("SELECT _slice, min(sent_at) FROM (" + query + ") GROUP BY _slice")
	if err != nil {
		l.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var n int64
		var at time.Time
		if err := rows.Scan(&n, &at); err != nil {
			l.t.Fatal(err)
		}
		starts[n] = at
	}
	for i, c := range of {
		n := int64(min(c.size, 47) + 3)
		f.Slices = append(f.Slices, tables.Slice{ID: fmt.Sprintf("%d/m%d", seq, i), Stream: "messages", CreatorID: randomUUID(c.creator), FanID: c.fan(), Complete: true,
			Start: starts[int64(i)], End: now, WalkStart: now, WalkEnd: now, Rows: n, FirstSeq: seq, FirstPage: int64(i) + 1, LastSeq: seq, LastPage: int64(i) + 1})
		f.Rows += n
	}
	l.messagePart(f, query)
	l.sales(seq, benchNow(seq-1), now, query)
}

// ended writes the record of the seqth run.
func (l *talkLake) ended(seq int64) {
	run := runs.Run{RunID: fmt.Sprintf("run%04d", seq), Seq: seq, Status: runs.OK, StartedAt: benchNow(seq), FinishedAt: benchNow(seq), ServerTime: benchNow(seq)}
	if err := runs.Write(l.dir, run); err != nil {
		l.t.Fatal(err)
	}
}

// BenchmarkMessages brings a night of 10,000 new and changed messages of 2,000
// chats into a million messages of 300 creators, and ten with FANLAKE_LONG=1,
// until they are published; each time in a process of its own, so that the peak
// memory is that of one night. Afterwards it asks the reports on messages.
//
// FANLAKE_BENCH_DIR names a directory that keeps the lakes with their first load,
// which take minutes, for the next time. parquet-s is what the messages of each
// month and class take from the bare parts: the newest version of each, counted.
//
//	FANLAKE_LONG=1 FANLAKE_BENCH_DIR=/var/tmp/lakes go test ./load -run '^$' -bench Messages -benchtime 3x -timeout 1h
func BenchmarkMessages(b *testing.B) {
	bases := []int{1_000_000}
	if os.Getenv("FANLAKE_LONG") != "" {
		bases = append(bases, 10_000_000)
	}
	for _, base := range bases {
		b.Run(fmt.Sprintf("rows=%d", base), func(b *testing.B) { benchmarkMessages(b, base) })
	}
}

func benchmarkMessages(b *testing.B, base int) {
	l := newTalkLake(b, base)
	had, err := filepath.Glob(filepath.Join(l.dir, "runs", "*.json"))
	if err != nil {
		b.Fatal(err)
	}
	if len(had) == 0 {
		l.first()
		l.ended(1)
		had = []string{"1"}
	}
	began := time.Now()
	b.Logf("first load: %s", costsText(deltaProcess(b, l.dir)))
	b.Logf("it took %v", time.Since(began))
	var nights [][]deltaCost
	seq := int64(len(had))
	for b.Loop() {
		seq++
		b.StopTimer()
		l.night(seq)
		l.ended(seq)
		b.StartTimer()
		nights = append(nights, deltaProcess(b, l.dir))
	}
	reportNights(b, nights)
	if info, err := os.Stat(filepath.Join(l.dir, "warehouse.duckdb")); err == nil {
		b.ReportMetric(float64(info.Size())/(1<<20), "file-MiB")
	}
	b.ReportMetric(l.fromParquet().Seconds(), "parquet-s")
	b.ReportMetric(0, "ns/op")
}

// fromParquet is how long it takes to count the messages of each month, creator,
// class and chatter from the parts, as one would without a warehouse.
func (l *talkLake) fromParquet() time.Duration {
	l.t.Helper()
	began := time.Now()
	var months, messages int64
	err := l.db.QueryRow(fmt.Sprintf(`SELECT count(*), sum(n)::BIGINT FROM (
		SELECT creator_id, date_trunc('month', sent_at) AS month, direction, message_type, sent_by_user_id, count(*) AS n, count(price_cents) AS priced, count(purchased_at) AS bought
		FROM (SELECT message_id, arg_max(creator_id, _run_seq) AS creator_id, arg_max(sent_at, _run_seq) AS sent_at, arg_max(direction, _run_seq) AS direction,
			arg_max(message_type, _run_seq) AS message_type, arg_max(sent_by_user_id, _run_seq) AS sent_by_user_id, arg_max(price_cents, _run_seq) AS price_cents,
			arg_max_null(purchased_at, _run_seq) AS purchased_at
			FROM read_parquet('%s/lake/messages/*/*.parquet') GROUP BY message_id) GROUP BY ALL)`, l.dir)).Scan(&months, &messages)
	if err != nil {
		l.t.Fatal(err)
	}
	return time.Since(began)
}

// deltaProcess runs one night on a data directory in a process of its own.
func deltaProcess(b *testing.B, dir string) []deltaCost {
	b.Helper()
	cmd := exec.CommandContext(context.Background(), os.Args[0], "-test.run=^TestDeltaProcess$")
	cmd.Env = append(os.Environ(), deltaEnv+"="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	var costs []deltaCost
	line, _, _ := strings.Cut(string(out), "\n")
	if err := json.Unmarshal([]byte(line), &costs); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return costs
}

// reportNights reports the medians of nights.
func reportNights(b *testing.B, nights [][]deltaCost) {
	report := func(name string, of func([]deltaCost) float64) {
		var all []float64
		for _, n := range nights {
			all = append(all, of(n))
		}
		slices.Sort(all)
		b.ReportMetric(all[len(all)/2], name)
	}
	for i, c := range nights[0] {
		report(c.Step+"-s", func(n []deltaCost) float64 { return n[i].Wall })
	}
	sum := func(of func(deltaCost) float64) func([]deltaCost) float64 {
		return func(n []deltaCost) (all float64) {
			for _, c := range n {
				all += of(c)
			}
			return all
		}
	}
	report("night-s", sum(func(c deltaCost) float64 { return c.Wall }))
	report("cpu-s", sum(func(c deltaCost) float64 { return c.CPU }))
	report("peak-MiB", func(n []deltaCost) float64 { return float64(n[len(n)-1].Peak) / (1 << 20) })
	report("written-MiB", sum(func(c deltaCost) float64 { return float64(c.Written) / (1 << 20) }))
}
