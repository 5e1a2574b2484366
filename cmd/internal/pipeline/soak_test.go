package pipeline_test

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract/fanvuesim"
	"fanlake/load"
)

// soakNights is how many nights pass: 6, or 1,000 with FANLAKE_LONG=1.
func soakNights() int {
	if long() {
		return 1000
	}
	return 6
}

// holdings are what a process and a data directory hold on to.
type holdings struct {
	descriptors, goroutines int
	resident                int64 // bytes
	files                   int   // but parts and run records, of which each night leaves some
	parts                   int
}

func (r *rig) holdings(t *testing.T) (h holdings) {
	t.Helper()
	runtime.GC()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("this system does not list descriptors")
	}
	h.descriptors, h.goroutines = len(fds), runtime.NumGoroutine()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	h.resident = pages * int64(os.Getpagesize())
	err = filepath.WalkDir(r.account.Dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || d.IsDir():
		case strings.Contains(path, "/lake/"):
			h.parts++
			if strings.HasSuffix(path, ".tmp") {
				t.Errorf("left behind: %s", path)
			}
		case !strings.Contains(path, "/runs/"):
			h.files++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// Night after night of a world that goes on, with faults that pass and runs
// that are killed: nothing is lost, and neither the process nor the directory
// holds on to more and more. Run records are pruned on the way.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes")
	}
	dice := rand.New(rand.NewPCG(6, 23))
	r := newRig(t, fanvuesim.Options{World: small(23)})
	nights := soakNights()
	every := max(3, nights/20)
	kinds := []fanvuesim.Fault{{Kind: fanvuesim.StatusFault}, {Kind: fanvuesim.StatusFault, Status: 503}, {Kind: fanvuesim.CutBefore}, {Kind: fanvuesim.CutBody}, {Kind: fanvuesim.Truncated}, {Kind: fanvuesim.HTMLPage}}
	var before holdings
	killed, faults := 0, 0
	for night := range nights {
		if night%4 == 3 && r.killOne(t, dice) {
			killed++
		}
		if dice.IntN(3) == 0 {
			f := kinds[dice.IntN(len(kinds))]
			f.Skip, f.Count = 1+dice.IntN(6), 1
			r.sim.Gate().Inject(f)
			faults++
		}
		if night == nights/2 { // the records of the first half are old then
			runs, err := load.ReadRuns(r.account.Dir)
			if err != nil {
				t.Fatal(err)
			}
			r.account.KeepRuns = runs[len(runs)/2].StartedAt
		}
		_, err := r.try(t, pipeline.SyncOptions{Trigger: "soak"})
		r.sim.Gate().ClearFaults()
		if err != nil {
			r.sync(t, pipeline.SyncOptions{Trigger: "soak"})
		}
		r.compare(t)
		if night%every == every-1 || night == nights-1 {
			now := r.holdings(t)
			// Connections that are kept alive end with the server's side of them.
			r.server.CloseClientConnections()
			for n := 0; n < 500 && before != (holdings{}) && (now.descriptors > before.descriptors+8 || now.goroutines > before.goroutines+8); n++ {
				now = r.holdings(t)
			}
			t.Logf("night %d: %d descriptors, %d goroutines, %d MiB, %d files, %d parts; %d kills, %d faults so far", night+1, now.descriptors, now.goroutines, now.resident>>20, now.files, now.parts, killed, faults)
			if before == (holdings{}) {
				before = now
			}
			if now.descriptors > before.descriptors+8 || now.goroutines > before.goroutines+8 || now.files > before.files+1 || now.resident > before.resident+128<<20 {
				t.Fatalf("night %d holds %+v, night %d held %+v", night+1, now, every, before)
			}
		}
		if t.Failed() {
			t.FailNow()
		}
		r.sim.Night()
	}
	runs, err := load.ReadRuns(r.account.Dir)
	if err != nil || len(runs) < nights/2 || len(runs) >= nights+killed {
		t.Errorf("%d run records of %d nights and %d kills (%v); those of the first part were to be pruned", len(runs), nights, killed, err)
	}
	for i, run := range runs {
		if i > 0 && run.Seq <= runs[i-1].Seq {
			t.Errorf("run %s has sequence number %d behind %d", run.RunID, run.Seq, runs[i-1].Seq)
		}
	}
	r.rebuildsEqual(t)
}
