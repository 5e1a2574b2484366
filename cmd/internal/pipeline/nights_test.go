package pipeline_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

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
		w.Creators, w.FansPerCreator, w.EarningsPerCreator, w.ChatsPerCreator, w.MessagesPerChat = 50, 3000, 350, 2000, 10
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
			fmt.Fprintf(&b, "%22d", of(run))
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%-24s", "stream")
	for _, run := range runs {
		fmt.Fprintf(&b, "%22s", run)
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

// A glance at the chats of all creators takes the place of each creator's own
// list, which is asked for once a week: on quiet nights that is most of the
// requests for chats, on busy ones it is no more than without. Either way each
// night is complete.
func TestAnAgencysChatsAreGlancedAt(t *testing.T) {
	t.Parallel()
	w := fanvuesim.WorldOptions{Seed: 99, Agency: true, Creators: 5, FansPerCreator: 12, EarningsPerCreator: 10, ChatsPerCreator: 12, MessagesPerChat: 4, Months: 1}
	w.Nights.NoUnsent = true
	nights := []string{"first read", "busy night", "quiet night", "quiet night"}
	if long() {
		w.Creators, w.FansPerCreator, w.ChatsPerCreator = 50, 500, 400
		nights = append(nights, "quiet night", "quiet night", "quiet night", "quiet night", "busy night", "quiet night")
	}
	with, without := glancing(t, fanvuesim.Options{World: w}), glancing(t, fanvuesim.Options{World: w})
	without.account.Cadence["agency_chats"] = "off"
	spent := map[string]map[string]int{}
	read := func(r *rig, night, name string) {
		switch night {
		case "busy night":
			r.sim.Night()
		case "quiet night":
			r.sim.NightQuiet()
		}
		mark := r.sim.Gate().Ledger().Mark()
		r.sync(t, pipeline.SyncOptions{})
		if spent[name] == nil {
			spent[name] = map[string]int{}
		}
		for stream, n := range r.spentBy(mark) {
			spent[name][stream] += n
		}
	}
	for i, night := range nights {
		read(with, night, night)
		if i < 2 || long() {
			read(without, night, night+" without")
		}
		with.compareChats(t)
		with.compareMessages(t)
	}
	quiet := len(nights) - 2
	if long() {
		quiet--
	}
	chats := func(run string) int { return spent[run]["chats"] + spent[run]["agency_chats"] }
	if got := chats("quiet night"); got > quiet+w.Creators*(quiet+6)/7 { // a glance each, and each creator's own list once a week
		t.Errorf("%d quiet nights took %d requests for the chats of %d creators", quiet, got, w.Creators)
	}
	if got, most := chats("busy night"), chats("busy night without"); got >= most {
		t.Errorf("a busy night took %d requests for chats, %d without a glance", got, most)
	}
	if got, want := spent["busy night"]["messages"], spent["busy night without"]["messages"]; got != want {
		t.Errorf("a busy night took %d requests for messages, %d without a glance", got, want)
	}
	t.Logf("%d creators, %d quiet nights\n%s", w.Creators, quiet,
		requestTable(spent, "first read", "quiet night", "quiet night without", "busy night", "busy night without"))
}

// glancing is a rig whose key may read the agency.
func glancing(t *testing.T, o fanvuesim.Options) *rig {
	t.Helper()
	r := newRig(t, o)
	delete(r.account.Cadence, "agency_chats")
	delete(r.account.Cadence, "team_members")
	return r
}

// A chat that the agency's list leaves out is found within a week, by its
// creator's own list.
func TestAChatThatAGlanceMissesIsAWeekLate(t *testing.T) {
	t.Parallel()
	w := small(100)
	w.OwnerIsCreator, w.Creators, w.FansPerCreator, w.EarningsPerCreator, w.ChatsPerCreator = false, 4, 6, 5, 3
	w.Nights.NoUnsent = true
	r := glancing(t, fanvuesim.Options{World: w})
	r.sync(t, pipeline.SyncOptions{})
	r.sim.Night()
	missed := r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.ShiftedRow, Path: "/agencies/chats"})
	r.sync(t, pipeline.SyncOptions{})
	known := r.query(t, `SELECT max(last_message_at)::VARCHAR FROM fanvue.chats`)
	if missed.Fired() == 0 {
		t.Fatal("there was no glance")
	}
	r.sim.Advance(7 * 24 * time.Hour)
	r.sync(t, pipeline.SyncOptions{})
	if now := r.query(t, `SELECT max(last_message_at)::VARCHAR FROM fanvue.chats`); slices.Equal(now, known) {
		t.Error("the glance missed nothing")
	}
	r.compareChats(t)
	r.compareMessages(t)
}

// What a glance cannot tell is asked of each creator in the same night: of a key
// that is refused it, which is not tried again for a week, and where rows are
// out of order or lack something.
func TestCreatorsAreAskedWhereAGlanceTellsNothing(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault fanvuesim.Fault
		again int // glances on the night after; below 0: not looked at
	}{
		"refused":      {fanvuesim.Fault{Kind: fanvuesim.StatusFault, Status: 403}, 0},
		"out of order": {fanvuesim.Fault{Kind: fanvuesim.SetField, Field: "lastMessageAt", Value: `"2020-01-01T00:00:00.000Z"`}, -1},
		"lacking":      {fanvuesim.Fault{Kind: fanvuesim.DropField, Field: "isMuted"}, -1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := small(101)
			w.OwnerIsCreator, w.Creators, w.FansPerCreator, w.EarningsPerCreator, w.ChatsPerCreator = false, 4, 6, 5, 3
			w.Nights.NoUnsent, w.Nights.NoEmptied = true, true
			r := glancing(t, fanvuesim.Options{World: w})
			r.sync(t, pipeline.SyncOptions{})
			tt.fault.Path = "/agencies/chats"
			r.sim.Gate().Inject(tt.fault)
			for _, glances := range []int{1, tt.again} {
				if glances < 0 {
					break
				}
				r.sim.Night()
				mark := r.sim.Gate().Ledger().Mark()
				r.sync(t, pipeline.SyncOptions{})
				if spent := r.spentBy(mark); spent["agency_chats"] != glances || spent["chats"] != w.Creators {
					t.Errorf("%d glances, want %d; %d of %d creators were asked for their chats", spent["agency_chats"], glances, spent["chats"], w.Creators)
				}
				r.compareChats(t)
				r.compareMessages(t)
			}
		})
	}
}
