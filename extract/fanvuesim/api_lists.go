package fanvuesim

import (
	"cmp"
	"slices"
	"sort"
	"strconv"
)

// listPage writes one page of an ordered list.
func (s *Sim) listPage(cur cursor, list []place, size int, row func(b []byte, number int64) []byte) *page {
	p := s.newPage(cur)
	bound := cur.bound(s.opts.TieCursor)
	k := sort.Search(len(list), func(k int) bool { return bound.before(list[k]) })
	for ; k < len(list) && !p.more; k++ {
		if cur.Start != 0 && list[k].at < cur.Start {
			break
		}
		if p.room(size) {
			p.b = row(p.row(list[k]), list[k].number)
		}
	}
	return p
}

// subscribers answers for a creator's subscribers. On the older surface they
// are bare fans in an order that can be chosen.
func (s *Sim) subscribers(q *query, c *creator) ([]byte, *apiError) {
	name := "subscribers/" + strconv.Itoa(c.idx)
	if !q.old {
		return s.fanList(q, name, c.subscribers(), c.appendSubscriber)
	}
	list := c.subscribers()
	field, direction := cmp.Or(q.values.Get("sortField"), "subscribedAt"), cmp.Or(q.values.Get("sortDirection"), "desc")
	switch field {
	case "subscribedAt":
	case "name":
		list = c.byName(list)
	default:
		q.fail("sortField must be name or subscribedAt")
	}
	switch direction {
	case "desc":
	case "asc":
		list = slices.Clone(list)
		slices.Reverse(list)
	default:
		q.fail("sortDirection must be asc or desc")
	}
	return s.fanPage(q, name, list, c.appendFan)
}

// byName returns a list of fans by their display names, last one first.
func (c *creator) byName(list []place) []place {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b place) int {
		return cmp.Compare(c.w.displayName(c.fans[b.number].who), c.w.displayName(c.fans[a.number].who))
	})
	return list
}

// followers answers for a creator's followers; on the older surface for those
// who do not subscribe.
func (s *Sim) followers(q *query, c *creator) ([]byte, *apiError) {
	list := c.followers()
	if q.old {
		list = slices.DeleteFunc(slices.Clone(list), func(p place) bool { return c.fans[p.number].subscribed })
	}
	return s.fanList(q, "followers/"+strconv.Itoa(c.idx), list, c.appendFan)
}

func (c *creator) appendFan(b []byte, f int64) []byte { return append(c.appendUser(b, f, true), '}') }

// fanPage answers with a numbered page of a list in any order.
func (s *Sim) fanPage(q *query, name string, list []place, row func([]byte, int64) []byte) ([]byte, *apiError) {
	cur, size, bad := s.turn(q, name, func(*cursor) {})
	if bad != nil {
		return nil, bad
	}
	p := s.newPage(cur)
	for k := 0; k < len(list) && !p.more; k++ {
		if p.room(size) {
			p.b = row(p.row(list[k]), list[k].number)
		}
	}
	return p.close(cur), nil
}

func (s *Sim) fanList(q *query, name string, list []place, row func([]byte, int64) []byte) ([]byte, *apiError) {
	cur, size, bad := s.turn(q, name, func(*cursor) {})
	if bad != nil {
		return nil, bad
	}
	if s.blank(&cur) {
		return blankPage(cur), nil
	}
	return s.listPage(cur, list, size, row).close(cur), nil
}

func (c *creator) appendSubscriber(b []byte, n int64) []byte {
	f := &c.fans[n]
	b = c.appendUser(b, n, true)
	b = append(b, `,"firstSubscribedAt":`...)
	b = appendTime(b, f.first)
	if f.status == "" {
		return append(b, `,"subscription":null}`...)
	}
	b = append(append(append(b, `,"subscription":{"status":"`...), f.status...), '"')
	b = appendInt(b, `,"price":`, f.price)
	b = appendInt(b, `,"amountPaid":`, f.paid)
	b = append(b, `,"currentPeriodStart":`...)
	b = appendTime(b, f.from)
	b = append(b, `,"currentPeriodEnd":`...)
	b = appendTime(b, f.to)
	return append(appendBool(b, `,"autoRenewalEnabled":`, f.renews), "}}"...)
}

// smartLists answers with the bare array of the platform's own lists.
func (c *creator) smartLists() []byte {
	b := []byte{'['}
	for _, l := range smartListsOf() {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = appendString(append(b, `{"name":`...), l.name)
		b = appendString(append(b, `,"uuid":`...), l.slug)
		b = append(appendInt(b, `,"count":`, int64(c.smartCount(l.slug))), '}')
	}
	return append(b, ']')
}
