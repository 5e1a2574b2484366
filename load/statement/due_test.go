package statement

import (
	"fmt"
	"strings"
	"testing"
)

// What a schedule writes on the first days of a month: the last month, and what
// was not final when it was written, until it is.
func TestDue(t *testing.T) {
	t.Parallel()
	w := newWarehouse(t, world)
	o := options(t, w)
	due := func() string {
		months, err := Due(t.Context(), o, "ava")
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, m := range months {
			names = append(names, m.Format("2006-01"))
			names[len(names)-1] += " " + keep(t, o, earnings(t, o, "ava", m.Format("2006-01"))).State
		}
		return strings.Join(names, ", ")
	}
	for i, step := range []struct{ now, change, want string }{
		{"2026-03-02 06:00", "", "2026-02 provisional"},
		{"2026-03-09 06:00", "", "2026-02 provisional"},
		{"2026-04-03 06:00", row("m1", "2026-03-20", "tip", 1000, 800, true), "2026-02 final, 2026-03 provisional"}, // ten days are over
		{"2026-04-04 06:00", "UPDATE fanvue.earnings SET transaction_order_status = 'availableForPayout';", "2026-03 final"},
		{"2026-04-05 06:00", "", "2026-03 final"}, // it stays as it was
		{"2026-05-01 06:00", "", "2026-04 final"},
	} {
		w.change(step.change + until(fmt.Sprintf("s%d", i), step.now))
		if got := due(); got != step.want {
			t.Errorf("%s: got %s, want %s", step.now, got, step.want)
		}
	}
	// A draft of a month that is not over waits for its end.
	keep(t, o, earnings(t, o, "ava", "2026-05"))
	if got := due(); got != "2026-04 final" {
		t.Errorf("got %s", got)
	}
	w.change("DELETE FROM meta.runs")
	if months, err := Due(t.Context(), o, "ava"); err != nil || len(months) > 0 {
		t.Errorf("without a run: %v, %v", months, err)
	}
}
