// Package metrics says in Prometheus' terms what run records and published
// warehouses say, and nothing that they do not: so a scrape of a running
// program and the file of a single run agree.
//
// A [Collector] reads them when it is asked, and again only when they changed.
// Labels are names of accounts and streams, the labels that the configuration
// gives to creators or the first digits of their uuid, and words of this
// program: never a handle, a name or an amount.
package metrics

import (
	"cmp"
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"fanlake/load"
	"fanlake/load/runs"
)

// An Account is where an account's records and publications are, and what its
// creators are called.
type Account struct {
	Name      string
	Dir       string            // of runs
	Published []string          // files that analysts open, the warehouse first
	Labels    map[string]string // of creators, by lower case handle or uuid
	Skips     func(id, handle string) bool
}

// A Collector collects the measurements of accounts.
type Collector struct {
	accounts func() []Account
	version  string

	mu    sync.Mutex
	known map[string]*facts // by directory
}

// New makes a collector of the accounts there are whenever it is asked.
func New(version string, accounts func() []Account) *Collector {
	return &Collector{accounts: accounts, version: version, known: map[string]*facts{}}
}

// facts are what was read of an account.
type facts struct {
	of      string // what the files were that it was read from
	totals  runs.Totals
	last    *runs.Run
	success time.Time
	reach   []load.Reach
	checks  []load.Freshness
	size    map[string]int64
	changed time.Time // when the publication last changed
	err     error
}

// Describe implements prometheus.Collector.
func (c *Collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range descs() {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := descs()
	ch <- prometheus.MustNewConstMetric(d["fanlake_build_info"], prometheus.GaugeValue, 1, c.version)
	for _, a := range c.accounts() {
		f := c.read(a)
		e := emitter{ch, d, a.Name}
		readable := 1.0
		if f.err != nil {
			readable = 0
		}
		e.gauge("fanlake_readable", readable)
		e.runs(f)
		e.state(a, f)
	}
}

// read reads what is known of an account, if anything of it changed.
func (c *Collector) read(a Account) *facts {
	of, size, changed := identify(a)
	if f := c.known[a.Dir]; f != nil && f.of == of && f.err == nil {
		return f
	}
	f := &facts{of: of, size: size, changed: changed}
	c.known[a.Dir] = f
	records, err := runs.Read(a.Dir)
	if f.err = err; err != nil {
		return f
	}
	if f.totals, f.err = runs.ReadTotals(a.Dir, records); f.err != nil {
		return f
	}
	for _, r := range records {
		if !r.FinishedAt.IsZero() {
			f.last = &r
		}
		if r.Complete() {
			f.success = r.FinishedAt
		}
	}
	if changed.IsZero() {
		return f // nothing is published
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if f.reach, f.err = load.ReadReach(ctx, a.Published[0]); f.err != nil {
		return f
	}
	f.checks, f.err = load.ReadFreshness(ctx, a.Published[0])
	return f
}

// identify says which files an account consists of now. Records and
// publications are replaced, never written to.
func identify(a Account) (of string, size map[string]int64, changed time.Time) {
	var b strings.Builder
	size = map[string]int64{}
	note := func(path string) os.FileInfo {
		info, err := os.Stat(path)
		if err != nil {
			return nil
		}
		b.WriteString(path + " " + strconv.FormatInt(info.Size(), 10) + " " + info.ModTime().String() + "\n")
		return info
	}
	note(filepath.Join(a.Dir, "runs"))
	for i, path := range a.Published {
		current, err := load.CurrentFile(path)
		if err != nil {
			continue
		}
		if info := note(current); info != nil {
			size[strings.TrimSuffix(filepath.Base(path), ".duckdb")] = info.Size()
			if i == 0 {
				changed = info.ModTime()
			}
		}
	}
	return b.String(), size, changed
}

// An emitter sends the measurements of one account.
type emitter struct {
	ch      chan<- prometheus.Metric
	descs   map[string]*prometheus.Desc
	account string
}

func (e emitter) gauge(name string, v float64, labels ...string) {
	e.ch <- prometheus.MustNewConstMetric(e.descs[name], prometheus.GaugeValue, v, append([]string{e.account}, labels...)...)
}

func (e emitter) counter(name string, v float64, labels ...string) {
	e.ch <- prometheus.MustNewConstMetric(e.descs[name], prometheus.CounterValue, v, append([]string{e.account}, labels...)...)
}

// instant is a gauge of seconds since 1970; none of an instant that never was.
func (e emitter) instant(name string, at time.Time, labels ...string) {
	if !at.IsZero() {
		e.gauge(name, float64(at.UnixMilli())/1000, labels...)
	}
}

// runs sends what the runs did.
func (e emitter) runs(f *facts) {
	t := f.totals
	for status, n := range t.Runs {
		if status != runs.Started { // it is counted when it has ended
			e.counter("fanlake_runs_total", float64(n), status)
		}
	}
	for exit, n := range t.Exits {
		e.counter("fanlake_run_exits_total", float64(n), exit)
	}
	var wasted int64
	for stream, by := range t.Requests {
		for status, n := range by {
			code := strconv.Itoa(status)
			if status == 0 {
				code = "none"
			}
			e.counter("fanlake_requests_total", float64(n), stream, code)
			if status < 200 || status > 299 {
				wasted += n
			}
		}
	}
	e.counter("fanlake_budget_used_requests_total", float64(t.Sent))
	e.counter("fanlake_budget_wasted_requests_total", float64(wasted))
	e.counter("fanlake_budget_foreign_requests_total", float64(t.Foreign))
	e.counter("fanlake_rows_loaded_total", float64(t.Rows))
	e.counter("fanlake_rows_rejected_total", float64(t.Rejects))
	e.counter("fanlake_received_bytes_total", float64(t.Bytes))
	byName := func(name string, m map[string]int64, unit float64) {
		for label, n := range m {
			e.counter(name, float64(n)/unit, label)
		}
	}
	byName("fanlake_slices_total", t.Slices, 1)
	byName("fanlake_slices_failed_total", t.Failed, 1)
	byName("fanlake_wait_seconds_total", t.WaitsMS, 1000)
	byName("fanlake_phase_seconds_total", t.PhasesMS, 1000)
	e.instant("fanlake_last_success_timestamp_seconds", f.success)
	r := f.last
	if r == nil {
		return
	}
	e.instant("fanlake_last_run_timestamp_seconds", r.FinishedAt)
	e.gauge("fanlake_last_run_duration_seconds", r.FinishedAt.Sub(r.StartedAt).Seconds())
	e.gauge("fanlake_last_publish_seconds", float64(r.TookMS["publish"])/1000)
	if r.ExitStatus != nil {
		e.gauge("fanlake_last_run_exit_status", float64(*r.ExitStatus))
	}
	e.instant("fanlake_key_first_used_timestamp_seconds", r.KeySince)
}

// state sends what is published.
func (e emitter) state(a Account, f *facts) {
	for file, n := range f.size {
		e.gauge("fanlake_warehouse_bytes", float64(n), file)
	}
	e.instant("fanlake_published_timestamp_seconds", f.changed)
	handles := map[string]string{}
	for _, c := range f.checks {
		handles[c.CreatorID] = c.Handle
	}
	skipped := func(id string) bool { return id != "" && a.Skips != nil && a.Skips(id, handles[id]) }
	labels := creatorLabels(a, f)
	for _, r := range f.reach {
		if !skipped(r.CreatorID) {
			e.instant("fanlake_complete_timestamp_seconds", r.CompleteTo, labels[r.CreatorID], r.Stream)
		}
	}
	for _, c := range f.checks {
		if c.RemovedAt.IsZero() && !skipped(c.CreatorID) {
			e.gauge("fanlake_missing_windows", float64(c.Gaps), labels[c.CreatorID])
			failing := 0
			if c.Checks != "" {
				failing = 1 + strings.Count(c.Checks, ", ")
			}
			e.gauge("fanlake_failing_checks", float64(failing), labels[c.CreatorID])
		}
	}
}

// creatorLabels calls each creator by the configuration's label, else by the
// first digits of the uuid, which are added where a label is not its alone. What
// is the account's has an empty one.
func creatorLabels(a Account, f *facts) map[string]string {
	handles := map[string]string{}
	for _, c := range f.checks {
		handles[c.CreatorID] = strings.ToLower(c.Handle)
	}
	for _, r := range f.reach {
		if _, known := handles[r.CreatorID]; !known && r.CreatorID != "" {
			handles[r.CreatorID] = ""
		}
	}
	given, short := map[string]int{}, map[string]int{}
	name := func(id string) string { return cmp.Or(a.Labels[handles[id]], a.Labels[id]) }
	digits := func(id string) string { return id[:min(8, len(id))] }
	ids := slices.Sorted(maps.Keys(handles))
	for _, id := range ids {
		given[name(id)]++
		short[digits(id)]++
	}
	labels := map[string]string{}
	for _, id := range ids {
		own := digits(id)
		if short[own] > 1 {
			own = id
		}
		switch label := name(id); {
		case label == "":
			labels[id] = own
		case given[label] > 1 || given[""] > 0 && short[label] > 0:
			labels[id] = label + " " + own
		default:
			labels[id] = label
		}
	}
	return labels
}
