package pipeline

import (
	"context"
	"errors"
	"os"
	"time"

	"fanlake/extract"
	"fanlake/load"
)

// A PlannedSlice is a slice that the next run would read.
type PlannedSlice struct {
	Creator  string    `json:"creator,omitempty"` // handle
	Stream   string    `json:"stream"`
	Start    time.Time `json:"start,omitzero"` // half open, UTC
	End      time.Time `json:"end,omitzero"`
	Reason   string    `json:"reason"`
	Requests int       `json:"requests"`           // expected
	AtLeast  bool      `json:"at_least,omitempty"` // the number is a lower bound: how much there is shows while reading
}

// A Plan is what the next run would read first. What that tells may ask for
// more: chats that moved, lists whose count moved.
type Plan struct {
	Slices   []PlannedSlice    `json:"slices"`
	Resumed  int               `json:"resumed_slices"` // interrupted slices that are gone on with first
	Requests int               `json:"requests"`
	AtLeast  bool              `json:"at_least"`
	Absent   map[string]string `json:"absent_streams,omitempty"` // streams that the surface lacks, for some creators or all → why
	Duration time.Duration     `json:"duration_ns"`              // at the configured limit
}

// Plan says what the next run would read, and reads nothing but whose key it is
// and the list of creators.
func (a Account) Plan(ctx context.Context, o SyncOptions, report Reporter) (Plan, error) {
	s := &session{Account: a, opts: o, report: report}
	lock, err := acquire(a.lockFile(), "plan")
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
	creators, err := s.planCreators(ctx)
	if err != nil {
		return plan, err
	}
	p := s.planner()
	for _, c := range creators {
		for _, stage := range []func(context.Context, creator) ([]task, error){p.signals, p.details, p.messages, p.content} {
			tasks, err := stage(ctx, c)
			if err != nil {
				return plan, err
			}
			for _, t := range tasks {
				plan.add(c, t)
			}
		}
	}
	plan.Absent = s.lacking.reasons(s.surface())
	plan.Requests += 2 // whose key it is, and the list of creators
	if s.Limit.Requests > 0 {
		windows := (plan.Requests - 1) / s.Limit.Requests
		plan.Duration = time.Duration(windows) * s.Limit.Per
	}
	return plan, nil
}

// planCreators lists the creators without keeping the answer.
func (s *session) planCreators(ctx context.Context) ([]creator, error) {
	st, _ := s.surface().Stream("creators")
	list, err := parseCreators(s.client.Walk(ctx, st, extract.Slice{Stream: st.Name}, nil))
	if err != nil && !errors.Is(err, extract.ErrForbidden) && !errors.Is(err, extract.ErrNotFound) {
		return nil, err
	}
	return s.choose(ctx, list, err == nil)
}

func (p *Plan) add(c creator, t task) {
	planned := PlannedSlice{Creator: c.Handle, Stream: t.Stream, Start: t.Start, End: t.End, Reason: t.Reason, Requests: 1}
	pages := func(rows int64) int { return max(1, int((rows+extract.PageSize-1)/extract.PageSize)) }
	switch {
	case t.HeadCount != nil:
		planned.Requests = pages(*t.HeadCount)
	case t.Stream == "subscriber_counts": // a row a day
		planned.Requests = pages(int64(t.End.Sub(t.Start) / day))
	case t.Reason == "first read", t.Reason == "full read", t.Reason == "all chats", t.Reason == "new chat", t.Reason == "gap":
		st, _ := extract.StreamByName(t.Stream)
		planned.AtLeast = st.Paging != extract.Single
	}
	p.Slices = append(p.Slices, planned)
	p.Requests += planned.Requests
	p.AtLeast = p.AtLeast || planned.AtLeast
}
