package extract

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A record is a header of headerSize bytes, little endian, then the slice id,
// a JSON head and a zstd frame, each of the length the header gives:
//
//	 0  magic        "\xffFLJ"; 0xff occurs in no UTF-8, so no text can look like a record
//	 4  version      1
//	 5  kind
//	 6  length of the slice id
//	 8  length of the head
//	12  length of the frame
//	16  length of the frame's content
//	20  index        page: its Index; finished: the number of pages
//	24  rows
//	28  previous     sum of the slice's page before this record, 0 if there is none
//	32  run sequence
//	40  CRC-32C of id, head and frame
//	44  CRC-32C of the 44 bytes before it: the record's sum
//
// The head is not compressed, so that opening a journal inflates nothing.
// Because a page names the sum of the page before it, pages of a slice are a
// chain, and which of two pages with one index counts does not depend on any
// record in between being readable.
type record struct {
	kind   recordKind
	index  uint32
	rows   uint32
	prev   uint32
	runSeq int64
	id     []byte
	head   []byte
	frame  []byte
	raw    uint32 // length of the frame's content
	sum    uint32

	off  int64 // where it was read
	size int64
}

type recordKind uint8

const (
	sliceBegun     recordKind = 1 // head: Slice
	slicePage      recordKind = 2 // head: pageHead; frame: body
	sliceFinished  recordKind = 3 // head: finishHead
	slicesSealed   recordKind = 4 // head: sealHead; no id
	sliceRestarted recordKind = 5
)

const (
	recordVersion = 1
	headerSize    = 48
	maxBody       = 64 << 20 // bytes of a page, far above any page the API has served
	maxHead       = 64 << 20
)

var (
	recordMagic = []byte("\xffFLJ")
	castagnoli  = crc32.MakeTable(crc32.Castagnoli)

	errNewerJournal = errors.New("written by a newer version of the program; use that version, or move the file away to have its pages fetched again")
)

// appendTo appends r's bytes to buf and sets r.sum and r.size.
func (r *record) appendTo(buf []byte) []byte {
	start := len(buf)
	buf = append(buf, recordMagic...)
	buf = append(buf, recordVersion, byte(r.kind))
	buf = binary.LittleEndian.AppendUint16(buf, uint16(len(r.id)))
	for _, v := range [...]uint32{uint32(len(r.head)), uint32(len(r.frame)), r.raw, r.index, r.rows, r.prev} {
		buf = binary.LittleEndian.AppendUint32(buf, v)
	}
	buf = binary.LittleEndian.AppendUint64(buf, uint64(r.runSeq))
	payload := crc32.Update(0, castagnoli, r.id)
	payload = crc32.Update(payload, castagnoli, r.head)
	payload = crc32.Update(payload, castagnoli, r.frame)
	buf = binary.LittleEndian.AppendUint32(buf, payload)
	r.sum = crc32.Checksum(buf[start:], castagnoli)
	buf = binary.LittleEndian.AppendUint32(buf, r.sum)
	buf = append(buf, r.id...)
	buf = append(buf, r.head...)
	buf = append(buf, r.frame...)
	r.size = int64(len(buf) - start)
	return buf
}

// parseHeader reports the length of the payload that follows the header b, and
// false where b is no header. The lengths of an intact header can be trusted.
func parseHeader(b []byte) (payload int64, ok bool, err error) {
	if len(b) < headerSize || !bytes.HasPrefix(b, recordMagic) {
		return 0, false, nil
	}
	if crc32.Checksum(b[:44], castagnoli) != binary.LittleEndian.Uint32(b[44:]) {
		return 0, false, nil
	}
	if b[4] != recordVersion || b[5] < byte(sliceBegun) || b[5] > byte(sliceRestarted) {
		return 0, false, errNewerJournal
	}
	id, head := int64(binary.LittleEndian.Uint16(b[6:])), int64(binary.LittleEndian.Uint32(b[8:]))
	frame, raw := int64(binary.LittleEndian.Uint32(b[12:])), binary.LittleEndian.Uint32(b[16:])
	// An incompressible body grows by a few bytes a block.
	if head > maxHead || raw > maxBody || frame > maxBody+maxBody/128+1024 {
		return 0, false, nil
	}
	return id + head + frame, true, nil
}

// parseRecord reads the record that is the whole of b, whose header parseHeader
// has accepted. The record's slices point into b.
func parseRecord(b []byte) (record, bool) {
	payload := b[headerSize:]
	if crc32.Checksum(payload, castagnoli) != binary.LittleEndian.Uint32(b[40:]) {
		return record{}, false
	}
	u32 := func(at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
	id, head := int(binary.LittleEndian.Uint16(b[6:])), int(u32(8))
	return record{
		kind:   recordKind(b[5]),
		index:  u32(20),
		rows:   u32(24),
		prev:   u32(28),
		runSeq: int64(binary.LittleEndian.Uint64(b[32:])),
		id:     payload[:id],
		head:   payload[id : id+head],
		frame:  payload[id+head:],
		raw:    u32(16),
		sum:    u32(44),
		size:   int64(len(b)),
	}, true
}

// A gap is a stretch of a segment that holds no intact record.
type gap struct {
	off, size int64
	torn      bool // it is the beginning of a record that the file ends in
}

func (g gap) String() string {
	if g.torn {
		return fmt.Sprintf("the %d bytes at offset %d are a record that was never finished, as a kill leaves one; they are dropped", g.size, g.off)
	}
	return fmt.Sprintf("the %d bytes at offset %d are damaged and skipped", g.size, g.off)
}

// A recordReader reads the records of one segment, and past what is damaged.
// It holds one window of the file, as large as the largest record.
type recordReader struct {
	file   io.ReaderAt
	size   int64
	off    int64 // of the next record
	window []byte
	start  int64 // of the window
}

const readAhead = 256 << 10

// next returns the next intact record and what was skipped before it. The
// record is valid until the following call. At the end of the file the error is
// io.EOF, and the gap is what was skipped at the end.
func (r *recordReader) next() (record, gap, error) {
	skipped := gap{off: r.off}
	cutOff := false
	for r.off < r.size {
		rec, cut, err := r.read()
		skipped.size = r.off - skipped.off
		if err != nil {
			return record{}, skipped, err
		}
		if rec.size > 0 {
			r.off += rec.size
			return rec, skipped, nil
		}
		if skipped.size == 0 {
			cutOff = cut
		}
		if err := r.seek(); err != nil {
			return record{}, skipped, err
		}
	}
	skipped.size = r.size - skipped.off
	skipped.torn = cutOff
	return record{}, skipped, io.EOF
}

// read reads the record at r.off; its size is 0 if there is none. cut tells that
// the file ends before the record does.
func (r *recordReader) read() (rec record, cut bool, err error) {
	b, err := r.at(r.off, headerSize)
	if err != nil {
		return record{}, false, err
	}
	if len(b) < headerSize {
		n := min(len(b), len(recordMagic))
		return record{}, bytes.Equal(b[:n], recordMagic[:n]), nil
	}
	payload, ok, err := parseHeader(b)
	if err != nil || !ok {
		return record{}, false, err
	}
	size := headerSize + payload
	if size > r.size-r.off {
		return record{}, true, nil
	}
	if b, err = r.at(r.off, size); err != nil {
		return record{}, false, err
	}
	if int64(len(b)) < size {
		return record{}, true, nil
	}
	rec, ok = parseRecord(b)
	if !ok {
		return record{}, false, nil
	}
	rec.off = r.off
	return rec, false, nil
}

// seek moves r.off forward to the next place where a record may begin.
func (r *recordReader) seek() error {
	for r.off++; r.off < r.size; {
		if _, err := r.at(r.off, int64(len(recordMagic))); err != nil {
			return err
		}
		rest := r.window[r.off-r.start:]
		if i := bytes.Index(rest, recordMagic); i >= 0 {
			r.off += int64(i)
			return nil
		}
		if r.off+int64(len(rest)) >= r.size || len(rest) < len(recordMagic) {
			break
		}
		r.off += int64(len(rest) - len(recordMagic) + 1) // the magic may lie across the edge
	}
	r.off = r.size
	return nil
}

// at returns the n bytes at off, fewer at the end of the file. They lie in the
// window.
func (r *recordReader) at(off, n int64) ([]byte, error) {
	n = min(n, r.size-off)
	if off < r.start || off+n > r.start+int64(len(r.window)) {
		want := min(max(n, readAhead), r.size-off)
		if int64(cap(r.window)) < want {
			r.window = make([]byte, want)
		}
		got, err := r.file.ReadAt(r.window[:want], off)
		r.window, r.start = r.window[:got], off
		if err != nil && err != io.EOF {
			r.window = r.window[:0]
			return nil, err
		}
		n = min(n, int64(got))
	}
	return r.window[off-r.start:][:n], nil
}
