package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"fanlake/extract/fanvuesim"
)

// A bench is a configuration of one account and the simulated API it reads.
// Commands run as processes of their own, so that they can be signalled.
type bench struct {
	sim    *fanvuesim.Sim
	dir    string
	env    []string  // more of it
	stderr io.Writer // in place of the process's own; nil for that
}

func newBench(t *testing.T, more string) *bench {
	t.Helper()
	b := &bench{dir: t.TempDir(), sim: fanvuesim.New(fanvuesim.Options{
		World: fanvuesim.WorldOptions{Seed: 3, Agency: true, Creators: 2, FansPerCreator: 30, EarningsPerCreator: 120, ChatsPerCreator: 4, MessagesPerChat: 20},
		Gate:  fanvuesim.GateOptions{Rate: fanvuesim.Rate{Limit: -1}}})}
	server := httptest.NewServer(b.sim.Handler())
	t.Cleanup(func() {
		b.sim.Gate().ClearFaults()
		server.Close()
	})
	text := fmt.Sprintf("accounts: [{name: main, api_key: env:FANVUE_API_KEY}]\napi: {base_url: %q, rate_limit: {requests: 100000, per: 1s}}\n%s", server.URL, more)
	if err := os.WriteFile(filepath.Join(b.dir, "fanlake.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return b
}

// A process is a command under way.
type process struct {
	*exec.Cmd
	stdout, stderr bytes.Buffer
	ended          chan struct{}
}

func (b *bench) start(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command("fanlake", args...), ended: make(chan struct{})}
	p.Dir, p.Stdout, p.Stderr = b.dir, &p.stdout, &p.stderr
	if b.stderr != nil {
		p.Stderr = b.stderr
	}
	p.Env = append(os.Environ(), "HOME="+b.dir, "XDG_CONFIG_HOME=", "FANLAKE_CONFIG=", "FANVUE_API_KEY="+fanvuesim.DefaultKey)
	p.Env = append(p.Env, b.env...)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.Wait() // ProcessState says how it ended
	}()
	t.Cleanup(func() {
		_ = p.Process.Kill()
		<-p.ended
	})
	return p
}

// exits waits for the end of the command and wants its status.
func (p *process) exits(t *testing.T, want int) {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(time.Minute):
		t.Fatalf("%v does not end\n%s", p.Args, p.stderr.String())
	}
	if got := p.ProcessState.ExitCode(); got != want {
		t.Fatalf("%v: exit status %d, want %d\n%s%s", p.Args, got, want, p.stdout.String(), p.stderr.String())
	}
}

// until lets time pass until something is so, while the command runs.
func (p *process) until(t *testing.T, so func() bool) {
	t.Helper()
	for !so() {
		select {
		case <-p.ended:
			t.Fatalf("%v ended: %v\n%s", p.Args, p.ProcessState, p.stderr.String())
		case <-time.After(2 * time.Millisecond):
		}
	}
}

func (p *process) says(t *testing.T, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if text := p.stdout.String() + p.stderr.String(); !strings.Contains(text, part) {
			t.Errorf("%v does not say %q:\n%s", p.Args, part, text)
		}
	}
}

func (b *bench) run(t *testing.T, want int, args ...string) *process {
	t.Helper()
	p := b.start(t, args...)
	p.exits(t, want)
	return p
}

// truth wants the rows and the net earnings of the simulator in the warehouse.
func (b *bench) truth(t *testing.T) {
	t.Helper()
	var rows, net int64
	for _, c := range b.sim.World().Creators() {
		for e := range b.sim.World().Earnings(c.UUID) {
			if !e.Gone {
				rows, net = rows+1, net+e.Net
			}
		}
	}
	got := b.run(t, 0, "query", "SELECT count(*) AS n, sum(net_cents)::BIGINT AS net FROM mart.fct_earnings").stdout.String()
	if want := fmt.Sprintf("n,net\n%d,%d\n", rows, net); got != want {
		t.Errorf("the warehouse has %q, want %q", got, want)
	}
}

// A run in one process keeps others out, who are told which process it is; a
// signal ends it in order, what it has read is published, and the next one goes
// on there.
func TestSecondProcessAndSignal(t *testing.T) {
	t.Parallel()
	b := newBench(t, "")
	b.run(t, 0, "sync")
	b.sim.Night()
	hang := b.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.Hang, Path: "/subscribers"})
	first := b.start(t, "sync", "--full")
	first.until(t, func() bool { return hang.Fired() > 0 })

	for _, args := range [][]string{{"sync"}, {"plan"}, {"verify"}, {"rebuild"}} {
		b.run(t, 5, args...).says(t, "another run holds the data directory", fmt.Sprintf("process %d since ", first.Process.Pid), "(run ", "wait for it to end, or end that process")
	}
	b.run(t, 0, "status").says(t, "is under way since")
	b.run(t, 0, "query", "FROM mart.agg_creator_month")

	if err := first.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	first.exits(t, 130)
	first.says(t, "main: interrupted, ", "published ", "the next run goes on here")
	if said := first.stderr.String(); !strings.HasSuffix(said, "\nfanlake: interrupted\n") {
		t.Errorf("an interrupted run says\n%s", said)
	}
	b.run(t, 0, "status").says(t, "was interrupted; run fanlake sync --full again")
	hang.Remove()
	b.run(t, 0, "sync")
	b.truth(t)
	b.run(t, 0, "verify")
}

// A schedule that was missed is caught up at the start, and a signal ends the
// loop in seconds, also while it waits for the next night or for the API.
func TestServeCatchesUpAndStops(t *testing.T) {
	t.Parallel()
	b := newBench(t, `schedules: [{name: nightly, cron: "15 3 * * *", job: sync}]`)
	state := filepath.Join(b.dir, "data", "schedules.json")
	last := func() (r struct {
		ScheduledFor time.Time `json:"scheduled_for"`
		Outcome      string    `json:"outcome"`
	}) {
		text, err := os.ReadFile(state)
		if err != nil {
			return r
		}
		var f struct{ Schedules map[string]json.RawMessage }
		if json.Unmarshal(text, &f) == nil {
			_ = json.Unmarshal(f.Schedules["nightly"], &r)
		}
		return r
	}
	// The loop saw the schedule two days ago, and then the machine was off.
	missed := fmt.Sprintf(`{"schedules": {"nightly": {"since": %q}}}`, time.Now().UTC().Add(-48*time.Hour).Format(time.RFC3339))
	if err := os.MkdirAll(filepath.Dir(state), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(state, []byte(missed), 0o600); err != nil {
		t.Fatal(err)
	}
	loop := b.start(t, "serve")
	loop.until(t, func() bool { return last().Outcome == "ok" })
	stop(t, loop)
	loop.says(t, `"msg":"job started"`, `"msg":"sync ended"`, `"msg":"stopped"`)
	if n := strings.Count(loop.stderr.String(), `"msg":"job started"`); n != 1 {
		t.Errorf("two missed nights were caught up %d times, want once", n)
	}
	b.truth(t)
	b.run(t, 0, "schedule").says(t, "nightly  sync", "ok")

	// The same while the API does not answer: what was read is published, and
	// the run is started again by the next loop.
	b.sim.Night()
	hang := b.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.Hang, Path: "/chats"})
	if err := os.WriteFile(state, []byte(missed), 0o600); err != nil {
		t.Fatal(err)
	}
	loop = b.start(t, "serve")
	loop.until(t, func() bool { return hang.Fired() > 0 })
	stop(t, loop)
	if got := last().Outcome; got != "interrupted" {
		t.Errorf("the state file says %q of the run, want interrupted", got)
	}
	hang.Remove()
	loop = b.start(t, "serve")
	loop.until(t, func() bool { return last().Outcome == "ok" })
	stop(t, loop)
	b.truth(t)
}

// stop ends a loop by a signal and wants it to end soon and well.
func stop(t *testing.T, loop *process) {
	t.Helper()
	began := time.Now()
	if err := loop.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	loop.exits(t, 0)
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the loop took %v to end", took)
	}
}

// The version is there before anybody notices: fifty milliseconds, in the best
// of a few tries, as other tests run beside this one.
func TestVersionIsFast(t *testing.T) {
	t.Parallel()
	best := time.Hour
	for range 20 {
		began := time.Now()
		if err := exec.CommandContext(t.Context(), "fanlake", "version").Run(); err != nil {
			t.Fatal(err)
		}
		if best = min(best, time.Since(began)); best < 50*time.Millisecond {
			return
		}
	}
	t.Errorf("fanlake version takes %v, want less than 50 ms", best)
}
