package pipeline

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

	"fanlake/cmd/internal/backup"
	"fanlake/load"
	"fanlake/load/checks"
	"fanlake/load/durable"
	"fanlake/load/statement/record"
	"fanlake/transform"
	"fanlake/transform/tables"
)

// ErrOccupied reports that there is something where a backup is to be put back.
var ErrOccupied = errors.New("there is data already")

// Backup writes the record under the lock, so that no run and no statement
// changes it meanwhile. config is what stands beside it in the bundle; withKey
// adds the pseudonym key. into calls write once, with what takes the bundle, and
// makes that appear only if write succeeds.
func (a Account) Backup(ctx context.Context, config []backup.Entry, withKey bool, into func(write func(io.Writer) error) error) (m backup.Manifest, err error) {
	o, err := a.readOwner()
	if err != nil {
		return m, err
	}
	if o.UUID == "" {
		return m, fmt.Errorf("account %s: %w", a.Name, ErrEmpty)
	}
	lock, err := acquire(ctx, a.lockFile(), "backup")
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, lock.release()) }()
	release, err := record.Hold(a.Dir)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, release()) }()
	entries := config
	if withKey {
		key, err := a.existingKey(o)
		if err != nil {
			return m, err
		}
		entries = append(entries, backup.Entry{Name: keyEntry(a.Name), Data: []byte(key.Reveal() + "\n")})
	}
	files, err := backup.Record(a.Dir)
	if err != nil {
		return m, err
	}
	h := backup.Header{Account: a.Name, Owner: o.UUID, KeyFingerprint: o.KeyFingerprint, ToolVersion: a.ToolVersion, CreatedAt: time.Now().UTC().Truncate(time.Second), Notice: tables.Notice}
	err = into(func(w io.Writer) error {
		m, err = backup.Write(ctx, w, h, append(entries, files...))
		return err
	})
	return m, err
}

func keyEntry(account string) string { return "key/" + account + ".key" }

// A Restoration is a record that is put back: first beside its place, where its
// warehouse is made and verified.
type Restoration struct {
	Header   backup.Header
	Manifest backup.Manifest
	account  Account
	staging  string
	release  func() error
}

// Restore reads a bundle into a place beside the account's directory. accountOf
// says which account it is put back as, knowing the bundle's configuration; its
// directory has to be empty or missing.
//
// Nothing is in place before [Restoration.Finish]. The caller closes what is
// returned in any case, also with an error if it is not nil.
func Restore(ctx context.Context, r io.Reader, accountOf func(h backup.Header, beside map[string][]byte) (Account, error)) (*Restoration, error) {
	s := &Restoration{release: func() error { return nil }}
	var err error
	s.Header, s.Manifest, err = backup.Read(ctx, r, func(h backup.Header, all map[string][]byte) (string, error) {
		if s.account, err = accountOf(h, all); err != nil {
			return "", err
		}
		return s.stage(ctx, h, all[keyEntry(h.Account)])
	})
	if err == nil {
		err = s.check()
	}
	return s, err
}

// stage makes the empty place beside the account's directory.
func (s *Restoration) stage(ctx context.Context, h backup.Header, key []byte) (string, error) {
	a := &s.account
	if a.Name != h.Account {
		return "", fmt.Errorf("the backup is of the account %q, not of %q: every part names it", h.Account, a.Name)
	}
	if err := empty(a.Dir); err != nil {
		return "", err
	}
	text, err := a.Key.Read()
	if errors.Is(err, fs.ErrNotExist) && key != nil {
		a.Key = carriedKey{a.Key, strings.TrimSpace(string(key))}
	} else if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%w: %s is missing and the backup holds no key: put the one with the fingerprint %s there first", ErrKey, a.Key, h.KeyFingerprint)
	} else if err != nil {
		return "", fmt.Errorf("%w: %w", ErrKey, err)
	} else if k, err := transform.ParseKey(text); err != nil || k.Fingerprint() != h.KeyFingerprint {
		return "", fmt.Errorf("%w: %s is not the key with the fingerprint %s that the backup needs", ErrKey, a.Key, h.KeyFingerprint)
	}
	parent := filepath.Dir(a.Dir)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return "", err
	}
	lock, err := acquire(ctx, filepath.Join(parent, ".restore-"+a.Name+".lock"), "restore")
	if err != nil {
		return "", err
	}
	s.release = lock.remove
	s.staging = filepath.Join(parent, ".restore-"+a.Name)
	if err := os.RemoveAll(s.staging); err != nil { // of a restore that was killed
		return "", err
	}
	return s.staging, os.Mkdir(s.staging, 0o700)
}

// empty wants nothing in a directory, but what an unfinished start leaves.
func empty(dir string) error {
	list, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range list {
		if e.Name() != "lock" {
			return fmt.Errorf("%w in %s: move it away, a backup is only put where nothing is", ErrOccupied, dir)
		}
	}
	return err
}

// check wants what was read to be the account of its header.
func (s *Restoration) check() error {
	a := s.account
	a.Dir = s.staging
	o, err := a.readOwner()
	if err != nil {
		return err
	}
	if o.UUID != s.Header.Owner || o.KeyFingerprint != s.Header.KeyFingerprint {
		return fmt.Errorf("%w: owner.json names another owner or key than its header", backup.ErrDamaged)
	}
	_, err = a.existingKey(o)
	return err
}

// Finish makes the warehouse of what was read, verifies it, keeps the key that
// the bundle carried where there is none, and puts the directory in its place.
// account is the one of accountOf, as its configuration says now.
func (s *Restoration) Finish(ctx context.Context, account Account, report Reporter) ([]load.Problem, []checks.Result, error) {
	account.Key = s.account.Key
	staged := account
	staged.Dir = s.staging
	problems, checks, err := staged.remake(ctx, report)
	if err != nil || len(problems) > 0 {
		return problems, checks, err
	}
	if carried, ok := account.Key.(carriedKey); ok {
		if e := carried.Create(carried.text); e != nil && !errors.Is(e, fs.ErrExist) {
			return problems, checks, fmt.Errorf("the pseudonym key of the backup has to be kept first, and cannot be put into %s from here: take it out with age -d and tar, put it there, and restore again (%w)", carried, e)
		}
	}
	if e := os.Remove(filepath.Join(s.staging, "lock")); e != nil && !errors.Is(e, fs.ErrNotExist) {
		return problems, checks, e
	}
	if e := empty(account.Dir); e != nil {
		return problems, checks, e
	}
	for _, name := range []string{filepath.Join(account.Dir, "lock"), account.Dir} { // fails if something came meanwhile
		if e := os.Remove(name); e != nil && !errors.Is(e, fs.ErrNotExist) {
			return problems, checks, e
		}
	}
	if e := os.Rename(s.staging, account.Dir); e != nil {
		return problems, checks, e
	}
	s.staging = ""
	if e := durable.SyncDir(filepath.Dir(account.Dir)); e != nil {
		return problems, checks, e
	}
	if len(checks) > 0 { // they came with the data
		err = fmt.Errorf("%w: %s with findings; the data are in place", ErrMismatch, count(len(checks), "check"))
	}
	return problems, checks, err
}

// remake makes the warehouse of a directory that has none, publishes and
// verifies it. Problems come with an error, checks with findings do not.
func (a Account) remake(ctx context.Context, report Reporter) (problems []load.Problem, checks []checks.Result, err error) {
	err = a.withWarehouse(ctx, "restore", report, func(wh *load.Warehouse) error {
		all, err := wh.Finish(ctx) // opening it folded the whole lake
		if err != nil {
			return err
		}
		for _, c := range all {
			if c.Failures > 0 {
				checks = append(checks, c)
			}
		}
		if _, err := wh.Publish(ctx); err != nil {
			return err
		}
		problems, err = wh.Verify(ctx)
		return err
	})
	if err == nil && len(problems) > 0 {
		err = fmt.Errorf("%w: %s; nothing is restored", ErrMismatch, count(len(problems), "problem"))
	}
	return problems, checks, err
}

// Close removes what did not come into its place.
func (s *Restoration) Close() error {
	var err error
	if s.staging != "" {
		err = os.RemoveAll(s.staging)
	}
	return errors.Join(err, s.release())
}

// A carriedKey is one that a bundle holds, for a store that has none yet.
type carriedKey struct {
	KeyStore
	text string
}

// Read returns the bundle's key.
func (k carriedKey) Read() ([]byte, error) { return []byte(k.text), nil }
