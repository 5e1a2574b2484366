package pipeline

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"fanlake/extract"
	"fanlake/load"
	"fanlake/transform"
	"fanlake/transform/tables"
)

// SyncOptions narrow a run. The zero value reads all that is due.
type SyncOptions struct {
	Trigger  string    // who asked: manual, schedule, demo
	Streams  []string  // only these; empty for all
	Creators []string  // only these, by handle or uuid; empty for all
	Since    time.Time // nothing older is planned; zero for everything
	Full     bool      // as if nothing were covered
	Budget   int       // requests to spend at most; 0 for no bound
}

// A Result is what a run did.
type Result struct {
	load.Run
	Failures       []error             // slices that failed, creators that were not found
	RefusedStreams map[string][]string // streams that the key may not read → scopes they need
	AbsentStreams  map[string]string   // streams that the surface lacks, for some creators or all → why, for people
	Damage         []string            // what an earlier run's journal had lost
	Checks         []load.CheckResult  // checks with findings
	Published      bool
}

// Errors that a run ends with beside those of extract. ErrPartial means that
// the rest is published.
var (
	ErrPartial  = errors.New("not everything could be read")
	ErrMismatch = errors.New("a check found a mismatch")
)

// A session is one run.
type session struct {
	Account
	opts     SyncOptions
	report   Reporter
	requests *access
	client   *extract.Client
	journal  *extract.Journal
	wh       *load.Warehouse
	reader   *reader
	sealer   *sealer
	key      transform.Key
	owner    owner
	me       identity
	handles  map[string]string // of creators, by uuid
	result   Result
	lacking  lacking
	read     map[load.SliceKey][]load.Interval // by the run that was interrupted before this one
}

// Sync reads what is due from the API into the published warehouse.
//
// Errors: ErrLocked, ErrOwner, ErrKey, extract.ErrUnauthorized and
// extract.ErrGone end the run early; ErrPartial and ErrMismatch come with all
// that could be done published; a context's error means interrupted, with what
// was read kept and published.
func (a Account) Sync(ctx context.Context, o SyncOptions, report Reporter) (Result, error) {
	s := &session{Account: a, opts: o, report: report}
	s.result.RunID = ulid.MustNew(ulid.Now(), rand.Reader).String()
	lock, err := acquire(a.lockFile(), s.result.RunID)
	if err != nil {
		return s.result, err
	}
	err = s.run(ctx)
	return s.result, errors.Join(err, lock.release())
}

func (s *session) run(ctx context.Context) error {
	if err := s.identify(ctx); err != nil {
		return err
	}
	defer s.requests.Close()
	if err := s.begin(ctx); err != nil {
		return s.end(err, nil)
	}
	err := s.rounds(ctx)
	if stop := ctx.Err(); stop != nil && err != nil && !errors.Is(err, stop) {
		err = fmt.Errorf("%w: %w", stop, err) // a statement that was interrupted does not say by what
	}
	return s.end(err, s.publish(ctx, err))
}

// identify asks whose key it is and refuses what does not belong here, before
// anything is written.
func (s *session) identify(ctx context.Context) (err error) {
	if s.owner, err = s.readOwner(); err != nil {
		return err
	}
	if s.requests, err = s.connect(s.opts.Budget, s.report); err != nil {
		return err
	}
	s.client = &extract.Client{Doer: s.requests, BaseURL: s.BaseURL, Prefix: s.surface().Prefix()}
	if s.owner.UUID != "" { // a key that is missing or another is known without a request
		if s.key, _, err = s.pseudonymKey(s.owner); err != nil {
			return err
		}
	}
	if s.me, err = whoami(ctx, s.client); err != nil {
		if s.owner.UUID != "" && s.result.RunID != "" { // a plan is no run
			err = errors.Join(err, s.recordRefusal(err))
		}
		return errors.Join(err, s.requests.Close())
	}
	if err = s.checkOwner(s.owner, s.me); err != nil {
		return errors.Join(err, s.requests.Close())
	}
	return nil
}

// begin opens what the run writes to and takes up what an earlier run left.
func (s *session) begin(ctx context.Context) (err error) {
	var created bool
	if s.key, created, err = s.pseudonymKey(s.owner); err != nil {
		return err
	}
	if s.owner.UUID == "" {
		if s.owner, err = s.writeOwner(s.me, s.key); err != nil {
			return err
		}
	}
	if created {
		s.report.Step("pseudonym key created; back it up apart from the data", "where", s.Key.String())
	}
	if err := s.startRecord(); err != nil {
		return err
	}
	if s.journal, err = extract.OpenJournal(s.Account.journal(), s.result.RunID, s.result.Seq); err != nil {
		return err
	}
	s.result.Damage = s.journal.Damage()
	for _, d := range s.result.Damage {
		s.report.Step("journal damaged; what it lost is read again", "where", d)
	}
	s.wh, err = load.Open(ctx, s.loadOptions())
	if err != nil {
		return err
	}
	if why := s.wh.Rebuilt(); why != "" {
		s.report.Step("warehouse rebuilt from the lake", "why", why)
	}
	s.sealer = &sealer{journal: s.journal, lake: s.lake(), key: s.key, keep: s.KeepText, last: time.Now(), footer: tables.Footer{
		Account: s.Name, Owner: s.owner.UUID, KeyFingerprint: s.key.Fingerprint(), APIVersion: s.APIVersion, Surface: string(s.surface()),
		RunID: s.result.RunID, RunSeq: s.result.Seq, SealedAt: s.me.serverTime, ToolVersion: s.ToolVersion}}
	s.reader = &reader{client: s.client, surface: s.surface(), journal: s.journal, report: s.report, workers: s.workers(), finished: s.sealer.ifDue}
	return nil
}

func (s *session) loadOptions() load.Options {
	return load.Options{Dir: s.Dir, Account: s.Name, Owner: s.owner.UUID, KeyFingerprint: s.key.Fingerprint(), ToolVersion: s.ToolVersion,
		MemoryLimit: s.MemoryLimit, Threads: s.Threads, Settings: s.Settings,
		Progress: s.report.Progress}
}

// rounds plans and reads until nothing is left that this run should read.
func (s *session) rounds(ctx context.Context) error {
	if err := s.recover(ctx); err != nil {
		return err
	}
	creators, err := s.creators(ctx)
	if err != nil {
		return err
	}
	p := s.planner()
	p.isAgency = s.reader.allowed(task{Slice: extract.Slice{Stream: "creators"}})
	agency := []creator{{}}
	for _, round := range [][]stage{
		{{name: "what changed", plan: p.signals}},
		{{name: "details", plan: p.details}, {name: "messages", plan: p.messages, apart: true}, {name: "content", plan: p.content},
			{name: "the agency", plan: p.agency, agency: true}},
		{{name: "doubts", plan: p.followUps}, {name: "lists in doubt", plan: p.secondReads}, {name: "what belongs to content", plan: p.children}},
	} {
		for _, st := range round {
			s.report.Step("reading " + st.name)
			of := creators
			if st.agency {
				of = agency
			}
			if err := s.reader.readAll(ctx, st.lanes(ctx, of)); err != nil {
				return err
			}
		}
		if err := s.apply(ctx); err != nil {
			return err
		}
	}
	return nil
}

// A stage plans one kind of work for every creator.
type stage struct {
	name   string
	plan   func(context.Context, creator) ([]task, error)
	apart  bool // each slice is a lane: one chat never waits for another
	agency bool // of the account, not of each creator
}

// lanes plans creator by creator, while earlier ones are read already.
func (st stage) lanes(ctx context.Context, creators []creator) iter.Seq2[lane, error] {
	return func(yield func(lane, error) bool) {
		for _, c := range creators {
			tasks, err := st.plan(ctx, c)
			if err != nil || !st.apart {
				if !yield(tasks, err) {
					return
				}
				continue
			}
			for _, t := range tasks {
				if !yield(lane{t}, nil) {
					return
				}
			}
		}
	}
}

func (s *session) planner() *planner {
	if s.lacking == nil {
		s.lacking = lacking{}
	}
	return &planner{wh: s.wh, surface: s.surface(), lacking: s.lacking, now: s.me.serverTime, cadence: s.Cadence, since: s.opts.Since, full: s.opts.Full, streams: s.wantsStream,
		read: s.read}
}

// apply seals what was read and folds it into the private warehouse.
func (s *session) apply(ctx context.Context) error {
	if err := s.sealer.all(ctx); err != nil {
		return err
	}
	applied, err := s.wh.Apply(ctx)
	if err != nil {
		return err
	}
	s.result.RowsLoaded += applied.Rows
	return nil
}

// recover seals what earlier runs had finished, goes on with what they had
// begun, and gives up what is too old to go on with.
func (s *session) recover(ctx context.Context) error {
	interrupted, err := s.interruptedRuns()
	if err != nil {
		return err
	}
	lanes, err := s.interruptedSlices()
	if err != nil {
		return err
	}
	if len(lanes) > 0 {
		s.report.Step("going on with an interrupted run", "lanes", len(lanes))
	}
	if err := s.reader.resumeAll(ctx, lanes); err != nil {
		return err
	}
	if err := s.apply(ctx); err != nil {
		return err
	}
	if len(interrupted) > 0 {
		since := s.me.serverTime.Add(-resumeWithin)
		// What this run sealed until now was read by those before it.
		s.read, err = s.wh.ReadByRuns(ctx, append(interrupted, s.result.RunID), since)
	}
	return err
}

// interruptedSlices returns the slices to go on with, those of one creator in
// one lane but each chat in its own, and gives up the others.
func (s *session) interruptedSlices() ([]lane, error) {
	var lanes []lane
	index := map[[2]string]int{}
	for _, js := range s.journal.Slices() {
		if js.Finished {
			continue
		}
		st, ok := s.surface().Stream(js.Stream)
		age := s.me.serverTime.Sub(js.Last.FetchedAt)
		// A place on one surface is none on another.
		if !ok || js.Surface.Or() != s.surface() || js.Pages == 0 || age > st.ResumeFor || !s.wantsStream(js.Stream) {
			if err := s.journal.Finish(js.ID, false, "interrupted and too old to go on with"); err != nil {
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
			index[name], lanes = i, append(lanes, nil)
		}
		lanes[i] = append(lanes[i], t)
	}
	return lanes, nil
}

// interruptedRuns returns the runs behind the last one that had read all that
// was due.
func (s *session) interruptedRuns() ([]string, error) {
	runs, err := load.ReadRuns(s.Dir)
	if err != nil {
		return nil, err
	}
	var ids []string
	for i := len(runs) - 1; i >= 0; i-- {
		r := runs[i]
		if r.RunID == s.result.RunID {
			continue
		}
		if r.Ended && !r.Unread && (r.Status == load.RunOK || r.Status == load.RunPartial) {
			break
		}
		ids = append(ids, r.RunID)
	}
	return ids, nil
}

func (s *session) wantsStream(name string) bool {
	if name == "message" { // single messages belong to the stream of messages
		name = "messages"
	}
	if len(s.opts.Streams) > 0 {
		return slices.Contains(s.opts.Streams, name)
	}
	st, _ := extract.StreamByName(name)
	return s.Cadence[name] != off && (!st.Optional || s.Cadence[name] != "")
}

// removeTempFiles removes what a killed run left beside the lake's parts.
func (a Account) removeTempFiles() error {
	names, err := filepath.Glob(filepath.Join(a.lake(), "*", "*", ".*.tmp"))
	for _, name := range names {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}
