package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fanlake/extract"
	"fanlake/load"
	"fanlake/load/runs"
)

// CheckKey tries the account's credential as one that is to replace the one in
// use: whose it is, and whether it may read what the last run read. It spends
// three requests, one more where they leave open which scope is missing, and
// writes nothing. The error is the one that a run would end with.
func (a Account) CheckKey(ctx context.Context, report Reporter) ([]Finding, error) {
	o, err := a.readOwner()
	if err != nil {
		return nil, err
	}
	access, err := a.connect(nil, report)
	if err != nil {
		return nil, err
	}
	findings, err := a.checkKey(ctx, access, o)
	return findings, errors.Join(err, access.Close())
}

func (a Account) checkKey(ctx context.Context, access *access, o owner) ([]Finding, error) {
	c := &extract.Client{Doer: access, BaseURL: a.BaseURL, Prefix: a.surface().Prefix()}
	me, err := whoami(ctx, c)
	if err != nil {
		return []Finding{unanswered(err)}, err
	}
	if err := a.checkOwner(o, me); err != nil {
		return []Finding{{"owner", Problem, err.Error(), "issue the new key as the same user, or use another account"}}, err
	}
	findings := []Finding{{Name: "owner", State: OK, Detail: "the same as before: " + me.UUID}}
	if o.UUID == "" {
		findings[0].Detail = "the first key of this account; it belongs to " + me.UUID
	}
	sl, err := a.someone(ctx, me)
	if err != nil || sl.Creator == "" {
		return append(findings, Finding{Name: "scopes", State: Warning, Detail: "no creator is known yet", Next: "fanlake doctor asks stream by stream"}), err
	}
	read := a.lastRead()
	found, err := a.probe(ctx, c, sl, read, me.serverTime)
	return append(findings, found...), err
}

// someone is whose data a key is tried on: the owner's, else those of the first
// creator who was read.
func (a Account) someone(ctx context.Context, me identity) (extract.Slice, error) {
	if me.IsCreator {
		return extract.Slice{Creator: me.UUID, Self: true}, nil
	}
	list, err := load.ReadFreshness(ctx, a.Published())
	if errors.Is(err, load.ErrNotPublished) {
		return extract.Slice{}, nil
	}
	for _, f := range list {
		if f.RemovedAt.IsZero() && !a.Skips(f.CreatorID, f.Handle) {
			return extract.Slice{Creator: f.CreatorID}, err
		}
	}
	return extract.Slice{}, err
}

// lastRead are the streams that the runs of the last week read.
func (a Account) lastRead() map[string]bool {
	records, err := runs.Read(a.Dir)
	if err != nil || len(records) == 0 {
		return nil
	}
	read := map[string]bool{}
	for _, r := range records {
		if r.StartedAt.Before(records[len(records)-1].StartedAt.AddDate(0, 0, -7)) {
			continue
		}
		for name, st := range r.Streams {
			if st.Skipped == "" && st.Requests > 0 {
				read[name] = true
			}
		}
	}
	return read
}

// probe asks for what needs the most scopes at once.
func (a Account) probe(ctx context.Context, c *extract.Client, sl extract.Slice, read map[string]bool, now time.Time) ([]Finding, error) {
	var may, lacks []string
	learn := func(scopes []string, ok bool) {
		for _, s := range scopes {
			switch {
			case ok && !slices.Contains(may, s):
				may = append(may, s)
			case !ok && !slices.Contains(lacks, s):
				lacks = append(lacks, s)
			}
		}
	}
	ask := func(name string) (ok bool, scopes []string, err error) {
		st, _ := extract.StreamByName(name)
		st, known := st.On(a.surface())
		if !known {
			return false, nil, nil
		}
		f, _, err := a.inspectStream(ctx, c, st, sl, now)
		return f.State == OK, st.ScopesFor(sl.Self), err
	}
	for _, name := range []string{"top_spenders", "chats"} {
		ok, scopes, err := ask(name)
		if err != nil {
			return nil, err
		}
		if !ok && name == "top_spenders" { // insights, or fans
			insights, some, err := ask("earnings")
			if err != nil {
				return nil, err
			}
			learn(some, insights)
			if insights {
				scopes = slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return slices.Contains(some, s) })
			}
		}
		learn(scopes, ok)
	}
	lacks = slices.DeleteFunc(lacks, func(s string) bool { return slices.Contains(may, s) })
	findings := []Finding{{Name: "scopes", State: OK, Detail: "it has " + strings.Join(may, ", ")}}
	if len(lacks) > 0 {
		findings[0] = Finding{"scopes", Warning, "it has " + strings.Join(may, ", ") + " and lacks, of the ones tried, " + strings.Join(lacks, ", "),
			"scopes are fixed when a key is issued: issue another one with them"}
	}
	var lost []string
	for _, st := range extract.Streams {
		if read[st.Name] && slices.ContainsFunc(st.ScopesFor(sl.Self), func(s string) bool { return slices.Contains(lacks, s) }) {
			lost = append(lost, st.Name)
		}
	}
	f := Finding{Name: "streams", State: OK, Detail: "what the runs of the last week read can be read with it, as far as these scopes tell"}
	switch {
	case len(lost) > 0:
		f = Finding{"streams", Problem, "with it these could not be read any more: " + strings.Join(lost, ", "), "keep the old key until there is one with the same scopes"}
	case read == nil:
		f.Detail = "nothing was read yet to compare with"
	}
	return append(findings, f), nil
}

// A Usage is what runs of a day asked of the API, and what others did.
type Usage struct {
	Day      string `json:"day"` // of the starts, UTC
	Runs     int    `json:"runs"`
	Requests int64  `json:"requests"`
	Refused  int64  `json:"refused"`
	Foreign  int64  `json:"foreign_requests"` // at least
	WaitMS   int64  `json:"wait_ms"`
	Bytes    int64  `json:"bytes"`
	Keys     int    `json:"keys"` // API keys that the runs had
}

// KeyUsage says what the runs of the last days asked, newest day first.
func (a Account) KeyUsage(days int, now time.Time) ([]Usage, error) {
	records, err := runs.Read(a.Dir)
	if err != nil {
		return nil, err
	}
	list := []Usage{}
	keys := map[string]bool{}
	for _, r := range slices.Backward(records) {
		day := r.StartedAt.UTC().Format(time.DateOnly)
		if r.StartedAt.Before(now.AddDate(0, 0, -days)) {
			continue
		}
		if len(list) == 0 || list[len(list)-1].Day != day {
			list, keys = append(list, Usage{Day: day}), map[string]bool{}
		}
		u := &list[len(list)-1]
		if r.KeyID != "" && !keys[r.KeyID] {
			keys[r.KeyID], u.Keys = true, u.Keys+1
		}
		u.Runs++
		u.Requests += r.Requests
		u.Refused += r.Refused
		u.Foreign += r.Foreign
		u.WaitMS += r.WaitMS
		u.Bytes += r.Bytes
	}
	return list, nil
}

// muchForeign is from how many requests of others in a week on status mentions
// them: a command beside a run shows as a few.
const muchForeign = 20

// attendKey notes a key that is old, and one that others use.
func (s *Status) attendKey(a Account, records []runs.Run, now time.Time) {
	last := records[len(records)-1]
	s.KeySince = last.KeySince
	if age := a.KeyAge(last); age != "" {
		s.Attention = append(s.Attention, age)
	}
	var foreign int64
	for _, r := range records {
		if now.Sub(r.StartedAt) < 7*day {
			foreign += r.Foreign
		}
	}
	if foreign >= muchForeign {
		s.Attention = append(s.Attention, fmt.Sprintf("others used the API key for at least %d requests in a week; if you know of nobody, revoke it; fanlake key usage tells when", foreign))
	}
}

// KeyAge says that the key of a run is to be replaced, or nothing.
func (a Account) KeyAge(r runs.Run) string {
	if a.RotateBefore.IsZero() || r.KeySince.IsZero() || r.KeySince.After(a.RotateBefore) {
		return ""
	}
	return fmt.Sprintf("the API key is in use since %s; issue a new one, try it by fanlake key check, and put it where api_key points to", r.KeySince.Format(time.DateOnly))
}

// inspectKeyAge is what doctor says of the API key's age.
func (a Account) inspectKeyAge() []Finding {
	records, err := runs.Read(a.Dir)
	if err != nil || len(records) == 0 || records[len(records)-1].KeySince.IsZero() {
		return nil
	}
	r := records[len(records)-1]
	if a.KeyAge(r) != "" {
		return []Finding{{"api key", Warning, "in use since " + r.KeySince.Format(time.DateOnly), "issue a new one, try it by fanlake key check, and put it where api_key points to"}}
	}
	return []Finding{{Name: "api key", State: OK, Detail: "in use since " + r.KeySince.Format(time.DateOnly)}}
}
