package fanvuesim

// content lets the day change what a creator publishes and keeps. It draws from
// dice of its own, so that the rest of the night falls as it would without it.
func (n *night) content() {
	n.dice = n.c.w.roll(diceContent, uint64(n.c.idx), n.c.w.nights)
	m := &n.c.made
	m.nights++
	m.asOf = n.to
	if n.dice.one(2) {
		m.readTo = n.from
	}
	n.publish()
	if len(n.c.fans) > 0 {
		n.react()
		for range 1 + n.dice.n(3) {
			p := pair{n.dice.n(n.c.customLists()), n.dice.n(int64(len(n.c.fans)))}
			m.moved[p] = !m.moved[p]
		}
	}
	n.keep()
	n.report()
}

func (n *night) publish() {
	c, m := n.c, &n.c.made
	for k := int64(oldPosts); k < oldPosts+draftPosts; k++ {
		if p := c.post(k); p.published == 0 && p.publishAt != 0 && p.publishAt <= n.to {
			m.published[k] = p.publishAt
		}
	}
	if n.dice.one(3) {
		m.posts = append(m.posts, n.when())
	}
	if n.dice.one(4) {
		m.published[n.dice.n(oldPosts)] = n.when() // posted again
	}
	if n.dice.one(5) {
		k := n.dice.n(oldPosts)
		m.pins[k] = !m.pins[k]
	}
}

// react lets fans like and comment, and take back what they did.
func (n *night) react() {
	c, m := n.c, &n.c.made
	for range 1 + n.dice.n(5) {
		r := reaction{n.somePost(), n.dice.n(int64(len(c.fans))), n.when()}
		if !c.liked(r.post, r.fan) {
			m.likes = append(m.likes, r)
			n.c.note(r.at, eventLike, r.fan, -1, r.post)
		}
	}
	for range n.dice.n(4) {
		r := reaction{n.somePost(), n.dice.n(int64(len(c.fans))), n.when()}
		m.comments = append(m.comments, r)
		n.c.note(r.at, eventComment, r.fan, -1, r.post)
	}
	if c.shape.Fans == 0 {
		return
	}
	for range 8 {
		if p := (pair{n.dice.n(oldPosts), n.dice.n(int64(c.shape.Fans))}); c.liked(p.of, p.fan) {
			m.unliked[p] = true
			break
		}
	}
	if old := c.oldComments(n.dice.n(oldPosts)); len(old) > 0 {
		number := of(&n.dice, old)
		r := m.remarks[number]
		switch n.dice.n(4) {
		case 0:
			r.emptied = true
		case 1:
			r.gone = true
		default:
			r.updated, r.version = n.when(), r.version+1
		}
		m.remarks[number] = r
	}
}

// somePost returns a post that can be liked: one of the start or of a night.
func (n *night) somePost() int64 {
	k := n.dice.n(n.c.posts() - draftPosts)
	if k >= oldPosts {
		k += draftPosts
	}
	return k
}

// liked tells whether a fan likes a post, or took a like of it back.
func (c *creator) liked(k, f int64) bool {
	if _, ok := c.baseLike(k, f); ok && f < int64(c.shape.Fans) {
		return true
	}
	for _, l := range c.made.likes {
		if l.post == k && l.fan == f {
			return true
		}
	}
	return false
}

// keep changes what a creator has in store.
func (n *night) keep() {
	m := &n.c.made
	if n.dice.one(2) {
		m.media = append(m.media, making{n.when(), m.nights})
	}
	if n.dice.one(3) {
		m.masses = append(m.masses, making{n.when(), m.nights})
	}
	if n.dice.one(4) {
		m.links = append(m.links, n.when())
	}
	if n.dice.one(8) {
		m.lists = append(m.lists, n.when())
	}
	if n.dice.one(4) {
		m.templates[n.dice.n(oldTemplates)]++
	}
}

// report writes the notices of what fans did in the day.
func (n *night) report() {
	c := n.c
	for f := range c.fans {
		x := &c.fans[f]
		if x.followed > n.from {
			n.c.note(x.followed, eventFollower, int64(f), -1, -1)
		}
		if x.began > n.from {
			n.c.note(x.began, eventSubscriber, int64(f), -1, -1)
		}
	}
	for k := range c.extra {
		if e := &c.extra[k]; e.row >= n.first && e.event() != 0 {
			n.c.note(e.at, e.event(), e.fan, e.row, -1)
		}
	}
	if n.dice.one(7) {
		n.c.note(n.when(), eventPromotion, -1, -1, -1)
	}
}

// note adds to a creator's notifications.
func (c *creator) note(at millis, event, fan, row, post int64) {
	number := event<<32 | 1<<31 | int64(len(c.made.notices))
	c.made.notices = append(c.made.notices, notice{at, event, number, fan, row, post})
}
