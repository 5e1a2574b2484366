package fanvuesim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

type paidRow struct{ Gross, Total int64 }

type insightRow struct {
	Error    string
	Status   string
	Spending struct {
		LastPurchaseAt, LastValidPurchaseAt *string
		Total                               struct {
			Gross, Total int64
			NetTotal     *int64
		}
		MaxSinglePayment paidRow
		Sources          map[string]paidRow
	}
	Subscription struct {
		CreatedAt, RenewsAt *string
		AutoRenewalEnabled  bool
	}
}

func (r insightRow) line(fan string, old bool) string {
	p := r.Spending
	valid, net := any(p.LastValidPurchaseAt), any(nil)
	if p.Total.NetTotal != nil {
		net = *p.Total.NetTotal
	}
	if old {
		valid = nil
	}
	return truthLine(fan, r.Status, p.LastPurchaseAt, valid, p.Total.Gross, p.Total.Total, net, p.MaxSinglePayment, p.Sources, r.Subscription.CreatedAt, r.Subscription.RenewsAt, r.Subscription.AutoRenewalEnabled)
}

func (f FanInsightTruth) line(old bool) string {
	sources := map[string]paidRow{}
	for k, v := range f.Sources {
		sources[k] = paidRow{v, v}
	}
	valid, net := any(f.LastValidPurchaseAt), any(f.NetTotal)
	if old {
		valid, net = nil, nil
	}
	return truthLine(f.FanID, f.Status, f.LastPurchaseAt, valid, f.Total, f.Total, net, paidRow{f.MaxPayment, f.MaxPayment}, sources, f.SubscribedAt, f.RenewsAt, f.AutoRenewalEnabled)
}

func TestFanInsightsAreTheTruth(t *testing.T) {
	t.Parallel()
	eachCreator(t, func(t *testing.T, s *Sim, c CreatorTruth, base string, old bool) {
		if old && !c.Owner {
			return
		}
		want := map[string]string{}
		var ids []string
		for _, f := range s.World().FanInsights(c.UUID) {
			want[f.FanID] = f.line(old)
			ids = append(ids, f.FanID)
		}
		check := func(fan string, r insightRow) {
			t.Helper()
			if got := r.line(fan, old); got != want[fan] {
				t.Fatalf("%s has\n%s\nwant\n%s", fan, got, want[fan])
			}
		}
		for chunk := range slices.Chunk(ids, 100) {
			code, body := postJSON(s, base+"/insights/fans/batch", `{"userUuids":["`+strings.Join(chunk, `","`)+`"]}`)
			var rows map[string]insightRow
			if err := json.Unmarshal([]byte(body), &rows); err != nil || code != 200 || len(rows) != len(chunk) {
				t.Fatalf("batch: %d %v %s", code, err, body)
			}
			for fan, r := range rows {
				check(fan, r)
			}
		}
		for chunk := range slices.Chunk(ids, 20) {
			var rows struct {
				Results map[string]insightRow
				Errors  []any
			}
			getOK(t, s, base+"/insights/fans?fanUuids="+strings.Join(chunk, ","), &rows)
			if len(rows.Results) != len(chunk) || len(rows.Errors) > 0 {
				t.Fatalf("list: %v", rows)
			}
			for fan, r := range rows.Results {
				check(fan, r)
			}
			var one insightRow
			getOK(t, s, base+"/insights/fans/"+chunk[0], &one)
			check(chunk[0], one)
		}
	})
}

// The figures of a fan follow from the rows of earnings.
func TestFanInsightsFollowFromEarnings(t *testing.T) {
	t.Parallel()
	worlds(t, func(t *testing.T, s *Sim) {
		for _, c := range s.World().Creators() {
			want := map[string]*FanInsightTruth{}
			reversed := map[string]bool{}
			for e := range s.World().Earnings(c.UUID) {
				if !e.Gone && e.Reversed != "" {
					reversed[e.Reversed] = true
				}
			}
			for e := range s.World().Earnings(c.UUID) {
				if e.Gone || e.FanID == "" {
					continue
				}
				f := want[e.FanID]
				if f == nil {
					f = &FanInsightTruth{Sources: map[string]int64{}}
					want[e.FanID] = f
				}
				f.Total += e.Gross
				f.NetTotal += e.Net
				if e.IsReversal() {
					continue
				}
				f.MaxPayment = max(f.MaxPayment, e.Gross)
				f.Sources[e.Source] += e.Gross
				if e.At.After(f.LastPurchaseAt) {
					f.LastPurchaseAt = e.At
				}
				if !reversed[e.OrderID] && e.At.After(f.LastValidPurchaseAt) {
					f.LastValidPurchaseAt = e.At
				}
			}
			for _, got := range s.World().FanInsights(c.UUID) {
				f := want[got.FanID]
				if f == nil {
					f = &FanInsightTruth{}
				}
				if got.Total != f.Total || got.NetTotal != f.NetTotal || got.MaxPayment != f.MaxPayment || fmt.Sprint(got.Sources) != fmt.Sprint(f.Sources) ||
					!got.LastPurchaseAt.Equal(f.LastPurchaseAt) || !got.LastValidPurchaseAt.Equal(f.LastValidPurchaseAt) {
					t.Errorf("fan %s: %+v, the rows say %+v", got.FanID, got, *f)
				}
			}
		}
	})
}

func TestBulkReadsOfFansFailOneByOne(t *testing.T) {
	t.Parallel()
	s := New(Options{World: WorldOptions{Seed: 50, Agency: true, OwnerIsCreator: true}, FanErrors: 3})
	creators := s.World().Creators()
	fans := s.World().FanInsights(creators[0].UUID)
	var stranger string // a fan of another creator only
	for _, f := range s.World().Fans(creators[2].UUID) {
		if !slices.ContainsFunc(fans, func(x FanInsightTruth) bool { return x.FanID == f.UUID }) {
			stranger = f.UUID
		}
	}
	nobody := "3f0c9a52-7c1d-4e0b-9a77-0123456789ab"
	_, body := postJSON(s, "/v1/insights/fans/batch", fmt.Sprintf(`{"userUuids":[%q,%q,%q,%q]}`, fans[0].FanID, stranger, fans[1].FanID, nobody))
	var rows map[string]insightRow
	if err := json.Unmarshal([]byte(body), &rows); err != nil {
		t.Fatal(err, body)
	}
	for fan, want := range map[string]string{fans[0].FanID: "", stranger: "forbidden", fans[1].FanID: "internal", nobody: "not_found"} {
		if rows[fan].Error != want {
			t.Errorf("fan %s is answered %q, want %q", fan, rows[fan].Error, want)
		}
	}
	var list struct {
		Results map[string]*insightRow
		Errors  []struct{ FanUUID, Code string }
	}
	getOK(t, s, "/v1/insights/fans?fanUuids="+fans[0].FanID+"&fanUuids="+nobody+","+fans[1].FanID, &list)
	if fmt.Sprint(list.Errors) != fmt.Sprintf("[{%s NOT_FOUND} {%s INTERNAL}]", nobody, fans[1].FanID) || list.Results[fans[0].FanID] == nil || list.Results[nobody] != nil {
		t.Errorf("the list is %+v", list)
	}
}

func TestStatusesAndPercentile(t *testing.T) {
	t.Parallel()
	s := New(Options{World: WorldOptions{Seed: 51}})
	var asked []string
	for _, f := range s.World().Fans(s.World().Owner()) {
		asked = append(asked, `"`+f.UUID+`"`)
	}
	_, body := postJSON(s, "/v1/chats/statuses", `{"userUuids":[`+strings.Join(asked, ",")+`]}`)
	var rows map[string]struct {
		IsOnline   *bool
		LastSeenAt *string
	}
	if err := json.Unmarshal([]byte(body), &rows); err != nil || len(rows) != len(asked) {
		t.Fatal(err, body)
	}
	online, hidden := 0, 0
	for _, r := range rows {
		switch {
		case *r.IsOnline:
			online++
		case r.LastSeenAt == nil:
			hidden++
		}
	}
	if online == 0 || hidden == 0 || online+hidden == len(rows) {
		t.Errorf("%d of %d are online, %d hide it", online, len(rows), hidden)
	}
	var p struct{ Percentile float64 }
	if getOK(t, s, "/v1/insights/earnings/percentile", &p); p.Percentile <= 0 || p.Percentile > 100 {
		t.Errorf("percentile %v", p.Percentile)
	}
}

// The leaderboard follows from the messages.
func TestLeaderboardIsTheTruth(t *testing.T) {
	t.Parallel()
	s := New(Options{World: WorldOptions{Seed: 52, Agency: true, MessagesPerChat: 60}})
	for range 3 {
		s.Night()
	}
	w := s.World()
	start, end := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 15, 0, 0, 0, 0, time.UTC)
	want := map[string]*ChatterTruth{}
	hours, waited := map[string]map[int64]bool{}, map[string]time.Duration{}
	for _, m := range w.TeamMembers() {
		want[m.UUID], hours[m.UUID] = &ChatterTruth{UUID: m.UUID, Name: m.DisplayName}, map[int64]bool{}
	}
	for _, c := range w.Creators() {
		for _, chat := range w.Chats(c.UUID) {
			var all []MessageTruth
			for m := range w.Messages(c.UUID, chat.FanID) {
				all = append(all, m)
			}
			for k, m := range all {
				x := want[m.SentBy]
				if x == nil || m.Broadcast || m.Gone || m.SentAt.Before(start) || !m.SentAt.Before(end) {
					continue
				}
				x.Messages++
				hours[m.SentBy][m.SentAt.Unix()/3600] = true
				if m.Price > 0 {
					x.PPVsSent++
					if !m.PurchasedAt.IsZero() {
						x.PPVsBought++
						x.Revenue += m.Price
					}
				}
				if k+1 < len(all) && !all[k+1].FromCreator {
					x.Responses++
					waited[m.SentBy] += m.SentAt.Sub(all[k+1].SentAt)
				}
			}
		}
	}
	board := w.Leaderboard(start, end)
	if !slices.IsSortedFunc(board, func(a, b ChatterTruth) int { return cmp.Compare(b.Revenue, a.Revenue) }) || board[0].Revenue == 0 {
		t.Errorf("the board is %+v", board)
	}
	for _, x := range board {
		y := want[x.UUID]
		y.ActiveHours = int64(len(hours[x.UUID]))
		if y.Responses > 0 {
			y.AvgResponse = (waited[x.UUID] / time.Duration(y.Responses)).Truncate(time.Millisecond)
		}
		if x != *y {
			t.Errorf("chatter is\n%+v, the messages say\n%+v", x, *y)
		}
	}
	path := "/agencies/insights/chatter-leaderboard?startDate=2026-09-01&endDate=2026-11-15"
	for _, surface := range surfaces {
		var got struct {
			Data []struct {
				ChatterUUID, ChatterName                               string
				Messages, PPVsSent, PPVsUnlocked, Revenue, ActiveHours int64
				GoldenRatio, UnlockRatio, EPH                          float64
				AvgResponseMs                                          *int64
			}
		}
		getOK(t, s, surface+path, &got)
		for k, x := range board {
			r := got.Data[k]
			if r.ChatterUUID != x.UUID || r.ChatterName != x.Name || r.Messages != x.Messages || r.PPVsSent != x.PPVsSent || r.PPVsUnlocked != x.PPVsBought || r.Revenue != x.Revenue ||
				r.ActiveHours != x.ActiveHours || *r.AvgResponseMs != x.AvgResponse.Milliseconds() || r.GoldenRatio != float64(x.PPVsSent)/float64(x.Messages) || r.EPH != float64(x.Revenue)/float64(x.ActiveHours) {
				t.Errorf("row %d is %+v, want %+v", k, r, x)
			}
		}
		getOK(t, s, surface+path+"&chatterUuids="+board[2].UUID, &got)
		if len(got.Data) != 1 || got.Data[0].ChatterUUID != board[2].UUID {
			t.Errorf("one chatter is %+v", got)
		}
	}
}

func TestSummaryCache(t *testing.T) {
	t.Parallel()
	s := New(Options{World: WorldOptions{Seed: 53}, SummaryCache: 10 * time.Minute})
	ask := func(query string) string {
		_, body := get(t, s, "/v1/insights/earnings/summary"+query)
		return body
	}
	first, weekly := ask(""), ask("?granularity=week")
	s.world.night(s.Now().Add(24 * time.Hour)) // the world moves, the clock does not
	if ask("") != first || ask("?granularity=week") != weekly {
		t.Error("a summary was forgotten within ten minutes")
	}
	if ask("?granularity=day&timezone=UTC") == first {
		t.Error("other parameters are answered from memory")
	}
	s.Advance(10 * time.Minute)
	if ask("") == first {
		t.Error("a summary is remembered for longer than ten minutes")
	}
}

func TestNightsMoveContent(t *testing.T) {
	t.Parallel()
	s := New(Options{World: WorldOptions{Seed: 54}})
	o := s.World().Owner()
	look := func() map[string]string {
		w := s.World()
		posts := w.Posts(o)
		comments, likes := 0, 0
		order, pinned := "", ""
		for _, p := range posts {
			comments, likes = comments+p.Comments, likes+p.Likes
			if order += p.UUID; p.IsPinned {
				pinned += p.UUID
			}
		}
		masses, links, media, notices := w.MassMessages(o), w.TrackingLinks(o), w.Media(o), w.Notifications(o)
		status := func(of string) int {
			n := 0
			for _, m := range media {
				if m.Status == of {
					n++
				}
			}
			return n
		}
		views, clicks, members := int64(0), int64(0), ""
		for _, m := range masses {
			views += m.Views
		}
		for _, l := range links {
			clicks += l.Clicks
		}
		for _, l := range w.CustomLists(o) {
			members += fmt.Sprint(l.Members, " ")
		}
		return map[string]string{
			"posts": fmt.Sprint(len(posts)), "order": order, "pins": pinned, "comments": fmt.Sprint(comments), "likes": fmt.Sprint(likes), "mass messages": fmt.Sprint(len(masses)),
			"views": fmt.Sprint(views), "links": fmt.Sprint(len(links)), "clicks": fmt.Sprint(clicks), "media": fmt.Sprint(len(media)), "ready": fmt.Sprint(status("ready")),
			"members": members, "templates": fmt.Sprint(lines(w.Templates(o), func(x TemplateTruth) string { return text(x.Text) })), "notices": fmt.Sprint(len(notices)),
			"unread": fmt.Sprint(w.Unread(o)), "percent": fmt.Sprint(w.FanInsights(o)),
		}
	}
	moved := map[string]int{}
	last := look()
	for range 30 {
		s.Night()
		now := look()
		for k, v := range now {
			if v != last[k] {
				moved[k]++
			}
		}
		last = now
	}
	for k := range last {
		if moved[k] == 0 {
			t.Errorf("30 nights moved no %s: %v", k, moved)
		}
	}

	still := New(Options{World: WorldOptions{Seed: 54, Nights: NightOptions{NoContent: true, NoMessages: true, NoUnlocks: true, NoNewSubscribers: true, NoNewFollowers: true}}})
	s = still
	before := look()
	for range 5 {
		s.Night()
	}
	for k, v := range look() {
		if k != "percent" && k != "unread" && v != before[k] {
			t.Errorf("nights without content moved %s", k)
		}
	}
}

// The gate asks for the scopes of the new paths, also below an escaped slash.
func TestScopesOfContent(t *testing.T) {
	t.Parallel()
	s := New(Options{World: WorldOptions{Seed: 55, Agency: true, OwnerIsCreator: true}})
	c := s.World().Creators()[1]
	fan := s.World().Fans(c.UUID)[0].UUID
	ask := func(path string, scopes []string) int {
		s.Gate().AddKey(Key{Value: "some", Scopes: scopes})
		s.Gate().SetRate(Rate{Limit: -1})
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("X-Fanvue-API-Key", "some")
		r.Header.Set("X-Fanvue-API-Version", DefaultVersion)
		s.Handler().ServeHTTP(w, r)
		return w.Code
	}
	folder := url.PathEscape("a/b & c?d=1#50%")
	for path, scopes := range map[string][]string{
		"/chats/mass-messages": {"read:chat"}, "/chats/lists/smart/followers": {"read:chat", "read:fan"}, "/chats/lists/custom": {"read:chat", "read:fan"}, "/chats/templates": {"read:chat"},
		"/chats/unread": {"read:chat"}, "/posts": {"read:post"}, "/posts/" + s.World().Posts(c.UUID)[0].UUID + "/comments": {"read:post"}, "/collections": {"read:post"},
		"/media": {"read:media"}, "/vault/folders": {"read:media"}, "/vault/folders/" + folder: {"read:media"}, "/vault/folders/" + folder + "/media": {"read:media"},
		"/tracking-links": {"read:tracking_links"}, "/tracking-links/" + s.World().TrackingLinks(c.UUID)[0].UUID + "/users": {"read:tracking_links"},
		"/notifications": {"read:self"}, "/insights/fans/" + fan: {"read:insights", "read:fan"}, "/insights/earnings/percentile": {"read:insights"},
	} {
		path = "/v1/creators/" + c.UUID + path
		all := append(slices.Clone(scopes), "read:creator")
		if code := ask(path, all); code != 200 {
			t.Errorf("GET %s with %v: %d", path, all, code)
		}
		for k := range all {
			if code := ask(path, slices.Delete(slices.Clone(all), k, k+1)); code != 403 {
				t.Errorf("GET %s without %s: %d", path, all[k], code)
			}
		}
	}
	if code := ask("/v0/insights/spending", []string{"read:insights"}); code != 200 {
		t.Errorf("spending: %d", code)
	}
	if code := ask("/v0/agencies/insights/chatter-leaderboard", []string{"read:agency"}); code != 200 {
		t.Errorf("leaderboard: %d", code)
	}
}
