package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"fanlake/cmd/internal/backup"
	"fanlake/configs"
)

// backupOptions are the flags of backup.
type backupOptions struct {
	to, passphrase string
	recipients     []string
	plain          bool
	withKey, json  bool
}

// A backupReport is what is said of a backup.
type backupReport struct {
	Account   string `json:"account"`
	File      string `json:"file"` // "-" for standard output
	Files     int    `json:"files"`
	Bytes     int64  `json:"bytes"` // of the files in it
	Encrypted bool   `json:"encrypted"`
	WithKey   bool   `json:"with_key"`
}

func newBackup(p *program) *cobra.Command {
	var o backupOptions
	cmd := &cobra.Command{
		Use:   "backup",
		Short: "Write everything that cannot be made again to one encrypted file",
		Long: `Write the record of an account to one file: the Parquet parts, the run records,
the frozen statements, owner.json and the configuration, which holds no secrets.
The warehouse is left out: restore makes it again. No run works on the account
meanwhile, and the file appears when it is whole.

It is encrypted with age to one or more recipients, or with a passphrase that a
reference names; --plain leaves that to you. The pseudonym key is not in it unless
--with-key says so: keep it apart, as it and the data together name every fan.`,
		Example: `  fanlake backup --recipient age1… -o /mnt/backup
  fanlake backup --passphrase file:backup.pass --with-key -o main.tar.age
  fanlake backup --recipient age1… -o - | ssh host 'cat > fanlake.tar.age'`,
		Args:        noArguments,
		Annotations: exits(errRefused, errLocked),
		RunE:        func(cmd *cobra.Command, _ []string) error { return runBackup(cmd.Context(), p, o) },
	}
	f := cmd.Flags()
	f.StringVarP(&o.to, "output", "o", ".", "`FILE`, a directory for a file with a name of its own, or - for standard output")
	f.StringSliceVar(&o.recipients, "recipient", nil, "encrypt to this public `KEY` of age; may stand several times")
	f.StringVar(&o.passphrase, "passphrase", "", "encrypt with the passphrase that `REFERENCE` names: "+configs.Forms)
	f.BoolVar(&o.plain, "plain", false, "do not encrypt")
	f.BoolVar(&o.withKey, "with-key", false, "put the pseudonym key in, too")
	f.BoolVar(&o.json, "json", false, "print JSON")
	return cmd
}

func runBackup(ctx context.Context, p *program, o backupOptions) error {
	seal, err := o.sealer()
	if err != nil {
		return errUsage.wrap(err)
	}
	c, account, err := p.account()
	if err != nil {
		return err
	}
	config, err := configEntries(c)
	if err != nil {
		return err
	}
	a := p.open(c, account)
	place := o.place(a.Name, time.Now())
	m, err := a.Backup(ctx, config, o.withKey, func(write func(io.Writer) error) error {
		return p.writeBackup(place, func(w io.Writer) error {
			sealed, err := seal(w)
			if err != nil {
				return err
			}
			if err := write(sealed); err != nil {
				return err
			}
			return sealed.Close()
		})
	})
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	r := backupReport{Account: a.Name, File: place.path, Files: len(m.Files), Bytes: m.Bytes(), Encrypted: !o.plain, WithKey: o.withKey}
	if place.path == "-" {
		p.stdout = p.stderr
	}
	if o.json {
		return p.printJSON(r)
	}
	fmt.Fprintf(p.stdout, "%s: %s, %d bytes, in %s\n", r.Account, count(r.Files, "file"), r.Bytes, r.File)
	if !o.withKey {
		fmt.Fprintf(p.stdout, "the pseudonym key is not in it; keep a copy of %s apart from it\n", a.Key)
	}
	return nil
}

// sealer says how a bundle is encrypted.
func (o backupOptions) sealer() (func(io.Writer) (io.WriteCloser, error), error) {
	ways := 0
	for _, is := range []bool{len(o.recipients) > 0, o.passphrase != "", o.plain} {
		if is {
			ways++
		}
	}
	if ways != 1 {
		return nil, errors.New("say how it is encrypted by one of --recipient, --passphrase and --plain")
	}
	if o.plain {
		if o.withKey {
			return nil, errors.New("--with-key takes encryption: the key and the data together name every fan")
		}
		return func(w io.Writer) (io.WriteCloser, error) { return openEnd{w}, nil }, nil
	}
	var to []age.Recipient
	for _, text := range o.recipients {
		if strings.HasPrefix(strings.ToUpper(text), "AGE-SECRET-KEY-") {
			return nil, errors.New("--recipient: that is a secret key, which others can now see; make another, and name its public key")
		}
		r, err := age.ParseRecipients(strings.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("--recipient %.20s…: not a public key of age; age-keygen makes a pair", text)
		}
		to = append(to, r...)
	}
	if o.passphrase != "" {
		v, err := readReference("passphrase", o.passphrase)
		if err != nil {
			return nil, err
		}
		r, err := age.NewScryptRecipient(v)
		if err != nil {
			return nil, err
		}
		to = append(to, r)
	}
	return func(w io.Writer) (io.WriteCloser, error) { return age.Encrypt(w, to...) }, nil
}

// readReference reads the secret that a flag refers to.
func readReference(flag, text string) (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	ref, err := configs.ParseReference(text, dir)
	if err != nil {
		return "", fmt.Errorf("--%s: not a reference to a secret; write %s", flag, configs.Forms)
	}
	v, err := ref.Read()
	if err != nil {
		return "", fmt.Errorf("--%s: %w", flag, err)
	}
	return v.Reveal(), nil
}

// openEnd is a writer that has nothing to close.
type openEnd struct{ io.Writer }

func (openEnd) Close() error { return nil }

// A backupPlace is where a bundle appears, and what it is called until then.
type backupPlace struct{ path, temp string }

// place is the file that is asked for. In a directory there is one temporary
// name an account, so that what a killed backup left is written over by the next.
func (o backupOptions) place(account string, now time.Time) backupPlace {
	if o.to == "-" {
		return backupPlace{path: "-"}
	}
	if info, err := os.Stat(o.to); err == nil && info.IsDir() || strings.HasSuffix(o.to, string(filepath.Separator)) {
		name := "fanlake-" + account + "-" + now.UTC().Format("20060102T150405Z") + ".tar"
		if !o.plain {
			name += ".age"
		}
		return backupPlace{filepath.Join(o.to, name), filepath.Join(o.to, ".fanlake-"+account+".tmp")}
	}
	return backupPlace{o.to, filepath.Join(filepath.Dir(o.to), "."+filepath.Base(o.to)+".tmp")}
}

// writeBackup makes a file appear when it is whole.
func (p *program) writeBackup(place backupPlace, write func(io.Writer) error) (err error) {
	if place.path == "-" {
		return write(p.stdout)
	}
	if err := os.MkdirAll(filepath.Dir(place.path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(place.temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(place.temp, place.path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(place.temp))
	}
	dir, err := os.Open(filepath.Dir(place.path))
	if err != nil {
		return err
	}
	_ = dir.Sync() // not every system has it for directories
	return dir.Close()
}

// Names of the configuration in a bundle.
const (
	configEntry  = "config/fanlake.yaml"
	ratesEntry   = "config/rates.csv"
	reportsEntry = "config/reports/"
)

// configEntries are the files of a configuration. None of them holds a secret.
func configEntries(c *configs.Config) ([]backup.Entry, error) {
	list := []backup.Entry{{Name: configEntry, Path: c.Path}}
	if c.FX != nil {
		list = append(list, backup.Entry{Name: ratesEntry, Path: c.FX.File})
	}
	if c.ReportsDir == "" {
		return list, nil
	}
	reports, err := fs.Glob(os.DirFS(c.ReportsDir), "*.sql") // sorted
	for _, name := range reports {
		if !strings.HasPrefix(name, ".") {
			list = append(list, backup.Entry{Name: reportsEntry + name, Path: filepath.Join(c.ReportsDir, name)})
		}
	}
	return list, err
}
