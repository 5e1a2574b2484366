package schedules_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"fanlake/schedules"
)

func schedule(t *testing.T, expression, zone string) schedules.Schedule {
	t.Helper()
	s, err := schedules.New("test", expression, zone, "sync")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// at reads an instant with its offset, so that expectations hold both the
// local time and the side of the change it lies on.
func at(t *testing.T, text string) time.Time {
	t.Helper()
	v, err := time.Parse("2006-01-02 15:04 -07:00", text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestChangesOfTheClocks holds the change dates as governments set them; the
// expected local times were written down by hand.
func TestChangesOfTheClocks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, zone, cron, from string
		want                   []string
	}{
		{"spring in London skips 01:00 to 02:00", "Europe/London", "30 1 * * *", "2026-03-28 12:00 +00:00",
			[]string{"2026-03-29 02:00 +01:00", "2026-03-30 01:30 +01:00"}},
		{"its first minute", "Europe/London", "0 1 * * *", "2026-03-28 12:00 +00:00",
			[]string{"2026-03-29 02:00 +01:00", "2026-03-30 01:00 +01:00"}},
		{"the minute behind it", "Europe/London", "0 2 * * *", "2026-03-28 12:00 +00:00",
			[]string{"2026-03-29 02:00 +01:00", "2026-03-30 02:00 +01:00"}},
		{"skipped ones and the one behind them run once", "Europe/London", "*/30 1,2 * * *", "2026-03-29 00:00 +00:00",
			[]string{"2026-03-29 02:00 +01:00", "2026-03-29 02:30 +01:00", "2026-03-30 01:00 +01:00"}},
		{"autumn in London repeats 01:00 to 02:00", "Europe/London", "30 1 * * *", "2026-10-24 12:00 +01:00",
			[]string{"2026-10-25 01:30 +01:00", "2026-10-26 01:30 +00:00"}},
		{"from within the first 01:30", "Europe/London", "30 1 * * *", "2026-10-25 01:30 +01:00",
			[]string{"2026-10-26 01:30 +00:00"}},
		{"from within the second hour", "Europe/London", "45 1 * * *", "2026-10-25 01:30 +00:00",
			[]string{"2026-10-26 01:45 +00:00"}},
		{"every half hour pauses in the second hour", "Europe/London", "*/30 * * * *", "2026-10-25 01:00 +01:00",
			[]string{"2026-10-25 01:30 +01:00", "2026-10-25 02:00 +00:00", "2026-10-25 02:30 +00:00"}},
		{"spring in New York", "America/New_York", "15 2 * * *", "2026-03-07 12:00 -05:00",
			[]string{"2026-03-08 03:00 -04:00", "2026-03-09 02:15 -04:00"}},
		{"autumn in New York", "America/New_York", "15 1 * * *", "2026-10-31 12:00 -04:00",
			[]string{"2026-11-01 01:15 -04:00", "2026-11-02 01:15 -05:00"}},
		{"half an hour is skipped on Lord Howe", "Australia/Lord_Howe", "15 2 * * *", "2026-10-03 12:00 +10:30",
			[]string{"2026-10-04 02:30 +11:00", "2026-10-05 02:15 +11:00"}},
		{"half an hour is repeated on Lord Howe", "Australia/Lord_Howe", "45 1 * * *", "2026-04-04 12:00 +11:00",
			[]string{"2026-04-05 01:45 +11:00", "2026-04-06 01:45 +10:30"}},
		{"midnight is skipped in Santiago", "America/Santiago", "@daily", "2026-09-05 12:00 -04:00",
			[]string{"2026-09-06 01:00 -03:00", "2026-09-07 00:00 -03:00"}},
		{"the hour before midnight is repeated in Santiago", "America/Santiago", "30 23 * * *", "2026-04-04 12:00 -03:00",
			[]string{"2026-04-04 23:30 -03:00", "2026-04-05 23:30 -04:00"}},
		{"Ramadan ends in Casablanca", "Africa/Casablanca", "30 2 * * *", "2026-03-21 12:00 +00:00",
			[]string{"2026-03-22 03:00 +01:00", "2026-03-23 02:30 +01:00"}},
		{"Ramadan begins in Casablanca", "Africa/Casablanca", "30 2 * * *", "2026-02-14 12:00 +01:00",
			[]string{"2026-02-15 02:30 +01:00", "2026-02-16 02:30 +00:00"}},
		{"Samoa skipped 30 December 2011", "Pacific/Apia", "0 9 * * *", "2011-12-29 08:00 -10:00",
			[]string{"2011-12-29 09:00 -10:00", "2011-12-31 00:00 +14:00", "2011-12-31 09:00 +14:00"}},
		{"no zone, no changes", "UTC", "30 1 * * *", "2026-03-28 12:00 +00:00",
			[]string{"2026-03-29 01:30 +00:00"}},
		{"day of month or day of week", "Europe/London", "0 12 13 * 5", "2026-11-05 00:00 +00:00",
			[]string{"2026-11-06 12:00 +00:00", "2026-11-13 12:00 +00:00", "2026-11-20 12:00 +00:00"}},
		{"leap day", "Europe/London", "0 0 29 2 *", "2026-11-05 00:00 +00:00",
			[]string{"2028-02-29 00:00 +00:00"}},
		{"durations run through", "Europe/London", "@every 45m", "2026-10-25 01:00 +01:00",
			[]string{"2026-10-25 01:45 +01:00", "2026-10-25 01:30 +00:00", "2026-10-25 02:15 +00:00"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := schedule(t, c.cron, c.zone)
			after := at(t, c.from)
			for _, text := range c.want {
				next, want := s.Next(after), at(t, text)
				if !next.Equal(want) {
					t.Fatalf("after %s: %s, want %s", after, next.In(want.Location()), want)
				}
				if next.Location() != time.UTC {
					t.Errorf("%s is not in UTC", next)
				}
				after = next
			}
		})
	}
}

// A pattern holds which minutes, hours, days, months and weekdays match.
type pattern [5][64]bool

// read reads an expression of plain numbers, "*", "*/n" and lists. It shares
// nothing with the parser under test.
func read(expression string) (p pattern) {
	for i, field := range strings.Fields(expression) {
		for part := range strings.SplitSeq(field, ",") {
			step, steps := strings.CutPrefix(part, "*/")
			n, err := strconv.Atoi(step)
			for v := range 64 {
				p[i][v] = p[i][v] || part == "*" || err == nil && (steps && v%n == 0 || !steps && v == n)
			}
		}
	}
	return p
}

func (p *pattern) matches(wall time.Time) bool {
	return p[0][wall.Minute()] && p[1][wall.Hour()] && p[2][wall.Day()] && p[3][wall.Month()] && p[4][wall.Weekday()]
}

// oracle watches a clock in the zone minute by minute: an expression runs when
// the clock reaches a matching time, or jumps over it, for the first time.
//
// On a day without a change it shows each minute once, in order, so there only
// the minutes that an expression names are looked at.
func oracle(expressions []string, zone *time.Location, from, to time.Time) [][]time.Time {
	wall := func(t time.Time) time.Time {
		_, offset := t.In(zone).Zone()
		return t.UTC().Add(time.Duration(offset) * time.Second)
	}
	patterns := make([]pattern, len(expressions))
	for i, e := range expressions {
		patterns[i] = read(e)
	}
	runs := make([][]time.Time, len(expressions))
	// shows notes that at t the clock reached a time, or jumped over it.
	shows := func(reached, t time.Time) {
		for i := range patterns {
			if n := len(runs[i]); patterns[i].matches(reached) && (n == 0 || !runs[i][n-1].Equal(t)) {
				runs[i] = append(runs[i], t)
			}
		}
	}
	reached := wall(from)
	for t := from.Add(time.Minute); !t.After(to); t = t.Add(time.Minute) {
		day := t.Add(24 * time.Hour)
		shown := wall(t)
		if !day.After(to) && shown.Equal(reached.Add(time.Minute)) && wall(day).Equal(shown.Add(24*time.Hour)) && steady(zone, t, day) {
			for i := range patterns {
				for _, at := range patterns[i].inDay(shown) {
					if n := len(runs[i]); n == 0 || !runs[i][n-1].Equal(t.Add(at.Sub(shown))) {
						runs[i] = append(runs[i], t.Add(at.Sub(shown)))
					}
				}
			}
			t = day.Add(-time.Minute)
			reached = wall(t)
			continue
		}
		for reached.Before(shown) {
			reached = reached.Add(time.Minute)
			shows(reached, t)
		}
	}
	return runs
}

// steady reports whether a clock in the zone shows the same offset all the way,
// looked at every quarter of an hour.
func steady(zone *time.Location, from, to time.Time) bool {
	_, first := from.In(zone).Zone()
	for t := from; !t.After(to); t = t.Add(15 * time.Minute) {
		if _, offset := t.In(zone).Zone(); offset != first {
			return false
		}
	}
	return true
}

// inDay are the matching times of the 24 hours from a wall time on.
func (p *pattern) inDay(from time.Time) (times []time.Time) {
	for m := range 24 * 60 {
		minute := (from.Minute() + m) % 60
		if !p[0][minute] {
			continue
		}
		if at := from.Add(time.Duration(m) * time.Minute); p.matches(at) {
			times = append(times, at)
		}
	}
	return times
}

func TestAgainstAClockThatIsWatched(t *testing.T) {
	t.Parallel()
	zones := []string{"Europe/London", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Africa/Casablanca",
		"Asia/Kathmandu", "America/St_Johns", "Africa/Cairo", "Asia/Beirut", "Europe/Dublin", "Pacific/Chatham", "America/Sao_Paulo", "Antarctica/Troll"}
	expressions := []string{"15 3 * * *", "30 1 * * *", "0 0 * * *", "*/30 * * * *", "59 23 * * 0", "0,20,45 0,1,2 * * *", "0 12 1 * *", "30 2 * 3,4,9,10 *"}
	for _, name := range zones {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			zone, err := time.LoadLocation(name)
			if err != nil {
				t.Fatal(err)
			}
			year := 2026
			if name == "America/Sao_Paulo" {
				year = 2018 // its last changes, at midnight
			}
			from := time.Date(year, 1, 1, 0, 0, 0, 0, zone).Truncate(time.Hour)
			to := from.AddDate(1, 1, 0)
			runs := oracle(expressions, zone, from, to)
			for e, expression := range expressions {
				s := schedule(t, expression, name)
				var got []time.Time
				for n := s.Next(from); !n.After(to); n = s.Next(n) {
					got = append(got, n)
				}
				want := runs[e]
				if !slices.EqualFunc(got, want, time.Time.Equal) {
					for i := range want {
						if i >= len(got) || !got[i].Equal(want[i]) {
							t.Fatalf("%q, run %d: got %v, want %v", expression, i, got[i:min(i+1, len(got))], want[i].In(zone))
						}
					}
					t.Fatalf("%q: %d runs, want %d", expression, len(got), len(want))
				}
				// From anywhere between two runs the answer is the same.
				for i := 1; i < len(want); i += 1 + len(want)/400 {
					gap := want[i].Sub(want[i-1])
					for _, after := range []time.Time{want[i-1].Add(gap / 3), want[i].Add(-1), want[i-1].Add(1)} {
						if n := s.Next(after); !n.Equal(want[i]) {
							t.Fatalf("%q after %v: %v, want %v", expression, after.In(zone), n.In(zone), want[i].In(zone))
						}
					}
					if d := s.Due(want[max(i-3, 0)], want[i].Add(gap/2)); !d.Equal(want[i]) && i+1 < len(want) && want[i+1].After(want[i].Add(gap/2)) {
						t.Fatalf("%q due: %v, want %v", expression, d.In(zone), want[i].In(zone))
					}
				}
			}
		})
	}
}

func TestDue(t *testing.T) {
	t.Parallel()
	s := schedule(t, "15 3 * * *", "Europe/London")
	last := at(t, "2026-11-01 03:15 +00:00")
	for now, want := range map[string]string{
		"2026-11-01 03:15 +00:00": "",
		"2026-11-02 03:14 +00:00": "",
		"2026-11-02 03:15 +00:00": "2026-11-02 03:15 +00:00",
		"2026-11-02 23:59 +00:00": "2026-11-02 03:15 +00:00",
		"2027-11-02 23:59 +00:00": "2027-11-02 03:15 +00:00", // a year of missed runs is one
		"2026-10-01 03:15 +01:00": "",                        // the clock was set back
	} {
		got := s.Due(last, at(t, now))
		if want == "" && !got.IsZero() || want != "" && !got.Equal(at(t, want)) {
			t.Errorf("due at %s: %v, want %q", now, got, want)
		}
	}
	every := schedule(t, "@every 2h", "UTC")
	if got, want := every.Due(last, last.Add(7*time.Hour)), last.Add(6*time.Hour); !got.Equal(want) {
		t.Errorf("due of @every 2h after 7 h: %v, want %v", got, want)
	}
	if got := every.Due(last, last.Add(time.Hour)); !got.IsZero() {
		t.Errorf("due of @every 2h after 1 h: %v", got)
	}
	never := schedule(t, "0 0 30 2 *", "UTC")
	if n, d := never.Next(last), never.Due(last, last.AddDate(9, 0, 0)); !n.IsZero() || !d.IsZero() {
		t.Errorf("30 February comes at %v, %v", n, d)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ cron, zone, want string }{
		{"61 * * * *", "UTC", "cron: end of range (61)"},
		{"* * * *", "UTC", "5 fields"},
		{"", "UTC", "cron: empty"},
		{"TZ=UTC", "UTC", "time zone does not belong"},
		{"TZ=Europe/London 0 0 * * *", "UTC", "time zone does not belong"},
		{"@every 30s", "UTC", "more than once a minute"},
		{"@fortnightly", "UTC", "unrecognized descriptor"},
		{"@daily", "Mars/Olympus", "time zone: unknown"},
		{"@daily", "", "want an IANA name"},
		{"@daily", "Local", "want an IANA name"},
	} {
		if _, err := schedules.New("n", c.cron, c.zone, "sync"); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), `"n"`) {
			t.Errorf("New(%q, %q): %v, want %q", c.cron, c.zone, err, c.want)
		}
	}
}

func FuzzNext(f *testing.F) {
	f.Add("15 3 * * *", "Europe/London", int64(1774746000))
	f.Add("*/7 1,2 * 3,10 0-6", "America/Santiago", int64(1788667200))
	f.Add("@every 90m", "UTC", int64(0))
	f.Add("@weekly", "Antarctica/Troll", int64(1e9))
	f.Fuzz(func(t *testing.T, expression, zone string, unix int64) {
		if len(zone) > 40 || unix < 0 || unix > 4e9 {
			t.Skip("no zone has so long a name, or the instant lies outside of 1970 to 2096")
		}
		s, err := schedules.New("f", expression, zone, "sync")
		if err != nil {
			return
		}
		after := time.Unix(unix, 0)
		for range 5 {
			next := s.Next(after)
			if next.IsZero() {
				return
			}
			if !next.After(after) {
				t.Fatalf("%q in %s: %v does not lie after %v", expression, zone, next, after)
			}
			if d := s.Due(after, next); !d.Equal(next) {
				t.Fatalf("%q in %s: due at %v is %v", expression, zone, next, d)
			}
			after = next
		}
	})
}
