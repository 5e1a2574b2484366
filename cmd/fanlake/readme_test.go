package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// README.md shows what the demo prints, with "…" where lines are left out, and
// the demo finds its statement equal to the simulator's truth.
func TestReadmeShowsTheDemo(t *testing.T) {
	t.Parallel()
	var out, talk strings.Builder
	dir := filepath.Join(t.TempDir(), "demo")
	if code := run(context.WithoutCancel(t.Context()), []string{"demo", "--dir", dir}, strings.NewReader(""), &out, &talk); code != 0 {
		t.Fatalf("demo: exit status %d\n%s%s", code, talk.String(), out.String())
	}
	_, block, _ := strings.Cut(readme(t), "prints a creator's month:\n\n```\n")
	block, _, found := strings.Cut(block, "```\n")
	if !found {
		t.Fatal("README.md has no block of the demo's output")
	}
	rest := out.String()
	for line := range strings.Lines(block) {
		if line == "…\n" {
			continue
		}
		_, behind, found := strings.Cut("\n"+rest, "\n"+line)
		if !found {
			t.Errorf("README.md shows what the demo does not print, or not there: %s", line)
			continue
		}
		rest = behind
	}
	// What the demo suggests last works, without the API that is gone.
	for _, args := range [][]string{{"status"}, {"query", "FROM mart.agg_creator_month ORDER BY earned_month DESC LIMIT 5"}, {"verify"}} {
		var talk strings.Builder
		if code := run(t.Context(), append([]string{"--config", filepath.Join(dir, "fanlake.yaml")}, args...), strings.NewReader(""), io.Discard, &talk); code != 0 {
			t.Errorf("%v behind the demo: exit status %d\n%s", args, code, talk.String())
		}
	}
}

// README.md has a line for each command, exit status and direct dependency.
func TestReadmeIsComplete(t *testing.T) {
	t.Parallel()
	text := readme(t)
	for _, cmd := range (&program{}).commands() {
		if !strings.Contains(text, "\nfanlake "+cmd.Name()+" ") {
			t.Errorf("README.md does not explain fanlake %s", cmd.Name())
		}
	}
	for _, s := range precedence() {
		if !strings.Contains(text, fmt.Sprintf("\n| %d | ", int(s))) {
			t.Errorf("README.md does not explain exit status %d", int(s))
		}
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mod)) {
		listed := strings.HasPrefix(line, "\t") && !strings.HasPrefix(line, "\t//") && !strings.Contains(line, "// indirect")
		path, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		path, _, _ = strings.Cut(path, "/cmd/") // of a tool
		if listed && !strings.Contains(text, "`"+path) {
			t.Errorf("README.md does not say what %s is for", path)
		}
	}
}
