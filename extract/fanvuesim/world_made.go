package fanvuesim

// Posts, media, links, lists and the like are computed from the seed, as
// earnings are; made is what nights added to a creator's and changed in them.
type made struct {
	nights int    // that changed something
	asOf   millis // of the last of them; counters are as of this instant

	posts     []millis // instants of creation
	published map[int64]millis
	pins      map[int64]bool // posts whose pin was set or taken away
	likes     []reaction
	unliked   map[pair]bool // post and fan
	comments  []reaction
	remarks   map[int64]remark // by comment number

	media     []making
	templates map[int64]int // how often a template was rewritten
	masses    []making
	links     []millis
	lists     []millis
	moved     map[pair]bool // custom list and fan: in instead of out, or out instead of in

	notices []notice
	readTo  millis // notifications before this instant are read
}

type pair struct{ of, fan int64 }

// A reaction is a like or a comment of a night.
type reaction struct {
	post, fan int64
	at        millis
}

// A remark is what nights did to a comment.
type remark struct {
	updated millis
	version int  // of the text
	emptied bool // the fan's account is gone
	gone    bool
}

// A making is something a night made, with the number of that night.
type making struct {
	at    millis
	night int
}

func newMade(born millis) made {
	return made{
		asOf: born, readTo: born - 3*day,
		published: map[int64]millis{}, pins: map[int64]bool{}, unliked: map[pair]bool{}, remarks: map[int64]remark{},
		templates: map[int64]int{}, moved: map[pair]bool{},
	}
}

// phrase draws a text, or none.
func (w *World) phrase(d *dice) (string, bool) {
	switch {
	case d.one(9):
		return "", false
	case !w.opt.PlainNames && d.one(4):
		return of(d, hostile), true
	}
	return of(d, texts), true
}
