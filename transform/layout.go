package transform

import (
	"fmt"
	"strings"

	"fanlake/transform/tables"
)

// A cell is one value of a row on its way to a column. Which field counts
// depends on the column's type.
type cell struct {
	set  bool
	rank uint8    // of the path that gave the value, 0 first
	n    int64    // cents, counts, µs since 1970, days since 1970, 0 or 1, the bits of a float
	id   [16]byte // uuid
	s    []byte   // text, valid until the next row
	list [][]byte // list of text
}

// A use says that a value of the JSON row belongs into a cell.
type use struct {
	cell int
	rank uint8
	typ  tables.Type
	from tables.Source
}

// A node is a name in the rows of a table that is read or known.
type node struct {
	name     string
	path     string
	bit      int // place among its siblings
	parent   *node
	children []*node
	byName   map[string]*node
	uses     []use
	listed   bool  // an array of objects whose members fill lists
	ignored  bool  // names below it that nothing uses are known
	person   bool  // its scalars belong to a person
	after    *node // the sibling that followed the last time
	first    *node // the child that came first the last time
}

// maxNames is how many names a table may know within one object.
const maxNames = 128

// A layout is a table compiled for decoding: the tree of its names and where
// the values go. Cells are the table's columns, then the system columns, then
// what a row needs beside its columns.
type layout struct {
	table   tables.Table
	columns []tables.Column // of the part: the table's, then the system columns
	cells   int
	root    *node

	runID, fetchedAt, extra, runSeq, page, slice, hash int // system cells

	instant int  // cell of the row's instant, -1 without one
	fan     int  // cell of the person's uuid, -1 without one
	sender  int  // cell of the sender's uuid, -1 without one
	zoned   bool // a column wants the page's time zone
	person  [3]int
	earning earningCells
	rowID   rowIDCells
	// texts are cells of message text, which is kept on request only.
	texts map[int]bool
}

// personNames are the names of a person object that people keeps, in the order
// of its columns.
var personNames = [3]string{"handle", "displayName", "nickname"}

func newLayout(t tables.Table) (*layout, error) {
	l := &layout{table: t, root: &node{}, instant: -1, fan: -1, sender: -1, texts: map[int]bool{}}
	l.columns = append(append(l.columns, t.Columns...), tables.System...)
	l.cells = len(l.columns)
	for i, c := range t.Columns {
		if c.Path != "" {
			l.use(c.Path, use{cell: i, typ: c.Type, from: c.From})
		}
		switch {
		case c.From == tables.FromTimezone:
			l.zoned = true
		case c.From == tables.FromDirection:
			l.sender = l.hidden("sender.uuid", tables.UUID)
		case c.Type == tables.Fan:
			l.fan = i
		case c.Type == tables.Text && c.From == tables.FromRow && hasLengthOf(t, c.Path):
			l.texts[i] = true
		}
		if c.Name == t.Time && c.From == tables.FromRow && c.Type == tables.Timestamp {
			l.instant = i
		}
	}
	if t.Person != "" {
		prefix := ""
		if t.Person != "." {
			prefix = t.Person + "."
		}
		for i, name := range personNames {
			l.person[i] = l.hidden(prefix+name, tables.Text)
		}
		l.at(strings.TrimSuffix(prefix, ".")).person = true
	}
	for _, path := range t.Ignored {
		l.at(path).ignored = true
	}
	if err := l.systemCells(); err != nil {
		return nil, err
	}
	if err := l.earning.find(t); err != nil {
		return nil, err
	}
	if err := l.rowID.find(t); err != nil {
		return nil, err
	}
	return l, l.root.finish()
}

// hasLengthOf reports whether a column counts the characters at path: such a
// text is a message.
func hasLengthOf(t tables.Table, path string) bool {
	for _, c := range t.Columns {
		if c.From == tables.FromTextLength && c.Path == path {
			return true
		}
	}
	return false
}

func (l *layout) systemCells() error {
	for name, cell := range map[string]*int{
		"_run_id": &l.runID, "_fetched_at": &l.fetchedAt, "_extra": &l.extra, "_run_seq": &l.runSeq,
		"_page": &l.page, "_slice": &l.slice, "_hash": &l.hash,
	} {
		i := columnIndex(l.columns, name)
		if i < 0 {
			return fmt.Errorf("table %s: no column %s", l.table.Name, name)
		}
		*cell = i
	}
	return nil
}

func columnIndex(columns []tables.Column, name string) int {
	for i, c := range columns {
		if c.Name == name {
			return i
		}
	}
	return -1
}

// hidden adds a cell that is no column.
func (l *layout) hidden(path string, t tables.Type) int {
	cell := l.cells
	l.cells++
	l.use(path, use{cell: cell, typ: t})
	return cell
}

// use sends the values at the paths "a.b|c" to a cell; the first that has a
// value wins.
func (l *layout) use(paths string, u use) {
	for rank, path := range strings.Split(paths, "|") {
		n := l.at(path)
		u.rank = uint8(rank)
		if u.typ == tables.TextList && u.from == tables.FromRow && n.parent != l.root {
			n.parent.listed = true
		}
		n.uses = append(n.uses, u)
	}
}

// at returns the node of a path, made if need be; "" is the row.
func (l *layout) at(path string) *node {
	n := l.root
	if path == "" {
		return n
	}
	for name := range strings.SplitSeq(path, ".") {
		child := n.byName[name]
		if child == nil {
			child = &node{name: name, path: join(n.path, name), parent: n, bit: len(n.children)}
			if n.byName == nil {
				n.byName = map[string]*node{}
			}
			n.byName[name] = child
			n.children = append(n.children, child)
		}
		n = child
	}
	return n
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// finish checks the tree and guesses that names come in the order of columns.
func (n *node) finish() error {
	if len(n.children) > maxNames {
		return fmt.Errorf("row.%s: %d names, at most %d", n.path, len(n.children), maxNames)
	}
	for i, c := range n.children {
		c.after = n.children[(i+1)%len(n.children)]
		if err := c.finish(); err != nil {
			return err
		}
	}
	if len(n.children) > 0 {
		n.first = n.children[0]
	}
	return nil
}

// child finds a name below n. guess is what is likely.
func (n *node) child(name []byte, guess *node) *node {
	if guess != nil && guess.name == string(name) {
		return guess
	}
	return n.byName[string(name)]
}
