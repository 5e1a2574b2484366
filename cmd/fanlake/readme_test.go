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

// block is the fenced block of a text that follows a phrase.
func block(t *testing.T, text, behind, language string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, behind)
	_, rest, opens := strings.Cut(rest, "\n```"+language+"\n")
	body, _, closes := strings.Cut(rest, "```\n")
	if !found || !opens || !closes {
		t.Fatalf("README.md has no such block behind %q", behind)
	}
	return body
}

// What README.md says of a first run against the simulator works as it stands,
// and without a wait for the rate limit.
func TestReadmeFirstRun(t *testing.T) {
	t.Parallel()
	_, text, _ := strings.Cut(readme(t), "\n### A first run\n")
	session := block(t, text, "", "")
	settings := block(t, text, "Without a key, `fanlake simulate --agency --limit -1` ", "yaml")
	said := simulated(t, "--agency", "--limit", "-1")
	b := &bench{dir: t.TempDir(), env: []string{"FANVUE_API_KEY=" + said["api_key"]}}
	settings = strings.Replace(settings, "http://127.0.0.1:8750", said["base_url"], 1)
	if !strings.Contains(settings, said["base_url"]) {
		t.Fatalf("README.md names another address than the simulator's default:\n%s", settings)
	}
	for line := range strings.Lines(session) {
		args := strings.Fields(line)
		p := b.start(t, args[1:]...)
		p.exits(t, 0)
		switch file := filepath.Join(b.dir, "fanlake.yaml"); args[1] {
		case "init":
			written, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, append(written, settings...), 0o600); err != nil {
				t.Fatal(err)
			}
		case "sync":
			if out := p.stdout.String(); strings.Contains(out, "waiting for the rate limit") {
				t.Errorf("it waited:\n%s", out)
			}
		case "status":
			if out := p.stdout.String(); !strings.Contains(out, "everything is fresh") {
				t.Errorf("status:\n%s", out)
			}
		}
	}
}
