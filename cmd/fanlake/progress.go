package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// A talker tells on stderr what a run does: on a terminal a line that moves,
// elsewhere one structured line a step. It is a pipeline.Reporter.
type talker struct {
	log *slog.Logger
	// beat is called for whatever is done, and for a wait with its length; it may
	// be nil.
	beat func(wait time.Duration)

	pages   atomic.Int64
	doing   atomic.Pointer[string] // what the moving line says behind the pages
	waiting atomic.Pointer[pause]
	began   time.Time

	mu   sync.Mutex
	told time.Time     // when a line last said how far long work is
	bars *mpb.Progress // nil without a terminal
	bar  *mpb.Bar
}

// tellEvery is how often long work says how far it is without a terminal.
const tellEvery = 10 * time.Second

// A pause is why nothing is sent, and until when.
type pause struct {
	reason string
	until  time.Time
}

// newLogger writes lines to stderr: text on a terminal, JSON elsewhere.
func newLogger(stderr io.Writer, level slog.Level) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if isTerminal(stderr) {
		return slog.New(slog.NewTextHandler(stderr, options))
	}
	return slog.New(slog.NewJSONHandler(stderr, options))
}

// newTalker returns a talker that is to be closed. quiet says only what went
// wrong; level is [program.level].
func newTalker(stderr io.Writer, quiet bool, level func(slog.Level) slog.Level) *talker {
	usual := slog.LevelInfo
	if quiet {
		usual = slog.LevelWarn
	}
	if l := level(usual); quiet || l < slog.LevelInfo || !isTerminal(stderr) {
		return newLogTalker(newLogger(stderr, l))
	}
	t := newLogTalker(nil)
	t.bars = mpb.New(mpb.WithOutput(stderr), mpb.WithRefreshRate(200*time.Millisecond))
	t.bar = t.bars.New(0, mpb.NopStyle(), mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return t.line(time.Now()) })))
	t.log = slog.New(plainHandler{t.bars})
	return t
}

// quietFlag adds --quiet, which [newTalker] takes.
func quietFlag(cmd *cobra.Command, quiet *bool) {
	cmd.Flags().BoolVarP(quiet, "quiet", "q", false, "no progress: say how it ended, and what went wrong")
}

// alive gives a sign of life, the last one for the time of a wait.
func (t *talker) alive(wait time.Duration) {
	if t.beat != nil {
		t.beat(wait)
	}
}

// newLogTalker returns a talker that writes structured lines to log.
func newLogTalker(log *slog.Logger) *talker {
	now := time.Now()
	return &talker{log: log, began: now, told: now}
}

// line is the moving line: what is done, or why nothing is.
func (t *talker) line(now time.Time) string {
	if p := t.waiting.Load(); p != nil && p.until.After(now) {
		return fmt.Sprintf("%d pages read; rate limit: %d s until %s", t.pages.Load(), int(p.until.Sub(now).Seconds()+0.999), p.reason)
	}
	line := fmt.Sprintf("%d pages read in %s", t.pages.Load(), now.Sub(t.began).Truncate(time.Second))
	if doing := t.doing.Load(); doing != nil {
		line += ", " + *doing
	}
	return line
}

// Step says that a step began or ended.
func (t *talker) Step(text string, attrs ...any) {
	t.alive(0)
	t.log.Info(text, attrs...)
}

// Trouble says what keeps a run up, also where quiet was asked for.
func (t *talker) Trouble(text string, attrs ...any) {
	t.alive(0)
	t.log.Warn(text, attrs...)
}

// Progress says how far long work is: on a terminal in the moving line,
// elsewhere when it ends, and before that at most every ten seconds.
func (t *talker) Progress(work string, done, total int64) {
	t.alive(0)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bars != nil {
		doing := work
		if total > 0 {
			doing = fmt.Sprintf("%s: %d of %d", work, done, total)
		}
		t.doing.Store(&doing)
		return
	}
	switch now := time.Now(); {
	case total == 0:
		t.log.Info(work)
	case done >= total:
		t.log.Info(work, "done", done)
	case now.Sub(t.told) >= tellEvery:
		t.told = now
		t.log.Info(work, "done", done, "of", total)
	}
}

// Pages counts pages.
func (t *talker) Pages(read int64, stream, _ string) {
	t.alive(0)
	t.pages.Store(read)
	t.log.Debug("page", "stream", stream, "pages", read)
	doing := "reading " + stream
	t.doing.Store(&doing)
}

// Wait says why nothing is sent.
func (t *talker) Wait(reason string, until time.Time) {
	t.alive(time.Until(until))
	t.waiting.Store(&pause{reason, until})
	if t.bars == nil {
		t.log.Info("waiting", "for", "until "+reason, "until", until.UTC().Format(time.RFC3339))
	}
}

// close ends the moving line.
func (t *talker) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bars != nil {
		t.bar.Abort(true)
		t.bars.Wait()
		t.bars = nil
	}
}

// A plainHandler writes steps above the moving line, for people.
type plainHandler struct{ out io.Writer }

func (h plainHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelInfo }

func (h plainHandler) Handle(_ context.Context, r slog.Record) error {
	line := r.Message
	r.Attrs(func(a slog.Attr) bool {
		line += fmt.Sprintf("  %s=%v", a.Key, a.Value)
		return true
	})
	_, err := fmt.Fprintln(h.out, line)
	return err
}

func (h plainHandler) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h plainHandler) WithGroup(string) slog.Handler      { return h }
