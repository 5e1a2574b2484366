package extract

import (
	"net/url"
)

// A Surface is one of the spellings of the API. v0 and bare are two spellings
// of the older one, whose lists are numbered pages; deployments of bare may lack
// what v0 has.
type Surface string

// The surfaces, from the newest to the oldest.
const (
	V1   Surface = "v1"
	V0   Surface = "v0"
	Bare Surface = "bare"
)

// Surfaces lists the surfaces, the newest first.
var Surfaces = []Surface{V1, V0, Bare}

// Or returns s, or v1 if s is empty.
func (s Surface) Or() Surface {
	if s == "" {
		return V1
	}
	return s
}

// Older reports whether s is a spelling of the older surface.
func (s Surface) Older() bool { return s == V0 || s == Bare }

// Prefix is what stands before every path.
func (s Surface) Prefix() string {
	if s == Bare {
		return ""
	}
	return "/" + string(s.Or())
}

// A difference is how the older surface has a stream.
type difference struct {
	absent   bool   // not at all
	selfOnly bool   // for the key's owner alone
	path     string // another path, without that of a creator
	noQuery  bool   // without the stream's parameters
	paging   Paging // another first page, unless Single
	rowID    string // pages are numbered; the dotted key of what names a row
}

// onOlder is all that differs on the older surface. A stream that is not named
// is the same there; so is how a walk goes on, which the envelope says.
var onOlder = map[string]difference{
	// The reversals stand apart from the earnings, without order ids, and only
	// those of the key's owner.
	"reversals":    {path: "/insights/spending", noQuery: true, selfOnly: true},
	"creators":     {rowID: "uuid"},
	"top_spenders": {rowID: "user.uuid"},
	"subscribers":  {rowID: "uuid"},
	"followers":    {rowID: "uuid"},
	"chats":        {rowID: "user.uuid"},
	"messages":     {rowID: "uuid", paging: BySize},
	"message":      {absent: true},

	"fan_insights":        {selfOnly: true},
	"mass_messages":       {rowID: "uuid"},
	"posts":               {rowID: "uuid"},
	"post_comments":       {rowID: "uuid"},
	"post_likes":          {selfOnly: true, rowID: "user.uuid"},
	"post_tips":           {selfOnly: true},
	"smart_list_members":  {rowID: "uuid"},
	"custom_lists":        {rowID: "uuid"},
	"custom_list_members": {rowID: "uuid"},
	"templates":           {rowID: "uuid", selfOnly: true},
	"media":               {rowID: "uuid"},
	"vault_folders":       {rowID: "name"},
	"vault_folder_media":  {rowID: "uuid"},
	"notifications":       {rowID: "uuid"},
	"unread_counts":       {selfOnly: true},
}

// On returns the stream as a surface has it; ok is false if it has none.
func (s Stream) On(surface Surface) (on Stream, ok bool) {
	d, differs := onOlder[s.Name]
	if !differs || !surface.Older() {
		return s, true
	}
	if d.path != "" {
		s.Self, s.Of = d.path, "/creators/{creator}"+d.path
	}
	if d.noQuery {
		s.Query = url.Values{}
	}
	if d.paging != Single {
		s.Paging = d.paging
	}
	if d.rowID != "" {
		// A page number means another place when the list has moved.
		s.RowID, s.ResumeFor = d.rowID, resumeList
	}
	s.SelfOnly = d.selfOnly
	return s, !d.absent
}

// Stream returns the named stream as the surface has it.
func (s Surface) Stream(name string) (on Stream, ok bool) {
	st, ok := StreamByName(name)
	if !ok {
		return st, false
	}
	return st.On(s)
}
