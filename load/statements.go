package load

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"fanlake/load/checks"
	"fanlake/load/statement/manifest"
)

// loadStatements brings meta.statements and the frozen lines up to the folders
// of statements. It runs in the transaction of Finish.
//
// One that is damaged, or stands where it does not belong, costs nobody else
// anything: it is left as it was loaded, or out, and the check that is returned
// says so.
func (s *store) loadStatements(ctx context.Context) (checks.Result, error) {
	check := checks.Result{Name: "statements_are_read", Title: "Every final statement is what was frozen, and stands once in the record", Severity: checks.Data}
	folders, err := manifest.Versions(s.opts.Dir)
	if err != nil {
		return check, err
	}
	known := map[string]string{} // hash of the manifest, by folder
	if err := s.query(ctx, "statements_known", nil, func(rows *sql.Rows) error {
		var path, hash string
		err := rows.Scan(&path, &hash)
		known[path] = hash
		return err
	}); err != nil {
		return check, err
	}
	found, err := s.readStatements(ctx, folders, known)
	if err != nil {
		return check, err
	}
	for path := range known { // gone from the record
		if err := s.dropStatement(ctx, path); err != nil {
			return check, err
		}
	}
	if check.Failures = int64(len(found)); len(found) > 0 {
		sample, err := json.Marshal(found[0])
		if err != nil {
			return check, err
		}
		check.Sample = string(sample)
	}
	return check, nil
}

// readStatements loads what is new in folders, and takes those that are there
// out of known. It returns the ones that cannot be loaded.
func (s *store) readStatements(ctx context.Context, folders []string, known map[string]string) (found []Problem, err error) {
	at := map[manifest.Key]string{}
	for _, path := range folders {
		m, err := manifest.Read(filepath.Join(s.opts.Dir, filepath.FromSlash(path)))
		if errors.Is(err, fs.ErrNotExist) { // nobody's statement
			continue
		}
		if err == nil && m.State != manifest.Final {
			continue
		}
		have, isKnown := known[path]
		delete(known, path)
		key := m.Key()
		if err == nil {
			err = m.Misplaced(path, at[key])
		}
		if err == nil && have != m.Hash() {
			err = m.DamagedLines(filepath.Join(s.opts.Dir, filepath.FromSlash(path)))
		}
		if err != nil {
			found = append(found, Problem{path, err.Error()})
			continue
		}
		if at[key] = path; have == m.Hash() {
			continue
		}
		if isKnown { // another one stands there now
			if err := s.dropStatement(ctx, path); err != nil {
				return nil, err
			}
		}
		if err := s.loadStatement(ctx, path, m); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return found, nil
}

// dropStatement takes one version out.
func (s *store) dropStatement(ctx context.Context, path string) error {
	s.state.Changed = true
	if err := s.set(ctx, "statement_path", path); err != nil {
		return err
	}
	return s.exec(ctx, "statement_gone", nil)
}

// loadStatement loads one version.
func (s *store) loadStatement(ctx context.Context, path string, m manifest.Manifest) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	s.state.Changed = true
	for name, value := range map[string]string{"statement_path": path, "statement_manifest": string(text), "statement_hash": m.Hash(),
		"statement_lines": filepath.Join(s.opts.Dir, filepath.FromSlash(path), manifest.Lines)} {
		if err := s.set(ctx, name, value); err != nil {
			return err
		}
	}
	return s.exec(ctx, "statement", nil)
}

// verifyStatements compares the files of final statements with their manifests.
func verifyStatements(dir string) ([]Problem, error) {
	folders, err := manifest.Versions(dir)
	if err != nil {
		return nil, err
	}
	var found []Problem
	at := map[manifest.Key]string{}
	for _, path := range folders {
		folder := filepath.Join(dir, filepath.FromSlash(path))
		m, err := manifest.Read(folder)
		if err != nil {
			found = append(found, Problem{path, err.Error()})
			continue
		}
		if m.State != manifest.Final {
			continue
		}
		key := m.Key()
		if err := m.Misplaced(path, at[key]); err != nil {
			found = append(found, Problem{path, err.Error()})
			continue
		}
		at[key] = path
		for _, f := range m.Files {
			if problem := f.Problem(folder); problem != "" {
				found = append(found, Problem{path + "/" + f.Name, problem})
			}
		}
	}
	return found, nil
}
