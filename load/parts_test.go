package load

import (
	"encoding/json"
	"strings"
	"testing"

	"fanlake/transform/tables"
)

// FuzzFooter holds what is read from a part's footer: one that passes is of
// this account and has slices that can be put in order.
func FuzzFooter(f *testing.F) {
	good := `{"format":1,"part_id":"p","table":"earnings","account":"main","owner":"o","key_fingerprint":"k","run_seq":1,"rows":2,
		"slices":[{"id":"a/1","stream":"earnings","rows":2,"first_seq":1,"first_page":1,"last_seq":1,"last_page":2}]}`
	f.Add(good, int64(2))
	f.Add(strings.Replace(good, `"last_page":2`, `"last_page":0`, 1), int64(2))
	f.Add(strings.Replace(good, `"format":1`, `"format":2`, 1), int64(2))
	f.Add(`{"slices":null}`, int64(0))
	f.Add(`[`, int64(0))
	opts := Options{Account: "main", Owner: "o", KeyFingerprint: "k"}
	table, _ := tables.ByName("earnings")
	f.Fuzz(func(t *testing.T, text string, rows int64) {
		p := part{id: "p", path: "lake/earnings/2026-01/p.parquet", table: table}
		if json.Unmarshal([]byte(text), &p.footer) != nil || checkFooter(opts, &p, rows) != nil {
			return
		}
		if p.footer.Account != "main" || p.footer.Owner != "o" || p.footer.KeyFingerprint != "k" || p.footer.Rows != rows {
			t.Errorf("accepted %s", text)
		}
		var all []slice
		for i, s := range p.footer.Slices {
			if s.ID == "" {
				t.Errorf("accepted a slice without an id: %s", text)
			}
			all = append(all, slice{ID: s.ID, Index: i, Rows: s.Rows, FirstSeq: s.FirstSeq, FirstPage: s.FirstPage, LastSeq: s.LastSeq, LastPage: s.LastPage})
		}
		n := 0
		for _, b := range batches(all, func(slice) scope { return scope{} }, func(slice) line { return line{} }) {
			for i, s := range b {
				if i > 0 && s.last().less(b[i-1].last()) {
					t.Errorf("slices out of order: %s", text)
				}
			}
			n += len(b)
		}
		if n != len(p.footer.Slices) {
			t.Errorf("%d slices in batches, want %d: %s", n, len(p.footer.Slices), text)
		}
	})
}
