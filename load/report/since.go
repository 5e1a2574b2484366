package report

import (
	"context"
	"io/fs"
	"regexp"
	"strings"
	"time"

	"fanlake/load"
	"fanlake/load/query"
	"fanlake/load/runs"
	sqlfiles "fanlake/sql"
)

// RunsSince counts those of an account's runs that a report misses because they
// ended without anything to publish: behind the newest published one, where the
// report is about runs, or where its "today" would be another day. given is that
// of [Report.Run].
func (r Report) RunsSince(ctx context.Context, file *load.Published, given map[string]string, records []runs.Run) (n int, err error) {
	aboutRuns := strings.Contains(r.text, "meta.runs")
	if !aboutRuns && !r.countsFromToday(given) {
		return 0, nil
	}
	var seq int64
	var published time.Time
	var zone string
	err = file.Each(ctx, "parameters/published", func(rows *query.Rows) (bool, error) {
		_, err := rows.Scan(&seq, &published, &zone)
		return false, err
	})
	if err != nil || published.IsZero() {
		return 0, err
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return 0, err
	}
	moved := false
	for _, run := range records {
		if run.Seq > seq {
			n++
			moved = moved || run.ServerTime.After(published) && run.ServerTime.In(location).Format(time.DateOnly) != published.In(location).Format(time.DateOnly)
		}
	}
	if !aboutRuns && !moved {
		return 0, nil
	}
	return n, nil
}

// countsFromToday reports whether a default that counts from today is taken, or
// a mart is read that does.
func (r Report) countsFromToday(given map[string]string) bool {
	for _, p := range r.Parameters {
		_, isGiven := given[p.Name]
		if !isGiven && p.Default != nil && (p.Type == "date" || p.Type == "month") {
			if v, err := p.defaultValue(today{}); err == nil && v == (*time.Time)(nil) && *p.Default != "none" {
				return true // without a run it has no value
			}
		}
	}
	return readsToday(r.text, map[string]bool{})
}

var martName = regexp.MustCompile(`mart\.([a-z_]+)`)

// readsToday reports whether a statement reads the mart of today, be it through
// other marts. seen are those that were looked into.
func readsToday(text string, seen map[string]bool) bool {
	for _, m := range martName.FindAllStringSubmatch(text, -1) {
		name := m[1]
		if name == "dim_today" {
			return true
		}
		if seen[name] {
			continue
		}
		seen[name] = true
		below, err := fs.ReadFile(sqlfiles.FS, "marts/"+name+".sql")
		if err == nil && readsToday(string(below), seen) { // no file: none of ours
			return true
		}
	}
	return false
}
