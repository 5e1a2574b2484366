package pipeline_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract/fanvuesim"
)

// Slices that are in a part and in the journal too, as a kill between the two
// leaves them, are not sealed again: what stands in two parts is never merged.
// Nor are those of which the journal lost the end.
func TestWhatAPartHasIsNotSealedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: fanvuesim.WorldOptions{Seed: 31, Agency: true, OwnerIsCreator: true, Creators: 12, FansPerCreator: 5,
		EarningsPerCreator: 10, ChatsPerCreator: 1, MessagesPerChat: 1}})
	r.account.Dir = filepath.Join(t.TempDir(), "a [b] 'c' * {d} ü", r.account.Name) // no pattern, whatever is in it
	r.killAt(t, 70)                                                                 // before the first part is sealed
	journal, kept := filepath.Join(r.account.Dir, "journal"), filepath.Join(t.TempDir(), "journal")
	if err := os.CopyFS(kept, os.DirFS(journal)); err != nil {
		t.Fatal(err)
	}
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
	r.sim.Night()
	if err := errors.Join(os.RemoveAll(journal), os.CopyFS(journal, os.DirFS(kept))); err != nil {
		t.Fatal(err)
	}
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
	r.sealedOnce(t)
	if left, err := os.ReadDir(journal); err != nil || len(left) > 0 {
		t.Errorf("the journal keeps %v, %v", left, err)
	}
}

// sealedOnce wants every slice in one part.
func (r *rig) sealedOnce(t testing.TB) {
	t.Helper()
	same(t, "slices in more than one part", r.query(t, `SELECT table_name, slice_id FROM meta.slices GROUP BY ALL HAVING count(*) > 1`), nil)
}
