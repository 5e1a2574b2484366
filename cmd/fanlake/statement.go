package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fanlake/cmd/internal/pipeline"
	"fanlake/configs"
	"fanlake/load/query"
	"fanlake/load/statement"
	"fanlake/load/statement/document"
	"fanlake/load/statement/pdf"
	"fanlake/load/statement/record"
)

type statementOptions struct {
	month, creator, dir             string
	paper                           string
	formats                         []string
	restate, withNames, commaNumber bool
}

// newStatement is the command of frozen documents; newReport has the same
// earnings statement under its name.
func newStatement(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "statement",
		Short: "Write statements, payouts and tax years, and freeze them",
		Example: `  fanlake statement earnings --month 2026-10 --creator ava
  fanlake statement payout --month 2026-10 --creator ava
  fanlake statement tax-year --start 2025-04-06 --creator ava -o ./for-the-accountant
  fanlake statement journal --month 2026-10 -o journal.csv`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newEarningsStatement(p), newPayoutStatement(p), newTaxYear(p), newJournal(p), newDigest(p))
	return cmd
}

func newEarningsStatement(p *program) *cobra.Command {
	var o statementOptions
	cmd := &cobra.Command{
		Use:   "earnings",
		Short: "Write a creator's monthly earnings statement",
		Long: `Print a creator's earnings of a month in the creator's reporting time zone, and
keep them as statement.csv, transactions.csv, statement.xlsx, statement.json,
statement.html, statement.pdf, lines.parquet and manifest.json in
statements/<creator>/<yyyy-mm>/v1 of the account's directory. A refund counts in
the month in which it happened. Amounts are US dollars as the platform reports
them. Not a tax document, not issued by Fanvue.

A statement is a draft while its month is open, provisional while windows are
missing or rows pending, and final when no row is pending any more, or 10 days
after the month (statements.final_after_days). A final one is frozen: it is
printed as it was, whatever changes later. The next month's statement reports
what changed, or --restate writes a new version that says what differs.

Fans are pseudonyms in all of it. --with-names adds what they are called to the
transactions of a copy: never hand that one on.`,
		Example: `  fanlake statement earnings --month 2026-10 --creator ava
  fanlake statement earnings --creator ava -o ./for-the-accountant
  fanlake statement earnings --creator ava --format html,pdf --paper letter -o ./out
  fanlake statement earnings --creator ava --format csv --decimal-comma -o ./out
  fanlake statement earnings --creator ava --format json | jq .state
  fanlake statement earnings --month 2026-10 --creator ava --restate`,
		Args:        noArguments,
		Annotations: exits(errMismatch),
		RunE:        func(cmd *cobra.Command, _ []string) error { return runEarningsStatement(cmd.Context(), p, o) },
	}
	o.monthFlag(cmd)
	o.flags(cmd)
	cmd.Flags().BoolVar(&o.withNames, "with-names", false, "name the fans in the transactions of the copy (needs -o)")
	return cmd
}

func (o *statementOptions) monthFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.month, "month", "", "`MONTH` such as 2026-10 (default the last one that is over)")
}

// flags are those of all statements.
func (o *statementOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.creator, "creator", "", "`HANDLE`, label or uuid, where there are several creators")
	f.StringSliceVar(&o.formats, "format", nil, "`FORMATS` of the copy: csv, xlsx, json, html, pdf, txt (default all but txt); without -o, one of txt, csv, json and html is printed")
	f.StringVarP(&o.dir, "output", "o", "", "write a copy of the folder below this `DIRECTORY`")
	f.StringVar(&o.paper, "paper", "a4", "`SIZE` of the PDF of the copy: a4 or letter")
	f.BoolVar(&o.restate, "restate", false, "write a new version of a final statement from the data of now")
	f.BoolVar(&o.commaNumber, "decimal-comma", false, "write 1,50 in the CSV files of the copy, and semicolons between cells")
}

// params are what --month, --creator and --restate say.
func (o statementOptions) params() (statement.Params, error) {
	params := statement.Params{Creator: o.creator, Restate: o.restate}
	if o.month != "" {
		month, err := time.Parse("2006-01", o.month)
		if err != nil {
			return params, errUsage.wrap(fmt.Errorf("--month %q: want a month such as 2026-10", o.month))
		}
		params.Month = month
	}
	return params, nil
}

func runEarningsStatement(ctx context.Context, p *program, o statementOptions) error {
	params, err := o.params()
	if err != nil {
		return err
	}
	return runStatement(ctx, p, o, func(options statement.Options) (*statement.Statement, error) {
		return statement.Earnings(ctx, options, params)
	})
}

// runStatement makes a statement, keeps it, prints it and hands out a copy.
func runStatement(ctx context.Context, p *program, o statementOptions, make func(statement.Options) (*statement.Statement, error)) error {
	formats, err := o.chosen()
	if err != nil {
		return errUsage.wrap(err)
	}
	paper, err := pdf.ParsePaper(o.paper)
	if err != nil {
		return errUsage.wrap(fmt.Errorf("--%w", err))
	}
	c, account, err := p.account()
	if err != nil {
		return err
	}
	if err := checkOutput(c, o.dir); err != nil {
		return err
	}
	a := p.open(c, account)
	options, err := statementOptionsOf(c, account, a)
	if err != nil {
		return err
	}
	s, err := make(options)
	if err != nil {
		return statementError(err)
	}
	isNew := s.Kept == nil
	v, err := statement.Keep(options, s)
	if err != nil {
		return statementError(err)
	}
	if err := p.printStatement(s.Document, o, formats); err != nil {
		return err
	}
	p.sayStatement(s, v, isNew)
	if o.dir == "" {
		return nil
	}
	e := statement.Export{Dir: o.dir, Formats: formats, Options: statement.FormatOptions{CSV: document.CSVOptions{DecimalComma: o.commaNumber}, Paper: paper}}
	if o.withNames {
		if e.Names, err = statement.Names(ctx, a.PublishedPeople(), options.Query); err != nil {
			return err
		}
	}
	folder, err := e.Write(s)
	if err == nil {
		fmt.Fprintf(p.stderr, "fanlake: copied to %s\n", folder)
	}
	return err
}

// chosen returns the formats of --format; none of the default.
func (o statementOptions) chosen() ([]statement.Format, error) {
	if o.withNames && o.dir == "" {
		return nil, errors.New("--with-names needs -o DIRECTORY: names are in a copy alone")
	}
	var all []statement.Format
	for _, name := range o.formats {
		if name == "text" {
			name = "txt"
		}
		known := statement.Formats()
		i := slices.IndexFunc(known, func(f statement.Format) bool { return f.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("--format %s: want csv, xlsx, json, html, pdf or txt, or several with commas", name)
		}
		all = append(all, known[i])
	}
	switch {
	case o.dir != "":
	case len(all) > 1:
		return nil, errors.New("--format with several formats needs -o DIRECTORY: one is printed")
	case len(all) == 1 && !printable(all[0]):
		return nil, fmt.Errorf("--format %s needs -o DIRECTORY: it is not for a terminal", all[0].Name)
	}
	return all, nil
}

// statementOptionsOf is what statements need of the configuration.
func statementOptionsOf(c *configs.Config, account configs.Account, a pipeline.Account) (statement.Options, error) {
	owner, err := a.OwnerName()
	o := statement.Options{
		Warehouse: a.Published(), Account: a.Dir, Owner: owner, FinalAfter: c.Statements.FinalAfter, ToolVersion: toolVersion(),
		Parties: map[string]statement.Party{}, Query: query.Options{MemoryLimit: c.Warehouse.MemoryLimit, Threads: c.Warehouse.Threads},
	}
	o.Terms, o.Adjustments = termsOf(account)
	o.FX = a.Settings.FX
	for name, cr := range account.Creators {
		o.Parties[name] = statement.Party{LegalName: cr.LegalName, Address: cr.Address}
	}
	return o, err
}

// statementError gives an error of statements the status that it leads to.
func statementError(err error) error {
	for _, usage := range []error{statement.ErrNoMonth, statement.ErrRestate, statement.ErrNoTerms} {
		if errors.Is(err, usage) {
			return errUsage.wrap(err)
		}
	}
	if errors.Is(err, record.ErrModified) {
		return errMismatch.wrap(err)
	}
	return err
}

// printable reports whether a form can stand on standard output.
func printable(f statement.Format) bool { return f.Name != "xlsx" && f.Name != "pdf" }

// printStatement prints the form that was asked for, else the summary.
func (p *program) printStatement(d *document.Document, o statementOptions, formats []statement.Format) error {
	if o.dir == "" && len(formats) == 1 {
		return formats[0].Files[0].Write(d, p.stdout, statement.FormatOptions{CSV: document.CSVOptions{DecimalComma: o.commaNumber}})
	}
	return d.Text(p.stdout, document.TextOptions{})
}

// sayStatement says where the statement is kept, and what became of it since.
func (p *program) sayStatement(s *statement.Statement, v record.Version, isNew bool) {
	state := "kept"
	switch {
	case v.Final() && isNew:
		state = "frozen"
	case v.Final():
		state = "frozen before, as it is"
	}
	fmt.Fprintf(p.stderr, "fanlake: %s in %s\n", state, v.Path)
	if s.Outdated != "" {
		fmt.Fprintf(p.stderr, "fanlake: %s; --restate writes version %d\n", s.Outdated, v.Version+1)
	}
	if len(s.Changed) == 0 {
		return
	}
	var net int64
	for _, l := range s.Changed {
		net += l.Net
	}
	noun := strings.TrimPrefix(count(len(s.Changed), "row"), fmt.Sprint(len(s.Changed))+" ")
	fmt.Fprintf(p.stderr, "fanlake: %d %s of the month changed since, net %s; the next statement reports it, or --restate writes version %d\n",
		len(s.Changed), noun, document.Dollars(net), v.Version+1)
}
