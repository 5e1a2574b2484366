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
	}
}

// ledger is what the published facts of each creator add up to: sales and
// reversals.
func (r *rig) ledger(t testing.TB) []string {
	t.Helper()
	return r.query(t, `SELECT creator_id::VARCHAR, CASE WHEN source IN ('refund', 'chargeback') OR reversed_transaction_order_id IS NOT NULL THEN 'reversals' ELSE 'sales' END AS kind,
		count(*), sum(gross_cents)::BIGINT, sum(net_cents)::BIGINT FROM mart.fct_earnings GROUP BY 1, 2`)
}

// truth is the whole ledger as the surface has it.
func (r *rig) truth() (want []string) {
	for _, c := range r.listed() {
		type sum struct{ rows, gross, net int64 }
		sums := map[string]sum{}
		for e := range r.sim.World().Earnings(c.UUID) {
			row, _, ok := r.served(c, e)
			if !ok || e.Gone {
				continue
			}
			kind := "sales"
			if e.IsReversal() {
				kind = "reversals"
			}
			sums[kind] = sum{sums[kind].rows + 1, sums[kind].gross + row.Gross, sums[kind].net + row.Net}
		}
		for kind, s := range sums {
			want = append(want, line(c.UUID, kind, s.rows, s.gross, s.net))
		}
	}
	return want
}

// onTheWay wants a ledger that is whole, but for what only the newer surface
// has: reversals of other creators than the owner are there or not yet, never
// more than there are.
func (r *rig) onTheWay(t testing.TB) {
	t.Helper()
	owner := r.sim.World().Owner()
	later := func(row string) bool { return strings.Contains(row, "reversals") && !strings.HasPrefix(row, owner) }
	got, want := r.ledger(t), r.truth()
	most := map[string]string{}
	for _, row := range slices.Concat(got, want) {
		if key, _, _ := strings.Cut(row, "reversals | "); later(row) {
			most[key] = row
		}
	}
	for _, row := range got {
		if key, sums, _ := strings.Cut(row, "reversals | "); later(row) {
			var n, all int
			_, full, _ := strings.Cut(most[key], "reversals | ")
			fmt.Sscan(sums, &n)
			fmt.Sscan(full, &all)
			if n > all {
				t.Errorf("%d reversals of %d: %s", n, all, row)
			}
		}
	}
	same(t, "the ledger on the way", slices.DeleteFunc(got, later), slices.DeleteFunc(want, later))
}

// moved serves the same world by a newer deployment, whose older surface has
// order ids.
func (r *rig) moved(t testing.TB, w fanvuesim.WorldOptions, nights int) {
	t.Helper()
	newer := newRig(t, fanvuesim.Options{World: w})
	for range nights {
		newer.sim.Night()
	}
	r.sim, r.account.BaseURL, r.noOrder = newer.sim, newer.account.BaseURL, false
}

// An account that moves to a newer surface has every earning once, to the cent,
// whatever is published on the way: after budgets that end runs anywhere, after
// a kill, and in the end with all that the newer surface knows. So has one that
// moves back.
func TestSyncMovesBetweenSurfaces(t *testing.T) {
	t.Parallel()
	for k, move := range [][]string{{"v0", "v1"}, {"bare", "v0"}, {"bare", "v1"}, {"v1", "v0"}} {
		from, to := move[0], move[1]
		t.Run(from+" to "+to, func(t *testing.T) {
			if k > 1 && !long() {
				t.Skip("a variant of the others")
			}
			t.Parallel()
			w := small(70 + uint64(k))
			w.EarningsPerCreator = 260
			r := newRig(t, fanvuesim.Options{World: w, EarningsWithoutOrderID: from == "bare" || to == "v0"}).on(from)
			r.sync(t, pipeline.SyncOptions{})
			r.compare(t)
			r.sim.Night()
			r.sync(t, pipeline.SyncOptions{})
			r.compare(t)
			same(t, "the ledger before", r.ledger(t), r.truth())
			if from == "bare" && to == "v0" {
				r.moved(t, w, 1)
			}
			if was := r.on(from).truth(); from == "v1" { // what was read of others' reversals stays
				r.on(to).sync(t, pipeline.SyncOptions{})
				same(t, "the ledger on the way back", r.ledger(t), was)
				r.sync(t, pipeline.SyncOptions{Full: true})
				same(t, "the ledger after a full read", r.ledger(t), was)
				r.sim.NightQuiet()
				r.sync(t, pipeline.SyncOptions{})
				same(t, "the ledger on the next night", r.ledger(t), was)
				r.rebuildsEqual(t)
				return
			}
			r.on(to)
			for budget := 4; budget < 14; budget += 5 {
				if _, err := r.account.Sync(t.Context(), pipeline.SyncOptions{Budget: budget}, r.steps); err != nil {
					t.Fatal(err)
				}
				r.onTheWay(t)
			}
			r.killAt(t, 2)
			r.sync(t, pipeline.SyncOptions{})
			if to == "v1" {
				r.compare(t)
			}
			same(t, "the ledger", r.ledger(t), r.truth())
			r.sim.Night()
			r.sync(t, pipeline.SyncOptions{})
			same(t, "the ledger", r.ledger(t), r.truth())
			same(t, "doubts", r.query(t, `SELECT reason, earning_id FROM meta.suspects WHERE stream = 'earnings'`), nil)
			r.rebuildsEqual(t)
		})
	}
}
