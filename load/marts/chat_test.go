package marts

import (
	"bytes"
	"crypto/md5"
	"database/sql"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A messageRow is a row of fanvue.messages as tests write it; zero values are
// NULL. Its id is made of a short name, as that of an earning.
type messageRow struct {
	id, creator, fan, at, direction, kind, by string
	price                                     int64
	purchased                                 string
	removed                                   bool
}

const (
	cora = "cccccccc-0000-0000-0000-000000000001" // members of the team
	dora = "cccccccc-0000-0000-0000-000000000002"
)

// What two creators and their fans wrote, beside the ledger.
var talk = []messageRow{
	{"m1", ava, "f1", "2026-01-31 23:00:00", "creator", "SINGLE_RECIPIENT", cora, 5000, "2026-01-31 23:30:00", false},
	{"m2", ava, "f1", "2026-03-06 09:50:00", "creator", "SINGLE_RECIPIENT", dora, 3000, "2026-03-06 10:00:00", false},
	{"m3", ava, "f3", "2026-02-12 08:00:00", "fan", "SINGLE_RECIPIENT", "", 0, "", false},
	{"m4", ava, "f3", "2026-02-12 08:01:00", "fan", "SINGLE_RECIPIENT", "", 0, "", false},
	{"m5", ava, "f3", "2026-02-12 08:01:05", "creator", "AUTOMATED_CHAT_MESSAGE_REPLY", "", 0, "", false},
	{"m6", ava, "f3", "2026-02-12 08:10:00", "creator", "SINGLE_RECIPIENT", cora, 0, "", false},
	{"m7", ava, "f4", "2026-02-15 08:00:00", "fan", "SINGLE_RECIPIENT", "", 0, "", false},
	{"m8", ava, "f2", "2026-02-15 08:00:00", "creator", "BROADCAST", "", 1500, "", false},
}

func addMessages(t testing.TB, conn *sql.Conn, rows ...messageRow) {
	t.Helper()
	var values []string
	var args []any
	for _, r := range rows {
		values = append(values, `(`+earningID+`, CAST(? AS UUID), ?, CAST(? AS TIMESTAMP), ?, nullif(?, ''), CAST(nullif(?, '') AS UUID), nullif(?, 0), CAST(nullif(?, '') AS TIMESTAMP),
			CASE WHEN ? THEN TIMESTAMP '2026-11-01' END, 'r1', 1)`)
		args = append(args, r.id, r.creator, r.fan, r.at, r.direction, r.kind, r.by, r.price, r.purchased, r.removed)
	}
	if _, err := conn.ExecContext(t.Context(), `INSERT INTO fanvue.messages (message_id, creator_id, fan_id, sent_at, direction, message_type, sent_by_user_id, price_cents,
		purchased_at, removed_at, _run_id, _run_seq) VALUES `+strings.Join(values, ", "), args...); err != nil {
		t.Fatal(err)
	}
}

// sold says which message an earning is of.
func sold(t *testing.T, conn *sql.Conn, earning, message string) {
	t.Helper()
	must(t, conn, "UPDATE fanvue.earnings SET message_id = "+earningID+" WHERE earning_id = "+earningID, message, earning)
}

// agency is the fixture with what was written, the terms of commission, rates
// of January to March, and a last run on 2026-03-10.
func agency(t *testing.T) *sql.Conn {
	t.Helper()
	conn := fixture(t)
	addMessages(t, conn, talk...)
	sold(t, conn, "e3", "m1")
	sold(t, conn, "e11", "m2")
	must(t, conn, `INSERT INTO cfg.commission (creator, valid_from, basis, include_rewards, tier_from_cents, tier_to_cents, rate_bps) VALUES
		('ava', DATE '2026-01-01', 'net', false, 0, 1000000, 3000), ('ava', DATE '2026-01-01', 'net', false, 1000000, NULL, 4000),
		(?, DATE '2026-01-01', 'net', true, 0, 500, 5000), (?, DATE '2026-01-01', 'net', true, 500, NULL, 2500)`, bea, bea)
	must(t, conn, `INSERT INTO cfg.fx_rates VALUES (DATE '2026-01-01', 'USD', 'GBP', 0.74, 'example'), (DATE '2026-02-01', 'USD', 'GBP', 0.75, 'example'), (DATE '2026-03-01', 'USD', 'GBP', 0.76, 'example')`)
	finished(t, conn, "2026-03-10 06:00:00")
	return conn
}

// finished adds a run that ended at a time of the server.
func finished(t testing.TB, conn *sql.Conn, at string) {
	t.Helper()
	must(t, conn, "INSERT INTO meta.runs (run_id, finished_at, server_time, status) VALUES (?, CAST(? AS TIMESTAMP), CAST(? AS TIMESTAMP), 'ok')", at, at, at)
}

// A figure is a query with the rows it has to return.
type figure struct {
	name, query string
	want        []string
}

func expectFigures(t *testing.T, conn *sql.Conn, figures []figure) {
	t.Helper()
	for _, f := range figures {
		// Names of creators and members instead of their uuids.
		got := strings.Join(lines(t, conn, f.query), "\n")
		got = strings.NewReplacer("\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11", "ava").Replace(got)
		if diff := cmp.Diff(strings.Join(f.want, "\n"), got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", f.name, diff)
		}
	}
}

const (
	who = `(SELECT handle FROM mart.dim_creators d WHERE d.creator_id = x.creator_id)`
	by  = `CASE CAST(sent_by_user_id AS VARCHAR) WHEN '` + cora + `' THEN 'cora' WHEN '` + dora + `' THEN 'dora' END`
)

func TestFiguresOfMoney(t *testing.T) {
	t.Parallel()
	conn := agency(t)
	build(t, conn, nil)
	expectFigures(t, conn, []figure{
		{"today", "SELECT " + who + ", strftime(as_of_at, '%d %H:%M'), strftime(today, '%m-%d'), strftime(last_complete_date, '%m-%d'), strftime(this_month, '%m-%d') FROM mart.dim_today x ORDER BY 1",
			[]string{"ava 10 06:00 03-10 03-09 03-01", "bea 10 06:00 03-10 03-09 03-01"}},
		// The message of January was taken back in February: 5000 of 7000, one of three sales.
		{"M3", "SELECT " + who + ", strftime(earned_month, '%m'), sales_cents, reversed_cents, reversal_rate_value, reversal_rate_count, days_since_month_end, is_mature FROM mart.agg_reversal_rate x ORDER BY 1, 2",
			[]string{"ava 01 7000 5000 0.7143 0.3333 37 false", "ava 02 22000 0 0 0 9 false", "ava 03 4000 0 0 0 -22 false", "bea 01 1000 0 0 0 37 false", "bea 02 700 0 0 0 9 false"}},
		// (12900 - 5600) / 5600; (560 - 850) / 850. March is not over.
		{"M4", "SELECT " + who + ", strftime(earned_month, '%m'), net_cents, prev_month_cents, mom, yoy, is_partial FROM mart.rpt_creator_month_growth x ORDER BY 1, 2",
			[]string{"ava 01 5600 NULL NULL NULL false", "ava 02 12900 5600 1.3036 NULL false", "ava 03 3200 12900 NULL NULL true",
				"bea 01 850 NULL NULL NULL false", "bea 02 560 850 -0.3412 NULL false", "bea 03 0 560 NULL NULL true"}},
		// 800 - 4000 + 500 + 16000 = 13300 in twelve days; 13300 * 28 / 12 = 31033.3. The first twelve days of January brought 800.
		{"M5", "SELECT " + who + ", mtd_cents, prev_mtd_cents, mtd_change, run_rate_cents, complete_days, days_in_month FROM mart.mtd('2026-02-12') x ORDER BY 1",
			[]string{"ava 13300 800 15.625 31033 12 28", "bea 0 0 NULL 0 12 28"}},
		{"M5 of a longer month", "SELECT mtd_cents, prev_mtd_cents FROM mart.mtd(DATE '2026-03-31') x WHERE creator_id = '" + ava + "'",
			[]string{"3200 12900"}},
		// 10 February alone: -4000 in ten days of 28 with 800 before.
		{"M5 below zero", "SELECT mtd_cents, run_rate_cents FROM mart.mtd(DATE '2026-02-11') x WHERE creator_id = '" + ava + "'",
			[]string{"-2700 -6873"}}, // -2700 * 28 / 11 = -6872.7
		// 5600 * 3000 / 10000; 12400 without the reward; bea: 500 at half, 350 at a quarter is 337.5; 500 at half, 60 at a quarter.
		{"M17", "SELECT " + who + ", strftime(earned_month, '%m'), basis, base_cents, carried_in_cents, commissionable_cents, commission_cents, carried_negative_cents, creator_payout_cents FROM mart.rpt_commission_month x ORDER BY 1, 2",
			[]string{"ava 01 net 5600 0 5600 1680 0 3920", "ava 02 net 12400 0 12400 3720 0 9180", "ava 03 net 3200 0 3200 960 0 2240",
				"bea 01 net 850 0 850 338 0 512", "bea 02 net 560 0 560 265 0 295"}},
		// ava: 70.00 * 0.74 + 160.00 * 0.75 + 40.00 * 0.76 = 51.80 + 120.00 + 30.40; bea: 10.00 * 0.74 + 7.00 * 0.75.
		{"M18", "SELECT " + who + ", tax_year_start, gross_incl_reversals_cents, platform_fee_cents, net_cents, currency, gross_converted::VARCHAR, fee_converted::VARCHAR, net_converted::VARCHAR, rows_without_rate FROM mart.tax_year(4, 6, 'GBP') x ORDER BY 1",
			[]string{"ava 2025 27000 5300 21700 GBP 202.20 39.69 162.51 0", "bea 2025 1700 290 1410 GBP 12.65 2.16 10.49 0"}},
		{"M18 begins in the year", "SELECT " + who + ", tax_year_start, net_cents FROM mart.tax_year(2, 10, 'GBP') x ORDER BY 1, 2",
			[]string{"ava 2025 6400", "ava 2026 15300", "bea 2025 850", "bea 2026 560"}},
		{"M18 without rates", "SELECT " + who + ", net_cents, net_converted::VARCHAR, rows_without_rate FROM mart.tax_year(1, 1, 'EUR') x ORDER BY 1",
			[]string{"ava 21700 NULL 11", "bea 1410 NULL 2"}},
		{"M18 in dollars", "SELECT net_converted::VARCHAR, rows_without_rate FROM mart.tax_year(1, 1, 'USD') x ORDER BY net_cents",
			[]string{"14.10 0", "217.00 0"}},
		{"M19", "SELECT strftime(earned_month, '%m'), creator_label, net_earnings_cents, rank_in_agency, contribution_share, mom, reversal_rate_value, arppu_net_cents, is_partial FROM mart.rpt_creator_league ORDER BY 1, 4",
			[]string{"01 ava 5600 1 0.8682 NULL 0.7143 2800 false", "01 bea 850 2 0.1318 NULL 0 850 false", "02 ava 12900 1 0.9584 1.3036 0 4133 false", "02 bea 560 2 0.0416 -0.3412 0 560 false", "03 ava 3200 1 1 NULL 0 3200 true"}},
	})
}

func TestRatesThatAreMissingInPart(t *testing.T) {
	t.Parallel()
	conn := agency(t)
	must(t, conn, "DELETE FROM cfg.fx_rates WHERE period_month = DATE '2026-02-01'")
	build(t, conn, nil)
	expectFigures(t, conn, []figure{{"tax year", "SELECT " + who + ", net_cents, net_converted::VARCHAR, rows_without_rate FROM mart.tax_year(4, 6, 'GBP') x ORDER BY 1",
		[]string{"ava 21700 NULL 6", "bea 1410 NULL 1"}}})
}

func TestFiguresOfFans(t *testing.T) {
	t.Parallel()
	conn := agency(t)
	build(t, conn, nil)
	expectFigures(t, conn, []figure{
		{"fans of February", "SELECT fan_id, sales_count, gross_sales_cents, reversal_count, reversed_gross_cents, net_cents, tip_sales_count FROM mart.agg_fan_month x WHERE creator_id = '" + ava + "' AND earned_month = DATE '2026-02-01' ORDER BY 1 NULLS LAST",
			[]string{"f1 1 1000 1 -5000 -3200 0", "f3 1 20000 0 0 16000 1", "f4 1 1000 0 0 800 0", "NULL 0 0 1 -1500 -1200 0"}},
		{"lifetime", "SELECT " + who + ", fan_id, strftime(cohort_month, '%m'), sales_count, net_cents, paying_months, strftime(last_paid_date, '%m-%d') FROM mart.agg_fan_lifetime x ORDER BY 1, 2",
			[]string{"ava f1 01 5 4800 3 03-06", "ava f2 01 1 800 1 01-20", "ava f3 02 1 16000 1 02-12", "ava f4 02 1 800 1 02-14", "bea f1 01 1 850 1 01-31", "bea f9 02 1 560 1 02-14"}},
		{"paying fans", "SELECT " + who + ", strftime(earned_month, '%m'), paying_fans, new_paying_fans, returning_paying_fans, arppu_net_cents, avg_sale_gross_cents, sales_without_fan, net_without_fan_cents FROM mart.agg_paying_fans_month x ORDER BY 1, 2",
			[]string{"ava 01 2 2 0 2800 2333 0 0", "ava 02 3 2 1 4133 7333 0 -1200", "ava 03 1 0 1 3200 2000 0 0", "bea 01 1 1 0 850 1000 0 0", "bea 02 1 1 0 560 700 0 0"}},
		{"M11", "SELECT " + who + ", strftime(cohort_month, '%m'), month_number, cohort_size, fans, net_cents_in_month, cumulative_net_cents, realised_ltv_cents, is_partial FROM mart.rpt_ltv_cohorts x ORDER BY 1, 2, 3",
			[]string{"ava 01 0 2 2 5600 5600 2800 false", "ava 01 1 2 1 -3200 2400 1200 false", "ava 01 2 2 1 3200 5600 2800 true", "ava 02 0 2 2 16800 16800 8400 false",
				"bea 01 0 1 1 850 850 850 false", "bea 02 0 1 1 560 560 560 false"}},
		{"M12", "SELECT " + who + ", paying_fans, net_cents, top_1_fan_share, top_10_fans_share, top_1pct_share, top_5pct_share, top_20pct_share, hhi, fans_without_net, sales_without_fan, net_without_fan_cents FROM mart.rpt_whale_concentration x ORDER BY 1",
			[]string{"ava 4 22400 0.7143 1 0.7143 0.7143 0.7143 0.5587 0 0 -1200", "bea 2 1410 0.6028 1 0.6028 0.6028 0.6028 0.5212 0 0 0"}},
		{"M13", "SELECT " + who + ", fan_id, recency_days, frequency, monetary_cents, r, f, m, segment FROM mart.rfm('2026-03-31') x ORDER BY 1, 2",
			[]string{"ava f1 25 5 4800 4 4 3 regular", "ava f2 70 1 800 1 1 1 lost", "ava f3 47 1 16000 2 2 4 at_risk", "ava f4 45 1 800 3 3 2 regular", "bea f1 59 1 850 1 1 2 lost", "bea f9 45 1 560 2 2 1 lost"}},
		// On 5 February f1 had paid 800 + 4000 + 800 and nothing was taken back yet.
		{"M13 within a month", "SELECT fan_id, recency_days, frequency, monetary_cents FROM mart.rfm(DATE '2026-02-05') x WHERE creator_id = '" + ava + "' ORDER BY 1",
			[]string{"f1 0 3 5600", "f2 16 1 800"}},
	})
}

func TestWhalesAtRisk(t *testing.T) {
	t.Parallel()
	conn := testConn(t)
	addCreator(t, conn, ava, "ava", "UTC")
	// Ten fans; w paid most and long ago, v as much but lately.
	addEarnings(t, conn,
		earningRow{id: "w", creator: ava, at: "2025-06-01 00:00:00", source: "tip", gross: 90000, net: 72000, fan: "w"},
		earningRow{id: "v", creator: ava, at: "2026-03-01 00:00:00", source: "tip", gross: 90000, net: 72000, fan: "v"})
	for i := range 8 {
		addEarnings(t, conn, earningRow{id: fmt.Sprint("s", i), creator: ava, at: fmt.Sprintf("2025-12-%02d 00:00:00", i+1), source: "tip", gross: 100, net: 80, fan: fmt.Sprint("s", i)})
	}
	finished(t, conn, "2026-03-10 06:00:00")
	build(t, conn, nil)
	expectFigures(t, conn, []figure{{"whales", "SELECT fan_id, strftime(as_of_date, '%Y-%m-%d'), recency_days, monetary_cents FROM mart.rpt_whales_at_risk", []string{"w 2026-03-09 281 72000"}}})
}

func TestFiguresOfChats(t *testing.T) {
	t.Parallel()
	conn := agency(t)
	// Eight fans stood on the list at the end of January, of whom three have left since; one came in February.
	must(t, conn, `INSERT INTO fanvue.subscribers_history (creator_id, fan_id, valid_from, valid_to)
		SELECT CAST(? AS UUID), 's' || i, TIMESTAMP '2026-01-10', CASE WHEN i < 3 THEN TIMESTAMP '2026-02-20' END FROM range(8) r(i)
		UNION ALL SELECT CAST(? AS UUID), 's9', TIMESTAMP '2026-02-25', NULL`, ava, ava)
	build(t, conn, nil)
	expectFigures(t, conn, []figure{
		{"classes", "SELECT message_class, count(*) FROM mart.fct_messages GROUP BY 1 ORDER BY 1", []string{"automated 1", "direct 6", "mass 1"}},
		// The automated reply after 5 seconds does not count; f4 waits.
		{"M14", "SELECT " + who + ", fan_id, strftime(fan_turn_at, '%m-%d %H:%M'), strftime(replied_at, '%m-%d %H:%M'), " + by + ", response_seconds FROM mart.fct_chat_replies x ORDER BY 2",
			[]string{"ava f3 02-12 08:00 02-12 08:10 cora 600", "ava f4 02-15 08:00 NULL NULL NULL"}},
		{"M14 by day", "SELECT strftime(day, '%m-%d'), fan_turns, answered, unanswered, median_seconds, p90_seconds, within_5min_of_all FROM mart.agg_response_time_day x ORDER BY 1",
			[]string{"02-12 1 1 0 600 600 0", "02-15 1 0 1 NULL NULL 0"}},
		// On 10 March the message of 6 March is younger than seven days.
		{"M15", "SELECT strftime(sent_month, '%m'), message_class, " + by + ", messages_sent, ppvs_sent, ppvs_unlocked, golden_ratio, unlock_ratio, mature_ppvs_sent, mature_unlock_ratio FROM mart.agg_ppv_month x ORDER BY 1, 2",
			[]string{"01 direct cora 1 1 1 1 1 1 1", "02 direct cora 1 0 0 0 NULL 0 NULL", "02 mass NULL 1 1 0 1 0 1 0", "03 direct dora 1 1 1 1 1 0 NULL"}},
		// January: m1 alone, bought for 4000 net. February: three chats, f3 tipped 16000 net, and -4000 of the message taken back: 12000 net for one direct message.
		{"chats of months", `SELECT strftime(sent_month, '%m'), chats, selling_chats, selling_chat_ratio, messages_received, direct_messages_sent, texting_ratio, chat_net_cents, direct_messages_per_net_dollar,
				ppv_buyers, subscribers_at_end, ppv_purchase_rate FROM mart.agg_chat_month ORDER BY 1`,
			[]string{"01 1 1 1 0 1 NULL 4000 0.025 1 8 0.125", "02 3 1 0.3333 3 1 0.3333 12000 0.0083 0 6 0", "03 1 1 1 0 1 NULL 2400 0.0417 1 6 0.1667"}},
		{"M16", "SELECT " + who + ", fan_id, source, gross_cents, net_cents, " + by + ", attribution_rule FROM mart.fct_chatter_sales x ORDER BY earned_at",
			[]string{"ava f1 message 5000 4000 cora message_sender", "bea f1 tip 1000 850 NULL converter_24h", "ava f3 tip 20000 16000 cora converter_24h", "ava f1 message 3000 2400 dora message_sender"}},
		{"chatters", "SELECT " + who + ", strftime(earned_month, '%m'), " + by + ", direct_messages_sent, mass_messages_sent, ppvs_sent, ppvs_unlocked, message_sales_net_cents, tip_sales_net_cents, attributed_net_cents FROM mart.agg_chatter_month x ORDER BY 1, 2, 3 NULLS LAST",
			[]string{"ava 01 cora 1 0 1 1 4000 0 4000", "ava 02 cora 1 0 0 0 0 16000 16000", "ava 02 NULL 0 1 0 0 0 0 0", "ava 03 dora 1 0 1 1 2400 0 2400", "bea 01 NULL 0 0 0 0 0 850 850"}},
	})
}

// What the rules say of cases that the talk does not have.
func TestChatEdges(t *testing.T) {
	t.Parallel()
	conn := testConn(t)
	addCreator(t, conn, ava, "ava", "Pacific/Kiritimati") // 14 hours ahead
	addCreator(t, conn, bea, "bea", "Pacific/Pago_Pago")  // 11 behind
	const direct = "SINGLE_RECIPIENT"
	addMessages(t, conn,
		// Two turns, the second on the next day there; the answer to the first is of the same instant as its last message.
		messageRow{"a1", ava, "f1", "2026-01-31 09:59:59", "fan", direct, "", 0, "", false},
		messageRow{"a2", ava, "f1", "2026-01-31 10:00:00", "fan", direct, "", 0, "", false},
		messageRow{"a3", ava, "f1", "2026-01-31 10:00:00", "creator", direct, cora, 0, "", false},
		messageRow{"a4", ava, "f1", "2026-01-31 10:00:01", "fan", direct, "", 0, "", false},
		// A tip's note and an unsent answer are no direct messages, an unknown type is no class of these.
		messageRow{"a5", ava, "f1", "2026-01-31 10:00:02", "creator", direct, cora, 0, "", true},
		messageRow{"a6", ava, "f1", "2026-01-31 10:00:03", "creator", "HOLOGRAM_2028", cora, 0, "", false},
		messageRow{"a7", ava, "f1", "2026-01-31 10:00:04", "fan", "TIP", "", 0, "", false},
		messageRow{"a8", ava, "f1", "2026-03-05 10:00:00", "creator", "CHAT_TEXT_REWRITE", dora, 0, "", false},
		// The creator wrote first: no turn.
		messageRow{"b1", bea, "f1", "2026-02-01 10:59:59", "creator", direct, cora, 900, "2026-02-03 00:00:00", false},
		messageRow{"b2", bea, "f1", "2026-02-01 11:00:00", "creator", direct, cora, 0, "", false},
		messageRow{"b3", bea, "f1", "2026-02-01 12:00:00", "creator", "AUTOMATED_OF_2028", "", 0, "", false},
	)
	addEarnings(t, conn,
		earningRow{id: "in", creator: bea, at: "2026-02-02 11:00:00", source: "tip", gross: 100, net: 80, fan: "f1"},      // 24 hours after b2
		earningRow{id: "out", creator: bea, at: "2026-02-02 11:00:01", source: "tip", gross: 100, net: 80, fan: "f1"},     // a second more
		earningRow{id: "other", creator: bea, at: "2026-02-01 12:00:00", source: "tip", gross: 100, net: 80, fan: "f2"},   // another fan
		earningRow{id: "nofan", creator: bea, at: "2026-02-01 12:00:00", source: "tip", gross: 100, net: 80},              // none
		earningRow{id: "ppv", creator: bea, at: "2026-02-03 00:00:00", source: "message", gross: 900, net: 720},           // whose message says who sold it
		earningRow{id: "lost", creator: bea, at: "2026-02-03 00:00:00", source: "message", gross: 50, net: 40, fan: "f1"}, // of a message that was not exported
	)
	sold(t, conn, "ppv", "b1")
	sold(t, conn, "lost", "nowhere")
	build(t, conn, nil)
	expectFigures(t, conn, []figure{
		{"turns", "SELECT strftime(fan_turn_at, '%d %H:%M:%S'), strftime(turn_date, '%m-%d'), response_seconds, " + by + " FROM mart.fct_chat_replies x ORDER BY fan_turn_at",
			[]string{"31 09:59:59 01-31 1 cora", fmt.Sprint("31 10:00:01 02-01 ", (28+5)*86400-1, " dora")}},
		{"classes", "SELECT message_type, message_class FROM mart.dim_message_type WHERE message_type LIKE '%2028' ORDER BY 1", []string{"AUTOMATED_OF_2028 automated", "HOLOGRAM_2028 unknown"}},
		{"months", "SELECT " + who + ", strftime(sent_month, '%m'), message_class, messages_sent, ppvs_unlocked FROM mart.agg_ppv_month x ORDER BY 1, 2",
			[]string{"ava 02 direct 1 0", "ava 03 direct 1 0", "bea 01 direct 1 1", "bea 02 direct 1 0"}},
		{"days", "SELECT " + who + ", strftime(sent_date, '%m-%d'), strftime(sent_date_utc, '%m-%d'), sum(message_count)::BIGINT FROM mart.agg_message_day x GROUP BY ALL ORDER BY 1, 2, 3",
			[]string{"ava 01-31 01-31 1", "ava 02-01 01-31 5", "ava 03-06 03-05 1", "bea 01-31 02-01 1", "bea 02-01 02-01 2"}},
		{"sales", "SELECT fan_id, source, gross_cents, " + by + ", attribution_rule FROM mart.fct_chatter_sales x ORDER BY earned_at, fan_id NULLS LAST, gross_cents",
			[]string{"f2 tip 100 NULL converter_24h", "NULL tip 100 NULL converter_24h", "f1 tip 100 cora converter_24h", "f1 tip 100 NULL converter_24h", "f1 message 50 NULL message_sender", "NULL message 900 cora message_sender"}},
	})
}

func TestChatterComparison(t *testing.T) {
	t.Parallel()
	conn := agency(t)
	must(t, conn, "INSERT INTO fanvue.team_members (user_id, display_name, nickname) VALUES (CAST(? AS UUID), 'Cora C', 'cora'), (CAST(? AS UUID), 'Dora D', '')", cora, dora)
	must(t, conn, `INSERT INTO fanvue.chatter_leaderboard (period_month, user_id, display_name, messages_count, ppv_sent_count, ppv_unlocked_count, revenue_cents, golden_ratio, unlock_ratio)
		VALUES (DATE '2026-01-01', CAST(? AS UUID), 'Cora C', 1, 1, 1, 5000, 1, 1), (DATE '2026-02-01', CAST(? AS UUID), 'Cora C', 3, 1, 0, 0, 0.3333, 0)`, cora, cora)
	build(t, conn, nil)
	expectFigures(t, conn, []figure{{"comparison", `SELECT strftime(period_month, '%m'), member_label, platform_messages, messages, messages_diff, platform_ppvs_unlocked, ppvs_unlocked, platform_revenue_cents, unlocked_price_cents, revenue_diff_cents
			FROM mart.rpt_chatter_comparison ORDER BY 1, 2`,
		[]string{"01 cora 1 1 0 1 1 5000 5000 0", "02 cora 3 1 -2 0 0 0 0 0", "03 Dora D NULL 1 NULL NULL 1 NULL 3000 NULL"}}})
}

func TestChats(t *testing.T) {
	t.Parallel()
	conn := agency(t)
	must(t, conn, `INSERT INTO fanvue.chats (creator_id, fan_id, created_at, last_message_at, is_read) VALUES
		(CAST(? AS UUID), 'f3', TIMESTAMP '2026-02-12 08:00:00', TIMESTAMP '2026-02-12 08:10:00', true), (CAST(? AS UUID), 'f4', NULL, TIMESTAMP '2026-02-15 08:00:00', false),
		(CAST(? AS UUID), 'f7', TIMESTAMP '2026-02-12 08:00:00', NULL, true)`, ava, ava, ava)
	build(t, conn, nil)
	expectFigures(t, conn, []figure{{"chats", "SELECT fan_id, fan_turns, is_waiting, strftime(waiting_since_at, '%d %H:%M') FROM mart.fct_chats ORDER BY 1",
		[]string{"f3 1 false NULL", "f4 1 true 15 08:00", "f7 0 false NULL"}}})
}

func TestCommission(t *testing.T) {
	t.Parallel()
	conn := testConn(t)
	addCreator(t, conn, ava, "Ava", "UTC") // terms name handles in lower case
	addCreator(t, conn, bea, "bea", "UTC")
	add := func(creator string, month int, source string, gross, net int64) {
		addEarnings(t, conn, earningRow{id: fmt.Sprint(creator, month, source, gross), creator: creator, at: fmt.Sprintf("2026-%02d-15 00:00:00", month), source: source, gross: gross, net: net, fan: "f"})
	}
	// ava: 1000, then -3000, 500, 2000, 9999 net of sales, and rewards that do not count.
	add(ava, 1, "tip", 1250, 1000)
	add(ava, 2, "chargeback", -3750, -3000)
	add(ava, 3, "tip", 625, 500)
	add(ava, 4, "tip", 2500, 2000)
	add(ava, 5, "tip", 12499, 9999)
	add(ava, 5, "referral", 700, 700)
	add(ava, 6, "tip", 1, 1)
	// From July on chargebacks are not the agency's matter, and it takes 7.00 at least.
	add(ava, 7, "tip", 2000, 1600)
	add(ava, 7, "chargeback", -1000, -800)
	add(ava, 8, "tip", 500, 400)
	// bea: by gross, and with rewards, from 15 February on at another rate; before 10 January nothing is agreed.
	add(bea, 1, "tip", 1001, 801)
	add(bea, 2, "tip", 1001, 801)
	add(bea, 2, "giveaway", 99, 99)
	add(bea, 3, "tip", 1001, 801)
	must(t, conn, `INSERT INTO cfg.commission (creator, valid_from, basis, include_rewards, tier_from_cents, tier_to_cents, rate_bps) VALUES
		('ava', DATE '2026-01-01', 'net', false, 0, 1000, 3000), ('ava', DATE '2026-01-01', 'net', false, 1000, 5000, 2500), ('ava', DATE '2026-01-01', 'net', false, 5000, NULL, 1),
		('bea', DATE '2026-01-10', 'gross', false, 0, NULL, 5000), ('bea', DATE '2026-02-15', 'gross', true, 0, NULL, 10000),
		('bea', DATE '2026-03-02', 'net', false, 0, NULL, 0), ('nobody', DATE '2026-01-01', 'net', false, 0, NULL, 100)`)
	must(t, conn, "INSERT INTO cfg.commission VALUES ('ava', DATE '2026-07-01', 'net', false, false, 700, 0, NULL, 3000)")
	build(t, conn, nil)
	expectFigures(t, conn, []figure{
		{"commission", "SELECT " + who + ", strftime(earned_month, '%m'), basis, base_cents, carried_in_cents, commissionable_cents, commission_cents, carried_negative_cents FROM mart.rpt_commission_month x ORDER BY 1, 2", []string{
			"Ava 01 net 1000 0 1000 300 0",
			"Ava 02 net -3000 0 0 0 -3000",
			"Ava 03 net 500 -3000 0 0 -2500",
			"Ava 04 net 2000 -2500 0 0 -500",
			"Ava 05 net 9999 -500 9499 1300 0", // 300 + 1000 + 4499 * 0.0001 = 0.4499
			"Ava 06 net 1 0 1 0 0",             // 0.3
			"Ava 07 net 1600 0 1600 700 0",     // not 480
			"Ava 08 net 400 0 400 400 0",       // no more than there is
			"bea 01 gross 1001 0 1001 501 0",   // 500.5, half up
			"bea 02 gross 1100 0 1100 1100 0",
			"bea 03 net 801 0 801 0 0",
		}},
		{"terms", "SELECT " + who + ", creator, strftime(valid_from, '%m-%d'), strftime(valid_to, '%m-%d'), rate_bps FROM cfg.commission_terms x WHERE tier_from_cents = 0 ORDER BY creator, valid_from",
			[]string{"Ava ava 01-01 07-01 3000", "Ava ava 07-01 NULL 3000", "bea bea 01-10 02-01 5000", "bea bea 02-15 03-01 10000", "bea bea 03-02 NULL 0", "NULL nobody 01-01 NULL 100"}},
	})
}

func TestReconciliation(t *testing.T) {
	t.Parallel()
	conn := fixture(t)
	cover(t, conn, ava, "2026-01-01 00:00:00", "2026-02-28 00:00:00")
	for day, gross := range map[string]int64{"2026-01-05": 1000, "2026-01-20": 1000, "2026-01-31": 5000, "2026-02-05": 1000, "2026-02-10": 0, "2026-02-11": 500, "2026-02-12": 20500, "2026-02-14": 1000} {
		addSummaryDay(t, conn, ava, day, gross, "2026-02-20 00:00:00")
	}
	addSummaryDay(t, conn, ava, "2026-02-28", 7, "2026-03-20 00:00:00") // not covered
	build(t, conn, nil)
	figures := []figure{{"M21", "SELECT " + who + ", strftime(period_month, '%m'), days_compared, days_differing, api_gross_cents, ledger_gross_cents, diff_cents, verdict FROM mart.rpt_reconciliation x ORDER BY 1, 2",
		[]string{"ava 01 3 0 7000 7000 0 ok", "ava 02 5 1 23000 22500 -500 MISSING ROWS"}}}
	expectFigures(t, conn, figures)
	// A row of the day that came after the summary: the next one decides.
	must(t, conn, "UPDATE fanvue.earnings SET _fetched_at = TIMESTAMP '2026-02-20 00:00:01' WHERE earning_id = "+earningID, "e7")
	figures[0].want[1] = "ava 02 5 0 23000 22500 -500 waiting"
	expectFigures(t, conn, figures)
	must(t, conn, "UPDATE fanvue.earnings_summary_days SET gross_cents = 19999 WHERE period_date = DATE '2026-02-12'")
	must(t, conn, "UPDATE fanvue.earnings SET _fetched_at = NULL")
	figures[0].want[1] = "ava 02 5 1 22499 22500 1 api lag or scope"
	expectFigures(t, conn, figures)
}

// What changes of a chat changes the turns around it as if all were computed
// again, whatever stands beside it: messages of one instant, answers to turns
// that began long ago, messages that were unsent or became others.
func TestTurnsFollowTheMessages(t *testing.T) {
	t.Parallel()
	conn := agency(t)
	build(t, conn, nil)
	seen(t, conn)
	refresh := func() {
		t.Helper()
		must(t, conn, "BEGIN")
		if _, err := Refresh(t.Context(), conn, []Pair{}, map[string]bool{"messages": true}); err != nil {
			t.Fatal(err)
		}
		must(t, conn, "COMMIT")
	}
	rng := rand.New(rand.NewPCG(3, 1))
	for round := range 30 {
		for range 1 + rng.IntN(3) {
			at := time.Date(2026, 4, 1, 0, rng.IntN(8), 0, 0, time.UTC)
			if rng.IntN(3) > 0 { // mostly at the end
				at = time.Date(2026, 4, 1, 1, round/3, 0, 0, time.UTC)
			}
			id := fmt.Sprint("t", rng.IntN(80))
			var known int
			if err := conn.QueryRowContext(t.Context(), "SELECT count(*) FROM fanvue.messages WHERE message_id = "+earningID, id).Scan(&known); err != nil {
				t.Fatal(err)
			}
			note := func() {
				t.Helper()
				must(t, conn, "INSERT INTO load.changed_messages SELECT creator_id, fan_id, message_id, sent_at, true FROM fanvue.messages WHERE message_id = "+earningID, id)
			}
			note()
			switch {
			case known == 0:
				addMessages(t, conn, messageRow{id: id, creator: ava, fan: fmt.Sprint("f", rng.IntN(2)), at: at.Format(time.DateTime), direction: []string{"fan", "creator"}[rng.IntN(2)],
					kind: []string{"SINGLE_RECIPIENT", "SINGLE_RECIPIENT", "BROADCAST"}[rng.IntN(3)], by: []string{"", cora, dora}[rng.IntN(3)]})
			case rng.IntN(2) == 0:
				must(t, conn, "UPDATE fanvue.messages SET removed_at = CASE WHEN removed_at IS NULL THEN TIMESTAMP '2026-11-02' END WHERE message_id = "+earningID, id)
			default:
				must(t, conn, "UPDATE fanvue.messages SET sent_at = ? WHERE message_id = "+earningID, at, id)
			}
			note()
		}
		refresh()
		seen(t, conn)
		const turns = "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM mart.fct_chat_replies ORDER BY ALL"
		got := lines(t, conn, turns)
		must(t, conn, "DROP TABLE mart.fct_chat_replies")
		refresh()
		if diff := cmp.Diff(lines(t, conn, turns), got); diff != "" {
			t.Fatalf("round %d: (-whole +refreshed)\n%s", round, diff)
		}
	}
}

// A fan's message and the creator's of one instant go by their ids: where the
// creator's is the first, the fan waits on and what he writes next is of the
// same turn, though that one is answered in its own instant; where it is the
// second, he was answered and begins another.
func TestTurnsOfOneInstant(t *testing.T) {
	t.Parallel()
	conn := agency(t)
	const at, later = "2026-04-01 00:00:00", "2026-04-01 01:00:00"
	want := map[string]int{}
	var first, next []messageRow
	for n := range 8 {
		fan, theirs, ours := fmt.Sprint("t", n), fmt.Sprint("theirs", n), fmt.Sprint("ours", n)
		first = append(first,
			messageRow{id: theirs, creator: ava, fan: fan, at: at, direction: "fan", kind: "SINGLE_RECIPIENT"},
			messageRow{id: ours, creator: ava, fan: fan, at: at, direction: "creator", kind: "SINGLE_RECIPIENT", by: cora})
		next = append(next, messageRow{id: "more" + theirs, creator: ava, fan: fan, at: later, direction: "fan", kind: "SINGLE_RECIPIENT"})
		want[fan] = 2
		if a, b := md5.Sum([]byte(ours)), md5.Sum([]byte(theirs)); bytes.Compare(a[:], b[:]) < 0 {
			want[fan] = 1
		}
	}
	if counts := slices.Collect(maps.Values(want)); !slices.Contains(counts, 1) || !slices.Contains(counts, 2) {
		t.Fatalf("the ids are all in one order: %v", want)
	}
	addMessages(t, conn, first...)
	build(t, conn, nil)
	seen(t, conn)
	addMessages(t, conn, next...)
	must(t, conn, "INSERT INTO load.changed_messages SELECT creator_id, fan_id, message_id, sent_at, true FROM fanvue.messages WHERE sent_at = ?", later)
	must(t, conn, "BEGIN")
	if _, err := Refresh(t.Context(), conn, []Pair{}, map[string]bool{"messages": true}); err != nil {
		t.Fatal(err)
	}
	must(t, conn, "COMMIT")
	for fan, turns := range want {
		var got int
		if err := conn.QueryRowContext(t.Context(), "SELECT count(*) FROM mart.fct_chat_replies WHERE fan_id = ?", fan).Scan(&got); err != nil || got != turns {
			t.Errorf("fan %s: %d turns, %v; want %d", fan, got, err, turns)
		}
	}
}
