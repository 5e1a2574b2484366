package marts

import (
	"database/sql"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A periodRow is a row of fanvue.subscribers_history as tests write it; empty
// strings are NULL, and so are amounts below zero.
type periodRow struct {
	creator, fan, status string
	price, paid          int64
	start, end           string // of the current period
	renews               bool
	first                string // subscribed
	from, to             string // validity
}

func addPeriods(t testing.TB, conn *sql.Conn, rows ...periodRow) {
	t.Helper()
	for _, r := range rows {
		must(t, conn, `INSERT INTO fanvue.subscribers_history (creator_id, fan_id, subscription_status, price_cents, amount_paid_cents, current_period_start_at,
				current_period_end_at, has_auto_renew, first_subscribed_at, valid_from, valid_to)
			VALUES (CAST(? AS UUID), ?, nullif(?, ''), nullif(?, -1), nullif(?, -1), CAST(nullif(?, '') AS TIMESTAMP), CAST(nullif(?, '') AS TIMESTAMP), ?,
				CAST(nullif(?, '') AS TIMESTAMP), CAST(? AS TIMESTAMP), CAST(nullif(?, '') AS TIMESTAMP))`,
			r.creator, r.fan, r.status, r.price, r.paid, r.start, r.end, r.renews, r.first, r.from, r.to)
	}
}

// addReads notes complete reads of a list at instants.
func addReads(t testing.TB, conn *sql.Conn, creator, list string, at ...string) {
	t.Helper()
	for _, a := range at {
		must(t, conn, `INSERT INTO meta.slices (slice_id, part_id, table_name, stream, creator_id, walk_start_at, is_complete, row_count, first_seq)
			VALUES (?, ?, ?, ?, CAST(? AS UUID), CAST(? AS TIMESTAMP), true, 0, 1)`, list+creator+a, "p"+a, list, list, creator, a)
	}
}

// addRun notes a run that ended at an instant of the server.
func addRun(t testing.TB, conn *sql.Conn, at string) {
	t.Helper()
	must(t, conn, "INSERT INTO meta.runs (run_id, run_seq, server_time) VALUES (?, 1, CAST(? AS TIMESTAMP))", at, at)
}

// The subscribers behind the ledger: nightly lists from 31 January on, until
// the run of 31 March. The figures were worked out by hand.
func subscribed(t *testing.T) *sql.Conn {
	conn := fixture(t)
	addPeriods(t, conn,
		// renewed on 5 February and 5 March at the same price
		periodRow{ava, "f1", "active", 1000, 1000, "2026-01-05", "2026-02-05", true, "2026-01-05", "2026-01-31 03:00:00", "2026-02-05 03:00:00"},
		periodRow{ava, "f1", "active", 1000, 1000, "2026-02-05", "2026-03-05", true, "2026-01-05", "2026-02-05 03:00:00", "2026-03-05 03:00:00"},
		periodRow{ava, "f1", "active", 1000, 1000, "2026-03-05", "2026-04-05", true, "2026-01-05", "2026-03-05 03:00:00", ""},
		// no longer on the list of 21 February
		periodRow{ava, "f2", "active", 1000, 1000, "2026-01-20", "2026-02-20", false, "2026-01-20", "2026-01-31 03:00:00", "2026-02-21 03:00:00"},
		// came on 14 February
		periodRow{ava, "f4", "active", 1000, 1000, "2026-02-14", "2026-03-14", true, "2026-02-14", "2026-02-14 12:00:00", ""},
		// a trial of a week
		periodRow{ava, "f7", "active", 0, 0, "2026-02-20", "2026-02-27", false, "2026-02-20", "2026-02-21 03:00:00", "2026-03-01 03:00:00"},
		// twelve months for 90 dollars
		periodRow{ava, "f8", "active", 1000, 9000, "2025-08-20", "2026-08-20", true, "2025-08-20", "2026-01-31 03:00:00", ""},
	)
	addReads(t, conn, ava, "subscribers", "2026-01-31 03:00:00", "2026-02-28 03:00:00", "2026-03-31 03:00:00")
	addReads(t, conn, ava, "followers", "2026-02-01 03:00:00", "2026-02-10 03:00:00")
	must(t, conn, `INSERT INTO fanvue.followers_history (creator_id, fan_id, valid_from, valid_to) VALUES
		(CAST($1 AS UUID), 'p', TIMESTAMP '2026-02-01 03:00:00', NULL), (CAST($1 AS UUID), 'q', TIMESTAMP '2026-02-01 03:00:00', TIMESTAMP '2026-02-10 03:00:00')`, ava)
	must(t, conn, `INSERT INTO fanvue.account_snapshots (creator_id, fetched_at, followers, subscribers) VALUES
		(CAST($1 AS UUID), TIMESTAMP '2026-01-30 12:00:00', 7, 3), (CAST($1 AS UUID), TIMESTAMP '2026-02-05 03:00:00', 9, 4)`, ava)
	must(t, conn, `INSERT INTO fanvue.subscriber_counts (creator_id, bucket_date, total, new_subscribers_count, cancelled_subscribers_count)
		VALUES (CAST(? AS UUID), DATE '2026-02-14', 9, 3, 1)`, ava)
	addRun(t, conn, "2026-03-31 03:10:00")
	build(t, conn, nil)
	return conn
}

// The figures are those of the definitions' own example: of three paying fans
// one left and one came; the plan of twelve months counts 7.50 a month.
func TestSubscriptionsOfTheLedger(t *testing.T) {
	t.Parallel()
	conn := subscribed(t)
	for _, test := range []struct {
		name, query string
		want        []string
	}{
		{"mrr", `SELECT strftime(snapshot_date, '%m-%d'), active_subscribers, active_paying_subscribers, active_trials, unpriced_subscribers, mrr_cents, committed_mrr_cents, auto_renew_rate
			FROM mart.agg_mrr WHERE strftime(snapshot_date, '%m-%d') IN ('01-31', '02-14', '02-28', '03-31') ORDER BY 1`, []string{
			"01-31 3 3 0 0 2750 1750 0.6667",
			"02-14 4 4 0 0 3750 2750 0.75",
			"02-28 4 3 1 0 2750 2750 1",
			"03-31 3 3 0 0 2750 2750 1",
		}},
		{"days", `SELECT count(*), count(DISTINCT snapshot_date), min(snapshot_date), max(snapshot_date), count(*) FILTER (is_partial) FROM mart.agg_mrr`, []string{
			"60 60 2026-01-31T00:00:00Z 2026-03-31T00:00:00Z 1",
		}},
		// Daily: f2 was missed on 21 February, when four were paying.
		{"churn", `SELECT subscribers_start, joined, reactivated, churned, subscribers_end, customer_churn_rate, retention_rate, churn_rate_stripe_style, churn_rate_daily_sum,
				mrr_start_cents, new_mrr_cents, reactivation_mrr_cents, expansion_mrr_cents, contraction_mrr_cents, churned_mrr_cents, mrr_end_cents, gross_mrr_churn_rate, net_mrr_churn_rate
			FROM mart.churn('2026-01-31', '2026-02-28')`, []string{
			"3 1 0 1 3 0.3333 0.6667 0.25 0.25 2750 1000 0 0 0 1000 2750 0.3636 0.3636",
		}},
		{"months", `SELECT strftime(churn_month, '%Y-%m'), list_reads, subscribers_start, joined, reactivated, churned, subscribers_end, customer_churn_rate, retention_rate, churn_rate_stripe_style,
				churn_rate_daily_sum, mrr_start_cents, new_mrr_cents, churned_mrr_cents, mrr_end_cents FROM mart.agg_churn_month ORDER BY 1`, []string{
			"2026-02 1 3 1 0 1 3 0.3333 0.6667 0.25 0.25 2750 1000 1000 2750", // March is not over
		}},
		{"as of", `SELECT fan_id, is_active, is_trial, is_paying, CAST(period_months AS DOUBLE), mrr_cents FROM mart.subscribers_as_of(DATE '2026-02-28') ORDER BY 1`, []string{
			"f1 true false true 1 1000", "f4 true false true 1 1000", "f7 true true false 0.23 0", "f8 true false true 12 750",
		}},
		{"before the first list", `SELECT count(*) FROM mart.subscribers_as_of(DATE '2026-01-30')`, []string{"0"}},
		{"behind the last run", `SELECT count(*) FROM mart.subscribers_as_of(DATE '2026-04-01')`, []string{"0"}},
		{"snapshots", `SELECT fan_id, is_active, is_trial, is_paying, mrr_cents FROM mart.fct_subscription_snapshots WHERE snapshot_date = DATE '2026-02-28' ORDER BY 1`, []string{
			"f1 true false true 1000", "f4 true false true 1000", "f7 true true false 0", "f8 true false true 750",
		}},
		{"movements", `SELECT strftime(movement_date, '%m-%d'), fan_id, movement, mrr_before_cents, mrr_cents FROM mart.fct_subscriber_movements WHERE movement_date > DATE '2026-01-31' ORDER BY 1, 2`, []string{
			"02-14 f4 new 0 1000", "02-21 f2 churn 1000 0", "02-21 f7 NULL 0 0", "03-01 f7 NULL 0 0",
		}},
		{"payments", `SELECT strftime(earned_month, '%Y-%m'), new_paying_subscribers, resubscribed, renewed, billed_cents, new_billed_cents, recurring_billed_cents, payments_without_fan
			FROM mart.agg_subscriber_payments_month ORDER BY 1`, []string{
			"2026-01 2 0 0 2000 2000 0 0", "2026-02 1 0 1 2000 1000 1000 0", "2026-03 0 0 1 1000 0 1000 0",
		}},
		{"cohorts", `SELECT strftime(cohort_month, '%Y-%m'), cohort_size, month_number, retained, retention, is_partial FROM mart.rpt_subscriber_cohorts ORDER BY 1, 3`, []string{
			"2026-01 2 0 2 1 false", "2026-01 2 1 1 0.5 false", "2026-01 2 2 1 0.5 true",
			"2026-02 1 0 1 1 false", "2026-02 1 1 0 0 true",
		}},
		// February: 3 until the 13th, 4 on 14 to 20, 4 again with f7 for f2: 13 x 3 + 15 x 4 = 99 over 28 days; 124.00 x 28 / 99 = 35.07.
		{"arpu", `SELECT c.handle, strftime(earned_month, '%Y-%m'), arpu_net_cents, avg_active_subscribers, snapshot_days, arppu_net_cents, avg_sale_gross_cents
			FROM mart.agg_arpu_month JOIN mart.dim_creators c USING (creator_id) ORDER BY 1, 2`, []string{
			"ava 2026-01 1867 3 1 2800 2333", "ava 2026-02 3507 3.54 28 4133 7333", "ava 2026-03 1067 3 30 3200 2000",
			"bea 2026-01 NULL NULL NULL 850 1000", "bea 2026-02 NULL NULL NULL 560 700", // nothing is known of bea's subscribers
		}},
		// f2 from 20 January to 20 February, the end of the period: 31 days. f7 from 20 to 27 February: 7.
		{"length", `SELECT ended_count, mean_days, median_days FROM mart.rpt_subscription_length`, []string{"2 19 19"}},
		{"audience", `SELECT strftime(audience_date, '%m-%d'), followers, active_subscribers, active_paying_subscribers, auto_renewing_subscribers, followers_reported, subscribers_reported
			FROM mart.fct_audience_daily WHERE strftime(audience_date, '%m-%d') IN ('01-30', '01-31', '02-05', '02-10', '02-17', '02-18') ORDER BY 1`, []string{
			"01-30 NULL NULL NULL NULL 7 3", "01-31 NULL 3 3 2 7 3", "02-05 2 3 3 2 9 4", "02-10 1 3 3 2 9 4",
			"02-17 1 4 4 3 9 4", "02-18 NULL 4 4 3 9 4", // the followers were last read a week before
		}},
		{"counts of the platform", `SELECT bucket_date, new_subscribers_count, cancelled_subscribers_count, net_change_count FROM mart.fct_subscriber_counts_daily`, []string{
			"2026-02-14T00:00:00Z 3 1 2",
		}},
		{"reads", `SELECT list_name, min(read_date), max(read_date), count(*) FROM mart.fct_list_reads GROUP BY 1 ORDER BY 1`, []string{
			"followers 2026-02-01T00:00:00Z 2026-02-10T00:00:00Z 2", "subscribers 2026-01-31T00:00:00Z 2026-03-31T00:00:00Z 3",
		}},
		{"no forecast from one month", `SELECT count(*) FROM mart.rpt_predicted_ltv`, []string{"0"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, lines(t, conn, test.query)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
