package fanvuesim

import "sort"

// A fan is one fan of one creator.
type fan struct {
	who        spot   // the person; the same at two creators for some
	followed   millis // 0: does not follow
	began      millis // newest start of a subscription, 0: never; orders the list
	first      millis // first start ever as served, 0: not served
	from, to   millis // current period; to is 0 for an open one
	price      int64
	paid       int64
	status     string // as served; "" on the list without details
	subscribed bool   // on the list
	renews     bool
	yearly     bool
}

// Each tenth fan of every second creator is also a fan of the creator before.
func (w *World) fanSpot(k int, f int64) spot {
	if k%2 == 1 && f%10 == 7 && f < int64(w.creators[k-1].shape.Fans) {
		return spotOf(idFan, k-1, f)
	}
	return spotOf(idFan, k, f)
}

// localFan returns the index of the fan that s names at c, and whether c has it.
func (c *creator) localFan(s spot) (int, bool) {
	f := int(s.rest())
	return f, s.kind() == idFan && f < len(c.fans) && c.fans[f].who == s
}

func (c *creator) growFans() {
	c.fans = make([]fan, c.shape.Fans)
	c.days = make([]dayCount, c.w.dayIndex(c, c.w.born)+1)
	for f := range c.fans {
		c.fans[f] = c.newFan(int64(f))
		if p := &c.fans[f]; p.began != 0 {
			c.countStart(p.began)
			if !p.subscribed {
				c.countEnd(p.to)
			}
		}
	}
}

// newFan computes a fan as of the start of the world.
func (c *creator) newFan(n int64) fan {
	born := c.w.born
	d := c.w.roll(diceFan, uint64(c.idx), uint64(n))
	f := fan{who: c.w.fanSpot(c.idx, n)}
	span := born - c.since
	if !d.one(4) {
		f.followed = c.since + d.n(span)
		if d.one(8) {
			f.followed -= f.followed % hour // several within one instant
		}
	}
	switch d.n(20) {
	case 0, 1, 2, 3, 4, 5, 6, 7, 8:
		c.subscribe(&f, &d, born-d.n(29*day)-1)
		for back := d.n(10); back > 0 && f.began-30*day > c.since; back-- {
			f.began -= 30 * day
		}
		f.first = f.began
	case 9, 10, 11:
		f.began = c.since + d.n(span)
		f.first = f.began
		f.from, f.to = f.began, min(f.began+30*day, born-1)
	}
	if d.one(30) {
		f.first = 0
	}
	return f
}

// subscribe starts a subscription at an instant.
func (c *creator) subscribe(f *fan, d *dice, at millis) {
	f.began, f.from, f.price, f.paid = at, at, c.price, c.price
	f.subscribed, f.renews, f.status, f.yearly = true, true, "active", false
	f.to = at + 30*day
	switch d.n(20) {
	case 0: // trial; it may have begun too long ago to be one
		if at+7*day > c.w.asOf {
			f.paid, f.to = 0, at+7*day
		}
	case 1:
		f.yearly, f.paid, f.to = true, c.price*12*8/10, at+365*day
	case 2:
		f.renews, f.status = false, "cancelled"
	case 3:
		f.renews, f.status = false, "cancelled"
	case 4:
		f.status = of(d, []string{"paused", "pending_confirmation", "active"})
	case 5:
		if d.one(3) {
			f.to, f.renews = 0, false // open end
		}
	case 6:
		if d.one(3) {
			f.status = ""
		}
	}
}

func (w *World) dayIndex(c *creator, at millis) int { return int(at/day - c.since/day) }

func (c *creator) countDay(at millis) *dayCount {
	k := c.w.dayIndex(c, at)
	for len(c.days) <= k {
		c.days = append(c.days, dayCount{})
	}
	return &c.days[k]
}

func (c *creator) countStart(at millis) { c.countDay(at).started++ }
func (c *creator) countEnd(at millis)   { c.countDay(at).ended++ }

// subscribers returns the list of subscribers, newest subscription first.
func (c *creator) subscribers() []place {
	return c.order(&c.lists.subscribers, func(f *fan) (millis, bool) { return f.began, f.subscribed })
}

// followers returns the list of followers, newest first.
func (c *creator) followers() []place {
	return c.order(&c.lists.followers, func(f *fan) (millis, bool) { return f.followed, f.followed != 0 })
}

func (c *creator) order(list *[]place, at func(*fan) (millis, bool)) []place {
	c.lists.mu.Lock()
	defer c.lists.mu.Unlock()
	if *list == nil {
		*list = make([]place, 0, len(c.fans))
		for k := range c.fans {
			if t, ok := at(&c.fans[k]); ok {
				*list = append(*list, place{t, int64(k)})
			}
		}
		sortPlaces(*list)
	}
	return *list
}

func sortPlaces(list []place) {
	sort.Slice(list, func(i, j int) bool { return list[i].before(list[j]) })
}
