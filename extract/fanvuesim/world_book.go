package fanvuesim

import "math"

// A book is a creator's earnings by fan and by post, as of the last night.
type book struct {
	fans   []purse
	tips   map[int64][]earning // by post, newest first
	recent int64               // gross of the last 30 days, reversals left out
}

// A purse is what one fan has spent.
type purse struct {
	gross, net         int64 // of sales
	back, backNet      int64 // of reversals, not positive
	most               int64 // gross of the dearest sale
	last, lastStanding millis
	sources            map[string]int64 // gross of sales
}

// book returns the creator's book. It reads all earnings once a night.
func (c *creator) book() *book {
	c.lists.mu.Lock()
	defer c.lists.mu.Unlock()
	if c.lists.book == nil {
		b := &book{fans: make([]purse, len(c.fans)), tips: map[int64][]earning{}}
		reversed := map[int64]bool{} // a reversal is newer than its sale, and comes before it
		c.scan(place{math.MaxInt64, -1}, 0, false, func(e *earning) bool {
			b.enter(c, e, reversed)
			return true
		})
		c.lists.book = b
	}
	return c.lists.book
}

func (b *book) enter(c *creator, e *earning, reversed map[int64]bool) {
	back := e.reversal()
	switch {
	case back && e.reversed != 0:
		reversed[e.reversed] = true
	case !back && e.source == "tip" && !e.post.none():
		if k, ok := c.postOf(e.post); ok {
			b.tips[k] = append(b.tips[k], *e)
		}
	}
	if !back && e.at > c.w.asOf-30*day {
		b.recent += e.gross
	}
	if e.fan < 0 || c.edits[e.row].emptied {
		return
	}
	a := &b.fans[e.fan]
	if back {
		a.back += e.gross
		a.backNet += e.net
		return
	}
	a.gross += e.gross
	a.net += e.net
	a.most = max(a.most, e.gross)
	a.last = max(a.last, e.at)
	if !reversed[e.order] {
		a.lastStanding = max(a.lastStanding, e.at)
	}
	if a.sources == nil {
		a.sources = map[string]int64{}
	}
	a.sources[e.source] += e.gross
}

// relation is what a fan is to the creator.
func (f *fan) relation() string {
	switch {
	case f.subscribed:
		return "subscriber"
	case f.began != 0:
		return "expired"
	case f.followed != 0:
		return "follower"
	}
	return "not_contactable"
}
