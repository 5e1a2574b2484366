package statement

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"fanlake/load/query"
	"fanlake/load/statement/document"
	"fanlake/load/statement/record"
)

// An amount is what an earning of a closed month came to.
type amount struct {
	earnedAt                 time.Time
	source, attributedSource string
	gross, net               int64
	isFanPaid, isReversal    bool
}

// amountOf is what a line came to.
func amountOf(l record.Line) amount {
	return amount{l.EarnedAt, l.Source, l.AttributedSource, l.Gross, l.Net, l.IsFanPaid, l.IsReversal}
}

// adjustments are what the warehouse says otherwise of closed months than the
// statements do that are told, as differences: the same rule as
// mart.rpt_prior_period_adjustments, but from the record, which may be ahead of
// the publication. They become lines of the statement of first.
func (m *maker) adjustments(ctx context.Context, first time.Time, closed []record.Version, told []record.Line) ([]record.Line, error) {
	var all []record.Line
	if len(closed) == 0 {
		return nil, nil
	}
	span := document.Window{Start: closed[0].PeriodStart, End: closed[0].PeriodEnd}
	for _, v := range closed {
		if v.PeriodStart.Before(span.Start) {
			span.Start = v.PeriodStart
		}
		if v.PeriodEnd.After(span.End) {
			span.End = v.PeriodEnd
		}
	}
	now, err := m.amounts(ctx, span)
	if err != nil {
		return nil, err
	}
	for _, v := range closed {
		period, err := time.Parse("2006-01", v.Month)
		if err != nil {
			return nil, err
		}
		then := map[string]amount{}
		for _, l := range told {
			if !l.PeriodMonth.Equal(period) {
				continue
			}
			a, ok := then[l.EarningID]
			if ok {
				a.gross, a.net = a.gross+l.Gross, a.net+l.Net
			} else {
				a = amountOf(l)
			}
			then[l.EarningID] = a
		}
		for _, l := range differences(v.PeriodStart, v.PeriodEnd, now, then) {
			l.CreatorID, l.StatementMonth, l.PeriodMonth = m.creator.id, first, period
			all = append(all, l)
		}
	}
	return all, nil
}

// amounts reads what earnings of a window come to now.
func (m *maker) amounts(ctx context.Context, w document.Window) (map[string]amount, error) {
	all := map[string]amount{}
	err := m.each(ctx, "amounts", func(rows *query.Rows) (bool, error) {
		var id string
		var a amount
		more, err := rows.Scan(&id, &a.earnedAt, &a.source, &a.attributedSource, &a.gross, &a.net, &a.isFanPaid, &a.isReversal)
		if more && err == nil {
			a.earnedAt = a.earnedAt.UTC()
			all[id] = a
		}
		return more, err
	}, m.creator.id, w.Start, w.End)
	return all, err
}

// differences are the lines that bring what was told of a period to what there
// is now, by instant.
func differences(start, end time.Time, now, then map[string]amount) []record.Line {
	var all []record.Line
	add := func(id, change string, a amount, gross, net int64) {
		if gross == 0 && net == 0 {
			return
		}
		all = append(all, record.Line{LineType: record.Adjustment, ChangeType: change, EarningID: id, EarnedAt: a.earnedAt,
			Source: a.source, AttributedSource: a.attributedSource, Gross: gross, Net: net, IsFanPaid: a.isFanPaid, IsReversal: a.isReversal})
	}
	for id, a := range now {
		if a.earnedAt.Before(start) || !a.earnedAt.Before(end) {
			continue
		}
		if was, ok := then[id]; ok {
			add(id, record.AmountChanged, a, a.gross-was.gross, a.net-was.net)
		} else {
			add(id, record.LateRow, a, a.gross, a.net)
		}
	}
	for id, was := range then {
		if a, ok := now[id]; !ok || a.earnedAt.Before(start) || !a.earnedAt.Before(end) {
			add(id, record.Disappeared, was, -was.gross, -was.net)
		}
	}
	slices.SortFunc(all, func(a, b record.Line) int {
		return cmp.Or(a.EarnedAt.Compare(b.EarnedAt), cmp.Compare(a.EarningID, b.EarningID))
	})
	return all
}

// told returns the lines of all final statements but those of one month.
func (m *maker) told(but string) []record.Line {
	var all []record.Line
	for _, name := range slices.Sorted(maps.Keys(m.frozen)) {
		if name != but {
			all = append(all, m.frozen[name]...)
		}
	}
	return all
}

// closedBefore returns the final statements of months before one, oldest first.
func (m *maker) closedBefore(name string) []record.Version {
	var all []record.Version
	for _, month := range slices.Sorted(maps.Keys(m.finals)) {
		if month < name {
			all = append(all, m.finals[month])
		}
	}
	return all
}
