package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// ErrLocked reports that another run holds the data directory. The error's
// text names the holder.
var ErrLocked = errors.New("another run holds the data directory")

// A holder is what the lock file says of who holds it, for the message only;
// the lock itself is the kernel's and ends with its process.
type holder struct {
	PID     int       `json:"pid"`
	Started time.Time `json:"started_at"`
	RunID   string    `json:"run_id"`
}

// A dirLock is held for the length of a run.
type dirLock struct{ flock *flock.Flock }

// Hold keeps other processes from doing what this one is to do alone, such as
// serving the schedules of a configuration, until release is called. ErrLocked
// says who does it and since when.
func Hold(ctx context.Context, path, what string) (release func() error, err error) {
	l, err := acquire(ctx, path, what)
	if err != nil {
		return nil, err
	}
	return l.release, nil
}

// How long a lock that is taken is tried again: another process that only asks
// whether it is held has it for less than a millisecond.
const (
	lockWait  = 200 * time.Millisecond
	lockRetry = 5 * time.Millisecond
)

// acquire takes the lock of the data directory, or says who has it. A file that
// its holder removed meanwhile locks nobody out: then the new one is taken.
func acquire(ctx context.Context, path, runID string) (*dirLock, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w; check data_dir in the configuration", err)
	}
	l := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	got, err := tryLock(ctx, l)
	for got && err == nil && !isAt(l, path) {
		if err = l.Unlock(); err == nil {
			l = flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
			got, err = tryLock(ctx, l)
		}
	}
	if ctx.Err() != nil && !got {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w; the directory must be writable and on a local file system", path, err)
	}
	if !got {
		return nil, fmt.Errorf("%w: %s; wait for it to end, or end that process", ErrLocked, describeHolder(path))
	}
	text, _ := json.Marshal(holder{PID: os.Getpid(), Started: time.Now().UTC().Truncate(time.Second), RunID: runID})
	if err := os.WriteFile(path, append(text, '\n'), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), l.Unlock())
	}
	return &dirLock{l}, nil
}

// isAt reports whether the file that is locked is the one at a path.
func isAt(l *flock.Flock, path string) bool {
	locked, err := l.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(locked, there)
}

// tryLock reports whether it took the lock, at once or within lockWait.
func tryLock(ctx context.Context, l *flock.Flock) (bool, error) {
	if got, err := l.TryLock(); got || err != nil {
		return got, err
	}
	waiting, stop := context.WithTimeout(ctx, lockWait)
	defer stop()
	got, err := l.TryLockContext(waiting, lockRetry)
	if waiting.Err() != nil {
		err = nil
	}
	return got, err
}

func (l *dirLock) release() error { return l.flock.Unlock() }

// remove releases the lock and leaves no file of it.
func (l *dirLock) remove() error { return errors.Join(os.Remove(l.flock.Path()), l.release()) }

func describeHolder(path string) string {
	text, err := os.ReadFile(path)
	var h holder
	if err != nil || json.Unmarshal(text, &h) != nil {
		return path + " is locked"
	}
	return fmt.Sprintf("process %d since %s (run %s) has %s", h.PID, h.Started.Format(time.RFC3339), h.RunID, path)
}

// holder reports whether the data directory is held, and by which run: empty
// where the lock's file does not say.
func (a Account) holder() (runID string, held bool) {
	if !a.Held() {
		return "", false
	}
	text, err := os.ReadFile(a.lockFile())
	var h holder
	if err != nil || json.Unmarshal(text, &h) != nil {
		return "", true
	}
	return h.RunID, true
}

// Held reports whether a run has the data directory now. Nothing of the account
// but Dir is needed. What asks so at the same time does not meet itself: it
// shares the lock.
func (a Account) Held() bool {
	l := flock.New(a.lockFile(), flock.SetFlag(os.O_RDWR), flock.SetPermissions(0o600))
	got, err := l.TryRLock()
	if got {
		err = l.Unlock()
	}
	return err == nil && !got
}
