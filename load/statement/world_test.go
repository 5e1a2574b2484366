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
	ava  = "11111111-1111-1111-1111-111111111111"
	bea  = "22222222-2222-2222-2222-222222222222"
	cleo = "33333333-3333-3333-3333-333333333333"
	dee  = "44444444-4444-4444-4444-444444444444"
	kiri = "55555555-5555-5555-5555-555555555555"
	pago = "66666666-6666-6666-6666-666666666666"
)

// The world of these tests: ava in London and bea in New York, read up to the
// tenth of March 2026, bea with a hole on the tenth of February; cleo with a
// handle that bites, of whom nothing was read; dee, who earned nothing; kiri and
// pago at the two edges of the day.
const world = `
INSERT INTO cfg.creators (handle, reporting_timezone) VALUES ('ava', 'Europe/London'), ('bea', 'America/New_York'), ('=cleo' || chr(27) || '[2j', 'Pacific/Kiritimati'),
	('dee', 'Asia/Kathmandu'), ('kiri', 'Pacific/Kiritimati'), ('pago', 'Pacific/Pago_Pago');
INSERT INTO fanvue.creators (creator_id, handle, registered_at) VALUES
	('` + ava + `', 'ava', NULL), ('` + bea + `', 'bea', TIMESTAMP '2026-01-20'), ('` + cleo + `', '=cleo' || chr(27) || '[2J', NULL),
	('` + dee + `', 'dee', NULL), ('` + kiri + `', 'kiri', NULL), ('` + pago + `', 'pago', NULL);
INSERT INTO meta.runs (run_id, run_seq, finished_at, server_time, api_version) VALUES
	('r1', 1, TIMESTAMP '2026-03-09 06:10:00', TIMESTAMP '2026-03-09 06:10:00', '2025-06-26'), ('r2', 2, NULL, NULL, NULL);
INSERT INTO meta.coverage (stream, creator_id, window_start, window_end)
SELECT stream, CAST(creator AS UUID), CAST(f AS TIMESTAMP), CAST(t AS TIMESTAMP) FROM (VALUES
	('earnings', '` + ava + `', '2025-12-01', '2026-03-09 05:55:00'), ('messages', '` + cleo + `', '2025-12-01', '2026-03-09 05:55:00'),
	('earnings', '` + bea + `', '2026-01-20', '2026-02-10'), ('earnings', '` + bea + `', '2026-02-11', '2026-03-09 05:55:00'),
	('earnings', '` + dee + `', '2025-12-01', '2026-03-09 05:55:00'), ('earnings', '` + kiri + `', '2025-12-01', '2026-03-09 05:55:00'),
	('earnings', '` + pago + `', '2025-12-01', '2026-03-09 05:55:00')) v(stream, creator, f, t);
` + `INSERT INTO fanvue.earnings (earning_id, creator_id, earned_at, source, gross_cents, net_cents, transaction_order_id, reversed_transaction_order_id, transaction_order_status, fan_id)
SELECT CAST(md5(id) AS UUID), CAST(creator AS UUID), CAST(earned_at AS TIMESTAMP), source, gross, net, ord, rev, CASE WHEN pending THEN 'pendingBalance' ELSE 'availableForPayout' END, fan
FROM (VALUES
	('e1', '` + ava + `', '2026-01-05 10:00', 'subscription', 1000, 800, 'o1', NULL, false, 'f1'),
	('e2', '` + ava + `', '2026-01-20 10:00', 'subscription', 1000, 800, 'o2', NULL, false, 'f2'),
	('e3', '` + ava + `', '2026-01-31 23:30', 'message', 5000, 4000, 'o3', NULL, false, 'f1'),
	('e4', '` + ava + `', '2026-02-05 10:00', 'renewal', 1000, 800, 'o4', NULL, false, 'f1'),
	('e5', '` + ava + `', '2026-02-10 09:00', 'refund', -5000, -4000, 'o5', 'o3', false, 'f1'),
	('e6', '` + ava + `', '2026-02-11 09:00', 'referral', 500, 500, 'o6', NULL, false, NULL),
	('e7', '` + ava + `', '2026-02-12 09:00', 'tip', 20000, 16000, 'o7', NULL, true, 'f3'),
	('e8', '` + ava + `', '2026-02-13 09:00', 'chargeback', -1500, -1200, 'o8', 'o-unknown', true, NULL),
	('e9', '` + ava + `', '2026-02-14 09:00', 'subscription', 1000, 800, 'o9', NULL, true, 'f4'),
	('e10', '` + ava + `', '2026-03-05 10:00', 'renewal', 1000, 800, 'o10', NULL, true, 'f1'),
	('e12', '` + bea + `', '2026-02-01 03:00', 'tip', 1000, 850, 'o1', NULL, false, 'f1'),
	('e14', '` + cleo + `', '2026-01-31 10:00', '=evil' || chr(27) || ']0;x', 1, 1, NULL, NULL, false, 'f1')
) v(id, creator, earned_at, source, gross, net, ord, rev, pending, fan);
`

// A warehouse is a file with the marts that statements read, made by the
// project's own SQL.
type warehouse struct {
	t    *testing.T
	db   *sql.DB
	path string
}

func file(t *testing.T, name string) string {
	t.Helper()
	text, err := fs.ReadFile(sqlfiles.FS, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (w *warehouse) exec(query string, args ...any) {
	w.t.Helper()
	if _, err := w.db.ExecContext(w.t.Context(), query, args...); err != nil {
		w.t.Fatalf("%.120s: %v", query, err)
	}
}

// open opens the file for another change.
func (w *warehouse) open() {
	db, err := sql.Open("duckdb", w.path)
	if err != nil {
		w.t.Fatal(err)
	}
	w.db = db
	db.SetMaxOpenConns(1) // temp.touched belongs to a connection
}

// change runs a script and builds the marts again.
func (w *warehouse) change(script string) {
	w.t.Helper()
	w.open()
	w.exec(script)
	w.exec(`DROP SCHEMA IF EXISTS mart CASCADE; CREATE SCHEMA mart; CREATE TEMP TABLE touched (creator_id UUID, month DATE);
		SET VARIABLE touched_from = TIMESTAMP '2000-01-01'; SET VARIABLE touched_to = TIMESTAMP '2100-01-01';`)
	for _, mart := range []string{"dim_creators", "dim_earning_source", "dim_utc_offsets"} {
		w.exec("CREATE TABLE mart." + mart + " AS " + file(w.t, "marts/"+mart+".sql"))
	}
	w.exec(file(w.t, "build/touched_all.sql"))
	for _, mart := range []string{"fct_earnings", "agg_creator_day", "agg_creator_month", "agg_creator_month_source"} {
		w.exec("CREATE TABLE mart." + mart + " AS " + file(w.t, "marts/"+mart+".sql"))
	}
	for _, mart := range []string{"dim_today", "fct_statement_lines", "rpt_prior_period_adjustments"} {
		w.exec("CREATE VIEW mart." + mart + " AS " + file(w.t, "marts/"+mart+".sql"))
	}
	if err := w.db.Close(); err != nil {
		w.t.Fatal(err)
	}
}

// newWarehouse makes a warehouse whose content a script inserts.
func newWarehouse(t *testing.T, script string) *warehouse {
	t.Helper()
	w := &warehouse{t: t, path: filepath.Join(t.TempDir(), "warehouse.duckdb")}
	w.open()
	for _, name := range []string{"load", "meta", "cfg", "fanvue", "statements"} {
		w.exec(file(t, "tables/"+name+".sql"))
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
		w.exec(fmt.Sprintf("CREATE TABLE fanvue.%s (%s, removed_at TIMESTAMP)", table.Name, strings.Join(columns, ", ")))
	}
	w.exec("CREATE TABLE fanvue.subscribers_history (creator_id UUID, fan_id VARCHAR, valid_from TIMESTAMP, valid_to TIMESTAMP)")
	if err := w.db.Close(); err != nil {
		t.Fatal(err)
	}
	w.change(script)
	return w
}

func firstOf(text string) time.Time {
	m, err := time.Parse("2006-01", text)
	if err != nil {
		return time.Time{}
	}
	return m
}

// options are those of a test's own account directory.
func options(t *testing.T, w *warehouse) Options {
	t.Helper()
	return Options{Warehouse: w.path, Account: t.TempDir(), Owner: "the agency", ToolVersion: "1.2.3"}
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
	table := s.Document.Section(section)
	if table == nil {
		return "no section " + section
	}
	c := table.Cell(row, column)
	if !c.Known() {
		return document.Absent
	}
	return c.Print()
}
