package report

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"fanlake/load"
	"fanlake/load/lookup"
	"fanlake/load/query"
	"fanlake/load/terminal"
)

// Run asks an open published file. given has values by the names of parameters,
// as the user wrote them; a parameter that is not in it has its default. The
// error wraps [ErrParameter] if they are wrong; otherwise it is that of
// [load.Published.Query], with the file of the user's that has the lines it names.
func (r Report) Run(ctx context.Context, file *load.Published, given map[string]string) (*query.Rows, error) {
	args, err := r.arguments(ctx, file, given)
	if err != nil {
		return nil, err
	}
	rows, err := file.Query(ctx, r.text, args...)
	if err != nil && r.File != "" {
		return nil, fmt.Errorf("%s: %w", terminal.Printable(r.File), err)
	}
	return rows, err
}

// arguments makes what is bound.
func (r Report) arguments(ctx context.Context, file *load.Published, given map[string]string) ([]any, error) {
	var names []string
	for _, p := range r.Parameters {
		names = append(names, p.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if slices.Contains(names, name) {
			continue
		}
		has := "it has none"
		if len(names) > 0 {
			has = "it has " + strings.Join(names, ", ")
		}
		return nil, fmt.Errorf("%w: the report %s has no parameter %s: %s", ErrParameter, r.Name, terminal.Printable(name), has)
	}
	c := clock{file: file, timezone: "UTC"}
	var args []any
	var from, to *time.Time
	layout := time.DateOnly // as from is written
	// A creator decides in which time zone it is today.
	for _, first := range []bool{true, false} {
		for _, p := range r.Parameters {
			if (p.Type == "creator") != first {
				continue
			}
			v, err := c.argument(ctx, p, given)
			if err != nil {
				return nil, fmt.Errorf("%w %s of %s: %w", ErrParameter, p.Name, r.Name, err)
			}
			if t, is := v.(*time.Time); is {
				v = query.Date(t)
				switch p.Name {
				case "from":
					if from = t; p.Type == "month" {
						layout = "2006-01"
					}
				case "to":
					to = t
				}
			}
			args = append(args, sql.Named(p.Name, v))
		}
	}
	if from != nil && to != nil && from.After(*to) { // no default does that by itself
		return nil, fmt.Errorf("%w from of %s: %s is after to, %s: nothing lies between; give both", ErrParameter, r.Name, from.Format(layout), to.Format(layout))
	}
	return args, nil
}

// A clock reads from the file what parameters are relative to.
type clock struct {
	file     *load.Published
	timezone string // of the creator that was named
	named    bool
	now      today
	known    bool // now was read
}

// argument is what is bound for a parameter.
func (c *clock) argument(ctx context.Context, p Parameter, given map[string]string) (any, error) {
	text, isGiven := given[p.Name]
	switch {
	case isGiven && p.Type == "creator" && text != "all":
		return c.creator(ctx, text)
	case isGiven && p.Type != "creator":
		return p.value(text)
	}
	if !c.known && p.Default != nil && (p.Type == "date" || p.Type == "month") {
		if err := c.read(ctx); err != nil {
			return nil, err
		}
	}
	return p.defaultValue(c.now)
}

// creator returns the uuid of the creator that name means.
func (c *clock) creator(ctx context.Context, name string) (any, error) {
	var known []lookup.Creator
	var zones []string
	err := c.file.Each(ctx, "parameters/creators", func(rows *query.Rows) (bool, error) {
		var n lookup.Creator
		var zone string
		more, err := rows.Scan(&n.ID, &n.Handle, &n.Label, &zone)
		if more && err == nil {
			known, zones = append(known, n), append(zones, zone)
		}
		return more, err
	})
	if err != nil {
		return nil, err
	}
	i, err := lookup.FindCreator(known, name)
	if err != nil {
		return nil, err
	}
	c.timezone, c.named = zones[i], true
	return known[i].ID, nil
}

// read reads what day it is: that of the newest published run, in the time zone of
// the creator that was named, else of the account.
func (c *clock) read(ctx context.Context) error {
	c.known = true
	var at time.Time
	err := c.file.Each(ctx, "parameters/today", func(rows *query.Rows) (bool, error) {
		var zone string
		more, err := rows.Scan(&at, &zone)
		if more && err == nil && !c.named {
			c.timezone = zone
		}
		return more, err
	})
	if err != nil || at.IsZero() {
		return err
	}
	location, err := time.LoadLocation(c.timezone)
	if err != nil {
		return fmt.Errorf("time zone of the reports: %w", err)
	}
	c.now = today{at.In(location)}
	return nil
}
