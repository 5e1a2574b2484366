package extract

import (
	"errors"
	"slices"
	"time"
)

// A page number means another place when rows have come, gone or moved to the
// top since the page before: some rows are served twice and others not at all.
// So a walk over more than one numbered page is repeated from the top until two
// readings agree on their overlap.
//
// Where rows come newest first, all that a reading can have missed stands at the
// top by then: the next reading goes down to the instant at which this one
// began, which is one page as a rule. Below that instant both must have the same
// rows in the same order, but for those that came up. A list without instants is
// compared by its first page, because that is where its rows come, and has to
// have named no row twice. Readings that disagree begin the walk anew.

// ErrMoving reports numbered pages of which no two readings agreed.
var ErrMoving = errors.New("the list kept moving while it was read; the next run reads it again")

// maxPasses bounds the readings of a walk.
const maxPasses = 8

// overlap is how long before its first page a reading may already lack rows:
// the server's Date is in whole seconds, and not the clock that stamps rows.
const overlap = time.Minute

// passes are the readings of numbered pages.
type passes struct {
	number int
	from   int      // index of the page with which the walk began anew; 0 at first
	now    reading  // under way
	prior  *reading // what it has to agree with; nil for a reading of its own
	older  *reading // the one that the present one disagreed with
}

// A reading goes over numbered pages from the top.
type reading struct {
	index   int // of its first page
	pages   int
	began   time.Time // server time of its first page
	rows    []rowMark
	seen    map[uint64]bool
	twice   bool // a row stood on it twice
	stopped bool // it ended at the slice's StopAt
}

// add takes a page; a row that comes again stands where it was first.
func (r *reading) add(p *Page, rows []rowMark) {
	if r.pages == 0 {
		r.index, r.began, r.seen = p.Index, p.FetchedAt, map[uint64]bool{}
	}
	r.pages++
	for _, row := range rows {
		if row.id == 0 {
			continue
		}
		if r.seen[row.id] {
			r.twice = true
			continue
		}
		r.seen[row.id] = true
		r.rows = append(r.rows, row)
	}
}

// pass decides, behind a numbered page, whether the walk has ended or reads the
// pages once more.
func (w *walk) pass(p *Page) error {
	s := &w.passes
	s.now.add(p, w.env.rows)
	p.From = s.from
	if s.prior != nil {
		switch w.agrees() {
		case undecided:
			return nil
		case yes:
			if s.now.pages == 1 {
				w.next, w.done = Position{}, true
				p.Next, p.Stopped, p.Confirms = w.next, s.prior.stopped, !w.byTime()
				p.Lowest = lowest(s.prior.rows)
				return nil
			}
			// It was long enough to have missed something itself.
			below := slices.DeleteFunc(s.prior.rows, func(r rowMark) bool { return s.now.seen[r.id] })
			s.now.rows, s.now.stopped = append(s.now.rows, below...), s.prior.stopped
			for _, r := range below {
				s.now.seen[r.id] = true
			}
			return w.again(p)
		case no:
			s.from, s.older, s.prior = s.now.index, s.prior, nil
			p.From = s.from
		}
	}
	if !w.done || s.now.pages == 1 || s.older != nil && same(s.older.rows, s.now.rows) {
		return nil
	}
	s.now.stopped = p.Stopped
	return w.again(p)
}

// again begins the next reading.
func (w *walk) again(p *Page) error {
	s := &w.passes
	if s.number++; s.number >= maxPasses {
		return ErrMoving
	}
	prior := s.now
	s.prior, s.now = &prior, reading{}
	w.done, w.next, w.body, w.last = false, Position{Page: 1}, 0, time.Time{}
	clear(w.visited)
	p.Next, p.Stopped = w.next, false
	return nil
}

// byTime reports whether rows come newest first.
func (w *walk) byTime() bool { return w.stream.Time != "" && w.ordered }

// A verdict is whether two readings agree.
type verdict int

const (
	undecided verdict = iota // the overlap is not reached
	yes
	no
)

// agrees compares the reading under way with the one before.
func (w *walk) agrees() verdict {
	now, prior := &w.passes.now, w.passes.prior
	if !w.byTime() {
		n := len(now.rows)
		if prior.twice || n > len(prior.rows) || w.done != (n == len(prior.rows)) || !same(prior.rows[:n], now.rows) {
			return no
		}
		return yes
	}
	since := prior.began.Add(-overlap)
	fresh := map[uint64]bool{}
	var below []rowMark
	for _, r := range now.rows {
		if r.at.Before(since) {
			below = append(below, r)
		} else {
			fresh[r.id] = true
		}
	}
	if len(below) == 0 && !w.done {
		return undecided
	}
	was := slices.DeleteFunc(slices.Clone(prior.rows), func(r rowMark) bool { return fresh[r.id] || !r.at.Before(since) })
	if n := len(below); n > len(was) || w.done && !prior.stopped && n != len(was) || !same(was[:n], below) {
		return no
	}
	return yes
}

// same reports whether rows are the same in the same order.
func same(a, b []rowMark) bool {
	return slices.EqualFunc(a, b, func(x, y rowMark) bool { return x.id == y.id })
}

// lowest is the oldest instant of rows.
func lowest(rows []rowMark) (at time.Time) {
	for _, r := range rows {
		if !r.at.IsZero() && (at.IsZero() || r.at.Before(at)) {
			at = r.at
		}
	}
	return at
}
