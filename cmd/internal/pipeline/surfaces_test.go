package pipeline_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract/fanvuesim"
)

// olderSurfaces are the two spellings of the older surface.
var olderSurfaces = []string{"v0", "bare"}

// on makes the account read another surface.
func (r *rig) on(surface string) *rig {
	r.account.Surface = surface
	return r
}

func (r *rig) older() bool { return r.account.Surface != "v1" }

// served is a row of earnings as the surface has it: the older one does not say
// what left the fan's card; it has reversals apart, without orders and status,
// and only those of the key's owner.
func (r *rig) served(c fanvuesim.CreatorTruth, e fanvuesim.EarningTruth) (row fanvuesim.EarningTruth, total string, ok bool) {
	if !r.older() {
		return e, fmt.Sprint(e.Total), true
	}
	if e.IsReversal() {
		if e.Source != "chargeback" {
			e.Source = "refund"
		}
		e.OrderID, e.Reversed, e.Status = "", "", ""
		return e, "-", c.Owner
	}
	if r.noOrder {
		e.OrderID = ""
	}
	return e, "-", true
}

// The pipeline does on the older surface what it does on v1: every row lands
// once, an unchanged world changes nothing, the next nights bring what is new,
// and no message is marked as read.
func TestSyncOnOlderSurfaces(t *testing.T) {
	t.Parallel()
	for k, surface := range olderSurfaces {
		t.Run(surface, func(t *testing.T) {
			t.Parallel()
			w := small(50 + uint64(k))
			w.Agency = surface == "v0"
			r := newRig(t, fanvuesim.Options{World: w, EarningsWithoutOrderID: surface == "bare"}).on(surface)
			res := r.sync(t, pipeline.SyncOptions{})
			r.compare(t)
			r.compareInsights(t)
			reason := res.AbsentStreams["reversals"]
			if w.Agency && !strings.Contains(reason, r.sim.World().Creators()[1].Handle) || !w.Agency && len(res.AbsentStreams) > 0 {
				t.Errorf("absent streams %v", res.AbsentStreams)
			}
			before := r.content(t)
			if res := r.sync(t, pipeline.SyncOptions{}); res.Published {
				t.Error("a sync of an unchanged world published")
			}
			for table, hash := range r.content(t) {
				if before[table] != hash {
					t.Errorf("%s changed: %s, was %s", table, hash, before[table])
				}
			}
			for night := 1; night <= 2; night++ {
				r.sim.Night()
				r.sync(t, pipeline.SyncOptions{})
				r.compare(t)
				if t.Failed() {
					t.Fatalf("night %d", night)
				}
			}
			for _, e := range r.sim.Gate().Ledger().Since(0) {
				if strings.HasPrefix(e.Path, "/v") != (surface == "v0") || strings.HasPrefix(e.Path, "/v1/") {
					t.Fatalf("asked for %s on surface %s", e.Path, surface)
				}
				if e.Status != 200 && !strings.HasSuffix(e.Path, "/creators") {
					t.Errorf("%d for %s?%s", e.Status, e.Path, e.Query)
				}
			}
			if n := r.sim.World().MarkedRead(); n != 0 {
				t.Errorf("%d reads marked a chat as read", n)
			}
			r.rebuildsEqual(t)
		})
	}
}

// A killed run is gone on with.
func TestSyncOnOlderSurfacesSurvivesKills(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes")
	}
	t.Parallel()
	for k, surface := range olderSurfaces {
		r := newRig(t, fanvuesim.Options{World: small(60 + uint64(k))}).on(surface)
		dice := rand.New(rand.NewPCG(60, uint64(k)))
		for range 3 {
			r.killAt(t, 3+dice.IntN(25))
		}
		r.sync(t, pipeline.SyncOptions{})
		r.compare(t)
		if n := r.sim.World().MarkedRead(); n != 0 {
			t.Errorf("%d reads marked a chat as read", n)
		}
		if gone := r.query(t, `SELECT earning_id FROM fanvue.earnings WHERE removed_at IS NOT NULL`); len(gone) > 0 {
			t.Errorf("%d earnings are gone", len(gone))
		}
		slices.Sort(r.steps.lines)
	}
}
