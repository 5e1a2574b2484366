package report

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"fanlake/load/terminal"
)

// A Parameter is what a report can be asked for. In a header it is written
//
//	NAME: TYPE, default DEFAULT. MEANING
//
// and without a default it has to be given. The types, how a value is written,
// and what is bound:
//
//	creator       a handle, label or uuid; the uuid as VARCHAR
//	date          2026-10-31; a DATE
//	month         2026-10; the DATE of its first day
//	integer       a whole number; a BIGINT. "integer from 1" has a lowest one
//	number        a number such as 0.05; a DOUBLE
//	boolean       true or false
//	text          a VARCHAR
//	one of a|b    one of these words; a VARCHAR
//
// A default is a value, none (NULL), all (the same, of a creator), or relative
// to the data's own today: today, yesterday or today - 30 of a date, this month,
// last month (the last whole one) or last month - 11 of a month. Without a
// finished run there is no today, and these are NULL.
type Parameter struct {
	Name    string   `json:"name"`
	Type    string   `json:"type"`
	Default *string  `json:"default"` // as the header has it, nil if a value has to be given
	Meaning string   `json:"meaning"`
	Choices []string `json:"choices,omitempty"` // of the type "one of"

	lowest *int64 // of the type integer
}

// parseParameter reads a line of a header.
func parseParameter(name, text string) (Parameter, error) {
	p := Parameter{Name: name}
	spec, meaning, found := strings.Cut(text, ". ")
	if !found {
		spec = strings.TrimSuffix(text, ".")
	}
	p.Meaning = strings.TrimSpace(meaning)
	kind, def, found := strings.Cut(spec, ", default ")
	p.Type = strings.TrimSpace(kind)
	if found {
		def = strings.TrimSpace(def)
		p.Default = &def
	}
	choices, isChoice := strings.CutPrefix(p.Type, "one of ")
	lowest, isBound := strings.CutPrefix(p.Type, "integer from ")
	switch {
	case isChoice:
		p.Type, p.Choices = "one of", strings.Split(choices, "|")
		if slices.Contains(p.Choices, "") {
			return p, fmt.Errorf("%q has an empty choice", choices)
		}
	case isBound:
		n, err := strconv.ParseInt(lowest, 10, 64)
		if err != nil {
			return p, fmt.Errorf("%q is no lowest number", lowest)
		}
		p.Type, p.lowest = "integer", &n
	case !slices.Contains([]string{"creator", "date", "month", "integer", "number", "boolean", "text"}, p.Type):
		return p, fmt.Errorf("the type %q is none: want creator, date, month, integer, number, boolean, text or one of a|b, then a comma and default VALUE, then a full stop", p.Type)
	}
	if p.Meaning == "" {
		return p, errors.New("what it means is missing behind the full stop")
	}
	if p.Default != nil {
		if _, err := p.defaultValue(today{}); err != nil {
			return p, fmt.Errorf("its default: %w", err)
		}
	}
	return p, nil
}

// wants says which values the parameter takes.
func (p Parameter) wants() string {
	switch p.Type {
	case "creator":
		return "the handle, label or uuid of a creator"
	case "date":
		return "a day such as 2026-10-31"
	case "month":
		return "a month such as 2026-10"
	case "integer":
		if p.lowest != nil {
			return fmt.Sprintf("a whole number from %d", *p.lowest)
		}
		return "a whole number"
	case "number":
		return "a number such as 0.05"
	case "boolean":
		return "true or false"
	case "one of":
		return "one of " + strings.Join(p.Choices, ", ")
	}
	return "a text"
}

// value makes an argument of a query of what was given, a *time.Time of a date or
// month. Creators are looked up elsewhere.
func (p Parameter) value(given string) (any, error) {
	wrong := fmt.Errorf("%q: want %s", terminal.Printable(given), p.wants())
	switch p.Type {
	case "date", "month":
		layout := map[string]string{"date": time.DateOnly, "month": "2006-01"}[p.Type]
		t, err := time.Parse(layout, given)
		if err != nil || t.Year() < 1 {
			return nil, wrong
		}
		return &t, nil
	case "integer":
		n, err := strconv.ParseInt(given, 10, 64)
		if err != nil || p.lowest != nil && n < *p.lowest {
			return nil, wrong
		}
		return n, nil
	case "number":
		f, err := strconv.ParseFloat(given, 64)
		if err != nil || f != f || f-f != 0 { // neither NaN nor infinite
			return nil, wrong
		}
		return f, nil
	case "boolean":
		if given != "true" && given != "false" {
			return nil, wrong
		}
		return given == "true", nil
	case "one of":
		if !slices.Contains(p.Choices, given) {
			return nil, wrong
		}
	}
	return given, nil
}

// today is the day that relative defaults count from; zero if it is not known.
type today struct{ time.Time }

// defaultValue is the argument for a parameter that was not given.
func (p Parameter) defaultValue(now today) (any, error) {
	if p.Default == nil {
		return nil, fmt.Errorf("it has to be given: %s", p.wants())
	}
	def := *p.Default
	if def == "none" || def == "all" && p.Type == "creator" {
		if p.Type == "date" || p.Type == "month" {
			return (*time.Time)(nil), nil
		}
		return nil, nil
	}
	if p.Type == "creator" {
		return nil, fmt.Errorf("%q: want all or none", def)
	}
	if p.Type != "date" && p.Type != "month" {
		return p.value(def)
	}
	base, back, counts := strings.Cut(def, " - ")
	n := 0
	if counts {
		var err error
		if n, err = strconv.Atoi(back); err != nil || n < 0 || n > 10_000 {
			return nil, fmt.Errorf("%q: %q is no number to go back", def, back)
		}
	}
	y, m, d := now.Date()
	var t time.Time
	switch p.Type + " " + base {
	case "date today":
		t = time.Date(y, m, d-n, 0, 0, 0, 0, time.UTC)
	case "date yesterday":
		t = time.Date(y, m, d-1-n, 0, 0, 0, 0, time.UTC)
	case "month this month":
		t = time.Date(y, m-time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	case "month last month":
		t = time.Date(y, m-1-time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	default:
		return p.value(def)
	}
	if now.IsZero() {
		return (*time.Time)(nil), nil
	}
	return &t, nil
}
