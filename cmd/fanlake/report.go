package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fanlake/cmd/internal/pipeline"
	"fanlake/configs"
	"fanlake/load"
	"fanlake/load/query"
	"fanlake/load/report"
	"fanlake/load/runs"
	"fanlake/load/terminal"
)

type reportOptions struct {
	target
	params   []string // NAME=VALUE
	describe bool
	json     bool
	timeout  time.Duration
}

func newReport(p *program) *cobra.Command {
	var o reportOptions
	cmd := &cobra.Command{
		Use:   "report [NAME]",
		Short: "Answer a named question from the published warehouse",
		Long: `Answer a named question from the published warehouse. Without a name it lists the
reports; --describe says what one answers, which parameters it takes and what its
columns mean. Months and days are those of the creators' reporting time zones,
money is in US cents. Parameters have defaults that count from the newest run that
is published, so a report of the last whole month needs none.

The rows of a report come in the same order each time. To sort or filter them
otherwise, ask the tables of the warehouse by fanlake query.

Reports of your own are .sql files in reports_dir of the configuration, with the
same header as those of sql/reports. They are read like query: one statement that
reads, no other file, within the memory of the configuration and the time of
--timeout.`,
		Example: `  fanlake report
  fanlake report earnings_by_month --describe
  fanlake report earnings_by_month --param creator=ava --param from=2026-01
  fanlake report top_fans --param limit=5 --format json
  fanlake report reversals --param from=2026-10 -o reversals.xlsx
  fanlake report earnings --month 2026-10 --creator ava`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("want one report, got %d names; values are given by --param NAME=VALUE", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return runReport(cmd.Context(), p, o, args) },
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.params, "param", nil, "`NAME=VALUE` of a parameter, once for each")
	f.BoolVar(&o.describe, "describe", false, "say what the report answers, its parameters and its columns")
	f.BoolVar(&o.json, "json", false, "list or describe as JSON, for scripts")
	f.StringVar(&o.format, "format", "", formatUsage)
	f.StringVarP(&o.output, "output", "o", "", "write to this `FILE` instead of standard output")
	f.DurationVar(&o.timeout, "timeout", time.Minute, "give up after this `DURATION`")
	cmd.AddCommand(newEarningsStatement(p))
	return cmd
}

func runReport(ctx context.Context, p *program, o reportOptions, args []string) error {
	given, err := o.given()
	if err != nil {
		return errUsage.wrap(err)
	}
	all, broken := p.reports()
	if broken != nil && !errors.Is(broken, report.ErrFile) {
		return broken
	}
	if len(args) == 0 {
		if len(given) > 0 || o.describe || o.output != "" || o.format != "" {
			return errUsage.wrap(errors.New("which report? fanlake report lists them"))
		}
		return errors.Join(p.listReports(all, o.json), broken)
	}
	r, err := report.Find(all, args[0])
	switch {
	case err != nil && broken != nil: // it may be one of those that cannot be used
		return errors.Join(err, broken)
	case err != nil:
		return err
	case o.describe && o.json:
		return p.printJSON(r)
	case o.describe:
		return r.Describe(p.stdout)
	case o.json:
		return errUsage.wrap(errors.New("--json belongs to the list and to --describe; for rows take --format json"))
	}
	return p.printReport(ctx, o, r, given)
}

// printReport runs a report and writes what it returns.
func (p *program) printReport(ctx context.Context, o reportOptions, r report.Report, given map[string]string) (err error) {
	form, err := o.pick(p.stdout)
	if err != nil {
		return err
	}
	if o.timeout <= 0 {
		return errUsage.wrap(fmt.Errorf("--timeout %v: want a time above zero", o.timeout))
	}
	c, account, err := p.account()
	if err != nil {
		return err
	}
	if err := checkOutput(c, o.output); err != nil {
		return err
	}
	a := p.open(c, account)
	limits := query.Options{MemoryLimit: c.Warehouse.MemoryLimit, Threads: c.Warehouse.Threads, Timeout: o.timeout}
	file, err := load.OpenPublished(ctx, a.Published(), limits)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	rows, err := r.Run(ctx, file, given)
	if errors.Is(err, query.ErrTimeout) {
		return fmt.Errorf("%w; --timeout gives it longer", err)
	}
	if err != nil {
		return err
	}
	if err := o.print(p, form, rows); err != nil {
		return err
	}
	if rows.Count() == 0 {
		if why, err := r.WhyEmpty(ctx, file); err == nil && why != "" { // no error of the report
			fmt.Fprintf(p.stderr, "fanlake: hint: no rows: %s\n", why)
		}
	}
	p.hintAtRuns(ctx, a, file, r, given)
	return nil
}

// hintAtRuns says that runs ended since the publication that a report is about.
// The rows are out: what cannot be read for a hint is no error of the report.
func (p *program) hintAtRuns(ctx context.Context, a pipeline.Account, file *load.Published, r report.Report, given map[string]string) {
	records, err := runs.Read(a.Dir)
	if n := len(records); n > 0 && records[n-1].Status == runs.Started && a.Held() {
		records = records[:n-1] // it may still publish
	}
	if err == nil && len(records) > 0 {
		var n int
		if n, err = r.RunsSince(ctx, file, given, records); err == nil && n > 0 {
			fmt.Fprintf(p.stderr, "fanlake: hint: %s since the publication %s not in this report; fanlake status has the last\n", count(n, "run"), map[bool]string{true: "is", false: "are"}[n == 1])
		}
	}
}

// reports are the reports of the library and of the configuration's directory,
// if there is a configuration: the list needs none.
func (p *program) reports() ([]report.Report, error) {
	c, err := p.config()
	if errors.Is(err, configs.ErrNotFound) {
		return report.All("")
	}
	if err != nil {
		return nil, err
	}
	return report.All(c.ReportsDir)
}

func (p *program) listReports(all []report.Report, asJSON bool) error {
	if asJSON {
		return p.printJSON(all)
	}
	if err := report.WriteList(p.stdout, all); err != nil {
		return err
	}
	_, err := fmt.Fprint(p.stdout, "\nAnd `fanlake report earnings` prints a creator's monthly statement. NAME --describe says more of one.\n")
	return err
}

// given reads the values of --param.
func (o reportOptions) given() (map[string]string, error) {
	given := map[string]string{}
	for _, param := range o.params {
		name, value, found := strings.Cut(param, "=")
		name = strings.TrimSpace(name)
		if !found || name == "" {
			return nil, fmt.Errorf("--param %s: want NAME=VALUE", terminal.Printable(param))
		}
		if _, again := given[name]; again {
			return nil, fmt.Errorf("--param %s: the parameter was given twice", terminal.Printable(name))
		}
		given[name] = value
	}
	return given, nil
}
