package transform_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"fanlake/transform"
	"fanlake/transform/tables"
)

func earning(at string, cents int) string {
	return fmt.Sprintf(`{"date":"%s","gross":%d,"net":%d,"source":"tip"}`, at, cents, cents)
}

func ids(t *testing.T, in transform.Input) []string {
	t.Helper()
	s := seal(t, "earnings", false)
	s.add(in)
	s.close()
	rows, _ := read(t, s.rows.Bytes())
	var list []string
	for _, r := range rows {
		list = append(list, r["earning_id"])
	}
	return list
}

// TestEqualEarnings: equal rows are told apart by their number within a slice,
// whatever stands between them.
func TestEqualEarnings(t *testing.T) {
	t.Parallel()
	a, b := earning("2026-11-01T10:00:00Z", 100), earning("2026-11-01T09:00:00Z", 100)
	first := "[" + a + "," + a + "]"
	for _, ordered := range []bool{true, false} {
		in := input("earnings", first, "["+a+","+b+"]")
		in.Ordered = ordered
		got := ids(t, in)
		seen := map[string]bool{}
		for _, id := range got {
			seen[id] = true
		}
		if len(got) != 4 || len(seen) != 4 {
			t.Errorf("ordered %v: ids %v", ordered, got)
		}
		again := ids(t, input("earnings", "["+b+","+a+"]", "["+a+"]", "["+a+"]"))
		for _, id := range again {
			if !seen[id] {
				t.Errorf("ordered %v: id %s depends on pages or order", ordered, id)
			}
		}
	}
}

func TestOrderThatDoesNotHold(t *testing.T) {
	t.Parallel()
	s := seal(t, "earnings", false)
	in := input("earnings", "["+earning("2026-11-01T09:00:00Z", 1)+","+earning("2026-11-01T10:00:00Z", 1)+"]")
	in.Ordered = true
	if _, err := s.part.Add(context.Background(), in); err == nil || !strings.Contains(err.Error(), "unordered") {
		t.Errorf("got %v", err)
	}
}

// TestSettledInstants: a walk that cut through equal rows served one of three
// twice; the page that settles the instant has all of them.
func TestSettledInstants(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
	tie, newer, older := earning("2026-11-01T10:00:00Z", 100), earning("2026-11-01T11:00:00Z", 5), earning("2026-11-01T09:00:00Z", 7)
	list := []transform.Page{
		page(1, "["+newer+","+tie+","+tie+"]"),
		page(2, "["+tie+","+tie+","+older+"]"),
		page(3, "["+tie+","+tie+","+tie+","+older+"]"),
	}
	list[2].Settles = at
	for _, order := range [][]int{{0, 1, 2}, {2, 0, 1}, {0, 2, 1}} {
		s := seal(t, "earnings", false)
		in := input("earnings")
		in.Ordered, in.Settled = true, []time.Time{at}
		in.Pages = func(yield func(transform.Page, error) bool) {
			for _, i := range order {
				if !yield(list[i], nil) {
					return
				}
			}
		}
		if slice := s.add(in); slice.Rows != 5 {
			t.Errorf("order %v: %d rows, want 5", order, slice.Rows)
		}
		s.close()
		rows, _ := read(t, s.rows.Bytes())
		count := map[string]int{}
		for _, r := range rows {
			count[line(r, "gross_cents _page")]++
		}
		if count["100 3"] != 3 || count["5 1"] != 1 || count["7 2"] != 1 {
			t.Errorf("order %v: %v", order, count)
		}
	}
	// The ids are those of a walk that saw the three rows on one page.
	in := input("earnings", string(list[2].Body))
	want := ids(t, in)[:3]
	in = input("earnings")
	in.Settled = []time.Time{at}
	in.Pages = func(yield func(transform.Page, error) bool) { _ = yield(list[0], nil) && yield(list[2], nil) }
	if got := ids(t, in)[1:]; strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("settled ids %v, want %v", got, want)
	}
}

// TestContent: the hash of a row is of its content, wherever and however it was
// served.
func TestContent(t *testing.T) {
	t.Parallel()
	members := []string{`"date":"2026-11-01T10:20:30.5Z"`, `"gross":1000`, `"net":800`, `"source":"tip"`, `"currency":"EUR"`,
		`"transactionOrderId":"FV-1"`, `"user":{"handle":"bob","uuid":"` + fan + `"}`, `"b":1`, `"a":2`}
	content := func(body string) map[string]string {
		s := seal(t, "earnings", false)
		s.add(input("earnings", `[]`, body))
		s.close()
		rows, _ := read(t, s.rows.Bytes())
		return rows[0]
	}
	want := content("[{" + strings.Join(members, ",") + "}]")
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		rnd.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
		if got := content("\n[ { " + strings.Join(members, " ,\t") + " } ]\r\n"); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("order %v gives\n%v\nwant\n%v", members, got, want)
		}
	}
	base := strings.Join(members, ",")
	for name, same := range map[string]string{
		"other spelling of numbers and instants": strings.NewReplacer("1000", "1e3", "800", "800.00", "10:20:30.5Z", "12:20:30.500+02:00").Replace(base),
		"another name of the fan":                strings.Replace(base, `"bob"`, `"rob"`, 1),
		"null for what is absent":                base + `,"postUuid":null`,
		"escapes":                                strings.Replace(base, `"tip"`, `"\u0074ip"`, 1),
	} {
		if got := content("[{" + same + "}]"); got["_hash"] != want["_hash"] || got["earning_id"] != want["earning_id"] {
			t.Errorf("%s: another hash or id", name)
		}
	}
	for name, other := range map[string]string{
		"status":  base + `,"transactionOrderStatus":"pendingBalance"`,
		"drift":   strings.Replace(base, `"a":2`, `"a":3`, 1),
		"fan":     strings.Replace(base, fan, fan2, 1),
		"emptied": strings.Replace(base, `"EUR"`, `""`, 1),
	} {
		if got := content("[{" + other + "}]"); got["_hash"] == want["_hash"] || got["earning_id"] != want["earning_id"] {
			t.Errorf("%s: same hash or another id", name)
		}
	}
	// Frozen: another value here would make every row of every lake a new version.
	if want["_hash"] != frozenHash {
		t.Errorf("hash %s, want %s", want["_hash"], frozenHash)
	}
}

// TestVolatileColumns: a snapshot taken later with equal figures is equal.
func TestVolatileColumns(t *testing.T) {
	t.Parallel()
	s := seal(t, "account_snapshots", false)
	later := page(2, `{"account":{"fans":{"followers":3}}}`)
	later.FetchedAt = fetched.Add(time.Hour)
	in := input("account")
	in.Pages = func(yield func(transform.Page, error) bool) {
		_ = yield(page(1, `{"account":{"fans":{"followers":3}}}`), nil) && yield(later, nil)
	}
	s.add(in)
	s.close()
	rows, _ := read(t, s.rows.Bytes())
	if rows[0]["_hash"] != rows[1]["_hash"] || rows[0]["fetched_at"] == rows[1]["fetched_at"] {
		t.Errorf("rows %v", rows)
	}
}

func TestFooter(t *testing.T) {
	t.Parallel()
	s := seal(t, "subscriber_counts", false)
	in := input("subscriber_counts", `[{"date":"2026-10-31","total":1,"newSubscribersCount":1,"cancelledSubscribersCount":0},{"date":"2026-10-30","total":1,"newSubscribersCount":2,"cancelledSubscribersCount":0}]`)
	in.Slice.Start, in.Slice.End = fetched.AddDate(0, -1, 0), fetched
	in.Slice.Rows, in.Slice.Rejected = 99, 99
	s.add(in)
	empty := input("subscriber_counts", `[]`)
	empty.Slice.ID = "run-7/2"
	s.add(empty)
	written, err := s.part.Close(tables.Footer{PartID: "run-7-0001", Account: "main", Replaces: []string{"run-1-0001"}})
	if err != nil {
		t.Fatal(err)
	}
	footer, err := transform.ReadFooter(bytes.NewReader(s.rows.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(written)
	b, _ := json.Marshal(footer)
	if !bytes.Equal(a, b) {
		t.Errorf("read\n%s\nwritten\n%s", b, a)
	}
	if footer.Format != 1 || footer.Table != "subscriber_counts" || footer.Rows != 2 || footer.Notice == "" || footer.Account != "main" ||
		len(footer.Slices) != 2 || footer.Slices[0].Rows != 2 || footer.Slices[0].Rejected != 0 || footer.Slices[1].Rows != 0 || !footer.Slices[1].Complete {
		t.Errorf("footer %+v", footer)
	}
	// The content hash as documented: creator, day and hash of each row.
	rows, _ := read(t, s.rows.Bytes())
	var content []byte
	for i, day := range []uint64{20757, 20756} { // 2026-10-31 and the day before
		id, _ := hex.DecodeString(strings.ReplaceAll(creator, "-", ""))
		h, _ := strconv.ParseInt(rows[i]["_hash"], 10, 64)
		content = append(content, id...)
		content = binary.LittleEndian.AppendUint64(content, day)
		content = binary.LittleEndian.AppendUint64(content, uint64(h))
	}
	if sum := sha256.Sum256(content); footer.ContentHash != hex.EncodeToString(sum[:]) {
		t.Errorf("content hash %s, want %x", footer.ContentHash, sum)
	}
}

func TestReadFooterOfOtherFiles(t *testing.T) {
	t.Parallel()
	s := seal(t, "followers", false)
	s.close()
	whole := s.rows.Bytes()
	for n := 0; n < len(whole); n += 37 {
		if _, err := transform.ReadFooter(bytes.NewReader(whole[:n])); err == nil {
			t.Fatalf("%d of %d bytes are read as a part", n, len(whole))
		}
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	k := testKey(t)
	for uuid, want := range map[string]string{fan: fanID, strings.ToUpper(fan): fanID, fan2: fan2ID} {
		if got, err := k.FanID(uuid); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", uuid, got, err, want)
		}
	}
	if got := k.Fingerprint(); got != "302dd8e0770499a4" { // SHA-256 computed apart
		t.Errorf("fingerprint %s", got)
	}
	if again, err := transform.ParseKey([]byte(" " + k.Reveal() + "\r\n")); err != nil || again.Reveal() != k.Reveal() {
		t.Errorf("a revealed key does not read back: %v", err)
	}
	if one, other := transform.NewKey(), transform.NewKey(); one.Reveal() == other.Reveal() {
		t.Error("two new keys are one")
	}
	holder := struct {
		K transform.Key
		k transform.Key
	}{k, k}
	text, _ := json.Marshal(k)
	for _, printed := range []string{fmt.Sprint(k), fmt.Sprintf("%#v %+v %x %q", k, k, k, k), fmt.Sprintf("%+v %#v", holder, holder), string(text)} {
		if strings.Contains(printed, "0001020304") || strings.Contains(printed, "1 2 3 4") {
			t.Errorf("printed as %s", printed)
		}
	}
	for _, bad := range []string{"", "00", strings.Repeat("zz", 32), strings.Repeat("00", 33)} {
		if _, err := transform.ParseKey([]byte(bad)); err == nil {
			t.Errorf("%q is a key", bad)
		}
	}
	if _, err := (transform.Key{}).FanID(fan); err == nil {
		t.Error("the zero key names fans")
	}
	if _, err := k.FanID("bob"); err == nil {
		t.Error("bob is a uuid")
	}
}

// frozenHash is XXH64 of the documented encoding, computed apart.
const frozenHash = "-2827631109124225204"
