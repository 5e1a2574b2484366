package pipeline

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"fanlake/load/checks"
)

// finding says in a sentence what a check found: whose rows, how many, and the
// values of one of them; of a day that differs from the summary, so, the
// creator, the day and both sums in cents.
func finding(c checks.Result, names map[string]string) string {
	text := c.Name + ": " + count(int(c.Failures), "row")
	if c.CreatorID != "" {
		text += " of creator " + cmp.Or(names[c.CreatorID], c.CreatorID)
	}
	if sample := describeRow(c.Sample); sample != "" {
		text += ", such as " + sample
	}
	return text
}

// describeRow writes the values of a row of JSON beside their names, in the
// row's order, without its creator.
func describeRow(text string) string {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return ""
	}
	var values []string
	for d.More() {
		name, err := d.Token()
		var value any
		if err != nil || d.Decode(&value) != nil {
			return ""
		}
		if name != "creator_id" && value != nil {
			values = append(values, fmt.Sprintf("%s %v", name, value))
		}
	}
	return strings.Join(values, ", ")
}
