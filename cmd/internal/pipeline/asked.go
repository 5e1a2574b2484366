package pipeline

import (
	"context"
	"strings"

	"fanlake/load"
)

// asked keeps what the warehouse answered, as long as nothing is applied: most
// stages ask for the same.
type asked struct {
	walks   map[string][]load.Walked // by creator
	covered map[string][]load.Interval
	lists   map[string]map[load.SliceKey]load.ListState // by surfaces
	reads   map[string]map[string]int64                 // by stream and creator
	doubts  map[string][]load.Suspect                   // by creator
}

// suspects returns the instants of a creator's earnings that are in doubt.
func (p *planner) suspects(ctx context.Context, creator string) ([]load.Suspect, error) {
	if p.asked.doubts == nil {
		doubts, err := p.wh.Suspects(ctx)
		if err != nil {
			return nil, err
		}
		p.asked.doubts = doubts
	}
	return p.asked.doubts[creator], nil
}

// lastReads returns the run that last read something of a stream completely, by
// creator.
func (p *planner) lastReads(ctx context.Context, stream string) (map[string]int64, error) {
	if p.asked.reads == nil {
		reads, err := p.wh.LastReads(ctx)
		if err != nil {
			return nil, err
		}
		p.asked.reads = reads
	}
	return p.asked.reads[stream], nil
}

func (p *planner) lastWalks(ctx context.Context, creator string) ([]load.Walked, error) {
	if walks, ok := p.asked.walks[creator]; ok {
		return walks, nil
	}
	walks, err := p.wh.LastWalks(ctx, creator)
	if err == nil {
		if p.asked.walks == nil {
			p.asked.walks = map[string][]load.Walked{}
		}
		p.asked.walks[creator] = walks
	}
	return walks, err
}

func (p *planner) coverage(ctx context.Context, stream, creator string, surfaces ...string) ([]load.Interval, error) {
	key := strings.Join(append([]string{stream, creator}, surfaces...), " ")
	if covered, ok := p.asked.covered[key]; ok {
		return covered, nil
	}
	covered, err := p.wh.Coverage(ctx, stream, creator, surfaces...)
	if err == nil {
		if p.asked.covered == nil {
			p.asked.covered = map[string][]load.Interval{}
		}
		p.asked.covered[key] = covered
	}
	return covered, err
}

// listState asks for the lists of all creators at once: each of them comes by.
func (p *planner) listState(ctx context.Context, stream, creator string, surfaces ...string) (load.ListState, error) {
	key := strings.Join(surfaces, " ")
	if _, ok := p.asked.lists[key]; !ok {
		lists, err := p.wh.Lists(ctx, surfaces...)
		if err != nil {
			return load.ListState{}, err
		}
		if p.asked.lists == nil {
			p.asked.lists = map[string]map[load.SliceKey]load.ListState{}
		}
		p.asked.lists[key] = lists
	}
	return p.asked.lists[key][load.SliceKey{Stream: stream, Creator: creator}], nil
}
