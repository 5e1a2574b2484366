package fanvuesim

import (
	"iter"
	"time"
)

// A CreatorTruth is a creator the key may read.
type CreatorTruth struct {
	UUID, Handle, DisplayName string
	Nickname                  *string
	Role                      string // "" for the owner's own
	RegisteredAt              time.Time
	Owner                     bool // read by the self-scoped paths
	Dropped                   bool // no longer in the list
}

// Creators returns all creators of the world, dropped ones included.
func (w *World) Creators() []CreatorTruth {
	w.mu.RLock()
	defer w.mu.RUnlock()
	var all []CreatorTruth
	for _, c := range w.creators {
		t := CreatorTruth{
			UUID: c.uuid.String(), Handle: w.handle(c.spot()), DisplayName: w.displayName(c.spot()), Role: c.role(),
			RegisteredAt: toTime(c.since), Owner: c == w.self(), Dropped: c.dropped,
		}
		if nick, ok := c.nickname(c.spot()); ok {
			t.Nickname = &nick
		}
		all = append(all, t)
	}
	return all
}

// Owner returns the uuid of the key's owner.
func (w *World) Owner() string { return w.id(w.ownerSpot()).String() }

// AsOf returns the instant of the newest change.
func (w *World) AsOf() time.Time {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return toTime(w.asOf)
}

// MarkedRead returns how many reads have marked a chat as read. A client that
// only exports leaves it at 0.
func (w *World) MarkedRead() int { return int(w.marked.Load()) }

// An AccountTruth is a creator's account.
type AccountTruth struct {
	TotalGross, AvailableBalance int64 // US cents
	LastPayoutAt                 time.Time
	Followers, Subscribers       int64
}

// Account returns a creator's account, zero for an unknown one.
func (w *World) Account(creator string) AccountTruth {
	w.mu.RLock()
	defer w.mu.RUnlock()
	c := w.named(creator)
	if c == nil {
		return AccountTruth{}
	}
	return AccountTruth{c.grossEver(), c.balance(), toTime(c.payout()), int64(len(c.followers())), int64(len(c.subscribers()))}
}

// A FanTruth is a person as a creator sees it.
type FanTruth struct {
	UUID, Handle, DisplayName string
	Nickname                  *string
	RegisteredAt              time.Time
}

func (c *creator) fanTruth(f int64) FanTruth {
	who := c.fans[f].who
	t := FanTruth{UUID: c.w.id(who).String(), Handle: c.w.handle(who), DisplayName: c.w.displayName(who), RegisteredAt: toTime(c.w.registered(who))}
	if nick, ok := c.nickname(who); ok {
		t.Nickname = &nick
	}
	return t
}

// Fans returns all fans a creator has had.
func (w *World) Fans(creator string) []FanTruth {
	w.mu.RLock()
	defer w.mu.RUnlock()
	c := w.named(creator)
	if c == nil {
		return nil
	}
	all := make([]FanTruth, len(c.fans))
	for f := range c.fans {
		all[f] = c.fanTruth(int64(f))
	}
	return all
}

// A SubscriberTruth is a row of the list of subscribers.
type SubscriberTruth struct {
	FanTruth
	FirstSubscribedAt  time.Time // zero for null
	Subscription       bool      // false where the row says null; the rest is zero then
	Status             string
	Price, AmountPaid  int64
	PeriodStart        time.Time
	PeriodEnd          time.Time // zero for null
	AutoRenewalEnabled bool
}

// Subscribers returns a creator's list of subscribers, newest first.
func (w *World) Subscribers(creator string) []SubscriberTruth {
	w.mu.RLock()
	defer w.mu.RUnlock()
	c := w.named(creator)
	if c == nil {
		return nil
	}
	var all []SubscriberTruth
	for _, p := range c.subscribers() {
		f := &c.fans[p.number]
		t := SubscriberTruth{FanTruth: c.fanTruth(p.number), FirstSubscribedAt: toTime(f.first)}
		if f.status != "" {
			t.Subscription, t.Status, t.Price, t.AmountPaid = true, f.status, f.price, f.paid
			t.PeriodStart, t.PeriodEnd, t.AutoRenewalEnabled = toTime(f.from), toTime(f.to), f.renews
		}
		all = append(all, t)
	}
	return all
}

// Followers returns a creator's followers, newest first, those who also
// subscribe included.
func (w *World) Followers(creator string) []FanTruth {
	w.mu.RLock()
	defer w.mu.RUnlock()
	c := w.named(creator)
	if c == nil {
		return nil
	}
	var all []FanTruth
	for _, p := range c.followers() {
		all = append(all, c.fanTruth(p.number))
	}
	return all
}

// A CountTruth is a UTC day of subscriptions that began and ended.
type CountTruth struct {
	Date           string // 2006-01-02
	New, Cancelled int
}

// SubscriberCounts returns the days of a creator from its registration to the
// last change, oldest first.
func (w *World) SubscriberCounts(creator string) []CountTruth {
	w.mu.RLock()
	defer w.mu.RUnlock()
	c := w.named(creator)
	if c == nil {
		return nil
	}
	var all []CountTruth
	for at := c.since / day * day; at <= w.asOf; at += day {
		n := c.dayCounts(at)
		all = append(all, CountTruth{toTime(at).Format(time.DateOnly), n.started, n.ended})
	}
	return all
}

// A ChatTruth is a row of the list of chats.
type ChatTruth struct {
	FanID         string
	CreatedAt     time.Time
	LastMessageAt time.Time // zero in an empty chat
	LastMessageID string
	IsRead        bool
	IsMuted       bool
	Unread        int
	Messages      int // that are still there
}

// Chats returns a creator's chats, newest activity first.
func (w *World) Chats(creator string) []ChatTruth {
	w.mu.RLock()
	defer w.mu.RUnlock()
	c := w.named(creator)
	if c == nil {
		return nil
	}
	var all []ChatTruth
	for _, p := range c.chatOrder() {
		ch := &c.chats[p.number]
		t := ChatTruth{
			FanID: c.w.id(c.fans[p.number].who).String(), CreatedAt: toTime(ch.created), LastMessageAt: toTime(c.lastAt(p.number)),
			IsRead: c.isRead(p.number), IsMuted: ch.muted, Unread: c.unreadCount(p.number), Messages: int(ch.len()),
		}
		if ch.last >= 0 {
			t.LastMessageID = c.messageID(p.number, ch.last).String()
		}
		for _, e := range ch.edits {
			if e.gone {
				t.Messages--
			}
		}
		all = append(all, t)
	}
	return all
}

// A MessageTruth is a message of a chat.
type MessageTruth struct {
	UUID        string
	SentAt      time.Time
	FromCreator bool
	Broadcast   bool // the recipient is {}
	Type        string
	SentBy      string // uuid of a team member, "" for null
	Price       int64  // cents, 0 for none
	PurchasedAt time.Time
	IsRead      bool
	Media       int
	Text        *string
	Gone        bool // unsent: served once, no longer
}

// Messages yields the messages of a creator's chat with a fan, newest first,
// unsent ones included.
func (w *World) Messages(creator, fan string) iter.Seq[MessageTruth] {
	return func(yield func(MessageTruth) bool) {
		c := w.named(creator)
		x, ok := parseID(fan)
		if c == nil || !ok {
			return
		}
		ci, ok := c.chatOf(x)
		if !ok {
			return
		}
		for n := c.chats[ci].len() - 1; n >= 0; n-- {
			if !yield(c.messageTruth(ci, n)) {
				return
			}
		}
	}
}

func (c *creator) messageTruth(ci, n int64) MessageTruth {
	c.w.mu.RLock() // a read may mark the chat meanwhile
	defer c.w.mu.RUnlock()
	m := c.message(ci, n)
	t := MessageTruth{
		UUID: m.uuid.String(), SentAt: toTime(m.at), FromCreator: m.out, Broadcast: broadcast(n), Type: m.kind, SentBy: m.by.String(),
		Price: m.price, PurchasedAt: toTime(m.purchased), IsRead: m.read, Media: int(m.media), Gone: c.chats[ci].edits[n].gone,
	}
	if m.hasText {
		t.Text = &m.text
	}
	return t
}
