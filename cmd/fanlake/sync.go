package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fanlake/cmd/internal/pipeline"
	"fanlake/configs"
	"fanlake/load"
)

// readOptions are the flags that narrow what is read.
type readOptions struct {
	streams, creators []string
	since             string
	full, json, quiet bool
	budget            int
}

func (o *readOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringSliceVar(&o.streams, "stream", nil, "only these `STREAMS`, separated by commas")
	f.StringSliceVar(&o.creators, "creator", nil, "only these creators, by `HANDLE` or uuid")
	f.StringVar(&o.since, "since", "", "nothing older than this `DAY` or time, such as 2026-01-01")
	f.BoolVar(&o.full, "full", false, "read everything again, as if nothing were there")
	f.IntVar(&o.budget, "budget", 0, "stop cleanly after this many `REQUESTS`")
	f.BoolVar(&o.json, "json", false, "print JSON")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "say only what went wrong")
}

// options checks the flags.
func (o *readOptions) options(trigger string) (pipeline.SyncOptions, error) {
	opts := pipeline.SyncOptions{Trigger: trigger, Streams: o.streams, Creators: o.creators, Full: o.full, Budget: o.budget}
	for _, name := range o.streams {
		if !slices.Contains(configs.Streams, name) {
			return opts, errUsage.wrap(fmt.Errorf("--stream %s: not a stream; there are %s", name, strings.Join(configs.Streams, ", ")))
		}
	}
	if o.budget < 0 {
		return opts, errUsage.wrap(fmt.Errorf("--budget %d: want at least 1", o.budget))
	}
	if o.since == "" {
		return opts, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, o.since); err == nil {
			opts.Since = t.UTC()
			return opts, nil
		}
	}
	return opts, errUsage.wrap(fmt.Errorf("--since %q: want a day such as 2026-01-31 or a time such as 2026-01-31T00:00:00Z", o.since))
}

func newSync(p *program) *cobra.Command {
	var o readOptions
	cmd := &cobra.Command{
		Use:   "sync",
		Short: "Read what is new and publish the warehouse",
		Long: `Read from the API what is new since the last run, and publish it as
warehouse.duckdb in the account's directory. A run that was interrupted is gone
on with: pages that were paid for are not fetched again.

Without --account all accounts are read, one after the other; a failing one does
not stop the others.`,
		Example: `  fanlake sync
  fanlake sync --creator ava --stream earnings
  fanlake sync --budget 500`,
		Args:        cobra.NoArgs,
		Annotations: exits(errPartial, errRefused, errLocked, errMismatch, errGone),
		RunE:        func(cmd *cobra.Command, _ []string) error { return runSync(cmd.Context(), p, o) },
	}
	o.flags(cmd)
	return cmd
}

// A syncReport is what is said of one account's run.
type syncReport struct {
	Account string `json:"account"`
	load.Run
	Published bool                `json:"published"`
	Unread    bool                `json:"unread"` // the budget was spent before everything was read
	Failures  []string            `json:"failures"`
	Skipped   map[string][]string `json:"skipped_streams,omitempty"` // stream → scopes it needs
	Absent    map[string]string   `json:"absent_streams,omitempty"`  // stream that the surface lacks, for some creators or all → why
	Checks    []string            `json:"checks,omitempty"`          // with findings
	Damage    []string            `json:"damage,omitempty"`
}

func runSync(ctx context.Context, p *program, o readOptions) error {
	opts, err := o.options("cli")
	if err != nil {
		return err
	}
	accounts, err := p.openAll()
	if err != nil {
		return err
	}
	t := newTalker(p.stderr, o.quiet)
	defer t.close()
	var errs []error
	reports := []syncReport{}
	for _, a := range accounts {
		if len(accounts) > 1 {
			t.Step("account " + a.Name)
		}
		res, err := a.Sync(ctx, opts, t)
		if err != nil && len(accounts) > 1 {
			err = fmt.Errorf("account %s: %w", a.Name, err)
		}
		errs = append(errs, err)
		reports = append(reports, report(a.Name, res))
		if ctx.Err() != nil {
			break
		}
	}
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

func report(account string, res pipeline.Result) syncReport {
	r := syncReport{Account: account, Run: res.Run, Published: res.Published, Unread: res.Unread, Failures: []string{}, Skipped: res.RefusedStreams, Absent: res.AbsentStreams, Damage: res.Damage}
	for _, f := range res.Failures {
		r.Failures = append(r.Failures, f.Error())
	}
	for _, c := range res.Checks {
		of := ""
		if c.CreatorID != "" {
			of = " of creator " + c.CreatorID
		}
		r.Checks = append(r.Checks, fmt.Sprintf("check %s: %s%s, see meta.checks; it wants: %s", c.Name, count(int(c.Failures), "row"), of, c.Title))
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
	for _, list := range [][]string{r.Failures, r.Checks, r.Damage} {
		for _, line := range list {
			fmt.Fprintf(p.stdout, "  %s\n", line)
		}
	}
	if r.Status == load.RunInterrupted {
		fmt.Fprintln(p.stdout, "  interrupted before everything was read; the next run goes on here")
	}
	if r.Unread {
		fmt.Fprintln(p.stdout, "  stopped by --budget before everything was read; the next run goes on here")
	}
	if r.Published {
		fmt.Fprintf(p.stdout, "  published %s\n", a.Published())
	} else {
		fmt.Fprintln(p.stdout, "  nothing changed, nothing published")
	}
}
