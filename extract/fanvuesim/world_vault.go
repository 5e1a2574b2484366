package fanvuesim

// Media of the vault. Those that messages name are not among them: a vault is
// tidied up, chats are not.
const (
	oldMedia     = 70
	oldTemplates = 9
)

// A medium is a file of a creator's vault.
type medium struct {
	number                     int64
	uuid                       id
	at                         millis
	status                     string
	dated                      bool // createdAt is not null
	kind                       string
	name, caption, description string
	named, captioned           bool
	price                      int64 // recommended; 0: none
	tagged                     bool
	folder                     int64 // -1: none
}

func (m *medium) ready() bool { return m.status == "ready" }

func (c *creator) media() int64 { return oldMedia + int64(len(c.made.media)) }

func (c *creator) mediumID(k int64) id { return c.w.id(spotOf(idMedia, c.idx, k)) }

// medium returns a file as it is now. Files become ready, or fail, the night
// after they came.
func (c *creator) medium(k int64) medium {
	d := c.w.roll(diceMedium, uint64(c.idx), uint64(k))
	m := medium{number: k, uuid: c.mediumID(k), status: "ready", at: c.since + d.n(c.w.born-c.since), folder: d.n(folders + 1)}
	age := c.made.nights
	if k >= oldMedia {
		of := c.made.media[k-oldMedia]
		m.at, age = of.at, c.made.nights-of.night
	}
	switch {
	case k < oldMedia && k%23 == 5 || d.one(12) && k >= oldMedia && age > 0:
		m.status = "error"
	case (k%23 == 11 || k >= oldMedia) && age == 0:
		m.status = "processing"
	case k%23 == 17 && k < oldMedia && age < 2:
		m.status = "created"
	}
	m.kind, m.dated = of(&d, []string{"image", "image", "video", "audio", "document"}), !d.one(15)
	m.name, m.named = c.w.phrase(&d)
	m.caption, m.captioned = c.w.phrase(&d)
	m.description, _ = c.w.phrase(&d)
	if d.one(3) {
		m.price = of(&d, prices)
	}
	m.tagged = d.one(3)
	if m.folder == folders || !m.ready() {
		m.folder = -1
	}
	return m
}

// mediaOrder returns the files that keep holds for, newest first.
func (c *creator) mediaOrder(keep func(*medium) bool) []place {
	var list []place
	for k := range c.media() {
		if m := c.medium(k); keep(&m) {
			list = append(list, place{m.at, k})
		}
	}
	sortPlaces(list)
	return list
}

const folders = 5

// folderName returns the name of a folder of the vault. Names are unique, and
// most of them mean something in a path.
func (w *World) folderName(k int64) string {
	if w.opt.PlainNames {
		return [folders]string{"Summer 2026", "Winter", "Red", "Sea", "Old"}[k]
	}
	return [folders]string{"Summer 2026", "a/b & c?d=1#50%", "日本語 🦊", " =1+1 ", "Old.."}[k]
}

// folderCreated returns when a folder was made, 0 for null.
func (c *creator) folderCreated(k int64) millis {
	if k == 3 {
		return 0
	}
	return c.since + k*hour
}

// folderOf returns the number of the folder with a name.
func (w *World) folderOf(name string) (int64, bool) {
	for k := range int64(folders) {
		if w.folderName(k) == name {
			return k, true
		}
	}
	return 0, false
}

// inFolder returns the files of a folder, newest first.
func (c *creator) inFolder(k int64) []place {
	return c.mediaOrder(func(m *medium) bool { return m.folder == k })
}

// A template is a message that is kept to be sent again.
type template struct {
	uuid    id
	text    string
	hasText bool
	price   int64 // 0 for null
	media   []id
	folder  string // "" for null
}

func (c *creator) template(k int64) template {
	d := c.w.roll(diceTemplate, uint64(c.idx), uint64(k))
	t := template{uuid: c.w.id(spotOf(idTemplate, c.idx, k))}
	if d.one(2) {
		t.price = of(&d, prices)
	}
	for range d.n(4) {
		t.media = append(t.media, c.mediumID(d.n(oldMedia)))
	}
	if !d.one(3) {
		t.folder = of(&d, []string{"Welcome", "welcome back", "PPV", "Übung"})
	}
	d = c.w.roll(diceTemplate, uint64(c.idx)<<16|uint64(k), 1+uint64(c.made.templates[k]))
	t.text, t.hasText = c.w.phrase(&d)
	return t
}
