package load

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	sqlfiles "fanlake/sql"
)

// A statement is a file of sql/ with its name, see [sqlfiles.File].
type statement struct {
	name    string
	title   string
	fields  map[string]string
	columns []described // in the order of the file
	body    string
}

// described is a name with what it means.
type described struct{ name, meaning string }

// statements reads every file of a folder of sql/, ordered by name.
func statements(folder string) ([]statement, error) {
	names, err := fs.Glob(sqlfiles.FS, folder+"/*.sql")
	if err != nil {
		return nil, err
	}
	var all []statement
	for _, name := range names {
		text, err := fs.ReadFile(sqlfiles.FS, name)
		if err != nil {
			return nil, err
		}
		s, err := parseStatement(strings.TrimSuffix(path.Base(name), ".sql"), string(text))
		if err != nil {
			return nil, fmt.Errorf("sql/%s: %w", name, err)
		}
		all = append(all, s)
	}
	return all, nil
}

// parseStatement splits the text of a file into its header and its statement.
func parseStatement(name, text string) (statement, error) {
	f, err := sqlfiles.Parse(text)
	s := statement{name: name, title: f.Title, fields: f.Fields, body: f.Body}
	for _, c := range f.Sections["columns"] {
		s.columns = append(s.columns, described{c.Name, c.Text})
	}
	return s, err
}

// list splits a field that holds names separated by commas.
func (s statement) list(field string) []string {
	var names []string
	for name := range strings.SplitSeq(s.fields[field], ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// buildSQL returns a file of sql/build as it stands.
func buildSQL(name string) (string, error) {
	text, err := fs.ReadFile(sqlfiles.FS, "build/"+name+".sql")
	return string(text), err
}
