package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fanlake/cmd/internal/pipeline"
	"fanlake/configs"
	"fanlake/load/lookup"
	"fanlake/load/runs"
	"fanlake/load/terminal"
)

// readOptions are the flags that narrow what is read.
type readOptions struct {
	streams, creators []string
	since, until      string
	full, json, quiet bool
	budget            int
}

// spending are the flags that bound what is spent.
func (o *readOptions) spending(cmd *cobra.Command) {
	f := cmd.Flags()
	f.Func("budget", "stop cleanly after this many `REQUESTS`", func(text string) error {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return errors.New("want a number of requests, at least 1")
		}
		o.budget = n
		return nil
	})
	f.StringVar(&o.until, "until", "", "stop cleanly at this `TIME`: the next 06:00 of the local clock, or 2026-01-31T06:00:00Z")
}

// telling are the flags that say how it is told.
func (o *readOptions) telling(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&o.json, "json", false, "print JSON")
	quietFlag(cmd, &o.quiet)
}

func (o *readOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringSliceVar(&o.streams, "stream", nil, "only these `STREAMS`, separated by commas, whether they are due or not")
	f.StringSliceVar(&o.creators, "creator", nil, "only these creators, by `HANDLE`, label or uuid")
	f.StringVar(&o.since, "since", "", "nothing older than this `DAY` or time, such as 2026-01-01")
	f.BoolVar(&o.full, "full", false, "read everything again, as if nothing were there")
	o.telling(cmd)
}

// options checks the flags.
func (o *readOptions) options(trigger string) (pipeline.SyncOptions, error) {
	opts := pipeline.SyncOptions{Trigger: trigger, Streams: o.streams, Creators: o.creators, Full: o.full, Budget: o.budget}
	for _, name := range o.streams {
		if !slices.Contains(configs.Streams, name) {
			hint := "there are " + strings.Join(configs.Streams, ", ")
			if near := lookup.Near(configs.Streams, name); len(near) > 0 {
				hint = "did you mean " + strings.Join(near, " or ") + "?"
			}
			return opts, errUsage.wrap(fmt.Errorf("--stream %s: not a stream; %s", name, hint))
		}
	}
	var err error
	if opts.Since, err = parseDay("since", o.since); err != nil {
		return opts, err
	}
	opts.Until, err = parseUntil(o.until, time.Now())
	return opts, err
}

// parseDay reads a day, which is its first instant in UTC, or an instant.
func parseDay(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, errUsage.wrap(fmt.Errorf("--%s %q: want a day such as 2026-01-31 or a time such as 2026-01-31T00:00:00Z", flag, text))
}

// parseUntil reads an instant, or a time of day, which is its next occurrence in
// the zone of now. One that a change of the clock skips is as much later.
func parseUntil(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		if !t.After(now) {
			return t, errUsage.wrap(fmt.Errorf("--until %s: that is over", text))
		}
		return t, nil
	}
	at, err := time.Parse("15:04", text)
	if err != nil {
		return at, errUsage.wrap(fmt.Errorf("--until %q: want a time of day such as 06:00 or an instant such as 2026-01-31T06:00:00Z", text))
	}
	for day := now.Day(); ; day++ {
		if t := time.Date(now.Year(), now.Month(), day, at.Hour(), at.Minute(), 0, 0, now.Location()); t.After(now) {
			return t, nil
		}
	}
}

func newSync(p *program) *cobra.Command {
	var o readOptions
	cmd := &cobra.Command{
		Use:   "sync",
		Short: "Read what is new and publish the warehouse",
		Long: `Read from the API what is new since the last run, and publish it as
warehouse.duckdb in the account's directory. A run that was interrupted is gone
on with: pages that were paid for are not fetched again.

Where --budget or --until ends a run early, every creator's money is read before
anybody's lists, and those before chats, newest first and whoever waits longest
before others. The next run goes on with the rest.

Without --account all accounts are read, one after the other; a failing one does
not stop the others. The channels under notify of the configuration are told of
its start and its end, as they are by fanlake serve.`,
		Example: `  fanlake sync
  fanlake sync --creator ava --stream earnings
  fanlake sync --budget 500
  fanlake sync --until 06:00`,
		Args:        noArguments,
		Annotations: exits(errPartial, errRefused, errLocked, errMismatch, errGone),
		RunE:        func(cmd *cobra.Command, _ []string) error { return runSync(cmd.Context(), p, o) },
	}
	o.flags(cmd)
	o.spending(cmd)
	return cmd
}

// A syncReport is what is said of one account's run.
type syncReport struct {
	Account string `json:"account"`
	runs.Run
	Published bool                `json:"published"`
	Unread    bool                `json:"unread"` // --budget or --until ended it before everything was read
	Failures  []string            `json:"failures"`
	Skipped   map[string][]string `json:"skipped_streams,omitempty"`  // stream → scopes it needs
	Absent    map[string]string   `json:"absent_streams,omitempty"`   // stream that the surface lacks, for some creators or all → why
	Checks    []string            `json:"checks,omitempty"`           // with findings
	Unknown   []string            `json:"unknown_creators,omitempty"` // whom the configuration names
	Damage    []string            `json:"damage,omitempty"`
}

func runSync(ctx context.Context, p *program, o readOptions) error {
	opts, err := o.options("cli")
	if err != nil {
		return err
	}
	return p.readAccounts(ctx, opts, o)
}

// readAccounts runs accounts one after the other and says what came of it.
func (p *program) readAccounts(ctx context.Context, opts pipeline.SyncOptions, o readOptions) error {
	c, list, err := p.accounts()
	if err != nil {
		return err
	}
	t := newTalker(p.stderr, o.quiet, p.level)
	defer t.close()
	log := t.log
	var errs []error
	reports := []syncReport{}
	var accounts []pipeline.Account
	for _, account := range list {
		a := p.open(c, account)
		accounts = append(accounts, a)
		opts.RunID = pipeline.NewRunID()
		t.log = log.With("account", a.Name, "run", opts.RunID)
		if len(list) > 1 {
			t.Step("account " + a.Name)
		}
		tell := teller{notifier: newNotifier(c), config: c, account: account, log: t.log}
		var res pipeline.Result
		err := tell.around(ctx, "sync", func(ctx context.Context) (outcome, error) {
			var err error
			res, err = a.Sync(ctx, opts, t)
			return tell.syncOutcome(ctx, a, res), err
		})
		if err != nil && len(list) > 1 {
			err = fmt.Errorf("account %s: %w", a.Name, err)
		}
		errs = append(errs, err)
		reports = append(reports, reportOf(a.Name, res))
		if ctx.Err() != nil {
			break
		}
	}
	p.writeMetrics(c, log)
	t.close()
	if o.json {
		err = p.printJSON(reports)
	} else {
		for i, r := range reports {
			p.printSync(r, accounts[i])
		}
	}
	return errors.Join(append(errs, err)...)
}

func reportOf(account string, res pipeline.Result) syncReport {
	r := syncReport{Account: account, Run: res.Run, Published: res.Published, Unread: res.Unread, Failures: []string{}, Skipped: res.RefusedStreams, Absent: res.AbsentStreams, Unknown: res.Unknown, Damage: res.Damage}
	for _, f := range res.Failures {
		r.Failures = append(r.Failures, f.Error())
	}
	for i, c := range res.Checks {
		r.Checks = append(r.Checks, fmt.Sprintf("check %s; see meta.checks; it wants: %s", res.Findings[i], c.Title))
	}
	return r
}

// printSync prints the summary of a run.
func (p *program) printSync(r syncReport, a pipeline.Account) {
	if r.Seq == 0 {
		return // it ended before it began; the error says why
	}
	fmt.Fprintf(p.stdout, "%s: %s, %s, %s in %s", r.Account, r.Status, count(int(r.Requests), "request"), count(int(r.RowsLoaded), "row"),
		r.FinishedAt.Sub(r.StartedAt).Round(time.Millisecond))
	if r.WaitMS >= 1000 {
		fmt.Fprintf(p.stdout, " (%d s waiting for the rate limit)", r.WaitMS/1000)
	}
	fmt.Fprintln(p.stdout)
	for _, name := range slices.Sorted(maps.Keys(r.Skipped)) {
		fmt.Fprintf(p.stdout, "  skipped %s: the key lacks %s\n", name, strings.Join(r.Skipped[name], ", "))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Absent)) {
		fmt.Fprintf(p.stdout, "  skipped %s: %s\n", name, r.Absent[name])
	}
	for _, list := range [][]string{r.Failures, r.Checks, r.Unknown, r.Damage} {
		for _, line := range list {
			fmt.Fprintf(p.stdout, "  %s\n", terminal.Printable(line))
		}
	}
	if r.Status == runs.Interrupted {
		fmt.Fprintln(p.stdout, "  interrupted before everything was read; the next run goes on here")
	}
	if r.Unread {
		fmt.Fprintln(p.stdout, "  stopped by --budget or --until before everything was read; the next run goes on here")
	}
	switch {
	case r.Published:
		fmt.Fprintf(p.stdout, "  published %s\n", a.Published())
	case r.Status == runs.Failed:
		fmt.Fprintln(p.stdout, "  nothing published")
	default:
		fmt.Fprintln(p.stdout, "  nothing changed, nothing published")
	}
}
