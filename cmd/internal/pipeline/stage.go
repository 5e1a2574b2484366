package pipeline

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"fanlake/extract"
	"fanlake/load/runs"
)

// A stage plans one kind of work for every creator. Everybody's slices of a
// stage are read before anybody's of the next, so that a run which ends early
// has done what is worth most; see [convoy] for those who are slow.
type stage struct {
	name string
	// streams are what the stage reads: what an interrupted run had begun of
	// them is gone on with first. Whoever's first stream was read longest ago
	// comes first; without streams the order is that of the stage before.
	streams []string
	of      func(extract.Slice) bool // narrows the slices of streams that are the stage's; nil for all
	plan    func(context.Context, creator) ([]task, error)
	apart   bool // each slice is a lane: one chat never waits for another
	agency  bool // of the account, not of each creator
	unseen  bool // what it plans shows only while reading: no part of a plan
	again   bool // what it read is applied and it plans once more, until it plans nothing
	// after are streams of which the round before has to have read something of a
	// creator; none where it is planned anyway.
	after []string
}

// stages are the rounds of the run.
func (p *planner) stages() [][]stage {
	if p.past != nil {
		return p.pastRounds()
	}
	return p.rounds()
}

// rounds are the stages of a nightly run: money, then people, then chats, then
// content. What a round has read is applied before the next one plans.
func (p *planner) rounds() [][]stage {
	money := []string{"earnings", "reversals"}
	return [][]stage{
		{
			{name: "new money", streams: money, of: isNew, plan: p.money},
			{name: "older money", streams: money, of: isOld, plan: p.missingMoney},
			{name: "figures", streams: []string{"account", "subscriber_counts", "top_spenders"}, plan: p.figures},
		}, {
			{name: "the platform's sums", streams: []string{"earnings_summary_days"}, plan: p.details},
			{name: "lists", streams: []string{"subscribers", "followers"}, plan: p.lists},
			{name: "chats of all creators", plan: p.glances, agency: true},
			{name: "chats", streams: []string{"chats"}, plan: p.chatLists},
		}, {
			{name: "money in doubt", plan: p.followUps, unseen: true, again: true, after: moneyStreams},
			{name: "lists in doubt", plan: p.secondReads, unseen: true, after: []string{"subscribers", "followers"}},
		}, {
			{name: "sums of days in doubt", plan: p.sumsAgain, unseen: true, after: moneyStreams},
		}, {
			{name: "messages", streams: []string{"messages", "message"}, plan: p.messages, apart: true},
			{name: "content", streams: append([]string{"notifications"}, contentStreams...), plan: p.content},
			{name: "the agency", streams: agencyStreams, plan: p.agency, agency: true},
		}, {
			{name: "what belongs to content", streams: append([]string{"fan_insights"}, slices.Sorted(maps.Keys(childStreams))...), plan: p.children},
		},
	}
}

// moneyStreams are those whose rows may leave doubts.
var moneyStreams = []string{"earnings", "reversals", "earnings_summary_days"}

// mostDoubts bounds how often what a second look found is looked at again.
const mostDoubts = 8

// rounds plans and reads until nothing is left that this run should read.
func (s *session) rounds(ctx context.Context) error {
	p := s.planner()
	rounds := p.stages()
	if err := s.recover(ctx, p, rounds); err != nil {
		return err
	}
	creators, err := s.creators(ctx)
	if err != nil {
		return err
	}
	p.isAgency = s.reader.allowed(task{Slice: extract.Slice{Stream: "creators"}})
	p.creators = creators
	if p.refusedGlance, err = s.refusedGlance(); err != nil {
		return err
	}
	if err := newConvoy(s, p, rounds, creators).run(ctx); err != nil {
		return err
	}
	s.sayUnread(p)
	return nil
}

// sayUnread says of streams that were asked for by name, and of which nothing was
// read, why not.
func (s *session) sayUnread(p *planner) {
	for _, name := range s.opts.Streams {
		if s.reader.asked(name) || len(s.lacking[name]) > 0 {
			continue
		}
		st, _ := extract.StreamByName(name)
		why := "the API has nothing to ask for"
		switch {
		case !st.PerCreator() && !p.isAgency:
			why = "the key is no agency's"
		case name == "agency_chats":
			why = "it is read in the place of chats, and chats were not asked for"
		case st.PerChat():
			why = "no chat has changed since its messages were read"
		case st.Parent != "":
			why = "none of the " + strings.ReplaceAll(st.Parent, "_", " ") + " has changed since"
		case name == "fan_insights":
			why = "no fan is known who paid or subscribes"
		case len(p.read) > 0:
			why = "an interrupted run has read it a short while ago"
		}
		s.report.Step("nothing was read of "+name, "why", why)
	}
}

// reads reports whether a slice is one of the stage's.
func (st stage) reads(sl extract.Slice) bool {
	return slices.Contains(st.streams, sl.Stream) && (st.of == nil || st.of(sl))
}

func (s *session) planner() *planner {
	if s.lacking == nil {
		s.lacking = lacking{}
	}
	return &planner{wh: s.wh, surface: s.surface(), lacking: s.lacking, now: s.me.serverTime, cadence: s.Cadence, since: s.opts.Since, full: s.opts.Full, streams: s.wantsStream, named: s.namesStream, failing: s.failing,
		past: s.opts.Backfill}
}

// recover seals what earlier runs had finished, gives up what they had begun
// and is too old to go on with, and goes on with what no stage reads.
func (s *session) recover(ctx context.Context, p *planner, rounds [][]stage) (err error) {
	if s.interrupted, err = s.interruptedRuns(); err != nil {
		return err
	}
	if err := s.dropSealed(); err != nil {
		return err
	}
	for _, js := range s.journal.Slices() {
		st, ok := s.surface().Stream(js.Stream)
		// A place on one surface is none on another.
		if !js.Finished && (!ok || js.Surface.Or() != s.surface() || js.Pages == 0 || s.tooOld(st, js)) {
			if err := s.giveUp(js); err != nil {
				return err
			}
		}
	}
	if err := s.apply(ctx); err != nil {
		return err
	}
	if err := s.noteRead(ctx, p); err != nil {
		return err
	}
	return s.resume(ctx, p, rounds)
}

// resume goes on with what interrupted runs had begun and no stage reads, such
// as the list of creators.
func (s *session) resume(ctx context.Context, p *planner, rounds [][]stage) error {
	var begun []extract.JournalSlice
	for _, js := range s.journal.Slices() {
		of := slices.ContainsFunc(slices.Concat(rounds...), func(st stage) bool { return st.reads(js.Slice) })
		if !of && !js.Finished && p.past == nil && !js.Backfill && s.wantsStream(js.Stream) {
			begun = append(begun, js)
		}
	}
	lanes, err := s.interruptedLanes(begun)
	if err != nil || len(lanes) == 0 {
		return err
	}
	for _, l := range lanes {
		if err := s.reader.readLane(ctx, l, nil); err != nil {
			return err
		}
	}
	if err := s.apply(ctx); err != nil {
		return err
	}
	return s.noteRead(ctx, p)
}

// noteRead tells the planner what the interrupted runs have read, as far as it
// is sealed by now.
func (s *session) noteRead(ctx context.Context, p *planner) (err error) {
	if len(s.interrupted) == 0 {
		return nil
	}
	since := s.me.serverTime.Add(-resumeWithin)
	if p.past != nil {
		since = time.Time{} // a backfill takes days
	}
	p.read, err = s.wh.ReadByRuns(ctx, s.interrupted, since)
	return err
}

// tooOld reports whether a slice's last page is too old to go on behind it.
func (s *session) tooOld(st extract.Stream, js extract.JournalSlice) bool {
	return s.me.serverTime.Add(time.Since(s.began)).Sub(js.Last.FetchedAt) > st.ResumeFor
}

func (s *session) giveUp(js extract.JournalSlice) error {
	return s.journal.Finish(js.ID, false, "interrupted and too old to go on with")
}

// interruptedLanes makes lanes of slices to go on with, those of one creator in
// one lane but each chat in its own. Those that have become too old while the
// stages before were read are given up.
func (s *session) interruptedLanes(begun []extract.JournalSlice) ([]lane, error) {
	var lanes []lane
	index := map[[2]string]int{}
	for _, js := range begun {
		if st, _ := s.surface().Stream(js.Stream); s.tooOld(st, js) {
			if err := s.giveUp(js); err != nil {
				return nil, err
			}
			continue
		}
		t := task{Slice: js.Slice}
		name := [2]string{js.Creator, js.Fan}
		if js.Fan != "" {
			var err error
			if t.fanID, err = s.key.FanID(js.Fan); err != nil {
				return nil, err
			}
		}
		i, known := index[name]
		if !known {
			i = len(lanes)
			index[name], lanes = i, append(lanes, lane{begun: true})
		}
		lanes[i].tasks = append(lanes[i].tasks, t)
	}
	return lanes, nil
}

// interruptedRuns returns the runs behind the last one that had read all that
// was due; of backfills those that were asked for the same.
func (s *session) interruptedRuns() ([]string, error) {
	records, err := runs.Read(s.Dir)
	if err != nil {
		return nil, err
	}
	var ids []string
	for i := len(records) - 1; i >= 0; i-- {
		r := records[i]
		if r.RunID == s.result.RunID || !r.Backfill.Equal(s.opts.Backfill) {
			continue
		}
		if r.Ended && !r.Unread && (r.Status == runs.OK || r.Status == runs.Partial) {
			break
		}
		ids = append(ids, r.RunID)
	}
	return ids, nil
}
