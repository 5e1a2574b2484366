package fanvuesim

import (
	"net/http"
	"slices"
	"strings"
)

// A target is what a request addresses.
type target struct {
	method  string
	path    string
	pattern string // path with {uuid} for every uuid
	route   string // pattern without surface and creator prefix
	creator string // second segment of /creators/{uuid}/…
	query   string
}

func newTarget(r *http.Request) target {
	t := target{method: r.Method, path: r.URL.EscapedPath(), query: r.URL.RawQuery} // an escaped slash parts no segments
	t.pattern = uuidPattern(t.path)
	t.route = t.pattern
	for _, surface := range []string{"/v0/", "/v1/"} {
		if strings.HasPrefix(t.route, surface) {
			t.route = t.route[len(surface)-1:]
		}
	}
	rest, ok := strings.CutPrefix(t.route, "/creators/")
	if !ok {
		return t
	}
	if _, below, ok := strings.Cut(rest, "/"); ok && below != "" {
		_, of, _ := strings.Cut(t.path, "/creators/")
		t.creator, _, _ = strings.Cut(of, "/")
		t.route = "/" + below
	}
	return t
}

// uuidPattern replaces each path segment that is a uuid.
func uuidPattern(path string) string {
	var b strings.Builder
	done := 0
	for i := 0; i < len(path); i++ {
		if path[i] != '/' {
			continue
		}
		end := i + 1 + 36
		if end <= len(path) && (end == len(path) || path[end] == '/') && isUUID(path[i+1:end]) {
			b.WriteString(path[done : i+1])
			b.WriteString("{uuid}")
			done, i = end, end-1
		}
	}
	if done == 0 {
		return path
	}
	b.WriteString(path[done:])
	return b.String()
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case '0' <= c && c <= '9', 'a' <= c && c <= 'f', 'A' <= c && c <= 'F':
		default:
			return false
		}
	}
	return true
}

// A route is one documented read.
type route struct {
	method string
	path   string // without a leading slash; * stands for any one segment
	scopes []string
	admin  bool // agency admins only
	parts  []string
}

// Scopes lists every scope a credential can have.
func Scopes() []string {
	return []string{
		"read:self", "read:chat", "write:chat", "read:fan", "read:post", "write:post",
		"read:media", "write:media", "read:creator", "write:creator", "read:insights",
		"read:tracking_links", "write:tracking_links", "read:agency", "write:agency",
	}
}

// A routeTable holds the routes by their number of segments.
type routeTable map[int][]route

func newRouteTable(routes []route) routeTable {
	table := routeTable{}
	for _, r := range routes {
		r.parts = strings.Split(r.path, "/")
		table[len(r.parts)] = append(table[len(r.parts)], r)
	}
	return table
}

// documentedRoutes lists the reads, the more literal of two that match first.
func documentedRoutes() []route {
	const get, post = http.MethodGet, http.MethodPost
	self := []string{"read:self"}
	chat := []string{"read:chat"}
	list := []string{"read:chat", "read:fan"}
	fan := []string{"read:fan"}
	insights := []string{"read:insights"}
	fanInsights := []string{"read:insights", "read:fan"}
	posts := []string{"read:post"}
	media := []string{"read:media"}
	links := []string{"read:tracking_links"}
	creators := []string{"read:creator"}
	agency := []string{"read:agency"}
	agencyChat := []string{"read:agency", "read:chat"}
	agencyCreator := []string{"read:agency", "read:creator"}
	return []route{
		{method: get, path: "users/me", scopes: self},
		{method: get, path: "users/account", scopes: self},
		{method: get, path: "notifications", scopes: self},
		{method: get, path: "apps", scopes: self},
		{method: get, path: "apps/*", scopes: self},
		{method: get, path: "apps/*/subscription-status", scopes: self},
		{method: get, path: "apps/*/subscription/me", scopes: self},

		{method: get, path: "chats", scopes: chat},
		{method: get, path: "chats/unread", scopes: chat},
		{method: post, path: "chats/statuses", scopes: chat},
		{method: post, path: "chats/messages/batch", scopes: chat},
		{method: get, path: "chats/templates", scopes: chat},
		{method: get, path: "chats/templates/*", scopes: chat},
		{method: get, path: "chats/mass-messages", scopes: chat},
		{method: get, path: "chats/lists/smart", scopes: list},
		{method: get, path: "chats/lists/smart/*", scopes: list},
		{method: get, path: "chats/lists/custom", scopes: list},
		{method: get, path: "chats/lists/custom/*", scopes: list},
		{method: get, path: "chats/*", scopes: chat},
		{method: get, path: "chats/*/messages", scopes: chat},
		{method: get, path: "chats/*/messages/*", scopes: chat},
		{method: get, path: "chats/*/messages/*/media", scopes: chat},
		{method: get, path: "chats/*/media", scopes: chat},

		{method: get, path: "followers", scopes: fan},
		{method: get, path: "subscribers", scopes: fan},
		{method: get, path: "subscribers/*", scopes: fan},

		{method: get, path: "insights/earnings", scopes: insights},
		{method: get, path: "insights/earnings/summary", scopes: insights},
		{method: get, path: "insights/earnings/percentile", scopes: insights},
		{method: get, path: "insights/spending", scopes: insights},
		{method: get, path: "insights/subscribers", scopes: insights},
		{method: get, path: "insights/fan-retention-summary", scopes: insights},
		{method: get, path: "insights/top-spenders", scopes: fanInsights},
		{method: get, path: "insights/fans", scopes: fanInsights},
		{method: post, path: "insights/fans/batch", scopes: fanInsights},
		{method: get, path: "insights/fans/*", scopes: fanInsights},

		{method: get, path: "posts", scopes: posts},
		{method: get, path: "posts/*", scopes: posts},
		{method: get, path: "posts/*/comments", scopes: posts},
		{method: get, path: "posts/*/likes", scopes: posts},
		{method: get, path: "posts/*/tips", scopes: posts},
		{method: get, path: "collections", scopes: posts},

		{method: get, path: "media", scopes: media},
		{method: get, path: "media/*", scopes: media},
		{method: get, path: "media/*/entitled", scopes: media},
		{method: get, path: "media/links/*/purchased", scopes: media},
		{method: get, path: "vault/folders", scopes: media},
		{method: get, path: "vault/folders/*", scopes: media},
		{method: get, path: "vault/folders/*/media", scopes: media},

		{method: get, path: "tracking-links", scopes: links},
		{method: get, path: "tracking-links/*/users", scopes: links},
		{method: get, path: "tracking-links/*/users/*/metadata", scopes: links},

		{method: get, path: "creators", scopes: creators},
		{method: get, path: "agencies/chats", scopes: agencyChat, admin: true},
		{method: get, path: "agencies/earnings", scopes: agencyCreator, admin: true},
		{method: get, path: "agencies/subscribers", scopes: agencyCreator, admin: true},
		{method: get, path: "agencies/subscribers-history", scopes: agencyCreator, admin: true},
		{method: get, path: "agencies/team-members", scopes: agency, admin: true},
		{method: get, path: "agencies/insights/chatter-leaderboard", scopes: agency, admin: true},
	}
}

// matches reports whether path, without a leading slash, has the route's form.
func (r *route) matches(path string) bool {
	for i, part := range r.parts {
		seg, rest, more := strings.Cut(path, "/")
		if seg == "" || part != "*" && part != seg || more == (i == len(r.parts)-1) {
			return false
		}
		path = rest
	}
	return true
}

// find returns the route a target addresses. Where the path is documented but
// not with this method, it returns the methods that are.
func (t *target) find(table routeTable) (found *route, allow []string) {
	path := strings.TrimPrefix(t.route, "/")
	if t.creator != "" && path == "account" {
		path = "users/account"
	}
	routes := table[strings.Count(path, "/")+1]
	for i := range routes {
		r := &routes[i]
		if !r.matches(path) {
			continue
		}
		if r.method == t.method {
			return r, nil
		}
		if !slices.Contains(allow, r.method) {
			allow = append(allow, r.method)
		}
	}
	return nil, allow
}

// permits reports whether a credential may read r for t.
func (k *Key) permits(r *route, t *target) bool {
	if r.admin && k.Member {
		return false
	}
	need := r.scopes
	if t.creator != "" {
		if !k.has("read:creator") {
			return false
		}
		if t.route == "/account" {
			return true // the twin's read:self is not asked for
		}
	}
	for _, s := range need {
		if !k.has(s) {
			return false
		}
	}
	return true
}

func (k *Key) has(scope string) bool { return k.Scopes == nil || slices.Contains(k.Scopes, scope) }
