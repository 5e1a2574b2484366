// Package checks says whether what stands in a warehouse is what should: each
// file of sql/checks returns the rows that should not be. [Run] runs them all and
// replaces meta.checks by what they found; [Blocked] says whether a fault of this
// program is among it.
//
// Its tests stand with package marts, whose figures most checks compare.
package checks

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	sqlfiles "fanlake/sql"
	"fanlake/transform/tables"
)

// Severities of checks.
const (
	Blocking = "blocking" // only a fault of this program can fail it: what is applied is rolled back
	Data     = "data"     // about the data: published, reported, and in the exit status
)

// A Result says how a check came out for one creator, or, without failing
// rows, for all.
type Result struct {
	Name      string `json:"name"`       // of the file in sql/checks, with the table where it runs for each
	Title     string `json:"-"`          // what should hold
	Severity  string `json:"severity"`   // Blocking or Data
	CreatorID string `json:"creator_id"` // empty where the failing rows have none
	Failures  int64  `json:"failures"`   // failing rows
	Sample    string `json:"sample"`     // one of them, as JSON
}

// A check is a file of sql/checks: a SELECT of the rows that should not be,
// with creator_id as a column. Its header has the severity; with "table" the one
// table of the schema fanvue that it depends on; with "each: table" it runs once
// for every table of the schema fanvue, whose names are put in the place of
// ${table}, ${key}, ${key_pack}, ${identity} and ${required_is_null}, and the run
// sequence since which its rows are unchecked in that of ${since}.
type check struct {
	name, title, severity, query string
	table                        string // of the schema fanvue: unless it changed, the check has nothing new to see; empty for a check of more than one
}

// read returns the checks of sql/checks, by name.
func read() ([]check, error) {
	files, err := sqlfiles.Folder("checks")
	if err != nil {
		return nil, err
	}
	var checks []check
	for _, f := range files {
		c := check{name: f.Name, title: f.Title, severity: f.Fields["severity"], query: f.Body, table: f.Fields["table"]}
		if !slices.Contains([]string{Blocking, Data}, c.severity) {
			return nil, fmt.Errorf("check %s: severity is %q, want %s or %s", c.name, c.severity, Blocking, Data)
		}
		switch f.Fields["each"] {
		case "":
			checks = append(checks, c)
		case "table":
			checks = append(checks, c.eachTable()...)
		default:
			return nil, fmt.Errorf("check %s: each is %q, want table", c.name, f.Fields["each"])
		}
	}
	return checks, nil
}

// eachTable writes the check for every table of the schema fanvue.
func (c check) eachTable() []check {
	var checks []check
	for _, t := range tables.All {
		if t.Fold == tables.None || t.Fold == tables.People {
			continue
		}
		var pack, required []string
		for _, k := range t.Key {
			pack = append(pack, k+" := "+k)
		}
		for _, col := range t.Columns {
			if col.Required || slices.Contains(t.Key, col.Name) {
				required = append(required, col.Name+" IS NULL")
			}
		}
		identity := t.Key
		if t.Fold == tables.Earnings { // whose id is made of the time, among others: it prunes
			identity = append(slices.Clone(identity), t.Time)
		}
		names := strings.NewReplacer(
			"${table}", t.Name,
			"${identity}", strings.Join(identity, ", "),
			"${key}", strings.Join(t.Key, ", "),
			"${key_pack}", strings.Join(pack, ", "),
			"${required_is_null}", strings.Join(required, " OR "),
		)
		checks = append(checks, check{c.name + ":" + t.Name, c.title, c.severity, names.Replace(c.query), t.Name})
	}
	return checks
}

// Run runs every check and replaces meta.checks by what they found: one
// row per check without failures, and one per creator for the others. Results
// come ordered by check and creator. Whether a blocking failure undoes the
// transaction is up to the caller, see [Blocked].
//
// since has the run sequence from which on rows of a table were not checked
// before, so that unique keys cost what the delta costs; a table that is not in
// it was checked whole and has not changed. nil means that nothing was checked.
//
// more are results of what was checked elsewhere, and come last.
func Run(ctx context.Context, conn *sql.Conn, since map[string]int64, more ...Result) ([]Result, error) {
	checks, err := read()
	if err != nil {
		return nil, err
	}
	var results []Result
	for _, c := range checks {
		seq, changed := since[c.table]
		if c.table != "" && since != nil && !changed {
			results = append(results, Result{Name: c.name, Title: c.title, Severity: c.severity})
			continue
		}
		c.query = strings.ReplaceAll(c.query, "${since}", strconv.FormatInt(seq, 10))
		found, err := c.run(ctx, conn)
		if err != nil {
			return nil, fmt.Errorf("check %s: %w", c.name, err)
		}
		results = append(results, found...)
	}
	results = append(results, more...)
	record, err := sqlfiles.Text("build/check_record")
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, "DELETE FROM meta.checks"); err != nil {
		return nil, err
	}
	text, err := json.Marshal(results)
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, record, string(text)); err != nil {
		return nil, fmt.Errorf("build/check_record: %w", err)
	}
	return results, nil
}

// run returns what the check found, at least one result.
func (c check) run(ctx context.Context, conn *sql.Conn) ([]Result, error) {
	wrapper, err := sqlfiles.Text("build/check_results")
	if err != nil {
		return nil, err
	}
	rows, err := conn.QueryContext(ctx, strings.Replace(wrapper, "FROM (${check})", "FROM (\n"+c.query+"\n)", 1))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []Result
	for rows.Next() {
		r := Result{Name: c.name, Title: c.title, Severity: c.severity}
		var creator, sample sql.NullString
		if err := rows.Scan(&creator, &r.Failures, &sample); err != nil {
			return nil, err
		}
		r.CreatorID, r.Sample = creator.String, sample.String
		found = append(found, r)
	}
	if len(found) == 0 {
		found = []Result{{Name: c.name, Title: c.title, Severity: c.severity}}
	}
	return found, rows.Err()
}

// ErrBlocked says that a blocking check failed.
var ErrBlocked = errors.New("a blocking check failed")

// Blocked returns an error that wraps [ErrBlocked] and names the
// blocking checks that failed, or nil.
func Blocked(results []Result) error {
	var failed []string
	for _, r := range results {
		if r.Severity == Blocking && r.Failures > 0 {
			failed = append(failed, fmt.Sprintf("%s: %d rows, such as %s", r.Name, r.Failures, r.Sample))
		}
	}
	if failed == nil {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrBlocked, strings.Join(failed, "; "))
}
