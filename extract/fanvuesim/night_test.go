package fanvuesim

import (
	"maps"
	"testing"
	"time"
	"unicode/utf8"
)

func TestTheSameSeedGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	all := func(seed uint64) string {
		s := New(Options{World: WorldOptions{Seed: seed, Agency: true}})
		for range 6 {
			s.Night()
		}
		out := ""
		for _, c := range s.World().Creators() {
			for _, path := range []string{"account", "insights/earnings?size=50", "chats?size=50", "subscribers?size=50", "followers?size=50", "insights/subscribers?size=50"} {
				_, body := get(t, s, "/v1/creators/"+c.UUID+"/"+path)
				out += body
			}
		}
		return out
	}
	first, again, other := all(1), all(1), all(2)
	if first != again {
		t.Error("two worlds of one seed differ")
	}
	if first == other {
		t.Error("worlds of two seeds are equal")
	}
}

// snapshot is what a client could see of a creator.
type snapshot struct {
	earnings map[int64]EarningTruth
	messages map[string]MessageTruth
	chats    map[string]ChatTruth
	fans     map[string]SubscriberTruth
	followed map[string]bool
	names    map[string]string
	account  AccountTruth
}

func see(w *World, creator string) snapshot {
	s := snapshot{map[int64]EarningTruth{}, map[string]MessageTruth{}, map[string]ChatTruth{}, map[string]SubscriberTruth{}, map[string]bool{}, map[string]string{}, w.Account(creator)}
	for e := range w.Earnings(creator) {
		s.earnings[e.Row] = e
	}
	for _, c := range w.Chats(creator) {
		s.chats[c.FanID] = c
		for m := range w.Messages(creator, c.FanID) {
			s.messages[c.FanID+m.UUID] = m
		}
	}
	for _, f := range w.Subscribers(creator) {
		s.fans[f.UUID] = f
	}
	for _, f := range w.Followers(creator) {
		s.followed[f.UUID] = true
	}
	for _, f := range w.Fans(creator) {
		s.names[f.UUID] = f.Handle
	}
	return s
}

// changes counts what differs between two nights.
func changes(a, b snapshot) map[string]int {
	n := map[string]int{}
	for row, e := range b.earnings {
		old, ok := a.earnings[row]
		switch {
		case !ok && e.IsReversal():
			n["new reversals"]++
		case !ok && e.Source == "message":
			n["unlocks"]++
		case !ok && e.Source == "subscription":
			n["subscription earnings"]++
		case !ok && e.Source == "renewal":
			n["renewal earnings"]++
		case !ok:
			n["new earnings"]++
		case e.Gone && !old.Gone:
			n["vanished"]++
		case e.FormerFan != "" && old.FormerFan == "":
			n["emptied"]++
		}
		if ok && old.Status != e.Status {
			n["settled"]++
		}
	}
	for key, m := range b.messages {
		old, ok := a.messages[key]
		switch {
		case !ok:
			n["new messages"]++
		case m.Gone != old.Gone:
			n["unsent"]++
		case m.PurchasedAt != old.PurchasedAt:
			n["purchased"]++
		case m.IsRead != old.IsRead:
			n["read"]++
		}
	}
	for fan, f := range b.fans {
		old, ok := a.fans[fan]
		switch {
		case !ok:
			n["new subscribers"]++
		case f.PeriodStart.After(old.PeriodStart):
			n["renewed"]++
		case old.AutoRenewalEnabled && !f.AutoRenewalEnabled:
			n["cancelled"]++
		}
	}
	for fan := range a.fans {
		if _, ok := b.fans[fan]; !ok {
			n["left"]++
		}
	}
	for fan := range a.followed {
		if !b.followed[fan] {
			n["unfollowed"]++
		}
	}
	for fan := range b.followed {
		if !a.followed[fan] {
			n["new followers"]++
		}
	}
	for fan, name := range b.names {
		if old, ok := a.names[fan]; ok && old != name {
			n["renamed"]++
		}
	}
	if len(b.chats) > len(a.chats) {
		n["new chats"]++
	}
	if b.account.LastPayoutAt != a.account.LastPayoutAt {
		n["payouts"]++
	}
	return n
}

func TestNightsBringWhatTheySay(t *testing.T) {
	t.Parallel()
	s := New(Options{World: WorldOptions{Seed: 11, FansPerCreator: 300, EarningsPerCreator: 3000, ChatsPerCreator: 100, Nights: NightOptions{Vanish: true}}})
	w := s.World()
	total := map[string]int{}
	last := see(w, w.Owner())
	for night := range 30 {
		s.Night()
		now := see(w, w.Owner())
		for fan, c := range now.chats {
			old := last.chats[fan]
			if !c.LastMessageAt.Equal(old.LastMessageAt) && c.LastMessageAt.Before(s.Now().Add(-24*time.Hour)) && c.Messages >= old.Messages {
				t.Errorf("night %d: chat %s moved to %v", night, fan, c.LastMessageAt)
			}
		}
		for key, m := range now.messages {
			if old, ok := last.messages[key]; ok && old.PurchasedAt != m.PurchasedAt && !hasSale(now.earnings, m.UUID) {
				t.Errorf("night %d: message %s was bought by no earning", night, m.UUID)
			}
		}
		for what, n := range changes(last, now) {
			total[what] += n
		}
		last = now
	}
	for _, what := range []string{
		"new earnings", "new reversals", "unlocks", "purchased", "subscription earnings", "renewal earnings", "settled", "emptied", "vanished", "new messages", "unsent", "read",
		"new chats", "new subscribers", "renewed", "cancelled", "left", "unfollowed", "new followers", "renamed", "payouts",
	} {
		if total[what] == 0 {
			t.Errorf("30 nights brought no %s: %v", what, total)
		}
	}
}

func hasSale(rows map[int64]EarningTruth, message string) bool {
	for _, e := range rows {
		if e.MessageID == message && e.Source == "message" {
			return true
		}
	}
	return false
}

func TestQuietNights(t *testing.T) {
	t.Parallel()
	o := Options{World: WorldOptions{Seed: 12, Agency: true}}
	s := New(o)
	owner := s.World().Creators()[0].UUID
	s.Night()
	before := see(s.World(), owner)
	now := s.Now()
	s.NightQuiet()
	if d := s.Now().Sub(now); d != 24*time.Hour {
		t.Errorf("the clock moved by %v", d)
	}
	if n := changes(before, see(s.World(), owner)); len(n) != 0 {
		t.Errorf("a quiet night brought %v", n)
	}

	o.World.Nights = NightOptions{
		NoEarnings: true, NoReversals: true, NoSettling: true, NoPayouts: true, NoEmptied: true, NoMessages: true, NoUnlocks: true,
		NoNewSubscribers: true, NoNewFollowers: true, NoRenewals: true, NoCancellations: true, NoLeavers: true, NoRenames: true,
	}
	s = New(o)
	before = see(s.World(), owner)
	for range 10 {
		s.Night()
	}
	if n := changes(before, see(s.World(), owner)); len(n) != 0 {
		t.Errorf("nights with all switched off brought %v", n)
	}
}

// Each message earning names a message that says the same of its purchase, and
// each purchase has its earning.
func TestMessageSalesAndPurchasesAgree(t *testing.T) {
	t.Parallel()
	s := New(Options{World: WorldOptions{Seed: 13, EarningsPerCreator: 3000, MessagesPerChat: 200}})
	for range 3 {
		s.Night()
	}
	w := s.World()
	type sale struct {
		at    time.Time
		price int64
	}
	sold := map[string]sale{}
	for e := range w.Earnings(w.Owner()) {
		if e.Source == "message" && !e.IsReversal() && e.MessageID != "" {
			if old, ok := sold[e.MessageID]; ok && old != (sale{e.At, e.Gross}) {
				t.Errorf("message %s was sold twice", e.MessageID)
			}
			sold[e.MessageID] = sale{e.At, e.Gross}
		}
	}
	bought := map[string]sale{}
	for _, c := range w.Chats(w.Owner()) {
		for m := range w.Messages(w.Owner(), c.FanID) {
			if !m.PurchasedAt.IsZero() {
				bought[m.UUID] = sale{m.PurchasedAt, m.Price}
				if m.PurchasedAt.Before(m.SentAt) {
					t.Errorf("message %s was bought before it was sent", m.UUID)
				}
			}
		}
	}
	if len(sold) < 100 || !maps.Equal(sold, bought) {
		for k, v := range sold {
			if bought[k] != v {
				t.Logf("%s sold %v bought %v", k, v, bought[k])
			}
		}
		t.Errorf("%d messages were sold, %d bought", len(sold), len(bought))
	}
}

func TestMonthsAddUp(t *testing.T) {
	t.Parallel()
	s := New(Options{World: WorldOptions{Seed: 14, EarningsPerCreator: 3000}})
	w := s.World()
	for _, zone := range []string{"UTC", "America/Los_Angeles", "Pacific/Kiritimati"} {
		months, err := w.Months(w.Owner(), zone)
		if err != nil {
			t.Fatal(err)
		}
		var rows, net int64
		for month, m := range months {
			if m.GrossSales+m.Refunds+m.Chargebacks+m.OtherReversals != m.NetSales || m.NetSales-m.Fees != m.CreatorSalesEarnings || m.CreatorSalesEarnings+m.Rewards != m.NetEarnings {
				t.Errorf("%s in %s does not add up: %+v", month, zone, m)
			}
			rows += m.Rows
			net += m.NetEarnings
		}
		for e := range w.Earnings(w.Owner()) {
			rows--
			net -= e.Net
		}
		if rows != 0 || net != 0 {
			t.Errorf("months in %s lack %d rows and %d cents", zone, -rows, -net)
		}
	}
}

func TestHostileNamesSurvive(t *testing.T) {
	t.Parallel()
	for k, name := range hostile {
		if !utf8.ValidString(name) {
			t.Errorf("name %d is not UTF-8", k)
		}
	}
	s := New(Options{World: WorldOptions{Seed: 15, FansPerCreator: 3000}})
	seen := map[string]bool{}
	for _, r := range walkAll[userRow](t, s, "/v1/followers?size=50") {
		seen[r.DisplayName] = true
	}
	for _, name := range hostile {
		if !seen[name] {
			t.Errorf("no follower is called %q", name)
		}
	}
	if n := utf8.RuneCountInString(hostile[len(hostile)-1]); n < 200 {
		t.Errorf("the longest name has %d characters", n)
	}
}

func TestTheSameFanAtTwoCreators(t *testing.T) {
	t.Parallel()
	w := New(Options{World: WorldOptions{Seed: 16, Agency: true}}).World()
	c := w.Creators()
	first := map[string]FanTruth{}
	for _, f := range w.Fans(c[0].UUID) {
		first[f.UUID] = f
	}
	shared := 0
	for _, f := range w.Fans(c[1].UUID) {
		if old, ok := first[f.UUID]; ok {
			if shared++; old.Handle != f.Handle {
				t.Errorf("fan %s is %s and %s", f.UUID, old.Handle, f.Handle)
			}
		}
	}
	if shared == 0 {
		t.Error("no fan has two creators")
	}
}

// Rows and totals worked out by hand.
func TestMonthTotals(t *testing.T) {
	t.Parallel()
	var got MonthTotals
	for _, e := range []EarningTruth{
		{Source: "tip", Gross: 1000, Net: 800, Status: "pendingBalance"},
		{Source: "message", Gross: 999, Net: 849},
		{Source: "streamTicket", Gross: 1, Net: 1},
		{Source: "referral", Gross: 500, Net: 450, Status: "pendingBalance"},
		{Source: "refund", Gross: -1000, Net: -1000, Reversed: "FV-1"},
		{Source: "chargeback", Gross: -99, Net: -79},
		{Source: "message", Gross: -400, Net: -340, Reversed: "FV-2"},
	} {
		got.add(&e)
	}
	want := MonthTotals{
		GrossSales: 2000, Refunds: -1000, Chargebacks: -99, OtherReversals: -400, NetSales: 501, Fees: 270,
		CreatorSalesEarnings: 231, Rewards: 450, NetEarnings: 681, Pending: 1250, Rows: 7, Sales: 3,
	}
	if got != want {
		t.Errorf("totals are %+v, want %+v", got, want)
	}
}

func TestOrdinals(t *testing.T) {
	t.Parallel()
	rows := []EarningTruth{
		{Source: "tip", Gross: 5, Gone: true}, {Source: "tip", Gross: 5}, {Source: "tip", Gross: 6}, {Source: "tip", Gross: 5, Status: "pendingBalance"},
	}
	number(rows)
	for k, want := range []int{2, 0, 0, 1} {
		if rows[k].Ordinal != want {
			t.Errorf("row %d has ordinal %d, want %d", k, rows[k].Ordinal, want)
		}
	}
}
