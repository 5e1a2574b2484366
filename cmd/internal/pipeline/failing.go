package pipeline

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"fanlake/load"
	"fanlake/load/runs"
)

// failing keeps what belongs to posts, lists, links and folders and could not be
// read. Each costs all attempts of a request, so after a second night it is tried
// again in two days, then in four, then once a week, and stands in every run's
// record until it is read or gone.
type failing struct {
	mu   sync.Mutex
	byID map[failingID]runs.Failing
}

type failingID struct{ stream, creator, parent string }

// mostSpacing is the longest time between two tries.
const mostSpacing = 7 * day

func newFailing(list []runs.Failing) *failing {
	f := &failing{byID: map[failingID]runs.Failing{}}
	for _, e := range list {
		f.byID[failingID{e.Stream, e.Creator, e.Parent}] = e
	}
	return f
}

// failed notes a failure in a run that began at an instant of the server.
func (f *failing) failed(t task, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	id := failingID{t.Stream, t.Creator, t.Parent}
	e, known := f.byID[id]
	if !known {
		e = runs.Failing{Stream: t.Stream, Creator: t.Creator, Parent: t.Parent, Since: now}
	}
	if known && now.Sub(e.Last) < day/2 {
		return // in the same night
	}
	e.Last = now
	if e.Nights++; e.Nights > 1 { // half a day less, so that a run that comes a little earlier is no night late
		e.Next = now.Add(min(day<<min(e.Nights-1, 3), mostSpacing) - day/2)
	}
	f.byID[id] = e
}

// settled forgets what was read, or is gone.
func (f *failing) settled(stream, creator, parent string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.byID, failingID{stream, creator, parent})
}

// waits reports whether a try would come too soon.
func (f *failing) waits(t task, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return now.Before(f.byID[failingID{t.Stream, t.Creator, t.Parent}].Next)
}

// keep forgets what of a creator's stream is not due any more, because what it
// belongs to is gone or as it was.
func (f *failing) keep(stream, creator string, due []load.ParentToRead) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id := range f.byID {
		if id.stream == stream && id.creator == creator && !slices.ContainsFunc(due, func(d load.ParentToRead) bool { return d.ID == id.parent }) {
			delete(f.byID, id)
		}
	}
}

// list is what a run's record keeps.
func (f *failing) list() []runs.Failing {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []runs.Failing
	for _, e := range f.byID {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b runs.Failing) int {
		return cmp.Or(cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.Creator, b.Creator), cmp.Compare(a.Parent, b.Parent))
	})
	return all
}

// readFailing takes over what the newest run's record keeps, but for streams that
// are no longer read.
func (s *session) readFailing() error {
	records, err := runs.Read(s.Dir)
	records = slices.DeleteFunc(records, func(r runs.Run) bool { return r.RunID == s.result.RunID })
	var list []runs.Failing
	if len(records) > 0 {
		list = slices.DeleteFunc(records[len(records)-1].Failing, func(e runs.Failing) bool { return s.offByName(e.Stream) })
	}
	s.failing = newFailing(list)
	return err
}
