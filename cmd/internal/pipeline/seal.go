package pipeline

import (
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"fanlake/extract"
	"fanlake/transform"
	"fanlake/transform/tables"
)

// When finished slices are sealed while a round is still reading.
const (
	sealRows  = 250_000
	sealAfter = 10 * time.Minute
)

// returnRows is from how many rows on the memory that sealing took is given
// back to the system at once: DuckDB, whose memory is none of Go's, applies the
// parts next, so that the two peaks do not add up.
const returnRows = 20_000

// A sealer turns finished slices of the journal into parts of the lake, whole
// or not at all.
type sealer struct {
	journal *extract.Journal
	lake    string
	footer  tables.Footer // what every part of this run has in common
	key     transform.Key
	keep    bool // text of messages

	mu       sync.Mutex
	last     time.Time
	number   int              // of the last part
	rejected map[string]int64 // rows, by stream
	drift    []transform.Drift
}

// isDue reports whether enough has gathered.
func (s *sealer) isDue() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.due()
}

func (s *sealer) due() bool {
	return time.Since(s.last) >= sealAfter || s.journal.Waiting() >= sealRows
}

// ifDue seals when enough has gathered.
func (s *sealer) ifDue(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.due() {
		return nil
	}
	return s.seal(ctx)
}

// all seals every finished slice.
func (s *sealer) all(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seal(ctx)
}

// reject counts rows of a stream that could not be typed.
func (s *sealer) reject(stream string, rows int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addRejected(stream, rows)
}

func (s *sealer) addRejected(stream string, rows int64) {
	if rows == 0 {
		return
	}
	if s.rejected == nil {
		s.rejected = map[string]int64{}
	}
	s.rejected[stream] += rows
}

// rejects is how many rows could not be typed, by stream.
func (s *sealer) rejects() map[string]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.rejected)
}

func (s *sealer) seal(ctx context.Context) error {
	s.last = time.Now()
	waiting := s.journal.Waiting()
	byTable := map[string][]extract.JournalSlice{}
	var empty []string
	for _, js := range s.journal.Slices() {
		switch st, ok := extract.StreamByName(js.Stream); {
		case !js.Finished:
		case !ok || js.Pages == 0:
			empty = append(empty, js.ID)
		default:
			byTable[st.Table] = append(byTable[st.Table], js)
		}
	}
	if len(empty) > 0 {
		if err := s.journal.Sealed(empty, nil); err != nil {
			return err
		}
	}
	for _, t := range tables.All {
		if slices := byTable[t.Name]; len(slices) > 0 {
			if err := s.sealTable(ctx, t, slices); err != nil {
				return fmt.Errorf("seal %s: %w", t.Name, err)
			}
		}
	}
	if waiting >= returnRows {
		debug.FreeOSMemory()
	}
	return nil
}

// sealTable writes one part of a table, and beside it the people and the
// rejects of its slices. The part is in place last: what it names is there.
func (s *sealer) sealTable(ctx context.Context, t tables.Table, slices []extract.JournalSlice) error {
	month := s.footer.SealedAt.Format("2006-01")
	var opened []*partFile
	defer func() {
		for _, p := range opened {
			p.discard()
		}
	}()
	open := func(table string) (*partFile, error) {
		s.number++
		id := fmt.Sprintf("%s-%04d", s.footer.RunID, s.number)
		p, err := createPart(filepath.Join(s.lake, table, month, id+".parquet"), id, s.number)
		if err == nil {
			opened = append(opened, p)
		}
		return p, err
	}
	var people, rejects *partFile
	side := transform.NewSide(
		func() (w io.Writer, err error) { people, err = open("people"); return people, err },
		func() (w io.Writer, err error) { rejects, err = open("_rejects"); return rejects, err })
	file, err := open(t.Name)
	if err != nil {
		return err
	}
	part, err := transform.NewPart(file, t, transform.Options{Key: s.key, KeepText: s.keep, Side: side})
	if err != nil {
		return err
	}
	for _, js := range slices {
		if err := s.add(ctx, part, js); err != nil {
			return err
		}
	}
	footer, err := part.Close(s.footerOf(file))
	if err != nil {
		return err
	}
	if people != nil {
		if _, _, err := side.ClosePeople(s.footerOf(people)); err != nil {
			return err
		}
	}
	if rejects != nil {
		if _, _, err := side.CloseRejects(s.footerOf(rejects)); err != nil {
			return err
		}
	}
	for i := len(opened) - 1; i >= 0; i-- { // the table's own part was opened first
		if err := opened[i].place(); err != nil {
			return err
		}
	}
	s.drift = append(s.drift, side.Drift()...)
	var ids []string
	for i, js := range slices {
		ids = append(ids, js.ID)
		s.addRejected(js.Stream, footer.Slices[i].Rejected)
	}
	return s.journal.Sealed(ids, []string{file.id})
}

func (s *sealer) footerOf(p *partFile) tables.Footer {
	f := s.footer
	f.PartID, f.Number = p.id, p.number
	return f
}

// add writes the rows of a slice.
func (s *sealer) add(ctx context.Context, part *transform.Part, js extract.JournalSlice) error {
	meta, settled, err := s.describe(js)
	if err != nil {
		return err
	}
	meta.Parent = js.Parent
	_, err = part.Add(ctx, transform.Input{
		Slice: meta, CreatorUUID: js.Creator, FanUUID: js.Fan, Parent: js.Parent, Month: js.Start,
		Owner: js.Stream == "me", Ordered: js.Last.Ordered, Settled: settled,
		Pages: s.pages(js),
	})
	return err
}

// describe says what a slice covers, and which instants it settles.
func (s *sealer) describe(js extract.JournalSlice) (tables.Slice, []time.Time, error) {
	first, err := s.first(js)
	if err != nil {
		return tables.Slice{}, nil, err
	}
	settled, err := s.settled(js)
	if err != nil {
		return tables.Slice{}, nil, err
	}
	fanID := ""
	if js.Fan != "" {
		id, err := s.key.FanID(js.Fan)
		if err != nil {
			return tables.Slice{}, nil, fmt.Errorf("slice %s: %w", js.ID, err)
		}
		fanID = id
	}
	m := tables.Slice{
		ID: js.ID, Stream: js.Stream, Surface: string(js.Surface.Or()), CreatorID: js.Creator, FanID: fanID,
		WalkStart: first.FetchedAt, WalkEnd: js.Last.FetchedAt,
		Complete: js.Complete, Resumed: first.RunSeq != js.Last.RunSeq, HeadCount: js.HeadCount,
		FirstSeq: first.RunSeq, FirstPage: first.Number, LastSeq: js.Last.RunSeq, LastPage: js.Last.Number,
	}
	m.Start, m.End, m.Complete = covers(js, first)
	return m, settled, nil
}

// first is the page with which the walk began: numbered pages of a list that
// moved count from where it began anew.
func (s *sealer) first(js extract.JournalSlice) (extract.Page, error) {
	if js.Last.From <= js.First.Index {
		return js.First, nil
	}
	for p, err := range s.journal.Heads(js.ID) {
		if err != nil || p.Index == js.Last.From {
			return p, err
		}
	}
	return js.First, nil
}

// settled returns the instants that pages of a slice settle.
func (s *sealer) settled(js extract.JournalSlice) (all []time.Time, err error) {
	if st, _ := extract.StreamByName(js.Stream); st.Identity == nil {
		return nil, nil // only rows without an id are ever settled
	}
	for p, err := range s.journal.Heads(js.ID) {
		if err != nil {
			return nil, err
		}
		if !p.Settles.IsZero() {
			all = append(all, p.Settles)
		}
	}
	return all, nil
}

// covers returns the window that a finished slice covers, half open, and
// whether it covers it completely. Rows outside are facts all the same.
//
// Late rows may still come for the last minutes before the walk began, so a
// window ends that much earlier. A walk that was newest first on every page and
// broke off covers what lies above its last instant.
func covers(js extract.JournalSlice, first extract.Page) (start, end time.Time, complete bool) {
	settledAt := first.FetchedAt.Add(-Settling)
	last := js.Last.Last
	if last.IsZero() {
		last = first.Last
	}
	if !js.Last.Lowest.IsZero() {
		last = js.Last.Lowest
	}
	switch js.Stream {
	case "earnings", "reversals":
		start, end, complete = js.Start, minTime(js.End, settledAt), js.Complete
		if !complete && js.Last.Ordered && !last.IsZero() {
			start, complete = maxTime(start, last.Add(time.Millisecond)), true
		}
	case "chats", "messages", "notifications":
		// Only a walk that was newest first on every page stops early.
		start, end, complete = chatStart, settledAt, js.Complete
		if js.Last.Stopped {
			start = last.Add(time.Millisecond)
		}
	case "subscriber_counts":
		start, end, complete = js.Start, minTime(js.End, first.FetchedAt.Truncate(day)), js.Complete
	default:
		// Page numbers that were gone on with after a pause may have shifted.
		shifted := first.Next.Page > 0 && first.RunSeq != js.Last.RunSeq
		return js.Start, minTime(js.End, first.FetchedAt), js.Complete && !shifted
	}
	if !end.After(start) {
		// Nothing is covered; the rows are there.
		return time.Time{}, time.Time{}, complete && js.Stream != "earnings" && js.Stream != "reversals"
	}
	return start, end, complete
}

// pages hands the journal's pages to transform.
func (s *sealer) pages(js extract.JournalSlice) iter.Seq2[transform.Page, error] {
	return func(yield func(transform.Page, error) bool) {
		for p, err := range s.journal.Pages(js.ID) {
			if err == nil && (p.Index < js.Last.From || p.Confirms) {
				continue
			}
			body := p.Body
			if js.Stream == "message" { // one message, as a page of one
				body = append(append([]byte(`{"data":[`), body...), "]}"...)
			}
			t := transform.Page{Body: body, RunID: p.RunID, RunSeq: p.RunSeq, Number: p.Number, FetchedAt: p.FetchedAt, Settles: p.Settles}
			if !yield(t, err) || err != nil {
				return
			}
		}
	}
}
