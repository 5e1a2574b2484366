package load

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fanlake/load/query"
	"fanlake/transform/tables"
)

// A footprint is what an account takes on the disk: bytes, but for parts.
type footprint struct {
	private, used, published int64
	parts, lake              int64
	state                    int64 // beside the private warehouse
}

// Nights of edits, each in a warehouse that is opened and closed for it, with
// marts and a publication every third and a compaction a month, keep every file within bounds that follow from what it
// holds, and leave nothing open.
func TestNightsKeepFilesWithinBounds(t *testing.T) {
	t.Parallel()
	nights := 60
	if os.Getenv("FANLAKE_LONG") != "" {
		nights = 400
	}
	l := newLake(t)
	l.hashed, l.opts.Threads = true, 1
	var first, last footprint
	compactions, compacted, most := 0, "", int64(0)
	for n := range nights {
		w, err := Open(t.Context(), l.opts)
		if err != nil {
			t.Fatal(err)
		}
		now := time.Date(2026, 1, 10+n, 3, 0, 0, 0, time.UTC)
		l.month = now.Format("2006-01")
		l.editedNight(int64(n+1), now)
		l.apply(w)
		if n%3 > 0 && n < nights-1 { // marts and publications cost most here
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			continue
		}
		l.ended(w, int64(n+1), now)
		if l.month != compacted {
			before := footprintOf(t, l.dir, w)
			if _, err := w.Compact(t.Context(), false); err != nil {
				t.Fatal(err)
			}
			after := footprintOf(t, l.dir, w)
			if after.parts > 2*4+3*4 || after.lake > before.lake { // one or two a table, and those of three nights
				t.Errorf("night %d: %d parts of %d bytes, before the compaction %d of %d", n, after.parts, after.lake, before.parts, before.lake)
			}
			compacted = l.month
			compactions++
		}
		if _, err := w.Publish(t.Context()); err != nil {
			t.Fatal(err)
		}
		last = footprintOf(t, l.dir, w)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if n == 9 {
			first = last
		}
		most = max(most, last.private)
		if n%15 == 0 {
			t.Logf("night %d: %+v", n, last)
		}
		const block = 256 << 10
		if last.private > 3*last.used+16*block || last.published != last.private {
			t.Errorf("night %d: the private file has %d bytes, the published one %d, for %d of content", n, last.private, last.published, last.used)
		}
		if open := openIn(l.dir); len(open) > 0 {
			t.Errorf("night %d: left open: %v", n, open)
		}
	}
	// What is kept of a night: its new rows, slices, history and run record.
	if grown := last.private - first.private; grown > int64(nights-10)*100<<10 {
		t.Errorf("the private file grew by %d bytes in %d nights", grown, nights-10)
	}
	if last.state > 2*first.state+1<<20 {
		t.Errorf("beside the private file there are %d bytes, after ten nights %d", last.state, first.state)
	}
	if compactions < nights/31 {
		t.Errorf("%d compactions in %d nights", compactions, nights)
	}
	t.Logf("after %d nights: %+v; at most %d", nights, last, most)
}

// A private file that takes a multiple of its content is made again, once.
func TestBloatedFileIsMadeAgain(t *testing.T) {
	t.Parallel()
	l := newLake(t)
	l.write(l.footer("earnings", 1, 1), window("earnings", 1, "1/1", at(0), at(9), 1, 1, 1, earning(1, 1, at(1), 100, "pendingBalance", 1, 1)))
	w := l.open()
	l.apply(w)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w = l.open()
	if err := w.main.touch(); err != nil {
		t.Fatal(err)
	}
	// The block behind the hole keeps it from being given back.
	for _, do := range []string{"CREATE TABLE load.hole AS SELECT md5(i::VARCHAR) || md5((i + 1)::VARCHAR) AS x FROM range(2500000) r(i)", "CHECKPOINT",
		"CREATE TABLE load.behind AS SELECT hash(i) AS x FROM range(200000) r(i)", "CHECKPOINT", "DROP TABLE load.hole", "CHECKPOINT"} {
		if _, err := w.DB().ExecContext(t.Context(), do); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w = l.open()
	if !strings.Contains(w.Rebuilt(), "warehouse.duckdb takes ") {
		t.Errorf("rebuilt because of %q", w.Rebuilt())
	}
	expect(t, w, `SELECT count(*) FROM fanvue.earnings`, "1")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if w = l.open(); w.Rebuilt() != "" {
		t.Errorf("made again twice: %s", w.Rebuilt())
	}
}

// editedNight writes what a night reads: the earnings of 35 days, of which some
// have another status and ten are new; who subscribes, of whom one is new and
// one left; and the account's balance.
func (l *lake) editedNight(seq int64, now time.Time) {
	creator := uuidOf("creator", 1)
	slice := func(name, stream string, rows int64) tables.Slice {
		return tables.Slice{ID: fmt.Sprintf("%d/%s", seq, name), Stream: stream, CreatorID: creator, Complete: true, WalkStart: now, WalkEnd: now,
			FirstSeq: seq, FirstPage: 1, LastSeq: seq, LastPage: 1, Rows: rows}
	}
	system := fmt.Sprintf("'run%04d' AS _run_id, TIMESTAMPTZ '%s' AS _fetched_at, NULL::VARCHAR AS _extra, %d::BIGINT AS _run_seq, 1::BIGINT AS _page, 0::BIGINT AS _slice",
		seq, now.Format(time.RFC3339), seq)
	put := func(f tables.Footer, s tables.Slice, query string) {
		f.Rows, f.SealedAt, f.Slices = s.Rows, now, []tables.Slice{s}
		l.copy(f, query)
	}
	e := slice("e", "earnings", 350)
	e.Start, e.End = now.AddDate(0, 0, -35), now
	put(l.footer("earnings", seq, 1), e, fmt.Sprintf(`SELECT md5('e' || i)::UUID AS earning_id, '%s'::UUID AS creator_id,
			TIMESTAMPTZ '%s' - to_minutes((%d - i) * 144) AS earned_at, 'message' AS source, 1000 + i AS gross_cents, 800 + i AS net_cents, 'order' || i AS transaction_order_id,
			CASE WHEN hash(i, %d) %% 4 = 0 THEN 'pendingBalance' ELSE 'availableForPayout' END AS transaction_order_status, 'fan' || (i %% 50) AS fan_id, %s,
			(hash(i, transaction_order_status) >> 1)::BIGINT AS _hash
		FROM range(%d, %d) r(i) ORDER BY i DESC`, creator, now.Format(time.RFC3339), seq*10+350, seq, system, seq*10, seq*10+350))
	put(l.footer("subscribers", seq, 2), slice("s", "subscribers", 100), fmt.Sprintf(`SELECT '%s'::UUID AS creator_id, 'fan' || i AS fan_id, 500 + (hash(i, %d // 20) %% 3)::BIGINT AS price_cents,
			TIMESTAMPTZ '%s' AS current_period_end_at, %s, (hash(i, price_cents) >> 1)::BIGINT AS _hash
		FROM range(%d, %d) r(i)`, creator, seq, now.AddDate(0, 0, -1).Format(time.RFC3339), system, seq, seq+100))
	put(l.footer("account_snapshots", seq, 3), slice("a", "account", 1), fmt.Sprintf(`SELECT '%s'::UUID AS creator_id, TIMESTAMPTZ '%s' AS fetched_at, %d::BIGINT AS followers, %s, %d::BIGINT AS _hash`,
		creator, now.Format(time.RFC3339), seq, system, seq))
	put(l.footer("people", seq, 4), slice("p", "subscribers", 100), fmt.Sprintf(`SELECT 'fan' || i AS fan_id, md5('fan' || i)::UUID AS fan_uuid, 'handle' || (hash(i, %d // 10) %% 5) AS handle, %s,
			(hash(i, handle) >> 1)::BIGINT AS _hash
		FROM range(%d, %d) r(i)`, seq, system, seq, seq+100))
}

func footprintOf(t *testing.T, dir string, w *Warehouse) (f footprint) {
	t.Helper()
	sizes := map[string]int64{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		sizes[filepath.ToSlash(rel)] = info.Size()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, size := range sizes {
		ok := func(pattern string) bool { m, _ := filepath.Match(pattern, name); return m }
		switch {
		case name == "warehouse.duckdb":
			f.published = size
		case name == "state/warehouse.duckdb":
			f.private = size
		case ok("state/*") || ok("state/*/*"):
			f.state += size
		case ok("lake/*/*/*"):
			f.parts, f.lake = f.parts+1, f.lake+size
		}
	}
	if f.published == 0 {
		return f
	}
	rows, err := Query(t.Context(), filepath.Join(dir, "warehouse.duckdb"), `SELECT (used_blocks * block_size)::BIGINT FROM pragma_database_size() WHERE database_name = 'warehouse'`, nil, query.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if ok, err := rows.Scan(&f.used); !ok || err != nil {
		t.Fatalf("the file does not say what it uses: %v", err)
	}
	return f
}

// openIn names the files of a directory that this process has open, where the
// system says so.
func openIn(dir string) (open []string) {
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		path, err := os.Readlink(filepath.Join("/proc/self/fd", e.Name()))
		if rel, e := filepath.Rel(dir, path); err == nil && e == nil && filepath.IsLocal(rel) {
			open = append(open, rel)
		}
	}
	return open
}
