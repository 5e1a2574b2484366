package configs

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// A decoder turns YAML nodes into values and collects what is wrong.
type decoder struct {
	file   string // for messages
	dir    string // paths are relative to it
	getenv func(string) string
	errs   Errors
}

// A setter reads the value of one key. The path names it in messages.
type setter func(n ast.Node, path string)

// root parses the file and returns its mapping, or nil.
func (d *decoder) root(data []byte) ast.Node {
	f, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		// The error's own text quotes the source, which may hold a secret.
		e := Error{File: d.file, Line: 1, Column: 1, Problem: "not valid YAML", Hint: "look at the indentation, the quotes and the colons of this line and the one above"}
		var y yaml.Error
		if errors.As(err, &y) {
			if m := y.GetMessage(); !strings.ContainsRune(m, '"') {
				e.Problem += ": " + m
			}
			if t := y.GetToken(); t != nil && t.Position != nil {
				e.Line, e.Column = max(t.Position.Line, 1), max(t.Position.Column, 1)
			}
		}
		d.errs = append(d.errs, e)
		return nil
	}
	var body ast.Node
	for _, doc := range f.Docs {
		if doc.Body == nil {
			continue
		}
		if body != nil {
			d.bad(doc.Body, "", "a second YAML document", "keep one document in the file")
			break
		}
		body = doc.Body
	}
	return body
}

func (d *decoder) bad(n ast.Node, path, problem, hint string) {
	line, column := position(n)
	d.errs = append(d.errs, Error{File: d.file, Line: line, Column: column, Field: path, Problem: problem, Hint: hint})
}

// position returns where a node begins. The token of a block mapping is its
// first colon, so its first key is asked instead.
func position(n ast.Node) (line, column int) {
	if m, ok := n.(ast.MapNode); ok {
		if flow, isMapping := n.(*ast.MappingNode); !isMapping || !flow.IsFlowStyle {
			if it := m.MapRange(); it.Next() {
				return position(it.Key())
			}
		}
	}
	var t *token.Token
	if n != nil {
		t = n.GetToken()
	}
	if t == nil || t.Position == nil {
		return 1, 1
	}
	return max(t.Position.Line, 1), max(t.Position.Column, 1)
}

// object reads a mapping. It reports keys that are not in fields, keys that
// stand twice and required ones that are missing.
func (d *decoder) object(n ast.Node, path string, fields map[string]setter, required ...string) {
	seen := map[string]bool{}
	isMapping := d.pairs(n, path, func(key ast.Node, name string, value ast.Node) {
		set, known := fields[name]
		if !known {
			d.bad(key, path, unknownKey(name), suggest(name, slices.Sorted(maps.Keys(fields))))
			return
		}
		seen[name] = true
		set(value, join(path, name))
	})
	for _, name := range required {
		if isMapping && !seen[name] {
			d.bad(n, join(path, name), "missing", "")
		}
	}
}

// pairs calls visit for each key of a mapping and reports whether n is one;
// null is an empty one.
func (d *decoder) pairs(n ast.Node, path string, visit func(key ast.Node, name string, value ast.Node)) bool {
	m, ok := n.(ast.MapNode)
	if !ok {
		if !isNull(n) {
			d.bad(n, path, "want a mapping of keys to values, got "+kind(n), "")
		}
		return isNull(n)
	}
	seen := map[string]bool{}
	for it := m.MapRange(); it.Next(); {
		key := it.Key()
		name, ok := scalar(key)
		switch {
		case key.IsMergeKey(), !ok:
			d.bad(key, path, "want a plain key", "write the keys out; anchors, aliases and merges are not supported")
		case seen[name]:
			d.bad(key, path, "key stands twice", "keep one of them")
		default:
			seen[name] = true
			visit(key, name, it.Value())
		}
	}
	return true
}

// list reads a sequence; null is an empty one.
func (d *decoder) list(n ast.Node, path string, visit setter) {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		if !isNull(n) {
			d.bad(n, path, "want a list, got "+kind(n), "begin each entry with \"- \"")
		}
		return
	}
	for i, v := range s.Values {
		visit(v, fmt.Sprintf("%s[%d]", path, i))
	}
}

// value returns a setter for scalars: convert returns what is wrong with the
// text and what to do, both empty if nothing is.
func (d *decoder) value(want string, convert func(text string) (problem, hint string)) setter {
	return func(n ast.Node, path string) {
		text, ok := scalar(n)
		if !ok {
			d.bad(n, path, "want "+want+", got "+kind(n), "")
			return
		}
		if problem, hint := convert(text); problem != "" {
			d.bad(n, path, problem, hint)
		}
	}
}

// text sets dst if the value passes check, which says what is wanted.
func (d *decoder) text(dst *string, want string, check func(string) bool) setter {
	return d.value(want, func(text string) (string, string) {
		if !check(text) {
			return fmt.Sprintf("%s is not %s", quote(text), want), ""
		}
		*dst = text
		return "", ""
	})
}

func (d *decoder) oneOf(dst *string, values ...string) setter {
	return d.value("one of "+strings.Join(values, ", "), func(text string) (string, string) {
		if !slices.Contains(values, text) {
			hint := suggest(text, values)
			if !strings.HasPrefix(hint, "did you mean") {
				hint = "" // the values stand there already
			}
			return fmt.Sprintf("%s is not one of %s", quote(text), strings.Join(values, ", ")), hint
		}
		*dst = text
		return "", ""
	})
}

func (d *decoder) number(dst *int64, low, high int64) setter {
	want := fmt.Sprintf("a whole number from %d to %d", low, high)
	return func(n ast.Node, path string) {
		if _, ok := n.(*ast.IntegerNode); !ok {
			d.bad(n, path, "want "+want+", got "+kind(n), "")
			return
		}
		v, err := strconv.ParseInt(n.GetToken().Value, 10, 64)
		if err != nil || v < low || v > high {
			d.bad(n, path, quote(n.GetToken().Value)+" is not "+want, "")
			return
		}
		*dst = v
	}
}

func (d *decoder) int(dst *int, low, high int) setter {
	return func(n ast.Node, path string) {
		v := int64(*dst)
		d.number(&v, int64(low), int64(high))(n, path)
		*dst = int(v)
	}
}

func (d *decoder) bool(dst *bool) setter {
	return func(n ast.Node, path string) {
		b, ok := n.(*ast.BoolNode)
		if !ok {
			d.bad(n, path, "want true or false, got "+kind(n), "")
			return
		}
		*dst = b.Value
	}
}

func (d *decoder) duration(dst *time.Duration, low, high time.Duration) setter {
	want := fmt.Sprintf("a duration from %v to %v", low, high)
	return d.value(want, func(text string) (string, string) {
		v, err := time.ParseDuration(text)
		if err != nil || v < low || v > high {
			return quote(text) + " is not " + want, "write a number with its unit, such as 60s"
		}
		*dst = v
		return "", ""
	})
}

func (d *decoder) zone(dst **time.Location) setter {
	return d.value("an IANA time zone", func(text string) (string, string) {
		loc, err := loadZone(text)
		if err != nil {
			return quote(text) + " is no IANA time zone", "write one such as Europe/London or UTC"
		}
		*dst = loc
		return "", ""
	})
}

// loadZone refuses "Local" and "": the result would depend on the machine.
func loadZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, errors.New("not a time zone")
	}
	return time.LoadLocation(name)
}

// scalar returns the text of a scalar; false for null and everything else.
func scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	case *ast.MappingKeyNode:
		return scalar(n.Value)
	}
	return "", false
}

func isNull(n ast.Node) bool {
	_, null := n.(*ast.NullNode)
	return n == nil || null
}

func kind(n ast.Node) string {
	switch n.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		return "text"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	case *ast.BoolNode:
		return "true or false"
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case nil, *ast.NullNode:
		return "nothing"
	}
	return "something else (anchors, aliases and tags are not supported)"
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// quote shows a value of the file, but not a long one: a secret pasted into
// the wrong line must not come out in a message.
func quote(text string) string {
	if len(text) > 40 {
		return fmt.Sprintf("the value (%d bytes)", len(text))
	}
	return strconv.Quote(text)
}

func unknownKey(name string) string {
	if len(name) > 40 {
		return "unknown key"
	}
	return "unknown key " + strconv.Quote(name)
}

// suggest names the known key that is at most two edits away, or all of them.
func suggest(name string, known []string) string {
	best, distance := "", 3
	for _, k := range known {
		if n := edits(name, k); n < distance {
			best, distance = k, n
		}
	}
	if best != "" {
		return "did you mean " + best + "?"
	}
	return "known here: " + strings.Join(known, ", ")
}

// edits is the Levenshtein distance, or 3 where it is clearly larger.
func edits(a, b string) int {
	if len(a) > len(b)+2 || len(b) > len(a)+2 {
		return 3
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
