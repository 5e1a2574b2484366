package marts

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// payments are subscriptions over five months: one that lapses and comes back,
// taken back, without a fan, begun by a renewal, begun twice in a month, and begun
// at the instant of a renewal. The first row of bea is of January in New York.
var payments = []earningRow{
	{"p1", ava, "2026-01-05 10:00:00", "subscription", 1000, 800, "o1", "", "", "f1", false},
	{"p2", ava, "2026-01-10 10:00:00", "subscription", 1000, 800, "o2", "", "", "f2", false},
	{"p3", ava, "2026-01-12 10:00:00", "refund", -1000, -800, "o3", "o2", "", "f2", false},
	{"p4", ava, "2026-01-13 10:00:00", "tip", 300, 240, "o4", "", "", "f6", false},
	{"p5", ava, "2026-02-02 10:00:00", "renewal", 500, 400, "o5", "", "", "f3", false},
	{"p6", ava, "2026-02-05 10:00:00", "renewal", 1000, 800, "o6", "", "", "f1", false},
	{"p7", ava, "2026-02-07 10:00:00", "subscription", 900, 720, "o7", "", "", "", false},
	{"p8", ava, "2026-02-08 10:00:00", "renewal", 900, 720, "o8", "", "", "", false},
	{"p9", ava, "2026-02-20 10:00:00", "subscription", 500, 400, "o9", "", "", "f3", false},
	{"p10", ava, "2026-03-01 10:00:00", "subscription", 1000, 800, "o10", "", "", "f4", false},
	{"p11", ava, "2026-03-02 10:00:00", "subscription", 1000, 800, "o11", "", "", "f5", false},
	{"p12", ava, "2026-03-03 10:00:00", "subscription", -1000, -800, "o12", "o1", "", "f1", false},
	{"p13", ava, "2026-03-20 10:00:00", "subscription", 1000, 800, "o13", "", "", "f5", false},
	{"p14", ava, "2026-03-30 10:00:00", "renewal", 1000, 800, "o14", "", "", "f4", false},
	{"p15", ava, "2026-04-05 10:00:00", "renewal", 1000, 800, "o15", "", "", "f7", false},
	{"p16", ava, "2026-04-05 10:00:00", "subscription", 1000, 800, "o16", "", "", "f7", false},
	{"p17", ava, "2026-05-03 10:00:00", "subscription", 1200, 960, "o17", "", "", "f1", false},
	{"p18", bea, "2026-02-01 03:00:00", "subscription", 700, 560, "o1", "", "", "f1", false},
	{"p19", bea, "2026-05-01 06:00:00", "renewal", 700, 560, "o2", "", "", "f1", false},
}

func TestMartsOfSubscriptionPayments(t *testing.T) {
	t.Parallel()
	conn := testConn(t)
	addCreator(t, conn, ava, "ava", "Europe/London")
	addCreator(t, conn, bea, "bea", "America/New_York")
	addEarnings(t, conn, payments...)
	finished(t, conn, "2026-05-10 03:00:00")
	build(t, conn, nil)
	const (
		fans = `SELECT strftime(earned_month, '%m'), fan_id, subscription_count, renewal_count, is_subscribed_first FROM mart.agg_fan_month
			WHERE creator_id = '` + ava + `' ORDER BY 1, 2 NULLS LAST`
		months = `SELECT d.handle, strftime(earned_month, '%Y-%m'), new_paying_subscribers, resubscribed, renewed, billed_cents, new_billed_cents, recurring_billed_cents, payments_without_fan
			FROM mart.agg_subscriber_payments_month JOIN mart.dim_creators d USING (creator_id) ORDER BY 1, 2`
		cohorts = `SELECT d.handle, strftime(cohort_month, '%Y-%m'), cohort_size, string_agg(retained, ',' ORDER BY month_number), count(*) FILTER (is_partial), min(retention)
			FROM mart.rpt_subscriber_cohorts JOIN mart.dim_creators d USING (creator_id) GROUP BY ALL ORDER BY 1, 2`
	)
	check := func(name, query string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, lines(t, conn, query)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
	check("fans", fans,
		"01 f1 1 0 true", "01 f2 1 0 true", "01 f6 0 0 NULL",
		"02 f1 0 1 false", "02 f3 1 1 false", "02 NULL 1 1 true",
		"03 f1 0 0 NULL", "03 f4 1 1 true", "03 f5 2 0 true",
		"04 f7 1 1 true", "05 f1 1 0 true")
	check("months", months,
		"ava 2026-01 2 0 0 2000 2000 0 0",
		"ava 2026-02 0 1 2 3800 1400 2400 2", // f3 paid a renewal first, so it is no new one
		"ava 2026-03 2 1 1 4000 3000 1000 0", // f5 began twice
		"ava 2026-04 1 0 1 2000 1000 1000 0",
		"ava 2026-05 0 1 0 1200 1200 0 0",
		"bea 2026-01 1 0 0 700 700 0 0",
		"bea 2026-05 0 0 1 700 0 700 0")
	check("cohorts", cohorts,
		"ava 2026-01 2 2,1,0,0,1 1 0", "ava 2026-02 1 1,0,0,0 1 0", "ava 2026-03 2 2,0,0 1 0", "ava 2026-04 1 1,0 1 0",
		"bea 2026-01 1 1,0,0,0,1 1 0")

	// A payment of the year before that comes late moves f1 out of those of January.
	addEarnings(t, conn, earningRow{"p0", ava, "2025-12-30 10:00:00", "subscription", 1000, 800, "o0", "", "", "f1", false})
	build(t, conn, []Pair{{ava, time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC)}})
	refreshed := append(lines(t, conn, fans), append(lines(t, conn, months), lines(t, conn, cohorts)...)...)
	check("months with the late payment", months+" LIMIT 3", "ava 2025-12 1 0 0 1000 1000 0 0", "ava 2026-01 1 1 0 2000 2000 0 0", "ava 2026-02 0 1 2 3800 1400 2400 2")
	check("cohorts with the late payment", cohorts+" LIMIT 2", "ava 2025-12 1 1,1,1,0,0,1 1 0", "ava 2026-01 1 1,0,0,0,0 1 0")
	must(t, conn, "DROP SCHEMA mart CASCADE")
	build(t, conn, nil)
	rebuilt := append(lines(t, conn, fans), append(lines(t, conn, months), lines(t, conn, cohorts)...)...)
	if diff := cmp.Diff(rebuilt, refreshed); diff != "" {
		t.Errorf("(-rebuilt +refreshed)\n%s", diff)
	}
}
