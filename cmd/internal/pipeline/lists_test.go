package pipeline_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract/fanvuesim"
)

// nothing switches off all that a night would bring.
func nothing() fanvuesim.NightOptions {
	return fanvuesim.NightOptions{NoEarnings: true, NoReversals: true, NoSettling: true, NoPayouts: true, NoEmptied: true, NoMessages: true, NoReads: true,
		NoUnsent: true, NoUnlocks: true, NoNewSubscribers: true, NoNewFollowers: true, NoRenewals: true, NoCancellations: true, NoLeavers: true, NoRenames: true}
}

// A chronicle is what the history of one creator's list must hold, by fan: each
// walk ends the content that it no longer finds.
type chronicle map[string][]spell

type spell struct {
	row      string
	from, to string
}

func (c chronicle) walked(at time.Time, rows map[string]string) {
	for fan, row := range rows {
		n := len(c[fan])
		if n > 0 && c[fan][n-1].to == "-" {
			if c[fan][n-1].row == row {
				continue
			}
			c[fan][n-1].to = instant(at)
		}
		c[fan] = append(c[fan], spell{row, instant(at), "-"})
	}
	for fan, spells := range c {
		if _, there := rows[fan]; !there && spells[len(spells)-1].to == "-" {
			spells[len(spells)-1].to = instant(at)
		}
	}
}

// The history of subscribers and followers has each content a fan had on a
// complete list, from the walk that found it to the walk that no longer did.
func TestSyncKeepsWhoWasOnTheLists(t *testing.T) {
	t.Parallel()
	w := small(40)
	w.FansPerCreator = 90
	w.Nights = nothing()
	w.Nights.NoEarnings, w.Nights.NoNewSubscribers, w.Nights.NoNewFollowers = false, false, false
	w.Nights.NoRenewals, w.Nights.NoCancellations, w.Nights.NoLeavers = false, false, false
	r := newRig(t, fanvuesim.Options{World: w})
	all := chronicles{}
	nights := 4
	if long() {
		nights = 40
	}
	for night := range nights {
		mark := r.sim.Gate().Ledger().Mark()
		r.sync(t, pipeline.SyncOptions{Streams: []string{"account", "subscriber_counts", "subscribers", "followers"}})
		read := map[string]bool{}
		for _, e := range r.sim.Gate().Ledger().Since(mark) {
			if !strings.Contains(e.Pattern, "/insights/") {
				read[e.Creator+e.Pattern[strings.LastIndex(e.Pattern, "/"):]] = true
			}
		}
		for _, c := range r.sim.World().Creators() {
			name := c.UUID
			if c.Owner {
				name = ""
			}
			subscribers, followers := map[string]string{}, map[string]string{}
			for _, s := range r.sim.World().Subscribers(c.UUID) {
				subscribers[s.UUID] = line(c.UUID, r.fan(t, s.UUID), orNull(s.Status), instant(s.PeriodEnd), instant(s.FirstSubscribedAt))
			}
			for _, f := range r.sim.World().Followers(c.UUID) {
				followers[f.UUID] = line(c.UUID, r.fan(t, f.UUID), instant(f.RegisteredAt))
			}
			for stream, rows := range map[string]map[string]string{"subscribers": subscribers, "followers": followers} {
				l := listTruth{stream, c.UUID}
				if all[l] == nil {
					all[l] = chronicle{}
				}
				if read[name+"/"+stream] {
					all[l].walked(r.sim.Now(), rows)
				}
			}
		}
		all.compare(t, r)
		if t.Failed() {
			t.Fatalf("night %d", night)
		}
		r.sim.Night()
	}
	for _, stream := range []string{"subscribers", "followers"} {
		if all.left(stream) == 0 {
			t.Errorf("nobody left the %s in these nights", stream)
		}
	}
}

// chronicles are those of every creator's lists.
type chronicles map[listTruth]chronicle

func (all chronicles) compare(t testing.TB, r *rig) {
	t.Helper()
	want := map[string][]string{}
	for l, c := range all {
		for _, spells := range c {
			for _, s := range spells {
				want[l.stream] = append(want[l.stream], line(s.row, s.from, s.to))
			}
		}
	}
	same(t, "subscribers_history", r.query(t, `SELECT creator_id::VARCHAR, fan_id, subscription_status, epoch_us(current_period_end_at), epoch_us(first_subscribed_at),
		epoch_us(valid_from), epoch_us(valid_to) FROM fanvue.subscribers_history`), want["subscribers"])
	same(t, "followers_history", r.query(t, `SELECT creator_id::VARCHAR, fan_id, epoch_us(registered_at), epoch_us(valid_from), epoch_us(valid_to)
		FROM fanvue.followers_history`), want["followers"])
}

// left counts the fans who are on no list of a stream any more.
func (all chronicles) left(stream string) (n int) {
	for l, c := range all {
		for _, spells := range c {
			if l.stream == stream && spells[len(spells)-1].to != "-" {
				n++
			}
		}
	}
	return n
}

// A fan whom a page has skipped, though still counted, is not taken to have
// left: the list is read once more the same night.
func TestSyncDoesNotLoseWhoAPageSkipped(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: small(41)})
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
	for range 7 { // by then the lists are read without a reason of their own
		r.sim.NightQuiet()
	}
	skipped := r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.ShiftedRow, Path: "/followers", Count: 2})
	mark := r.sim.Gate().Ledger().Mark()
	r.sync(t, pipeline.SyncOptions{})
	walks := 0
	for _, e := range r.sim.Gate().Ledger().Since(mark) {
		if strings.HasSuffix(e.Pattern, "/followers") {
			walks++
		}
	}
	if skipped.Fired() != 2 || walks != 4 {
		t.Errorf("%d pages skipped a fan, %d walks of followers; want 2 and 4", skipped.Fired(), walks)
	}
	r.lists = nil
	r.compare(t)
	same(t, "followers who left", r.query(t, `SELECT fan_id FROM fanvue.followers_history WHERE valid_to IS NOT NULL`), nil)
}

// A list that the API answers empty once, in form and with success, loses nobody.
func TestSyncDoesNotLoseWhoAnEmptyAnswerLacks(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: small(43)})
	r.sync(t, pipeline.SyncOptions{})
	for range 7 { // by then the lists are read without a reason of their own
		r.sim.NightQuiet()
	}
	var empty []*fanvuesim.Injection
	for _, list := range []string{"/followers", "/subscribers"} {
		empty = append(empty, r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.StatusFault, Path: list, Count: 2, Status: 200, Body: `{"data": [], "nextCursor": null}`}))
	}
	r.sync(t, pipeline.SyncOptions{})
	for _, f := range empty {
		if f.Fired() != 2 {
			t.Errorf("%d answers were empty, want 2", f.Fired())
		}
	}
	r.compare(t)
	same(t, "followers who left", r.query(t, `SELECT fan_id FROM fanvue.followers_history WHERE valid_to IS NOT NULL`), nil)
}

// Pending money beyond two pages is looked at again weekly, and still right
// every night.
func TestSyncFollowsPendingMoney(t *testing.T) {
	t.Parallel()
	w := fanvuesim.WorldOptions{Seed: 42, EarningsPerCreator: 4200}
	r := newRig(t, fanvuesim.Options{World: w})
	r.sync(t, pipeline.SyncOptions{Streams: []string{"earnings"}})
	pending := r.query(t, `SELECT count(*) FROM fanvue.earnings WHERE earned_at >= (SELECT min(earned_at) FROM fanvue.earnings WHERE transaction_order_status = 'pendingBalance')`)
	var n int
	if _, err := fmt.Sscan(pending[0], &n); err != nil || n <= 100 {
		t.Fatalf("%s rows since the oldest pending one; the test needs more than two pages", pending)
	}
	nights := 3
	if long() {
		nights = 35
	}
	for night := 1; night <= nights; night++ {
		r.sim.Night()
		mark := r.sim.Gate().Ledger().Mark()
		r.sync(t, pipeline.SyncOptions{Streams: []string{"earnings", "reversals"}})
		r.compareEarnings(t)
		pages := 0
		for _, e := range r.sim.Gate().Ledger().Since(mark) {
			if strings.HasSuffix(e.Pattern, "/earnings") && !strings.Contains(e.Query, "source=") {
				pages++
			}
		}
		t.Logf("night %d: %d pages of earnings", night, pages)
	}
}

// The unlock of an old message in a quiet chat costs one request: that of the
// message.
func TestSyncReadsTheOneMessageThatWasBought(t *testing.T) {
	t.Parallel()
	w := small(43)
	w.Nights = nothing()
	w.Nights.NoUnlocks = false
	r := newRig(t, fanvuesim.Options{World: w})
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
	bought := func() (n int) {
		for _, c := range r.sim.World().Creators() {
			for _, h := range r.sim.World().Chats(c.UUID) {
				for m := range r.sim.World().Messages(c.UUID, h.FanID) {
					if !m.PurchasedAt.IsZero() {
						n++
					}
				}
			}
		}
		return n
	}
	before := bought()
	for range 100 {
		r.sim.Night()
		if bought() > before+1 {
			break
		}
	}
	mark := r.sim.Gate().Ledger().Mark()
	for range 2 { // the second one finds nothing more to ask
		r.sync(t, pipeline.SyncOptions{})
	}
	single, walks := 0, 0
	for _, e := range r.sim.Gate().Ledger().Since(mark) {
		switch {
		case strings.HasSuffix(e.Pattern, "/messages"):
			walks++
		case strings.Contains(e.Pattern, "/messages/"):
			single++
		}
	}
	if want := bought() - before; single != want || walks != 0 || want == 0 {
		t.Errorf("%d messages were bought; %d single messages and %d pages of chats were read", want, single, walks)
	}
	r.compare(t)
}

// A message that was unsent is kept as removed.
func TestSyncMarksUnsentMessages(t *testing.T) {
	t.Parallel()
	w := small(44)
	w.Nights = nothing()
	w.Nights.NoMessages, w.Nights.NoUnsent = false, false
	r := newRig(t, fanvuesim.Options{World: w})
	seen := map[string]bool{}
	unsent := func(synced bool) (gone []string) {
		for _, c := range r.sim.World().Creators() {
			for _, h := range r.sim.World().Chats(c.UUID) {
				for m := range r.sim.World().Messages(c.UUID, h.FanID) {
					key := line(c.UUID, r.fan(t, h.FanID), m.UUID)
					if m.Gone && seen[key] {
						gone = append(gone, key)
					}
					seen[key] = seen[key] || synced && !m.Gone
				}
			}
		}
		return gone
	}
	r.sync(t, pipeline.SyncOptions{})
	unsent(true)
	var want []string
	for range 12 {
		r.sim.Night()
		if want = unsent(false); len(want) > 0 {
			break
		}
	}
	if len(want) == 0 {
		t.Fatal("nothing was unsent in twelve nights")
	}
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
	same(t, "unsent messages", r.query(t, `SELECT creator_id::VARCHAR, fan_id, message_id::VARCHAR FROM fanvue.messages WHERE removed_at IS NOT NULL`), want)
}

// A row of earnings that is served no more is kept as removed, and counts
// nowhere.
func TestSyncMarksVanishedEarnings(t *testing.T) {
	t.Parallel()
	w := small(45)
	w.Nights = nothing()
	w.Nights.Vanish = true
	r := newRig(t, fanvuesim.Options{World: w})
	r.sync(t, pipeline.SyncOptions{})
	var want []string
	for range 20 {
		r.sim.Night()
		want = nil
		for _, c := range r.sim.World().Creators() {
			for e := range r.sim.World().Earnings(c.UUID) {
				if e.Gone && e.At.Before(time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)) {
					want = append(want, line(c.UUID, instant(e.At), e.Gross))
				}
			}
		}
		if len(want) > 1 {
			break
		}
	}
	for range 8 { // what is older than the nightly windows is found by the weekly ones
		r.sync(t, pipeline.SyncOptions{})
		if len(r.query(t, `SELECT 1 FROM fanvue.earnings WHERE removed_at IS NOT NULL`)) == len(want) {
			break
		}
		r.sim.NightQuiet()
	}
	same(t, "vanished earnings", r.query(t, `SELECT creator_id::VARCHAR, epoch_us(earned_at), gross_cents FROM fanvue.earnings WHERE removed_at IS NOT NULL`), want)
	r.compare(t)
	same(t, "facts", r.query(t, `SELECT count(*) FROM mart.fct_earnings`), r.query(t, `SELECT count(*) FROM fanvue.earnings WHERE removed_at IS NULL`))
}
