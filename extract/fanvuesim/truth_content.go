package fanvuesim

import "time"

// read lets f look at a creator while the world stands still; at none if the
// uuid is nobody's.
func (w *World) read(uuid string, f func(*creator)) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if c := w.named(uuid); c != nil {
		f(c)
	}
}

// collect returns a row for each place of a list.
func collect[T any](list []place, row func(int64) T) []T {
	all := make([]T, 0, len(list))
	for _, p := range list {
		all = append(all, row(p.number))
	}
	return all
}

func textOf(s string, has bool) *string {
	if !has {
		return nil
	}
	return &s
}

func stringsOf(list []id) []string {
	var all []string
	for _, x := range list {
		all = append(all, x.String())
	}
	return all
}

// A PostTruth is a post with its counters as of the last night. Instants are
// zero for null, as everywhere here.
type PostTruth struct {
	UUID                   string
	CreatedAt              time.Time
	Text                   *string
	Price                  int64 // cents, 0 for null
	PreviewID              string
	Audience               string
	PublishAt, PublishedAt time.Time
	ExpiresAt              time.Time
	MediaIDs               []string
	IsPinned               bool
	Likes, Comments, Tips  int
	TipsGross, TipsNet     int64 // cents
	Collections            []string
}

// Posts returns a creator's posts in the order of the list, unpublished ones
// included.
func (w *World) Posts(of string) []PostTruth {
	var all []PostTruth
	w.read(of, func(c *creator) { all = collect(c.postOrder(true), c.postTruth) })
	return all
}

func (c *creator) postTruth(k int64) PostTruth {
	p := c.post(k)
	t := PostTruth{
		UUID: p.uuid.String(), CreatedAt: toTime(p.created), Text: textOf(p.text, p.hasText), Price: p.price, Audience: "subscribers",
		PublishAt: toTime(p.publishAt), PublishedAt: toTime(p.published), ExpiresAt: toTime(p.expires), MediaIDs: stringsOf(c.postMedia(&p)),
		IsPinned: p.pinned, Likes: len(c.likes(k)), Comments: len(c.comments(k)),
	}
	if p.followers {
		t.Audience = "followers-and-subscribers"
	}
	if len(t.MediaIDs) > 1 {
		t.PreviewID = t.MediaIDs[0]
	}
	for _, e := range c.book().tips[k] {
		t.Tips++
		t.TipsGross += e.gross
		t.TipsNet += e.net
	}
	for _, j := range p.shelves {
		t.Collections = append(t.Collections, c.collection(j).uuid.String())
	}
	return t
}

// ofPost lets f look at a creator's post.
func (w *World) ofPost(of, post string, f func(*creator, int64)) {
	w.read(of, func(c *creator) {
		if x, ok := parseID(post); ok {
			if k, ok := c.postOf(x); ok {
				f(c, k)
			}
		}
	})
}

// A CommentTruth is a comment on a post.
type CommentTruth struct {
	UUID      string
	Text      string
	FanID     string // uuid; "" where the fan is deleted, as in all rows here
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Comments returns the comments on a post, newest first.
func (w *World) Comments(of, post string) []CommentTruth {
	var all []CommentTruth
	w.ofPost(of, post, func(c *creator, k int64) {
		all = collect(c.comments(k), func(number int64) CommentTruth {
			x, _ := c.comment(number)
			return CommentTruth{x.uuid.String(), x.text, c.fanID(x.fan), toTime(x.at), toTime(x.updated)}
		})
	})
	return all
}

// fanID returns the uuid of a fan, "" for none.
func (c *creator) fanID(f int64) string {
	if f < 0 {
		return ""
	}
	return c.w.id(c.fans[f].who).String()
}

// A LikeTruth is a like of a post.
type LikeTruth struct {
	FanID     string
	CreatedAt time.Time
}

// Likes returns the likes of a post, newest first.
func (w *World) Likes(of, post string) []LikeTruth {
	var all []LikeTruth
	w.ofPost(of, post, func(c *creator, k int64) {
		all = collect(c.likes(k), func(n int64) LikeTruth { return LikeTruth{c.fanID(c.likeOf(k, n)), toTime(c.likedAt(k, n))} })
	})
	return all
}

// A PostTipTruth is a tip for a post. It is a row of earnings too.
type PostTipTruth struct {
	FanID      string
	CreatedAt  time.Time
	Gross, Net int64 // cents
	Row        int64 // of the earning
}

// PostTips returns the tips for a post, newest first.
func (w *World) PostTips(of, post string) []PostTipTruth {
	var all []PostTipTruth
	w.ofPost(of, post, func(c *creator, k int64) {
		for _, e := range c.book().tips[k] {
			fan, at := c.tipper(&e)
			all = append(all, PostTipTruth{c.fanID(fan), toTime(at), e.gross, e.net, e.row})
		}
	})
	return all
}

// A CollectionTruth is a collection of posts.
type CollectionTruth struct {
	UUID, Label string
	CreatedAt   time.Time
}

// Collections returns a creator's collections in the order of the list.
func (w *World) Collections(of string) []CollectionTruth {
	var all []CollectionTruth
	w.read(of, func(c *creator) {
		all = collect(standings(collections), func(k int64) CollectionTruth {
			x := c.collection(k)
			return CollectionTruth{x.uuid.String(), x.label, toTime(x.created)}
		})
	})
	return all
}

// A MediaTruth is a file of the vault. Of one that is not ready only UUID and
// Status are served.
type MediaTruth struct {
	UUID, Status               string
	CreatedAt                  time.Time
	Name, Caption, Description *string
	MediaType                  string
	RecommendedPrice           int64 // cents, 0 for null
	Tagged                     bool
	Folder                     string // "" for none
}

func (c *creator) mediaTruth(k int64) MediaTruth {
	m := c.medium(k)
	t := MediaTruth{UUID: m.uuid.String(), Status: m.status}
	if !m.ready() {
		return t
	}
	t.CreatedAt, t.MediaType, t.RecommendedPrice, t.Tagged = toTime(m.createdAt()), m.kind, m.price, m.tagged
	t.Name, t.Caption, t.Description = textOf(m.name, m.named), textOf(m.caption, m.captioned), textOf(m.description, m.captioned)
	if m.folder >= 0 {
		t.Folder = c.w.folderName(m.folder)
	}
	return t
}

// Media returns a creator's files, newest first.
func (w *World) Media(of string) []MediaTruth {
	var all []MediaTruth
	w.read(of, func(c *creator) { all = collect(c.mediaOrder(func(*medium) bool { return true }), c.mediaTruth) })
	return all
}

// A FolderTruth is a folder of the vault.
type FolderTruth struct {
	Name      string
	Media     int
	CreatedAt time.Time
}

// VaultFolders returns the folders of a creator's vault in the order of the list.
func (w *World) VaultFolders(of string) []FolderTruth {
	var all []FolderTruth
	w.read(of, func(c *creator) {
		all = collect(standings(folders), func(k int64) FolderTruth {
			return FolderTruth{w.folderName(k), len(c.inFolder(k)), toTime(c.folderCreated(k))}
		})
	})
	return all
}

// FolderMedia returns the files of a folder, newest first. CreatedAt is that of
// the folder's rows, which is never null.
func (w *World) FolderMedia(of, folder string) []MediaTruth {
	var all []MediaTruth
	w.read(of, func(c *creator) {
		if k, ok := w.folderOf(folder); ok {
			all = collect(c.inFolder(k), func(n int64) MediaTruth {
				t := c.mediaTruth(n)
				t.CreatedAt = toTime(c.medium(n).at)
				return t
			})
		}
	})
	return all
}

// A TemplateTruth is a kept message.
type TemplateTruth struct {
	UUID     string
	Text     *string
	Price    int64 // cents, 0 for null
	MediaIDs []string
	Folder   string // "" for null
}

// Templates returns a creator's templates in the order of the list.
func (w *World) Templates(of string) []TemplateTruth {
	var all []TemplateTruth
	w.read(of, func(c *creator) {
		all = collect(standings(oldTemplates), func(k int64) TemplateTruth {
			x := c.template(k)
			return TemplateTruth{x.uuid.String(), textOf(x.text, x.hasText), x.price, stringsOf(x.media), x.folder}
		})
	})
	return all
}
