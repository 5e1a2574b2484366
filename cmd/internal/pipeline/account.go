// Package pipeline moves one account's data from the API to the published
// warehouse: plan, extract, transform, load, verify. It is the only package
// that sees all stages; they pass each other pages, parts and nothing else.
//
// [Account.Sync] is one run:
//
//	lock        one run per data directory, held by the kernel
//	identity    whose key is it; another owner's is refused before anything is written
//	recover     what an earlier run had journalled is sealed or gone on with
//	rounds      plan from the warehouse, read slices, seal parts, apply them
//	finish      marts, checks, publication, run record
//
// A round plans from what the rounds before have applied: first the streams
// that tell what changed, then what changed, then what is in doubt. Slices of
// one creator and table run one after the other, so that their order is the
// order of their rows' versions; creators run beside each other.
package pipeline

import (
	"context"
	"net/http"
	"path/filepath"
	"time"

	"fanlake/extract"
	"fanlake/load"
)

// An Account is one key owner's data directory and how to read for it. Every
// field is required unless it says otherwise.
type Account struct {
	Name       string
	Dir        string   // <data_dir>/<name>
	Key        KeyStore // of the pseudonyms
	BaseURL    string
	Surface    string // v1, v0 or bare
	APIVersion string
	Credential extract.Credential
	// Renew gets another credential for a refused one; nil where there is none.
	Renew      func(ctx context.Context, refused http.Header) error
	Limit      extract.Limit
	PerCreator bool // each creator has a rate bucket of its own
	Settings   load.Settings
	Skip       map[string]bool // handles or uuids of creators that are not read; may be nil
	// Named are the creators whom the configuration gives anything of their own, by
	// lower case handle or uuid, and where it does. It may be nil.
	Named map[string]string
	// Cadence is how often a stream is read, where it is not the usual: nightly,
	// weekly or off. It may be nil.
	Cadence     map[string]string
	KeepText    bool
	MemoryLimit string // of DuckDB; empty for its default
	Threads     int    // of DuckDB; 0 for its default
	ToolVersion string
	// KeepRuns is before when records of runs are removed; zero keeps them.
	KeepRuns time.Time
	// RotateBefore is before when a key that was first used then is to be
	// replaced; zero for no reminder.
	RotateBefore time.Time
	// StaleAfter is how old the newest complete data may be; 0 for 48 hours.
	StaleAfter time.Duration
	// ExitStatus is what the program ends with for a run's error, for its
	// record. It may be nil.
	ExitStatus func(ctx context.Context, err error) int
	Workers    int // slices read beside each other; 0 for 4
}

func (a Account) lake() string    { return filepath.Join(a.Dir, "lake") }
func (a Account) journal() string { return filepath.Join(a.Dir, "journal") }
func (a Account) lockFile() string {
	return filepath.Join(a.Dir, "lock")
}

// glob returns the paths of the directory's files that a pattern matches.
func (a Account) glob(pattern string) ([]string, error) { return load.Glob(a.Dir, pattern) }

func (a Account) ownerFile() string { return filepath.Join(a.Dir, "owner.json") }

// Published is the path of the warehouse that analysts open.
func (a Account) Published() string { return filepath.Join(a.Dir, "warehouse.duckdb") }

// PublishedPeople is the path of the names of fans.
func (a Account) PublishedPeople() string { return filepath.Join(a.Dir, "people.duckdb") }

func (a Account) surface() extract.Surface { return extract.Surface(a.Surface).Or() }

func (a Account) workers() int {
	if a.Workers > 0 {
		return a.Workers
	}
	return 4
}

// A Reporter is told what a run does. Its methods may be called from several
// goroutines.
type Reporter interface {
	// Step is a step of the run that began or ended.
	Step(text string, attrs ...any)
	// Progress is how far long work on this machine is, in rows or parts. It is
	// called often; total is 0 where it is not known.
	Progress(work string, done, total int64)
	// Pages is called after each page with the pages read by this run.
	Pages(read int64, stream, creator string)
	// Trouble is what keeps a run up and may pass. Unlike a step it is also for
	// those who want no progress.
	Trouble(text string, attrs ...any)
	// Wait says why and until when no request is sent.
	Wait(reason string, until time.Time)
}
