package fanvuesim

import (
	"sort"
	"strconv"
)

// listPage writes one page of an ordered list.
func (s *Sim) listPage(cur cursor, list []place, size int, row func(b []byte, number int64) []byte) *page {
	p := s.newPage()
	bound := cur.bound(s.opts.TieCursor)
	k := sort.Search(len(list), func(k int) bool { return bound.before(list[k]) })
	for ; k < len(list); k++ {
		if cur.Start != 0 && list[k].at < cur.Start {
			break
		}
		if p.rows == size {
			p.more = true
			break
		}
		p.b = row(p.row(list[k]), list[k].number)
	}
	return p
}

func (s *Sim) subscribers(q *query, c *creator) ([]byte, *apiError) {
	return s.fanList(q, "subscribers/"+strconv.Itoa(c.idx), c.subscribers(), c.appendSubscriber)
}

func (s *Sim) followers(q *query, c *creator) ([]byte, *apiError) {
	return s.fanList(q, "followers/"+strconv.Itoa(c.idx), c.followers(), func(b []byte, f int64) []byte {
		return append(c.appendUser(b, f, true), '}')
	})
}

func (s *Sim) fanList(q *query, name string, list []place, row func([]byte, int64) []byte) ([]byte, *apiError) {
	size := q.size("size", 20)
	cur, bad := s.walk(q, name, func(*cursor) {})
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
	var renewing, trials, expired, muted int
	subscribers := len(c.subscribers())
	for k := range c.fans {
		f := &c.fans[k]
		switch {
		case f.subscribed && f.renews:
			renewing++
		case !f.subscribed && f.began != 0:
			expired++
		}
		if f.subscribed && f.paid == 0 {
			trials++
		}
	}
	for k := range c.chats {
		if c.chats[k].muted {
			muted++
		}
	}
	b := []byte{'['}
	for _, l := range []struct {
		name, slug string
		count      int
	}{
		{"Subscribers", "subscribers", subscribers}, {"Auto renewing", "auto_renewing", renewing},
		{"Non renewing", "non_renewing", subscribers - renewing}, {"Followers", "followers", len(c.followers())},
		{"Free trial", "free_trial_subscribers", trials}, {"Expired", "expired_subscribers", expired},
		{"Spent more than $50", "spent_more_than_50", subscribers / 3}, {"Muted", "muted", muted}, {"Creators", "creators", 0},
	} {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = appendString(append(b, `{"name":`...), l.name)
		b = appendString(append(b, `,"uuid":`...), l.slug)
		b = append(appendInt(b, `,"count":`, int64(l.count)), '}')
	}
	return append(b, ']')
}
