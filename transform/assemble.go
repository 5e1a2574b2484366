package transform

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"fanlake/transform/tables"
)

// row writes the row that the reader has read, whose JSON is raw, or rejects
// it.
func (p *Part) row(w *walk, raw []byte) error {
	r := p.reader
	if r.reason == "" && !p.wanted(w) {
		return nil
	}
	if r.reason == "" {
		p.fill(w)
		r.require()
	}
	p.options.Side.drifted(p.file.table.Name, r.drift)
	if r.reason != "" {
		w.Slice.Rejected++
		return p.options.Side.reject(w, p.file.table.Name, r.path, r.reason, raw, p.options.KeepText)
	}
	if err := p.identify(w); err != nil {
		return err
	}
	var fan []byte
	if r.fan >= 0 && r.cells[r.fan].set {
		fan = r.cells[r.fan].s
	}
	if p.file.table.Person != "" && fan != nil {
		if err := p.options.Side.person(w, r, fan); err != nil {
			return err
		}
	}
	w.Slice.Rows++
	return p.file.add(r.cells[:len(r.columns)], p.file.rowHash(r.cells))
}

// wanted reports whether the page may give the row: the rows of an instant that
// was read again come from the pages that settle it, and those pages give no
// others.
func (p *Part) wanted(w *walk) bool {
	if p.reader.instant < 0 || len(w.settled) == 0 && !w.settling {
		return true
	}
	at := p.reader.cells[p.reader.instant]
	if w.settling {
		return at.set && at.n == w.settles
	}
	return !at.set || !w.settled[at.n]
}

// fill sets the cells whose values do not stand in the row.
func (p *Part) fill(w *walk) {
	r := p.reader
	for i := range r.table.Columns {
		c := &r.cells[i]
		switch col := &r.table.Columns[i]; col.From {
		case tables.FromRow:
			if r.texts[i] && !p.options.KeepText {
				*c = cell{}
			}
			if col.Type == tables.Fan && c.set {
				c.s = p.pseudonym(c.id)
			}
		case tables.FromCreator:
			*c = cell{set: w.CreatorUUID != "", id: w.creator}
		case tables.FromParent:
			*c = w.parent
		case tables.FromMember:
			id, ok := parseUUID(r.member)
			if !ok {
				r.refuse("", "the row stands under a name that is no uuid")
				break
			}
			*c = cell{set: true, id: id}
			if col.Type == tables.Fan {
				c.s = p.pseudonym(id)
			}
		case tables.FromFan:
			*c = cell{set: true, s: w.fan}
		case tables.FromFetched:
			*c = cell{set: true, n: w.page.FetchedAt.UnixMicro()}
		case tables.FromWindowMonth:
			*c = cell{set: true, n: civilDays(w.Month.UTC().Year(), int(w.Month.UTC().Month()), 1)}
		case tables.FromTimezone:
			*c = w.timezone
		case tables.FromDirection:
			p.direction(w, c)
		case tables.FromListLength:
			c.set = true
		case tables.FromOwnerRole:
			if w.Owner {
				*c = cell{set: true, s: w.names.owner}
			}
		}
	}
	w.system(r.layout, r.cells)
	p.extra = appendExtra(p.extra[:0], r.drift, false)
	if len(p.extra) > 0 {
		r.cells[r.extra] = cell{set: true, s: p.extra}
	}
}

// system sets the system columns but _extra and _hash.
func (w *walk) system(l *layout, cells []cell) {
	cells[l.runID] = cell{set: true, s: w.runID}
	cells[l.fetchedAt] = cell{set: true, n: w.page.FetchedAt.UnixMicro()}
	cells[l.runSeq] = cell{set: true, n: w.page.RunSeq}
	cells[l.page] = cell{set: true, n: w.page.Number}
	cells[l.slice] = cell{set: true, n: int64(w.index)}
}

func (p *Part) direction(w *walk, c *cell) {
	sender := p.reader.cells[p.reader.sender]
	if !sender.set {
		p.reader.refuse("sender.uuid", missing)
		return
	}
	*c = cell{set: true, s: w.names.creator}
	if sender.id == w.fanUUID {
		c.s = w.names.fan
	}
}

const missing wrong = "missing"

// require refuses a row that lacks a required value.
func (r *reader) require() {
	for i, c := range r.table.Columns {
		if c.Required && !r.cells[i].set && c.From != tables.FromEarningID && c.From != tables.FromRowID {
			path := c.Path
			if path == "" {
				path = c.Name
			}
			r.refuse(path, missing)
		}
	}
}

// identify gives a row its id that has none of its own.
func (p *Part) identify(w *walk) error {
	if id := &p.reader.rowID; id.used {
		p.reader.cells[id.id] = cell{set: true, id: id.next(w.equal, p.file.columns, p.reader.cells)}
	}
	e := &p.reader.earning
	if !e.used {
		return nil
	}
	id, err := w.ordinals.next(e.identity(p.reader.cells), w.settling)
	if err != nil {
		return err
	}
	p.reader.cells[e.id] = cell{set: true, id: id}
	return nil
}

func (p *Part) pseudonym(id [16]byte) []byte {
	fan, ok := p.fans[id]
	if !ok {
		if len(p.fans) >= maxFans {
			clear(p.fans)
		}
		fan = []byte(fanID(p.mac, id))
		p.fans[id] = fan
	}
	return fan
}

// appendExtra appends the JSON object of unknown names, sorted, or nothing
// where there are none. Of persons, texts keep their value unless they look
// like an address or a link; of other objects only their type and length.
func appendExtra(b []byte, drift []unknown, person bool) []byte {
	n := 0
	for _, u := range drift {
		if u.person == person {
			n++
		}
	}
	if n == 0 {
		return b
	}
	sorted := slices.Clone(drift)
	slices.SortStableFunc(sorted, func(a, b unknown) int { return bytes.Compare([]byte(a.path), []byte(b.path)) })
	last := ""
	b = append(b, '{')
	for _, u := range sorted {
		if u.person != person || u.path == last {
			continue
		}
		if last != "" {
			b = append(b, ',')
		}
		last = u.path
		b = appendQuoted(b, []byte(u.path))
		b = append(b, ':')
		b = appendUnknown(b, u)
	}
	return append(b, '}')
}

const maxExtraText = 256

func appendUnknown(b []byte, u unknown) []byte {
	switch {
	case u.value.kind == 't':
		return append(b, "true"...)
	case u.value.kind == 'f':
		return append(b, "false"...)
	case u.value.kind == 'n':
		return append(b, "null"...)
	case u.value.kind == '0' && len(u.value.raw) > 0 && len(u.value.raw) <= 40:
		return append(b, u.value.raw...)
	case u.value.kind == '"' && u.text != nil:
		if u.person && len(u.text) <= maxExtraText && !isAddress(u.path, u.text) {
			return appendQuoted(b, u.text)
		}
		b = append(b, `{"type":"string","length":`...)
		b = strconv.AppendInt(b, codePoints(u.text), 10)
		return append(b, '}')
	}
	return fmt.Appendf(b, `{"type":%q}`, u.value.jsonType())
}
