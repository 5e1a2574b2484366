package schedules

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// A Result is what is known of the last run of a schedule. Instants are UTC.
type Result struct {
	// Since is when the loop first saw the schedule: nothing before it is missed.
	Since time.Time `json:"since,omitzero"`
	// ScheduledFor is the instant of the last run, as scheduled.
	ScheduledFor time.Time `json:"scheduled_for,omitzero"`
	// StartedAt and EndedAt say when it ran. EndedAt is zero during the run,
	// and stays zero if the process died in it.
	StartedAt time.Time `json:"started_at,omitzero"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
	// Tries counts the starts for ScheduledFor.
	Tries int `json:"tries,omitempty"`
	// Outcome is ok, failed or interrupted; empty during the run, and in the state
	// file also of a run that its process did not survive.
	Outcome string `json:"outcome,omitempty"`
	// Error is the text of a failed run's error.
	Error string `json:"error,omitempty"`
}

// The outcomes of a run.
const (
	OK          = "ok"
	Failed      = "failed"
	Interrupted = "interrupted" // ended by the end of the loop
	Killed      = "killed"      // ended without a word; only of [Results]
)

// maxTries is how often a run is started that its process did not survive. It
// is more than one, so that a restart in the middle of a night costs no night,
// and small, so that a job that kills its process does not do so for ever.
const maxTries = 3

// unfinished reports whether the last run has to be started again.
func (r Result) unfinished() bool {
	return !r.ScheduledFor.IsZero() && (r.Outcome == "" || r.Outcome == Interrupted) && r.Tries < maxTries
}

// last returns the instant up to which nothing is due any more. A last run
// that lies far ahead of now was scheduled by a wrong clock and does not count.
func (r Result) last(now time.Time) time.Time {
	if r.ScheduledFor.After(r.Since) && r.ScheduledFor.Before(now.Add(24*time.Hour)) {
		return r.ScheduledFor
	}
	return r.Since
}

type stateFile struct {
	Schedules map[string]Result `json:"schedules"`
}

// ReadState returns the last results by schedule name from the loop's state
// file. A file that does not exist holds none.
func ReadState(path string) (map[string]Result, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]Result{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("schedule state: %w", err)
	}
	var f stateFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("schedule state: %s: %w; delete the file to begin anew", path, err)
	}
	if f.Schedules == nil {
		f.Schedules = map[string]Result{}
	}
	return f.Schedules, nil
}

// Results returns what [ReadState] does, for people: a run that has not ended and
// whose process is gone is a killed one. It writes nothing, also no lock file.
func Results(path string) (map[string]Result, error) {
	// The lock of changes keeps a run from ending between the two looks, and another
	// caller's look from being taken for a run. Where it cannot be had, as
	// nobody made the file, nobody changes anything either.
	if changes := openLock(path + changesExt); changes.Lock() == nil {
		defer func() { _ = changes.Unlock() }()
	}
	results, err := ReadState(path)
	if err != nil {
		return nil, err
	}
	running := isRunning(path)
	for name, r := range results {
		if !r.StartedAt.IsZero() && r.Outcome == "" && !running {
			r.Outcome = Killed
			results[name] = r
		}
	}
	return results, nil
}

// Beside the state file: the lock of who changes it, for the time of a small
// file's writing, and the one that is shared by the processes that run a job,
// and ends with them.
const (
	changesExt = ".lock"
	runningExt = ".running"
)

func newLock(path string) *flock.Flock {
	return flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
}

// openLock is for who may only read: it makes no file.
func openLock(path string) *flock.Flock { return flock.New(path, flock.SetFlag(os.O_RDONLY)) }

// isRunning reports whether a process runs a job. Without a lock that could be
// asked no run has it either.
func isRunning(path string) bool {
	l := openLock(path + runningExt)
	got, err := l.TryLock()
	if got {
		err = l.Unlock()
	}
	return err == nil && !got
}

// update changes the last results in the state file, under a lock that keeps
// other processes from doing so meanwhile. It returns what was written.
func update(path string, change func(map[string]Result)) (results map[string]Result, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("schedule state: %w", err)
	}
	lock := newLock(path + changesExt)
	if err := lock.Lock(); err != nil {
		return nil, fmt.Errorf("schedule state: %w", err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	if results, err = ReadState(path); err != nil {
		return nil, err
	}
	change(results)
	return results, writeState(path, results)
}

// writeState replaces the state file as a whole, mode 0600.
func writeState(path string, results map[string]Result) (err error) {
	data, err := json.MarshalIndent(stateFile{results}, "", "  ")
	if err != nil {
		return fmt.Errorf("schedule state: %w", err)
	}
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".schedules-*") // mode 0600
	if err != nil {
		return fmt.Errorf("schedule state: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
			err = fmt.Errorf("schedule state: %w", err)
		}
	}()
	_, err = f.Write(append(data, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
