package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"fanlake/load"
	"fanlake/load/runs"
)

// A Status is whether everything of an account is fresh and, if not, what to do.
type Status struct {
	Account     string           `json:"account"`
	Owner       string           `json:"owner,omitempty"`
	LastRun     *runs.Run        `json:"last_run,omitempty"`
	Running     bool             `json:"running"`               // a run is under way
	LastSuccess time.Time        `json:"last_success,omitzero"` // end of the last run that read all that was due, see [runs.Run.Complete]
	PublishedAt time.Time        `json:"published_at,omitzero"` // when the warehouse last changed
	KeySince    time.Time        `json:"key_since,omitzero"`    // first run with the API key in use
	Creators    []load.Freshness `json:"creators"`              // as published, and as a later run found that there was nothing new
	Stale       []string         `json:"stale"`                 // what of the data is too old, by creator
	Attention   []string         `json:"attention"`             // what is not as it should be, with the next step
}

// Status reads the run records first, then the published warehouse, so it knows
// of runs that never published. It takes no lock and asks the API nothing.
func (a Account) Status(ctx context.Context) (Status, error) {
	s := Status{Account: a.Name, Creators: []load.Freshness{}, Stale: []string{}, Attention: []string{}}
	now := time.Now()
	o, err := a.readOwner()
	if err != nil {
		return s, err
	}
	s.Owner = o.UUID
	records, running, err := witness(ctx, func() ([]runs.Run, error) { return runs.Read(a.Dir) }, a.holder)
	if err != nil {
		return s, err
	}
	if len(records) == 0 {
		s.Attention = append(s.Attention, "nothing was read yet; run fanlake sync")
		s.Stale = append(s.Stale, "nothing was read yet")
		return s, nil
	}
	s.Running, s.LastRun = running, &records[len(records)-1]
	for _, r := range records {
		if r.Complete() {
			s.LastSuccess = r.FinishedAt
		}
	}
	s.attendRun(*s.LastRun)
	s.attendLifecycle(records)
	s.attendBackfill(records)
	s.attendAge(now, a.staleAfter())
	s.attendKey(a, records, now)
	current, err := load.CurrentFile(a.Published())
	if err != nil {
		return s, err
	}
	info, err := os.Stat(current)
	if errors.Is(err, os.ErrNotExist) {
		s.Attention = append(s.Attention, "nothing is published yet; the first sync publishes at its end")
		s.Stale = append(s.Stale, "nothing is published yet")
		return s, nil
	}
	if err != nil {
		return s, err
	}
	s.PublishedAt = info.ModTime().UTC()
	if s.Creators, err = load.ReadFreshness(ctx, a.Published()); err != nil {
		return s, err
	}
	s.confirm(a, records)
	s.attendCreators(a, age(records, now))
	s.attendNames(a)
	return s, nil
}

// witness returns the run records, and whether a run has the data directory. The
// newest record says that its run was killed if it was, which the next run
// writes down: holder, which says who has the directory, is asked behind the
// records, and where it is not that run these are read again. A run writes its
// end before it lets the directory go, so one that has gone since has its end in
// its record by then, and one that began since has a record of its own or is the
// holder.
func witness(ctx context.Context, read func() ([]runs.Run, error), holder func() (runID string, held bool)) (records []runs.Run, running bool, err error) {
	for {
		before := records
		if records, err = read(); err != nil || len(records) == 0 {
			return records, false, err
		}
		newest := &records[len(records)-1]
		dead := wasKilled(*newest)
		if dead && len(before) > 0 && before[len(before)-1].RunID == newest.RunID {
			newest.Status, newest.ExitStatus = runs.Killed, nil
			return records, running, nil
		}
		var id string
		id, running = holder()
		if !dead || running && (id == "" || id == newest.RunID) {
			return records, running, nil
		}
		if ctx.Err() != nil {
			return nil, false, context.Cause(ctx)
		}
	}
}

func (a Account) staleAfter() time.Duration {
	if a.StaleAfter > 0 {
		return a.StaleAfter
	}
	return 48 * time.Hour
}

// wasKilled reports whether a run that is the newest, and is not under way, ended
// without a word: while it read, or before what it had read was published.
func wasKilled(r runs.Run) bool {
	return r.Status == runs.Started || !r.Ended && (r.Status == runs.OK || r.Status == runs.Partial)
}

func (s *Status) attendRun(r runs.Run) {
	note := func(format string, args ...any) { s.Attention = append(s.Attention, fmt.Sprintf(format, args...)) }
	status := r.Status
	if s.Running && wasKilled(r) {
		status = runs.Started
	}
	switch status {
	case runs.Started:
		note("run %s is under way since %s", r.RunID, r.StartedAt.Format(time.RFC3339))
	case runs.Killed:
		note("run %s was killed; %s", r.RunID, goOn(r))
	case runs.Interrupted:
		note("run %s was interrupted; %s", r.RunID, goOn(r))
	case runs.Failed:
		note("run %s failed: %s", r.RunID, oneLine(r.Error))
		note("once that is settled, %s", goOn(r))
	case runs.Partial:
		note("run %s is partial: %s", r.RunID, oneLine(r.Error))
	}
	if r.Unread && r.Backfill == nil {
		note("run %s was stopped by --budget or --until before everything was read; %s", r.RunID, goOn(r))
	}
	for name, st := range r.Streams {
		if st.Skipped != "" {
			note("stream %s was skipped: %s", name, st.Skipped)
		}
	}
	for i, f := range r.Failing {
		const room = 5
		if i == room {
			note("%d others of the same kind; see failing in runs/%s.json", len(r.Failing)-room, r.RunID)
			break
		}
		next := "the next run tries again"
		if !f.Next.IsZero() {
			next = fmt.Sprintf("the next try is due on %s, or now with fanlake sync --stream %s", f.Next.Format(time.DateOnly), f.Stream)
		}
		note("%s of %s could not be read since %s, in %s; %s", f.Stream, f.Parent, f.Since.Format(time.DateOnly), count(f.Nights, "night"), next)
	}
	for _, d := range r.Drift {
		note("the API sends %s in %s (%s), which this version does not know; it is kept in _extra", d.Path, d.Table, d.Type)
	}
}

// goOn is how a run that did not come to its end is gone on with.
func goOn(r runs.Run) string {
	switch {
	case r.Full && r.Narrowed:
		return "run fanlake sync --full for the same creators and streams again: a plain sync leaves out what is left of a full reading"
	case r.Full:
		return "run fanlake sync --full again: a plain sync leaves out what is left of a full reading"
	}
	return "run fanlake sync, it goes on where that one stopped"
}

// attendLifecycle notes what the API announced of its version, until a run that
// was answered hears nothing of it any more.
func (s *Status) attendLifecycle(records []runs.Run) {
	for _, r := range slices.Backward(records) {
		for _, l := range r.Lifecycle {
			s.Attention = append(s.Attention, fmt.Sprintf("the API announces %s: %s; look for a newer version of fanlake", l.Header, l.Value))
		}
		if len(r.Lifecycle) > 0 || !r.ServerTime.IsZero() && r.Status != runs.Started && r.Status != runs.Killed {
			return
		}
	}
}

// attendBackfill notes a backfill that did not come to its end.
func (s *Status) attendBackfill(records []runs.Run) {
	for i := len(records) - 1; i >= 0; i-- {
		r := records[i]
		if r.Backfill == nil {
			continue
		}
		if r.Unread || slices.Contains([]string{runs.Interrupted, runs.Failed, runs.Killed}, r.Status) {
			to := "now"
			if !r.Backfill.To.IsZero() {
				to = r.Backfill.To.Format(time.DateOnly)
			}
			s.Attention = append(s.Attention, fmt.Sprintf("the backfill from %s to %s is not at its end; the same fanlake backfill goes on with it",
				r.Backfill.From.Format(time.DateOnly), to))
		}
		return
	}
}

// attendAge notes that no run was complete for long. It compares the local
// clock with itself.
func (s *Status) attendAge(now time.Time, staleAfter time.Duration) {
	switch age := now.Sub(s.LastSuccess); {
	case s.LastSuccess.IsZero():
		s.Attention = append(s.Attention, "no run was complete yet")
	case age > staleAfter:
		s.Attention = append(s.Attention, fmt.Sprintf("the last complete run ended %d hours ago; run fanlake sync, and see that fanlake serve or your scheduler runs", int(age.Hours())))
	}
}

func oneLine(text string) string { return strings.ReplaceAll(text, "\n", "; ") }

// age returns how old data are that are complete to an instant of the server:
// what they lacked at the newest run that was answered, by the server's clock,
// and how long ago that was, by this machine's. The clocks are never compared.
func age(records []runs.Run, now time.Time) func(completeTo time.Time) time.Duration {
	for _, r := range slices.Backward(records) {
		if !r.ServerTime.IsZero() {
			return func(completeTo time.Time) time.Duration { return now.Sub(r.StartedAt) + r.ServerTime.Sub(completeTo) }
		}
	}
	return now.Sub
}

// confirm raises how far creators are complete to the newest run that read all
// that was due and ended well: one that finds nothing new publishes only once a
// day, and so what is published says less than is known. Who lacked more than
// such a day was not read by that run.
func (s *Status) confirm(a Account, records []runs.Run) {
	if cmp.Or(a.Cadence["earnings"], nightly) != nightly {
		return
	}
	for _, r := range slices.Backward(records) {
		earnings := r.Streams["earnings"]
		if !r.Complete() || earnings.Slices == 0 || earnings.Skipped != "" {
			continue
		}
		to := r.ServerTime.Add(-Settling)
		for i, c := range s.Creators {
			if c.CompleteTo.Before(to) && to.Sub(c.CompleteTo) <= day && c.RemovedAt.IsZero() {
				s.Creators[i].CompleteTo = to
			}
		}
		return
	}
}

// attendCreators notes whose earnings are not complete to what was reached, and
// what is stale. Where no earnings are read the runs are looked at.
func (s *Status) attendCreators(a Account, age func(completeTo time.Time) time.Duration) {
	reached, counted := s.LastRun.ServerTime, 0
	for _, c := range s.Creators {
		name := a.Called(c.CreatorID, c.Handle)
		if !a.Skips(c.CreatorID, c.Handle) && a.Cadence["earnings"] != off && c.RemovedAt.IsZero() {
			counted++
			switch {
			case c.CompleteTo.IsZero():
				s.Stale = append(s.Stale, fmt.Sprintf("creator %s: no complete earnings yet", name))
			case age(c.CompleteTo) > a.staleAfter():
				s.Stale = append(s.Stale, fmt.Sprintf("creator %s: complete to %s", name, c.CompleteTo.Format(time.RFC3339)))
			}
		}
		switch {
		case a.Skips(c.CreatorID, c.Handle), a.Cadence["earnings"] == off:
		case !c.RemovedAt.IsZero():
			s.Attention = append(s.Attention, fmt.Sprintf("creator %s left the key's list on %s; what was read is kept", name, c.RemovedAt.Format(time.DateOnly)))
		case c.CompleteTo.IsZero():
			s.Attention = append(s.Attention, fmt.Sprintf("creator %s: no complete earnings yet; run fanlake sync", name))
		case reached.Sub(c.CompleteTo) > a.staleAfter():
			s.Attention = append(s.Attention, fmt.Sprintf("creator %s: earnings are complete to %s only; fanlake sync reads the rest", name, c.CompleteTo.Format(time.RFC3339)))
		case c.Gaps > 0:
			s.Attention = append(s.Attention, fmt.Sprintf("creator %s: %d windows of earnings are missing; fanlake sync reads them", name, c.Gaps))
		}
		if c.Checks != "" {
			for check := range strings.SplitSeq(c.Checks, ", ") {
				s.Attention = append(s.Attention, fmt.Sprintf("creator %s: check %s found something; %s", name, check, behindCheck(check, cmp.Or(c.Handle, c.CreatorID))))
			}
		}
	}
	if counted == 0 && time.Since(s.LastSuccess) > a.staleAfter() {
		s.Stale = append(s.Stale, "no run was complete for so long")
	}
}

// attendNames notes creators whom the configuration names, and who are none of
// those published.
func (s *Status) attendNames(a Account) {
	var known []load.Creator
	for _, c := range s.Creators {
		known = append(known, load.Creator{ID: c.CreatorID, Handle: c.Handle, RemovedAt: c.RemovedAt})
	}
	if len(known) == 0 {
		return // the list of creators was not read
	}
	for _, line := range a.unknownNames(known) {
		s.Attention = append(s.Attention, line+"; "+correctName)
	}
}

// behindCheck is what to do about what a check of the data found of a creator.
func behindCheck(name, creator string) string {
	again := "fanlake sync --full --creator " + creator + " reads it again"
	switch name {
	case "summary_reconciles":
		return fmt.Sprintf("fanlake report reconciliation --param creator=%s --param from=%s --param only=differing lists the days; %s", creator, epoch.Format(time.DateOnly), again)
	case "over_reversal":
		return fmt.Sprintf("fanlake report failed_checks names an order, fanlake report reversals --param creator=%s what was taken back; %s", creator, again)
	case "rows_where_money_is":
		return "fanlake report failed_checks says what the platform shows; " + again
	}
	return "fanlake report failed_checks has a row of it; fanlake verify says whether the record is whole"
}
