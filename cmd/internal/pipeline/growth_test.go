package pipeline_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract/fanvuesim"
)

// Nights of edits leave no more behind than what they read: no journal, no file
// of the state that grows, nothing open. Months of them, with compactions, are
// for FANLAKE_LONG=1; that the warehouse itself stays within bounds is tested in
// load.
func TestNightsLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	nights := 5
	if long() {
		nights = 400
	}
	r := newRig(t, fanvuesim.Options{World: fanvuesim.WorldOptions{Seed: 71, Creators: 1, FansPerCreator: 20, EarningsPerCreator: 60, ChatsPerCreator: 4, MessagesPerChat: 10, Months: 1}})
	var first, last footprint
	month := r.sim.Now().UTC().Month()
	for n := range nights {
		r.sync(t, pipeline.SyncOptions{})
		if now := r.sim.Now().UTC().Month(); now != month {
			month = now
			c, err := r.account.Compact(t.Context(), r.steps, false)
			if err != nil {
				t.Fatal(err)
			}
			if problems, checks, err := r.account.VerifyDeep(t.Context(), r.steps); err != nil {
				t.Errorf("night %d, after compaction: %v, %v, %v", n, problems, checks, err)
			}
			t.Logf("night %d: %+v", n, c)
		}
		last = r.footprint(t)
		if n == 2 {
			first = last
		}
		if last.journal > 0 {
			t.Errorf("night %d: %d bytes of journal", n, last.journal)
		}
		if last.private > 3*last.used+4<<20 {
			t.Errorf("night %d: the private file has %d bytes for %d of content", n, last.private, last.used)
		}
		for _, path := range r.leftOpen() {
			t.Errorf("night %d: %s is open", n, path)
		}
		if n%50 == 0 {
			t.Logf("night %d: %+v", n, last)
		}
		r.sim.Night()
	}
	if last.state > 2*first.state+1<<20 {
		t.Errorf("the state beside the private file has %d bytes, it had %d", last.state, first.state)
	}
	if per := last.runs / int64(nights); per > 4096 {
		t.Errorf("a night's record takes %d bytes", per)
	}
	t.Logf("after %d nights: %+v", nights, last)
}

// A footprint is what an account takes on the disk, in bytes but for counts.
type footprint struct {
	private, used, published int64
	parts, lake              int64
	state                    int64 // beside the private files
	journal                  int64
	runs                     int64
}

func (r *rig) footprint(t *testing.T) (f footprint) {
	t.Helper()
	dir := r.account.Dir
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		rel, _ := filepath.Rel(dir, path)
		top, _, _ := strings.Cut(filepath.ToSlash(rel), "/")
		switch {
		case rel == "warehouse.duckdb":
			f.published = info.Size()
		case rel == filepath.Join("state", "warehouse.duckdb"):
			f.private = info.Size()
		case top == "state":
			f.state += info.Size()
		case top == "lake":
			f.parts, f.lake = f.parts+1, f.lake+info.Size()
		case top == "journal":
			f.journal += info.Size()
		case top == "runs":
			f.runs += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range queryFile(t, r.account.Published(), `SELECT (used_blocks * block_size)::BIGINT FROM pragma_database_size() WHERE database_name = 'warehouse'`) {
		fmt.Sscan(row, &f.used)
	}
	return f
}

// leftOpen names the files of the account that this process has open, but for
// the publications that the rig looks at, where the system says so.
func (r *rig) leftOpen() (open []string) {
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		path, err := os.Readlink(filepath.Join("/proc/self/fd", e.Name()))
		rel, err2 := filepath.Rel(r.account.Dir, path)
		if err == nil && err2 == nil && filepath.IsLocal(rel) && !strings.HasPrefix(rel, "warehouse.duckdb") {
			open = append(open, rel)
		}
	}
	return open
}
