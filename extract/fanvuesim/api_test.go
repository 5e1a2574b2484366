package fanvuesim

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestEarningsAreTheTruth(t *testing.T) {
	t.Parallel()
	worlds(t, func(t *testing.T, s *Sim) {
		for _, c := range s.World().Creators() {
			path := scopeOf(c) + "/insights/earnings"
			same(t, path, earningLines(walkAll[earningRow](t, s, path+"?size=50")), truthLines(s.World(), c.UUID, nil))
			if n, rows := s.World().EarningRows(c.UUID), len(truthLines(s.World(), c.UUID, nil)); n != int64(rows) {
				t.Errorf("%d rows, the world says %d", rows, n)
			}

			start, end := s.Now().AddDate(0, -3, 0), s.Now().AddDate(0, -1, 0)
			q := "?size=50&startDate=" + start.Format(time.RFC3339) + "&endDate=" + end.Format(time.RFC3339)
			same(t, "window", earningLines(walkAll[earningRow](t, s, path+q)), truthLines(s.World(), c.UUID, func(e EarningTruth) bool {
				return !e.At.Before(start) && e.At.Before(end)
			}))
			reversals := truthLines(s.World(), c.UUID, func(e EarningTruth) bool { return e.Source == "refund" || e.Source == "chargeback" })
			same(t, "csv", earningLines(walkAll[earningRow](t, s, path+"?source=refund,chargeback")), reversals)
			same(t, "repeated", earningLines(walkAll[earningRow](t, s, path+"?source=refund&source=chargeback")), reversals)
		}
	})
}

func TestEarningsHaveTheirHardCases(t *testing.T) {
	t.Parallel()
	s := New(Options{World: WorldOptions{Seed: 9, EarningsPerCreator: 5000}})
	w := s.World()
	var last EarningTruth
	found := map[string]int{}
	sales := map[string]bool{}
	var rows []EarningTruth
	for e := range w.Earnings(w.Owner()) {
		rows = append(rows, e)
		if !e.IsReversal() && e.OrderID != "" {
			sales[e.OrderID] = true
		}
	}
	parts := map[string]int{}
	for k, e := range rows {
		if k > 0 {
			if e.At.After(last.At) {
				t.Fatalf("row %d is later than the one before", k)
			}
			if e.At.Equal(last.At) {
				found["same instant"]++
			}
			if e.line() == last.line() {
				found["twins"]++
				if e.Ordinal != last.Ordinal+1 {
					t.Errorf("twins have ordinals %d and %d", last.Ordinal, e.Ordinal)
				}
			}
		}
		last = e
		switch {
		case e.Source == "refund" || e.Source == "chargeback":
			found[e.Source]++
			switch e.OrderID {
			case "":
				found["reversal without order"]++
			case e.Reversed:
				found["reversal with the sale's order"]++
			default:
				found["reversal with an order of its own"]++
			}
			if e.Reversed != "" && !sales[e.Reversed] {
				found["reversal of an unknown order"]++
			}
			if parts[e.Reversed]++; e.Reversed != "" && parts[e.Reversed] == 2 {
				found["partial reversals"]++
			}
			if e.Gross == e.Net {
				found["fee kept"]++
			}
		case e.IsReversal():
			found["other reversal"]++
		default:
			found[e.Source]++
			if e.FanID == "" && e.IsFanPaid() {
				found["deleted fan"]++
			}
			if e.Total > e.Gross {
				found["total over gross"]++
			}
			if e.Status == "pendingBalance" {
				found["pending"]++
			}
		}
		if e.Gross > 0 && e.Net > e.Gross || e.Gross < 0 && e.Net < e.Gross {
			t.Errorf("row %d: net %d of gross %d", e.Row, e.Net, e.Gross)
		}
	}
	for _, what := range []string{
		"same instant", "twins", "refund", "chargeback", "other reversal", "reversal without order", "reversal with the sale's order",
		"reversal with an order of its own", "reversal of an unknown order", "partial reversals", "fee kept", "deleted fan", "total over gross", "pending",
		"message", "tip", "post", "mediaLink", "subscription", "renewal", "referral", "affiliate", "giveaway", "streamTicket",
	} {
		if found[what] == 0 {
			t.Errorf("no %s among %d rows: %v", what, len(rows), found)
		}
	}
}

type messageRow struct {
	UUID         string
	Text         *string
	SentAt       string
	Sender       userRow
	Recipient    map[string]any
	Type         string
	Pricing      *struct{ USD struct{ Price int64 } }
	PurchasedAt  *string
	SentByUserID *string
	IsRead       bool
	MediaUUIDs   []string
}

func (m messageRow) line(creator string) string {
	price := int64(0)
	if m.Pricing != nil {
		price = m.Pricing.USD.Price
	}
	return fmt.Sprint(m.UUID, "|", m.SentAt, "|", m.Sender.UUID == creator, "|", len(m.Recipient) == 0, "|", m.Type, "|", price, "|", text(m.PurchasedAt), "|",
		text(m.SentByUserID), "|", m.IsRead, "|", len(m.MediaUUIDs), "|", m.Text != nil, "|", text(m.Text))
}

func (m MessageTruth) line() string {
	bought := ""
	if !m.PurchasedAt.IsZero() {
		bought = m.PurchasedAt.Format(isoMillis)
	}
	return fmt.Sprint(m.UUID, "|", m.SentAt.Format(isoMillis), "|", m.FromCreator, "|", m.Broadcast, "|", m.Type, "|", m.Price, "|", bought, "|",
		m.SentBy, "|", m.IsRead, "|", m.Media, "|", m.Text != nil, "|", text(m.Text))
}

// walkMessages reads a chat as a careful client does: each watermark plus one
// millisecond, known messages dropped.
func walkMessages(t testing.TB, s *Sim, path, creator string, slack time.Duration) []string {
	t.Helper()
	var all []string
	seen := map[string]bool{}
	q := url.Values{"limit": {"11"}}
	for range 10_000 {
		var page struct {
			Data       []messageRow
			DateFilter *struct{ SentBefore, ReceivedBefore *string }
		}
		getOK(t, s, path+"?"+q.Encode(), &page)
		for _, m := range page.Data {
			if !seen[m.UUID] {
				seen[m.UUID] = true
				all = append(all, m.line(creator))
			}
		}
		if page.DateFilter == nil {
			return all
		}
		for name, v := range map[string]*string{"sentBefore": page.DateFilter.SentBefore, "receivedBefore": page.DateFilter.ReceivedBefore} {
			if q.Del(name); v != nil {
				at, err := time.Parse(time.RFC3339Nano, *v)
				if err != nil {
					t.Fatal(err)
				}
				q.Set(name, at.Add(slack).Format(isoMillis))
			}
		}
	}
	t.Fatalf("%s does not end", path)
	return nil
}

func TestMessagesAreTheTruth(t *testing.T) {
	t.Parallel()
	worlds(t, func(t *testing.T, s *Sim) {
		lost := 0
		for _, c := range s.World().Creators() {
			for _, chat := range s.World().Chats(c.UUID) {
				var want []string
				var newest MessageTruth
				for m := range s.World().Messages(c.UUID, chat.FanID) {
					if !m.Gone {
						if want = append(want, m.line()); len(want) == 1 {
							newest = m
						}
					}
				}
				if len(want) != chat.Messages || newest.UUID != chat.LastMessageID || !newest.SentAt.Equal(chat.LastMessageAt) {
					t.Errorf("chat %s says %d messages, newest %s; there are %d, newest %s", chat.FanID, chat.Messages, chat.LastMessageID, len(want), newest.UUID)
				}
				path := scopeOf(c) + "/chats/" + chat.FanID + "/messages"
				got := walkMessages(t, s, path, c.UUID, time.Millisecond)
				// Within an instant the pages may order both sides differently.
				slices.Sort(got)
				slices.Sort(want)
				same(t, path, got, want)
				lost += len(want) - len(walkMessages(t, s, path, c.UUID, 0))

				if len(want) > 0 {
					var m messageRow
					getOK(t, s, path+"/"+newest.UUID, &m)
					if m.line(c.UUID) != newest.line() {
						t.Errorf("single message is\n%s\nwant\n%s", m.line(c.UUID), newest.line())
					}
				}
			}
		}
		if s.World().opt.Agency && lost == 0 {
			t.Error("watermarks lost no message: no instant has two at the border of a page")
		}
	})
}

type chatRow struct {
	CreatorUUID         string
	CreatedAt           string
	LastMessageAt       *string
	IsRead, IsMuted     bool
	UnreadMessagesCount int
	User                userRow
	LastMessage         *struct{ UUID string }
}

func (r chatRow) line() string {
	last := ""
	if r.LastMessage != nil {
		last = r.LastMessage.UUID
	}
	return fmt.Sprint(r.User.UUID, "|", r.CreatedAt, "|", text(r.LastMessageAt), "|", last, "|", r.IsRead, "|", r.IsMuted, "|", r.UnreadMessagesCount)
}

func (c ChatTruth) line() string {
	last := ""
	if !c.LastMessageAt.IsZero() {
		last = c.LastMessageAt.Format(isoMillis)
	}
	return fmt.Sprint(c.FanID, "|", c.CreatedAt.Format(isoMillis), "|", last, "|", c.LastMessageID, "|", c.IsRead, "|", c.IsMuted, "|", c.Unread)
}

func TestChatsAreTheTruth(t *testing.T) {
	t.Parallel()
	worlds(t, func(t *testing.T, s *Sim) {
		total := 0
		for _, c := range s.World().Creators() {
			var got, want []string
			for _, r := range walkAll[chatRow](t, s, scopeOf(c)+"/chats?size=50") {
				got = append(got, r.line())
			}
			for _, r := range s.World().Chats(c.UUID) {
				want = append(want, r.line())
				var one chatRow
				if getOK(t, s, scopeOf(c)+"/chats/"+r.FanID, &one); one.line() != r.line() {
					t.Errorf("single chat is\n%s\nwant\n%s", one.line(), r.line())
				}
			}
			same(t, "chats", got, want)
			total += len(want)
		}
		if !s.World().opt.Agency {
			return
		}
		rows := walkAll[chatRow](t, s, "/v1/agencies/chats?size=50")
		if len(rows) != total {
			t.Errorf("the agency has %d chats, want %d", len(rows), total)
		}
		for k := range rows[:len(rows)-1] {
			if text(rows[k].LastMessageAt) < text(rows[k+1].LastMessageAt) {
				t.Errorf("agency chat %d is older than the next", k)
			}
		}
	})
}

type fanRow struct {
	userRow
	FirstSubscribedAt *string
	Subscription      *struct {
		Status             string
		Price, AmountPaid  int64
		CurrentPeriodStart string
		CurrentPeriodEnd   *string
		AutoRenewalEnabled bool
	}
}

func (u userRow) line() string {
	return fmt.Sprintf("%s|%s|%q|%q|%s", u.UUID, u.Handle, u.DisplayName, text(u.Nickname), u.RegisteredAt)
}

func (f FanTruth) line() string {
	return fmt.Sprintf("%s|%s|%q|%q|%s", f.UUID, f.Handle, f.DisplayName, text(f.Nickname), f.RegisteredAt.Format(isoMillis))
}

func TestListsAreTheTruth(t *testing.T) {
	t.Parallel()
	worlds(t, func(t *testing.T, s *Sim) {
		iso := func(at time.Time) string {
			if at.IsZero() {
				return ""
			}
			return at.Format(isoMillis)
		}
		for _, c := range s.World().Creators() {
			var got, want []string
			for _, r := range walkAll[fanRow](t, s, scopeOf(c)+"/subscribers?size=50") {
				line := r.line() + text(r.FirstSubscribedAt)
				if p := r.Subscription; p != nil {
					line += fmt.Sprint(p.Status, p.Price, p.AmountPaid, p.CurrentPeriodStart, text(p.CurrentPeriodEnd), p.AutoRenewalEnabled)
				}
				got = append(got, line)
			}
			for _, r := range s.World().Subscribers(c.UUID) {
				line := r.line() + iso(r.FirstSubscribedAt)
				if r.Subscription {
					line += fmt.Sprint(r.Status, r.Price, r.AmountPaid, iso(r.PeriodStart), iso(r.PeriodEnd), r.AutoRenewalEnabled)
				}
				want = append(want, line)
			}
			same(t, "subscribers", got, want)
			subscribers := len(want)

			got, want = nil, nil
			for _, r := range walkAll[fanRow](t, s, scopeOf(c)+"/followers?size=50") {
				got = append(got, r.line())
			}
			for _, r := range s.World().Followers(c.UUID) {
				want = append(want, r.line())
			}
			same(t, "followers", got, want)

			var a struct {
				Account struct {
					Earnings struct {
						Total, AvailableBalance int64
						LastPayoutAt            string
					}
					Fans struct{ Followers, Subscribers int64 }
				}
			}
			path := scopeOf(c) + "/account"
			if c.Owner {
				path = "/v1/users/account"
			}
			getOK(t, s, path, &a)
			truth := s.World().Account(c.UUID)
			e := a.Account.Earnings
			if (AccountTruth{e.Total, e.AvailableBalance, truth.LastPayoutAt, a.Account.Fans.Followers, a.Account.Fans.Subscribers}) != truth || e.LastPayoutAt != iso(truth.LastPayoutAt) {
				t.Errorf("account is %+v, want %+v", a, truth)
			}
			if truth.Followers != int64(len(want)) || truth.Subscribers != int64(subscribers) {
				t.Errorf("account counts %d followers and %d subscribers, the lists have %d and %d", truth.Followers, truth.Subscribers, len(want), subscribers)
			}
			var gross int64
			for e := range s.World().Earnings(c.UUID) {
				if !e.Gone && !e.IsReversal() {
					gross += e.Gross
				}
			}
			if truth.TotalGross != gross {
				t.Errorf("account says %d gross, the rows %d", truth.TotalGross, gross)
			}
			net := 0
			for _, d := range s.World().SubscriberCounts(c.UUID) {
				net += d.New - d.Cancelled
			}
			if net != subscribers {
				t.Errorf("daily counts add up to %d subscribers, the list has %d", net, subscribers)
			}
		}
	})
}

func TestInsightsAreTheTruth(t *testing.T) {
	t.Parallel()
	worlds(t, func(t *testing.T, s *Sim) {
		start, end := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
		window := "startDate=" + start.Format(time.RFC3339) + "&endDate=" + end.Format(time.RFC3339)
		for _, c := range s.World().Creators() {
			base := scopeOf(c) + "/insights/"
			checkSummary(t, s, c, base+"earnings/summary?granularity=day&timezone=UTC&"+window, start, end)

			var got, want []string
			for _, r := range walkAll[struct {
				Date                                           string
				Total                                          int
				NewSubscribersCount, CancelledSubscribersCount int
			}](t, s, base+"subscribers?size=50&"+window) {
				got = append(got, fmt.Sprint(r.Date[:10], r.Total, " ", r.NewSubscribersCount, " ", r.CancelledSubscribersCount))
			}
			days := map[string]CountTruth{}
			for _, d := range s.World().SubscriberCounts(c.UUID) {
				days[d.Date] = d
			}
			total := 0
			for at := start; at.Before(end); at = at.AddDate(0, 0, 1) { // every day has a row, also before the registration
				d := days[at.Format(time.DateOnly)]
				total += d.New - d.Cancelled
				want = append(want, fmt.Sprint(at.Format(time.DateOnly), total, " ", d.New, " ", d.Cancelled))
			}
			slices.Reverse(want)
			same(t, "counts", got, want)

			got, want = nil, nil
			seen := map[string]bool{}
			for _, r := range walkAll[struct {
				Gross, Net, Messages int64
				User                 userRow
			}](t, s, base+"top-spenders?size=2&"+window) {
				if !seen[r.User.UUID] {
					got = append(got, fmt.Sprint(r.User.UUID, r.Gross, " ", r.Net, " ", r.Messages))
				}
				seen[r.User.UUID] = true
			}
			for _, r := range s.World().TopSpenders(c.UUID, start, end) {
				want = append(want, fmt.Sprint(r.FanID, r.Gross, " ", r.Net, " ", r.Messages))
			}
			slices.Sort(got)
			slices.Sort(want)
			same(t, "top spenders", got, want)
		}
	})
}

func checkSummary(t *testing.T, s *Sim, c CreatorTruth, path string, start, end time.Time) {
	t.Helper()
	var sum struct {
		OverTime []struct {
			PeriodStart string
			Gross, Net  int64
		}
		BreakdownBySource map[string]struct{ Gross, Net int64 }
	}
	getOK(t, s, path, &sum)
	if len(sum.OverTime) != 30 {
		t.Errorf("September has %d days", len(sum.OverTime))
	}
	var got, want []string
	var gross, parts int64
	for _, d := range sum.OverTime {
		if gross += d.Gross; d.Gross != 0 || d.Net != 0 {
			got = append(got, fmt.Sprint(d.PeriodStart[:10], d.Gross, " ", d.Net))
		}
	}
	for _, p := range sum.BreakdownBySource {
		parts += p.Gross
	}
	if gross != parts {
		t.Errorf("days add up to %d, sources to %d", gross, parts)
	}
	days, err := s.World().SummaryDays(c.UUID, start, end, "UTC")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range days {
		want = append(want, fmt.Sprint(d.Date, d.Gross, " ", d.Net))
	}
	same(t, path, got, want)
}

func TestAgencyIsTheTruth(t *testing.T) {
	t.Parallel()
	s := New(Options{World: WorldOptions{Seed: 5, Agency: true, Creators: 5}})
	s.Night()
	w := s.World()
	creators := w.Creators()
	if rows := walkAll[userRow](t, s, "/v1/creators?size=2"); len(rows) != 5 || rows[4].UUID != creators[4].UUID {
		t.Errorf("the list has %d creators", len(rows))
	}
	if !w.DropCreator(creators[2].UUID) {
		t.Fatal("creator was not dropped")
	}
	if rows := walkAll[userRow](t, s, "/v1/creators?size=2"); len(rows) != 4 {
		t.Errorf("the list has %d creators after one was dropped", len(rows))
	}
	if code, body := get(t, s, "/v1/creators/"+creators[2].UUID+"/account"); code != http.StatusNotFound {
		t.Errorf("a dropped creator answers %d %s", code, body)
	}
	w.RestoreCreator(creators[2].UUID)

	var got, want []string
	for _, r := range walkAll[struct {
		CreatorUUID, Date, Currency string
		Gross, Net                  int64
	}](t, s, "/v1/agencies/earnings?size=50&startDate=2026-10-01&endDate=2026-11-01") {
		got = append(got, fmt.Sprint(r.Date, r.CreatorUUID, r.Gross, " ", r.Net, r.Currency))
	}
	type key struct{ day, creator string }
	sums := map[key][2]int64{}
	subscribers := 0
	for _, c := range creators {
		subscribers += len(w.Subscribers(c.UUID))
		for e := range w.Earnings(c.UUID) {
			if k := (key{e.At.Format(time.DateOnly), c.UUID}); e.IsFanPaid() && !e.IsReversal() && k.day[:7] == "2026-10" {
				sums[k] = [2]int64{sums[k][0] + e.Gross, sums[k][1] + e.Net}
			}
		}
	}
	for k, v := range sums {
		want = append(want, fmt.Sprint(k.day, k.creator, v[0], " ", v[1], "USD"))
	}
	slices.Sort(got)
	slices.Sort(want)
	same(t, "agency earnings", got, want)
	if rows := walkAll[userRow](t, s, "/v1/agencies/subscribers?size=50"); len(rows) != subscribers {
		t.Errorf("the agency has %d subscribers, want %d", len(rows), subscribers)
	}
	if rows := walkAll[struct{ Date string }](t, s, "/v1/agencies/subscribers-history?size=50&startDate=2026-10-01&endDate=2026-11-01"); len(rows) != 5*31 {
		t.Errorf("the history has %d rows, want %d", len(rows), 5*31)
	}
	var team []struct{ UUID string }
	if getOK(t, s, "/v1/agencies/team-members", &team); len(team) != members {
		t.Errorf("the team has %d members", len(team))
	}
	var lists []struct {
		UUID  string
		Count int
	}
	if getOK(t, s, "/v1/creators/"+creators[0].UUID+"/chats/lists/smart", &lists); len(lists) != 9 || lists[0].Count != len(w.Subscribers(creators[0].UUID)) {
		t.Errorf("smart lists are %v", lists)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	s := New(Options{World: WorldOptions{Seed: 6, Agency: true, OwnerIsCreator: true}})
	alone := New(Options{World: WorldOptions{Seed: 6}})
	owner := New(Options{World: WorldOptions{Seed: 6, Agency: true}})
	stranger := "3f0c9a52-7c1d-4e0b-9a77-0123456789ab"
	for _, x := range []struct {
		sim    *Sim
		path   string
		status int
		body   string
	}{
		{s, "/v1/insights/earnings?size=51", 400, `{"errors":[`},
		{s, "/v1/insights/earnings?size=0", 400, `{"errors":[`},
		{s, "/v1/insights/earnings?startDate=yesterday", 400, `{"errors":[`},
		{s, "/v1/insights/earnings?source=luck", 400, `{"errors":[`},
		{s, "/v1/insights/earnings?cursor=%21", 400, `{"errors":[`},
		{s, "/v1/insights/earnings?unknown=1", 200, `{"data":[`},
		{s, "/v1/insights/earnings/summary?granularity=month", 400, `{"errors":[`},
		{s, "/v1/insights/earnings/summary?timezone=Mars/Base", 400, `{"errors":[`},
		{s, "/v1/insights/earnings/summary?startDate=2025-01-01T00:00:00Z&endDate=2026-03-01T00:00:00Z", 500, `{`},
		{s, "/v1/creators/" + stranger + "/chats", 404, `{"message":`},
		{s, "/v1/creators/not-a-uuid/chats", 400, `{"message":"Invalid UUID format"}`},
		{s, "/v1/chats/" + stranger + "/messages", 404, `{"message":`},
		{s, "/v1/chats/nobody/messages", 400, `{"message":"Invalid UUID format"}`},
		{s, "/v1/agencies/earnings", 400, `{"errors":[`},
		{s, "/v1/agencies/subscribers-history?startDate=2025-01-01&endDate=2026-11-01", 400, `{"errors":[`},
		{s, "/v1/nothing", 404, `{"message":`},
		{s, "/v1/creators/" + stranger, 404, `{"message":`},
		{alone, "/v1/agencies/chats", 403, `{"error":`},
		{owner, "/v1/insights/earnings", 403, `{"error":`},
	} {
		if code, body := get(t, x.sim, x.path); code != x.status || !strings.HasPrefix(body, x.body) {
			t.Errorf("GET %s: %d %s, want %d %s…", x.path, code, body, x.status, x.body)
		}
	}
	var e envelope
	getOK(t, s, "/v1/insights/earnings", &e)
	next := "?cursor=" + *e.NextCursor
	if code, _ := get(t, s, "/v1/chats"+next); code != 400 {
		t.Errorf("a cursor of another walk is answered %d", code)
	}
	s.Advance(25 * time.Hour)
	if code, body := get(t, s, "/v1/insights/earnings"+next); code != 400 {
		t.Errorf("an expired cursor is answered %d %s", code, body)
	}
}

func TestCursorOptions(t *testing.T) {
	t.Parallel()
	rows := func(o Options) []string {
		o.World = WorldOptions{Seed: 7, EarningsPerCreator: 2000}
		s := New(o)
		return earningLines(walkAll[earningRow](t, s, "/v1/insights/earnings?size=10"))
	}
	stable := rows(Options{})
	if n := len(rows(Options{TieCursor: TieRepeat})); n <= len(stable) {
		t.Errorf("repeating cursors give %d rows of %d", n, len(stable))
	}
	if n := len(rows(Options{TieCursor: TieSkip})); n >= len(stable) {
		t.Errorf("skipping cursors give %d rows of %d", n, len(stable))
	}
	same(t, "with empty pages", rows(Options{EmptyPages: 3}), stable)

	s := New(Options{World: WorldOptions{Seed: 7, UnorderedEarnings: true}})
	got, want := earningLines(walkAll[earningRow](t, s, "/v1/insights/earnings?size=10")), truthLines(s.World(), s.World().Owner(), nil)
	if slices.Equal(got, want) {
		t.Error("unordered earnings are in order")
	}
	slices.Sort(got)
	slices.Sort(want)
	same(t, "unordered", got, want)
}

func TestMarkingAChatRead(t *testing.T) {
	t.Parallel()
	s := New(Options{World: WorldOptions{Seed: 8}})
	w := s.World()
	chats := w.Chats(w.Owner())
	k := slices.IndexFunc(chats, func(c ChatTruth) bool { return c.Unread > 0 })
	path := "/v1/chats/" + chats[k].FanID + "/messages"
	get(t, s, path)
	get(t, s, path+"?markAsRead=false")
	if n := w.MarkedRead(); n != 0 {
		t.Errorf("%d marks after reads that mark nothing", n)
	}
	get(t, s, path+"?markAsRead=true")
	if n := w.MarkedRead(); n != 1 {
		t.Errorf("%d marks after one that does", n)
	}
	if c := w.Chats(w.Owner())[k]; c.Unread != 0 || !c.IsRead {
		t.Errorf("the chat is still unread: %+v", c)
	}
}

func TestBatch(t *testing.T) {
	t.Parallel()
	s := New(Options{World: WorldOptions{Seed: 10}})
	w := s.World()
	chat := w.Chats(w.Owner())[0]
	var all []MessageTruth
	for m := range w.Messages(w.Owner(), chat.FanID) {
		all = append(all, m)
	}
	stranger := "3f0c9a52-7c1d-4e0b-9a77-0123456789ab"
	body := fmt.Sprintf(`{"chatUuids":[%q,%q],"limit":50,"sinceMessageUuid":%q}`, chat.FanID, stranger, all[5].UUID)
	rec := httptest.NewRecorder()
	s.api().ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/v1/chats/messages/batch", strings.NewReader(body)))
	if rec.Code != 200 {
		t.Fatal(rec.Code, rec.Body)
	}
	want := 0
	for _, m := range all {
		if m.SentAt.After(all[5].SentAt) {
			want++
		}
	}
	out := rec.Body.String()
	if n := strings.Count(out, `"sentAt"`); n != want {
		t.Errorf("batch has %d messages, want %d", n, want)
	}
	if !strings.Contains(out, `"`+stranger+`":{"error":"not_found"}`) {
		t.Errorf("a stranger's chat: %s", out)
	}
}
