package fanvuesim

import (
	"fmt"
	"slices"
)

// posts answers for what stands below posts.
func (s *Sim) posts(q *query, c *creator, path []string) ([]byte, *apiError) {
	if len(path) == 0 {
		return s.listed(q, fmt.Sprint("posts/", c.idx), func(k *cursor) {
			if !q.flag("includeUnpublished", true) {
				k.Filter = []string{"published"}
			}
		}, func(k cursor) []place { return c.postOrder(!slices.Contains(k.Filter, "published")) }, c.appendPost)
	}
	x, ok := parseID(path[0])
	if !ok {
		return nil, badUUID()
	}
	k, ok := c.postOf(x)
	switch {
	case !ok:
		return nil, notFound("Post not found")
	case len(path) == 1:
		return c.appendPost(nil, k), nil
	case len(path) > 2:
		return nil, notFound("Not found")
	}
	switch name := fmt.Sprint(path[1], "/", c.idx, "/", k); path[1] {
	case "comments":
		return s.fanList(q, name, c.comments(k), c.appendComment)
	case "likes":
		return s.fanList(q, name, c.likes(k), func(b []byte, number int64) []byte {
			b = c.appendUserIf(append(b, `{"user":`...), c.likeOf(k, number), true)
			return append(appendAt(b, `,"createdAt":`, c.likedAt(k, number)), '}')
		})
	case "tips":
		tips := c.book().tips[k]
		list := make([]place, len(tips))
		for i := range tips {
			list[i] = place{tips[i].at, tips[i].row}
		}
		return s.fanList(q, name, list, func(b []byte, row int64) []byte {
			i := slices.IndexFunc(tips, func(e earning) bool { return e.row == row })
			return c.appendTip(b, &tips[i])
		})
	}
	return nil, notFound("Not found")
}

// listed answers with a page of a list that begin's filter narrows down.
func (s *Sim) listed(q *query, name string, begin func(*cursor), list func(cursor) []place, row func([]byte, int64) []byte) ([]byte, *apiError) {
	cur, size, bad := s.turn(q, name, begin)
	if bad != nil {
		return nil, bad
	}
	if s.blank(&cur) {
		return blankPage(cur), nil
	}
	return s.listPage(cur, list(cur), size, row).close(cur), nil
}

// appendUserIf appends a fan, null for none.
func (c *creator) appendUserIf(b []byte, f int64, full bool) []byte {
	if f < 0 {
		return append(b, "null"...)
	}
	return append(c.appendUser(b, f, full), '}')
}

func (c *creator) appendPost(b []byte, k int64) []byte {
	p := c.post(k)
	b = appendUUID(b, `{"uuid":`, p.uuid)
	b = appendAt(b, `,"createdAt":`, p.created)
	b = appendTextIf(b, `,"text":`, p.text, p.hasText)
	b = appendCents(b, `,"price":`, p.price)
	media := c.postMedia(&p)
	preview := id{}
	if len(media) > 1 {
		preview = media[0]
	}
	b = appendUUID(b, `,"mediaPreviewUuid":`, preview)
	if p.followers {
		b = append(b, `,"audience":"followers-and-subscribers"`...)
	} else {
		b = append(b, `,"audience":"subscribers"`...)
	}
	b = appendAt(b, `,"publishAt":`, p.publishAt)
	b = appendAt(b, `,"publishedAt":`, p.published)
	b = appendAt(b, `,"expiresAt":`, p.expires)
	b = appendIDs(b, `,"mediaUuids":`, media)
	b = appendBool(b, `,"isPinned":`, p.pinned)
	b = appendInt(b, `,"likesCount":`, int64(len(c.likes(k))))
	b = appendInt(b, `,"commentsCount":`, int64(len(c.comments(k))))
	tips := c.book().tips[k]
	var sum amount
	for i := range tips {
		sum.add(&tips[i])
	}
	b = appendInt(b, `,"tips":{"count":`, int64(len(tips)))
	b = appendInt(b, `,"totalGross":`, sum.gross)
	b = appendInt(b, `,"totalNet":`, sum.net)
	b = append(b, `},"collections":[`...)
	for i, j := range p.shelves {
		if i > 0 {
			b = append(b, ',')
		}
		x := c.collection(j)
		b = append(appendText(appendUUID(b, `{"uuid":`, x.uuid), `,"label":`, x.label), '}')
	}
	return append(b, "]}"...)
}

// postMedia returns the files of a post.
func (c *creator) postMedia(p *post) []id {
	var all []id
	for j := range p.media {
		all = append(all, c.mediumID((p.number*3+j)%oldMedia))
	}
	return all
}

func (c *creator) appendComment(b []byte, number int64) []byte {
	x, _ := c.comment(number)
	b = appendUUID(b, `{"uuid":`, x.uuid)
	b = appendText(b, `,"text":`, x.text)
	b = c.appendUserIf(append(b, `,"user":`...), x.fan, false)
	b = appendAt(b, `,"createdAt":`, x.at)
	return append(appendAt(b, `,"updatedAt":`, x.updated), '}')
}

// appendTip appends a tip for a post. Its instant is null for some whose fan is
// deleted.
func (c *creator) appendTip(b []byte, e *earning) []byte {
	fan, at := c.tipper(e)
	b = c.appendUserIf(append(b, `{"user":`...), fan, true)
	b = appendAt(b, `,"createdAt":`, at)
	b = appendInt(b, `,"gross":`, e.gross)
	return append(appendInt(b, `,"net":`, e.net), '}')
}

// tipper returns whom a tip is from and when it says it was.
func (c *creator) tipper(e *earning) (fan int64, at millis) {
	if e.fan >= 0 && !c.edits[e.row].emptied {
		return e.fan, e.at
	}
	if e.row%2 == 0 {
		return -1, 0
	}
	return -1, e.at
}

func (s *Sim) collections(q *query, c *creator) ([]byte, *apiError) {
	return s.fanList(q, fmt.Sprint("collections/", c.idx), standings(collections), func(b []byte, k int64) []byte {
		x := c.collection(k)
		b = appendText(appendUUID(b, `{"uuid":`, x.uuid), `,"label":`, x.label)
		return append(appendAt(b, `,"createdAt":`, x.created), '}')
	})
}

// standing is the place of a thing in a list without instants: the highest
// number first.
func standing(k int64) place { return place{k + 1, k} }

// standings are the places of n things in a list without instants.
func standings(n int64) []place {
	list := make([]place, n)
	for k := range list {
		list[k] = standing(n - 1 - int64(k))
	}
	return list
}
