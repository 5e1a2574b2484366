package fanvuesim

import (
	"slices"
	"strconv"
)

var chatFilters = []string{
	"unread", "subscribers", "followers", "online", "recent_subscribers", "not_answered", "spent_more_than_50", "on_free_trial",
	"has_tipped", "spenders", "exclude_creators", "subscribed_to", "not_muted", "archived",
}

// chats answers for a creator's chats, newest activity first. Of the filters
// only unread and not_muted filter.
func (s *Sim) chats(q *query, c *creator) ([]byte, *apiError) {
	cur, size, bad := s.turn(q, "chats/"+strconv.Itoa(c.idx), func(k *cursor) {
		k.Filter = q.list("filter")
		for _, v := range k.Filter {
			if !slices.Contains(chatFilters, v) {
				q.fail("filter must be one of the known filters")
			}
		}
	})
	if bad != nil {
		return nil, bad
	}
	if s.blank(&cur) {
		b := blankPage(cur)
		return append(b[:len(b)-1], `,"total":null}`...), nil
	}
	list := c.chatOrder()
	if slices.Contains(cur.Filter, "unread") || slices.Contains(cur.Filter, "not_muted") {
		list = slices.DeleteFunc(slices.Clone(list), func(p place) bool {
			return slices.Contains(cur.Filter, "unread") && c.isRead(p.number) || slices.Contains(cur.Filter, "not_muted") && c.chats[p.number].muted
		})
	}
	p := s.listPage(cur, list, size, func(b []byte, ci int64) []byte { return c.appendChat(b, ci, q.old, false) })
	if q.old {
		return p.close(cur), nil
	}
	b := append(p.end(cur), `,"total":`...)
	if cur.Page > 0 {
		return append(b, "null}"...), nil
	}
	return append(strconv.AppendInt(b, int64(len(list)), 10), '}'), nil
}

func (c *creator) isRead(ci int64) bool { return !c.chats[ci].unread && c.unreadCount(ci) == 0 }

// appendChat appends a chat, without presence in its old form, and with the
// creator's uuid where rows of several creators stand together.
func (c *creator) appendChat(b []byte, ci int64, old, withCreator bool) []byte {
	ch := &c.chats[ci]
	b = append(b, '{')
	if withCreator {
		b = append(b, `"creatorUuid":`...)
		b = append(appendID(b, c.uuid), ',')
	}
	b = append(b, `"createdAt":`...)
	b = appendTime(b, ch.created)
	b = append(b, `,"lastMessageAt":`...)
	b = appendTime(b, c.lastAt(ci))
	b = appendBool(b, `,"isRead":`, c.isRead(ci))
	b = appendBool(b, `,"isMuted":`, ch.muted)
	b = appendInt(b, `,"unreadMessagesCount":`, int64(c.unreadCount(ci)))
	if ci%3 == 0 && !old {
		b = appendBool(b, `,"isCreator":false,"online":`, c.w.asOf/hour%2 == 0)
		b = append(b, `,"lastSeenAt":null`...)
	}
	b = append(b, `,"user":`...)
	b = append(c.appendUser(b, ci, true), `},"lastMessage":`...)
	if ch.last < 0 {
		return append(b, "null}"...)
	}
	m := c.message(ci, ch.last)
	b = append(b, `{"uuid":`...)
	b = appendID(b, m.uuid)
	b = append(b, `,"text":`...)
	b = m.appendText(b)
	b = append(append(append(b, `,"type":"`...), m.kind...), `","sentAt":`...)
	b = appendTime(b, m.at)
	b = m.appendHasMedia(b)
	b = append(b, `,"senderUuid":`...)
	role := "FAN"
	if m.out {
		role = "CREATOR"
		b = appendID(b, c.uuid)
	} else {
		b = appendID(b, c.w.id(c.fans[ci].who))
	}
	b = append(b, `,"sentByUserId":`...)
	b = appendID(b, m.by)
	return append(append(append(b, `,"hasGif":false,"senderRole":"`...), role...), `","status":null}}`...)
}

func (m *message) appendText(b []byte) []byte {
	if !m.hasText {
		return append(b, "null"...)
	}
	return appendString(b, m.text)
}

func (m *message) appendHasMedia(b []byte) []byte {
	if m.media == 0 {
		return append(b, `,"hasMedia":false,"mediaType":null`...)
	}
	return append(append(append(b, `,"hasMedia":true,"mediaType":"`...), m.mediaType...), '"')
}
