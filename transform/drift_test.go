package transform_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"fanlake/transform"
	"fanlake/transform/tables"
)

func TestDrift(t *testing.T) {
	t.Parallel()
	s := seal(t, "earnings", false)
	row := func(date string) string {
		return `{"zeta":"secret é","alpha":1.50,"flag":true,"none":null,"obj":{"deep":1},"list":[1],"big":` + strings.Repeat("9", 50) + `,
		"date":"` + date + `","gross":1,"net":1,"source":"tip","` + fan2 + `":1,
		"user":{"uuid":"` + fan + `","handle":17,"country":"GB","age":33,"mail":"x","contact":"a@example.test","site":"https://example.test","tags":["a"],"` + `long":"` + strings.Repeat("y", 300) + `"}}`
	}
	s.add(input("earnings", `{"data":[`+row("2026-11-02")+`],"brandNewEnvelopeKey":1}`, `{"data":[`+row("2026-11-01")+`]}`))
	s.close()
	var got []string
	for _, d := range s.side.Drift() {
		got = append(got, fmt.Sprintf("%s %s %s %d", d.Table, d.Path, d.Type, d.Count))
	}
	want := `earnings * number 2
earnings alpha number 2
earnings big number 2
earnings flag boolean 2
earnings list array 2
earnings none null 2
earnings obj object 2
earnings user.age number 2
earnings user.contact string 2
earnings user.country string 2
earnings user.handle number 2
earnings user.long string 2
earnings user.mail string 2
earnings user.site string 2
earnings user.tags array 2
earnings zeta string 2`
	if g := strings.Join(got, "\n"); g != want {
		t.Errorf("got\n%s\nwant\n%s", g, want)
	}
	rows, _ := read(t, s.rows.Bytes())
	extra := `{"*":1,"alpha":1.50,"big":{"type":"number"},"flag":true,"list":{"type":"array"},"none":null,"obj":{"type":"object"},"zeta":{"type":"string","length":8}}`
	wantLines(t, rows, "_extra", extra, extra)
	people, _ := read(t, s.people.Bytes())
	wantLines(t, people, "handle _extra", `- {"user.age":33,"user.contact":{"type":"string","length":14},"user.country":"GB","user.handle":{"type":"number"},"user.long":{"type":"string","length":300},"user.mail":{"type":"string","length":1},"user.site":{"type":"string","length":20},"user.tags":{"type":"array"}}`)
}

// Where the row is the person, names of the row are the person's, names of its
// parts are the row's.
func TestDriftOfPersonRows(t *testing.T) {
	t.Parallel()
	s := seal(t, "subscribers", false)
	s.add(input("subscribers", `[{"uuid":"`+fan+`","handle":"bob","city":"York","subscription":{"status":"active","plan":"gold","tier":2}}]`))
	s.close()
	rows, _ := read(t, s.rows.Bytes())
	wantLines(t, rows, "_extra", `{"subscription.plan":{"type":"string","length":4},"subscription.tier":2}`)
	people, _ := read(t, s.people.Bytes())
	wantLines(t, people, "_extra", `{"city":"York"}`)
}

func TestDriftIsBounded(t *testing.T) {
	t.Parallel()
	s := seal(t, "followers", false)
	var b strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&b, `,{"uuid":"%s","new%d":1}`, fan, i)
	}
	s.add(input("followers", "["+b.String()[1:]+"]"))
	d := s.side.Drift()
	var rows int64
	for _, d := range d {
		rows += d.Count
	}
	if len(d) > 1001 || rows != 3000 {
		t.Errorf("%d entries of %d rows", len(d), rows)
	}
}

func TestPeopleAreWrittenWhenTheyChange(t *testing.T) {
	t.Parallel()
	s := seal(t, "followers", false)
	bob := func(handle string) string { return `[{"uuid":"` + fan + `","handle":"` + handle + `"}]` }
	s.add(input("followers", bob("bob"), bob("bob"), bob("rob"), bob("bob"), `[{"uuid":"`+fan2+`"}]`))
	second := input("followers", bob("bob"), bob("bert"))
	second.Slice.ID = "run-7/2"
	s.add(second)
	s.close()
	people, _ := read(t, s.people.Bytes())
	wantLines(t, people, "fan_id handle _page _slice",
		fanID+" bob 1 0", fanID+" rob 3 0", fanID+" bob 4 0", fan2ID+" - 5 0", fanID+" bert 2 1")
}

// TestPartsShareASide writes several parts at once.
func TestPartsShareASide(t *testing.T) {
	t.Parallel()
	one := seal(t, "followers", false)
	tab, _ := tables.ByName("followers")
	var g errgroup.Group
	for n := range 4 {
		g.Go(func() error {
			p, err := transform.NewPart(io.Discard, tab, transform.Options{Key: testKey(t), Side: one.side})
			if err != nil {
				return err
			}
			in := input("followers", fmt.Sprintf(`[{"uuid":"%s","handle":"h%d","new":1},{"handle":1}]`, fan, n))
			in.Slice.ID = fmt.Sprint(n)
			_, err = p.Add(t.Context(), in)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	one.close()
	people, _ := read(t, one.people.Bytes())
	rejects, _ := read(t, one.rejects.Bytes())
	if len(people) != 4 || len(rejects) != 4 {
		t.Errorf("%d people and %d rejects, want 4 and 4", len(people), len(rejects))
	}
	for _, d := range one.side.Drift() {
		if d.Count != 4 {
			t.Errorf("drift %+v, want 4 rows", d)
		}
	}
}
