// Package extract reads pages from the Fanvue API.
//
// A [Stream] is a value that says where a resource stands and how it pages. A
// [Slice] is the unit of work: one stream, one creator, one chat at most, one
// window. [Client.Walk] turns a slice into [Page] values; every request passes
// the [Governor], which holds the request budget, and a transport that can only
// read. The [Journal] keeps each page as it arrives, so that a page that was
// paid for is not fetched again after a crash.
//
// The package knows nothing of rows beyond what going on needs: where the next
// page is, how many rows a page has and the instants at its ends.
package extract

import (
	"time"
)

// A Slice is the unit of work. Slices succeed and fail alone.
type Slice struct {
	ID      string    `json:"id"`                // "<run id>/<n>", given by the journal
	Stream  string    `json:"stream"`            // name of the stream
	Creator string    `json:"creator,omitempty"` // uuid; empty where the stream is account-wide
	Self    bool      `json:"self,omitempty"`    // the key owner's own data: the self path
	Fan     string    `json:"fan,omitempty"`     // uuid of the chat's other side
	Message string    `json:"message,omitempty"` // uuid of the one message to read; else the whole chat
	Parent  string    `json:"parent,omitempty"`  // id or name of the post, list, link or folder whose rows are read; of fan insights k/n, the k-th of n requests
	Fans    []string  `json:"fans,omitempty"`    // uuids that a bulk read asks for
	Start   time.Time `json:"start,omitzero"`    // window asked for, half open; zero for none
	End     time.Time `json:"end,omitzero"`
	StopAt  time.Time `json:"stop_at,omitzero"`  // a newest-first walk ends behind the page whose last instant lies before it; of messages, not before a page's worth of rows
	Reason  string    `json:"reason,omitempty"`  // why it was planned, for people
	Surface Surface   `json:"surface,omitempty"` // it is read on; a walk goes on on no other
	// Backfill says that a backfill asked for the slice; the next backfill goes on
	// with it, and no nightly run.
	Backfill bool `json:"backfill,omitempty"`
	// HeadCount is the account's own count when a list was planned; carried
	// along for those who judge the list, nil where unknown.
	HeadCount *int64 `json:"head_count,omitempty"`
}

// A Position says where a walk goes on. The zero Position is the beginning.
type Position struct {
	Cursor         string `json:"cursor,omitempty"`
	Page           int    `json:"page,omitempty"` // page-number walks, from 1; 1 reads the pages once more
	SentBefore     string `json:"sent_before,omitempty"`
	ReceivedBefore string `json:"received_before,omitempty"`
}

// IsZero reports whether p is the beginning of a walk.
func (p Position) IsZero() bool { return p == Position{} }

// A Page is one answered request of a walk.
type Page struct {
	Index     int       `json:"index"`             // from 1 within the slice
	RunID     string    `json:"run_id"`            // run that fetched it, set by the journal
	RunSeq    int64     `json:"run_seq"`           // its sequence number, set by the journal
	Number    int64     `json:"number"`            // arrival within the run, from 1, set by the journal
	FetchedAt time.Time `json:"fetched_at"`        // server time of the answer, UTC
	Rows      int       `json:"rows"`              // rows on the page
	First     time.Time `json:"first,omitzero"`    // instant of the first row, where the stream has one
	Last      time.Time `json:"last,omitzero"`     // instant of the last row that has one
	Ordered   bool      `json:"ordered"`           // newest first so far, over all pages of the walk
	Settles   time.Time `json:"settles,omitzero"`  // a page that settles one instant: its rows replace the walk's rows of that instant
	Next      Position  `json:"next,omitzero"`     // zero on the last page
	Stopped   bool      `json:"stopped,omitempty"` // the walk ended at StopAt, before the end of the data

	// Of walks that read numbered pages more than once.
	From     int       `json:"from,omitempty"`     // index of the page with which the walk began anew, because the list had moved; pages before it count no more
	Lowest   time.Time `json:"lowest,omitzero"`    // the oldest instant of the walk, where a later reading ended above it
	Confirms bool      `json:"confirms,omitempty"` // the page only confirms what was read

	Body []byte `json:"-"`
}
