package extract

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
)

const segmentSuffix = ".pages"

// OpenJournal reads what earlier runs left under root and begins the journal of
// the run with this id and sequence number. The id must be new, and the number
// higher than that of every run in the journal.
//
// Damage does not fail it: of each slice the pages count up to the first that
// is missing, and Damage names the rest.
func OpenJournal(root, runID string, runSeq int64) (*Journal, error) {
	if runID == "" || len(runID) > 200 || runID != filepath.Base(runID) || strings.HasPrefix(runID, ".") {
		return nil, fmt.Errorf("journal: %q cannot be a run id", runID)
	}
	if runSeq < 1 {
		return nil, fmt.Errorf("journal: run %s has sequence number %d; they begin at 1", runID, runSeq)
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxBody), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	j := &Journal{root: root, runID: runID, runSeq: runSeq, enc: enc, dec: dec, slices: map[string]*sliceLog{}}
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, adviseWrite(err)
	}
	runs, err := j.runs()
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	for _, r := range runs {
		if err := j.replay(r); err != nil {
			return nil, fmt.Errorf("journal: %w", err)
		}
	}
	j.settle()
	if err := j.sweep(); err != nil {
		j.damage = append(j.damage, err.Error())
	}
	for _, r := range runs {
		_ = os.Remove(r.dir) // only if it is empty
	}
	if err := os.Mkdir(filepath.Join(root, runID), 0o700); err != nil {
		return nil, adviseWrite(err)
	}
	if err := syncPath(root); err != nil {
		return nil, adviseWrite(err)
	}
	return j, nil
}

// A journalRun is the directory of an earlier run.
type journalRun struct {
	dir      string
	seq      int64 // -1 if no record is intact
	segments []string
}

// runs lists the earlier runs in order of their sequence numbers.
func (j *Journal) runs() ([]journalRun, error) {
	entries, err := os.ReadDir(j.root)
	if err != nil {
		return nil, err
	}
	var runs []journalRun
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		if e.Name() == j.runID {
			return nil, fmt.Errorf("%s: there is a run of this id; an id serves for one run", filepath.Join(j.root, j.runID))
		}
		r := journalRun{dir: filepath.Join(j.root, e.Name()), seq: -1}
		if r.segments, err = segmentPaths(r.dir); err != nil {
			return nil, err
		}
		for _, path := range r.segments {
			err := eachRecord(path, func(rec record, _ gap) bool {
				if rec.size > 0 {
					r.seq = rec.runSeq
				}
				return r.seq < 0
			})
			if err != nil {
				return nil, err
			}
			if r.seq >= 0 {
				break
			}
		}
		if r.seq >= j.runSeq {
			return nil, fmt.Errorf("%s: that run has sequence number %d, so this one cannot have %d; give it a higher one", r.dir, r.seq, j.runSeq)
		}
		runs = append(runs, r)
	}
	slices.SortStableFunc(runs, func(a, b journalRun) int { return cmp.Compare(a.seq, b.seq) })
	return runs, nil
}

// segmentPaths lists the segments of a run in order of their numbers.
func segmentPaths(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	byNumber := map[int]string{}
	var numbers []int
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), segmentSuffix)
		n, err := strconv.Atoi(name)
		if !ok || err != nil || fmt.Sprintf("%04d", n) != name || !e.Type().IsRegular() {
			continue
		}
		byNumber[n] = filepath.Join(dir, e.Name())
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	paths := make([]string, len(numbers))
	for i, n := range numbers {
		paths[i] = byNumber[n]
	}
	return paths, nil
}

// eachRecord calls f for the intact records of a segment until f returns false,
// each with what was skipped before it; and at the end, if something was
// skipped there, with a record of size 0. It is an error of the file, not of
// its content, that is returned.
func eachRecord(path string, f func(record, gap) bool) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	r := recordReader{file: file, size: info.Size()}
	for {
		rec, skipped, err := r.next()
		switch {
		case errors.Is(err, errNewerJournal):
			return fmt.Errorf("%s: %w", path, err)
		case err == io.EOF && skipped.size == 0:
			return nil
		case err == io.EOF:
			f(record{}, skipped)
			return nil
		case err != nil:
			// The disk does not give it back: as good as damaged to the end.
			f(record{}, gap{off: skipped.off, size: info.Size() - skipped.off})
			return nil
		}
		if !f(rec, skipped) {
			return nil
		}
	}
}

// replay adds the records of one earlier run to the index.
func (j *Journal) replay(r journalRun) error {
	for _, path := range r.segments {
		seg := &segment{path: path, runSeq: r.seq}
		j.segments = append(j.segments, seg)
		err := eachRecord(path, func(rec record, skipped gap) bool {
			if skipped.size > 0 {
				j.damaged("%s: %s", path, skipped)
			}
			if rec.size > 0 {
				if err := j.apply(seg, rec); err != nil {
					j.damaged("%s: the record at offset %d makes no sense and is skipped: %v", path, rec.off, err)
				}
			}
			return true
		})
		if err != nil {
			return err
		}
		// A run that was killed may not have come to syncing what it wrote.
		if err := syncPath(path); err != nil {
			j.damaged("%v; its pages may be lost with the power", err)
		}
	}
	return nil
}

func (j *Journal) damaged(format string, args ...any) {
	j.damage = append(j.damage, fmt.Sprintf(format, args...))
}

// apply adds one record to the index. An error means that the record is intact
// and yet not one that this program writes.
func (j *Journal) apply(seg *segment, rec record) error {
	if rec.kind == slicesSealed {
		var head sealHead
		if err := json.Unmarshal(rec.head, &head); err != nil {
			return err
		}
		for _, id := range head.Slices {
			s := j.mention(seg, id)
			s.cut(0)
			s.seal(seg)
		}
		return nil
	}
	s := j.mention(seg, string(rec.id))
	switch rec.kind {
	case sliceBegun:
		return s.learn(rec.head)
	case slicePage:
		return s.replayPage(seg, rec)
	case sliceFinished:
		var head finishHead
		if err := json.Unmarshal(rec.head, &head); err != nil {
			return err
		}
		if int(rec.index) != len(s.pages) || rec.prev != s.sum() {
			s.lost = true
			return nil
		}
		s.Finished, s.Complete, s.Why = true, head.Complete, head.Why
	case sliceRestarted:
		s.cut(0)
		s.lost = false
	}
	return nil
}

// mention returns the slice with this id, of which seg holds a record.
func (j *Journal) mention(seg *segment, id string) *sliceLog {
	s := j.slices[id]
	if s == nil {
		s = &sliceLog{}
		s.ID = id
		j.slices[id] = s
		j.order = append(j.order, s)
	}
	seg.mentions(s)
	return s
}

// learn takes the slice from its JSON.
func (s *sliceLog) learn(b []byte) error {
	var slice Slice
	if err := json.Unmarshal(b, &slice); err != nil {
		return err
	}
	if slice.ID != s.ID {
		return fmt.Errorf("slice %s in a record of slice %s", slice.ID, s.ID)
	}
	s.Slice, s.known = slice, true
	return nil
}

// replayPage adds a page that follows the one it names. If that is not the last
// one, an earlier run found the pages behind it unreadable and fetched them
// again from there: the later page counts.
func (s *sliceLog) replayPage(seg *segment, rec record) error {
	if !s.known {
		var head struct {
			Slice json.RawMessage `json:"slice"`
		}
		if err := json.Unmarshal(rec.head, &head); err != nil {
			return err
		}
		if err := s.learn(head.Slice); err != nil {
			return err
		}
	}
	before := int(rec.index) - 1
	prev := uint32(0)
	if before > 0 && before <= len(s.pages) {
		prev = s.pages[before-1].sum
	}
	if before < 0 || before > len(s.pages) || rec.prev != prev {
		s.lost = true
		return nil
	}
	s.cut(before)
	s.push(pageRef{seg, rec.off, uint32(rec.size), rec.sum, rec.rows, rec.raw})
	s.lastHead = append(s.lastHead[:0], rec.head...)
	if before == 0 {
		s.firstHead = slices.Clone(rec.head)
	}
	s.lost = false
	return nil
}

// settle ends the reading: it parses what is needed of the slices that are not
// sealed, and drops the others from the index.
func (j *Journal) settle() {
	j.order = slices.DeleteFunc(j.order, func(s *sliceLog) bool {
		if !s.sealed && !s.known {
			j.damaged("slice %s: nothing is left that says what it is; it counts as never begun", s.ID)
			s.sealed = true
		}
		if s.sealed {
			delete(j.slices, s.ID)
			return true
		}
		if s.lost {
			j.damaged("slice %s of %s: what came behind page %d is lost in part; it goes on from there", s.ID, s.Stream, len(s.pages))
		}
		if n := len(s.pages); n > 0 && !(takePage(&s.First, s.firstHead, 1) && takePage(&s.Last, s.lastHead, n)) {
			j.damaged("slice %s of %s: page 1 or %d makes no sense; the slice begins again", s.ID, s.Stream, n)
			s.cut(0)
		}
		s.firstHead, s.lastHead = nil, nil
		s.pages = slices.Clip(s.pages)
		if s.Finished {
			j.waiting += s.Rows
		}
		return false
	})
}

// takePage takes the page with this index from its head; false if it is another.
func takePage(p *Page, b []byte, index int) bool {
	var head pageHead
	if err := json.Unmarshal(b, &head); err != nil || head.Page.Index != index {
		return false
	}
	*p = head.Page
	return true
}
