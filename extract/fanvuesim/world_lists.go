package fanvuesim

import (
	"cmp"
	"slices"
	"strconv"
)

// oldLists are the custom lists of the start; the last one has no members.
const oldLists = 5

// A smartList is a list of fans that the platform keeps.
type smartList struct{ name, slug string }

func smartListsOf() []smartList {
	return []smartList{
		{"Subscribers", "subscribers"}, {"Auto renewing", "auto_renewing"}, {"Non renewing", "non_renewing"}, {"Followers", "followers"},
		{"Free trial", "free_trial_subscribers"}, {"Expired", "expired_subscribers"}, {"Spent more than $50", "spent_more_than_50"},
		{"Muted", "muted"}, {"Creators", "creators"},
	}
}

// smartCount returns the number of members of a list, without reading earnings.
func (c *creator) smartCount(slug string) int {
	if slug == "spent_more_than_50" {
		return len(c.subscribers()) / 3
	}
	members, _ := c.smartMembers(slug)
	return len(members)
}

// smartMembers returns the fans of a list, false if there is no such list.
func (c *creator) smartMembers(slug string) ([]int64, bool) {
	switch slug {
	case "subscribers":
		return c.members(c.subscribers(), nil), true
	case "auto_renewing":
		return c.members(c.subscribers(), func(f *fan) bool { return f.renews }), true
	case "non_renewing":
		return c.members(c.subscribers(), func(f *fan) bool { return !f.renews }), true
	case "free_trial_subscribers":
		return c.members(c.subscribers(), func(f *fan) bool { return f.paid == 0 }), true
	case "followers":
		return c.members(c.followers(), nil), true
	case "spent_more_than_50":
		return c.spendingSubscribers(), true
	case "creators":
		return nil, true
	}
	var list []int64
	switch slug {
	case "expired_subscribers":
		for f := range c.fans {
			if !c.fans[f].subscribed && c.fans[f].began != 0 {
				list = append(list, int64(f))
			}
		}
	case "muted":
		for ci := range c.chats {
			if c.chats[ci].muted {
				list = append(list, int64(ci))
			}
		}
	default:
		return nil, false
	}
	return list, true
}

func (c *creator) members(list []place, keep func(*fan) bool) []int64 {
	var all []int64
	for _, p := range list {
		if keep == nil || keep(&c.fans[p.number]) {
			all = append(all, p.number)
		}
	}
	return all
}

// spendingSubscribers returns the third of the subscribers who spent most. The
// threshold in the list's name is not held to: amounts of this world are small.
func (c *creator) spendingSubscribers() []int64 {
	all := c.members(c.subscribers(), nil)
	spent := c.book().fans
	slices.SortStableFunc(all, func(a, b int64) int { return cmp.Compare(spent[b].gross, spent[a].gross) })
	return all[:len(all)/3]
}

// A customList is a list of fans that a creator keeps.
type customList struct {
	number  int64
	uuid    id
	name    string
	created millis // 0 for null
}

func (c *creator) customLists() int64 { return oldLists + int64(len(c.made.lists)) }

func (c *creator) customList(k int64) customList {
	l := customList{number: k, uuid: c.w.id(spotOf(idCustomList, c.idx, k)), created: c.since + (k+1)*day}
	switch {
	case k == 1:
		l.created = 0
	case k >= oldLists:
		l.created = c.made.lists[k-oldLists]
	}
	l.name = "List " + strconv.FormatInt(k, 10)
	if more := int64(len(hostile)); !c.w.opt.PlainNames && k < more {
		l.name = hostile[(k+int64(c.idx))%more]
	}
	return l
}

// inList tells whether a fan is a member of a custom list.
func (c *creator) inList(k, f int64) bool {
	d := c.w.roll(diceList, uint64(c.idx), uint64(k<<32|f))
	in := k < oldLists-1 && f < int64(c.shape.Fans) && d.one(2+k)
	return in != c.made.moved[pair{k, f}]
}

// listMembers returns the fans of a custom list, the newest first.
func (c *creator) listMembers(k int64) []int64 {
	var all []int64
	for f := int64(len(c.fans)) - 1; f >= 0; f-- {
		if c.inList(k, f) {
			all = append(all, f)
		}
	}
	return all
}
