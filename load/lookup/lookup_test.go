package lookup

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

const (
	ava  = "11111111-1111-1111-1111-111111111111"
	bea  = "22222222-2222-2222-2222-222222222222"
	cleo = "33333333-3333-3333-3333-333333333333"
	gone = "44444444-4444-4444-4444-444444444444"
)

func TestFindCreator(t *testing.T) {
	t.Parallel()
	all := []Creator{{ava, "ava", "ava"}, {bea, "Bea", "Überfrau & Co"}, {cleo, "cleo", "Ava"}, {gone, "", ""}, {"5", "cleo.two", "Cleo"}}
	for name, want := range map[string]string{
		"bea": bea, "@BEA": bea, "überfrau & co": bea, " Überfrau & Co ": bea, strings.ToUpper(gone): gone,
		"@ava": ava, "@cleo": cleo, cleo: cleo, "cleo.two": "5",
		// what is one's handle and another's label
		"ava":  "no such creator: ava means several: ava " + ava + ", cleo (Ava) " + cleo + "; name one by its uuid, or by @ and its handle",
		"CLEO": "no such creator: CLEO means several: cleo (Ava) " + cleo + ", cleo.two (Cleo) 5; name one by its uuid, or by @ and its handle",
		// what is nobody's
		"@Überfrau & Co": "no such creator as @Überfrau & Co: there are ava, Bea (Überfrau & Co), cleo (Ava), " + gone + ", cleo.two (Cleo)",
		"":               "no such creator as : there are ava, Bea (Überfrau & Co), cleo (Ava), " + gone + ", cleo.two (Cleo)",
		"a\x1b[2J":       `no such creator as a\x1b[2J: there are ava, Bea (Überfrau & Co), cleo (Ava), ` + gone + ", cleo.two (Cleo)",
	} {
		i, err := FindCreator(all, name)
		got := all[i].ID
		if err != nil {
			if got = err.Error(); !errors.Is(err, ErrNoCreator) {
				t.Errorf("%q: %v is no ErrNoCreator", name, err)
			}
		}
		if got != want {
			t.Errorf("%q means %s, want %s", name, got, want)
		}
	}
	if _, err := FindCreator(nil, "ava"); err == nil || err.Error() != "no such creator: the warehouse has none yet, run a sync first" {
		t.Errorf("of none: %v", err)
	}
}

// Of many only those that are near are listed.
func TestFindCreatorOfMany(t *testing.T) {
	t.Parallel()
	var all []Creator
	for i := range 30 {
		all = append(all, Creator{ID: fmt.Sprint(i), Handle: fmt.Sprintf("handle%d", i)})
	}
	all[7].Label, all[8].Handle = "Melusine", ""
	for name, want := range map[string]string{
		"melusin": "of the 30 that there are, the nearest are handle7 (Melusine)",
		"zzzzzzz": "there are 30, such as handle0, handle1, handle2",
	} {
		if _, err := FindCreator(all, name); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	if list := Creators(all); !strings.HasSuffix(list, "handle19 and 10 others") {
		t.Errorf("listed %s", list)
	}
}

func TestNear(t *testing.T) {
	t.Parallel()
	names := []string{"top_fans", "top_posts", "churn", "earnings_by_day", "Earnings"}
	for typed, want := range map[string]string{
		"top_fan": "[top_fans]", "top-fans": "[top_fans]", "EARNINGS": "[Earnings earnings_by_day]", "zz": "[]",
		strings.Repeat("churn", 30): "[]",
	} {
		if got := fmt.Sprint(Near(names, typed)); got != want {
			t.Errorf("%s is near %s, want %s", typed, got, want)
		}
	}
}
