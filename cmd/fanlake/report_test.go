package main

import (
	"context"
	"encoding/csv"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"fanlake/extract/fanvuesim"
	"fanlake/load/report"
)

// Every report runs on the demo's agency, and what it says of October's money is
// what the simulator knows.
func TestReportsOfTheDemo(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "demo")
	call := func(args ...string) string {
		t.Helper()
		var out, talk strings.Builder
		if code := run(context.WithoutCancel(t.Context()), args, strings.NewReader(""), &out, &talk); code != 0 {
			t.Fatalf("%v: exit status %d\n%s", args, code, talk.String())
		}
		return out.String()
	}
	call("demo", "--dir", dir, "--creators", "2")
	config := filepath.Join(dir, "fanlake.yaml")
	all, err := report.All("")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		lines, err := csv.NewReader(strings.NewReader(call("--config", config, "report", r.Name))).ReadAll()
		if err != nil {
			t.Errorf("%s: %v", r.Name, err)
		}
		// Nothing is amiss in the demo, nothing is new to it, and it has one night.
		if quiet := map[string]bool{"failed_checks": true, "coverage_gaps": true, "closed_month_changes": true, "schema_drift": true}; quiet[r.Name] && len(lines) > 1 {
			t.Errorf("%s: %v", r.Name, lines)
		}
	}
	world := fanvuesim.New(fanvuesim.Options{World: fanvuesim.WorldOptions{Seed: 1, Agency: true, OwnerIsCreator: true, Creators: 2}}).World()
	var want []string
	for _, c := range world.Creators() {
		months, err := world.Months(c.UUID, "Europe/London")
		if err != nil {
			t.Fatal(err)
		}
		m := months["2026-10-01"]
		cells := []string{c.Handle, "2026-10-01"}
		for _, cents := range []int64{m.GrossSales, m.Refunds, m.Chargebacks, m.NetSales - m.GrossSales - m.Refunds - m.Chargebacks, m.NetSales, m.Fees, m.Rewards, m.NetEarnings} {
			cells = append(cells, strconv.FormatInt(cents, 10))
		}
		want = append(want, strings.Join(cells, ","))
	}
	out := call("--config", config, "report", "earnings_by_month", "--param", "from=2026-10", "--param", "to=2026-10")
	lines := strings.Split(strings.TrimSpace(out), "\n")[1:]
	if len(lines) != len(want) {
		t.Fatalf("%d creators, want %d", len(lines), len(want))
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, want[i]+",") {
			t.Errorf("got %s, want %s, …", line, want[i])
		}
	}
}
