package pipeline

import (
	"context"
	"time"
)

// subscriberCounts plans the trailing days and what coverage lacks, or all days,
// in ranges of at most 365 days.
func (p *planner) subscriberCounts(ctx context.Context, c creator, last walked) ([]window, error) {
	end := p.now.Truncate(day).Add(day)
	floor := p.floor(c).Truncate(day)
	covered, err := p.coverage(ctx, "subscriber_counts", c.ID)
	if err != nil {
		return nil, err
	}
	if len(covered) == 0 || p.full {
		return ranges(floor, end, firstRead), nil
	}
	var windows []window
	if p.turn(c, "subscriber_counts", last.last("subscriber_counts"), nightly) {
		start, reason := end.Add(-trend-day), "trailing days"
		if newest := covered[len(covered)-1].End.Truncate(day).Add(-day); newest.Before(start) {
			start, reason = newest, "trailing days after a pause"
		}
		windows = ranges(start, end, reason)
	}
	for _, g := range gaps(covered, floor) {
		windows = append(windows, ranges(g.start, g.end, g.reason)...)
	}
	return windows, nil
}

// months plans a stream by months: the month to date in its cadence, and each
// month once after its end.
func (p *planner) months(c creator, stream, usual string, last walked) []window {
	month := time.Date(p.now.Year(), p.now.Month(), 1, 0, 0, 0, 0, time.UTC)
	before := month.AddDate(0, -1, 0)
	var windows []window
	if p.turn(c, stream, last.lastOf(stream, month), usual) {
		windows = append(windows, window{month, month.AddDate(0, 1, 0), "month to date"})
	}
	if at := last.lastOf(stream, before); at.Before(month) && month.After(p.floor(c)) {
		windows = append(windows, window{before, month, "month ended"})
	}
	return windows
}

// lists plans the lists whose count moved, and those whose turn it is.
func (p *planner) lists(ctx context.Context, c creator) ([]task, error) {
	var tasks []task
	for _, stream := range []string{"subscribers", "followers"} {
		if !p.wants(c, stream) {
			continue
		}
		t, due, err := p.list(ctx, c, stream)
		if err != nil {
			return nil, err
		}
		if due {
			tasks = append(tasks, t)
		}
	}
	return tasks, nil
}

// secondReads plans another walk of lists on which fans were missing, once a
// run and creator; one more read settles all of them.
func (p *planner) secondReads(ctx context.Context, c creator) ([]task, error) {
	var tasks []task
	for _, stream := range []string{"subscribers", "followers"} {
		if !p.streams(stream) {
			continue
		}
		s, err := p.listState(ctx, stream, c.ID)
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
	s, err := p.listState(ctx, stream, c.ID, p.countsAsCovered()...)
	t := p.task(c, stream, "moved total")
	t.HeadCount = s.HeadCount
	switch {
	case err != nil:
		return t, false, err
	case s.WalkedAt.IsZero():
		t.Reason = firstRead
	case p.full:
		t.Reason = fullRead
	case s.InDoubt:
		t.Reason = "fans missing from the list"
	case s.Moved && p.cadence[stream] != weekly:
	case p.named(stream):
		t.Reason = "asked for"
	case p.turn(c, stream, s.WalkedAt, weekly):
		t.Reason = "list due"
	default:
		return t, false, nil
	}
	return t, true, nil
}
