package extract

import (
	"time"

	"golang.org/x/time/rate"
)

// A headroom is what the rate headers say beyond our own ledger: that other
// clients use the key, that the server's window is longer than ours, or that
// the bucket refills continuously. It never allows what the ledger forbids.
type headroom struct {
	window  time.Duration
	clock   *clockOffset
	current []observation // answers that no later request's answer supersedes
	speaks  bool          // the server sends Remaining
	last    observation   // the newest, current or not
	top     mark          // where Remaining last began to fall
	shared  time.Time     // until then others are taken to use the key
	foreign int           // requests of others that Remaining showed, at least
	counted time.Time     // what was answered before is in foreign already
	refills bool          // Remaining rose as a continuous refill lifts it, and never jumped since
}

// An observation is one answer's Remaining.
type observation struct {
	remaining      int
	reset          time.Time // by the server's clock
	sent, answered time.Time
	expires        time.Time
	// beyond: the reset lies farther than our window explains, so the end
	// of our own spans proves nothing and only expires counts.
	beyond bool
	// rival: others took of the bucket since the last answer but this. The
	// last of the bucket is theirs then, whoever saw it last lets it go.
	rival bool
	// The ledger's counters at the answer.
	ended, answers, inFlight int
	before                   int // answers when its request was sent
	// tokens begins at remaining where the bucket refills continuously, else nil.
	tokens *rate.Limiter
}

// A mark is an answer that later ones are measured against.
type mark struct {
	remaining, limit int
	at               time.Time
	answered         int  // ledger.answered when its request was sent
	place            int  // of its span among all that end
	jumped           bool // Remaining had jumped up: a window began
}

// next says whether the headers allow one more request.
func (s *headroom) next(now time.Time, l *ledger, lastSent time.Time) turn {
	s.expire(now)
	// After a silence nobody knows what others did meanwhile: one goes ahead
	// alone. It is not waited for longer than a little, it may hang.
	unknown := s.speaks && (len(s.current) == 0 || now.Sub(s.last.answered) > s.window/4)
	if at := lastSent.Add(s.window / 20); unknown && l.inFlight > 0 && now.Before(at) {
		return turn{WaitAnswer, at}
	}
	for i := range s.current {
		o := &s.current[i]
		left := s.left(o, now, l)
		if left <= l.inFlight || left == 1 && o.rival && o.remaining == 1 {
			return s.blocked(o, now, l)
		}
		// Others see the same Remaining and send too. With a quarter each
		// under way, two clients rarely overdraw by more than one.
		if now.Before(s.shared) && l.inFlight >= max(1, left/4) {
			return turn{WaitAnswer, o.expires}
		}
	}
	return turn{}
}

// left is how much of the bucket was left by the observation, plus what came
// back since: by refill, or by the end of our own spans, which then count in no
// window any more. Where a window was seen to begin, the spans before it never
// counted in it.
func (s *headroom) left(o *observation, now time.Time, l *ledger) int {
	switch {
	case o.beyond:
		return o.remaining
	case o.tokens != nil:
		left := int(o.tokens.TokensAt(now))
		if now.Before(s.shared) {
			left -= int(o.tokens.Burst()) / 20 // a reserve costs nothing here
		}
		return left
	}
	counted := o.ended
	if s.top.jumped && now.Sub(s.top.at) < s.window {
		counted = max(counted, s.top.place)
	}
	back := max(0, l.ended-counted)
	if now.Before(s.shared) {
		back = min(back, 1) // others may have taken it: one at a time
	}
	return o.remaining + back
}

// blocked is the wait for the first of what can give room again.
func (s *headroom) blocked(o *observation, now time.Time, l *ledger) turn {
	t := turn{WaitShared, o.expires}
	switch {
	case o.beyond:
		t.reason = WaitWindow
	case o.tokens != nil:
		short := float64(l.inFlight + 1 - s.left(o, now, l)) // at most; the timer looks again
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
		remaining: r.Remaining, reset: r.Reset, sent: f.sent, answered: now,
		ended: l.ended, answers: l.answered, inFlight: l.inFlight, before: f.answered,
	}
	if r.Limit > 0 {
		o.remaining = min(o.remaining, r.Limit)
		refill := rate.Limit(float64(r.Limit) / per.Seconds())
		jumped := s.learnRefill(f, &o, r, refill, l)
		s.learnShared(f, &o, r.Limit, jumped, l)
		if s.refills {
			o.tokens = rate.NewLimiter(refill, r.Limit)
			o.tokens.AllowN(now, r.Limit-o.remaining)
		}
	}
	s.setExpiry(&o, r.Reset)
	s.keep(func(old *observation) bool { return old.answered.After(f.sent) })
	s.current, s.last = append(s.current, o), o
}

// setExpiry says how long o counts. After a whole window no bucket counts
// anything of it. A reset may end it earlier: then a second is added, because
// it may have been rounded down; or later, if it lies more than a second beyond
// what the window explains. It says nothing while the server's clock is unknown.
func (s *headroom) setExpiry(o *observation, reset time.Time) {
	o.expires = o.answered.Add(s.window)
	if reset.IsZero() || !s.clock.known {
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

// learnRefill compares o with what was observed before its request was sent, and
// reports whether a window began between. In a fixed window Remaining falls by at
// least our own requests, until it jumps; a continuous refill lifts it little by
// little, at about the known rate. So does a sliding window where spans of ours
// end, which therefore proves nothing.
func (s *headroom) learnRefill(f flight, o *observation, r Rate, refill rate.Limit, l *ledger) (jumped bool) {
	old := s.last
	for i := range s.current {
		if old.answered.After(f.sent) {
			old = s.current[i]
		}
	}
	if old.answered.IsZero() || old.answered.After(f.sent) {
		return false
	}
	others := old.remaining - o.remaining - (l.sent - old.before - 1)
	o.rival = others > 0
	if o.rival && !old.answered.Before(s.counted) { // each stretch of time counts once
		s.foreign, s.counted = s.foreign+others, o.answered
	}
	took := o.answered.Sub(old.sent)
	ours := 1 + max(0, f.answered-old.answers-old.inFlight)
	gain := float64(o.remaining - old.remaining + ours)
	ending := l.ended > old.ended || len(l.ends) > 0 && l.ends[0].Before(o.answered.Add(took))
	most := took.Seconds()*float64(refill) + 1
	switch {
	case gain > most:
		s.refills = false
	case ending:
	case gain > 0 && old.remaining <= r.Limit/2 && took < s.window/4:
		s.refills = true
	}
	moved := !old.reset.IsZero() && r.Reset.Sub(old.reset) >= s.window-2*time.Second
	return gain >= float64(r.Limit)/2 && (gain > most || moved)
}

// learnShared looks for others on the key: more must have been counted than we
// can have sent, in all that may still count or since Remaining began to fall.
func (s *headroom) learnShared(f flight, o *observation, limit int, jumped bool, l *ledger) {
	ours := l.overlap() + l.ended - f.ended
	since := l.sent - s.top.answered - 1
	known := s.top.limit == limit && !jumped && o.answered.Sub(s.top.at) < s.window
	if limit-o.remaining > ours || known && s.top.remaining-o.remaining > since {
		s.shared = o.answered.Add(2 * s.window)
	}
	if !known || o.remaining > s.top.remaining {
		s.top = mark{
			remaining: o.remaining, limit: limit, at: o.answered, answered: f.answered,
			place: l.ended + len(l.ends) - 1, jumped: jumped || known && s.top.jumped,
		}
	}
}

// refuse takes a refusal into account: whatever else was observed is out of
// date, and when the pause is over the next request goes alone again.
func (s *headroom) refuse(paused time.Time) {
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
