// Package samples has documents for the tests of forms: one as a month
// makes it, random ones, and such as somebody hostile would make.
package samples

import (
	"fmt"
	"math/rand/v2"
	"time"

	"fanlake/load/statement/document"
)

// Sample is an earnings statement of a month with everything that one can have:
// every kind of cell, absent ones, charts, notes, and a long table.
func Sample() *document.Document {
	r := rand.New(rand.NewPCG(1, 2))
	start := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	d := frame(start)
	d.Sections = []*document.Table{summary(), months(r, start, 12), sources(r, 5), days(r, start, 28), audience(), reversals(r, start, 30), reconciliation(d)}
	d.Notes = []string{"Not a tax document, and not issued by Fanvue.", "Gross is the creator's price; the platform fee is gross less net of each row, never a rate."}
	return d
}

// Empty is a statement of a month of which nothing is known.
func Empty() *document.Document {
	start := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	d := frame(start)
	d.State, d.StateReason, d.Missing = document.Provisional, "parts of the month were not read", []document.Window{d.Period}
	none := days(rand.New(rand.NewPCG(1, 2)), start, 28)
	for i, r := range none.Rows {
		for j := range r.Cells {
			if j > 0 || r.Total {
				none.Rows[i].Cells[j] = document.Cell{}
			}
		}
	}
	d.Sections = []*document.Table{none, {Name: "by_source", Title: "2 By source", Heading: "Source", Empty: document.Absent,
		Columns: []document.Column{{Name: "net_cents", Label: "Net", Kind: document.Money}}}}
	return d
}

// Random is a document of random tables, columns, charts and amounts.
func Random(seed uint64) *document.Document {
	r := rand.New(rand.NewPCG(seed, 7))
	d := frame(time.Date(2020+r.IntN(8), time.Month(1+r.IntN(12)), 1, 0, 0, 0, 0, time.UTC))
	for i := range 1 + r.IntN(6) {
		d.Sections = append(d.Sections, randomTable(r, i))
	}
	return d
}

// Hostile is a document in which every text is the one given.
func Hostile(text string) *document.Document {
	d := Sample()
	d.Title, d.ID, d.StateReason, d.Platform, d.Basis, d.Notice = text, text, text, text, text, text
	d.Creator = document.Party{ID: text, Handle: text, Label: text, LegalName: text, Address: text}
	d.RunID, d.ContentHash, d.Notes, d.Currency = text, text, []string{text, text}, text
	for _, t := range d.Sections {
		t.Title, t.Heading, t.Empty, t.Notes = text, text, text, []string{text}
		for i := range t.Columns {
			t.Columns[i].Label = text
		}
		for i := range t.Charts {
			t.Charts[i].Title, t.Charts[i].About = text, text
		}
		for i := range t.Rows {
			t.Rows[i].Label = text
			for j, c := range t.Rows[i].Cells {
				if c.Kind == document.Text {
					t.Rows[i].Cells[j].Text = text
				}
			}
		}
	}
	return d
}

// Texts are texts of which each has broken some program.
func Texts() []string {
	long := ""
	for len(long) < 200 {
		long += "averyveryverylonghandlewithoutanyspace"
	}
	return []string{"", " ", "<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "</style><script>", "</title></svg>", "]]>", "{{.}}", "--><b>", "&lt;b&gt;",
		"\u202eevil\u202c", "\u2066\u2067x", "a\u200bb\ufeffc", long, "👩‍👩‍👧‍👦💋", "é\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309", "a\x00b\x1b[2Jc\r\nd\te", "\xff\xfe\x80",
		"שלום עולם (ava) 123 abc", "مرحبا", "नमस्ते", "日本語", "javascript:alert(1)", "url(//evil.example)", "${7*7}", "{nb}", `\(\)`, "%s%d%!", "𝕬𝖛𝖆", "=1+1", "\U000e0041\U0010ffff"}
}

func frame(start time.Time) *document.Document {
	end := start.AddDate(0, 1, 0)
	return &document.Document{
		Kind: "earnings", Title: "EARNINGS STATEMENT", ID: "AVA-" + start.Format("2006-01"), Version: 1, State: document.Final, StateReason: "all rows are available",
		Creator:  document.Party{ID: "11111111-1111-1111-1111-111111111111", Handle: "ava", Label: "Ava", LegalName: "Ava Árpád", Address: "1 Road\nTown"},
		Platform: "Fanvue", Issued: end.Add(8*24*time.Hour + 6*time.Hour + 10*time.Minute), Month: start.Format("2006-01"), Timezone: "Europe/London",
		Period: document.Window{Start: start, End: end}, Currency: "USD", Basis: "Transactions by payment date; refunds and chargebacks in the month they occurred",
		RunID: "01KC0000000000000000000000", ToolVersion: "0.1.0", APIVersion: "2025-06-26", Rows: 6,
		ContentHash: "sha256:1b4f0e9851971998e732078544c96b36c3d01cedf7caa332359d6f1d83567014",
		Missing:     []document.Window{}, Owner: "ava", Notice: document.Notice("ava"),
	}
}

func money(name, label string) document.Column {
	return document.Column{Name: name, Label: label, Kind: document.Money}
}

func summary() *document.Table {
	line := func(name, label string, total bool, this, previous int64, change document.Cell) document.Row {
		return document.Row{Name: name, Label: label, Total: total, Cells: []document.Cell{document.Cents(this), document.Cents(previous), change, {}}}
	}
	return &document.Table{Name: "summary", Title: "1 Summary", Heading: "Line",
		Columns: []document.Column{money("this_month_cents", "This month"), money("previous_month_cents", "Prev month"), {Name: "change_bps", Label: "Change", Kind: document.Percent}, money("same_month_last_year_cents", "Same month LY")},
		Rows: []document.Row{
			line("gross_sales", "Gross sales", false, 22000, 7000, document.BPS(21429)), line("refunds", "Refunds", false, -5000, 0, document.Cell{}),
			line("chargebacks", "Chargebacks", false, -1500, 0, document.Cell{}), line("net_sales", "NET SALES", true, 15500, 7000, document.BPS(12143)),
			line("platform_fees", "Platform fees (gross - net)", false, -3100, -1400, document.Cell{}), line("rewards", "Referral / affiliate / giveaway", false, 500, 0, document.Cell{}),
			line("net_earnings", "NET EARNINGS", true, 12900, 5600, document.BPS(13036))}}
}

func months(r *rand.Rand, start time.Time, n int) *document.Table {
	t := &document.Table{Name: "months", Title: "2 Twelve months", Heading: "Month",
		Columns: []document.Column{money("subscription_cents", "Subscriptions"), money("message_cents", "Messages"), money("tip_cents", "Tips"), money("rewards_cents", "Rewards"), money("reversals_cents", "Reversals"), money("net_cents", "Net")},
		Charts:  []document.Chart{{Title: "Net earnings by month", About: "Net earnings of twelve months by source, with reversals below the line.", Shape: document.Columns, Series: []string{"subscription_cents", "message_cents", "tip_cents", "rewards_cents", "reversals_cents"}}}}
	for i := range n {
		at := start.AddDate(0, i+1-n, 0)
		a, b, c, e, x := r.Int64N(400000), r.Int64N(300000), r.Int64N(90000), r.Int64N(20000), -r.Int64N(90000)
		row := document.Row{Name: at.Format("2006-01"), Label: at.Format("2006-01"), Cells: []document.Cell{document.Cents(a), document.Cents(b), document.Cents(c), document.Cents(e), document.Cents(x), document.Cents(a + b + c + e + x)}}
		if i < 2 {
			row.Cells = make([]document.Cell, 6)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func sources(r *rand.Rand, n int) *document.Table {
	t := &document.Table{Name: "by_source", Title: "3 By source", Heading: "Source", Columns: []document.Column{
		{Name: "sales_count", Label: "Count", Kind: document.Count}, money("gross_cents", "Gross"), money("reversed_gross_cents", "Refunds/cb"), money("fees_cents", "Fees"), money("net_cents", "Net")},
		Charts: []document.Chart{{Title: "Net by source", About: "Net earnings of the month by source.", Shape: document.Bars, Series: []string{"net_cents"}}}}
	sum := make([]int64, 5)
	add := func(name, label string, total bool, v []int64) {
		t.Rows = append(t.Rows, document.Row{Name: name, Label: label, Total: total, Cells: []document.Cell{document.Number(v[0]), document.Cents(v[1]), document.Cents(v[2]), document.Cents(v[3]), document.Cents(v[4])}})
	}
	for i := range n {
		gross, reversed := r.Int64N(400000), -r.Int64N(150000)
		fees := -(gross + reversed) / 5
		v := []int64{r.Int64N(50), gross, reversed, fees, gross + reversed + fees}
		for j := range sum {
			sum[j] += v[j]
		}
		add(fmt.Sprint("source_", i), []string{"Subscriptions", "Messages", "Tips", "Paid posts", "A source with a name that is rather long"}[i%5], false, v)
	}
	add("total_all", "ALL", true, sum)
	return t
}

func days(r *rand.Rand, start time.Time, n int) *document.Table {
	t := &document.Table{Name: "by_day", Title: "4 By day", Heading: "Weekday", Detail: true, Columns: []document.Column{
		{Name: "day", Label: "Day", Kind: document.Day}, {Name: "sales_count", Label: "Sales", Kind: document.Count}, money("gross_cents", "Gross"), money("reversed_gross_cents", "Reversals"), money("fees_cents", "Fees"), money("net_cents", "Net")},
		Charts: []document.Chart{{Title: "Gross by day", About: "Gross sales of every day, with reversals below the line.", Shape: document.Columns, Label: "day", Series: []string{"gross_cents", "reversed_gross_cents"}}}}
	for i := range n {
		at := start.AddDate(0, 0, i)
		gross, reversed := r.Int64N(90000), -r.Int64N(20000)
		cells := []document.Cell{document.Date(at), document.Number(r.Int64N(9)), document.Cents(gross), document.Cents(reversed), document.Cents(-(gross + reversed) / 5), document.Cents(gross + reversed - (gross+reversed)/5)}
		if i%11 == 7 {
			cells = append(cells[:1], make([]document.Cell, 5)...)
		}
		t.Rows = append(t.Rows, document.Row{Name: at.Format(time.DateOnly), Label: at.Weekday().String(), Cells: cells})
	}
	t.Rows = append(t.Rows, document.Row{Name: "total", Label: "ALL", Total: true, Cells: []document.Cell{{}, document.Number(110), document.Cents(123456789), document.Cents(-4567), document.Cents(-89), document.Cents(1)}})
	return t
}

func audience() *document.Table {
	t := &document.Table{Name: "audience", Title: "5 Audience", Heading: "Line", Columns: []document.Column{{Name: "value", Kind: document.Mixed}}, Notes: []string{"Subscribers are counted on complete lists."}}
	for i, c := range []document.Cell{document.Number(120), {}, document.Cents(2345), document.String("28 of 28")} {
		t.Rows = append(t.Rows, document.Row{Name: fmt.Sprint(i), Label: []string{"Subscribers at the start", "+ new", "Net sales earnings per paying fan", "Days"}[i], Cells: []document.Cell{c}})
	}
	return t
}

func reversals(r *rand.Rand, start time.Time, n int) *document.Table {
	t := &document.Table{Name: "reversals", Title: "6 Reversals", Heading: "Kind", Detail: true, Empty: "none", Columns: []document.Column{
		{Name: "reversed_at", Label: "Date (UTC)", Kind: document.Instant}, {Name: "original_at", Label: "Sale (UTC)", Kind: document.Instant}, {Name: "source", Label: "Source", Kind: document.Text},
		money("gross_cents", "Gross"), money("net_cents", "Net"), {Name: "order_id", Label: "Order", Kind: document.Text}}}
	for range n {
		gross := -1 - r.Int64N(9000)
		at := start.Add(time.Duration(r.Int64N(int64(27 * 24 * time.Hour))))
		t.Rows = append(t.Rows, document.Row{Name: "x", Label: "Refund", Cells: []document.Cell{document.At(at), document.At(at.AddDate(0, 0, -3)), document.String("message"),
			document.Cents(gross), document.Cents(gross * 4 / 5), document.String(fmt.Sprintf("%08x-1111-4222-8333-%012x", r.Uint32(), r.Uint64()>>16))}})
	}
	return t
}

func reconciliation(d *document.Document) *document.Table {
	t := &document.Table{Name: "reconciliation", Title: "7 Reconciliation", Heading: "Line", Columns: []document.Column{{Name: "value", Kind: document.Mixed}}}
	for i, c := range []document.Cell{document.Number(6), document.At(d.Period.Start), document.Cents(23000), document.String("complete"), document.String(d.ContentHash)} {
		t.Rows = append(t.Rows, document.Row{Name: fmt.Sprint(i), Label: []string{"Rows", "First row", "API summary, gross without reversals", "Coverage", "Content hash"}[i], Cells: []document.Cell{c}})
	}
	return t
}

// amount is a random number of cents, now and then of a size that breaks things.
func amount(r *rand.Rand) int64 {
	switch r.IntN(40) {
	case 0:
		return 0
	case 1:
		return 1<<62 - r.Int64N(1000)
	case 2:
		return -1 << 63
	}
	return r.Int64N(2000000) - 700000
}

func randomTable(r *rand.Rand, i int) *document.Table {
	t := &document.Table{Name: fmt.Sprint("table_", i), Title: fmt.Sprintf("%d Table", i+1), Heading: "Line", Empty: "none"}
	kinds := []document.Kind{document.Money, document.Count, document.Percent, document.Text, document.Day, document.Instant, document.Mixed, document.Money, document.Money}
	var series []string
	for j := range 1 + r.IntN(7) {
		c := document.Column{Name: fmt.Sprint("column_", j), Label: fmt.Sprint("Column ", j), Kind: kinds[r.IntN(len(kinds))]}
		if t.Columns = append(t.Columns, c); c.Kind == document.Money {
			series = append(series, c.Name)
		}
	}
	t.Charts = []document.Chart{{Title: "Columns", About: "Columns.", Shape: document.Columns, Series: series}, {Title: "Bars", About: "Bars.", Shape: document.Bars, Series: series}}
	for k := range r.IntN(90) {
		row := document.Row{Name: fmt.Sprint("row_", k), Label: fmt.Sprint("Row ", k), Total: r.IntN(9) == 0}
		for _, c := range t.Columns {
			row.Cells = append(row.Cells, randomCell(r, c.Kind))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func randomCell(r *rand.Rand, kind document.Kind) document.Cell {
	if r.IntN(12) == 0 {
		return document.Cell{}
	}
	at := time.Unix(1.6e9+r.Int64N(3e8), 0).UTC()
	switch kind {
	case document.Money:
		return document.Cents(amount(r))
	case document.Count:
		return document.Number(r.Int64N(1000))
	case document.Percent:
		return document.BPS(r.Int64N(100000) - 50000)
	case document.Day:
		return document.Date(at)
	case document.Instant:
		return document.At(at)
	case document.Mixed:
		return randomCell(r, []document.Kind{document.Money, document.Count, document.Text, document.Instant}[r.IntN(4)])
	}
	return document.String([]string{"word", "two words", "a text of several words that has to be set on more lines than one, at least where it is narrow", "x"}[r.IntN(4)])
}
