package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"fanlake/cmd/internal/pipeline"
	"fanlake/configs"
	"fanlake/extract/oauth"
	"fanlake/load/terminal"
)

func newDoctor(p *program) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check key, streams, clock, disk and permissions",
		Long: `Check what a sync needs: the configuration, the data directory and its
permissions, the pseudonym key, the clock against the server's, the API version,
the credential and whose it is, and stream by stream what it may read. It costs
about one request a stream.`,
		Example: `  fanlake doctor
  fanlake doctor --account main --json`,
		Args:        noArguments,
		Annotations: exits(errRefused, errGone),
		RunE:        func(cmd *cobra.Command, _ []string) error { return runDoctor(cmd.Context(), p, asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func runDoctor(ctx context.Context, p *program, asJSON bool) error {
	c, list, err := p.accounts()
	if err != nil {
		return err
	}
	t := newTalker(p.stderr, true, p.level)
	defer t.close()
	var errs []error
	all := map[string][]pipeline.Finding{}
	for _, account := range list {
		a := p.open(c, account)
		findings, err := a.Doctor(ctx, t)
		errs = append(errs, err)
		findings = append([]pipeline.Finding{{Name: "configuration", State: pipeline.OK, Detail: c.Path}}, findings...)
		if account.OAuth != nil {
			findings = append(findings, grantFinding(account))
		}
		for _, key := range c.Inactive {
			findings = append(findings, pipeline.Finding{Name: "configuration", State: pipeline.Warning, Detail: key + " has no effect in this version"})
		}
		all[a.Name] = findings
		bad := 0
		for _, f := range findings {
			if f.State == pipeline.Problem {
				bad++
			}
		}
		if bad > 0 && err == nil {
			errs = append(errs, fmt.Errorf("account %s: %s", a.Name, count(bad, "problem")))
		}
		if !asJSON {
			errs = append(errs, p.printFindings(a.Name, findings))
		}
	}
	if asJSON {
		errs = append(errs, p.printJSON(all))
	}
	return errors.Join(errs...)
}

// grantFinding says what the tokens of the owner's application may read, as the
// token endpoint said when it gave them.
func grantFinding(account configs.Account) pipeline.Finding {
	f := pipeline.Finding{Name: "token", State: pipeline.OK}
	s, err := openGrant(account)
	var g oauth.Grant
	if err == nil {
		g, err = s.Grant()
	}
	switch {
	case err != nil:
		f.State, f.Detail, f.Next = pipeline.Problem, err.Error(), "see oauth of the configuration"
	case len(g.Scopes) == 0:
		f.Detail = "the token endpoint did not say what it grants"
	default:
		f.Detail = "grants " + strings.Join(g.Scopes, " ")
	}
	if err == nil && !g.ExpiresAt.IsZero() {
		f.Detail += ", until " + g.ExpiresAt.UTC().Format(time.RFC3339) + " and then again by its refresh token"
	}
	return f
}

func (p *program) printFindings(account string, findings []pipeline.Finding) error {
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "account %s\n", account)
	for _, f := range findings {
		fmt.Fprintf(w, "  %s\t%s\t%s\n", f.State, f.Name, terminal.Printable(f.Detail))
		if f.Next != "" {
			fmt.Fprintf(w, "  \t\t→ %s\n", f.Next)
		}
	}
	return w.Flush()
}
