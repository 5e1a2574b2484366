// Package load keeps the warehouse: it folds Parquet parts into a private
// DuckDB file and publishes copies of it.
//
//	Open       the private files; what is missing, damaged or of another schema is rebuilt
//	Apply      folds the parts that are not applied yet (parts.go, apply*.go, fold*.go)
//	Finish     run records, coverage, marts, checks
//	Publish    a copy under the published name, for analysts
//	Query      one statement on that copy, see package query
//	Rebuild    everything again from the lake
//	Verify     whether lake, private and published files agree
//	VerifyFold whether folding everything again gives the same
//	Compact    merges small parts into ones that stand for them (compact.go, merge.go)
//
// The warehouse is a fold over the parts of the lake. The version of a row is
// (run sequence, page) of its fetch, and the outcome is that of applying every
// row and every completed slice in the order of their versions, in whatever
// order and portions the parts were applied: what arrives late makes its scope
// be folded again from all parts. A row is replaced only by other content, so
// _run_id and _fetched_at name the run that first saw it, and reading an
// unchanged world again changes no row.
//
// A data directory has one warehouse and one process that opens it:
//
//	lake/<table>/<yyyy-mm>/<part id>.parquet   the parts; only Compact writes any
//	runs/<run id>.json                         run records, see package runs
//	state/warehouse.duckdb, people.duckdb      private files
//	state/warehouse.json, people.json          what the closed private files are
//	warehouse.duckdb, people.duckdb            published copies, see [CurrentFile]
//	.warehouse.duckdb.standby                  of which the next copy is made, see [standbyPath]
//
// Names and the platform's uuids of fans stand in people.duckdb alone.
//
// A live .duckdb file is never opened by path in this process: closing any
// descriptor of it would drop DuckDB's lock. It is hashed and copied closed.
package load

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Options say whose warehouse this is and how much of the machine it may use.
type Options struct {
	Dir            string // the account's data directory
	Account        string // parts of another account are refused
	Owner          string // uuid of the key's owner; parts of another owner are refused
	KeyFingerprint string // of the pseudonym key; parts of another key are refused
	ToolVersion    string
	MemoryLimit    string // of DuckDB, such as "512MB"; empty for its default
	Threads        int    // of DuckDB; 0 for its default
	Settings       Settings

	// Progress is told of long work; total is 0 where it is not known.
	// It may be nil.
	Progress func(step string, done, total int64)

	scratch string // directory of the private files, where it is another one; see [Warehouse.VerifyFold]
}

// state is the directory of the private files.
func (o Options) state() string { return cmp.Or(o.scratch, filepath.Join(o.Dir, "state")) }

// Settings are the values of the configuration that change what the marts say.
// They stand in the schema cfg.
type Settings struct {
	Timezone   string                     // IANA reporting time zone; empty for UTC
	Creators   map[string]CreatorSettings // by lower-case handle or uuid
	Commission []CommissionTerms
	FX         FX
}

// CreatorSettings are settings of one creator; empty fields fall back.
type CreatorSettings struct {
	Timezone string // IANA reporting time zone; empty for the account's
	Label    string // what reports print; empty for the handle
}

// CommissionTerms are what the agency takes of one creator's earnings, from the
// month of a day on.
type CommissionTerms struct {
	Creator     string    // lower-case handle or uuid
	From        time.Time // the day, as midnight UTC
	Basis       string    // net or gross
	Rewards     bool      // whether rewards of the platform count
	Chargebacks bool      // whether chargebacks lower the amount
	Minimum     int64     // least commission of a month in US cents, as far as its amount goes
	Tiers       []CommissionTier
}

// A CommissionTier is the share of what lies between the tier before and its
// own end. The last one has no end.
type CommissionTier struct {
	UpToCents int64 // US cents, 0 for no end
	BPS       int   // hundredths of a percent
}

// FX says how reports convert US dollars.
type FX struct {
	Home   string // ISO 4217 code; empty if nothing is converted
	Method string
	Rates  []FXRate
}

// An FXRate is what one unit of Base is worth in Quote in a month.
type FXRate struct {
	Month       time.Time // its first day, as midnight UTC
	Base, Quote string    // ISO 4217 codes
	Rate        string    // decimal digits, at most 8 of them behind the point
	Source      string
}

// A Warehouse is the open warehouse of one data directory. It is for one
// goroutine, but for DB, which may be queried beside it.
type Warehouse struct {
	opts    Options
	main    *store
	people  *store
	rebuilt string
	whole   bool // the next Finish checks rows that were checked before too
}

// Open opens the warehouse of a data directory, creating what is missing. A
// private file that is missing while there are parts, that cannot be read, that
// is not what was closed last, or that was made by another schema is made again
// from the lake; [Warehouse.Rebuilt] says why.
func Open(ctx context.Context, opts Options) (*Warehouse, error) {
	if opts.Progress == nil {
		opts.Progress = func(string, int64, int64) {}
	}
	if err := os.MkdirAll(opts.state(), 0o700); err != nil {
		return nil, err
	}
	w := &Warehouse{opts: opts,
		main:   newStore(opts, "warehouse"),
		people: newStore(opts, "people"),
	}
	for _, s := range w.stores() {
		why, err := s.open(ctx)
		if err != nil {
			return nil, errors.Join(err, w.Close())
		}
		if why != "" {
			w.rebuilt = why
		}
	}
	if err := w.writeSettings(ctx); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	if w.rebuilt != "" {
		if _, err := w.Apply(ctx); err != nil && !isPartError(err) {
			return nil, errors.Join(err, w.Close())
		}
	}
	return w, nil
}

// stores are the private files in the order of their names.
func (w *Warehouse) stores() []*store { return []*store{w.main, w.people} }

// Rebuilt says why Open, Apply or Finish made the private files again from the
// lake; empty if none did.
func (w *Warehouse) Rebuilt() string { return w.rebuilt }

// DB is the private warehouse, for reading beside the one goroutine that
// applies. It changes with [Warehouse.Rebuild], and is closed, and nil until the
// warehouse is used again, behind a [Warehouse.Publish] that copied it.
func (w *Warehouse) DB() *sql.DB { return w.main.db }

// open opens the private files that Publish closed.
func (w *Warehouse) open(ctx context.Context) error {
	for _, s := range w.stores() {
		if s.db == nil {
			if err := s.connect(ctx); err != nil {
				return fmt.Errorf("open %s: %w", s.path(), err)
			}
		}
	}
	return nil
}

// Close closes the private files and notes what they are.
func (w *Warehouse) Close() error {
	var errs []error
	for _, s := range w.stores() {
		if err := s.close(); err != nil {
			errs = append(errs, fmt.Errorf("close %s: %w", s.path(), err))
		}
	}
	return errors.Join(errs...)
}
