package load

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	sqlfiles "fanlake/sql"
)

// A statement is a file of sql/: a comment that says what it is, and one
// SELECT. The comment's first lines are the title; then come fields, and
// under "columns:" a line for each column:
//
//	-- Earnings of a creator's days.
//	-- grain: one row per creator and day
//	-- columns:
//	--   creator_id: Creator, as uuid of the platform.
//
// A line that is indented deeper goes on with the one above. Other lines behind
// the fields are a note to readers of the file.
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
	s := statement{name: name, fields: map[string]string{}}
	field := "" // the field that an indented line goes on with; "" is the title
	rest := text
	for strings.HasPrefix(rest, "--") {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		content := strings.TrimPrefix(line, "--")
		trimmed := strings.TrimSpace(content)
		indent := len(content) - len(strings.TrimLeft(content, " "))
		key, value, isField := strings.Cut(trimmed, ":")
		isField = isField && isName(key)
		switch {
		case field == "columns" && indent == 3 && isField:
			s.columns = append(s.columns, described{key, strings.TrimSpace(value)})
		case field == "columns" && indent > 3 && len(s.columns) > 0:
			s.columns[len(s.columns)-1].meaning += " " + trimmed
		case indent == 1 && isField:
			if _, again := s.fields[key]; again {
				return s, fmt.Errorf("header: %s stands twice", key)
			}
			field, s.fields[key] = key, strings.TrimSpace(value)
		case field == "":
			s.title = strings.TrimSpace(s.title + " " + trimmed)
		case field != "columns" && field != "note" && indent > 1:
			s.fields[field] += " " + trimmed
		case indent == 1:
			field = "note"
			s.fields[field] += trimmed + "\n"
		default:
			return s, fmt.Errorf("header: cannot read the line %q", line)
		}
	}
	s.body = strings.TrimSuffix(strings.TrimSpace(rest), ";")
	if s.title == "" || s.body == "" {
		return s, fmt.Errorf("want a comment that says what the file is, and one statement")
	}
	return s, nil
}

// isName reports whether s is a lower-case name, as of a field or a column.
func isName(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && r != '_' && (r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
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
