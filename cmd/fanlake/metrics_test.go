package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"fanlake/extract/fanvuesim"
	"fanlake/load/runs"
)

// A scrape holds values by name and labels.
type scrape map[string]float64

func parseMetrics(t *testing.T, text string) scrape {
	t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	s := scrape{}
	for name, f := range families {
		if !strings.HasPrefix(name, "fanlake_") {
			continue
		}
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				if l.GetName() != "account" {
					labels = append(labels, l.GetName()+"="+l.GetValue())
				}
			}
			v := m.GetGauge().GetValue()
			if f.GetType() == dto.MetricType_COUNTER {
				v = m.GetCounter().GetValue()
			}
			s[name+"{"+strings.Join(labels, ",")+"}"] = v
		}
	}
	return s
}

// promtool runs Debian's tool over a file or a text, if it is there.
func promtool(t *testing.T, stdin string, args ...string) {
	t.Helper()
	path, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed (Debian: prometheus); the file is checked for its form alone")
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Stdin = strings.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("promtool %v: %v\n%s", args, err, out)
	} else if len(bytes.TrimSpace(out)) > 0 {
		t.Logf("%s", out)
	}
}

// What serve answers, what a run wrote to a file, and what the records and the
// published file say is one and the same.
func TestMetricsAreTheRecords(t *testing.T) {
	t.Parallel()
	b := newBench(t, small+"metrics: {listen: \":0\", textfile: out/fanlake.prom}\nschedules: [{name: nightly, cron: \"@yearly\"}]\n")
	if err := os.Mkdir(filepath.Join(b.dir, "out"), 0o755); err != nil {
		t.Fatal(err)
	}
	labelled := b.sim.World().Creators()[0]
	file := filepath.Join(b.dir, "fanlake.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte("env:FANVUE_API_KEY}"), fmt.Appendf(nil, "env:FANVUE_API_KEY, creators: {%s: {label: Star}}}", labelled.Handle), 1)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	b.run(t, 0, "sync")
	b.sim.Night()
	b.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.StatusFault, Path: "/subscribers", Status: 400})
	b.run(t, 3, "sync")
	b.sim.Gate().ClearFaults()

	written, err := os.ReadFile(filepath.Join(b.dir, "out", "fanlake.prom"))
	if err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(b.dir, "out", "*")); len(left) != 1 {
		t.Errorf("beside the file there are %v", left)
	}
	if info, err := os.Stat(filepath.Join(b.dir, "out", "fanlake.prom")); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("the collector of node_exporter may not read it: %v, %v", info.Mode(), err)
	}
	var log safeBuffer
	b.stderr = &log
	loop := b.start(t, "serve")
	address := regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+/metrics`)
	loop.until(t, func() bool { return address.MatchString(log.String()) })
	get := func() string {
		resp, err := http.Get(address.FindString(log.String()))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %v", resp.Status, err)
		}
		return string(body)
	}
	answer := get()
	served, saved := parseMetrics(t, answer), parseMetrics(t, string(written))
	for name, v := range served {
		if saved[name] != v {
			t.Errorf("%s is %v served and %v in the file", name, v, saved[name])
		}
	}
	if len(served) != len(saved) || len(served) < 60 {
		t.Errorf("%d are served, %d in the file", len(served), len(saved))
	}
	b.stderr = nil

	records, err := runs.Read(filepath.Join(b.dir, "data", "main"))
	if err != nil || len(records) != 2 {
		t.Fatalf("%d runs, %v", len(records), err)
	}
	want := scrape{`fanlake_runs_total{status=ok}`: 1, `fanlake_runs_total{status=partial}`: 1, `fanlake_run_exits_total{exit_status=0}`: 1, `fanlake_run_exits_total{exit_status=3}`: 1, `fanlake_readable{}`: 1, `fanlake_last_run_exit_status{}`: 3}
	for _, r := range records {
		want[`fanlake_budget_used_requests_total{}`] += float64(r.Requests)
		want[`fanlake_rows_loaded_total{}`] += float64(r.RowsLoaded)
		want[`fanlake_received_bytes_total{}`] += float64(r.Bytes)
		for name, st := range r.Streams {
			for status, n := range st.Statuses {
				want[fmt.Sprintf("fanlake_requests_total{status=%d,stream=%s}", status, name)] += float64(n)
				if status/100 != 2 {
					want[`fanlake_budget_wasted_requests_total{}`] += float64(n)
				}
			}
			want[fmt.Sprintf("fanlake_slices_failed_total{stream=%s}", name)] += float64(st.Failed)
		}
	}
	want[`fanlake_last_success_timestamp_seconds{}`] = float64(records[0].FinishedAt.UnixMilli()) / 1000
	want[`fanlake_last_run_timestamp_seconds{}`] = float64(records[1].FinishedAt.UnixMilli()) / 1000
	info, err := os.Stat(filepath.Join(b.dir, "data", "main", "warehouse.duckdb"))
	if err != nil {
		t.Fatal(err)
	}
	want[`fanlake_warehouse_bytes{file=warehouse}`] = float64(info.Size())
	for name, v := range want {
		if got, there := served[name]; !there || got != v {
			t.Errorf("%s is %v (%v), want %v", name, got, there, v)
		}
	}
	if want[`fanlake_budget_wasted_requests_total{}`] == 0 {
		t.Error("nothing was wasted")
	}
	var freshness []struct {
		CreatorID  string    `json:"creator_id"`
		CompleteTo time.Time `json:"complete_to"`
	}
	var status []struct{ Creators json.RawMessage }
	if err := json.Unmarshal(b.run(t, 0, "status", "--json").stdout.Bytes(), &status); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(status[0].Creators, &freshness); err != nil || len(freshness) < 2 {
		t.Fatalf("%v creators, %v", len(freshness), err)
	}
	for _, f := range freshness {
		label := f.CreatorID[:8]
		if f.CreatorID == labelled.UUID {
			label = "Star"
		}
		name := fmt.Sprintf("fanlake_complete_timestamp_seconds{creator=%s,stream=earnings}", label)
		if got, want := served[name], float64(f.CompleteTo.UnixMilli())/1000; got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	for _, c := range b.sim.World().Creators() {
		if strings.Contains(answer, c.Handle) || strings.Contains(answer, c.DisplayName) {
			t.Errorf("%s is named", c.Handle)
		}
	}
	// A run of another process is seen by the next scrape.
	b.run(t, 0, "sync")
	if got := parseMetrics(t, get())[`fanlake_runs_total{status=ok}`]; got != 2 {
		t.Errorf("behind another run there are %v", got)
	}
	stop(t, loop)
	t.Run("promtool", func(t *testing.T) {
		var ours strings.Builder // the runtime's own are not ours to name
		for line := range strings.Lines(answer) {
			if strings.Contains(line, "fanlake_") {
				ours.WriteString(line)
			}
		}
		promtool(t, ours.String(), "check", "metrics")
	})
}

// The list of metrics and the labels that are sent agree for any account, also
// for one that was never read or cannot be.
func TestMetricsOfNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, "metrics: {textfile: x.prom}\n")
	p := &program{configFlag: filepath.Join(b.dir, "fanlake.yaml"), stderr: io.Discard}
	c, err := p.config()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(b.dir, "x.prom")
	read := func() scrape {
		p.writeMetrics(c, newLogger(io.Discard, 0))
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return parseMetrics(t, string(text))
	}
	if got := read(); got["fanlake_readable{}"] != 1 || got["fanlake_rows_loaded_total{}"] != 0 {
		t.Errorf("of nothing: %v", got)
	}
	folder := filepath.Join(b.dir, "data", "main", "runs")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "x.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := read(); got["fanlake_readable{}"] != 0 {
		t.Errorf("of a broken record: %v", got)
	}

	// A file that cannot be written is said to be so, and no more.
	var log bytes.Buffer
	c.Metrics.Textfile = filepath.Join(b.dir, "nowhere", "x.prom")
	if p.writeMetrics(c, newLogger(&log, 0)); !strings.Contains(log.String(), "measurements not written") {
		t.Errorf("said %q", log.String())
	}
}
