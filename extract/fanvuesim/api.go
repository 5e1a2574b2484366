package fanvuesim

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// api returns the handlers without the gate. Each surface has its own prefix.
func (s *Sim) api() http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		var body []byte
		bad := notFound("Not found")
		if path, ok := strings.CutPrefix(r.URL.Path, "/v1/"); ok {
			body, bad = s.serveV1(r, strings.Split(path, "/"))
		}
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

// serveV1 answers one request of the v1 surface. It holds the world still.
func (s *Sim) serveV1(r *http.Request, path []string) ([]byte, *apiError) {
	w := s.world
	w.mu.RLock()
	body, mark, bad := s.routeV1(r, path)
	w.mu.RUnlock()
	if mark != nil {
		mark.c.markRead(mark.chat)
	}
	return body, bad
}

// A mark is a chat that a read has marked as read.
type mark struct {
	c    *creator
	chat int64
}

func (s *Sim) routeV1(r *http.Request, path []string) ([]byte, *mark, *apiError) {
	w := s.world
	q := &query{values: r.URL.Query(), most: s.opts.PageCap}
	if r.Method == http.MethodPost {
		return s.postV1(r, path)
	}
	if r.Method != http.MethodGet {
		return nil, nil, notFound("Not found")
	}
	var body []byte
	var bad *apiError
	switch strings.Join(path, "/") {
	case "users/me":
		body = w.me()
	case "users/account":
		body = w.account(w.self())
	case "creators":
		body, bad = s.creators(q)
	default:
		if path[0] == "agencies" {
			body, bad = s.agencies(q, strings.Join(path[1:], "/"))
			break
		}
		c, rest, bad := s.scope(path)
		if bad != nil {
			return nil, nil, bad
		}
		return s.creatorV1(q, c, rest)
	}
	return body, nil, bad
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
	if len(path) < 2 {
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

// creatorV1 answers for one creator.
func (s *Sim) creatorV1(q *query, c *creator, path []string) (body []byte, m *mark, bad *apiError) {
	switch strings.Join(path, "/") {
	case "account":
		body = s.world.account(c)
	case "insights/earnings":
		body, bad = s.earnings(q, c)
	case "insights/earnings/summary":
		body, bad = s.summary(q, c)
	case "insights/subscribers":
		body, bad = s.subscriberDays(q, c)
	case "insights/top-spenders":
		body, bad = s.topSpenders(q, c)
	case "subscribers":
		body, bad = s.subscribers(q, c)
	case "followers":
		body, bad = s.followers(q, c)
	case "chats":
		body, bad = s.chats(q, c)
	case "chats/lists/smart":
		body = c.smartLists()
	default:
		if len(path) < 2 || path[0] != "chats" || len(path) > 4 || len(path) > 2 && path[2] != "messages" {
			return nil, nil, notFound("Not found")
		}
		return s.chatV1(q, c, path[1:])
	}
	return body, nil, bad
}

// chatV1 answers for one chat: path is {fan}, {fan}/messages or
// {fan}/messages/{message}.
func (s *Sim) chatV1(q *query, c *creator, path []string) ([]byte, *mark, *apiError) {
	x, ok := parseID(path[0])
	if !ok {
		return nil, nil, badUUID()
	}
	ci, ok := c.chatOf(x)
	if !ok {
		return nil, nil, notFound("No conversation with this user")
	}
	switch len(path) {
	case 1:
		return c.appendChat(nil, ci, false), nil, nil
	case 2:
		return s.messages(q, c, ci)
	}
	if x, ok = parseID(path[2]); !ok {
		return nil, nil, badUUID()
	}
	n, ok := c.messageNumber(ci, x)
	if !ok || c.chats[ci].edits[n].gone {
		return nil, nil, notFound("Message not found")
	}
	return c.newMessageWriter(ci).append(nil, n), nil, nil
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
