package fanvuesim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// massMessages answers for messages to many fans, newest first.
func (s *Sim) massMessages(q *query, c *creator) ([]byte, *apiError) {
	return s.listed(q, fmt.Sprint("masses/", c.idx), func(k *cursor) {
		if q.flag("includeDeleted", false) {
			k.Filter = []string{"deleted"}
		}
	}, func(k cursor) []place { return c.massOrder(slices.Contains(k.Filter, "deleted")) }, func(b []byte, k int64) []byte {
		m := &c.masses()[k]
		b = appendUUID(b, `{"uuid":`, m.uuid)
		b = appendTextIf(b, `,"text":`, m.text, m.hasText)
		b = appendText(b, `,"status":`, m.status)
		b = appendCents(b, `,"price":`, m.price)
		b = appendAt(b, `,"createdAt":`, m.created)
		b = appendAt(b, `,"publishedAt":`, m.published)
		b = appendAt(b, `,"scheduledAt":`, m.scheduled)
		b = appendInt(b, `,"recipientCount":`, m.recipients)
		b = appendInt(b, `,"viewCount":`, m.views)
		b = appendInt(b, `,"purchaseCount":`, m.purchases)
		b = appendInt(b, `,"totalRevenue":`, m.purchases*m.price)
		return append(appendIDs(b, `,"mediaUuids":`, m.media), '}')
	})
}

// templates answers for kept messages.
func (s *Sim) templates(q *query, c *creator, path []string) ([]byte, *apiError) {
	if len(path) > 1 {
		return nil, notFound("Not found")
	}
	if len(path) == 1 {
		x, ok := parseID(path[0])
		if !ok {
			return nil, badUUID()
		}
		k, ok := c.numberOf(x, idTemplate, oldTemplates)
		if !ok {
			return nil, notFound("Template not found")
		}
		return c.appendTemplate(nil, k), nil
	}
	return s.listed(q, fmt.Sprint("templates/", c.idx), func(k *cursor) { k.Filter = []string{q.values.Get("folderName")} }, func(k cursor) []place {
		return slices.DeleteFunc(standings(oldTemplates), func(p place) bool {
			return len(k.Filter) > 0 && !contains(c.template(p.number).folder, k.Filter[0])
		})
	}, c.appendTemplate)
}

// contains reports whether s has part in it, whatever their case.
func contains(s, part string) bool {
	return strings.Contains(strings.ToLower(s), strings.ToLower(part))
}

func (c *creator) appendTemplate(b []byte, k int64) []byte {
	t := c.template(k)
	b = appendUUID(b, `{"uuid":`, t.uuid)
	b = appendTextIf(b, `,"text":`, t.text, t.hasText)
	b = appendCents(b, `,"price":`, t.price)
	b = appendIDs(b, `,"mediaUuids":`, t.media)
	return append(appendTextIf(b, `,"folderName":`, t.folder, t.folder != ""), '}')
}

// trackingLinks answers for what stands below tracking-links, on both surfaces
// by cursors and limit.
func (s *Sim) trackingLinks(q *query, c *creator, path []string) ([]byte, *apiError) {
	if len(path) == 0 {
		return s.limited(q, fmt.Sprint("links/", c.idx), func(k *cursor) {
			k.Start, k.End = q.instant("createdAfter"), q.instant("createdBefore")
		}, func() []place {
			list := make([]place, c.links())
			for k := range list {
				list[k] = place{c.linkCreated(int64(k)), int64(k)}
			}
			sortPlaces(list)
			return list
		}, c.appendLink)
	}
	x, ok := parseID(path[0])
	if !ok {
		return nil, badUUID()
	}
	k, ok := c.linkOf(x)
	if !ok || len(path) != 2 || path[1] != "users" {
		return nil, notFound("Tracking link not found")
	}
	return s.limited(q, fmt.Sprint("link-users/", c.idx, "/", k), func(*cursor) {}, func() []place {
		var list []place
		for _, f := range c.linkUsers(k) {
			list = append(list, standing(f))
		}
		return list
	}, func(b []byte, f int64) []byte {
		status := c.linkStatus(f)
		return append(appendTextIf(c.appendUser(b, f, true), `,"status":`, status, status != ""), '}')
	})
}

// limited answers with a page of a list whose size is called limit and has no
// end.
func (s *Sim) limited(q *query, name string, begin func(*cursor), list func() []place, row func([]byte, int64) []byte) ([]byte, *apiError) {
	limit := 20
	if q.values.Has("limit") {
		var err error
		if limit, err = strconv.Atoi(q.values.Get("limit")); err != nil || limit < 1 {
			q.fail("limit must be a number from 1")
		}
	}
	if q.most > 0 {
		limit = min(limit, q.most)
	}
	cur, bad := s.walk(q, name, begin)
	if bad != nil {
		return nil, bad
	}
	if s.blank(&cur) {
		return blankPage(cur), nil
	}
	return s.listPage(cur, list(), limit, row).close(cur), nil
}

func (c *creator) appendLink(b []byte, k int64) []byte {
	l := c.link(k)
	b = appendUUID(b, `{"uuid":`, l.uuid)
	b = appendText(b, `,"name":`, l.name)
	b = appendText(b, `,"linkUrl":`, l.slug)
	b = appendText(b, `,"externalSocialPlatform":`, l.platform)
	b = appendAt(b, `,"createdAt":`, l.created)
	b = appendInt(b, `,"clicks":`, l.clicks)
	b = appendInt(b, `,"engagement":{"acquiredSubscribers":`, l.acquired[0])
	b = appendInt(b, `,"acquiredFollowers":`, l.acquired[1])
	b = appendInt(b, `,"totalSubscribers":`, l.total[0])
	b = appendInt(b, `,"totalFollowers":`, l.total[1])
	if !l.hasEarnings {
		return append(b, `},"earnings":null}`...)
	}
	b = appendInt(b, `},"earnings":{"totalGross":`, l.gross)
	return append(appendInt(b, `,"totalNet":`, l.net), "}}"...)
}

// notifications answers for what the platform told a creator, newest first.
func (s *Sim) notifications(q *query, c *creator) ([]byte, *apiError) {
	return s.listed(q, fmt.Sprint("notices/", c.idx), func(k *cursor) {
		if v := q.values.Get("eventType"); v != "" {
			if _, err := strconv.ParseUint(v, 10, 16); err != nil {
				q.fail("eventType must be a number")
			}
			k.Filter = []string{v}
		}
	}, func(k cursor) []place {
		event := int64(0)
		if len(k.Filter) == 1 {
			event, _ = strconv.ParseInt(k.Filter[0], 10, 64)
		}
		return c.noticeOrder(event)
	}, c.appendNotice)
}

func (c *creator) appendNotice(b []byte, k int64) []byte {
	n := &c.log()[k]
	b = appendUUID(b, `{"uuid":`, c.noticeID(n))
	b = appendAt(b, `,"createdAt":`, n.at)
	b = appendInt(b, `,"eventType":`, n.event)
	b = appendBool(b, `,"isRead":`, n.at < c.made.readTo)
	b = append(b, `,"data":{`...)
	if n.post >= 0 {
		b = appendUUID(b, `"postUuid":`, c.postID(n.post))
	}
	b = append(b, `},"originator":`...)
	if f := c.originator(n); f < 0 {
		b = append(b, "null"...)
	} else {
		who := c.fans[f].who
		b = appendUUID(b, `{"uuid":`, c.w.id(who))
		b = append(c.w.appendHandle(append(b, `,"handle":"`...), who), '"')
		b = appendText(b, `,"displayName":`, c.w.displayName(who))
		b = c.w.appendPicture(append(b, `,"avatarUrl":`...), who)
		b = append(b, `,"isCreator":false}`...)
	}
	return append(appendUUID(b, `,"receiverUuid":`, c.uuid), '}')
}

func (c *creator) noticeID(n *notice) id { return c.w.id(spotOf(idNotice, c.idx, n.number)) }

// smartList answers with the members of a list of the platform's. Its cursor
// counts pages, so a walk that changes its size repeats or misses rows.
func (s *Sim) smartList(q *query, c *creator, slug string) ([]byte, *apiError) {
	list, ok := c.smartMembers(slug)
	if !ok {
		return nil, notFound("List not found")
	}
	cur, size, bad := s.turn(q, fmt.Sprint("smart/", c.idx, "/", slug), func(*cursor) {})
	if bad != nil {
		return nil, bad
	}
	if s.blank(&cur) {
		b := blankPage(cur)
		return append(b[:len(b)-1], `,"total":null}`...), nil
	}
	cur.skip += min(cur.Page, len(list)) * size
	p := s.newPage(cur)
	for k := 0; k < len(list) && !p.more; k++ {
		if p.room(size) {
			p.b = c.appendMember(p.row(place{}), list[k])
		}
	}
	if q.old {
		return p.close(cur), nil
	}
	return append(p.end(cur), `,"total":null}`...), nil
}

// customListsOf answers for the lists a creator keeps, and for their members.
func (s *Sim) customListsOf(q *query, c *creator, path []string) ([]byte, *apiError) {
	if len(path) > 1 {
		return nil, notFound("Not found")
	}
	if len(path) == 0 {
		return s.listed(q, fmt.Sprint("custom/", c.idx), func(k *cursor) { k.Filter = []string{q.values.Get("search")} }, func(k cursor) []place {
			return slices.DeleteFunc(standings(c.customLists()), func(p place) bool {
				return len(k.Filter) > 0 && !contains(c.customList(p.number).name, k.Filter[0])
			})
		}, func(b []byte, k int64) []byte {
			l := c.customList(k)
			b = appendText(appendUUID(b, `{"uuid":`, l.uuid), `,"name":`, l.name)
			b = appendInt(b, `,"membersCount":`, int64(len(c.listMembers(k))))
			return append(appendAt(b, `,"createdAt":`, l.created), '}')
		})
	}
	x, ok := parseID(path[0])
	if !ok {
		return nil, badUUID()
	}
	k, ok := c.numberOf(x, idCustomList, c.customLists())
	if !ok {
		return nil, notFound("List not found")
	}
	var list []place
	for _, f := range c.listMembers(k) {
		list = append(list, standing(f))
	}
	return s.fanList(q, fmt.Sprint("members/", c.idx, "/", k), list, c.appendMember)
}

// appendMember appends a fan as lists have them.
func (c *creator) appendMember(b []byte, f int64) []byte {
	who := c.fans[f].who
	b = appendUUID(b, `{"uuid":`, c.w.id(who))
	b = appendText(b, `,"displayName":`, c.w.displayName(who))
	b = append(c.w.appendHandle(append(b, `,"handle":"`...), who), '"')
	return append(b, `,"isCreator":false}`...)
}
