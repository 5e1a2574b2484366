package load

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanlake/transform/tables"
)

// page is a slice of one page, complete.
func page(id, stream, creator, fan string, v version, rows ...map[string]any) testSlice {
	s := testSlice{describeSlice(id, stream, creator, []version{v}), nil}
	s.FanID, s.Complete = fan, true
	for _, r := range rows {
		row := map[string]any{"_run_id": fmt.Sprintf("run%04d", v.seq), "_fetched_at": clock(v), "_run_seq": v.seq, "_page": v.page}
		for k, x := range r {
			row[k] = x
		}
		s.rows = append(s.rows, row)
	}
	return s
}

func expect(t *testing.T, w *Warehouse, query string, want ...string) {
	t.Helper()
	if err := w.open(t.Context()); err != nil { // a publication closed it
		t.Fatal(err)
	}
	if d := cmp.Diff(want, rowTexts(t, w.DB(), query)); d != "" {
		t.Errorf("%s (-want +got):\n%s", query, d)
	}
}

func TestMessagesThatAWindowLacksAreRemovedUntilSeenAgain(t *testing.T) {
	t.Parallel()
	l := newLake(t)
	creator := uuidOf("creator", 1)
	message := func(n int, hash int64) map[string]any {
		return map[string]any{"creator_id": creator, "fan_id": "fan1", "message_id": uuidOf("message", n), "sent_at": at(n), "direction": "fan", "_hash": hash}
	}
	read := func(seq int64, from, to int, rows ...map[string]any) {
		s := page(fmt.Sprint(seq, "/1"), "messages", creator, "fan1", version{seq, 1}, rows...)
		s.Start, s.End = at(from), at(to)
		l.write(l.footer("messages", seq, 1), s)
	}
	w := l.open()
	read(1, 0, 60, message(1, 1), message(2, 2), message(3, 3))
	l.apply(w)
	read(2, 2, 60, message(3, 3)) // 1 lies outside the window
	if a := l.apply(w); a.Removed != 1 {
		t.Errorf("applied %+v", a)
	}
	const query = `SELECT minute(sent_at), strftime(removed_at, '%M:%S') FROM fanvue.messages ORDER BY 1`
	expect(t, w, query, "1 -", "2 33:21", "3 -") // 2001 s after the hour
	read(3, 0, 60, message(1, 1), message(2, 2), message(3, 4))
	if a := l.apply(w); a.Restored != 1 || a.Updated != 1 {
		t.Errorf("applied %+v", a)
	}
	expect(t, w, query, "1 -", "2 -", "3 -")
}

func TestCreatorMissingFromTwoListsIsRemoved(t *testing.T) {
	t.Parallel()
	l := newLake(t)
	creator := func(id, handle string) map[string]any {
		return map[string]any{"creator_id": id, "handle": handle, "_hash": len(handle)}
	}
	ava, bo := uuidOf("creator", 1), uuidOf("creator", 2)
	lists := [][]map[string]any{
		{creator(ava, "ava"), creator(bo, "bobo")}, {creator(ava, "ava")}, {creator(ava, "ava"), creator(bo, "bobo")},
		{creator(ava, "ava")}, {creator(ava, "ava")}, {creator(ava, "ava")},
	}
	removed := []string{"-", "-", "-", "-", "05002", "05002"}
	w := l.open()
	for i, list := range lists {
		seq := int64(i + 1)
		l.write(l.footer("creators", seq, 1),
			page(fmt.Sprint(seq, "/1"), "me", "", "", version{1, 1}, creator(testOwner, "owner"))) // the owner stands on no list
		f := l.footer("creators", seq, 2)
		l.write(f, page(fmt.Sprint(seq, "/2"), "creators", "", "", version{seq, 2}, list...))
		l.apply(w)
		expect(t, w, `SELECT handle, epoch(removed_at)::BIGINT - epoch(TIMESTAMP '2026-03-01')::BIGINT FROM fanvue.creators ORDER BY 1`,
			"ava -", "bobo "+strings.TrimPrefix(removed[i], "0"), "owner -")
	}
}

func TestKeptSnapshotsAndPeople(t *testing.T) {
	t.Parallel()
	l := newLake(t)
	creator := uuidOf("creator", 1)
	snapshot := func(seq int64, followers int) {
		v := version{seq, 1}
		l.write(l.footer("account_snapshots", seq, 1), page(fmt.Sprint(seq, "/a"), "account", creator, "", v,
			map[string]any{"creator_id": creator, "fetched_at": clock(v), "followers": followers, "_hash": followers}))
	}
	person := func(seq int64, handle any, hash int) {
		l.write(l.footer("people", seq, 2), page(fmt.Sprint(seq, "/p"), "subscribers", creator, "", version{seq, 1},
			map[string]any{"fan_id": "fan1", "fan_uuid": uuidOf("fan", 1), "handle": handle, "_hash": hash}))
	}
	w := l.open()
	for i, followers := range []int{5, 5, 6, 5} {
		snapshot(int64(i+1), followers)
		l.apply(w)
	}
	expect(t, w, `SELECT _run_seq, followers FROM fanvue.account_snapshots ORDER BY 1`, "1 5", "3 6", "4 5")

	person(1, "kim", 1)
	l.apply(w)
	person(2, "kim", 1)
	person(3, nil, 2)
	l.apply(w)
	got := rowTexts(t, w.people.db, `SELECT fan_id, handle, _run_seq, epoch(last_seen_at - first_seen_at)::BIGINT FROM people`)
	if d := cmp.Diff([]string{"fan1 kim 3 2000"}, got); d != "" {
		t.Error(d)
	}
	if _, err := w.Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"warehouse.duckdb", "people.duckdb"} {
		info, err := os.Stat(filepath.Join(l.dir, name))
		if err != nil || info.Mode().Perm() != 0o400 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}

func TestReplacedAndVanishedPartsAreTakenBack(t *testing.T) {
	t.Parallel()
	l := newLake(t)
	read := func(seq int64, number int, replaces []string, ids ...int) string {
		s := window("earnings", 1, fmt.Sprint(seq, "/1"), at(0), at(100), seq, 1, 1)
		for _, id := range ids {
			s.rows = append(s.rows, earning(1, id, at(id), 100, "pendingBalance", seq, 1))
		}
		f := l.footer("earnings", seq, number)
		f.Replaces = replaces
		return l.write(f, s)
	}
	w := l.open()
	read(1, 1, nil, 1, 2, 3)
	l.apply(w)
	second := read(2, 1, nil, 1, 2, 3, 4)
	l.apply(w)
	const ids = `SELECT string_agg(right(earning_id::VARCHAR, 1), '' ORDER BY earned_at) FROM fanvue.earnings`
	expect(t, w, ids, "1234")
	read(1, 2, []string{"run0001-0001"}, 1, 3) // somebody was erased from the first part, which is still there
	if err := os.Remove(second); err != nil {
		t.Fatal(err)
	}
	l.apply(w)
	expect(t, w, ids, "13")
	expect(t, w, `SELECT part_id FROM meta.parts ORDER BY 1`, "run0001-0002")
	expect(t, w, `SELECT count(*) FROM load.unfinished`, "0")
}

func TestPartsThatAreRefused(t *testing.T) {
	t.Parallel()
	l := newLake(t)
	w := l.open()
	good := window("earnings", 1, "1/1", at(0), at(100), 1, 1, 1, earning(1, 1, at(1), 100, "pendingBalance", 1, 1))
	l.write(l.footer("earnings", 1, 1), good)
	for i, change := range []func(*tables.Footer){
		func(f *tables.Footer) { f.Owner = uuidOf("owner", 2) },
		func(f *tables.Footer) { f.Account = "other" },
		func(f *tables.Footer) { f.KeyFingerprint = "other" },
		func(f *tables.Footer) { f.Format = 99 },
	} {
		f := l.footer("earnings", 1, 10+i)
		change(&f)
		l.write(f, good)
	}
	cut := l.write(l.footer("earnings", 2, 1), window("earnings", 1, "2/1", at(0), at(100), 2, 1, 1, earning(1, 2, at(2), 100, "pendingBalance", 2, 1)))
	content, err := os.ReadFile(cut)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4; i < 40; i++ {
		content[i] ^= 0xff // pages, not the footer
	}
	if err := os.WriteFile(cut, content, 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := w.Apply(t.Context())
	if err == nil || !isPartError(err) {
		t.Fatalf("error %v", err)
	}
	if n := strings.Count(err.Error(), "move it out of the lake"); n != 5 {
		t.Errorf("%d parts refused, want 5: %v", n, err)
	}
	for _, text := range []string{"key owner", `account "other"`, "key other", "format version", "run0002-0001"} {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error does not say %q: %v", text, err)
		}
	}
	if a.Parts != 1 || a.Inserted != 1 {
		t.Errorf("applied %+v", a)
	}
	expect(t, w, `SELECT count(*) FROM meta.slices`, "1")
}

func TestPrivateFileIsRebuiltWhenItIsNotWhatWasClosed(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(path string) error{
		"changed": func(path string) error {
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteAt([]byte("x"), 20_000)
			return errors.Join(err, f.Close())
		},
		"cut":     func(path string) error { return os.Truncate(path, 5000) },
		"missing": os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			l := newLake(t)
			w := l.open()
			l.write(l.footer("earnings", 1, 1), window("earnings", 1, "1/1", at(0), at(100), 1, 1, 1, earning(1, 1, at(1), 100, "pendingBalance", 1, 1)))
			l.apply(w)
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			w = l.open()
			if why := w.Rebuilt(); why != "" {
				t.Errorf("rebuilt: %s", why)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if err := damage(filepath.Join(l.dir, "state", "warehouse.duckdb")); err != nil {
				t.Fatal(err)
			}
			w = l.open()
			if why := w.Rebuilt(); why == "" {
				t.Error("not rebuilt")
			}
			expect(t, w, `SELECT count(*) FROM fanvue.earnings`, "1")
		})
	}
}

func TestVerifyFindsWhatChanged(t *testing.T) {
	t.Parallel()
	l := newLake(t)
	w := l.open()
	s := window("earnings", 1, "1/1", at(0), at(100), 1, 1, 1, earning(1, 1, at(1), 100, "pendingBalance", 1, 1))
	f := l.footer("earnings", 1, 1)
	// hashlib.sha256(creator.bytes + earning.bytes + struct.pack("<q", 1714)), in another language.
	f.ContentHash = "d5d871b11427c9a9f3b8dd3b6ed8d2f888adc751389ef56084c3e869edc7b3be"
	l.write(f, s)
	f = l.footer("earnings", 1, 2) // the same rows under another hash
	f.ContentHash = strings.Repeat("0", 64)
	l.write(f, s)
	l.apply(w)
	if _, err := w.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	problems, err := w.Verify(t.Context())
	if err != nil || len(problems) != 1 || !strings.Contains(problems[0].Text, "its footer says") {
		t.Fatalf("problems %v, %v", problems, err)
	}
	published := filepath.Join(l.dir, "warehouse.duckdb")
	if err := errors.Join(os.Chmod(published, 0o600), os.Truncate(published, 5000)); err != nil {
		t.Fatal(err)
	}
	problems, err = w.Verify(t.Context())
	if err != nil || len(problems) != 2 || !strings.Contains(problems[1].String(), "warehouse.duckdb: it is not what was published") {
		t.Errorf("problems %v, %v", problems, err)
	}
}

func TestSliceThatWasSealedTwiceCountsOnce(t *testing.T) {
	t.Parallel()
	l := newLake(t)
	w := l.open()
	row := func(id int, seq int64) map[string]any {
		return earning(1, id, at(id), 100, "pendingBalance", seq, 1)
	}
	l.write(l.footer("earnings", 1, 1), window("earnings", 1, "1/1", at(0), at(100), 1, 1, 1, row(1, 1), row(2, 1)))
	again := window("earnings", 1, "2/1", at(0), at(100), 2, 1, 1, row(1, 2))
	l.write(l.footer("earnings", 2, 1), again)
	l.apply(w)
	l.write(l.footer("earnings", 3, 1), again)
	l.apply(w)
	expect(t, w, `SELECT right(earning_id::VARCHAR, 1), removed_at FROM fanvue.earnings ORDER BY 1`, "1 -", "2 -")
	expect(t, w, `SELECT reason, right(earning_id::VARCHAR, 1) FROM meta.suspects`, "missing 2")
	expect(t, w, `SELECT count(*), count(DISTINCT slice_id) FROM meta.slices`, "3 2")
	if _, err := w.Finish(t.Context()); err != nil {
		t.Error(err)
	}
	l.write(l.footer("earnings", 4, 1), window("earnings", 1, "4/1", at(0), at(100), 4, 1, 1, row(1, 4)))
	if a := l.apply(w); a.Removed != 1 {
		t.Errorf("applied %+v", a)
	}
}
