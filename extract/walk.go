package extract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"iter"
	"net/url"
	"strconv"
	"time"
)

// maxUnordered is the longest window whose rows may come in any order. A longer
// walk has to be newest first, so that an interruption leaves a known part.
const maxUnordered = 31 * 24 * time.Hour

// ErrUnordered reports a walk over more than 31 days whose rows are not newest
// first. The caller plans windows of at most 31 days instead.
var ErrUnordered = errors.New("rows are not newest first; windows of at most 31 days are needed")

// A LoopError reports a walk that was sent to a place where it had been.
type LoopError struct{ Position Position }

func (e *LoopError) Error() string {
	return fmt.Sprintf("cursor %s was followed before", e.Position)
}

// String returns the position as it stands in a query.
func (p Position) String() string {
	switch {
	case p.Page > 0:
		return "page=" + strconv.Itoa(p.Page)
	case p.Cursor != "":
		return p.Cursor
	default:
		return "sentBefore=" + p.SentBefore + "&receivedBefore=" + p.ReceivedBefore
	}
}

// Walk reads the pages of a slice. It goes on behind past, the pages of an
// earlier, interrupted walk of the same slice; nil starts at the beginning.
// The consumer keeps each page before it asks for the next one, so nothing that
// was answered is lost.
//
// Rows that are equal but stand on different pages may be two rows or one row
// served twice; the walk asks once for their instant, and yields the answer as
// pages with Settles set, whose rows take the place of the walk's rows there.
//
// Numbered pages are read once more from the top where they are more than one,
// as far as the list may have moved; see [ErrMoving].
//
// The sequence ends with the first error. A place that was visited before is a
// *LoopError; rows out of order in a long window are ErrUnordered.
func (c *Client) Walk(ctx context.Context, s Stream, sl Slice, past iter.Seq2[Page, error]) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		w := newWalk(c, s, sl)
		if err := w.replay(past); err != nil {
			yield(Page{}, err)
			return
		}
		for w.unsettled(ctx, yield) && !w.done {
			p, err := w.fetch(ctx, w.next)
			if err == nil {
				err = w.take(&p)
			}
			if err != nil {
				yield(Page{}, err)
				return
			}
			if !yield(p, nil) {
				return
			}
		}
	}
}

// A walk is what has been seen of a slice.
type walk struct {
	client *Client
	stream Stream
	slice  Slice
	seed   maphash.Seed

	index   int // of the last page
	rows    int // of the walk so far, those that settle an instant left out
	next    Position
	done    bool
	ordered bool
	last    time.Time // the oldest instant so far
	newer   int       // rows before the first one of that instant

	visited map[Position]bool
	seen    map[uint64]int         // identity → page, of rows that may come again
	doubted []time.Time            // instants to be settled
	settled map[time.Time]bool     // instants that are, or are about to be
	halfway map[time.Time]Position // instants whose settling was interrupted, and where
	env     envelope               // of the page fetched last
	body    uint64                 // hash of its body
	passes  passes                 // over numbered pages
}

func newWalk(c *Client, s Stream, sl Slice) *walk {
	return &walk{client: c, stream: s, slice: sl, seed: maphash.MakeSeed(), ordered: true,
		visited: map[Position]bool{{}: true}, seen: map[uint64]int{}, settled: map[time.Time]bool{}, halfway: map[time.Time]Position{}}
}

// replay takes the pages of an interrupted walk as if they had just arrived.
func (w *walk) replay(past iter.Seq2[Page, error]) error {
	if past == nil {
		return nil
	}
	for p, err := range past {
		if err != nil {
			return err
		}
		if !p.Settles.IsZero() {
			w.index = p.Index
			w.settled[p.Settles] = p.Next.IsZero()
			w.halfway[p.Settles] = p.Next
			continue
		}
		if w.env, err = readEnvelope(w.stream, w.seed, p.Body); err != nil {
			return fmt.Errorf("journalled page %d: %w", p.Index, err)
		}
		if err := w.take(&p); err != nil {
			return err
		}
	}
	return nil
}

// unsettled asks for the instants whose rows are in doubt. It reports whether
// the walk may go on.
func (w *walk) unsettled(ctx context.Context, yield func(Page, error) bool) bool {
	for len(w.doubted) > 0 {
		at := w.doubted[0]
		w.doubted = w.doubted[1:]
		if w.settled[at] {
			continue
		}
		w.settled[at] = true
		visited := map[Position]bool{}
		for pos := w.halfway[at]; ; {
			if visited[pos] {
				yield(Page{}, &LoopError{pos})
				return false
			}
			visited[pos] = true
			p, err := w.fetchInstant(ctx, at, pos)
			if err != nil {
				yield(Page{}, err)
				return false
			}
			if !yield(p, nil) {
				return false
			}
			if pos = p.Next; pos.IsZero() {
				break
			}
		}
	}
	return true
}

// fetchInstant reads a page of the rows of one instant, to the millisecond that
// the API's times have.
func (w *walk) fetchInstant(ctx context.Context, at time.Time, pos Position) (Page, error) {
	one := *w
	one.slice.Start, one.slice.End = at, at.Add(time.Millisecond)
	p, err := one.fetch(ctx, pos)
	if err != nil {
		return Page{}, err
	}
	w.index++
	p.Index, p.Settles, p.Ordered = w.index, at, w.ordered
	p.Rows, p.Next = len(one.env.rows), one.env.next(pos)
	return p, nil
}

// fetch asks for one page.
func (w *walk) fetch(ctx context.Context, pos Position) (Page, error) {
	question, err := w.question()
	if err != nil {
		return Page{}, err
	}
	a, err := w.client.read(ctx, w.stream.Path(w.slice), w.query(pos), question, func(body []byte) (err error) {
		w.env, err = readEnvelope(w.stream, w.seed, body)
		return err
	})
	if err != nil {
		return Page{}, err
	}
	return Page{FetchedAt: a.ServerTime, Body: a.Body}, nil
}

// question is the body of a bulk read, nil for the others.
func (w *walk) question() ([]byte, error) {
	switch n := len(w.slice.Fans); {
	case !w.stream.Bulk:
		return nil, nil
	case n < 1 || n > BulkSize:
		return nil, fmt.Errorf("%s: %d fans in one request, want 1 to %d", w.stream.Name, n, BulkSize)
	}
	return json.Marshal(map[string][]string{"userUuids": w.slice.Fans})
}

func (w *walk) query(pos Position) url.Values {
	q := url.Values{}
	for k, v := range w.stream.Query {
		q[k] = v
	}
	switch w.stream.Paging {
	case BySize:
		q.Set("size", strconv.Itoa(PageSize))
	case ByLimit, ByInstant:
		q.Set("limit", strconv.Itoa(PageSize))
	}
	if w.stream.Window && !w.slice.End.IsZero() {
		q.Set("startDate", formatInstant(w.slice.Start))
		q.Set("endDate", formatInstant(w.slice.End))
	}
	if pos.Page > 0 {
		q.Set("page", strconv.Itoa(pos.Page))
	}
	if pos.Cursor != "" {
		q.Set("cursor", pos.Cursor)
	}
	if pos.SentBefore != "" {
		q.Set("sentBefore", behind(pos.SentBefore))
	}
	if pos.ReceivedBefore != "" {
		q.Set("receivedBefore", behind(pos.ReceivedBefore))
	}
	return q
}

// behind adds the millisecond by which a watermark of messages is passed, so
// that messages of the same millisecond are not lost; those that come again
// have an id by which they are known.
func behind(watermark string) string {
	t := parseInstant(watermark)
	if t.IsZero() {
		return watermark
	}
	return formatInstant(t.Truncate(time.Millisecond).Add(time.Millisecond))
}

// take judges the page in w.env: its order, its doubts, where to go on.
func (w *walk) take(p *Page) error {
	w.index++
	p.Index, p.Rows = w.index, len(w.env.rows)
	for _, r := range w.env.rows {
		w.row(r)
		w.rows++
		if p.First.IsZero() {
			p.First = r.at
		}
		if !r.at.IsZero() {
			p.Last = r.at
		}
	}
	p.Ordered = w.ordered
	if !w.ordered && w.stream.Window && w.slice.End.Sub(w.slice.Start) > maxUnordered {
		return ErrUnordered
	}
	w.next = w.env.next(w.next)
	p.Next = w.next
	// Page numbers never come again; a page that says it has more and is the
	// one before once more does.
	body := maphash.Bytes(w.seed, p.Body)
	same := body == w.body && w.next.Page > 0
	w.body = body
	switch {
	case w.next.IsZero():
		w.done = true
	case w.ordered && !w.slice.StopAt.IsZero() && !p.Last.IsZero() && p.Last.Before(w.slice.StopAt) && w.enough():
		w.done, p.Stopped = true, true
	case w.visited[w.next], same:
		return &LoopError{w.next}
	}
	if w.env.paginated && w.stream.RowID != "" {
		if err := w.pass(p); err != nil {
			return err
		}
	}
	w.visited[w.next] = true
	return nil
}

// enough reports whether a walk has read what it reads in any case: of a chat
// the last messages, because they may have been read, bought or unsent since,
// also where the server puts fewer on a page than asked. A walk covers what is
// newer than its last instant, so where messages of one instant end a page, one
// that was unsent among them would never be missed: the walk goes on behind them.
func (w *walk) enough() bool { return !w.stream.PerChat() || w.newer >= PageSize-1 }

// row notes a row's instant and identity.
func (w *walk) row(r rowMark) {
	if w.stream.Time != "" && !r.at.IsZero() {
		switch {
		case w.last.IsZero(), r.at.Equal(w.last):
		case r.at.After(w.last):
			w.ordered = false
		case w.ordered:
			clear(w.seen) // an older instant: newer rows do not come again
		}
		if w.last.IsZero() || r.at.Before(w.last) {
			w.last, w.newer = r.at, w.rows
		}
	}
	if w.stream.Identity == nil {
		return
	}
	if page, ok := w.seen[r.identity]; ok && page != w.index && !w.settled[r.at] && !r.at.IsZero() {
		w.doubted = append(w.doubted, r.at)
		return
	}
	w.seen[r.identity] = w.index
}

// next says where a walk at pos goes on; zero is the end.
func (e envelope) next(pos Position) Position {
	switch {
	case e.hasCursor:
		return Position{Cursor: e.cursor}
	case e.paginated && e.hasMore:
		return Position{Page: max(pos.Page, 1) + 1}
	case e.dateFilter.IsZero():
		return Position{}
	default:
		return Position{SentBefore: earlier(e.dateFilter.SentBefore, pos.SentBefore), ReceivedBefore: earlier(e.dateFilter.ReceivedBefore, pos.ReceivedBefore)}
	}
}

// earlier is a watermark that never goes back up: a side of a chat without rows
// on a page has the one it was asked with, which lies a millisecond later, and
// one without older messages may have none. So a walk that gets nowhere comes
// to a place where it has been.
func earlier(watermark, before string) string {
	at, last := parseInstant(watermark), parseInstant(before)
	if before != "" && (watermark == "" || at.After(last)) {
		return before
	}
	return watermark
}
