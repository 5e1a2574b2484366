package pipeline

import (
	"cmp"
	"context"
	"math"
	"slices"

	"fanlake/extract"
)

// A convoy takes creators through the stages of a run.
//
// Everybody's slices of a stage are read before anybody's of the next: requests
// are what is scarce, and where answers come within patience a few lanes use
// them up. Nobody waits for a creator whose answers take longer. That one goes
// on beside the others from then on, at its own pace: it never holds them up,
// still comes before them where it is behind, and has caught up when the run
// ends. A lane that is waiting for such an answer takes no place in the pool, so
// that those who hang leave the places to those who answer.
//
// Most stages plan from what the ones before have read, which has to be applied
// first. That happens once for all who came to that point together, when none of
// them is reading any more, and for one who is behind as soon as it comes there.
//
// One goroutine plans, applies and hands out lanes, because the warehouse is for
// one; the lanes are read beside it.
type convoy struct {
	s       *session
	p       *planner
	stops   []stop
	members []*member
	left    []extract.JournalSlice // what interrupted runs had begun

	arrived int            // the last stop that anybody came to
	rank    map[string]int // order of the creators there
	reading int            // lanes
	late    chan struct{}  // of capacity 1: an answer is late, or has come after all
	ended   chan *reading
}

// A stop is a stage on the way.
type stop struct {
	stage
	first bool // of a round: plans from what the rounds before have read
}

// A member of a convoy is a creator, or the account itself.
type member struct {
	creator
	account bool // goes to the stages of the account alone
	guest   bool // only what was begun of it is gone on with

	at        int             // the stop
	resumed   bool            // what interrupted runs had begun there is gone on with
	times     int             // how often it was planned for there
	unapplied bool            // pages of it are not applied
	waits     bool            // and what it plans next needs them
	reads     map[string]bool // streams of which something of it was read in this round
	read      map[string]bool // in the round before

	ready []lane
	on    []*reading
	slow  bool // an answer took longer than patience
}

// A reading is a lane that is being read.
type reading struct {
	member *member
	lane   lane
	watch  *watch
	err    error
}

// How many lanes may wait for late answers beside those that take a place in
// the pool, for each of its places.
const lateLanes = 3

func newConvoy(s *session, p *planner, rounds [][]stage, creators []creator) *convoy {
	c := &convoy{s: s, p: p, arrived: -1, rank: map[string]int{}, late: make(chan struct{}, 1), ended: make(chan *reading)}
	for _, round := range rounds {
		for i, st := range round {
			c.stops = append(c.stops, stop{st, i == 0})
		}
	}
	for i, cr := range creators {
		c.members = append(c.members, &member{creator: cr})
		c.rank[cr.ID] = i
	}
	c.members = append(c.members, &member{account: true})
	for _, js := range s.journal.Slices() {
		if js.Finished || js.Backfill != (p.past != nil) || !s.wantsStream(js.Stream) {
			continue
		}
		c.left = append(c.left, js)
		if !slices.ContainsFunc(c.members, func(m *member) bool { return m.ID == js.Creator }) {
			guest := &member{guest: true}
			guest.ID = js.Creator
			c.members = append(c.members, guest)
		}
	}
	for _, m := range c.members {
		m.resumed = len(c.left) == 0
	}
	return c
}

// run returns when every lane has ended: with nil when all is read, else with
// the first error that ends a run. A failed slice is none.
func (c *convoy) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var failed error
	for {
		if failed == nil {
			failed = c.goOn(ctx)
		}
		if failed != nil {
			cancel()
		}
		if c.reading == 0 {
			return failed
		}
		select {
		case <-c.late:
			for _, m := range c.members {
				m.slow = m.slow || slices.ContainsFunc(m.on, func(r *reading) bool { return r.watch.everLate() })
			}
		case r := <-c.ended:
			c.reading--
			c.end(r)
			if failed == nil {
				failed = r.err
			}
		}
	}
}

// goOn plans, applies and begins lanes until one has to end first.
func (c *convoy) goOn(ctx context.Context) error {
	for c.hasPlace() {
		if err := ctx.Err(); err != nil {
			return err
		}
		m := c.next()
		var err error
		switch {
		case m == nil:
			return nil
		case m.waits:
			err = c.apply(ctx)
		case len(m.ready) > 0:
			c.begin(ctx, m)
		case !m.resumed:
			err = c.resume(m)
		default:
			err = c.plan(ctx, m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// hasPlace reports whether another lane may be read.
func (c *convoy) hasPlace() bool {
	busy := 0
	for _, m := range c.members {
		for _, r := range m.on {
			if !r.watch.isLate() {
				busy++
			}
		}
	}
	workers := c.s.workers()
	return busy < workers && c.reading < workers*(1+lateLanes)
}

// place is how far a member has come.
func (m *member) place() int {
	if m.resumed {
		return 2*m.at + 1
	}
	return 2 * m.at
}

func (c *convoy) through(m *member) bool { return m.at >= len(c.stops) }

// front is the place up to which everybody may plan: where the last of those
// who are not slow is.
func (c *convoy) front() int {
	front := math.MaxInt
	for _, m := range c.members {
		if !m.slow && !c.through(m) {
			front = min(front, m.place())
		}
	}
	return front
}

// next returns whoever comes first among those who can go on; nil if none can.
func (c *convoy) next() *member {
	front := c.front()
	var first *member
	for _, m := range c.members {
		switch {
		case c.through(m):
		case len(m.ready) > 0 && slices.ContainsFunc(m.on, func(r *reading) bool { return r.watch.isLate() }): // the others would hang too
		case len(m.ready) == 0 && (len(m.on) > 0 || m.place() > front || m.waits && c.isRead(m.place())):
		case first == nil || c.before(m, first):
			first = m
		}
	}
	return first
}

// before reports whether a comes before b: whoever is further behind, does not
// wait for what was read to be applied, and was read longest ago.
func (c *convoy) before(a, b *member) bool {
	waits := func(m *member) int {
		if m.waits {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(a.place(), b.place()), cmp.Compare(waits(a), waits(b)), cmp.Compare(c.rank[a.ID], c.rank[b.ID])) < 0
}

// isRead reports whether one of those who go together is still read up to a
// place.
func (c *convoy) isRead(place int) bool {
	return slices.ContainsFunc(c.members, func(m *member) bool { return !m.slow && len(m.on) > 0 && m.place() <= place })
}

// apply folds what was read into the warehouse, for everybody.
func (c *convoy) apply(ctx context.Context) error {
	if err := c.s.apply(ctx); err != nil {
		return err
	}
	c.p.asked = asked{}
	for _, m := range c.members {
		m.unapplied, m.waits = false, false
	}
	return c.s.noteRead(ctx, c.p)
}

// arrive does what is done once at a stop: it says so, and orders the creators.
func (c *convoy) arrive(ctx context.Context, at int) error {
	if at <= c.arrived {
		return nil
	}
	c.arrived = at
	st := c.stops[at]
	if len(st.streams) > 0 && !st.agency {
		reads, err := c.p.lastReads(ctx, st.streams[0])
		if err != nil {
			return err
		}
		byRead := slices.Clone(c.members)
		slices.SortStableFunc(byRead, func(a, b *member) int {
			return cmp.Or(cmp.Compare(reads[a.ID], reads[b.ID]), cmp.Compare(c.rank[a.ID], c.rank[b.ID]))
		})
		for i, m := range byRead {
			c.rank[m.ID] = i
		}
	}
	c.s.report.Step("reading " + st.name)
	return nil
}

// resume makes lanes of what interrupted runs had begun of a member at its stop.
func (c *convoy) resume(m *member) (err error) {
	m.resumed = true
	st := c.stops[m.at]
	var begun []extract.JournalSlice
	c.left = slices.DeleteFunc(c.left, func(js extract.JournalSlice) bool {
		mine := js.Creator == m.ID && st.reads(js.Slice)
		if mine {
			begun = append(begun, js)
		}
		return mine
	})
	if len(begun) == 0 {
		return nil
	}
	m.ready, err = c.s.interruptedLanes(begun)
	if len(m.ready) > 0 {
		c.s.report.Step("going on with an interrupted run", "lanes", len(m.ready))
	}
	return err
}

// plan makes lanes of what the stop of a member is to read of it.
func (c *convoy) plan(ctx context.Context, m *member) error {
	st := c.stops[m.at]
	if m.guest || m.account != st.agency || !st.follows(m) || m.times > mostDoubts {
		c.leave(m)
		return nil
	}
	if err := c.arrive(ctx, m.at); err != nil {
		return err
	}
	m.times++
	tasks, err := st.plan(ctx, m.creator)
	if err != nil {
		return err
	}
	switch {
	case len(tasks) == 0:
		c.leave(m)
	case st.apart:
		for _, t := range tasks {
			m.ready = append(m.ready, lane{tasks: []task{t}})
		}
	default:
		m.ready = []lane{{tasks: tasks}}
	}
	return nil
}

// follows reports whether the round before has read of a member what a stage
// looks at again.
func (st stop) follows(m *member) bool {
	return len(st.after) == 0 || slices.ContainsFunc(st.after, func(stream string) bool { return m.read[stream] })
}

// leave takes a member to the next stop.
func (c *convoy) leave(m *member) {
	m.at++
	m.resumed, m.times = len(c.left) == 0, 0
	if !c.through(m) && c.stops[m.at].first {
		m.waits = m.unapplied
		m.read, m.reads = m.reads, nil
	}
}

// begin reads a lane of a member beside the others.
func (c *convoy) begin(ctx context.Context, m *member) {
	l := m.ready[0]
	m.ready = m.ready[1:]
	r := &reading{member: m, lane: l, watch: &watch{changed: c.late}}
	m.on = append(m.on, r)
	c.reading++
	go func() {
		r.err = c.s.reader.readLane(ctx, l, r.watch)
		c.ended <- r
	}()
}

// end takes note of a lane that has ended.
func (c *convoy) end(r *reading) {
	m := r.member
	m.on = slices.DeleteFunc(m.on, func(o *reading) bool { return o == r })
	if r.watch.answers() > 0 {
		m.unapplied = true
		if m.reads == nil {
			m.reads = map[string]bool{}
		}
		for _, t := range r.lane.tasks {
			m.reads[t.Stream] = true
		}
	}
	m.slow = m.slow || r.watch.everLate()
	if len(m.on)+len(m.ready) > 0 {
		return
	}
	switch st := c.stops[m.at]; {
	case m.times == 0, st.again && m.unapplied: // what was begun is planned behind, and a second look may find more
		m.waits = m.unapplied
	default:
		c.leave(m)
	}
}
