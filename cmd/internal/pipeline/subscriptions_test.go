package pipeline_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract/fanvuesim"
)

// A listRead is what a creator's list of subscribers had when it was read.
type listRead struct {
	at   time.Time
	rows map[string]fanvuesim.SubscriberTruth // by fan
}

// A roll is what is known of a creator's subscribers: the reads of the list in
// their order.
type roll struct {
	creator string
	zone    *time.Location
	reads   []listRead
	until   time.Time // newest run
}

func date(at time.Time, zone *time.Location) string { return at.In(zone).Format(time.DateOnly) }

func dayAfter(day string, n int) string {
	at, _ := time.Parse(time.DateOnly, day)
	return at.AddDate(0, 0, n).Format(time.DateOnly)
}

// end is the instant at which a day is over.
func (r roll) end(day string) time.Time {
	at, _ := time.ParseInLocation(time.DateOnly, dayAfter(day, 1), r.zone)
	return at
}

// A standing is how a fan stands at the end of a day.
type standing struct {
	active, trial, unpriced, paying, renews bool
	mrr                                     int64
}

func stand(s fanvuesim.SubscriberTruth, end time.Time) standing {
	switch {
	case s.Status == "paused" || s.Status == "pending_confirmation":
		return standing{}
	case s.Status == "cancelled" && !s.PeriodEnd.IsZero() && s.PeriodEnd.Before(end):
		return standing{}
	case !s.Subscription:
		return standing{active: true, unpriced: true}
	case s.AmountPaid == 0:
		return standing{active: true, trial: true}
	}
	months := int64(1)
	if !s.PeriodEnd.IsZero() {
		months = max(1, int64(math.Round(s.PeriodEnd.Sub(s.PeriodStart).Hours()/24/30.4375)))
	}
	return standing{active: true, paying: true, renews: s.AutoRenewalEnabled, mrr: (2*s.AmountPaid + months) / (2 * months)}
}

// on is how every fan stands at the end of a day.
func (r roll) on(day string) map[string]standing {
	all := map[string]standing{}
	var newest map[string]fanvuesim.SubscriberTruth
	for _, read := range r.reads {
		if read.at.Before(r.end(day)) {
			newest = read.rows
		}
	}
	for fan, s := range newest {
		if st := stand(s, r.end(day)); st.active {
			all[fan] = st
		}
	}
	return all
}

// days are those of which something is known.
func (r roll) days() (all []string) {
	for day := date(r.reads[0].at, r.zone); day <= date(r.until, r.zone); day = dayAfter(day, 1) {
		all = append(all, day)
	}
	return all
}

// mrr is the row of a day.
func (r roll) mrr(day string) string {
	var n struct{ active, paying, trials, unpriced, renewing, mrr, committed int64 }
	for _, s := range r.on(day) {
		n.active++
		if s.trial {
			n.trials++
		}
		if s.unpriced {
			n.unpriced++
		}
		if s.paying {
			n.paying++
			n.mrr += s.mrr
		}
		if s.renews {
			n.renewing++
			n.committed += s.mrr
		}
	}
	return line(r.creator, day, n.active, n.paying, n.trials, n.unpriced, n.renewing, n.mrr, n.committed)
}

// cameBack is whether a fan who pays on a day and did not the day before is one
// who had paid or had subscribed before the first list.
func (r roll) cameBack(fan, day string) bool {
	for _, read := range r.reads {
		if s, ok := read.rows[fan]; ok && date(read.at, r.zone) < day && stand(s, read.at.Add(time.Microsecond)).paying {
			return true
		}
	}
	var now fanvuesim.SubscriberTruth
	for _, read := range r.reads {
		if date(read.at, r.zone) <= day {
			now = read.rows[fan]
		}
	}
	_, first := r.reads[0].rows[fan]
	return !r.on(dayAfter(day, -1))[fan].active && !first && !now.FirstSubscribedAt.IsZero() && now.FirstSubscribedAt.Before(r.reads[0].at)
}

// churn is what happened between the ends of two days.
func (r roll) churn(d0, d1 string) string {
	a, b := r.on(d0), r.on(d1)
	var n struct{ start, joined, back, churned, end int64 }
	var mrr struct{ start, new, back, more, less, churned, end int64 }
	for fan, s := range a {
		if !s.paying {
			continue
		}
		n.start++
		mrr.start += s.mrr
		if !b[fan].paying {
			n.churned++
			mrr.churned += s.mrr
			continue
		}
		mrr.more += max(0, b[fan].mrr-s.mrr)
		mrr.less += max(0, s.mrr-b[fan].mrr)
	}
	for fan, s := range b {
		if !s.paying {
			continue
		}
		n.end++
		mrr.end += s.mrr
		if a[fan].paying {
			continue
		}
		n.joined++
		day := dayAfter(d0, 1)
		for !r.on(day)[fan].paying {
			day = dayAfter(day, 1)
		}
		if r.cameBack(fan, day) {
			n.back++
			mrr.back += s.mrr
		} else {
			mrr.new += s.mrr
		}
	}
	daily := 0.0
	for day := dayAfter(d0, 1); day <= d1; day = dayAfter(day, 1) {
		before, after, paying, lost := r.on(dayAfter(day, -1)), r.on(day), 0, 0
		for fan, s := range before {
			if s.paying {
				paying++
				if !after[fan].paying {
					lost++
				}
			}
		}
		if lost > 0 {
			daily += float64(lost) / float64(paying)
		}
	}
	return line(r.creator, n.start, n.joined, n.back, n.churned, n.end, mrr.start, mrr.new, mrr.back, mrr.more, mrr.less, mrr.churned, mrr.end,
		fmt.Sprintf("%.4f", float64(n.churned)/float64(n.start)), fmt.Sprintf("%.4f", float64(n.churned)/float64(n.start+n.joined)), fmt.Sprintf("%.4f", daily))
}

// What the marts say of subscribers is what follows, by the definitions, from
// the lists as they were when they were read.
func TestMartsOfSubscriptionsFollowTheLists(t *testing.T) {
	t.Parallel()
	w := small(61)
	w.FansPerCreator = 120
	w.Nights = nothing()
	w.Nights.NoNewSubscribers, w.Nights.NoRenewals, w.Nights.NoCancellations, w.Nights.NoLeavers = false, false, false, false
	r := newRig(t, fanvuesim.Options{World: w})
	r.account.Settings.Timezone = "America/New_York"
	zone, err := time.LoadLocation(r.account.Settings.Timezone)
	if err != nil {
		t.Fatal(err)
	}
	rolls := map[string]*roll{}
	syncs, between := 9, 6
	if long() {
		syncs, between = 60, 1
	}
	for range syncs {
		mark := r.sim.Gate().Ledger().Mark()
		r.sync(t, pipeline.SyncOptions{Streams: []string{"account", "subscriber_counts", "subscribers"}})
		read := map[string]bool{}
		for _, e := range r.sim.Gate().Ledger().Since(mark) {
			if strings.HasSuffix(e.Pattern, "/subscribers") && !strings.Contains(e.Pattern, "/insights/") {
				read[e.Creator] = true
			}
		}
		for _, c := range r.sim.World().Creators() {
			if rolls[c.UUID] == nil {
				rolls[c.UUID] = &roll{creator: c.UUID, zone: zone}
			}
			l := rolls[c.UUID]
			l.until = r.sim.Now()
			if name := c.UUID; !read[name] && (!c.Owner || !read[""]) {
				continue
			}
			rows := map[string]fanvuesim.SubscriberTruth{}
			for _, s := range r.sim.World().Subscribers(c.UUID) {
				rows[s.UUID] = s
			}
			l.reads = append(l.reads, listRead{r.sim.Now(), rows})
		}
		for range between {
			r.sim.Night()
		}
	}
	var days, movement, months, states []string
	var first, last string
	for _, l := range rolls {
		all := l.days()
		first, last = all[0], all[len(all)-1]
		for _, day := range all {
			days = append(days, l.mrr(day))
		}
		movement = append(movement, l.churn(first, last))
		for month := first[:7] + "-01"; month <= last; {
			start, _ := time.Parse(time.DateOnly, month)
			next := start.AddDate(0, 1, 0).Format(time.DateOnly)
			if dayAfter(month, -1) >= first && dayAfter(next, -1) < last {
				months = append(months, month+" | "+l.churn(dayAfter(month, -1), dayAfter(next, -1)))
			}
			month = next
		}
		middle := all[len(all)/2]
		for fan, s := range l.on(middle) {
			states = append(states, line(l.creator, r.fan(t, fan), s.trial, s.paying, s.mrr))
		}
	}
	same(t, "agg_mrr", r.query(t, `SELECT creator_id::VARCHAR, strftime(snapshot_date, '%Y-%m-%d'), active_subscribers, active_paying_subscribers, active_trials, unpriced_subscribers,
		auto_renewing_subscribers, mrr_cents, committed_mrr_cents FROM mart.agg_mrr`), days)
	const figures = `subscribers_start, joined, reactivated, churned, subscribers_end, mrr_start_cents, new_mrr_cents, reactivation_mrr_cents,
		expansion_mrr_cents, contraction_mrr_cents, churned_mrr_cents, mrr_end_cents, printf('%.4f', customer_churn_rate), printf('%.4f', churn_rate_stripe_style), printf('%.4f', churn_rate_daily_sum)`
	same(t, "churn", r.query(t, `SELECT creator_id::VARCHAR, `+figures+` FROM mart.churn(DATE '`+first+`', DATE '`+last+`')`), movement)
	same(t, "agg_churn_month", r.query(t, `SELECT strftime(churn_month, '%Y-%m-%d'), creator_id::VARCHAR, `+figures+` FROM mart.agg_churn_month`), months)
	if len(months) == 0 {
		t.Error("no month was closed in these nights")
	}
	same(t, "months that do not add up", r.query(t, `SELECT * FROM mart.agg_churn_month WHERE mrr_start_cents + new_mrr_cents + expansion_mrr_cents + reactivation_mrr_cents
		- contraction_mrr_cents - churned_mrr_cents <> mrr_end_cents OR subscribers_start + joined - churned <> subscribers_end`), nil)
	middle := dayAfter(first, len(rolls[r.listed()[0].UUID].days())/2)
	same(t, "subscribers_as_of", r.query(t, `SELECT creator_id::VARCHAR, fan_id, coalesce(is_trial, false), is_paying, coalesce(mrr_cents, 0) FROM mart.subscribers_as_of(DATE '`+middle+`') WHERE is_active`), states)
	same(t, "snapshots of that day", r.query(t, `SELECT creator_id::VARCHAR, fan_id, coalesce(is_trial, false), is_paying, coalesce(mrr_cents, 0)
		FROM mart.fct_subscription_snapshots WHERE snapshot_date = DATE '`+middle+`' AND is_active`), states)
	before := r.query(t, `SELECT * FROM mart.fct_subscriber_movements`)
	if err := r.account.Rebuild(t.Context(), r.steps); err != nil {
		t.Fatal(err)
	}
	same(t, "movements after a rebuild", r.query(t, `SELECT * FROM mart.fct_subscriber_movements`), before)
}
