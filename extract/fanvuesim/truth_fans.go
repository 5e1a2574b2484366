package fanvuesim

import (
	"maps"
	"time"
)

// A FanInsightTruth is what a fan has spent, in cents of gross unless it says
// net. Rows that are gone, and those of emptied fans, do not count.
type FanInsightTruth struct {
	FanID               string
	Status              string
	LastPurchaseAt      time.Time
	LastValidPurchaseAt time.Time        // of a sale no row reverses; on v1 only
	Total, NetTotal     int64            // less reversals
	MaxPayment          int64            // the dearest sale
	Sources             map[string]int64 // sales, reversals left in
	SubscribedAt        time.Time
	RenewsAt            time.Time
	AutoRenewalEnabled  bool
}

// FanInsights returns the figures of all fans a creator has had.
func (w *World) FanInsights(of string) []FanInsightTruth {
	var all []FanInsightTruth
	w.read(of, func(c *creator) {
		for k := range c.fans {
			f, p := &c.fans[k], &c.book().fans[k]
			t := FanInsightTruth{
				FanID: c.fanID(int64(k)), Status: f.relation(), LastPurchaseAt: toTime(p.last), LastValidPurchaseAt: toTime(p.lastStanding),
				Total: p.gross + p.back, NetTotal: p.net + p.backNet, MaxPayment: p.most, Sources: maps.Clone(p.sources),
				SubscribedAt: toTime(f.first), AutoRenewalEnabled: f.subscribed && f.renews,
			}
			if t.AutoRenewalEnabled {
				t.RenewsAt = toTime(f.to)
			}
			all = append(all, t)
		}
	})
	return all
}

// A SpendingTruth is a reversal as the older surface has it, without order ids.
type SpendingTruth struct {
	At         time.Time
	Gross, Net int64 // cents
	Currency   string
	Source     string // refund or chargeback
	MessageID  string
	PostID     string
	FanID      string
	Row        int64 // of the earning
}

// Spending returns a creator's reversals that are served, newest first.
func (w *World) Spending(of string) []SpendingTruth {
	var all []SpendingTruth
	for e := range w.Earnings(of) {
		if e.Gone || !e.IsReversal() {
			continue
		}
		t := SpendingTruth{e.At, e.Gross, e.Net, e.Currency, e.Source, e.MessageID, e.PostID, e.FanID, e.Row}
		if t.Source != "chargeback" {
			t.Source = "refund"
		}
		all = append(all, t)
	}
	return all
}

// A TeamMemberTruth is a member of the agency's team.
type TeamMemberTruth struct {
	UUID, Email, DisplayName string
	IsAdmin                  bool
	Creators                 []string // uuids of those the member may chat for
}

// TeamMembers returns the agency's team, nobody for a creator alone.
func (w *World) TeamMembers() []TeamMemberTruth {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if !w.opt.Agency {
		return nil
	}
	var all []TeamMemberTruth
	for k := range int64(members) {
		t := TeamMemberTruth{UUID: w.memberID(k).String(), Email: memberMail(k), DisplayName: w.displayName(spotOf(idMember, 0, k)), IsAdmin: k == 0}
		for _, c := range w.creators {
			if c.serves(k) {
				t.Creators = append(t.Creators, c.uuid.String())
			}
		}
		all = append(all, t)
	}
	return all
}

// A ChatterTruth is what a member of the team did in a range of UTC days.
type ChatterTruth struct {
	UUID, Name                     string
	Messages, PPVsSent, PPVsBought int64
	Revenue                        int64 // cents of the bought ones
	ActiveHours                    int64 // UTC hours with a message
	AvgResponse                    time.Duration
	Responses                      int64 // 0: the average is null
}

// Leaderboard returns the team by revenue in [start, end), which are taken to
// the start of their UTC days; a zero instant leaves that end open.
func (w *World) Leaderboard(start, end time.Time) []ChatterTruth {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if !w.opt.Agency {
		return nil
	}
	midnight := func(t time.Time) millis {
		if t.IsZero() {
			return 0
		}
		return t.UnixMilli() / day * day
	}
	var all []ChatterTruth
	for _, x := range w.leaders(midnight(start), midnight(end)) {
		t := ChatterTruth{
			UUID: w.memberID(x.member).String(), Name: w.displayName(spotOf(idMember, 0, x.member)), Messages: x.messages, PPVsSent: x.sent,
			PPVsBought: x.unlocked, Revenue: x.revenue, ActiveHours: x.hours, Responses: x.replies,
		}
		if x.replies > 0 {
			t.AvgResponse = time.Duration(x.waited/x.replies) * time.Millisecond
		}
		all = append(all, t)
	}
	return all
}
