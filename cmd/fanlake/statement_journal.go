package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"fanlake/load/query"
	"fanlake/load/statement"
	"fanlake/load/statement/document"
)

func newJournal(p *program) *cobra.Command {
	var o statementOptions
	var path string
	cmd := &cobra.Command{
		Use:   "journal",
		Short: "Write the accounting journal of a month",
		Long: `Write the earnings statements of a month as entries of an accounting journal, as
CSV: of each creator the debits and credits are equal, and name the statement.
Without --creator it has every creator who has the month.`,
		Example: `  fanlake statement journal --month 2026-10
  fanlake statement journal --month 2026-10 --creator ava -o journal.csv`,
		Args:        noArguments,
		Annotations: exits(errMismatch),
		RunE:        func(cmd *cobra.Command, _ []string) error { return runJournal(cmd.Context(), p, o, path) },
	}
	o.monthFlag(cmd)
	cmd.Flags().StringVar(&o.creator, "creator", "", "only this `HANDLE`, label or uuid")
	cmd.Flags().StringVarP(&path, "output", "o", "", "write to this `FILE`")
	cmd.Flags().BoolVar(&o.commaNumber, "decimal-comma", false, "write 1,50, and semicolons between cells")
	return cmd
}

func runJournal(ctx context.Context, p *program, o statementOptions, path string) error {
	params, err := o.params()
	if err != nil {
		return err
	}
	c, account, err := p.account()
	if err != nil {
		return err
	}
	if err := checkOutput(c, path); err != nil {
		return err
	}
	options, err := statementOptionsOf(c, account, p.open(c, account))
	if err != nil {
		return err
	}
	creators := []string{o.creator}
	if o.creator == "" {
		if creators, err = statement.Creators(ctx, options.Warehouse); err != nil {
			return err
		}
	}
	var all []*statement.Statement
	var without error
	for _, params.Creator = range creators {
		s, err := statement.Earnings(ctx, options, params)
		if err != nil && o.creator == "" && errors.Is(err, statement.ErrNoMonth) {
			without = err
			continue
		}
		if err != nil {
			return statementError(err)
		}
		all = append(all, s)
	}
	if len(all) == 0 && without != nil {
		return statementError(without)
	}
	var out bytes.Buffer
	if err := statement.JournalCSV(&out, all, document.CSVOptions{DecimalComma: o.commaNumber}); err != nil {
		return err
	}
	if path == "" {
		_, err := p.stdout.Write(out.Bytes())
		return err
	}
	return writeOutput(path, func(w io.Writer) error {
		_, err := w.Write(out.Bytes())
		return err
	})
}

func newDigest(p *program) *cobra.Command {
	var hidden bool
	cmd := &cobra.Command{
		Use:   "digest",
		Short: "Print the last complete day of all creators in some lines",
		Long: `Print what a schedule with the job "digest" tells the channels of notifications
that ask for it: how many creators are complete, the month to date against the
same days of the month before, who moved, refunds, and who is not complete.
Creators are named by the labels of the configuration alone, fans never.`,
		Example: `  fanlake statement digest
  fanlake statement digest --no-amounts`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := p.openOne()
			if err != nil {
				return err
			}
			d, err := statement.MakeDigest(cmd.Context(), a.Published(), query.Options{MemoryLimit: a.MemoryLimit, Threads: a.Threads})
			if err != nil {
				return err
			}
			lines := d.Lines
			if !hidden {
				lines = append(lines, d.Amounts...)
			}
			for _, l := range lines {
				if _, err := fmt.Fprintln(p.stdout, l); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&hidden, "no-amounts", false, "leave amounts out")
	return cmd
}
