package pipeline_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract"
	"fanlake/extract/fanvuesim"
	"fanlake/load/runs"
)

// olderSurfaces are the two spellings of the older surface.
var olderSurfaces = []string{"v0", "bare"}

// on makes the account read another surface.
func (r *rig) on(surface string) *rig {
	r.account.Surface = surface
	return r
}

// core leaves out what is published and kept, which costs time.
func (r *rig) core() *rig {
	r.account.Cadence = map[string]string{}
	for _, st := range extract.Streams {
		switch st.Table {
		case "creators", "account_snapshots", "earnings", "subscribers", "followers", "chats", "messages":
		default:
			r.account.Cadence[st.Name] = "off"
		}
	}
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
			if k > 0 && !long() {
				t.Skip("bare is read by the tests below; FANLAKE_LONG=1 runs this too")
			}
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
			nights := 1
			if long() {
				nights = 10
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
			for night := 1; night <= nights; night++ {
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
			if long() {
				r.rebuildsEqual(t)
			}
		})
	}
}

// A killed run is gone on with.
func TestSyncOnOlderSurfacesSurvivesKills(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes")
	}
	t.Parallel()
	surfaces, kills := olderSurfaces[:1], 1
	if long() {
		surfaces, kills = olderSurfaces, 20
	}
	for k, surface := range surfaces {
		r := newRig(t, fanvuesim.Options{World: small(60 + uint64(k))}).on(surface).core()
		dice := rand.New(rand.NewPCG(60, uint64(k)))
		for range kills {
			r.killAt(t, 2+dice.IntN(25))
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
func (r *rig) moved(t testing.TB, w fanvuesim.WorldOptions) {
	t.Helper()
	newer := newRig(t, fanvuesim.Options{World: w})
	for newer.sim.Now().Before(r.sim.Now()) {
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
				t.Skip("a variant of the others; FANLAKE_LONG=1 runs it")
			}
			t.Parallel()
			w := small(70 + uint64(k))
			w.EarningsPerCreator = 260
			r := newRig(t, fanvuesim.Options{World: w, EarningsWithoutOrderID: from == "bare" || to == "v0"}).on(from).core()
			r.sync(t, pipeline.SyncOptions{})
			r.compare(t)
			if long() {
				r.sim.Night()
				r.sync(t, pipeline.SyncOptions{})
				r.compare(t)
			}
			same(t, "the ledger before", r.ledger(t), r.truth())
			if from == "bare" && to == "v0" {
				r.moved(t, w)
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
			// The one ends behind the first read of the earnings, before anything of
			// it could be looked at again.
			budgets := []int{17}
			if long() {
				budgets = []int{4, 7, 11, 5, 6, 5, 5, 5}
			} else if to == "v0" {
				budgets = nil
			}
			for _, budget := range budgets {
				if _, err := r.account.Sync(t.Context(), pipeline.SyncOptions{Budget: budget}, r.steps); err != nil {
					t.Fatal(err)
				}
				r.onTheWay(t)
			}
			if long() {
				r.killAt(t, 2)
			}
			r.sync(t, pipeline.SyncOptions{})
			if to == "v1" {
				r.compare(t)
			}
			same(t, "the ledger", r.ledger(t), r.truth())
			if n := r.sim.World().MarkedRead(); n != 0 {
				t.Errorf("%d reads marked a chat as read", n)
			}
			if to == "v0" && !long() {
				return
			}
			if long() {
				r.sim.Night()
				r.sync(t, pipeline.SyncOptions{})
				same(t, "the ledger", r.ledger(t), r.truth())
			}
			same(t, "doubts", r.query(t, `SELECT reason, earning_id FROM meta.suspects WHERE stream = 'earnings'`), nil)
			r.rebuildsEqual(t)
		})
	}
}

// On the older surface there are no single messages: a purchase seen in a quiet
// chat reads that chat again, down to the message.
func TestSyncReadsDownToAMessageThatWasBought(t *testing.T) {
	t.Parallel()
	w := small(43)
	w.Agency, w.MessagesPerChat = false, 120
	w.Nights = nothing()
	w.Nights.NoUnlocks = false
	r := newRig(t, fanvuesim.Options{World: w}).on("v0").core()
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
	for range 12 {
		r.sim.Night()
	}
	mark := r.sim.Gate().Ledger().Mark()
	r.sync(t, pipeline.SyncOptions{})
	pages := map[string]int{}
	for _, e := range r.sim.Gate().Ledger().Since(mark) {
		switch {
		case strings.HasSuffix(e.Pattern, "/messages"):
			pages[e.Path]++
		case strings.Contains(e.Pattern, "/messages/"):
			t.Errorf("asked for a single message: %s", e.Path)
		}
	}
	if len(pages) == 0 {
		t.Error("nothing was bought; the test needs purchases")
	}
	for path, n := range pages {
		if n > 4 { // three pages of 120 messages, and the first once more
			t.Errorf("%d pages of %s", n, path)
		}
	}
	r.compareMessages(t)
	if n := r.sim.World().MarkedRead(); n != 0 {
		t.Errorf("%d reads marked a chat as read", n)
	}
}

// A deployment that lacks a stream costs one question a run, says so, and
// everything else is read.
func TestSyncWithoutAccounts(t *testing.T) {
	t.Parallel()
	w := small(81)
	w.Creators = 3
	r := newRig(t, fanvuesim.Options{World: w}).on("bare").core()
	missing := r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.StatusFault, Status: 404, Path: "/account"})
	for night := 0; night == 0 || long() && night < 3; night++ {
		before := missing.Fired()
		res := r.sync(t, pipeline.SyncOptions{})
		if why := res.AbsentStreams["account"]; res.Status != runs.OK || !strings.Contains(why, "bare") || res.Streams["account"].Skipped != why {
			t.Errorf("status %s, absent streams %v", res.Status, res.AbsentStreams)
		}
		if n := missing.Fired() - before; n > 3 { // of the owner, and of two others beside each other
			t.Errorf("asked %d times", n)
		}
		r.compareEarnings(t)
		r.comparePeopleLists(t)
		r.compareMessages(t)
		r.sim.NightQuiet()
	}
	status, err := r.account.Status(t.Context())
	if err != nil || !slices.ContainsFunc(status.Attention, func(s string) bool { return strings.Contains(s, "account") && strings.Contains(s, "bare") }) ||
		!slices.ContainsFunc(status.Attention, func(s string) bool {
			return strings.Contains(s, "reversals") && strings.Contains(s, "surface v1 has it")
		}) {
		t.Errorf("status says %q, %v", status.Attention, err)
	}
	plan, err := r.account.Plan(t.Context(), pipeline.SyncOptions{}, r.steps)
	if err != nil || !strings.Contains(plan.Absent["reversals"], r.sim.World().Creators()[2].Handle) {
		t.Errorf("the plan says %v, %v", plan.Absent, err)
	}
	if _, err := r.account.Sync(t.Context(), pipeline.SyncOptions{Streams: []string{"reversals"}}, r.steps); !errors.Is(err, pipeline.ErrPartial) {
		t.Errorf("asked for by name, reversals of other creators end with %v", err)
	}
}

// Lists and chats that move while they are read lose nobody, and close nothing
// that is there: neither on the older surface nor on the way to v1 and back.
func TestSyncOfListsThatMove(t *testing.T) {
	t.Parallel()
	w := small(82)
	w.Agency, w.FansPerCreator, w.ChatsPerCreator = false, 140, 70
	w.Nights = nothing()
	r := newRig(t, fanvuesim.Options{World: w, Drift: fanvuesim.Drift{Every: 2, Most: 6}, PageCap: 9}).on("v0").core()
	r.sync(t, pipeline.SyncOptions{})
	var chats []string
	for _, h := range r.sim.World().Chats(r.sim.World().Owner()) {
		chats = append(chats, r.fan(t, h.FanID))
	}
	same(t, "chats", r.query(t, `SELECT fan_id FROM fanvue.chats`), chats)
	r.sim.NightQuiet()
	r.sync(t, pipeline.SyncOptions{}) // by now nothing moves any more
	r.compare(t)
	closed := `SELECT fan_id FROM fanvue.followers_history GROUP BY fan_id HAVING bool_and(valid_to IS NOT NULL)`
	left := r.query(t, closed)
	was := r.query(t, `SELECT fan_id FROM fanvue.followers UNION SELECT fan_id FROM fanvue.subscribers`)
	r.on("v1").sync(t, pipeline.SyncOptions{})
	r.lists = nil
	r.compare(t)
	same(t, "followers who left by moving to v1", r.query(t, closed), left)
	now := counts(r.query(t, `SELECT fan_id FROM fanvue.followers UNION SELECT fan_id FROM fanvue.subscribers`))
	for _, fan := range was {
		if now[fan] == 0 {
			t.Errorf("fan %s is on no list any more", fan)
		}
	}
	if !long() {
		return
	}
	subscribers := r.query(t, `SELECT * EXCLUDE (fan_id), fan_id FROM fanvue.subscribers`)
	r.sim.NightQuiet()
	r.on("v0").sync(t, pipeline.SyncOptions{Full: true})
	same(t, "followers who left by moving back", r.query(t, closed), left)
	same(t, "subscribers on the way back", r.query(t, `SELECT * EXCLUDE (fan_id), fan_id FROM fanvue.subscribers`), subscribers)
	r.on("v1").sync(t, pipeline.SyncOptions{Full: true})
	r.lists = nil
	r.compare(t)
	same(t, "followers who left in the end", r.query(t, closed), left)
}

// Doctor names the surface that answers, with the line to write.
func TestDoctorFindsTheSurface(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		configured, gone string
		status           int
		state, line      string
	}{
		{"v1", "/v1/", 404, pipeline.Problem, "surface: v0"},
		{"v1", "/v1/", 410, pipeline.Problem, "surface: v0"},
		{"v0", "/v0/", 404, pipeline.Problem, "surface: v1"},
		{"v0", "", 0, pipeline.Warning, "surface: v1"},
		{"bare", "/v1/", 404, pipeline.OK, ""},
		{"v1", "", 0, pipeline.OK, ""},
	} {
		w := small(83)
		r := newRig(t, fanvuesim.Options{World: w}).on(tt.configured)
		if tt.gone != "" {
			r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.StatusFault, Status: tt.status, Path: tt.gone})
		}
		findings, err := r.account.Doctor(t.Context(), r.steps)
		if answers := tt.gone != "/"+tt.configured+"/"; (err == nil) != answers {
			t.Errorf("%+v: error %v", tt, err)
		}
		i := slices.IndexFunc(findings, func(f pipeline.Finding) bool { return f.Name == "surface" })
		if i < 0 || findings[i].State != tt.state || !strings.Contains(findings[i].Next, tt.line) || tt.line == "" && findings[i].Next != "" {
			t.Errorf("%+v: %+v", tt, findings)
		}
		probes := map[string]int{}
		for _, e := range r.sim.Gate().Ledger().Since(0) {
			if strings.HasSuffix(e.Path, "/users/me") {
				probes[e.Path]++
			}
		}
		for path, n := range probes {
			if n > 2 { // the stream me is one of those that are looked at
				t.Errorf("%+v: %s was asked %d times", tt, path, n)
			}
		}
		absent := slices.ContainsFunc(findings, func(f pipeline.Finding) bool { return strings.Contains(f.Name, "reversals of other creators") })
		if older := tt.configured != "v1"; err == nil && absent != older {
			t.Errorf("%+v: reversals of others are said to be absent: %t", tt, absent)
		}
	}
}
