package fanvuesim

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"sync"
)

// subscriberDays answers with one row per UTC day, newest first. total is the
// net change since the first day of the range.
func (s *Sim) subscriberDays(q *query, c *creator) ([]byte, *apiError) {
	size := q.size("size", 20)
	cur, bad := s.walk(q, "days/"+strconv.Itoa(c.idx), func(k *cursor) {
		k.Start, k.End = q.instant("startDate")/day*day, q.instant("endDate")/day*day
		if k.Start == 0 {
			k.Start = c.since / day * day
		}
		if k.End == 0 {
			k.End = s.world.asOf/day*day + day
		}
		k.At = k.End - day
	})
	if bad != nil {
		return nil, bad
	}
	if s.blank(&cur) {
		return blankPage(cur), nil
	}
	at := cur.At
	if cur.Page > 0 {
		at -= day
	}
	p := s.newPage(cur)
	var total int64
	for d := cur.Start; d <= at; d += day {
		n := c.dayCounts(d)
		total += int64(n.started - n.ended)
	}
	for ; at >= cur.Start; at -= day {
		if p.rows == size {
			p.more = true
			break
		}
		n := c.dayCounts(at)
		b := appendTime(append(p.row(place{at, 0}), `{"date":`...), at)
		b = appendInt(b, `,"total":`, total)
		b = appendInt(b, `,"newSubscribersCount":`, int64(n.started))
		p.b = append(appendInt(b, `,"cancelledSubscribersCount":`, int64(n.ended)), '}')
		total -= int64(n.started - n.ended)
	}
	return p.close(cur), nil
}

// dayCounts returns what began and ended on the UTC day of an instant.
func (c *creator) dayCounts(at millis) dayCount {
	if k := c.w.dayIndex(c, at); k >= 0 && k < len(c.days) {
		return c.days[k]
	}
	return dayCount{}
}

// A spender is a row of top spenders.
type spender struct {
	fan                  int64
	gross, net, messages int64
}

// snapshots keep the newest walks of top spenders, whose figures are those of
// the first page.
type snapshots struct {
	mu   sync.Mutex
	next int64
	kept map[int64][]spender
}

func (n *snapshots) put(list []spender) int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.kept == nil {
		n.kept = map[int64][]spender{}
	}
	n.next++
	n.kept[n.next] = list
	delete(n.kept, n.next-256)
	return n.next
}

func (n *snapshots) get(k int64) []spender {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.kept[k]
}

// topSpenders answers with fans by what they spent in the range, reversals
// left out. On v1 the figures are those of the first page.
func (s *Sim) topSpenders(q *query, c *creator) ([]byte, *apiError) {
	cur, size, bad := s.turn(q, "top/"+strconv.Itoa(c.idx), func(k *cursor) {
		if k.Start, k.End = q.instant("startDate"), q.instant("endDate"); len(q.errs) == 0 && !q.old {
			k.At = s.snapshots.put(twice(c.spenders(k.Start, k.End)))
		}
	})
	if bad != nil {
		return nil, bad
	}
	if s.blank(&cur) {
		return blankPage(cur), nil
	}
	var list []spender
	if q.old {
		list = c.spenders(cur.Start, cur.End)
	} else if list = s.snapshots.get(cur.At); list == nil {
		return nil, invalid("cursor has expired")
	}
	p := s.newPage(cur)
	for k := cur.Number; k < int64(len(list)) && !p.more; k++ {
		if !p.room(size) {
			continue
		}
		b := appendInt(p.row(place{cur.At, k + 1}), `{"gross":`, list[k].gross)
		b = appendInt(b, `,"net":`, list[k].net)
		b = appendInt(b, `,"messages":`, list[k].messages)
		p.b = append(c.appendUser(append(b, `,"user":`...), list[k].fan, true), "}}"...)
	}
	return p.close(cur), nil
}

func (c *creator) spenders(start, end millis) []spender {
	if end == 0 {
		end = math.MaxInt64
	}
	sums := map[int64]*spender{}
	c.scan(place{end, -1}, start, false, func(e *earning) bool {
		if e.fan < 0 || e.reversal() || c.edits[e.row].emptied {
			return true
		}
		p := sums[e.fan]
		if p == nil {
			p = &spender{fan: e.fan}
			sums[e.fan] = p
		}
		p.gross += e.gross
		p.net += e.net
		if e.source == "message" {
			p.messages++
		}
		return true
	})
	list := make([]spender, 0, len(sums)+1)
	for _, p := range sums {
		list = append(list, *p)
	}
	slices.SortFunc(list, func(a, b spender) int {
		return cmp.Or(cmp.Compare(b.gross, a.gross), cmp.Compare(a.fan, b.fan))
	})
	return list
}

// twice has the third of more than three fans twice, as v1 may.
func twice(list []spender) []spender {
	if len(list) > 3 {
		return slices.Insert(list, 3, list[2])
	}
	return list
}
