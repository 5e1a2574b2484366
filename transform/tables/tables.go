// Package tables holds what fanlake knows about the shape of its data: one
// [Table] value for each table of the lake, and the [Footer] that every part
// carries.
//
// The same list gives the Arrow schema of the parts, the columns and comments
// of the warehouse and the data dictionary, so a column is described once. The
// package imports nothing of the project and decodes nothing: transform reads
// the values to write parts, load reads them to fold parts into the warehouse.
//
// Money is signed 64-bit integer cents of US dollars, instants are UTC with
// microseconds, windows are half open. Fans are pseudonyms everywhere except in
// the people table.
package tables

// A Type is the type of a column, the same in Arrow, Parquet and DuckDB.
type Type string

// The types of columns. Fan is text of 26 characters that transform derives
// from the uuid at the column's path; the uuid itself goes to people only.
const (
	UUID      Type = "UUID"
	Text      Type = "VARCHAR"
	Bool      Type = "BOOLEAN"
	Cents     Type = "BIGINT"    // signed US cents, exact digits only
	Int       Type = "INTEGER64" // a count or number without unit
	Timestamp Type = "TIMESTAMP" // UTC, microseconds
	Number    Type = "DOUBLE"    // a ratio or a duration; never money
	Date      Type = "DATE"
	TextList  Type = "VARCHAR[]"
	Fan       Type = "FAN"
)

// A Source says where a value comes from when it is not read from the row.
type Source string

// The sources of values that do not stand in the row itself.
const (
	FromRow         Source = ""             // the row, at Column.Path
	FromCreator     Source = "creator"      // the creator of the slice
	FromFan         Source = "fan"          // the chat of the slice, as pseudonym
	FromFetched     Source = "fetched_at"   // the server's time of the page
	FromWindowMonth Source = "window_month" // first day of the slice's window, UTC
	FromTimezone    Source = "timezone"     // the page's period.timezone
	FromEarningID   Source = "earning_id"   // see EarningIdentity
	FromDirection   Source = "direction"    // "fan" if the sender is the slice's fan, else "creator"
	FromTextLength  Source = "text_length"  // characters (code points) of the text at Path, NULL without text
	FromListLength  Source = "list_length"  // elements of the list at Path, 0 when absent
	FromOwnerRole   Source = "owner_role"   // the path's value, or "owner" on the me page
	FromParent      Source = "parent"       // what the slice's rows belong to: a post, a list, a link, a folder
	FromMember      Source = "member"       // the name under which the row stands in a page that is one object
	FromFigures     Source = "figures"      // the object at the path as JSON text: its names, numbers, booleans and nulls, no text
	FromRowID       Source = "row_id"       // see Table.Identity
)

// A Column is one column of a table.
type Column struct {
	Name     string
	Path     string // dotted path in the row; of a TextList it may lead through the objects of an array
	From     Source
	Type     Type
	Required bool   // a row without it (or with another type) is a reject
	Volatile bool   // not part of the content hash
	Keep     bool   // an emptied value keeps the older one
	Meaning  string // one sentence: meaning, unit, time zone
	Example  string
}

// A Fold names the rule by which parts of a table become rows of the warehouse.
type Fold string

// The folds; load documents and implements them.
const (
	Upsert    Fold = "upsert"    // one row per key, the newest content wins
	Earnings  Fold = "earnings"  // upsert; complete windows also find what disappeared
	Messages  Fold = "messages"  // upsert; a complete window marks what it lacks as removed
	List      Fold = "list"      // complete lists; history with validity intervals
	Snapshots Fold = "snapshots" // a row is added when its content differs from the creator's newest
	Creators  Fold = "creators"  // upsert; missing from two complete lists in a row marks removed
	Set       Fold = "set"       // upsert; a complete read of all that belongs together marks what it lacks as removed
	People    Fold = "people"    // upsert into people.duckdb, apart from the warehouse
	None      Fold = "none"      // never loaded (rejects)
)

// A Table is one table of the lake and, unless its fold is None or People, of
// the schema fanvue.
type Table struct {
	Name  string
	Grain string   // "one row per …", the first sentence of the table's comment
	Note  string   // what a reader must know beside the grain
	Rows  string   // name of the array of rows in a page, such as "data"; "" when the page is one row, "*" when it is an object of rows
	Key   []string // columns that identify a row
	// Identity lists the columns whose values, with the ordinal among equal rows
	// of a slice, make the id of a row that has none of its own: the first 128
	// bits of SHA-256.
	Identity []string
	Time     string // immutable instant or date that prunes scans, "" if there is none
	Fold     Fold
	// History lists the columns whose change begins a new interval in the table
	// <name>_history; empty for none. A List has a history of all its columns.
	History []string
	Person  string // path of the person object in a row: "user", "." when the row itself is one, "" for none
	Columns []Column
	Ignored []string // known paths that are not kept; anything else unknown is drift
}

// Column returns the named column.
func (t Table) Column(name string) (Column, bool) {
	for _, c := range t.Columns {
		if c.Name == name {
			return c, true
		}
	}
	return Column{}, false
}

// System lists the columns that every part has after those of its table.
// _run_id, _fetched_at and _extra also stand in the warehouse, the others are
// there for the fold.
var System = []Column{
	{Name: "_run_id", Type: Text, Required: true, Meaning: "Run that first saw this content of the row."},
	{Name: "_fetched_at", Type: Timestamp, Required: true, Meaning: "Server time (UTC) of the answer that first had this content."},
	{Name: "_extra", Type: Text, Meaning: "JSON object of keys this version does not know: path to number, boolean or null; of strings only type and length."},
	{Name: "_run_seq", Type: Int, Required: true, Meaning: "Sequence number of the run; with _page the version of the row."},
	{Name: "_page", Type: Int, Required: true, Meaning: "Number of the page within its run, in order of arrival."},
	{Name: "_slice", Type: Int, Required: true, Meaning: "Index into the slices of the part's footer."},
	{Name: "_hash", Type: Int, Required: true, Meaning: "64-bit hash of the row's content without volatile columns."},
}

// ByName returns the table of that name.
func ByName(name string) (Table, bool) {
	for _, t := range All {
		if t.Name == name {
			return t, true
		}
	}
	return Table{}, false
}
