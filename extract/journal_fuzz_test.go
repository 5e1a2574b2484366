package extract

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// FuzzOpenJournal opens a journal whose only segment is any bytes, or whose
// records are intact and hold any: it is opened or refused, every slice in it
// can be read or says why not, and memory stays in proportion.
func FuzzOpenJournal(f *testing.F) {
	slice := []byte(`{"id":"run1/1","stream":"earnings"}`)
	page := []byte(`{"slice":{"id":"run1/1","stream":"earnings"},"page":{"index":1,"rows":2}}`)
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		f.Fatal(err)
	}
	body := []byte(`{"data":[{},{}]}`)
	frame := enc.EncodeAll(body, nil)
	bomb := enc.EncodeAll(make([]byte, 8<<20), nil)
	begun := record{kind: sliceBegun, id: []byte("run1/1"), head: slice, runSeq: 1}
	whole := record{kind: slicePage, id: []byte("run1/1"), head: page, frame: frame, raw: uint32(len(body)), index: 1, rows: 2, runSeq: 1}
	segment := whole.appendTo(begun.appendTo(nil))
	f.Add(segment, []byte{}, []byte{}, uint32(0), uint8(0))
	f.Add(segment[:len(segment)-5], []byte{}, []byte{}, uint32(0), uint8(0))
	f.Add([]byte("\xffFLJ\x01\x02"), []byte{}, []byte{}, uint32(0), uint8(0))
	f.Add(slice, page, frame, uint32(len(body)), uint8(1))
	f.Add(slice, page, bomb, uint32(8<<20), uint8(1))
	f.Add(slice, page, bomb, uint32(1), uint8(1))               // inflates to more than it says
	f.Add(slice, page, frame, uint32(maxBody), uint8(1))        // says more than it inflates to
	f.Add(slice, page, []byte{0x28, 0xb5}, uint32(9), uint8(1)) // no whole frame
	f.Add(slice, []byte(`{"slice":{`), frame, uint32(9), uint8(1))
	f.Add([]byte(`{"id":"run1/1","start":"10000-01-01T00:00:00Z"}`), page, frame, uint32(len(body)), uint8(1))
	f.Add([]byte(`{"slices":["run1/1",""]}`), []byte(`{"complete":true}`), frame, uint32(2), uint8(3))
	f.Fuzz(func(t *testing.T, first, second, frame []byte, raw uint32, how uint8) {
		if len(first)+len(second)+len(frame) > 1<<20 {
			return
		}
		segment := first
		if how&1 != 0 {
			kind := slicePage
			if how&2 != 0 {
				kind = sliceFinished
			}
			a := record{kind: sliceBegun, id: []byte("run1/1"), head: first, runSeq: 1}
			b := record{kind: kind, id: []byte("run1/1"), head: second, frame: frame, raw: min(raw, maxBody), index: 1, rows: raw, runSeq: int64(how >> 2)}
			segment = b.appendTo(a.appendTo(nil))
		}
		root := filepath.Join(t.TempDir(), "journal")
		must(t, os.MkdirAll(filepath.Join(root, "run1"), 0o700))
		must(t, os.WriteFile(filepath.Join(root, "run1", "0001.pages"), segment, 0o600))
		before := allocated()
		j, err := OpenJournal(root, "run2", 1<<40)
		if err != nil {
			return
		}
		for _, s := range j.Slices() {
			n := 0
			for p, err := range j.Pages(s.ID) {
				if n++; err == nil && (p.Index != n || len(p.Body) > maxBody) {
					t.Errorf("slice %s: page %d is %d, of %d bytes", s.ID, n, p.Index, len(p.Body))
				}
			}
			if n > s.Pages {
				t.Errorf("slice %s has %d pages, of %d", s.ID, n, s.Pages)
			}
		}
		must(t, j.Close())
		// Packed bodies grow to what they say they are, maxBody at most.
		if got := allocated() - before; got > 3*maxBody+100*uint64(len(segment)) {
			t.Errorf("%d bytes allocated for a segment of %d", got, len(segment))
		}
	})
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
