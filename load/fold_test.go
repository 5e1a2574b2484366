package load

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanlake/transform/tables"
)

// clock is the server's time of a page, so that walks can be told apart.
func clock(v version) time.Time {
	return time.Date(2026, 3, 1, 0, 0, int(v.seq*1000+v.page), 0, time.UTC)
}

// A world makes up slices whose pages alternate and which may go on in the
// next run.
type world struct {
	rng  *rand.Rand
	page map[int64]int64
}

// versions gives pages to n slices of a run: some read beside each other, some
// begun in the run before.
func (w *world) versions(seq int64, n int) [][]version {
	of := make([][]version, n)
	var turns []int
	for i := range of {
		if seq > 1 && w.rng.IntN(5) == 0 {
			w.page[seq-1]++
			of[i] = append(of[i], version{seq - 1, w.page[seq-1]})
		}
		for range 1 + w.rng.IntN(3) {
			turns = append(turns, i)
		}
	}
	if w.rng.IntN(2) == 0 {
		w.rng.Shuffle(len(turns), func(i, j int) { turns[i], turns[j] = turns[j], turns[i] })
	}
	for _, i := range turns {
		w.page[seq]++
		of[i] = append(of[i], version{seq, w.page[seq]})
	}
	return of
}

func describeSlice(id, stream, creator string, pages []version) tables.Slice {
	first, last := pages[0], pages[len(pages)-1]
	return tables.Slice{ID: id, Stream: stream, CreatorID: creator, WalkStart: clock(first), WalkEnd: clock(last),
		FirstSeq: first.seq, FirstPage: first.page, LastSeq: last.seq, LastPage: last.page}
}

// earningSlices makes up slices of earnings, and what they serve.
func (w *world) earningSlices() (all []testSlice, rows [][]testRow) {
	for seq := int64(1); seq <= 6; seq++ {
		n := 2 + w.rng.IntN(4)
		for i, pages := range w.versions(seq, n) {
			s := testSlice{Slice: describeSlice(fmt.Sprintf("%d/e%d", seq, i), "earnings", uuidOf("creator", 1+w.rng.IntN(4)/3), pages)}
			if w.rng.IntN(4) == 0 {
				s.Stream = "reversals"
			}
			from := w.rng.IntN(6)
			s.Start, s.End, s.Complete = at(10*from), at(10*(from+1+w.rng.IntN(8))), w.rng.IntN(5) > 0
			var served []testRow
			for _, v := range pages {
				for range w.rng.IntN(5) {
					id := w.rng.IntN(8)
					served = append(served, testRow{id, at(10*id + 1), []string{"pendingBalance", "availableForPayout", "-"}[w.rng.IntN(3)],
						[]string{"-", "fan" + fmt.Sprint(id)}[w.rng.IntN(2)], v})
				}
			}
			for _, r := range served {
				row := map[string]any{"earning_id": uuidOf("earning", r.id), "creator_id": s.CreatorID, "earned_at": r.at, "source": "tip",
					"gross_cents": 100 * r.id, "net_cents": 80 * r.id, "_run_id": fmt.Sprintf("run%04d", r.v.seq),
					"_fetched_at": clock(r.v), "_run_seq": r.v.seq, "_page": r.v.page, "_hash": r.hash()}
				if r.status != "-" {
					row["transaction_order_status"] = r.status
				}
				if r.fan != "-" {
					row["fan_id"] = r.fan
				}
				s.rows = append(s.rows, row)
			}
			all, rows = append(all, s), append(rows, served)
		}
	}
	return all, rows
}

// listSlices makes up walks of subscribers.
func (w *world) listSlices() (all []testSlice, rows [][]listRow) {
	for seq := int64(1); seq <= 6; seq++ {
		for i, pages := range w.versions(seq, 1+w.rng.IntN(4)) {
			s := testSlice{Slice: describeSlice(fmt.Sprintf("%d/s%d", seq, i), "subscribers", uuidOf("creator", 1+w.rng.IntN(4)/3), pages)}
			s.Complete = w.rng.IntN(4) > 0
			if w.rng.IntN(2) == 0 {
				count := int64(w.rng.IntN(5))
				s.HeadCount = &count
			}
			var served []listRow
			for _, v := range pages {
				for range w.rng.IntN(4) {
					r := listRow{fan: fmt.Sprint("fan", w.rng.IntN(6)), content: int64(w.rng.IntN(2)), v: v}
					if w.rng.IntN(2) == 0 {
						r.ends = clock(version{int64(1 + w.rng.IntN(7)), 0})
					}
					r.content = r.content*1_000_000 + r.ends.Unix()%1_000_000
					served = append(served, r)
				}
			}
			for _, r := range served {
				row := map[string]any{"creator_id": s.CreatorID, "fan_id": r.fan, "price_cents": r.content, "amount_paid_cents": 500 * (r.content / 1_000_000), "_run_id": fmt.Sprintf("run%04d", r.v.seq),
					"_fetched_at": clock(r.v), "_run_seq": r.v.seq, "_page": r.v.page, "_hash": r.content}
				if !r.ends.IsZero() {
					row["current_period_end_at"] = r.ends
				}
				s.rows = append(s.rows, row)
			}
			all, rows = append(all, s), append(rows, served)
		}
	}
	return all, rows
}

// contentSlices makes up walks of chats or of creators, whose rows go into the
// oracle.
func (w *world) contentSlices(stream string, o contentOracle) (all []testSlice) {
	var served []contentRow
	for seq := int64(1); seq <= 4; seq++ {
		for i, pages := range w.versions(seq, 1+w.rng.IntN(3)) {
			creator := uuidOf("creator", 1+w.rng.IntN(4)/3)
			s := testSlice{Slice: describeSlice(fmt.Sprintf("%d/%s%d", seq, stream, i), stream, creator, pages)}
			s.Complete = w.rng.IntN(3) > 0
			if stream == "creators" {
				s.CreatorID = ""
			}
			for _, v := range pages {
				for range w.rng.IntN(4) {
					r := contentRow{content: int64(w.rng.IntN(3)), other: int64(w.rng.IntN(2)), v: v}
					row := map[string]any{"_run_id": fmt.Sprintf("run%04d", v.seq), "_fetched_at": clock(v), "_run_seq": v.seq, "_page": v.page, "_hash": 10*r.content + r.other}
					if stream == "creators" {
						r.key = uuidOf("creator", w.rng.IntN(4))
						row["creator_id"], row["handle"], row["_extra"] = r.key, fmt.Sprint("h", r.content), fmt.Sprint(r.other)
						if r.content > 0 {
							row["nickname"] = "n"
						}
					} else {
						fan := fmt.Sprint("fan", w.rng.IntN(4))
						r.key = creator + " " + fan
						row["creator_id"], row["fan_id"], row["is_read"] = creator, fan, r.other > 0
						if r.content > 0 {
							row["is_muted"] = r.content > 1
						}
					}
					s.rows, served = append(s.rows, row), append(served, r)
				}
			}
			all = append(all, s)
		}
	}
	sort.SliceStable(served, func(i, j int) bool { return served[i].v.less(served[j].v) })
	for _, r := range served {
		o.row(r)
	}
	return all
}

// parts writes slices into parts, as they would be sealed, and returns the
// files; they are put into the lake by deliver.
func (l *lake) parts(rng *rand.Rand, table string, all []testSlice) []string {
	numbers := map[int64]int{}
	var paths []string
	for i := 0; i < len(all); {
		n := min(1+rng.IntN(3), len(all)-i)
		group := all[i : i+n]
		i += n
		var seq int64
		for _, s := range group {
			seq = max(seq, s.LastSeq)
		}
		numbers[seq]++
		f := l.footer(table, seq, numbers[seq])
		f.PartID += "-" + table
		paths = append(paths, l.write(f, group...))
	}
	return paths
}

// fill hard links some parts of another lake into this one.
func (l *lake) fill(from *lake, paths []string) {
	l.t.Helper()
	for _, p := range paths {
		rel, err := filepath.Rel(from.dir, p)
		if err != nil {
			l.t.Fatal(err)
		}
		to := filepath.Join(l.dir, rel)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			l.t.Fatal(err)
		}
		if err := os.Link(p, to); err != nil {
			l.t.Fatal(err)
		}
	}
}

func TestFoldDoesNotDependOnTheOrderOfApplication(t *testing.T) {
	t.Parallel()
	seeds := 8
	if os.Getenv("FANLAKE_LONG") != "" {
		seeds = 400
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := &world{rand.New(rand.NewPCG(uint64(seed), 1)), map[int64]int64{}}
			o := oracle{map[string]map[int]*oracleRow{}, map[string]bool{}, map[string]version{}, map[string][]testSlice{}, nil}
			earned, earnedRows := w.earningSlices()
			o.fold(earned, earnedRows)
			lo := listOracle{map[string]*interval{}, nil, map[string]version{}}
			walks, walkRows := w.listSlices()
			order := make([]int, len(walks))
			for i := range order {
				order[i] = i
			}
			slices.SortFunc(order, func(a, b int) int {
				x, y := version{walks[a].LastSeq, walks[a].LastPage}, version{walks[b].LastSeq, walks[b].LastPage}
				if x.less(y) {
					return -1
				}
				return 1
			})
			for _, i := range order {
				lo.walk(walks[i], walkRows[i])
			}
			chats, creators := contentOracle{}, contentOracle{}
			chatWalks, creatorWalks := w.contentSlices("chats", chats), w.contentSlices("creators", creators)
			source := newLake(t)
			paths := slices.Concat(source.parts(w.rng, "earnings", earned), source.parts(w.rng, "subscribers", walks),
				source.parts(w.rng, "chats", chatWalks), source.parts(w.rng, "creators", creatorWalks))

			l := newLake(t)
			w.rng.Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
			wh := l.open()
			for rest := paths; len(rest) > 0; {
				n := min(len(rest), 1+w.rng.IntN(len(paths)))
				l.fill(source, rest[:n])
				rest = rest[n:]
				l.apply(wh)
			}
			wantRows, wantStatuses, wantSuspects := o.texts()
			wantLists, wantLeft := lo.texts()
			compare := func(what string) {
				t.Helper()
				for _, q := range []struct {
					name, query string
					want        []string
				}{
					{"earnings", `SELECT creator_id::VARCHAR, gross_cents // 100, transaction_order_status, fan_id, _run_seq, _page, strftime(removed_at, '%Y-%m-%dT%H:%M:%S') FROM fanvue.earnings`, wantRows},
					{"statuses", `SELECT creator_id::VARCHAR, CAST('0x' || right(earning_id::VARCHAR, 4) AS INT), status, epoch(seen_at)::BIGINT - epoch(TIMESTAMP '2026-03-01')::BIGINT FROM fanvue.earning_status_changes`, wantStatuses},
					{"suspects", `SELECT reason, creator_id::VARCHAR, CAST('0x' || right(earning_id::VARCHAR, 4) AS INT) FROM meta.suspects WHERE stream = 'earnings'`, wantSuspects},
					{"subscribers", `SELECT creator_id::VARCHAR, fan_id, price_cents, strftime(valid_from, '%Y-%m-%dT%H:%M:%S'), strftime(valid_to, '%Y-%m-%dT%H:%M:%S') FROM fanvue.subscribers_history`, wantLists},
					{"chats", `SELECT creator_id::VARCHAR, fan_id, CASE is_muted WHEN true THEN 2 WHEN false THEN 1 ELSE 0 END, strftime(valid_from, '%Y-%m-%dT%H:%M:%S'), strftime(valid_to, '%Y-%m-%dT%H:%M:%S') FROM fanvue.chats_history`, chats.texts()},
					{"creators", `SELECT creator_id::VARCHAR, CAST(right(handle, 1) AS INT), strftime(valid_from, '%Y-%m-%dT%H:%M:%S'), strftime(valid_to, '%Y-%m-%dT%H:%M:%S') FROM fanvue.creators_history`, creators.texts()},
					{"left", `SELECT creator_id::VARCHAR, fan_id FROM meta.suspects WHERE stream = 'subscribers'`, wantLeft},
				} {
					got := rowTexts(t, wh.DB(), q.query)
					slices.Sort(got)
					if d := cmp.Diff(q.want, got); d != "" {
						t.Errorf("%s, %s (-want +got):\n%s", what, q.name, d)
					}
				}
			}
			compare("shuffled")
			if t.Failed() || seed%4 > 0 {
				return
			}
			meta := func() []string {
				if _, err := wh.Finish(t.Context()); err != nil {
					t.Fatal(err)
				}
				return append(rowTexts(t, wh.DB(), `SELECT * EXCLUDE (applied_at) FROM meta.parts ORDER BY ALL`),
					append(rowTexts(t, wh.DB(), `SELECT * FROM meta.slices ORDER BY ALL`),
						rowTexts(t, wh.DB(), `SELECT * FROM meta.coverage ORDER BY ALL`)...)...)
			}
			before := meta()
			if err := wh.Rebuild(t.Context()); err != nil {
				t.Fatal(err)
			}
			compare("rebuilt")
			if d := cmp.Diff(before, meta()); d != "" {
				t.Errorf("rebuilt, meta (-before +after):\n%s", d)
			}
		})
	}
}
