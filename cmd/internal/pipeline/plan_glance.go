package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"fanlake/extract"
	"fanlake/load"
	"fanlake/load/runs"
)

// A glance reads the chats of all creators of an agency at once, newest activity
// first, down to where each creator's chats are known: on a quiet night one
// request in the place of one for each creator. Its rows are chats as a
// creator's own list has them, and land as such.
//
// Nobody says that the agency's list leaves out no chat. So a creator whose
// chats were known by glances alone is asked for the own list on the creator's
// day of the week; what a glance misses is a week late at most. Nothing is
// concluded from a glance that failed, was not in order or lacked a field:
// each creator is asked then, in the same night.
//
// It is made where it takes fewer requests than it saves. How many chats moved
// shows only while reading, so the last day's number stands for tonight's, and
// it is given up as soon as it cannot pay any more: a night that is suddenly
// busy may cost a request or two more than without.
type glance struct {
	down  time.Time // all activity since then is wanted
	worth int       // requests that it saves

	mu    sync.Mutex
	began time.Time // of the server, when the first page was read
	rows  map[string][]chatRow
	pages int
	done  bool // all activity since down was on the pages
	lost  bool // nothing is to be concluded from it, or it cannot pay
}

// A chatRow is a chat of an agency's list.
type chatRow struct {
	text json.RawMessage
	at   time.Time
}

// chatFields are what a row has to have to stand for one of a creator's own list.
var chatFields = []string{"creatorUuid", "user", "createdAt", "lastMessageAt", "lastMessage", "isRead", "isMuted", "unreadMessagesCount"}

// glances plans a look at the chats of all creators.
func (p *planner) glances(ctx context.Context, c creator) ([]task, error) {
	if !p.isAgency || !p.has(c, "agency_chats") || p.full || p.past != nil {
		return nil, nil
	}
	walks, err := p.lastWalks(ctx, "")
	if err != nil || p.refusedGlance || walked(walks).last("team_members").IsZero() { // a key that may not read the agency would be refused this too
		return nil, err
	}
	g := &glance{down: p.now, rows: map[string][]chatRow{}}
	var known int64
	for _, c := range p.creators {
		walks, err := p.lastWalks(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		at, may, err := p.mayGlance(ctx, c, walked(walks))
		if err != nil {
			return nil, err
		}
		since := p.now.Add(-2 * day)
		if may {
			g.worth++
			g.down, since = minTime(g.down, at), at.Add(-day)
		}
		moved, err := p.wh.KnownRows(ctx, load.RowRange{Stream: "chats", Creator: c.ID, Start: since})
		if err != nil {
			return nil, err
		}
		known += moved
	}
	if pages(known+1, extract.PageSize) >= g.worth {
		return nil, nil
	}
	p.glanced = g
	t := p.task(c, "agency_chats", "recent activity of all creators")
	t.Self, t.StopAt, t.glance = true, g.down, g
	return []task{t}, nil
}

// mayGlance says from which instant on the chats of a creator are not known, and
// whether a glance may do instead of the creator's own list.
func (p *planner) mayGlance(ctx context.Context, c creator, last walked) (at time.Time, may bool, err error) {
	own, whole := last.last("chats"), last.lastOf("chats", chatStart)
	if c.self || own.IsZero() || whole.IsZero() || p.now.Sub(whole) >= 30*day || p.weekly(c, own) || !p.wants(c, "chats") || p.cadence["chats"] == weekly {
		return at, false, nil
	}
	for _, stream := range []string{"chats", "agency_chats"} {
		covered, err := p.coverage(ctx, stream, c.ID)
		if err != nil {
			return at, false, err
		}
		if n := len(covered); n > 0 {
			at = maxTime(at, covered[n-1].End)
		}
	}
	return at, !at.IsZero(), nil
}

// glimpsed plans what a glance saw of a creator whose chats are known up to an
// instant; planned is false where the creator is to be asked.
func (p *planner) glimpsed(c creator, at time.Time) (tasks []task, planned bool) {
	g := p.glanced
	if g == nil {
		return nil, false
	}
	if p.unread {
		return nil, true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.done || at.Before(g.down) {
		return nil, false
	}
	t := p.task(c, "agency_chats", "seen among all creators' chats")
	t.Start, t.End = at, g.began.Add(-Settling)
	page := extract.Page{Index: 1, FetchedAt: g.began, Rows: len(g.rows[c.ID]), Ordered: true}
	var texts []string
	for _, r := range g.rows[c.ID] {
		texts = append(texts, string(r.text))
		page.First, page.Last = maxTime(page.First, r.at), r.at
	}
	page.Body = []byte(`{"data":[` + strings.Join(texts, ",") + `]}`)
	t.given = &page
	return []task{t}, true
}

// take takes a page, and reports whether the next one may still pay.
func (g *glance) take(p extract.Page) (more bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pages++; g.pages == 1 {
		g.began = p.FetchedAt
	}
	var body struct {
		Data []json.RawMessage `json:"data"`
	}
	err := json.Unmarshal(p.Body, &body)
	for _, row := range body.Data {
		if err = errors.Join(err, g.add(row)); err != nil {
			break
		}
	}
	end := p.Next.IsZero()
	switch {
	case err != nil, !p.Ordered, p.Next.Page > 0 && !p.Stopped: // numbered pages shift
		g.lost = true
	case end || p.Stopped:
		g.done = true
	default:
		// As busy as the time so far, so many pages would be needed.
		read, all := g.began.Sub(p.Last), g.began.Sub(g.down)
		g.lost = g.pages >= g.worth-1 || read <= 0 || float64(g.pages)*all.Seconds() > float64(g.worth)*read.Seconds()
	}
	return !g.lost && !g.done
}

// add takes a row.
func (g *glance) add(text json.RawMessage) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
	}
	for _, name := range chatFields {
		if fields[name] == nil {
			return errors.New("a chat lacks " + name)
		}
	}
	var row struct {
		Creator string    `json:"creatorUuid"`
		At      time.Time `json:"lastMessageAt"`
	}
	if err := json.Unmarshal(text, &row); err != nil {
		return err
	}
	creator := strings.ToLower(row.Creator)
	g.rows[creator] = append(g.rows[creator], chatRow{text, row.At})
	return nil
}

// look reads the pages of a glance. They are for the planner and not kept: what
// comes of them is. A glance that fails is no failure, because everybody is
// asked instead.
func (r *reader) look(ctx context.Context, t task) error {
	st, ok := r.surface.Stream(t.Stream)
	if !ok {
		return nil
	}
	defer t.watch.answered(0)
	for p, err := range r.client.Walk(t.watch.over(forStream(ctx, t.Stream)), st, t.Slice, nil) {
		switch {
		case err == nil:
		case ctx.Err() != nil, endsRun(err):
			return err
		case errors.Is(err, extract.ErrForbidden):
			r.note(t, err)
			return nil
		default:
			r.report.Step("the chats of all creators could not be read; each creator's are", "why", err.Error())
			return nil
		}
		t.watch.answered(0)
		r.came(t.Stream, p)
		r.report.Pages(r.pages.Add(1), t.Stream, "")
		if !t.glance.take(p) {
			break
		}
	}
	r.note(t, nil)
	return nil
}

// keep writes a slice whose page is there already.
func (r *reader) keep(ctx context.Context, t task) error {
	if _, err := r.journal.Append(t.ID, *t.given); err != nil {
		return journalError{err}
	}
	t.watch.answered(1)
	return r.finish(ctx, t, true, "")
}

// refusedGlance reports whether the key was refused a glance within a week.
func (s *session) refusedGlance() (bool, error) {
	records, err := runs.Read(s.Dir)
	return slices.ContainsFunc(records, func(r runs.Run) bool {
		return r.Streams["agency_chats"].Skipped != "" && s.me.serverTime.Sub(r.ServerTime) < 7*day
	}), err
}
