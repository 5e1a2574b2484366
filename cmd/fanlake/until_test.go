package main

import (
	"testing"
	"time"
)

// A time of day is its next occurrence on the clock of the machine, also where
// that clock is changed; an instant is what it says.
func TestParseUntil(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ text, now, want string }{
		{"06:00", "2026-11-20T03:15:00Z", "2026-11-20T06:00:00Z"},
		{"06:00", "2026-11-20T06:00:00Z", "2026-11-21T06:00:00Z"}, // now is over
		{"06:00", "2026-11-30T22:00:00Z", "2026-12-01T06:00:00Z"},
		{"6:05", "2026-11-20T03:15:00Z", "2026-11-20T06:05:00Z"},
		{"06:00", "2026-07-01T03:15:00Z", "2026-07-01T05:00:00Z"}, // summer time
		{"06:00", "2026-03-28T23:30:00Z", "2026-03-29T05:00:00Z"}, // the clock goes forward at 01:00
		{"06:00", "2026-10-24T23:30:00Z", "2026-10-25T06:00:00Z"}, // and back
		{"00:30", "2026-12-31T23:45:00Z", "2027-01-01T00:30:00Z"},
		{"2026-11-20T06:00:00+01:00", "2026-11-20T03:15:00Z", "2026-11-20T05:00:00Z"},
		{"", "2026-11-20T03:15:00Z", "0001-01-01T00:00:00Z"},
		{"2026-11-20T03:00:00Z", "2026-11-20T03:15:00Z", "error"},
		{"2026-11-21", "2026-11-20T03:15:00Z", "error"},
		{"24:00", "2026-11-20T03:15:00Z", "error"},
	} {
		now, err := time.Parse(time.RFC3339, tt.now)
		if err != nil {
			t.Fatal(err)
		}
		got := "error"
		if until, err := parseUntil(tt.text, now.In(london)); err == nil {
			got = until.UTC().Format(time.RFC3339)
		}
		if got != tt.want {
			t.Errorf("%q at %s: %s, want %s", tt.text, tt.now, got, tt.want)
		}
	}
}
