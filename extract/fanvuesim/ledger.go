package fanvuesim

import (
	"hash/maphash"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// An Entry is one request as the gate saw it.
type Entry struct {
	N       int // from 1, in the order of arrival
	Method  string
	Path    string
	Pattern string // Path with {uuid} for every uuid
	Creator string // of /creators/{uuid}/…
	Query   string
	At      time.Time     // arrival, by GateOptions.Clock
	Took    time.Duration // until the answer was handed over; 0 while it is not
	Status  int           // 0: no answer, or not yet
	Refused bool          // by a rate bucket
	Bytes   int64         // of the body
	Fault   string        // names of the faults that touched the answer, separated by commas
	Damaged bool          // the client cannot have got the page it asked for
}

// page reports whether e served a page that need not be asked for again.
func (e *Entry) page() bool {
	return e.Method == http.MethodGet && e.Status >= 200 && e.Status < 300 && !e.Damaged
}

// A Count is what equal answers are counted by.
type Count struct {
	Method  string
	Pattern string
	Status  int
}

// A PageID is what makes two reads the same page.
type PageID struct {
	Pattern string
	Creator string
	Path    string
	Query   string // parameters in alphabetical order
}

// A Ledger keeps what a gate was asked and how it answered.
type Ledger struct {
	countsOnly bool
	seed       maphash.Seed

	mu       sync.Mutex
	epoch    int // counts the Resets
	entries  []Entry
	total    int
	refused  int
	writes   int
	inFlight int
	peak     int
	counts   map[Count]int
	pages    map[string]map[uint64]int // by pattern, then hash of path and query
}

func newLedger(countsOnly bool) *Ledger {
	l := &Ledger{countsOnly: countsOnly, seed: maphash.MakeSeed()}
	l.Reset()
	return l
}

// Reset forgets everything but the requests in flight.
func (l *Ledger) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.epoch++
	l.entries, l.total, l.refused, l.writes, l.peak = nil, 0, 0, 0, l.inFlight
	l.counts, l.pages = map[Count]int{}, map[string]map[uint64]int{}
}

// Total is the number of requests that arrived.
func (l *Ledger) Total() int { return l.read(&l.total) }

// Refused is the number of requests that a rate bucket refused. A 429 that was
// injected as a fault is not among them.
func (l *Ledger) Refused() int { return l.read(&l.refused) }

// Writes is the number of requests that were no documented read, by their method.
func (l *Ledger) Writes() int { return l.read(&l.writes) }

// MaxInFlight is the highest number of requests that were open at once.
func (l *Ledger) MaxInFlight() int { return l.read(&l.peak) }

func (l *Ledger) read(n *int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return *n
}

// Mark is a point between two arrivals, for Since.
func (l *Ledger) Mark() int { return l.Total() }

// Since returns the requests that arrived after a mark; 0 is the beginning. It
// is empty where only counts are kept.
func (l *Ledger) Since(mark int) []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	if mark >= len(l.entries) {
		return nil
	}
	return slices.Clone(l.entries[mark:])
}

// Counts returns the number of finished requests by method, pattern and status.
func (l *Ledger) Counts() map[Count]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.counts)
}

// Count is the number of finished requests whose pattern contains part and that
// were answered with status; 0 is any status.
func (l *Ledger) Count(part string, status int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	sum := 0
	for k, n := range l.counts {
		if (status == 0 || k.Status == status) && strings.Contains(k.Pattern, part) {
			sum += n
		}
	}
	return sum
}

// Pages counts the answers that served each page. It is empty where only counts
// are kept.
func (l *Ledger) Pages() map[PageID]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[PageID]int{}
	for i := range l.entries {
		if e := &l.entries[i]; e.page() {
			out[PageID{e.Pattern, e.Creator, e.Path, sortedQuery(e.Query)}]++
		}
	}
	return out
}

// Repeated counts the pages that were served again: answers beyond the first to
// the same path and query. Patterns that contain one of except are left out.
func (l *Ledger) Repeated(except ...string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	sum := 0
	for pattern, pages := range l.pages {
		if slices.ContainsFunc(except, func(s string) bool { return strings.Contains(pattern, s) }) {
			continue
		}
		for _, n := range pages {
			sum += n - 1
		}
	}
	return sum
}

// A ticket is a request between its arrival and its end.
type ticket struct {
	Entry
	epoch int // of the ledger it arrived in
}

// begin notes an arrival.
func (l *Ledger) begin(t *target, at time.Time, write bool) ticket {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total++
	l.inFlight++
	l.peak = max(l.peak, l.inFlight)
	if write {
		l.writes++
	}
	e := Entry{N: l.total, Method: t.method, Path: t.path, Pattern: t.pattern, Creator: t.creator, Query: t.query, At: at}
	if !l.countsOnly {
		l.entries = append(l.entries, e)
	}
	return ticket{e, l.epoch}
}

// end notes how a request ended. One that began before a Reset is not counted.
func (l *Ledger) end(e ticket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inFlight--
	if e.epoch != l.epoch {
		return
	}
	if e.Refused {
		l.refused++
	}
	l.counts[Count{e.Method, e.Pattern, e.Status}]++
	if e.page() {
		pages := l.pages[e.Pattern]
		if pages == nil {
			pages = map[uint64]int{}
			l.pages[e.Pattern] = pages
		}
		pages[maphash.String(l.seed, e.Path+"?"+sortedQuery(e.Query))]++
	}
	if !l.countsOnly {
		l.entries[e.N-1] = e.Entry
	}
}

// sortedQuery puts parameters in alphabetical order.
func sortedQuery(q string) string {
	if !strings.Contains(q, "&") {
		return q
	}
	parts := strings.Split(q, "&")
	slices.Sort(parts)
	return strings.Join(parts, "&")
}
