package extract

// A sliceLog is what the index holds of a slice.
type sliceLog struct {
	JournalSlice
	pages    []pageRef
	segments []*segment // that hold a record of it, oldest first
	known    bool       // Slice has been read
	sealed   bool

	// While the journal is being opened.
	firstHead []byte // of the first page
	lastHead  []byte // of the last page
	lost      bool   // a record names a page that is not there
}

// A pageRef says where a page's record is.
type pageRef struct {
	segment *segment
	off     int64
	size    uint32
	sum     uint32
	rows    uint32
	raw     uint32
}

// sum is what the slice's next record names as the one before it.
func (s *sliceLog) sum() uint32 {
	if len(s.pages) == 0 {
		return 0
	}
	return s.pages[len(s.pages)-1].sum
}

func (s *sliceLog) push(ref pageRef) {
	s.pages = append(s.pages, ref)
	s.Pages++
	s.Rows += int64(ref.rows)
	s.Bytes += int64(ref.raw)
}

// cut keeps the first n pages. It leaves the array of pages to those who are
// reading it. Unless n is 0 it leaves Last to the caller.
func (s *sliceLog) cut(n int) {
	for _, ref := range s.pages[n:] {
		s.Pages--
		s.Rows -= int64(ref.rows)
		s.Bytes -= int64(ref.raw)
	}
	if n < len(s.pages) {
		s.pages = s.pages[:n:n]
	}
	s.Finished, s.Complete, s.Why = false, false, ""
	if n == 0 {
		s.First, s.Last, s.firstHead, s.lastHead = Page{}, Page{}, nil, nil
	}
}

// seal drops what is no longer needed of a slice whose seal lies in seg.
func (s *sliceLog) seal(seg *segment) {
	seg.seals = append(seg.seals, s)
	s.sealed = true
	s.pages, s.firstHead, s.lastHead = nil, nil, nil
}
