package fanvuesim

import (
	"fmt"
	"net/url"
	"testing"
	"time"
)

// eachCreator runs a check for every creator and surface of several worlds,
// before and after nights.
func eachCreator(t *testing.T, check func(t *testing.T, s *Sim, c CreatorTruth, base string, old bool)) {
	worlds(t, func(t *testing.T, s *Sim) {
		for _, c := range s.World().Creators() {
			for _, surface := range surfaces {
				check(t, s, c, on(surface, c), surface != "/v1")
			}
		}
	})
}

func TestPostsAreTheTruth(t *testing.T) {
	t.Parallel()
	fields := []string{
		"uuid", "createdAt", "text", "price", "mediaPreviewUuid", "audience", "publishAt", "publishedAt", "expiresAt", "mediaUuids", "isPinned",
		"likesCount", "commentsCount", "tips.count", "tips.totalGross", "tips.totalNet", "collections",
	}
	line := func(p PostTruth) string {
		return truthLine(p.UUID, p.CreatedAt, p.Text, unset(p.Price), unset(p.PreviewID), p.Audience, p.PublishAt, p.PublishedAt, p.ExpiresAt, p.MediaIDs,
			p.IsPinned, p.Likes, p.Comments, p.Tips, p.TipsGross, p.TipsNet, p.Collections)
	}
	eachCreator(t, func(t *testing.T, s *Sim, c CreatorTruth, base string, old bool) {
		posts := s.World().Posts(c.UUID)
		same(t, base+"/posts", fieldLines(readAll(t, s, base+"/posts?size=20"), fields...), lines(posts, line))
		same(t, "published posts", fieldLines(readAll(t, s, base+"/posts?size=50&includeUnpublished=false"), fields...), lines(posts, func(p PostTruth) string {
			if p.PublishedAt.IsZero() {
				return ""
			}
			return line(p)
		}))
		for _, p := range posts[:20] {
			path := base + "/posts/" + p.UUID
			comments := s.World().Comments(c.UUID, p.UUID)
			same(t, "comments", fieldLines(readAll(t, s, path+"/comments?size=2"), "uuid", "text", "user.uuid", "createdAt", "updatedAt"), lines(comments, func(x CommentTruth) string {
				return truthLine(x.UUID, x.Text, unset(x.FanID), x.CreatedAt, x.UpdatedAt)
			}))
			if old && !c.Owner {
				continue // the older surface has no more for creators of an agency
			}
			likes, tips := s.World().Likes(c.UUID, p.UUID), s.World().PostTips(c.UUID, p.UUID)
			same(t, "likes", fieldLines(readAll(t, s, path+"/likes?size=3"), "user.uuid", "createdAt"), lines(likes, func(x LikeTruth) string {
				return truthLine(unset(x.FanID), x.CreatedAt)
			}))
			same(t, "tips", fieldLines(readAll(t, s, path+"/tips?size=1"), "user.uuid", "createdAt", "gross", "net"), lines(tips, func(x PostTipTruth) string {
				return truthLine(unset(x.FanID), x.CreatedAt, x.Gross, x.Net)
			}))
			if len(likes) != p.Likes || len(comments) != p.Comments || len(tips) != p.Tips {
				t.Errorf("post %s counts %d %d %d, its lists have %d %d %d", p.UUID, p.Likes, p.Comments, p.Tips, len(likes), len(comments), len(tips))
			}
			var one map[string]any
			if getOK(t, s, path, &one); truthLine(one["uuid"], one["isPinned"]) != truthLine(p.UUID, p.IsPinned) {
				t.Errorf("single post is %v", one)
			}
		}
		if !old || c.Owner {
			same(t, "collections", fieldLines(readAll(t, s, base+"/collections?size=3"), "uuid", "label", "createdAt"),
				lines(s.World().Collections(c.UUID), func(x CollectionTruth) string { return truthLine(x.UUID, x.Label, x.CreatedAt) }))
		}
	})
}

// Each tip for a post is a row of earnings, and the other way round.
func TestPostTipsAreEarnings(t *testing.T) {
	t.Parallel()
	worlds(t, func(t *testing.T, s *Sim) {
		for _, c := range s.World().Creators() {
			want := map[int64]string{}
			born := map[string]time.Time{}
			for _, p := range s.World().Posts(c.UUID) {
				born[p.UUID] = p.CreatedAt
			}
			for e := range s.World().Earnings(c.UUID) {
				if e.PostID != "" {
					if at, ok := born[e.PostID]; !ok || at.After(e.At) {
						t.Errorf("row %d is of %v, its post of %v", e.Row, e.At, at)
					}
				}
				if e.Source == "tip" && e.PostID != "" && !e.IsReversal() && !e.Gone {
					want[e.Row] = fmt.Sprint(e.PostID, e.FanID, e.Gross, " ", e.Net)
				}
			}
			n := 0
			for _, p := range s.World().Posts(c.UUID) {
				for _, tip := range s.World().PostTips(c.UUID, p.UUID) {
					n++
					if got := fmt.Sprint(p.UUID, tip.FanID, tip.Gross, " ", tip.Net); got != want[tip.Row] {
						t.Errorf("tip of row %d is %s, the earning %s", tip.Row, got, want[tip.Row])
					}
				}
			}
			if n != len(want) {
				t.Errorf("%d tips, %d such earnings", n, len(want))
			}
		}
	})
}

func TestVaultIsTheTruth(t *testing.T) {
	t.Parallel()
	eachCreator(t, func(t *testing.T, s *Sim, c CreatorTruth, base string, _ bool) {
		w := s.World()
		media := w.Media(c.UUID)
		var ready, waiting []string
		for _, row := range readAll(t, s, base+"/media?size=50") {
			if row["url"] != nil || row["variants"] != nil {
				t.Fatalf("an address that nobody asked for: %v", row)
			}
			if row["status"] != "ready" {
				waiting = append(waiting, fmt.Sprint(len(row), row["uuid"], row["status"]))
				continue
			}
			ready = append(ready, fieldLines([]map[string]any{row}, "uuid", "status", "createdAt", "name", "caption", "description", "mediaType", "recommendedPrice")...)
			if len(row) != 9 {
				t.Errorf("a ready file has %d fields", len(row))
			}
		}
		line := func(m MediaTruth) string {
			if m.Status != "ready" {
				return ""
			}
			return truthLine(m.UUID, m.Status, m.CreatedAt, m.Name, m.Caption, m.Description, m.MediaType, unset(m.RecommendedPrice))
		}
		same(t, "media", ready, lines(media, line))
		same(t, "media that are not ready", waiting, lines(media, func(m MediaTruth) string {
			if m.Status == "ready" {
				return ""
			}
			return fmt.Sprint(2, m.UUID, m.Status)
		}))
		same(t, "ready images", fieldLines(readAll(t, s, base+"/media?size=4&status=ready,processing&mediaType=image"), "uuid"), lines(media, func(m MediaTruth) string {
			if m.MediaType != "image" {
				return ""
			}
			return m.UUID
		}))
		if rows := readAll(t, s, base+"/media?variants=main,blurred&status=ready&size=5"); rows[0]["url"] == nil || len(rows[0]["variants"].([]any)) != 2 {
			t.Errorf("variants are %v", rows[0])
		}

		folders := w.VaultFolders(c.UUID)
		same(t, "folders", fieldLines(readAll(t, s, base+"/vault/folders?size=2"), "name", "mediaCount", "createdAt"),
			lines(folders, func(f FolderTruth) string { return truthLine(f.Name, f.Media, f.CreatedAt) }))
		for _, f := range folders {
			files := w.FolderMedia(c.UUID, f.Name)
			got := fieldLines(readAll(t, s, base+"/vault/folders/"+url.PathEscape(f.Name)+"/media?size=5"), "uuid", "name", "createdAt", "mediaType")
			same(t, "folder "+f.Name, got, lines(files, func(m MediaTruth) string { return truthLine(m.UUID, m.Name, m.CreatedAt, m.MediaType) }))
			if len(files) != f.Media {
				t.Errorf("folder %q counts %d files of %d", f.Name, f.Media, len(files))
			}
		}
	})
}

func TestMassMessagesAreTheTruth(t *testing.T) {
	t.Parallel()
	fields := []string{
		"uuid", "text", "status", "price", "createdAt", "publishedAt", "scheduledAt", "recipientCount", "viewCount", "purchaseCount", "totalRevenue", "mediaUuids",
	}
	eachCreator(t, func(t *testing.T, s *Sim, c CreatorTruth, base string, _ bool) {
		line := func(deleted bool) func(MassMessageTruth) string {
			return func(m MassMessageTruth) string {
				if m.Deleted && !deleted {
					return ""
				}
				return truthLine(m.UUID, m.Text, m.Status, unset(m.Price), m.CreatedAt, m.PublishedAt, m.ScheduledAt, m.Recipients, m.Views, m.Purchases, m.Revenue, m.MediaIDs)
			}
		}
		masses := s.World().MassMessages(c.UUID)
		same(t, "mass messages", fieldLines(readAll(t, s, base+"/chats/mass-messages?size=5"), fields...), lines(masses, line(false)))
		same(t, "with deleted ones", fieldLines(readAll(t, s, base+"/chats/mass-messages?size=9&includeDeleted=true"), fields...), lines(masses, line(true)))

		// The broadcasts of the chats are mass messages, with the recipients they have there.
		recipients, views := map[string]int64{}, map[string]int64{}
		for _, chat := range s.World().Chats(c.UUID) {
			for m := range s.World().Messages(c.UUID, chat.FanID) {
				if m.Broadcast && !m.Gone {
					recipients[m.UUID]++
					if m.IsRead {
						views[m.UUID]++
					}
				}
			}
		}
		for _, m := range masses {
			if n, ok := recipients[m.UUID]; ok && (m.Recipients != n || m.Views != views[m.UUID] || m.Deleted) {
				t.Errorf("mass message %s has %d recipients and %d views, the chats %d and %d", m.UUID, m.Recipients, m.Views, n, views[m.UUID])
			}
			delete(recipients, m.UUID)
		}
		if len(recipients) > 0 {
			t.Errorf("%d broadcasts are no mass messages", len(recipients))
		}
	})
}

func TestTemplatesAreTheTruth(t *testing.T) {
	t.Parallel()
	eachCreator(t, func(t *testing.T, s *Sim, c CreatorTruth, base string, old bool) {
		if old && !c.Owner {
			return
		}
		path := base + "/chats/templates"
		templates := s.World().Templates(c.UUID)
		line := func(x TemplateTruth) string {
			return truthLine(x.UUID, x.Text, unset(x.Price), x.MediaIDs, unset(x.Folder))
		}
		same(t, path, fieldLines(readAll(t, s, path+"?size=4"), "uuid", "text", "price", "mediaUuids", "folderName"), lines(templates, line))
		same(t, "of a folder", fieldLines(readAll(t, s, path+"?size=1&folderName=WELC"), "uuid", "text", "price", "mediaUuids", "folderName"), lines(templates, func(x TemplateTruth) string {
			if x.Folder != "Welcome" && x.Folder != "welcome back" {
				return ""
			}
			return line(x)
		}))
		var one map[string]any
		if getOK(t, s, path+"/"+templates[3].UUID, &one); fieldLines([]map[string]any{one}, "uuid", "text", "price", "mediaUuids", "folderName")[0] != line(templates[3]) {
			t.Errorf("single template is %v", one)
		}
	})
}

func TestTrackingLinksAreTheTruth(t *testing.T) {
	t.Parallel()
	fields := []string{
		"uuid", "name", "linkUrl", "externalSocialPlatform", "createdAt", "clicks", "engagement.acquiredSubscribers", "engagement.acquiredFollowers",
		"engagement.totalSubscribers", "engagement.totalFollowers", "earnings.totalGross", "earnings.totalNet",
	}
	eachCreator(t, func(t *testing.T, s *Sim, c CreatorTruth, base string, _ bool) {
		links := s.World().TrackingLinks(c.UUID)
		paid := map[string][2]int64{}
		for e := range s.World().Earnings(c.UUID) {
			if !e.Gone && !e.IsReversal() {
				paid[e.FanID] = [2]int64{paid[e.FanID][0] + e.Gross, paid[e.FanID][1] + e.Net}
			}
		}
		line := func(l LinkTruth) string {
			var gross, net any
			if l.Earnings {
				gross, net = l.Gross, l.Net
			}
			return truthLine(l.UUID, l.Name, l.URL, l.Platform, l.CreatedAt, l.Clicks, l.AcquiredSubscribers, l.AcquiredFollowers, l.Subscribers, l.Followers, gross, net)
		}
		same(t, "links", fieldLines(readAll(t, s, base+"/tracking-links?limit=7"), fields...), lines(links, line))
		if n := len(readAll(t, s, base+"/tracking-links?limit=1000")); n != len(links) {
			t.Errorf("a page of a thousand has %d links of %d", n, len(links))
		}
		from, to := links[len(links)/2].CreatedAt, links[1].CreatedAt
		window := "&createdAfter=" + from.Format(isoMillis) + "&createdBefore=" + to.Format(isoMillis)
		same(t, "window", fieldLines(readAll(t, s, base+"/tracking-links?limit=3"+window), fields...), lines(links, func(l LinkTruth) string {
			if l.CreatedAt.Before(from) || !l.CreatedAt.Before(to) {
				return ""
			}
			return line(l)
		}))
		for _, l := range links {
			users := s.World().TrackingLinkUsers(c.UUID, l.UUID)
			same(t, "users", fieldLines(readAll(t, s, base+"/tracking-links/"+l.UUID+"/users?limit=4"), "uuid", "handle", "displayName", "nickname", "registeredAt", "status"),
				lines(users, func(u LinkUserTruth) string {
					return truthLine(u.UUID, u.Handle, u.DisplayName, u.Nickname, u.RegisteredAt, unset(u.Status))
				}))
			var gross, net int64
			for _, u := range users {
				gross, net = gross+paid[u.UUID][0], net+paid[u.UUID][1]
			}
			if l.Earnings && (l.Gross != gross || l.Net != net) {
				t.Errorf("link %s has %d and %d, its users paid %d and %d", l.UUID, l.Gross, l.Net, gross, net)
			}
		}
	})
}

func TestFanListsAreTheTruth(t *testing.T) {
	t.Parallel()
	eachCreator(t, func(t *testing.T, s *Sim, c CreatorTruth, base string, old bool) {
		w := s.World()
		member := func(f FanTruth) string { return truthLine(f.UUID, f.DisplayName, f.Handle, false) }
		var smart []struct {
			Name, UUID string
			Count      int
		}
		getOK(t, s, base+"/chats/lists/smart", &smart)
		lists := w.SmartLists(c.UUID)
		for k, l := range lists {
			if smart[k].UUID != l.ID || smart[k].Name != l.Name || smart[k].Count != l.Members {
				t.Errorf("smart list %d is %+v, want %+v", k, smart[k], l)
			}
			members := w.ListMembers(c.UUID, l.ID)
			path := base + "/chats/lists/smart/" + l.ID
			same(t, path, fieldLines(readAll(t, s, path+"?size=3"), "uuid", "displayName", "handle", "isCreator"), lines(members, member))
			if len(members) != l.Members {
				t.Errorf("%s counts %d members of %d", l.ID, l.Members, len(members))
			}
			var page map[string]any
			getOK(t, s, path, &page)
			if total, has := page["total"]; has == old || total != nil {
				t.Errorf("%s has total %v", path, total)
			}
		}
		custom := w.CustomLists(c.UUID)
		same(t, "custom lists", fieldLines(readAll(t, s, base+"/chats/lists/custom?size=2"), "uuid", "name", "membersCount", "createdAt"),
			lines(custom, func(l ListTruth) string { return truthLine(l.ID, l.Name, l.Members, l.CreatedAt) }))
		for _, l := range custom {
			members := w.ListMembers(c.UUID, l.ID)
			got := fieldLines(readAll(t, s, base+"/chats/lists/custom/"+l.ID+"?size=4"), "uuid", "displayName", "handle", "isCreator")
			want := lines(members, member)
			if len(members) != l.Members {
				t.Errorf("list %s counts %d members of %d", l.ID, l.Members, len(members))
			}
			same(t, "members", got, want)
		}
	})
}

func TestNotificationsAreTheTruth(t *testing.T) {
	t.Parallel()
	eachCreator(t, func(t *testing.T, s *Sim, c CreatorTruth, base string, old bool) {
		notices := s.World().Notifications(c.UUID)
		line := func(event int) func(NotificationTruth) string {
			return func(n NotificationTruth) string {
				if event != 0 && n.Event != event {
					return ""
				}
				return truthLine(n.UUID, n.CreatedAt, n.Event, n.IsRead, unset(n.FanID), c.UUID)
			}
		}
		fields := []string{"uuid", "createdAt", "eventType", "isRead", "originator.uuid", "receiverUuid"}
		same(t, "notifications", fieldLines(readAll(t, s, base+"/notifications?size=50"), fields...), lines(notices, line(0)))
		same(t, "followers", fieldLines(readAll(t, s, base+"/notifications?size=9&eventType=12"), fields...), lines(notices, line(12)))
		seen := map[string]bool{}
		counts := map[int]int64{}
		for _, n := range notices {
			if seen[n.UUID] {
				t.Errorf("notification %s is there twice", n.UUID)
			}
			if seen[n.UUID] = true; !n.IsRead {
				counts[n.Event]++
			}
		}
		unread := s.World().Unread(c.UUID)
		if fmt.Sprint(counts) != fmt.Sprint(unread.Events) {
			t.Errorf("unread are %v, want %v", unread.Events, counts)
		}
		if old && !c.Owner {
			return
		}
		var got struct {
			UnreadChatsCount, UnreadMessagesCount int64
			UnreadNotifications                   struct{ NewFollower, NewPostComment, NewPostLike, NewPurchase, NewSubscriber, NewTip, NewPromotion int64 }
		}
		getOK(t, s, base+"/chats/unread", &got)
		var chats, messages int64
		for _, chat := range s.World().Chats(c.UUID) {
			if messages += int64(chat.Unread); !chat.IsRead {
				chats++
			}
		}
		n := got.UnreadNotifications
		if got.UnreadChatsCount != chats || got.UnreadMessagesCount != messages || n.NewFollower != counts[12] || n.NewPostComment != counts[6] || n.NewPostLike != counts[7] ||
			n.NewPurchase != counts[9] || n.NewSubscriber != counts[10] || n.NewTip != counts[11] || n.NewPromotion != counts[14] {
			t.Errorf("unread is %+v, want %d chats, %d messages and %v", got, chats, messages, counts)
		}
	})
}
