package marts

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Creators of the cases at the edges.
const (
	kir = "33333333-3333-3333-3333-333333333333" // fourteen hours ahead
	pag = "44444444-4444-4444-4444-444444444444" // eleven hours behind
	edi = "55555555-5555-5555-5555-555555555555"
	nob = "66666666-6666-6666-6666-666666666666" // an empty list
	una = "77777777-7777-7777-7777-777777777777" // a surface without payments
	ltv = "88888888-8888-8888-8888-888888888888"
)

func TestSubscriptionsAtTheEdges(t *testing.T) {
	t.Parallel()
	conn := testConn(t)
	addCreator(t, conn, kir, "kir", "Pacific/Kiritimati")
	addCreator(t, conn, pag, "pag", "Pacific/Pago_Pago")
	for id, handle := range map[string]string{edi: "edi", nob: "nil", una: "una", ltv: "ltv"} {
		addCreator(t, conn, id, handle, "UTC")
	}
	month := func(creator, fan string, paid int64, from, to string) periodRow {
		return periodRow{creator, fan, "active", paid, paid, "2026-01-01", "2026-01-31", true, "", from, to}
	}
	addPeriods(t, conn,
		// The last microsecond of January in Kiritimati, and the first of February.
		month(kir, "a", 1000, "2026-01-31 09:59:59.999999", ""),
		month(kir, "flap", 1000, "2026-01-31 10:00:00", ""),
		// The last of January in Pago Pago, and midnight.
		month(pag, "a", 1000, "2026-01-30 12:00:00", "2026-02-01 11:00:00"),
		month(pag, "b", 1000, "2026-01-30 12:00:00", "2026-02-01 10:59:59.999999"),

		periodRow{edi, "trial", "active", 1000, 0, "2026-01-01", "2026-01-08", true, "2026-01-01", "2026-01-01 03:00:00", "2026-01-09 03:00:00"},
		month(edi, "trial", 1000, "2026-01-09 03:00:00", ""),
		month(edi, "back", 1000, "2026-01-01 03:00:00", "2026-01-20 03:00:00"),
		month(edi, "back", 1000, "2026-02-10 03:00:00", ""),
		// 2700 for 90 days are 900 a month.
		periodRow{edi, "up", "active", 1000, 2700, "2025-12-15", "2026-03-15", true, "", "2026-01-01 03:00:00", "2026-02-05 03:00:00"},
		month(edi, "up", 1200, "2026-02-05 03:00:00", ""),
		month(edi, "down", 1000, "2026-01-01 03:00:00", "2026-02-12 03:00:00"),
		month(edi, "down", 800, "2026-02-12 03:00:00", ""),
		// Cancelled: until the period ends, although the list has the fan five days longer.
		periodRow{edi, "cancelled", "cancelled", 1000, 1000, "2026-01-20", "2026-02-20", false, "", "2026-01-01 03:00:00", "2026-02-25 03:00:00"},
		periodRow{edi, "paused", "paused", 1000, 1000, "2026-01-01", "2026-01-31", true, "", "2026-01-01 03:00:00", ""},
		month(edi, "guest", 1000, "2026-02-03 03:00:00", "2026-02-17 03:00:00"),
		// Missed in the morning and there again in the evening.
		month(edi, "flap", 1000, "2026-01-01 03:00:00", "2026-02-14 03:00:00"),
		month(edi, "flap", 1000, "2026-02-14 15:00:00", ""),
		periodRow{edi, "open", "active", 500, 500, "2026-01-01", "", true, "", "2026-01-01 03:00:00", ""},
		// 700 for seven days, 0.23 of a month, are 3043 a month.
		periodRow{edi, "weekly", "active", 700, 700, "2026-01-01", "2026-01-08", true, "", "2026-01-01 03:00:00", ""},
		periodRow{edi, "unknown", "", -1, -1, "", "", false, "", "2026-01-01 03:00:00", ""},
		// Subscribed before the history began, and was not there when it did.
		periodRow{edi, "old", "active", 600, 600, "2026-02-11", "2026-03-13", true, "2025-06-01", "2026-02-11 03:00:00", ""},

		periodRow{una, "a", "", -1, -1, "", "", false, "", "2026-02-01 03:00:00", ""},

		month(ltv, "a", 1000, "2026-01-01 03:00:00", ""), month(ltv, "b", 1000, "2026-01-01 03:00:00", ""),
		month(ltv, "c", 1000, "2026-01-01 03:00:00", "2026-02-01 03:00:00"), month(ltv, "d", 1000, "2026-01-01 03:00:00", "2026-04-01 03:00:00"),
	)
	addReads(t, conn, kir, "subscribers", "2026-01-31 09:00:00", "2026-01-31 10:00:00")
	addReads(t, conn, pag, "subscribers", "2026-01-30 12:00:00", "2026-02-01 11:00:00")
	for _, c := range []string{edi, nob, ltv} {
		addReads(t, conn, c, "subscribers", "2026-01-01 03:00:00", "2026-02-14 03:00:00", "2026-04-30 03:00:00")
	}
	addReads(t, conn, ltv, "subscribers", "2026-03-15 03:00:00")
	addReads(t, conn, una, "subscribers", "2026-02-01 03:00:00")
	for i, at := range []string{"2026-02-10 10:00:00", "2026-03-10 10:00:00", "2026-04-10 10:00:00"} {
		addEarnings(t, conn, earningRow{id: at, creator: ltv, at: at, source: "tip", gross: 5000, net: 4000, order: string(rune('a' + i)), fan: "a"})
	}
	addRun(t, conn, "2026-05-01 12:00:00")
	build(t, conn, nil)
	for _, test := range []struct {
		name, query string
		want        []string
	}{
		{"midnight in Kiritimati", `SELECT strftime(snapshot_date, '%m-%d'), active_subscribers FROM mart.agg_mrr WHERE creator_id = '` + kir + `' ORDER BY 1 LIMIT 3`,
			[]string{"01-31 1", "02-01 2", "02-02 2"}},
		{"as of midnight in Kiritimati", `SELECT fan_id FROM mart.subscribers_as_of('2026-01-31') WHERE creator_id = '` + kir + `'`, []string{"a"}},
		{"midnight in Pago Pago", `SELECT strftime(snapshot_date, '%m-%d'), active_subscribers FROM mart.agg_mrr WHERE creator_id = '` + pag + `' ORDER BY 1 LIMIT 3`,
			[]string{"01-30 2", "01-31 1", "02-01 0"}},
		{"as of midnight in Pago Pago", `SELECT fan_id FROM mart.subscribers_as_of('2026-01-31') WHERE creator_id = '` + pag + `'`, []string{"a"}},
		{"a list that is read no more is known for a week", `SELECT max(snapshot_date) FROM mart.agg_mrr WHERE creator_id = '` + pag + `'`, []string{"2026-02-08T00:00:00Z"}},
		{"movements", `SELECT strftime(movement_date, '%m-%d'), fan_id, movement, mrr_before_cents, mrr_cents FROM mart.fct_subscriber_movements
			WHERE creator_id = '` + edi + `' AND movement_date > DATE '2026-01-01' ORDER BY ALL`, []string{
			"01-09 trial new 0 1000", "01-20 back churn 1000 0", "02-03 guest new 0 1000", "02-05 up expansion 900 1200", "02-10 back reactivation 0 1000",
			"02-11 old reactivation 0 600", "02-12 down contraction 1000 800", "02-17 guest churn 1000 0", "02-20 cancelled churn 1000 0",
		}},
		{"the day a cancelled period ends", `SELECT strftime(snapshot_date, '%m-%d'), active_subscribers, active_paying_subscribers, active_trials, unpriced_subscribers, mrr_cents, auto_renewing_subscribers
			FROM mart.agg_mrr WHERE creator_id = '` + edi + `' AND snapshot_date IN ('2026-01-01', '2026-02-19', '2026-02-20') ORDER BY 1`, []string{
			"01-01 9 7 1 1 8443 6", // back, up, down, cancelled, flap, open and weekly pay; all but one renew
			"02-19 10 9 0 1 10143 8",
			"02-20 9 8 0 1 9143 8",
		}},
		// February starts with trial, up, down, cancelled, flap, open and weekly: 1000 + 900 + 3 x 1000 + 500 + 3043.
		{"months", `SELECT strftime(churn_month, '%m'), list_reads, subscribers_start, joined, reactivated, churned, subscribers_end, customer_churn_rate, churn_rate_stripe_style, churn_rate_daily_sum,
				mrr_start_cents, new_mrr_cents, reactivation_mrr_cents, expansion_mrr_cents, contraction_mrr_cents, churned_mrr_cents, mrr_end_cents, gross_mrr_churn_rate, net_mrr_churn_rate
			FROM mart.agg_churn_month WHERE creator_id = '` + edi + `' ORDER BY 1`, []string{
			"02 1 7 2 2 1 8 0.1429 0.1111 0.2111 8443 0 1600 300 200 1000 9143 0.1421 -0.0829",
			"03 0 8 0 0 0 8 NULL NULL NULL 9143 0 0 0 0 0 9143 NULL NULL", // nobody looked
			"04 1 8 0 0 0 8 0 0 0 9143 0 0 0 0 0 9143 0 0",
		}},
		{"churn of a month", `SELECT subscribers_start, joined, reactivated, churned, subscribers_end, customer_churn_rate, churn_rate_stripe_style, churn_rate_daily_sum,
				mrr_start_cents, new_mrr_cents, reactivation_mrr_cents, expansion_mrr_cents, contraction_mrr_cents, churned_mrr_cents, mrr_end_cents, gross_mrr_churn_rate, net_mrr_churn_rate
			FROM mart.churn('2026-01-31', '2026-02-28') WHERE creator_id = '` + edi + `'`, []string{
			"7 2 2 1 8 0.1429 0.1111 0.2111 8443 0 1600 300 200 1000 9143 0.1421 -0.0829",
		}},
		{"nobody is known to subscribe", `SELECT active_subscribers, active_paying_subscribers, mrr_cents, auto_renew_rate FROM mart.agg_mrr WHERE creator_id = '` + nob + `' AND snapshot_date = '2026-02-20'`,
			[]string{"0 0 0 NULL"}},
		{"months of nobody", `SELECT subscribers_start, churned, customer_churn_rate, churn_rate_daily_sum FROM mart.agg_churn_month WHERE creator_id = '` + nob + `' AND churn_month = '2026-02-01'`,
			[]string{"0 0 NULL NULL"}},
		{"payments are not known", `SELECT active_subscribers, active_paying_subscribers, active_trials, unpriced_subscribers, mrr_cents, committed_mrr_cents FROM mart.agg_mrr
			WHERE creator_id = '` + una + `' AND snapshot_date = '2026-02-02'`, []string{"1 NULL NULL 1 NULL NULL"}},
		// Active: 3, 3 and 2 on average, 12000 / 8; churned: 1 of 4, 0 of 3 and 1 of 3, 2 / 10.
		{"forecast", `SELECT months_count, arpu_net_cents, customer_churn_rate, predicted_ltv_net_cents FROM mart.rpt_predicted_ltv`, []string{"3 1500 0.2 7500"}},
		{"a fan at two creators", `SELECT count(DISTINCT creator_id) FROM mart.subscribers_as_of('2026-02-01') WHERE fan_id = 'flap' AND is_active`, []string{"2"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, lines(t, conn, test.query)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	const query = "SELECT * FROM mart.agg_mrr ORDER BY ALL"
	want := lines(t, conn, query)
	must(t, conn, "SET TimeZone = 'Pacific/Auckland'")
	if diff := cmp.Diff(want, lines(t, conn, query)); diff != "" {
		t.Errorf("the session's time zone changes the days (-UTC +Auckland)\n%s", diff)
	}
	must(t, conn, "UPDATE cfg.creators SET reporting_timezone = 'UTC' WHERE handle = 'kir'")
	must(t, conn, "BEGIN")
	if _, err := Refresh(t.Context(), conn, []Pair{}, map[string]bool{"cfg": true}); err != nil {
		t.Fatal(err)
	}
	must(t, conn, "COMMIT")
	if got := lines(t, conn, "SELECT count(*) FROM mart.fct_subscriber_movements WHERE creator_id = '"+kir+"' AND movement_date = '2026-01-31'"); got[0] != "2" {
		t.Errorf("%s movements on 31 January, with UTC in the place of Kiritimati; want 2", got)
	}
}

// A history of more than half a million intervals is computed by groups of
// creators, and in each of them everybody is counted once.
func TestSubscriptionsInGroups(t *testing.T) {
	t.Parallel()
	conn := testConn(t)
	fans := map[string]int{kir: 300_000, pag: 250_000, edi: 3}
	for id, n := range fans {
		addCreator(t, conn, id, "creator"+id[:1], "UTC")
		must(t, conn, `INSERT INTO fanvue.subscribers_history (creator_id, fan_id, subscription_status, price_cents, amount_paid_cents, current_period_start_at, current_period_end_at, has_auto_renew, valid_from)
			SELECT CAST(? AS UUID), 'f' || n, 'active', 1000, 1000, TIMESTAMP '2026-01-02', TIMESTAMP '2026-02-01', true, TIMESTAMP '2026-01-02 03:00:00' FROM range(?) r(n)`, id, n)
	}
	build(t, conn, nil)
	for id, n := range fans {
		var rows, joined int
		if err := conn.QueryRowContext(t.Context(), "SELECT count(*), count(*) FILTER (movement = 'new' AND movement_date = DATE '2026-01-02') FROM mart.fct_subscriber_movements WHERE creator_id = CAST(? AS UUID)", id).Scan(&rows, &joined); err != nil {
			t.Fatal(err)
		}
		if joined != n {
			t.Errorf("creator %s: %d of %d movements are new; want %d", id, joined, rows, n)
		}
	}
}
