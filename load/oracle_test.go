package load

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"
)

// The oracle folds slices as the package comment says, without SQL: every row
// and every completed slice is an event, and events happen in the order of
// their versions.
type oracle struct {
	earnings  map[string]map[int]*oracleRow // by creator and id
	missing   map[string]bool               // creator/id
	reversals map[string]version            // creator/id of unseen reversals
	covered   map[string][]testSlice        // complete earnings slices by creator
	statuses  []string
}

type oracleRow struct {
	id      int
	at      time.Time
	status  string // "-" is NULL
	fan     string // kept when emptied
	hash    int64
	seen    version
	removed time.Time
}

// A testRow is what the random world serves of an earning or a message.
type testRow struct {
	id     int
	at     time.Time
	status string
	fan    string
	v      version
}

func (r testRow) hash() int64 {
	h := int64(len(r.status)) * 100
	if r.fan != "-" {
		h += 7
	}
	return h + int64(r.id)*1000
}

// An event is a row of a slice, or its end.
type event struct {
	v    version
	end  bool
	of   int // slice
	row  int // row of the slice, in the order of the file
	rank int
}

func events(of []testSlice, rows [][]testRow) []event {
	var all []event
	for i, s := range of {
		for j, r := range rows[i] {
			all = append(all, event{v: r.v, of: i, row: j})
		}
		all = append(all, event{v: version{s.LastSeq, s.LastPage}, end: true, of: i, rank: 1})
	}
	sort.SliceStable(all, func(i, j int) bool {
		a, b := all[i], all[j]
		if a.v != b.v {
			return a.v.less(b.v)
		}
		return a.rank < b.rank
	})
	return all
}

func (o *oracle) fold(of []testSlice, rows [][]testRow) {
	for _, e := range events(of, rows) {
		s := of[e.of]
		if e.end {
			o.end(s, rows[e.of])
		} else {
			o.row(s, rows[e.of][e.row])
		}
	}
}

func (o *oracle) row(s testSlice, r testRow) {
	creator := s.CreatorID
	if o.earnings[creator] == nil {
		o.earnings[creator] = map[int]*oracleRow{}
	}
	key := fmt.Sprint(creator, r.id)
	delete(o.missing, key)
	known := o.earnings[creator][r.id]
	if known == nil {
		if s.Stream == "reversals" && slices.ContainsFunc(o.covered[creator], func(w testSlice) bool {
			return !r.at.Before(w.Start) && r.at.Before(w.End) && version{w.LastSeq, w.LastPage}.less(r.v)
		}) {
			o.reversals[key] = r.v
		}
		o.earnings[creator][r.id] = &oracleRow{r.id, r.at, r.status, r.fan, r.hash(), r.v, time.Time{}}
		o.status(creator, r)
		return
	}
	known.removed = time.Time{}
	if known.hash == r.hash() {
		return
	}
	if known.status != r.status {
		o.status(creator, r)
	}
	known.status, known.hash, known.seen = r.status, r.hash(), r.v
	if r.fan != "-" {
		known.fan = r.fan
	}
}

func (o *oracle) status(creator string, r testRow) {
	if r.status != "-" {
		o.statuses = append(o.statuses, fmt.Sprintf("%s %d %s %d", creator, r.id, r.status, r.v.seq*1000+r.v.page))
	}
}

func (o *oracle) end(s testSlice, rows []testRow) {
	if !s.Complete || s.Stream != "earnings" {
		return
	}
	first := version{s.FirstSeq, s.FirstPage}
	for id, r := range o.earnings[s.CreatorID] {
		key := fmt.Sprint(s.CreatorID, id)
		if r.at.Before(s.Start) || !r.at.Before(s.End) {
			continue
		}
		if since, ok := o.reversals[key]; ok && since.less(first) {
			delete(o.reversals, key)
		}
		in := slices.ContainsFunc(rows, func(x testRow) bool { return x.id == id })
		if in || !r.removed.IsZero() || !r.seen.less(first) {
			continue
		}
		if o.missing[key] {
			r.removed = s.WalkStart
			delete(o.missing, key)
		} else {
			o.missing[key] = true
		}
	}
	o.covered[s.CreatorID] = append(o.covered[s.CreatorID], s)
}

// texts are the rows of the table, of the statuses and of the suspects.
func (o *oracle) texts() (rows, statuses, suspects []string) {
	for creator, of := range o.earnings {
		for id, r := range of {
			rows = append(rows, fmt.Sprintf("%s %d %s %s %d %d %s", creator, id, r.status, r.fan, r.seen.seq, r.seen.page, instant(r.removed)))
			key := fmt.Sprint(creator, id)
			if o.missing[key] {
				suspects = append(suspects, fmt.Sprintf("missing %s %d", creator, id))
			}
			if _, ok := o.reversals[key]; ok {
				suspects = append(suspects, fmt.Sprintf("reversal %s %d", creator, id))
			}
		}
	}
	statuses = slices.Clone(o.statuses)
	slices.Sort(rows)
	slices.Sort(statuses)
	slices.Sort(suspects)
	return rows, statuses, suspects
}

func instant(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02T15:04:05")
}

// A contentOracle keeps the intervals of a table with a History, row by row in
// the order of versions.
type contentOracle map[string][]interval // by key

// A contentRow is a chat or a creator on a page.
type contentRow struct {
	key     string
	content int64 // of the columns that have a history
	other   int64 // of the others
	v       version
}

func (o contentOracle) row(r contentRow) {
	of := o[r.key]
	from := clock(r.v)
	if n := len(of); n > 0 {
		if of[n-1].content == r.content {
			return
		}
		of[n-1].to = from
	}
	o[r.key] = append(of, interval{content: r.content, from: from})
}

func (o contentOracle) texts() (rows []string) {
	for key, of := range o {
		for _, i := range of {
			rows = append(rows, fmt.Sprintf("%s %d %s %s", key, i.content, instant(i.from), instant(i.to)))
		}
	}
	slices.Sort(rows)
	return rows
}

// A listOracle folds complete and broken walks of a list, walk by walk.
type listOracle struct {
	open    map[string]*interval // creator/fan
	closed  []interval
	suspect map[string]version // creator/fan
}

type interval struct {
	creator, fan string
	content      int64
	ends         time.Time // of the paid period, zero if none
	seen         version
	from, to     time.Time
}

// A listRow is a fan on a page of a walk.
type listRow struct {
	fan     string
	content int64
	ends    time.Time
	v       version
}

func (o *listOracle) walk(s testSlice, rows []listRow) {
	listed := map[string]listRow{}
	for _, r := range rows { // in the order of versions
		listed[r.fan] = r
	}
	for _, r := range listed {
		key := s.CreatorID + r.fan
		delete(o.suspect, key)
		known := o.open[key]
		from := s.WalkStart
		for _, c := range o.closed {
			if c.creator+c.fan == key && c.to.After(from) {
				from = c.to
			}
		}
		switch {
		case known == nil:
		case known.content == r.content || !known.seen.less(r.v):
			continue
		case !known.from.Before(s.WalkStart):
			from = known.from
		default:
			known.to = s.WalkStart
			o.closed = append(o.closed, *known)
			from = s.WalkStart
		}
		o.open[key] = &interval{s.CreatorID, r.fan, r.content, r.ends, r.v, from, time.Time{}}
	}
	if !s.Complete {
		return
	}
	first := version{s.FirstSeq, s.FirstPage}
	for key, known := range o.open {
		if known.creator != s.CreatorID {
			continue
		}
		since, doubted := o.suspect[key]
		delete(o.suspect, key)
		if _, ok := listed[known.fan]; ok || !known.from.Before(s.WalkStart) || !known.seen.less(first) {
			continue
		}
		ended := !known.ends.IsZero() && !known.ends.After(s.WalkStart)
		agrees := s.HeadCount != nil && *s.HeadCount == int64(len(listed))
		again := doubted && since.seq == s.LastSeq && since.less(first)
		if ended || agrees || again {
			known.to = s.WalkStart
			o.closed = append(o.closed, *known)
			delete(o.open, key)
		} else {
			o.suspect[key] = version{s.LastSeq, s.LastPage}
		}
	}
}

func (o *listOracle) texts() (rows, suspects []string) {
	all := slices.Clone(o.closed)
	for _, i := range o.open {
		all = append(all, *i)
	}
	for _, i := range all {
		rows = append(rows, fmt.Sprintf("%s %s %d %s %s", i.creator, i.fan, i.content, instant(i.from), instant(i.to)))
	}
	for key := range o.suspect {
		suspects = append(suspects, strings.Replace(key, "fan", " fan", 1))
	}
	slices.Sort(rows)
	slices.Sort(suspects)
	return rows, suspects
}
