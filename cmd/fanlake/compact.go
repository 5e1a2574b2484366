package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"fanlake/load"
)

type compactOptions struct{ dry, json, quiet bool }

// A compaction is what compact prints.
type compaction struct {
	Account string `json:"account"`
	DryRun  bool   `json:"dry_run"`
	load.Compaction
}

func newCompact(p *program) *cobra.Command {
	var o compactOptions
	cmd := &cobra.Command{
		Use:   "compact",
		Short: "Merge small Parquet parts of past months",
		Long: `Merge the small parts that were sealed before the month of the newest run into
larger ones, and remove those. Every row keeps the run, the page and the time
that it was read with, so the warehouse stays the same; each merged part is
compared value for value with the parts it stands for before they are removed.
A run that is interrupted leaves nothing half-done. What a run before has not
published yet is published, also where nothing is to be merged.`,
		Example: `  fanlake compact --dry-run
  fanlake compact
  fanlake compact --json`,
		Args:        noArguments,
		Annotations: exits(errRefused, errLocked, errMismatch),
		RunE:        func(cmd *cobra.Command, _ []string) error { return runCompact(cmd.Context(), p, o) },
	}
	cmd.Flags().BoolVar(&o.dry, "dry-run", false, "say what would be merged, and change nothing")
	cmd.Flags().BoolVar(&o.json, "json", false, "print JSON")
	quietFlag(cmd, &o.quiet)
	return cmd
}

func runCompact(ctx context.Context, p *program, o compactOptions) error {
	a, err := p.openOne()
	if err != nil {
		return err
	}
	t := newTalker(p.stderr, o.quiet, p.level)
	defer t.close()
	c, err := a.Compact(ctx, t, o.dry)
	t.close()
	if err != nil {
		return err
	}
	if c.Tables == nil {
		c.Tables = []load.CompactedTable{}
	}
	if o.json {
		return p.printJSON(compaction{a.Name, o.dry, c})
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "FILES\tAFTER\tBYTES\tAFTER\t  TABLE")
	var merged, into int
	for _, one := range c.Tables {
		after := fmt.Sprint(one.BytesAfter)
		if o.dry && one.Merged > 0 {
			after = "?"
		}
		merged, into = merged+one.Merged, into+one.Into
		fmt.Fprintf(w, "%d\t%d\t%d\t%s\t  %s\n", one.FilesBefore, one.FilesAfter, one.BytesBefore, after, one.Table)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	done := "merged"
	if o.dry {
		done = "would be merged"
	}
	said := fmt.Sprintf("%d parts of months before %s %s into %d", merged, c.Before, done, into)
	if merged == 0 {
		said = fmt.Sprintf("nothing to merge: no table has several small parts of one month before %s", c.Before)
	}
	if _, err = fmt.Fprintf(p.stdout, "%s: %s\n", a.Name, said); err == nil && c.Published {
		_, err = fmt.Fprintf(p.stdout, "  published %s\n", a.Published())
	}
	return err
}
