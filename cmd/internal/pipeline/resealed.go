package pipeline

import (
	"fanlake/extract"
	"fanlake/load/runs"
)

// dropSealed takes those slices out of the journal that a part of the lake has
// whole. A run that was killed between placing a part and saying so leaves them,
// as does a journal that lost its last second with the power. Sealed once more
// they would stand in two parts, which no compaction ever merges.
func (s *session) dropSealed() error {
	left := map[string]extract.JournalSlice{}
	since := s.result.Seq
	for _, js := range s.journal.Slices() {
		if js.Pages > 0 {
			left[js.ID], since = js, min(since, js.Last.RunSeq)
		}
	}
	if len(left) == 0 {
		return nil
	}
	read, err := runs.Read(s.Dir)
	if err != nil {
		return err
	}
	for _, r := range read {
		if r.Seq < since || r.RunID == s.result.RunID {
			continue
		}
		parts, err := s.glob("lake/*/*/" + r.RunID + "-*.parquet")
		if err != nil {
			return err
		}
		for _, path := range parts {
			if err := s.dropSealedIn(path, left); err != nil {
				return err
			}
		}
	}
	return nil
}

// dropSealedIn drops those slices that are left and that one part has.
func (s *session) dropSealedIn(path string, left map[string]extract.JournalSlice) error {
	f, err := readFooter(path)
	if err != nil {
		return nil // what is no part of fanlake is for load to complain of
	}
	var ids []string
	for _, sl := range f.Slices {
		js, ok := left[sl.ID]
		st, _ := extract.StreamByName(js.Stream)
		behind := js.Last.RunSeq > sl.LastSeq || js.Last.RunSeq == sl.LastSeq && js.Last.Number > sl.LastPage
		if !ok || st.Table != f.Table || behind { // a part of people or rejects names the slices that it came from
			continue
		}
		delete(left, sl.ID)
		ids = append(ids, sl.ID)
		if !js.Finished {
			if err := s.journal.Finish(sl.ID, sl.Complete, ""); err != nil {
				return err
			}
		}
		s.sealer.reject(js.Stream, sl.Rejected) // nobody has said so
	}
	return s.journal.Sealed(ids, []string{f.PartID})
}
