package pipeline

import (
	"cmp"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"time"

	"fanlake/extract"
	"fanlake/load"
)

// A PlannedSlice is a slice that the next run would read.
type PlannedSlice struct {
	Creator  string    `json:"creator,omitempty"` // handle
	Stream   string    `json:"stream"`
	Fan      string    `json:"fan,omitempty"`  // pseudonym of the chat's other side
	Start    time.Time `json:"start,omitzero"` // half open, UTC
	End      time.Time `json:"end,omitzero"`
	Reason   string    `json:"reason"`             // why, the newest part of the window first
	Requests int       `json:"requests"`           // see Plan
	AtLeast  bool      `json:"at_least,omitempty"` // how much there is shows only while reading
}

// A PlanSum sums up the slices of one creator or of one stream.
type PlanSum struct {
	Name     string        `json:"name"` // handle or stream; empty for what is the account's
	Slices   int           `json:"slices"`
	Requests int           `json:"requests"`
	AtLeast  bool          `json:"at_least,omitempty"`
	Duration time.Duration `json:"duration_ns"` // share of the configured limit
}

// A Plan is what the next run would read first. What that tells may ask for
// more: chats that moved, lists whose count moved.
//
// Requests are the pages of the rows that are known to be there. That is what a
// night without news takes; news may take more, and of messages, whose pages
// repeat a row or two, it is the most that the known ones take.
type Plan struct {
	Slices    []PlannedSlice `json:"slices"`
	ByCreator []PlanSum      `json:"by_creator"`
	ByStream  []PlanSum      `json:"by_stream"`
	Requests  int            `json:"requests"` // with two for whose key it is and the list of creators
	AtLeast   bool           `json:"at_least"`
	Duration  time.Duration  `json:"duration_ns"` // share of the configured limit, as of the sums
	Wait      time.Duration  `json:"wait_ns"`     // how long they wait for it; zero while they fit into one window

	Absent map[string]string `json:"absent_streams,omitempty"` // streams that the surface lacks, for some creators or all → why
}

// Plan says what the next run would read, and reads nothing but whose key it is
// and the list of creators.
func (a Account) Plan(ctx context.Context, o SyncOptions, report Reporter) (Plan, error) {
	s := &session{Account: a, opts: o, report: report, began: time.Now()}
	lock, err := acquire(ctx, a.lockFile(), "plan")
	if err != nil {
		return Plan{}, err
	}
	p, err := s.plan(ctx)
	return p, errors.Join(err, lock.release())
}

func (s *session) plan(ctx context.Context) (plan Plan, err error) {
	if err := s.identify(ctx); err != nil {
		return plan, err
	}
	defer func() { err = errors.Join(err, s.requests.Close()) }()
	options := s.loadOptions()
	if s.owner.UUID == "" { // nothing is kept of a plan before the first sync
		if options.Dir, err = os.MkdirTemp("", "fanlake-plan-"); err != nil {
			return plan, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(options.Dir)) }()
	}
	if s.wh, err = load.Open(ctx, options); err != nil {
		return plan, err
	}
	defer func() { err = errors.Join(err, s.wh.Close()) }()
	creators, listed, err := s.planCreators(ctx)
	if err != nil {
		return plan, err
	}
	if err := s.readFailing(); err != nil {
		return plan, err
	}
	p := s.planner()
	p.isAgency, p.creators, p.unread = listed, creators, true
	if p.refusedGlance, err = s.refusedGlance(); err != nil {
		return plan, err
	}
	if s.interrupted, err = s.interruptedRuns(); err != nil {
		return plan, err
	}
	if err := s.noteRead(ctx, p); err != nil {
		return plan, err
	}
	for _, st := range slices.Concat(p.stages()...) {
		if st.unseen {
			continue
		}
		of := creators
		if st.agency {
			of = []creator{{}}
		}
		for _, c := range of {
			tasks, err := st.plan(ctx, c)
			if err != nil {
				return plan, err
			}
			for _, t := range tasks {
				planned, err := s.estimate(ctx, c, t)
				if err != nil {
					return plan, err
				}
				plan.Slices = append(plan.Slices, planned)
			}
		}
	}
	plan.Absent = s.lacking.reasons(s.surface())
	plan.sum(s.Limit)
	return plan, nil
}

// planCreators lists the creators without keeping the answer, and reports whether
// the key has such a list.
func (s *session) planCreators(ctx context.Context) ([]creator, bool, error) {
	st, _ := s.surface().Stream("creators")
	list, err := parseCreators(s.client.Walk(ctx, st, extract.Slice{Stream: st.Name}, nil))
	if err != nil && !errors.Is(err, extract.ErrForbidden) && !errors.Is(err, extract.ErrNotFound) {
		return nil, false, err
	}
	creators, failed := s.choose(ctx, list, err == nil)
	return creators, err == nil, failed
}

// estimate says how many requests the rows of a slice take that are known to be
// there.
func (s *session) estimate(ctx context.Context, c creator, t task) (PlannedSlice, error) {
	planned := PlannedSlice{Creator: c.Handle, Stream: t.Stream, Fan: t.fanID, Start: t.Start, End: t.End, Reason: t.Reason, Requests: 1}
	st, _ := s.surface().Stream(t.Stream)
	if st.Paging == extract.Single {
		return planned, nil
	}
	const row = 1 // that the pages of messages repeat: the last one of each side
	switch t.Stream {
	case "subscriber_counts": // a row a day, however many subscribers
		planned.Requests = pages(int64(t.End.Sub(t.Start)/day), extract.PageSize)
		return planned, nil
	case "earnings", "reversals", "top_spenders", "chats", "messages", "subscribers", "followers":
		known, err := s.wh.KnownRows(ctx, load.RowRange{Stream: t.Stream, Creator: t.Creator, FanID: t.fanID,
			Start: maxTime(t.Start, t.StopAt), End: t.End})
		if t.HeadCount != nil {
			known = *t.HeadCount
		}
		planned.Requests = pages(known, extract.PageSize)
		if t.Stream == "messages" && known > extract.PageSize {
			planned.Requests = 1 + pages(known-extract.PageSize, extract.PageSize-2*row)
		}
		planned.AtLeast = known == 0 && isOld(t.Slice) || slices.Contains([]string{gap, "new chat", "all chats"}, t.Reason) && known == 0
		return planned, err
	}
	planned.AtLeast = true
	return planned, nil
}

func pages(rows, size int64) int { return max(1, int((rows+size-1)/size)) }

// sum adds up the slices, whoever takes most first.
func (p *Plan) sum(limit extract.Limit) {
	share := func(requests int) time.Duration {
		if limit.Requests <= 0 {
			return 0
		}
		return (time.Duration(requests) * limit.Per / time.Duration(limit.Requests)).Round(time.Second / 10)
	}
	add := func(sums []PlanSum, name string, s PlannedSlice) []PlanSum {
		i := slices.IndexFunc(sums, func(o PlanSum) bool { return o.Name == name })
		if i < 0 {
			i = len(sums)
			sums = append(sums, PlanSum{Name: name})
		}
		o := &sums[i]
		o.Slices++
		o.Requests += s.Requests
		o.AtLeast = o.AtLeast || s.AtLeast
		o.Duration = share(o.Requests)
		return sums
	}
	p.ByCreator, p.ByStream = []PlanSum{}, []PlanSum{}
	p.Requests = 2 // whose key it is, and the list of creators
	for _, s := range p.Slices {
		p.ByCreator, p.ByStream = add(p.ByCreator, s.Creator, s), add(p.ByStream, s.Stream, s)
		p.Requests += s.Requests
		p.AtLeast = p.AtLeast || s.AtLeast
	}
	for _, sums := range [][]PlanSum{p.ByCreator, p.ByStream} {
		slices.SortFunc(sums, func(a, b PlanSum) int {
			return cmp.Or(cmp.Compare(b.Requests, a.Requests), strings.Compare(a.Name, b.Name))
		})
	}
	p.Duration = share(p.Requests)
	if limit.Requests > 0 {
		p.Wait = time.Duration((p.Requests-1)/limit.Requests) * limit.Per
	}
}
