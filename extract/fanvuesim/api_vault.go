package fanvuesim

import (
	"fmt"
	"slices"
	"strings"
)

var (
	mediaKinds    = []string{"image", "video", "audio", "document"}
	mediaStates   = []string{"created", "processing", "ready", "error"}
	mediaUses     = []string{"subscribers", "followers", "ppv", "mass_messages"}
	mediaVariants = []string{"main", "thumbnail", "thumbnail_gallery", "blurred"}
)

// media answers for what stands below media. Of usage only the value is looked
// at; the others filter.
func (s *Sim) media(q *query, c *creator, path []string) ([]byte, *apiError) {
	form := mediaForm{variants: q.list("variants")}
	q.known("variants", form.variants, mediaVariants)
	if fan := q.values.Get("purchasedBy"); fan != "" {
		var ok bool
		if form.fan, ok = parseID(fan); !ok {
			q.fail("purchasedBy must be a UUID")
		}
	}
	switch {
	case len(path) == 0:
	case len(path) > 1:
		return nil, notFound("Not found")
	case path[0] == "bulk":
		return c.mediaBulk(q, form)
	default:
		x, ok := parseID(path[0])
		if !ok {
			return nil, badUUID()
		}
		k, ok := c.numberOf(x, idMedia, c.media())
		if bad := q.err(); bad != nil || !ok {
			return nil, or(bad, notFound("Media not found"))
		}
		return c.appendMedium(nil, k, form), nil
	}
	return s.listed(q, fmt.Sprint("media/", c.idx), func(k *cursor) {
		kind, states := q.list("mediaType"), q.list("status")
		q.known("mediaType", kind, mediaKinds)
		q.known("status", states, mediaStates)
		q.known("usage", q.list("usage"), mediaUses)
		k.Filter = []string{strings.Join(kind, ","), strings.Join(states, ","), q.values.Get("folderName")}
	}, func(k cursor) []place { return c.mediaOrder(c.mediaFilter(k.Filter)) }, func(b []byte, k int64) []byte { return c.appendMedium(b, k, form) })
}

func or(a, b *apiError) *apiError {
	if a != nil {
		return a
	}
	return b
}

// known complains of values that are none of those known.
func (q *query) known(name string, values, known []string) {
	for _, v := range values {
		if !slices.Contains(known, v) {
			q.fail(name + " must be one of " + strings.Join(known, ", "))
		}
	}
}

// mediaFilter returns what a walk's filter of kinds, states and folder lets through.
func (c *creator) mediaFilter(filter []string) func(*medium) bool {
	if len(filter) != 3 {
		return func(*medium) bool { return false } // of a cursor that is not ours
	}
	has := func(list, v string) bool { return list == "" || slices.Contains(strings.Split(list, ","), v) }
	return func(m *medium) bool {
		folder := filter[2] == "" || m.folder >= 0 && c.w.folderName(m.folder) == filter[2]
		return has(filter[1], m.status) && folder && (filter[0] == "" || m.ready() && has(filter[0], m.kind))
	}
}

// A mediaForm is what is to be said of files.
type mediaForm struct {
	variants []string // with addresses; none without
	fan      id       // who may have bought them
}

// appendMedium appends a file; one that is not ready has an id and a status only.
func (c *creator) appendMedium(b []byte, k int64, form mediaForm) []byte {
	m := c.medium(k)
	b = appendUUID(b, `{"uuid":`, m.uuid)
	b = appendText(b, `,"status":`, m.status)
	if !m.ready() {
		return append(b, '}')
	}
	b = appendAt(b, `,"createdAt":`, m.createdAt())
	b = appendTextIf(b, `,"caption":`, m.caption, m.captioned)
	b = appendTextIf(b, `,"description":`, m.description, m.captioned)
	b = appendTextIf(b, `,"name":`, m.name, m.named)
	b = appendText(b, `,"mediaType":`, m.kind)
	b = appendCents(b, `,"recommendedPrice":`, m.price)
	if !form.fan.none() {
		b = appendBool(b, `,"purchasedByFan":`, mix(form.fan.lo+uint64(k))%4 == 0)
	}
	if len(form.variants) > 0 {
		b = c.appendVariants(b, &m, form.variants)
	}
	if !m.tagged {
		return append(b, `,"tags":null}`...)
	}
	b = append(b, `,"tags":{"description":null,"isNsfw":false,"mediaType":"image"`...)
	for _, key := range []string{"tags", "nsfwCategory", "sexActs", "bodyParts", "people", "sexObjects", "setting", "position", "skinColor", "bodyType", "hairColor", "otherTags", "importantTags"} {
		b = append(append(append(b, `,"`...), key...), `":[]`...)
	}
	return append(b, "}}"...)
}

func (m *medium) createdAt() millis {
	if m.dated {
		return m.at
	}
	return 0
}

// appendVariants appends the asked forms of a file under signed addresses.
func (c *creator) appendVariants(b []byte, m *medium, variants []string) []byte {
	address := func(b []byte, key, variant string) []byte {
		b = append(append(b, key...), `"https://media.example.test/`...)
		b = append(append(m.uuid.append(b), '/'), variant...)
		return append(appendInt(b, `?sig=`, c.w.asOf/day), '"')
	}
	if slices.Contains(variants, "main") {
		b = address(b, `,"url":`, "main")
	}
	b = append(b, `,"variants":[`...)
	for k, v := range variants {
		if k > 0 {
			b = append(b, ',')
		}
		b = appendUUID(b, `{"uuid":`, c.w.id(spotOf(idMedia, c.idx, 1<<43|m.number<<8|int64(k))))
		b = appendText(b, `,"variantType":`, v)
		b = appendInt(b, `,"displayPosition":`, int64(k))
		b = address(b, `,"url":`, v)
		b = append(b, `,"width":640,"height":480,"lengthMs":null}`...)
	}
	return append(b, ']')
}

// mediaBulk answers for files by their ids.
func (c *creator) mediaBulk(q *query, form mediaForm) ([]byte, *apiError) {
	asked := q.ids("mediaUuids", 20)
	if bad := q.err(); bad != nil {
		return nil, bad
	}
	b, errs := []byte(`{"results":{`), []byte(nil)
	for k, x := range asked {
		if k > 0 {
			b = append(b, ',')
		}
		b = append(appendID(b, x), ':')
		if n, ok := c.numberOf(x, idMedia, c.media()); ok {
			b = c.appendMedium(b, n, form)
			continue
		}
		b, errs = append(b, "null"...), appendMiss(errs, "mediaUuid", x, "NOT_FOUND")
	}
	return append(append(append(b, `},"errors":[`...), errs...), "]}"...), nil
}

// ids reads a list of UUIDs, at least one and at most so many.
func (q *query) ids(name string, most int) []id {
	var all []id
	for _, v := range q.list(name) {
		x, ok := parseID(v)
		if !ok {
			q.fail(name + " must be UUIDs")
		}
		all = append(all, x)
	}
	if n := len(all); n < 1 || n > most {
		q.fail(fmt.Sprintf("%s must have 1 to %d entries", name, most))
	}
	return all
}

// appendMiss appends why a thing of a bulk read is missing.
func appendMiss(b []byte, key string, x id, code string) []byte {
	if len(b) > 0 {
		b = append(b, ',')
	}
	b = append(append(append(b, `{"`...), key...), `":`...)
	b = appendText(appendID(b, x), `,"code":`, code)
	return append(b, `,"message":"No such row"}`...)
}

// vault answers for the folders of the vault.
func (s *Sim) vault(q *query, c *creator, path []string) ([]byte, *apiError) {
	if len(path) == 0 || path[0] != "folders" || len(path) > 3 || len(path) == 3 && path[2] != "media" {
		return nil, notFound("Not found")
	}
	if len(path) == 1 {
		return s.fanList(q, fmt.Sprint("folders/", c.idx), standings(folders), c.appendFolder)
	}
	if n := len(path[1]); n < 1 || n > 255 {
		return nil, invalid("folderName must have 1 to 255 characters")
	}
	k, ok := c.w.folderOf(path[1])
	switch {
	case !ok:
		return nil, notFound("Folder not found")
	case len(path) == 2:
		return c.appendFolder(nil, k), nil
	}
	return s.fanList(q, fmt.Sprint("folder/", c.idx, "/", k), c.inFolder(k), func(b []byte, k int64) []byte {
		m := c.medium(k)
		b = appendUUID(b, `{"uuid":`, m.uuid)
		b = appendTextIf(b, `,"name":`, m.name, m.named)
		b = appendAt(b, `,"createdAt":`, m.at)
		return append(appendText(b, `,"mediaType":`, m.kind), '}')
	})
}

func (c *creator) appendFolder(b []byte, k int64) []byte {
	b = appendText(b, `{"name":`, c.w.folderName(k))
	b = appendInt(b, `,"mediaCount":`, int64(len(c.inFolder(k))))
	return append(appendAt(b, `,"createdAt":`, c.folderCreated(k)), '}')
}
