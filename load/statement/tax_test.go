package statement

import (
	"bytes"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"fanlake/load"
	"fanlake/load/statement/document"
)

func taxYear(t *testing.T, o Options, creator, start string) *Statement {
	t.Helper()
	s, err := TaxYear(t.Context(), o, YearParams{Creator: creator, Start: day(start)})
	if err != nil {
		t.Fatal(err)
	}
	taxAddsUp(t, s)
	return s
}

// taxAddsUp holds the tables of a year against its totals.
func taxAddsUp(t *testing.T, s *Statement) {
	t.Helper()
	d := s.Document
	for _, of := range []struct{ column, suffix string }{{amountColumnName, ""}, {"home_cents", "_home"}} {
		total := func(row string) int64 { return d.Section(SectionSummary).Cell(row, of.column).Number }
		reversals := total("refunds") + total("chargebacks") + total("other_reversals")
		if total("gross_sales")+reversals != total("net_sales") || total("net_sales")+total("platform_fees")+total("rewards") != total("net_earnings") {
			t.Errorf("%s: the lines of %s do not add up", d.ID, of.column)
		}
		for _, name := range []string{sectionMonths + of.suffix, sectionQuarters + of.suffix} {
			table := d.Section(name)
			if table == nil || !d.Section(SectionSummary).Cell("net_earnings", of.column).Known() {
				continue
			}
			for column, want := range map[string]int64{"gross_cents": total("gross_sales"), "reversed_gross_cents": reversals, "fees_cents": total("platform_fees"), "rewards_cents": total("rewards"), "net_cents": total("net_earnings")} {
				if got := sumColumn(table, column); got != 2*want { // with their total
					t.Errorf("%s %s %s: %d, want %d", d.ID, name, column, got, 2*want)
				}
			}
			for r := range table.All() {
				if c := r.Cells; c[2].Number+c[3].Number+c[4].Number+c[5].Number != c[6].Number {
					t.Errorf("%s %s %s does not add up", d.ID, name, r.Name)
				}
			}
		}
	}
	if net := d.Section(SectionSummary).Cell("net_earnings", amountColumnName).Number; sumColumn(d.Transactions, "net_cents") != net || sumColumn(d.Section(sectionCalendarQuarters), "net_cents") != net {
		t.Errorf("%s: transactions or quarters do not come to %d", d.ID, net)
	}
}

func gbp(months ...string) load.FX {
	fx := load.FX{Home: "GBP", Method: "monthly average"}
	for _, m := range months {
		name, rate, _ := strings.Cut(m, " ")
		fx.Rates = append(fx.Rates, load.FXRate{Month: firstOf(name), Base: "USD", Quote: "GBP", Rate: rate, Source: "HMRC"}, load.FXRate{Month: firstOf(name), Base: "USD", Quote: "EUR", Rate: "9", Source: "no"})
	}
	return fx
}

// Worked out by hand.
func TestTaxYear(t *testing.T) {
	t.Parallel()
	w := newWarehouse(t, months(
		row("before", "2025-04-05 22:59:59", "tip", 7, 6, false),   // 5 April in London
		row("y1", "2025-04-05 23:00", "tip", 1001, 801, false),     // 6 April
		row("y2", "2025-05-05 22:59", "tip", 1001, 801, false),     // still the first month, at the rate of May
		row("y3", "2025-07-06 12:00", "refund", -500, -400, false), // the second quarter
		row("y4", "2025-12-31 12:00", "referral", 333, 333, false), // third quarter
		row("y5", "2026-04-05 22:59:59", "chargeback", -100, -80, false),
		row("after", "2026-04-05 23:00", "tip", 7, 6, false)))
	w.change("UPDATE meta.coverage SET window_start = TIMESTAMP '2025-01-01'")
	o := options(t, w)
	o.FX = gbp("2025-04 0.75", "2025-05 0.76543218", "2025-07 0.5", "2025-12 0.8", "2026-04 0.7")
	s := taxYear(t, o, "ava", "2025-04-06")
	for at, want := range map[[3]string]string{
		{SectionSummary, "gross_sales", amountColumnName}:   "20.02",
		{SectionSummary, "refunds", amountColumnName}:       "-5.00",
		{SectionSummary, "chargebacks", amountColumnName}:   "-1.00",
		{SectionSummary, "net_sales", amountColumnName}:     "14.02",
		{SectionSummary, "platform_fees", amountColumnName}: "-2.80", // -2.00 -2.00 +1.00 +0.20
		{SectionSummary, "rewards", amountColumnName}:       "3.33",
		{SectionSummary, "net_earnings", amountColumnName}:  "14.55",
		// 801 * 0.75 + 801 * 0.76543218 - 400 * 0.5 + 333 * 0.8 - 80 * 0.7 = 600.75 + 613.11117618 - 200 + 266.4 - 56
		{SectionSummary, "net_earnings", "home_cents"}:        "12.24", // 1224.26
		{sectionMonths, "2025-04-06", "gross_cents"}:          "20.02",
		{sectionMonths, "2025-07-06", "reversed_gross_cents"}: "-5.00",
		{sectionMonths, "2026-03-06", "net_cents"}:            "-0.80",
		{sectionQuarters, "2025-04-06", "net_cents"}:          "16.02",
		{sectionQuarters, "2025-07-06", "net_cents"}:          "-4.00",
		{sectionCalendarQuarters, "2025-Q2", "gross_cents"}:   "20.02",
		{sectionCalendarQuarters, "2026-Q2", "net_cents"}:     "-0.80",
		{sectionRates, "2025-05", "rate"}:                     "0.76543218",
		{sectionRates, "2025-05", "source"}:                   "HMRC",
	} {
		if got := cell(s, at[0], at[1], at[2]); got != want {
			t.Errorf("%v: got %s, want %s", at, got, want)
		}
	}
	// Lines of the home currency are within a hundredth of their own rounding.
	for row, exact := range map[string]int64{"gross_sales": 1517, "refunds": -250, "chargebacks": -70, "platform_fees": -239, "rewards": 266} {
		if got := s.Document.Section(SectionSummary).Cell(row, "home_cents").Number; got < exact-1 || got > exact+1 {
			t.Errorf("%s: got %d, want about %d", row, got, exact)
		}
	}
	if s.Document.State != document.Final || s.Document.ID != "AVA-TAX-YEAR-2025-04-06" {
		t.Errorf("%s is %s (%s)", s.Document.ID, s.Document.State, s.Document.StateReason)
	}
	v := keep(t, o, s)
	if again := taxYear(t, o, "ava", "2025-04-06"); again.Kept == nil || again.Kept.Path != v.Path || !strings.HasSuffix(v.Path, "/ava/tax-year-2025-04-06/v1") {
		t.Errorf("not frozen in %s", v.Path)
	}
	var text, rows bytes.Buffer
	if err := s.Document.Text(&text, document.TextOptions{Whole: true}); err != nil {
		t.Fatal(err)
	}
	golden(t, "tax-year-2025-04-06.txt", text.Bytes())
	if err := s.Document.TransactionsCSV(&rows, document.CSVOptions{}); err != nil || strings.Count(rows.String(), "\n") != 6 || !strings.Contains(rows.String(), "0.76543218") {
		t.Errorf("%v\n%s", err, rows.String())
	}
	// The pack names the statements of its months.
	e := earnings(t, o, "ava", "2025-12")
	keep(t, o, e)
	s = taxYear(t, o, "ava", "2025-07-01")
	if got := cell(s, sectionStatements, "AVA-2025-12", "content_hash"); got != e.Document.ContentHash {
		t.Errorf("hash of December: %s", got)
	}
}

// A rate that is missing is no rate of 1: the year is not converted.
func TestTaxYearWithoutARate(t *testing.T) {
	t.Parallel()
	w := newWarehouse(t, months(row("a", "2025-07-05", "tip", 1000, 800, false), row("b", "2025-08-05", "tip", 1000, 800, false), row("c", "2025-08-06", "tip", 1000, 800, false)))
	o := options(t, w)
	o.FX = gbp("2025-07 0.75")
	s := taxYear(t, o, "ava", "2025-07-01")
	if s.Document.State != document.Provisional || s.Document.StateReason != "rows of months without a rate to GBP: 2" {
		t.Errorf("%s (%s)", s.Document.State, s.Document.StateReason)
	}
	for at, want := range map[[3]string]string{
		{SectionSummary, "net_earnings", "home_cents"}:         document.Absent,
		{SectionSummary, "gross_sales", "home_cents"}:          document.Absent,
		{SectionSummary, "net_earnings", amountColumnName}:     "24.00",
		{sectionMonths + "_home", "2025-07-01", "net_cents"}:   "6.00",
		{sectionMonths + "_home", "2025-08-01", "net_cents"}:   document.Absent,
		{sectionMonths + "_home", "2025-09-01", "net_cents"}:   "0.00",
		{sectionQuarters + "_home", "2025-07-01", "net_cents"}: document.Absent,
		{sectionRates, "2025-08", "rows"}:                      "2",
		{sectionRates, "2025-08", "rate"}:                      document.Absent,
	} {
		if got := cell(s, at[0], at[1], at[2]); got != want {
			t.Errorf("%v: got %s, want %s", at, got, want)
		}
	}
	// What is still to come, and what was not read, is not zero.
	d := taxYear(t, o, "ava", "2026-07-01").Document
	if d.State != document.Draft || !d.Section(sectionMonths).Cell("2026-12-01", "net_cents").Known() || d.Section(sectionMonths).Cell("2027-01-01", "net_cents").Known() || d.Section(sectionQuarters).Cell("2027-01-01", "net_cents").Known() {
		t.Errorf("%s is %s", d.ID, d.State)
	}
	if o.FX = (load.FX{}); taxYear(t, o, "ava", "2025-07-01").Document.Section(sectionRates) != nil {
		t.Error("rates without a home currency")
	}
}

func TestDaysOfATaxYear(t *testing.T) {
	t.Parallel()
	for start, want := range map[string]string{
		"2025-04-06": "2025-04-06 2025-05-06 2026-03-06 2026-04-06",
		"2024-01-31": "2024-01-31 2024-02-29 2024-12-31 2025-01-31",
		"2024-02-29": "2024-02-29 2024-03-29 2025-01-29 2025-02-28",
	} {
		d := daysFrom(day(start))
		if got := fmt.Sprint(d[0].Format("2006-01-02"), " ", d[1].Format("2006-01-02"), " ", d[11].Format("2006-01-02"), " ", d[12].Format("2006-01-02")); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// The year is what mart.tax_year has, in both currencies.
func TestTaxYearIsWhatTheWarehouseHas(t *testing.T) {
	t.Parallel()
	w := newWarehouse(t, edges)
	w.open()
	for _, m := range []string{"2025-11 0.76", "2026-01 0.74561234", "2026-02 0.75", "2026-03 0.7777", "2026-04 0.71"} {
		name, rate, _ := strings.Cut(m, " ")
		w.exec("INSERT INTO cfg.fx_rates VALUES (CAST(? AS DATE), 'USD', 'GBP', CAST(? AS DECIMAL(18, 8)), 'x')", name+"-01", rate)
	}
	w.exec("CREATE MACRO mart.tax_year(start_month, start_day, quote_ccy) AS TABLE " + file(t, "marts/tax_year.sql"))
	o := options(t, w)
	o.FX = gbp("2025-11 0.76", "2026-01 0.74561234", "2026-02 0.75", "2026-03 0.7777", "2026-04 0.71")
	type total struct{ fees, net, converted int64 }
	want := map[string]total{}
	rows, err := w.db.QueryContext(t.Context(), `SELECT c.handle || ' ' || tax_year_start, platform_fee_cents, net_cents, CAST(net_converted * 100 AS BIGINT)
		FROM mart.tax_year(4, 6, 'GBP') JOIN mart.dim_creators c USING (creator_id)`)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var name string
		var v total
		if err := rows.Scan(&name, &v.fees, &v.net, &v.converted); err != nil {
			t.Fatal(err)
		}
		want[name] = v
	}
	if err := rows.Close(); err != nil || len(want) < 4 {
		t.Fatal(err, want)
	}
	if err := w.db.Close(); err != nil {
		t.Fatal(err)
	}
	for name, v := range want {
		creator, year, _ := strings.Cut(name, " ")
		s := taxYear(t, o, creator, year+"-04-06")
		at := func(row, column string) int64 { return s.Document.Section(SectionSummary).Cell(row, column).Number }
		if got := (total{-at("platform_fees", amountColumnName), at("net_earnings", amountColumnName), at("net_earnings", "home_cents")}); got != v {
			t.Errorf("%s: got %+v, want %+v", name, got, v)
		}
	}
}

// For random years every line is within one hundredth of its own rounding up or
// down, and everything adds up.
func TestConvertRandomYears(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 5))
	for range 5000 {
		var exact [taxMonths]*[components]*big.Int
		whole, net := newExact(), new(big.Int)
		for i := range exact {
			exact[i] = newExact()
			for k := range components {
				v := big.NewInt(r.Int64N(1<<40) - 1<<39)
				if r.IntN(4) == 0 {
					v = big.NewInt(0)
				}
				exact[i][k] = v
				whole[k].Add(whole[k], v)
				net.Add(net, v)
			}
		}
		c := convertAll(exact)
		var sum int64
		for k, total := range c.total {
			sum += total
			var months int64
			for i := range exact {
				months += c.months[i][k]
				if off := new(big.Int).Sub(new(big.Int).Mul(big.NewInt(c.months[i][k]), rateScale()), exact[i][k]); off.CmpAbs(rateScale()) >= 0 {
					t.Fatalf("a month's line is off by %v", off)
				}
			}
			if months != total {
				t.Fatalf("months come to %d, not %d", months, total)
			}
			if off := new(big.Int).Sub(new(big.Int).Mul(big.NewInt(total), rateScale()), whole[k]); off.CmpAbs(rateScale()) >= 0 {
				t.Fatalf("a line is off by %v", off)
			}
		}
		if want := document.RoundedQuotient(net, rateScale()).Int64(); sum != want {
			t.Fatalf("lines come to %d, not %d", sum, want)
		}
	}
}
