package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"

	"fanlake/cmd/internal/pipeline"
	"fanlake/configs"
	"fanlake/extract"
)

func TestExitStatus(t *testing.T) {
	t.Parallel()
	disk := errors.New("disk full")
	partial := errPartial.wrap(errors.New("2 slices failed"))
	for _, c := range []struct {
		name string
		err  error
		want status
	}{
		{"nothing", nil, done},
		{"an error nobody knows", disk, errFailed},
		{"a known one", errLocked.wrap(disk), errLocked},
		{"a known one, wrapped", fmt.Errorf("sync: %w", fmt.Errorf("account: %w", partial)), errPartial},
		{"what it means, and why", fmt.Errorf("%w: %w", errPartial, disk), errPartial},
		{"accounts side by side", errors.Join(partial, disk), errFailed},
		{"refused before gone", errors.Join(errGone.wrap(disk), errRefused.wrap(disk)), errRefused},
		{"gone before locked", errors.Join(errLocked.wrap(disk), errGone.wrap(disk)), errGone},
		{"locked before failed", errors.Join(disk, errLocked.wrap(disk)), errLocked},
		{"failed before mismatch", errors.Join(errMismatch.wrap(disk), disk), errFailed},
		{"mismatch before partial", errors.Join(partial, errMismatch.wrap(disk)), errMismatch},
		{"interrupted before everything", errors.Join(errRefused.wrap(disk), fmt.Errorf("sync: %w", context.Canceled)), errInterrupted},
		{"a version that is gone", fmt.Errorf("sync: %w", &extract.StatusError{Code: 410}), errGone},
		{"a version that is gone, and the next", fmt.Errorf("sync: %w", &extract.StatusError{Code: 410, NextVersion: "2026-12-01"}), errGone},
		{"an outage", fmt.Errorf("%w: %w", pipeline.ErrPartial, extract.ErrUnavailable), errPartial},
		{"a configuration", configs.Errors{{Line: 1, Problem: "x"}}, errUsage},
		{"no configuration", fmt.Errorf("%w (looked for x)", configs.ErrNotFound), errUsage},
	} {
		if got := exitStatus(t.Context(), c.err); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := exitStatus(ctx, disk); got != errInterrupted {
		t.Errorf("an error after the signal: %d, want 130", got)
	}
	if got := exitStatus(ctx, nil); got != done {
		t.Errorf("done in spite of the signal: %d, want 0", got)
	}
	if err := errLocked.wrap(disk); !errors.Is(err, errLocked) || errors.Is(err, errGone) || !errors.Is(err, disk) || err.Error() != "disk full" {
		t.Errorf("wrap: %v", err)
	}
	if err := errLocked.wrap(nil); err != nil {
		t.Errorf("wrap(nil) = %v", err)
	}
}

// TestHelp holds what every command owes its reader.
func TestHelp(t *testing.T) {
	t.Parallel()
	root := newRoot(&program{stdin: strings.NewReader(""), stdout: new(strings.Builder), stderr: new(strings.Builder)})
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		var out strings.Builder
		cmd.SetOut(&out)
		if err := cmd.Help(); err != nil {
			t.Errorf("%s: %v", cmd.CommandPath(), err)
		}
		for _, part := range []string{"EXIT STATUS:", "\n    0  done\n", "\n  130  interrupted\n", "Examples:"} {
			if !strings.Contains(out.String(), part) {
				t.Errorf("the help of %s lacks %q", cmd.CommandPath(), part)
			}
		}
		if s := cmd.Short; s == "" || strings.HasSuffix(s, ".") {
			t.Errorf("%s: short help %q", cmd.CommandPath(), s)
		}
		if cmd.Args == nil && cmd.RunE != nil {
			t.Errorf("%s accepts any arguments", cmd.CommandPath())
		}
		if cmd.Run != nil {
			t.Errorf("%s has Run, whose errors nobody sees; use RunE", cmd.CommandPath())
		}
		for _, c := range cmd.Commands() {
			visit(c)
		}
	}
	visit(root)
}

// TestHints holds what is said below errors whose own text cannot know it.
func TestHints(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"free some space":        fmt.Errorf("seal: %w", &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}),
		"read and write":         fmt.Errorf("lock: %w", &fs.PathError{Op: "open", Path: "x", Err: syscall.EACCES}),
		"check the network":      fmt.Errorf("GET: %w", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}),
		"choose another address": fmt.Errorf("listen: %w", &net.OpError{Op: "listen", Err: syscall.EADDRINUSE}),
		"run it again later":     &extract.StatusError{Code: 503},
		"again later, what was":  fmt.Errorf("%w: %w", pipeline.ErrPartial, extract.ErrUnavailable),
		"revoked or replaced":    &extract.StatusError{Code: 401},
		"newer version":          &extract.StatusError{Code: 410},
		"run it again; what was": errors.New(`IO Error: Could not write file "x": No space left on device`),
		"":                       errors.New("something else"),
	} {
		if got := hintFor(err); !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("hint of %v: %q, want %q", err, got, want)
		}
	}
	if got := hintFor(&fs.PathError{Op: "mkdir", Path: "x", Err: syscall.ENOENT}); got != "" {
		t.Errorf("hint of a missing directory: %q, want none", got)
	}
}
