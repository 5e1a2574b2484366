package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// A talker tells on stderr what a run does: on a terminal a line that moves,
// elsewhere one structured line a step. It is a pipeline.Reporter.
type talker struct {
	log *slog.Logger

	pages   atomic.Int64
	current atomic.Pointer[string] // stream being read
	waiting atomic.Pointer[pause]
	began   time.Time

	mu   sync.Mutex
	bars *mpb.Progress // nil without a terminal
	bar  *mpb.Bar
}

// A pause is why nothing is sent, and until when.
type pause struct {
	reason string
	until  time.Time
}

// newTalker returns a talker that is to be closed. quiet says only what went
// wrong.
func newTalker(stderr io.Writer, quiet bool) *talker {
	t := &talker{began: time.Now()}
	level := slog.LevelInfo
	if quiet {
		level = slog.LevelWarn
	}
	options := &slog.HandlerOptions{Level: level}
	f, ok := stderr.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		t.log = slog.New(slog.NewJSONHandler(stderr, options))
		return t
	}
	if quiet {
		t.log = slog.New(slog.NewTextHandler(stderr, options))
		return t
	}
	t.bars = mpb.New(mpb.WithOutput(stderr), mpb.WithRefreshRate(200*time.Millisecond))
	t.bar = t.bars.New(0, mpb.NopStyle(), mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return t.line(time.Now()) })))
	t.log = slog.New(plainHandler{t.bars})
	return t
}

// line is the moving line: what is read, or why nothing is.
func (t *talker) line(now time.Time) string {
	if p := t.waiting.Load(); p != nil && p.until.After(now) {
		return fmt.Sprintf("%d pages read; rate limit: %d s until %s", t.pages.Load(), int(p.until.Sub(now).Seconds()+0.999), p.reason)
	}
	stream := ""
	if s := t.current.Load(); s != nil {
		stream = ", reading " + *s
	}
	return fmt.Sprintf("%d pages read in %s%s", t.pages.Load(), now.Sub(t.began).Truncate(time.Second), stream)
}

// Step says that a step began or ended.
func (t *talker) Step(text string, attrs ...any) { t.log.Info(text, attrs...) }

// Pages counts pages.
func (t *talker) Pages(read int64, stream, creator string) {
	t.pages.Store(read)
	t.current.Store(&stream)
}

// Wait says why nothing is sent.
func (t *talker) Wait(reason string, until time.Time) {
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
