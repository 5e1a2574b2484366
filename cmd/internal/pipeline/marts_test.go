package pipeline_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract/fanvuesim"
	"fanlake/load"
)

// The marts of fans, chats and chatters say what follows from the simulator's
// truth, in two time zones, after the first read and after nights with refunds,
// unlocks, unsent messages and balances that settle.
func TestMartsOfAWorld(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: fanvuesim.WorldOptions{Seed: 31, Agency: true, Creators: 2, FansPerCreator: 40, EarningsPerCreator: 250, ChatsPerCreator: 10, MessagesPerChat: 50, Months: 4}})
	delete(r.account.Cadence, "team_members")
	delete(r.account.Cadence, "chatter_leaderboard")
	creators := r.listed()
	r.account.Settings.Creators = map[string]load.CreatorSettings{strings.ToLower(creators[0].Handle): {Timezone: "Pacific/Kiritimati"}, creators[1].UUID: {Timezone: "America/New_York"}}
	zones := map[string]string{creators[0].UUID: "Pacific/Kiritimati", creators[1].UUID: "America/New_York"}
	nights := 3
	if long() {
		nights = 30
	}
	for night := range nights + 1 {
		if night > 0 {
			r.sim.Night()
		}
		r.sync(t, pipeline.SyncOptions{})
		for creator, zone := range zones {
			w := newMartTruth(t, r, creator, zone)
			w.fans(t)
			w.reversals(t)
			w.messages(t)
			w.sales(t)
		}
		same(t, "chatters that differ from the leaderboard", r.query(t, `SELECT period_month, member_label, messages_diff, platform_ppvs_sent - ppvs_sent, platform_ppvs_unlocked - ppvs_unlocked, revenue_diff_cents
			FROM mart.rpt_chatter_comparison WHERE platform_messages IS NOT NULL
				AND (messages_diff <> 0 OR revenue_diff_cents <> 0 OR platform_ppvs_sent <> ppvs_sent OR platform_ppvs_unlocked <> ppvs_unlocked)`), nil)
		same(t, "whether there is a leaderboard", r.query(t, "SELECT count(platform_messages) > 0 FROM mart.rpt_chatter_comparison"), []string{"true"})
		same(t, "reconciliation", r.query(t, "SELECT verdict, count(DISTINCT creator_id) FROM mart.rpt_reconciliation GROUP BY 1"), []string{line("ok", 2)})
		if t.Failed() {
			t.Fatalf("night %d", night)
		}
	}
}

// A martTruth is what the simulator knows of one creator.
type martTruth struct {
	r         *rig
	creator   string
	loc       *time.Location
	earnings  []fanvuesim.EarningTruth // that are there
	chats     map[string][]fanvuesim.MessageTruth
	senders   map[string]string // of messages, unsent ones included
	pseudonym func(string) string
}

func newMartTruth(t testing.TB, r *rig, creator, zone string) martTruth {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	w := martTruth{r: r, creator: creator, loc: loc, chats: map[string][]fanvuesim.MessageTruth{}, senders: map[string]string{}, pseudonym: func(id string) string { return r.fan(t, id) }}
	for e := range r.sim.World().Earnings(creator) {
		if !e.Gone {
			w.earnings = append(w.earnings, e)
		}
	}
	for _, c := range r.sim.World().Chats(creator) {
		for m := range r.sim.World().Messages(creator, c.FanID) {
			w.senders[m.UUID] = m.SentBy
			if !m.Gone {
				w.chats[c.FanID] = append(w.chats[c.FanID], m)
			}
		}
		slices.SortFunc(w.chats[c.FanID], func(a, b fanvuesim.MessageTruth) int {
			return cmp.Or(a.SentAt.Compare(b.SentAt), strings.Compare(a.UUID, b.UUID))
		})
	}
	return w
}

func (w martTruth) month(at time.Time) string { return at.In(w.loc).Format("2006-01") }
func (w martTruth) day(at time.Time) string   { return at.In(w.loc).Format(time.DateOnly) }

// rows asks a mart, for this creator alone.
func (w martTruth) rows(t testing.TB, columns, mart string, where ...string) []string {
	where = append(where, "creator_id = '"+w.creator+"'")
	return w.r.query(t, "SELECT "+columns+" FROM mart."+mart+" WHERE "+strings.Join(where, " AND ")+" GROUP BY ALL")
}

// paidByFan is whether a row is a fan's money: of a source that is not known,
// if it names a fan.
func paidByFan(e *fanvuesim.EarningTruth) bool {
	known := []string{"subscription", "renewal", "message", "post", "tip", "mediaLink", "checkoutLink", "fanExperience", "appStore", "refund", "chargeback"}
	return slices.Contains(known, e.Source) || e.IsFanPaid() && cmp.Or(e.FanID, e.FormerFan) != ""
}

// fans compares months and lifetimes of fans, and how much hangs on the first.
func (w martTruth) fans(t testing.TB) {
	t.Helper()
	type sums struct{ sales, gross, reversals, reversed, net int64 }
	months, lives := map[string]sums{}, map[string]sums{}
	first, last := map[string]string{}, map[string]string{}
	for _, e := range w.earnings {
		if !paidByFan(&e) {
			continue
		}
		fan := w.pseudonym(cmp.Or(e.FanID, e.FormerFan))
		for key, of := range map[string]map[string]sums{w.month(e.At) + " | " + fan: months, fan: lives} {
			s := of[key]
			s.net += e.Net
			if e.IsReversal() {
				s.reversals, s.reversed = s.reversals+1, s.reversed+e.Gross
			} else {
				s.sales, s.gross = s.sales+1, s.gross+e.Gross
				if day := w.day(e.At); first[fan] == "" || day < first[fan] {
					first[fan] = day
				}
				last[fan] = max(last[fan], w.day(e.At))
			}
			of[key] = s
		}
	}
	var want, cohorts []string
	for key, s := range months {
		want = append(want, line(key, s.sales, s.gross, s.reversals, s.reversed, s.net))
	}
	same(t, "months of fans", w.rows(t, "strftime(earned_month, '%Y-%m'), fan_id, sales_count, gross_sales_cents, reversal_count, reversed_gross_cents, net_cents", "agg_fan_month"), want)
	want = nil
	fans, total, most := 0, int64(0), int64(0)
	size, ltv := map[string]int64{}, map[string]int64{}
	for fan, s := range lives {
		if fan == "-" {
			continue
		}
		want = append(want, line(fan, cmp.Or(first[fan], "-"), cmp.Or(last[fan], "-"), s.sales, s.net))
		if s.net > 0 {
			fans, total, most = fans+1, total+s.net, max(most, s.net)
		}
		if s.sales > 0 {
			size[first[fan][:7]]++
			ltv[first[fan][:7]] += s.net
		}
	}
	same(t, "fans", w.rows(t, "fan_id, strftime(first_paid_date, '%Y-%m-%d'), strftime(last_paid_date, '%Y-%m-%d'), sales_count, net_cents", "agg_fan_lifetime"), want)
	same(t, "concentration", w.rows(t, "paying_fans, net_cents, CAST(round(top_1_fan_share * net_cents / 1000) AS BIGINT)", "rpt_whale_concentration"),
		[]string{line(fans, total, int64(float64(most)/1000+0.5))})
	for month := range size {
		cohorts = append(cohorts, line(month, size[month], ltv[month]))
	}
	same(t, "cohorts", w.rows(t, "strftime(cohort_month, '%Y-%m'), any_value(cohort_size), sum(net_cents_in_month)::BIGINT", "rpt_ltv_cohorts"), cohorts)
}

// reversals compares what was taken back of the sales of each month.
func (w martTruth) reversals(t testing.TB) {
	t.Helper()
	sources, sold := map[string]map[string]bool{}, map[string]time.Time{}
	for _, e := range w.earnings { // newest first
		if e.OrderID != "" && !e.IsReversal() {
			if sources[e.OrderID] == nil {
				sources[e.OrderID] = map[string]bool{}
			}
			sources[e.OrderID][e.Source], sold[e.OrderID] = true, e.At
		}
	}
	back := map[string]int64{}
	for _, e := range w.earnings {
		if e.IsReversal() && len(sources[e.Reversed]) == 1 {
			back[w.month(sold[e.Reversed])] -= e.Gross
		}
	}
	var want []string
	for month, cents := range back {
		want = append(want, line(month, cents))
	}
	same(t, "reversals by month of sale", w.rows(t, "strftime(earned_month, '%Y-%m'), reversed_cents", "agg_reversal_rate", "reversed_cents <> 0"), want)
}

// messages compares turns of fans with their answers, and what was sent.
func (w martTruth) messages(t testing.TB) {
	t.Helper()
	direct := func(m *fanvuesim.MessageTruth) bool {
		return m.Type == "SINGLE_RECIPIENT" || m.Type == "CHAT_TEXT_REWRITE"
	}
	var turns []string
	type sums struct{ sent, priced, bought int64 }
	sent := map[string]sums{}
	received := map[string]int64{}
	for fan, all := range w.chats {
		run := false // of the fan
		for i, m := range all {
			if !m.FromCreator && direct(&m) {
				received[w.month(m.SentAt)]++
				if !run {
					answer := slices.IndexFunc(all, func(a fanvuesim.MessageTruth) bool {
						return a.FromCreator && direct(&a) && !a.SentAt.Before(all[i].SentAt)
					})
					reply := "- | -"
					if answer >= 0 {
						by := "" // of several in one instant the first member, if any
						for _, a := range all {
							if a.FromCreator && direct(&a) && a.SentAt.Equal(all[answer].SentAt) && a.SentBy != "" && (by == "" || a.SentBy < by) {
								by = a.SentBy
							}
						}
						reply = line(instant(all[answer].SentAt), cmp.Or(by, "-"))
					}
					turns = append(turns, line(w.pseudonym(fan), m.UUID, instant(m.SentAt), w.day(m.SentAt), reply))
				}
			}
			if direct(&m) {
				run = !m.FromCreator
			}
			if m.FromCreator && (direct(&m) || m.Type == "BROADCAST") {
				class := map[bool]string{true: "mass", false: "direct"}[m.Type == "BROADCAST"]
				key := line(w.month(m.SentAt), class, cmp.Or(m.SentBy, "-"))
				s := sent[key]
				s.sent++
				if m.Price > 0 {
					s.priced++
					if !m.PurchasedAt.IsZero() {
						s.bought++
					}
				}
				sent[key] = s
			}
		}
	}
	same(t, "turns", w.rows(t, "fan_id, turn_message_id::VARCHAR, epoch_us(fan_turn_at), strftime(turn_date, '%Y-%m-%d'), epoch_us(replied_at), sent_by_user_id::VARCHAR", "fct_chat_replies"), turns)
	var want []string
	for key, s := range sent {
		want = append(want, line(key, s.sent, s.priced, s.bought))
	}
	same(t, "paid messages", w.rows(t, "strftime(sent_month, '%Y-%m'), message_class, sent_by_user_id::VARCHAR, messages_sent, ppvs_sent, ppvs_unlocked", "agg_ppv_month"), want)
	want = nil
	for month, n := range received {
		want = append(want, line(month, n))
	}
	same(t, "messages received", w.rows(t, "strftime(sent_month, '%Y-%m'), messages_received", "agg_chat_month"), want)
}

// sales compares to whom paid messages and tips are due.
func (w martTruth) sales(t testing.TB) {
	t.Helper()
	var want []string
	for _, e := range w.earnings {
		var by, rule string
		switch e.Source {
		case "message":
			by, rule = w.senders[e.MessageID], "message_sender"
		case "tip":
			rule = "converter_24h"
			var newest time.Time
			for _, m := range w.chats[cmp.Or(e.FanID, e.FormerFan)] { // oldest first
				if !m.FromCreator || m.Type != "SINGLE_RECIPIENT" || m.SentAt.After(e.At) {
					continue
				}
				if m.SentAt.After(newest) {
					newest, by = m.SentAt, m.SentBy
				} else if m.SentBy != "" && (by == "" || m.SentBy < by) { // in the same instant
					by = m.SentBy
				}
			}
			if e.At.Sub(newest) > 24*time.Hour {
				by = ""
			}
		default:
			continue
		}
		want = append(want, line(instant(e.At), e.Source, e.Net, cmp.Or(by, "-"), rule))
	}
	got := w.r.query(t, fmt.Sprintf("SELECT epoch_us(earned_at), source, net_cents, sent_by_user_id::VARCHAR, attribution_rule FROM mart.fct_chatter_sales WHERE creator_id = '%s'", w.creator))
	same(t, "sales of chatters", got, want)
}
