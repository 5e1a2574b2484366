package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"fanlake/cmd/internal/backup"
	"fanlake/cmd/internal/pipeline"
	"fanlake/configs"
)

// restoreOptions are the flags of restore.
type restoreOptions struct {
	identities []string
	passphrase string
}

func newRestore(p *program) *cobra.Command {
	var o restoreOptions
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a backup back, and make its warehouse again",
		Long: `Read a backup, check every file of it, make the warehouse again, verify it, and
only then put it in the place of the account's directory, which has to be empty or
missing. Until then nothing is there, whenever it is ended.

Where there is no configuration yet, the one of the backup is written: to the file
of --config, else to ./fanlake.yaml. The pseudonym key has to be where secret_key
points to, unless the backup holds it. The API key is never in a backup.`,
		Example: `  fanlake restore --identity file:backup.key fanlake-main-20260131T040000Z.tar.age
  fanlake restore --passphrase file:backup.pass main.tar.age
  ssh host cat fanlake.tar.age | fanlake restore --identity file:backup.key -`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("want one backup to put back, or - for standard input, got %d files", len(args))
			}
			return nil
		},
		Annotations: exits(errRefused, errLocked, errMismatch),
		RunE:        func(cmd *cobra.Command, args []string) error { return runRestore(cmd.Context(), p, o, args[0]) },
	}
	cmd.Flags().StringSliceVar(&o.identities, "identity", nil, "decrypt with the secret key of age that `REFERENCE` names: "+configs.Forms)
	cmd.Flags().StringVar(&o.passphrase, "passphrase", "", "decrypt with the passphrase that `REFERENCE` names")
	return cmd
}

func runRestore(ctx context.Context, p *program, o restoreOptions, file string) (err error) {
	in := p.stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return errUsage.wrap(err)
		}
		defer f.Close()
		in = f
	}
	opened, err := o.unseal(in)
	if err != nil {
		return err
	}
	t := newTalker(p.stderr, false, p.level)
	defer t.close()
	place, err := p.configPlace()
	if err != nil {
		return err
	}
	restored, err := p.readBackup(ctx, opened, place)
	defer func() { err = errors.Join(err, restored.Close()) }()
	if err != nil {
		return err
	}
	c, err := configs.Load(place.path)
	if err != nil {
		return errUsage.wrap(err)
	}
	account, err := c.Account(restored.Header.Account)
	if err != nil {
		return errUsage.wrap(err)
	}
	a := p.open(c, account)
	problems, checks, err := restored.Finish(ctx, a, t)
	t.close()
	for _, problem := range problems {
		fmt.Fprintln(p.stdout, problem)
	}
	for _, found := range checks {
		fmt.Fprintf(p.stdout, "%s (%s): %d\n", found.Name, found.Severity, found.Failures)
	}
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	fmt.Fprintf(p.stdout, "%s: %s of %s are back, verified and published: %s\n", a.Name, count(len(restored.Manifest.Files), "file"),
		restored.Header.CreatedAt.Format("2006-01-02 15:04 UTC"), a.Published())
	return nil
}

// readBackup makes the account of a bundle again beside its place, and puts the
// bundle's configuration where there is none. What it returns is to be closed,
// also with an error.
func (p *program) readBackup(ctx context.Context, opened io.Reader, place configPlace) (*pipeline.Restoration, error) {
	var beside map[string][]byte
	restored, err := pipeline.Restore(ctx, opened, func(h backup.Header, all map[string][]byte) (pipeline.Account, error) {
		beside = all
		c, err := place.read(all)
		if err != nil {
			return pipeline.Account{}, err
		}
		name := h.Account
		if p.accountFlag != "" {
			name = p.accountFlag
		}
		a, err := c.Account(name)
		return p.open(c, a), errUsage.wrap(err)
	})
	if err != nil {
		return restored, fmt.Errorf("restore: %w", err)
	}
	return restored, place.put(beside)
}

// sealedHead is how a file of age begins.
const sealedHead = "age-encryption.org/"

// unseal decrypts a bundle, if it is encrypted.
func (o restoreOptions) unseal(in io.Reader) (io.Reader, error) {
	r := bufio.NewReaderSize(in, 1<<16)
	head, _ := r.Peek(len(sealedHead))
	if !bytes.Equal(head, []byte(sealedHead)) {
		return r, nil
	}
	var keys []age.Identity
	for _, text := range o.identities {
		v, err := readReference("identity", text)
		if err != nil {
			return nil, errUsage.wrap(err)
		}
		ids, err := age.ParseIdentities(strings.NewReader(v))
		if err != nil {
			return nil, errUsage.wrap(fmt.Errorf("--identity %s: not a secret key of age", text))
		}
		keys = append(keys, ids...)
	}
	if o.passphrase != "" {
		v, err := readReference("passphrase", o.passphrase)
		if err != nil {
			return nil, errUsage.wrap(err)
		}
		id, err := age.NewScryptIdentity(v)
		if err != nil {
			return nil, errUsage.wrap(err)
		}
		keys = append(keys, id)
	}
	if len(keys) == 0 {
		return nil, errUsage.wrap(errors.New("the backup is encrypted; name its key by --identity or --passphrase"))
	}
	opened, err := age.Decrypt(r, keys...)
	var none *age.NoIdentityMatchError
	if errors.As(err, &none) {
		return nil, errRefused.wrap(errors.New("the backup is encrypted to others: no --identity or --passphrase opens it"))
	}
	return opened, err
}

// A configPlace is the file of the configuration, which may be missing.
type configPlace struct {
	path    string
	missing bool
}

func (p *program) configPlace() (configPlace, error) {
	path, err := configs.Find(p.configFlag, os.Getenv)
	if errors.Is(err, configs.ErrNotFound) {
		path, err = configs.FileName, nil
	}
	if err != nil {
		return configPlace{}, err
	}
	_, err = os.Stat(path)
	missing := errors.Is(err, fs.ErrNotExist)
	if missing {
		err = nil
	}
	return configPlace{path, missing}, err
}

// read reads the configuration, or what a bundle has in its place.
func (c configPlace) read(beside map[string][]byte) (*configs.Config, error) {
	if !c.missing {
		read, err := configs.Load(c.path)
		return read, errUsage.wrap(err)
	}
	text := beside[configEntry]
	if text == nil {
		return nil, errUsage.wrap(fmt.Errorf("%s does not exist, and the backup holds none; write one with fanlake init", c.path))
	}
	read, err := configs.Parse(text, c.path)
	return read, errUsage.wrap(err)
}

// put writes the bundle's configuration where there is none, and before it the
// files that it names, as far as they are missing.
func (c configPlace) put(beside map[string][]byte) error {
	if !c.missing {
		return nil
	}
	read, err := configs.Parse(beside[configEntry], c.path)
	if err != nil {
		return errUsage.wrap(err)
	}
	put := func(path string, text []byte) error {
		if _, err := os.Lstat(path); err == nil {
			return nil
		}
		return writeConfig(path, text, false)
	}
	for name, text := range beside {
		to := ""
		if name == ratesEntry && read.FX != nil {
			to = read.FX.File
		} else if report, ok := strings.CutPrefix(name, reportsEntry); ok && read.ReportsDir != "" && filepath.Base(report) == report {
			to = filepath.Join(read.ReportsDir, report)
		}
		if to == "" {
			continue
		}
		if err := put(to, text); err != nil {
			return err
		}
	}
	return put(c.path, beside[configEntry])
}
