package pipeline

import (
	"context"
	"slices"
	"time"

	"fanlake/load"
)

// money plans the windows of earnings and the sweep for reversals.
func (p *planner) money(ctx context.Context, c creator, last walked) ([]task, error) {
	covered, err := p.wh.Coverage(ctx, "earnings", c.ID, p.countsAsCovered()...)
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
	var tasks []task
	if p.turn(c, "earnings", last.last("earnings"), nightly) {
		tasks = p.windows(c, "earnings", windows...)
	}
	if first && !p.apart() || !p.has(c, "reversals") || !p.turn(c, "reversals", last.last("reversals"), nightly) {
		return tasks, nil
	}
	reversals, err := p.reversals(ctx, c)
	return append(tasks, p.windows(c, "reversals", reversals...)...), err
}

// reversals plans the sweep and, where reversals stand apart, all that no sweep
// has read yet.
func (p *planner) reversals(ctx context.Context, c creator) ([]window, error) {
	swept := []window{{maxTime(p.floor(c), p.now.Add(-sweep)), p.now, "nightly sweep"}}
	if !p.apart() {
		return swept, nil
	}
	covered, err := p.wh.Coverage(ctx, "reversals", c.ID)
	if err != nil {
		return nil, err
	}
	if len(covered) == 0 || p.full {
		return []window{{p.floor(c), p.now, "first read"}}, nil
	}
	doubts, err := p.doubts(ctx, c, "reversals")
	return tile(append(append(swept, gaps(covered, p.floor(c))...), doubts...)), err
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
	doubts, err := p.doubts(ctx, c, "earnings")
	return tile(append(windows, doubts...)), err
}

// doubts plans another read of instants that are in doubt, by the stream that
// has the row: one instant a window, or the whole stretch where there are many.
func (p *planner) doubts(ctx context.Context, c creator, stream string) ([]window, error) {
	suspects, err := p.wh.Suspects(ctx, c.ID)
	suspects = slices.DeleteFunc(suspects, func(s load.Suspect) bool { return (p.apart() && s.IsReversal) != (stream == "reversals") })
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

// differing plans another read of the newest days whose sales are not what the
// platform's own summary says, in pieces that fit a page: what a page doubled or
// lacked at its border, a page without a border has right.
func (p *planner) differing(ctx context.Context, c creator) ([]window, error) {
	days, err := p.wh.DifferingDays(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	const most = 20
	var windows []window
	for _, d := range days[:min(most, len(days))] {
		end := minTime(d.Day.Add(day), p.now)
		for _, cut := range append(d.Cuts, d.Day) {
			if cut = cut.Truncate(time.Millisecond); cut.Before(end) {
				windows = append(windows, window{cut, end, "day differs from the summary"})
				end = cut
			}
		}
	}
	return windows, nil
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
	covered, err := p.wh.Coverage(ctx, "earnings_summary_days", c.ID)
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
		return ranges(from, end, "first read"), nil
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
