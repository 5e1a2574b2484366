package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract"
	"fanlake/extract/fanvuesim"
)

// Whatever world, whatever server, whatever nights, whatever disturbs the runs:
// behind the last run that nothing disturbs the lake folds to the truth.
func TestLakeFoldsToTheTruth(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes")
	}
	t.Parallel()
	seeds := uint64(40)
	if long() {
		seeds = 2000
	}
	for part := range uint64(4) {
		t.Run(fmt.Sprintf("every fourth of %d from %d", seeds, part+1), func(t *testing.T) {
			t.Parallel()
			for seed := part + 1; seed <= seeds && !t.Failed(); seed += 4 {
				foldsToTheTruth(t, seed)
			}
		})
	}
}

func foldsToTheTruth(t *testing.T, seed uint64) {
	t.Helper()
	dice := rand.New(rand.NewPCG(seed, 0))
	r := newRig(t, randomOptions(dice, seed))
	nights := 1
	if long() {
		nights += dice.IntN(3)
	}
	for range nights {
		r.disturbed(t, dice, seed)
		r.sim.Night()
		if dice.IntN(3) == 0 {
			r.disturbed(t, dice, seed)
		}
	}
	r.sync(t, pipeline.SyncOptions{})
	if seed%10 == 0 {
		r.sync(t, pipeline.SyncOptions{Full: true}) // lists and the platform's own sums may be a week old
		r.comparePeopleLists(t)
		r.compareDays(t)
		r.rebuildsEqual(t)
	}
	r.compareCreators(t)
	r.compareEarnings(t)
	r.compareChats(t)
	r.compareMessages(t)
	if n := r.sim.World().MarkedRead(); n != 0 {
		t.Errorf("%d reads marked a chat as read", n)
	}
	if t.Failed() {
		t.Errorf("seed %d", seed)
	}
}

// randomOptions are a small world and a server with manners of its own. What
// needs a comparison every night to be known (a fan emptied before the lake saw
// it) or a month to be seen (a last message unsent) has tests of its own.
func randomOptions(dice *rand.Rand, seed uint64) fanvuesim.Options {
	o := fanvuesim.Options{World: fanvuesim.WorldOptions{Seed: seed, Agency: dice.IntN(3) > 0, OwnerIsCreator: dice.IntN(2) == 0,
		Creators: 2 + dice.IntN(2), FansPerCreator: 1 + dice.IntN(15), EarningsPerCreator: dice.IntN(60), ChatsPerCreator: dice.IntN(5), MessagesPerChat: dice.IntN(12),
		Months: 1 + dice.IntN(14), Nights: fanvuesim.NightOptions{NoEmptied: true, NoUnsent: true}}}
	o.World.OwnerIsCreator = o.World.OwnerIsCreator || !o.World.Agency
	if dice.IntN(2) == 0 {
		o.PageCap = 10 + dice.IntN(40)
	}
	if dice.IntN(3) == 0 {
		o.EmptyPages = 2 + dice.IntN(4)
	}
	if dice.IntN(3) == 0 {
		o.TieCursor = fanvuesim.TieRepeat
	}
	return o
}

// disturbed runs once: with a budget that may be too small, until it is
// interrupted or killed, or through faults.
func (r *rig) disturbed(t *testing.T, dice *rand.Rand, seed uint64) {
	t.Helper()
	requests := 1 + dice.IntN(60)
	switch dice.IntN(5) {
	case 0:
		r.sync(t, pipeline.SyncOptions{})
	case 1:
		if _, err := r.try(t, pipeline.SyncOptions{Budget: requests}); err != nil && !errors.Is(err, extract.ErrBudget) {
			t.Errorf("seed %d: a run with a budget of %d: %v", seed, requests, err)
		}
	case 2:
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go r.after(requests, cancel, done)
		_, err := r.account.Sync(ctx, pipeline.SyncOptions{}, r.steps)
		close(done)
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("seed %d: a run interrupted after %d requests: %v", seed, requests, err)
		}
		cancel()
	case 3:
		r.killOne(t, dice, 120)
	case 4:
		for i, f := range passing(seed) {
			if f.Kind != fanvuesim.Hang && (seed+uint64(i))%3 == 0 {
				f.Probability = 0.2
				r.sim.Gate().Inject(f)
			}
		}
		_, err := r.try(t, pipeline.SyncOptions{})
		r.sim.Gate().ClearFaults()
		if err != nil && !errors.Is(err, pipeline.ErrPartial) {
			t.Logf("seed %d: a run through faults: %v", seed, err)
		}
	}
}

// after calls f once the API was asked so many times more, unless the run is
// done before.
func (r *rig) after(requests int, f func(), done <-chan struct{}) {
	want := r.sim.Gate().Ledger().Total() + requests
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for r.sim.Gate().Ledger().Total() < want {
		select {
		case <-done:
			return
		case <-tick.C:
		}
	}
	f()
}
