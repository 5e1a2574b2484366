package fanvuesim

import (
	"slices"
	"strconv"
)

// chatters answers with the leaderboard of the agency's team, by UTC days.
func (w *World) chatters(q *query) ([]byte, *apiError) {
	start, end := q.day("startDate"), q.day("endDate")
	asked := q.list("chatterUuids")
	if len(asked) > 100 {
		q.fail("chatterUuids must not have more than 100 entries")
	}
	for _, v := range asked {
		if _, ok := parseID(v); !ok {
			q.fail("chatterUuids must be UUIDs")
		}
	}
	if bad := q.err(); bad != nil {
		return nil, bad
	}
	b := []byte(`{"data":[`)
	for _, x := range w.leaders(start, end) {
		if len(asked) > 0 && !slices.Contains(asked, w.memberID(x.member).String()) {
			continue
		}
		if b[len(b)-1] == '}' {
			b = append(b, ',')
		}
		b = w.appendChatter(b, &x)
	}
	return append(b, "]}"...), nil
}

func (w *World) appendChatter(b []byte, x *chatter) []byte {
	who := spotOf(idMember, 0, x.member)
	ratio := func(b []byte, key string, part, whole int64) []byte {
		if b = append(b, key...); whole == 0 {
			return append(b, '0')
		}
		return strconv.AppendFloat(b, float64(part)/float64(whole), 'f', -1, 64)
	}
	b = appendUUID(b, `{"chatterUuid":`, w.id(who))
	b = appendText(b, `,"chatterName":`, w.displayName(who))
	b = w.appendPicture(append(b, `,"avatarUrl":`...), who)
	b = appendInt(b, `,"messages":`, x.messages)
	b = appendInt(b, `,"ppvsSent":`, x.sent)
	b = appendInt(b, `,"ppvsUnlocked":`, x.unlocked)
	b = appendInt(b, `,"revenue":`, x.revenue)
	b = ratio(b, `,"goldenRatio":`, x.sent, x.messages)
	b = ratio(b, `,"unlockRatio":`, x.unlocked, x.sent)
	b = appendInt(b, `,"activeHours":`, x.hours)
	b = ratio(b, `,"eph":`, x.revenue, x.hours)
	if x.replies == 0 {
		return append(b, `,"avgResponseMs":null}`...)
	}
	return append(appendInt(b, `,"avgResponseMs":`, x.waited/x.replies), '}')
}
