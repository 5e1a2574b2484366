// Package lookup finds what a name means that somebody typed: a creator by uuid,
// handle or label, or an entry of a list, with the names that are near where it
// is none of them.
//
//	creator.go  creators
//	near.go     names that are like a typed one
package lookup
