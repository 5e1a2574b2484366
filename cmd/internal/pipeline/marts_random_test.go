package pipeline_test

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"fanlake/cmd/internal/pipeline"
	"fanlake/load"
)

// Whatever nights, settings and disturbed runs came between, the marts that were
// kept current are those that a rebuild makes.
func TestMartsKeptCurrentAreThoseOfARebuild(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes")
	}
	t.Parallel()
	last := uint64(2)
	if long() {
		last = 400
	}
	for seed := uint64(1); seed <= last; seed++ {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			martsAreThoseOfARebuild(t, seed)
		})
	}
}

func martsAreThoseOfARebuild(t *testing.T, seed uint64) {
	t.Helper()
	dice := rand.New(rand.NewPCG(seed, 7))
	o := randomOptions(dice, seed)
	o.World.Nights.NoEmptied, o.World.Nights.NoUnsent, o.World.Nights.Vanish = false, false, true
	o.World.FansPerCreator += 10
	r := newRig(t, o)
	delete(r.account.Cadence, "team_members")
	delete(r.account.Cadence, "chatter_leaderboard")
	if dice.IntN(2) == 0 {
		delete(r.account.Cadence, "agency_chats")
	}
	creators := r.sim.World().Creators()
	for range 3 + dice.IntN(5) {
		if dice.IntN(3) == 0 {
			r.account.Settings = randomSettings(dice, creators[dice.IntN(len(creators))].UUID, creators[dice.IntN(len(creators))].Handle)
		}
		switch {
		case dice.IntN(8) == 0:
			r.sim.World().DropCreator(creators[dice.IntN(len(creators))].UUID)
		case dice.IntN(4) == 0:
			r.sim.World().RestoreCreator(creators[dice.IntN(len(creators))].UUID)
		}
		if dice.IntN(3) == 0 {
			r.disturbed(t, dice, seed)
		} else {
			_, err := r.try(t, pipeline.SyncOptions{Full: dice.IntN(3) == 0})
			if err != nil {
				t.Logf("seed %d: %v", seed, err)
			}
		}
		if dice.IntN(4) == 0 {
			if _, err := r.account.Compact(t.Context(), r.steps, false); err != nil && !errors.Is(err, pipeline.ErrEmpty) {
				t.Errorf("seed %d: compact: %v", seed, err)
			}
		}
		switch dice.IntN(5) {
		case 0:
			r.sim.Advance(time.Duration(dice.IntN(40*24)) * time.Hour)
		case 1, 2:
			r.sim.Night()
			r.sim.Night()
			fallthrough
		default:
			r.sim.Night()
		}
	}
	r.rebuildsEqual(t)
	if problems, checks, err := r.account.VerifyDeep(t.Context(), r.steps); err != nil {
		t.Errorf("%v: %v, %v", err, problems, checks)
	}
	if t.Failed() {
		t.Errorf("seed %d", seed)
	}
}

// randomSettings give a creator, by uuid or by handle, a zone at the edge of the day.
func randomSettings(dice *rand.Rand, uuid, handle string) load.Settings {
	zones := []string{"UTC", "Europe/London", "Pacific/Kiritimati", "Pacific/Niue", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe"}
	s := load.Settings{Timezone: zones[dice.IntN(len(zones))], Creators: map[string]load.CreatorSettings{}}
	if dice.IntN(2) == 0 {
		s.Creators[uuid] = load.CreatorSettings{Timezone: zones[dice.IntN(len(zones))], Label: "A"}
	}
	if dice.IntN(2) == 0 {
		s.Creators[handle] = load.CreatorSettings{Timezone: zones[dice.IntN(len(zones))]}
	}
	return s
}
