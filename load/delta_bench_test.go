package load

import (
	"crypto/md5"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"fanlake/transform/tables"
)

// deltaEnv makes this test binary the process that a benchmark measures.
const deltaEnv = "FANLAKE_DELTA_DIR"

// A deltaCost is what one step of a night took.
type deltaCost struct {
	Step      string
	Wall, CPU float64 // seconds
	Peak      int64   // bytes, of the process so far
	Written   int64   // bytes, to files
}

// TestDeltaProcess is not a test: it is the process that brings a lake into its
// warehouse and publishes it, and says what that took.
func TestDeltaProcess(t *testing.T) {
	dir := os.Getenv(deltaEnv)
	if dir == "" {
		t.Skip("a helper of benchmarks")
	}
	var costs []deltaCost
	var last deltaCost
	began := time.Now()
	step := func(name string) {
		c := spent(t)
		c.Step, c.Wall = name, time.Since(began).Seconds()
		costs = append(costs, deltaCost{name, c.Wall - last.Wall, c.CPU - last.CPU, c.Peak, c.Written - last.Written})
		last = c
	}
	step("start")
	opts := benchOptions(dir)
	w, err := Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	step("open")
	if _, err := w.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	step("apply")
	if _, err := w.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	step("finish")
	if _, err := w.Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	step("publish")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	step("close")
	text, err := json.Marshal(costs)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(string(text))
}

func benchOptions(dir string) Options {
	limit := os.Getenv("FANLAKE_MEMORY_LIMIT")
	if limit == "" {
		limit = "600MB" // 60 % of what the process may take
	}
	return Options{Dir: dir, Account: "main", Owner: testOwner, KeyFingerprint: "key", MemoryLimit: limit, Threads: 2,
		Settings: Settings{Timezone: "Europe/London"}}
}

// spent is what this process has taken so far.
func spent(t *testing.T) deltaCost {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	c := deltaCost{CPU: float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6, Peak: u.Maxrss << 10}
	// Linux counts what the process had before it was this program into Maxrss.
	if text, err := os.ReadFile("/proc/self/status"); err == nil {
		for line := range strings.Lines(string(text)) {
			if n, ok := strings.CutPrefix(line, "VmHWM:"); ok {
				fmt.Sscan(n, &c.Peak)
				c.Peak <<= 10
			}
		}
	}
	text, err := os.ReadFile("/proc/self/io") // Linux has it
	if err != nil {
		return c
	}
	for line := range strings.Lines(string(text)) {
		if n, ok := strings.CutPrefix(line, "write_bytes: "); ok {
			fmt.Sscan(n, &c.Written)
		}
	}
	return c
}

// randomUUID is the nth of uuids that have as little in common as real ones:
// how they compress decides what a scan costs.
func randomUUID(n int) string {
	h := md5.Sum([]byte{byte(n), byte(n >> 8)})
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:])
}

// history writes a part as a run seals it: one slice for each of many creators,
// newest first, with rows spread evenly over the minutes [from, to) since 2023.
func (l *lake) history(seq int64, creators int, rows int64, from, to int64, settled string) {
	f := l.footer("earnings", seq, 1)
	start := time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)
	each := rows / int64(creators)
	for c := range creators {
		s := tables.Slice{ID: fmt.Sprintf("%d/%d", seq, c), Stream: "earnings", CreatorID: randomUUID(c), Complete: true,
			Start: start.Add(time.Duration(from) * time.Minute), End: start.Add(time.Duration(to) * time.Minute),
			WalkStart: at(int(seq)), WalkEnd: at(int(seq)), Rows: each,
			FirstSeq: seq, FirstPage: int64(c) + 1, LastSeq: seq, LastPage: int64(c) + 1}
		f.Slices = append(f.Slices, s)
	}
	f.Rows = each * int64(creators)
	ids := make([]string, creators)
	for c := range ids {
		ids[c] = "'" + randomUUID(c) + "'"
	}
	l.copy(f, fmt.Sprintf(`WITH e AS (
		SELECT c, i, TIMESTAMP '2023-01-01' + to_minutes(%[1]d) - to_milliseconds((i + 1) * %[2]d) AS earned_at,
			hash(c, earned_at) AS h, 'order' || hash(c, earned_at - to_milliseconds(100 * %[2]d)) AS taken_back
		FROM range(%[3]d) a(c), range(%[4]d) b(i))
	SELECT md5(c || ' ' || earned_at)::UUID AS earning_id, ([%[5]s])[c + 1]::UUID AS creator_id, earned_at,
		CASE WHEN h %% 100 = 0 THEN 'refund' WHEN h %% 3 = 0 THEN 'subscription' ELSE 'message' END AS source,
		(CASE WHEN h %% 100 = 0 THEN -1 ELSE 1 END * (100 + h %% 5000)::BIGINT)::BIGINT AS gross_cents, (gross_cents * 8 // 10)::BIGINT AS net_cents,
		NULL::BIGINT AS total_cents, 'GBP' AS fan_currency, 'order' || h AS transaction_order_id,
		CASE WHEN h %% 100 = 0 THEN taken_back END AS reversed_transaction_order_id,
		CASE WHEN %[6]s THEN 'availableForPayout' ELSE 'pendingBalance' END AS transaction_order_status,
		CASE WHEN h %% 3 > 0 THEN md5(h::VARCHAR)::UUID END AS message_id, NULL::UUID AS post_id, left(md5('fan' || c || ' ' || (h // 1000 %% 2000)), 26) AS fan_id,
		'run' AS _run_id, TIMESTAMP '2026-02-01' AS _fetched_at, NULL::VARCHAR AS _extra, %[7]d::BIGINT AS _run_seq, c + 1 AS _page,
		c AS _slice, (hash(earning_id, transaction_order_status) >> 1)::BIGINT AS _hash
	FROM e ORDER BY c, i`, to, (to-from)*60_000/each, creators, each, strings.Join(ids, ", "), settled, seq))
}

// minutesOfThreeYears are what the history of the benchmark lasts.
const minutesOfThreeYears = 3 * 365 * 24 * 60

// BenchmarkDelta brings 10,000 rows of 100 creators, half of them changed and
// half new, into a million earnings, and ten with FANLAKE_LONG=1, until they
// are published; each time in a process of its own, so that the peak memory is
// that of one night.
//
// FANLAKE_BENCH_DIR names a directory that keeps the lakes with their first load,
// which take minutes, for the next time. parquet-s is what the months' figures
// take from the bare parts: the newest version of each row, summed.
//
//	FANLAKE_LONG=1 FANLAKE_BENCH_DIR=/var/tmp/lakes go test ./load -run '^$' -bench Delta -benchtime 3x -timeout 1h
func BenchmarkDelta(b *testing.B) {
	bases := []int64{1_000_000}
	if os.Getenv("FANLAKE_LONG") != "" {
		bases = append(bases, 10_000_000)
	}
	for _, base := range bases {
		b.Run(fmt.Sprintf("rows=%d", base), func(b *testing.B) { benchmarkDelta(b, base) })
	}
}

func benchmarkDelta(b *testing.B, base int64) {
	l := newLake(b)
	const creators, delta = 100, 10_000
	if kept := os.Getenv("FANLAKE_BENCH_DIR"); kept != "" {
		l.dir = filepath.Join(kept, fmt.Sprint(base))
		l.opts.Dir = l.dir
	}
	had, err := filepath.Glob(filepath.Join(l.dir, "lake", "earnings", "*", "*.parquet"))
	if err != nil {
		b.Fatal(err)
	}
	if len(had) == 0 {
		if _, err := l.db.Exec("SET GLOBAL threads = 2"); err != nil {
			b.Fatal(err)
		}
		l.history(1, creators, base, 0, minutesOfThreeYears, "i > 500")
	}
	began := time.Now()
	b.Logf("first load: %s", costsText(deltaProcess(b, l.dir)))
	b.Logf("it took %v", time.Since(began))
	// A row's step in time: base rows over three years.
	step := float64(minutesOfThreeYears) / float64(base/creators)
	reach := int64(step * delta / creators / 2)
	var nights [][]deltaCost
	seq, now := max(1, int64(len(had))), int64(minutesOfThreeYears)
	now += (seq - 1) * reach
	for b.Loop() {
		seq++
		b.StopTimer()
		l.history(seq, creators, delta, now-reach, now+reach, "true")
		now += reach
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

// fromParquet is how long it takes to sum the months of all creators from the
// parts, as one would without a warehouse.
func (l *lake) fromParquet() time.Duration {
	l.t.Helper()
	began := time.Now()
	var months, cents int64
	err := l.db.QueryRow(fmt.Sprintf(`SELECT count(*), sum(net_cents)::BIGINT FROM (
		SELECT creator_id, date_trunc('month', earned_at) AS month, source, sum(net_cents) AS net_cents
		FROM (SELECT earning_id, arg_max(creator_id, (_run_seq, _page)) AS creator_id, arg_max(earned_at, (_run_seq, _page)) AS earned_at,
			arg_max(source, (_run_seq, _page)) AS source, arg_max(net_cents, (_run_seq, _page)) AS net_cents FROM read_parquet('%s/lake/earnings/*/*.parquet') GROUP BY earning_id)
		GROUP BY creator_id, month, source)`, l.dir)).Scan(&months, &cents)
	if err != nil {
		l.t.Fatal(err)
	}
	return time.Since(began)
}

func costsText(costs []deltaCost) string {
	var texts []string
	for _, c := range costs {
		texts = append(texts, fmt.Sprintf("%s %.2f s (%.2f cpu), peak %d MiB, written %d MiB", c.Step, c.Wall, c.CPU, c.Peak>>20, c.Written>>20))
	}
	return strings.Join(texts, "; ")
}
