package pipeline_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract/fanvuesim"
)

// contentRig reads everything that the key may read, the optional streams of
// agencies included.
func contentRig(t *testing.T, o fanvuesim.Options) *rig {
	r := newRig(t, o)
	r.account.Cadence = map[string]string{"agency_earnings_days": "weekly", "agency_subscribers": "weekly", "agency_subscriber_counts": "weekly"}
	return r
}

// What creators publish, keep and hear of lands row for row, and so it does
// some nights later, in which things came, changed and went.
func TestSyncOfContent(t *testing.T) {
	t.Parallel()
	r := contentRig(t, fanvuesim.Options{World: fanvuesim.WorldOptions{Seed: 41, Agency: true, OwnerIsCreator: true, Creators: 2, FansPerCreator: 60,
		EarningsPerCreator: 200, ChatsPerCreator: 12, MessagesPerChat: 15}})
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
	r.compareContent(t)
	for range 3 {
		r.sim.Night()
	}
	r.sync(t, pipeline.SyncOptions{Full: true}) // edits that move no count are read a month later
	r.lists = nil
	r.compare(t)
	r.compareContent(t)
	r.rebuildsEqual(t)
}

// The older surface has most of it too, some of it for the key's owner alone.
func TestSyncOfContentOnTheOlderSurface(t *testing.T) {
	t.Parallel()
	r := contentRig(t, fanvuesim.Options{World: fanvuesim.WorldOptions{Seed: 44, Agency: true, OwnerIsCreator: true, Creators: 2, FansPerCreator: 30,
		EarningsPerCreator: 60, ChatsPerCreator: 4, MessagesPerChat: 5}}).on("v0")
	r.sync(t, pipeline.SyncOptions{})
	r.compareContent(t)
}

// A quiet week costs each complete list once, and of what belongs to posts,
// lists, links and folders only what a count says has moved.
func TestSyncReadsContentOnceAWeek(t *testing.T) {
	t.Parallel()
	r := contentRig(t, fanvuesim.Options{World: fanvuesim.WorldOptions{Seed: 42, Agency: true, Creators: 2, FansPerCreator: 20,
		EarningsPerCreator: 50, ChatsPerCreator: 3, MessagesPerChat: 5}})
	r.sync(t, pipeline.SyncOptions{})
	mark := r.sim.Gate().Ledger().Mark()
	r.sim.Advance(7 * 24 * time.Hour)
	r.sync(t, pipeline.SyncOptions{})
	r.sync(t, pipeline.SyncOptions{})
	got := map[string]int{}
	for _, e := range r.sim.Gate().Ledger().Since(mark) {
		_, path, _ := strings.Cut(strings.TrimPrefix(e.Pattern, "/v1"), "/creators/{uuid}")
		if path != "" && !strings.Contains(e.Query, "cursor=") {
			got[path]++
		}
	}
	for _, path := range []string{"/posts", "/chats/mass-messages", "/tracking-links", "/chats/lists/smart", "/chats/lists/custom", "/chats/templates",
		"/media", "/vault/folders", "/notifications", "/chats/unread", "/insights/fans/batch"} {
		if got[path] != 2 {
			t.Errorf("%s was asked for %d times by 2 creators in a week", path, got[path])
		}
	}
	for path, n := range got {
		if strings.HasSuffix(path, "/comments") || strings.HasSuffix(path, "/likes") || strings.HasSuffix(path, "/tips") || strings.HasSuffix(path, "/users") {
			t.Errorf("%s was asked for %d times though nothing changed", path, n)
		}
	}
}

// A key without the scopes of content loses content alone, and says so once.
func TestSyncOfContentWithoutScopes(t *testing.T) {
	t.Parallel()
	r := contentRig(t, fanvuesim.Options{World: small(43), Gate: fanvuesim.GateOptions{Keys: scopesBut("read:post", "read:media", "read:tracking_links", "read:agency")}})
	mark := r.sim.Gate().Ledger().Mark()
	res := r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
	for stream, scope := range map[string]string{"posts": "read:post", "media": "read:media", "vault_folders": "read:media", "tracking_links": "read:tracking_links", "team_members": "read:agency"} {
		if !slices.Contains(res.RefusedStreams[stream], scope) {
			t.Errorf("%s was refused for %v, want %s", stream, res.RefusedStreams[stream], scope)
		}
	}
	refused := map[string]int{}
	for _, e := range r.sim.Gate().Ledger().Since(mark) {
		if e.Status == 403 {
			refused[e.Pattern]++
		}
	}
	for path, n := range refused {
		if n > 2 {
			t.Errorf("%s was refused %d times", path, n)
		}
	}
}

// compareContent compares what is no money, person or chat with the truth.
func (r *rig) compareContent(t *testing.T) {
	t.Helper()
	w := r.sim.World()
	want := map[string][]string{}
	owned := map[string]bool{"post_likes": true, "post_tips": true, "message_templates": true, "unread_counts": true} // on the older surface of the owner alone
	add := func(table string, cells ...any) {
		if !r.older() || !owned[table] || cells[0] == r.sim.World().Owner() {
			want[table] = append(want[table], line(cells...))
		}
	}
	for _, c := range r.listed() {
		for _, m := range w.MassMessages(c.UUID) {
			if !m.Deleted {
				add("mass_messages", c.UUID, m.UUID, m.Status, orNull(m.Price), instant(m.CreatedAt), instant(m.PublishedAt), instant(m.ScheduledAt), m.Recipients,
					m.Views, m.Purchases, m.Revenue, strings.Join(m.MediaIDs, ","), length(m.Text), "-")
			}
		}
		for _, p := range w.Posts(c.UUID) {
			add("posts", c.UUID, p.UUID, instant(p.CreatedAt), instant(p.PublishAt), instant(p.PublishedAt), instant(p.ExpiresAt), p.Audience, orNull(p.Price),
				p.IsPinned, p.Likes, p.Comments, p.Tips, p.TipsGross, p.TipsNet, strings.Join(p.MediaIDs, ","), strings.Join(p.Collections, ","), length(p.Text))
			for _, x := range w.Comments(c.UUID, p.UUID) {
				add("post_comments", c.UUID, p.UUID, x.UUID, r.keptFan(t, x.UUID, x.FanID), instant(x.CreatedAt), instant(x.UpdatedAt), length(&x.Text))
			}
			for _, x := range w.Likes(c.UUID, p.UUID) {
				add("post_likes", c.UUID, p.UUID, r.fan(t, x.FanID), instant(x.CreatedAt))
			}
			for _, x := range w.PostTips(c.UUID, p.UUID) {
				add("post_tips", c.UUID, p.UUID, r.fan(t, x.FanID), instant(x.CreatedAt), x.Gross, x.Net)
			}
		}
		for _, l := range w.TrackingLinks(c.UUID) {
			row := []any{c.UUID, l.UUID, l.Name, l.URL, l.Platform, instant(l.CreatedAt), l.Clicks, l.AcquiredSubscribers, l.AcquiredFollowers, l.Subscribers, l.Followers, "-", "-"}
			if l.Earnings {
				row[11], row[12] = l.Gross, l.Net
			}
			add("tracking_links", row...)
			for _, u := range w.TrackingLinkUsers(c.UUID, l.UUID) {
				add("tracking_link_users", c.UUID, l.UUID, r.fan(t, u.UUID), orNull(u.Status))
			}
		}
		for _, l := range w.SmartLists(c.UUID) {
			add("smart_lists", c.UUID, l.ID, l.Name, l.Members)
			for _, m := range w.ListMembers(c.UUID, l.ID) {
				add("smart_list_members", c.UUID, l.ID, r.fan(t, m.UUID))
			}
		}
		for _, l := range w.CustomLists(c.UUID) {
			add("custom_lists", c.UUID, l.ID, l.Name, l.Members, instant(l.CreatedAt))
			for _, m := range w.ListMembers(c.UUID, l.ID) {
				add("custom_list_members", c.UUID, l.ID, r.fan(t, m.UUID))
			}
		}
		for _, x := range w.Templates(c.UUID) {
			add("message_templates", c.UUID, x.UUID, orNull(x.Folder), orNull(x.Price), strings.Join(x.MediaIDs, ","), length(x.Text))
		}
		for _, m := range w.Media(c.UUID) {
			add("media", c.UUID, m.UUID, m.Status, orNull(m.MediaType), instant(m.CreatedAt), pointer(m.Name), pointer(m.Caption), pointer(m.Description), orNull(m.RecommendedPrice))
		}
		for _, f := range w.VaultFolders(c.UUID) {
			add("vault_folders", c.UUID, f.Name, f.Media, instant(f.CreatedAt))
			for _, m := range w.FolderMedia(c.UUID, f.Name) {
				add("vault_folder_media", c.UUID, f.Name, m.UUID, m.MediaType, instant(m.CreatedAt))
			}
		}
		for _, n := range w.Notifications(c.UUID) {
			add("notifications", c.UUID, n.UUID, instant(n.CreatedAt), n.Event, n.IsRead, r.keptFan(t, n.UUID, n.FanID), orNull(n.PostID))
		}
		u := w.Unread(c.UUID)
		add("unread_counts", c.UUID, u.Chats, u.Messages, u.Events[12], u.Events[6], u.Events[7], u.Events[9], u.Events[10], u.Events[11], u.Events[14])
		r.compareFanInsights(t, c.UUID)
	}
	r.agencyTruth(t, add)
	for table, query := range contentQueries {
		same(t, table, r.query(t, query), want[table])
	}
}

// keptFan is the pseudonym of a row's fan, of one that is emptied the one that
// an earlier comparison saw.
func (r *rig) keptFan(t *testing.T, row, uuid string) string {
	t.Helper()
	if r.fans == nil {
		r.fans = map[string]string{}
	}
	if uuid == "" {
		uuid = r.fans[row]
	}
	r.fans[row] = uuid
	return r.fan(t, uuid)
}

// compareFanInsights expects the figures of every fan that was asked for: those
// with money.
func (r *rig) compareFanInsights(t *testing.T, creator string) {
	t.Helper()
	asked := counts(r.query(t, `SELECT fan_id FROM fanvue.earnings WHERE fan_id IS NOT NULL AND creator_id = '`+creator+`' UNION SELECT fan_id FROM fanvue.subscribers WHERE creator_id = '`+creator+`'`))
	var want []string
	if r.older() && creator != r.sim.World().Owner() {
		same(t, "fan_insights", r.query(t, `SELECT fan_id FROM fanvue.fan_insights WHERE creator_id = '`+creator+`'`), nil)
		return
	}
	for _, f := range r.sim.World().FanInsights(creator) {
		if fan := r.fan(t, f.FanID); asked[fan] > 0 {
			var sources []string
			for source, cents := range f.Sources {
				sources = append(sources, fmt.Sprintf(`"%s":{"gross":%d,"total":%[2]d}`, source, cents))
			}
			slices.Sort(sources)
			net := fmt.Sprint(f.NetTotal)
			if r.older() {
				net = "-"
			}
			want = append(want, line(fan, f.Status, instant(f.LastPurchaseAt), f.Total, net, f.MaxPayment, "{"+strings.Join(sources, ",")+"}", f.AutoRenewalEnabled, "-"))
		}
	}
	got := slices.DeleteFunc(r.query(t, `SELECT fan_id, status, epoch_us(last_purchase_at), total_cents, net_total_cents, max_payment_cents, sources, has_auto_renew, error
		FROM fanvue.fan_insights WHERE creator_id = '`+creator+`'`), func(row string) bool { fan, _, _ := strings.Cut(row, " |"); return asked[fan] == 0 })
	same(t, "fan_insights", got, want)
}

// agencyTruth adds what belongs to the agency.
func (r *rig) agencyTruth(t *testing.T, add func(string, ...any)) {
	t.Helper()
	w := r.sim.World()
	for _, m := range w.TeamMembers() {
		add("team_members", m.UUID, m.DisplayName, m.IsAdmin, strings.Join(m.Creators, ","))
	}
	now := r.sim.World().AsOf()
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	for _, c := range w.Leaderboard(month, month.AddDate(0, 1, 0)) {
		add("chatter_leaderboard", month.Format(time.DateOnly), c.UUID, c.Messages, c.PPVsSent, c.PPVsBought, c.Revenue, c.ActiveHours)
	}
	from := now.Truncate(24*time.Hour).AddDate(0, 0, -34).Format(time.DateOnly)
	for _, c := range r.listed() {
		for _, s := range w.Subscribers(c.UUID) {
			add("agency_subscribers", c.UUID, r.fan(t, s.UUID))
		}
		for _, d := range w.SubscriberCounts(c.UUID) {
			if d.Date >= from {
				add("agency_subscriber_counts", c.UUID, d.Date, d.New, d.Cancelled)
			}
		}
		days := map[string][2]int64{}
		for e := range w.Earnings(c.UUID) {
			date := e.At.Format(time.DateOnly)
			if !e.Gone && !e.IsReversal() && !rewards[e.Source] && date >= from {
				days[date] = [2]int64{days[date][0] + e.Gross, days[date][1] + e.Net}
			}
		}
		for date, sums := range days {
			add("agency_earnings_days", c.UUID, date, "USD", sums[0], sums[1])
		}
	}
}

// rewards are the sources that the platform pays without a fan.
var rewards = map[string]bool{"referral": true, "affiliate": true, "giveaway": true}

func length(s *string) string {
	if s == nil {
		return "-"
	}
	return fmt.Sprint(len([]rune(*s)))
}

var contentQueries = map[string]string{
	"mass_messages": `SELECT creator_id::VARCHAR, mass_message_id::VARCHAR, status, price_cents, epoch_us(created_at), epoch_us(published_at), epoch_us(scheduled_at),
		recipients_count, views_count, purchases_count, revenue_cents, array_to_string(media_ids, ','), text_length, text FROM fanvue.mass_messages WHERE removed_at IS NULL`,
	"posts": `SELECT creator_id::VARCHAR, post_id::VARCHAR, epoch_us(created_at), epoch_us(publish_at), epoch_us(published_at), epoch_us(expires_at), audience, price_cents,
		is_pinned, likes_count, comments_count, tips_count, tips_gross_cents, tips_net_cents, array_to_string(media_ids, ','), array_to_string(collection_ids, ','), text_length
		FROM fanvue.posts WHERE removed_at IS NULL`,
	"post_comments": `SELECT creator_id::VARCHAR, post_id::VARCHAR, comment_id::VARCHAR, fan_id, epoch_us(created_at), epoch_us(updated_at), text_length
		FROM fanvue.post_comments WHERE removed_at IS NULL`,
	"post_likes": `SELECT creator_id::VARCHAR, post_id::VARCHAR, fan_id, epoch_us(created_at) FROM fanvue.post_likes WHERE removed_at IS NULL`,
	"post_tips":  `SELECT creator_id::VARCHAR, post_id::VARCHAR, fan_id, epoch_us(created_at), gross_cents, net_cents FROM fanvue.post_tips WHERE removed_at IS NULL`,
	"tracking_links": `SELECT creator_id::VARCHAR, link_id::VARCHAR, name, link_code, platform, epoch_us(created_at), clicks_count, acquired_subscribers_count,
		acquired_followers_count, subscribers_count, followers_count, gross_cents, net_cents FROM fanvue.tracking_links WHERE removed_at IS NULL`,
	"tracking_link_users": `SELECT creator_id::VARCHAR, link_id::VARCHAR, fan_id, status FROM fanvue.tracking_link_users WHERE removed_at IS NULL`,
	"smart_lists":         `SELECT creator_id::VARCHAR, list_id, name, members_count FROM fanvue.smart_lists WHERE removed_at IS NULL`,
	"smart_list_members":  `SELECT creator_id::VARCHAR, list_id, fan_id FROM fanvue.smart_list_members WHERE removed_at IS NULL`,
	"custom_lists":        `SELECT creator_id::VARCHAR, list_id::VARCHAR, name, members_count, epoch_us(created_at) FROM fanvue.custom_lists WHERE removed_at IS NULL`,
	"custom_list_members": `SELECT creator_id::VARCHAR, list_id::VARCHAR, fan_id FROM fanvue.custom_list_members WHERE removed_at IS NULL`,
	"message_templates": `SELECT creator_id::VARCHAR, template_id::VARCHAR, folder_name, price_cents, array_to_string(media_ids, ','), text_length
		FROM fanvue.message_templates WHERE removed_at IS NULL`,
	"media": `SELECT creator_id::VARCHAR, media_id::VARCHAR, status, media_type, epoch_us(created_at), name, caption, description, recommended_price_cents
		FROM fanvue.media WHERE removed_at IS NULL`,
	"vault_folders":      `SELECT creator_id::VARCHAR, folder_name, media_count, epoch_us(created_at) FROM fanvue.vault_folders WHERE removed_at IS NULL`,
	"vault_folder_media": `SELECT creator_id::VARCHAR, folder_name, media_id::VARCHAR, media_type, epoch_us(created_at) FROM fanvue.vault_folder_media WHERE removed_at IS NULL`,
	"notifications":      `SELECT creator_id::VARCHAR, notification_id::VARCHAR, epoch_us(created_at), event_type, is_read, fan_id, post_id::VARCHAR FROM fanvue.notifications`,
	"unread_counts": `SELECT creator_id::VARCHAR, unread_chats_count, unread_messages_count, new_followers_count, new_comments_count, new_likes_count, new_purchases_count,
		new_subscribers_count, new_tips_count, new_promotions_count FROM fanvue.unread_counts QUALIFY row_number() OVER (PARTITION BY creator_id ORDER BY _run_seq DESC, _page DESC) = 1`,
	"team_members":       `SELECT user_id::VARCHAR, display_name, is_admin, array_to_string(creator_ids, ',') FROM fanvue.team_members WHERE removed_at IS NULL`,
	"agency_subscribers": `SELECT creator_id::VARCHAR, fan_id FROM fanvue.agency_subscribers WHERE removed_at IS NULL`,
	"agency_subscriber_counts": `SELECT creator_id::VARCHAR, bucket_date::VARCHAR, new_subscribers_count, cancelled_subscribers_count FROM fanvue.agency_subscriber_counts
		WHERE bucket_date > (SELECT max(bucket_date) FROM fanvue.agency_subscriber_counts) - 35`,
	"agency_earnings_days": `SELECT creator_id::VARCHAR, earned_date::VARCHAR, currency, gross_cents, net_cents FROM fanvue.agency_earnings_days
		WHERE earned_date > (SELECT max(bucket_date) FROM fanvue.agency_subscriber_counts) - 35`,
	"chatter_leaderboard": `SELECT period_month::VARCHAR, user_id::VARCHAR, messages_count, ppv_sent_count, ppv_unlocked_count, revenue_cents, active_hours::BIGINT
		FROM fanvue.chatter_leaderboard WHERE period_month = (SELECT max(period_month) FROM fanvue.chatter_leaderboard)`,
}

// Of fans who are asked for a hundred at a time, those whose request failed, or
// was cut off by a budget, are asked for by the next run, and none else again.
func TestSyncAsksForTheFansWhoWereLeftOut(t *testing.T) {
	t.Parallel()
	shape := fanvuesim.WorldOptions{Seed: 81, FansPerCreator: 260, EarningsPerCreator: 900, ChatsPerCreator: 2, MessagesPerChat: 2}
	for name, leaveOut := range map[string]func(*testing.T, *rig){
		"failed": func(t *testing.T, r *rig) {
			r.sim.Gate().Inject(fanvuesim.Fault{Status: 400, Method: "POST", Skip: 1, Count: 1})
			res, err := r.try(t, pipeline.SyncOptions{})
			wantPartial(t, res, err)
			r.sim.Gate().ClearFaults()
		},
		"budget": func(t *testing.T, r *rig) {
			for range 200 {
				if r.asked("POST", 0) > 0 {
					return
				}
				r.sync(t, pipeline.SyncOptions{Budget: 7})
			}
			t.Fatal("no fan was asked for")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, fanvuesim.Options{World: shape})
			delete(r.account.Cadence, "fan_insights")
			leaveOut(t, r)
			r.sync(t, pipeline.SyncOptions{})
			r.compareFanInsights(t, r.sim.World().Owner())
			mark := r.sim.Gate().Ledger().Mark()
			r.sync(t, pipeline.SyncOptions{})
			if n := r.asked("POST", mark); n > 0 {
				t.Errorf("%d requests for fans who were read already", n)
			}
		})
	}
}

// asked counts the answered requests of a method since a mark.
func (r *rig) asked(method string, mark int) (n int) {
	for _, e := range r.sim.Gate().Ledger().Since(mark) {
		if e.Method == method && e.Status == 200 {
			n++
		}
	}
	return n
}

// A post that was deleted behind the list is no failure where the stream answers
// for others.
func TestSyncOfAPostThatIsGone(t *testing.T) {
	t.Parallel()
	w := small(84)
	w.Agency = false
	r := newRig(t, fanvuesim.Options{World: w})
	in := r.sim.Gate().Inject(fanvuesim.Fault{Status: 404, Path: "/comments", Skip: 1, Count: 1})
	res := r.sync(t, pipeline.SyncOptions{Streams: []string{"post_comments"}}) // and so the posts
	if in.Fired() != 1 || len(res.Failures) > 0 {
		t.Errorf("%d posts were gone, failures %v", in.Fired(), res.Failures)
	}
	asked := counts(r.query(t, `SELECT parent FROM meta.slices WHERE stream = 'post_comments' AND is_complete`))
	want, owner := 0, r.sim.World().Owner()
	for _, p := range r.sim.World().Posts(owner) {
		if len(r.sim.World().Comments(owner, p.UUID)) > 0 {
			want++
		}
	}
	if len(asked) != want-1 {
		t.Errorf("%d posts with comments were read, want all %d but one", len(asked), want)
	}
	// Where no post at all has comments to be read, something else is wrong.
	r.sim.NightQuiet()
	r.sim.Gate().Inject(fanvuesim.Fault{Status: 404, Path: "/likes"})
	res, err := r.try(t, pipeline.SyncOptions{Streams: []string{"post_likes"}})
	wantPartial(t, res, err)
}

// One post, list or folder that refuses what belongs to it is a failure, and no
// reason to miss what belongs to the others.
func TestSyncOfAPostThatRefuses(t *testing.T) {
	t.Parallel()
	w := small(83)
	w.Agency = false
	r := newRig(t, fanvuesim.Options{World: w})
	delete(r.account.Cadence, "posts")
	delete(r.account.Cadence, "post_comments")
	in := r.sim.Gate().Inject(fanvuesim.Fault{Status: 403, Path: "/comments", Count: 1})
	res, err := r.try(t, pipeline.SyncOptions{})
	wantPartial(t, res, err)
	if in.Fired() != 1 || len(res.RefusedStreams) > 0 || len(res.Failures) != 1 {
		t.Errorf("%d refusals, refused streams %v, failures %v", in.Fired(), res.RefusedStreams, res.Failures)
	}
	r.sync(t, pipeline.SyncOptions{})
	var want, got int
	owner := r.sim.World().Owner()
	for _, p := range r.sim.World().Posts(owner) {
		want += len(r.sim.World().Comments(owner, p.UUID))
	}
	if got = len(r.query(t, `SELECT 1 FROM fanvue.post_comments`)); got != want {
		t.Errorf("%d comments, want %d", got, want)
	}
	r.sim.NightQuiet()
	r.sim.Gate().Inject(fanvuesim.Fault{Status: 403, Path: "/comments"})
	mark := r.sim.Gate().Ledger().Mark()
	res, _ = r.try(t, pipeline.SyncOptions{Full: true, Streams: []string{"posts", "post_comments"}})
	n := 0
	for _, e := range r.sim.Gate().Ledger().Since(mark) {
		if e.Status == 403 {
			n++
		}
	}
	if n != 3 || len(res.RefusedStreams["post_comments"]) == 0 {
		t.Errorf("refused %d times before the stream counts as refused, want 3; refused streams %v", n, res.RefusedStreams)
	}
}

// What is off takes what belongs to it along.
func TestSyncWithoutPosts(t *testing.T) {
	t.Parallel()
	w := small(85)
	w.Agency = false
	r := newRig(t, fanvuesim.Options{World: w})
	for _, stream := range []string{"posts", "post_comments", "post_likes", "post_tips"} {
		delete(r.account.Cadence, stream)
	}
	r.sync(t, pipeline.SyncOptions{})
	r.account.Cadence["posts"] = "off"
	r.sim.NightQuiet()
	mark := r.sim.Gate().Ledger().Mark()
	r.sync(t, pipeline.SyncOptions{Full: true})
	for _, e := range r.sim.Gate().Ledger().Since(mark) {
		if strings.Contains(e.Path, "/posts") {
			t.Errorf("asked for %s though posts are off", e.Path)
		}
	}
}
