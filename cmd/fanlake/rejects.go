package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"fanlake/load"
	"fanlake/load/terminal"
)

func newRejects(p *program) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "rejects",
		Short: "List rows of the API that could not be typed",
		Long: `List what the API served that could not be typed: a required field missing, a
fraction of a cent, a number where a text should be. Such a row is kept in the
private lake/_rejects, and the window it came from counts as not read, so every
sync asks for it again until it can be typed.`,
		Example: `  fanlake rejects
  fanlake rejects --json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runRejects(cmd.Context(), p, asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func runRejects(ctx context.Context, p *program, asJSON bool) error {
	a, err := p.openOne()
	if err != nil {
		return err
	}
	list, err := load.ReadRejects(ctx, a.Dir)
	if err != nil {
		return err
	}
	if asJSON {
		if list == nil {
			list = []load.Reject{}
		}
		return p.printJSON(list)
	}
	if len(list) == 0 {
		fmt.Fprintf(p.stdout, "%s: no row was rejected\n", a.Name)
		return nil
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ROWS\tTABLE\tSTREAM\tCREATOR\tFIELD\tREASON\tLAST RUN")
	for _, r := range list {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Rows, r.Table, r.Stream, r.CreatorID, terminal.Printable(r.Path), terminal.Printable(r.Reason), r.LastRunID)
	}
	return w.Flush()
}
