package statement

import (
	"bytes"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"
	"github.com/google/go-cmp/cmp"

	"fanlake/load"
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
	for _, table := range tables.All[:3] {
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
	exec(script)
	exec(`CREATE SCHEMA mart; CREATE TEMP TABLE touched (creator_id UUID, month DATE);
		SET VARIABLE touched_from = TIMESTAMP '2000-01-01'; SET VARIABLE touched_to = TIMESTAMP '2100-01-01';`)
	for _, mart := range []string{"dim_creators", "dim_earning_source", "dim_utc_offsets"} {
		exec("CREATE TABLE mart." + mart + " AS " + file("marts/"+mart+".sql"))
	}
	exec(file("build/touched_all.sql"))
	for _, mart := range []string{"fct_earnings", "agg_creator_month"} {
		exec("CREATE TABLE mart." + mart + " AS " + file("marts/"+mart+".sql"))
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func month(text string) time.Time {
	m, err := time.Parse("2006-01", text)
	if err != nil {
		return time.Time{}
	}
	return m
}

func earnings(t *testing.T, path, creator, of string) Statement {
	t.Helper()
	s, err := Earnings(t.Context(), path, Params{Creator: creator, Month: month(of)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const avaFebruary = `EARNINGS STATEMENT   AVA-2026-02   PROVISIONAL (rows with a pending balance: 3)
Creator   ava (@ava)  id 11111111-1111-1111-1111-111111111111
Period    2026-02-01 00:00 → 2026-03-01 00:00  Europe/London  (UTC 2026-02-01T00:00Z → 2026-03-01T00:00Z)
Currency  USD (as reported by the platform; fan currencies already converted)
Basis     Transactions by payment date; refunds and chargebacks in the month they occurred
As of     2026-03-09 06:10 UTC, the last run (r1)
Pending   156.00
------------------------------------------------------------------------------------------
1 SUMMARY                                This month   Prev month   Change  Same month LY
  Gross sales                                220.00        70.00   +214 %              —
  Refunds                                    -50.00         0.00                       —
  Chargebacks                                -15.00         0.00                       —
  NET SALES                                  155.00        70.00   +121 %              —
  Platform fees (gross - net)                -31.00       -14.00                       —
  Referral / affiliate / giveaway              5.00         0.00                       —
  NET EARNINGS                               129.00        56.00   +130 %              —
------------------------------------------------------------------------------------------
2 BY SOURCE                     count       gross  refunds/cb        fees         net
  Tips                              1      200.00        0.00      -40.00      160.00
  Renewals                          1       10.00        0.00       -2.00        8.00
  New subscriptions                 1       10.00        0.00       -2.00        8.00
  Paid messages                     0        0.00      -50.00       10.00      -40.00
  Reversals of unknown sales        0        0.00      -15.00        3.00      -12.00
  SALES                             3      220.00      -65.00      -31.00      124.00
  Referral rewards                  1        5.00        0.00        0.00        5.00
  REWARDS                           1        5.00        0.00        0.00        5.00
  ALL                               4      225.00      -65.00      -31.00      129.00
------------------------------------------------------------------------------------------
Note: Not a tax document, and not issued by the platform.
Note: Gross is the creator's price; the platform fee is gross less net of each row, never a rate.
Note: Rewards are referrals, affiliate commission and giveaways: no fan paid them.
Private to the key owner; not for resale or redistribution.
`

func TestText(t *testing.T) {
	t.Parallel()
	s := earnings(t, published(t, world), "@AVA", "2026-02")
	var out bytes.Buffer
	if err := s.Text(&out); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(avaFebruary, out.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestCSV(t *testing.T) {
	t.Parallel()
	path := published(t, world)
	var out bytes.Buffer
	if err := earnings(t, path, ava, "2026-02").CSV(&out); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, r := range records[1:] {
		got[r[10]+"/"+r[11]+"/"+r[13]] = r[14] + " " + r[15] + " " + r[16]
		if r[0] != ava || r[2] != "2026-02" || r[5] != "Europe/London" || r[6] != "USD" || r[9] != "r1" || r[17] != Notice {
			t.Errorf("a row does not say whose and of when it is: %q", r)
		}
	}
	for at, want := range map[string]string{
		"summary/gross_sales/this_month":            "220.00 22000 ",
		"summary/refunds/this_month":                "-50.00 -5000 ",
		"summary/net_earnings/previous_month":       "56.00 5600 ",
		"summary/net_earnings/same_month_last_year": "  ",
		"by_source/tip/gross":                       "200.00 20000 1",
		"by_source/unattributed/reversed_gross":     "-15.00 -1500 1",
		"by_source/total_all/net":                   "129.00 12900 ",
		"balance/pending/this_month":                "156.00 15600 ",
	} {
		if got[at] != want {
			t.Errorf("%s: got %q, want %q", at, got[at], want)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := earnings(t, published(t, world), "ava", "2026-02").JSON(&out); err != nil {
		t.Fatal(err)
	}
	var got struct {
		State   string
		Pending int64 `json:"pending_cents"`
		Summary []struct {
			Name     string
			This     *int64 `json:"this_month_cents"`
			LastYear *int64 `json:"same_month_last_year_cents"`
			Change   *int64 `json:"change_bps"`
		}
		Notice string
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	last := got.Summary[len(got.Summary)-1]
	// (12900 - 5600) / 5600 is 130.357 %.
	if got.State != "provisional" || got.Pending != 15600 || got.Notice != Notice || last.Name != "net_earnings" || *last.This != 12900 || *last.Change != 13036 || last.LastYear != nil {
		t.Errorf("got %+v, last line %+v", got, last)
	}
}

// Sales without their reversals are no month that is complete.
func TestMonthWithoutItsReversals(t *testing.T) {
	t.Parallel()
	slice := func(stream, surface string) string {
		return `INSERT INTO meta.slices (slice_id, stream, creator_id, window_start, window_end, is_complete, surface) VALUES
			('` + stream + surface + `', '` + stream + `', '` + ava + `', TIMESTAMP '2025-12-01', TIMESTAMP '2026-03-09', true, '` + surface + `');`
	}
	for _, tt := range []struct {
		slices string
		state  State
		note   bool
	}{
		{slice("earnings", "v0"), Provisional, true},
		{slice("earnings", "bare") + slice("messages", "v0"), Provisional, true},
		{slice("earnings", "v0") + slice("reversals", "v0"), Complete, false},
		{slice("earnings", "v0") + slice("earnings", "v1"), Complete, false},
		{slice("earnings", "v1"), Complete, false},
	} {
		s := earnings(t, published(t, world+tt.slices), "ava", "2026-01")
		if note := strings.Contains(strings.Join(s.Notes, " "), "lacks refunds and chargebacks"); s.State != tt.state || note != tt.note {
			t.Errorf("%s: state %s, note %v", tt.slices, s.State, note)
		}
	}
}

func TestStatesAndAbsence(t *testing.T) {
	t.Parallel()
	path := published(t, world)
	for _, test := range []struct {
		creator, month string
		state          State
		missing        int
		netEarnings    string // of this month and the one before
		change         bool
	}{
		{"ava", "2026-01", Complete, 0, "56.00 0.00", false}, // December was read and had nothing
		{"ava", "2026-02", Provisional, 0, "129.00 56.00", true},
		{"ava", "2026-03", Draft, 0, "8.00 129.00", false},
		{"ava", "2025-12", Complete, 0, "0.00 not available", false}, // November was not read
		{"bea", "2026-01", Complete, 0, "8.50 not available", false}, // registered in January
		{"bea", "2026-02", Provisional, 1, "not available 8.50", false},
		{"bea", "2026-03", Draft, 0, "0.00 not available", false},
	} {
		s := earnings(t, path, test.creator, test.month)
		last := s.Summary[len(s.Summary)-1]
		got := amount(last.This, absent) + " " + amount(last.Previous, absent)
		if s.State != test.state || len(s.Missing) != test.missing || got != test.netEarnings || (last.ChangeBps != nil) != test.change {
			t.Errorf("%s %s: got %s, %d missing, %s, change %v, want %+v", test.creator, test.month, s.State, len(s.Missing), got, last.ChangeBps, test)
		}
	}
	s := earnings(t, path, "bea", "2026-02")
	want := []Window{{time.Date(2026, 2, 10, 0, 0, 0, 0, time.UTC), time.Date(2026, 2, 11, 0, 0, 0, 0, time.UTC)}}
	if diff := cmp.Diff(want, s.Missing); diff != "" {
		t.Errorf("missing of bea's February: (-want +got)\n%s", diff)
	}
	var out bytes.Buffer
	if err := s.Text(&out); err != nil || !strings.Contains(out.String(), "Not read  2026-02-10T00:00Z → 2026-02-11T00:00Z") || !strings.Contains(out.String(), absent) {
		t.Errorf("got %v\n%s", err, out.String())
	}
}

func TestNewestMonthIsTheDefault(t *testing.T) {
	t.Parallel()
	if s := earnings(t, published(t, world), "ava", ""); s.Month != "2026-03" {
		t.Errorf("got %s, want 2026-03", s.Month)
	}
}

func TestHostileNames(t *testing.T) {
	t.Parallel()
	s := earnings(t, published(t, world), "33333333-3333-3333-3333-333333333333", "2026-02") // 31 January 10:00 UTC is 1 February in Kiritimati
	var text, table bytes.Buffer
	if err := errors.Join(s.Text(&text), s.CSV(&table)); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsRune(text.String(), 27) {
		t.Errorf("the text holds an escape: %q", text.String())
	}
	records, err := csv.NewReader(&table).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records[1:] {
		for i, cell := range r {
			isAmount := i == 14 || i == 15
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) && !isAmount {
				t.Errorf("a spreadsheet reads %q as a formula", cell)
			}
		}
	}
	if s.Period.Start.Format(time.RFC3339) != "2026-01-31T10:00:00Z" || s.State != Provisional {
		t.Errorf("got %v, %s", s.Period, s.State)
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	path := published(t, world)
	for _, test := range []struct {
		p    Params
		is   error
		want string
	}{
		{Params{Creator: "nobody"}, ErrNoCreator, `no such creator as nobody: there are =cleo\x1b[2J, ava, bea`},
		{Params{}, ErrNoCreator, `there are several creators: name one of =cleo\x1b[2J, ava, bea`},
		{Params{Creator: "ava", Month: month("2024-05")}, ErrNoMonth, "no data for the month 2024-05 of ava, which was not read: there are 2026-01, 2026-02, 2026-03"},
		{Params{Creator: "ava", Month: month("2026-04")}, ErrNoMonth, "no data for the month 2026-04 of ava, which was not read: there are 2026-01, 2026-02, 2026-03"},
		{Params{Creator: "bea", Month: month("2025-12")}, ErrNoMonth, "no data for the month 2025-12 of bea, which was not read: there are 2026-01"},
	} {
		_, err := Earnings(t.Context(), path, test.p)
		if !errors.Is(err, test.is) || err.Error() != test.want {
			t.Errorf("%+v: got %v, want %s", test.p, err, test.want)
		}
	}
	if _, err := Earnings(t.Context(), filepath.Join(t.TempDir(), "none"), Params{}); !errors.Is(err, load.ErrNotPublished) {
		t.Errorf("no file: got %v", err)
	}
	if got, err := Creators(t.Context(), path); err != nil || len(got) != 3 {
		t.Errorf("creators: got %v, %v", got, err)
	}
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

func TestAmounts(t *testing.T) {
	t.Parallel()
	for cents, want := range map[int64]string{0: "0.00", 1: "0.01", -1: "-0.01", 99: "0.99", 100: "1.00", -12345: "-123.45", 500: "5.00", 999: "9.99", 1000: "10.00",
		-9223372036854775808: "-92233720368547758.08"} {
		if got := dollars(cents); got != want {
			t.Errorf("%d cents: got %s, want %s", cents, got, want)
		}
	}
	for _, test := range []struct {
		this, previous int64
		want           string
	}{
		{22000, 7000, "+214 %"}, {15500, 7000, "+121 %"}, {12900, 5600, "+130 %"}, {0, 100, "-100 %"}, {5, 0, "—"}, {-50, -100, "+50 %"}, {-150, 100, "-250 %"},
		{9223372036854775807, 1, "—"}, {1005, 1000, "+1 %"}, {1004, 1000, "+0 %"},
	} {
		if got := percent(change(&test.this, &test.previous)); got != test.want {
			t.Errorf("%d after %d: got %s, want %s", test.this, test.previous, got, test.want)
		}
	}
}
