package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"fanlake/extract"
	"fanlake/load"
	"fanlake/load/lookup"
)

// listed is what a row of the list of creators says.
type listed struct {
	UUID         string    `json:"uuid"`
	Handle       string    `json:"handle"`
	RegisteredAt time.Time `json:"registeredAt"`
}

// creators asks who the key may read and returns those this run reads: the
// owner first, if a creator, then the others by handle. Where the list cannot be read it falls back on the creators known.
func (s *session) creators(ctx context.Context) ([]creator, error) {
	list, complete, err := s.listCreators(ctx)
	if err != nil {
		return nil, err
	}
	if complete || !s.reader.allowed(task{Slice: extract.Slice{Stream: "creators"}}) { // not where the list failed
		known, err := s.wh.Creators(ctx)
		if err != nil {
			return nil, err
		}
		for _, l := range list {
			known = append(known, load.Creator{ID: l.UUID, Handle: l.Handle})
		}
		if s.me.IsCreator {
			known = append(known, load.Creator{ID: s.me.UUID, Handle: s.me.Handle})
		}
		s.result.Unknown = s.unknownNames(known)
	}
	return s.choose(ctx, list, complete)
}

// choose joins the list with the owner and, where it is not complete, with the
// creators known, and narrows it to those this run reads.
func (s *session) choose(ctx context.Context, list []listed, complete bool) ([]creator, error) {
	known, err := s.wh.Creators(ctx)
	if err != nil {
		return nil, err
	}
	byID := map[string]creator{}
	for _, c := range known {
		if !complete && c.RemovedAt.IsZero() {
			byID[c.ID] = creator{Creator: c}
		}
	}
	for _, l := range list {
		byID[l.UUID] = creator{Creator: load.Creator{ID: l.UUID, Handle: l.Handle, RegisteredAt: l.RegisteredAt}}
	}
	delete(byID, s.me.UUID)
	if s.me.IsCreator {
		byID[s.me.UUID] = creator{load.Creator{ID: s.me.UUID, Handle: s.me.Handle, RegisteredAt: s.me.CreatedAt}, true}
	}
	s.handles, s.names = map[string]string{}, map[string]string{}
	var all []creator
	for _, c := range byID {
		s.handles[c.ID], s.names[c.ID] = c.Handle, s.Called(c.ID, c.Handle)
		if !s.Skips(c.ID, c.Handle) {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b creator) int {
		if a.self != b.self {
			if a.self {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Handle+" "+a.ID, b.Handle+" "+b.ID)
	})
	return s.chosen(all)
}

// Skips reports whether the configuration leaves a creator out.
func (a Account) Skips(id, handle string) bool { return a.Skip[strings.ToLower(handle)] || a.Skip[id] }

// chosen narrows creators to those asked for.
func (s *session) chosen(all []creator) ([]creator, error) {
	if len(s.opts.Creators) == 0 {
		return all, nil
	}
	names := make([]lookup.Creator, len(all))
	for i, c := range all {
		names[i] = s.nameOf(c.ID, c.Handle)
	}
	var some []creator
	for _, name := range s.opts.Creators {
		i, err := lookup.FindCreator(names, name)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(some, func(c creator) bool { return c.ID == all[i].ID }) {
			some = append(some, all[i])
		}
	}
	return some, nil
}

// nameOf is what a creator can be named by.
func (a Account) nameOf(id, handle string) lookup.Creator {
	configured := a.Settings.Creators
	return lookup.Creator{ID: id, Handle: handle, Label: cmp.Or(configured[id].Label, configured[strings.ToLower(handle)].Label)}
}

// Called is what messages call a creator, as reports do: by the agency's own
// label if it gave one.
func (a Account) Called(id, handle string) string {
	return cmp.Or(a.nameOf(id, handle).Label, handle, id)
}

// knowsCreators refuses the name of a creator whom the published warehouse does
// not know, before a request is spent. Where nothing is published the API is
// asked.
func (s *session) knowsCreators(ctx context.Context) error {
	if len(s.opts.Creators) == 0 {
		return nil
	}
	known, err := load.ReadFreshness(ctx, s.Published())
	if err != nil || len(known) == 0 {
		return ctx.Err() // what is wrong with it the run will see
	}
	var names []lookup.Creator
	for _, c := range known {
		if c.RemovedAt.IsZero() && !s.Skips(c.CreatorID, c.Handle) {
			names = append(names, s.nameOf(c.CreatorID, c.Handle))
		}
	}
	for _, name := range s.opts.Creators {
		if _, err := lookup.FindCreator(names, name); err != nil {
			return fmt.Errorf("%w; one who came since is known after a sync without --creator", err)
		}
	}
	return nil
}

// listCreators reads the list of creators into the journal. complete is false
// where the key may not read it or the walk failed; a single creator's key has
// no list. The owner's own profile joins the table of creators only if the list
// does not have the owner, so that one row never has two sources.
func (s *session) listCreators(ctx context.Context) (list []listed, complete bool, err error) {
	t := task{Slice: extract.Slice{Stream: "creators", Surface: s.surface(), Reason: "every run"}}
	if t.Slice, err = s.journal.Begin(t.Slice); err != nil {
		return nil, false, err
	}
	failed := len(s.reader.failures)
	_, err = s.reader.walk(ctx, t, false)
	if err = s.reader.settle(ctx, t, err); err != nil {
		return nil, false, err
	}
	complete = len(s.reader.failures) == failed && s.reader.allowed(t)
	if list, err = parseCreators(s.journal.Pages(t.ID)); err != nil {
		return nil, false, err
	}
	owned := slices.ContainsFunc(list, func(l listed) bool { return l.UUID == s.me.UUID })
	if s.me.IsCreator && !owned {
		me, err := s.journal.Begin(extract.Slice{Stream: "me", Creator: s.me.UUID, Self: true, Surface: s.surface(), Reason: "every run"})
		if err != nil {
			return nil, false, err
		}
		page := extract.Page{Index: 1, FetchedAt: s.me.serverTime, Rows: 1, Ordered: true, Body: s.me.page}
		if _, err := s.journal.Append(me.ID, page); err != nil {
			return nil, false, err
		}
		s.reader.came(me.Stream, page)
		if err := s.journal.Finish(me.ID, true, ""); err != nil {
			return nil, false, err
		}
	}
	return list, complete, nil // it is applied with what is read first
}

func parseCreators(pages iter.Seq2[extract.Page, error]) ([]listed, error) {
	var list []listed
	for p, err := range pages {
		if err != nil {
			return nil, err
		}
		var page struct {
			Data []json.RawMessage `json:"data"`
		}
		if err := json.Unmarshal(p.Body, &page); err != nil {
			return nil, fmt.Errorf("creators: page %d: %w", p.Index, err)
		}
		for _, row := range page.Data {
			var l listed
			// A row that cannot be read here is a reject when it is sealed.
			if json.Unmarshal(row, &l) == nil && l.UUID != "" {
				l.UUID = strings.ToLower(l.UUID)
				list = append(list, l)
			}
		}
	}
	return list, nil
}
