package pipeline

import (
	"context"
	"slices"
	"time"

	"fanlake/load"
)

// BackfillStreams returns the streams that a backfill can read: those whose rows
// have a time by which they can be asked for. Messages, which cost a walk of
// each chat, are read only where they are asked for by name.
func BackfillStreams() []string {
	return []string{"earnings", "reversals", "earnings_summary_days", "subscriber_counts", "messages"}
}

// backfills reports whether a backfill reads a stream. Messages need to know
// whose chats there are.
func (s *session) backfills(stream string) bool {
	switch {
	case stream == "chats":
		return slices.Contains(s.opts.Streams, "messages")
	case len(s.opts.Streams) > 0:
		return slices.Contains(s.opts.Streams, stream)
	}
	return stream != "messages" && slices.Contains(BackfillStreams(), stream)
}

// pastRounds are the stages of a backfill: those of a night, with other windows.
func (p *planner) pastRounds() [][]stage {
	return [][]stage{
		{
			{name: "money of the past", streams: []string{"earnings", "reversals"}, plan: p.pastMoney},
			{name: "figures of the past", streams: []string{"subscriber_counts"}, plan: p.pastCounts},
		}, {
			{name: "the platform's sums", streams: []string{"earnings_summary_days"}, plan: p.pastDetails},
			{name: "chats", streams: []string{"chats"}, plan: p.pastChats},
		}, {
			{name: "money in doubt", plan: p.followUps, unseen: true, again: true, after: moneyStreams},
		}, {
			{name: "sums of days in doubt", plan: p.sumsAgain, unseen: true, after: moneyStreams},
		}, {
			{name: "messages of the past", streams: []string{"messages"}, plan: p.pastMessages, apart: true},
		},
	}
}

// pastRange is the part of the backfill's stretch in which a creator can have
// rows that have settled.
func (p *planner) pastRange(c creator) (from, to time.Time) {
	from, to = maxTime(p.past.From, p.floor(c)), p.now.Add(-Settling)
	if !p.past.To.IsZero() {
		to = minTime(to, p.past.To)
	}
	return from, to
}

// missing returns what a backfill is to read of a stream between two instants:
// what coverage lacks or, of one that reads everything again, what the runs that
// were interrupted before this one have not read.
func (p *planner) missing(ctx context.Context, c creator, stream string, from, to time.Time) ([]window, error) {
	if p.past.Again {
		return uncovered(p.read[load.SliceKey{Stream: stream, Creator: c.ID}], from, to, "read again"), nil
	}
	var surfaces []string
	if stream == "earnings" {
		surfaces = p.countsAsCovered()
	}
	covered, err := p.coverage(ctx, stream, c.ID, surfaces...)
	return uncovered(covered, from, to, gap), err
}

// pastMoney plans earnings, which have the reversals among them; and reversals
// alone where earnings are not asked for.
func (p *planner) pastMoney(ctx context.Context, c creator) ([]task, error) {
	from, to := p.pastRange(c)
	earnings, err := p.missing(ctx, c, "earnings", from, to)
	if err != nil {
		return nil, err
	}
	if p.streams("earnings") {
		return p.windows(c, "earnings", earnings...), nil
	}
	reversals, err := p.missing(ctx, c, "reversals", from, to)
	var tasks []task
	for _, w := range reversals {
		for _, lacks := range earnings { // where earnings are covered, so are reversals
			tasks = append(tasks, p.windows(c, "reversals", window{maxTime(w.start, lacks.start), minTime(w.end, lacks.end), w.reason})...)
		}
	}
	return tasks, err
}

// pastDays plans the whole UTC days of a stream, in ranges of at most 365.
func (p *planner) pastDays(ctx context.Context, c creator, stream string) ([]task, error) {
	from, to := p.pastRange(c)
	missing, err := p.missing(ctx, c, stream, from.Truncate(day), to.Add(day-1).Truncate(day))
	var windows []window
	for _, w := range missing {
		windows = append(windows, ranges(w.start.Truncate(day), w.end.Add(day-1).Truncate(day), w.reason)...)
	}
	return p.windows(c, stream, windows...), err
}

func (p *planner) pastCounts(ctx context.Context, c creator) ([]task, error) {
	return p.pastDays(ctx, c, "subscriber_counts")
}

func (p *planner) pastDetails(ctx context.Context, c creator) ([]task, error) {
	tasks, err := p.followUps(ctx, c)
	if err != nil {
		return nil, err
	}
	days, err := p.pastDays(ctx, c, "earnings_summary_days")
	return append(tasks, days...), err
}

// pastChats plans the chats that had activity since the backfill's start, unless
// they are known.
func (p *planner) pastChats(ctx context.Context, c creator) ([]task, error) {
	covered, err := p.coverage(ctx, "chats", c.ID)
	from, _ := p.pastRange(c)
	if n := len(covered); err != nil || !p.wants(c, "chats") || n > 0 && !covered[n-1].Start.After(from) {
		return nil, err
	}
	t := p.task(c, "chats", "chats since the start")
	t.StopAt = from
	return []task{t}, nil
}

// pastMessages plans the chats whose messages are not covered, down to the
// backfill's start.
func (p *planner) pastMessages(ctx context.Context, c creator) ([]task, error) {
	if !p.streams("messages") {
		return nil, nil
	}
	from, to := p.pastRange(c)
	chats, err := p.wh.ChatsLacking(ctx, c.ID, from, to, p.past.Again)
	var tasks []task
	for _, chat := range chats {
		t := p.task(c, "messages", chat.Reason)
		t.Fan, t.fanID, t.StopAt = chat.FanUUID, chat.FanID, from
		if !p.past.Again || len(p.read[t.key()]) == 0 {
			tasks = append(tasks, t)
		}
	}
	if err == nil {
		err = knownFans(tasks)
	}
	return tasks, err
}
