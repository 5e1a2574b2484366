//go:build unix

package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"fanlake/extract/fanvuesim"
)

// endsWithin is how soon a command ends behind a signal, on a busy machine: three
// seconds are left to messages that are on their way, two to a wait.
const endsWithin = 10 * time.Second

// signal sends a signal that ends a command, and wants it to end soon with one
// of the statuses. It returns which.
func (p *process) signal(t *testing.T, sig syscall.Signal, statuses ...int) int {
	t.Helper()
	began := time.Now()
	if err := p.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
	_ = p.Process.Signal(syscall.SIGCONT) // it may be stopped, or have ended
	select {
	case <-p.ended:
	case <-time.After(time.Minute):
		t.Fatalf("%v does not end behind %v\n%s", p.Args, sig, p.stderr.String())
	}
	if took := time.Since(began); took > endsWithin {
		t.Errorf("%v took %v to end behind %v", p.Args, took, sig)
	}
	got := p.ProcessState.ExitCode()
	if !slices.Contains(statuses, got) {
		t.Fatalf("%v behind %v: exit status %d, want one of %d\n%s", p.Args, sig, got, statuses, p.stderr.String())
	}
	return got
}

// stopAt stops the process where a file matches, and reports whether it stands
// there: such files come and go.
func (p *process) stopAt(t *testing.T, pattern string) bool {
	t.Helper()
	there := func() bool {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		return len(files) > 0
	}
	for !there() {
		select {
		case <-p.ended:
			return false
		case <-time.After(200 * time.Microsecond):
		}
	}
	if err := p.Process.Signal(syscall.SIGSTOP); err != nil {
		return false // it has ended
	}
	select { // a process that is stopped leaves everything as it is
	case <-p.ended:
		return false
	case <-time.After(20 * time.Millisecond):
	}
	if there() {
		return true
	}
	if err := p.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	<-p.ended
	return false
}

// writeConfig writes another configuration of the same directory, and returns
// its path.
func (b *bench) writeConfig(t *testing.T, name, from, to, more string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(b.dir, "fanlake.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), from) {
		t.Fatalf("%q is not in the configuration", from)
	}
	path := filepath.Join(b.dir, name)
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), from, to, 1)+more), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// SIGTERM and SIGINT end a sync in seconds in every phase of it, with the status
// of an interruption; and the next one brings what is there, once.
func TestSignalsInEveryPhaseOfASync(t *testing.T) {
	t.Parallel()
	b := newBench(t, small)
	main := filepath.Join(b.dir, "data", "main")
	b.run(t, 0, "sync")
	slow := b.writeConfig(t, "slow.yaml", "requests: 100000, per: 1s", "requests: 4, per: 600s", "")
	met := func(reached string) func(*process, *safeBuffer, *fanvuesim.Injection) bool {
		return func(p *process, log *safeBuffer, in *fanvuesim.Injection) bool {
			p.until(t, func() bool { return in.Fired() > 0 && strings.Contains(log.String(), reached) })
			return true
		}
	}
	says := func(word string) func(*process, *safeBuffer, *fanvuesim.Injection) bool {
		return func(p *process, log *safeBuffer, _ *fanvuesim.Injection) bool {
			p.until(t, func() bool { return strings.Contains(log.String(), word) })
			return true
		}
	}
	stands := func(pattern ...string) func(*process, *safeBuffer, *fanvuesim.Injection) bool {
		return func(p *process, _ *safeBuffer, _ *fanvuesim.Injection) bool {
			return p.stopAt(t, filepath.Join(append([]string{main}, pattern...)...))
		}
	}
	hang := func(path string) fanvuesim.Fault { return fanvuesim.Fault{Kind: fanvuesim.Hang, Path: path} }
	wait := fanvuesim.Fault{Kind: fanvuesim.StatusFault, Status: http.StatusTooManyRequests, Wait: 8 * time.Second, Path: "/insights/earnings"}
	phases := []struct {
		name    string
		args    []string
		fault   fanvuesim.Fault
		reached func(*process, *safeBuffer, *fanvuesim.Injection) bool
		done    bool // it may be done before it notices
	}{
		{name: "asking whose key it is", fault: hang("/users/me"), reached: met("")},
		{name: "waiting as long as the API said", fault: wait, reached: met(`"msg":"waiting"`)},
		{name: "waiting for the limit", args: []string{"--config", slow}, reached: says(`"msg":"waiting"`)},
		{name: "reading what hangs", fault: hang("/chats"), reached: met("")},
		{name: "reading", reached: says(`"msg":"page"`)},
		{name: "sealing", reached: stands("lake", "*", "*", ".*.tmp")},
		{name: "applying", reached: stands("state", "warehouse.duckdb.wal")},
		{name: "building marts", reached: says(`"msg":"marts"`)},
		{name: "checking", reached: says(`"msg":"checks"`)},
		{name: "publishing", reached: stands(".warehouse.duckdb.*.tmp"), done: true},
	}
	for i, phase := range phases {
		sig := []syscall.Signal{syscall.SIGTERM, syscall.SIGINT}[i%2]
		statuses := []int{130}
		if phase.done {
			statuses = append(statuses, 0)
		}
		for try, hit := 0, false; !hit; try++ {
			if try == 40 {
				t.Fatalf("%s: no process was met there", phase.name)
			}
			b.sim.Night()
			var in *fanvuesim.Injection
			if phase.fault.Path != "" {
				in = b.sim.Gate().Inject(phase.fault)
			}
			log := &safeBuffer{}
			b.stderr = log
			p := b.start(t, append([]string{"sync", "-v"}, phase.args...)...)
			b.stderr = nil
			if !phase.reached(p, log, in) {
				continue // it came through
			}
			status := p.signal(t, sig, statuses...)
			if in != nil {
				in.Remove()
			}
			if said := log.String(); status == 130 && !strings.HasSuffix(said, "fanlake: interrupted\n") {
				t.Errorf("%s: an interrupted run says\n%s", phase.name, said)
			}
			if status == 130 { // else a night later again
				hit = true
				b.run(t, 0, "status").says(t, "was interrupted; run fanlake sync, it goes on where that one stopped")
			}
		}
		b.run(t, 0, "sync")
		b.truth(t)
		if left, _ := filepath.Glob(filepath.Join(main, "journal", "*")); len(left) > 0 {
			t.Errorf("%s: %v is left of the journal", phase.name, left)
		}
		for _, pattern := range []string{".*.tmp", "*/.*.tmp", "*/*/*/.*.tmp", "*/*.wal"} {
			if left, _ := filepath.Glob(filepath.Join(main, pattern)); len(left) > 0 {
				t.Errorf("%s: %v is left", phase.name, left)
			}
		}
	}
	b.run(t, 0, "verify", "--deep")
}

// The same of what is done beside reading: statements, compaction, the loop that
// waits for the next night, and messages to somebody who does not answer.
func TestSignalsBesideASync(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	let := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		asked.Add(1)
		select {
		case <-let:
		case <-req.Context().Done():
		}
	}))
	t.Cleanup(silent.Close)
	t.Cleanup(func() { close(let) })
	b := newBench(t, small+"schedules: [{name: papers, cron: \"@yearly\", job: statements}]\n")
	b.env = []string{"HOOK_URL=" + silent.URL}
	main := filepath.Join(b.dir, "data", "main")
	b.run(t, 0, "sync")
	b.sim.Night()
	b.run(t, 0, "sync")

	for _, event := range []string{"start", "success"} {
		before := asked.Load()
		b.sim.Night()
		p := b.start(t, "sync", "--config", b.writeConfig(t, event+".yaml", "", "", "notify: [{ping: env:HOOK_URL, on: ["+event+"], unchanged: on}]\n"))
		hang := b.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.Hang, Path: map[string]string{"start": "/chats", "success": "/nowhere"}[event]})
		p.until(t, func() bool { return asked.Load() > before && (event == "success" || hang.Fired() > 0) })
		p.signal(t, syscall.SIGTERM, map[string]int{"start": 130, "success": 0}[event])
		hang.Remove()
		b.run(t, 0, "sync")
		b.truth(t)
	}

	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		log := &safeBuffer{}
		b.stderr = log
		loop := b.start(t, "serve")
		b.stderr = nil
		loop.until(t, func() bool { return strings.Contains(log.String(), `"msg":"schedule"`) })
		loop.signal(t, sig, 0)
	}

	// Statements: each is there whole or not at all, and once.
	folders := func() []string {
		all, err := filepath.Glob(filepath.Join(main, "statements", "*", "*", "*"))
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	p := b.start(t, "schedule", "run", "papers")
	if !p.stopAt(t, filepath.Join(main, "statements", "*", "*", "v1", "manifest.json")) {
		t.Fatal("the statements were written before anybody looked")
	}
	p.signal(t, syscall.SIGINT, 130)
	some := len(folders())
	b.run(t, 0, "schedule", "run", "papers")
	all := folders()
	for _, folder := range all {
		files, err := os.ReadDir(folder)
		if err != nil || filepath.Base(folder) != "v1" || len(files) != 8 {
			t.Errorf("%s has %v (%v)", folder, files, err)
		}
	}
	if some != 1 || len(all) != 2 { // one of each creator, of the month that is over
		t.Errorf("%d statements at the signal, %d behind it, want 1 and 2", some, len(all))
	}
	b.run(t, 0, "schedule", "run", "papers").says(t, `"written":0`)

	// Compaction: nothing is half-done.
	b.sim.Advance(31 * 24 * time.Hour)
	b.run(t, 0, "sync")
	p = b.start(t, "compact")
	if !p.stopAt(t, filepath.Join(main, "lake", "*", "*", ".*.merge.tmp")) {
		t.Fatal("nothing was merged before anybody looked")
	}
	p.signal(t, syscall.SIGTERM, 130)
	b.run(t, 0, "compact")
	b.truth(t)
	b.run(t, 0, "verify", "--deep")
}
