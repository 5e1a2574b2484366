package report_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"fanlake/load"
	"fanlake/load/query"
	"fanlake/load/report"
	"fanlake/load/runs"
)

// warehouses are published files that tests share; nobody writes to them.
type warehouses struct{ world, empty string }

// published returns the warehouse of testdata/world.sql and one without data.
var published = sync.OnceValues(func() (warehouses, error) {
	dir, err := os.MkdirTemp("", "fanlake-report-")
	if err != nil {
		return warehouses{}, err
	}
	w := warehouses{filepath.Join(dir, "world"), filepath.Join(dir, "empty")}
	text, err := os.ReadFile("testdata/world.sql")
	if err == nil {
		err = errors.Join(publish(w.world, string(text), ended()), publish(w.empty, "", nil))
	}
	w.world, w.empty = filepath.Join(w.world, "warehouse.duckdb"), filepath.Join(w.empty, "warehouse.duckdb")
	return w, err
})

func TestMain(m *testing.M) {
	code := m.Run()
	if w, err := published(); err == nil {
		_ = os.RemoveAll(filepath.Dir(filepath.Dir(w.world)))
	}
	os.Exit(code)
}

// ended are the run records of the world.
func ended() []runs.Run {
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 3, day, hour, minute, 0, 0, time.UTC) }
	return []runs.Run{
		{RunID: "r1", Seq: 1, StartedAt: at(9, 2, 58), FinishedAt: at(9, 3, 1), Status: runs.OK, ExitStatus: new(6), Trigger: "cli", Requests: 100, RowsLoaded: 20, ServerTime: at(9, 3, 0),
			Drift: []runs.Drift{{Table: "earnings", Path: "vat", Type: "number", Count: 3}}},
		{RunID: "r2", Seq: 2, StartedAt: at(10, 2, 58), FinishedAt: at(10, 3, 10), Status: runs.Partial, ExitStatus: new(3), Trigger: "schedule", Requests: 120, Foreign: 7, RowsLoaded: 40, Rejects: 2,
			WaitMS: 90_000, Error: "1 slice failed", ServerTime: at(10, 3, 0), Streams: map[string]runs.Stream{"messages": {Slices: 5, Failed: 1}}},
	}
}

// publish makes a warehouse with rows put straight into its tables, as tests of
// what is computed from them need no pages and parts.
func publish(dir, rows string, records []runs.Run) error {
	for _, r := range records {
		if err := runs.Write(dir, r); err != nil {
			return err
		}
	}
	ctx := context.Background() // outlives the test that comes first
	w, err := load.Open(ctx, load.Options{Dir: dir, Account: "main", Owner: "00000000-0000-0000-0000-0000000000ff", KeyFingerprint: "key", Threads: 2,
		Settings: load.Settings{Timezone: "Europe/London", Creators: map[string]load.CreatorSettings{"bea": {Timezone: "America/New_York"}},
			Commission: []load.CommissionTerms{{Creator: "ava", From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Basis: "net", Chargebacks: true, Tiers: []load.CommissionTier{{UpToCents: 1_000_000, BPS: 3000}, {BPS: 4000}}}}}})
	if err != nil {
		return err
	}
	if rows != "" {
		_, err = w.DB().ExecContext(ctx, rows)
	}
	if err == nil {
		_, err = w.Finish(ctx)
	}
	if err == nil {
		_, err = w.Publish(ctx)
	}
	return errors.Join(err, w.Close())
}

// uuid is the id of the earning that world.sql calls by a short name.
func uuid(name string) string {
	h := md5.Sum([]byte(name))
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:])
}

// ask runs a report and returns its rows as CSV, or its error.
func ask(t testing.TB, file string, r report.Report, given map[string]string) (string, error) {
	t.Helper()
	p, err := load.OpenPublished(t.Context(), file, query.Options{Threads: 1, MemoryLimit: "200MB"})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	rows, err := r.Run(t.Context(), p, given)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var out bytes.Buffer
	err = query.WriteCSV(&out, rows)
	return out.String(), err
}

// given reads NAME=VALUE, separated by spaces.
func given(params string) map[string]string {
	values := map[string]string{}
	for _, p := range strings.Fields(params) {
		name, value, _ := strings.Cut(p, "=")
		values[name] = value
	}
	return values
}

// library is the reports of fanlake itself.
func library(t testing.TB) []report.Report {
	t.Helper()
	all, err := report.All("")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func files(t testing.TB) warehouses {
	t.Helper()
	w, err := published()
	if err != nil {
		t.Fatal(err)
	}
	return w
}
