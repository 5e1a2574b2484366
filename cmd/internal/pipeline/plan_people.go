package pipeline

import (
	"context"
	"time"
)

// subscriberCounts plans the trailing days, or all of them in ranges of at most
// 365 days.
func (p *planner) subscriberCounts(c creator, last walked) []window {
	if !p.turn(c, "subscriber_counts", last.last("subscriber_counts"), nightly) {
		return nil
	}
	end := p.now.Truncate(day).Add(day)
	start := end.Add(-trend - day)
	reason := "trailing days"
	if at := last.last("subscriber_counts"); at.IsZero() || p.full {
		start, reason = p.floor(c).Truncate(day), "first read"
	} else if at.Add(-day).Before(start) {
		start, reason = at.Truncate(day).Add(-day), "trailing days after a pause"
	}
	return ranges(start, end, reason)
}

// topSpenders plans the month to date once a week and each month once after
// its end.
func (p *planner) topSpenders(c creator, last walked) []window {
	month := time.Date(p.now.Year(), p.now.Month(), 1, 0, 0, 0, 0, time.UTC)
	before := month.AddDate(0, -1, 0)
	var windows []window
	if p.turn(c, "top_spenders", last.lastOf("top_spenders", month), weekly) {
		windows = append(windows, window{month, month.AddDate(0, 1, 0), "month to date"})
	}
	if at := last.lastOf("top_spenders", before); at.Before(month) && month.After(p.floor(c)) {
		windows = append(windows, window{before, month, "month ended"})
	}
	return windows
}

// secondReads plans another walk of lists on which fans were missing, once a
// run and creator; one more read settles all of them.
func (p *planner) secondReads(ctx context.Context, c creator) ([]task, error) {
	var tasks []task
	for _, stream := range []string{"subscribers", "followers"} {
		if !p.streams(stream) {
			continue
		}
		s, err := p.wh.ListState(ctx, stream, c.ID)
		if err != nil {
			return nil, err
		}
		if s.InDoubt {
			t := p.task(c, stream, "fans missing from the list")
			t.HeadCount = s.HeadCount
			tasks = append(tasks, t)
		}
	}
	return tasks, nil
}

func (p *planner) list(ctx context.Context, c creator, stream string) (task, bool, error) {
	s, err := p.wh.ListState(ctx, stream, c.ID)
	t := p.task(c, stream, "count moved")
	t.HeadCount = s.HeadCount
	switch {
	case err != nil:
		return t, false, err
	case s.WalkedAt.IsZero():
		t.Reason = "first read"
	case p.full:
		t.Reason = "full read"
	case s.InDoubt:
		t.Reason = "fans missing from the list"
	case s.Moved && p.cadence[stream] != weekly:
	case p.turn(c, stream, s.WalkedAt, weekly):
		t.Reason = "its turn"
	default:
		return t, false, nil
	}
	return t, true, nil
}
