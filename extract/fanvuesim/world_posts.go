package fanvuesim

// Posts below oldPosts are those that earnings of the start name; they were
// there before the creator joined, so that no sale is older than its post.
// Behind them stand drafts, then what nights added.
const (
	oldPosts    = 50
	draftPosts  = 6
	collections = 4
	pinnedFirst = millis(1) << 50 // added to the instant of a pinned post, which is served first
)

// A post is one post of a creator.
type post struct {
	number    int64
	uuid      id
	created   millis
	publishAt millis // 0: not scheduled
	published millis // 0: not published
	expires   millis // 0: never
	text      string
	hasText   bool
	price     int64 // 0: free
	media     int64
	followers bool // the audience is not only subscribers
	pinned    bool
	shelves   []int64 // collections
}

func (c *creator) posts() int64 { return oldPosts + draftPosts + int64(len(c.made.posts)) }

func (c *creator) postID(k int64) id { return c.w.id(spotOf(idPost, c.idx, k)) }

// postOf returns the number of the post that x names.
func (c *creator) postOf(x id) (int64, bool) { return c.numberOf(x, idPost, c.posts()) }

// numberOf returns the number that x hides if it names a thing of a kind at c.
func (c *creator) numberOf(x id, kind uint64, most int64) (int64, bool) {
	s, ok := c.w.find(x)
	return s.rest(), ok && s.kind() == kind && s.creator() == c.idx && s.rest() < most
}

// post returns a post as it is now.
func (c *creator) post(k int64) post {
	d := c.w.roll(dicePost, uint64(c.idx), uint64(k))
	p := post{number: k, uuid: c.postID(k)}
	switch {
	case k < oldPosts:
		p.created = c.since - 1 - d.n(40*day)
		p.published = p.created
		if d.one(3) {
			p.published = c.since + d.n(c.w.born-c.since) // posted again
		}
		if d.one(8) {
			p.expires = c.w.born + d.n(60*day) - 30*day
		}
	case k < oldPosts+draftPosts:
		p.created = c.w.born - d.n(20*day) - 1
		if k%2 == 0 {
			p.publishAt = c.w.born + d.n(8*day)
		}
	default:
		p.created = c.made.posts[k-oldPosts-draftPosts]
		p.published = p.created
	}
	if at := c.made.published[k]; at != 0 {
		p.published = at
	}
	p.text, p.hasText = c.w.phrase(&d)
	if d.one(3) {
		p.price = of(&d, prices)
	}
	p.media = d.n(4)
	p.followers = d.one(2)
	p.pinned = (k == 3 || k == 11) != c.made.pins[k]
	for j := range int64(collections) {
		if d.one(5) {
			p.shelves = append(p.shelves, j)
		}
	}
	return p
}

// postOrder returns the posts, pinned ones first, then by publication, newest
// first; what is not published stands where it was created.
func (c *creator) postOrder(unpublished bool) []place {
	var list []place
	for k := range c.posts() {
		p := c.post(k)
		at := p.published
		if at == 0 {
			if at = p.created; !unpublished {
				continue
			}
		}
		if p.pinned {
			at += pinnedFirst
		}
		list = append(list, place{at, k})
	}
	sortPlaces(list)
	return list
}

// likes returns the likes of a post, newest first; their numbers are for likeOf.
func (c *creator) likes(k int64) []place {
	c.lists.mu.Lock()
	defer c.lists.mu.Unlock()
	if list, ok := c.lists.likes[k]; ok {
		return list
	}
	list := []place{}
	for f := range int64(c.shape.Fans) {
		if _, ok := c.baseLike(k, f); ok && !c.made.unliked[pair{k, f}] {
			list = append(list, place{c.likedAt(k, f), f})
		}
	}
	for i, l := range c.made.likes {
		if l.post == k {
			list = append(list, place{l.at, ofNight | int64(i)})
		}
	}
	sortPlaces(list)
	if c.lists.likes == nil {
		c.lists.likes = map[int64][]place{}
	}
	c.lists.likes[k] = list
	return list
}

// ofNight marks the numbers of what nights added.
const ofNight = int64(1) << 40

// baseLike tells whether a fan of the start liked a post before it.
func (c *creator) baseLike(k, f int64) (dice, bool) {
	d := c.w.roll(diceLike, uint64(c.idx), uint64(k<<32|f))
	return d, k < oldPosts && d.one(5)
}

// likeOf returns the fan of a like, -1 for a deleted one.
func (c *creator) likeOf(k, number int64) int64 {
	if number >= ofNight {
		return c.made.likes[number&^ofNight].fan
	}
	d, _ := c.baseLike(k, number)
	d.n(2) // the instant's draw
	if d.one(12) {
		return -1
	}
	return number
}

// likedAt returns the instant of a like.
func (c *creator) likedAt(k, number int64) millis {
	if number >= ofNight {
		return c.made.likes[number&^ofNight].at
	}
	d, _ := c.baseLike(k, number)
	return c.since + d.n(c.w.born-c.since)
}

// A comment is one comment on a post.
type comment struct {
	uuid    id
	post    int64
	fan     int64 // -1: deleted
	at      millis
	updated millis
	text    string
}

// comment returns a comment by its number, false if it is gone.
func (c *creator) comment(number int64) (comment, bool) {
	e := c.made.remarks[number]
	x := comment{uuid: c.w.id(spotOf(idComment, c.idx, number)), updated: e.updated}
	d := c.w.roll(diceComment, uint64(c.idx), uint64(number))
	deleted := d.one(10)
	if number >= ofNight {
		r := c.made.comments[number&^ofNight]
		x.post, x.fan, x.at, deleted = r.post, r.fan, r.at, false
	} else {
		x.post, x.fan = number>>8, d.n(int64(c.shape.Fans))
		x.at = c.since + d.n(c.w.born-c.since)
		if x.updated == 0 && d.one(7) {
			x.updated = min(c.w.born, x.at+d.n(day))
		}
	}
	if deleted || e.emptied {
		x.fan = -1
	}
	d = c.w.roll(diceComment, uint64(number), uint64(e.version)<<1|1)
	x.text, _ = c.w.phrase(&d)
	return x, !e.gone
}

// comments returns the comments on a post, newest first.
func (c *creator) comments(k int64) []place {
	var list []place
	add := func(number int64) {
		if x, ok := c.comment(number); ok {
			list = append(list, place{x.at, number})
		}
	}
	for _, number := range c.oldComments(k) {
		add(number)
	}
	for i, r := range c.made.comments {
		if r.post == k {
			add(ofNight | int64(i))
		}
	}
	sortPlaces(list)
	return list
}

// oldComments returns the numbers of the comments of the start.
func (c *creator) oldComments(k int64) []int64 {
	if k >= oldPosts || c.shape.Fans == 0 {
		return nil
	}
	d := c.w.roll(diceComment, uint64(c.idx), 1<<63|uint64(k))
	list := make([]int64, d.n(7))
	for j := range list {
		list[j] = k<<8 | int64(j)
	}
	return list
}

// A collection is a shelf of posts.
type collection struct {
	uuid    id
	label   string
	created millis // 0 for null
}

func (c *creator) collection(k int64) collection {
	x := collection{uuid: c.w.id(spotOf(idCollection, c.idx, k)), label: plain[k], created: c.since + k*day}
	if !c.w.opt.PlainNames {
		x.label = hostile[(int64(c.idx)+7*k)%int64(len(hostile))]
	}
	if k == 2 {
		x.created = 0
	}
	return x
}
