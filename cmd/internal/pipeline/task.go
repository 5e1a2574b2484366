package pipeline

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"fanlake/extract"
	"fanlake/load"
)

// A task is a slice that is about to be read.
type task struct {
	extract.Slice
	fanID string // pseudonym of Slice.Fan
}

func (t task) key() load.SliceKey {
	return load.SliceKey{Stream: t.Stream, Creator: t.Creator, FanID: t.fanID}
}

// A creator is one whose data the run reads.
type creator struct {
	load.Creator
	self bool // the key's owner: read by the self path
}

const (
	day = 24 * time.Hour

	// settling is how long rows may arrive late: a window is asked up to the
	// server's now, and counts as covered up to this much earlier.
	settling = 15 * time.Minute
	// newOverlap is how far the nightly window of earnings reaches back into
	// what is covered.
	newOverlap = 48 * time.Hour
	// sweep is how far back reversals are looked for every night.
	sweep = 400 * day
	// trend is how many trailing days of subscriber counts are read again.
	trend = 7 * day
	// pendingRows is the number of rows up to which pending earnings are read
	// again every night: two pages.
	pendingRows = 2 * extract.PageSize
	// resumeWithin is how long what an interrupted run has read counts as read
	// by the run that follows it.
	resumeWithin = time.Hour
	// longWindow is the longest range the API answers in one request.
	longWindow = 365 * day
)

// epoch is where a creator's history begins if the registration is unknown.
var epoch = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// chatStart is the start of coverage that reaches to the first message.
var chatStart = time.Unix(0, 0).UTC()

// A planner says what to read next, from what the warehouse knows.
type planner struct {
	wh      *load.Warehouse
	now     time.Time // the server's
	streams func(name string) bool
	since   time.Time                         // nothing older is planned; zero for everything
	full    bool                              // as if nothing were covered
	read    map[load.SliceKey][]load.Interval // by an interrupted run, a short while ago
}

func (p *planner) task(c creator, stream, reason string) task {
	return task{Slice: extract.Slice{Stream: stream, Creator: c.ID, Self: c.self, Reason: reason}}
}

// wants reports whether a stream without windows is still to be planned for a
// creator in this run.
func (p *planner) wants(c creator, stream string) bool {
	return p.streams(stream) && len(p.read[load.SliceKey{Stream: stream, Creator: c.ID}]) == 0
}

// windows turns windows of a stream into tasks, but for those that the
// interrupted run before this one has read.
func (p *planner) windows(c creator, stream string, windows ...window) []task {
	if !p.streams(stream) {
		return nil
	}
	read := p.read[load.SliceKey{Stream: stream, Creator: c.ID}]
	var tasks []task
	for _, w := range windows {
		if !slices.ContainsFunc(read, func(r load.Interval) bool { return !w.start.Before(r.Start) && !w.end.After(r.End) }) {
			t := p.task(c, stream, w.reason)
			t.Start, t.End = w.start, w.end
			tasks = append(tasks, t)
		}
	}
	return tasks
}

// walked holds the newest complete walks of a creator.
type walked []load.Walked

func (w walked) last(stream string) time.Time {
	var at time.Time
	for _, v := range w {
		if v.Stream == stream && v.At.After(at) {
			at = v.At
		}
	}
	return at
}

func (w walked) lastOf(stream string, start time.Time) time.Time {
	for _, v := range w {
		if v.Stream == stream && v.Start.Equal(start) {
			return v.At
		}
	}
	return time.Time{}
}

// signals plans what tells a creator's changes: account, money, counts, chats.
func (p *planner) signals(ctx context.Context, c creator) ([]task, error) {
	last, err := p.wh.LastWalks(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	var tasks []task
	if p.wants(c, "account") {
		tasks = append(tasks, p.task(c, "account", "nightly snapshot"))
	}
	money, err := p.money(ctx, c)
	if err != nil {
		return nil, err
	}
	tasks = append(tasks, money...)
	tasks = append(tasks, p.windows(c, "subscriber_counts", p.subscriberCounts(c, walked(last))...)...)
	tasks = append(tasks, p.windows(c, "top_spenders", p.topSpenders(c, walked(last))...)...)
	if p.wants(c, "chats") {
		t, err := p.chats(ctx, c)
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, t)
	}
	return tasks, nil
}

// floor is the first instant of a creator that is planned.
func (p *planner) floor(c creator) time.Time {
	from := c.RegisteredAt
	if from.IsZero() || from.Before(epoch) {
		from = epoch
	}
	if p.since.After(from) {
		from = p.since
	}
	return from.Truncate(time.Millisecond)
}

// money plans the windows of earnings and the sweep for reversals.
func (p *planner) money(ctx context.Context, c creator) ([]task, error) {
	covered, err := p.wh.Coverage(ctx, "earnings", c.ID)
	if err != nil {
		return nil, err
	}
	var windows []window
	first := len(covered) == 0 || p.full
	if first {
		windows = []window{{p.floor(c), p.now, "first read"}}
		if p.full {
			windows[0].reason = "full read"
		}
	} else if windows, err = p.earningsWindows(ctx, c, covered); err != nil {
		return nil, err
	}
	tasks := p.windows(c, "earnings", windows...)
	if !first {
		tasks = append(tasks, p.windows(c, "reversals", window{maxTime(p.floor(c), p.now.Add(-sweep)), p.now, "nightly sweep"})...)
	}
	return tasks, nil
}

// earningsWindows plans new time, what is pending, gaps and doubts.
func (p *planner) earningsWindows(ctx context.Context, c creator, covered []load.Interval) ([]window, error) {
	newest := covered[len(covered)-1]
	windows := []window{{maxTime(newest.End.Add(-newOverlap), p.floor(c)), p.now, "new"}}
	pending, rowsSince, err := p.wh.Pending(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	if n := len(pending); n > 0 && rowsSince <= pendingRows {
		if oldest := pending[n-1].At; oldest.Before(windows[0].start) {
			windows[0].start, windows[0].reason = oldest, "new and pending"
		}
	} else {
		windows = append(windows, pendingDue(pending, p.now)...)
	}
	windows = append(windows, gaps(covered, p.floor(c))...)
	doubts, err := p.doubts(ctx, c)
	return tile(append(windows, doubts...)), err
}

// doubts plans another read of instants that are in doubt: one instant a
// window, or the whole stretch where there are many.
func (p *planner) doubts(ctx context.Context, c creator) ([]window, error) {
	suspects, err := p.wh.Suspects(ctx, c.ID)
	if err != nil || len(suspects) == 0 {
		return nil, err
	}
	var windows []window
	for _, s := range suspects {
		w := window{s.At.Truncate(time.Millisecond), s.At.Truncate(time.Millisecond).Add(time.Millisecond), "row not served again"}
		if s.Reason == "reversal" {
			w = window{s.At.Truncate(day), s.At.Truncate(day).Add(day), "reversal found"}
			w.end = minTime(w.end, p.now)
		}
		windows = append(windows, w)
	}
	windows = tile(windows)
	const manyWindows = 20
	if len(windows) > manyWindows {
		windows = []window{{windows[len(windows)-1].start, windows[0].end, "rows not served again"}}
	}
	return windows, nil
}

// subscriberCounts plans the trailing days, or all of them in ranges of at most
// 365 days.
func (p *planner) subscriberCounts(c creator, last walked) []window {
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

// ranges cuts a window into ranges of at most 365 days, newest first.
func ranges(start, end time.Time, reason string) []window {
	var windows []window
	for end.After(start) {
		from := maxTime(start, end.Add(-longWindow))
		windows = append(windows, window{from, end, reason})
		end = from
	}
	return windows
}

// topSpenders plans the month to date once a week and each month once after
// its end.
func (p *planner) topSpenders(c creator, last walked) []window {
	month := time.Date(p.now.Year(), p.now.Month(), 1, 0, 0, 0, 0, time.UTC)
	before := month.AddDate(0, -1, 0)
	var windows []window
	if p.weekly(c, last.lastOf("top_spenders", month)) {
		windows = append(windows, window{month, month.AddDate(0, 1, 0), "month to date"})
	}
	if at := last.lastOf("top_spenders", before); at.Before(month) && month.After(p.floor(c)) {
		windows = append(windows, window{before, month, "month ended"})
	}
	return windows
}

// weekly reports whether something last read at that instant is due: on the
// creator's own day of the week, so that creators spread over the week, and
// seven days after it at the latest.
func (p *planner) weekly(c creator, at time.Time) bool {
	if at.IsZero() || p.full {
		return true
	}
	h := fnv.New64a()
	h.Write([]byte(c.ID))
	offset := time.Duration(h.Sum64() % uint64(7*day))
	week := func(t time.Time) int64 { return t.Add(offset).UnixNano() / int64(7*day) }
	return week(p.now) > week(at)
}

// chats plans the chats that had activity since the newest complete walk, or
// all of them every 30 days.
func (p *planner) chats(ctx context.Context, c creator) (task, error) {
	t := p.task(c, "chats", "all chats")
	covered, err := p.wh.Coverage(ctx, "chats", c.ID)
	if err != nil || len(covered) == 0 || p.full {
		return t, err
	}
	walks, err := p.wh.LastWalks(ctx, c.ID)
	if err != nil {
		return t, err
	}
	whole := walked(walks).lastOf("chats", chatStart)
	if whole.IsZero() || p.now.Sub(whole) >= 30*day {
		return t, nil
	}
	t.StopAt, t.Reason = covered[len(covered)-1].End, "recent activity"
	return t, nil
}

// details plans what the signals ask for, except messages: lists, doubts and
// the summary.
func (p *planner) details(ctx context.Context, c creator) ([]task, error) {
	tasks, err := p.followUps(ctx, c)
	if err != nil {
		return nil, err
	}
	last, err := p.wh.LastWalks(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	days, err := p.summaryDays(ctx, c, walked(last).last("earnings_summary_days"))
	if err != nil {
		return nil, err
	}
	tasks = append(tasks, p.windows(c, "earnings_summary_days", days...)...)
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

// followUps plans a second look at earnings in doubt.
func (p *planner) followUps(ctx context.Context, c creator) ([]task, error) {
	windows, err := p.doubts(ctx, c)
	if err != nil || !p.streams("earnings") {
		return nil, err
	}
	var tasks []task
	for _, w := range windows {
		t := p.task(c, "earnings", w.reason)
		t.Start, t.End = w.start, w.end
		tasks = append(tasks, t)
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
	case s.Moved:
	case p.weekly(c, s.WalkedAt):
		t.Reason = "weekly list"
	default:
		return t, false, nil
	}
	return t, true, nil
}

// summaryDays plans the platform's own day sums: the last year once a week,
// everything since the first earning at first.
func (p *planner) summaryDays(ctx context.Context, c creator, last time.Time) ([]window, error) {
	end := p.now.Truncate(day).Add(day)
	start, reason := end.Add(-longWindow), "weekly"
	if last.IsZero() || p.full {
		first, err := p.wh.FirstEarning(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		if !first.IsZero() {
			start = minTime(start, first.Truncate(day))
		}
		start, reason = maxTime(start, p.floor(c).Truncate(day)), "first read"
	} else if !p.weekly(c, last) {
		return nil, nil
	}
	return ranges(start, end, reason), nil
}

// messages plans a creator's chats that changed, and single messages in quiet
// chats of which a purchase was seen.
func (p *planner) messages(ctx context.Context, c creator) ([]task, error) {
	if !p.streams("messages") {
		return nil, nil
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
	downTo := map[string]time.Time{}
	for _, chat := range chats {
		t := p.task(c, "messages", chat.Reason)
		t.Fan, t.fanID, t.StopAt = chat.FanUUID, chat.FanID, chat.CoveredTo
		if p.full {
			t.StopAt = time.Time{}
		}
		downTo[chat.FanID] = t.StopAt
		if !p.full || len(p.read[t.key()]) == 0 {
			tasks = append(tasks, t)
		}
	}
	for _, m := range bought {
		if stop, walks := downTo[m.FanID]; walks && (m.SentAt.IsZero() || !m.SentAt.Before(stop)) {
			continue
		}
		t := p.task(c, "message", "purchase seen")
		t.Fan, t.fanID, t.Message = m.FanUUID, m.FanID, m.MessageID
		tasks = append(tasks, t)
	}
	for _, t := range tasks {
		if t.Fan == "" {
			return nil, fmt.Errorf("fan %s has a chat but no row in people.duckdb; run fanlake rebuild", t.fanID)
		}
	}
	return tasks, nil
}
