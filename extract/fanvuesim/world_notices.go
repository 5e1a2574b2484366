package fanvuesim

// What happened, by the platform's numbers.
const (
	eventComment    = 6
	eventLike       = 7
	eventPurchase   = 9
	eventSubscriber = 10
	eventTip        = 11
	eventFollower   = 12
	eventPromotion  = 14
)

// A notice is a notification. The log is never rewritten: an end of following
// takes no notice back.
type notice struct {
	at     millis
	event  int64
	number int64 // of its id; with at, the order
	fan    int64 // -1: the platform, or a deleted fan
	row    int64 // of the earning it is about, -1: none
	post   int64 // -1: none
}

// oldSales is how many of the newest rows of earnings of the start have notices.
const oldSales = 300

// log returns a creator's notifications, in no order.
func (c *creator) log() []notice {
	c.lists.mu.Lock()
	defer c.lists.mu.Unlock()
	if c.lists.notices == nil {
		all := c.oldNotices()
		c.lists.notices = append(all, c.made.notices...)
	}
	return c.lists.notices
}

// oldNotices returns what the start of the world has left.
func (c *creator) oldNotices() []notice {
	all := []notice{}
	add := func(at millis, event, index, fan, row, post int64) {
		all = append(all, notice{at, event, event<<32 | index, fan, row, post})
	}
	for f := range int64(c.shape.Fans) {
		x := c.newFan(f)
		if x.followed != 0 {
			add(x.followed, eventFollower, f, f, -1, -1)
		}
		if x.began != 0 {
			add(x.began, eventSubscriber, f, f, -1, -1)
		}
	}
	rows := int64(c.shape.Earnings)
	for row := max(0, rows-oldSales); row < rows; row++ {
		e := c.earning(row)
		if event := e.event(); event != 0 {
			add(e.at, event, row, e.fan, row, -1)
		}
	}
	for k := range int64(oldPosts) {
		for _, p := range c.oldComments(k) {
			if x, _ := c.comment(p); x.at > 0 {
				add(x.at, eventComment, p, x.fan, -1, k)
			}
		}
	}
	for k, event := range []int64{eventPromotion, 19, 26, 27, 28, eventPromotion} {
		add(c.w.born-int64(k)*day-hour, event, 1<<30|int64(k), -1, -1, -1)
	}
	return all
}

// event is the notice an earning gives, 0 for none.
func (e *earning) event() int64 {
	switch {
	case e.reversal():
	case e.source == "tip":
		return eventTip
	case e.source == "message" || e.source == "post" || e.source == "mediaLink":
		return eventPurchase
	}
	return 0
}

// originator returns the fan of a notice as of now, -1 for none.
func (c *creator) originator(n *notice) int64 {
	if n.row >= 0 && c.edits[n.row].emptied {
		return -1
	}
	return n.fan
}

// noticeOrder returns the notifications of an event, of all for 0, newest
// first. The numbers of its places are indices of log.
func (c *creator) noticeOrder(event int64) []place {
	log := c.log()
	list := make([]place, 0, len(log))
	for k := range log {
		if event == 0 || log[k].event == event {
			list = append(list, place{log[k].at, int64(k)})
		}
	}
	sortPlaces(list)
	return list
}

// An unread is what a creator has not looked at.
type unread struct {
	chats, messages int64
	events          [32]int64 // notifications by event
}

func (c *creator) unread() unread {
	var u unread
	for ci := range int64(len(c.chats)) {
		if !c.isRead(ci) {
			u.chats++
		}
		u.messages += int64(c.unreadCount(ci))
	}
	for _, n := range c.log() {
		if n.at >= c.made.readTo {
			u.events[n.event]++
		}
	}
	return u
}
