package fanvuesim

import (
	"slices"
	"strconv"
	"sync"
	"time"
)

// agencyCache keeps orders over all creators until a night changes them.
// Numbers of its places have the creator in the upper half.
type agencyCache struct {
	mu          sync.Mutex
	chats       []place
	subscribers []place
	board       *board
}

func (a *agencyCache) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.chats, a.subscribers, a.board = nil, nil, nil
}

// merged returns the lists of all creators as one, newest first.
func (w *World) merged(kept *[]place, list func(*creator) []place) []place {
	w.agency.mu.Lock()
	defer w.agency.mu.Unlock()
	if *kept == nil {
		all := []place{}
		for _, c := range w.creators {
			if c.dropped {
				continue
			}
			for _, p := range list(c) {
				all = append(all, place{p.at, int64(c.idx)<<32 | p.number})
			}
		}
		sortPlaces(all)
		*kept = all
	}
	return *kept
}

// agencies answers for what is the agency's as a whole.
func (s *Sim) agencies(q *query, path string) ([]byte, *apiError) {
	w := s.world
	if !w.opt.Agency {
		return nil, forbidden("Only agencies may use this resource")
	}
	switch path {
	case "team-members":
		return w.team(), nil
	case "insights/chatter-leaderboard":
		return w.chatters(q)
	case "chats":
		return s.fanList(q, "agency-chats", w.merged(&w.agency.chats, (*creator).chatOrder), func(b []byte, n int64) []byte {
			return w.creators[n>>32].appendChat(b, n&(1<<32-1), q.old, true)
		})
	case "subscribers":
		return s.agencySubscribers(q)
	case "earnings":
		return s.agencyDays(q, "agency-earnings", func(b []byte, c *creator, at millis) []byte {
			var a amount
			c.scan(place{at + day, -1}, at, false, func(e *earning) bool {
				if !e.reversal() && !reward(e.source) {
					a.add(e)
				}
				return true
			})
			if a == (amount{}) {
				return nil
			}
			b = a.appendFields(append(b, ','))
			return append(b, `,"currency":"USD"}`...)
		})
	case "subscribers-history":
		return s.agencyDays(q, "agency-history", func(b []byte, c *creator, at millis) []byte {
			var total int64
			for k, n := range c.days {
				if k <= w.dayIndex(c, at) {
					total += int64(n.started - n.ended)
				}
			}
			n := c.dayCounts(at)
			b = appendInt(b, `,"total":`, total)
			b = appendInt(b, `,"newSubscribersCount":`, int64(n.started))
			return append(appendInt(b, `,"cancelledSubscribersCount":`, int64(n.ended)), '}')
		})
	}
	return nil, notFound("Not found")
}

// creatorFilter reads creatorUuids.
func (s *Sim) creatorFilter(q *query) []string {
	list := q.list("creatorUuids")
	if len(list) > 50 {
		q.fail("creatorUuids must not have more than 50 entries")
	}
	for _, v := range list {
		if _, ok := parseID(v); !ok {
			q.fail("creatorUuids must be UUIDs")
		}
	}
	return list
}

func (s *Sim) agencySubscribers(q *query) ([]byte, *apiError) {
	w := s.world
	cur, size, bad := s.turn(q, "agency-subscribers", func(k *cursor) { k.Filter = s.creatorFilter(q) })
	if bad != nil {
		return nil, bad
	}
	if s.blank(&cur) {
		return blankPage(cur), nil
	}
	list := w.merged(&w.agency.subscribers, (*creator).subscribers)
	if len(cur.Filter) > 0 {
		list = slices.DeleteFunc(slices.Clone(list), func(p place) bool {
			return !slices.Contains(cur.Filter, w.creators[p.number>>32].uuid.String())
		})
	}
	p := s.listPage(cur, list, size, func(b []byte, n int64) []byte {
		c, f := w.creators[n>>32], n&(1<<32-1)
		b = c.appendUser(b, f, true)
		b = appendID(append(b, `,"creatorUuid":`...), c.uuid)
		b = appendTime(append(b, `,"subscribedAt":`...), c.fans[f].began)
		return append(appendTime(append(b, `,"expiresAt":`...), c.fans[f].to), '}')
	})
	return p.close(cur), nil
}

// agencyDays answers with rows per UTC day and creator, newest day first. row
// appends the rest of a row, or returns nil to leave it out.
func (s *Sim) agencyDays(q *query, name string, row func([]byte, *creator, millis) []byte) ([]byte, *apiError) {
	w := s.world
	cur, size, bad := s.turn(q, name, func(k *cursor) {
		if !q.values.Has("startDate") || !q.values.Has("endDate") {
			q.fail("startDate and endDate are required")
		}
		k.Start, k.End, k.Filter = q.day("startDate"), q.day("endDate"), s.creatorFilter(q)
		if name == "agency-history" && k.End-k.Start > 365*day {
			q.fail("the range must not be longer than 365 days")
		}
		k.At = k.End - day
	})
	if bad != nil {
		return nil, bad
	}
	if s.blank(&cur) {
		return blankPage(cur), nil
	}
	p := s.newPage(cur)
	first := cur.Number
	for at := cur.At; at >= cur.Start && !p.more; at -= day {
		for _, c := range w.creators[min(int(first), len(w.creators)):] {
			if c.dropped || len(cur.Filter) > 0 && !slices.Contains(cur.Filter, c.uuid.String()) {
				continue
			}
			b := appendID([]byte(`{"creatorUuid":`), c.uuid)
			b = time.UnixMilli(at).UTC().AppendFormat(append(b, `,"date":"`...), time.DateOnly+`"`)
			if b = row(b, c, at); b == nil {
				continue
			}
			if !p.room(size) {
				if p.more {
					break
				}
				continue
			}
			p.b = append(p.row(place{at, int64(c.idx) + 1}), b...)
		}
		first = 0
	}
	return p.close(cur), nil
}

// day reads a date or the UTC day of a date-time.
func (q *query) day(name string) millis {
	if t, err := time.Parse(time.DateOnly, q.values.Get(name)); err == nil {
		return t.UnixMilli()
	}
	return q.instant(name) / day * day
}

func memberMail(k int64) string { return "member" + strconv.FormatInt(k, 10) + "@agency.example.test" }

// serves tells whether a member of the team may chat for a creator.
func (c *creator) serves(member int64) bool { return !c.dropped && (int64(c.idx)+member)%2 == 0 }

// team answers with the bare array of the agency's people.
func (w *World) team() []byte {
	b := []byte{'['}
	for k := range int64(members) {
		if k > 0 {
			b = append(b, ',')
		}
		b = appendID(append(b, `{"uuid":`...), w.memberID(k))
		b = appendBool(b, `,"isAdmin":`, k == 0)
		b = appendText(b, `,"nickname":null,"email":`, memberMail(k))
		b = append(b, `,"displayName":`...)
		b = appendString(b, w.displayName(spotOf(idMember, 0, k)))
		b = append(b, `,"creatorAccess":[`...)
		rows := 0
		for _, c := range w.creators {
			if !c.serves(k) {
				continue
			}
			if rows++; rows > 1 {
				b = append(b, ',')
			}
			b = append(appendID(append(b, `{"uuid":`...), c.uuid), `,"role":"CHATTER"}`...)
		}
		b = append(b, "]}"...)
	}
	return append(b, ']')
}
