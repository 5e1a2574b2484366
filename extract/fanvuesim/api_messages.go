package fanvuesim

import (
	"encoding/json"
	"math"
	"net/http"
	"strings"
)

// messages answers for a chat, newest first. Outgoing and incoming messages
// each have a watermark, exclusive; dateFilter hands both on, null once nothing
// older is left. A message that shares its instant with the last of its side on
// a page is therefore not on the next one.
func (s *Sim) messages(q *query, c *creator, ci int64) ([]byte, *apiError) {
	size := q.size("limit", 20)
	sent, received := q.instant("sentBefore"), q.instant("receivedBefore")
	marks := q.flag("markAsRead", false)
	if bad := q.err(); bad != nil {
		return nil, bad
	}
	if marks {
		q.mark = &mark{c, ci}
	}
	w := c.newMessageWriter(ci)
	top := max(sent, received)
	if sent == 0 || received == 0 {
		top = math.MaxInt64
	}
	b := append(s.buffer(), `{"data":[`...)
	rows, more := 0, false
	nextSent, nextReceived := sent, received
	for n := c.messagesBefore(ci, top) - 1; n >= 0 && !more; n-- {
		at, before, next := c.messageAt(ci, n), received, &nextReceived
		if c.outgoing(ci, n) {
			before, next = sent, &nextSent
		}
		switch {
		case c.chats[ci].edits[n].gone || before != 0 && at >= before:
		case rows == size:
			more = true
		default:
			if rows > 0 {
				b = append(b, ',')
			}
			b = w.append(b, n)
			rows++
			*next = at
		}
	}
	b = append(b, `],"dateFilter":`...)
	if !more {
		return append(b, "null}"...), nil
	}
	b = append(b, `{"sentBefore":`...)
	b = appendTime(b, nextSent)
	b = append(b, `,"receivedBefore":`...)
	return append(appendTime(b, nextReceived), "}}"...), nil
}

// numberedMessages answers for a chat on the older surface: numbered pages,
// newest first. Unless told not to, the read marks the chat as read.
func (s *Sim) numberedMessages(q *query, c *creator, ci int64) ([]byte, *apiError) {
	marks := q.flag("markAsRead", true)
	cur, size, bad := s.turn(q, "", func(*cursor) {})
	if bad != nil {
		return nil, bad
	}
	if marks {
		q.mark = &mark{c, ci}
	}
	w, p := c.newMessageWriter(ci), s.newPage(cur)
	for n := c.chats[ci].len() - 1; n >= 0 && !p.more; n-- {
		if !c.chats[ci].edits[n].gone && p.room(size) {
			p.b = w.append(p.row(place{}), n)
		}
	}
	return p.close(cur), nil
}

// A messageWriter appends messages of one chat.
type messageWriter struct {
	c            *creator
	ci           int64
	creator, fan []byte // persons as JSON
}

func (c *creator) newMessageWriter(ci int64) *messageWriter {
	person := func(who spot) []byte {
		b := append(appendID([]byte(`{"uuid":`), c.w.id(who)), `,"handle":"`...)
		return append(c.w.appendHandle(b, who), `"}`...)
	}
	return &messageWriter{c, ci, person(c.spot()), person(c.fans[ci].who)}
}

func (w *messageWriter) append(b []byte, n int64) []byte {
	m := w.c.message(w.ci, n)
	b = append(b, `{"uuid":`...)
	b = appendID(b, m.uuid)
	b = append(b, `,"text":`...)
	b = m.appendText(b)
	b = append(b, `,"sentAt":`...)
	b = appendTime(b, m.at)
	from, to := w.fan, w.creator
	if m.out {
		from, to = to, from
	}
	if broadcast(n) {
		to = []byte("{}")
	}
	b = append(append(b, `,"sender":`...), from...)
	b = append(append(b, `,"recipient":`...), to...)
	b = m.appendHasMedia(b)
	b = append(b, `,"mediaUuids":[`...)
	for k := range m.media {
		if k > 0 {
			b = append(b, ',')
		}
		b = appendID(b, w.c.attachment(w.ci, n, k))
	}
	b = append(append(append(b, `],"mediaPreviewUuid":null,"gif":null,"type":"`...), m.kind...), `","pricing":`...)
	if m.price > 0 {
		b = append(appendInt(b, `{"USD":{"price":`, m.price), "}}"...)
	} else {
		b = append(b, "null"...)
	}
	b = append(b, `,"purchasedAt":`...)
	b = appendTime(b, m.purchased)
	b = append(b, `,"tipSource":`...)
	if m.tipSource == "" {
		b = append(b, "null"...)
	} else {
		b = append(append(append(b, '"'), m.tipSource...), '"')
	}
	b = append(b, `,"sentByUserId":`...)
	b = appendID(b, m.by)
	return append(appendBool(b, `,"appUuid":null,"isRead":`, m.read), '}')
}

// attachment returns the id of the k-th file of a message.
func (c *creator) attachment(ci, n, k int64) id {
	return c.w.id(spotOf(idMedia, c.idx, int64((mix(uint64(ci<<24|n))+uint64(k))&(1<<44-1))))
}

// markRead does what a read with markAsRead=true does to the creator's inbox.
func (c *creator) markRead(ci int64) {
	c.w.marked.Add(1)
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	ch := &c.chats[ci]
	ch.readTo, ch.unread = ch.len(), false
}

// post answers for the bulk reads, the only POSTs there are.
func (s *Sim) post(q *query, r *http.Request, path []string) ([]byte, *apiError) {
	c, rest, bad := s.scope(path)
	if bad != nil {
		return nil, bad
	}
	if q.old && path[0] == "creators" && !hasTwin(rest) {
		return nil, notFound("Not found")
	}
	switch strings.Join(rest, "/") {
	case "chats/messages/batch":
		return s.messageBatch(r, c)
	case "chats/statuses":
		return s.statuses(r, c)
	case "insights/fans/batch":
		return s.fanBatch(q, r, c)
	}
	return nil, notFound("Not found")
}

// messageBatch answers for the newest messages of several chats.
func (s *Sim) messageBatch(r *http.Request, c *creator) ([]byte, *apiError) {
	var in struct {
		ChatUUIDs []string `json:"chatUuids"`
		Limit     *int     `json:"limit"`
		Since     string   `json:"sinceMessageUuid"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(nil, r.Body, 1<<20)).Decode(&in); err != nil {
		return nil, invalid("body must be JSON")
	}
	limit := 20
	if in.Limit != nil {
		limit = *in.Limit
	}
	if n := len(in.ChatUUIDs); n < 1 || n > 50 || limit < 1 || limit > 50 {
		return nil, invalid("chatUuids and limit must be from 1 to 50")
	}
	since := id{}
	if in.Since != "" {
		var ok bool
		if since, ok = parseID(in.Since); !ok {
			return nil, invalid("sinceMessageUuid must be a UUID")
		}
	}
	b := []byte(`{"byChat":{`)
	for k, v := range in.ChatUUIDs {
		x, ok := parseID(v)
		if !ok {
			return nil, invalid("chatUuids must be UUIDs")
		}
		if k > 0 {
			b = append(b, ',')
		}
		b = append(appendID(b, x), ':')
		if ci, ok := c.chatOf(x); ok {
			b = c.appendBatch(b, ci, limit, since)
		} else {
			b = append(b, `{"error":"not_found"}`...)
		}
	}
	return append(b, "}}"...), nil
}

// appendBatch appends the newest messages of a chat, only those sent after
// the instant of the message since, if that is given.
func (c *creator) appendBatch(b []byte, ci int64, limit int, since id) []byte {
	after := millis(math.MinInt64)
	if !since.none() {
		at, ok := c.sentAt(since)
		if !ok {
			return append(b, `{"error":"not_found"}`...)
		}
		after = at
	}
	w := c.newMessageWriter(ci)
	b = append(b, `{"messages":[`...)
	rows, more, oldest := 0, false, id{}
	for n := c.chats[ci].len() - 1; n >= 0 && c.messageAt(ci, n) > after; n-- {
		if c.chats[ci].edits[n].gone {
			continue
		}
		if rows == limit {
			more = true
			break
		}
		if rows > 0 {
			b = append(b, ',')
		}
		b = w.append(b, n)
		rows++
		oldest = c.messageID(ci, n)
	}
	b = appendBool(b, `],"hasMore":`, more)
	return append(appendID(append(b, `,"oldestMessageUuid":`...), oldest), '}')
}

// sentAt returns the instant of a message of any chat of the creator; of a
// broadcast, that of the first chat that has it.
func (c *creator) sentAt(x id) (millis, bool) {
	s, ok := c.w.find(x)
	if !ok || s.creator() != c.idx {
		return 0, false
	}
	if s.kind() == idMessage {
		ci := s.rest() >> 24
		if ci >= int64(len(c.chats)) {
			return 0, false
		}
		n, ok := c.messageNumber(ci, x)
		if !ok {
			return 0, false
		}
		return c.messageAt(ci, n), true
	}
	for ci := range int64(len(c.chats)) {
		if n, ok := c.messageNumber(ci, x); ok {
			return c.messageAt(ci, n), true
		}
	}
	return 0, false
}
