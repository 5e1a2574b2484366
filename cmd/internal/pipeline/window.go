package pipeline

import (
	"slices"
	"strings"
	"time"

	"fanlake/load"
)

// A window is a half-open stretch of time to be read, and why.
type window struct {
	start, end time.Time
	reason     string
}

// gaps returns what coverage lacks from floor up to its newest end, newest
// first.
func gaps(covered []load.Interval, floor time.Time) []window {
	var missing []window
	for i := len(covered) - 1; i >= 0; i-- {
		from := floor
		if i > 0 {
			from = maxTime(from, covered[i-1].End)
		}
		if covered[i].Start.After(from) {
			missing = append(missing, window{from, covered[i].Start, gap})
		}
		if !from.After(floor) {
			break
		}
	}
	return missing
}

// uncovered returns what coverage, oldest first, lacks of a stretch, newest first.
func uncovered(covered []load.Interval, from, to time.Time, reason string) []window {
	var missing []window
	sorted := slices.SortedFunc(slices.Values(covered), func(a, b load.Interval) int { return a.End.Compare(b.End) })
	for _, c := range slices.Backward(sorted) {
		if c.End.Before(to) && to.After(from) {
			if start := maxTime(c.End, from); to.After(start) {
				missing = append(missing, window{start, to, reason})
			}
		}
		to = minTime(to, c.Start)
	}
	if to.After(from) {
		missing = append(missing, window{from, to, reason})
	}
	return missing
}

// pendingDue returns the UTC days of pending earnings whose next look is due:
// at 7, 14, 21 and 28 days of age, then weekly; so a multiple of seven days of
// age lies between the last read and now.
func pendingDue(pending []load.Pending, now time.Time) []window {
	var due []window
	for _, p := range pending {
		weeks := func(t time.Time) int64 { return int64(t.Sub(p.At) / (7 * day)) }
		if p.ReadAt.IsZero() || weeks(now) > weeks(p.ReadAt) {
			d := p.At.Truncate(day)
			due = append(due, window{d, minTime(d.Add(day), now), "pending"})
		}
	}
	return tile(due)
}

// tile joins windows that touch or overlap, newest first, with their reasons.
func tile(windows []window) []window {
	slices.SortStableFunc(windows, func(a, b window) int { return b.end.Compare(a.end) })
	var tiled []window
	for _, w := range windows {
		if !w.end.After(w.start) {
			continue
		}
		if n := len(tiled); n > 0 && !w.end.Before(tiled[n-1].start) {
			tiled[n-1].start = minTime(tiled[n-1].start, w.start)
			if !strings.Contains(tiled[n-1].reason, w.reason) {
				tiled[n-1].reason += ", " + w.reason
			}
			continue
		}
		tiled = append(tiled, w)
	}
	return tiled
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
