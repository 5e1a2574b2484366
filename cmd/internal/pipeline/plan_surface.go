package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"fanlake/extract"
)

// lacking names, by stream, the creators of whom the surface has no such
// stream: it is said once a run, and is no failure.
type lacking map[string][]string

// has reports whether a stream is to be planned for a creator: it is wanted, and
// the surface has it.
func (p *planner) has(c creator, stream string) bool {
	if !p.streams(stream) {
		return false
	}
	st, ok := p.surface.Stream(stream)
	if ok && (c.self || !st.SelfOnly) {
		return true
	}
	if !slices.Contains(p.lacking[stream], c.Handle) {
		p.lacking[stream] = append(p.lacking[stream], c.Handle)
	}
	return false
}

// reasons says of each stream why it was not read, and what to do.
func (l lacking) reasons(surface extract.Surface) map[string]string {
	why := map[string]string{}
	for stream, handles := range l {
		const room = 5
		more := ""
		named := slices.Sorted(slices.Values(handles))
		if len(named) > room {
			named, more = named[:room], fmt.Sprintf(" and %d others", len(handles)-room)
		}
		why[stream] = fmt.Sprintf("surface %s does not have it for creators other than the key's owner: not read for %s%s; surface v1 has it",
			surface, strings.Join(named, ", "), more)
	}
	return why
}

// apart reports whether reversals stand apart from the earnings, so that a
// window of earnings is only its sales.
func (p *planner) apart() bool { return p.surface.Older() }

// countsAsCovered names the surfaces whose complete windows of earnings count as covered.
// Only v1 has the reversals among the earnings, of every creator, with order ids
// and with what left the fan's card. So the first run on v1 reads all of it
// once more, although nothing would be doubled or lost without it: a row of the
// older surface gives way to its twin whenever that is seen (sql/fold/twins.sql).
// From bare to v0, and back from v1, nothing is read again that a window has
// not to be read for anyway.
func (p *planner) countsAsCovered() []string {
	if p.apart() {
		return nil
	}
	return []string{string(extract.V1)}
}
