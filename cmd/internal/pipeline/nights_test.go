package pipeline_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract/fanvuesim"
)

// An agency's nights take what they may: a quiet one five requests a creator,
// two more at most where money is pending, and what a week asks for apart; a
// busy one a request more for each chat that changed and for what its news is
// asked for; and each is complete to the row. The table has the requests of a
// first read, which is what reading everything again takes, beside them.
func TestRequestsOfAnAgencysNights(t *testing.T) {
	t.Parallel()
	w := fanvuesim.WorldOptions{Seed: 98, Agency: true, Creators: 5, FansPerCreator: 150, EarningsPerCreator: 120, ChatsPerCreator: 40, MessagesPerChat: 10, Months: 1}
	if long() {
		w.Creators, w.FansPerCreator, w.EarningsPerCreator, w.ChatsPerCreator, w.MessagesPerChat = 50, 3000, 350, 400, 20
	}
	w.Nights.NoUnsent = true // a chat whose last message was unsent sinks below what a night reads; the walk of all chats finds it
	r := newRig(t, fanvuesim.Options{World: w})
	ledger := r.sim.Gate().Ledger()
	tables := map[string]map[string]int{}
	read := func(name string) map[string]int {
		mark := ledger.Mark()
		r.sync(t, pipeline.SyncOptions{})
		tables[name] = r.spentBy(mark)
		return tables[name]
	}
	read("first read")
	r.compare(t)
	// The busy night comes first: quiet ones keep balances from settling, and all
	// at once is not how they do.
	r.sim.Night()
	busy := read("busy night")
	r.compare(t)
	changed := 0
	for _, c := range r.listed() {
		for _, h := range r.sim.World().Chats(c.UUID) {
			if h.LastMessageAt.After(r.sim.Now().AddDate(0, 0, -1)) {
				changed++
			}
		}
	}
	if n := busy["messages"]; n < changed || n > changed+changed/10 {
		t.Errorf("a busy night took %d requests for messages; %d chats changed", n, changed)
	}
	r.sim.NightQuiet() // what was read last are counts and sums of a day that was not over
	r.sync(t, pipeline.SyncOptions{})
	r.sim.NightQuiet()
	quiet := read("quiet night")
	r.compare(t)
	// Rows seen pending are read again at 7, 14, 21 and 28 days of age.
	if n := quiet["earnings"]; n < w.Creators || n > 5*w.Creators {
		t.Errorf("a quiet night took %d requests for earnings, want for each of %d creators one, and four more at most for what is pending", n, w.Creators)
	}
	for _, stream := range []string{"account", "reversals", "subscriber_counts", "chats"} {
		if quiet[stream] != w.Creators {
			t.Errorf("a quiet night took %d requests for %s, want one for each of %d creators", quiet[stream], stream, w.Creators)
		}
	}
	if quiet["messages"]+quiet["message"] > 0 {
		t.Errorf("a quiet night read %d chats", quiet["messages"])
	}
	t.Logf("%d creators with %d chats and %d fans, %d earnings in 35 days; %d chats changed in the busy night\n%s", w.Creators, w.ChatsPerCreator,
		w.FansPerCreator, w.EarningsPerCreator, changed, requestTable(tables, "first read", "quiet night", "busy night"))
}

// requestTable writes requests by stream and run.
func requestTable(tables map[string]map[string]int, runs ...string) string {
	streams, total := map[string]int{}, map[string]int{}
	for _, n := range tables {
		maps.Copy(streams, n)
	}
	var b strings.Builder
	row := func(name string, of func(run string) int) {
		fmt.Fprintf(&b, "%-24s", name)
		for _, run := range runs {
			fmt.Fprintf(&b, "%14d", of(run))
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%-24s", "stream")
	for _, run := range runs {
		fmt.Fprintf(&b, "%14s", run)
	}
	b.WriteByte('\n')
	for _, stream := range slices.Sorted(maps.Keys(streams)) {
		row(stream, func(run string) int {
			total[run] += tables[run][stream]
			return tables[run][stream]
		})
	}
	row("together", func(run string) int { return total[run] })
	return b.String()
}
