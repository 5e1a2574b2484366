package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Without a terminal long work is a line at its end, and one every ten seconds
// before that.
func TestProgressWithoutTerminal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		talk := newTalker(&out, false, (&program{}).level)
		for done := range int64(250) { // 25 seconds
			talk.Progress("apply", done, 250)
			time.Sleep(100 * time.Millisecond)
		}
		talk.Progress("apply", 250, 250)
		talk.Progress("checks", 0, 0)
		talk.close()
		var said []string
		for line := range strings.Lines(out.String()) {
			_, line, _ = strings.Cut(line, `"msg":`)
			said = append(said, strings.TrimSpace(line))
		}
		want := []string{`"apply","done":100,"of":250}`, `"apply","done":200,"of":250}`, `"apply","done":250}`, `"checks"}`}
		if got := strings.Join(said, "\n"); got != strings.Join(want, "\n") {
			t.Errorf("said\n%s\nwant\n%s", got, strings.Join(want, "\n"))
		}
	})
}

// The moving line says what is done or, while nothing may be sent, why and how
// long; a part of a second counts as one.
func TestMovingLine(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)
	talk := newLogTalker(slog.New(slog.DiscardHandler))
	talk.began = now.Add(-83 * time.Second)
	for _, c := range []struct {
		tell func()
		want string
	}{
		{func() {}, "0 pages read in 1m23s"},
		{func() { talk.Pages(7, "earnings", "some creator") }, "7 pages read in 1m23s, reading earnings"},
		{func() { talk.waiting.Store(&pause{"the window refills", now.Add(40*time.Second + time.Millisecond)}) }, "7 pages read; rate limit: 41 s until the window refills"},
		{func() { talk.waiting.Store(&pause{"the window refills", now}) }, "7 pages read in 1m23s, reading earnings"},
	} {
		c.tell()
		if got := talk.line(now); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
