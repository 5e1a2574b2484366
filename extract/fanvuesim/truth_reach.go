package fanvuesim

import "time"

// A MassMessageTruth is a message to many fans with its counters as of the last
// night.
type MassMessageTruth struct {
	UUID                         string
	Text                         *string
	Status                       string
	Price                        int64 // cents, 0 for null
	CreatedAt, PublishedAt       time.Time
	ScheduledAt                  time.Time
	Recipients, Views, Purchases int64
	Revenue                      int64 // cents
	MediaIDs                     []string
	Deleted                      bool // served only if asked for
}

// MassMessages returns a creator's mass messages, newest first, deleted ones
// included.
func (w *World) MassMessages(of string) []MassMessageTruth {
	var all []MassMessageTruth
	w.read(of, func(c *creator) {
		all = collect(c.massOrder(true), func(k int64) MassMessageTruth {
			m := &c.masses()[k]
			return MassMessageTruth{
				UUID: m.uuid.String(), Text: textOf(m.text, m.hasText), Status: m.status, Price: m.price,
				CreatedAt: toTime(m.created), PublishedAt: toTime(m.published), ScheduledAt: toTime(m.scheduled),
				Recipients: m.recipients, Views: m.views, Purchases: m.purchases, Revenue: m.purchases * m.price,
				MediaIDs: stringsOf(m.media), Deleted: m.deleted(),
			}
		})
	})
	return all
}

// A LinkTruth is a tracking link with its counters as of the last night.
type LinkTruth struct {
	UUID, Name, URL, Platform              string
	CreatedAt                              time.Time
	Clicks                                 int64
	AcquiredSubscribers, AcquiredFollowers int64
	Subscribers, Followers                 int64 // of its users, those who are it now
	Earnings                               bool  // false where the row says null; the rest is zero then
	Gross, Net                             int64 // cents
}

// TrackingLinks returns a creator's links, newest first.
func (w *World) TrackingLinks(of string) []LinkTruth {
	var all []LinkTruth
	w.read(of, func(c *creator) {
		list := make([]place, c.links())
		for k := range list {
			list[k] = place{c.linkCreated(int64(k)), int64(k)}
		}
		sortPlaces(list)
		all = collect(list, func(k int64) LinkTruth {
			l := c.link(k)
			t := LinkTruth{
				UUID: l.uuid.String(), Name: l.name, URL: l.slug, Platform: l.platform, CreatedAt: toTime(l.created), Clicks: l.clicks,
				AcquiredSubscribers: l.acquired[0], AcquiredFollowers: l.acquired[1], Subscribers: l.total[0], Followers: l.total[1],
			}
			if l.hasEarnings {
				t.Earnings, t.Gross, t.Net = true, l.gross, l.net
			}
			return t
		})
	})
	return all
}

// A LinkUserTruth is a fan who came by a link.
type LinkUserTruth struct {
	FanTruth
	Status string // "" for null
}

// TrackingLinkUsers returns the fans who came by a link, newest first.
func (w *World) TrackingLinkUsers(of, link string) []LinkUserTruth {
	var all []LinkUserTruth
	w.read(of, func(c *creator) {
		x, ok := parseID(link)
		k, known := c.linkOf(x)
		if !ok || !known {
			return
		}
		for _, f := range c.linkUsers(k) {
			all = append(all, LinkUserTruth{c.fanTruth(f), c.linkStatus(f)})
		}
	})
	return all
}

// A ListTruth is a list of fans: of the platform's, whose id is a slug, or of
// the creator's.
type ListTruth struct {
	ID, Name  string
	Members   int
	CreatedAt time.Time // zero for smart lists
}

// SmartLists returns the platform's lists in their order.
func (w *World) SmartLists(of string) []ListTruth {
	var all []ListTruth
	w.read(of, func(c *creator) {
		for _, l := range smartListsOf() {
			all = append(all, ListTruth{ID: l.slug, Name: l.name, Members: c.smartCount(l.slug)})
		}
	})
	return all
}

// CustomLists returns a creator's own lists in the order of the list.
func (w *World) CustomLists(of string) []ListTruth {
	var all []ListTruth
	w.read(of, func(c *creator) {
		all = collect(standings(c.customLists()), func(k int64) ListTruth {
			l := c.customList(k)
			return ListTruth{l.uuid.String(), l.name, len(c.listMembers(k)), toTime(l.created)}
		})
	})
	return all
}

// ListMembers returns the members of a list, by its slug or uuid, in the order
// of the API.
func (w *World) ListMembers(of, list string) []FanTruth {
	var all []FanTruth
	w.read(of, func(c *creator) {
		members, ok := c.smartMembers(list)
		if x, isID := parseID(list); !ok && isID {
			k, known := c.numberOf(x, idCustomList, c.customLists())
			if !known {
				return
			}
			members = c.listMembers(k)
		}
		for _, f := range members {
			all = append(all, c.fanTruth(f))
		}
	})
	return all
}

// A NotificationTruth is a notification.
type NotificationTruth struct {
	UUID      string
	CreatedAt time.Time
	Event     int
	IsRead    bool
	FanID     string // originator; "" for the platform and for deleted fans
	PostID    string // what it is about, "" for none
}

// Notifications returns what the platform told a creator, newest first.
func (w *World) Notifications(of string) []NotificationTruth {
	var all []NotificationTruth
	w.read(of, func(c *creator) {
		all = collect(c.noticeOrder(0), func(k int64) NotificationTruth {
			n := &c.log()[k]
			t := NotificationTruth{
				UUID: c.noticeID(n).String(), CreatedAt: toTime(n.at), Event: int(n.event), IsRead: n.at < c.made.readTo, FanID: c.fanID(c.originator(n)),
			}
			if n.post >= 0 {
				t.PostID = c.postID(n.post).String()
			}
			return t
		})
	})
	return all
}

// An UnreadTruth counts what a creator has not looked at.
type UnreadTruth struct {
	Chats, Messages int64
	Events          map[int]int64 // notifications by event, those without left out
}

// Unread returns what a creator has not looked at.
func (w *World) Unread(of string) UnreadTruth {
	t := UnreadTruth{Events: map[int]int64{}}
	w.read(of, func(c *creator) {
		u := c.unread()
		t.Chats, t.Messages = u.chats, u.messages
		for event, n := range u.events {
			if n > 0 {
				t.Events[event] = n
			}
		}
	})
	return t
}
