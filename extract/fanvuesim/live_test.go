package fanvuesim

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// past is what a client could see of a creator that happened before an instant
// and that no night changes.
func past(w *World, creator string, before time.Time) map[string]string {
	seen := map[string]string{}
	for e := range w.Earnings(creator) {
		if e.At.Before(before) {
			seen[fmt.Sprint("earning ", e.Row)] = fmt.Sprint(e.At, e.Source, e.Gross, e.Net, e.OrderID, e.Reversed, e.MessageID)
		}
	}
	for _, c := range w.Chats(creator) {
		for m := range w.Messages(creator, c.FanID) {
			if m.SentAt.Before(before) {
				seen["message "+c.FanID+m.UUID] = fmt.Sprint(m.SentAt, m.Type, m.FromCreator, m.Price, m.Media, m.Text == nil)
			}
		}
	}
	for _, f := range w.Subscribers(creator) {
		if f.PeriodStart.Before(before) {
			seen["subscriber "+f.UUID] = fmt.Sprint(f.PeriodStart, f.PeriodEnd, f.Price, f.AmountPaid)
		}
	}
	return seen
}

// A simulator that is started again later has the same past, and news.
func TestTheSamePastLater(t *testing.T) {
	t.Parallel()
	born := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	start := func(at time.Time) *World {
		return New(Options{World: WorldOptions{Seed: 7, Agency: true, Nights: NightOptions{NoRenewals: true, NoCancellations: true}}, Now: at, Born: born}).World()
	}
	for _, at := range []time.Time{born.Add(-time.Hour), born, born.Add(10 * time.Hour), born.AddDate(0, 0, 40).Add(3 * time.Hour)} {
		now, later := start(at), start(at.Add(30*time.Hour))
		if at.Before(born) {
			continue // such a one has the history of its own start
		}
		for _, c := range now.Creators() {
			was, is := past(now, c.UUID, at), past(later, c.UUID, at)
			for key, text := range was {
				if is[key] != text && (is[key] != "" || key[0] != 's') { // subscribers may have left
					t.Errorf("at %v: %s was %q, is %q", at, key, text, is[key])
				}
			}
			for key, text := range is {
				if was[key] == "" {
					t.Errorf("at %v: %s came into the past: %q", at, key, text)
				}
			}
			newest := func(w *World) time.Time {
				var last []time.Time
				for e := range w.Earnings(c.UUID) {
					last = append(last, e.At)
				}
				return slices.MaxFunc(last, time.Time.Compare)
			}
			if n := newest(later); !n.After(at) || n.After(at.Add(30*time.Hour)) {
				t.Errorf("at %v: 30 hours later the newest earning is of %v", at, n)
			}
			if n := newest(now); n.After(at) {
				t.Errorf("at %v there is an earning of %v", at, n)
			}
		}
	}
}

// BenchmarkLive is the start of a simulator a month, and a year, after its birth.
func BenchmarkLive(b *testing.B) {
	born := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for _, creators := range []int{3, 300} {
		for _, days := range []int{0, 30, 365} {
			b.Run(fmt.Sprintf("%d creators after %d days", creators, days), func(b *testing.B) {
				for b.Loop() {
					New(Options{World: WorldOptions{Seed: 1, Agency: true, Creators: creators}, Now: born.AddDate(0, 0, days), Born: born})
				}
			})
		}
	}
}
