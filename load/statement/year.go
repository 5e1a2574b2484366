package statement

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"fanlake/load/query"
	"fanlake/load/statement/chart"
	"fanlake/load/statement/document"
	"fanlake/load/statement/record"
)

// yearMonths is how many months the trend has, this one last.
const yearMonths = 12

// A yearMonth is what a month of the trend brought, as its final statement told
// it or as the warehouse has it.
type yearMonth struct {
	first     time.Time
	known     bool
	sources   map[string]int64 // net without reversals
	reversals int64            // net
}

// year reads the months up to one that was read already. labels are those of the
// sources.
func (m *maker) year(ctx context.Context, this month) (all []yearMonth, labels map[string]string, err error) {
	labels = map[string]string{}
	var starts, ends []string
	open := map[time.Time]int{} // by start: months that are read from the warehouse
	for back := yearMonths - 1; back >= 0; back-- {
		y := yearMonth{first: this.first.AddDate(0, -back, 0), sources: map[string]int64{}}
		v, isFinal := m.finals[y.first.Format("2006-01")]
		switch {
		case back == 0:
			y.known = this.known
			y.add(this.lines, labels)
		case isFinal:
			y.known = true
			y.add(m.frozen[v.Month], labels)
		default:
			w := m.span(y.first)
			needed := m.needed(w)
			y.known = len(missing(needed, m.covered)) == 0 && needed.Start.Before(needed.End)
			const layout = "2006-01-02 15:04:05.000000"
			starts, ends = append(starts, w.Start.UTC().Format(layout)), append(ends, w.End.UTC().Format(layout))
			open[w.Start.UTC()] = len(all)
		}
		all = append(all, y)
	}
	list := func(instants []string) string { return "[" + strings.Join(instants, ", ") + "]" }
	err = m.each(ctx, "year", func(rows *query.Rows) (bool, error) {
		var start time.Time
		var source, label string
		var isReversal bool
		var net int64
		more, err := rows.Scan(&start, &source, &label, &isReversal, &net)
		if more && err == nil {
			y := &all[open[start.UTC()]]
			y.known = true
			y.put(source, label, isReversal, net, labels)
		}
		return more, err
	}, list(starts), list(ends), m.creator.id)
	return all, labels, err
}

func (y *yearMonth) add(lines []record.Line, labels map[string]string) {
	for _, l := range lines {
		if l.LineType != record.Adjustment {
			y.put(l.AttributedSource, l.SourceLabel, l.IsReversal, l.Net, labels)
		}
	}
}

func (y *yearMonth) put(source, label string, isReversal bool, net int64, labels map[string]string) {
	if isReversal {
		y.reversals += net
		return
	}
	y.sources[source] += net
	labels[source] = cmp.Or(label, labels[source], source)
}

// yearTable shows the months by source: the largest sources, what is left of
// them, and reversals, which add up to net earnings.
func (b *builder) yearTable() *document.Table {
	t := &document.Table{Name: SectionYear, Title: "Twelve months", Heading: "Month", Sheet: document.SheetDaily, Detail: true,
		Notes: []string{"Net earnings of each month by the source of the sale, without reversals, which have a column of their own."}}
	sums := map[string]int64{}
	for _, y := range b.year {
		for source, net := range y.sources {
			sums[source] += net
		}
	}
	sources := make([]string, 0, len(sums))
	for source := range sums {
		sources = append(sources, source)
	}
	slices.SortFunc(sources, func(a, c string) int { return cmp.Or(cmp.Compare(sums[c], sums[a]), cmp.Compare(a, c)) })
	shown, others := sources, []string(nil)
	if most := chart.MaxSeries - 1; len(sources) > most {
		shown, others = sources[:most-1], sources[most-1:]
	}
	column := func(name, label string) {
		t.Columns = append(t.Columns, document.Column{Name: name, Label: label, Kind: document.Money})
	}
	for _, source := range shown {
		column("source_"+source+"_cents", b.labels[source])
	}
	if len(others) > 0 {
		column("other_sources_cents", "Other sources")
	}
	column("reversals_cents", "Reversals")
	c := document.Chart{Title: "Net earnings by month", About: "Net earnings of twelve months, stacked by source, with reversals below the line.", Shape: document.Columns}
	for _, column := range t.Columns {
		c.Series = append(c.Series, column.Name)
	}
	t.Charts = []document.Chart{c}
	column("net_cents", "Net earnings")
	for _, y := range b.year {
		row := document.Row{Name: y.first.Format("2006-01"), Label: y.first.Format("2006-01"), Cells: make([]document.Cell, len(t.Columns))}
		if y.known {
			row.Cells = y.cells(shown, others)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (y *yearMonth) cells(shown, others []string) []document.Cell {
	var cells []document.Cell
	net := y.reversals
	for _, source := range shown {
		cells = append(cells, document.Cents(y.sources[source]))
		net += y.sources[source]
	}
	if len(others) > 0 {
		var rest int64
		for _, source := range others {
			rest += y.sources[source]
		}
		cells = append(cells, document.Cents(rest))
		net += rest
	}
	return append(cells, document.Cents(y.reversals), document.Cents(net))
}
