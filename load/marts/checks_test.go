package marts

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanlake/load/checks"
	sqlfiles "fanlake/sql"
)

// failures runs the checks and returns those that fail, as "name creator rows".
func failures(t *testing.T, conn *sql.Conn) []string {
	t.Helper()
	return failuresSince(t, conn, nil)
}

func failuresSince(t *testing.T, conn *sql.Conn, since map[string]int64) []string {
	t.Helper()
	results, err := checks.Run(t.Context(), conn, since)
	if err != nil {
		t.Fatal(err)
	}
	var failed []string
	for _, r := range results {
		if r.Failures > 0 {
			failed = append(failed, fmt.Sprintf("%s %.4s %d", r.Name, r.CreatorID, r.Failures))
		}
	}
	return failed
}

// cover adds a complete window of earnings.
func cover(t *testing.T, conn *sql.Conn, creator, start, end string) {
	t.Helper()
	must(t, conn, `INSERT INTO meta.coverage (stream, creator_id, window_start, window_end, row_count, run_id)
		VALUES ('earnings', CAST(? AS UUID), CAST(? AS TIMESTAMP), CAST(? AS TIMESTAMP), 1, 'r1')`, creator, start, end)
}

func addSummaryDay(t *testing.T, conn *sql.Conn, creator, day string, gross int64, fetched string) {
	t.Helper()
	must(t, conn, `INSERT INTO fanvue.earnings_summary_days (creator_id, period_date, timezone, gross_cents, net_cents, fetched_at)
		VALUES (CAST(? AS UUID), CAST(? AS DATE), 'UTC', ?, ?, CAST(? AS TIMESTAMP))`, creator, day, gross, gross, fetched)
}

func TestChecks(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		spoil func(t *testing.T, conn *sql.Conn) // after the marts were built
		want  []string
	}{
		{"the ledger is in order", func(*testing.T, *sql.Conn) {}, nil},
		{"a row twice", func(t *testing.T, conn *sql.Conn) {
			addEarnings(t, conn, ledger[3])
			build(t, conn, nil)
		}, []string{"key_is_unique:earnings 1111 1"}},
		{"a row without gross", func(t *testing.T, conn *sql.Conn) {
			must(t, conn, "UPDATE fanvue.earnings SET gross_cents = NULL WHERE earning_id = "+earningID, "e12")
			build(t, conn, nil)
		}, []string{"key_is_not_null:earnings 2222 1", "month_identities 2222 1"}},
		{"a row the marts lack", func(t *testing.T, conn *sql.Conn) {
			addEarnings(t, conn, earningRow{id: "new", creator: bea, at: "2026-05-01 00:00:00", source: "tip", gross: 1, net: 1, fan: "f"})
		}, []string{"marts_add_up 2222 4"}},
		{"a row the marts should not have", func(t *testing.T, conn *sql.Conn) {
			must(t, conn, "UPDATE fanvue.earnings SET removed_at = TIMESTAMP '2026-04-01' WHERE earning_id = "+earningID, "e6")
		}, []string{"marts_add_up 1111 4"}},
		{"one mart lacks a cent", func(t *testing.T, conn *sql.Conn) {
			must(t, conn, "UPDATE mart.agg_creator_day SET net_earnings_cents = net_earnings_cents - 1 WHERE earned_date = DATE '2026-02-10'")
		}, []string{"marts_add_up 1111 1"}},
		{"a month does not add up", func(t *testing.T, conn *sql.Conn) {
			must(t, conn, "UPDATE mart.agg_creator_month SET refunds_gross_cents = 0 WHERE refunds_gross_cents < 0")
		}, []string{"month_identities 1111 1"}},
		{"more taken back than sold", func(t *testing.T, conn *sql.Conn) {
			addEarnings(t, conn, earningRow{id: "again", creator: ava, at: "2026-02-20 00:00:00", source: "refund", gross: -1, net: -1, reversed: "o3"})
			build(t, conn, nil)
		}, []string{"over_reversal 1111 1"}},
		{"taken back twice in parts", func(t *testing.T, conn *sql.Conn) {
			addEarnings(t, conn,
				earningRow{id: "p1", creator: ava, at: "2026-02-20 00:00:00", source: "refund", gross: -600, net: -1, reversed: "o4"},
				earningRow{id: "p2", creator: ava, at: "2026-02-21 00:00:00", source: "refund", gross: -400, net: -1, reversed: "o4"})
			build(t, conn, nil)
		}, nil},
		{"a part without its rows", func(t *testing.T, conn *sql.Conn) {
			must(t, conn, "INSERT INTO meta.parts (part_id, table_name, row_count) VALUES ('p', 'earnings', 3)")
			must(t, conn, "INSERT INTO meta.slices (slice_id, part_id, table_name, stream, creator_id, row_count) VALUES ('s', 'p', 'earnings', 'earnings', CAST(? AS UUID), 2)", ava)
		}, []string{"coverage_has_its_rows  1"}},
		{"the summary agrees", func(t *testing.T, conn *sql.Conn) {
			cover(t, conn, ava, "2026-02-01 00:00:00", "2026-02-20 00:00:00")
			addSummaryDay(t, conn, ava, "2026-02-12", 20000, "2026-02-20 00:00:00")
			addSummaryDay(t, conn, ava, "2026-02-10", 0, "2026-02-20 00:00:00") // the refund is left out
			addSummaryDay(t, conn, ava, "2026-02-14", 7, "2026-02-15 00:09:59") // not closed for the summary
			addSummaryDay(t, conn, ava, "2026-02-20", 7, "2026-03-20 00:00:00") // not covered
			addSummaryDay(t, conn, bea, "2026-02-15", 7, "2026-03-20 00:00:00") // another creator, not covered
			must(t, conn, "UPDATE fanvue.earnings_summary_days SET timezone = 'Asia/Tokyo' WHERE creator_id = CAST(? AS UUID)", bea)
		}, nil},
		{"the summary knows of more", func(t *testing.T, conn *sql.Conn) {
			cover(t, conn, ava, "2026-02-01 00:00:00", "2026-02-20 00:00:00")
			addSummaryDay(t, conn, ava, "2026-02-13", 100, "2026-02-14 00:10:00")
		}, []string{"summary_reconciles 1111 1"}},
		{"a fan's month lacks a cent", func(t *testing.T, conn *sql.Conn) {
			must(t, conn, "UPDATE mart.agg_fan_month SET net_cents = net_cents - 1 WHERE rowid = (SELECT min(rowid) FROM mart.agg_fan_month WHERE creator_id = CAST(? AS UUID))", ava)
		}, []string{"marts_of_fans_and_messages_add_up 1111 1"}},
		{"a message the marts lack", func(t *testing.T, conn *sql.Conn) {
			must(t, conn, "INSERT INTO fanvue.messages (creator_id, fan_id, message_id, sent_at, direction, message_type) VALUES (CAST(? AS UUID), 'f', uuid(), TIMESTAMP '2026-02-10', 'fan', 'SINGLE_RECIPIENT')", bea)
		}, []string{"marts_of_fans_and_messages_add_up 2222 2"}},
		{"a movement of nobody", func(t *testing.T, conn *sql.Conn) {
			must(t, conn, "INSERT INTO mart.fct_subscriber_movements (creator_id, is_active, is_active_before, is_paying, is_paying_before, mrr_cents, mrr_before_cents) VALUES (CAST(? AS UUID), true, false, true, false, 999, 0)", bea)
		}, []string{"subscriber_movements_add_up 2222 1"}},
		{"money and no rows", func(t *testing.T, conn *sql.Conn) {
			const cleo = "33333333-3333-3333-3333-333333333333"
			addCreator(t, conn, cleo, "cleo", "UTC")
			must(t, conn, "INSERT INTO fanvue.account_snapshots (creator_id, fetched_at, total_gross_cents) VALUES (CAST(? AS UUID), TIMESTAMP '2026-03-01', 5), (CAST(? AS UUID), TIMESTAMP '2026-02-01', 0)", cleo, cleo)
			cover(t, conn, cleo, "2020-01-01 00:00:00", "2026-03-01 00:00:00")
		}, []string{"rows_where_money_is 3333 1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			conn := fixture(t)
			build(t, conn, nil)
			test.spoil(t, conn)
			if diff := cmp.Diff(test.want, failures(t, conn)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestChecksOfADeltaAlone(t *testing.T) {
	t.Parallel()
	conn := fixture(t)
	addEarnings(t, conn, ledger[3])
	build(t, conn, nil)
	for _, since := range []map[string]int64{{"earnings": 2}, {}} {
		if got := failuresSince(t, conn, since); got != nil {
			t.Errorf("rows of an older sequence were checked: %v", got)
		}
	}
	must(t, conn, "UPDATE fanvue.earnings SET _run_seq = 2 WHERE rowid = (SELECT max(rowid) FROM fanvue.earnings)")
	if got := failuresSince(t, conn, map[string]int64{"earnings": 2}); len(got) != 1 {
		t.Errorf("a new row with an old key: got %v", got)
	}
}

func TestChecksAreRecorded(t *testing.T) {
	t.Parallel()
	conn := fixture(t)
	build(t, conn, nil)
	must(t, conn, "INSERT INTO meta.runs (run_id, server_time) VALUES ('r1', TIMESTAMP '2026-03-10 06:00:00')")
	for range 2 { // a second run replaces the first
		addEarnings(t, conn, earningRow{id: "again", creator: ava, at: "2026-02-20 00:00:00", source: "refund", gross: -9000, net: -1, reversed: "o3"})
		build(t, conn, nil)
		results, err := checks.Run(t.Context(), conn, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := lines(t, conn, "SELECT check_name, severity, left(CAST(creator_id AS VARCHAR), 4), failures, strftime(checked_at, '%Y-%m-%d') FROM meta.checks WHERE check_name = 'over_reversal' OR check_name = 'month_identities' ORDER BY 1")
		want := []string{"month_identities data NULL 0 2026-03-10", "over_reversal data 1111 1 2026-03-10"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		err = checks.Blocked(results)
		for _, r := range results {
			if r.Name == "over_reversal" && !strings.Contains(r.Sample, `"transaction_order_id":"o3"`) {
				t.Errorf("sample: got %s", r.Sample)
			}
			if blocked := r.Severity == checks.Blocking && r.Failures > 0; blocked && !errors.Is(err, checks.ErrBlocked) {
				t.Errorf("%s failed and blocks nothing: %v", r.Name, err)
			}
		}
	}
}

func TestDictionary(t *testing.T) {
	t.Parallel()
	conn := fixture(t)
	build(t, conn, nil)
	for range 2 { // again changes nothing
		if err := Describe(t.Context(), conn); err != nil {
			t.Fatal(err)
		}
	}
	if got := lines(t, conn, "SELECT schema_name, table_name, column_name FROM meta.data_dictionary WHERE coalesce(meaning, '') = '' AND schema_name IN ('mart') OR table_name = 'data_dictionary' AND meaning IS NULL"); got != nil {
		t.Errorf("without a meaning: %v", got)
	}
	got := lines(t, conn, "SELECT meaning FROM meta.data_dictionary WHERE schema_name = 'mart' AND table_name = 'fct_earnings' AND column_name = 'gross_cents'")
	if len(got) != 1 || !strings.Contains(got[0], "US cents") {
		t.Errorf("gross_cents: got %v", got)
	}
	got = lines(t, conn, "SELECT meaning FROM meta.data_dictionary WHERE schema_name = 'mart' AND table_name = 'dim_dates' AND column_name IS NULL")
	if len(got) != 1 || !strings.HasPrefix(got[0], "Grain: one row per day.") {
		t.Errorf("dim_dates: got %v", got)
	}
}

func TestMartsNameTheirSourcesAndColumns(t *testing.T) {
	t.Parallel()
	conn := fixture(t)
	build(t, conn, nil)
	marts, err := read()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range marts {
		for _, schema := range []string{"fanvue.", "mart.", "cfg.", "meta."} {
			for word := range strings.FieldsFuncSeq(m.Body, func(r rune) bool { return r == ' ' || r == '\n' || r == '(' || r == ')' || r == ',' }) {
				if strings.HasPrefix(word, schema) && !strings.Contains(m.Fields["sources"], word) {
					t.Errorf("mart %s reads %s and does not name it", m.Name, word)
				}
			}
		}
		relation := "mart." + m.Name
		if m.build == "macro" {
			relation = macroCall(t, m)
		}
		has := map[string]bool{}
		for _, name := range lines(t, conn, "SELECT column_name FROM (DESCRIBE SELECT * FROM "+relation+")") {
			has[name] = true
			if m.columnMeaning(name) == "" {
				t.Errorf("mart %s does not say what %s means", m.Name, name)
			}
		}
		if example := m.Fields["example"]; example != "" {
			lines(t, conn, "SELECT count(*) FROM ("+example+")")
		}
		for _, c := range m.Sections["columns"] {
			if !has[c.Name] {
				t.Errorf("mart %s describes %s, which it does not have", m.Name, c.Name)
			}
		}
		if example := m.Fields["example"]; example != "" {
			lines(t, conn, "SELECT * FROM ("+example+") LIMIT 1")
		}
	}
}

// macroCall is how the example in the header of a macro calls it.
func macroCall(t *testing.T, m mart) string {
	t.Helper()
	_, call, found := strings.Cut(m.Fields["example"], "mart."+m.Name+"(")
	for depth, i := 1, 0; found && i < len(call); i++ {
		switch call[i] {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 {
			return "mart." + m.Name + "(" + call[:i] + ")"
		}
	}
	t.Fatalf("the example of %s does not call it", m.Name)
	return ""
}

// Every metric stands where its definition says, and M1 to M21 are all there.
func TestMetricDefinitions(t *testing.T) {
	t.Parallel()
	conn := fixture(t)
	build(t, conn, nil)
	if err := Describe(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	marts, err := read()
	if err != nil {
		t.Fatal(err)
	}
	stands := map[string]bool{}
	for _, m := range marts {
		columns := m.Sections["columns"]
		if m.build != "macro" {
			for _, name := range lines(t, conn, "SELECT column_name FROM duckdb_columns() WHERE schema_name = 'mart' AND table_name = ?", m.Name) {
				columns = append(columns, sqlfiles.Entry{Name: name})
			}
		}
		for _, c := range columns {
			stands[m.Name+" "+c.Name] = true
		}
	}
	for _, place := range lines(t, conn, "SELECT source_mart, source_column FROM meta.metric_definitions") {
		if !stands[place] {
			t.Errorf("no mart has %s", place)
		}
	}
	want := make([]string, 21)
	for i := range want {
		want[i] = fmt.Sprint("M", i+1)
	}
	got := lines(t, conn, "SELECT DISTINCT metric_id FROM meta.metric_definitions ORDER BY CAST(substr(metric_id, 2) AS INTEGER)")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metrics (-want +got)\n%s", diff)
	}
	if got := lines(t, conn, "SELECT metric_name FROM meta.metric_definitions GROUP BY 1 HAVING count(*) > 1"); got != nil {
		t.Errorf("defined twice: %v", got)
	}
}
