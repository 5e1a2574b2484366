package fanvuesim

import (
	"cmp"
	"math"
	"slices"
)

// A chatter is what a member of the team did in a range of days.
type chatter struct {
	member                   int64
	messages, sent, unlocked int64 // direct messages; priced ones among them; those bought
	revenue                  int64 // of the bought ones, cents
	hours                    int64 // UTC hours with a message
	replies, waited          int64 // messages behind one of the fan, and how long these took, ms
}

// leaderboard returns the team by revenue. It reads the messages of [start,
// end) of all creators; mass messages and unsent ones do not count.
func (w *World) leaderboard(start, end millis) []chatter {
	if end == 0 {
		end = math.MaxInt64
	}
	rows := make([]chatter, members)
	hours := make([]map[millis]bool, members)
	index := map[id]int{}
	for k := range rows {
		rows[k].member, hours[k] = int64(k), map[millis]bool{}
		index[w.memberID(int64(k))] = k
	}
	for _, c := range w.creators {
		if c.dropped {
			continue
		}
		for ci := range int64(len(c.chats)) {
			to := c.messagesBefore(ci, end)
			for n := c.messagesBefore(ci, start); n < to; n++ {
				if broadcast(n) || !c.outgoing(ci, n) || c.chats[ci].edits[n].gone {
					continue
				}
				m := c.message(ci, n)
				k, ok := index[m.by]
				if !ok {
					continue
				}
				rows[k].count(&m)
				hours[k][m.at/hour] = true
				if n > 0 && !c.outgoing(ci, n-1) {
					rows[k].replies++
					rows[k].waited += m.at - c.messageAt(ci, n-1)
				}
			}
		}
	}
	for k := range rows {
		rows[k].hours = int64(len(hours[k]))
	}
	slices.SortStableFunc(rows, func(a, b chatter) int { return cmp.Compare(b.revenue, a.revenue) })
	return rows
}

func (x *chatter) count(m *message) {
	x.messages++
	if m.price == 0 {
		return
	}
	x.sent++
	if m.purchased != 0 {
		x.unlocked++
		x.revenue += m.price
	}
}

// A board is a leaderboard of a range of days, kept until a night.
type board struct {
	start, end millis
	rows       []chatter
}

// leaders returns the leaderboard of a range, the last one again if it is asked
// for again.
func (w *World) leaders(start, end millis) []chatter {
	w.agency.mu.Lock()
	defer w.agency.mu.Unlock()
	if b := w.agency.board; b == nil || b.start != start || b.end != end {
		w.agency.board = &board{start, end, w.leaderboard(start, end)}
	}
	return w.agency.board.rows
}
