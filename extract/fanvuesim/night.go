package fanvuesim

import (
	"slices"
	"sort"
	"time"
)

// NightOptions switch off what a night would bring. The zero value brings all
// but vanishing rows.
type NightOptions struct {
	NoEarnings       bool // new sales and rewards
	NoReversals      bool // refunds and chargebacks of older sales
	NoSettling       bool // pending money becoming available
	NoPayouts        bool
	NoEmptied        bool // fans disappearing from recent rows
	NoMessages       bool // new messages, and with them reads and unsent messages
	NoReads          bool
	NoUnsent         bool
	NoUnlocks        bool // old priced messages bought in chats that do not move
	NoNewSubscribers bool // with their earnings
	NoNewFollowers   bool
	NoRenewals       bool
	NoCancellations  bool // renewal switched off; the period goes on
	NoLeavers        bool // ended periods and lost followers
	NoRenames        bool
	NoContent        bool // posts with likes and comments, media, links, lists, templates, mass messages and notifications stay as they are

	Vanish bool // rarely, a recent row of earnings is served no more
}

// A world that lives on has a day's events every 23 hours, so that they fall on
// any hour of the day, and within two hours of each: whoever reads at another
// time finds nothing later of what was before.
const (
	liveEvery = 23 * hour
	liveFor   = 2 * hour
)

// live lets the time from the computed history to now pass.
func (w *World) live(now time.Time) {
	until := now.UnixMilli()
	for at := w.born + liveEvery; at <= until; at += liveEvery {
		w.pass(at-liveFor, at)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asOf = max(w.asOf, until)
}

// night lets the day before now happen.
func (w *World) night(now time.Time) { w.pass(now.UnixMilli()-day, now.UnixMilli()) }

// pass lets what a day brings happen in (from, to].
func (w *World) pass(from, to millis) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.nights++
	w.asOf = to
	o := &w.opt.Nights
	if !o.NoSettling {
		w.settled = w.asOf
	}
	if !o.NoPayouts {
		w.paid = w.asOf
	}
	for _, c := range w.creators {
		n := &night{c: c, o: o, dice: w.roll(diceNight, uint64(c.idx), w.nights), from: from, to: to, first: c.next, moved: map[int64]bool{}}
		n.people()
		n.talk()
		n.money()
		sort.Slice(c.extra, func(i, j int) bool {
			a, b := &c.extra[i], &c.extra[j]
			return a.at < b.at || a.at == b.at && a.row < b.row
		})
		n.amend()
		if !o.NoContent {
			n.content()
		}
		c.forget()
	}
	w.agency.forget()
}

// forget drops the orders and sums that a night may have changed.
func (c *creator) forget() {
	l := &c.lists
	l.mu.Lock()
	defer l.mu.Unlock()
	l.subscribers, l.followers, l.chats, l.balance = nil, nil, nil, nil
	l.book, l.likes, l.masses, l.notices = nil, nil, nil, nil
}

// A night is the change that a day brings to one creator, in (from, to].
type night struct {
	c        *creator
	o        *NightOptions
	dice     dice
	from, to millis
	first    int64          // number of its first row of earnings
	moved    map[int64]bool // chats with new messages
}

// when returns an instant of the night.
func (n *night) when() millis { return n.from + 1 + n.dice.n(n.to-n.from) }

// about draws a number around a share of a collection, at least low.
func (n *night) about(size int, share float64, low int64) int64 {
	mean := max(low, int64(float64(size)*share))
	return max(low, mean/2+n.dice.n(mean+1))
}

func (n *night) earn(e earning) *earning {
	e.row = n.c.next
	n.c.next++
	n.c.fillSale(&e, &n.dice)
	n.c.extra = append(n.c.extra, e)
	return &n.c.extra[len(n.c.extra)-1]
}

func (n *night) people() {
	c := n.c
	if len(c.fans) == 0 {
		return
	}
	n.periods()
	if !n.o.NoCancellations {
		for range n.about(len(c.fans), 0.01, 1) {
			f := &c.fans[n.dice.n(int64(len(c.fans)))]
			if f.subscribed && f.renews && f.status == "active" {
				f.renews, f.status = false, "cancelled"
			}
		}
	}
	if !n.o.NoLeavers {
		for range n.about(len(c.fans), 0.01, 1) {
			c.fans[n.dice.n(int64(len(c.fans)))].followed = 0
		}
	}
	if !n.o.NoNewSubscribers {
		for range n.about(len(c.fans), 0.01, 1) {
			n.subscriber()
		}
	}
	if !n.o.NoNewFollowers {
		for range n.about(len(c.fans), 0.01, 1) {
			if f := &c.fans[n.someFan()]; f.followed == 0 {
				f.followed = n.when()
			}
		}
	}
	if !n.o.NoRenames {
		c.w.renamed[c.fans[n.dice.n(int64(len(c.fans)))].who]++
		if n.dice.one(20) {
			c.w.renamed[c.spot()]++
		}
	}
}

// someFan returns an old fan, or one in three times a new one.
func (n *night) someFan() int64 {
	c := n.c
	if !n.dice.one(3) {
		return n.dice.n(int64(len(c.fans)))
	}
	k := int64(len(c.fans))
	c.fans = append(c.fans, fan{who: spotOf(idFan, c.idx, k)})
	return k
}

// periods ends or renews the subscriptions whose period is over.
func (n *night) periods() {
	c := n.c
	for k := range c.fans {
		f := &c.fans[k]
		if !f.subscribed || f.to == 0 || f.to > n.to {
			continue
		}
		at := max(f.to, n.from+1)
		switch {
		case f.renews && !n.o.NoRenewals:
			length := 30 * day
			f.paid = f.price
			if f.yearly {
				length, f.paid = 365*day, f.price*12*8/10
			}
			f.from, f.to = f.to, max(f.to, n.from)+length
			if !n.o.NoEarnings {
				n.price(n.earn(earning{at: at, source: "renewal", fan: int64(k)}), f.paid)
			}
		case !f.renews && !n.o.NoLeavers:
			f.subscribed = false
			c.countEnd(at)
		}
	}
}

func (n *night) subscriber() {
	k := n.someFan()
	f := &n.c.fans[k]
	if f.subscribed {
		return
	}
	at := n.when()
	n.c.subscribe(f, &n.dice, at)
	if f.first == 0 {
		f.first = at
	}
	n.c.countStart(at)
	if !n.o.NoEarnings && f.paid > 0 {
		n.price(n.earn(earning{at: at, source: "subscription", fan: k}), f.paid)
	}
}

func (n *night) talk() {
	c := n.c
	if !n.o.NoMessages && len(c.fans) > 0 && c.shape.Chats > 0 {
		for range n.about(len(c.chats), 0.05, 2) {
			n.converse()
		}
	}
	if n.o.NoUnlocks || len(c.chats) == 0 {
		return
	}
	for range n.about(len(c.chats), 0.01, 1) {
		n.unlock(n.dice.n(int64(len(c.chats))))
	}
}

// converse adds messages to a chat, which may be a new one, and lets older ones
// of the same chat be read or unsent.
func (n *night) converse() {
	c := n.c
	ci := n.dice.n(int64(len(c.chats)))
	at := n.when()
	if len(c.chats) < len(c.fans) && n.dice.one(6) {
		ci = int64(len(c.chats))
		c.chats = append(c.chats, chat{created: at, last: -1})
	}
	if n.moved[ci] {
		return
	}
	n.moved[ci] = true
	ch := &c.chats[ci]
	if ch.edits == nil {
		ch.edits = map[int64]messageEdit{}
	}
	if n.dice.one(2) || ch.len()-ch.readTo > 40 { // the creator has opened the chat; reads stay among the last 50
		ch.readTo, ch.unread = ch.len(), false
	}
	for range 1 + n.dice.n(6) {
		ch.extra = append(ch.extra, at)
		if !n.dice.one(8) { // else the next one comes in the same instant
			at = min(n.to, at+n.dice.n(20*minute))
		}
	}
	ch.last = ch.len() - 1
	for k := max(0, ch.len()-50); k < ch.len(); k++ {
		n.touch(ci, k)
	}
	for ch.last >= 0 && ch.edits[ch.last].gone {
		ch.last--
	}
}

// touch lets one of the last messages of a moved chat be read or, unless it is
// the fiftieth, unsent: that one may share its instant with the one behind it, and
// then a page of fifty does not show that it is gone.
func (n *night) touch(ci, k int64) {
	ch := &n.c.chats[ci]
	e := ch.edits[k]
	before := e
	if !n.o.NoReads && n.dice.one(3) && n.c.outgoing(ci, k) {
		e.read = true
	}
	if !n.o.NoUnsent && n.dice.one(40) && n.c.message(ci, k).purchased == 0 && k > ch.len()-50 {
		e.gone = true
	}
	if e != before {
		ch.edits[k] = e
	}
}

// unlock lets the fan of a chat that did not move buy a priced message in it.
func (n *night) unlock(ci int64) {
	c := n.c
	ch := &c.chats[ci]
	if n.moved[ci] || ch.base < 5 {
		return
	}
	k := n.dice.n(ch.base/5)*5 + 4
	m := c.message(ci, k)
	if m.purchased != 0 || ch.edits[k].gone {
		return
	}
	at := n.when()
	if ch.edits == nil {
		ch.edits = map[int64]messageEdit{}
	}
	e := ch.edits[k]
	e.purchased = at
	ch.edits[k] = e
	sale := n.earn(earning{at: at, source: "message", fan: ci, message: m.uuid})
	n.price(sale, m.price)
}

// price gives a sale another price.
func (n *night) price(e *earning, gross int64) {
	e.gross, e.net, e.total = gross, gross-(gross*200+500)/1000, gross+gross/10
}

func (n *night) money() {
	c := n.c
	rows := c.shape.Earnings
	if rows == 0 {
		return
	}
	days := max(1, (c.w.born-c.since)/day)
	if !n.o.NoEarnings {
		for range n.about(rows, 1/float64(days), 3) {
			at := n.when()
			if n.dice.one(10) {
				at -= n.dice.n(n.to - n.from) // booked late
			}
			e := earning{at: at, fan: -1}
			for e.source == "" || e.source == "message" || e.source == "renewal" || e.source == "subscription" {
				e.source = of(&n.dice, sources)
			}
			if !reward(e.source) {
				if len(c.fans) == 0 {
					e.source = "referral"
				} else {
					e.fan = n.dice.n(int64(len(c.fans)))
				}
			}
			n.earn(e)
		}
	}
	if !n.o.NoReversals {
		for range 1 + n.dice.n(3) {
			n.reverse()
		}
	}
}

// amend changes recent rows. It needs the day's own rows in order.
func (n *night) amend() {
	if !n.o.NoEmptied && n.dice.one(3) {
		n.edit(28*day, func(e *earning, x *rowEdit) {
			x.emptied = x.emptied || e.fan >= 0 && e.source != "streamTicket"
		})
	}
	if n.o.Vanish && n.dice.one(3) {
		n.edit(6*day, func(_ *earning, x *rowEdit) { x.gone = true })
	}
}

// reverse refunds or charges back a sale of an earlier month that no other row
// reverses: one at the position kept for nights.
func (n *night) reverse() {
	c := n.c
	blocks := c.baseBefore(n.to-30*day) / block
	if blocks == 0 {
		return
	}
	row := n.dice.n(blocks)*block + nightTarget
	of := c.sale(row)
	if _, done := c.undone[row]; done || of.order == 0 {
		return
	}
	c.undone[row] = struct{}{}
	e := earning{row: c.next, at: n.when(), source: "refund", order: firstOrder + c.next}
	e.ripe = e.at + 7*day
	c.next++
	if n.dice.one(3) {
		e.source = "chargeback"
	}
	gross, net, total := of.gross, of.net, of.total
	if of.gross > 10 && n.dice.one(3) {
		gross, net, total = gross/2, net/2, total/2
	}
	e.reverse(of, gross, net, total, &n.dice)
	if c.edits[row].emptied {
		e.fan = -1
	}
	c.extra = append(c.extra, e)
}

// edit changes a row at most age old.
func (n *night) edit(age millis, change func(*earning, *rowEdit)) {
	c := n.c
	var recent []earning
	c.scan(place{at: n.to + 1}, n.to-age, false, func(e *earning) bool {
		recent = append(recent, *e)
		return len(recent) < 5000
	})
	recent = slices.DeleteFunc(recent, func(e earning) bool { return c.edits[e.row].emptied })
	if len(recent) == 0 {
		return
	}
	e := &recent[n.dice.n(int64(len(recent)))]
	x := c.edits[e.row]
	change(e, &x)
	c.edits[e.row] = x
}
