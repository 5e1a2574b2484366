package lookup

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"fanlake/load/terminal"
)

// ErrNoCreator says that a name means no creator, or several; its text says whom
// to name instead.
var ErrNoCreator = errors.New("no such creator")

// A Creator is what a creator can be named by.
type Creator struct {
	ID     string // uuid of the platform
	Handle string // without @; empty of one who never stood on a list
	Label  string // of the configuration; empty or the handle where it has none
}

// FindCreator returns the place in all of the creator that name means: by uuid,
// handle or label, in upper or lower case. A name behind an @ is a handle alone.
// Where the handle of one is the label of another it means neither, as money of
// the wrong one is worse than an error. The error wraps [ErrNoCreator].
func FindCreator(all []Creator, name string) (int, error) {
	if len(all) == 0 {
		return 0, fmt.Errorf("%w: the warehouse has none yet, run a sync first", ErrNoCreator)
	}
	handle, isHandle := strings.CutPrefix(strings.TrimSpace(name), "@")
	var found []int
	for i, c := range all {
		switch {
		case handle == "":
		case strings.EqualFold(c.ID, handle):
			return i, nil
		case strings.EqualFold(c.Handle, handle), !isHandle && strings.EqualFold(strings.TrimSpace(c.Label), handle):
			found = append(found, i)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return 0, fmt.Errorf("%w as %s: %s", ErrNoCreator, terminal.Printable(name), nearest(all, handle))
	}
	var means []string
	for _, i := range found {
		means = append(means, strings.TrimSpace(called(all[i])+" "+all[i].ID))
	}
	return 0, fmt.Errorf("%w: %s means several: %s; name one by its uuid, or by @ and its handle",
		ErrNoCreator, terminal.Printable(name), terminal.Printable(strings.Join(means, ", ")))
}

// Creators lists whom one can name: each by handle, else by uuid, and the label
// behind it.
func Creators(all []Creator) string {
	const most = 20
	names := make([]string, len(all))
	for i, c := range all {
		names[i] = cmp.Or(called(c), c.ID)
	}
	more := ""
	if n := len(names) - most; n > 0 {
		names, more = names[:most], fmt.Sprintf(" and %d others", n)
	}
	return terminal.Printable(strings.Join(names, ", ")) + more
}

// called is a creator's handle, with the label where it says something else.
func called(c Creator) string {
	switch {
	case c.Label == "" || c.Label == c.Handle:
		return c.Handle
	case c.Handle == "":
		return c.Label
	}
	return c.Handle + " (" + c.Label + ")"
}

// nearest says whom one can name, and where that are many who is like the name
// that was typed.
func nearest(all []Creator, typed string) string {
	const few = 20
	if len(all) <= few {
		return "there are " + Creators(all)
	}
	var names []string
	of := map[string]string{} // whom a name means, as the list has them
	for _, c := range all {
		for _, name := range []string{cmp.Or(c.Handle, c.ID), c.Label} {
			if name != "" {
				names, of[name] = append(names, name), cmp.Or(called(c), c.ID)
			}
		}
	}
	var near []string
	for _, name := range Near(names, typed) {
		if !slices.Contains(near, of[name]) {
			near = append(near, of[name])
		}
	}
	if len(near) == 0 {
		return fmt.Sprintf("there are %d, such as %s", len(all), Creators(all[:3]))
	}
	return fmt.Sprintf("of the %d that there are, the nearest are %s", len(all), terminal.Printable(strings.Join(near, ", ")))
}
