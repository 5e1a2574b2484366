// Package sqlfiles embeds every SQL statement of fanlake, so that none stands
// in Go code as a string.
//
//	tables/     schemas and tables that are not made from table values
//	fold/       how parts become rows of the schema fanvue
//	plan/       what the planner asks of the warehouse
//	marts/      one mart a file, with grain, key, sources and build in its header
//	upkeep/     how parts are merged and contents compared
//	build/      how marts are built and comments written
//	checks/     one check a file, returning the offending rows
//	statement/  what statements ask of a published warehouse
//	reports/    one named question a file, with its parameters and columns in its header
//	parameters/ what the parameters of reports are relative to
//
// The first line of a file is a comment that says what it is.
package sqlfiles

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// FS holds the files under the names of their folders, such as
// "marts/fct_earnings.sql".
//
//go:embed */*.sql
var FS embed.FS

// Folder reads every file of a folder, ordered by name.
func Folder(name string) ([]File, error) {
	paths, err := fs.Glob(FS, name+"/*.sql")
	if err != nil {
		return nil, err
	}
	all := make([]File, 0, len(paths))
	for _, p := range paths {
		text, err := fs.ReadFile(FS, p)
		if err != nil {
			return nil, err
		}
		f, err := Parse(string(text))
		if err != nil {
			return nil, fmt.Errorf("sql/%s: %w", p, err)
		}
		f.Name = strings.TrimSuffix(path.Base(p), ".sql")
		all = append(all, f)
	}
	return all, nil
}

// Text is a file as it stands, by its path here without the ending.
func Text(name string) (string, error) {
	text, err := fs.ReadFile(FS, name+".sql")
	return string(text), err
}
