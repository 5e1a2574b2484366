package extract

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/klauspost/compress/zstd"
)

const (
	segmentSize  = 64 << 20    // from which a segment is not appended to
	syncInterval = time.Second // for which what is appended may not be on disk
)

// A segment is one file of records.
type segment struct {
	path   string
	runSeq int64
	slices []*sliceLog // of which it holds a record
	seals  []*sliceLog // of these, whose seal it holds
}

// mentions notes that seg, the newest segment, holds a record of s.
func (seg *segment) mentions(s *sliceLog) {
	if n := len(s.segments); n > 0 && s.segments[n-1] == seg {
		return
	}
	s.segments = append(s.segments, seg)
	seg.slices = append(seg.slices, s)
}

// done reports whether seg can be deleted: no slice in it is open, and where it
// says that a slice is sealed, no other segment could bring that slice back.
func (seg *segment) done() bool {
	for _, s := range seg.slices {
		if !s.sealed {
			return false
		}
	}
	for _, s := range seg.seals {
		if len(s.segments) > 1 {
			return false
		}
	}
	return true
}

// A segmentWriter appends to the run's current segment.
type segmentWriter struct {
	current *segment // nil if the next record begins a segment
	file    *os.File // of current
	size    int64    // of current: what is behind it in the file does not count
	count   int      // segments of this run
	buf     []byte
	dirty   bool        // there is something to sync
	timer   *time.Timer // syncs in time, while dirty
	retired []*os.File  // to be synced and closed
	failed  error       // of a sync: what it covered may be lost, nothing more is accepted
}

// write appends rec, a record of the slices given, with one system call, so
// that it outlives the process. mu is held. An error leaves the journal as it
// was.
func (j *Journal) write(rec record, of ...*sliceLog) (pageRef, error) {
	w := &j.writer
	switch {
	case j.closed:
		return pageRef{}, errors.New("journal: it is closed")
	case w.failed != nil:
		return pageRef{}, w.failed
	case len(rec.head) > maxHead:
		return pageRef{}, fmt.Errorf("journal: a record with a head of %d bytes is not possible", len(rec.head))
	case w.current != nil && w.size >= segmentSize:
		w.retire()
	}
	if w.current == nil {
		if err := j.newSegment(); err != nil {
			return pageRef{}, adviseWrite(err)
		}
	}
	rec.runSeq = j.runSeq
	w.buf = rec.appendTo(w.buf[:0])
	if _, err := w.file.WriteAt(w.buf, w.size); err != nil {
		// Half a record would be skipped for its checksum; but it should not lie
		// beyond a shorter record that is written there next.
		if w.file.Truncate(w.size) != nil {
			w.retire()
		}
		return pageRef{}, adviseWrite(err)
	}
	ref := pageRef{w.current, w.size, uint32(rec.size), rec.sum, rec.rows, rec.raw}
	w.size += rec.size
	if !w.dirty {
		w.dirty = true
		w.timer = time.AfterFunc(syncInterval, func() {
			_ = j.sync() // the error stays in failed
		})
	}
	for _, s := range of {
		w.current.mentions(s)
	}
	return ref, nil
}

// newSegment begins the run's next segment.
func (j *Journal) newSegment() error {
	w := &j.writer
	dir := filepath.Join(j.root, j.runID)
	path := filepath.Join(dir, fmt.Sprintf("%04d%s", w.count+1, segmentSuffix))
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	w.count++
	if err := syncPath(dir); err != nil {
		return errors.Join(err, file.Close(), os.Remove(path))
	}
	w.current, w.file, w.size = &segment{path: path, runSeq: j.runSeq}, file, 0
	j.segments = append(j.segments, w.current)
	return nil
}

// retire ends the current segment.
func (w *segmentWriter) retire() {
	if w.file != nil {
		w.retired = append(w.retired, w.file)
	}
	w.current, w.file, w.size = nil, nil, 0
}

// close closes all files; they have been synced, or failed says why not.
func (w *segmentWriter) close() error {
	w.retire()
	var errs []error
	for _, f := range w.retired {
		errs = append(errs, f.Close())
	}
	w.retired = nil
	return errors.Join(errs...)
}

// sync brings to disk what has been written when it is called.
func (j *Journal) sync() error {
	j.syncing.Lock()
	defer j.syncing.Unlock()

	j.mu.Lock()
	w := &j.writer
	if w.failed != nil || !w.dirty {
		err := w.failed
		j.mu.Unlock()
		return err
	}
	w.timer.Stop()
	w.dirty = false
	retired, current := w.retired, w.file // current is closed by a later sync at the earliest
	w.retired = nil
	j.mu.Unlock()

	var errs []error
	for _, f := range retired {
		errs = append(errs, f.Sync(), f.Close())
	}
	if current != nil {
		errs = append(errs, current.Sync())
	}
	err := errors.Join(errs...)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("journal: %w: pages of the last second may not be on disk; check the disk, then run again", err)
	j.mu.Lock()
	defer j.mu.Unlock()
	w.failed = err
	return err
}

// sweep deletes the segments that are done, and run directories that become
// empty. A segment that says that a slice is sealed goes after those that hold
// the slice's pages. mu is held.
func (j *Journal) sweep() error {
	var errs []error
	for again := true; again; {
		again = false
		for _, seg := range slices.Clone(j.segments) {
			if !seg.done() {
				continue
			}
			if seg == j.writer.current {
				j.writer.retire()
			}
			if err := j.remove(seg); err != nil {
				errs = append(errs, err)
				continue
			}
			again = true
		}
		if len(errs) > 0 {
			break
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("journal: deleting what is sealed: %w; the next run tries again", err)
	}
	return nil
}

func (j *Journal) remove(seg *segment) error {
	if err := os.Remove(seg.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	dir := filepath.Dir(seg.path)
	if err := syncPath(dir); err != nil {
		return err
	}
	j.segments = slices.DeleteFunc(j.segments, func(s *segment) bool { return s == seg })
	for _, s := range seg.slices {
		s.segments = slices.DeleteFunc(s.segments, func(o *segment) bool { return o == seg })
	}
	if seg.runSeq != j.runSeq {
		_ = os.Remove(dir) // only if it is empty
	}
	return nil
}

// A pageReader reads pages where the index says they are.
type pageReader struct {
	dec     *zstd.Decoder
	segment *segment
	file    *os.File
	buf     []byte
	body    []byte
}

func (r *pageReader) close() {
	if r.file != nil {
		_ = r.file.Close() // only read
	}
}

// read reads the page at ref, its body only if that is wanted, and checks that it
// is that page.
func (r *pageReader) read(ref pageRef, id string, index int, body bool) (Page, error) {
	if r.segment != ref.segment {
		r.close()
		file, err := os.Open(ref.segment.path)
		if err != nil {
			return Page{}, err
		}
		r.segment, r.file = ref.segment, file
	}
	r.buf = slices.Grow(r.buf[:0], int(ref.size))[:ref.size]
	if _, err := r.file.ReadAt(r.buf, ref.off); err != nil {
		return Page{}, err
	}
	if _, ok, err := parseHeader(r.buf); err != nil || !ok {
		return Page{}, errDamaged
	}
	rec, ok := parseRecord(r.buf)
	if !ok || rec.sum != ref.sum || string(rec.id) != id {
		return Page{}, errDamaged
	}
	var head pageHead
	if err := json.Unmarshal(rec.head, &head); err != nil {
		return Page{}, err
	}
	p := head.Page
	if p.Index != index {
		return Page{}, errDamaged
	}
	if rec.raw == 0 || !body {
		return p, nil
	}
	var err error
	if r.body, err = r.dec.DecodeAll(rec.frame, slices.Grow(r.body[:0], int(rec.raw))); err != nil {
		return Page{}, err
	}
	if len(r.body) != int(rec.raw) {
		return Page{}, errDamaged
	}
	p.Body = r.body
	return p, nil
}

var errDamaged = errors.New("the record is damaged")

// adviseWrite adds the next step to the error of a write, which names the file.
func adviseWrite(err error) error {
	return fmt.Errorf("journal: %w: make room on the disk, or the directory writable, and run again; what the journal has is kept", err)
}

// syncPath makes a file's content, or a directory's entries, durable.
func syncPath(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
