package load

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// StatementsDir is the folder of an account's directory that holds its
// statements, StatementManifestFile the file of a version that says what it is,
// and StatementLinesFile that of its rows.
const (
	StatementsDir         = "statements"
	StatementManifestFile = "manifest.json"
	StatementLinesFile    = "lines.parquet"
	StatementFinal        = "final" // the state of a statement that is frozen
)

// The kinds of statements.
const (
	StatementEarnings = "earnings" // of a month: its rows are mart.fct_statement_lines
	StatementPayout   = "payout"   // of a month, with the rows of its earnings statement
	StatementTaxYear  = "tax-year" // of the twelve months from a day on
)

// A StatementManifest says what one version of a statement is:
// statements/<creator>/<period>/v<n>/manifest.json. Versions that are final are
// part of the record from which the warehouse is made.
type StatementManifest struct {
	Format      int             `json:"format"` // 1
	Kind        string          `json:"kind"`
	StatementID string          `json:"statement_id"`
	Version     int             `json:"version"`
	State       string          `json:"state"`
	Supersedes  int             `json:"supersedes,omitempty"` // version, 0 for none
	CreatorID   string          `json:"creator_id"`
	Handle      string          `json:"handle"`
	Month       string          `json:"month"` // yyyy-mm; yyyy-mm-dd of a tax year, its first day
	Timezone    string          `json:"timezone"`
	PeriodStart time.Time       `json:"period_start"` // half open, UTC
	PeriodEnd   time.Time       `json:"period_end"`
	DataCutOff  time.Time       `json:"data_cut_off,omitzero"` // server time (UTC) at the end of the last run
	RunID       string          `json:"run_id"`
	ToolVersion string          `json:"tool_version"`
	APIVersion  string          `json:"api_version"`
	Rows        int64           `json:"row_count"`
	Adjustments int64           `json:"adjustment_count"`
	GrossCents  int64           `json:"gross_cents"` // of its rows, adjustments left out
	NetCents    int64           `json:"net_cents"`
	ContentHash string          `json:"content_hash"`
	Files       []StatementFile `json:"files"` // but for the manifest, by name
	Notice      string          `json:"notice"`

	hash string // SHA-256 of the file it was read from
}

// Period is the name of the folder of its versions: 2026-02, payout-2026-02 or
// tax-year-2025-04-06.
func (m StatementManifest) Period() string {
	if m.Kind == StatementEarnings {
		return m.Month
	}
	return m.Kind + "-" + m.Month
}

var statementPeriod = regexp.MustCompile(`^((payout-)?[0-9]{4}-[0-9]{2}|tax-year-[0-9]{4}-[0-9]{2}-[0-9]{2})$`)

// IsStatementPeriod reports whether a folder may hold versions, by its name.
func IsStatementPeriod(name string) bool { return statementPeriod.MatchString(name) }

// A StatementFile is a file of a version.
type StatementFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	Rows   int64  `json:"rows,omitempty"` // of tables
	SHA256 string `json:"sha256"`
}

// Problem says how the file differs from what the manifest in its folder says of
// it, and the next step; nothing if it does not.
func (f StatementFile) Problem(folder string) string {
	const next = "restore it from a backup, or write a new version with fanlake statement and --restate"
	if f.Name != filepath.Base(f.Name) {
		return "the manifest names a file outside its folder: " + next
	}
	in, err := os.Open(filepath.Join(folder, f.Name))
	if errors.Is(err, fs.ErrNotExist) {
		return "it is missing: " + next
	}
	if err != nil {
		return err.Error()
	}
	defer in.Close()
	h := sha256.New()
	size, err := io.Copy(h, in)
	switch {
	case err != nil:
		return err.Error()
	case size != f.Size || hex.EncodeToString(h.Sum(nil)) != f.SHA256:
		return "it was changed after it was frozen: " + next
	}
	return ""
}

// ReadStatementManifest reads the manifest in the folder of a version.
func ReadStatementManifest(folder string) (StatementManifest, error) {
	path := filepath.Join(folder, StatementManifestFile)
	var m StatementManifest
	text, err := os.ReadFile(path)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%s: %w: restore it from a backup", path, err)
	}
	sum := sha256.Sum256(text)
	m.hash = hex.EncodeToString(sum[:])
	if m.Format != 1 {
		return m, fmt.Errorf("%s: format %d, this version of fanlake reads format 1", path, m.Format)
	}
	return m, nil
}

// statementVersions returns the folders of versions below the account's
// directory, with slashes, ordered.
func statementVersions(dir string) ([]string, error) {
	root := os.DirFS(dir)
	if _, err := fs.Stat(root, StatementsDir); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	all, err := fs.Glob(root, StatementsDir+"/*/*/v*")
	return slices.DeleteFunc(all, func(name string) bool {
		number := strings.TrimPrefix(path.Base(name), "v")
		return strings.Contains(name, "/.") || // those that are being written
			!IsStatementPeriod(path.Base(path.Dir(name))) ||
			number == "" || strings.Trim(number, "0123456789") != "" // what somebody put beside them
	}), err
}

// A statementKey is what a version of a statement is of.
type statementKey struct {
	creator, kind, month string
	version              int
}

// loadStatements brings meta.statements and the frozen lines up to the folders
// of statements. It runs in the transaction of Finish.
//
// One that is damaged, or stands where it does not belong, costs nobody else
// anything: it is left as it was loaded, or out, and the check that is returned
// says so.
func (s *store) loadStatements(ctx context.Context) (CheckResult, error) {
	check := CheckResult{Name: "statements_are_read", Title: "Every final statement is what was frozen, and stands once in the record", Severity: Data}
	folders, err := statementVersions(s.opts.Dir)
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
	at := map[statementKey]string{}
	for _, path := range folders {
		m, err := ReadStatementManifest(filepath.Join(s.opts.Dir, filepath.FromSlash(path)))
		if errors.Is(err, fs.ErrNotExist) { // nobody's statement
			continue
		}
		if err == nil && m.State != StatementFinal {
			continue
		}
		have, isKnown := known[path]
		delete(known, path)
		key := statementKey{m.CreatorID, m.Kind, m.Month, m.Version}
		if err == nil {
			err = m.misplaced(path, at[key])
		}
		if err == nil && have != m.hash {
			err = m.damagedLines(filepath.Join(s.opts.Dir, filepath.FromSlash(path)))
		}
		if err != nil {
			found = append(found, Problem{path, err.Error()})
			continue
		}
		if at[key] = path; have == m.hash {
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

// misplaced says why a manifest cannot be that of the folder it was found in;
// other is where the same version was found already, if it was.
func (m StatementManifest) misplaced(path, other string) error {
	layout := "2006-01"
	if m.Kind == StatementTaxYear {
		layout = time.DateOnly
	}
	_, err := time.Parse(layout, m.Month)
	parts := strings.Split(path, "/") // statements/<creator>/<period>/v<n>
	switch {
	case err != nil || m.Period() != parts[len(parts)-2] || parts[len(parts)-1] != fmt.Sprintf("v%d", m.Version):
		return fmt.Errorf("its manifest is of %s v%d: put the folder back where it was, or move it out of %s", m.Period(), m.Version, StatementsDir)
	case !isUUID(m.CreatorID):
		return errors.New("its manifest names no creator: restore it from a backup")
	case m.PeriodStart.IsZero() || m.PeriodEnd.IsZero() || m.PeriodEnd.Before(m.PeriodStart):
		return errors.New("its manifest names no period: restore it from a backup")
	case other != "":
		return fmt.Errorf("it is a copy of %s: move it out of %s", other, StatementsDir)
	}
	return nil
}

// damagedLines says why the lines of a version cannot be loaded.
func (m StatementManifest) damagedLines(folder string) error {
	i := slices.IndexFunc(m.Files, func(f StatementFile) bool { return f.Name == StatementLinesFile })
	if i < 0 {
		return fmt.Errorf("its manifest lacks %s: restore it from a backup", StatementLinesFile)
	}
	if problem := m.Files[i].Problem(folder); problem != "" {
		return fmt.Errorf("%s: %s", StatementLinesFile, problem)
	}
	return nil
}

// isUUID reports whether text is a uuid as the platform writes it.
func isUUID(text string) bool {
	plain := strings.ReplaceAll(text, "-", "")
	raw, err := hex.DecodeString(plain)
	return err == nil && len(raw) == 16 && len(text) == 36
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
func (s *store) loadStatement(ctx context.Context, path string, m StatementManifest) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	s.state.Changed = true
	for name, value := range map[string]string{"statement_path": path, "statement_manifest": string(text), "statement_hash": m.hash,
		"statement_lines": filepath.Join(s.opts.Dir, filepath.FromSlash(path), StatementLinesFile)} {
		if err := s.set(ctx, name, value); err != nil {
			return err
		}
	}
	return s.exec(ctx, "statement", nil)
}

// verifyStatements compares the files of final statements with their manifests.
func verifyStatements(dir string) ([]Problem, error) {
	folders, err := statementVersions(dir)
	if err != nil {
		return nil, err
	}
	var found []Problem
	at := map[statementKey]string{}
	for _, path := range folders {
		folder := filepath.Join(dir, filepath.FromSlash(path))
		m, err := ReadStatementManifest(folder)
		if err != nil {
			found = append(found, Problem{path, err.Error()})
			continue
		}
		if m.State != StatementFinal {
			continue
		}
		key := statementKey{m.CreatorID, m.Kind, m.Month, m.Version}
		if err := m.misplaced(path, at[key]); err != nil {
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
