package fanvuesim

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"time"
)

// An EarningTruth is a row of earnings as it must have landed.
type EarningTruth struct {
	Row       int64 // number within the creator, for messages of tests
	At        time.Time
	Source    string
	Gross     int64 // US cents, as Net and Total
	Net       int64
	Total     int64
	Currency  string // "" for null, as in all text here
	OrderID   string
	Reversed  string // order id of the reversed sale
	Status    string // as of the last night
	MessageID string
	PostID    string
	FanID     string // uuid; "" where the platform names none
	FormerFan string // uuid a night has emptied; a copy made before keeps it
	Ordinal   int    // among rows equal in At, Source, OrderID, Reversed, Gross and Net; rows that are gone count last
	Gone      bool   // served once, no longer
}

// IsReversal reports whether the row takes a sale back.
func (e *EarningTruth) IsReversal() bool {
	return e.Source == "refund" || e.Source == "chargeback" || e.Reversed != ""
}

// IsFanPaid reports whether a fan and not the platform paid, or got back, the money.
func (e *EarningTruth) IsFanPaid() bool { return !reward(e.Source) }

func (c *creator) truth(e *earning) EarningTruth {
	t := EarningTruth{
		Row: e.row, At: toTime(e.at), Source: e.source, Gross: e.gross, Net: e.net, Total: e.total, Currency: e.currency,
		OrderID: orderID(e.order), Reversed: orderID(e.reversed), Status: c.status(e),
		MessageID: e.message.String(), PostID: e.post.String(), Gone: c.edits[e.row].gone,
	}
	if e.fan >= 0 {
		t.FanID = c.w.id(c.fans[e.fan].who).String()
		if c.edits[e.row].emptied {
			t.FanID, t.FormerFan = "", t.FanID
		}
	}
	return t
}

// number sets the ordinals of rows that share an instant.
func number(rows []EarningTruth) {
	type identity struct {
		source, order, reversed string
		gross, net              int64
	}
	seen := map[identity]int{}
	for _, gone := range []bool{false, true} {
		for k := range rows {
			if e := &rows[k]; e.Gone == gone {
				key := identity{e.Source, e.OrderID, e.Reversed, e.Gross, e.Net}
				e.Ordinal = seen[key]
				seen[key]++
			}
		}
	}
}

// Earnings yields the rows of a creator, newest first, those that are gone
// included.
func (w *World) Earnings(creator string) iter.Seq[EarningTruth] {
	return w.earningsSince(creator, 0)
}

func (w *World) earningsSince(creator string, start millis) iter.Seq[EarningTruth] {
	return func(yield func(EarningTruth) bool) {
		c := w.named(creator)
		if c == nil {
			return
		}
		var same []EarningTruth // rows of one instant
		flush := func() bool {
			number(same)
			for _, e := range same {
				if !yield(e) {
					return false
				}
			}
			same = same[:0]
			return true
		}
		on := true
		c.scan(place{math.MaxInt64, -1}, start, true, func(e *earning) bool {
			if len(same) > 0 && same[0].At.UnixMilli() != e.at {
				on = flush()
			}
			same = append(same, c.truth(e))
			return on
		})
		if on {
			flush()
		}
	}
}

// EarningRows returns how many rows a creator has now, without computing them.
func (w *World) EarningRows(creator string) int64 {
	c := w.named(creator)
	if c == nil {
		return 0
	}
	n := int64(c.shape.Earnings + len(c.extra))
	for _, x := range c.edits {
		if x.gone {
			n--
		}
	}
	return n
}

// named returns the creator with a uuid, also a dropped one; nil if none.
func (w *World) named(uuid string) *creator {
	for _, c := range w.creators {
		if c.uuid.String() == uuid {
			return c
		}
	}
	return nil
}

// A MonthTotals is a creator's month on ledger basis: a reversal counts in the
// month in which it happens. Cents; rows that are gone are left out.
type MonthTotals struct {
	GrossSales           int64 // paid by fans, before fees
	Refunds              int64 // gross, not positive
	Chargebacks          int64
	OtherReversals       int64
	NetSales             int64 // the sum of the four above
	Fees                 int64 // gross less net of all that fans paid or got back
	CreatorSalesEarnings int64 // NetSales less Fees
	Rewards              int64 // net of what the platform gave
	NetEarnings          int64 // all net
	Pending              int64 // net that is pending as of the last night
	Rows, Sales          int64
	PayingFans           int64 // fans with a sale, former ones included
}

// Months returns the totals of a creator's months in an IANA zone, by the first
// day of the month as 2006-01-02.
func (w *World) Months(creator, zone string) (map[string]MonthTotals, error) {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return nil, err
	}
	months := map[string]MonthTotals{}
	fans := map[string]map[string]bool{}
	for e := range w.Earnings(creator) {
		if e.Gone {
			continue
		}
		month := e.At.In(loc).Format("2006-01") + "-01"
		t := months[month]
		t.add(&e)
		if fan := cmp.Or(e.FanID, e.FormerFan); fan != "" && e.IsFanPaid() && !e.IsReversal() {
			if fans[month] == nil {
				fans[month] = map[string]bool{}
			}
			fans[month][fan] = true
			t.PayingFans = int64(len(fans[month]))
		}
		months[month] = t
	}
	return months, nil
}

func (t *MonthTotals) add(e *EarningTruth) {
	t.Rows++
	t.NetEarnings += e.Net
	if e.Status == "pendingBalance" {
		t.Pending += e.Net
	}
	if !e.IsFanPaid() {
		t.Rewards += e.Net
		return
	}
	t.NetSales += e.Gross
	t.Fees += e.Gross - e.Net
	t.CreatorSalesEarnings += e.Net
	switch {
	case e.Source == "refund":
		t.Refunds += e.Gross
	case e.Source == "chargeback":
		t.Chargebacks += e.Gross
	case e.IsReversal():
		t.OtherReversals += e.Gross
	default:
		t.Sales++
		t.GrossSales += e.Gross
	}
}

// A DayTruth is a day of the platform's summary: all rows but reversals.
type DayTruth struct {
	Date       string // 2006-01-02, in the zone asked for
	Gross, Net int64
}

// SummaryDays returns the days of [start, end) with money, oldest first.
func (w *World) SummaryDays(creator string, start, end time.Time, zone string) ([]DayTruth, error) {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return nil, err
	}
	var days []DayTruth
	for e := range w.earningsSince(creator, start.UnixMilli()) {
		if e.Gone || e.IsReversal() || !e.At.Before(end) {
			continue
		}
		date := e.At.In(loc).Format(time.DateOnly)
		if n := len(days); n == 0 || days[n-1].Date != date {
			days = append(days, DayTruth{Date: date})
		}
		d := &days[len(days)-1]
		d.Gross += e.Gross
		d.Net += e.Net
	}
	slices.Reverse(days)
	return days, nil
}

// A SpenderTruth is a fan's place among top spenders.
type SpenderTruth struct {
	FanID                string
	Gross, Net, Messages int64
}

// TopSpenders returns the fans of [start, end) by gross, each once.
func (w *World) TopSpenders(creator string, start, end time.Time) []SpenderTruth {
	sums := map[string]*SpenderTruth{}
	var list []*SpenderTruth
	for e := range w.earningsSince(creator, start.UnixMilli()) {
		if e.Gone || e.IsReversal() || e.FanID == "" || !e.At.Before(end) {
			continue
		}
		s := sums[e.FanID]
		if s == nil {
			s = &SpenderTruth{FanID: e.FanID}
			sums[e.FanID] = s
			list = append(list, s)
		}
		s.Gross += e.Gross
		s.Net += e.Net
		if e.Source == "message" {
			s.Messages++
		}
	}
	out := make([]SpenderTruth, len(list))
	for k, s := range list {
		out[k] = *s
	}
	slices.SortFunc(out, func(a, b SpenderTruth) int {
		return cmp.Or(cmp.Compare(b.Gross, a.Gross), cmp.Compare(a.FanID, b.FanID))
	})
	return out
}
