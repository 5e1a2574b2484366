package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"fanlake/cmd/internal/metrics"
)

var metricName = regexp.MustCompile(`\bfanlake[_:][a-z0-9_:]+`)

// Every metric that the dashboard, the rules or the page name exists, and is
// used with labels that it has; and the dashboard shows what there is to see.
func TestMonitoringNamesMetrics(t *testing.T) {
	t.Parallel()
	labels := map[string][]string{"fanlake_build_info": {"version"}, "fanlake:lag_seconds": {"account", "creator", "stream"}, "fanlake:wasted_requests:ratio1d": {"account"}}
	for _, m := range metrics.All() {
		labels[m.Name] = append([]string{"account"}, m.Labels...)
		if strings.TrimSpace(m.Help) == "" || !strings.HasSuffix(m.Help, ".") {
			t.Errorf("%s has no help", m.Name)
		}
	}
	used := map[string]bool{}
	check := func(file, text string) {
		for _, name := range metricName.FindAllString(text, -1) {
			used[name] = true
			if labels[name] == nil {
				t.Errorf("%s names %s, which is no metric", file, name)
			}
		}
		for _, found := range regexp.MustCompile(`(fanlake[_:][a-z0-9_:]+)\{([^}]*)\}`).FindAllStringSubmatch(text, -1) {
			for _, l := range regexp.MustCompile(`([a-z_]+)=~?"`).FindAllStringSubmatch(found[2], -1) {
				if !strings.Contains(" "+strings.Join(labels[found[1]], " ")+" ", " "+l[1]+" ") {
					t.Errorf("%s: %s has no label %s", file, found[1], l[1])
				}
			}
		}
	}
	dir := filepath.Join(root, "configs", "monitoring")
	for _, name := range []string{"fanlake.rules.yaml", "fanlake.rules.test.yaml"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		check(name, string(text))
	}
	text, err := os.ReadFile(filepath.Join(dir, "grafana.json"))
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Title      string
		Templating struct {
			List []struct{ Name, Type, Query any }
		}
		Panels []struct {
			ID      int
			Title   string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	if board.Title != "fanlake" || len(board.Panels) < 10 || len(board.Templating.List) != 2 {
		t.Errorf("the dashboard is %q with %d panels", board.Title, len(board.Panels))
	}
	taken, ids := map[[2]int]string{}, map[int]bool{}
	for _, p := range board.Panels {
		if ids[p.ID] || len(p.Targets) == 0 {
			t.Errorf("panel %s: its id stands twice, or it asks nothing", p.Title)
		}
		ids[p.ID] = true
		for _, q := range p.Targets {
			check("panel "+p.Title, q.Expr)
		}
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				at := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				if taken[at] != "" || at[0] >= 24 {
					t.Fatalf("panels %s and %s overlap", taken[at], p.Title)
				}
				taken[at] = p.Title
			}
		}
	}
	for name := range labels {
		switch name {
		case "fanlake_last_run_timestamp_seconds", "fanlake_last_run_duration_seconds", "fanlake_slices_total",
			"fanlake_key_first_used_timestamp_seconds", "fanlake_published_timestamp_seconds": // for boards of one's own
		default:
			if !used[name] {
				t.Errorf("%s is shown nowhere", name)
			}
		}
	}
}

// The rules are what promtool takes for rules, and fire when they are to.
func TestMonitoringRules(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(root, "configs", "monitoring")
	for _, args := range [][]string{{"check", "rules", filepath.Join(dir, "fanlake.rules.yaml")}, {"test", "rules", filepath.Join(dir, "fanlake.rules.test.yaml")}} {
		t.Run(args[0], func(t *testing.T) {
			t.Parallel()
			promtool(t, "", args...)
		})
	}
}
