package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fanlake/extract"
	"fanlake/load/runs"
	"fanlake/transform"
	"fanlake/transform/tables"
)

// closing bounds what an interrupted run may still take to keep and publish
// what it has read.
const closing = 20 * time.Second

// startRecord gives the run its sequence number and writes its record.
func (s *session) startRecord(ctx context.Context) (err error) {
	if s.result.Seq, err = s.nextSeq(); err != nil {
		return err
	}
	s.result.Run = runs.Run{RunID: s.result.RunID, Seq: s.result.Seq, Account: s.Name, StartedAt: s.began.UTC().Round(0),
		Status: runs.Started, Trigger: s.opts.Trigger, Backfill: s.opts.Backfill, Narrowed: s.opts.narrow(), Full: s.opts.Full, ToolVersion: s.ToolVersion, APIVersion: s.APIVersion,
		Surface: string(s.surface()), ServerTime: s.me.serverTime, TookMS: s.result.TookMS}
	if err := s.readFailing(); err != nil {
		return err
	}
	s.result.Failing = s.failing.list()
	if err := s.knowKey(ctx); err != nil {
		return err
	}
	if err := s.removeTempFiles(); err != nil {
		return err
	}
	if !s.KeepRuns.IsZero() {
		removed, err := runs.Prune(s.Dir, s.KeepRuns)
		if err != nil {
			return err
		}
		if removed > 0 {
			s.report.Step("run records removed that are older than retention.runs", "runs", removed)
		}
	}
	s.count(&s.result.Run) // who asks whose key it is has asked
	s.result.Streams = s.requests.byStream()
	s.progress.run = s.result.Run
	if err := s.reserve(s.result.Run); err != nil {
		return err
	}
	return runs.Write(s.Dir, s.result.Run)
}

// nextSeq is a sequence number above those of all runs of which anything is
// left: a row's version begins with it, so none is given twice, also where a
// run's record was lost or moved away.
func (a Account) nextSeq() (int64, error) {
	next, err := runs.NextSeq(a.Dir)
	if err != nil {
		return 0, err
	}
	records, err := runs.Read(a.Dir)
	if err != nil {
		return 0, err
	}
	recorded := map[string]bool{}
	for _, r := range records {
		recorded[r.RunID] = true
	}
	pruned := runs.PrunedTo(a.Dir)
	if len(records) == 0 {
		pruned = "" // then more was lost than was removed
	}
	parts, err := a.glob("lake/*/*/*.parquet")
	if err != nil {
		return 0, err
	}
	for _, path := range parts {
		id := filepath.Base(path)
		run := id[:max(0, strings.LastIndexByte(id, '-'))]
		if recorded[run] || run <= pruned {
			continue
		}
		// What is no part of fanlake any more is for load to complain of.
		if f, err := readFooter(path); err == nil {
			next = max(next, f.RunSeq+1)
		}
	}
	left, err := a.glob("journal/*")
	for _, dir := range left {
		if !recorded[filepath.Base(dir)] {
			next++ // a run that sealed nothing
		}
	}
	return next, err
}

func readFooter(path string) (tables.Footer, error) {
	f, err := os.Open(path)
	if err != nil {
		return tables.Footer{}, err
	}
	defer f.Close()
	return transform.ReadFooter(f)
}

// recordRefusal notes a run that got no further than asking whose key it is, so
// that status knows of it.
func (s *session) recordRefusal(ctx context.Context, why error) error {
	if err := s.startRecord(ctx); err != nil {
		return err
	}
	return s.writeRecord(ctx, why)
}

// publish brings what was read into the published warehouse, also behind an
// interruption, a spent budget or a refusal: what was paid for is shown. stop
// is why reading ended.
func (s *session) publish(ctx context.Context, stop error) error {
	if ctx.Err() != nil {
		c, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
		defer cancel()
		ctx = c
	}
	var broken journalError
	if errors.As(stop, &broken) {
		return nil // the disk does not take any more
	}
	if err := s.apply(ctx); err != nil {
		return err
	}
	s.took("apply")
	s.summarize()
	if err := s.writeRecord(ctx, s.outcome(stop)); err != nil {
		return err
	}
	checks, err := s.wh.Finish(ctx)
	s.took("marts and checks")
	if err != nil {
		return err
	}
	for _, c := range checks {
		if c.Failures > 0 {
			s.result.Checks = append(s.result.Checks, c)
			s.result.Findings = append(s.result.Findings, finding(c, s.names))
		}
	}
	if len(s.result.Findings) > 0 { // what the program ends with is another now
		if err := errors.Join(s.writeRecord(ctx, s.outcome(stop)), s.wh.FinishRuns(ctx)); err != nil {
			return err
		}
	}
	s.result.Published, err = s.wh.Publish(ctx)
	s.took("publish")
	return err
}

// took notes how long a phase of the run took, which ends now.
func (s *session) took(phase string) {
	if s.result.TookMS == nil {
		s.result.TookMS = map[string]int64{}
	}
	now := time.Now()
	s.result.TookMS[phase] += now.Sub(s.phase).Milliseconds()
	s.phase = now
}

// summarize counts what the run did.
func (s *session) summarize() {
	r := &s.result
	r.Failures, r.Failed = nil, nil
	r.RefusedStreams, r.AbsentStreams = s.reader.refused()
	for name, why := range s.lacking.reasons(s.surface()) {
		r.AbsentStreams[name] = why
	}
	for _, f := range s.reader.failures {
		r.Failures = append(r.Failures, f.error(s.names))
		r.Failed = append(r.Failed, FailedSlice{f.Stream, f.Creator, s.handles[f.Creator]})
	}
	r.Rejects = 0
	for _, n := range s.sealer.rejects() {
		r.Rejects += n
	}
	for _, d := range s.sealer.drift {
		r.Drift = append(r.Drift, runs.Drift{Table: d.Table, Path: d.Path, Type: d.Type, Count: d.Count})
	}
	r.Failing = s.failing.list()
	r.Streams = s.byStream()
	skip := func(name, why string) {
		st := r.Streams[name]
		st.Skipped = why
		r.Streams[name] = st
	}
	for name, scopes := range r.RefusedStreams {
		skip(name, fmt.Sprintf("not permitted for this key; needs %v", scopes))
	}
	for name, why := range r.AbsentStreams {
		skip(name, why)
	}
	for _, f := range s.reader.failures {
		st := r.Streams[f.Stream]
		st.Failed++
		r.Streams[f.Stream] = st
	}
}

// error names what failed: a creator as messages do where it is known, a fan by
// pseudonym.
func (f failure) error(names map[string]string) error {
	where := f.Stream
	if f.Creator != "" {
		where += " of creator " + cmp.Or(names[f.Creator], f.Creator)
	}
	if f.Fan != "" {
		where += ", chat " + f.Fan
	}
	return fmt.Errorf("%s: %w", where, f.Err)
}

// outcome is what the run ends with: why it stopped, or what is missing.
func (s *session) outcome(stop error) error {
	down := errors.Is(stop, extract.ErrUnavailable)
	if s.result.Unread = errors.Is(stop, extract.ErrBudget) || down; stop != nil && !s.result.Unread {
		return stop
	}
	var partial []error
	if down {
		partial = append(partial, fmt.Errorf("%w: %w; the next run goes on there", ErrPartial, stop))
	}
	if n := len(s.result.Failures); n > 0 {
		partial = append(partial, fmt.Errorf("%w: %s failed%s; the next run reads them again", ErrPartial, count(n, "slice"), s.ofWhom()))
	}
	if s.result.Rejects > 0 {
		partial = append(partial, fmt.Errorf("%w: %s could not be typed; fanlake rejects lists why", ErrPartial, count(int(s.result.Rejects), "row")))
	}
	for _, name := range slices.Sorted(maps.Keys(s.result.RefusedStreams)) {
		if slices.Contains(s.opts.Streams, name) {
			partial = append(partial, fmt.Errorf("%w: the key may not read %s; it needs %v", ErrPartial, name, s.result.RefusedStreams[name]))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.result.AbsentStreams)) {
		if slices.Contains(s.opts.Streams, name) {
			partial = append(partial, fmt.Errorf("%w: stream %s: %s", ErrPartial, name, s.result.AbsentStreams[name]))
		}
	}
	var mismatch error
	if n := len(s.result.Findings); n > 0 {
		mismatch = fmt.Errorf("%w: %s", ErrMismatch, s.result.Findings[0])
		if n > 1 {
			mismatch = fmt.Errorf("%w; and %d others, see meta.checks", mismatch, n-1)
		}
	}
	return errors.Join(errors.Join(partial...), mismatch)
}

// ofWhom names the creators whose slices failed, as far as a line has room.
func (s *session) ofWhom() string {
	var handles []string
	for _, f := range s.reader.failures {
		if f.Creator != "" {
			handles = append(handles, cmp.Or(s.names[f.Creator], f.Creator))
		}
	}
	slices.Sort(handles)
	handles = slices.Compact(handles)
	const room = 5
	more := ""
	if len(handles) > room {
		handles, more = handles[:room], fmt.Sprintf(" and %d others", len(handles)-room)
	}
	if len(handles) == 0 {
		return ""
	}
	return ", of " + strings.Join(handles, ", ") + more
}

// count writes a number with its noun: "1 slice", "2 slices".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// end closes what is open and writes the run's record for good. stop is why
// reading ended, failed what went wrong with publishing.
func (s *session) end(ctx context.Context, stop, failed error) error {
	var errs []error
	if s.wh != nil {
		errs = append(errs, s.wh.Close())
	}
	if s.journal != nil {
		errs = append(errs, s.journal.Close())
	}
	out := errors.Join(failed, s.outcome(stop))
	if err := errors.Join(errs...); err != nil {
		out = errors.Join(out, fmt.Errorf("%w: %w", errUnclosed, err))
	}
	if s.result.Seq == 0 {
		return s.explainFull(out)
	}
	s.result.Ended = !errors.Is(out, errUnclosed)
	err := s.closeRecord(ctx, s.explainFull(out))
	if isFull(err) {
		if err = s.release(); err == nil {
			err = s.closeRecord(ctx, s.explainFull(out))
		}
	}
	return s.explainFull(errors.Join(out, err))
}

// errUnclosed says that what was read may not be in the warehouse for good.
var errUnclosed = errors.New("the run could not be closed")

// writeRecord writes the run's record as of now; its status follows from why
// the run ends.
func (s *session) writeRecord(ctx context.Context, why error) error {
	r := &s.result.Run
	r.FinishedAt = time.Now().UTC()
	s.count(r)
	if s.ExitStatus != nil {
		status := s.ExitStatus(ctx, why)
		r.ExitStatus = &status
	}
	r.Status, r.Error = judge(why)
	return runs.Write(s.Dir, *r)
}

// count brings into a record what the run has spent and heard so far.
func (s *session) count(r *runs.Run) {
	spent := s.requests.spent()
	r.Requests, r.Refused, r.Foreign, r.Bytes = spent.requests, spent.refused, spent.foreign, spent.bytes
	r.WaitMS, r.WaitsMS = 0, map[string]int64{}
	for reason, d := range spent.waited {
		r.WaitMS += d.Milliseconds()
		r.WaitsMS[reason] = d.Milliseconds()
	}
	r.Lifecycle = s.requests.announcements()
	if s.journal != nil {
		r.Pages = s.journal.Kept()
	}
}

// closeRecord writes the record of a run that has ended. What the warehouse
// holds of the run stays as it is, unless the end was another than expected.
func (s *session) closeRecord(ctx context.Context, why error) error {
	if status, text := judge(why); status != s.result.Status || text != s.result.Error {
		return s.writeRecord(ctx, why)
	}
	return runs.Write(s.Dir, s.result.Run)
}

// judge says what a run that ended with an error is called. A mismatch is no
// fault of the run: it stands in meta.checks.
func judge(why error) (status, text string) {
	switch {
	case why == nil, errors.Is(why, extract.ErrBudget), onlyMismatch(why):
		return runs.OK, ""
	case errors.Is(why, context.Canceled): // a deadline is the network's
		status = runs.Interrupted
	case errors.Is(why, ErrDiskFull), errors.Is(why, errUnclosed):
		status = runs.Failed
	case errors.Is(why, ErrPartial):
		status = runs.Partial
	default:
		status = runs.Failed
	}
	return status, why.Error()
}

func onlyMismatch(err error) bool { return errors.Is(err, ErrMismatch) && !errors.Is(err, ErrPartial) }
