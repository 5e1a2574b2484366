package runs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strconv"

	"fanlake/load/durable"
)

// Totals are what all runs of an account did, also those whose records were
// removed: they never go down.
type Totals struct {
	// Through is the id up to which removed records are counted; a run up to it
	// whose record is still there is in it too.
	Through  string                   `json:"through"`
	Runs     map[string]int64         `json:"runs"`     // by status
	Exits    map[string]int64         `json:"exits"`    // runs by exit status, of those that have one
	Requests map[string]map[int]int64 `json:"requests"` // by stream and status of the answer; 0 without one
	Sent     int64                    `json:"sent"`
	Foreign  int64                    `json:"foreign"` // requests of others on the same key
	Rows     int64                    `json:"rows"`
	Rejects  int64                    `json:"rejects"`
	Bytes    int64                    `json:"bytes"`
	Slices   map[string]int64         `json:"slices"`    // by stream
	Failed   map[string]int64         `json:"failed"`    // slices, by stream
	WaitsMS  map[string]int64         `json:"waits_ms"`  // by reason
	PhasesMS map[string]int64         `json:"phases_ms"` // by phase
}

// totalsFile holds the totals of removed records.
const totalsFile = "totals"

// ReadTotals adds up records, oldest first, and what was removed before them.
func ReadTotals(dir string, records []Run) (Totals, error) {
	t, err := readRemoved(dir)
	if err != nil {
		return t, err
	}
	for _, r := range records {
		if r.RunID > t.Through {
			t.add(r)
		}
	}
	return t, nil
}

// readRemoved reads the totals of removed records.
func readRemoved(dir string) (Totals, error) {
	path := filepath.Join(dir, "runs", totalsFile)
	t := Totals{}
	text, err := os.ReadFile(path)
	if err == nil {
		if err = json.Unmarshal(text, &t); err != nil {
			err = fmt.Errorf("%s: %w: restore it from a backup or remove it", path, err)
		}
	} else if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	for _, m := range []*map[string]int64{&t.Runs, &t.Exits, &t.Slices, &t.Failed, &t.WaitsMS, &t.PhasesMS} {
		if *m == nil {
			*m = map[string]int64{}
		}
	}
	if t.Requests == nil {
		t.Requests = map[string]map[int]int64{}
	}
	return t, err
}

func (t *Totals) add(r Run) {
	t.Runs[r.Status]++
	if r.ExitStatus != nil {
		t.Exits[strconv.Itoa(*r.ExitStatus)]++
	}
	t.Sent += r.Requests
	t.Foreign += r.Foreign
	t.Rows += r.RowsLoaded
	t.Rejects += r.Rejects
	t.Bytes += r.Bytes
	for name, st := range r.Streams {
		if t.Requests[name] == nil {
			t.Requests[name] = map[int]int64{}
		}
		for status, n := range st.Statuses {
			t.Requests[name][status] += n
		}
		t.Slices[name] += st.Slices
		t.Failed[name] += st.Failed
	}
	for reason, ms := range r.WaitsMS {
		t.WaitsMS[reason] += ms
	}
	for phase, ms := range r.TookMS {
		t.PhasesMS[phase] += ms
	}
}

// keepTotals counts the records up to an id, which are about to be removed.
func keepTotals(dir string, records []Run, through string) error {
	t, err := readRemoved(dir)
	if err != nil {
		return err
	}
	for _, r := range records {
		if r.RunID > t.Through && r.RunID <= through {
			t.add(r)
		}
	}
	t.Through = max(t.Through, through)
	maps.DeleteFunc(t.Requests, func(_ string, by map[int]int64) bool { return len(by) == 0 })
	text, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return durable.Write(filepath.Join(dir, "runs", totalsFile), append(text, '\n'))
}
