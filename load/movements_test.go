package load

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanlake/load/checks"
)

// What walk after walk brings, in whatever order it is applied, gives the
// movements that all walks at once give.
func TestMovementsDoNotDependOnTheOrderOfApplication(t *testing.T) {
	t.Parallel()
	seeds := 2
	if os.Getenv("FANLAKE_LONG") != "" {
		seeds = 200
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := &world{rand.New(rand.NewPCG(uint64(seed), 5)), map[int64]int64{}}
			walks, _ := w.listSlices()
			days := map[int64]time.Duration{}
			for seq := int64(0); seq < 10; seq++ { // the world's clock goes by seconds, this one by half days and more
				days[seq] = time.Duration(seq) * time.Duration(12+w.rng.IntN(30)) * time.Hour
			}
			later := func(at time.Time) time.Time {
				seq := int64(at.Sub(clock(version{}))/time.Second) / 1000
				return at.Add(days[seq])
			}
			for i := range walks {
				s := &walks[i]
				s.WalkStart, s.WalkEnd = later(s.WalkStart), later(s.WalkEnd)
				for _, r := range s.rows {
					r["_fetched_at"] = later(r["_fetched_at"].(time.Time))
					if ends, ok := r["current_period_end_at"].(time.Time); ok {
						r["current_period_end_at"], r["subscription_status"] = later(ends), "cancelled"
					}
				}
			}
			source := newLake(t)
			var paths []string
			if seed%2 > 0 { // the order is any, so that scopes are folded again
				paths = source.parts(w.rng, "subscribers", walks)
				w.rng.Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
			} else { // a part a run, in their order, so that days are added
				for seq := int64(1); seq <= 6; seq++ {
					of := slices.DeleteFunc(slices.Clone(walks), func(s testSlice) bool { return s.FirstSeq != seq || s.LastSeq != seq })
					paths = append(paths, source.write(source.footer("subscribers", seq, 1), of...))
				}
			}
			l := newLake(t)
			l.opts.Settings.Timezone = "Pacific/Kiritimati"
			wh := l.open()
			for rest := paths; len(rest) > 0; {
				n := min(len(rest), 1+w.rng.IntN(1+5*(seed%2)))
				l.fill(source, rest[:n])
				rest = rest[n:]
				l.apply(wh)
				finish(t, wh)
			}
			const query = "SELECT * FROM mart.fct_subscriber_movements ORDER BY ALL"
			got := rowTexts(t, wh.DB(), query)
			if err := wh.Rebuild(t.Context()); err != nil {
				t.Fatal(err)
			}
			finish(t, wh)
			if diff := cmp.Diff(rowTexts(t, wh.DB(), query), got); diff != "" || len(got) == 0 {
				t.Errorf("%d movements (-rebuilt +walk by walk)\n%s", len(got), diff)
			}
		})
	}
}

// finish expects that no blocking check found anything: the file would be
// rebuilt, and nobody would see the fault.
func finish(t *testing.T, w *Warehouse) {
	t.Helper()
	before := w.rebuilt
	results, err := w.Finish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if w.rebuilt != before {
		t.Error("a check had the file rebuilt")
	}
	for _, r := range results {
		if r.Severity == checks.Blocking && r.Failures > 0 {
			t.Errorf("%s: %s", r.Name, r.Sample)
		}
	}
}
