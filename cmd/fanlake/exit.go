package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"fanlake/cmd/internal/pipeline"
	"fanlake/configs"
	"fanlake/extract"
	"fanlake/extract/oauth"
	"fanlake/load/lookup"
	"fanlake/load/query"
	"fanlake/load/report"
	"fanlake/load/statement"
	"fanlake/load/terminal"
)

// A status is an exit status and, but for done, the error that leads to it.
// Commands say which one an error means by [status.wrap].
type status int

const (
	done           status = 0
	errFailed      status = 1
	errUsage       status = 2
	errPartial     status = 3
	errRefused     status = 4
	errLocked      status = 5
	errMismatch    status = 6
	errGone        status = 7
	errInterrupted status = 130
)

// precedence orders the statuses where several accounts or causes meet: the
// first one is reported.
func precedence() []status {
	return []status{errInterrupted, errRefused, errGone, errLocked, errUsage, errFailed, errMismatch, errPartial, done}
}

// Error says what the status means, as the help does.
func (s status) Error() string {
	switch s {
	case done:
		return "done"
	case errFailed:
		return "failed"
	case errUsage:
		return "the usage or the configuration is wrong"
	case errPartial:
		return "partial: slices failed, rows were rejected or a hole is unresolved; the rest is published"
	case errRefused:
		return "the credential, its owner or the pseudonym key was refused"
	case errLocked:
		return "another run holds the data directory"
	case errMismatch:
		return "a check found a mismatch"
	case errGone:
		return "the API version is gone"
	case errInterrupted:
		return "interrupted"
	}
	return fmt.Sprintf("status %d", int(s))
}

// wrap gives err the status, and leaves its text as it is. It returns nil for nil.
func (s status) wrap(err error) error {
	if err == nil {
		return nil
	}
	return &statusError{s, err}
}

type statusError struct {
	status status
	err    error
}

func (e *statusError) Error() string        { return e.err.Error() }
func (e *statusError) Unwrap() error        { return e.err }
func (e *statusError) Is(target error) bool { return target == e.status }

// A meaning is the status that an error of another package leads to.
type meaning struct {
	cause  error
	status status
}

// meanings lists the errors of other packages that lead to another status than
// errFailed.
func meanings() []meaning {
	return []meaning{
		{configs.ErrNotFound, errUsage},
		{lookup.ErrNoCreator, errUsage},
		{pipeline.ErrOccupied, errUsage},
		{query.ErrStatement, errUsage},
		{report.ErrUnknown, errUsage},
		{report.ErrFile, errUsage},
		{report.ErrParameter, errUsage},
		{extract.ErrInsecure, errUsage},
		{oauth.ErrTokenFile, errRefused},
		{pipeline.ErrPartial, errPartial},
		{extract.ErrUnauthorized, errRefused},
		{pipeline.ErrOwner, errRefused},
		{pipeline.ErrKey, errRefused},
		{pipeline.ErrLocked, errLocked},
		{pipeline.ErrMismatch, errMismatch},
		{extract.ErrGone, errGone},
		{context.Canceled, errInterrupted},
	}
}

// exitStatus returns the exit status that err leads to.
func exitStatus(ctx context.Context, err error) status {
	switch {
	case err == nil:
		return done
	case ctx.Err() != nil:
		return errInterrupted
	}
	return statusOf(err, meanings())
}

// statusOf looks for what err and the errors it wraps mean. Where an error wraps
// several and one of them is a sentinel, that one speaks for all ("what it
// means: why"); otherwise they stand side by side and each is asked.
func statusOf(err error, known []meaning) status {
	if s, ok := means(err, known); ok {
		return s
	}
	switch err := err.(type) {
	case interface{ Unwrap() error }:
		if inner := err.Unwrap(); inner != nil {
			return statusOf(inner, known)
		}
	case interface{ Unwrap() []error }:
		var sentinels, all []status
		for _, inner := range err.Unwrap() {
			s := statusOf(inner, known)
			if isSentinel(inner, known) {
				sentinels = append(sentinels, s)
			}
			all = append(all, s)
		}
		if len(sentinels) > 0 {
			return first(sentinels)
		}
		return first(all)
	}
	return errFailed
}

// means returns what err itself means, apart from what it wraps.
func means(err error, known []meaning) (status, bool) {
	switch err := err.(type) {
	case status:
		return err, true
	case *statusError:
		return err.status, true
	case configs.Errors, configs.Error:
		return errUsage, true
	}
	is, _ := err.(interface{ Is(error) bool })
	for _, m := range known {
		if err == m.cause || is != nil && is.Is(m.cause) {
			return m.status, true
		}
	}
	return 0, false
}

func isSentinel(err error, known []meaning) bool {
	_, is := err.(status)
	return is || slices.ContainsFunc(known, func(m meaning) bool { return err == m.cause })
}

func first(found []status) status {
	for _, s := range precedence() {
		if slices.Contains(found, s) {
			return s
		}
	}
	return errFailed
}

const exitAnnotation = "exit"

// exits is the Annotations of a command that may end with more statuses than
// every command does (0, 1, 2 and 130).
func exits(more ...status) map[string]string {
	var codes []string
	for _, s := range more {
		codes = append(codes, fmt.Sprint(int(s)))
	}
	return map[string]string{exitAnnotation: strings.Join(codes, " ")}
}

// exitHelp is the section EXIT STATUS of a command's help.
func exitHelp(cmd *cobra.Command) string {
	more := strings.Fields(cmd.Annotations[exitAnnotation])
	var b strings.Builder
	b.WriteString("\nEXIT STATUS:\n")
	for _, s := range []status{done, errFailed, errUsage, errPartial, errRefused, errLocked, errMismatch, errGone, errInterrupted} {
		everywhere := s == done || s == errFailed || s == errUsage || s == errInterrupted
		if everywhere || cmd.Parent() == nil || slices.Contains(more, fmt.Sprint(int(s))) {
			fmt.Fprintf(&b, "  %3d  %s\n", int(s), s.Error())
		}
	}
	return b.String()
}

// printError writes an error for people: each of its lines behind the name of
// the program, and below them what to do. Of an interruption it says no more
// than that: where it met the work is nobody's concern.
func printError(ctx context.Context, p *program, err error) {
	var mistakes configs.Errors
	if errors.As(err, &mistakes) {
		fmt.Fprintf(p.stderr, "fanlake: the configuration has %s\n", count(len(mistakes), "mistake"))
	}
	if ctx.Err() != nil {
		fmt.Fprintln(p.stderr, "fanlake: interrupted")
	}
	for line := range strings.Lines(err.Error()) {
		line = "fanlake: " + terminal.Printable(strings.TrimRight(line, " \n")) // what the API sent may stand in it
		if line = strings.TrimRight(line, " "); !isInterruption(ctx, line) {
			fmt.Fprintln(p.stderr, line)
		}
	}
	if hint := hintFor(err); hint != "" {
		fmt.Fprintf(p.stderr, "fanlake: hint: %s\n", hint)
	}
}

// isInterruption reports whether a line says only that ctx has ended.
func isInterruption(ctx context.Context, line string) bool {
	return ctx.Err() != nil && slices.ContainsFunc([]string{context.Cause(ctx).Error(), ctx.Err().Error(), "INTERRUPT Error: Interrupted!"}, func(end string) bool {
		return strings.HasSuffix(line, end) // the last is DuckDB's
	})
}

// isNumber reports whether err is a number of the system's errors alone, which
// those of files are as well and whose methods are those of a net.Error.
func isNumber(err net.Error) bool {
	_, is := err.(syscall.Errno)
	return is
}

// hintFor says what to do about errors whose own text cannot know.
func hintFor(err error) string {
	var network net.Error
	var server *extract.StatusError
	switch {
	case errors.Is(err, oauth.ErrChain), errors.Is(err, oauth.ErrClient), errors.Is(err, oauth.ErrRefused):
		return "" // it says itself how to repair the grant
	case errors.Is(err, pipeline.ErrDiskFull):
		return "" // it says itself what to do
	case errors.Is(err, extract.ErrUnauthorized):
		return "if the key was revoked or replaced, put the one that is valid where api_key of the configuration points to"
	case errors.Is(err, extract.ErrGone):
		return "look for a newer version of fanlake; what was read stays as it is"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT),
		strings.Contains(err.Error(), "No space left on device"): // DuckDB's errors are texts
		return "free some space and run it again; what was read is kept"
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return "this user needs read and write permission there"
	case errors.Is(err, statement.ErrUnregistered), errors.Is(err, statement.ErrAhead):
		return "" // no run brings it
	case errors.Is(err, statement.ErrNoMonth):
		return "a month of the past that was not read comes with fanlake backfill --from DAY; the others with the next sync"
	case errors.Is(err, syscall.EADDRINUSE):
		return "end what listens there, or choose another address"
	case errors.As(err, &network) && !isNumber(network):
		return "check the network and api.base_url of the configuration, and run it again; what was read is kept"
	case errors.Is(err, extract.ErrUnavailable), errors.As(err, &server) && server.Code >= http.StatusInternalServerError:
		return "the API has a problem; run it again later, what was read is kept"
	}
	return ""
}

// count writes a number with its noun: "1 mistake", "2 mistakes".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
