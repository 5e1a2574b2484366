package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"fanlake/configs"
	"fanlake/extract/fanvuesim"
	"fanlake/schedules/notify"
)

// small leaves content out, so that a run takes less than a second.
const small = "streams: {posts: off, mass_messages: off, tracking_links: off, media: off, vault_folders: off, smart_lists: off, custom_lists: off, templates: off, notifications: off, fan_insights: off}\n"

// A manager is what systemd is to a service: a socket that takes its states.
type manager struct {
	conn *net.UnixConn
	path string
	mu   sync.Mutex
	said []string
}

func newManager(t *testing.T) *manager {
	t.Helper()
	m := &manager{path: filepath.Join(t.TempDir(), "notify")}
	var err error
	if m.conn, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: m.path, Net: "unixgram"}); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 4096)
		for {
			n, err := m.conn.Read(b)
			if err != nil {
				return
			}
			m.mu.Lock()
			m.said = append(m.said, string(b[:n]))
			m.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		_ = m.conn.Close()
		<-done
	})
	return m
}

// heardAll waits until all that was sent before is heard.
func (m *manager) heardAll(t *testing.T) {
	t.Helper()
	conn, err := net.Dial("unixgram", m.path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	before := m.heard("X_LAST=1")
	if _, err := conn.Write([]byte("X_LAST=1")); err != nil {
		t.Fatal(err)
	}
	for m.heard("X_LAST=1") == before {
		select {
		case <-t.Context().Done():
			t.Fatal("the manager does not hear")
		case <-time.After(2 * time.Millisecond):
		}
	}
}

func (m *manager) heard(state string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, s := range m.said {
		if strings.Contains(s, state) {
			n++
		}
	}
	return n
}

// A safeBuffer may be read while a process writes to it.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// A changed configuration is taken over, at once on SIGHUP and soon without;
// one with mistakes is not, and the loop goes on with the old one. The manager
// of services hears of it, and of life. A second loop is told who is there.
func TestServeReloads(t *testing.T) {
	t.Parallel()
	m := newManager(t)
	b := newBench(t, small+"schedules: [{name: first, cron: \"@yearly\"}]\n")
	file := filepath.Join(b.dir, "fanlake.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write := func(from, to string) {
		t.Helper()
		if err := os.WriteFile(file, bytes.Replace(text, []byte(from), []byte(to), 1), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var log safeBuffer
	b.env, b.stderr = []string{"NOTIFY_SOCKET=" + m.path, "WATCHDOG_USEC=200000"}, &log
	loop := b.start(t, "serve")
	b.env, b.stderr = nil, nil
	loop.until(t, func() bool { return m.heard("READY=1") == 1 && m.heard("WATCHDOG=1") > 1 })
	b.run(t, 5, "serve").says(t, "another run holds the data directory: process "+fmt.Sprint(loop.Process.Pid)+" since ", "(run serve)")

	write("@yearly", "@hourly")
	hangUp := func() {
		t.Helper()
		if err := loop.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	hangUp()
	loop.until(t, func() bool { return strings.Count(log.String(), "configuration taken over") == 1 })
	for _, wrong := range []string{"@fortnightly", "@daily\", job: statement, name: \"x"} {
		before := strings.Count(log.String(), "configuration not taken over")
		write("@yearly", wrong)
		hangUp()
		loop.until(t, func() bool { return strings.Count(log.String(), "configuration not taken over") > before })
	}
	if !strings.Contains(log.String(), "schedules[0].cron") {
		t.Errorf("the mistake is not told:\n%s", log.String())
	}
	write("name: first", "name: second") // noticed without a signal
	loop.until(t, func() bool { return strings.Contains(log.String(), `"name":"second"`) })
	loop.until(t, func() bool {
		return m.heard("RELOADING=1") >= 4 && m.heard("MONOTONIC_USEC=") >= 4 && m.heard("READY=1") >= 5
	})
	stop(t, loop)
	m.heardAll(t)
	if m.heard("STOPPING=1") != 1 {
		t.Errorf("the manager heard %q", m.said)
	}
}

// A signal ends the loop in seconds in every phase of a run, what was read is
// kept, and the next loop goes on there.
func TestServeStopsInEveryPhase(t *testing.T) {
	t.Parallel()
	b := newBench(t, small+`schedules: [{name: nightly, cron: "15 3 * * *", job: sync}]`)
	state := filepath.Join(b.dir, "data", "schedules.json")
	missed := func() {
		t.Helper()
		text := fmt.Sprintf(`{"schedules": {"nightly": {"since": %q}}}`, time.Now().UTC().Add(-48*time.Hour).Format(time.RFC3339))
		if err := os.MkdirAll(filepath.Dir(state), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(state, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	start := func() (*process, *safeBuffer) {
		log := &safeBuffer{}
		missed()
		b.stderr = log
		return b.start(t, "serve", "-v"), log
	}
	m := newManager(t)
	b.env = []string{"NOTIFY_SOCKET=" + m.path, "WATCHDOG_USEC=100000"}
	for _, path := range []string{"/users/me", "/insights/earnings", "/chats"} {
		hang := b.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.Hang, Path: path})
		loop, _ := start()
		loop.until(t, func() bool { return hang.Fired() > 0 })
		fed := m.heard("WATCHDOG=1") // a job that waits for an answer is no loop that hangs
		loop.until(t, func() bool { return m.heard("WATCHDOG=1") > fed+2 })
		stop(t, loop)
		hang.Remove()
		b.sim.Night()
	}
	for _, word := range []string{`"msg":"page"`, `"msg":"apply warehouse"`, `"msg":"marts"`, `"msg":"checks"`} {
		loop, log := start()
		loop.until(t, func() bool { return strings.Contains(log.String(), word) })
		stop(t, loop)
		b.sim.Night()
	}
	loop, log := start()
	loop.until(t, func() bool { return strings.Contains(log.String(), `"msg":"job done"`) })
	stop(t, loop)
	b.stderr = nil
	b.truth(t)
	b.run(t, 0, "verify")
}

// Names, texts, credentials and amounts stand in nothing that is told: not in
// logs at their most verbose, nor in notifications or the states of schedules
// and channels, whether runs go well, fail in part, or find a mismatch.
func TestNothingPrivateIsTold(t *testing.T) {
	t.Parallel()
	hooks := newHooks(t)
	b := newBench(t, small+`schedules:
  - {name: nightly, cron: "15 3 * * *"}
  - {name: month, cron: "@monthly", job: statements}
  - {name: tell, cron: "@daily", job: digest}
  - {name: tidy, cron: "@monthly", job: compact}
  - {name: check, cron: "@weekly", job: verify}
notify:
  - {ping: env:HOOK_URL, on: [start, success, partial, failure, mismatch, stale, drift, deprecation, key_age], unchanged: on}
  - {webhook: env:HOOK_URL, secret: env:HOOK_SECRET, on: [success, partial, failure, mismatch, stale, drift], unchanged: on}
`)
	b.env = []string{"HOOK_URL=" + hooks.url + "/hunter2-path", "HOOK_SECRET=hunter2-hook"}
	private := []string{fanvuesim.DefaultKey, "hunter2", "123456", "98765"}
	for _, c := range b.sim.World().Creators() {
		private = append(private, c.Handle, c.DisplayName)
		for _, f := range b.sim.World().Fans(c.UUID) {
			private = append(private, f.UUID, f.Handle, f.DisplayName)
		}
		for _, h := range b.sim.World().Chats(c.UUID) {
			for m := range b.sim.World().Messages(c.UUID, h.FanID) {
				if m.Text != nil && len(*m.Text) > 8 {
					private = append(private, *m.Text)
				}
			}
		}
	}
	amounts := regexp.MustCompile(`_cents|\bUSD\b|\$\d`)
	search := func(what, text string) {
		t.Helper()
		for _, s := range private {
			if len(s) > 5 && strings.Contains(text, s) {
				t.Errorf("%s has %q:\n%s", what, s, text)
			}
		}
		if found := amounts.FindString(text); found != "" {
			t.Errorf("%s has an amount (%s):\n%s", what, found, text)
		}
	}
	run := func(status int, name string) {
		t.Helper()
		if name == "nightly" {
			b.sim.Night()
		}
		p := b.run(t, status, "schedule", "run", name, "-v")
		if lines := strings.Split(strings.TrimSpace(p.stdout.String()+p.stderr.String()), "\n"); status == 0 {
			search("a run", strings.Join(lines, "\n"))
		} else { // the error on the last lines is the result, for who ran it
			var log []string
			for _, l := range lines {
				if strings.HasPrefix(l, "{") {
					log = append(log, l)
				}
			}
			search("a run that failed", strings.Join(log, "\n"))
		}
		if status != 1 && name == "nightly" && !strings.Contains(p.stderr.String(), `"level":"DEBUG"`) { // a refused one reads no page
			t.Error("the log is not at its most verbose")
		}
		for _, l := range strings.Split(p.stderr.String(), "\n") {
			if strings.Contains(l, `"account"`) && !strings.Contains(l, `"run":"`) {
				t.Errorf("a line without its run: %s", l)
			}
		}
	}
	wrong := b.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.SetField, Path: "/insights/earnings/summary", Field: "overTime",
		Value: `[{"periodStart":"2026-09-01T00:00:00.000Z","gross":123456,"net":98765}]`})
	run(6, "nightly")
	wrong.Remove()
	if err := os.RemoveAll(filepath.Join(b.dir, "data", "main")); err != nil { // sums are asked for once a week
		t.Fatal(err)
	}
	run(0, "nightly")
	for _, name := range []string{"month", "tell", "tidy", "check"} {
		run(0, name)
	}
	secret := b.sim.World().Creators()[0]
	fan := b.sim.World().Fans(secret.UUID)[0]
	b.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.StatusFault, Path: "/subscribers", Status: 400, Body: `{"error": "no such thing: ` + fan.Handle + `"}`})
	run(3, "nightly")
	b.sim.Gate().ClearFaults()
	b.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.StatusFault, Path: "/users/me", Status: 403, Body: `{"error": "` + secret.Handle + ` may not"}`})
	run(1, "nightly")
	b.sim.Gate().ClearFaults()
	for i, g := range hooks.all() {
		search(fmt.Sprintf("notification %d", i), strings.ReplaceAll(g, "/hunter2-path", ""))
	}
	if n := len(hooks.all()); n < 24 { // start and end to the one, end to the other, of eight runs
		t.Errorf("%d notifications, want at least 24", n)
	}
	err := filepath.WalkDir(filepath.Join(b.dir, "data"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Base(path) != "notify.json" {
			return err
		}
		text, err := os.ReadFile(path)
		search(path, string(text))
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// Every event of the notifications may be asked for in a configuration, and
// every job of the configuration that runs is one of its.
func TestNamesAgree(t *testing.T) {
	t.Parallel()
	var events []string
	for _, e := range notify.Events {
		events = append(events, string(e))
	}
	if got, want := strings.Join(events, " "), strings.Join(configs.Events, " "); got != want {
		t.Errorf("notify has %s\nconfigs has %s", got, want)
	}
	for _, j := range jobs() {
		if !strings.Contains(" "+strings.Join(configs.Jobs, " ")+" ", " "+j.name+" ") {
			t.Errorf("job %s is in no configuration", j.name)
		}
	}
}
