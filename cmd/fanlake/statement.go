package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"fanlake/load/statement"
)

type statementOptions struct {
	month, creator, format, output string
}

// newStatement is the command of frozen documents; newReport has the same
// earnings statement as an alias.
func newStatement(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "statement",
		Short:   "Print statements of a month",
		Example: `  fanlake statement earnings --month 2026-10 --creator ava`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newEarningsStatement(p))
	return cmd
}

func newReport(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "report",
		Short:   "Print reports",
		Example: `  fanlake report earnings --month 2026-10`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newEarningsStatement(p))
	return cmd
}

func newEarningsStatement(p *program) *cobra.Command {
	var o statementOptions
	cmd := &cobra.Command{
		Use:   "earnings",
		Short: "Print a creator's monthly earnings statement",
		Long: `Print a creator's earnings of a month in the creator's reporting time zone: the
summary with the month before and the same month of last year, and the earnings
by source. A refund counts in the month in which it happened. Amounts are US
dollars as the platform reports them. Not a tax document, not issued by Fanvue.`,
		Example: `  fanlake statement earnings --month 2026-10 --creator ava
  fanlake statement earnings --creator ava --format csv -o ava-2026-10.csv`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runEarningsStatement(cmd.Context(), p, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.month, "month", "", "`MONTH` such as 2026-10 (default the newest one with earnings)")
	f.StringVar(&o.creator, "creator", "", "`HANDLE` or uuid, where there are several creators")
	f.StringVar(&o.format, "format", "text", "`FORMAT`: text, csv or json")
	f.StringVarP(&o.output, "output", "o", "", "write to this `FILE` instead of standard output")
	return cmd
}

func runEarningsStatement(ctx context.Context, p *program, o statementOptions) error {
	params := statement.Params{Creator: o.creator}
	if o.month != "" {
		month, err := time.Parse("2006-01", o.month)
		if err != nil {
			return errUsage.wrap(fmt.Errorf("--month %q: want a month such as 2026-10", o.month))
		}
		params.Month = month
	}
	write := map[string]func(statement.Statement, io.Writer) error{
		"text": statement.Statement.Text, "csv": statement.Statement.CSV, "json": statement.Statement.JSON}[o.format]
	if write == nil {
		return errUsage.wrap(fmt.Errorf("--format %s: want text, csv or json", o.format))
	}
	a, err := p.openOne()
	if err != nil {
		return err
	}
	s, err := statement.Earnings(ctx, a.Published(), params)
	if errors.Is(err, statement.ErrNoCreator) || errors.Is(err, statement.ErrNoMonth) {
		return errUsage.wrap(err)
	}
	if err != nil {
		return err
	}
	if o.output != "" {
		return writeOutput(o.output, func(w io.Writer) error { return write(s, w) })
	}
	return write(s, p.stdout)
}
