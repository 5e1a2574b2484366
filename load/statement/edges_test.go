package statement

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanlake/load/statement/document"
)

var update = flag.Bool("update", false, "write the golden files again")

// Every edge of a month at once: ava in London with refunds of another month, of
// an unknown order, in parts, several of one order, of an order that another
// creator has as well, a reversal under the name of a source, sources nobody
// knows with a fan and without, a sale without a fan, a day with only a refund
// and the day the clocks go forward; bea in New York on both days they change;
// kiri and pago at the last microseconds of their months; dee without a row.
const edges = `
INSERT INTO cfg.creators (handle, reporting_timezone) VALUES ('ava', 'Europe/London'), ('bea', 'America/New_York'),
	('dee', 'Asia/Kathmandu'), ('kiri', 'Pacific/Kiritimati'), ('pago', 'Pacific/Pago_Pago');
INSERT INTO fanvue.creators (creator_id, handle) VALUES ('` + ava + `', 'ava'), ('` + bea + `', 'bea'), ('` + dee + `', 'dee'), ('` + kiri + `', 'kiri'), ('` + pago + `', 'pago');
INSERT INTO meta.runs (run_id, run_seq, finished_at, server_time, api_version) VALUES ('r1', 1, TIMESTAMP '2026-04-20 06:00', TIMESTAMP '2026-04-20 06:00', '2025-06-26');
INSERT INTO meta.coverage (stream, creator_id, window_start, window_end)
SELECT 'earnings', creator_id, TIMESTAMP '2025-06-01', TIMESTAMP '2026-04-20 05:45' FROM fanvue.creators;
INSERT INTO fanvue.earnings (earning_id, creator_id, earned_at, source, gross_cents, net_cents, transaction_order_id, reversed_transaction_order_id, transaction_order_status, fan_id)
SELECT CAST(md5(id) AS UUID), CAST(creator AS UUID), CAST(earned_at AS TIMESTAMP), source, gross, net, ord, rev, 'availableForPayout', fan
FROM (VALUES
	('a1', '` + ava + `', '2026-02-10 12:00', 'message', 5000, 4000, 'o1', NULL, 'f1'),
	('a2', '` + ava + `', '2026-02-11 12:00', 'message', 10000, 8000, 'o2', NULL, 'f2'),
	('a3', '` + ava + `', '2026-02-12 12:00', 'renewal', 1000, 800, 'o3', NULL, 'f1'),
	('a4', '` + ava + `', '2026-03-05 09:00', 'refund', -5000, -4000, 'r1', 'o1', 'f1'),
	('a5', '` + ava + `', '2026-03-06 09:00', 'refund', -3000, -2400, 'r2', 'o2', 'f2'),
	('a6', '` + ava + `', '2026-03-07 09:00', 'chargeback', -2000, -1500, NULL, 'o2', 'f2'),
	('a7', '` + ava + `', '2026-03-08 09:00', 'refund', -700, -700, NULL, 'o-unknown', NULL),
	('a8', '` + ava + `', '2026-03-09 09:00', 'refund', -900, -720, NULL, 'x1', 'f3'),
	('a9', '` + ava + `', '2026-03-10 09:00', 'newSource2027', 600, 480, 'o9', NULL, 'f5'),
	('a10', '` + ava + `', '2026-03-10 10:00', 'mysteryBonus', 250, 250, NULL, NULL, NULL),
	('a11', '` + ava + `', '2026-03-11 09:00', 'tip', 1500, 1200, 'o11', NULL, NULL),
	('a16', '` + ava + `', '2026-03-12 09:00', 'affiliate', 330, 330, NULL, NULL, NULL),
	('a17', '` + ava + `', '2026-03-13 09:00', 'message', -1000, -800, NULL, 'o3', 'f1'),
	('a12', '` + ava + `', '2026-03-29 22:59:59', 'tip', 100, 80, 'o12', NULL, 'f1'),
	('a13', '` + ava + `', '2026-03-29 23:00', 'tip', 200, 160, 'o13', NULL, 'f2'),
	('a14', '` + ava + `', '2026-03-31 22:59:59.999999', 'tip', 400, 320, 'o14', NULL, 'f1'),
	('a15', '` + ava + `', '2026-03-31 23:00', 'tip', 800, 640, 'o15', NULL, 'f1'),
	('b1', '` + bea + `', '2026-03-08 04:59:59', 'tip', 100, 80, 'x1', NULL, 'f1'),
	('b2', '` + bea + `', '2026-03-08 05:00', 'tip', 200, 160, 'x2', NULL, 'f1'),
	('b3', '` + bea + `', '2026-03-09 03:59:59.999999', 'tip', 400, 320, 'x3', NULL, 'f1'),
	('b4', '` + bea + `', '2026-03-09 04:00', 'tip', 800, 640, 'x4', NULL, 'f1'),
	('b5', '` + bea + `', '2026-04-01 03:59:59.999', 'tip', 1600, 1280, 'x5', NULL, 'f1'),
	('b6', '` + bea + `', '2026-04-01 04:00', 'tip', 3200, 2560, 'x6', NULL, 'f1'),
	('b7', '` + bea + `', '2025-11-02 04:00', 'tip', 100, 80, 'x7', NULL, 'f1'),
	('b8', '` + bea + `', '2025-11-03 04:59:59', 'tip', 200, 160, 'x8', NULL, 'f1'),
	('b9', '` + bea + `', '2025-11-03 05:00', 'tip', 400, 320, 'x9', NULL, 'f1'),
	('k1', '` + kiri + `', '2026-01-31 09:59:59.999999', 'tip', 1000, 800, 'y1', NULL, 'f1'),
	('k2', '` + kiri + `', '2026-01-31 10:00', 'tip', 2000, 1600, 'y2', NULL, 'f1'),
	('k3', '` + kiri + `', '2026-02-28 09:59:59.999999', 'tip', 4000, 3200, 'y3', NULL, 'f1'),
	('k4', '` + kiri + `', '2026-02-28 10:00', 'tip', 8000, 6400, 'y4', NULL, 'f1'),
	('p1', '` + pago + `', '2026-02-01 10:59:59.999999', 'tip', 1000, 800, 'z1', NULL, 'f1'),
	('p2', '` + pago + `', '2026-02-01 11:00', 'tip', 2000, 1600, 'z2', NULL, 'f1'),
	('p3', '` + pago + `', '2026-03-01 10:59:59.999999', 'tip', 4000, 3200, 'z3', NULL, 'f1'),
	('p4', '` + pago + `', '2026-03-01 11:00', 'tip', 8000, 6400, 'z4', NULL, 'f1')
) v(id, creator, earned_at, source, gross, net, ord, rev, fan);
`

// The figures were worked out by hand from the rows above.
func TestEdgesOfAMonth(t *testing.T) {
	t.Parallel()
	o := options(t, newWarehouse(t, edges))
	for _, test := range []struct {
		creator, month string
		cells          map[[3]string]string
	}{
		{"ava", "2026-03", map[[3]string]string{
			{SectionSummary, "gross_sales", "this_month_cents"}:       "28.00", // a9 a11 a12 a13 a14
			{SectionSummary, "refunds", "this_month_cents"}:           "-96.00",
			{SectionSummary, "chargebacks", "this_month_cents"}:       "-20.00",
			{SectionSummary, "other_reversals", "this_month_cents"}:   "-10.00",
			{SectionSummary, "net_sales", "this_month_cents"}:         "-98.00",
			{SectionSummary, "platform_fees", "this_month_cents"}:     "19.20", // given back with the reversals
			{SectionSummary, "rewards", "this_month_cents"}:           "5.80",
			{SectionSummary, "net_earnings", "this_month_cents"}:      "-73.00",
			{SectionSummary, "net_earnings", "previous_month_cents"}:  "128.00",
			{SectionSummary, "net_earnings", "change_bps"}:            "-157 %", // (-73 - 128) / 128
			{SectionBySource, "tip", "gross_cents"}:                   "22.00",
			{SectionBySource, "newSource2027", "net_cents"}:           "4.80",
			{SectionBySource, "message", "reversed_gross_cents"}:      "-100.00", // a4 a5 a6
			{SectionBySource, "message", "reversal_count"}:            "3",
			{SectionBySource, "message", "fees_cents"}:                "21.00",
			{SectionBySource, "renewal", "net_cents"}:                 "-8.00",
			{SectionBySource, "unattributed", "reversed_gross_cents"}: "-16.00", // a7, and a8: x1 is bea's order
			{SectionBySource, "total_sales", "fees_cents"}:            "19.20",
			{SectionBySource, "total_sales", "net_cents"}:             "-78.80",
			{SectionBySource, "mysteryBonus", "net_cents"}:            "2.50",
			{SectionBySource, "total_rewards", "net_cents"}:           "5.80",
			{SectionBySource, "total_all", "net_cents"}:               "-73.00",
			{SectionByDay, "2026-03-05", "net_cents"}:                 "-40.00", // only a refund
			{SectionByDay, "2026-03-05", "gross_cents"}:               "0.00",
			{SectionByDay, "2026-03-29", "gross_cents"}:               "1.00", // 23 hours
			{SectionByDay, "2026-03-30", "gross_cents"}:               "2.00",
			{SectionByDay, "2026-03-31", "gross_cents"}:               "4.00",
			{SectionByDay, "total", "net_cents"}:                      "-73.00",
			{SectionAudience, "paying_fans", "value"}:                 "3",
			{SectionAudience, "sales_without_fan", "value"}:           "1",
			{SectionAudience, "arppu", "value"}:                       "-26.27", // -78.80 / 3
			{SectionReconciliation, "rows", "value"}:                  "13",
			{SectionReconciliation, "last_row_at", "value"}:           "2026-03-31T22:59Z",
		}},
		{"bea", "2026-03", map[[3]string]string{
			{SectionSummary, "gross_sales", "this_month_cents"}:  "31.00",
			{SectionSummary, "net_earnings", "this_month_cents"}: "24.80",
			{SectionByDay, "2026-03-07", "gross_cents"}:          "1.00",
			{SectionByDay, "2026-03-08", "gross_cents"}:          "6.00", // 23 hours
			{SectionByDay, "2026-03-09", "gross_cents"}:          "8.00",
			{SectionByDay, "2026-03-31", "gross_cents"}:          "16.00",
		}},
		{"bea", "2025-11", map[[3]string]string{
			{SectionSummary, "gross_sales", "this_month_cents"}: "7.00",
			{SectionByDay, "2025-11-02", "gross_cents"}:         "3.00", // 25 hours
			{SectionByDay, "2025-11-03", "gross_cents"}:         "4.00",
		}},
		{"kiri", "2026-02", map[[3]string]string{
			{SectionSummary, "net_earnings", "this_month_cents"}:     "48.00",
			{SectionSummary, "net_earnings", "previous_month_cents"}: "8.00",
			{SectionSummary, "net_earnings", "change_bps"}:           "+500 %",
			{SectionByDay, "2026-02-01", "gross_cents"}:              "20.00",
			{SectionByDay, "2026-02-28", "gross_cents"}:              "40.00",
		}},
		{"pago", "2026-02", map[[3]string]string{
			{SectionSummary, "net_earnings", "this_month_cents"}:     "48.00",
			{SectionSummary, "net_earnings", "previous_month_cents"}: "8.00",
			{SectionByDay, "2026-02-01", "gross_cents"}:              "20.00",
			{SectionByDay, "2026-02-28", "gross_cents"}:              "40.00",
		}},
		{"dee", "2026-03", map[[3]string]string{
			{SectionSummary, "net_earnings", "this_month_cents"}: "0.00",
			{SectionBySource, "total_all", "net_cents"}:          "0.00",
			{SectionByDay, "2026-03-31", "net_cents"}:            "0.00",
			{SectionAudience, "arppu", "value"}:                  document.Absent,
			{SectionReconciliation, "first_row_at", "value"}:     document.Absent,
		}},
	} {
		s := earnings(t, o, test.creator, test.month)
		if s.Document.State != document.Final {
			t.Errorf("%s %s is %s (%s)", test.creator, test.month, s.Document.State, s.Document.StateReason)
		}
		for at, want := range test.cells {
			if got := cell(s, at[0], at[1], at[2]); got != want {
				t.Errorf("%s %s %v: got %s, want %s", test.creator, test.month, at, got, want)
			}
		}
		addUp(t, s)
	}
}

// addUp holds the sections of a statement against each other.
func addUp(t *testing.T, s *Statement) {
	t.Helper()
	d := s.Document
	number := func(section, row, column string) int64 { return d.Section(section).Cell(row, column).Number }
	this := func(row string) int64 { return number(SectionSummary, row, "this_month_cents") }
	reversed := this("refunds") + this("chargebacks") + this("other_reversals")
	for what, pair := range map[string][2]int64{
		"net sales":         {this("gross_sales") + reversed, this("net_sales")},
		"net earnings":      {this("net_sales") + this("platform_fees") + this("rewards"), this("net_earnings")},
		"gross by source":   {number(SectionBySource, "total_sales", "gross_cents"), this("gross_sales")},
		"reversals":         {number(SectionBySource, "total_sales", "reversed_gross_cents"), reversed},
		"fees":              {number(SectionBySource, "total_sales", "fees_cents"), this("platform_fees")},
		"rewards":           {number(SectionBySource, "total_rewards", "net_cents"), this("rewards")},
		"net by source":     {number(SectionBySource, "total_all", "net_cents"), this("net_earnings")},
		"pending and rest":  {number(SectionBalance, "pending", "amount_cents") + number(SectionBalance, "available", "amount_cents"), this("net_earnings")},
		"net of the lines":  {sumColumn(d.Transactions, "net_cents"), this("net_earnings") + this("prior_period_adjustments")},
		"net of the days":   {sumColumn(d.Section(SectionByDay), "net_cents"), 2 * this("net_earnings")}, // with their total
		"gross of the days": {sumColumn(d.Section(SectionByDay), "gross_cents"), 2 * this("gross_sales")},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s %s: %d is not %d", d.ID, what, pair[0], pair[1])
		}
	}
}

func sumColumn(t *document.Table, name string) (sum int64) {
	for r := range t.All() {
		for i, c := range t.Columns {
			if c.Name == name {
				sum += r.Cells[i].Number
			}
		}
	}
	return sum
}

// The forms as a reader sees them; the figures in them are those above.
func TestGoldenFiles(t *testing.T) {
	t.Parallel()
	o := options(t, newWarehouse(t, edges))
	o.Parties = map[string]Party{"ava": {LegalName: "Ava Example", Address: "1 Example Road\nLondon"}}
	for _, name := range []string{"ava", "kiri", "dee"} {
		d := earnings(t, o, name, "2026-03").Document
		var text, rows bytes.Buffer
		if err := d.Text(&text, document.TextOptions{Whole: true}); err != nil {
			t.Fatal(err)
		}
		if err := d.TransactionsCSV(&rows, document.CSVOptions{}); err != nil {
			t.Fatal(err)
		}
		golden(t, name+"-2026-03.txt", text.Bytes())
		golden(t, name+"-2026-03.csv", rows.Bytes())
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got)\n%s", path, diff)
	}
}
