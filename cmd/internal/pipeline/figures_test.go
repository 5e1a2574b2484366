package pipeline_test

import (
	"fmt"
	"testing"
	"time"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract/fanvuesim"
)

// The platform's own figures land row for row: days of the summary, subscriber
// counts, and the top spenders of this and the last month.
func TestSyncLandsThePlatformsFigures(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: fanvuesim.WorldOptions{Seed: 21, Agency: true, OwnerIsCreator: true, Creators: 3, EarningsPerCreator: 900, Months: 20}})
	r.sync(t, pipeline.SyncOptions{})
	r.compareSummary(t)
	r.compareTopSpenders(t)
	r.compareCounts(t)
	for range 3 {
		r.sim.Night()
		r.sync(t, pipeline.SyncOptions{})
		r.compareCounts(t)
	}
}

// compareSummary expects a row a day from the first earning on; days without
// money are zero.
func (r *rig) compareSummary(t testing.TB) {
	t.Helper()
	var want []string
	for _, c := range r.listed() {
		days, err := r.sim.World().SummaryDays(c.UUID, time.Time{}, r.sim.Now(), "UTC")
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range days {
			if d.Gross != 0 || d.Net != 0 {
				want = append(want, line(c.UUID, d.Date, "UTC", d.Gross, d.Net))
			}
		}
	}
	same(t, "earnings_summary_days", r.query(t, `SELECT creator_id::VARCHAR, strftime(period_date, '%Y-%m-%d'), timezone, gross_cents, net_cents
		FROM fanvue.earnings_summary_days WHERE gross_cents <> 0 OR net_cents <> 0`), want)
	same(t, "days of the summary in doubt", r.query(t, `SELECT creator_id::VARCHAR, period_date FROM fanvue.earnings_summary_days GROUP BY ALL HAVING count(*) > 1`), nil)
}

func (r *rig) compareTopSpenders(t testing.TB) {
	t.Helper()
	var want []string
	now := r.sim.Now()
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	for _, c := range r.listed() {
		for _, start := range []time.Time{month, month.AddDate(0, -1, 0)} {
			for _, s := range r.sim.World().TopSpenders(c.UUID, start, start.AddDate(0, 1, 0)) {
				want = append(want, line(c.UUID, start.Format(time.DateOnly), r.fan(t, s.FanID), s.Gross, s.Net, s.Messages))
			}
		}
	}
	same(t, "top_spenders", r.query(t, `SELECT creator_id::VARCHAR, strftime(period_month, '%Y-%m-%d'), fan_id, gross_cents, net_cents, messages_count FROM fanvue.top_spenders`), want)
}

// compareCounts compares every day since the registration; the running total
// depends on the range that was asked for and is not compared.
func (r *rig) compareCounts(t testing.TB) {
	t.Helper()
	var want []string
	today := r.sim.Now().Format(time.DateOnly)
	for _, c := range r.listed() {
		for _, d := range r.sim.World().SubscriberCounts(c.UUID) {
			if d.Date < today && d.New+d.Cancelled > 0 {
				want = append(want, line(c.UUID, d.Date, d.New, d.Cancelled))
			}
		}
	}
	same(t, "subscriber_counts", r.query(t, fmt.Sprintf(`SELECT creator_id::VARCHAR, strftime(bucket_date, '%%Y-%%m-%%d'), new_subscribers_count, cancelled_subscribers_count
		FROM fanvue.subscriber_counts WHERE bucket_date < DATE '%s' AND new_subscribers_count + cancelled_subscribers_count > 0`, today)), want)
}
