package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"fanlake/configs"
	"fanlake/load/lookup"
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
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return int(done)
	}
	if !p.started {
		err = errUsage.wrap(err)
	}
	printError(ctx, p, err)
	if !p.started {
		fmt.Fprintf(p.stderr, "fanlake: see %s --help\n", cmd.CommandPath())
	}
	return int(exitStatus(ctx, err))
}

// group adds the commands to the help under what one wants to do.
func group(root *cobra.Command, commands []*cobra.Command) {
	groups := []struct{ title, commands string }{
		{"To begin with:", "init doctor plan demo simulate"},
		{"To read:", "sync backfill serve schedule status notify key"},
		{"To ask:", "report statement query rejects"},
		{"To keep it:", "verify rebuild compact backup restore"},
	}
	for _, g := range groups {
		root.AddGroup(&cobra.Group{ID: g.title, Title: g.title})
		for _, c := range commands {
			if slices.Contains(strings.Fields(g.commands), c.Name()) {
				c.GroupID = g.title
			}
		}
	}
	root.AddCommand(commands...)
}

// noArguments refuses arguments, and of a command that only has others below it
// says which one may have been meant.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var below []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			below = append(below, c.Name())
		}
	}
	what := "unknown command"
	if cmd.HasParent() && len(below) > 0 {
		what = fmt.Sprintf("%s has no command", cmd.CommandPath())
	}
	switch near := lookup.Near(below, args[0]); {
	case len(below) == 0:
		return fmt.Errorf("%s takes flags alone, got %q", cmd.CommandPath(), args[0])
	case len(near) > 0:
		return fmt.Errorf("%s %q; did you mean %s?", what, args[0], strings.Join(near, " or "))
	case cmd.HasParent():
		return fmt.Errorf("%s %q; it has %s", what, args[0], strings.Join(below, ", "))
	}
	return fmt.Errorf("%s %q", what, args[0])
}

// newHelp returns the help command. Unlike the one of cobra it takes a command
// that there is not for wrong usage.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND...]",
		Short: "Show the help of a command",
		Long: `Show what a command does, its flags and the exit statuses it has. The same is
shown by --help behind the command.`,
		Example: `  fanlake help sync
  fanlake help statement payout`,
		ValidArgsFunction: func(_ *cobra.Command, args []string, begun string) (found []cobra.Completion, _ cobra.ShellCompDirective) {
			cmd, err := below(root, args)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			for _, c := range cmd.Commands() {
				if c.IsAvailableCommand() && strings.HasPrefix(c.Name(), begun) {
					found = append(found, cobra.CompletionWithDesc(c.Name(), c.Short))
				}
			}
			return found, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, err := below(root, args)
			if err != nil {
				return err
			}
			cmd.InitDefaultHelpFlag()
			return cmd.Help()
		},
	}
}

// below finds a command by the names that lead to it.
func below(cmd *cobra.Command, names []string) (*cobra.Command, error) {
	for i, name := range names {
		at := slices.IndexFunc(cmd.Commands(), func(c *cobra.Command) bool { return c.Name() == name || c.HasAlias(name) })
		switch {
		case at >= 0:
			cmd = cmd.Commands()[at]
		case cmd.HasSubCommands():
			return nil, noArguments(cmd, names[i:])
		default:
			return nil, fmt.Errorf("%s has no commands below it, got %q", cmd.CommandPath(), name)
		}
	}
	return cmd, nil
}

// nearFlag adds to the error of an unknown flag the one that may have been meant.
func nearFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	near := lookup.Near(names, unknown.GetSpecifiedName())
	if len(near) == 0 {
		return err
	}
	return fmt.Errorf("%w; did you mean --%s?", err, strings.Join(near, " or --"))
}

func newRoot(p *program) *cobra.Command {
	root := &cobra.Command{
		Use:   "fanlake",
		Short: "Export your Fanvue data to a warehouse on your own machine",
		Long: `fanlake exports what the owner of a Fanvue key may read, keeps it as Parquet,
loads it into a local DuckDB warehouse and reports from it in SQL. Nothing it
stores leaves this machine but what you have it send: notifications, backups.`,
		Example: `  fanlake demo             see all of it with made-up data, without a key
  fanlake init             write a commented configuration
  fanlake doctor           see whether everything is there for a first run
  fanlake sync             read what is new and publish the warehouse
  fanlake report           list the questions that it answers`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noArguments,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(nearFlag)
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	flags := root.PersistentFlags()
	flags.StringVar(&p.configFlag, "config", "", "configuration `FILE` (default $FANLAKE_CONFIG, ./fanlake.yaml, $XDG_CONFIG_HOME/fanlake/fanlake.yaml)")
	flags.StringVar(&p.accountFlag, "account", "", "`NAME` of the account, where the configuration has several")
	flags.BoolVarP(&p.verbose, "verbose", "v", false, "tell each step; never names, amounts or what was read")
	group(root, p.commands())
	p.watchStart(root)
	root.SetHelpCommand(newHelp(root))

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
