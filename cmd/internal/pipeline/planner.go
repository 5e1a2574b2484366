package pipeline

import (
	"cmp"
	"context"
	"hash/fnv"
	"slices"
	"time"

	"fanlake/extract"
	"fanlake/load"
	"fanlake/load/runs"
)

// A task is a slice that is about to be read.
type task struct {
	extract.Slice
	fanID string // pseudonym of Slice.Fan
	watch *watch // over its requests; nil for none

	glance *glance       // what its pages are for, instead of the lake; nil for none
	given  *extract.Page // its only page, which is there already; nil for none
}

func (t task) key() load.SliceKey {
	return load.SliceKey{Stream: t.Stream, Creator: t.Creator, FanID: t.fanID}
}

// A creator is one whose data the run reads.
type creator struct {
	load.Creator
	self bool // the key's owner: read by the self path
}

// Settling is how long rows may arrive late: a window is asked up to the
// server's now, and counts as covered up to this much earlier, so no data are
// ever fresher.
const Settling = 15 * time.Minute

const (
	day = 24 * time.Hour

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
	wh            *load.Warehouse
	surface       extract.Surface
	lacking       lacking
	now           time.Time // the server's
	streams       func(name string) bool
	named         func(name string) bool            // asked for by name, whether due or not
	cadence       map[string]string                 // stream → nightly or weekly, where the account says so
	since         time.Time                         // nothing older is planned; zero for everything
	full          bool                              // as if nothing were covered
	isAgency      bool                              // the key lists creators
	read          map[load.SliceKey][]load.Interval // by an interrupted run, a short while ago
	past          *runs.Backfill                    // the stretch to read instead of what is new; nil for none
	creators      []creator                         // whose data the run reads
	glanced       *glance                           // at the chats of all creators; nil while none is planned
	refusedGlance bool                              // within a week
	failing       *failing
	asked         asked
	unread        bool                          // nothing is read of what is planned
	looked        map[string]map[time.Time]bool // days of creators that this run looks at again because of the summary
}

func (p *planner) task(c creator, stream, reason string) task {
	return task{Slice: extract.Slice{Stream: stream, Creator: c.ID, Self: c.self, Reason: reason, Backfill: p.past != nil}}
}

// wants reports whether a stream without windows is still to be planned for a
// creator in this run.
func (p *planner) wants(c creator, stream string) bool {
	return p.has(c, stream) && len(p.read[load.SliceKey{Stream: stream, Creator: c.ID}]) == 0
}

// windows turns windows of a stream into tasks, but for those that the
// interrupted run before this one has read.
func (p *planner) windows(c creator, stream string, windows ...window) []task {
	if !p.has(c, stream) {
		return nil
	}
	read := p.read[load.SliceKey{Stream: stream, Creator: c.ID}]
	var tasks []task
	for _, w := range windows {
		if w.end.After(w.start) && !slices.ContainsFunc(read, func(r load.Interval) bool { return !w.start.Before(r.Start) && !w.end.After(r.End) }) {
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

func (w walked) lastShare(stream, share string) time.Time {
	for _, v := range w {
		if v.Stream == stream && v.Share == share {
			return v.At
		}
	}
	return time.Time{}
}

func (w walked) lastOf(stream string, start time.Time) time.Time {
	for _, v := range w {
		if v.Stream == stream && v.Start.Equal(start) {
			return v.At
		}
	}
	return time.Time{}
}

// figures plans the platform's own figures of a creator, which tell what
// changed: account, counts, top spenders.
func (p *planner) figures(ctx context.Context, c creator) ([]task, error) {
	walks, err := p.lastWalks(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	last := walked(walks)
	var tasks []task
	if p.wants(c, "account") && p.turn(c, "account", last.last("account"), nightly) {
		tasks = append(tasks, p.task(c, "account", "snapshot"))
	}
	counts, err := p.subscriberCounts(ctx, c, last)
	if err != nil {
		return nil, err
	}
	tasks = append(tasks, p.windows(c, "subscriber_counts", counts...)...)
	return append(tasks, p.windows(c, "top_spenders", p.months(c, "top_spenders", weekly, last)...)...), nil
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

// The cadences of streams.
const (
	nightly = "nightly"
	weekly  = "weekly"
	off     = "off"
)

// turn reports whether a stream that was last read at an instant is due, by the
// account's cadence or else the stream's usual one, or because it was asked for
// by name.
func (p *planner) turn(c creator, stream string, at time.Time, usual string) bool {
	return p.named(stream) || cmp.Or(p.cadence[stream], usual) == nightly || p.weekly(c, at)
}

// details plans another look at money in doubt, and the platform's own sums.
func (p *planner) details(ctx context.Context, c creator) ([]task, error) {
	tasks, err := p.followUps(ctx, c)
	if err != nil {
		return nil, err
	}
	days, err := p.summaryDays(ctx, c)
	return append(tasks, p.windows(c, "earnings_summary_days", days...)...), err
}
