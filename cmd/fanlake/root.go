package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"fanlake/configs"
)

// A program is what its commands share: where they read and write, and the
// flags that all of them have.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer

	configFlag  string // --config
	accountFlag string // --account
	verbose     bool   // --verbose
	started     bool   // a command's own work has begun: what fails before is wrong usage
}

// commands lists the commands in the order of the help. A new command is a file
// and a line here.
func (p *program) commands() []*cobra.Command {
	return []*cobra.Command{
		newInit(p),
		newDoctor(p),
		newPlan(p),
		newSync(p),
		newBackfill(p),
		newServe(p),
		newSchedule(p),
		newStatus(p),
		newNotify(p),
		newKey(p),
		newQuery(p),
		newStatement(p),
		newReport(p),
		newRejects(p),
		newVerify(p),
		newRebuild(p),
		newCompact(p),
		newBackup(p),
		newRestore(p),
		newDemo(p),
		newSimulate(p),
		newVersion(p),
	}
}

// run runs the program and returns its exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	p := &program{stdin: stdin, stdout: stdout, stderr: stderr}
	root := newRoot(p)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return int(done)
	}
	if !p.started {
		err = errUsage.wrap(err)
	}
	printError(ctx, p, err)
	if !p.started {
		fmt.Fprintln(p.stderr, "fanlake: see fanlake --help, or --help behind a command")
	}
	return int(exitStatus(ctx, err))
}

func newRoot(p *program) *cobra.Command {
	root := &cobra.Command{
		Use:   "fanlake",
		Short: "Export your Fanvue data to a warehouse on your own machine",
		Long: `fanlake exports what the owner of a Fanvue key may read, keeps it as Parquet,
loads it into a local DuckDB warehouse and reports from it in SQL. Nothing it
stores leaves this machine.`,
		Example: `  fanlake init             write a commented configuration
  fanlake sync             read what is new and publish the warehouse
  fanlake demo             see all of it with made-up data, without a key`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			hint := ""
			if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
				hint = "; did you mean " + strings.Join(near, " or ") + "?"
			}
			return fmt.Errorf("unknown command %q%s", args[0], hint)
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SuggestionsMinimumDistance = 2
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	flags := root.PersistentFlags()
	flags.StringVar(&p.configFlag, "config", "", "configuration `FILE` (default $FANLAKE_CONFIG, ./fanlake.yaml, $XDG_CONFIG_HOME/fanlake/fanlake.yaml)")
	flags.StringVar(&p.accountFlag, "account", "", "`NAME` of the account, where the configuration has several")
	flags.BoolVarP(&p.verbose, "verbose", "v", false, "tell each step; never names, amounts or what was read")
	root.AddCommand(p.commands()...)
	p.watchStart(root)

	help := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		help(cmd, args)
		_, _ = io.WriteString(cmd.OutOrStdout(), exitHelp(cmd))
	})
	return root
}

// watchStart notes in each command when its own work begins.
func (p *program) watchStart(cmd *cobra.Command) {
	if work := cmd.RunE; work != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			p.started = true
			return work(cmd, args)
		}
	}
	for _, c := range cmd.Commands() {
		p.watchStart(c)
	}
}

// level is how much is told, where a command would tell the usual.
func (p *program) level(usual slog.Level) slog.Level {
	if p.verbose {
		return slog.LevelDebug
	}
	return usual
}

// config finds and reads the configuration.
func (p *program) config() (*configs.Config, error) {
	path, err := configs.Find(p.configFlag, os.Getenv)
	if err != nil {
		return nil, err
	}
	c, err := configs.Load(path)
	return c, errUsage.wrap(err)
}

// account returns the configuration and the one account that --account names,
// or the only one there is.
func (p *program) account() (*configs.Config, configs.Account, error) {
	c, err := p.config()
	if err != nil {
		return nil, configs.Account{}, err
	}
	a, err := c.Account(p.accountFlag)
	return c, a, errUsage.wrap(err)
}

// accounts returns the configuration and the account that --account names, or
// all of them.
func (p *program) accounts() (*configs.Config, []configs.Account, error) {
	if p.accountFlag != "" {
		c, a, err := p.account()
		return c, []configs.Account{a}, err
	}
	c, err := p.config()
	if err != nil {
		return nil, nil, err
	}
	return c, c.Accounts, nil
}

// printJSON writes a result for scripts: indented, with a line break at its end.
func (p *program) printJSON(v any) error {
	e := json.NewEncoder(p.stdout)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
