package extract

import (
	"encoding/json"
	"io"
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
	Ends        []int64               `json:"ends"` // of spans that had not ended
	PausedUntil int64                 `json:"paused_until,omitempty"`
	SavedAt     int64                 `json:"saved_at,omitempty"`
	Routes      map[string]savedRoute `json:"routes,omitempty"` // that have a bucket of their own
}

type savedRoute struct {
	Limit       int     `json:"limit"`
	Ends        []int64 `json:"ends"`
	PausedUntil int64   `json:"paused_until,omitempty"`
}

// maxState bounds what is read of a state file: some hundred times its size.
const maxState = 1 << 20

// restore reads the state file. What it holds can only lower the allowance, and
// an instant farther than a window, or a pause longer than it was (the clock was
// set), is cut.
func (g *Governor) restore(now time.Time) {
	if g.opts.StateFile == "" {
		return
	}
	b, err := readAtMost(g.opts.StateFile, maxState)
	if err != nil {
		return
	}
	var s savedState
	if json.Unmarshal(b, &s) != nil {
		return
	}
	g.key.restore(s.Ends, s.PausedUntil, s.SavedAt, now)
	for name, saved := range s.Routes {
		if saved.Limit < 1 || len(g.routes) >= maxRoutes {
			continue
		}
		r := g.route(name)
		r.named, r.at = saved.Limit, now
		g.part(r, now)
		r.restore(saved.Ends, saved.PausedUntil, s.SavedAt, now)
	}
}

func (a *allowance) restore(ends []int64, pausedUntil, savedAt int64, now time.Time) {
	for _, ms := range ends {
		if left := time.UnixMilli(ms).Sub(now.Round(0)); left > 0 {
			a.ledger.ends = append(a.ledger.ends, now.Add(min(left, a.ledger.window)))
		}
	}
	slices.SortFunc(a.ledger.ends, time.Time.Compare)
	left := time.UnixMilli(pausedUntil).Sub(now.Round(0))
	if savedAt > 0 {
		left = min(left, time.UnixMilli(pausedUntil).Sub(time.UnixMilli(savedAt)))
	}
	if left > 0 {
		a.paused = now.Add(min(left, maxHint))
	}
}

func readAtMost(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
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

// saved is what of an allowance is kept. A request under way may be counted at
// any instant up to
// now, so its span is taken to end a whole window from now.
func (a *allowance) saved(now time.Time) (ends []int64, pausedUntil int64) {
	ends = make([]int64, 0, a.ledger.overlap())
	for _, end := range a.ledger.ends {
		ends = append(ends, end.UnixMilli()+1)
	}
	for range a.ledger.inFlight {
		ends = append(ends, now.Add(a.ledger.window).UnixMilli()+1)
	}
	if now.Before(a.paused) {
		pausedUntil = a.paused.UnixMilli() + 1
	}
	return ends, pausedUntil
}

// save writes the state.
func (g *Governor) save(now time.Time) {
	g.state.saved = now
	if g.state.later != nil {
		g.state.later.Stop()
		g.state.later = nil
	}
	s := savedState{SavedAt: now.UnixMilli()}
	s.Ends, s.PausedUntil = g.key.saved(now)
	if now.Before(g.down) {
		s.PausedUntil = max(s.PausedUntil, g.down.UnixMilli()+1)
	}
	for name, r := range g.routes {
		if !r.own {
			continue
		}
		if s.Routes == nil {
			s.Routes = map[string]savedRoute{}
		}
		saved := savedRoute{Limit: r.limit}
		saved.Ends, saved.PausedUntil = r.saved(now)
		s.Routes[name] = saved
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
	g.key.ledger.expire(now)
	for _, r := range g.routes {
		r.ledger.expire(now)
	}
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
