package fanvuesim

import (
	"sync"
	"sync/atomic"
	"time"
)

// WorldOptions say how a world is grown. Numbers that are zero take a default;
// Shapes say zero and mean it.
type WorldOptions struct {
	Seed uint64

	Agency         bool // the key's owner is an agency with Creators creators, else a single creator
	OwnerIsCreator bool // the agency's owner is a creator too: the first one

	Creators           int // default 3; always 1 without Agency; at most 4096
	FansPerCreator     int // default 60
	EarningsPerCreator int // default 400
	ChatsPerCreator    int // default 30, at most one per fan
	MessagesPerChat    int // default 40, as an average
	Months             int // length of the history before the start; default 14

	Shapes map[int]Shape // sizes of single creators, by index from 0

	PlainNames        bool // no hostile names and texts
	UnorderedEarnings bool // earnings are not served newest first; for small worlds

	Nights NightOptions
}

// A Shape is the size of one creator.
type Shape struct {
	Fans, Earnings, Chats, Messages int // Messages per chat, as an average
}

// millis are milliseconds since 1970 UTC, the resolution of the platform.
type millis = int64

const (
	second millis = 1000
	minute        = 60 * second
	hour          = 60 * minute
	day           = 24 * hour
)

func toTime(at millis) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return time.UnixMilli(at).UTC()
}

// A World is the truth behind a simulator: what a faithful copy must contain.
// Its methods may be used while requests are served, but not during a Night.
type World struct {
	opt  WorldOptions
	born millis // end of the computed history

	mu       sync.RWMutex // guards everything a night or a mark changes
	asOf     millis       // instant of the last night that changed something
	settled  millis       // pending balances are as of this instant
	paid     millis       // payouts are as of this instant
	nights   uint64
	stirs    uint64 // moves between pages
	creators []*creator
	renamed  map[spot]int // how often a person changed names
	agency   agencyCache

	marked atomic.Int64
}

// A creator is one creator's part of the world. Rows [0, base) of earnings and
// of each chat are computed; extra rows and edits are what nights brought.
type creator struct {
	w       *World
	idx     int
	uuid    id
	shape   Shape
	since   millis // registration, and start of the history
	price   int64  // of a month's subscription, cents
	dropped bool   // no longer in the agency's list

	fans  []fan
	chats []chat
	days  []dayCount // per UTC day from that of since

	extra  []earning          // added by nights, oldest first
	next   int64              // row number of the next extra earning
	edits  map[int64]rowEdit  // by row number
	undone map[int64]struct{} // rows a night has reversed

	made  made
	lists lists
}

// A dayCount counts subscriptions that began and ended on a UTC day.
type dayCount struct{ started, ended int }

func newWorld(o WorldOptions, now time.Time) *World {
	byDefault := func(p *int, v int) {
		if *p <= 0 {
			*p = v
		}
	}
	byDefault(&o.Creators, 3)
	byDefault(&o.FansPerCreator, 60)
	byDefault(&o.EarningsPerCreator, 400)
	byDefault(&o.ChatsPerCreator, 30)
	byDefault(&o.MessagesPerChat, 40)
	byDefault(&o.Months, 14)
	if !o.Agency {
		o.Creators, o.OwnerIsCreator = 1, true
	}
	at := now.UnixMilli()
	w := &World{opt: o, born: at, asOf: at, settled: at, paid: at, renamed: map[spot]int{}}
	for k := range min(o.Creators, 4096) {
		shape, ok := o.Shapes[k]
		if !ok {
			shape = Shape{o.FansPerCreator, o.EarningsPerCreator, o.ChatsPerCreator, o.MessagesPerChat}
		}
		w.creators = append(w.creators, w.newCreator(k, shape))
	}
	return w
}

func (w *World) newCreator(k int, shape Shape) *creator {
	shape.Chats = min(shape.Chats, shape.Fans)
	d := w.roll(diceCreator, uint64(k), 0)
	c := &creator{
		w: w, idx: k, shape: shape,
		uuid:  w.id(spotOf(idCreator, k, 0)),
		price: of(&d, []int64{499, 999, 1000, 1499, 2500}),
		next:  int64(shape.Earnings),
		edits: map[int64]rowEdit{}, undone: map[int64]struct{}{},
	}
	c.since = toTime(w.born).AddDate(0, -w.opt.Months, 0).UnixMilli() - d.n(day)
	c.made = newMade(w.born)
	c.growFans()
	c.growChats()
	return c
}

// lists are the orders in which collections are served; a night forgets them.
type lists struct {
	mu          sync.Mutex
	subscribers []place
	followers   []place
	chats       []place
	gross       *int64 // all-time gross of the base rows, kept over nights
	balance     *int64

	book    *book
	likes   map[int64][]place // by post
	masses  []mass
	notices []notice
}

// A place is where row number of a collection stands in an order: newest
// first, then the higher number first.
type place struct {
	at     millis
	number int64
}

func (a place) before(b place) bool {
	return a.at > b.at || a.at == b.at && a.number > b.number
}
