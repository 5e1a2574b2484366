package report_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fanlake/load"
	"fanlake/load/query"
	"fanlake/load/report"
)

// write puts a report of the user's into a directory and reads it.
func write(t testing.TB, text string) report.Report {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine.sql"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := report.All(dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := report.Find(all, "mine")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// everyType has a parameter of each type, and returns what was bound and as what.
const everyType = `-- Mine.
-- parameters:
--   c: creator, default all. Creator.
--   d: date, default yesterday. Day.
--   m: month, default last month - 1. Month.
--   n: integer from 0, default 3. Number.
--   f: number, default 0.5. Ratio.
--   b: boolean, default true. Yes or no.
--   t: text, default none. Text.
--   o: one of x|y, default y. Choice.
SELECT $c AS c, CAST($d AS VARCHAR) || typeof($d) AS d, CAST($m AS VARCHAR) || typeof($m) AS m, CAST($n AS VARCHAR) || typeof($n) AS n,
    CAST($f AS VARCHAR) || typeof($f) AS f, CAST($b AS VARCHAR) || typeof($b) AS b, $t AS t, $o AS o;
`

func TestParametersAreBound(t *testing.T) {
	t.Parallel()
	r := write(t, everyType)
	for _, test := range []struct {
		file   string
		given  map[string]string
		want   string
		reason string
	}{
		{files(t).world, nil, ",2026-03-09DATE,2026-01-01DATE,3BIGINT,0.5DOUBLE,trueBOOLEAN,,y", "defaults count from the last run"},
		{files(t).empty, nil, ",,,3BIGINT,0.5DOUBLE,trueBOOLEAN,,y", "without a run there is no today"},
		{files(t).world, map[string]string{"c": "@Ava", "d": "2024-02-29", "m": "2026-12", "n": "0", "f": "-1e3", "b": "false", "t": "a'; DROP TABLE x; --$1 ${o}", "o": "x"},
			"11111111-1111-1111-1111-111111111111,2024-02-29DATE,2026-12-01DATE,0BIGINT,-1000.0DOUBLE,falseBOOLEAN,a'; DROP TABLE x; --$1 ${o},x", "values are no SQL"},
		{files(t).world, map[string]string{"c": "all", "t": ""}, `,2026-03-09DATE,2026-01-01DATE,3BIGINT,0.5DOUBLE,trueBOOLEAN,"",y`, "all are all, and an empty text is one"},
	} {
		got, err := ask(t, test.file, r, test.given)
		if want := "c,d,m,n,f,b,t,o\n" + test.want + "\n"; err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", test.reason, got, err, want)
		}
	}
}

// It is the creator's day that a default counts from: at 03:00 UTC on the 10th
// it is still the 9th in New York.
func TestTodayOfACreator(t *testing.T) {
	t.Parallel()
	r := write(t, "-- Mine.\n-- parameters:\n--   d: date, default today. Day.\n--   c: creator, default all. Creator.\nSELECT $d AS d, $c IS NULL AS n")
	for creator, want := range map[string]string{"all": "2026-03-10,true", "ava": "2026-03-10,false", "bea": "2026-03-09,false"} {
		got, err := ask(t, files(t).world, r, map[string]string{"c": creator})
		if err != nil || got != "d,n\n"+want+"\n" {
			t.Errorf("%s: got %q, %v, want %s", creator, got, err, want)
		}
	}
}

func TestWrongParameters(t *testing.T) {
	t.Parallel()
	mine := write(t, everyType)
	month := write(t, "-- Mine.\n-- parameters:\n--   to: month, default this month. Last.\n--   from: month, default last month - 1. First.\nSELECT $from AS a, $to AS b")
	days := write(t, "-- Mine.\n-- parameters:\n--   from: date, default today - 1. First.\n--   to: date, default today. Last.\nSELECT $from AS a, $to AS b")
	required := write(t, "-- Mine.\n-- parameters:\n--   day: date. Day.\nSELECT $day AS day")
	for _, test := range []struct {
		r           report.Report
		name, value string
		want        string
	}{
		{mine, "x", "1", "wrong parameter: the report mine has no parameter x: it has c, d, m, n, f, b, t, o"},
		{mine, "D", "1", "wrong parameter: the report mine has no parameter D: it has c, d, m, n, f, b, t, o"},
		{mine, "c", "eva", "wrong parameter c of mine: no such creator as eva: there are ava, bea"},
		{mine, "c", "", "wrong parameter c of mine: no such creator as : there are ava, bea"},
		{mine, "c", "\x1b[2J", `wrong parameter c of mine: no such creator as \x1b[2J: there are ava, bea`},
		{mine, "d", "2026-02-30", `wrong parameter d of mine: "2026-02-30": want a day such as 2026-10-31`},
		{mine, "d", "today", `wrong parameter d of mine: "today": want a day such as 2026-10-31`},
		{mine, "m", "2026-13", `wrong parameter m of mine: "2026-13": want a month such as 2026-10`},
		{mine, "m", "2026-01-01", `wrong parameter m of mine: "2026-01-01": want a month such as 2026-10`},
		{mine, "n", "-1", `wrong parameter n of mine: "-1": want a whole number from 0`},
		{mine, "n", "99999999999999999999", `wrong parameter n of mine: "99999999999999999999": want a whole number from 0`},
		{mine, "f", "NaN", `wrong parameter f of mine: "NaN": want a number such as 0.05`},
		{mine, "f", "-Inf", `wrong parameter f of mine: "-Inf": want a number such as 0.05`},
		{mine, "b", "yes", `wrong parameter b of mine: "yes": want true or false`},
		{mine, "o", "z", `wrong parameter o of mine: "z": want one of x, y`},
		{month, "to", "2025-01", "wrong parameter from of mine: 2026-01 is after to, 2025-01: nothing lies between; give both"},
		{days, "to", "2025-01-31", "wrong parameter from of mine: 2026-03-09 is after to, 2025-01-31: nothing lies between; give both"},
		{required, "", "", "wrong parameter day of mine: it has to be given: a day such as 2026-10-31"},
	} {
		values := map[string]string{test.name: test.value}
		if test.name == "" {
			values = nil
		}
		_, err := ask(t, files(t).world, test.r, values)
		if !errors.Is(err, report.ErrParameter) || err.Error() != test.want {
			t.Errorf("%s=%s: got %v, want %s", test.name, test.value, err, test.want)
		}
	}
	_, err := ask(t, files(t).empty, mine, map[string]string{"c": "ava"})
	if want := "wrong parameter c of mine: no such creator: the warehouse has none yet, run a sync first"; !errors.Is(err, report.ErrParameter) || err.Error() != want {
		t.Errorf("of an empty warehouse: got %v, want %s", err, want)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	all := library(t)
	for name, want := range map[string]string{
		"earnings_by_moth":          "no such report as earnings_by_moth; did you mean earnings_by_month?",
		"top-fan":                   "no such report as top-fan; did you mean top_fans?",
		"reversal":                  "no such report as reversal; did you mean reversal_rates or reversals?",
		"quite_another":             "no such report as quite_another; fanlake report lists them",
		"\x1b":                      `no such report as \x1b; fanlake report lists them`,
		strings.Repeat("a", 10_000): "no such report as " + strings.Repeat("a", 10_000) + "; fanlake report lists them",
	} {
		_, err := report.Find(all, name)
		if !errors.Is(err, report.ErrUnknown) || !strings.HasPrefix(err.Error(), strings.TrimSuffix(want, "?")) {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
}

// A directory of the user's: what cannot be used is named with file and line,
// and keeps nothing else from working.
func TestDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const body = "\nSELECT 1 AS one\n"
	for name, text := range map[string]string{
		"good.sql":       "-- A good one." + body,
		"notes.txt":      "no report",
		".hidden.sql":    "no report",
		"earnings.sql":   "-- The name is taken." + body,
		"top_fans.sql":   "-- The name is taken." + body,
		"Upper Case.sql": "-- The name is none." + body,
		"no_header.sql":  "SELECT 1",
		"no_type.sql":    "-- A.\n-- parameters:\n--   a: string, default x. A text." + body,
		"no_meaning.sql": "-- A.\n-- parameters:\n--   a: text, default x." + body,
		"no_default.sql": "-- A.\n-- parameters:\n--   a: date, default Monday. Day." + body,
		"twice.sql":      "-- A.\n-- parameters:\n--   a: text, default x. A.\n--   a: text, default x. A.\nSELECT $a",
		"undeclared.sql": "-- A.\n-- columns:\n--   one: One.\nSELECT '$a' AS a, -- $b\n    $$ $c $$ AS c,\n    $d AS d",
		"not_read.sql":   "-- A.\n-- parameters:\n--   a: text, default x. A." + body,
		"too_long.sql":   "-- A." + body + strings.Repeat(" ", 1<<20),
		"deep.sql/x.sql": "-- Below a directory." + body,
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := report.All(dir)
	if !errors.Is(err, report.ErrFile) {
		t.Fatalf("got %v, want ErrFile", err)
	}
	got := strings.Split(strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), ""), "\n")
	const cannot = "the report cannot be used: "
	want := []string{
		cannot + "Upper Case.sql: the name of the file is the report's: want lower-case letters, digits and _ before .sql",
		cannot + "earnings.sql: earnings is the name of a report of fanlake: give the file another one",
		cannot + `no_default.sql:3: parameter a: its default: "Monday": want a day such as 2026-10-31`,
		cannot + "no_header.sql:1: want a comment that says what the file is, and one statement",
		cannot + "no_meaning.sql:3: parameter a: what it means is missing behind the full stop",
		cannot + `no_type.sql:3: parameter a: the type "string" is none: want creator, date, month, integer, number, boolean, text or one of a|b, then a comma and default VALUE, then a full stop`,
		cannot + "not_read.sql:1: the statement does not read the parameter $a",
		cannot + "too_long.sql: it is longer than 1048576 bytes",
		cannot + "top_fans.sql: top_fans is the name of a report of fanlake: give the file another one",
		cannot + "twice.sql:4: parameter a: it stands twice",
		cannot + "undeclared.sql:6: $d is no parameter of the header",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if n := len(library(t)); len(all) != n+1 || !slices.ContainsFunc(all, func(r report.Report) bool { return r.Name == "good" && r.File == filepath.Join(dir, "good.sql") }) {
		t.Errorf("got %d reports, want %d and good", len(all), n)
	}
	if _, err := report.All(filepath.Join(dir, "nowhere")); !errors.Is(err, report.ErrFile) || !strings.Contains(err.Error(), "reports_dir: open ") {
		t.Errorf("a directory that is not there: %v", err)
	}
}

// What a report of the user's may do is what a query may.
func TestOwnReportsAreBounded(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"SELECT *\nFROM read_text('/etc/passwd')": "mine.sql: Permission Error: ",
		"COPY (SELECT 1) TO '/tmp/x.csv'":         "mine.sql: Permission Error: ",
		"DELETE FROM mart.fct_earnings":           "only one reading statement can be run",
		"SELECT 1; SELECT 2":                      "only one reading statement can be run",
		"SELECT *\nFROM mart.nothing":             "LINE 3: FROM mart.nothing",
		"SET enable_external_access = true":       "only one reading statement can be run",
		"ATTACH '/tmp/x.duckdb'":                  "only one reading statement can be run",
		"SELECT count(*) FROM range(100000) a, range(100000) b, range(100000) c WHERE a.range + b.range + c.range = 1": "did not end",
	} {
		r := write(t, "-- Mine.\n"+body+";\n")
		p, err := load.OpenPublished(t.Context(), files(t).world, query.Options{Threads: 1, MemoryLimit: "200MB", Timeout: 2e8})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := r.Run(t.Context(), p, nil)
		if err == nil {
			_, err = rows.Next()
			rows.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", body, err, want)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}

// The example of the reference is a report that can be used.
func TestOwnExample(t *testing.T) {
	t.Parallel()
	_, body, _ := strings.Cut(text(t, "testdata/own.md"), "```sql\n")
	body, _, found := strings.Cut(body, "```")
	if !found {
		t.Fatal("own.md has no example")
	}
	// e7 on Thursday, 12 February; e12 on Saturday, 31 January in New York.
	got, err := ask(t, files(t).world, write(t, body), nil)
	if want := "day,gross_cents\n4,20000\n6,1000\n"; err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}
