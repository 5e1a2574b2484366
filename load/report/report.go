// Package report keeps the named questions of a warehouse: files of sql/reports
// and of the user's own directory, each a header and one SELECT.
//
//	All    reads the library and a directory of the user's
//	Find   picks one by name
//	Run    binds its parameters and asks a published file
//
// A header says what the report answers, which parameters it takes and what its
// columns mean:
//
//	-- Earnings by day.
//	-- answers: What did each day bring?
//	-- needs: earnings
//	-- parameters:
//	--   creator: creator, default all. Only this creator.
//	--   from: date, default today - 30. First day.
//	-- columns:
//	--   handle: Creator.
//
// and the statement reads them as $creator and $from. They are bound, never put
// into its text. Types and defaults are described at [Parameter]. Nothing here
// reads the clock: "today" is the day of the newest published run's server time.
package report

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"fanlake/load/lookup"
	"fanlake/load/terminal"
	sqlfiles "fanlake/sql"
)

// Errors that say what to ask for instead; their texts do.
var (
	ErrUnknown   = errors.New("no such report")
	ErrFile      = errors.New("the report cannot be used") // of the user's own
	ErrParameter = errors.New("wrong parameter")
)

// maxFile is how long a file of the user's may be.
const maxFile = 1 << 20

// A Report is a named question.
type Report struct {
	Name       string      `json:"name"`
	Title      string      `json:"title"`
	Answers    string      `json:"answers,omitempty"`
	Needs      []string    `json:"needs,omitempty"` // what the warehouse must have for rows, as in sql/parameters/needs.sql
	Empty      string      `json:"empty,omitempty"` // what it means that there are no rows, where that is an answer
	Parameters []Parameter `json:"parameters"`
	Columns    []Column    `json:"columns"`
	File       string      `json:"file,omitempty"` // of the user's own report; empty for one of the library

	text string // of the whole file, so that the engine's lines are the file's
}

// A Column is a column of a report's result.
type Column struct {
	Name    string `json:"name"`
	Meaning string `json:"meaning"`
}

// Reserved are names that files of the user's may not have beside those of the
// library: other commands stand under them.
var reserved = []string{"earnings"}

// All returns the reports of the library and those of a directory of the
// user's, if it is not empty, by name. Reports that cannot be used are left out
// and named in the error, which wraps [ErrFile]; the others are returned beside
// it.
func All(dir string) ([]Report, error) {
	all, err := library()
	if err != nil || dir == "" {
		return all, err
	}
	own, err := directory(dir, all)
	all = append(all, own...)
	slices.SortFunc(all, func(a, b Report) int { return cmp.Compare(a.Name, b.Name) })
	return all, err
}

func library() ([]Report, error) {
	names, err := fs.Glob(sqlfiles.FS, "reports/*.sql")
	if err != nil {
		return nil, err
	}
	var all []Report
	for _, name := range names {
		text, err := fs.ReadFile(sqlfiles.FS, name)
		if err != nil {
			return nil, err
		}
		r, err := parse(strings.TrimSuffix(path.Base(name), ".sql"), string(text))
		if err != nil {
			return nil, fmt.Errorf("sql/%s: %w", name, err)
		}
		all = append(all, r)
	}
	return all, nil
}

// directory reads the *.sql files of the user's directory.
func directory(dir string, known []Report) ([]Report, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("%w: reports_dir: %w", ErrFile, err)
	}
	taken := slices.Clone(reserved)
	for _, r := range known {
		taken = append(taken, r.Name)
	}
	var own []Report
	var errs []error
	for _, f := range files {
		name, isSQL := strings.CutSuffix(f.Name(), ".sql")
		if !isSQL || f.IsDir() || strings.HasPrefix(name, ".") {
			continue
		}
		file := filepath.Join(dir, f.Name())
		r, err := read(file, name, taken)
		if err != nil {
			errs = append(errs, fmt.Errorf("%w: %s%w", ErrFile, terminal.Printable(file), err))
			continue
		}
		own = append(own, r)
	}
	return own, errors.Join(errs...)
}

// at puts the place of an error behind the name of its file.
type at struct{ err error }

func (a at) Unwrap() error { return a.err }
func (a at) Error() string {
	var line *sqlfiles.LineError
	if errors.As(a.err, &line) {
		return fmt.Sprintf(":%d: %v", line.Line, line.Err)
	}
	return ": " + a.err.Error()
}

// read reads one file of the user's.
func read(file, name string, taken []string) (Report, error) {
	if slices.Contains(taken, name) {
		return Report{}, at{fmt.Errorf("%s is the name of a report of fanlake: give the file another one", name)}
	}
	if !isName(name) {
		return Report{}, at{errors.New("the name of the file is the report's: want lower-case letters, digits and _ before .sql")}
	}
	in, err := os.Open(file)
	if err != nil {
		return Report{}, at{errors.Unwrap(err)}
	}
	text, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err := errors.Join(err, in.Close()); err != nil {
		return Report{}, at{err}
	}
	if len(text) > maxFile {
		return Report{}, at{fmt.Errorf("it is longer than %d bytes", maxFile)}
	}
	r, err := parse(name, string(text))
	r.File = file
	if err != nil {
		return Report{}, at{err}
	}
	return r, nil
}

// parse reads the text of a report. Its errors are of type [*sqlfiles.LineError].
func parse(name, text string) (Report, error) {
	f, err := sqlfiles.Parse(text)
	if err != nil {
		return Report{}, err
	}
	r := Report{Name: name, Title: strings.TrimSuffix(f.Title, "."), Answers: f.Fields["answers"], text: text,
		Parameters: []Parameter{}, Columns: []Column{}}
	for need := range strings.SplitSeq(f.Fields["needs"], ",") {
		if need = strings.TrimSpace(need); need != "" {
			r.Needs = append(r.Needs, need)
		}
	}
	r.Empty = strings.TrimSuffix(f.Fields["empty"], ".")
	names := map[string]bool{}
	for _, e := range f.Sections["parameters"] {
		p, err := parseParameter(e.Name, e.Text)
		if err == nil && names[p.Name] {
			err = errors.New("it stands twice")
		}
		names[p.Name] = true
		if err != nil {
			return r, &sqlfiles.LineError{Line: e.Line, Err: fmt.Errorf("parameter %s: %w", e.Name, err)}
		}
		r.Parameters = append(r.Parameters, p)
	}
	for _, e := range f.Sections["columns"] {
		r.Columns = append(r.Columns, Column{e.Name, e.Text})
	}
	return r, r.checkUses()
}

// checkUses holds the parameters of the header against those of the statement.
func (r Report) checkUses() error {
	declared, read := map[string]bool{}, map[string]bool{}
	for _, p := range r.Parameters {
		declared[p.Name] = true
	}
	for _, u := range parameterUses(r.text) {
		if !declared[u.name] {
			return &sqlfiles.LineError{Line: u.line, Err: fmt.Errorf("$%s is no parameter of the header", u.name)}
		}
		read[u.name] = true
	}
	for _, p := range r.Parameters {
		if !read[p.Name] {
			return &sqlfiles.LineError{Line: 1, Err: fmt.Errorf("the statement does not read the parameter $%s", p.Name)}
		}
	}
	return nil
}

// isName reports whether s can be the name of a report.
func isName(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// Find returns the named report. The error wraps [ErrUnknown] and says which
// names are near.
func Find(all []Report, name string) (Report, error) {
	names := make([]string, len(all))
	for i, r := range all {
		if r.Name == name {
			return r, nil
		}
		names[i] = r.Name
	}
	hint := "fanlake report lists them"
	if near := lookup.Near(names, name); len(near) > 0 {
		hint = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return Report{}, fmt.Errorf("%w as %s; %s", ErrUnknown, terminal.Printable(name), hint)
}
