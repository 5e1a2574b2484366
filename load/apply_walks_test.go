package load

import (
	"fmt"
	"testing"
	"time"

	"fanlake/transform/tables"
)

// Years of walks of one list, in one part since it was merged, are applied in
// the memory of few: each fan is open from the walk that first had them, each
// price from the walk that first showed it.
func TestYearsOfWalksTakeTheMemoryOfFew(t *testing.T) {
	t.Parallel()
	const (
		walks = 250
		fans  = 20
	)
	l := newLake(t)
	l.opts.Threads, l.opts.MemoryLimit = 1, "64MB"
	day := func(n int) time.Time { return time.Date(2024, 1, 1+n, 3, 0, 0, 0, time.UTC) }
	all := make([]testSlice, walks)
	for n := range all {
		seq := int64(n + 1)
		s := tables.Slice{ID: fmt.Sprint(seq, "/1"), RunID: fmt.Sprintf("run%04d", seq), Stream: "subscribers", CreatorID: uuidOf("creator", 1), Complete: true,
			WalkStart: day(n), WalkEnd: day(n), FirstSeq: seq, FirstPage: 1, LastSeq: seq, LastPage: 1}
		for fan := range fans {
			price := 500 + n/(10+fan) // changes with every tenth walk or less often
			all[n].rows = append(all[n].rows, map[string]any{"creator_id": s.CreatorID, "fan_id": fmt.Sprint("fan", fan), "price_cents": price,
				"_run_id": s.RunID, "_fetched_at": day(n), "_run_seq": seq, "_page": 1, "_hash": int64(fan*10_000 + price)})
		}
		all[n].Slice = s
	}
	l.write(l.footer("subscribers", walks, 1), all...)
	w := l.open()
	l.apply(w)
	intervals := 0
	for fan := range fans {
		intervals += (walks-1)/(10+fan) + 1
	}
	expect(t, w, `SELECT count(*), count(*) FILTER (WHERE valid_to IS NULL), count(DISTINCT fan_id) FROM fanvue.subscribers_history`, fmt.Sprintf("%d %d %d", intervals, fans, fans))
	expect(t, w, `SELECT strftime(valid_from, '%Y-%m-%d'), strftime(valid_to, '%Y-%m-%d'), price_cents FROM fanvue.subscribers_history WHERE fan_id = 'fan2' ORDER BY 1 DESC LIMIT 2`,
		fmt.Sprintf("%s - %d", day(walks-walks%12).Format(time.DateOnly), 500+walks/12),
		fmt.Sprintf("%s %s %d", day(walks-walks%12-12).Format(time.DateOnly), day(walks-walks%12).Format(time.DateOnly), 500+walks/12-1))
}
