package fanvuesim

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
)

var knownSources = []string{
	"all", "affiliate", "mediaLink", "message", "post", "referral", "renewal", "subscription", "tip", "giveaway",
	"appStore", "checkoutLink", "fanExperience", "refund", "chargeback",
}

// earnings answers for a creator's rows, newest first.
func (s *Sim) earnings(q *query, c *creator) ([]byte, *apiError) {
	size := q.size("size", 20)
	cur, bad := s.walk(q, "earnings/"+strconv.Itoa(c.idx), func(k *cursor) {
		k.Start, k.End, k.Filter = q.instant("startDate"), q.instant("endDate"), q.list("source")
		for _, v := range k.Filter {
			if !slices.Contains(knownSources, v) {
				q.fail("source must be one of the known sources")
			}
		}
		if slices.Contains(k.Filter, "all") {
			k.Filter = nil
		}
	})
	if bad != nil {
		return nil, bad
	}
	if s.blank(&cur) {
		return blankPage(cur), nil
	}
	p := s.newPage()
	take := func(e *earning, at place) bool {
		if len(cur.Filter) > 0 && !slices.Contains(cur.Filter, e.source) {
			return true
		}
		if p.rows == size {
			p.more = true
			return false
		}
		p.b = c.appendEarning(p.row(at), e)
		return true
	}
	if s.world.opt.UnorderedEarnings {
		c.shuffled(cur, take)
		return p.close(cur), nil
	}
	c.scan(cur.bound(s.opts.TieCursor), cur.Start, false, func(e *earning) bool {
		return take(e, place{e.at, e.row})
	})
	return p.close(cur), nil
}

// shuffled yields the rows of the cursor's range in an order that is stable
// for a night and not that of time.
func (c *creator) shuffled(cur cursor, yield func(*earning, place) bool) {
	var all []earning
	c.scan(place{math.MaxInt64, -1}, 0, false, func(e *earning) bool {
		all = append(all, *e)
		return true
	})
	rand.New(rand.NewPCG(c.w.opt.Seed, uint64(len(all)))).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for k := int(cur.Number); k < len(all); k++ {
		if e := &all[k]; e.at >= cur.Start && (cur.End == 0 || e.at < cur.End) && !yield(e, place{0, int64(k) + 1}) {
			return
		}
	}
}

func (c *creator) appendEarning(b []byte, e *earning) []byte {
	b = append(b, `{"date":`...)
	b = appendTime(b, e.at)
	b = appendInt(b, `,"gross":`, e.gross)
	b = appendInt(b, `,"net":`, e.net)
	b = appendInt(b, `,"total":`, e.total)
	b = append(b, `,"currency":`...)
	if e.currency == "" {
		b = append(b, "null"...)
	} else {
		b = append(append(append(b, '"'), e.currency...), '"')
	}
	b = append(append(append(b, `,"source":"`...), e.source...), '"')
	switch {
	case e.order != 0:
		b = append(b, `,"transactionOrderId":`...)
		b = appendOrder(b, e.order)
	case reward(e.source):
		b = append(b, `,"transactionOrderId":null`...)
	}
	b = append(append(append(b, `,"transactionOrderStatus":"`...), c.status(e)...), '"')
	if e.reversed != 0 {
		b = append(b, `,"reversedTransactionOrderId":`...)
		b = appendOrder(b, e.reversed)
	}
	if !e.message.none() {
		b = append(b, `,"messageUuid":`...)
		b = appendID(b, e.message)
	}
	if !e.post.none() {
		b = append(b, `,"postUuid":`...)
		b = appendID(b, e.post)
	}
	b = append(b, `,"user":`...)
	if e.fan < 0 || c.edits[e.row].emptied {
		return append(b, "null}"...)
	}
	return append(c.appendUser(b, e.fan, false), "}}"...)
}
