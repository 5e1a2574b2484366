package fanvuesim

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// fanInsights answers for one fan, or for several at once.
func (s *Sim) fanInsights(q *query, c *creator, path []string) ([]byte, *apiError) {
	if len(path) == 1 {
		x, ok := parseID(path[0])
		if !ok {
			return nil, badUUID()
		}
		f, ok := c.fanOf(x)
		if !ok {
			return nil, notFound("Fan not found")
		}
		return c.appendInsight(nil, f, q.old), nil
	}
	asked := q.ids("fanUuids", 20)
	if bad := q.err(); bad != nil {
		return nil, bad
	}
	b, errs := []byte(`{"results":{`), []byte(nil)
	for k, x := range asked {
		if k > 0 {
			b = append(b, ',')
		}
		b = append(appendID(b, x), ':')
		switch f, ok := c.fanOf(x); {
		case !ok:
			b, errs = append(b, "null"...), appendMiss(errs, "fanUuid", x, "NOT_FOUND")
		case s.fanFails(k):
			b, errs = append(b, "null"...), appendMiss(errs, "fanUuid", x, "INTERNAL")
		default:
			b = c.appendInsight(b, f, q.old)
		}
	}
	return append(append(append(b, `},"errors":[`...), errs...), "]}"...), nil
}

// fanFails reports whether the k-th fan of a bulk read is one that
// Options.FanErrors lets fail.
func (s *Sim) fanFails(k int) bool { return s.opts.FanErrors > 0 && (k+1)%s.opts.FanErrors == 0 }

// fanBatch answers for up to a hundred fans. A fan of another creator is
// forbidden, a stranger not found.
func (s *Sim) fanBatch(q *query, r *http.Request, c *creator) ([]byte, *apiError) {
	asked, bad := readIDs(r)
	if bad != nil {
		return nil, bad
	}
	b := []byte{'{'}
	for k, x := range asked {
		if k > 0 {
			b = append(b, ',')
		}
		b = append(appendID(b, x), ':')
		f, ok := c.fanOf(x)
		who, known := c.w.find(x)
		switch {
		case !ok && known && who.kind() == idFan:
			b = append(b, `{"error":"forbidden"}`...)
		case !ok:
			b = append(b, `{"error":"not_found"}`...)
		case s.fanFails(k):
			b = append(b, `{"error":"internal"}`...)
		default:
			b = c.appendInsight(b, f, q.old)
		}
	}
	return append(b, '}'), nil
}

// readIDs reads the userUuids of a bulk read, each once.
func readIDs(r *http.Request) ([]id, *apiError) {
	var in struct {
		UserUUIDs []string `json:"userUuids"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(nil, r.Body, 1<<20)).Decode(&in); err != nil {
		return nil, invalid("body must be JSON")
	}
	if n := len(in.UserUUIDs); n < 1 || n > 100 {
		return nil, invalid("userUuids must have 1 to 100 entries")
	}
	var all []id
	for _, v := range in.UserUUIDs {
		x, ok := parseID(v)
		if !ok {
			return nil, invalid("userUuids must be UUIDs")
		}
		if !slices.Contains(all, x) {
			all = append(all, x)
		}
	}
	return all, nil
}

// fanOf returns the index of the fan that x names.
func (c *creator) fanOf(x id) (int64, bool) {
	s, ok := c.w.find(x)
	if !ok {
		return 0, false
	}
	f, ok := c.localFan(s)
	return int64(f), ok
}

// appendInsight appends what a fan has spent. total is less reversals, the
// sources are not.
func (c *creator) appendInsight(b []byte, n int64, old bool) []byte {
	f, p := &c.fans[n], &c.book().fans[n]
	b = appendText(b, `{"status":`, f.relation())
	b = appendAt(b, `,"spending":{"lastPurchaseAt":`, p.last)
	if !old {
		b = appendAt(b, `,"lastValidPurchaseAt":`, p.lastStanding)
	}
	b = appendPaid(b, `,"total":`, p.gross+p.back)
	if !old {
		b = append(appendInt(b[:len(b)-1], `,"netTotal":`, p.net+p.backNet), '}')
	}
	b = appendPaid(b, `,"maxSinglePayment":`, p.most)
	b = append(b, `,"sources":{`...)
	for k, source := range slices.Sorted(maps.Keys(p.sources)) {
		if k > 0 {
			b = append(b, ',')
		}
		b = appendPaid(append(appendString(b, source), ':'), "", p.sources[source])
	}
	renews := millis(0)
	if f.subscribed && f.renews {
		renews = f.to
	}
	b = appendAt(b, `}},"subscription":{"createdAt":`, f.first)
	b = appendAt(b, `,"renewsAt":`, renews)
	return append(appendBool(b, `,"autoRenewalEnabled":`, f.subscribed && f.renews), "}}"...)
}

func appendPaid(b []byte, key string, v int64) []byte {
	return append(appendInt(appendInt(b, key+`{"gross":`, v), `,"total":`, v), '}')
}

// percentile answers with a creator's place among all, lower for more gross.
func (c *creator) percentile() []byte {
	b := append([]byte(nil), `{"percentile":`...)
	return append(strconv.AppendFloat(b, 100/(1+float64(c.book().recent)/10_000), 'f', 3, 64), '}')
}

// statuses answers whether fans are online; a fifth of them hide it.
func (s *Sim) statuses(r *http.Request, c *creator) ([]byte, *apiError) {
	asked, bad := readIDs(r)
	if bad != nil {
		return nil, bad
	}
	b := []byte{'{'}
	for k, x := range asked {
		if k > 0 {
			b = append(b, ',')
		}
		b = append(appendID(b, x), ':')
		online, seen := c.w.presence(x)
		b = appendBool(b, `{"isOnline":`, online)
		b = append(appendAt(b, `,"lastSeenAt":`, seen), '}')
	}
	return append(b, '}'), nil
}

// presence tells whether a person is online, and when it was seen last; 0 if
// that is hidden, or nobody known.
func (w *World) presence(x id) (online bool, seen millis) {
	who, ok := w.find(x)
	d := w.roll(dicePresence, uint64(who), 0)
	if !ok || d.one(5) {
		return false, 0
	}
	d = w.roll(dicePresence, uint64(who), uint64(w.asOf))
	if d.one(4) {
		return true, w.asOf
	}
	return false, w.asOf - d.n(3*day)
}

// appendUnread answers for what a creator has not read.
func (c *creator) appendUnread() []byte {
	u := c.unread()
	b := appendInt(nil, `{"unreadChatsCount":`, u.chats)
	b = appendInt(b, `,"unreadMessagesCount":`, u.messages)
	b = appendInt(b, `,"unreadNotifications":{"newFollower":`, u.events[eventFollower])
	b = appendInt(b, `,"newPostComment":`, u.events[eventComment])
	b = appendInt(b, `,"newPostLike":`, u.events[eventLike])
	b = appendInt(b, `,"newPurchase":`, u.events[eventPurchase])
	b = appendInt(b, `,"newSubscriber":`, u.events[eventSubscriber])
	b = appendInt(b, `,"newTip":`, u.events[eventTip])
	return append(appendInt(b, `,"newPromotion":`, u.events[eventPromotion]), "}}"...)
}
