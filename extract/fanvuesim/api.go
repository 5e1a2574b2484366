package fanvuesim

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// api returns the handlers without the gate.
func (s *Sim) api() http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, bad := s.serve(r)
		answer(rw, body, bad)
		s.release(body)
	})
}

func answer(rw http.ResponseWriter, body []byte, bad *apiError) {
	status := http.StatusOK
	if bad != nil {
		b, err := json.Marshal(bad.body)
		if err != nil {
			http.Error(rw, err.Error(), http.StatusInternalServerError)
			return
		}
		status, body = bad.status, b
	}
	h := rw.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	rw.WriteHeader(status)
	_, _ = rw.Write(body) // a client that has gone is no concern of the world
}

// serve answers one request: of the v1 surface below /v1, of the older surface
// below /v0 and without a prefix. It holds the world still.
func (s *Sim) serve(r *http.Request) ([]byte, *apiError) {
	q := &query{values: r.URL.Query(), most: s.opts.PageCap, old: true}
	path := segments(r.URL)
	switch path[0] {
	case "v1":
		q.old, path = false, path[1:]
	case "v0":
		path = path[1:]
	}
	if len(path) == 0 {
		return nil, notFound("Not found")
	}
	s.drift(q, r, path)
	w := s.world
	w.mu.RLock()
	body, bad := s.route(q, r, path)
	w.mu.RUnlock()
	if q.mark != nil {
		q.mark.c.markRead(q.mark.chat)
	}
	return body, bad
}

// segments returns the parts of a path; a slash that is escaped separates none.
func segments(u *url.URL) []string {
	path := strings.Split(strings.TrimPrefix(u.EscapedPath(), "/"), "/")
	for k, part := range path {
		if plain, err := url.PathUnescape(part); err == nil {
			path[k] = plain
		}
	}
	return path
}

// A mark is a chat that a read has marked as read.
type mark struct {
	c    *creator
	chat int64
}

func (s *Sim) route(q *query, r *http.Request, path []string) ([]byte, *apiError) {
	w := s.world
	switch r.Method {
	case http.MethodPost:
		return s.post(q, r, path)
	case http.MethodGet:
	default:
		return nil, notFound("Not found")
	}
	switch strings.Join(path, "/") {
	case "users/me":
		return w.me(), nil
	case "users/account":
		return w.account(w.self(), q.old), nil
	case "creators":
		return s.creators(q)
	}
	if path[0] == "agencies" {
		return s.agencies(q, strings.Join(path[1:], "/"))
	}
	c, rest, bad := s.scope(path)
	if bad != nil {
		return nil, bad
	}
	if q.old && path[0] == "creators" && !hasTwin(rest) {
		return nil, notFound("Not found")
	}
	return s.creator(q, c, rest)
}

// hasTwin reports whether the older surface has a resource below
// /creators/{uuid} too.
func hasTwin(path []string) bool {
	switch path[0] {
	case "insights":
		return !slices.Contains([]string{"insights/spending", "insights/earnings/percentile"}, strings.Join(path, "/")) && (len(path) < 2 || path[1] != "fans")
	case "chats":
		return len(path) < 2 || path[1] != "unread" && path[1] != "statuses" && path[1] != "templates" && strings.Join(path, "/") != "chats/messages/batch"
	case "posts":
		return len(path) == 1 || len(path) == 3 && path[2] == "comments"
	case "media":
		return len(path) < 2 || path[1] != "bulk"
	}
	return path[0] != "collections"
}

// scope returns the creator a path is about and the rest of the path. Paths
// without /creators/{uuid} are about the key's owner.
func (s *Sim) scope(path []string) (*creator, []string, *apiError) {
	if path[0] != "creators" {
		if c := s.world.self(); c != nil {
			return c, path, nil
		}
		return nil, nil, forbidden("Only creators may use this resource")
	}
	if len(path) < 3 {
		if len(path) == 2 {
			if _, ok := parseID(path[1]); !ok {
				return nil, nil, badUUID()
			}
		}
		return nil, nil, notFound("Not found")
	}
	x, ok := parseID(path[1])
	if !ok {
		return nil, nil, badUUID()
	}
	c := s.world.creatorOf(x)
	if c == nil || !s.world.opt.Agency {
		return nil, nil, notFound("Creator not found")
	}
	return c, path[2:], nil
}

// creator answers for one creator.
func (s *Sim) creator(q *query, c *creator, path []string) ([]byte, *apiError) {
	switch path[0] {
	case "insights":
		return s.insights(q, c, path[1:])
	case "chats":
		return s.talks(q, c, path[1:])
	case "posts":
		return s.posts(q, c, path[1:])
	case "media":
		return s.media(q, c, path[1:])
	case "vault":
		return s.vault(q, c, path[1:])
	case "tracking-links":
		return s.trackingLinks(q, c, path[1:])
	}
	if len(path) == 1 {
		switch path[0] {
		case "notifications":
			return s.notifications(q, c)
		case "collections":
			return s.collections(q, c)
		case "account":
			return s.world.account(c, q.old), nil
		case "subscribers":
			return s.subscribers(q, c)
		case "followers":
			return s.followers(q, c)
		}
	}
	return nil, notFound("Not found")
}

func (s *Sim) insights(q *query, c *creator, path []string) ([]byte, *apiError) {
	if len(path) == 0 {
		return nil, notFound("Not found")
	}
	switch strings.Join(path, "/") {
	case "earnings":
		return s.earnings(q, c)
	case "spending":
		if q.old {
			return s.spending(q, c)
		}
	case "earnings/summary":
		return s.summary(q, c)
	case "subscribers":
		return s.subscriberDays(q, c)
	case "top-spenders":
		return s.topSpenders(q, c)
	case "earnings/percentile":
		return c.percentile(), nil
	}
	if path[0] == "fans" && len(path) < 3 {
		return s.fanInsights(q, c, path[1:])
	}
	return nil, notFound("Not found")
}

// talks answers for what stands below chats.
func (s *Sim) talks(q *query, c *creator, path []string) ([]byte, *apiError) {
	if len(path) == 0 {
		return s.chats(q, c)
	}
	switch strings.Join(path, "/") {
	case "lists/smart":
		return c.smartLists(), nil
	case "mass-messages":
		return s.massMessages(q, c)
	case "unread":
		return c.appendUnread(), nil
	}
	switch {
	case path[0] == "templates":
		return s.templates(q, c, path[1:])
	case path[0] == "lists" && len(path) == 3 && path[1] == "smart":
		return s.smartList(q, c, path[2])
	case path[0] == "lists" && len(path) > 1 && path[1] == "custom":
		return s.customListsOf(q, c, path[2:])
	}
	return s.chat(q, c, path)
}

// chat answers for one chat: path is {fan}, {fan}/messages or
// {fan}/messages/{message}. The older surface has the messages alone.
func (s *Sim) chat(q *query, c *creator, path []string) ([]byte, *apiError) {
	if n := len(path); n > 3 || n > 1 && path[1] != "messages" || q.old && n != 2 {
		return nil, notFound("Not found")
	}
	x, ok := parseID(path[0])
	if !ok {
		return nil, badUUID()
	}
	ci, ok := c.chatOf(x)
	switch {
	case !ok:
		return nil, notFound("No conversation with this user")
	case len(path) == 1:
		return c.appendChat(nil, ci, q.old, false), nil
	case len(path) == 2 && q.old:
		return s.numberedMessages(q, c, ci)
	case len(path) == 2:
		return s.messages(q, c, ci)
	}
	if x, ok = parseID(path[2]); !ok {
		return nil, badUUID()
	}
	n, ok := c.messageNumber(ci, x)
	if !ok || c.chats[ci].edits[n].gone {
		return nil, notFound("Message not found")
	}
	return c.newMessageWriter(ci).append(nil, n), nil
}

// chatOf returns the chat with the fan that x names.
func (c *creator) chatOf(x id) (int64, bool) {
	s, ok := c.w.find(x)
	if !ok {
		return 0, false
	}
	f, ok := c.localFan(s)
	return int64(f), ok && f < len(c.chats)
}
