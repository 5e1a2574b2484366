package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"fanlake/configs"
)

type initOptions struct {
	sample configs.SampleOptions
	force  bool
}

func newInit(p *program) *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a commented configuration",
		Long: `Write a commented configuration for one account: to the file that --config
names, else to ./` + configs.FileName + `. It holds no secret, only where the API key is kept.`,
		Example: `  fanlake init --timezone Europe/London
  fanlake init --account studio --api-key file:studio.key`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return runInit(p, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.sample.APIKey, "api-key", "env:FANVUE_API_KEY", "where the key is kept: `REF` is "+configs.Forms)
	f.StringVar(&o.sample.Timezone, "timezone", "UTC", "reporting time `ZONE`, such as Europe/London")
	f.BoolVar(&o.force, "force", false, "replace a file that is there")
	return cmd
}

func runInit(p *program, o initOptions) error {
	path := cmp.Or(p.configFlag, configs.FileName)
	o.sample.Account = cmp.Or(p.accountFlag, "main")
	data := configs.Sample(o.sample)
	c, err := configs.Parse(data, path)
	if err != nil {
		return errUsage.wrap(initProblem(err))
	}
	if err := writeConfig(path, data, o.force); err != nil {
		return err
	}
	fmt.Fprintln(p.stdout, path)
	a := c.Accounts[0]
	fmt.Fprintf(p.stderr, `
Next:
  1. Put the account's API key where the configuration looks for it:
       %s
     A key is made and revoked at https://www.fanvue.com/api-keys and shown once.
     It belongs to its owner alone: pass it on to nobody, paste it nowhere else.
  2. fanlake doctor    checks the configuration, the key and this machine
     fanlake plan      shows what a first run reads first, and why
     fanlake sync      reads, and publishes the warehouse
  3. The first run makes the key of the pseudonyms:
       %s
     Back it up, and apart from the data: without it nobody can tell which fan
     is which, with it and the data anybody can.
`, a.APIKey, a.SecretKey)
	return nil
}

// initProblem says what is wrong with the flags: the lines of a file that was
// not written would tell nobody anything.
func initProblem(err error) error {
	var mistakes configs.Errors
	if !errors.As(err, &mistakes) {
		return err
	}
	var all []error
	for _, m := range mistakes {
		all = append(all, fmt.Errorf("%s: %s; %s", m.Field, m.Problem, cmp.Or(m.Hint, "see fanlake init --help")))
	}
	return errors.Join(all...)
}

// writeConfig writes the file whole or not at all, for its user alone.
func writeConfig(path string, data []byte, force bool) (err error) {
	if _, err := os.Lstat(path); err == nil && !force {
		return errUsage.wrap(fmt.Errorf("%s exists; edit it, or replace it by --force", path))
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("configuration: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".fanlake-*.yaml") // mode 0600
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
			err = fmt.Errorf("configuration: %w", err)
		}
	}()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
