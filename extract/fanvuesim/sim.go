package fanvuesim

import (
	"net/http"
	"sync"
	"time"
)

// Options shape a simulator. The zero value is a single creator with a small
// history behind the default gate.
type Options struct {
	World WorldOptions
	Gate  GateOptions

	// Now is the start of the simulator's clock; zero means
	// 2026-11-20T03:00:00Z. The clock stands still between calls of Advance and
	// Night unless Ticking is set.
	Now     time.Time
	Ticking bool

	// Born is the end of the computed history, if it lies before Now: from there to
	// Now the world lives on. Simulators of one seed and one Born have the same past,
	// whenever they are started. Zero means Now.
	Born time.Time

	CursorTTL  time.Duration // age at which a cursor is refused, by the simulator's clock; zero means 24 h
	EmptyPages int           // every n-th page of a cursor walk is empty although more follow; zero means never
	PageCap    int           // most rows of a page, whatever size is asked for; zero means as asked
	TieCursor  TieCursor     // what cursors do with rows that share the border's instant; empty means TieStable

	SummaryCache           time.Duration // how long an earnings summary is answered as before, per creator and parameters; the platform's is 10 min; zero means never
	FanErrors              int           // every n-th fan of a bulk read of fan insights fails as internal; zero means none
	Drift                  Drift         // what moves between the pages of a walk by page numbers
	EarningsWithoutOrderID bool          // earnings of the older surface in their oldest form, without order ids
}

// TieCursor says what a cursor does with rows that share an instant across the
// border of two pages.
type TieCursor string

const (
	TieStable TieCursor = "stable" // ties are broken by id: no row twice, none lost
	TieRepeat TieCursor = "repeat" // the next page starts with all rows of the border's instant
	TieSkip   TieCursor = "skip"   // the next page starts behind the border's instant
)

// A Drift lets the world move while somebody walks by page numbers, so that the
// walk repeats some rows and misses others. It is the creator that is walked
// that moves, for good: the truth moves with it. The zero value moves nothing.
type Drift struct {
	Every int // before every n-th page beyond the first of a walk; zero means never
	Most  int // moves in all; zero means without end
}

// A Sim serves one agency, or a single creator, over HTTP. It is safe for use
// by several goroutines.
type Sim struct {
	opts  Options
	world *World
	gate  *Gate

	mu    sync.Mutex
	base  time.Time // simulator's time at started
	start time.Time // wall clock's time at base, used if the clock ticks

	turns int // pages beyond the first of walks by page numbers

	snapshots snapshots
	summaries map[string]keptSummary // by creator and parameters
	buffers   sync.Pool              // of *[]byte, for answers
}

// New returns a simulator with a world grown from o.World.Seed.
func New(o Options) *Sim {
	if o.Now.IsZero() {
		o.Now = time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)
	}
	if o.CursorTTL == 0 {
		o.CursorTTL = 24 * time.Hour
	}
	if o.TieCursor == "" {
		o.TieCursor = TieStable
	}
	s := &Sim{opts: o, base: o.Now.UTC(), start: time.Now()}
	born := s.base
	if !o.Born.IsZero() && o.Born.Before(born) {
		born = o.Born.UTC()
	}
	s.world = newWorld(o.World, born)
	s.world.live(s.base)
	s.gate = newGate(o.Gate, s.Now, s.api())
	return s
}

// Handler returns the API behind its gate.
func (s *Sim) Handler() http.Handler { return s.gate }

// World returns the truth behind the API.
func (s *Sim) World() *World { return s.world }

// Gate returns the gate: its ledger, its faults, its keys.
func (s *Sim) Gate() *Gate { return s.gate }

// Now returns the time of the simulator's clock, UTC.
func (s *Sim) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opts.Ticking {
		return s.base.Add(time.Since(s.start))
	}
	return s.base
}

// Advance moves the clock and nothing else.
func (s *Sim) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.base = s.base.Add(d)
}

// Night moves the clock by 24 hours and lets the world change as it would in a
// day. What changes depends on the seed and the number of nights alone.
func (s *Sim) Night() {
	s.Advance(24 * time.Hour)
	s.world.night(s.Now())
}

// NightQuiet moves the clock by 24 hours; the world stays as it is, to the
// state of pending balances.
func (s *Sim) NightQuiet() { s.Advance(24 * time.Hour) }
