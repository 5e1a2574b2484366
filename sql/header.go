package sqlfiles

import (
	"errors"
	"fmt"
	"strings"
)

// A File is the text of a file such as those of this folder: a comment that
// says what it is, and one statement. The comment's first lines are the title;
// then come fields, and below a field named in sections a line for each entry:
//
//	-- Earnings of a creator's days.
//	-- grain: one row per creator and day
//	-- columns:
//	--   creator_id: Creator, as uuid of the platform.
//
// A line that is indented deeper goes on with the one above. Other lines behind
// the fields are a note to readers of the file, the field "note".
type File struct {
	Name     string // without folder and ending, of a file that [Folder] read
	Title    string
	Fields   map[string]string
	Sections map[string][]Entry // by field, in the order of the file
	Body     string             // the statement, without a semicolon at its end
}

// An Entry is a line of a section.
type Entry struct {
	Name, Text string
	Line       int // in the file, from 1
}

// A LineError says which line of a file is wrong.
type LineError struct {
	Line int // from 1
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }
func (e *LineError) Unwrap() error { return e.Err }

// isSection reports whether a field without a value has entries.
func isSection(field string) bool { return field == "columns" || field == "parameters" }

// Parse splits the text of a file into its header and its statement. An error
// is a [*LineError].
func Parse(text string) (File, error) {
	f := File{Fields: map[string]string{}, Sections: map[string][]Entry{}}
	field := "" // the field that an indented line goes on with; "" is the title
	section := false
	rest, n := text, 0
	for strings.HasPrefix(rest, "--") {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		n++
		content := strings.TrimSuffix(strings.TrimPrefix(line, "--"), "\r")
		trimmed := strings.TrimSpace(content)
		indent := len(content) - len(strings.TrimLeft(content, " "))
		key, value, isField := strings.Cut(trimmed, ":")
		isField = isField && isName(key)
		entries := f.Sections[field]
		switch {
		case section && indent == 3 && isField:
			f.Sections[field] = append(entries, Entry{key, strings.TrimSpace(value), n})
		case section && indent > 3 && len(entries) > 0:
			entries[len(entries)-1].Text += " " + trimmed
		case indent == 1 && isField:
			if _, again := f.Fields[key]; again {
				return f, &LineError{n, fmt.Errorf("header: %s stands twice", key)}
			}
			field, f.Fields[key] = key, strings.TrimSpace(value)
			section = isSection(key) && f.Fields[key] == ""
		case field == "":
			f.Title = strings.TrimSpace(f.Title + " " + trimmed)
		case !section && field != "note" && indent > 1:
			f.Fields[field] += " " + trimmed
		case indent == 1:
			field, section = "note", false
			f.Fields[field] += trimmed + "\n"
		default:
			return f, &LineError{n, fmt.Errorf("header: cannot read the line %q", line)}
		}
	}
	f.Body = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), ";"))
	if f.Title == "" || f.Body == "" {
		return f, &LineError{max(n, 1), errors.New("want a comment that says what the file is, and one statement")}
	}
	return f, nil
}

// List splits a field that holds names separated by commas.
func (f File) List(field string) []string {
	var names []string
	for name := range strings.SplitSeq(f.Fields[field], ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
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
