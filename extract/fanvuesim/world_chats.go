package fanvuesim

import "sort"

// A chat is a creator's conversation with the fan of the same index.
type chat struct {
	base    int64 // messages computed
	created millis
	from    millis // first computed message at the earliest
	to      millis // last computed message
	muted   bool
	unread  bool  // marked unread by hand
	readTo  int64 // incoming messages below this number are read by the creator

	extra []millis              // instants of messages that nights added
	edits map[int64]messageEdit // by message number
	last  int64                 // newest message that is still there, -1: none
}

// A messageEdit is what nights did to a message.
type messageEdit struct {
	read      bool
	gone      bool
	purchased millis
}

// A message is one message of a chat.
type message struct {
	number    int64
	at        millis
	uuid      id
	out       bool // sent by the creator
	kind      string
	text      string
	hasText   bool
	media     int64
	mediaType string
	price     int64 // 0: free
	purchased millis
	by        id // team member
	tipSource string
	read      bool
}

// Each fifth message is a priced one of the creator; each sixteenth, if not
// priced, a broadcast with the same uuid in every chat.
func priced(n int64) bool    { return n%5 == 4 }
func broadcast(n int64) bool { return n%16 == 9 && !priced(n) }

func (c *creator) growChats() {
	c.chats = make([]chat, c.shape.Chats)
	for ci := range c.chats {
		d := c.w.roll(diceChat, uint64(c.idx), uint64(ci))
		ch := &c.chats[ci]
		if n := int64(c.shape.Messages); n > 0 {
			ch.base = n*3/4 + d.n(max(1, n/2)) // 0 stays possible only for small averages
		}
		if d.one(25) {
			ch.base = 0
		}
		span := c.w.born - c.since
		ch.created = c.since + d.n(span/2)
		ch.from = ch.created + d.n(hour)
		ch.to = c.w.born - min(d.n(span/2), d.n(span/2)) - 1
		if ci > 0 && ci%7 == 0 && c.chats[ci-1].to > ch.from {
			ch.to = c.chats[ci-1].to // two chats with the same last instant
		}
		if ch.to <= ch.from {
			ch.to = ch.from + 1
		}
		ch.muted = d.one(12)
		ch.unread = d.one(30)
		ch.readTo = ch.base
		if d.one(4) {
			ch.readTo = max(0, ch.base-1-d.n(6))
		}
		ch.last = ch.base - 1
	}
}

func (ch *chat) len() int64 { return ch.base + int64(len(ch.extra)) }

// messageAt returns the instant of a message. It never decreases with the number.
func (c *creator) messageAt(ci int64, n int64) millis {
	ch := &c.chats[ci]
	if n >= ch.base {
		return ch.extra[n-ch.base]
	}
	if n == ch.base-1 {
		return ch.to
	}
	if k := n % 8; k == 3 || k == 4 || k == 5 {
		d := c.w.roll(diceMessageTie, uint64(c.idx), uint64(ci<<24|n/8))
		if d.one(6) {
			n -= n%8 - 2 // several messages in one instant
		}
	}
	d := c.w.roll(diceMessage, uint64(c.idx), uint64(ci<<24|n))
	return spread(ch.from, ch.to-ch.from, n, ch.base, &d)
}

// messagesBefore returns the number of messages of a chat before an instant.
func (c *creator) messagesBefore(ci int64, at millis) int64 {
	return int64(sort.Search(int(c.chats[ci].len()), func(k int) bool { return c.messageAt(ci, int64(k)) >= at }))
}

// Message sales. Every third base row of earnings belongs in turn to one of the
// base chats; it is the unlock of the chat's newest priced message before it,
// unless an earlier such row has unlocked that one. Both sides compute this
// alone: the row which message it bought, the message which row paid for it.

func (c *creator) pricedBefore(ci int64, at millis) int64 {
	return int64(sort.Search(int(c.chats[ci].base/5), func(k int) bool { return c.messageAt(ci, int64(k)*5+4) >= at }))
}

// messageOf returns the chat and the number of the message a base row bought.
func (c *creator) messageOf(row int64, at millis) (ci, n int64, ok bool) {
	chats := int64(c.shape.Chats)
	if chats == 0 || row%3 != 0 {
		return 0, 0, false
	}
	ci = row / 3 % chats
	q := c.pricedBefore(ci, at) - 1
	if q < 0 {
		return 0, 0, false
	}
	n = q*5 + 4
	if before := row - 3*chats; before >= 0 && c.at(before) > c.messageAt(ci, n) {
		return 0, 0, false
	}
	return ci, n, true
}

// unlock returns the instant and the price at which a base row bought message n.
func (c *creator) unlock(ci, n int64) (at millis, price int64, ok bool) {
	chats, rows := int64(c.shape.Chats), int64(c.shape.Earnings)
	if n >= c.chats[ci].base || rows <= ci*3 {
		return 0, 0, false
	}
	sent := c.messageAt(ci, n)
	slots := (rows-ci*3-1)/(3*chats) + 1
	o := int64(sort.Search(int(slots), func(k int) bool { return c.at(3*(ci+int64(k)*chats)) > sent }))
	if o == slots {
		return 0, 0, false
	}
	row := 3 * (ci + o*chats)
	at = c.at(row)
	if n+5 < c.chats[ci].base && c.messageAt(ci, n+5) < at {
		return 0, 0, false // a newer one was there to be bought
	}
	if _, twin := c.tie(row); twin {
		return 0, 0, false
	}
	if _, reversal := c.reverses(row); reversal {
		return 0, 0, false
	}
	e := c.sale(row)
	return at, e.gross, true
}

func (c *creator) messageID(ci, n int64) id {
	if broadcast(n) {
		return c.w.id(spotOf(idBroadcast, c.idx, n/16))
	}
	return c.w.id(spotOf(idMessage, c.idx, ci<<24|n))
}

// messageNumber returns which message of chat ci an id names, gone ones included.
func (c *creator) messageNumber(ci int64, x id) (int64, bool) {
	s, ok := c.w.find(x)
	if !ok || s.creator() != c.idx {
		return 0, false
	}
	n := s.rest() & (1<<24 - 1)
	switch {
	case s.kind() == idBroadcast:
		n = s.rest()*16 + 9
	case s.kind() != idMessage || s.rest()>>24 != ci:
		return 0, false
	}
	return n, n < c.chats[ci].len() && c.messageID(ci, n) == x
}

// outgoing tells who sent a message.
func (c *creator) outgoing(ci, n int64) bool {
	if priced(n) || broadcast(n) {
		return true
	}
	d := c.w.roll(diceMessage, uint64(c.idx), uint64(ci<<24|n))
	d.n(2)
	return d.one(2)
}

var (
	kindsOut = []string{
		"SINGLE_RECIPIENT", "SINGLE_RECIPIENT", "SINGLE_RECIPIENT", "SINGLE_RECIPIENT", "SINGLE_RECIPIENT", "AUTOMATED_NEW_SUBSCRIBER", "AUTOMATED_RENEWED",
		"AUTOMATED_CHAT_MESSAGE_REPLY", "CHAT_TEXT_GENERATION", "CHAT_TEXT_REPLY", "MARKETING_KYC", "HOLOGRAM_CALL",
	}
	kindsIn    = []string{"SINGLE_RECIPIENT", "SINGLE_RECIPIENT", "SINGLE_RECIPIENT", "SINGLE_RECIPIENT", "SINGLE_RECIPIENT", "TIP", "LOCKED_MESSAGE_UNLOCKED", "VOICE_CALL"}
	texts      = []string{"hi", "how are you?", "thank you so much", "good morning", "see you later", "that is lovely", "ok", "tell me more about your day, I have time until the evening"}
	mediaTypes = []string{"image", "image", "video", "audio"}
)

// message returns one message of a chat as it is now.
func (c *creator) message(ci, n int64) message {
	ch := &c.chats[ci]
	d := c.w.roll(diceMessage, uint64(c.idx), uint64(ci<<24|n))
	d.n(2)
	m := message{number: n, at: c.messageAt(ci, n), out: c.outgoing(ci, n), uuid: c.messageID(ci, n)}
	d.n(2)
	if broadcast(n) {
		d = c.w.roll(diceBroadcast, uint64(c.idx), uint64(n/16))
	}
	m.read = n < ch.readTo
	if m.out {
		m.kind, m.read = of(&d, kindsOut), n < ch.base-ch.base%4
	} else {
		m.kind = of(&d, kindsIn)
	}
	if m.hasText = !d.one(9); m.hasText {
		m.text = of(&d, texts)
		if !c.w.opt.PlainNames && d.one(12) {
			m.text = of(&d, hostile)
		}
	}
	switch {
	case priced(n):
		m.kind, m.price, m.media = "SINGLE_RECIPIENT", of(&d, prices), 1+d.n(4)
		if at, price, ok := c.unlock(ci, n); ok {
			m.purchased, m.price = at, price
		}
	case broadcast(n):
		m.kind, m.media = "BROADCAST", d.n(3)
	case m.kind == "TIP":
		m.tipSource = of(&d, []string{"chat", "post", "media_link"})
	case d.one(6) || !m.hasText:
		m.media = 1 + d.n(2)
	}
	if m.media > 0 {
		m.mediaType = of(&d, mediaTypes)
	}
	if m.out && c.w.opt.Agency && d.one(3) {
		m.by = c.w.memberID(d.n(members))
	}
	if e, ok := ch.edits[n]; ok {
		m.read = m.read || e.read
		if e.purchased != 0 {
			m.purchased = e.purchased
		}
	}
	return m
}

// unreadCount returns how many messages of the fan the creator has not read.
func (c *creator) unreadCount(ci int64) int {
	ch, count := &c.chats[ci], 0
	for n := ch.readTo; n < ch.len(); n++ {
		if e := ch.edits[n]; !e.gone && !e.read && !c.outgoing(ci, n) {
			count++
		}
	}
	return count
}

// lastAt returns the instant of a chat's last message, 0 for an empty chat.
func (c *creator) lastAt(ci int64) millis {
	if n := c.chats[ci].last; n >= 0 {
		return c.messageAt(ci, n)
	}
	return 0
}

// chatOrder returns the chats by activity, newest first, empty ones last.
func (c *creator) chatOrder() []place {
	c.lists.mu.Lock()
	defer c.lists.mu.Unlock()
	if c.lists.chats == nil {
		c.lists.chats = make([]place, len(c.chats))
		for ci := range c.chats {
			c.lists.chats[ci] = place{c.lastAt(int64(ci)), int64(ci)}
		}
		sortPlaces(c.lists.chats)
	}
	return c.lists.chats
}
