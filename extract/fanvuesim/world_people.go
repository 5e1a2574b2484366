package fanvuesim

// members is the number of people in the agency's team.
const members = 5

func (w *World) memberID(k int64) id { return w.id(spotOf(idMember, 0, k)) }

// ownerSpot returns who holds the key.
func (w *World) ownerSpot() spot {
	if w.opt.OwnerIsCreator {
		return spotOf(idCreator, 0, 0)
	}
	return spotOf(idOwner, 0, 0)
}

// self returns the creator behind the self-scoped paths, nil if the owner is none.
func (w *World) self() *creator {
	if w.opt.OwnerIsCreator {
		return w.creators[0]
	}
	return nil
}

func (c *creator) spot() spot { return spotOf(idCreator, c.idx, 0) }

// creatorOf returns the creator an id names, nil for any other or one that was
// dropped from the list.
func (w *World) creatorOf(x id) *creator {
	s, ok := w.find(x)
	if !ok || s.kind() != idCreator || s.creator() >= len(w.creators) {
		return nil
	}
	if c := w.creators[s.creator()]; !c.dropped {
		return c
	}
	return nil
}

// DropCreator takes a creator from the agency's list: from now on the list
// lacks it and its paths answer 404. It reports whether the list had it.
func (w *World) DropCreator(uuid string) bool { return w.setDropped(uuid, true) }

// RestoreCreator undoes DropCreator.
func (w *World) RestoreCreator(uuid string) bool { return w.setDropped(uuid, false) }

func (w *World) setDropped(uuid string, dropped bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.creators {
		if c.uuid.String() == uuid && c.dropped != dropped {
			c.dropped = dropped
			w.agency.forget()
			return true
		}
	}
	return false
}

// grossEver returns the sum of gross over all paid rows, reversals left out.
func (c *creator) grossEver() int64 {
	c.lists.mu.Lock()
	defer c.lists.mu.Unlock()
	if c.lists.gross == nil {
		var sum int64
		for row := range int64(c.shape.Earnings) {
			if e := c.earning(row); !e.reversal() {
				sum += e.gross
			}
		}
		c.lists.gross = &sum
	}
	sum := *c.lists.gross
	for k := range c.extra {
		if e := &c.extra[k]; !e.reversal() && !c.edits[e.row].gone {
			sum += e.gross
		}
	}
	for row, x := range c.edits {
		if x.gone && row < int64(c.shape.Earnings) {
			if e := c.earning(row); !e.reversal() {
				sum -= e.gross
			}
		}
	}
	return sum
}

// payout returns the last Monday, 09:00 UTC, on which money was paid out.
func (c *creator) payout() millis {
	const monday = 4*day + 9*hour // 1970-01-05
	return (c.w.paid-monday)/(7*day)*7*day + monday
}

// balance returns the net that became available since the last payout.
func (c *creator) balance() int64 {
	c.lists.mu.Lock()
	defer c.lists.mu.Unlock()
	if c.lists.balance == nil {
		var sum int64
		last := c.payout()
		c.scan(place{at: c.w.asOf + 1}, last-28*day, false, func(e *earning) bool {
			if e.ripe > last && e.ripe <= c.w.settled {
				sum += e.net
			}
			return true
		})
		c.lists.balance = &sum
	}
	return *c.lists.balance
}
