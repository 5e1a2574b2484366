package extract

import (
	"time"

	"golang.org/x/time/rate"
)

// A headroom is what the rate headers say beyond our own ledger: that other
// clients use the key, that the server's window is longer than ours, or that
// the bucket refills continuously. It never allows what the ledger forbids.
type headroom struct {
	window   time.Duration
	clock    clockOffset
	current  []observation // answers that no later request's answer supersedes
	speaks   bool          // the server sends Remaining
	shared   time.Time     // until then others are taken to use the key
	refilled int           // times in a row that Remaining showed continuous refill
}

// An observation is one answer's Remaining.
type observation struct {
	remaining      int
	sent, answered time.Time
	expires        time.Time
	// beyond: the reset lies farther than our window explains, so the end
	// of our own spans proves nothing and only expires counts.
	beyond bool
	// The ledger's counters at the answer.
	ended, answers, inFlight int
	// tokens begins at remaining where the bucket refills continuously, else nil.
	tokens *rate.Limiter
}

// refillProof is how many rises of Remaining make a continuous refill.
const refillProof = 3

// next says whether the headers allow one more request.
func (s *headroom) next(now time.Time, l *ledger, lastSent time.Time) turn {
	s.expire(now)
	if len(s.current) == 0 {
		// Nothing is known of the present window: again one goes ahead
		// alone. It is not waited for longer than a little, it may hang.
		if at := lastSent.Add(s.window / 20); s.speaks && l.inFlight > 0 && now.Before(at) {
			return turn{WaitAnswer, at}
		}
		return turn{}
	}
	for i := range s.current {
		o := &s.current[i]
		left := o.left(now, l)
		if left <= l.inFlight {
			return o.blocked(now, l)
		}
		// Others see the same Remaining and send too. With a quarter each
		// under way, two clients rarely overdraw by more than one.
		if now.Before(s.shared) && l.inFlight >= max(1, left/4) {
			return turn{reason: WaitAnswer}
		}
	}
	return turn{}
}

// left is how much of the bucket was left by the observation, plus what came
// back since: by refill, or by the end of our own spans, which then count in no
// window any more.
func (o *observation) left(now time.Time, l *ledger) int {
	if o.beyond {
		return o.remaining
	}
	if o.tokens != nil {
		return int(o.tokens.TokensAt(now))
	}
	return o.remaining + l.ended - o.ended
}

// blocked is the wait for the first of what can give room again.
func (o *observation) blocked(now time.Time, l *ledger) turn {
	t := turn{WaitShared, o.expires}
	switch {
	case o.beyond:
		t.reason = WaitWindow
	case o.tokens != nil:
		short := float64(l.inFlight+1) - o.tokens.TokensAt(now)
		at := now.Add(time.Duration(short/float64(o.tokens.Limit())*float64(time.Second)) + time.Microsecond)
		if at.Before(t.at) {
			t.at = at
		}
	case len(l.ends) > 0 && l.ends[0].Before(t.at):
		t.at = l.ends[0]
	}
	if l.inFlight > 0 {
		t.reason = WaitAnswer
	}
	return t
}

func (s *headroom) expire(now time.Time) {
	s.keep(func(o *observation) bool { return now.Before(o.expires) })
}

func (s *headroom) keep(f func(*observation) bool) {
	kept := s.current[:0]
	for i := range s.current {
		if f(&s.current[i]) {
			kept = append(kept, s.current[i])
		}
	}
	s.current = kept
}

// observe enters an answer; the ledger has it already.
func (s *headroom) observe(f flight, now time.Time, r Rate, l *ledger, per time.Duration) {
	if r.Remaining < 0 {
		return
	}
	s.speaks = true
	o := observation{
		remaining: r.Remaining, sent: f.sent, answered: now,
		ended: l.ended, answers: l.answered, inFlight: l.inFlight,
	}
	if r.Limit > 0 {
		o.remaining = min(o.remaining, r.Limit)
		// Every request of ours that the server may have counted. If it
		// counted more, somebody else sent them.
		ours := l.overlap() + l.ended - f.ended
		if r.Limit-o.remaining > ours {
			s.shared = now.Add(2 * s.window)
		}
		refill := rate.Limit(float64(r.Limit) / per.Seconds())
		s.learnRefill(f, &o, r.Limit, refill, l)
		if s.refilled >= refillProof {
			o.tokens = rate.NewLimiter(refill, r.Limit)
			o.tokens.AllowN(now, r.Limit-o.remaining)
		}
	}
	s.setExpiry(&o, r.Reset)
	s.keep(func(old *observation) bool { return old.answered.After(f.sent) })
	s.current = append(s.current, o)
}

// setExpiry says how long o counts. After a whole window no bucket counts
// anything of it. A reset may end it earlier: then a second is added, because
// it may have been rounded down; or later, if it lies more than a second beyond
// what the window explains.
func (s *headroom) setExpiry(o *observation, reset time.Time) {
	o.expires = o.answered.Add(s.window)
	if reset.IsZero() {
		return
	}
	earliest := s.clock.earliest(reset, o.answered)
	latest := s.clock.latest(reset, o.answered)
	switch {
	case !latest.After(o.sent) || latest.Sub(o.answered) > maxHint: // nonsense
	case earliest.After(o.expires.Add(time.Second)):
		o.expires, o.beyond = latest, true
	case latest.Add(time.Second).Before(o.expires):
		o.expires = latest.Add(time.Second)
	}
}

// learnRefill compares o with what was observed before its request was sent. In
// a fixed window Remaining falls by at least our own requests, until it jumps; a
// continuous refill lifts it little by little, at about the known rate. So does
// a sliding window where spans of ours end, which therefore proves nothing.
func (s *headroom) learnRefill(f flight, o *observation, limit int, refill rate.Limit, l *ledger) {
	for i := range s.current {
		old := &s.current[i]
		if old.answered.After(f.sent) {
			continue
		}
		took := o.answered.Sub(old.sent)
		ours := 1 + max(0, f.answered-old.answers-old.inFlight)
		gain := float64(o.remaining - old.remaining + ours)
		ending := l.ended > old.ended || len(l.ends) > 0 && l.ends[0].Before(o.answered.Add(took))
		switch most := took.Seconds()*float64(refill) + 1; {
		case gain > most:
			s.refilled = 0
		case ending:
		case gain > 0 && old.remaining <= limit/2 && took < s.window/4:
			s.refilled++
		}
		return
	}
}

// refuse takes a refusal into account: whatever else was observed is out of
// date, and when the pause is over the next request goes alone again.
func (s *headroom) refuse(paused time.Time) {
	s.refilled = 0
	if n := len(s.current); n > 1 {
		s.current = append(s.current[:0], s.current[n-1])
	}
	for i := range s.current {
		o := &s.current[i]
		o.tokens = nil
		if paused.After(o.answered) {
			o.expires, o.beyond = paused, false
		}
	}
}
