package schedules

import (
	"testing"
	"time"
)

// A clock that jumps while the loop waits: a machine that slept, or that was set
// right. The loop looks at it every few minutes, and what it does then follows
// from what it remembers and the new time alone.
func TestTheClockJumps(t *testing.T) {
	t.Parallel()
	s, err := New("nightly", "15 3 * * *", "UTC", "sync")
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		t.Helper()
		v, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	const began, ran = "2026-05-01 12:00", "2026-05-10 03:15" // of the loop, of the last run
	for _, c := range []struct{ name, now, want string }{
		{"it has not jumped", "2026-05-10 22:00", ""},
		{"asleep over a night", "2026-05-11 07:30", "2026-05-11 03:15"},
		{"asleep for a fortnight", "2026-05-24 07:30", "2026-05-24 03:15"},
		{"asleep up to just before", "2026-05-11 03:14", ""},
		{"set back behind the last run", "2026-05-10 03:00", ""},
		{"set back by an hour and on again", "2026-05-10 03:15", ""},
		{"set back by less than a day", "2026-05-09 22:00", ""},
		// The last run was scheduled by a clock that was wrong, as it seems now.
		{"set back by days", "2026-05-07 22:00", "2026-05-07 03:15"},
		{"set back behind the start of the loop", "2026-04-20 22:00", ""},
	} {
		results := map[string]Result{"nightly": {Since: at(began), ScheduledFor: at(ran), StartedAt: at(ran), EndedAt: at(ran), Outcome: OK, Tries: 1}}
		l := Loop{Schedules: []Schedule{s}, State: t.TempDir() + "/s.json"}
		_, got, pause := l.due(l.introduce(results, at(c.now)), upcoming{}, at(c.now), at(began))
		if c.want == "" && !got.IsZero() || c.want != "" && !got.Equal(at(c.want)) {
			t.Errorf("%s: due for %v, want %q", c.name, got, c.want)
		}
		if pause <= 0 || pause > longestWait {
			t.Errorf("%s: it waits %v", c.name, pause)
		}
	}
}

// A clock that is set back behind the time since when a schedule is known holds
// it up no longer than to its next time.
func TestAClockThatWasAheadHoldsNothingUp(t *testing.T) {
	t.Parallel()
	s, err := New("hourly", "@hourly", "UTC", "sync")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 5, 1, 12, 30, 0, 0, time.UTC)
	l := Loop{Schedules: []Schedule{s}, State: t.TempDir() + "/s.json"}
	results := map[string]Result{"hourly": {Since: now.AddDate(1, 0, 0), ScheduledFor: now.AddDate(1, 0, 1), Outcome: OK, Tries: 1}}
	for range 2 {
		results = l.introduce(results, now)
		if _, at, _ := l.due(results, upcoming{}, now, now); !at.IsZero() {
			t.Errorf("due at once for %v", at)
		}
		now = now.Add(5 * time.Minute)
	}
	now = now.Add(30 * time.Minute)
	if _, at, _ := l.due(l.introduce(results, now), upcoming{}, now, now); !at.Equal(time.Date(2026, 5, 1, 13, 0, 0, 0, time.UTC)) {
		t.Errorf("due for %v, want 13:00", at)
	}
}
