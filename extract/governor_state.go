package extract

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A stateFile keeps a governor's last window over a restart, at best effort: a
// state that is lost costs at most a refusal, never data.
type stateFile struct {
	saved time.Time   // when it was last written
	later *time.Timer // writes what has changed since; nil if nothing has
	err   error       // of the last write
}

// savedState is the file's content. Instants are Unix milliseconds.
type savedState struct {
	Ends        []int64 `json:"ends"` // of spans that had not ended
	PausedUntil int64   `json:"paused_until,omitempty"`
}

// restore reads the state file. What it holds can only lower the allowance, and
// an instant farther than a window (the clock was set) is cut to one.
func (g *Governor) restore(now time.Time) {
	if g.opts.StateFile == "" {
		return
	}
	b, err := os.ReadFile(g.opts.StateFile)
	if err != nil {
		return
	}
	var s savedState
	if json.Unmarshal(b, &s) != nil {
		return
	}
	for _, ms := range s.Ends {
		left := time.UnixMilli(ms).Sub(now.Round(0))
		if left > 0 {
			g.ledger.ends = append(g.ledger.ends, now.Add(min(left, g.ledger.window)))
		}
	}
	slices.SortFunc(g.ledger.ends, time.Time.Compare)
	if left := time.UnixMilli(s.PausedUntil).Sub(now.Round(0)); left > 0 {
		g.paused = now.Add(min(left, maxHint))
	}
}

// keepState writes the state now if the last write is a second old, else within
// a second. The lock is held.
func (g *Governor) keepState(now time.Time) {
	switch {
	case g.opts.StateFile == "" || g.state.later != nil:
	case now.Sub(g.state.saved) >= time.Second:
		g.save(now)
	default:
		g.state.later = time.AfterFunc(g.state.saved.Add(time.Second).Sub(now), func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			if g.state.later != nil {
				g.save(time.Now())
			}
		})
	}
}

// save writes the state. A request under way may be counted at any instant up to
// now, so its span is taken to end a whole window from now.
func (g *Governor) save(now time.Time) {
	g.state.saved = now
	if g.state.later != nil {
		g.state.later.Stop()
		g.state.later = nil
	}
	s := savedState{Ends: make([]int64, 0, g.ledger.overlap())}
	for _, end := range g.ledger.ends {
		s.Ends = append(s.Ends, end.UnixMilli()+1)
	}
	for range g.ledger.inFlight {
		s.Ends = append(s.Ends, now.Add(g.ledger.window).UnixMilli()+1)
	}
	if now.Before(g.paused) {
		s.PausedUntil = g.paused.UnixMilli() + 1
	}
	b, err := json.Marshal(s)
	if err == nil {
		err = writeFileAtomic(g.opts.StateFile, b)
	}
	g.state.err = err
}

// Close writes the state file for the next process. The error is about that
// file alone.
func (g *Governor) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opts.StateFile == "" {
		return nil
	}
	now := time.Now()
	g.ledger.expire(now)
	g.save(now)
	return g.state.err
}

func writeFileAtomic(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
