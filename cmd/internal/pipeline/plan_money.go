package pipeline

import (
	"context"
	"slices"
	"time"

	"fanlake/extract"
	"fanlake/load"
)

// money plans what may have changed of a creator whose earnings were read: new
// time, what is pending or in doubt, and the sweep for reversals.
func (p *planner) money(ctx context.Context, c creator) ([]task, error) {
	walks, err := p.lastWalks(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	last := walked(walks)
	covered, err := p.coverage(ctx, "earnings", c.ID, p.countsAsCovered()...)
	if err != nil {
		return nil, err
	}
	if p.full || len(covered) == 0 && !p.apart() {
		return nil, nil
	}
	var tasks []task
	if len(covered) > 0 && p.turn(c, "earnings", last.last("earnings"), nightly) {
		windows, err := p.earningsWindows(ctx, c, covered)
		if err != nil {
			return nil, err
		}
		tasks = p.windows(c, "earnings", windows...)
	}
	if !p.has(c, "reversals") || !p.turn(c, "reversals", last.last("reversals"), nightly) {
		return tasks, nil
	}
	reversals, err := p.reversals(ctx, c)
	return append(tasks, p.windows(c, "reversals", reversals...)...), err
}

// reversals plans the sweep and, where reversals stand apart, those in doubt. What
// no sweep has read yet is old money.
func (p *planner) reversals(ctx context.Context, c creator) ([]window, error) {
	swept := []window{{maxTime(p.floor(c), p.now.Add(-sweep)), p.now, "nightly sweep"}}
	if !p.apart() {
		return swept, nil
	}
	covered, err := p.coverage(ctx, "reversals", c.ID)
	if err != nil || len(covered) == 0 {
		return nil, err
	}
	doubts, err := p.doubts(ctx, c, "reversals")
	return tile(append(swept, doubts...)), err
}

// missingReversals plans, where reversals stand apart, all that no sweep has read
// yet.
func (p *planner) missingReversals(ctx context.Context, c creator, last walked) ([]task, error) {
	if !p.apart() || !p.has(c, "reversals") || !p.turn(c, "reversals", last.last("reversals"), nightly) {
		return nil, nil
	}
	covered, err := p.coverage(ctx, "reversals", c.ID)
	switch {
	case err != nil:
		return nil, err
	case p.full, len(covered) == 0:
		return p.windows(c, "reversals", window{p.floor(c), p.now, firstRead}), nil
	}
	return p.windows(c, "reversals", gaps(covered, p.floor(c))...), nil
}

// The reasons to read what was never read.
const (
	firstRead = "first read"
	fullRead  = "full read"
	gap       = "gap"
)

// isOld tells the slices of what was never read from those of what is new, which
// never wait for them.
func isOld(sl extract.Slice) bool {
	return slices.Contains([]string{firstRead, fullRead, gap}, sl.Reason)
}

func isNew(sl extract.Slice) bool { return !isOld(sl) }

// missingMoney plans the money that was never read: all of a creator's, or the
// gaps.
func (p *planner) missingMoney(ctx context.Context, c creator) ([]task, error) {
	walks, err := p.lastWalks(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	var tasks []task
	if last := walked(walks); p.turn(c, "earnings", last.last("earnings"), nightly) {
		windows, err := p.missingEarnings(ctx, c)
		if err != nil {
			return nil, err
		}
		tasks = p.windows(c, "earnings", windows...)
	}
	reversals, err := p.missingReversals(ctx, c, walked(walks))
	return append(tasks, reversals...), err
}

func (p *planner) missingEarnings(ctx context.Context, c creator) ([]window, error) {
	covered, err := p.coverage(ctx, "earnings", c.ID, p.countsAsCovered()...)
	switch {
	case err != nil:
		return nil, err
	case p.full:
		return []window{{p.floor(c), p.now, fullRead}}, nil
	case len(covered) == 0:
		return []window{{p.floor(c), p.now, firstRead}}, nil
	}
	missing := gaps(covered, p.floor(c))
	if len(missing) == 0 {
		return nil, nil
	}
	fresh, err := p.earningsWindows(ctx, c, covered)
	var planned []load.Interval
	for _, w := range fresh {
		planned = append(planned, load.Interval{Start: w.start, End: w.end})
	}
	var windows []window
	for _, w := range missing {
		windows = append(windows, uncovered(planned, w.start, w.end, gap)...)
	}
	return windows, err
}

// earningsWindows plans new time, what is pending and doubts.
func (p *planner) earningsWindows(ctx context.Context, c creator, covered []load.Interval) ([]window, error) {
	newest := covered[len(covered)-1]
	windows := []window{{maxTime(newest.End.Add(-newOverlap), p.floor(c)), p.now, "new, overlap"}}
	pending, rowsSince, err := p.wh.Pending(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	if n := len(pending); n > 0 && rowsSince <= pendingRows {
		if oldest := pending[n-1].At; oldest.Before(windows[0].start) {
			windows[0].start, windows[0].reason = oldest, "new, overlap, pending"
		}
	} else {
		windows = append(windows, pendingDue(pending, p.now)...)
	}
	doubts, err := p.doubts(ctx, c, "earnings")
	return tile(append(windows, doubts...)), err
}

// doubts plans another read of instants that are in doubt, by the stream that
// has the row: one instant a window, or the whole stretch where there are many.
func (p *planner) doubts(ctx context.Context, c creator, stream string) ([]window, error) {
	suspects, err := p.suspects(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	var windows []window
	for _, s := range suspects {
		if (p.apart() && s.IsReversal) != (stream == "reversals") {
			continue
		}
		w := window{s.At.Truncate(time.Millisecond), s.At.Truncate(time.Millisecond).Add(time.Millisecond), "row not served again"}
		if s.Reason == "reversal" {
			w = window{s.At.Truncate(day), s.At.Truncate(day).Add(day), "reversal found"}
			w.end = minTime(w.end, p.now)
		}
		windows = append(windows, w)
	}
	if len(windows) == 0 {
		return nil, nil
	}
	windows = tile(windows)
	const manyWindows = 20
	if len(windows) > manyWindows {
		windows = []window{{windows[len(windows)-1].start, windows[0].end, "rows not served again"}}
	}
	return windows, nil
}

// differing plans another read of the newest days whose sales are not what the
// platform's own summary says: what a page doubled or lacked at its border, a
// page without a border has right. It plans what is left of them until each
// piece was read in one page or the day agrees.
func (p *planner) differing(ctx context.Context, c creator) ([]window, error) {
	days, err := p.wh.DifferingDays(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	if p.looked == nil {
		p.looked = map[string]map[time.Time]bool{}
	}
	if p.looked[c.ID] == nil {
		p.looked[c.ID] = map[time.Time]bool{}
	}
	const most = 20 // days of a creator in one run
	looked := p.looked[c.ID]
	var windows []window
	for _, d := range days {
		left := pieces(d)
		if len(left) == 0 || !looked[d.Day] && len(looked) == most {
			continue
		}
		looked[d.Day] = true
		windows = append(windows, left...)
	}
	return windows, nil
}

// sumsAgain plans the platform's sums of the days that this run looked at again
// and that differ all the same.
func (p *planner) sumsAgain(ctx context.Context, c creator) ([]task, error) {
	if len(p.looked[c.ID]) == 0 || !p.streams("earnings_summary_days") {
		return nil, nil
	}
	days, err := p.wh.DifferingDays(ctx, c.ID)
	days = slices.DeleteFunc(days, func(d load.DifferingDay) bool { return !p.looked[c.ID][d.Day] })
	if err != nil || len(days) == 0 {
		return nil, err
	}
	var tasks []task
	for _, w := range ranges(days[len(days)-1].Day, days[0].Day.Add(day), "day differs from its rows") {
		t := p.task(c, "earnings_summary_days", w.reason)
		t.Start, t.End = w.start, w.end
		tasks = append(tasks, t)
	}
	return tasks, nil
}

// pieces cuts what is left to read of a day, newest first: at the instants
// between which half a page of known rows lies, and what took more than a page
// since the summary in halves.
func pieces(d load.DifferingDay) []window {
	cuts := []time.Time{d.Day, d.Day.Add(day)}
	for _, cut := range d.Cuts {
		cuts = append(cuts, cut.Truncate(time.Millisecond))
	}
	for _, r := range d.Read {
		cuts = append(cuts, r.Start, r.End)
		if !r.OnePage {
			cuts = append(cuts, r.Start.Add(r.End.Sub(r.Start)/2).Truncate(time.Millisecond))
		}
	}
	slices.SortFunc(cuts, func(a, b time.Time) int { return b.Compare(a) })
	cuts = slices.CompactFunc(cuts, time.Time.Equal)
	var left []window
	for i := range len(cuts) - 1 {
		w := window{cuts[i+1], cuts[i], "day differs from the summary"}
		if !slices.ContainsFunc(d.Read, func(r load.Piece) bool {
			within := !w.start.Before(r.Start) && !w.end.After(r.End)
			return within && (r.OnePage || w.start.Equal(r.Start) && w.end.Equal(r.End)) // an instant cannot be cut
		}) {
			left = append(left, w)
		}
	}
	return left
}

// followUps plans a second look at earnings in doubt.
func (p *planner) followUps(ctx context.Context, c creator) ([]task, error) {
	if !p.streams("earnings") {
		return nil, nil
	}
	windows, err := p.doubts(ctx, c, "earnings")
	if err != nil {
		return nil, err
	}
	differing, err := p.differing(ctx, c)
	if err != nil {
		return nil, err
	}
	var tasks []task
	add := func(stream string, windows ...window) {
		for _, w := range windows {
			t := p.task(c, stream, w.reason)
			t.Start, t.End = w.start, w.end
			tasks = append(tasks, t)
		}
	}
	add("earnings", append(windows, differing...)...)
	if p.apart() && p.has(c, "reversals") {
		windows, err := p.doubts(ctx, c, "reversals")
		if err != nil {
			return nil, err
		}
		add("reversals", windows...)
	}
	return tasks, nil
}

// summaryDays plans the platform's own day sums: the last year once a week, at
// first everything since the first earning, and what coverage lacks of it.
func (p *planner) summaryDays(ctx context.Context, c creator) ([]window, error) {
	covered, err := p.coverage(ctx, "earnings_summary_days", c.ID)
	if err != nil {
		return nil, err
	}
	first, err := p.wh.FirstEarning(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	floor := p.floor(c).Truncate(day)
	end := p.now.Truncate(day).Add(day)
	start := end.Add(-longWindow)
	from := start
	if !first.IsZero() {
		from = minTime(from, first.Truncate(day))
	}
	from = maxTime(from, floor)
	if len(covered) == 0 || p.full {
		return ranges(from, end, firstRead), nil
	}
	var windows []window
	if p.turn(c, "earnings_summary_days", covered[len(covered)-1].End, weekly) {
		windows = ranges(maxTime(start, floor), end, "weekly")
	}
	for _, g := range gaps(covered, from) {
		windows = append(windows, ranges(g.start, g.end, g.reason)...)
	}
	return windows, nil
}
