package pipeline

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"fanlake/extract"
	"fanlake/load"
	"fanlake/load/checks"
	"fanlake/load/runs"
	"fanlake/transform"
	"fanlake/transform/tables"
)

// SyncOptions narrow a run. The zero value reads all that is due.
type SyncOptions struct {
	RunID    string         // a new ULID; empty for one that the run makes
	Trigger  string         // who asked: manual, schedule, demo
	Streams  []string       // only these, whether they are due or not; empty for all that are
	Creators []string       // only these, by handle, label or uuid; empty for all
	Since    time.Time      // nothing older is planned; zero for everything
	Full     bool           // as if nothing were covered
	Backfill *runs.Backfill // read this stretch of the past, and nothing else; nil for what is new
	Budget   int            // requests to spend at most; 0 for no bound
	Until    time.Time      // nothing is asked from then on, by the local clock; zero for no end
}

// narrow reports whether a run is not to read all that is due.
func (o SyncOptions) narrow() bool {
	return len(o.Streams) > 0 || len(o.Creators) > 0 || !o.Since.IsZero()
}

// A Result is what a run did.
type Result struct {
	runs.Run
	Failed         []FailedSlice       // as far as they are of a stream
	Failures       []error             // slices that failed, creators that were not found
	RefusedStreams map[string][]string // streams that the key may not read → scopes they need
	AbsentStreams  map[string]string   // streams that the surface lacks, for some creators or all → why, for people
	Killed         []string            // earlier runs whose process had ended without a word, since one that told its end
	Unknown        []string            // creators of the configuration whom the key does not read, a sentence each
	Damage         []string            // what an earlier run's journal had lost
	Checks         []checks.Result     // checks with findings
	Findings       []string            // what they found, a sentence each
	Published      bool
}

// A FailedSlice is what could not be read.
type FailedSlice struct{ Stream, Creator, Handle string }

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
	names    map[string]string // what messages call them, by uuid
	result   Result
	progress progress
	lacking  lacking
	failing  *failing
	began    time.Time // by the local clock
	phase    time.Time // when the phase of the run began, by the local clock
	// interrupted are the runs before this one that did not come to read all
	// that was due.
	interrupted []string
}

// Sync reads what is due from the API into the published warehouse.
//
// Errors: ErrLocked, ErrOwner, ErrKey, ErrDiskFull, extract.ErrUnauthorized
// and extract.ErrGone end the run early; ErrPartial and ErrMismatch come with all
// that could be done published; a context's error means interrupted, with what
// was read kept and published.
func (a Account) Sync(ctx context.Context, o SyncOptions, report Reporter) (Result, error) {
	s := &session{Account: a, opts: o, report: report, began: time.Now(), phase: time.Now()}
	if s.result.RunID = o.RunID; o.RunID == "" {
		s.result.RunID = NewRunID()
	}
	lock, err := acquire(ctx, a.lockFile(), s.result.RunID)
	if err != nil {
		return s.result, a.explainFull(err)
	}
	err = s.run(ctx)
	return s.result, a.explainFull(errors.Join(err, a.release(), lock.release()))
}

// NewRunID makes the id of a run. Ids sort by time.
func NewRunID() string { return ulid.MustNew(ulid.Now(), rand.Reader).String() }

func (s *session) run(ctx context.Context) error {
	if err := s.identify(ctx); err != nil {
		return err
	}
	defer s.requests.Close()
	s.took("identify")
	if err := s.begin(ctx); err != nil {
		return s.end(ctx, err, nil)
	}
	s.took("open")
	err := s.rounds(ctx)
	s.took("read")
	err = interruption(ctx, err)
	return s.end(ctx, err, interruption(ctx, s.publish(ctx, err)))
}

// interruption is err, which says of ctx that it has ended: a statement that was
// interrupted does not say by what.
func interruption(ctx context.Context, err error) error {
	if stop := ctx.Err(); stop != nil && err != nil && !errors.Is(err, stop) {
		return fmt.Errorf("%w: %w", stop, err)
	}
	return err
}

// identify asks whose key it is and refuses what does not belong here, before
// anything is written.
func (s *session) identify(ctx context.Context) (err error) {
	if s.owner, err = s.readOwner(); err != nil {
		return err
	}
	if err = s.knowsCreators(ctx); err != nil {
		return err
	}
	if s.requests, err = s.connect(extract.NewBudget(s.opts.Budget, s.opts.Until), s.report); err != nil {
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
			err = errors.Join(err, s.recordRefusal(ctx, err))
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
	if err := s.startRecord(ctx); err != nil {
		return err
	}
	killed, err := s.killed()
	if err != nil {
		return err
	}
	if s.journal, err = extract.OpenJournal(s.Account.journal(), s.result.RunID, s.result.Seq); err != nil {
		return err
	}
	if err := s.recordKilled(killed); err != nil {
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
	s.reader = &reader{client: s.client, surface: s.surface(), journal: s.journal, report: s.report, finished: s.finished, failing: s.failing, now: s.me.serverTime}
	return nil
}

func (s *session) loadOptions() load.Options {
	return load.Options{Dir: s.Dir, Account: s.Name, Owner: s.owner.UUID, KeyFingerprint: s.key.Fingerprint(), ToolVersion: s.ToolVersion,
		MemoryLimit: s.MemoryLimit, Threads: s.Threads, Settings: s.Settings,
		Progress: s.report.Progress}
}

// apply seals what was read and folds it into the private warehouse.
func (s *session) apply(ctx context.Context) error {
	if err := s.noteProgress(); err != nil {
		return err
	}
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

func (s *session) wantsStream(name string) bool {
	if name == "message" { // single messages belong to the stream of messages
		name = "messages"
	}
	if s.opts.Backfill != nil {
		return s.backfills(name)
	}
	if len(s.opts.Streams) > 0 {
		return slices.ContainsFunc(s.opts.Streams, func(asked string) bool {
			st, _ := extract.StreamByName(asked)
			return asked == name || st.Parent == name // comments need the posts that they belong to
		})
	}
	st, _ := extract.StreamByName(name)
	return !s.isOff(st)
}

// namesStream reports whether a run was asked for a stream by name, or for what
// belongs to its rows.
func (s *session) namesStream(name string) bool {
	return s.opts.Backfill == nil && len(s.opts.Streams) > 0 && s.wantsStream(name)
}

func (a Account) offByName(stream string) bool {
	st, _ := extract.StreamByName(stream)
	return a.isOff(st)
}

// isOff reports whether the account does not read a stream: it says so, of the
// stream or of what its rows belong to, or does not ask for one that is optional.
func (a Account) isOff(st extract.Stream) bool {
	often := a.Cadence[st.Name]
	return often == off || st.Optional && often == "" || st.Parent != "" && a.Cadence[st.Parent] == off
}

// removeTempFiles removes what a process that was killed left of the parts and
// small files it was writing, see [durable.Write]. Others remove what they begin
// under names of their own.
func (a Account) removeTempFiles() error {
	var errs []error
	for _, pattern := range []string{"lake/*/*/.*.tmp", ".[0-9]*.tmp", "runs/.[0-9]*.tmp", "state/.[0-9]*.tmp"} {
		names, err := a.glob(pattern)
		errs = append(errs, err)
		for _, name := range names {
			if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) { // it may just have been put in place
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}
