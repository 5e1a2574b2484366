package transform_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"runtime"
	"slices"
	"testing"

	"fanlake/transform"
)

// FuzzReadFooter reads any bytes as a part, and a real part with any footer: it
// is read or refused, without a panic and with memory in proportion.
func FuzzReadFooter(f *testing.F) {
	s := seal(f, "earnings", false)
	s.add(input("earnings", earningWith()))
	want, part := s.close(), s.rows.Bytes()
	size := binary.LittleEndian.Uint32(part[len(part)-8:])
	footer := part[len(part)-8-int(size) : len(part)-8]
	f.Add(part, false)
	f.Add(slices.Concat(part[:100], part[len(part)-600:]), false)
	f.Add([]byte("PAR1\x00\x00\x00\x00PAR1"), false)
	f.Add([]byte("PAR1\xff\xff\xff\x7fPAR1"), false)
	f.Add([]byte("PAR1\xff\xff\xff\xffPARE"), false)
	f.Add([]byte{}, false)
	f.Add(footer, true)
	f.Add(footer[:len(footer)/2], true)
	f.Add([]byte{}, true)
	f.Add([]byte{0x15, 0x04, 0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07}, true)       // a schema of 2^31-1 elements
	f.Add([]byte{0x15, 0x04, 0x59, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07, 0x15}, true) // as many key-value pairs
	f.Fuzz(func(t *testing.T, b []byte, wrap bool) {
		if len(b) > 1<<20 {
			return
		}
		if wrap {
			b = binary.LittleEndian.AppendUint32(slices.Concat([]byte("PAR1"), b), uint32(len(b)))
			b = append(b, "PAR1"...)
		}
		before := allocated()
		got, err := transform.ReadFooter(bytes.NewReader(b))
		if used := allocated() - before; used > 16<<20+1000*uint64(len(b)) {
			t.Errorf("%d bytes allocated for a file of %d", used, len(b))
		}
		if err == nil && bytes.Equal(b, part) && !sameFooter(got, want) {
			t.Errorf("the part's own footer reads as %+v", got)
		}
	})
}

func sameFooter(a, b any) bool {
	x, err := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err == nil && err2 == nil && bytes.Equal(x, y)
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
