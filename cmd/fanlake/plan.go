package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"fanlake/cmd/internal/pipeline"
)

func newPlan(p *program) *cobra.Command {
	var o readOptions
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show what the next sync would read, why, and what it costs",
		Long: `Show what the next sync would read first, why, and how many requests and how
much time that takes at the configured limit. It asks the API whose key it is
and for the list of creators, and nothing else. What a sync finds may ask for
more: chats that moved, lists whose count moved.`,
		Example: `  fanlake plan
  fanlake plan --creator ava --json`,
		Args:        cobra.NoArgs,
		Annotations: exits(errRefused, errLocked, errGone),
		RunE:        func(cmd *cobra.Command, _ []string) error { return runPlan(cmd.Context(), p, o) },
	}
	o.flags(cmd)
	return cmd
}

func runPlan(ctx context.Context, p *program, o readOptions) error {
	opts, err := o.options("cli")
	if err != nil {
		return err
	}
	accounts, err := p.openAll()
	if err != nil {
		return err
	}
	t := newTalker(p.stderr, true)
	defer t.close()
	var errs []error
	plans := map[string]pipeline.Plan{}
	for _, a := range accounts {
		plan, err := a.Plan(ctx, opts, t)
		if err != nil {
			errs = append(errs, fmt.Errorf("account %s: %w", a.Name, err))
			continue
		}
		plans[a.Name] = plan
		if !o.json {
			errs = append(errs, p.printPlan(a.Name, plan))
		}
	}
	if o.json {
		errs = append(errs, p.printJSON(plans))
	}
	return errors.Join(errs...)
}

func (p *program) printPlan(account string, plan pipeline.Plan) error {
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CREATOR\tSTREAM\tFROM\tTO\tREQUESTS\tREASON")
	for _, s := range plan.Slices {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", s.Creator, s.Stream, minute(s.Start), minute(s.End), atLeast(s.Requests, s.AtLeast), s.Reason)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(plan.Absent)) {
		fmt.Fprintf(p.stdout, "without %s: %s\n", name, plan.Absent[name])
	}
	about := "about "
	if plan.AtLeast {
		about = "at least "
	}
	_, err := fmt.Fprintf(p.stdout, "%s: %s requests, %s%s at the configured limit\n", account, atLeast(plan.Requests, plan.AtLeast), about, plan.Duration)
	return err
}

func atLeast(n int, lower bool) string {
	if lower {
		return fmt.Sprintf("≥%d", n)
	}
	return fmt.Sprint(n)
}

func minute(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("2006-01-02 15:04")
}
