// Package document is what statements are made of before they look like
// anything: a header and tables of typed cells. Whoever makes a document
// computes every figure; whoever prints one computes nothing.
//
//	document.go   Document, Table, Row, Cell
//	chart.go      Chart, how a table looks as a picture
//	format.go     how cells read, Change
//	json.go       the form that is kept, and read back
//	text.go       for a terminal
//	csv.go        one figure a row; tables as they are
//	workbook.go   XLSX
//
// The same document gives the same bytes on any machine, in any time zone and
// locale: nothing here reads a clock or the environment.
package document

import (
	"iter"
	"time"
)

// A State says how far a statement may still change.
type State string

// The states.
const (
	Draft       State = "draft"       // the period is not over
	Provisional State = "provisional" // over, but rows are pending or windows missing
	Final       State = "final"       // frozen
)

// A Window is a span of instants, half open, in UTC.
type Window struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// A Party is whom a document is about.
type Party struct {
	ID        string `json:"id"`                   // uuid of the platform
	Handle    string `json:"handle"`               // without @
	Label     string `json:"label"`                // what reports print
	LegalName string `json:"legal_name,omitempty"` // only if configured
	Address   string `json:"address,omitempty"`    // only if configured; lines end with \n
}

// A Version is one version of a statement.
type Version struct {
	Version     int       `json:"version"`
	State       State     `json:"state"`
	IssuedAt    time.Time `json:"issued_at,omitzero"`
	ContentHash string    `json:"content_hash"` // of its rows, as sha256:hex
	Supersedes  int       `json:"supersedes,omitempty"`
}

// A Document is a statement about a creator and a period.
type Document struct {
	Kind        string    `json:"kind"`  // what it is: earnings
	Title       string    `json:"title"` // in capitals, for people
	ID          string    `json:"statement_id"`
	Version     int       `json:"version"`
	State       State     `json:"state"`
	StateReason string    `json:"state_reason"`
	Creator     Party     `json:"creator"`
	Platform    string    `json:"platform"`
	Issued      time.Time `json:"issued_at,omitzero"` // the data cut-off: server time (UTC) at the end of the last run, not when it was printed
	Month       string    `json:"month"`              // yyyy-mm, empty for other periods
	Timezone    string    `json:"timezone"`           // IANA
	Period      Window    `json:"period"`
	Currency    string    `json:"currency"`
	Basis       string    `json:"basis"`
	RunID       string    `json:"run_id"` // last run, empty if none is known
	ToolVersion string    `json:"tool_version"`
	APIVersion  string    `json:"api_version"`
	Rows        int64     `json:"row_count"`
	ContentHash string    `json:"content_hash"` // of the rows, as sha256:hex
	Supersedes  int       `json:"supersedes,omitempty"`
	Missing     []Window  `json:"missing_windows"` // of the period, not read yet
	Sections    []*Table  `json:"sections"`
	Notes       []string  `json:"notes"`
	Versions    []Version `json:"versions"` // oldest first, this one last
	Owner       string    `json:"owner"`
	Notice      string    `json:"notice"` // stands in every file

	// Transactions are the rows behind the figures. They are not in the JSON
	// form: a table of its own file.
	Transactions *Table `json:"-"`
}

// Notice is the notice for the data of an owner.
func Notice(owner string) string {
	if owner == "" {
		owner = "the key owner"
	}
	return "Private to " + owner + "; not for resale or redistribution."
}

// Section returns a section by its name, nil if there is none.
func (d *Document) Section(name string) *Table {
	for _, t := range d.Sections {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// Zone is the document's time zone; UTC if this machine does not know it.
func (d *Document) Zone() *time.Location {
	loc, err := time.LoadLocation(d.Timezone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// A Table is a section of a document, or another table of it.
type Table struct {
	Name    string   `json:"name"`             // for programs: summary
	Title   string   `json:"title"`            // for people, with its number: 1 Summary
	Heading string   `json:"heading"`          // what the rows are: Line, Source, Day
	Sheet   string   `json:"sheet"`            // sheet of a workbook it stands on, below others
	Detail  bool     `json:"detail,omitempty"` // long: a short form may leave it out
	Empty   string   `json:"empty,omitempty"`  // what to print where there are no rows
	Notes   []string `json:"notes,omitempty"`  // below the table
	Charts  []Chart  `json:"charts,omitempty"` // for forms that can draw
	Columns []Column `json:"columns"`
	Rows    []Row    `json:"rows"`

	// Lazy yields the rows of a table that is too long to be held; Rows is empty
	// then. It can be run over more than once.
	Lazy iter.Seq[Row] `json:"-"`
}

// All yields the rows.
func (t *Table) All() iter.Seq[Row] {
	if t.Lazy != nil {
		return t.Lazy
	}
	return func(yield func(Row) bool) {
		for _, r := range t.Rows {
			if !yield(r) {
				return
			}
		}
	}
}

// Row returns a row by its name.
func (t *Table) Row(name string) (Row, bool) {
	for r := range t.All() {
		if r.Name == name {
			return r, true
		}
	}
	return Row{}, false
}

// Cell returns the cell of a row and a column by their names; an unknown one
// where there is none.
func (t *Table) Cell(row, column string) Cell {
	r, _ := t.Row(row)
	for i, c := range t.Columns {
		if c.Name == column && i < len(r.Cells) {
			return r.Cells[i]
		}
	}
	return Cell{}
}

// A Column has cells of one kind, or of any.
type Column struct {
	Name  string `json:"name"`  // for programs, with its unit: net_cents
	Label string `json:"label"` // for people
	Kind  Kind   `json:"kind"`
}

// A Row is a line of a table.
type Row struct {
	Name  string // for programs; need not be unique in long tables
	Label string // for people
	Total bool   // a subtotal or total of lines above
	Cells []Cell // one a column
}

// A Kind is what a cell holds.
type Kind string

// The kinds. Mixed is of columns whose cells differ.
const (
	Money   Kind = "money"   // US cents
	Count   Kind = "count"   //
	Percent Kind = "percent" // in hundredths of a percent
	Text    Kind = "text"    //
	Day     Kind = "day"     // calendar day in the document's time zone
	Instant Kind = "instant" // UTC, to the microsecond
	Mixed   Kind = "mixed"
)

// A Cell is a value, or the absence of one: what is not known is not zero.
type Cell struct {
	Kind   Kind   // empty where nothing is known
	Number int64  // cents, count, hundredths of a percent; of days and instants µs since 1970 (UTC)
	Text   string // of text
}

// Cents is an amount.
func Cents(v int64) Cell { return Cell{Kind: Money, Number: v} }

// Number is a count.
func Number(v int64) Cell { return Cell{Kind: Count, Number: v} }

// BPS is a share or change in hundredths of a percent.
func BPS(v int64) Cell { return Cell{Kind: Percent, Number: v} }

// String is text; the empty one is no value.
func String(s string) Cell {
	if s == "" {
		return Cell{}
	}
	return Cell{Kind: Text, Text: s}
}

// Date is the calendar day that t shows in its own location.
func Date(t time.Time) Cell {
	y, m, d := t.Date()
	return Cell{Kind: Day, Number: time.Date(y, m, d, 0, 0, 0, 0, time.UTC).UnixMicro()}
}

// At is an instant; the zero one is no value.
func At(t time.Time) Cell {
	if t.IsZero() {
		return Cell{}
	}
	return Cell{Kind: Instant, Number: t.UnixMicro()}
}

// Known reports whether there is a value.
func (c Cell) Known() bool { return c.Kind != "" }

// Time is the instant of an Instant, and midnight UTC of a Day.
func (c Cell) Time() time.Time { return time.UnixMicro(c.Number).UTC() }
