package pipeline

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"fanlake/extract"
)

// inspectStreams asks each stream for one row: for the owner, or for the first
// creator of an agency whose owner is none. Streams that need something to ask
// for are judged by those with the same scopes.
func (a Account) inspectStreams(ctx context.Context, c *extract.Client, me identity) ([]Finding, error) {
	var findings []Finding
	sl := extract.Slice{Creator: me.UUID, Self: me.IsCreator}
	asked := map[string]Finding{} // by scopes
	isAgency := false
	for _, st := range extract.Streams {
		st, ok := st.On(a.surface())
		if !ok {
			continue
		}
		if a.isOff(st) && !st.Optional {
			findings = append(findings, Finding{Name: "stream " + st.Name, State: OK, Detail: "off, by streams of the configuration"})
			continue
		}
		if st.SelfOnly {
			findings = append(findings, a.selfOnly(st))
			if !me.IsCreator {
				continue
			}
		}
		if !st.PerCreator() && st.Name != "me" && st.Name != "creators" && !isAgency {
			continue
		}
		scopes := strings.Join(st.ScopesFor(!st.PerCreator() || sl.Self), ", ")
		if st.PerChat() || st.Parent != "" || st.Bulk || st.Optional {
			if f, ok := asked[scopes]; ok {
				findings = append(findings, f.sameAs(st))
			}
			continue
		}
		slice := sl
		if !st.PerCreator() {
			slice = extract.Slice{Self: true}
		}
		f, answer, err := a.inspectStream(ctx, c, st, slice, me.serverTime)
		if err != nil {
			return findings, err
		}
		if st.Name == "creators" && f.State == OK {
			isAgency = true
			if list, err := parseCreators(one(answer)); err == nil && len(list) > 0 && !me.IsCreator {
				sl = extract.Slice{Creator: list[0].UUID}
			}
		}
		f.Detail = strings.ReplaceAll(f.Detail, scopesHere, scopes)
		findings, asked[scopes] = append(findings, f), f
	}
	return findings, nil
}

// scopesHere stands where the scopes of a stream are to be named.
const scopesHere = "{scopes}"

// inspectStream asks a stream for one row.
func (a Account) inspectStream(ctx context.Context, c *extract.Client, st extract.Stream, sl extract.Slice, now time.Time) (Finding, extract.Answer, error) {
	q := url.Values{}
	for k, v := range st.Query {
		q[k] = v
	}
	switch {
	case st.Paging == extract.BySize && st.Name != "creators":
		q.Set("size", "1")
	case st.Paging == extract.ByLimit:
		q.Set("limit", "1")
	}
	if st.Window && st.Paging == extract.Single {
		q.Set("startDate", now.Add(-day).Format(time.RFC3339))
		q.Set("endDate", now.Format(time.RFC3339))
	}
	answer, err := c.Get(ctx, st.Path(sl), q, nil)
	f := Finding{Name: "stream " + st.Name, State: OK, Detail: "readable (" + scopesHere + ")"}
	switch {
	case errors.Is(err, extract.ErrForbidden):
		f.State, f.Detail = Warning, "not permitted: needs "+scopesHere
		f.Next = "scopes are fixed when a key is issued; the stream is skipped with this key"
	case errors.Is(err, extract.ErrNotFound):
		f.State, f.Detail = Warning, err.Error()
		if a.surface().Older() {
			f.Next = "not there on surface " + string(a.surface()) + " of this API; the stream is skipped"
		}
	case err != nil:
		return f, answer, err
	}
	return f, answer, nil
}

// sameAs is what a finding says of another stream with the same scopes.
func (f Finding) sameAs(st extract.Stream) Finding {
	f.Name = "stream " + st.Name
	if st.Optional && f.State == OK {
		f.Detail += "; read only if streams of the configuration says how often"
	}
	return f
}

// one is a walk of a single answer.
func one(a extract.Answer) func(yield func(extract.Page, error) bool) {
	return func(yield func(extract.Page, error) bool) { yield(extract.Page{Index: 1, Body: a.Body}, nil) }
}
