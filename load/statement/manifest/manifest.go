// Package manifest says what a version of a statement is: the file that stands in
// its folder, and how both can be wrong.
//
//	statements/<creator>/<period>/v<n>/
//	    manifest.json   a [Manifest]: of whom, of when, its files with their hashes
//	    lines.parquet   its rows
//	    …               its forms
//
// What writes the folders and what loads them into the warehouse agree on it here.
package manifest

import (
	"crypto/sha256"
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

// Dir is the folder of an account's directory that holds its statements. In the
// folder of a version, Name is the file that says what it is and Lines that of
// its rows.
const (
	Dir   = "statements"
	Name  = "manifest.json"
	Lines = "lines.parquet"
)

// Final is the state of a statement that is frozen.
const Final = "final"

// The kinds of statements.
const (
	Earnings = "earnings" // of a month: its rows are mart.fct_statement_lines
	Payout   = "payout"   // of a month, with the rows of its earnings statement
	TaxYear  = "tax-year" // of the twelve months from a day on
)

// A Manifest says what one version of a statement is. Versions that are final are
// part of the record from which the warehouse is made.
type Manifest struct {
	Format      int       `json:"format"` // 1
	Kind        string    `json:"kind"`
	StatementID string    `json:"statement_id"`
	Version     int       `json:"version"`
	State       string    `json:"state"`
	Supersedes  int       `json:"supersedes,omitempty"` // version, 0 for none
	CreatorID   string    `json:"creator_id"`
	Handle      string    `json:"handle"`
	Month       string    `json:"month"` // yyyy-mm; yyyy-mm-dd of a tax year, its first day
	Timezone    string    `json:"timezone"`
	PeriodStart time.Time `json:"period_start"` // half open, UTC
	PeriodEnd   time.Time `json:"period_end"`
	DataCutOff  time.Time `json:"data_cut_off,omitzero"` // server time (UTC) at the end of the last run
	RunID       string    `json:"run_id"`
	ToolVersion string    `json:"tool_version"`
	APIVersion  string    `json:"api_version"`
	Rows        int64     `json:"row_count"`
	Adjustments int64     `json:"adjustment_count"`
	GrossCents  int64     `json:"gross_cents"` // of its rows, adjustments left out
	NetCents    int64     `json:"net_cents"`
	ContentHash string    `json:"content_hash"`
	Files       []File    `json:"files"` // but for the manifest, by name
	Notice      string    `json:"notice"`

	hash string // SHA-256 of the file it was read from
}

// Period is the name of the folder of its versions: 2026-02, payout-2026-02 or
// tax-year-2025-04-06.
func (m Manifest) Period() string {
	if m.Kind == Earnings {
		return m.Month
	}
	return m.Kind + "-" + m.Month
}

var period = regexp.MustCompile(`^((payout-)?[0-9]{4}-[0-9]{2}|tax-year-[0-9]{4}-[0-9]{2}-[0-9]{2})$`)

// IsPeriod reports whether a folder may hold versions, by its name.
func IsPeriod(name string) bool { return period.MatchString(name) }

// A File is a file of a version.
type File struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	Rows   int64  `json:"rows,omitempty"` // of tables
	SHA256 string `json:"sha256"`
}

// Problem says how the file differs from what the manifest in its folder says of
// it, and the next step; nothing if it does not.
func (f File) Problem(folder string) string {
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

// Read reads the manifest in the folder of a version.
func Read(folder string) (Manifest, error) {
	path := filepath.Join(folder, Name)
	var m Manifest
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

// Versions returns the folders of versions below the account's directory, with
// slashes, ordered.
func Versions(dir string) ([]string, error) {
	root := os.DirFS(dir)
	if _, err := fs.Stat(root, Dir); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	all, err := fs.Glob(root, Dir+"/*/*/v*")
	return slices.DeleteFunc(all, func(name string) bool {
		number := strings.TrimPrefix(path.Base(name), "v")
		return strings.Contains(name, "/.") || // those that are being written
			!IsPeriod(path.Base(path.Dir(name))) ||
			number == "" || strings.Trim(number, "0123456789") != "" // what somebody put beside them
	}), err
}

// A Key is what a version of a statement is of. There is one of each in a record.
type Key struct {
	creator, kind, month string
	version              int
}

// Key is what the version is of.
func (m Manifest) Key() Key { return Key{m.CreatorID, m.Kind, m.Month, m.Version} }

// Hash is the SHA-256 of the file that the manifest was read from, in hex.
func (m Manifest) Hash() string { return m.hash }

// Misplaced says why a manifest cannot be that of the folder it was found in;
// other is where the same version was found already, if it was.
func (m Manifest) Misplaced(path, other string) error {
	layout := "2006-01"
	if m.Kind == TaxYear {
		layout = time.DateOnly
	}
	_, err := time.Parse(layout, m.Month)
	parts := strings.Split(path, "/") // statements/<creator>/<period>/v<n>
	switch {
	case err != nil || m.Period() != parts[len(parts)-2] || parts[len(parts)-1] != fmt.Sprintf("v%d", m.Version):
		return fmt.Errorf("its manifest is of %s v%d: put the folder back where it was, or move it out of %s", m.Period(), m.Version, Dir)
	case !isUUID(m.CreatorID):
		return errors.New("its manifest names no creator: restore it from a backup")
	case m.PeriodStart.IsZero() || m.PeriodEnd.IsZero() || m.PeriodEnd.Before(m.PeriodStart):
		return errors.New("its manifest names no period: restore it from a backup")
	case other != "":
		return fmt.Errorf("it is a copy of %s: move it out of %s", other, Dir)
	}
	return nil
}

// DamagedLines says why the lines of a version cannot be loaded.
func (m Manifest) DamagedLines(folder string) error {
	i := slices.IndexFunc(m.Files, func(f File) bool { return f.Name == Lines })
	if i < 0 {
		return fmt.Errorf("its manifest lacks %s: restore it from a backup", Lines)
	}
	if problem := m.Files[i].Problem(folder); problem != "" {
		return fmt.Errorf("%s: %s", Lines, problem)
	}
	return nil
}

// isUUID reports whether text is a uuid as the platform writes it.
func isUUID(text string) bool {
	plain := strings.ReplaceAll(text, "-", "")
	raw, err := hex.DecodeString(plain)
	return err == nil && len(raw) == 16 && len(text) == 36
}
