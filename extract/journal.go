package extract

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// A Journal keeps every page that arrived until its slice is sealed into parts,
// so that a page that was paid for is not fetched again.
//
// It is the records of all runs that still hold something: segments
// <root>/<run id>/NNNN.pages, appended to by one run and never edited. A slice
// may begin in one run and go on in later ones. What Begin, Append, Finish,
// Sealed and Restart have returned survives the death of the process; it
// survives the loss of power once it is synced, which happens within a second,
// and at once by Sealed and Close.
//
// Over the pages of a slice, Index counts from 1 without a hole, and (RunSeq,
// Number) strictly increases, also where runs change.
//
// All methods may be called concurrently. One process may have a root open;
// the account's lock sees to that.
type Journal struct {
	root   string
	runID  string
	runSeq int64

	enc *zstd.Encoder
	dec *zstd.Decoder

	// syncing is held while files are synced, and is taken before mu.
	syncing sync.Mutex

	mu       sync.Mutex
	slices   map[string]*sliceLog // not sealed
	order    []*sliceLog          // the same, in order of beginning
	segments []*segment           // oldest first
	begun    int                  // slices of this run
	number   int64                // pages of this run
	waiting  int64                // rows of the slices that are finished
	writer   segmentWriter
	damage   []string
	closed   bool
}

// A JournalSlice is a slice that is not sealed, and how far it has come.
type JournalSlice struct {
	Slice
	Finished bool   // its walk ended; it waits to be sealed
	Complete bool   // the walk saw all of the window; only if Finished
	Why      string // why it is not complete; only if Finished
	Pages    int
	Rows     int64
	Bytes    int64 // of the pages' bodies
	First    Page  // without its body; zero if there is no page
	Last     Page  // the same; Last.Next is where to go on
}

type pageHead struct {
	Slice Slice `json:"slice"` // again, so that a page whose slice's first record is damaged is of use
	Page  Page  `json:"page"`
}

type finishHead struct {
	Complete bool   `json:"complete"`
	Why      string `json:"why,omitempty"`
}

type sealHead struct {
	Slices []string `json:"slices"`
	Parts  []string `json:"parts"`
}

// Begin records that s is started and returns it with its ID.
func (j *Journal) Begin(s Slice) (Slice, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	s.ID = fmt.Sprintf("%s/%d", j.runID, j.begun+1)
	head, err := json.Marshal(s)
	if err != nil {
		return Slice{}, fmt.Errorf("journal: slice %s of %s: %w", s.ID, s.Stream, err)
	}
	l := &sliceLog{JournalSlice: JournalSlice{Slice: s}, known: true}
	if _, err := j.write(record{kind: sliceBegun, id: []byte(s.ID), head: head}, l); err != nil {
		return Slice{}, err
	}
	j.begun++
	j.slices[s.ID] = l
	j.order = append(j.order, l)
	return s, nil
}

// Append records the next page of the slice and returns it with RunID, RunSeq
// and Number set. Its Index must be one more than the last page's. An error
// means that the page is not kept; the journal is as it was before.
func (j *Journal) Append(id string, p Page) (Page, error) {
	if len(p.Body) > maxBody {
		return Page{}, fmt.Errorf("journal: slice %s: page %d has %d bytes, more than the %d that are possible", id, p.Index, len(p.Body), maxBody)
	}
	if p.Rows < 0 || int64(p.Rows) > math.MaxUint32 {
		return Page{}, fmt.Errorf("journal: slice %s: page %d claims %d rows", id, p.Index, p.Rows)
	}
	frame := j.enc.EncodeAll(p.Body, nil)

	j.mu.Lock()
	defer j.mu.Unlock()
	s, err := j.unfinished(id)
	if err != nil {
		return Page{}, err
	}
	if p.Index != len(s.pages)+1 {
		return Page{}, fmt.Errorf("journal: slice %s: page %d cannot follow page %d", id, p.Index, len(s.pages))
	}
	p.RunID, p.RunSeq, p.Number = j.runID, j.runSeq, j.number+1
	head, err := json.Marshal(pageHead{s.Slice, p})
	if err != nil {
		return Page{}, fmt.Errorf("journal: slice %s: page %d: %w", id, p.Index, err)
	}
	ref, err := j.write(record{
		kind:  slicePage,
		id:    []byte(id),
		head:  head,
		frame: frame,
		raw:   uint32(len(p.Body)),
		index: uint32(p.Index),
		rows:  uint32(p.Rows),
		prev:  s.sum(),
	}, s)
	if err != nil {
		return Page{}, err
	}
	j.number++
	s.push(ref)
	s.Last = p
	s.Last.Body = nil
	if p.Index == 1 {
		s.First = s.Last
	}
	return p, nil
}

// Finish records that the walk of the slice ended, and whether it saw all of
// its window; if not, why says what stopped it. The slice then waits to be
// sealed.
func (j *Journal) Finish(id string, complete bool, why string) error {
	head, err := json.Marshal(finishHead{complete, why})
	if err != nil {
		return fmt.Errorf("journal: slice %s: %w", id, err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	s, err := j.unfinished(id)
	if err != nil {
		return err
	}
	if _, err := j.write(record{
		kind:  sliceFinished,
		id:    []byte(id),
		head:  head,
		index: uint32(len(s.pages)),
		prev:  s.sum(),
	}, s); err != nil {
		return err
	}
	s.Finished, s.Complete, s.Why = true, complete, why
	j.waiting += s.Rows
	return nil
}

// Restart forgets the pages of the slice and that it finished, so that its walk
// begins again; say, because its cursor expired.
func (j *Journal) Restart(id string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	s, err := j.find(id)
	if err != nil {
		return err
	}
	if _, err := j.write(record{kind: sliceRestarted, id: []byte(id)}, s); err != nil {
		return err
	}
	if s.Finished {
		j.waiting -= s.Rows
	}
	s.cut(0)
	return nil
}

// Sealed records that the pages of the finished slices are in the parts, which
// the caller has synced, and are no longer needed. Segments that hold nothing
// else are deleted, with their run's directory when it is empty.
func (j *Journal) Sealed(ids, parts []string) error {
	if len(ids) == 0 {
		return nil
	}
	if err := j.seal(ids, parts); err != nil {
		return err
	}
	// No page goes before it is certain that its slice counts as sealed.
	if err := j.sync(); err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.sweep()
}

func (j *Journal) seal(ids, parts []string) error {
	head, err := json.Marshal(sealHead{ids, parts})
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	logs := make([]*sliceLog, len(ids))
	for i, id := range ids {
		s, err := j.find(id)
		if err != nil {
			return err
		}
		if !s.Finished {
			return fmt.Errorf("journal: slice %s is not finished and cannot be sealed", id)
		}
		logs[i] = s
	}
	ref, err := j.write(record{kind: slicesSealed, head: head}, logs...)
	if err != nil {
		return err
	}
	for _, s := range logs {
		j.waiting -= s.Rows
		s.seal(ref.segment)
		delete(j.slices, s.ID)
	}
	j.order = slices.DeleteFunc(j.order, func(s *sliceLog) bool { return s.sealed })
	return nil
}

// Slices returns the slices that are not sealed, in order of beginning.
//
// The last page of an unfinished slice may be the last of its walk, Last.Next
// being zero: the run died between Append and Finish.
func (j *Journal) Slices() []JournalSlice {
	j.mu.Lock()
	defer j.mu.Unlock()
	all := make([]JournalSlice, len(j.order))
	for i, s := range j.order {
		all[i] = s.JournalSlice
	}
	return all
}

// Kept is how many pages of this run were appended.
func (j *Journal) Kept() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.number
}

// Waiting returns the rows of the finished slices, which wait to be sealed.
func (j *Journal) Waiting() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.waiting
}

// Pages returns the pages of a slice that is not sealed, in order of Index, as
// they stand when the iteration begins. It reads one page at a time from disk; a
// body is valid until the next page. The first error ends the sequence.
func (j *Journal) Pages(id string) iter.Seq2[Page, error] { return j.read(id, true) }

// Heads returns what Pages does without the bodies, which it does not unpack.
func (j *Journal) Heads(id string) iter.Seq2[Page, error] { return j.read(id, false) }

func (j *Journal) read(id string, bodies bool) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		j.mu.Lock()
		s, err := j.find(id)
		var refs []pageRef
		if err == nil {
			refs = s.pages // never changed in place, see cut
		}
		j.mu.Unlock()
		if err != nil {
			yield(Page{}, err)
			return
		}
		r := pageReader{dec: j.dec}
		defer r.close()
		for i, ref := range refs {
			p, err := r.read(ref, id, i+1, bodies)
			if err != nil {
				err = fmt.Errorf("journal: slice %s: page %d: %s at offset %d: %w; the next run fetches it again", id, i+1, ref.segment.path, ref.off, err)
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}

// Damage says, a sentence each, what of the journal could not be used when it
// was opened.
func (j *Journal) Damage() []string { return slices.Clone(j.damage) }

// Close syncs the journal, deletes what is sealed, and ends it. Slices and
// Pages may still be called.
func (j *Journal) Close() error {
	j.mu.Lock()
	closed := j.closed
	j.closed = true
	j.mu.Unlock()
	if closed {
		return nil
	}
	err := j.sync()
	j.mu.Lock()
	defer j.mu.Unlock()
	if err == nil {
		err = j.sweep()
	}
	err = errors.Join(err, j.writer.close())
	_ = os.Remove(filepath.Join(j.root, j.runID)) // only if it is empty
	return err
}

func (j *Journal) find(id string) (*sliceLog, error) {
	if s := j.slices[id]; s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("journal: slice %q is unknown or sealed", id)
}

func (j *Journal) unfinished(id string) (*sliceLog, error) {
	s, err := j.find(id)
	if err == nil && s.Finished {
		return nil, fmt.Errorf("journal: slice %s is finished", id)
	}
	return s, err
}
