// Package statement makes documents for creators and accountants from a
// published warehouse and from what earlier statements froze.
//
//	Earnings   a creator's month, as a [document.Document] that prints itself
//	Payout     what the agency takes of it, and owes the creator
//	TaxYear    the twelve months from a day on, for an accountant
//	Keep       its folder of files; a final one is frozen there
//	Journal    entries of a month for accounting
//
//	statement.go   Options, Params, which creator
//	month.go       which month, its instants, what of it was read
//	read.go        what is asked of the warehouse
//	figures.go     sums of lines
//	payout*.go     the payout statement
//	tax*.go        the pack of a tax year
//	journal.go     entries of a month for accounting
//	digest.go      a day of all creators in some lines
//	page.go        what all kinds of documents say alike
//	earnings.go    the statement, its state
//	adjust.go      what changed of statements that are final
//	sections.go    the tables of the document
//	year.go        the table of the last twelve months
//	notes.go       what every line means
//	keep.go        the files, written and read back
//
// document holds the document and its forms, record the folders, commission the
// arithmetic of what an agency takes.
//
// A month is a calendar month in the creator's reporting time zone. Reversals
// count in the month they happened. Amounts are signed US cents and are shown
// with the sign that makes a column add up: fees, refunds and chargebacks are
// negative. What was not read is not zero: a figure without rows in a month that
// is not covered is absent, and the missing windows are named.
//
// Every figure of a document comes from its lines, which a final statement
// freezes; so does its time zone. What later becomes of a closed month never
// changes its statement but stands in the next one, as an adjustment, or in a
// new version. The sum of all current versions and of what is still to be
// adjusted is always what the warehouse has.
//
// Nothing here reads the clock. "Today" is the server's time at the end of the
// last run, and the document says so.
package statement

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"fanlake/load"
	"fanlake/load/lookup"
	"fanlake/load/query"
	"fanlake/load/statement/commission"
	"fanlake/load/statement/document"
	"fanlake/load/statement/manifest"
	"fanlake/load/statement/record"
)

// Errors that say what to ask for instead; their texts list it.
var (
	ErrNoMonth = errors.New("no data for the month")
	// ErrUnregistered is the [ErrNoMonth] of a month that nothing can bring, and
	// ErrAhead that of one that only time brings.
	ErrUnregistered = errors.New("was over before the creator registered")
	ErrAhead        = errors.New("had not begun when the last run ended")
	// ErrRestate says that there is nothing that a new version could replace or change.
	ErrRestate = errors.New("nothing to restate")
	// ErrNoTerms says that no terms of an agency are in force.
	ErrNoTerms = errors.New("no terms of commission")
)

// Options say whose statements these are and where things stand.
type Options struct {
	Warehouse   string // path of the published file
	Account     string // the account's directory, which holds the statements
	Owner       string // whom the data are private to, for people; empty for "the key owner"
	FinalAfter  int    // days after the end of a month when it is final though rows are pending; 0 for 10
	ToolVersion string
	Parties     map[string]Party // by lower case handle or uuid
	// Terms and Adjustments are what payout statements are made of, by lower case
	// handle or uuid.
	Terms       map[string][]commission.Terms
	Adjustments map[string][]commission.Adjustment
	FX          load.FX // the user's rates; no home currency for none
	Query       query.Options
}

// A Party is what is known of a creator beside the platform.
type Party struct {
	LegalName string
	Address   string // its lines end with \n
}

// defaultFinalAfter and maxFinalAfter are days; money stays pending for up to 28.
const (
	defaultFinalAfter = 10
	maxFinalAfter     = 30
)

// Params say which statement is wanted.
type Params struct {
	Creator string    // handle, label, uuid, or empty where there is only one creator
	Month   time.Time // any instant of the calendar month as written, whatever its zone; zero for the last one that is over
	// Restate makes a new version of a final statement from the data of now.
	Restate bool
}

// A Statement is a creator's month.
type Statement struct {
	Document *document.Document
	// Lines are what its figures are made of: the earnings of the month, then
	// the adjustments, each in the order of their instants.
	Lines []record.Line
	// Kept is the version in the record; nil of a statement that is not final
	// or not kept yet.
	Kept *record.Version
	// Changed is what the data of now say otherwise of a final statement, as far
	// as no other statement reports it.
	Changed []record.Line
	// Outdated says of a final statement what it was made of that has another
	// version by now; empty if nothing has.
	Outdated string
}

// A creator as the warehouse knows it.
type creator struct {
	id, handle, label, timezone string
	registeredAt                time.Time
}

// name is the handle, or the uuid of one without.
func (c creator) name() string {
	if c.handle == "" {
		return c.id
	}
	return c.handle
}

// Earnings makes the earnings statement of a creator's month, or returns the
// final one as it was frozen. It writes nothing. The error is
// [load.ErrNotPublished], [lookup.ErrNoCreator], [ErrNoMonth], [ErrRestate] or
// [record.ErrModified] where the caller can do something.
func Earnings(ctx context.Context, o Options, p Params) (*Statement, error) {
	return with(ctx, o, func(m *maker) (*Statement, error) { return m.earnings(ctx, p) })
}

// with makes a statement from the published file.
func with(ctx context.Context, o Options, make func(*maker) (*Statement, error)) (*Statement, error) {
	file, err := load.OpenPublished(ctx, o.Warehouse, o.Query)
	if err != nil {
		return nil, err
	}
	if o.FinalAfter == 0 {
		o.FinalAfter = defaultFinalAfter
	}
	s, err := make(&maker{opts: o, file: file})
	return s, errors.Join(err, file.Close())
}

// Creators returns the uuids of all creators of a published file by their
// handles: each makes a statement of its own.
func Creators(ctx context.Context, path string) ([]string, error) {
	file, err := load.OpenPublished(ctx, path, query.Options{})
	if err != nil {
		return nil, err
	}
	all, err := (&maker{file: file}).creators(ctx)
	ids := make([]string, len(all))
	for i, c := range all {
		ids[i] = c.id
	}
	return ids, errors.Join(err, file.Close())
}

// Due returns the first days of the months whose statements of a creator are to
// be written now: the last one that is over, and those before it of which one is
// kept that is not final. There are none before the first finished run.
func Due(ctx context.Context, o Options, creator string) ([]time.Time, error) {
	var due []time.Time
	_, err := with(ctx, o, func(m *maker) (*Statement, error) {
		if err := m.begin(ctx, creator); err != nil {
			return nil, err
		}
		last, err := m.wanted(time.Time{})
		if errors.Is(err, ErrNoMonth) {
			return nil, nil
		}
		unsettled := map[string]bool{last.Format("2006-01"): true}
		for _, v := range m.versions {
			if v.Kind == manifest.TaxYear || v.Month > last.Format("2006-01") {
				continue
			}
			if _, isFinal := m.newest(v.Kind)[v.Month]; !isFinal {
				unsettled[v.Month] = true
			}
		}
		for _, name := range slices.Sorted(maps.Keys(unsettled)) {
			month, err := time.Parse("2006-01", name)
			if err != nil {
				return nil, err
			}
			due = append(due, month)
		}
		return nil, err
	})
	return due, err
}

// unnamed is the [lookup.ErrNoCreator] of who named none of several, which it lists.
type unnamed string

func (u unnamed) Error() string      { return "there are several creators: name one of " + string(u) }
func (unnamed) Is(target error) bool { return target == lookup.ErrNoCreator }

// find picks the creator that name means, or the only one there is.
func find(creators []creator, name string) (creator, error) {
	known := make([]lookup.Creator, len(creators))
	for i, c := range creators {
		known[i] = lookup.Creator{ID: c.id, Handle: c.handle, Label: c.label}
	}
	switch {
	case name == "" && len(creators) == 1:
		return creators[0], nil
	case name == "" && len(creators) > 1:
		return creator{}, unnamed(lookup.Creators(known))
	}
	i, err := lookup.FindCreator(known, name)
	if err != nil {
		return creator{}, err
	}
	return creators[i], nil
}

// party is what the document says of the creator.
func (m *maker) party() document.Party {
	p := document.Party{ID: m.creator.id, Handle: m.creator.handle, Label: m.creator.label}
	known, ok := m.opts.Parties[strings.ToLower(m.creator.handle)]
	if !ok || m.creator.handle == "" {
		known = m.opts.Parties[strings.ToLower(m.creator.id)]
	}
	p.LegalName, p.Address = known.LegalName, known.Address
	return p
}
