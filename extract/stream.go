package extract

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// A Paging is the way a stream is asked for its first page. How a walk goes on
// follows from the envelope of the answer, because the surfaces of the API
// differ there for one and the same resource.
type Paging int

// The ways to ask for a first page.
const (
	Single    Paging = iota // one answer, no paging
	BySize                  // size=50, then nextCursor or page numbers
	ByLimit                 // limit=50, then nextCursor
	ByInstant               // limit=50, then the two watermarks of dateFilter
)

// PageSize is the number of rows asked for; it is constant within a walk.
const PageSize = 50

// A Stream is one readable resource of the API.
type Stream struct {
	Name   string
	Table  string   // table of the lake that its rows become
	Scopes []string // scopes the key needs for its own data
	Self   string   // path of the key owner's data, empty if there is none
	Of     string   // path of a creator's data, with {creator} and, per chat, {fan}
	Paging Paging
	Parent string     // stream whose rows its rows belong to, at {parent} in its paths
	Bulk   bool       // a POST that reads the fans of the slice, at most BulkSize
	Query  url.Values // parameters of every request
	Window bool       // takes startDate and endDate
	Rows   string     // key of the array of rows; empty when the answer is one row, * when it is an object of rows
	Time   string     // key of a row's instant, newest first; empty for none
	// Identity lists the keys by which two rows of an answer are the same
	// row; only for streams whose rows have no id of their own.
	Identity []string
	// ResumeFor is how old the last page of an interrupted walk may be for the
	// walk to go on behind it.
	ResumeFor time.Duration
	Cadence   string // when it is read, for people
	Optional  bool   // read only if the account asks for it, because other streams tell the same for less

	// Set by On, where a surface needs it.
	SelfOnly bool   // not there for creators other than the key's owner
	RowID    string // dotted key of what names a row of numbered pages
}

// BulkSize is the most fans that one bulk read may ask for.
const BulkSize = 100

// Walks that hold their place in a cursor resume within a day, complete lists
// within ten minutes, because a list read in two halves is no list.
const (
	resumeCursor = 24 * time.Hour
	resumeList   = 10 * time.Minute
)

var earningIdentity = []string{"date", "source", "transactionOrderId", "reversedTransactionOrderId", "gross", "net"}

// Streams lists every stream in the order in which a run reads them: who the
// key belongs to, money, people, chats.
var Streams = []Stream{
	{Name: "me", Table: "creators", Scopes: []string{"read:self"}, Self: "/users/me", Paging: Single, Cadence: "every run"},
	{Name: "creators", Table: "creators", Scopes: []string{"read:creator"}, Self: "/creators", Paging: BySize, Rows: "data",
		ResumeFor: resumeList, Cadence: "every run"},
	{Name: "account", Table: "account_snapshots", Scopes: []string{"read:self"}, Self: "/users/account", Of: "/creators/{creator}/account",
		Paging: Single, Cadence: "nightly"},
	{Name: "earnings", Table: "earnings", Scopes: []string{"read:insights"}, Self: "/insights/earnings", Of: "/creators/{creator}/insights/earnings",
		Paging: BySize, Window: true, Rows: "data", Time: "date", Identity: earningIdentity, ResumeFor: resumeCursor, Cadence: "nightly"},
	{Name: "reversals", Table: "earnings", Scopes: []string{"read:insights"}, Self: "/insights/earnings", Of: "/creators/{creator}/insights/earnings",
		Paging: BySize, Query: url.Values{"source": {"refund,chargeback"}}, Window: true, Rows: "data", Time: "date", Identity: earningIdentity,
		ResumeFor: resumeCursor, Cadence: "nightly, the last 400 days"},
	{Name: "earnings_summary_days", Table: "earnings_summary_days", Scopes: []string{"read:insights"}, Self: "/insights/earnings/summary",
		Of: "/creators/{creator}/insights/earnings/summary", Paging: Single, Query: url.Values{"granularity": {"day"}, "timezone": {"UTC"}},
		Window: true, Rows: "overTime", Cadence: "weekly and after a first read"},
	{Name: "subscriber_counts", Table: "subscriber_counts", Scopes: []string{"read:insights"}, Self: "/insights/subscribers",
		Of: "/creators/{creator}/insights/subscribers", Paging: BySize, Window: true, Rows: "data", ResumeFor: resumeList, Cadence: "nightly, trailing days"},
	{Name: "top_spenders", Table: "top_spenders", Scopes: []string{"read:insights", "read:fan"}, Self: "/insights/top-spenders",
		Of: "/creators/{creator}/insights/top-spenders", Paging: BySize, Window: true, Rows: "data", ResumeFor: resumeCursor,
		Cadence: "weekly month to date, once after month end"},
	{Name: "subscribers", Table: "subscribers", Scopes: []string{"read:fan"}, Self: "/subscribers", Of: "/creators/{creator}/subscribers",
		Paging: BySize, Rows: "data", ResumeFor: resumeList, Cadence: "when a count moved, at the latest every 7 days"},
	{Name: "followers", Table: "followers", Scopes: []string{"read:fan"}, Self: "/followers", Of: "/creators/{creator}/followers",
		Paging: BySize, Rows: "data", ResumeFor: resumeList, Cadence: "when a count moved, at the latest every 7 days"},
	{Name: "chats", Table: "chats", Scopes: []string{"read:chat"}, Self: "/chats", Of: "/creators/{creator}/chats",
		Paging: BySize, Rows: "data", Time: "lastMessageAt", ResumeFor: resumeCursor, Cadence: "nightly, newest activity first; all every 30 days"},
	{Name: "messages", Table: "messages", Scopes: []string{"read:chat"}, Self: "/chats/{fan}/messages", Of: "/creators/{creator}/chats/{fan}/messages",
		Paging: ByInstant, Query: url.Values{"markAsRead": {"false"}}, Rows: "data", Time: "sentAt", ResumeFor: resumeCursor,
		Cadence: "chats that moved"},
	{Name: "message", Table: "messages", Scopes: []string{"read:chat"}, Self: "/chats/{fan}/messages/{message}",
		Of: "/creators/{creator}/chats/{fan}/messages/{message}", Paging: Single, Query: url.Values{"markAsRead": {"false"}},
		Cadence: "messages in quiet chats of which a purchase was seen"},

	{Name: "fan_insights", Table: "fan_insights", Scopes: []string{"read:insights", "read:fan"}, Self: "/insights/fans/batch",
		Of: "/creators/{creator}/insights/fans/batch", Paging: Single, Bulk: true, Rows: "*", Cadence: "weekly, fans with money, 100 a request"},
	content("mass_messages", "mass_messages", "/chats/mass-messages", BySize, "read:chat"),
	content("posts", "posts", "/posts", BySize, "read:post"),
	below("posts", "post_comments", "/posts/{parent}/comments", BySize, "read:post"),
	below("posts", "post_likes", "/posts/{parent}/likes", BySize, "read:post"),
	below("posts", "post_tips", "/posts/{parent}/tips", BySize, "read:post"),
	content("tracking_links", "tracking_links", "/tracking-links", ByLimit, "read:tracking_links"),
	below("tracking_links", "tracking_link_users", "/tracking-links/{parent}/users", ByLimit, "read:tracking_links"),
	content("smart_lists", "smart_lists", "/chats/lists/smart", Single, "read:chat", "read:fan"),
	below("smart_lists", "smart_list_members", "/chats/lists/smart/{parent}", BySize, "read:chat", "read:fan"),
	content("custom_lists", "custom_lists", "/chats/lists/custom", BySize, "read:chat", "read:fan"),
	below("custom_lists", "custom_list_members", "/chats/lists/custom/{parent}", BySize, "read:chat", "read:fan"),
	content("templates", "message_templates", "/chats/templates", BySize, "read:chat"),
	content("media", "media", "/media", BySize, "read:media"),
	content("vault_folders", "vault_folders", "/vault/folders", BySize, "read:media"),
	below("vault_folders", "vault_folder_media", "/vault/folders/{parent}/media", BySize, "read:media"),
	{Name: "notifications", Table: "notifications", Scopes: []string{"read:self"}, Self: "/notifications", Of: "/creators/{creator}/notifications",
		Paging: BySize, Rows: "data", Time: "createdAt", ResumeFor: resumeCursor, Cadence: "weekly, newest first, back to a week before the last time"},
	{Name: "unread_counts", Table: "unread_counts", Scopes: []string{"read:chat"}, Self: "/chats/unread", Of: "/creators/{creator}/chats/unread",
		Paging: Single, Cadence: "weekly"},

	{Name: "agency_chats", Table: "chats", Scopes: []string{"read:agency", "read:chat"}, Self: "/agencies/chats", Paging: BySize, Rows: "data",
		Time: "lastMessageAt", Cadence: "nightly, agencies: chats that moved, in the place of each creator's `chats` where that takes more"},
	{Name: "team_members", Table: "team_members", Scopes: []string{"read:agency"}, Self: "/agencies/team-members", Paging: Single, Rows: "data",
		Cadence: "nightly, agencies"},
	{Name: "chatter_leaderboard", Table: "chatter_leaderboard", Scopes: []string{"read:agency"}, Self: "/agencies/insights/chatter-leaderboard",
		Paging: Single, Window: true, Rows: "data", Cadence: "nightly month to date, once after month end, agencies"},
	{Name: "agency_earnings_days", Table: "agency_earnings_days", Scopes: []string{"read:agency", "read:creator"}, Self: "/agencies/earnings",
		Paging: BySize, Window: true, Rows: "data", ResumeFor: resumeList, Cadence: "only if asked for; trailing days", Optional: true},
	{Name: "agency_subscribers", Table: "agency_subscribers", Scopes: []string{"read:agency", "read:creator"}, Self: "/agencies/subscribers",
		Paging: BySize, Rows: "data", ResumeFor: resumeList, Cadence: "only if asked for", Optional: true},
	{Name: "agency_subscriber_counts", Table: "agency_subscriber_counts", Scopes: []string{"read:agency", "read:creator"},
		Self: "/agencies/subscribers-history", Paging: BySize, Window: true, Rows: "data", ResumeFor: resumeList,
		Cadence: "only if asked for; trailing days", Optional: true},
}

// content is a complete list of what a creator publishes or keeps.
func content(name, table, path string, paging Paging, scopes ...string) Stream {
	return Stream{Name: name, Table: table, Scopes: scopes, Self: path, Of: "/creators/{creator}" + path, Paging: paging, Rows: "data",
		ResumeFor: resumeList, Cadence: "weekly"}
}

// below is a complete list of what belongs to one row of another stream.
func below(parent, name, path string, paging Paging, scopes ...string) Stream {
	s := content(name, name, path, paging, scopes...)
	s.Parent, s.Cadence = parent, "weekly, where a count moved; all every 30 days"
	return s
}

// StreamByName returns the named stream.
func StreamByName(name string) (Stream, bool) {
	i := slices.IndexFunc(Streams, func(s Stream) bool { return s.Name == name })
	if i < 0 {
		return Stream{}, false
	}
	return Streams[i], true
}

// PerCreator reports whether each creator has slices of its own.
func (s Stream) PerCreator() bool { return s.Of != "" }

// PerChat reports whether each chat has slices of its own.
func (s Stream) PerChat() bool { return strings.Contains(s.Self, "{fan}") }

// ScopesFor returns the scopes for the key owner's own data or a creator's.
func (s Stream) ScopesFor(self bool) []string {
	if self || !s.PerCreator() {
		return s.Scopes
	}
	return append([]string{"read:creator"}, s.Scopes...)
}

// Path returns the path of a slice below the surface's prefix. The self path
// always answers with the key owner's data, so it is never a fallback for a
// creator's path.
func (s Stream) Path(sl Slice) string {
	p := s.Self
	if !sl.Self && s.Of != "" {
		p = strings.ReplaceAll(s.Of, "{creator}", url.PathEscape(sl.Creator))
	}
	return strings.NewReplacer("{fan}", url.PathEscape(sl.Fan), "{message}", url.PathEscape(sl.Message), "{parent}", url.PathEscape(sl.Parent)).Replace(p)
}
