// Package record keeps statements as folders of files, one a version; a period
// is 2026-02, payout-2026-02 or tax-year-2025-04-06:
//
//	statements/<creator>/<period>/v<n>/
//	    manifest.json      what it is, and its files with their hashes
//	    lines.parquet      its rows, see [Line]
//	    statement.json …   its forms
//
// A version that is final is never written again; one that is not is replaced by
// the next. A folder comes into its place whole, under a lock, so whoever is
// killed leaves no half of one. Nothing in the files depends on the machine.
//
//	record.go   Store: whose folder is which, what is kept
//	write.go    a version comes into its place
//	line.go     rows as Parquet
//	name.go     folder names that any handle is safe as
package record

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"fanlake/load/statement/manifest"
)

// ErrModified says that a file of a final statement is not what was frozen.
var ErrModified = errors.New("a final statement was changed by hand")

// A Store is the folder of an account's statements.
type Store struct {
	account string            // directory of the account
	folders map[string]string // by creator id
	owners  map[string]string // creator id by folder
}

// A Version is a version that is kept.
type Version struct {
	manifest.Manifest
	Path string // its folder
}

// Final reports whether it is frozen.
func (v Version) Final() bool { return v.State == manifest.Final }

// Open looks at the statements of an account's directory. What a process that
// was killed left behind is put right, unless another is writing.
func Open(account string) (*Store, error) {
	s := &Store{account: account, folders: map[string]string{}, owners: map[string]string{}}
	entries, err := os.ReadDir(s.root())
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	if err := s.repair(); err != nil {
		return nil, err
	}
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		id, handle, err := s.owner(e.Name())
		if err != nil {
			return nil, err
		}
		if id == "" {
			continue
		}
		s.owners[e.Name()] = id
		// Of a folder and somebody's copy of it, the record is the one with the
		// name that was given to it, else the first.
		if _, ok := s.folders[id]; !ok || slices.Contains(names(id, handle), e.Name()) {
			s.folders[id] = e.Name()
		}
	}
	return s, nil
}

func (s *Store) root() string { return filepath.Join(s.account, manifest.Dir) }

var versionFolder = regexp.MustCompile(`^v[1-9][0-9]{0,5}$`)

// list returns the names of a folder's subfolders that are wanted.
func list(folder string, wanted func(name string) bool) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && wanted(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// owner is the creator whose statements a folder holds, and the handle at the
// time of the first; nobody if it has none.
func (s *Store) owner(name string) (id, handle string, err error) {
	versions, err := s.versions(name, true)
	if err != nil || len(versions) == 0 {
		return "", "", err
	}
	return versions[0].CreatorID, versions[0].Handle, nil
}

// versions returns the versions in a creator's folder, by kind, month and version; if
// one is enough, only the first.
func (s *Store) versions(name string, one bool) ([]Version, error) {
	var all []Version
	months, err := list(filepath.Join(s.root(), name), manifest.IsPeriod)
	if err != nil {
		return nil, err
	}
	for _, month := range months {
		numbers, err := list(filepath.Join(s.root(), name, month), versionFolder.MatchString)
		if err != nil {
			return nil, err
		}
		for _, n := range numbers {
			path := filepath.Join(s.root(), name, month, n)
			m, err := manifest.Read(path)
			if err != nil {
				return nil, err
			}
			if m.Period() != month || "v"+strconv.Itoa(m.Version) != n {
				return nil, fmt.Errorf("%s: its manifest is of %s v%d: put the folder back where it was", path, m.Period(), m.Version)
			}
			all = append(all, Version{m, path})
			if one {
				return all, nil
			}
		}
	}
	slices.SortFunc(all, func(a, b Version) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Month, b.Month), cmp.Compare(a.Version, b.Version))
	})
	return all, nil
}

// Versions returns what is kept of a creator, by kind, month and version, whatever the
// creator was called then.
func (s *Store) Versions(creatorID string) ([]Version, error) {
	name, ok := s.folders[creatorID]
	if !ok {
		return nil, nil
	}
	return s.versions(name, false)
}

// Check compares the files of a version with its manifest. The error wraps
// [ErrModified] and names the files.
func (v Version) Check() error {
	var problems []string
	for _, f := range v.Files {
		if p := f.Problem(v.Path); p != "" {
			problems = append(problems, filepath.Join(v.Path, f.Name)+": "+p)
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrModified, strings.Join(problems, "\n"))
}

// File reads one of its files.
func (v Version) File(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(v.Path, name))
}

// Lines reads its rows.
func (v Version) Lines() ([]Line, error) {
	text, err := v.File(manifest.Lines)
	if err != nil {
		return nil, err
	}
	lines, err := readLines(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(v.Path, manifest.Lines), err)
	}
	return lines, nil
}
