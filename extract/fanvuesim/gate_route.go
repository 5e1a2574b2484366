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
	agencyAdmins := slices.Concat(
		reads("read:agency read:chat", "agencies/chats"),
		reads("read:agency read:creator", "agencies/earnings", "agencies/subscribers", "agencies/subscribers-history"),
		reads("read:agency", "agencies/team-members", "agencies/insights/chatter-leaderboard"),
	)
	for i := range agencyAdmins {
		agencyAdmins[i].admin = true
	}
	return slices.Concat(
		reads("read:self", "users/me", "users/account", "notifications",
			"apps", "apps/*", "apps/*/subscription-status", "apps/*/subscription/me"),
		reads("read:chat", "chats", "chats/unread", "POST chats/statuses", "POST chats/messages/batch",
			"chats/templates", "chats/templates/*", "chats/mass-messages"),
		reads("read:chat read:fan", "chats/lists/smart", "chats/lists/smart/*", "chats/lists/custom", "chats/lists/custom/*"),
		reads("read:chat", "chats/*", "chats/*/messages", "chats/*/messages/*", "chats/*/messages/*/media", "chats/*/media"),
		reads("read:fan", "followers", "subscribers", "subscribers/*"),
		reads("read:insights", "insights/earnings", "insights/earnings/summary", "insights/earnings/percentile",
			"insights/spending", "insights/subscribers", "insights/fan-retention-summary"),
		reads("read:insights read:fan", "insights/top-spenders", "insights/fans", "POST insights/fans/batch", "insights/fans/*"),
		reads("read:post", "posts", "posts/*", "posts/*/comments", "posts/*/likes", "posts/*/tips", "collections"),
		reads("read:media", "media", "media/*", "media/*/entitled", "media/links/*/purchased",
			"vault/folders", "vault/folders/*", "vault/folders/*/media"),
		reads("read:tracking_links", "tracking-links", "tracking-links/*/users", "tracking-links/*/users/*/metadata"),
		reads("read:creator", "creators"),
		agencyAdmins,
	)
}

// reads are routes that ask for the same scopes, separated by blanks. A path is
// read with GET, unless another method stands before it.
func reads(scopes string, paths ...string) []route {
	routes := make([]route, len(paths))
	for i, text := range paths {
		method, path, named := strings.Cut(text, " ")
		if !named {
			method, path = http.MethodGet, text
		}
		routes[i] = route{method: method, path: path, scopes: strings.Fields(scopes)}
	}
	return routes
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
