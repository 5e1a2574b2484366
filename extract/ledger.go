package extract

import (
	"slices"
	"time"
)

// A ledger holds our own requests as spans [sent, answered + window). Somewhere
// inside its span the server counted the request, and at the span's end no kind
// of bucket counts it any more: not a fixed window, not a sliding one, and a
// token bucket has refilled it. So while at most limit spans overlap, none of
// them refuses a request of ours.
type ledger struct {
	window   time.Duration
	inFlight int
	ends     []time.Time // of answered spans, ascending

	sent     int // requests ever sent
	answered int // requests ever answered
	ended    int // spans that have ended, ever
}

// newLedger lengthens the window by a thousandth, because the clocks of two
// machines do not run equally fast.
func newLedger(per time.Duration) ledger {
	return ledger{window: per + per/1000}
}

// flight is a request that is sent now.
func (l *ledger) flight(now time.Time) flight { return flight{now, l.ended, l.answered} }

func (l *ledger) send() { l.inFlight++; l.sent++ }

// takeBack undoes send.
func (l *ledger) takeBack() { l.inFlight--; l.sent-- }

func (l *ledger) answer(now time.Time) {
	l.inFlight--
	l.answered++
	l.ends = append(l.ends, now.Add(l.window))
}

// expire takes out the spans that have ended by now.
func (l *ledger) expire(now time.Time) {
	n := 0
	for n < len(l.ends) && !now.Before(l.ends[n]) {
		n++
	}
	l.ends = l.ends[n:]
	l.ended += n
}

func (l *ledger) overlap() int { return l.inFlight + len(l.ends) }

// roomAt is the instant at which fewer than limit spans will overlap if nothing
// is sent; zero if that depends on answers.
func (l *ledger) roomAt(limit int) time.Time {
	if n := l.overlap() - limit; 0 <= n && n < len(l.ends) {
		return l.ends[n]
	}
	return time.Time{}
}

// add takes in the spans of another ledger.
func (l *ledger) add(o *ledger, now time.Time) {
	o.expire(now)
	l.ends = append(l.ends, o.ends...)
	slices.SortFunc(l.ends, time.Time.Compare)
	l.inFlight += o.inFlight
	l.sent += o.overlap()
	l.answered += len(o.ends)
}

// remove takes out the spans of a ledger whose requests were entered here too.
func (l *ledger) remove(o *ledger, now time.Time) {
	l.expire(now)
	o.expire(now)
	kept, rest := l.ends[:0], o.ends
	for _, end := range l.ends {
		if len(rest) > 0 && end.Equal(rest[0]) {
			rest = rest[1:]
			continue
		}
		kept = append(kept, end)
	}
	l.ends = kept
	l.inFlight -= o.inFlight
	l.sent -= o.overlap()
	l.answered -= len(o.ends)
}
