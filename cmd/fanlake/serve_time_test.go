package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fanlake/schedules"
)

// newTestServer is what serve runs, of the configuration of a bench.
func (b *bench) newTestServer(t *testing.T, log *safeBuffer) *server {
	t.Helper()
	p := &program{stdout: log, stderr: log, configFlag: filepath.Join(b.dir, "fanlake.yaml")}
	first, err := p.servedPlan()
	if err != nil {
		t.Fatal(err)
	}
	return newServer(p, first)
}

// newStaleBench is a bench whose data are stale after an hour, which its hooks
// are told; it is synced at the instant returned, and nothing is due for months.
func newStaleBench(t *testing.T) (*bench, *hooks, time.Time) {
	t.Helper()
	hooks := newHooks(t)
	b := newBench(t, small+`stale_after: 1h
schedules: [{name: yearly, cron: "@yearly"}]
notify: [{webhook: file:hook.url, secret: file:hook.key, on: [stale]}]
`)
	for name, text := range map[string]string{"hook.url": hooks.url + "/hook", "hook.key": "a-secret-of-the-webhook"} {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b.run(t, 0, "sync")
	return b, hooks, time.Now()
}

// Data grow old beside a job that does not come to an end: it has two hours to
// mend that, then it is told, once.
func TestServeTellsThatDataAreStaleBesideAJob(t *testing.T) {
	t.Parallel()
	b, hooks, synced := newStaleBench(t)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(synced))
		var log safeBuffer
		s := b.newTestServer(t, &log)
		began := time.Now()
		s.running.Store(&began)
		serve := func(d time.Duration) int {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			defer cancel()
			s.watchStale(ctx)
			return len(hooks.all())
		}
		if n := serve(119 * time.Minute); n != 0 {
			t.Errorf("told %d times within the job's two hours", n)
		}
		for range 2 {
			if n := serve(2 * time.Hour); n != 1 {
				t.Errorf("told %d times of what a job does not mend, want once\n%s", n, log.String())
			}
		}
	})
}

// Data grow old while no run comes to be: the loop finds it within half an hour,
// tells it once, also over a restart, and not while they are fresh.
func TestServeTellsThatDataAreStale(t *testing.T) {
	t.Parallel()
	b, hooks, synced := newStaleBench(t)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(synced)) // the clock of a bubble begins in 2000
		var log safeBuffer
		serve := func(d time.Duration) {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			defer cancel()
			if err := b.newTestServer(t, &log).loop(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the loop ended with %v", err)
			}
		}
		serve(40 * time.Minute) // complete to a quarter of an hour before the run
		if got := hooks.all(); len(got) != 0 {
			t.Errorf("told of fresh data: %v", got)
		}
		serve(3 * time.Hour)
		got := hooks.all()
		if len(got) != 1 || !strings.Contains(got[0], "older than 1h0m0s: the data of 2 creators") || strings.Contains(got[0], "creator-") {
			t.Fatalf("told %q, want once that data of 2 creators are stale\n%s", got, log.String())
		}
		var m struct {
			Event string
			At    time.Time
		}
		_, body, _ := strings.Cut(got[0], "\n")
		if err := json.Unmarshal([]byte(body), &m); err != nil || m.Event != "stale" {
			t.Errorf("%v: %s", err, body)
		}
		if after := m.At.Sub(synced); after < 44*time.Minute || after > 80*time.Minute {
			t.Errorf("told %v after the run, want between 45 and 80 minutes", after)
		}
		serve(2 * time.Hour)
		if n := len(hooks.all()); n != 1 {
			t.Errorf("told %d times, want once", n)
		}
	})
}

// A configuration with mistakes is refused once for each time it is written, the
// old one stays, and the next good one is taken over without a signal.
func TestServeRefusesAMistakeOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, `schedules: [{name: first, cron: "@hourly"}]`)
	file := filepath.Join(b.dir, "fanlake.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		var log safeBuffer
		s := b.newTestServer(t, &log)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			s.watchFile(ctx, nil)
		}()
		written := time.Now()
		write := func(cron string) {
			t.Helper()
			if err := os.WriteFile(file, []byte(strings.Replace(string(text), "@hourly", cron, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			written = written.Add(time.Minute) // another time, however coarse the file system's are
			if err := os.Chtimes(file, written, written); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
		}
		said := func(refused, taken int) {
			t.Helper()
			if a, b := strings.Count(log.String(), "configuration not taken over; the old one stays"), strings.Count(log.String(), "configuration taken over"); a != refused || b != taken {
				t.Errorf("refused %d times and taken over %d times, want %d and %d:\n%s", a, b, refused, taken, log.String())
			}
		}
		time.Sleep(time.Hour)
		said(0, 0)
		write("@fortnightly")
		said(1, 0)
		if one := s.plan.Load().schedules[0]; one.Cron != "@hourly" {
			t.Errorf("it runs %s", one.Cron)
		}
		write("@never")
		said(2, 0)
		write("@daily")
		said(2, 1)
		if one := s.plan.Load().schedules[0]; one.Cron != "@daily" {
			t.Errorf("it runs %s", one.Cron)
		}
		if err := os.Remove(file); err != nil { // between two versions of it
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		said(2, 1)
		write("@weekly")
		said(2, 2)
		cancel()
		<-ended
	})
}

// What a schedule remembers of a process that was killed is said to be so.
func TestScheduleSaysKilled(t *testing.T) {
	t.Parallel()
	b := newBench(t, `schedules: [{name: nightly, cron: "15 3 * * *"}]`)
	state := filepath.Join(b.dir, "data", "schedules.json")
	if err := os.MkdirAll(filepath.Dir(state), 0o700); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`{"schedules": {"nightly": {"since": %q, "scheduled_for": %[2]q, "started_at": %[2]q, "tries": 1}}}`, "2026-10-01T00:00:00Z", "2026-11-02T03:15:00Z")
	if err := os.WriteFile(state, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	b.run(t, 0, "schedule").says(t, "killed; it began at 2026-11-02T03:15:00Z")
	b.run(t, 0, "schedule", "--json").says(t, `"outcome": "`+schedules.Killed+`"`)
}

// The watchdog is fed as long as the loop or its job gives signs of life, through
// a wait that was announced however long, and no more an hour after the last one.
func TestServeFeedsTheWatchdogWhileItLives(t *testing.T) {
	b := newBench(t, `schedules: [{name: yearly, cron: "@yearly"}]`)
	m := newManager(t)
	t.Setenv("NOTIFY_SOCKET", m.path)
	t.Setenv("WATCHDOG_USEC", fmt.Sprint((5 * time.Minute).Microseconds()))
	synctest.Test(t, func(t *testing.T) {
		var log safeBuffer
		s := b.newTestServer(t, &log)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			s.feedWatchdog(ctx)
		}()
		sofar := 0
		fed := func(d time.Duration, least, most int) { // in the time of d
			t.Helper()
			time.Sleep(d)
			m.heardAll(t)
			all := m.heard("WATCHDOG=1")
			if n := all - sofar; n < least || n > most {
				t.Errorf("fed %d times in %v, want %d to %d", n, d, least, most)
			}
			sofar = all
		}
		fed(59*time.Minute, 23, 24) // it hangs from the start
		fed(10*time.Hour, 0, 1)
		talker := newLogTalker(newLogger(&log, 0))
		talker.beat = s.beat
		talker.Wait("the window refills", time.Now().Add(3*time.Hour))
		fed(time.Hour, 23, 25)
		talker.Pages(1, "earnings", "") // of another bucket, which is done then
		fed(2*time.Hour+59*time.Minute, 70, 73)
		fed(10*time.Hour, 0, 1)
		talker.Wait("the server's pause ends", time.Now().Add(24*time.Hour)) // but its run ends before, by its budget
		looping, stop := context.WithTimeout(ctx, 10*time.Hour)
		defer stop()
		sofar = m.heard("WATCHDOG=1")
		if err := s.loop(looping); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		fed(time.Second, 239, 241)
		fed(2*time.Hour, 22, 25) // it hangs in the next job
		fed(20*time.Hour, 0, 1)
		cancel()
		<-ended
	})
}
