package pipeline_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract/fanvuesim"
	"fanlake/load/runs"
)

// A backfill reads what coverage lacks of its stretch and nothing beside it; a
// second one finds nothing to read; one that reads again asks for the same
// pages, and changes nothing.
func TestBackfillReadsWhatCoverageLacks(t *testing.T) {
	t.Parallel()
	w := small(90)
	w.EarningsPerCreator, w.OwnerIsCreator = 700, false
	r := newRig(t, fanvuesim.Options{World: w})
	now := r.sim.Now()
	since, from, to := now.AddDate(0, -2, 0), now.AddDate(0, -9, 0), now.AddDate(0, -4, 0)
	r.sync(t, pipeline.SyncOptions{Since: since})
	r.wantEarningsWithin(t, "the last two months", since, now)

	past := pipeline.SyncOptions{Backfill: &runs.Backfill{From: from, To: to}}
	mark := r.sim.Gate().Ledger().Mark()
	r.sync(t, past)
	asked := 0
	for _, e := range r.sim.Gate().Ledger().Since(mark) {
		start, end, ok := windowOf(t, e.Query)
		if !ok {
			continue
		}
		asked++
		if whole := 24 * time.Hour; start.Before(from.Truncate(whole)) || end.After(to.Add(whole).Truncate(whole)) {
			t.Errorf("asked for %s to %s; the backfill is from %s to %s", start, end, from, to)
		}
	}
	if asked == 0 {
		t.Error("nothing was asked for by a window")
	}
	r.wantEarningsWithin(t, "two stretches", since, now, from, to)
	for _, c := range r.listed() {
		r.wantSummaryOf(t, c.UUID, from, to)
	}

	mark = r.sim.Gate().Ledger().Mark()
	r.sync(t, past)
	if n := len(r.sim.Gate().Ledger().Since(mark)); n != 2 {
		t.Errorf("a second backfill took %d requests, want the owner and the list of creators", n)
	}
	past.Backfill.Again = true
	before := r.content(t)
	mark = r.sim.Gate().Ledger().Mark()
	r.sync(t, past)
	pages := 0
	for _, c := range r.listed() {
		pages += (r.rowsWithin(c.UUID, from, to) + 49) / 50
	}
	if _, of := r.kindsSince(mark); len(of["earnings"]) != pages {
		t.Errorf("%d pages of earnings were read again, want %d", len(of["earnings"]), pages)
	}
	if after := r.content(t); after["fanvue.earnings"] != before["fanvue.earnings"] {
		t.Error("reading again what did not change changed the earnings")
	}
	// The nightly run reads what lies between, and the whole is there.
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
}

// rowsWithin counts the true rows of a creator in a stretch.
func (r *rig) rowsWithin(creator string, stretches ...time.Time) (n int) {
	for e := range r.sim.World().Earnings(creator) {
		for k := 0; k < len(stretches) && !e.Gone; k += 2 {
			if !e.At.Before(stretches[k]) && e.At.Before(stretches[k+1]) {
				n++
			}
		}
	}
	return n
}

// wantEarningsWithin wants the rows of some stretches and no other.
func (r *rig) wantEarningsWithin(t testing.TB, what string, stretches ...time.Time) {
	t.Helper()
	for _, c := range r.listed() {
		same(t, what+" of "+c.Handle, r.query(t, `SELECT count(*) FROM fanvue.earnings WHERE creator_id = '`+c.UUID+`'`),
			[]string{fmt.Sprint(r.rowsWithin(c.UUID, stretches...))})
	}
}

func (r *rig) wantSummaryOf(t testing.TB, creator string, from, to time.Time) {
	t.Helper()
	days, err := r.sim.World().SummaryDays(creator, from.Truncate(24*time.Hour), to.Add(24*time.Hour).Truncate(24*time.Hour), "UTC")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, d := range days {
		if d.Gross != 0 {
			want = append(want, line(d.Date, d.Gross))
		}
	}
	same(t, "days of the summary", r.query(t, fmt.Sprintf(`SELECT period_date::VARCHAR, gross_cents FROM fanvue.earnings_summary_days
		WHERE creator_id = '%s' AND gross_cents <> 0 AND period_date >= DATE '%s' AND period_date < TIMESTAMP '%s'`, creator, from.Format(time.DateOnly), to.Format("2006-01-02 15:04:05"))), want)
}

// A backfill that spends its budget again and again comes to its end without
// asking twice for a page, also when it reads again what is covered, and also
// when nights lie between; and those nights read what is new first and leave the
// backfill's pages alone.
func TestBackfillGoesOnForDays(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]bool{"what is missing": false, "again": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := small(91)
			w.EarningsPerCreator, w.Nights.NoUnsent = 900, true
			r := newRig(t, fanvuesim.Options{World: w, PageCap: 15})
			now := r.sim.Now()
			night := pipeline.SyncOptions{}
			if !again {
				night.Since = now.AddDate(0, -2, 0)
			}
			r.sync(t, night)
			past := pipeline.SyncOptions{Budget: 20, Streams: []string{"earnings"}, Trigger: "backfill",
				Backfill: &runs.Backfill{From: now.AddDate(0, -10, 0), To: now.AddDate(0, -3, 0), Again: again}}
			want := 0
			for _, c := range r.listed() {
				want += (r.rowsWithin(c.UUID, past.Backfill.From, past.Backfill.To) + 14) / 15
			}
			pages, ran := 0, 0
			for done := false; !done; ran++ {
				if ran == 30 {
					t.Fatal("thirty runs did not come to an end")
				}
				mark := r.sim.Gate().Ledger().Mark()
				done = !r.sync(t, past).Unread
				pages += r.pagesOfPast(t, mark, past.Backfill)
				if !done && ran%2 == 1 { // a night, within the hours for which a cursor holds
					r.sim.Advance(5 * time.Hour)
					mark = r.sim.Gate().Ledger().Mark()
					r.sync(t, night)
					if n := r.pagesOfPast(t, mark, past.Backfill); n > 0 {
						t.Errorf("a night read %d pages of the backfill", n)
					}
				}
			}
			if pages != want || ran < 3 {
				t.Errorf("%d pages of the past were read in %d runs, want %d and no page twice", pages, ran, want)
			}
			r.sync(t, pipeline.SyncOptions{})
			r.compareEarnings(t)
		})
	}
}

// pagesOfPast counts the pages of earnings that were asked for within a
// backfill's stretch, by their windows or by going on in them.
func (r *rig) pagesOfPast(t testing.TB, mark int, b *runs.Backfill) (n int) {
	t.Helper()
	for _, e := range r.sim.Gate().Ledger().Since(mark) {
		if _, end, ok := windowOf(t, e.Query); strings.HasSuffix(e.Pattern, "/insights/earnings") && !strings.Contains(e.Query, "source=") &&
			ok && !end.After(b.To) {
			n++
		}
	}
	return n
}

// What a backfill began and nobody went on with for a day is sealed as far as it
// came, and the next one reads the rest.
func TestBackfillGoesOnBehindAnOldCursor(t *testing.T) {
	t.Parallel()
	w := small(92)
	w.Agency, w.EarningsPerCreator = false, 900
	r := newRig(t, fanvuesim.Options{World: w, PageCap: 15})
	now := r.sim.Now()
	r.sync(t, pipeline.SyncOptions{Since: now.AddDate(0, -1, 0)})
	past := pipeline.SyncOptions{Budget: 12, Streams: []string{"earnings"}, Backfill: &runs.Backfill{From: now.AddDate(0, -12, 0), To: now.AddDate(0, -2, 0)}}
	first := r.sim.Gate().Ledger().Mark()
	r.sync(t, past)
	for range 2 {
		r.sim.NightQuiet()
		r.sync(t, pipeline.SyncOptions{Since: now.AddDate(0, -1, 0)})
	}
	past.Budget = 0
	r.sync(t, past)
	pages, want := r.pagesOfPast(t, first, past.Backfill), (r.rowsWithin(r.listed()[0].UUID, past.Backfill.From, past.Backfill.To)+14)/15
	if pages > want+1 { // the page at which the first one stopped lies on both sides
		t.Errorf("%d pages were read, want %d", pages, want)
	}
	r.sync(t, pipeline.SyncOptions{})
	r.compareEarnings(t)
}

// Messages are read where they are asked for by name: of chats that had activity
// since the start, down to it.
func TestBackfillOfMessages(t *testing.T) {
	t.Parallel()
	w := small(93)
	w.Agency, w.MessagesPerChat = false, 200
	r := newRig(t, fanvuesim.Options{World: w})
	r.account.Cadence["messages"], r.account.Cadence["chats"] = "off", "off"
	r.sync(t, pipeline.SyncOptions{})
	from := r.sim.Now().AddDate(0, -1, 0)
	past := pipeline.SyncOptions{Streams: []string{"messages"}, Backfill: &runs.Backfill{From: from}}
	r.sync(t, past)
	creator, complete, chats := r.listed()[0].UUID, 0, 0
	for _, h := range r.sim.World().Chats(creator) {
		want, got := map[string]bool{}, 0
		for m := range r.sim.World().Messages(creator, h.FanID) {
			if !m.Gone && !m.SentAt.Before(from) {
				want[m.UUID] = true
			}
		}
		for _, id := range r.query(t, `SELECT message_id::VARCHAR FROM fanvue.messages WHERE fan_id = '`+r.fan(t, h.FanID)+`'`) {
			if want[id] {
				got++
			}
		}
		if got != len(want) {
			t.Errorf("chat %s: %d of %d messages since the start", h.FanID, got, len(want))
		}
		if chats++; len(want) > 0 {
			complete++
		}
	}
	if complete == 0 || complete == chats {
		t.Fatalf("%d of %d chats have messages since the start; the test needs both kinds", complete, chats)
	}
	mark := r.sim.Gate().Ledger().Mark()
	r.sync(t, past)
	if n := len(r.sim.Gate().Ledger().Since(mark)); n != 2 {
		t.Errorf("a second backfill took %d requests, want 2", n)
	}
}

// While another run has the data directory a backfill refuses, and says who.
func TestBackfillWhileAnotherRunHoldsTheLock(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: small(94)})
	in := r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.Hang, Path: "/insights/earnings", Count: 1})
	ended := make(chan error)
	started := make(chan struct{})
	report := pageSteps{r.steps, func(read int64) {
		if read == 1 {
			close(started)
		}
	}}
	go func() {
		_, err := r.account.Sync(t.Context(), pipeline.SyncOptions{}, report)
		ended <- err
	}()
	<-started
	_, err := r.account.Sync(t.Context(), pipeline.SyncOptions{Backfill: &runs.Backfill{From: r.sim.Now().AddDate(-1, 0, 0)}}, r.steps)
	if !errors.Is(err, pipeline.ErrLocked) || !strings.Contains(err.Error(), "process") {
		t.Errorf("error %v, want that another run holds the lock", err)
	}
	in.Remove()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A creator who is new has years to read; what is new of the others comes first.
func TestSyncReadsWhatIsNewBeforeWhatWasNeverRead(t *testing.T) {
	t.Parallel()
	w := small(95)
	w.OwnerIsCreator, w.Creators = false, 4
	r := newRig(t, fanvuesim.Options{World: w, PageCap: 10})
	late := r.listed()[0]
	r.account.Skip = map[string]bool{late.UUID: true}
	r.sync(t, pipeline.SyncOptions{})
	r.account.Skip = nil
	r.sim.Night()
	mark := r.sim.Gate().Ledger().Mark()
	r.sync(t, pipeline.SyncOptions{Budget: 40})
	r.sync(t, pipeline.SyncOptions{})
	_, of := r.kindsSince(mark)
	others := 0
	for _, e := range of["earnings"] {
		if e.Creator != late.UUID {
			others++
			continue
		}
		if others < 3 {
			t.Errorf("the new creator's history was read behind the new money of %d others, want 3", others)
		}
		break
	}
	r.compareEarnings(t)
	r.wantNoneTwice(t, mark)
}
