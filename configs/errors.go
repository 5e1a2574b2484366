package configs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// An Error is one mistake in a configuration file. It never holds the text of
// something that may be a secret.
type Error struct {
	File    string // as given to Load
	Line    int    // from 1
	Column  int    // from 1
	Field   string // "accounts[0].timezone", empty for the file itself
	Problem string // what is wrong
	Hint    string // what to do, may be empty
}

// Error returns "file:line:column: field: problem; hint".
func (e Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: ", e.File, e.Line, e.Column)
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	b.WriteString(e.Problem)
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// Errors holds all mistakes of a configuration file in the order of the file.
type Errors []Error

// Error returns one line for each mistake.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the mistakes as errors, for errors.As.
func (e Errors) Unwrap() []error {
	all := make([]error, len(e))
	for i, one := range e {
		all[i] = one
	}
	return all
}

func (e Errors) sort() {
	slices.SortStableFunc(e, func(a, b Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Field, b.Field))
	})
}
