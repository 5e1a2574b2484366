package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"fanlake/cmd/internal/pipeline"
	"fanlake/load/runs"
)

// backfillOptions are the flags of a backfill.
type backfillOptions struct {
	readOptions
	from, to string
	again    bool
}

func newBackfill(p *program) *cobra.Command {
	var o backfillOptions
	cmd := &cobra.Command{
		Use:   "backfill --from DAY [--to DAY]",
		Short: "Read what is missing of the past",
		Long: `Read what is not covered yet of a stretch of the past: earnings, reversals, the
platform's day sums and subscriber counts, newest first, and with
--stream messages the messages of chats that had activity since then. With
--again what is covered is read once more. Days are UTC days; --to is not
included and is now if it is left out.

A backfill may take days. One that --budget, --until, an interruption or a crash
ended is gone on with by the same command, behind the last page that was read. A
sync never waits for what a backfill has left; but one run at a time works on an
account, so let a long one end before the nightly sync with --until.`,
		Example: `  fanlake backfill --from 2024-01-01 --to 2025-01-01
  fanlake backfill --from 2025-06-01 --stream messages --creator ava --until 02:45
  fanlake backfill --from 2026-09-01 --to 2026-10-01 --stream earnings --again`,
		Args:        noArguments,
		Annotations: exits(errPartial, errRefused, errLocked, errMismatch, errGone),
		RunE:        func(cmd *cobra.Command, _ []string) error { return runBackfill(cmd.Context(), p, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.from, "from", "", "first `DAY` or time, such as 2024-01-01 (required)")
	f.StringVar(&o.to, "to", "", "`DAY` or time behind the last one; now if left out")
	f.BoolVar(&o.again, "again", false, "read what is covered once more")
	f.StringSliceVar(&o.streams, "stream", nil, "only these `STREAMS`, separated by commas")
	f.StringSliceVar(&o.creators, "creator", nil, "only these creators, by `HANDLE`, label or uuid")
	o.spending(cmd)
	o.telling(cmd)
	return cmd
}

func runBackfill(ctx context.Context, p *program, o backfillOptions) error {
	opts, err := o.pipelineOptions()
	if err != nil {
		return err
	}
	return p.readAccounts(ctx, opts, o.readOptions)
}

// pipelineOptions checks the flags.
func (o *backfillOptions) pipelineOptions() (pipeline.SyncOptions, error) {
	opts, err := o.options("backfill")
	if err != nil {
		return opts, err
	}
	for _, name := range o.streams {
		if known := pipeline.BackfillStreams(); !slices.Contains(known, name) {
			return opts, errUsage.wrap(fmt.Errorf("--stream %s: its rows cannot be asked for by time; there are %s", name, strings.Join(known, ", ")))
		}
	}
	b := runs.Backfill{Again: o.again}
	if b.From, err = parseDay("from", o.from); err != nil {
		return opts, err
	}
	if b.To, err = parseDay("to", o.to); err != nil {
		return opts, err
	}
	if b.From.IsZero() {
		return opts, errUsage.wrap(fmt.Errorf("--from: missing; say how far back to read, such as --from 2024-01-01"))
	}
	if !b.To.IsZero() && !b.To.After(b.From) {
		return opts, errUsage.wrap(fmt.Errorf("--to %s: not behind --from %s", o.to, o.from))
	}
	opts.Backfill = &b
	return opts, nil
}
