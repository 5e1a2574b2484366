package pipeline

import (
	"context"
	"fmt"
	"slices"

	"fanlake/extract"
	"fanlake/load"
)

// refresh is how old what was read of a post, list, link or folder may grow
// before it is read again though its count did not move.
const refresh = 30 * day

// noticeOverlap is how far back the weekly walk of notifications reaches again, for
// what was seen since.
const noticeOverlap = 7 * day

// contentStreams are complete lists, read once a week.
var contentStreams = []string{"mass_messages", "posts", "tracking_links", "smart_lists", "custom_lists", "templates", "media", "vault_folders", "unread_counts"}

// agencyStreams belong to the account and not to a creator.
var agencyStreams = []string{"team_members", "chatter_leaderboard", "agency_subscribers", "agency_earnings_days", "agency_subscriber_counts"}

// childStreams say where the rows stand that a stream's rows belong to, and
// which of their columns counts them; none where no column does.
var childStreams = map[string]load.Parents{
	"post_comments":       {Table: "posts", Key: "post_id", Count: "comments_count"},
	"post_likes":          {Table: "posts", Key: "post_id", Count: "likes_count"},
	"post_tips":           {Table: "posts", Key: "post_id", Count: "tips_count"},
	"tracking_link_users": {Table: "tracking_links", Key: "link_id"},
	"smart_list_members":  {Table: "smart_lists", Key: "list_id", Count: "members_count"},
	"custom_list_members": {Table: "custom_lists", Key: "list_id", Count: "members_count"},
	"vault_folder_media":  {Table: "vault_folders", Key: "folder_name", Count: "media_count"},
}

// content plans what a creator publishes, keeps and hears of.
func (p *planner) content(ctx context.Context, c creator) ([]task, error) {
	walks, err := p.lastWalks(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	last := walked(walks)
	var tasks []task
	for _, stream := range contentStreams {
		if p.wants(c, stream) && p.turn(c, stream, last.last(stream), weekly) {
			tasks = append(tasks, p.task(c, stream, "its turn"))
		}
	}
	if at := last.last("notifications"); p.wants(c, "notifications") && p.turn(c, "notifications", at, weekly) {
		t := p.task(c, "notifications", "its turn")
		if !at.IsZero() && !p.full {
			t.StopAt = at.Add(-noticeOverlap)
		}
		tasks = append(tasks, t)
	}
	return tasks, nil
}

// fanInsights plans the fans of a creator who paid or subscribe, so many to a
// request as it takes. Each request has its own turn, so that one that failed,
// or that a budget or a kill cut off, is made by the next run.
func (p *planner) fanInsights(ctx context.Context, c creator, last walked) ([]task, error) {
	if !p.has(c, "fan_insights") {
		return nil, nil
	}
	fans, err := p.wh.FansWithMoney(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	var tasks []task
	requests := (len(fans) + extract.BulkSize - 1) / extract.BulkSize
	resumed := len(p.read[load.SliceKey{Stream: "fan_insights", Creator: c.ID}]) > 0
	k := 0
	for chunk := range slices.Chunk(fans, extract.BulkSize) {
		k++
		share := fmt.Sprintf("%d/%d", k, requests)
		at := last.lastShare("fan_insights", share)
		if resumed && p.now.Sub(at) <= resumeWithin || !p.turn(c, "fan_insights", at, weekly) {
			continue
		}
		t := p.task(c, "fan_insights", fmt.Sprintf("its turn, %s", count(len(chunk), "fan")))
		t.Fans, t.Parent = chunk, share
		tasks = append(tasks, t)
	}
	return tasks, nil
}

// children plans what belongs to posts, lists, links and folders that changed,
// and what was read longest ago; and the platform's figures of fans with money.
func (p *planner) children(ctx context.Context, c creator) ([]task, error) {
	walks, err := p.lastWalks(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	tasks, err := p.fanInsights(ctx, c, walked(walks))
	if err != nil {
		return nil, err
	}
	for _, st := range extract.Streams {
		parents, ok := childStreams[st.Name]
		if !ok || walked(walks).last(st.Parent).IsZero() || !p.has(c, st.Name) {
			continue
		}
		parents.Stream, parents.Creator, parents.Before = st.Name, c.ID, p.now.Add(-refresh)
		if p.full {
			parents.Before = p.now
		}
		due, err := p.wh.ParentsToRead(ctx, parents)
		if err != nil {
			return nil, err
		}
		p.failing.keep(st.Name, c.ID, due)
		for _, d := range due {
			if slices.Contains([]string{"", ".", ".."}, d.ID) {
				continue // a folder of that name has no path to ask for
			}
			t := p.task(c, st.Name, d.Reason)
			t.Parent = d.ID
			if p.full || p.named(st.Name) || !p.failing.waits(t, p.now) {
				tasks = append(tasks, t)
			}
		}
	}
	return tasks, nil
}

// agency plans what belongs to the account and not to a creator.
func (p *planner) agency(ctx context.Context, c creator) ([]task, error) {
	if !p.isAgency {
		return nil, nil
	}
	walks, err := p.lastWalks(ctx, "")
	if err != nil {
		return nil, err
	}
	last := walked(walks)
	var tasks []task
	if p.wants(c, "team_members") && p.turn(c, "team_members", last.last("team_members"), nightly) {
		tasks = append(tasks, p.task(c, "team_members", "its turn"))
	}
	if p.wants(c, "agency_subscribers") && p.turn(c, "agency_subscribers", last.last("agency_subscribers"), weekly) {
		tasks = append(tasks, p.task(c, "agency_subscribers", "its turn"))
	}
	tasks = append(tasks, p.windows(c, "chatter_leaderboard", p.months(c, "chatter_leaderboard", nightly, last)...)...)
	for _, stream := range []string{"agency_earnings_days", "agency_subscriber_counts"} {
		if p.turn(c, stream, last.last(stream), weekly) {
			end := p.now.Truncate(day).Add(day)
			tasks = append(tasks, p.windows(c, stream, window{end.Add(-5 * trend), end, "trailing days"})...)
		}
	}
	for i := range tasks {
		tasks[i].Self = true
	}
	return tasks, nil
}
