package pipeline

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"fanlake/load/runs"
)

// killedText is what the record of a killed run has for an error. Nobody saw its
// end, so it has no exit status.
const killedText = "its process was killed, or the machine stopped"

// A progress is the record that a run has while it runs: who reads and who
// applies keep it.
type progress struct {
	mu  sync.Mutex
	run runs.Run
}

// noteProgress brings the run's record up to date while it runs, where pages
// came since: what is known of a run that is killed now is no less.
func (s *session) noteProgress() error {
	s.progress.mu.Lock()
	defer s.progress.mu.Unlock()
	r := &s.progress.run
	if s.journal.Kept() == r.Pages {
		return nil
	}
	s.count(r)
	r.Streams = s.byStream()
	return runs.Write(s.Dir, *r)
}

// finished seals when enough has gathered, behind a record of it: what is sealed
// leaves the journal, which then cannot tell any more what the record lacks.
func (s *session) finished(ctx context.Context) error {
	if !s.sealer.isDue() {
		return nil
	}
	if err := s.noteProgress(); err != nil {
		return err
	}
	return s.sealer.ifDue(ctx)
}

// byStream is what the run asked, read and could not type so far.
func (s *session) byStream() map[string]runs.Stream {
	all := s.requests.byStream()
	slices, rows := s.reader.counts()
	set := func(counts map[string]int64, of func(*runs.Stream) *int64) {
		for name, n := range counts {
			st := all[name]
			*of(&st) = n
			all[name] = st
		}
	}
	set(slices, func(st *runs.Stream) *int64 { return &st.Slices })
	set(rows, func(st *runs.Stream) *int64 { return &st.Rows })
	set(s.sealer.rejects(), func(st *runs.Stream) *int64 { return &st.Rejects })
	return all
}

// killed returns the records of runs that ended without a word, with the last
// sign of life for an end. Whoever asks holds the lock, so that none of them
// runs. It is asked before the journal is opened, which removes files.
//
// Those that a run wrote down which did not come to tell its own end, as it was
// killed or interrupted itself, it notes for this one to tell.
func (s *session) killed() ([]runs.Run, error) {
	records, err := runs.Read(s.Dir)
	if err != nil {
		return nil, err
	}
	var found []runs.Run
	newest, told := true, false // of those that read anything; a later run told of its end
	for _, r := range slices.Backward(records) {
		switch {
		case r.RunID == s.result.RunID:
			continue
		case r.Status == runs.Failed:
			told = true
			continue
		case r.Status == runs.Killed && !told:
			s.result.Killed = append(s.result.Killed, r.RunID)
		}
		// Records of old versions do not say that they ended: that one lacks it is
		// proof only of the newest.
		dead := r.Status == runs.Started || newest && wasKilled(r)
		if newest = false; !dead {
			told = told || r.Status == runs.OK || r.Status == runs.Partial
			continue
		}
		if r.FinishedAt, err = s.lastSign(r); err != nil {
			return nil, err
		}
		found = append(found, r)
	}
	return found, nil
}

// lastSign is when a run wrote last: its record, its journal, or a part.
func (s *session) lastSign(r runs.Run) (time.Time, error) {
	files := []string{filepath.Join(s.Dir, "runs", r.RunID+".json")}
	for _, pattern := range []string{"journal/" + r.RunID + "/*", "lake/*/*/" + r.RunID + "-*.parquet"} {
		found, err := s.glob(pattern)
		if err != nil {
			return time.Time{}, err
		}
		files = append(files, found...)
	}
	last := r.StartedAt
	for _, name := range files {
		if info, err := os.Stat(name); err == nil && info.ModTime().After(last) {
			last = info.ModTime().UTC()
		}
	}
	return last, nil
}

// recordKilled writes of killed runs that they were, and adds the pages that
// their records do not know and the journal still has.
func (s *session) recordKilled(killed []runs.Run) error {
	for _, r := range killed {
		if err := s.addBehind(&r); err != nil {
			return err
		}
		r.Status, r.Error, r.ExitStatus, r.Ended = runs.Killed, killedText, nil, false
		if err := runs.Write(s.Dir, r); err != nil {
			return err
		}
		s.result.Killed = append(s.result.Killed, r.RunID)
		s.report.Step("an earlier run was killed; what it had read is gone on with", "earlier", r.RunID)
	}
	slices.Sort(s.result.Killed)
	return nil
}

// addBehind adds the pages of a run in the journal that its record does not know:
// each was a request that was answered.
func (s *session) addBehind(r *runs.Run) error {
	known := r.Pages
	for _, js := range s.journal.Slices() {
		if js.Pages == 0 || js.Last.RunSeq < r.Seq || js.First.RunSeq > r.Seq {
			continue
		}
		for p, err := range s.journal.Pages(js.ID) {
			if err != nil {
				return err
			}
			if p.RunSeq != r.Seq || p.Number <= known {
				continue
			}
			r.Requests, r.Bytes, r.Pages = r.Requests+1, r.Bytes+int64(len(p.Body)), r.Pages+1
			if r.Streams == nil {
				r.Streams = map[string]runs.Stream{}
			}
			st := r.Streams[js.Stream]
			if st.Statuses == nil {
				st.Statuses = map[int]int64{}
			}
			st.Requests, st.Rows = st.Requests+1, st.Rows+int64(p.Rows)
			st.Statuses[http.StatusOK]++
			r.Streams[js.Stream] = st
		}
	}
	return nil
}
