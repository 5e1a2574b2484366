package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fanlake/extract/fanvuesim"
)

// A digest says whose posts cannot be read further, and rows of whom could not be
// typed, by label, though earnings are complete.
func TestDigestSaysWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	hooks := newHooks(t)
	b := newBench(t, `schedules: [{name: tell, cron: "@daily", job: digest}]
notify: [{webhook: file:hook.url, secret: file:hook.key, on: [digest]}]
`)
	file := filepath.Join(b.dir, "fanlake.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	first := b.sim.World().Creators()[0]
	for name, text := range map[string]string{"hook.url": hooks.url + "/hook", "hook.key": "a-secret-of-the-webhook",
		"fanlake.yaml": strings.Replace(string(text), "env:FANVUE_API_KEY}", "env:FANVUE_API_KEY, creators: {"+first.Handle+": {label: Anna}}}", 1)} {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.StatusFault, Path: "/creators/" + first.UUID + "/posts/", Status: 400})
	b.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.DropField, Path: "/creators/" + first.UUID + "/followers", Field: "uuid", Count: 1})
	b.run(t, 3, "sync")
	b.run(t, 0, "schedule", "run", "tell")
	got := hooks.all()
	if len(got) != 1 {
		t.Fatalf("told %q", got)
	}
	for _, want := range []string{"2/2 creators complete", "the last run is partial", "rows could not be typed of 1: Anna", "cannot be read for now, of ", "; of Anna"} {
		if !strings.Contains(got[0], want) {
			t.Errorf("the digest does not say %q:\n%s", want, got[0])
		}
	}
	for _, c := range b.sim.World().Creators() {
		if strings.Contains(got[0], c.Handle) || strings.Contains(got[0], c.UUID) {
			t.Errorf("the digest has %s:\n%s", c.Handle, got[0])
		}
	}
}
