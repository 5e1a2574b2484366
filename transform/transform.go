// Package transform turns pages of finished slices into Parquet parts: it gives
// rows their types, fans their pseudonyms, and sets rows aside that cannot be
// typed.
//
// A [Part] is one file of one table. [Part.Add] writes a slice into it,
// [Part.Close] the footer. The parts of one sealing share a [Side], which
// writes the people they meet and the rows they reject, and counts names no
// table knows (drift). [Key] makes pseudonyms.
//
// What always holds: money is read from its digits and exact or rejected; the
// uuid and the names of a fan stand in people and rejects only; message text
// only on request, e-mail addresses and links of media nowhere. A page is
// malformed as a whole or not at all, a row is typed as a whole or rejected.
// Memory does not grow with the number of rows of an ordered slice.
package transform

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"time"
	"unicode/utf8"

	"fanlake/transform/tables"
)

// Options are what the parts of one sealing have in common.
type Options struct {
	Key      Key
	KeepText bool  // keep the text of messages, not only its length
	Side     *Side // where people, rejects and drift go
}

// A Page is one answer of the API.
type Page struct {
	Body      []byte
	RunID     string    // run that fetched it
	RunSeq    int64     // its sequence number
	Number    int64     // arrival within that run
	FetchedAt time.Time // server time of the answer
	Settles   time.Time // of a page that was read again for one instant: that instant
}

// An Input is one slice with its pages.
type Input struct {
	Slice       tables.Slice // Add sets Rows, Rejected and FanID, and CreatorID where it is empty
	CreatorUUID string       // empty where the stream is account-wide
	FanUUID     string       // of the chat's other side, else empty
	Parent      string       // post, list, link or folder that the rows belong to, else empty
	Month       time.Time    // start of the window, for tables by month
	Owner       bool         // each page is the key owner's own profile: one row with the role owner
	Ordered     bool         // rows are newest first over all ordinary pages
	// Settled are instants that were read again. Rows of these instants are
	// taken from the pages that settle them and from no other page.
	Settled []time.Time
	Pages   iter.Seq2[Page, error]
}

// A Part is a Parquet file of one table. It is not safe for concurrent use, and
// of no use after an error: the caller drops the file.
type Part struct {
	options Options
	file    *file
	reader  *reader
	mac     hash.Hash
	fans    map[[16]byte][]byte
	slices  []tables.Slice
	extra   []byte
	err     error
}

// maxFans bounds the pseudonyms that are remembered.
const maxFans = 100_000

// NewPart begins a part of table t. It does not close w.
func NewPart(w io.Writer, t tables.Table, o Options) (*Part, error) {
	if o.Side == nil || o.Key.IsZero() {
		return nil, fmt.Errorf("part of %s: needs a pseudonym key and a side", t.Name)
	}
	l, err := newLayout(t)
	if err != nil {
		return nil, err
	}
	f, err := newFile(w, t)
	if err != nil {
		return nil, err
	}
	return &Part{options: o, file: f, reader: newReader(l), mac: o.Key.mac(), fans: map[[16]byte][]byte{}}, nil
}

// Rows returns how many rows the part has so far.
func (p *Part) Rows() int64 { return p.file.rows }

// Add writes the rows of a slice and returns what there is to say about it.
// Rows counts rows written: a row that a walk met twice counts twice, except
// where instants were settled. A rejected row takes Complete from the slice.
//
// A malformed page is an error that names slice and page.
func (p *Part) Add(ctx context.Context, in Input) (tables.Slice, error) {
	if p.err != nil {
		return in.Slice, p.err
	}
	s, err := p.add(ctx, in)
	if err != nil {
		p.err = fmt.Errorf("table %s: slice %s: %w", p.file.table.Name, in.Slice.ID, err)
		return s, p.err
	}
	p.slices = append(p.slices, s)
	return s, nil
}

// Close ends the file. It fills in the footer's Format, Table, Slices, Rows,
// ContentHash and Notice and returns it as written.
//
// ContentHash is SHA-256, in hexadecimal, over the key columns and the _hash of
// each row in the order of the file, in the encoding of row hashes.
func (p *Part) Close(footer tables.Footer) (tables.Footer, error) {
	if p.err != nil {
		return footer, p.err
	}
	p.err = errors.New("part is closed")
	footer.Slices = p.slices
	return p.file.close(footer)
}

// A walk is what Add knows while it goes through a slice.
type walk struct {
	Input
	creator  [16]byte
	fanUUID  [16]byte
	fan      []byte // pseudonym of the chat's other side
	runID    []byte // of the page
	index    int    // of the slice in the part
	settled  map[int64]bool
	settles  int64 // instant the page settles
	settling bool  // the page settles one
	timezone cell
	ordinals *ordinals
	equal    map[[16]byte]uint32 // rows without an id of their own, by what identifies them
	parent   cell
	page     Page
	names    struct{ owner, fan, creator []byte } // values made here
}

func (p *Part) add(ctx context.Context, in Input) (tables.Slice, error) {
	w, err := p.begin(in)
	if err != nil {
		return in.Slice, err
	}
	n := 0
	for page, err := range in.Pages {
		if err == nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return w.Slice, err
		}
		n++
		if err := p.page(w, page); err != nil {
			return w.Slice, fmt.Errorf("page %d (run %s, number %d): %w", n, page.RunID, page.Number, err)
		}
	}
	if w.Slice.Rejected > 0 {
		w.Slice.Complete = false
	}
	p.options.Side.finish(w.Slice)
	return w.Slice, nil
}

func (p *Part) begin(in Input) (*walk, error) {
	w := &walk{Input: in, index: len(p.slices), settled: map[int64]bool{}, ordinals: newOrdinals(in.Ordered), equal: map[[16]byte]uint32{}}
	w.Slice.Rows, w.Slice.Rejected = 0, 0
	w.names.owner, w.names.fan, w.names.creator = []byte("owner"), []byte("fan"), []byte("creator")
	if in.CreatorUUID != "" {
		var ok bool
		if w.creator, ok = parseUUID([]byte(in.CreatorUUID)); !ok {
			return nil, errors.New("creator: not a uuid")
		}
		if w.Slice.CreatorID == "" {
			w.Slice.CreatorID = in.CreatorUUID
		}
	}
	if in.FanUUID != "" {
		var ok bool
		if w.fanUUID, ok = parseUUID([]byte(in.FanUUID)); !ok {
			return nil, errors.New("fan: not a uuid")
		}
		w.fan = p.pseudonym(w.fanUUID)
		w.Slice.FanID = string(w.fan)
	}
	for _, c := range p.file.table.Columns {
		if c.From == tables.FromParent && in.Parent != "" {
			w.parent = cell{set: true, s: []byte(in.Parent)}
			var ok bool
			if w.parent.id, ok = parseUUID(w.parent.s); !ok && c.Type == tables.UUID {
				return nil, fmt.Errorf("column %s: the slice's parent is no uuid", c.Name)
			}
			w.Slice.Parent = in.Parent
		}
		switch {
		case c.From == tables.FromCreator && c.Required && in.CreatorUUID == "",
			c.From == tables.FromParent && in.Parent == "",
			(c.From == tables.FromFan || c.From == tables.FromDirection) && in.FanUUID == "",
			c.From == tables.FromWindowMonth && in.Month.IsZero():
			return nil, fmt.Errorf("column %s needs the slice's %s", c.Name, c.From)
		}
	}
	for _, t := range in.Settled {
		w.settled[t.UnixMicro()] = true
	}
	return w, nil
}

func (p *Part) page(w *walk, page Page) error {
	if page.RunID == "" || page.FetchedAt.IsZero() {
		return errors.New("run or time of fetching missing")
	}
	w.page, w.runID = page, []byte(page.RunID)
	w.settling, w.settles = !page.Settles.IsZero(), page.Settles.UnixMicro()
	valid := utf8.Valid(page.Body)
	r := p.reader
	r.scan = scanner{b: page.Body}
	w.timezone = cell{}
	if r.zoned {
		if err := r.pageTimezone(&w.timezone); err != nil {
			return err
		}
	}
	return r.rows(w.Owner, func() error {
		r.scan.peek()
		start := r.scan.i
		if !r.row() {
			return r.scan.err
		}
		raw := page.Body[start:r.scan.i]
		if !valid && !utf8.Valid(raw) {
			r.refuse("", wrongUTF8)
		}
		return p.row(w, raw)
	})
}
