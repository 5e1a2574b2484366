package pipeline

import (
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
func Hold(path, what string) (release func() error, err error) {
	l, err := acquire(path, what)
	if err != nil {
		return nil, err
	}
	return l.release, nil
}

// acquire takes the lock of the data directory, or says who has it.
func acquire(path, runID string) (*dirLock, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w; check data_dir in the configuration", err)
	}
	l := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	got, err := l.TryLock()
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

func (l *dirLock) release() error { return l.flock.Unlock() }

func describeHolder(path string) string {
	text, err := os.ReadFile(path)
	var h holder
	if err != nil || json.Unmarshal(text, &h) != nil {
		return path + " is locked"
	}
	return fmt.Sprintf("process %d since %s (run %s) has %s", h.PID, h.Started.Format(time.RFC3339), h.RunID, path)
}

// Held reports whether a run has the data directory now. Nothing of the account
// but Dir is needed.
func (a Account) Held() bool {
	l := flock.New(a.lockFile(), flock.SetFlag(os.O_RDWR), flock.SetPermissions(0o600))
	got, err := l.TryLock()
	if got {
		err = l.Unlock()
	}
	return err == nil && !got
}
