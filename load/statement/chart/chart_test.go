package chart_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanlake/load/statement/chart"
	"fanlake/load/statement/document"
	"fanlake/load/statement/samples"
)

func table(rows ...[]int64) (*document.Table, document.Chart) {
	t := &document.Table{Name: "t"}
	c := document.Chart{Shape: document.Columns}
	for i := range rows[0] {
		name := fmt.Sprint("s", i)
		t.Columns = append(t.Columns, document.Column{Name: name, Label: name, Kind: document.Money})
		c.Series = append(c.Series, name)
	}
	for i, r := range rows {
		row := document.Row{Label: fmt.Sprint("r", i)}
		for _, v := range r {
			row.Cells = append(row.Cells, document.Cents(v))
		}
		t.Rows = append(t.Rows, row)
	}
	return t, c
}

// TestMarksAreToScale holds that bars are as long as their amounts, stack
// without gaps and stand on their side of the line.
func TestMarksAreToScale(t *testing.T) {
	t.Parallel()
	d := chart.Lay(table([]int64{1000, 3000, -2000}, []int64{0, 500, 0}))
	var zero chart.Line
	for _, l := range d.Lines {
		if l.Zero {
			zero = l
		}
	}
	if len(d.Marks) != 4 {
		t.Fatalf("marks: %+v", d.Marks)
	}
	a, b, down, c := d.Marks[0], d.Marks[1], d.Marks[2], d.Marks[3]
	if a.Y+a.H != zero.Y1 || b.Y+b.H != a.Y || down.Y != zero.Y1 || c.Y+c.H != zero.Y1 {
		t.Errorf("zero at %d, marks %+v", zero.Y1, d.Marks)
	}
	for _, pair := range [][2]int{{b.H, 3 * a.H}, {down.H, 2 * a.H}, {2 * c.H, a.H}} {
		if diff := pair[0] - pair[1]; diff < -3 || diff > 3 {
			t.Errorf("heights %v", pair)
		}
	}
	if a.About != "r0, s0: 10.00" {
		t.Errorf("a mark is %q", a.About)
	}
	var labels []string
	for _, text := range d.Texts {
		if text.Anchor == chart.End {
			labels = append(labels, text.Text)
		}
	}
	if diff := cmp.Diff([]string{"-20", "-10", "0", "10", "20", "30", "40"}, labels); diff != "" {
		t.Error(diff)
	}
}

func TestNothingLeavesThePicture(t *testing.T) {
	t.Parallel()
	check := func(d *chart.Drawing, of string) {
		if d == nil {
			return
		}
		for _, m := range d.Marks {
			if m.X < 0 || m.Y < 0 || m.W < 1 || m.H < 1 || m.X+m.W > d.Width || m.Y+m.H > d.Height {
				t.Errorf("%s: %+v in %d × %d", of, m, d.Width, d.Height)
			}
		}
		for _, text := range d.Texts {
			if text.X < 0 || text.X > d.Width || text.Y < 0 || text.Y > d.Height {
				t.Errorf("%s: %+v", of, text)
			}
		}
	}
	for seed := range uint64(200) {
		for _, table := range samples.Random(seed).Sections {
			for _, c := range table.Charts {
				check(chart.Lay(table, c), fmt.Sprint("seed ", seed))
			}
		}
	}
	for _, v := range []int64{0, 1, -1, math.MaxInt64, math.MinInt64} {
		tab, c := table([]int64{v, v, v, v, v, v, v, v}, []int64{-1, 1, 0, 5, 5, 5, 5, 5})
		check(chart.Lay(tab, c), fmt.Sprint(v))
		c.Shape = document.Bars
		check(chart.Lay(tab, c), fmt.Sprint(v))
	}
}

func TestWhatCannotBeDrawnIsNot(t *testing.T) {
	t.Parallel()
	tab, c := table([]int64{1})
	long, _ := table([]int64{1})
	for range 100 {
		long.Rows = append(long.Rows, long.Rows[0])
	}
	totals, _ := table([]int64{1})
	totals.Rows[0].Total = true
	for name, d := range map[string]*chart.Drawing{
		"no series":      chart.Lay(tab, document.Chart{}),
		"unknown column": chart.Lay(tab, document.Chart{Series: []string{"x"}}),
		"too long":       chart.Lay(long, c),
		"only totals":    chart.Lay(totals, c),
	} {
		if d != nil {
			t.Errorf("%s: drawn", name)
		}
	}
	tab.Rows[0].Cells[0] = document.Cell{}
	if d := chart.Lay(tab, c); d == nil || !d.HasUnread() || len(d.Marks) > 0 {
		t.Errorf("what is not known is drawn as %+v", d)
	}
}
