package record

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gofrs/flock"

	"fanlake/load/durable"
	"fanlake/load/statement/manifest"
)

// A File is written into a version's folder.
type File struct {
	Name  string
	Rows  int64 // of tables, for the manifest
	Write func(io.Writer) error
}

const (
	tempSuffix = ".tmp" // of a folder that is being written
	oldSuffix  = ".old" // of one that is being replaced
)

// lock takes the store for itself; without wait it returns nil where another has it.
func (s *Store) lock(wait bool) (*flock.Flock, error) {
	l := flock.New(filepath.Join(s.root(), ".lock"), flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	if wait {
		return l, l.Lock()
	}
	got, err := l.TryLock()
	if err != nil || !got {
		return nil, err
	}
	return l, nil
}

// Hold keeps others from writing statements of an account until release is
// called. An account without any has nothing to hold.
func Hold(account string) (release func() error, err error) {
	s := &Store{account: account}
	if _, err := os.Stat(s.root()); errors.Is(err, fs.ErrNotExist) {
		return func() error { return nil }, nil
	}
	l, err := s.lock(true)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", s.root(), err)
	}
	return l.Unlock, nil
}

// hidden returns the paths below a directory that a pattern matches. The
// directory's own name is not part of it.
func hidden(dir, pattern string) ([]string, error) {
	names, err := fs.Glob(os.DirFS(dir), pattern)
	for i, name := range names {
		names[i] = filepath.Join(dir, filepath.FromSlash(name))
	}
	return names, err
}

// repair puts right what a process left behind that was killed.
func (s *Store) repair() error {
	leftovers, err := hidden(s.root(), "*/*/.*")
	if err != nil || len(leftovers) == 0 {
		return err
	}
	l, err := s.lock(false)
	if err != nil || l == nil {
		return err
	}
	return errors.Join(s.tidy(leftovers), l.Unlock())
}

// tidy removes folders that were not finished, and puts back one that was
// moved aside for another that never came. The caller has the lock.
func (s *Store) tidy(leftovers []string) error {
	var errs []error
	for _, path := range leftovers {
		name, isOld := strings.CutSuffix(strings.TrimPrefix(filepath.Base(path), "."), oldSuffix)
		place := filepath.Join(filepath.Dir(path), name)
		if _, err := os.Stat(place); isOld && errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, os.Rename(path, place))
			continue
		}
		if isOld || strings.HasSuffix(path, tempSuffix) {
			errs = append(errs, os.RemoveAll(path))
		}
	}
	return errors.Join(errs...)
}

// Write puts a version into its place, whole or not at all, and returns it. Its
// Files are filled in. A version that is final stays as it is: then the error
// wraps [fs.ErrExist], and what is returned is that version.
func (s *Store) Write(m manifest.Manifest, files []File) (v Version, err error) {
	if err := os.MkdirAll(s.root(), 0o700); err != nil {
		return v, err
	}
	l, err := s.lock(true)
	if err != nil {
		return v, fmt.Errorf("lock %s: %w", s.root(), err)
	}
	defer func() { err = errors.Join(err, l.Unlock()) }()
	fresh, err := Open(s.account) // another process may have taken the name since
	if err != nil {
		return v, err
	}
	name, err := fresh.Folder(m.CreatorID, m.Handle)
	if err != nil {
		return v, err
	}
	month := filepath.Join(s.root(), name, m.Period())
	if err := os.MkdirAll(month, 0o700); err != nil {
		return v, err
	}
	leftovers, err := hidden(month, ".*")
	if err != nil {
		return v, err
	}
	if err := s.tidy(leftovers); err != nil {
		return v, err
	}
	place := filepath.Join(month, "v"+strconv.Itoa(m.Version))
	had, err := manifest.Read(place)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return v, err
	}
	isThere := err == nil
	if isThere && had.State == manifest.Final {
		return Version{had, place}, fmt.Errorf("%s: %w and is final", place, fs.ErrExist)
	}
	if v, err = put(place, m, files); err != nil {
		return v, err
	}
	s.folders[m.CreatorID], s.owners[name] = name, m.CreatorID
	return v, nil
}

// Export writes files and their manifest as a folder of its own, in the place of
// an older copy: it is not part of the record. Another folder that stands there
// is left alone.
func Export(folder string, m manifest.Manifest, files []File) (Version, error) {
	if _, err := os.Stat(folder); err == nil {
		if had, err := manifest.Read(folder); err != nil || had.CreatorID != m.CreatorID {
			return Version{}, fmt.Errorf("%s is there and no copy of this statement: choose another directory", folder)
		}
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o700); err != nil {
		return Version{}, err
	}
	return put(folder, m, files)
}

// put writes a folder beside its place, and then puts it there.
func put(place string, m manifest.Manifest, files []File) (v Version, err error) {
	beside, err := os.MkdirTemp(filepath.Dir(place), "."+filepath.Base(place)+".*"+tempSuffix) // mode 0700
	if err != nil {
		return v, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(beside))
		}
	}()
	if m.Files, err = writeFiles(beside, files); err != nil {
		return v, err
	}
	if err := writeManifest(beside, m); err != nil {
		return v, err
	}
	return Version{m, place}, move(beside, place)
}

// writeFiles writes the files of a version and says what they are, by name.
func writeFiles(folder string, files []File) ([]manifest.File, error) {
	var all []manifest.File
	for _, f := range files {
		written, err := writeFile(filepath.Join(folder, f.Name), f.Write)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		written.Name, written.Rows = f.Name, f.Rows
		all = append(all, written)
	}
	slices.SortFunc(all, func(a, b manifest.File) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

func writeManifest(folder string, m manifest.Manifest) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	_, err = writeFile(filepath.Join(folder, manifest.Name), func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
	return err
}

// writeFile writes and syncs a file, and says what it holds.
func writeFile(path string, write func(io.Writer) error) (manifest.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return manifest.File{}, err
	}
	h := sha256.New()
	counted := &counter{}
	err = write(io.MultiWriter(f, h, counted))
	err = errors.Join(err, f.Sync(), f.Close())
	return manifest.File{Size: counted.n, SHA256: hex.EncodeToString(h.Sum(nil))}, err
}

type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) { c.n += int64(len(p)); return len(p), nil }

// move puts a folder that is written into its place. One that stands there is
// moved aside first, where it is found again if this process ends in between.
func move(from, to string) error {
	if err := durable.SyncDir(from); err != nil {
		return err
	}
	old := filepath.Join(filepath.Dir(to), "."+filepath.Base(to)+oldSuffix)
	if err := os.Rename(to, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return errors.Join(durable.SyncDir(filepath.Dir(to)), os.RemoveAll(old))
}
