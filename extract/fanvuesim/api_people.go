package fanvuesim

import (
	"strconv"
)

// appendUser appends a fan as creator c sees it; full with picture and date of
// registration.
func (c *creator) appendUser(b []byte, f int64, full bool) []byte {
	who := c.fans[f].who
	b = c.appendPerson(b, who)
	if full || f%5 == 0 {
		b = append(b, `,"avatarUrl":`...)
		b = c.w.appendPicture(b, who)
		b = append(b, `,"registeredAt":`...)
		b = appendTime(b, c.w.registered(who))
	}
	return b
}

// appendPerson begins the object of a person with what all of them have. The
// caller closes it.
func (c *creator) appendPerson(b []byte, who spot) []byte {
	b = append(b, `{"uuid":`...)
	b = appendID(b, c.w.id(who))
	b = append(b, `,"handle":"`...)
	b = c.w.appendHandle(b, who)
	b = append(b, `","displayName":`...)
	b = appendString(b, c.w.displayName(who))
	b = append(b, `,"nickname":`...)
	if nick, ok := c.nickname(who); ok {
		b = appendString(b, nick)
	} else {
		b = append(b, "null"...)
	}
	return appendBool(b, `,"isTopSpender":`, who.rest()%9 == 0)
}

// appendPicture appends a signed address that is another one every day.
func (w *World) appendPicture(b []byte, who spot) []byte {
	if who.rest()%4 == 1 {
		return append(b, "null"...)
	}
	b = append(b, `"https://media.example.test/avatars/`...)
	b = w.id(who).append(b)
	b = appendInt(b, `.jpg?sig=`, w.asOf/day)
	return append(b, '"')
}

// appendProfile begins the object of the key's owner or of a creator.
func (w *World) appendProfile(b []byte, who spot, isCreator bool, since millis) []byte {
	name := w.handle(who)
	b = append(b, `{"uuid":`...)
	b = appendID(b, w.id(who))
	b = append(b, `,"email":`...)
	b = appendString(b, strconv.Itoa(who.creator())+"@owner.example.test")
	b = append(b, `,"handle":`...)
	b = appendString(b, name)
	b = append(b, `,"bio":"","displayName":`...)
	b = appendString(b, w.displayName(who))
	b = appendBool(b, `,"isCreator":`, isCreator)
	b = append(b, `,"createdAt":`...)
	b = appendTime(b, since)
	b = append(b, `,"updatedAt":null,"avatarUrl":`...)
	b = w.appendPicture(b, who)
	return append(b, `,"bannerUrl":null`...)
}

func (w *World) ownerSince() millis {
	if c := w.self(); c != nil {
		return c.since
	}
	return w.born - 1000*day
}

func (w *World) me() []byte {
	c := w.self()
	b := w.appendProfile(nil, w.ownerSpot(), c != nil, w.ownerSince())
	if c != nil {
		b = appendInt(b, `,"likesCount":`, 17)
		b = appendInt(b, `,"fanCounts":{"followersCount":`, int64(len(c.followers())))
		b = appendInt(b, `,"subscribersCount":`, int64(len(c.subscribers())))
		b = append(b, `},"contentCounts":{"imageCount":12,"videoCount":3,"audioCount":0,"postCount":50,"payToViewPostCount":4}`...)
	}
	return append(b, '}')
}

// account answers for creator c, or for an owner who is none. Its old form
// lacks the price of a subscription.
func (w *World) account(c *creator, old bool) []byte {
	if c == nil {
		b := w.appendProfile(nil, w.ownerSpot(), false, w.ownerSince())
		return append(b, `,"account":{"status":"active","earnings":{"total":0,"availableBalance":0,"lastPayoutAt":null},"fans":{"followers":0,"subscribers":0}}}`...)
	}
	b := w.appendProfile(nil, c.spot(), true, c.since)
	b = appendInt(b, `,"account":{"status":"active","earnings":{"total":`, c.grossEver())
	b = appendInt(b, `,"availableBalance":`, c.balance())
	b = append(b, `,"lastPayoutAt":`...)
	b = appendTime(b, c.payout())
	b = appendInt(b, `},"fans":{"followers":`, int64(len(c.followers())))
	b = appendInt(b, `,"subscribers":`, int64(len(c.subscribers())))
	if b = append(b, '}'); !old {
		b = appendInt(b, `,"subscriptionPrice":`, c.price)
	}
	return append(b, `}}`...)
}

// role is what the key's owner is to a creator of the agency.
func (c *creator) role() string {
	if c.w.opt.OwnerIsCreator && c.idx == 0 {
		return ""
	}
	return [...]string{"ADMIN", "CHATTER"}[c.idx%5/4]
}

func (s *Sim) creators(q *query) ([]byte, *apiError) {
	cur, size, bad := s.turn(q, "creators", func(*cursor) {})
	if bad != nil {
		return nil, bad
	}
	if s.blank(&cur) {
		return blankPage(cur), nil
	}
	p := s.newPage(cur)
	for _, c := range s.world.creators[min(int(cur.Number), len(s.world.creators)):] {
		if c.dropped || !s.world.opt.Agency {
			continue
		}
		if !p.room(size) {
			if p.more {
				break
			}
			continue
		}
		b := c.appendPerson(p.row(place{0, int64(c.idx) + 1}), c.spot())
		b = append(b, `,"avatarUrl":`...)
		b = s.world.appendPicture(b, c.spot())
		b = append(b, `,"registeredAt":`...)
		b = appendTime(b, c.since)
		if r := c.role(); r != "" {
			b = append(append(append(b, `,"role":"`...), r...), '"')
		}
		p.b = append(b, '}')
	}
	return p.close(cur), nil
}
