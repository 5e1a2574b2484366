package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"fanlake/cmd/internal/pipeline"
	"fanlake/configs"
	"fanlake/extract/fanvuesim"
	"fanlake/load/statement"
	"fanlake/load/statement/document"
)

type demoOptions struct {
	dir      string
	seed     uint64
	creators int
}

func newDemo(p *program) *cobra.Command {
	o := demoOptions{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Do the main job with made-up data, without a key",
		Long: `Do the main job with made-up data: start a simulated API in this process, read an
agency from it, publish the warehouse, print a creator's monthly statement,
compare it with what the simulator knows to be true, and say how to open the
warehouse. It needs no key and asks no other host.`,
		Example: `  fanlake demo
  fanlake demo --dir ./demo --creators 5`,
		Args:        noArguments,
		Annotations: exits(errMismatch),
		RunE:        func(cmd *cobra.Command, _ []string) error { return runDemo(cmd.Context(), p, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.dir, "dir", "", "`DIRECTORY` to write to (default a new one among the temporary files)")
	f.Uint64Var(&o.seed, "seed", 1, "`NUMBER` that the data grows from")
	f.IntVar(&o.creators, "creators", 3, "`NUMBER` of creators of the agency")
	return cmd
}

// demoConfig is a configuration for the demo's own simulator. Reading commands
// work with it after the simulator is gone.
const demoConfig = `# Written by fanlake demo. The API it names was simulated and is gone; what was
# read from it can be queried.
data_dir: ./data
accounts:
  - name: demo
    api_key: file:api.key
    secret_key: file:pseudonym.key
    timezone: Europe/London
api:
  base_url: %s
  rate_limit: {requests: 100000, per: 1s, max: 100000}
`

func runDemo(ctx context.Context, p *program, o demoOptions) (err error) {
	if o.creators < 1 || o.creators > 100 {
		return errUsage.wrap(fmt.Errorf("--creators %d: want 1 to 100", o.creators))
	}
	if o.dir == "" {
		if o.dir, err = os.MkdirTemp("", "fanlake-demo-"); err != nil {
			return err
		}
	}
	sim := fanvuesim.New(fanvuesim.Options{
		World: fanvuesim.WorldOptions{Seed: o.seed, Agency: true, OwnerIsCreator: true, Creators: o.creators},
		Gate:  fanvuesim.GateOptions{Rate: fanvuesim.Rate{Limit: -1}, CountsOnly: true}})
	address, stop, err := serveLoopback(ctx, sim.Handler())
	if err != nil {
		return err
	}
	defer stop()
	c, err := writeDemoConfig(o.dir, address)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stderr, "A simulated agency of %s answers at %s; everything is kept in %s\n", count(o.creators, "creator"), address, o.dir)
	t := newTalker(p.stderr, false, p.level)
	defer t.close()
	a := p.open(c, c.Accounts[0])
	res, err := a.Sync(ctx, pipeline.SyncOptions{Trigger: "demo"}, t)
	t.close()
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	p.printSync(reportOf(a.Name, res), a)
	return p.showDemo(ctx, sim, a, c)
}

// serveLoopback serves on a free port until stop is called.
func serveLoopback(ctx context.Context, h http.Handler) (address string, stop func(), err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("simulator: %w", err)
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(l) // ends with Close
	}()
	return "http://" + l.Addr().String(), func() { _ = server.Close(); <-ended }, nil
}

func writeDemoConfig(dir, address string) (*configs.Config, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	switch there, err := os.ReadDir(dir); {
	case err != nil:
		return nil, err
	case len(there) > 0: // the demo ends with advice to remove it all
		return nil, errUsage.wrap(fmt.Errorf("%s is not empty; name a new directory by --dir", dir))
	}
	path := filepath.Join(dir, configs.FileName)
	key := filepath.Join(dir, "api.key")
	if err := os.WriteFile(key, []byte(fanvuesim.DefaultKey+"\n"), 0o600); err != nil {
		return nil, err
	}
	if err := os.WriteFile(path, fmt.Appendf(nil, demoConfig, address), 0o600); err != nil {
		return nil, err
	}
	c, err := configs.Load(path)
	if err != nil { // the directory's name is wrong, as nothing else can be
		return nil, errUsage.wrap(errors.Join(err, os.Remove(key), os.Remove(path), os.Remove(dir)))
	}
	return c, nil
}

// showDemo prints a creator's last whole month, holds it against the
// simulator's truth, and says what can be done next.
func (p *program) showDemo(ctx context.Context, sim *fanvuesim.Sim, a pipeline.Account, c *configs.Config) error {
	creator := sim.World().Creators()[0]
	now := sim.Now()
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, -1, 0)
	options, err := statementOptionsOf(c, c.Accounts[0], a)
	if err != nil {
		return err
	}
	s, err := statement.Earnings(ctx, options, statement.Params{Creator: creator.UUID, Month: month})
	if err != nil {
		return err
	}
	if _, err := statement.Keep(options, s); err != nil {
		return err
	}
	fmt.Fprintln(p.stdout)
	if err := s.Document.Text(p.stdout, document.TextOptions{}); err != nil {
		return err
	}
	months, err := sim.World().Months(creator.UUID, s.Document.Timezone)
	if err != nil {
		return err
	}
	if err := compareTruth(s.Document, months[month.Format(time.DateOnly)]); err != nil {
		return errMismatch.wrap(err)
	}
	_, err = fmt.Fprintf(p.stdout, `
Every line equals what the simulator knows to be true, to the cent.

Ask the warehouse yourself:
  fanlake --config %[1]s query "FROM mart.agg_creator_month ORDER BY earned_month DESC LIMIT 5"
or open %[2]s with any DuckDB client, read-only.
Remove it all: rm -r %[3]s
`, shellWord(c.Path), a.Published(), shellWord(filepath.Dir(c.Path)))
	return err
}

// shellWord writes a path as one word of a POSIX shell, for a command that is
// copied into one.
func shellWord(path string) string {
	plain := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("/._-+,:@%", r)
	}
	if strings.IndexFunc(path, func(r rune) bool { return !plain(r) }) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

// compareTruth holds the summary of a statement against the simulator's totals.
func compareTruth(d *document.Document, truth fanvuesim.MonthTotals) error {
	want := map[string]int64{
		"gross_sales": truth.GrossSales, "refunds": truth.Refunds, "chargebacks": truth.Chargebacks, "net_sales": truth.NetSales,
		"platform_fees": -truth.Fees, "rewards": truth.Rewards, "net_earnings": truth.NetEarnings,
	}
	var errs []error
	seen := map[string]bool{}
	for _, l := range d.Section(statement.SectionSummary).Rows {
		cents, known := want[l.Name]
		if !known {
			continue
		}
		seen[l.Name] = true
		if l.Cells[0] != document.Cents(cents) { // of this month
			errs = append(errs, fmt.Errorf("%s is not the simulator's %d cents", l.Label, cents))
		}
	}
	if len(seen) != len(want) {
		errs = append(errs, fmt.Errorf("the statement has %d of %d lines that the simulator knows", len(seen), len(want)))
	}
	return errors.Join(errs...)
}
