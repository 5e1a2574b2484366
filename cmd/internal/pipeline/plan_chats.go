package pipeline

import (
	"context"
	"fmt"
	"time"
)

// chatLists plans the chats that had activity since the newest complete walk, or
// all of them every 30 days.
func (p *planner) chatLists(ctx context.Context, c creator) ([]task, error) {
	walks, err := p.lastWalks(ctx, c.ID)
	last := walked(walks)
	if err != nil || !p.wants(c, "chats") || !p.turn(c, "chats", last.last("chats"), nightly) {
		return nil, err
	}
	t := p.task(c, "chats", "all chats")
	covered, err := p.coverage(ctx, "chats", c.ID)
	if err != nil || len(covered) == 0 || p.full {
		return []task{t}, err
	}
	whole := last.lastOf("chats", chatStart)
	if whole.IsZero() || p.now.Sub(whole) >= 30*day {
		return []task{t}, nil
	}
	t.StopAt, t.Reason = covered[len(covered)-1].End, "recent activity"
	switch at, may, err := p.mayGlance(ctx, c, last); {
	case err != nil:
		return nil, err
	case may:
		if seen, planned := p.glimpsed(c, at); planned {
			return seen, nil
		}
		t.StopAt = at
	case covered[0].Start.Equal(chatStart):
		t.StopAt = covered[0].End // also what was known by glances alone
	}
	return []task{t}, nil
}

// messages plans a creator's chats that changed, and single messages in quiet
// chats of which a purchase was seen.
func (p *planner) messages(ctx context.Context, c creator) ([]task, error) {
	if !p.streams("messages") {
		return nil, nil
	}
	walks, err := p.lastWalks(ctx, c.ID)
	if err != nil || !p.turn(c, "messages", walked(walks).last("messages"), nightly) {
		return nil, err
	}
	bought, err := p.wh.PurchasesToRead(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	chats, err := p.wh.ChatsToRead(ctx, c.ID, p.full)
	if err != nil {
		return nil, err
	}
	var tasks []task
	_, single := p.surface.Stream("message")
	downTo := map[string]time.Time{}
	walk := map[string]int{} // the task that reads a chat
	for _, chat := range chats {
		t := p.task(c, "messages", chat.Reason)
		t.Fan, t.fanID, t.StopAt = chat.FanUUID, chat.FanID, chat.CoveredTo
		if p.full {
			t.StopAt = time.Time{}
		}
		downTo[chat.FanID] = t.StopAt
		if !p.full || len(p.read[t.key()]) == 0 {
			walk[chat.FanID] = len(tasks)
			tasks = append(tasks, t)
		}
	}
	for _, m := range bought {
		if stop, walks := downTo[m.FanID]; walks && (m.SentAt.IsZero() || !m.SentAt.Before(stop)) {
			continue
		}
		if i, walks := walk[m.FanID]; walks && !single {
			tasks[i].StopAt = m.SentAt
			downTo[m.FanID] = m.SentAt
			continue
		}
		if !single { // the chat is read again, down to the message
			t := p.task(c, "messages", "unlock seen")
			t.Fan, t.fanID, t.StopAt = m.FanUUID, m.FanID, m.SentAt
			downTo[m.FanID], walk[m.FanID] = m.SentAt, len(tasks)
			tasks = append(tasks, t)
			continue
		}
		t := p.task(c, "message", "unlock seen")
		t.Fan, t.fanID, t.Message = m.FanUUID, m.FanID, m.MessageID
		tasks = append(tasks, t)
	}
	return tasks, knownFans(tasks)
}

// knownFans fails if the path of a chat cannot be written.
func knownFans(tasks []task) error {
	for _, t := range tasks {
		if t.Fan == "" {
			return fmt.Errorf("fan %s has a chat but no row in people.duckdb; run fanlake rebuild", t.fanID)
		}
	}
	return nil
}
