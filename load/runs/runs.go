// Package runs keeps the records of an account's runs, in its data directory:
//
//	runs/<run id>.json   one [Run], written at its start and replaced at its end
//	runs/pruned          the newest id of which the record was removed, see [Prune]
//	runs/totals          what the removed ones did, see [Totals]
//
// The records are part of what is backed up: what the warehouse says of runs is
// made of them. Run ids sort by time, and sequence numbers order runs whatever
// the clock says.
package runs

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fanlake/load/durable"
)

// The states of a run.
const (
	Started     = "running" // written at the start
	Killed      = "killed"  // its process ended without a word; the next run notes it
	OK          = "ok"
	Partial     = "partial" // slices failed or rows were rejected; the rest is applied
	Failed      = "failed"
	Interrupted = "interrupted"
)

// A Run is the record of one run: runs/<run id>.json, written at its start and
// replaced at its end.
type Run struct {
	RunID       string    `json:"run_id"`
	Seq         int64     `json:"seq"` // from 1, given under the lock; part of every row's version
	Account     string    `json:"account,omitempty"`
	StartedAt   time.Time `json:"started_at"`           // local clock, for people
	FinishedAt  time.Time `json:"finished_at,omitzero"` // of a killed run the last sign of it
	Status      string    `json:"status"`
	Trigger     string    `json:"trigger,omitempty"` // what started it: cli, schedule, …
	ToolVersion string    `json:"tool_version,omitempty"`
	APIVersion  string    `json:"api_version,omitempty"`
	Surface     string    `json:"surface,omitempty"`

	Requests   int64  `json:"requests"` // sent, whatever the answer
	Refused    int64  `json:"refused"`  // answered 429
	RowsLoaded int64  `json:"rows_loaded"`
	Rejects    int64  `json:"rejects"`
	WaitMS     int64  `json:"wait_ms"` // waited for the request budget
	Bytes      int64  `json:"bytes"`   // of the answers' bodies, unpacked
	Error      string `json:"error,omitempty"`
	// ExitStatus is what the program ends with for the run; nil while it runs, and
	// of a killed run, whose end nobody saw.
	ExitStatus *int `json:"exit_status,omitempty"`
	// Foreign counts requests of others on the same key, as far as the rate
	// headers showed any: at least so many.
	Foreign int64 `json:"foreign_requests,omitempty"`
	// KeyID names the API key without revealing it, and KeySince is the start of
	// the first run that had it. Both are empty where there is none.
	KeyID    string    `json:"key_id,omitempty"`
	KeySince time.Time `json:"key_since,omitzero"`
	// WaitsMS is WaitMS by reason, TookMS how long the phases of the run took.
	// Neither is part of the warehouse, as publishing is one of the phases.
	WaitsMS map[string]int64 `json:"waits_ms,omitempty"`
	TookMS  map[string]int64 `json:"took_ms,omitempty"`
	// Untold are the notifications of the run that did not arrive, by channel:
	// why. It is not part of the warehouse.
	Untold map[string]string `json:"untold,omitempty"`
	// Pages counts the pages in the run's journal when the record was written
	// last: of a killed run, those behind it are added to what it says. It is not
	// part of the warehouse.
	Pages int64 `json:"pages,omitempty"`
	// Narrowed says that the run was not to read all that was due: it was asked for
	// single streams or creators, or for nothing old. It is not part of the warehouse.
	Narrowed bool `json:"narrowed,omitempty"`
	// Full says that the run was to read everything again: a run that is not leaves
	// out what is left of it. It is not part of the warehouse.
	Full bool `json:"full,omitempty"`
	// Unread says that the run's own request budget was spent before everything
	// was read; the next run goes on there.
	Unread bool `json:"unread,omitempty"`
	// Backfill is what a backfill was asked for; nil of a run that reads what is new.
	Backfill *Backfill `json:"backfill,omitempty"`
	// Ended is set last: what was read is published, and nothing of the run is
	// left to do. It is not part of the warehouse.
	Ended      bool      `json:"ended,omitempty"`
	ServerTime time.Time `json:"server_time,omitzero"` // newest Date header: the marts' today

	Streams   map[string]Stream `json:"streams,omitempty"`
	Drift     []Drift           `json:"drift,omitempty"`
	Lifecycle []Lifecycle       `json:"lifecycle,omitempty"`
	// Failing are the posts, lists, links and folders whose rows could not be read
	// last, carried from run to run until they are. It is not part of the warehouse.
	Failing []Failing `json:"failing,omitempty"`
}

// Complete reports whether a run read all that was due: one that was asked for
// single streams or creators, for nothing old or for a stretch of the past, that
// its budget ended, or that did not come to its end, may have left anything out.
func (r Run) Complete() bool {
	return r.Status == OK && r.Ended && !r.Narrowed && !r.Unread && r.Backfill == nil
}

// A Failing is a post, list, link or folder whose rows could not be read.
type Failing struct {
	Stream  string    `json:"stream"`
	Creator string    `json:"creator"`       // uuid
	Parent  string    `json:"parent"`        // id, or name of a folder
	Since   time.Time `json:"since"`         // first failure
	Last    time.Time `json:"last"`          // newest one
	Nights  int       `json:"nights"`        // in which it was tried
	Next    time.Time `json:"next,omitzero"` // it is not tried before; zero for any time
}

// A Backfill is a stretch of the past that a run reads instead of what is new.
type Backfill struct {
	From  time.Time `json:"from"`            // half open, UTC
	To    time.Time `json:"to,omitzero"`     // zero is the run's now
	Again bool      `json:"again,omitempty"` // also what is covered
}

// Equal reports whether b asks for the same as o.
func (b *Backfill) Equal(o *Backfill) bool {
	if b == nil || o == nil {
		return b == o
	}
	return b.From.Equal(o.From) && b.To.Equal(o.To) && b.Again == o.Again
}

// A Stream counts what a run did for one stream.
type Stream struct {
	Slices   int64 `json:"slices"`
	Failed   int64 `json:"failed"`
	Requests int64 `json:"requests"`
	Refused  int64 `json:"refused"`
	Rows     int64 `json:"rows"`    // of the pages that came
	Rejects  int64 `json:"rejects"` // of the slices that were sealed
	// Statuses counts answers by status; 0 is a request without one. It is not
	// part of the warehouse.
	Statuses map[int]int64 `json:"statuses,omitempty"`
	Skipped  string        `json:"skipped,omitempty"` // why the stream was not read, such as a missing scope
}

// A Drift is a key of the API that this version does not know.
type Drift struct {
	Table string `json:"table"`
	Path  string `json:"path"`
	Type  string `json:"type"` // JSON type of an example
	Count int64  `json:"count"`
}

// A Lifecycle is what the API said of its own version in a header.
type Lifecycle struct {
	Header string `json:"header"` // Deprecation, Sunset, X-Fanvue-API-Next-Version
	Value  string `json:"value"`
}

// Write writes a run record, whole or not at all.
func Write(dir string, r Run) error {
	if r.RunID == "" || strings.ContainsAny(r.RunID, `/\`) {
		return fmt.Errorf("run record: %q is no run id", r.RunID)
	}
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return fmt.Errorf("run %s: %w", r.RunID, err)
	}
	folder := filepath.Join(dir, "runs")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return durable.Write(filepath.Join(folder, r.RunID+".json"), append(text, '\n'))
}

// Read returns every run record in the order of their sequence. A record
// that cannot be read is an error naming its file.
func Read(dir string) ([]Run, error) {
	entries, err := os.ReadDir(filepath.Join(dir, "runs"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var records []Run
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".json" || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		path := filepath.Join(dir, "runs", e.Name())
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		var r Run
		if err := json.Unmarshal(text, &r); err != nil {
			return nil, fmt.Errorf("%s: %w: restore the record from a backup or move it away", path, err)
		}
		records = append(records, r)
	}
	slices.SortFunc(records, func(a, b Run) int {
		return cmp.Or(cmp.Compare(a.Seq, b.Seq), strings.Compare(a.RunID, b.RunID))
	})
	return records, nil
}

// NoteUntold adds to a run's record which notifications did not arrive.
func NoteUntold(dir, runID string, untold map[string]string) error {
	records, err := Read(dir)
	if err != nil {
		return err
	}
	for _, r := range records {
		if r.RunID == runID {
			r.Untold = untold
			err := Write(dir, r)
			if errors.Is(err, fs.ErrNotExist) { // a run that begins clears what it takes for left behind
				err = Write(dir, r)
			}
			return err
		}
	}
	return nil
}

// Prune removes the records of runs that began before an instant. What is
// still asked of runs stays: the newest one, the newest that was complete, the
// newest backfill and those of which nobody said yet that they were killed. The
// caller holds the lock of the directory.
//
// Later runs take a part of a removed record for one of a recorded run.
func Prune(dir string, before time.Time) (removed int, err error) {
	records, err := Read(dir)
	if err != nil {
		return 0, err
	}
	keep := map[string]bool{}
	for _, r := range records {
		if r.StartedAt.After(before) || r.Status == Started {
			keep[r.RunID] = true
		}
	}
	newest := func(is func(Run) bool) {
		for _, r := range slices.Backward(records) {
			if is(r) {
				keep[r.RunID] = true
				return
			}
		}
	}
	newest(func(Run) bool { return true })
	newest(Run.Complete)
	newest(func(r Run) bool { return r.Backfill != nil })
	last := ""
	for _, r := range records {
		if !keep[r.RunID] {
			last = max(last, r.RunID)
		}
	}
	if last == "" {
		return 0, nil
	}
	// First the mark: parts of runs without a record are all looked into else.
	if err := durable.Write(filepath.Join(dir, "runs", prunedFile), []byte(max(last, PrunedTo(dir))+"\n")); err != nil {
		return 0, err
	}
	if err := keepTotals(dir, records, last); err != nil {
		return 0, err
	}
	for _, r := range records {
		if keep[r.RunID] {
			continue
		}
		if err := os.Remove(filepath.Join(dir, "runs", r.RunID+".json")); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, durable.SyncDir(filepath.Join(dir, "runs"))
}

// prunedFile holds the id of the newest run whose record was removed.
const prunedFile = "pruned"

// PrunedTo is the id up to which records of runs were removed, empty for none.
// Run ids sort by time.
func PrunedTo(dir string) string {
	text, err := os.ReadFile(filepath.Join(dir, "runs", prunedFile))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// NextSeq is the sequence number of the next run. The caller holds the lock of
// the directory and writes the run's record before it reads a page.
func NextSeq(dir string) (int64, error) {
	records, err := Read(dir)
	if err != nil {
		return 0, err
	}
	if len(records) == 0 {
		return 1, nil
	}
	last := records[len(records)-1]
	if last.Seq == math.MaxInt64 {
		return 0, fmt.Errorf("run %s has the last sequence number there is: its record is damaged; restore it from a backup or move it away", last.RunID)
	}
	return max(1, last.Seq+1), nil
}
