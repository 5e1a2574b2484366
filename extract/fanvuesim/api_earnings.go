package fanvuesim

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
)

// knownSources are what earnings can be filtered by; the last three on v1 only.
var knownSources = []string{
	"all", "affiliate", "mediaLink", "message", "post", "referral", "renewal", "subscription", "tip", "giveaway",
	"appStore", "checkoutLink", "fanExperience", "refund", "chargeback",
}

// earnings answers for a creator's rows, newest first. On the older surface
// reversals are not among them.
func (s *Sim) earnings(q *query, c *creator) ([]byte, *apiError) {
	if q.old {
		return s.money(q, c, "earnings/", knownSources[:len(knownSources)-3], (*earning).saleAs, s.appendOldEarning)
	}
	return s.money(q, c, "earnings/", knownSources, func(e *earning) string { return e.source }, (*creator).appendEarning)
}

// spending answers for a creator's reversals, newest first.
func (s *Sim) spending(q *query, c *creator) ([]byte, *apiError) {
	return s.money(q, c, "spending/", []string{"all", "refund", "chargeback"}, (*earning).takenBackAs, (*creator).appendSpending)
}

// money answers with rows of a creator, newest first. as names the source under
// which a row is served, "" for one that is not.
func (s *Sim) money(q *query, c *creator, name string, known []string, as func(*earning) string, row func(*creator, []byte, *earning) []byte) ([]byte, *apiError) {
	size := q.size("size", 20)
	cur, bad := s.walk(q, name+strconv.Itoa(c.idx), func(k *cursor) {
		k.Start, k.End, k.Filter = q.instant("startDate"), q.instant("endDate"), q.list("source")
		for _, v := range k.Filter {
			if !slices.Contains(known, v) {
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
	p := s.newPage(cur)
	take := func(e *earning, at place) bool {
		if source := as(e); source == "" || len(cur.Filter) > 0 && !slices.Contains(cur.Filter, source) {
			return true
		}
		if !p.room(size) {
			return !p.more
		}
		p.b = row(c, p.row(at), e)
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
	b = e.appendAmounts(b)
	b = appendInt(b, `,"total":`, e.total)
	b = e.appendSource(b, e.source)
	b = c.appendOrderOf(b, e)
	if e.reversed != 0 {
		b = append(b, `,"reversedTransactionOrderId":`...)
		b = appendOrder(b, e.reversed)
	}
	return c.appendCause(b, e)
}

// appendOldEarning appends a row as the older surface has it: what left the
// fan's card is not said, and in the oldest form not which order it was.
func (s *Sim) appendOldEarning(c *creator, b []byte, e *earning) []byte {
	b = e.appendSource(e.appendAmounts(b), e.source)
	if s.opts.EarningsWithoutOrderID {
		b = append(append(append(b, `,"transactionOrderStatus":"`...), c.status(e)...), '"')
	} else {
		b = c.appendOrderOf(b, e)
	}
	return c.appendCause(b, e)
}

// appendSpending appends a reversal, which names no order.
func (c *creator) appendSpending(b []byte, e *earning) []byte {
	return c.appendCause(e.appendSource(e.appendAmounts(b), e.takenBackAs()), e)
}

// saleAs is the source of what is no reversal, else "".
func (e *earning) saleAs() string {
	if e.reversal() {
		return ""
	}
	return e.source
}

// takenBackAs is what spending calls a reversal, "" for any other row.
func (e *earning) takenBackAs() string {
	switch {
	case !e.reversal():
		return ""
	case e.source == "chargeback":
		return e.source
	}
	return "refund"
}

func (e *earning) appendAmounts(b []byte) []byte {
	b = append(b, `{"date":`...)
	b = appendTime(b, e.at)
	b = appendInt(b, `,"gross":`, e.gross)
	return appendInt(b, `,"net":`, e.net)
}

func (e *earning) appendSource(b []byte, source string) []byte {
	b = append(b, `,"currency":`...)
	if e.currency == "" {
		b = append(b, "null"...)
	} else {
		b = append(append(append(b, '"'), e.currency...), '"')
	}
	return append(append(append(b, `,"source":"`...), source...), '"')
}

func (c *creator) appendOrderOf(b []byte, e *earning) []byte {
	switch {
	case e.order != 0:
		b = append(b, `,"transactionOrderId":`...)
		b = appendOrder(b, e.order)
	case reward(e.source):
		b = append(b, `,"transactionOrderId":null`...)
	}
	return append(append(append(b, `,"transactionOrderStatus":"`...), c.status(e)...), '"')
}

// appendCause ends a row with what was paid for and by whom.
func (c *creator) appendCause(b []byte, e *earning) []byte {
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
