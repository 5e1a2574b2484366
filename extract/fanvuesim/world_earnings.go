package fanvuesim

import (
	"math/bits"
	"sort"
)

// An earning is one row of a creator's earnings.
type earning struct {
	row      int64 // number within the creator; with at, the order
	at       millis
	source   string
	gross    int64 // cents, as net and total
	net      int64
	total    int64
	currency string // "" for null
	order    int64  // 0: none
	reversed int64  // order that is reversed, 0: none
	ripe     millis // end of the pending time
	message  id
	post     id
	fan      int64 // index, -1: none
}

// A rowEdit is what nights did to a row.
type rowEdit struct {
	emptied bool // the fan's account is gone: user became null
	gone    bool // the row is no longer served
}

func (e *earning) reversal() bool {
	return e.reversed != 0 || e.source == "refund" || e.source == "chargeback"
}

// Rows stand in blocks of 16. A block may hold one or two reversals, always in
// the same few positions, of a sale one or three lags of blocks before; as each
// block has a single plan, no sale is reversed by two blocks.
const (
	block       = 16
	nightTarget = 15 // position of sales that only nights reverse
	lastUnknown = 90_000
	firstOrder  = 100_000
)

type plan struct {
	kind         int64
	first, later int64 // positions of reversals in the block
	target       int64 // position in the earlier block
}

const (
	refundFull = iota
	refundParts
	refundUnknown
	chargebackFull
	reversalOther
	reverseNone
)

var plans = [...]int64{refundFull, refundFull, refundFull, refundParts, refundParts, chargebackFull, chargebackFull, refundUnknown, reversalOther}

func (c *creator) plan(b int64) plan {
	d := c.w.roll(diceBlock, uint64(c.idx), uint64(b))
	p := plan{kind: reverseNone}
	if k := d.n(16); k < int64(len(plans)) {
		p.kind = plans[k]
	}
	p.first = of(&d, []int64{3, 4, 5, 6})
	p.later = of(&d, []int64{7, 12, 13, 14})
	p.target = of(&d, []int64{2, 8})
	if p.kind == chargebackFull {
		p.target = of(&d, []int64{10, 11})
	}
	return p
}

// lag is the number of blocks in about twelve days, the usual way from a sale
// to its refund.
func (c *creator) lag() int64 {
	return max(1, int64(c.shape.Earnings)/block*12/max(1, (c.w.born-c.since)/day))
}

// reverses returns the plan by which row is a reversal, and whether it is one.
func (c *creator) reverses(row int64) (plan, bool) {
	p := c.plan(row / block)
	if p.kind == reverseNone {
		return p, false
	}
	return p, row%block == p.first || p.kind == refundParts && row%block == p.later
}

// tie tells whether a row shares the instant of the first of its eight, and
// whether it equals that row in every field.
func (c *creator) tie(row int64) (first int64, twin bool) {
	if k := row % 8; k == 0 || k > 3 {
		return row, false
	}
	d := c.w.roll(diceTie, uint64(c.idx), uint64(row/8))
	if !d.one(8) {
		return row, false
	}
	return row - row%8, row%8 == 1 && d.one(3)
}

// at returns the instant of a base row. It never decreases with the row.
func (c *creator) at(row int64) millis {
	row, _ = c.tie(row)
	d := c.w.roll(diceSale, uint64(c.idx), uint64(row))
	return spread(c.since, c.w.born-c.since, row, int64(c.shape.Earnings), &d)
}

// spread returns an instant of the k-th of n equal parts of a span.
func spread(start, span millis, k, n int64, d *dice) millis {
	from, to := mulDiv(span, k, n), mulDiv(span, k+1, n)
	if to <= from {
		return start + from
	}
	return start + from + d.n(to-from)
}

func mulDiv(a, b, c int64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	q, _ := bits.Div64(hi, lo, uint64(c))
	return int64(q)
}

// baseBefore returns the number of base rows before an instant.
func (c *creator) baseBefore(at millis) int64 {
	return int64(sort.Search(c.shape.Earnings, func(k int) bool { return c.at(int64(k)) >= at }))
}

var (
	prices     = []int64{1, 99, 300, 500, 500, 700, 999, 1000, 1000, 1500, 2500, 4999, 7500}
	currencies = []string{"USD", "USD", "USD", "GBP", "EUR", "JPY"}
	permille   = []int64{200, 200, 200, 150, 150, 175, 100}
	sources    = []string{
		"tip", "tip", "tip", "tip", "tip", "renewal", "renewal", "renewal", "renewal", "subscription", "subscription", "subscription",
		"post", "post", "mediaLink", "message", "message", "referral", "referral", "affiliate", "giveaway", "appStore", "checkoutLink", "fanExperience", "streamTicket",
	}
)

// rewards are paid by the platform, not by a fan.
func reward(source string) bool {
	return source == "referral" || source == "affiliate" || source == "giveaway"
}

// sale computes what a base row would be if it were no reversal.
func (c *creator) sale(row int64) earning {
	if first, twin := c.tie(row); twin {
		e := c.sale(first)
		e.row = row
		return e
	}
	at := c.at(row)
	d := c.w.roll(diceSale, uint64(c.idx), uint64(row))
	d.n(2) // the instant's draw
	e := earning{row: row, at: at, fan: -1}
	if ci, q, ok := c.messageOf(row, at); ok {
		e.source, e.fan, e.message = "message", ci, c.messageID(ci, q)
	}
	c.fillSale(&e, &d)
	if e.fan >= 0 && at < c.since+(c.w.born-c.since)/3 && d.one(40) && e.source != "streamTicket" {
		e.fan = -1 // an account that was deleted before the world began
	}
	return e
}

// fillSale draws what is not yet set: source, fan and money.
func (c *creator) fillSale(e *earning, d *dice) {
	source, fan, price := of(d, sources), int64(-1), of(d, prices)
	if n := int64(len(c.fans)); n > 0 {
		n = min(n, max(1, int64(c.shape.Fans)))
		fan = min(d.n(n), d.n(n))
	} else {
		source = "referral"
	}
	if e.source == "" {
		e.source = source
		if !reward(source) {
			e.fan = fan
		}
	}
	e.gross = price
	switch e.source {
	case "renewal", "subscription":
		e.gross = c.price
	case "post":
		e.post = c.w.id(spotOf(idPost, c.idx, d.n(oldPosts)))
	case "tip":
		if d.one(10) {
			e.post = c.w.id(spotOf(idPost, c.idx, d.n(oldPosts)))
		}
	}
	e.net = e.gross - (e.gross*of(d, permille)+500)/1000
	e.ripe = e.at + 7*day
	if d.one(9) {
		e.ripe = e.at + of(d, []int64{14, 21, 28})*day
	}
	e.currency = of(d, currencies)
	switch {
	case reward(e.source):
		e.currency = ""
		if d.one(2) {
			e.net = e.gross
		}
		return
	case e.currency == "USD":
		e.total = e.gross
		if d.one(4) {
			e.total += e.gross * 7 / 100
		}
	default:
		e.total = e.gross + e.gross/5 + 30
	}
	e.order = firstOrder + e.row
}

// earning returns a base row as the platform first had it.
func (c *creator) earning(row int64) earning {
	p, ok := c.reverses(row)
	if !ok {
		return c.sale(row)
	}
	d := c.w.roll(diceSale, uint64(c.idx), uint64(row))
	d.n(2)
	e := earning{row: row, at: c.at(row), fan: -1, source: "refund", order: firstOrder + row}
	e.ripe = e.at + 7*day
	back := c.lag()
	if p.kind == chargebackFull {
		back, e.source = 3*back, "chargeback"
	}
	var of earning
	if target := (row/block-back)*block + p.target; target >= 0 && p.kind != refundUnknown {
		of = c.sale(target)
	}
	if of.order == 0 || p.kind == refundParts && of.gross < 2 {
		e.reverseUnknown(&d)
		return e
	}
	part, net, total := of.gross, of.net, of.total
	if p.kind == refundParts {
		part, net, total = part*2/5, net*2/5, total*2/5
		if row%block == p.later {
			part, net, total = of.gross-part, of.net-net, of.total-total
		}
	}
	e.reverse(of, part, net, total, &d)
	if p.kind == reversalOther {
		e.source, e.reversed = of.source, of.order
	}
	return e
}

// reverse makes e the reversal of a part of a sale. The platform's reversals
// have an order id of their own, that of the sale, or none; a few do not even
// say what they reverse.
func (e *earning) reverse(of earning, gross, net, total int64, d *dice) {
	e.gross, e.net, e.total, e.currency = -gross, -net, -total, of.currency
	e.fan, e.message, e.post, e.reversed = of.fan, of.message, of.post, of.order
	if d.one(4) {
		e.net = -gross // the fee is kept
	}
	switch d.n(3) {
	case 0:
		e.order = of.order
	case 1:
		e.order = 0
		if d.one(8) {
			e.reversed = 0
		}
	}
}

// reverseUnknown makes e the reversal of an order that no row has.
func (e *earning) reverseUnknown(d *dice) {
	e.gross = -of(d, prices)
	e.net, e.total, e.currency = e.gross, e.gross, "USD"
	e.reversed = 1 + d.n(lastUnknown)
}

// scan yields rows from the newest before bound to the oldest not before start,
// without those that are gone unless asked for.
func (c *creator) scan(bound place, start millis, gone bool, yield func(*earning) bool) {
	i := int64(sort.Search(c.shape.Earnings, func(k int) bool { return !bound.before(place{c.at(int64(k)), int64(k)}) })) - 1
	x := sort.Search(len(c.extra), func(k int) bool { return !bound.before(place{c.extra[k].at, c.extra[k].row}) }) - 1
	var base earning
	have := false
	for {
		if !have && i >= 0 {
			base, have = c.earning(i), true
			i--
		}
		var e earning
		switch {
		case x >= 0 && (!have || place{c.extra[x].at, c.extra[x].row}.before(place{base.at, base.row})):
			e = c.extra[x]
			x--
		case have:
			e, have = base, false
		default:
			return
		}
		if e.at < start {
			return
		}
		if !gone && c.edits[e.row].gone {
			continue
		}
		if !yield(&e) {
			return
		}
	}
}

// status returns the state of a row's money.
func (c *creator) status(e *earning) string {
	if e.ripe > c.w.settled {
		return "pendingBalance"
	}
	return "availableForPayout"
}
