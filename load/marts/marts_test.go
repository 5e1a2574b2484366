package marts

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"
	"github.com/google/go-cmp/cmp"

	"fanlake/load/schema"
	sqlfiles "fanlake/sql"
)

const (
	ava = "11111111-1111-1111-1111-111111111111"
	bea = "22222222-2222-2222-2222-222222222222"
)

// An earningRow is a row of fanvue.earnings as tests write it; zero strings
// are NULL.
type earningRow struct {
	id, creator, at, source string
	gross, net              int64
	order, reversed         string
	status, fan             string
	removed                 bool
}

// january to march: what two creators earned. The figures that follow from it
// were worked out by hand and stand in the tests.
var ledger = []earningRow{
	{"e1", ava, "2026-01-05 10:00:00", "subscription", 1000, 800, "o1", "", "availableForPayout", "f1", false},
	{"e2", ava, "2026-01-20 10:00:00", "subscription", 1000, 800, "o2", "", "availableForPayout", "f2", false},
	{"e3", ava, "2026-01-31 23:30:00", "message", 5000, 4000, "o3", "", "availableForPayout", "f1", false},
	{"e4", ava, "2026-02-05 10:00:00", "renewal", 1000, 800, "o4", "", "availableForPayout", "f1", false},
	{"e5", ava, "2026-02-10 09:00:00", "refund", -5000, -4000, "o5", "o3", "availableForPayout", "f1", false},
	{"e6", ava, "2026-02-11 09:00:00", "referral", 500, 500, "o6", "", "availableForPayout", "", false},
	{"e7", ava, "2026-02-12 09:00:00", "tip", 20000, 16000, "o7", "", "pendingBalance", "f3", false},
	{"e8", ava, "2026-02-13 09:00:00", "chargeback", -1500, -1200, "o8", "o-unknown", "pendingBalance", "", false},
	{"e9", ava, "2026-02-14 09:00:00", "subscription", 1000, 800, "o9", "", "pendingBalance", "f4", false},
	{"e10", ava, "2026-03-05 10:00:00", "renewal", 1000, 800, "o10", "", "pendingBalance", "f1", false},
	{"e11", ava, "2026-03-06 10:00:00", "message", 3000, 2400, "o11", "", "pendingBalance", "f1", false},
	{"e12", bea, "2026-02-01 03:00:00", "tip", 1000, 850, "o1", "", "availableForPayout", "f1", false},
	{"e13", bea, "2026-02-15 03:00:00", "newSource2027", 700, 560, "o13", "", "availableForPayout", "f9", false},
}

// testConn opens a database in a new file with the schemas that marts and
// checks read, empty but for the configuration.
func testConn(t testing.TB) *sql.Conn {
	t.Helper()
	madeTables.once.Do(func() {
		path := filepath.Join(t.TempDir(), "tables.duckdb")
		conn, done := connTo(t, path)
		must(t, conn, "BEGIN")
		createTables(t, conn)
		must(t, conn, "COMMIT")
		done()
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		madeTables.content = content
	})
	path := filepath.Join(t.TempDir(), "warehouse.duckdb")
	if err := os.WriteFile(path, madeTables.content, 0o600); err != nil {
		t.Fatal(err)
	}
	conn, done := connTo(t, path)
	t.Cleanup(done)
	return conn
}

// madeTables is the file that testConn begins with: to make it takes longer than
// most tests.
var madeTables struct {
	once    sync.Once
	content []byte
}

func connTo(t testing.TB, path string) (conn *sql.Conn, done func()) {
	t.Helper()
	db, err := sql.Open("duckdb", path+"?threads=2&autoinstall_known_extensions=false&autoload_known_extensions=false")
	if err != nil {
		t.Fatal(err)
	}
	if conn, err = db.Conn(t.Context()); err != nil {
		t.Fatal(err)
	}
	return conn, func() { conn.Close(); db.Close() }
}

func createTables(t testing.TB, conn *sql.Conn) {
	t.Helper()
	text, err := schema.Text("warehouse")
	if err != nil {
		t.Fatal(err)
	}
	must(t, conn, text)
}

func must(t testing.TB, conn *sql.Conn, query string, args ...any) {
	t.Helper()
	if _, err := conn.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// fixture is testConn with ava in London, bea in New York and the ledger.
func fixture(t *testing.T) *sql.Conn {
	t.Helper()
	conn := testConn(t)
	addCreator(t, conn, ava, "ava", "Europe/London")
	addCreator(t, conn, bea, "bea", "America/New_York")
	addEarnings(t, conn, ledger...)
	return conn
}

func addCreator(t testing.TB, conn *sql.Conn, id, handle, zone string) {
	t.Helper()
	must(t, conn, "INSERT INTO fanvue.creators (creator_id, handle, display_name, role) VALUES (CAST(? AS UUID), ?, upper(?), 'manager')", id, handle, handle)
	must(t, conn, "INSERT INTO cfg.creators (handle, reporting_timezone) VALUES (?, ?)", handle, zone)
}

// earningID makes a uuid of a short name.
const earningID = "CAST(md5(?) AS UUID)"

func addEarnings(t *testing.T, conn *sql.Conn, rows ...earningRow) {
	t.Helper()
	var values []string
	var args []any
	for _, r := range rows {
		values = append(values, `(`+earningID+`, CAST(? AS UUID), CAST(? AS TIMESTAMP), ?, ?, ?, nullif(?, ''), nullif(?, ''), nullif(?, ''), nullif(?, ''),
			CASE WHEN ? THEN TIMESTAMP '2026-11-01' END, 'r1', 1)`)
		args = append(args, r.id, r.creator, r.at, r.source, r.gross, r.net, r.order, r.reversed, r.status, r.fan, r.removed)
	}
	must(t, conn, `INSERT INTO fanvue.earnings (earning_id, creator_id, earned_at, source, gross_cents, net_cents,
		transaction_order_id, reversed_transaction_order_id, transaction_order_status, fan_id, removed_at, _run_id, _run_seq)
		VALUES `+strings.Join(values, ", "), args...)
}

// lines returns the rows of a query as text, one line a row.
func lines(t testing.TB, conn *sql.Conn, query string, args ...any) []string {
	t.Helper()
	rows, err := conn.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for rows.Next() {
		values, targets := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, v := range values {
			if !v.Valid {
				v.String = "NULL"
			}
			texts = append(texts, v.String)
		}
		all = append(all, strings.Join(texts, " "))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func build(t testing.TB, conn *sql.Conn, touched []Pair) {
	t.Helper()
	must(t, conn, "BEGIN")
	if _, err := Refresh(t.Context(), conn, touched, nil); err != nil {
		t.Fatal(err)
	}
	must(t, conn, "COMMIT")
}

func TestMartsOfTheLedger(t *testing.T) {
	t.Parallel()
	conn := fixture(t)
	build(t, conn, nil)
	for _, test := range []struct {
		name, query string
		want        []string
	}{
		{"months", `SELECT d.handle, strftime(earned_month, '%Y-%m'), gross_sales_cents, refunds_gross_cents, chargebacks_gross_cents, other_reversals_gross_cents,
				net_sales_cents, platform_fees_cents, creator_sales_earnings_cents, rewards_cents, net_earnings_cents, pending_cents, row_count, sales_count, paying_fans
			FROM mart.agg_creator_month JOIN mart.dim_creators d USING (creator_id) ORDER BY ALL`, []string{
			"ava 2026-01 7000 0 0 0 7000 1400 5600 0 5600 0 3 3 2",
			"ava 2026-02 22000 -5000 -1500 0 15500 3100 12400 500 12900 15600 6 3 3",
			"ava 2026-03 4000 0 0 0 4000 800 3200 0 3200 3200 2 2 1",
			"bea 2026-01 1000 0 0 0 1000 150 850 0 850 0 1 1 1",
			"bea 2026-02 700 0 0 0 700 140 560 0 560 0 1 1 1",
		}},
		{"sources", `SELECT source, gross_cents, reversed_gross_cents, fee_cents, net_cents, sales_count, reversal_count
			FROM mart.agg_creator_month_source WHERE creator_id = '` + ava + `' AND earned_month = DATE '2026-02-01' ORDER BY source`, []string{
			"message 0 -5000 -1000 -4000 0 1",
			"referral 500 0 0 500 1 0",
			"renewal 1000 0 200 800 1 0",
			"subscription 1000 0 200 800 1 0",
			"tip 20000 0 4000 16000 1 0",
			"unattributed 0 -1500 -300 -1200 0 1",
		}},
		{"days", `SELECT strftime(earned_date, '%d'), gross_sales_cents, reversals_gross_cents, net_sales_cents, platform_fees_cents, rewards_cents, net_earnings_cents
			FROM mart.agg_creator_day WHERE creator_id = '` + ava + `' AND earned_month = DATE '2026-02-01' ORDER BY 1`, []string{
			"05 1000 0 1000 200 0 800",
			"10 0 -5000 -5000 -1000 0 -4000",
			"11 0 0 0 0 500 500",
			"12 20000 0 20000 4000 0 16000",
			"13 0 -1500 -1500 -300 0 -1200",
			"14 1000 0 1000 200 0 800",
		}},
		{"reversals", `SELECT source, attributed_source, strftime(original_earned_at, '%Y-%m-%d'), is_fan_paid, is_recurring, source_group FROM mart.fct_earnings WHERE is_reversal ORDER BY earned_at`, []string{
			"refund message 2026-01-31 true false reversals",
			"chargeback unattributed NULL true false reversals",
		}},
		{"unknown source", `SELECT source, source_group, is_fan_paid, is_reversal, attributed_source FROM mart.fct_earnings WHERE source = 'newSource2027'`, []string{
			"newSource2027 other true false newSource2027",
		}},
		{"source labels", `SELECT source_label, source_group, is_fan_paid FROM mart.dim_earning_source WHERE source IN ('message', 'newSource2027', 'giveaway') ORDER BY 1`, []string{
			"Giveaways rewards false", "New source2027 other NULL", "Paid messages messages true",
		}},
		{"fans", `SELECT fan_id, strftime(first_seen_at, '%Y-%m-%d'), strftime(last_seen_at, '%Y-%m-%d'), is_erased FROM mart.dim_fans ORDER BY 1`, []string{
			"f1 2026-01-05 2026-03-06 false", "f2 2026-01-20 2026-01-20 false", "f3 2026-02-12 2026-02-12 false",
			"f4 2026-02-14 2026-02-14 false", "f9 2026-02-15 2026-02-15 false",
		}},
		{"dates", `SELECT count(*), min(date_day), max(date_day), count(*) FILTER (month_start > date_day OR month_end < date_day) FROM mart.dim_dates`, []string{
			"365 2026-01-01T00:00:00Z 2026-12-31T00:00:00Z 0",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, lines(t, conn, test.query)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestSumsAreBigints(t *testing.T) {
	t.Parallel()
	conn := fixture(t)
	build(t, conn, nil)
	got := lines(t, conn, `SELECT table_name, column_name, data_type FROM duckdb_columns()
		WHERE schema_name = 'mart' AND (column_name LIKE '%_cents' OR column_name LIKE '%_count') AND column_name <> 'reversal_rate_count' AND data_type <> 'BIGINT'`)
	if len(got) > 0 {
		t.Errorf("not BIGINT: %v", got)
	}
}

func TestMonthEdges(t *testing.T) {
	t.Parallel()
	tests := []struct{ zone, at, date, month string }{
		// New York is five hours behind, also on the first of the month.
		{"America/New_York", "2026-02-01 03:00:00", "2026-01-31", "2026-01"},
		{"America/New_York", "2026-02-01 05:00:00", "2026-02-01", "2026-02"},
		{"America/New_York", "2026-02-01 04:59:59.999999", "2026-01-31", "2026-01"},
		// Kiritimati is 14 hours ahead, Pago Pago 11 behind: 25 hours between them.
		{"Pacific/Kiritimati", "2026-01-31 10:00:00", "2026-02-01", "2026-02"},
		{"Pacific/Kiritimati", "2026-01-31 09:59:59.999999", "2026-01-31", "2026-01"},
		{"Pacific/Pago_Pago", "2026-02-01 10:59:59.999999", "2026-01-31", "2026-01"},
		{"Pacific/Pago_Pago", "2026-02-01 11:00:00", "2026-02-01", "2026-02"},
		// London's clocks went forward on 2026-03-29 at 01:00 UTC and back on 2026-10-25 at 01:00 UTC.
		{"Europe/London", "2026-03-29 00:30:00", "2026-03-29", "2026-03"},
		{"Europe/London", "2026-03-29 22:59:59", "2026-03-29", "2026-03"},
		{"Europe/London", "2026-03-29 23:00:00", "2026-03-30", "2026-03"},
		{"Europe/London", "2026-03-31 23:00:00", "2026-04-01", "2026-04"},
		{"Europe/London", "2026-10-24 23:00:00", "2026-10-25", "2026-10"},
		{"Europe/London", "2026-10-25 23:59:59", "2026-10-25", "2026-10"},
		{"Europe/London", "2026-10-31 23:59:59.500", "2026-10-31", "2026-10"},
		// Lord Howe moves by half an hour, on 2026-04-04 at 15:00 UTC.
		{"Australia/Lord_Howe", "2026-04-04 12:59:59", "2026-04-04", "2026-04"},
		{"Australia/Lord_Howe", "2026-04-04 13:00:00", "2026-04-05", "2026-04"},
		{"Australia/Lord_Howe", "2026-04-05 13:15:00", "2026-04-05", "2026-04"},
		{"Australia/Lord_Howe", "2026-04-05 13:30:00", "2026-04-06", "2026-04"},
		// Kathmandu is 5:45 ahead.
		{"Asia/Kathmandu", "2026-01-31 18:15:00", "2026-02-01", "2026-02"},
		{"Asia/Kathmandu", "2026-01-31 18:14:59", "2026-01-31", "2026-01"},
	}
	conn := testConn(t)
	for i, test := range tests {
		id := fmt.Sprintf("00000000-0000-0000-0000-%012d", i)
		addCreator(t, conn, id, fmt.Sprint("c", i), test.zone)
		addEarnings(t, conn, earningRow{id: id, creator: id, at: test.at, source: "tip", gross: 100, net: 80, fan: "f"})
	}
	build(t, conn, nil)
	for i, test := range tests {
		got := lines(t, conn, "SELECT strftime(earned_date, '%Y-%m-%d'), strftime(earned_month, '%Y-%m') FROM mart.fct_earnings WHERE earning_id = "+earningID,
			fmt.Sprintf("00000000-0000-0000-0000-%012d", i))
		if want := []string{test.date + " " + test.month}; !cmp.Equal(got, want) {
			t.Errorf("%s in %s: got %v, want %v", test.at, test.zone, got, want)
		}
	}
}

func TestEdgeRows(t *testing.T) {
	t.Parallel()
	conn := testConn(t)
	addCreator(t, conn, ava, "ava", "UTC")
	addCreator(t, conn, bea, "bea", "UTC")
	addEarnings(t, conn,
		earningRow{id: "cent", creator: ava, at: "2026-05-01 00:00:00", source: "tip", gross: 1, net: 1, order: "a1", fan: "f1"},
		earningRow{id: "500", creator: ava, at: "2026-05-01 00:00:00", source: "tip", gross: 500, net: 400, order: "a2", fan: "f1"},
		earningRow{id: "999", creator: ava, at: "2026-05-01 00:00:00", source: "tip", gross: 999, net: 799, order: "a3", fan: "f1"},
		earningRow{id: "1000", creator: ava, at: "2026-05-01 00:00:00", source: "tip", gross: 1000, net: 800, order: "a4", fan: "f1"},
		earningRow{id: "nofan", creator: ava, at: "2026-05-02 00:00:00", source: "tip", gross: 300, net: 240, order: "a5"},
		earningRow{id: "unknown-nofan", creator: ava, at: "2026-05-02 00:00:00", source: "bonus2028", gross: 50, net: 50, order: "a6"},
		earningRow{id: "refund", creator: ava, at: "2026-05-03 00:00:00", source: "refund", gross: -999, net: -799, order: "a3", reversed: "a3"},
		// The same order id at another creator is another order.
		earningRow{id: "bea-sale", creator: bea, at: "2026-05-01 00:00:00", source: "post", gross: 700, net: 560, order: "a3", fan: "f2"},
		earningRow{id: "bea-refund", creator: bea, at: "2026-05-04 00:00:00", source: "refund", gross: -300, net: -240, reversed: "a2"},
		// An order with rows of two sources has no one source.
		earningRow{id: "two-1", creator: bea, at: "2026-05-05 00:00:00", source: "post", gross: 10, net: 8, order: "b2", fan: "f2"},
		earningRow{id: "two-2", creator: bea, at: "2026-05-05 00:00:00", source: "tip", gross: 10, net: 8, order: "b2", fan: "f2"},
		earningRow{id: "two-r", creator: bea, at: "2026-05-06 00:00:00", source: "chargeback", gross: -10, net: -8, reversed: "b2"},
		// A reversal under a source that is no reversal by itself.
		earningRow{id: "taken", creator: bea, at: "2026-05-07 00:00:00", source: "post", gross: -700, net: -560, order: "b9", reversed: "a3", fan: "f2"},
		earningRow{id: "gone", creator: bea, at: "2026-05-08 00:00:00", source: "tip", gross: 9999, net: 9999, order: "b10", fan: "f2", removed: true},
	)
	build(t, conn, nil)
	for _, test := range []struct {
		name, query string
		want        []string
	}{
		{"cents survive", "SELECT gross_cents, net_cents, fee_cents FROM mart.fct_earnings WHERE earned_date = DATE '2026-05-01' AND creator_id = '" + ava + "' ORDER BY 1",
			[]string{"1 1 0", "500 400 100", "999 799 200", "1000 800 200"}},
		{"a day with only a refund is negative", "SELECT net_sales_cents, net_earnings_cents FROM mart.agg_creator_day WHERE earned_date = DATE '2026-05-03'",
			[]string{"-999 -799"}},
		{"rows without a fan", "SELECT gross_sales_cents, rewards_cents, paying_fans, rows_without_fan FROM mart.agg_creator_month WHERE creator_id = '" + ava + "'",
			[]string{"2800 50 1 1"}},
		{"attribution", "SELECT source, gross_cents, attributed_source, strftime(original_earned_at, '%d') FROM mart.fct_earnings WHERE is_reversal ORDER BY earned_at",
			[]string{"refund -999 tip 01", "refund -300 unattributed NULL", "chargeback -10 unattributed NULL", "post -700 post 01"}},
		{"reversals of the month", "SELECT gross_sales_cents, refunds_gross_cents, chargebacks_gross_cents, other_reversals_gross_cents, net_sales_cents FROM mart.agg_creator_month WHERE creator_id = '" + bea + "'",
			[]string{"720 -300 -10 -700 -290"}},
	} {
		if diff := cmp.Diff(test.want, lines(t, conn, test.query)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.name, diff)
		}
	}
}

// content is everything the marts hold, as text.
func content(t *testing.T, conn *sql.Conn) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, name := range lines(t, conn, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'mart'") {
		all[name] = lines(t, conn, "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM mart."+name+" ORDER BY ALL")
	}
	for _, call := range []string{"mtd(DATE '2026-02-12')", "rfm(DATE '2026-02-12')", "tax_year(4, 6, 'GBP')"} {
		all[call] = lines(t, conn, "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM mart."+call+" ORDER BY ALL")
	}
	return all
}

func TestZoneOfTheSessionChangesNothing(t *testing.T) {
	t.Setenv("TZ", "Asia/Tokyo")
	want := agency(t)
	must(t, want, "SET TimeZone = 'UTC'")
	build(t, want, nil)
	got := agency(t)
	must(t, got, "SET TimeZone = 'Pacific/Auckland'")
	build(t, got, nil)
	if diff := cmp.Diff(content(t, want), content(t, got)); diff != "" {
		t.Errorf("(-UTC +Auckland)\n%s", diff)
	}
}

func TestLateOriginalNamesItsReversal(t *testing.T) {
	t.Parallel()
	conn := fixture(t)
	build(t, conn, nil)
	late := earningRow{id: "late", creator: ava, at: "2025-12-24 08:00:00", source: "post", gross: 1500, net: 1200, order: "o-unknown", fan: "f5"}
	addEarnings(t, conn, late)
	refreshFor(t, conn, late)
	got := lines(t, conn, "SELECT source, reversed_gross_cents FROM mart.agg_creator_month_source WHERE earned_month = DATE '2026-02-01' AND reversal_count > 0 ORDER BY 1")
	if want := []string{"message -5000", "post -1500"}; !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// refreshFor builds the marts for changed rows alone.
func refreshFor(t *testing.T, conn *sql.Conn, changed ...earningRow) {
	t.Helper()
	must(t, conn, "DELETE FROM load.changed_earnings")
	for _, r := range changed {
		must(t, conn, "INSERT INTO load.changed_earnings VALUES (CAST(? AS UUID), CAST(? AS TIMESTAMP), nullif(?, ''))", r.creator, r.at, r.order)
	}
	pairs, err := Touched(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	build(t, conn, pairs)
}

func TestMovedTimeZone(t *testing.T) {
	t.Parallel()
	conn := agency(t)
	build(t, conn, nil)
	seen(t, conn)
	must(t, conn, "UPDATE cfg.creators SET reporting_timezone = 'Asia/Tokyo' WHERE handle = 'ava'")
	build(t, conn, []Pair{})
	whole := agency(t)
	must(t, whole, "UPDATE cfg.creators SET reporting_timezone = 'Asia/Tokyo' WHERE handle = 'ava'")
	build(t, whole, nil)
	if diff := cmp.Diff(content(t, whole), content(t, conn)); diff != "" {
		t.Errorf("(-whole +refreshed)\n%s", diff)
	}
	got := lines(t, conn, "SELECT gross_sales_cents FROM mart.agg_creator_month WHERE creator_id = '"+ava+"' AND earned_month = DATE '2026-02-01'")
	if want := []string{"27000"}; !cmp.Equal(got, want) { // the message of 31 January 23:30 is of February in Tokyo
		t.Errorf("February in Tokyo: got %v, want %v", got, want)
	}
}

func TestRefreshEqualsWholeBuild(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 7))
			conn := agency(t)
			addEarnings(t, conn, earningRow{id: "early", creator: ava, at: "2025-11-03 00:00:00", source: "message", gross: 500, net: 400, fan: "f1"})
			sold(t, conn, "early", "late")
			build(t, conn, nil)
			seen(t, conn)
			for round := range 4 {
				randomTalk(t, conn, rng, round)
				changed := randomDelta(t, conn, rng)
				refreshFor(t, conn, changed...)
				seen(t, conn)
			}
			got := content(t, conn)
			build(t, conn, nil)
			if diff := cmp.Diff(content(t, conn), got); diff != "" {
				t.Errorf("(-whole +refreshed)\n%s", diff)
			}
		})
	}
}

// seen says that the marts have seen every change.
func seen(t *testing.T, conn *sql.Conn) {
	t.Helper()
	must(t, conn, "DELETE FROM load.changed_earnings")
	must(t, conn, "DELETE FROM load.changed_messages")
}

// randomTalk inserts, buys, unsends and restores messages.
func randomTalk(t *testing.T, conn *sql.Conn, rng *rand.Rand, round int) {
	t.Helper()
	began := time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC)
	kinds := []string{"SINGLE_RECIPIENT", "SINGLE_RECIPIENT", "SINGLE_RECIPIENT", "BROADCAST", "TIP", "AUTOMATED_RENEWED", "ODD"}
	var changed []string
	for range 12 {
		r := messageRow{
			id: fmt.Sprint("m", rng.Uint64()), creator: []string{ava, bea}[rng.IntN(2)], fan: fmt.Sprint("f", rng.IntN(5)),
			at:        began.Add(time.Duration(rng.IntN(200*24)) * time.Hour).Format("2006-01-02 15:04:05"), // ties are likely
			direction: []string{"fan", "creator"}[rng.IntN(2)], kind: kinds[rng.IntN(len(kinds))],
		}
		if r.direction == "creator" {
			r.by, r.price = []string{"", cora, dora}[rng.IntN(3)], rng.Int64N(3)*700
		}
		if round == 2 && len(changed) == 0 { // an earning names it since it was there
			r.id, r.creator, r.by = "late", ava, dora
		}
		addMessages(t, conn, r)
		changed = append(changed, r.id)
	}
	for _, r := range talk {
		switch rng.IntN(8) {
		case 0:
			must(t, conn, "UPDATE fanvue.messages SET removed_at = CASE WHEN removed_at IS NULL THEN TIMESTAMP '2026-11-02' END WHERE message_id = "+earningID, r.id)
		case 1:
			must(t, conn, "UPDATE fanvue.messages SET purchased_at = sent_at + INTERVAL 1 HOUR WHERE price_cents > 0 AND message_id = "+earningID, r.id)
		default:
			continue
		}
		changed = append(changed, r.id)
	}
	for _, id := range changed {
		must(t, conn, "INSERT INTO load.changed_messages SELECT creator_id, fan_id, message_id, sent_at, true FROM fanvue.messages WHERE message_id = "+earningID, id)
	}
}

// randomDelta inserts, removes and restores rows and returns those it changed.
func randomDelta(t *testing.T, conn *sql.Conn, rng *rand.Rand) []earningRow {
	t.Helper()
	sources := []string{"subscription", "renewal", "message", "tip", "refund", "chargeback", "referral", "odd"}
	began := time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC)
	var changed []earningRow
	for range 6 {
		r := earningRow{
			id: fmt.Sprint("r", rng.Uint64()), creator: []string{ava, bea}[rng.IntN(2)],
			at:     began.Add(time.Duration(rng.IntN(200*24*60)) * time.Minute).Format("2006-01-02 15:04:05"),
			source: sources[rng.IntN(len(sources))], order: fmt.Sprint("x", rng.IntN(12)), fan: fmt.Sprint("f", rng.IntN(5)),
			gross: rng.Int64N(10000), net: rng.Int64N(8000),
		}
		if r.source == "refund" || r.source == "chargeback" {
			r.gross, r.net, r.reversed, r.order = -r.gross, -r.net, r.order, ""
		}
		addEarnings(t, conn, r)
		changed = append(changed, r)
	}
	for _, r := range ledger {
		if rng.IntN(6) == 0 {
			must(t, conn, "UPDATE fanvue.earnings SET removed_at = CASE WHEN removed_at IS NULL THEN TIMESTAMP '2026-11-02' END WHERE earning_id = "+earningID, r.id)
			changed = append(changed, r)
		}
	}
	return changed
}

func TestMartHeaders(t *testing.T) {
	t.Parallel()
	file := func(name, sources string) []sqlfiles.File {
		s, err := sqlfiles.Parse("-- A mart.\n-- grain: one row\n-- key: a\n-- sources: " + sources + "\n-- build: view\nSELECT 1 AS a")
		if err != nil {
			t.Fatal(err)
		}
		s.Name = name
		return []sqlfiles.File{s}
	}
	for _, test := range []struct {
		name  string
		files []sqlfiles.File
		want  string
	}{
		{"unknown source", file("a", "fanvue.nothing"), "mart a: unknown source fanvue.nothing"},
		{"names are private", file("a", "fanvue.people"), "mart a: unknown source fanvue.people"},
		{"cycle", append(file("a", "mart.b"), file("b", "mart.a")...), "marts a, b: their sources form a cycle"},
		{"own source", file("a", "mart.a"), "marts a: their sources form a cycle"},
	} {
		if _, err := order(test.files); err == nil || err.Error() != test.want {
			t.Errorf("%s: got %v, want %s", test.name, err, test.want)
		}
	}
	ordered, err := order(append(file("a", "mart.b, fanvue.chats"), file("b", "cfg.settings")...))
	if err != nil || ordered[0].Name != "b" {
		t.Errorf("order: got %v, %v, want b before a", ordered, err)
	}
}

func TestMacroOfAMart(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"-- build: macro\n":                       "mart doubled: parameters belong to a macro, and a macro has some",
		"-- build: view\n-- parameters: cents\n":  "mart doubled: parameters belong to a macro, and a macro has some",
		"-- build: macro\n-- parameters: cents\n": "",
	} {
		s, err := sqlfiles.Parse("-- Twice a sum.\n-- grain: one row\n-- key: twice\n" + header + "SELECT 2 * cents AS twice")
		if err != nil {
			t.Fatal(err)
		}
		s.Name = "doubled"
		marts, err := order([]sqlfiles.File{s})
		if want != "" {
			if err == nil || err.Error() != want {
				t.Errorf("%s: got %v, want %s", header, err, want)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		conn := testConn(t)
		must(t, conn, "CREATE SCHEMA mart")
		b := &refresh{conn: conn, existing: map[string]bool{}}
		if err := b.refresh(t.Context(), marts[0]); err != nil {
			t.Fatal(err)
		}
		if got := lines(t, conn, "SELECT function_name FROM duckdb_functions() WHERE schema_name = 'mart'"); !cmp.Equal(got, []string{"doubled"}) {
			t.Errorf("macros of mart: got %v, want doubled", got)
		}
		b.existing["doubled"] = true // as the next build takes it
		if err := b.refresh(t.Context(), marts[0]); err != nil {
			t.Error(err)
		}
		if got := lines(t, conn, "SELECT twice FROM mart.doubled(21)"); !cmp.Equal(got, []string{"42"}) {
			t.Errorf("mart.doubled(21): got %v, want 42", got)
		}
	}
}

func TestBuildStopsWithTheContext(t *testing.T) {
	t.Parallel()
	conn := fixture(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Refresh(ctx, conn, nil, nil); err == nil {
		t.Error("a cancelled build returned no error")
	}
}
