package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fanlake/load"
	"fanlake/load/query"
)

type queryOptions struct {
	target
	timeout time.Duration
}

func newQuery(p *program) *cobra.Command {
	var o queryOptions
	cmd := &cobra.Command{
		Use:   "query SQL|-",
		Short: "Run one SQL statement over the published warehouse",
		Long: `Run one reading SQL statement over the published warehouse; - reads it from
standard input. The statement can reach no other file, and no more memory than
warehouse.memory_limit of the configuration says. On a terminal it prints a table,
or a line for each value where that is too wide, and CSV elsewhere: a header line,
NULL is empty, booleans are true and false, timestamps are ISO 8601 in UTC. Text
that a spreadsheet would take for a formula has an apostrophe in front in CSV; in
csv-exact, which is for programs, it has none.`,
		Example: `  fanlake query "SELECT * FROM mart.agg_creator_month ORDER BY earned_month"
  fanlake query "SELECT DISTINCT schema_name, table_name FROM meta.data_dictionary ORDER BY ALL"
  fanlake query --format json "SELECT handle FROM mart.dim_creators"
  fanlake query --format parquet -o months.parquet "FROM mart.agg_creator_month"`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("want one argument, the SQL in quotes or - for standard input, got %d", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return runQuery(cmd.Context(), p, o, args[0]) },
	}
	f := cmd.Flags()
	f.StringVar(&o.format, "format", "", formatUsage)
	f.StringVarP(&o.output, "output", "o", "", "write to this `FILE` instead of standard output")
	f.DurationVar(&o.timeout, "timeout", time.Minute, "give up after this `DURATION`")
	return cmd
}

func runQuery(ctx context.Context, p *program, o queryOptions, text string) error {
	form, err := o.pick(p.stdout)
	if err != nil {
		return err
	}
	if o.timeout <= 0 {
		return errUsage.wrap(fmt.Errorf("--timeout %v: want a time above zero", o.timeout))
	}
	if text == "-" {
		b, err := io.ReadAll(p.stdin)
		if err != nil {
			return fmt.Errorf("standard input: %w", err)
		}
		text = string(b)
	}
	if strings.TrimSpace(text) == "" {
		return errUsage.wrap(errors.New("no SQL was given"))
	}
	c, account, err := p.account()
	if err != nil {
		return err
	}
	if err := checkOutput(c, o.output); err != nil {
		return err
	}
	if err := boundMemory(c.Warehouse.MemoryLimit); err != nil {
		return err
	}
	a := p.open(c, account)
	rows, err := load.Query(ctx, a.Published(), text, nil, query.Options{MemoryLimit: c.Warehouse.MemoryLimit, Threads: c.Warehouse.Threads, Timeout: o.timeout})
	if errors.Is(err, query.ErrTimeout) {
		return fmt.Errorf("%w; --timeout gives it longer", err)
	}
	if err != nil {
		return err
	}
	return o.print(p, form, rows)
}
