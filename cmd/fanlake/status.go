package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"fanlake/cmd/internal/pipeline"
	"fanlake/load"
)

func newStatus(p *program) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say whether everything is fresh and, if not, what to do",
		Long: `Say how complete the published data of each creator are, how the last run ended,
and what needs attention, with the next step. It asks the API nothing and can be
used while a sync runs.`,
		Example: `  fanlake status
  fanlake status --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runStatus(cmd.Context(), p, asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func runStatus(ctx context.Context, p *program, asJSON bool) error {
	accounts, err := p.openAll()
	if err != nil {
		return err
	}
	var errs []error
	all := []pipeline.Status{}
	for _, a := range accounts {
		s, err := a.Status(ctx)
		if err != nil { // of what cannot be read nobody knows that it is fresh
			s.Attention = append(s.Attention, err.Error())
		}
		errs = append(errs, err)
		all = append(all, s)
		if !asJSON {
			errs = append(errs, p.printStatus(s))
		}
	}
	if asJSON {
		errs = append(errs, p.printJSON(all))
	}
	return errors.Join(errs...)
}

func (p *program) printStatus(s pipeline.Status) error {
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "account %s\n", s.Account)
	if r := s.LastRun; r != nil {
		fmt.Fprintf(w, "  last run\t%s\t%s, %s, %s\n", r.StartedAt.Format(time.RFC3339), r.Status, count(int(r.Requests), "request"), count(int(r.RowsLoaded), "row"))
	}
	if !s.PublishedAt.IsZero() {
		fmt.Fprintf(w, "  published\t%s\n", s.PublishedAt.Format(time.RFC3339))
	}
	for _, c := range s.Creators {
		to := "nothing complete yet"
		if !c.CompleteTo.IsZero() {
			to = "earnings complete to " + c.CompleteTo.Format(time.RFC3339)
		}
		fmt.Fprintf(w, "  creator\t%s\t%s\n", load.Printable(c.Handle), to)
	}
	if len(s.Attention) == 0 {
		fmt.Fprintln(w, "  everything is fresh")
	}
	for _, line := range s.Attention {
		fmt.Fprintf(w, "  ! %s\n", load.Printable(line))
	}
	return w.Flush()
}
