package main

import (
	"bufio"
	"bytes"
	"cmp"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2" // the yardstick

	"fanlake/extract/fanvuesim"
)

// Benchmarks of the whole program, each run beside a yardstick in the same
// iteration. Processes are measured from outside, so what counts is all of them:
//
//	go test ./cmd/fanlake -run '^$' -bench Sync -benchtime 5x
//
// FANLAKE_LONG=1 adds five times the messages, to see that memory does not grow
// with them. Figures are medians of the iterations.

// helperEnv makes this test binary one of the processes that a benchmark needs:
// the simulator, or DuckDB loading pages. A process begins with the peak memory
// of its parent, so the benchmark itself stays small.
const helperEnv = "FANLAKE_BENCH_HELPER"

// TestHelperProcess is not a test: it is the helper that helperEnv names.
func TestHelperProcess(t *testing.T) {
	args := strings.Split(os.Getenv(helperEnv), "\n")
	switch args[0] {
	case "simulate":
		simulateForBench(t, args[1])
	case "duckdb":
		loadWithDuckDB(t, args[1], args[2])
	case "split":
		splitRows(t, args[1], args[2])
	default:
		t.Skip("a helper of benchmarks")
	}
}

// A benchWorld is what the simulator serves.
type benchWorld struct{ Chats, Messages int } // Messages per chat

// simulateForBench serves a world until its stdin ends, and writes a line for
// every request it has answered when it is told to forget them.
func simulateForBench(t *testing.T, shape string) {
	var w benchWorld
	if err := json.Unmarshal([]byte(shape), &w); err != nil {
		t.Fatal(err)
	}
	sim := fanvuesim.New(fanvuesim.Options{
		World: fanvuesim.WorldOptions{Seed: 1, Shapes: map[int]fanvuesim.Shape{
			0: {Fans: w.Chats, Earnings: 2000, Chats: w.Chats, Messages: w.Messages},
		}},
		Gate: fanvuesim.GateOptions{Rate: fanvuesim.Rate{Limit: -1}, CountsOnly: true},
	})
	var mu sync.Mutex
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.URL.RequestURI())
		mu.Unlock()
		sim.Handler().ServeHTTP(w, r)
	}))
	defer server.Close()
	fmt.Println(server.URL)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		mu.Lock()
		text, err := json.Marshal(asked)
		asked = nil
		mu.Unlock()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(string(text))
	}
}

// loadWithDuckDB makes a table of the messages of JSON files, as one would by
// hand, in a new file.
func loadWithDuckDB(t *testing.T, statement, file string) {
	db, err := sql.Open("duckdb", file+"?threads=2")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("SET preserve_insertion_order = false"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE messages AS " + statement); err != nil {
		t.Fatal(err)
	}
	var rows int64
	if err := db.QueryRow("SELECT count(*) FROM messages").Scan(&rows); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	fmt.Println(rows)
}

// splitRows writes the rows of pages as lines of one file, for the yardstick
// that is spared the envelopes.
func splitRows(t *testing.T, dir, file string) {
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	var lines bytes.Buffer
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var page struct {
			Data []json.RawMessage `json:"data"`
		}
		if err := json.Unmarshal(text, &page); err != nil {
			t.Fatal(err)
		}
		for _, row := range page.Data {
			lines.Write(row)
			lines.WriteByte('\n')
		}
	}
	if err := os.WriteFile(file, lines.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A cost is what a process took.
type cost struct {
	wall, cpu time.Duration
	peak      int64 // bytes
}

// measure runs a process to its end.
func measure(b *testing.B, cmd *exec.Cmd) cost {
	b.Helper()
	var said bytes.Buffer
	if cmd.Stdout == nil {
		cmd.Stdout = &said
	}
	cmd.Stderr = &said
	began := time.Now()
	err := cmd.Run()
	wall := time.Since(began)
	if err != nil {
		b.Fatalf("%v: %v\n%s", cmd.Args, err, said.Bytes())
	}
	c := cost{wall: wall, cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		c.peak = usage.Maxrss << 10
	}
	return c
}

// helper is this test binary as a helper process.
func helper(args ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	cmd := exec.Command(self, "-test.run=^TestHelperProcess$")
	cmd.Env = append(os.Environ(), helperEnv+"="+strings.Join(args, "\n"))
	return cmd
}

// buildProgram builds the program as it is shipped.
func buildProgram(b *testing.B) string {
	b.Helper()
	program := filepath.Join(b.TempDir(), "fanlake")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// A simulator is the helper process that serves.
type simulator struct {
	url   string
	in    io.WriteCloser
	lines *bufio.Reader
}

func startBenchSimulator(b *testing.B, w benchWorld) *simulator {
	b.Helper()
	shape, err := json.Marshal(w)
	if err != nil {
		b.Fatal(err)
	}
	cmd := helper("simulate", string(shape))
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := cmp.Or(err1, err2, cmd.Start()); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close()
		_ = cmd.Wait()
	})
	s := &simulator{in: in, lines: bufio.NewReaderSize(out, 1<<20)}
	s.url = strings.TrimSpace(s.line(b))
	return s
}

func (s *simulator) line(b *testing.B) string {
	line, err := s.lines.ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return line
}

// asked returns what was asked since the last call, in order.
func (s *simulator) asked(b *testing.B) []string {
	if _, err := io.WriteString(s.in, "\n"); err != nil {
		b.Fatal(err)
	}
	var paths []string
	if err := json.Unmarshal([]byte(s.line(b)), &paths); err != nil {
		b.Fatal(err)
	}
	return paths
}

// configure writes a configuration that asks the simulator without a limit.
func configure(b *testing.B, url string) string {
	dir := b.TempDir()
	file := filepath.Join(dir, "fanlake.yaml")
	text := fmt.Sprintf("data_dir: ./data\naccounts:\n  - {name: main, api_key: env:FANVUE_API_KEY, secret_key: file:pseudonym.key, timezone: Europe/London}\n"+
		"api: {base_url: %q, rate_limit: {requests: 100000, per: 1s}}\n", url)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	return file
}

// fetch downloads the same pages by curl on one connection that is kept alive,
// those of messages apart.
func fetch(b *testing.B, dir, url string, paths []string) cost {
	b.Helper()
	var config bytes.Buffer
	fmt.Fprintf(&config, "silent\nfail\nheader = \"X-Fanvue-API-Key: %s\"\nheader = \"X-Fanvue-API-Version: %s\"\n", fanvuesim.DefaultKey, fanvuesim.DefaultVersion)
	for _, sub := range []string{"messages", "other"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			b.Fatal(err)
		}
	}
	for i, path := range paths {
		sub := "other"
		if before, _, _ := strings.Cut(path, "?"); strings.HasSuffix(before, "/messages") {
			sub = "messages"
		}
		fmt.Fprintf(&config, "url = %q\noutput = %q\n", url+path, filepath.Join(dir, sub, fmt.Sprintf("%05d.json", i)))
	}
	file := filepath.Join(dir, "curl")
	if err := os.WriteFile(file, config.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	return measure(b, exec.Command("curl", "--config", file))
}

// yardstick loads JSON with DuckDB alone and returns the rows.
func yardstick(b *testing.B, dir, name, statement string) (cost, int64) {
	b.Helper()
	var out bytes.Buffer
	cmd := helper("duckdb", statement, filepath.Join(dir, name+".duckdb"))
	cmd.Stdout = &out
	c := measure(b, cmd)
	var rows int64
	if _, err := fmt.Fscan(&out, &rows); err != nil {
		b.Fatalf("%v\n%s", err, out.Bytes())
	}
	return c, rows
}

// A sample collects the costs of one process over the iterations.
type sample []cost

func (s sample) report(b *testing.B, name string) {
	b.ReportMetric(median(s, func(c cost) float64 { return c.wall.Seconds() }), name+"-s")
	b.ReportMetric(median(s, func(c cost) float64 { return c.cpu.Seconds() }), name+"-cpu-s")
	b.ReportMetric(median(s, func(c cost) float64 { return float64(c.peak) / (1 << 20) }), name+"-MiB")
}

func median(s sample, of func(cost) float64) float64 {
	values := make([]float64, len(s))
	for i, c := range s {
		values[i] = of(c)
	}
	slices.Sort(values)
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}

// BenchmarkSync is a first sync of chats and messages without a limit, and beside
// it curl of the same addresses with what DuckDB alone makes of the pages: in their envelopes, and
// as lines of rows.
func BenchmarkSync(b *testing.B) {
	worlds := []benchWorld{{200, 500}, {2000, 50}}
	if os.Getenv("FANLAKE_LONG") != "" {
		worlds = append(worlds, benchWorld{1000, 500}, benchWorld{10_000, 50})
	}
	program := buildProgram(b)
	for _, w := range worlds {
		b.Run(fmt.Sprintf("chats=%d/messages=%d", w.Chats, w.Chats*w.Messages), func(b *testing.B) { benchmarkSync(b, program, w) })
	}
}

func benchmarkSync(b *testing.B, program string, w benchWorld) {
	sim := startBenchSimulator(b, w)
	var ours, curl, pages, lines sample
	var rows int64
	var asked int
	for b.Loop() {
		config := configure(b, sim.url)
		cmd := exec.Command(program, "sync", "--config", config, "--quiet", "--stream", "chats,messages")
		cmd.Env = append(os.Environ(), "FANVUE_API_KEY="+fanvuesim.DefaultKey)
		ours = append(ours, measure(b, cmd))

		paths := sim.asked(b)
		asked = len(paths)
		dir := b.TempDir()
		curl = append(curl, fetch(b, dir, sim.url, paths))
		sim.asked(b)
		c, n := yardstick(b, dir, "pages", fmt.Sprintf("SELECT unnest(row, max_depth := 1) FROM (SELECT unnest(data) AS row FROM read_json('%s/messages/*.json', maximum_object_size = 67108864))", dir))
		pages, rows = append(pages, c), n
		rowsFile := filepath.Join(dir, "messages.ndjson")
		measure(b, helper("split", filepath.Join(dir, "messages"), rowsFile))
		c, again := yardstick(b, dir, "lines", fmt.Sprintf("FROM read_ndjson('%s')", rowsFile))
		lines = append(lines, c)
		if n != again {
			b.Fatalf("%d rows in pages, %d in lines", n, again)
		}
		if err := os.RemoveAll(dir); err != nil {
			b.Fatal(err)
		}
	}
	ours.report(b, "fanlake")
	curl.report(b, "curl")
	pages.report(b, "pages")
	lines.report(b, "lines")
	b.ReportMetric(float64(rows), "messages")
	b.ReportMetric(float64(asked), "requests")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkVersion is how long the program takes to start.
func BenchmarkVersion(b *testing.B) {
	program := buildProgram(b)
	var all sample
	for b.Loop() {
		all = append(all, measure(b, exec.Command(program, "version")))
	}
	all.report(b, "version")
	b.ReportMetric(0, "ns/op")
}
