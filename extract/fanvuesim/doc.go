// Package fanvuesim is a simulator of the Fanvue API for tests and trials: an
// invented agency with invented creators, fans, earnings and chats, served over
// HTTP as the API is known to serve them, quirks included.
//
// A [Sim] has three parts. The [World] is the truth: it grows from a seed,
// changes from night to night, and can say what a faithful copy of it must
// contain. The handlers (api*.go) show the world as JSON pages. The gate stands
// before the handlers and does what the platform's front door does: keys,
// versions, scopes, rate limits, faults, and a ledger of requests.
//
// Earnings and messages are not stored: row i of a collection is computed from
// the seed and i, and what nights change is kept as sparse edits over it. A
// world of ten million rows therefore starts at once and takes little memory.
// Posts, media, links and lists are computed the same way; made (world_made.go)
// is what nights did to them. Figures that add up earnings by fan or post come
// from the book (world_book.go), which reads all rows once a night.
//
// There are two surfaces: v1 below /v1, with cursors, and the older one below
// /v0 and without a prefix, with page numbers for most lists. One set of
// handlers serves both; query.old tells them apart.
//
// The package imports nothing of the program it is used to test, so a
// misreading of the API cannot be shared by both sides.
package fanvuesim
