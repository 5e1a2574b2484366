// Package schedules says when jobs run, what was missed, and waits.
//
// A [Schedule] is a cron expression in a time zone of its own. [Schedule.Next]
// and [Schedule.Due] compute instants; [Loop] waits for them, runs one job at a
// time, catches a missed run up once and remembers results in a file.
//
// Local times are exact over changes of the clocks: a local time that is
// skipped runs at the first instant after the gap (several skipped ones run
// once there), one that comes twice runs the first time only. The second hour
// of an autumn night is therefore empty, also for a schedule of every minute.
// "@every" durations know no local time and run through.
//
// The state file may be looked at and written by several processes: each change
// is made under a kernel lock beside it.
package schedules

import (
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// A Schedule says when a job runs. Make one with [New].
type Schedule struct {
	Name     string // names its last result in the state file
	Cron     string // five fields or a descriptor such as @daily or @every 2h
	Timezone string // IANA name
	Job      string // what to run

	spec  cron.Schedule // in UTC, read as a wall clock
	zone  *time.Location
	delay time.Duration // behind each instant of the expression
}

// New returns a schedule, or says what is wrong with it.
func New(name, expression, timezone, job string) (Schedule, error) {
	s := Schedule{Name: name, Cron: expression, Timezone: timezone, Job: job}
	wrong := func(err error) (Schedule, error) {
		return Schedule{}, fmt.Errorf("schedule %q: %w", name, err)
	}
	if timezone == "" || timezone == "Local" {
		return wrong(errors.New("time zone: want an IANA name such as Europe/London"))
	}
	var err error
	if s.zone, err = time.LoadLocation(timezone); err != nil {
		return wrong(fmt.Errorf("time zone: %w", err))
	}
	if strings.Contains(expression, "TZ=") {
		return wrong(errors.New("cron: the time zone does not belong into the expression"))
	}
	if s.spec, err = cron.ParseStandard(expression); err != nil {
		return wrong(fmt.Errorf("cron: %w", err))
	}
	switch spec := s.spec.(type) {
	case *cron.SpecSchedule:
		spec.Location = time.UTC
	case cron.ConstantDelaySchedule:
		if spec.Delay < time.Minute {
			return wrong(errors.New("cron: runs more than once a minute"))
		}
	}
	return s, nil
}

// Delayed returns s with all its instants moved by a part of most that follows
// from the schedule's name and the seed alone, in whole seconds. So schedules
// that are written alike, on one machine or on many, do not begin in the same
// second, and each keeps its time. "@every" durations begin with their last run
// and are not moved.
func (s Schedule) Delayed(most time.Duration, seed string) Schedule {
	s.delay = 0
	if _, every := s.spec.(cron.ConstantDelaySchedule); every || most < time.Second {
		return s
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(s.Name + "\x00" + seed))
	s.delay = time.Duration(h.Sum64()%uint64(most/time.Second+1)) * time.Second
	return s
}

// Delay is by how much the instants of s lie behind those of its expression.
func (s Schedule) Delay() time.Duration { return s.delay }

// Next returns the first instant after the given one at which s runs, in UTC
// and whole seconds. It is zero if there is none in the next five years.
func (s Schedule) Next(after time.Time) time.Time {
	if every, ok := s.spec.(cron.ConstantDelaySchedule); ok {
		return every.Next(after.UTC())
	}
	// The expression is searched on the wall clock, an even line, and each
	// match turned into its instant. That never runs backwards: so nothing at
	// or before the wall time of after can lie behind it.
	after = after.Add(-s.delay)
	wall := wallOf(after, s.zone)
	for {
		wall = s.spec.Next(wall)
		if wall.IsZero() {
			return time.Time{}
		}
		if t := instantOf(wall, s.zone); t.After(after) {
			return t.Add(s.delay)
		}
	}
}

// Due returns the newest instant in (last, now] at which s should have run, or
// zero. Several missed ones are one: a run reads what is missing, however much
// that is.
func (s Schedule) Due(last, now time.Time) time.Time {
	oldest := s.Next(last)
	if oldest.IsZero() || oldest.After(now) {
		return time.Time{}
	}
	if every, ok := s.spec.(cron.ConstantDelaySchedule); ok {
		return oldest.Add(now.Sub(oldest).Truncate(every.Delay))
	}
	for span := time.Minute; ; span *= 2 {
		from := now.Add(-span)
		if from.Before(last) {
			from = last
		}
		var due time.Time
		for t := s.Next(from); !t.IsZero() && !t.After(now); t = s.Next(t) {
			due = t
		}
		if !due.IsZero() {
			return due
		}
	}
}

// wallOf returns what a clock in the zone shows at t, as a time in UTC.
func wallOf(t time.Time, zone *time.Location) time.Time {
	_, offset := t.In(zone).Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// instantOf returns the first instant at which a clock in the zone shows wall
// or, if it never does, the instant at which it jumps over it.
func instantOf(wall time.Time, zone *time.Location) time.Time {
	guess := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), zone)
	// time.Date does not say which of two offsets it takes near a change. The
	// offsets on both sides of the neighbouring changes are tried instead.
	start, end := guess.ZoneBounds()
	instants := []time.Time{guess}
	if !start.IsZero() {
		instants = append(instants, start.Add(-1))
	}
	if !end.IsZero() {
		instants = append(instants, end)
	}
	var first time.Time
	for _, i := range instants {
		_, offset := i.In(zone).Zone()
		t := wall.Add(-time.Duration(offset) * time.Second)
		if wallOf(t, zone).Equal(wall) && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	if !first.IsZero() {
		return first
	}
	if !start.IsZero() && wallOf(start.Add(-1), zone).Before(wall) && wallOf(start, zone).After(wall) {
		return start.UTC()
	}
	return end.UTC()
}
