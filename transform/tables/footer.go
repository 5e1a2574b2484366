package tables

import "time"

// FormatVersion is the version of the part format that this program writes.
const FormatVersion = 1

// FooterKey is the key of the Parquet key-value metadata under which a part
// holds its [Footer] as JSON.
const FooterKey = "fanlake"

// Notice stands in the footer of every part.
const Notice = "Private to the key owner. Not for resale or redistribution."

// A Footer says what a part is: whose data, from which run, which slices.
type Footer struct {
	Format         int       `json:"format"`
	PartID         string    `json:"part_id"` // "<run id>-<nnnn>", also the file's base name
	Table          string    `json:"table"`
	Account        string    `json:"account"`
	Owner          string    `json:"owner"` // uuid of the key's owner
	KeyFingerprint string    `json:"key_fingerprint"`
	APIVersion     string    `json:"api_version"`
	Surface        string    `json:"surface"`
	RunID          string    `json:"run_id"`  // the run that sealed the part
	RunSeq         int64     `json:"run_seq"` // its sequence number
	Number         int       `json:"number"`  // the part's number within that run
	SealedAt       time.Time `json:"sealed_at"`
	Slices         []Slice   `json:"slices"`
	Rows           int64     `json:"rows"`
	ContentHash    string    `json:"content_hash"`       // see transform.Part: SHA-256 over the rows' identities in file order
	Replaces       []string  `json:"replaces,omitempty"` // parts that this one stands for: they are ignored
	ToolVersion    string    `json:"tool_version"`
	Notice         string    `json:"notice"`
}

// A Slice says what one slice of a part read and how far its rows may be
// trusted. Fans are pseudonyms here too.
type Slice struct {
	ID        string    `json:"id"` // "<run id>/<n>": stable over resumption, unique in a lake
	Stream    string    `json:"stream"`
	RunID     string    `json:"run_id,omitempty"`     // the run that sealed it first, in parts that stand for others; empty for the part's
	Surface   string    `json:"surface,omitempty"`    // it was read on; empty for the part's
	CreatorID string    `json:"creator_id,omitempty"` // empty where the stream is account-wide
	FanID     string    `json:"fan_id,omitempty"`     // chats only
	Parent    string    `json:"parent,omitempty"`     // post, list, link or folder that the rows belong to; of fan insights k/n, the k-th of n requests
	Start     time.Time `json:"start,omitzero"`       // what Complete covers, half open; zero for lists and snapshots
	End       time.Time `json:"end,omitzero"`
	WalkStart time.Time `json:"walk_start"` // server time of the first answer
	WalkEnd   time.Time `json:"walk_end"`   // server time of the last answer
	Complete  bool      `json:"complete"`
	Resumed   bool      `json:"resumed,omitempty"` // went on after an interruption
	Rows      int64     `json:"rows"`              // rows of this slice in this part
	Rejected  int64     `json:"rejected,omitempty"`
	HeadCount *int64    `json:"head_count,omitempty"` // lists: the account's own count in the same run

	// The first and the last page of the walk as versions (run sequence, page).
	FirstSeq  int64 `json:"first_seq"`
	FirstPage int64 `json:"first_page"`
	LastSeq   int64 `json:"last_seq"`
	LastPage  int64 `json:"last_page"`
}
