package fanvuesim

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An amount is a sum of gross and net.
type amount struct{ gross, net int64 }

func (a *amount) add(e *earning) { a.gross += e.gross; a.net += e.net }

func (a amount) append(b []byte, key string) []byte {
	b = append(append(append(b, '"'), key...), `":{`...)
	return append(a.appendFields(b), '}')
}

func (a amount) appendFields(b []byte) []byte {
	return appendInt(appendInt(b, `"gross":`, a.gross), `,"net":`, a.net)
}

// A keptSummary is an answer that is given again for a while.
type keptSummary struct {
	at   time.Time
	body []byte
}

// summary answers with a summary, the one before if that is young enough.
func (s *Sim) summary(q *query, c *creator) ([]byte, *apiError) {
	if s.opts.SummaryCache <= 0 {
		return s.newSummary(q, c)
	}
	key := strconv.Itoa(c.idx)
	for _, name := range []string{"startDate", "endDate", "granularity", "timezone"} {
		key += "&" + strings.ReplaceAll(q.values.Get(name), "&", " ")
	}
	now := s.Now()
	s.mu.Lock()
	old, ok := s.summaries[key]
	s.mu.Unlock()
	if ok && now.Sub(old.at) < s.opts.SummaryCache {
		return slices.Clone(old.body), nil // what is answered goes back to the buffers
	}
	body, bad := s.newSummary(q, c)
	if bad != nil {
		return nil, bad
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.summaries == nil || len(s.summaries) > 1000 {
		s.summaries = map[string]keptSummary{}
	}
	s.summaries[key] = keptSummary{now, slices.Clone(body)}
	return body, nil
}

// newSummary sums up the range, reversals left out, in a time zone.
func (s *Sim) newSummary(q *query, c *creator) ([]byte, *apiError) {
	start, end := q.instant("startDate"), q.instant("endDate")
	now := s.world.asOf
	weekly := false
	switch q.values.Get("granularity") {
	case "", "day":
	case "week":
		weekly = true
	default:
		q.fail("granularity must be day or week")
	}
	zone := cmp.Or(q.values.Get("timezone"), "UTC")
	loc, err := time.LoadLocation(zone)
	if err != nil || zone == "Local" {
		q.fail("timezone must be an IANA name")
	}
	if bad := q.err(); bad != nil {
		return nil, bad
	}
	from, to := start, end
	if to == 0 {
		to = now + 1
	}
	if from == 0 {
		from = to - 30*day
	}
	if to-from > 365*day {
		return nil, &apiError{http.StatusInternalServerError, map[string]string{"message": "Internal server error"}}
	}
	t := c.newSums(from, to, loc, weekly)
	c.scan(place{to, -1}, from, false, func(e *earning) bool {
		if !e.reversal() {
			t.add(e)
		}
		return true
	})
	b := append([]byte(nil), `{"totals":{`...)
	b = c.appendTotals(b, now, loc)
	b = append(t.append(b), `,"period":{"startDate":`...)
	b = append(appendTime(b, start), `,"endDate":`...)
	b = append(appendTime(b, end), `,"granularity":"day`...)
	if weekly {
		b = append(b[:len(b)-len("day")], "week"...)
	}
	return append(appendString(append(b, `","timezone":`...), zone), "}}"...), nil
}

// appendTotals appends what does not depend on the range: all time, and the
// month of now beside the one before.
func (c *creator) appendTotals(b []byte, now millis, loc *time.Location) []byte {
	t := time.UnixMilli(now).In(loc)
	month := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, loc)
	var this, before, ever amount
	c.scan(place{now + 1, -1}, month.AddDate(0, -1, 0).UnixMilli(), false, func(e *earning) bool {
		switch {
		case e.reversal():
		case e.at >= month.UnixMilli():
			this.add(e)
		default:
			before.add(e)
		}
		return true
	})
	ever.gross = c.grossEver()
	ever.net = ever.gross * 8 / 10 // a figure no one can check, and no one should use
	b = append(ever.append(b, "allTime"), `,"thisMonth":{`...)
	b = appendInt(this.appendFields(b), `,"previousMonthGross":`, before.gross)
	b = appendInt(b, `,"previousMonthNet":`, before.net)
	for _, x := range []struct {
		key      string
		now, was int64
	}{{"gross", this.gross, before.gross}, {"net", this.net, before.net}} {
		b = append(append(append(b, `,"`...), x.key...), `ChangePercentage":`...)
		if x.was == 0 {
			b = append(b, "null"...)
		} else {
			b = strconv.AppendFloat(b, float64(x.now-x.was)*100/float64(x.was), 'f', 2, 64)
		}
	}
	return append(b, "}}"...)
}

// sums are the tables of a summary.
type sums struct {
	loc    *time.Location
	weekly bool
	starts []time.Time // of the periods, oldest first
	over   []amount
	by     [7]amount // by group, in the order of groups
	week   [7]int64
	hour   [24]int64
}

var groups = [7]string{"subs", "messages", "posts", "tips", "referrals", "renewals", "other"}

func group(source string) int {
	switch source {
	case "subscription":
		return 0
	case "message":
		return 1
	case "post":
		return 2
	case "tip":
		return 3
	case "referral", "affiliate":
		return 4
	case "renewal":
		return 5
	}
	return 6
}

func (c *creator) newSums(from, to millis, loc *time.Location, weekly bool) *sums {
	s := &sums{loc: loc, weekly: weekly}
	step := 1
	if weekly {
		step = 7
	}
	for t := s.period(from); t.UnixMilli() < to; t = t.AddDate(0, 0, step) {
		s.starts = append(s.starts, t)
	}
	s.over = make([]amount, len(s.starts))
	return s
}

// period returns the local start of the day or week of an instant.
func (s *sums) period(at millis) time.Time {
	t := time.UnixMilli(at).In(s.loc)
	back := 0
	if s.weekly {
		back = (int(t.Weekday()) + 6) % 7
	}
	return time.Date(t.Year(), t.Month(), t.Day()-back, 0, 0, 0, 0, s.loc)
}

func (s *sums) add(e *earning) {
	k, found := slices.BinarySearchFunc(s.starts, time.UnixMilli(e.at), time.Time.Compare)
	if !found {
		k--
	}
	s.over[k].add(e)
	s.by[group(e.source)].add(e)
	t := time.UnixMilli(e.at).In(s.loc)
	s.week[(t.Weekday()+6)%7] += e.gross
	s.hour[t.Hour()] += e.gross
}

func (s *sums) append(b []byte) []byte {
	b = append(b, `,"breakdownBySource":{`...)
	for k, name := range groups {
		b = append(s.by[k].append(b, name), ',')
	}
	b = append(b[:len(b)-1], `},"earningsByType":{`...)
	for _, k := range []int{5, 1, 3, 0} {
		b = append(s.by[k].append(b, groups[k]), ',')
	}
	b = append(b[:len(b)-1], `},"overTime":[`...)
	for k, t := range s.starts {
		if k > 0 {
			b = append(b, ',')
		}
		b = append(t.AppendFormat(append(b, `{"periodStart":"`...), "2006-01-02T15:04:05.000-07:00"), `",`...)
		b = append(s.over[k].appendFields(b), '}')
	}
	b = append(b, `],"averageByDayOfWeek":`...)
	b = appendSeries(b, s.week[:], 1)
	b = append(b, `,"averageByHourOfDay":`...)
	return appendSeries(b, s.hour[:], 0)
}

// appendSeries appends values under consecutive numbers as keys.
func appendSeries(b []byte, values []int64, first int) []byte {
	b = append(b, '{')
	for k, v := range values {
		if k > 0 {
			b = append(b, ',')
		}
		b = append(strconv.AppendInt(append(b, '"'), int64(k+first), 10), `":`...)
		b = strconv.AppendInt(b, v, 10)
	}
	return append(b, '}')
}
