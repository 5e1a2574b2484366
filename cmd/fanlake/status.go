package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"fanlake/cmd/internal/pipeline"
	"fanlake/load/runs"
	"fanlake/load/terminal"
)

func newStatus(p *program) *cobra.Command {
	var asJSON bool
	var maxAge time.Duration
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say whether everything is fresh and, if not, what to do",
		Long: `Say how complete the published data of each creator are, how the last run ended,
and what needs attention, with the next step. It asks the API nothing and can be
used while a sync runs.

With --max-age the exit status is 1 if the newest complete data of any creator
are older, or of any account without earnings the last complete run, so that a
monitor can ask. A complete run is a sync of all that was due in which nothing
failed: none with --stream, --creator or --since, none that --budget or --until
ended, and no backfill. Without --max-age the bound is stale_after of the
configuration, and the exit status 0. A run that read everything and found nothing new counts as
one that brought something. Rows of the last 15 minutes before a run may still
come: take a bound that much above the time from run to run.`,
		Example: `  fanlake status
  fanlake status --max-age 26h
  fanlake status --json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runStatus(cmd.Context(), p, asJSON, maxAge) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().Func("max-age", "fail if the data are older than this `TIME`, such as 26h", func(text string) (err error) {
		if maxAge, err = time.ParseDuration(text); err != nil || maxAge <= 0 {
			return errors.New("want a duration such as 26h")
		}
		return nil
	})
	return cmd
}

func runStatus(ctx context.Context, p *program, asJSON bool, maxAge time.Duration) error {
	c, list, err := p.accounts()
	if err != nil {
		return err
	}
	channels := attendChannels(c)
	var errs []error
	all := []pipeline.Status{}
	stale := 0
	for _, account := range list {
		a := p.open(c, account)
		if maxAge > 0 {
			a.StaleAfter = maxAge
		}
		s, err := a.Status(ctx)
		if err != nil { // of what cannot be read nobody knows that it is fresh
			s.Attention = append(s.Attention, err.Error())
			s.Stale = append(s.Stale, "what there is cannot be read")
		}
		s.Attention = append(s.Attention, channels...)
		stale += len(s.Stale)
		errs = append(errs, err)
		all = append(all, s)
		if !asJSON {
			errs = append(errs, p.printStatus(a, s))
		}
	}
	if asJSON {
		errs = append(errs, p.printJSON(all))
	}
	if maxAge > 0 && stale > 0 {
		err := fmt.Errorf("data are older than %v", maxAge)
		if maxAge <= pipeline.Settling {
			err = fmt.Errorf("%w, as earnings always are: rows of the last %v may still come; take a longer time", err, pipeline.Settling)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (p *program) printStatus(a pipeline.Account, s pipeline.Status) error {
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "account %s\n", s.Account)
	if r := s.LastRun; r != nil {
		fmt.Fprintf(w, "  last run\t%s\t%s, %s, %s\n", r.StartedAt.Format(time.RFC3339), ofRun(*r), count(int(r.Requests), "request"), count(int(r.RowsLoaded), "row"))
	}
	if !s.PublishedAt.IsZero() {
		fmt.Fprintf(w, "  published\t%s\n", s.PublishedAt.Format(time.RFC3339))
	}
	for _, c := range s.Creators {
		to := "nothing complete yet"
		if !c.CompleteTo.IsZero() {
			to = "earnings complete to " + c.CompleteTo.Format(time.RFC3339)
		}
		fmt.Fprintf(w, "  creator\t%s\t%s\n", terminal.Printable(a.Called(c.CreatorID, c.Handle)), to)
	}
	for _, line := range s.Stale {
		fmt.Fprintf(w, "  stale\t%s\n", terminal.Printable(line))
	}
	if len(s.Attention)+len(s.Stale) == 0 {
		fmt.Fprintln(w, "  everything is fresh")
	}
	for _, line := range s.Attention {
		fmt.Fprintf(w, "  ! %s\n", terminal.Printable(line))
	}
	return w.Flush()
}

// ofRun says how a run ended: what checks find of the data is no status of it.
func ofRun(r runs.Run) string {
	if r.ExitStatus != nil && *r.ExitStatus == int(errMismatch) {
		return fmt.Sprintf("%s but checks found something (exit status %d)", r.Status, errMismatch)
	}
	return r.Status
}
