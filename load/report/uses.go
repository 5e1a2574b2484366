package report

import "strings"

// A use is a $name of a statement.
type use struct {
	name string // lower case, as the engine does not tell cases apart
	line int    // of the file, from 1
}

// parameterUses returns the $names of a statement outside of its texts, quoted
// names and comments.
func parameterUses(text string) []use {
	var uses []use
	line, counted := 1, 0 // lines up to there
	for i := 0; i < len(text); {
		rest := text[i:]
		switch {
		case strings.HasPrefix(rest, "--"):
			i += until(rest, 2, "\n")
		case strings.HasPrefix(rest, "/*"):
			i += until(rest, 2, "*/")
		case rest[0] == '\'' || rest[0] == '"': // a doubled quote is two texts: the same to us
			i += until(rest, 1, rest[:1])
		case rest[0] == '$' && i > 0 && isWord(text[i-1]): // within a name
			i++
		case rest[0] == '$':
			n := 1
			for n < len(rest) && isWord(rest[n]) {
				n++
			}
			if n < len(rest) && rest[n] == '$' { // a text between $tag$ and $tag$
				i += until(rest, n+1, rest[:n+1])
				continue
			}
			if n > 1 {
				line += strings.Count(text[counted:i], "\n")
				counted = i
				uses = append(uses, use{strings.ToLower(rest[1:n]), line})
			}
			i += n
		default:
			i++
		}
	}
	return uses
}

// until returns how far it is to behind the end of what began before from.
func until(s string, from int, end string) int {
	if n := strings.Index(s[from:], end); n >= 0 {
		return from + n + len(end)
	}
	return len(s)
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
