package pipeline

import (
	"context"
	"time"

	"fanlake/load"
)

// money plans the windows of earnings and the sweep for reversals.
func (p *planner) money(ctx context.Context, c creator, last walked) ([]task, error) {
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
	var tasks []task
	if p.turn(c, "earnings", last.last("earnings"), nightly) {
		tasks = p.windows(c, "earnings", windows...)
	}
	if !first && p.turn(c, "reversals", last.last("reversals"), nightly) {
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
	windows, err := p.doubts(ctx, c)
	if err != nil {
		return nil, err
	}
	differing, err := p.differing(ctx, c)
	if err != nil {
		return nil, err
	}
	windows = append(windows, differing...)
	var tasks []task
	for _, w := range windows {
		t := p.task(c, "earnings", w.reason)
		t.Start, t.End = w.start, w.end
		tasks = append(tasks, t)
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
