package fanvuesim

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// eachOld runs a check for every creator below /v0 and without a prefix.
func eachOld(t *testing.T, check func(t *testing.T, s *Sim, c CreatorTruth, base string)) {
	eachCreator(t, func(t *testing.T, s *Sim, c CreatorTruth, base string, old bool) {
		if old {
			check(t, s, c, base)
		}
	})
}

func TestOldPeopleAreTheTruth(t *testing.T) {
	t.Parallel()
	fields := []string{"uuid", "handle", "displayName", "nickname", "registeredAt"}
	line := func(f FanTruth) string {
		return truthLine(f.UUID, f.Handle, f.DisplayName, f.Nickname, f.RegisteredAt)
	}
	eachOld(t, func(t *testing.T, s *Sim, c CreatorTruth, base string) {
		active := map[string]bool{}
		var subscribers []FanTruth
		for _, f := range s.World().Subscribers(c.UUID) {
			active[f.UUID] = true
			subscribers = append(subscribers, f.FanTruth)
		}
		rows := readAll(t, s, base+"/subscribers?size=7")
		same(t, "subscribers", fieldLines(rows, fields...), lines(subscribers, line))
		for _, row := range rows {
			if _, ok := row["subscription"]; ok || row["firstSubscribedAt"] != nil {
				t.Fatalf("an old subscriber has dates: %v", row)
			}
		}
		slices.Reverse(subscribers)
		same(t, "oldest first", fieldLines(readAll(t, s, base+"/subscribers?size=50&sortField=subscribedAt&sortDirection=asc"), fields...), lines(subscribers, line))
		var names []string
		for _, row := range readAll(t, s, base+"/subscribers?size=6&sortField=name&sortDirection=asc") {
			names = append(names, row["displayName"].(string))
		}
		if !slices.IsSorted(names) || len(names) != len(subscribers) {
			t.Errorf("by name: %q", names)
		}
		same(t, "followers", fieldLines(readAll(t, s, base+"/followers?size=7"), fields...), lines(s.World().Followers(c.UUID), func(f FanTruth) string {
			if active[f.UUID] {
				return ""
			}
			return line(f)
		}))
		path := base + "/account"
		if c.Owner {
			path = base + "/users/account"
		}
		var account struct{ Account map[string]any }
		if getOK(t, s, path, &account); account.Account["subscriptionPrice"] != nil || account.Account["earnings"] == nil {
			t.Errorf("the old account is %v", account)
		}
	})
}

func TestOldChatsAreTheTruth(t *testing.T) {
	t.Parallel()
	worlds(t, func(t *testing.T, s *Sim) {
		for _, surface := range surfaces[1:] {
			for _, c := range s.World().Creators() {
				base := on(surface, c)
				rows := readAll(t, s, base+"/chats?size=11")
				same(t, "chats", fieldLines(rows, "user.uuid", "createdAt", "isRead", "isMuted", "unreadMessagesCount"), lines(s.World().Chats(c.UUID), func(x ChatTruth) string {
					return truthLine(x.FanID, x.CreatedAt, x.IsRead, x.IsMuted, x.Unread)
				}))
				for k, row := range rows {
					if _, ok := row["online"]; ok {
						t.Fatalf("an old chat has presence: %v", row)
					}
					fan := row["user"].(map[string]any)["uuid"].(string)
					if k%5 != 0 {
						continue
					}
					path := base + "/chats/" + fan
					var want []string
					for m := range s.World().Messages(c.UUID, fan) {
						if !m.Gone {
							want = append(want, truthLine(m.UUID, m.SentAt, m.Type, m.Text, m.IsRead))
						}
					}
					messages := readAll(t, s, path+"/messages?size=9&markAsRead=false")
					same(t, path, fieldLines(messages, "uuid", "sentAt", "type", "text", "isRead"), want)
					for _, absent := range []string{path, path + "/messages/" + fan} {
						if code, body := get(t, s, absent); code != http.StatusNotFound {
							t.Errorf("GET %s: %d %s", absent, code, body)
						}
					}
				}
			}
		}
		if n := s.World().MarkedRead(); n != 0 {
			t.Errorf("reading marked %d chats", n)
		}
	})
}

func TestOldMessagesMarkUnlessToldNotTo(t *testing.T) {
	t.Parallel()
	s := New(Options{World: WorldOptions{Seed: 40}})
	path := "/chats/" + s.World().Chats(s.World().Owner())[0].FanID + "/messages"
	for k, x := range []struct {
		path  string
		marks int
	}{
		{"/v1" + path, 0}, {"/v0" + path, 1}, {path, 2}, {path + "?markAsRead=true&page=2", 3}, {path + "?markAsRead=false", 3}, {"/v0" + path + "?markAsRead=maybe", 3}, {"/v0" + path + "?page=0", 3},
	} {
		get(t, s, x.path)
		if n := s.World().MarkedRead(); n != x.marks {
			t.Errorf("after read %d, %s: %d marks, want %d", k, x.path, n, x.marks)
		}
	}
}

// What the older surface splits into earnings and spending is all there is.
func TestOldEarningsAndSpendingAreTheTruth(t *testing.T) {
	t.Parallel()
	eachOld(t, func(t *testing.T, s *Sim, c CreatorTruth, base string) {
		sales := func(keep func(EarningTruth) bool) []string {
			var all []string
			for e := range s.World().Earnings(c.UUID) {
				if !e.Gone && !e.IsReversal() && keep(e) {
					all = append(all, truthLine(e.At, e.Source, e.Gross, e.Net, unset(e.Currency), e.Status, unset(e.FanID)))
				}
			}
			return all
		}
		fields := []string{"date", "source", "gross", "net", "currency", "transactionOrderStatus", "user.uuid"}
		rows := readAll(t, s, base+"/insights/earnings?size=50")
		same(t, "earnings", fieldLines(rows, fields...), sales(func(EarningTruth) bool { return true }))
		for _, row := range rows {
			if _, ok := row["total"]; ok || row["reversedTransactionOrderId"] != nil {
				t.Fatalf("an old earning is %v", row)
			}
		}
		same(t, "tips", fieldLines(readAll(t, s, base+"/insights/earnings?size=9&source=tip"), fields...), sales(func(e EarningTruth) bool { return e.Source == "tip" }))
		path := base + "/insights/spending"
		if !c.Owner {
			if code, _ := get(t, s, path); code != http.StatusNotFound {
				t.Errorf("spending of a creator of an agency is answered %d", code)
			}
			return
		}
		spending := s.World().Spending(c.UUID)
		line := func(x SpendingTruth) string {
			return truthLine(x.At, x.Source, x.Gross, x.Net, unset(x.Currency), unset(x.FanID))
		}
		fields = []string{"date", "source", "gross", "net", "currency", "user.uuid"}
		rows = readAll(t, s, path+"?size=3")
		same(t, "spending", fieldLines(rows, fields...), lines(spending, line))
		for _, row := range rows {
			if _, ok := row["transactionOrderId"]; ok {
				t.Fatalf("spending names an order: %v", row)
			}
		}
		same(t, "chargebacks", fieldLines(readAll(t, s, path+"?source=chargeback"), fields...), lines(spending, func(x SpendingTruth) string {
			if x.Source != "chargeback" {
				return ""
			}
			return line(x)
		}))
	})
}

func TestOldestEarningsHaveNoOrderID(t *testing.T) {
	t.Parallel()
	s := New(Options{World: WorldOptions{Seed: 41}, EarningsWithoutOrderID: true})
	if _, body := get(t, s, "/v0/insights/earnings?size=50"); strings.Contains(body, "transactionOrderId") || !strings.Contains(body, "transactionOrderStatus") {
		t.Errorf("the oldest form is %s", body)
	}
	if _, body := get(t, s, "/v1/insights/earnings?size=50"); !strings.Contains(body, "transactionOrderId") {
		t.Errorf("v1 is %s", body)
	}
}

func TestOldTopSpendersAreTheTruth(t *testing.T) {
	t.Parallel()
	start, end := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	eachOld(t, func(t *testing.T, s *Sim, c CreatorTruth, base string) {
		got := fieldLines(readAll(t, s, base+"/insights/top-spenders?size=2&startDate="+start.Format(time.RFC3339)+"&endDate="+end.Format(time.RFC3339)), "user.uuid", "gross", "net", "messages")
		want := lines(s.World().TopSpenders(c.UUID, start, end), func(x SpenderTruth) string { return truthLine(x.FanID, x.Gross, x.Net, x.Messages) })
		slices.Sort(got) // equal sums stand in any order
		slices.Sort(want)
		same(t, "top spenders", got, want)
	})
}

// The agency's own lists say on page numbers what they say on v1.
func TestOldAgencyListsAreThoseOfV1(t *testing.T) {
	t.Parallel()
	s := New(Options{World: WorldOptions{Seed: 42, Agency: true, Creators: 5}})
	for range 3 {
		s.Night()
	}
	for path, fields := range map[string][]string{
		"/creators": {"uuid", "handle"}, "/agencies/chats": {"creatorUuid", "user.uuid", "lastMessageAt"}, "/agencies/subscribers": {"creatorUuid", "uuid", "subscribedAt", "expiresAt"},
		"/agencies/earnings?startDate=2026-10-01&endDate=2026-11-01":            {"creatorUuid", "date", "gross", "net", "currency"},
		"/agencies/subscribers-history?startDate=2026-10-01&endDate=2026-11-01": {"creatorUuid", "date", "total", "newSubscribersCount", "cancelledSubscribersCount"},
	} {
		path += map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")]
		want := fieldLines(readAll(t, s, "/v1"+path+"size=50"), fields...)
		if len(want) == 0 {
			t.Errorf("%s is empty", path)
		}
		for _, surface := range surfaces[1:] {
			for _, size := range []int{1, 15, 50} {
				same(t, surface+path, fieldLines(readAll(t, s, fmt.Sprint(surface, path, "size=", size)), fields...), want)
			}
		}
	}
}

func TestOldSurfaceAnswers(t *testing.T) {
	t.Parallel()
	s := New(Options{World: WorldOptions{Seed: 43, Agency: true, OwnerIsCreator: true}})
	other := "/v0/creators/" + s.World().Creators()[1].UUID
	post := s.World().Posts(s.World().Creators()[1].UUID)[0].UUID
	fan := s.World().Fans(s.World().Creators()[1].UUID)[0].UUID
	for _, x := range []struct {
		path   string
		status int
	}{
		{"/v0/chats?size=51", 400}, {"/v0/chats?page=0", 400}, {"/v0/chats?page=1.5", 400}, {"/chats?page=999999999999999999999", 400}, {"/chats?page=99999999999", 200},
		{"/v0/subscribers?sortField=age", 400}, {"/v0/subscribers?sortDirection=up", 400}, {"/v0/insights/earnings?source=refund", 400}, {"/v0/insights/spending?source=tip", 400},
		{"/v0/insights/earnings?cursor=!", 400}, {"/v1/insights/spending", 404}, {"/v0/subscribers/" + fan, 404},
		{"/v1/posts?includeUnpublished=maybe", 400}, {"/v1/posts/nobody", 400}, {"/v1/posts/" + fan, 404}, {"/v1/posts/" + post + "/comments", 404},
		{"/v1/media?status=lost", 400}, {"/v1/media?variants=huge", 400}, {"/v1/media?usage=fun", 400}, {"/v1/media?mediaType=image,smell", 400}, {"/v1/media?purchasedBy=me", 400},
		{"/v1/media/" + fan, 404}, {"/v1/media/bulk", 400}, {"/v1/vault/folders/Nowhere/media", 404}, {"/v1/vault/folders/" + strings.Repeat("x", 256), 400}, {"/v1/vault", 404},
		{"/v1/tracking-links?limit=0", 400}, {"/v1/tracking-links?limit=1000", 200}, {"/v1/tracking-links/" + fan + "/users", 404}, {"/v1/tracking-links/x/users", 400},
		{"/v1/notifications?eventType=tip", 400}, {"/v1/chats/lists/smart/rich", 404}, {"/v1/chats/lists/custom/" + fan, 404}, {"/v1/chats/lists/custom/rich", 400},
		{"/v1/chats/templates/" + fan, 404}, {"/v1/chats/mass-messages?includeDeleted=1", 400}, {"/v1/insights/fans", 400}, {"/v1/insights/fans/" + post, 404}, {"/v1/insights/fans/me", 400},
		{"/v1/insights/fans?fanUuids=" + strings.Repeat(fan+",", 21), 400}, {"/v1/agencies/insights/chatter-leaderboard?chatterUuids=me", 400},
		{"/", 404}, {"/v0", 404}, {"/v1", 404}, {"/v0/", 404}, {"/v1/chats/", 400}, {"/v1/insights", 404}, {"/v0/creators/" + fan, 404}, {"/v0/creators/me", 400},

		// What creators of an agency lack there, and have on v1.
		{other + "/insights/fans/" + fan, 404}, {other + "/insights/fans?fanUuids=" + fan, 404}, {other + "/insights/earnings/percentile", 404}, {other + "/insights/spending", 404},
		{other + "/chats/unread", 404}, {other + "/chats/templates", 404}, {other + "/posts/" + post, 404}, {other + "/posts/" + post + "/likes", 404}, {other + "/posts/" + post + "/tips", 404},
		{other + "/media/bulk?mediaUuids=" + fan, 404}, {other + "/collections", 404}, {other + "/posts/" + post + "/comments", 200}, {other + "/posts", 200}, {other + "/media", 200},
		{strings.Replace(other, "v0", "v1", 1) + "/posts/" + post + "/likes", 200}, {strings.Replace(other, "v0", "v1", 1) + "/insights/fans/" + fan, 200},
	} {
		if code, body := get(t, s, x.path); code != x.status {
			t.Errorf("GET %s: %d %s, want %d", x.path, code, body, x.status)
		}
	}
	for _, x := range []struct {
		path, body string
		status     int
	}{
		{other + "/chats/messages/batch", `{"chatUuids":["` + fan + `"]}`, 404}, {other + "/chats/statuses", `{"userUuids":["` + fan + `"]}`, 404}, {other + "/insights/fans/batch", `{"userUuids":["` + fan + `"]}`, 404},
		{"/chats/messages/batch", `{"chatUuids":["` + fan + `"]}`, 200}, {"/v0/chats/statuses", `{"userUuids":["` + fan + `"]}`, 200}, {"/v1/insights/fans/batch", `{"userUuids":[]}`, 400},
		{"/v1/insights/fans/batch", `{`, 400}, {"/v1/chats/statuses", `{"userUuids":["me"]}`, 400}, {"/v1/chats", `{}`, 404},
	} {
		if code, body := postJSON(s, x.path, x.body); code != x.status {
			t.Errorf("POST %s: %d %s, want %d", x.path, code, body, x.status)
		}
	}
}

// A page number counts pages of what is there when it is asked for: when the
// world moves in between, some rows come twice and others not at all.
func TestDrift(t *testing.T) {
	t.Parallel()
	for path, truth := range map[string]func(w *World, c string) []string{
		"/chats?size=5": func(w *World, c string) []string {
			return lines(w.Chats(c), func(x ChatTruth) string { return x.FanID })
		},
		"/posts?size=5": func(w *World, c string) []string {
			return lines(w.Posts(c), func(x PostTruth) string { return x.UUID })
		},
		"/media?size=7": func(w *World, c string) []string {
			return lines(w.Media(c), func(x MediaTruth) string { return x.UUID })
		},
		"/notifications?size=9": func(w *World, c string) []string {
			return lines(w.Notifications(c), func(x NotificationTruth) string { return x.UUID })
		},
		"/followers?size=4": func(w *World, c string) []string {
			active := map[string]bool{}
			for _, f := range w.Subscribers(c) {
				active[f.UUID] = true
			}
			return lines(w.Followers(c), func(x FanTruth) string {
				if active[x.UUID] {
					return ""
				}
				return x.UUID
			})
		},
	} {
		s := New(Options{World: WorldOptions{Seed: 44}, Drift: Drift{Every: 1, Most: 3}})
		ids := func() []string {
			var all []string
			for _, row := range readAll(t, s, "/v0"+path) {
				if user, ok := row["user"].(map[string]any); ok {
					row = user
				}
				all = append(all, row["uuid"].(string))
			}
			return all
		}
		first := ids()
		want := truth(s.World(), s.World().Owner())
		if slices.Equal(first, want) {
			t.Errorf("%s did not drift", path)
		}
		second := ids()
		want = truth(s.World(), s.World().Owner())
		same(t, "once nothing moves any more, "+path, second, want)
	}

	s := New(Options{World: WorldOptions{Seed: 45}, Drift: Drift{Every: 2}})
	fan := s.World().Chats(s.World().Owner())[3].FanID
	rows := fieldLines(readAll(t, s, "/v0/chats/"+fan+"/messages?size=5&markAsRead=false"), "uuid")
	slices.Sort(rows)
	if n := len(slices.Compact(slices.Clone(rows))); n == len(rows) {
		t.Errorf("%d messages, none of them twice", n)
	}
	if n := len(readAll(t, s, "/v1/chats?size=5")); n != 30 {
		t.Errorf("a walk by cursor drifts: %d chats", n)
	}
}

// Page caps, empty pages and the ways of cursors with ties end every new walk.
func TestOptionsOfNewLists(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{"cap": {PageCap: 3}, "blank": {EmptyPages: 2}, "repeat": {TieCursor: TieRepeat}, "skip": {TieCursor: TieSkip}} {
		o.World = WorldOptions{Seed: 46}
		s, plain := New(o), New(Options{World: o.World})
		link, list := s.World().TrackingLinks(s.World().Owner())[0].UUID, s.World().CustomLists(s.World().Owner())[2].ID
		for _, path := range []string{
			"/posts", "/media", "/notifications", "/tracking-links", "/tracking-links/" + link + "/users", "/chats/mass-messages", "/chats/templates", "/chats/lists/custom",
			"/chats/lists/custom/" + list, "/chats/lists/smart/followers", "/vault/folders", "/vault/folders/" + url.PathEscape("a/b & c?d=1#50%") + "/media", "/collections",
		} {
			want := fieldLines(readAll(t, plain, "/v1"+path+"?size=5&limit=5"), "uuid", "name")
			if path == "/vault/folders" && len(want) != folders {
				t.Errorf("%d folders", len(want))
			}
			got := fieldLines(readAll(t, s, "/v1"+path+"?size=5&limit=5"), "uuid", "name")
			if name == "cap" || name == "blank" {
				same(t, name+path, got, want)
			}
			if name == "cap" {
				same(t, name+"/v0"+path, fieldLines(readAll(t, s, "/v0"+path+"?size=5&limit=5"), "uuid", "name"), want)
			}
		}
	}
}
