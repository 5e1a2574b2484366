package statement

import (
	"database/sql"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"

	"fanlake/load/statement/document"
	"fanlake/load/statement/record"
	sqlfiles "fanlake/sql"
	"fanlake/transform/tables"
)

const (
	ava = "11111111-1111-1111-1111-111111111111"
	bea = "22222222-2222-2222-2222-222222222222"
)

// The world of these tests: ava in London and bea in New York, read from the
// start of 2026 to the tenth of March; cleo with a handle that bites.
const world = `
INSERT INTO cfg.creators (handle, reporting_timezone) VALUES ('ava', 'Europe/London'), ('bea', 'America/New_York'), ('=cleo' || chr(27) || '[2J', 'Pacific/Kiritimati');
INSERT INTO fanvue.creators (creator_id, handle, registered_at) VALUES
	('11111111-1111-1111-1111-111111111111', 'ava', NULL), ('22222222-2222-2222-2222-222222222222', 'bea', TIMESTAMP '2026-01-20'),
	('33333333-3333-3333-3333-333333333333', '=cleo' || chr(27) || '[2J', NULL);
INSERT INTO meta.runs (run_id, run_seq, finished_at, server_time) VALUES
	('r1', 1, TIMESTAMP '2026-03-09 06:10:00', TIMESTAMP '2026-03-09 06:10:00'), ('r2', 2, NULL, NULL);
INSERT INTO meta.coverage (stream, creator_id, window_start, window_end) VALUES
	('earnings', '11111111-1111-1111-1111-111111111111', TIMESTAMP '2025-12-01', TIMESTAMP '2026-03-09 05:55:00'),
	('messages', '33333333-3333-3333-3333-333333333333', TIMESTAMP '2025-12-01', TIMESTAMP '2026-03-09 05:55:00'),
	('earnings', '22222222-2222-2222-2222-222222222222', TIMESTAMP '2026-01-20', TIMESTAMP '2026-02-10'),
	('earnings', '22222222-2222-2222-2222-222222222222', TIMESTAMP '2026-02-11', TIMESTAMP '2026-03-09 05:55:00');
INSERT INTO fanvue.earnings (earning_id, creator_id, earned_at, source, gross_cents, net_cents, transaction_order_id, reversed_transaction_order_id, transaction_order_status, fan_id)
SELECT CAST(md5(id) AS UUID), CAST(creator AS UUID), CAST(earned_at AS TIMESTAMP), source, gross, net, ord, rev, CASE WHEN pending THEN 'pendingBalance' ELSE 'availableForPayout' END, fan
FROM (VALUES
	('e1', '11111111-1111-1111-1111-111111111111', '2026-01-05 10:00', 'subscription', 1000, 800, 'o1', NULL, false, 'f1'),
	('e2', '11111111-1111-1111-1111-111111111111', '2026-01-20 10:00', 'subscription', 1000, 800, 'o2', NULL, false, 'f2'),
	('e3', '11111111-1111-1111-1111-111111111111', '2026-01-31 23:30', 'message', 5000, 4000, 'o3', NULL, false, 'f1'),
	('e4', '11111111-1111-1111-1111-111111111111', '2026-02-05 10:00', 'renewal', 1000, 800, 'o4', NULL, false, 'f1'),
	('e5', '11111111-1111-1111-1111-111111111111', '2026-02-10 09:00', 'refund', -5000, -4000, 'o5', 'o3', false, 'f1'),
	('e6', '11111111-1111-1111-1111-111111111111', '2026-02-11 09:00', 'referral', 500, 500, 'o6', NULL, false, NULL),
	('e7', '11111111-1111-1111-1111-111111111111', '2026-02-12 09:00', 'tip', 20000, 16000, 'o7', NULL, true, 'f3'),
	('e8', '11111111-1111-1111-1111-111111111111', '2026-02-13 09:00', 'chargeback', -1500, -1200, 'o8', 'o-unknown', true, NULL),
	('e9', '11111111-1111-1111-1111-111111111111', '2026-02-14 09:00', 'subscription', 1000, 800, 'o9', NULL, true, 'f4'),
	('e10', '11111111-1111-1111-1111-111111111111', '2026-03-05 10:00', 'renewal', 1000, 800, 'o10', NULL, true, 'f1'),
	('e12', '22222222-2222-2222-2222-222222222222', '2026-02-01 03:00', 'tip', 1000, 850, 'o1', NULL, false, 'f1'),
	('e14', '33333333-3333-3333-3333-333333333333', '2026-01-31 10:00', '=evil' || chr(27) || ']0;x', 1, 1, NULL, NULL, false, 'f1')
) v(id, creator, earned_at, source, gross, net, ord, rev, pending, fan);
`

// published writes a warehouse with the marts that statements read.
func published(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "warehouse.duckdb")
	db, err := sql.Open("duckdb", path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1) // temp.touched belongs to a connection
	exec := func(query string) {
		if _, err := db.ExecContext(t.Context(), query); err != nil {
			t.Fatalf("%.80s: %v", query, err)
		}
	}
	file := func(name string) string {
		text, err := fs.ReadFile(sqlfiles.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for _, name := range []string{"load", "meta", "cfg", "fanvue"} {
		exec(file("tables/" + name + ".sql"))
	}
	for _, table := range tables.All[:4] {
		var columns []string
		for _, c := range table.Columns {
			kind := map[tables.Type]string{tables.Fan: "VARCHAR", tables.Int: "BIGINT"}[c.Type]
			if kind == "" {
				kind = string(c.Type)
			}
			columns = append(columns, c.Name+" "+kind)
		}
		exec(fmt.Sprintf("CREATE TABLE fanvue.%s (%s, removed_at TIMESTAMP)", table.Name, strings.Join(columns, ", ")))
	}
	exec(`CREATE TABLE fanvue.subscribers_history (creator_id UUID, fan_id VARCHAR, valid_from TIMESTAMP, valid_to TIMESTAMP)`)
	exec(script)
	exec(`CREATE SCHEMA mart; CREATE TEMP TABLE touched (creator_id UUID, month DATE);
		SET VARIABLE touched_from = TIMESTAMP '2000-01-01'; SET VARIABLE touched_to = TIMESTAMP '2100-01-01';`)
	for _, mart := range []string{"dim_creators", "dim_earning_source", "dim_utc_offsets"} {
		exec("CREATE TABLE mart." + mart + " AS " + file("marts/"+mart+".sql"))
	}
	exec(file("build/touched_all.sql"))
	for _, mart := range []string{"fct_earnings", "agg_creator_month", "agg_creator_month_source"} {
		exec("CREATE TABLE mart." + mart + " AS " + file("marts/"+mart+".sql"))
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func firstOf(text string) time.Time {
	m, err := time.Parse("2006-01", text)
	if err != nil {
		return time.Time{}
	}
	return m
}

// options are those of a test's own account directory.
func options(t *testing.T, warehouse string) Options {
	t.Helper()
	return Options{Warehouse: warehouse, Account: t.TempDir(), Owner: "the agency", ToolVersion: "1.2.3"}
}

func earnings(t *testing.T, o Options, creator, of string) *Statement {
	t.Helper()
	s, err := Earnings(t.Context(), o, Params{Creator: creator, Month: firstOf(of)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func keep(t *testing.T, o Options, s *Statement) record.Version {
	t.Helper()
	v, err := Keep(o, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// cell prints a cell as people see it.
func cell(s *Statement, section, row, column string) string {
	c := s.Document.Section(section).Cell(row, column)
	if !c.Known() {
		return document.Absent
	}
	return c.Print()
}

func TestStartOfDay(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ zone, day, want string }{
		{"Europe/London", "2026-07-01", "2026-06-30T23:00:00Z"},
		{"Europe/London", "2026-01-01", "2026-01-01T00:00:00Z"},
		{"America/New_York", "2026-11-01", "2026-11-01T04:00:00Z"}, // the clock goes back later that day
		{"America/New_York", "2026-12-01", "2026-12-01T05:00:00Z"},
		{"Pacific/Kiritimati", "2026-02-01", "2026-01-31T10:00:00Z"},
		{"Pacific/Pago_Pago", "2026-02-01", "2026-02-01T11:00:00Z"},
		{"Asia/Beirut", "2026-03-29", "2026-03-28T22:00:00Z"},         // no midnight: 00:00 is 01:00
		{"Africa/Cairo", "2026-05-01", "2026-04-30T21:00:00Z"},        // the clock went forward a week before
		{"America/Asuncion", "2017-10-01", "2017-10-01T04:00:00Z"},    // no midnight on the first of the month
		{"Australia/Lord_Howe", "2026-05-01", "2026-04-30T13:30:00Z"}, // half an hour of summer time
	} {
		loc, err := time.LoadLocation(test.zone)
		if err != nil {
			t.Fatal(err)
		}
		day, err := time.Parse(time.DateOnly, test.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := startOfDay(loc, day.Year(), day.Month(), day.Day()).Format(time.RFC3339); got != test.want {
			t.Errorf("%s in %s: got %s, want %s", test.day, test.zone, got, test.want)
		}
	}
}
