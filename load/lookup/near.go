package lookup

import (
	"cmp"
	"slices"
	"strings"
)

// Near returns up to three of names that are like the one that was typed, the
// nearest first.
func Near(names []string, typed string) []string {
	typed = plain(typed)
	if len(typed) > 100 {
		return nil
	}
	type candidate struct {
		name string
		far  int
	}
	var near []candidate
	for _, name := range names {
		known := plain(name)
		far := distance(known, typed)
		if len(typed) >= 3 && (strings.Contains(known, typed) || strings.Contains(typed, known)) {
			far = min(far, 1)
		}
		if far <= max(2, len(typed)/3) {
			near = append(near, candidate{name, far})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return cmp.Compare(a.far, b.far) })
	var found []string
	for _, c := range near[:min(3, len(near))] {
		found = append(found, c.name)
	}
	return found
}

// plain is a name without what people mistake: case, and which line joins words.
func plain(name string) string { return strings.ReplaceAll(strings.ToLower(name), "-", "_") }

// distance is how many bytes must be inserted, deleted or replaced to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost = 1 + min(before, row[j], row[j+1])
			}
			before, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
