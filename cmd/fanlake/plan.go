package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"fanlake/cmd/internal/pipeline"
	"fanlake/load/terminal"
)

func newPlan(p *program) *cobra.Command {
	var o readOptions
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show what the next sync would read, why, and what it costs",
		Long: `Show what the next sync would read first, why, and how many requests and how
much time that takes at the configured limit, by slice, by creator and by
stream. It asks the API whose key it is and for the list of creators, and
nothing else.

Requests are the pages of what is known to be there: what a night without news
takes. News takes more: rows beyond the pages they stand for, chats that moved,
lists whose total moved. Where only reading shows how much there is, it says ≥:
a first read takes many times that. TIME is the share of the limit that they
take; the last line has that of all, with the two for key and creators, and how
long they wait for it, which is not at all while they fit into one window.

Reasons: new (time since the last read), overlap (the 48 hours before it),
pending (money not available yet), reversal found (the sale's day is read again),
row not served again, day differs from the summary, gap (never read), moved
total, list due (every 7 days), changed chat, new chat, unlock seen (a paid
message in a quiet chat), its turn (as often as the stream is read), and those
that name the window. Slices of a creator that read the same are one line, with
their number.`,
		Example: `  fanlake plan
  fanlake plan --creator ava --json`,
		Args:        noArguments,
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
	t := newTalker(p.stderr, true, p.level)
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
	if len(plan.Slices) == 0 {
		fmt.Fprintln(w, "nothing is due; --full reads it all the same")
	} else {
		fmt.Fprintln(w, "CREATOR\tSTREAM\tFROM\tTO\tREQUESTS\tREASON")
	}
	for _, s := range alike(plan.Slices) {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", terminal.Printable(s.Creator), s.Stream, minute(s.Start), minute(s.End), atLeast(s.Requests, s.AtLeast), s.Reason)
	}
	for _, sums := range []struct {
		name string
		of   []pipeline.PlanSum
	}{{"CREATOR", plan.ByCreator}, {"STREAM", plan.ByStream}} {
		if len(sums.of) < 2 {
			continue
		}
		fmt.Fprintf(w, "\n%s\tSLICES\tREQUESTS\tTIME\n", sums.name)
		for _, s := range sums.of {
			fmt.Fprintf(w, "%s\t%d\t%s\t%s\n", cmp.Or(s.Name, "the account"), s.Slices, atLeast(s.Requests, s.AtLeast), s.Duration)
		}
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
	wait := "without a wait"
	if plan.Wait > 0 {
		wait = "with a wait of " + about + plan.Wait.String()
	}
	_, err := fmt.Fprintf(p.stdout, "%s: %s requests, %s%s of the configured limit, %s\n", account, atLeast(plan.Requests, plan.AtLeast), about, plan.Duration, wait)
	return err
}

// alike joins slices that stand behind each other and read the same, such as
// the likes of each post.
func alike(list []pipeline.PlannedSlice) []pipeline.PlannedSlice {
	var joined []pipeline.PlannedSlice
	for len(list) > 0 {
		s, n := list[0], 1
		for ; n < len(list) && sameRow(list[n], list[0]); n++ {
			s.Requests += list[n].Requests
			s.AtLeast = s.AtLeast || list[n].AtLeast
		}
		if n > 1 {
			s.Reason += fmt.Sprintf(" (%d slices)", n)
		}
		joined, list = append(joined, s), list[n:]
	}
	return joined
}

func sameRow(a, b pipeline.PlannedSlice) bool {
	return a.Creator == b.Creator && a.Stream == b.Stream && a.Start.Equal(b.Start) && a.End.Equal(b.End) && a.Reason == b.Reason
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
