package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"fanlake/cmd/internal/pipeline"
	"fanlake/configs"
)

func newKey(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "key",
		Short: "Try a new API key, and see how the one in use is used",
		Example: `  fanlake key check file:new.key
  fanlake key usage`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newKeyCheck(p), newKeyUsage(p))
	return cmd
}

func newKeyCheck(p *program) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check REFERENCE",
		Short: "Try a new API key before it replaces the old one",
		Long: `Try the API key that a reference leads to: whether it belongs to the same owner,
and whether it may read what the runs of the last week read. It takes three
requests, or four, and changes nothing.

The platform may revoke the old key when a new one is issued: have the runs wait
until this one has been tried.`,
		Example: `  fanlake key check file:new.key
  fanlake key check env:NEW_KEY --json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("want one reference to a key, such as file:new.key, got %d", len(args))
			}
			return nil
		},
		Annotations: exits(errRefused, errGone),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runKeyCheck(cmd.Context(), p, args[0], asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func runKeyCheck(ctx context.Context, p *program, reference string, asJSON bool) error {
	c, account, err := p.account()
	if err != nil {
		return err
	}
	dir, err := filepath.Abs(".")
	if err != nil {
		return err
	}
	ref, err := configs.ParseReference(reference, dir)
	if err != nil {
		return errUsage.wrap(fmt.Errorf("not a reference to a key; write %s. A key itself does not belong on a command line; one that stood there should be revoked", configs.Forms))
	}
	old := account.APIKey
	account.APIKey, account.OAuth = ref, nil
	a := p.open(c, account)
	t := newTalker(p.stderr, true, p.level)
	defer t.close()
	findings, err := a.CheckKey(ctx, t)
	if err == nil && worst(findings) == pipeline.OK {
		next := "put it where api_key points to: " + old.String()
		if old.IsZero() {
			next = "write api_key: " + ref.String() + " in place of oauth"
		}
		findings = append(findings, pipeline.Finding{Name: "next", State: pipeline.OK, Detail: next})
	}
	if asJSON {
		err = errors.Join(err, p.printJSON(findings))
	} else {
		err = errors.Join(err, p.printFindings(account.Name, findings))
	}
	if err == nil && worst(findings) == pipeline.Problem {
		err = errors.New("the new key does not do for what is read")
	}
	return err
}

func worst(findings []pipeline.Finding) string {
	state := pipeline.OK
	for _, f := range findings {
		if f.State == pipeline.Problem || f.State == pipeline.Warning && state == pipeline.OK {
			state = f.State
		}
	}
	return state
}

func newKeyUsage(p *program) *cobra.Command {
	var asJSON bool
	days := 30
	cmd := &cobra.Command{
		Use:   "usage",
		Short: "Show what the runs asked of the API, and what others did with the key",
		Long: `Show by day what the runs asked of the API, and how many requests of others the
rate headers showed: a remaining budget lower than what was sent explains. Those
are what is known at least; plan and doctor beside a run count among them. If you
know of nobody else who uses the key, revoke it.`,
		Example: `  fanlake key usage
  fanlake key usage --days 7 --json`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return runKeyUsage(p, days, asJSON) },
	}
	cmd.Flags().Func("days", "how many `DAYS` back (default 30)", func(text string) (err error) {
		if days, err = strconv.Atoi(text); err != nil || days < 1 {
			return errors.New("want a number of days, at least 1")
		}
		return nil
	})
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func runKeyUsage(p *program, days int, asJSON bool) error {
	a, err := p.openOne()
	if err != nil {
		return err
	}
	list, err := a.KeyUsage(days, time.Now())
	if err != nil {
		return err
	}
	if asJSON {
		return p.printJSON(list)
	}
	if len(list) == 0 {
		fmt.Fprintf(p.stderr, "no runs in %s\n", count(days, "day"))
		return nil
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "DAY\tRUNS\tREQUESTS\tREFUSED\tWAITED\tMIB\tKEYS\tOF OTHERS\t")
	for _, u := range list {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%s\t%.1f\t%d\t%d\t\n", u.Day, u.Runs, u.Requests, u.Refused, (time.Duration(u.WaitMS) * time.Millisecond).Round(time.Second), float64(u.Bytes)/(1<<20), u.Keys, u.Foreign)
	}
	return w.Flush()
}
