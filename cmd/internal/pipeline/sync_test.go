package pipeline_test

import (
	"os"
	"strings"
	"testing"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract/fanvuesim"
)

func TestSyncLandsEveryRowOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: fanvuesim.WorldOptions{Seed: 1, Agency: true, OwnerIsCreator: true, Creators: 3}})
	res := r.sync(t, pipeline.SyncOptions{Trigger: "test"})
	if !res.Published {
		t.Error("the first sync published nothing")
	}
	r.compare(t)
	if n := r.sim.World().MarkedRead(); n != 0 {
		t.Errorf("%d reads marked a chat as read", n)
	}
}

// A second sync of an unchanged world changes no table, no version, and
// publishes nothing.
func TestSyncOfAnUnchangedWorldChangesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: fanvuesim.WorldOptions{Seed: 2, Agency: true, Creators: 2}})
	r.sync(t, pipeline.SyncOptions{})
	before := r.content(t)
	info, err := os.Stat(r.account.Published())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		res := r.sync(t, pipeline.SyncOptions{})
		if res.Published {
			t.Error("a sync of an unchanged world published")
		}
	}
	after, err := os.Stat(r.account.Published())
	if err != nil {
		t.Fatal(err)
	}
	if !os.SameFile(info, after) {
		t.Error("the published file was replaced")
	}
	for table, hash := range r.content(t) {
		if before[table] != hash {
			t.Errorf("%s changed: %s, was %s", table, hash, before[table])
		}
	}
}

// A quiet night costs five requests a creator: account, new earnings,
// reversals, subscriber counts and the first page of chats; and two for the
// key's owner and the list of creators.
func TestSyncOfAQuietNight(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: fanvuesim.WorldOptions{Seed: 3, Agency: true, Creators: 4, EarningsPerCreator: 100}})
	r.sync(t, pipeline.SyncOptions{})
	r.sim.NightQuiet()
	mark := r.sim.Gate().Ledger().Mark()
	r.sync(t, pipeline.SyncOptions{})
	got := map[string]int{}
	for _, e := range r.sim.Gate().Ledger().Since(mark) {
		name := e.Pattern[strings.LastIndex(e.Pattern, "/")+1:]
		if strings.Contains(e.Query, "source=") {
			name = "reversals"
		}
		got[name]++
	}
	want := map[string]int{"me": 1, "creators": 1, "account": 4, "earnings": 4, "reversals": 4, "chats": 4}
	for name, n := range want {
		if got[name] != n {
			t.Errorf("%d requests for %s, want %d", got[name], name, n)
		}
	}
	t.Log(got)
}

// The following nights bring exactly the new, changed and removed rows.
func TestSyncOfTheNextNights(t *testing.T) {
	t.Parallel()
	seeds := uint64(1)
	if long() {
		seeds = 10
	}
	for seed := uint64(10); seed < 10+seeds; seed++ {
		r := newRig(t, fanvuesim.Options{World: fanvuesim.WorldOptions{Seed: seed, Agency: seed%2 == 0, OwnerIsCreator: true, Creators: 2,
			EarningsPerCreator: 300, Nights: fanvuesim.NightOptions{Vanish: true}}})
		r.sync(t, pipeline.SyncOptions{})
		r.compare(t)
		for night := 1; night <= 4; night++ {
			r.sim.Night()
			r.sync(t, pipeline.SyncOptions{})
			r.compare(t)
			if t.Failed() {
				t.Fatalf("seed %d, night %d", seed, night)
			}
		}
		// Seven nights without a change: by then every list was read again.
		for range 7 {
			r.sim.NightQuiet()
			r.sync(t, pipeline.SyncOptions{})
		}
		r.lists = nil
		r.compare(t)
		r.rebuildsEqual(t)
	}
}
