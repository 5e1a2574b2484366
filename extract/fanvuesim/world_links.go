package fanvuesim

// oldLinks are the tracking links of the start.
const oldLinks = 24

// A link is a tracking link with its counters as of the last night.
type link struct {
	number      int64
	uuid        id
	name        string
	slug        string
	platform    string
	created     millis
	clicks      int64
	acquired    [2]int64 // subscribers and followers
	total       [2]int64 // of them, those who are it now
	gross, net  int64    // what its users paid, reversals left out
	hasEarnings bool
}

func (c *creator) links() int64 { return oldLinks + int64(len(c.made.links)) }

func (c *creator) linkID(k int64) id { return c.w.id(spotOf(idLink, c.idx, k)) }

func (c *creator) linkOf(x id) (int64, bool) { return c.numberOf(x, idLink, c.links()) }

func (c *creator) linkCreated(k int64) millis {
	if k >= oldLinks {
		return c.made.links[k-oldLinks]
	}
	if k%6 == 5 {
		k-- // two links of one instant
	}
	d := c.w.roll(diceLink, uint64(c.idx), uint64(k)<<1|1)
	return c.since + d.n(c.w.born-c.since)
}

// link returns a link. Reading what its users paid needs the book.
func (c *creator) link(k int64) link {
	d := c.w.roll(diceLink, uint64(c.idx), uint64(k)<<1)
	l := link{number: k, uuid: c.linkID(k), created: c.linkCreated(k)}
	l.slug = "fv-" + l.uuid.String()[:8]
	l.name, _ = c.w.phrase(&d)
	l.platform = of(&d, []string{"facebook", "instagram", "other", "reddit", "snapchat", "tiktok", "twitter", "youtube"})
	l.hasEarnings = !d.one(8)
	spent := c.book().fans
	users := c.linkUsers(k)
	for _, f := range users {
		x := &c.fans[f]
		if x.began != 0 {
			l.acquired[0]++
		} else {
			l.acquired[1]++
		}
		if x.subscribed {
			l.total[0]++
		}
		if x.followed != 0 {
			l.total[1]++
		}
		l.gross += spent[f].gross
		l.net += spent[f].net
	}
	l.clicks = int64(len(users))*3 + (c.made.asOf-l.created)/day*(1+d.n(5))
	return l
}

// linkUsers returns the fans who came by a link, the newest first.
func (c *creator) linkUsers(k int64) []int64 {
	var all []int64
	for f := int64(len(c.fans)) - 1; f >= 0; f-- {
		if c.linkOfFan(f) == k {
			all = append(all, f)
		}
	}
	return all
}

// linkOfFan returns the link a fan came by, -1 for none. A third of the fans
// come by the first one.
func (c *creator) linkOfFan(f int64) int64 {
	d := c.w.roll(diceLinkUser, uint64(c.idx), uint64(f))
	switch d.n(3) {
	case 0:
		return 0
	case 1:
		return d.n(oldLinks)
	}
	return -1
}

// linkStatus is what a user of a link is now, "" for null.
func (c *creator) linkStatus(f int64) string {
	d := c.w.roll(diceLinkUser, uint64(c.idx), uint64(f)|1<<48)
	if d.one(20) {
		return "deleted"
	}
	if r := c.fans[f].relation(); r != "not_contactable" {
		return r
	}
	return ""
}
