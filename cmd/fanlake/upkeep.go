package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

func newRebuild(p *program) *cobra.Command {
	var quiet bool
	cmd := &cobra.Command{
		Use:   "rebuild",
		Short: "Make the warehouse again from the Parquet parts",
		Long: `Make the private warehouse again from the parts of the lake and publish it. The
published file stays as it is until then. A sync does this by itself where the
private file is missing, damaged or of another version.`,
		Example:     `  fanlake rebuild --account main`,
		Args:        noArguments,
		Annotations: exits(errRefused, errLocked, errMismatch),
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := p.openOne()
			if err != nil {
				return err
			}
			t := newTalker(p.stderr, quiet, p.level)
			defer t.close()
			if err := a.Rebuild(cmd.Context(), t); err != nil {
				return err
			}
			t.close()
			_, err = fmt.Fprintf(p.stdout, "rebuilt and published %s\n", a.Published())
			return err
		},
	}
	quietFlag(cmd, &quiet)
	return cmd
}

// A verification is what verify found.
type verification struct {
	Account  string   `json:"account"`
	Problems []string `json:"problems"` // of files: parts, warehouse, publication
	Checks   []string `json:"checks"`   // of rows, with findings
}

func newVerify(p *program) *cobra.Command {
	var asJSON, deep, quiet bool
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check that parts, warehouse and publication agree",
		Long: `Read every part of the lake, compare it with what the warehouse holds and with
the published file, and run all checks. With --deep also fold the whole lake a
second time, which takes as long as a rebuild, and compare every table of the
warehouse with what that gives.`,
		Example: `  fanlake verify
  fanlake verify --deep
  fanlake verify --json`,
		Args:        noArguments,
		Annotations: exits(errRefused, errLocked, errMismatch),
		RunE:        func(cmd *cobra.Command, _ []string) error { return runVerify(cmd.Context(), p, deep, asJSON, quiet) },
	}
	cmd.Flags().BoolVar(&deep, "deep", false, "fold the lake again and compare every table")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	quietFlag(cmd, &quiet)
	return cmd
}

func runVerify(ctx context.Context, p *program, deep, asJSON, quiet bool) error {
	a, err := p.openOne()
	if err != nil {
		return err
	}
	t := newTalker(p.stderr, quiet, p.level)
	defer t.close()
	verify := a.Verify
	if deep {
		verify = a.VerifyDeep
	}
	problems, checks, err := verify(ctx, t)
	t.close()
	v := verification{Account: a.Name, Problems: []string{}, Checks: []string{}}
	for _, problem := range problems {
		v.Problems = append(v.Problems, problem.String())
	}
	for _, c := range checks {
		v.Checks = append(v.Checks, fmt.Sprintf("%s (%s): %d, such as %s", c.Name, c.Severity, c.Failures, c.Sample))
	}
	if asJSON {
		if jsonErr := p.printJSON(v); err == nil {
			err = jsonErr
		}
		return err
	}
	for _, line := range append(v.Problems, v.Checks...) {
		fmt.Fprintln(p.stdout, line)
	}
	if err == nil {
		fmt.Fprintf(p.stdout, "%s: parts, warehouse and publication agree; no check found anything\n", a.Name)
	}
	return err
}
