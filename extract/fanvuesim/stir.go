package fanvuesim

import (
	"net/http"
	"strconv"
)

// drift stirs the world before a page that Options.Drift chooses.
func (s *Sim) drift(q *query, r *http.Request, path []string) {
	o := s.opts.Drift
	if n, err := strconv.Atoi(q.values.Get("page")); o.Every <= 0 || !q.old || r.Method != http.MethodGet || err != nil || n < 2 {
		return
	}
	s.mu.Lock()
	s.turns++
	due := s.turns%o.Every == 0 && (o.Most <= 0 || s.turns/o.Every <= o.Most)
	s.mu.Unlock()
	if due {
		s.stir(path)
	}
}

// stir moves the creator whose resource path names, or for the agency's own
// resources each in turn.
func (s *Sim) stir(path []string) {
	w, now := s.world, s.Now().UnixMilli()
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.creators[w.stirs%uint64(len(w.creators))]
	chat := int64(-1)
	if path[0] != "agencies" {
		of, rest, bad := s.scope(path)
		if bad != nil {
			return
		}
		c = of
		if len(rest) == 3 && rest[0] == "chats" && rest[2] == "messages" {
			if x, ok := parseID(rest[1]); ok {
				if ci, ok := c.chatOf(x); ok {
					chat = ci
				}
			}
		}
	}
	w.stirs++
	w.asOf = max(w.asOf, now)
	c.stir(chat, w.asOf, w.stirs)
	c.forget()
	w.agency.forget()
}

// stir lets what was at the end of a creator's lists come to their top: a chat,
// by default the oldest one, gets a message, the oldest post is posted again, a
// file is added, and a follower leaves or comes.
func (c *creator) stir(chat int64, at millis, turn uint64) {
	if order := c.chatOrder(); chat < 0 && len(order) > 0 {
		chat = order[len(order)-1].number
	}
	if chat >= 0 {
		ch := &c.chats[chat]
		if n := ch.len(); n > 0 {
			at = max(at, c.messageAt(chat, n-1))
		}
		ch.extra = append(ch.extra, at)
		ch.last = ch.len() - 1
	}
	posts := c.postOrder(false)
	c.made.published[posts[len(posts)-1].number] = at
	c.made.media = append(c.made.media, making{at, c.made.nights})
	c.note(at, eventPromotion, -1, -1, -1)
	for _, p := range c.followers() {
		if f := &c.fans[p.number]; turn%2 == 1 && !f.subscribed {
			f.followed = 0
			return
		}
	}
	for k := range c.fans {
		if f := &c.fans[k]; f.followed == 0 && !f.subscribed {
			f.followed = at
			c.note(at, eventFollower, int64(k), -1, -1)
			return
		}
	}
}
