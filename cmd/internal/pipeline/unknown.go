package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"fanlake/extract"
	"fanlake/load"
)

// unknownNames says of creators whom the configuration names, and who are none of
// those known, where it does so. Who has left is known, so that nobody has to
// change the configuration when one goes.
func (a Account) unknownNames(known []load.Creator) (lines []string) {
	names := map[string]bool{}
	var handles []string
	for _, c := range known {
		names[strings.ToLower(c.Handle)], names[strings.ToLower(c.ID)] = true, true
		if c.RemovedAt.IsZero() {
			handles = append(handles, c.Handle)
		}
	}
	slices.Sort(handles)
	const room = 20
	list := strings.Join(slices.Compact(handles), ", ")
	if n := len(handles); n > room {
		list = fmt.Sprintf("%s and %d others", strings.Join(handles[:room], ", "), n-room)
	}
	for _, name := range slices.Sorted(maps.Keys(a.Named)) {
		if !names[name] {
			lines = append(lines, fmt.Sprintf("%s of the configuration: no creator %q, so that it has no effect; the key reads %s", a.Named[name], name, list))
		}
	}
	return lines
}

// correctName is the next step behind what unknownNames says.
const correctName = "correct the name, or take it out if that creator is gone"

// inspectNames looks whether the creators whom the configuration names are those
// of the key. It asks for their list only where what is published lacks one.
func (a Account) inspectNames(ctx context.Context, c *extract.Client, me identity) ([]Finding, error) {
	known := []load.Creator{}
	published, err := load.ReadFreshness(ctx, a.Published())
	if err != nil && ctx.Err() != nil {
		return nil, err
	}
	for _, f := range published { // none where nothing is published
		known = append(known, load.Creator{ID: f.CreatorID, Handle: f.Handle, RemovedAt: f.RemovedAt})
	}
	if me.IsCreator {
		known = append(known, load.Creator{ID: me.UUID, Handle: me.Handle})
	}
	if len(a.unknownNames(known)) == 0 {
		return nil, nil
	}
	st, _ := a.surface().Stream("creators")
	list, err := parseCreators(c.Walk(ctx, st, extract.Slice{Stream: st.Name}, nil))
	switch {
	case ctx.Err() != nil:
		return nil, err
	case err != nil && !errors.Is(err, extract.ErrForbidden) && !errors.Is(err, extract.ErrNotFound):
		return nil, nil // the finding of the stream says why
	}
	for _, l := range list {
		known = append(known, load.Creator{ID: l.UUID, Handle: l.Handle})
	}
	var findings []Finding
	for _, line := range a.unknownNames(known) {
		findings = append(findings, Finding{"creators", Problem, line, correctName})
	}
	return findings, nil
}
