package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fanlake/extract/fanvuesim"
)

// A run whose process is killed is said to be so by status, and by records,
// reports and the next message from the next run on.
func TestAKilledRunIsTold(t *testing.T) {
	t.Parallel()
	hooks := newHooks(t)
	b := newBench(t, small+`notify: [{webhook: file:hook.url, secret: file:hook.key, on: [success, failure], unchanged: on}]
`)
	for name, text := range map[string]string{"hook.url": hooks.url + "/hook", "hook.key": "a-secret-of-the-webhook"} {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b.run(t, 0, "sync")
	b.sim.Night()
	hang := b.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.Hang, Path: "/chats"})
	run := b.start(t, "sync")
	run.until(t, func() bool { return hang.Fired() > 0 })
	b.run(t, 0, "status").says(t, "is under way since")
	if err := run.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-run.ended
	hang.Remove()
	b.run(t, 0, "status").says(t, "  last run", " killed, ", "was killed; run fanlake sync")
	b.run(t, 0, "status", "--json").says(t, `"status": "killed"`)
	b.run(t, 0, "sync")
	b.run(t, 0, "query", "SELECT status, requests > 5 AS asked, bytes > 0 AS got, exit_status IS NULL AS unseen FROM meta.runs ORDER BY run_seq").
		says(t, "ok,true,true,false\nkilled,true,true,true\nok,true,true,false\n")
	b.run(t, 0, "report", "recent_runs", "--format", "csv").says(t, ",killed,,cli,")
	b.run(t, 0, "status").says(t, "everything is fresh")
	got := hooks.all()
	if len(got) != 2 || strings.Contains(got[0], "killed") || !strings.Contains(got[1], "before it, killed without a word: 1 run") {
		t.Errorf("told %q", got)
	}
	b.truth(t)
	b.run(t, 0, "verify")
}
