package fanvuesim

// oldMasses are mass messages of the start that no chat shows: priced ones,
// and ones that were taken back, held up or not sent yet.
const oldMasses = 8

// A mass is a message to many fans with its counters as of the last night.
type mass struct {
	number                       int64 // of its id
	uuid                         id
	at                           millis // orders the list
	created, published           millis // 0 for null
	scheduled                    millis
	status                       string
	text                         string
	hasText                      bool
	price                        int64
	recipients, views, purchases int64
	media                        []id
}

// masses returns the mass messages: the broadcasts of the chats with the
// counters these give them, and those that only this list has. Sales of the
// latter are figures of the list alone; no row of earnings bears them.
func (c *creator) masses() []mass {
	c.lists.mu.Lock()
	defer c.lists.mu.Unlock()
	if c.lists.masses == nil {
		all := []mass{}
		longest := int64(0)
		for ci := range c.chats {
			longest = max(longest, c.chats[ci].len())
		}
		for n := int64(0); n < longest; n++ {
			if broadcast(n) {
				all = append(all, c.broadcasted(n))
			}
		}
		for k := range oldMasses + int64(len(c.made.masses)) {
			all = append(all, c.mass(k))
		}
		c.lists.masses = all
	}
	return c.lists.masses
}

// broadcasted returns the broadcast that is message n of each chat that has so many.
func (c *creator) broadcasted(n int64) mass {
	m := mass{number: n / 16, status: "UNSENT"}
	first := int64(-1)
	for i := range c.chats {
		ci, ch := int64(i), &c.chats[i]
		if ch.len() <= n {
			continue
		}
		if at := c.messageAt(ci, n); first < 0 || at < m.published {
			first, m.published = ci, at
		}
		e := ch.edits[n]
		if e.gone {
			continue
		}
		m.status = "SENT"
		m.recipients++
		if n < ch.base-ch.base%4 || e.read {
			m.views++
		}
	}
	x := c.message(first, n)
	m.uuid, m.text, m.hasText = x.uuid, x.text, x.hasText
	m.created, m.at = m.published-second, m.published
	for k := range x.media {
		m.media = append(m.media, c.attachment(first, n, k))
	}
	return m
}

// mass returns a mass message that no chat shows.
func (c *creator) mass(k int64) mass {
	m := mass{number: ofNight | k}
	m.uuid = c.w.id(spotOf(idBroadcast, c.idx, m.number))
	d := c.w.roll(diceMass, uint64(c.idx), uint64(k))
	at := c.since + d.n(c.w.born-c.since)
	m.status, m.price = "SENT", of(&d, prices)
	m.text, m.hasText = c.w.phrase(&d)
	switch {
	case k >= oldMasses:
		made := c.made.masses[k-oldMasses]
		if at = made.at; made.night == c.made.nights {
			m.status = "SENDING"
		}
	case k == 4:
		if m.scheduled = c.w.born + 1 + d.n(10*day); m.scheduled > c.made.asOf {
			m.status = "SCHEDULED"
		}
	case k > 4:
		m.status = [...]string{"UNSENT", "FAILED", "MODERATED"}[k-5]
	}
	m.created, m.published, m.at = at, at, at
	switch {
	case m.status == "SCHEDULED" || m.status == "FAILED" || m.status == "MODERATED":
		m.published = 0
	case m.scheduled != 0:
		m.published = m.scheduled
	}
	if k == 7 {
		m.created = 0
	}
	if m.published != 0 {
		days := (c.made.asOf - m.published) / day
		m.recipients = d.n(int64(c.shape.Fans) + 1)
		m.views = min(m.recipients, m.recipients*(days+1)/12+1)
		m.views = min(m.views, m.recipients)
		m.purchases = m.views / 3
	}
	m.media = []id{c.mediumID(d.n(oldMedia))}
	return m
}

func (m *mass) deleted() bool { return m.status == "UNSENT" }

// massOrder returns the mass messages, newest first. The numbers of its places
// are indices of masses.
func (c *creator) massOrder(deleted bool) []place {
	var list []place
	for k, m := range c.masses() {
		if deleted || !m.deleted() {
			list = append(list, place{m.at, int64(k)})
		}
	}
	sortPlaces(list)
	return list
}
