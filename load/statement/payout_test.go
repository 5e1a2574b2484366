package statement

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"fanlake/load/statement/commission"
	"fanlake/load/statement/document"
)

func day(text string) time.Time {
	d, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return d
}

// months is a world of one creator in London with sales and reversals on the
// fifth of months, read up to 2026-12-20.
func months(rows ...string) string {
	return `INSERT INTO cfg.creators (handle, reporting_timezone) VALUES ('ava', 'Europe/London');
	INSERT INTO fanvue.creators (creator_id, handle) VALUES ('` + ava + `', 'ava');
	INSERT INTO meta.runs (run_id, run_seq, finished_at, server_time, api_version) VALUES ('r1', 1, TIMESTAMP '2026-12-20 06:00', TIMESTAMP '2026-12-20 06:00', '2025-06-26');
	INSERT INTO meta.coverage (stream, creator_id, window_start, window_end) VALUES ('earnings', '` + ava + `', TIMESTAMP '2025-06-01', TIMESTAMP '2026-12-20 05:45');` + strings.Join(rows, "\n")
}

func payout(t *testing.T, o Options, of string) *Statement {
	t.Helper()
	s, err := Payout(t.Context(), o, Params{Creator: "ava", Month: firstOf(of)})
	if err != nil {
		t.Fatal(err)
	}
	payoutAddsUp(t, s)
	return s
}

// payoutFigures are the figures of a payout statement that decide.
func payoutFigures(s *Statement) string {
	amount := func(section, row string) string { return cell(s, section, row, amountColumnName) }
	return fmt.Sprintf("base %s in %s commission %s out %s; share %s agreed %s in %s payout %s out %s",
		amount(sectionBase, "base"), amount(sectionBase, "carried_in"), amount(sectionTiers, "commission"), amount(sectionBase, "carried_out"),
		amount(sectionPayout, "creator_share"), amount(sectionPayout, "agreed"), amount(sectionPayout, "carried_in"), amount(sectionPayout, "payout"), amount(sectionPayout, "carried_out"))
}

// payoutAddsUp holds the lines of a payout statement against their totals.
func payoutAddsUp(t *testing.T, s *Statement) {
	t.Helper()
	d := s.Document
	at := func(section, row string) int64 { return d.Section(section).Cell(row, amountColumnName).Number }
	sections := map[string]map[string][]string{
		sectionBase: {
			"base":           {"sales", "chargebacks_left_out", "rewards", "prior_period_adjustments"},
			"sales":          {"gross_sales", "refunds", "chargebacks", "other_reversals", "platform_fees"},
			"commissionable": {"base", "carried_in", "-carried_out"},
		},
		sectionPayout: {
			"creator_share": {"net_earnings", "prior_period_adjustments", "commission"},
			"due":           {"creator_share", "agreed", "carried_in"},
			"payout":        {"due", "-carried_out"},
		},
	}
	for section, totals := range sections {
		for total, rows := range totals {
			var sum int64
			for _, row := range rows {
				if name, minus := strings.CutPrefix(row, "-"); minus {
					sum -= at(section, name)
				} else {
					sum += at(section, row)
				}
			}
			if sum != at(section, total) {
				t.Errorf("%s %s: the lines come to %d, not %d", d.ID, total, sum, at(section, total))
			}
		}
	}
	tiers := d.Section(sectionTiers)
	if 2*at(sectionTiers, "commission") != sumColumn(tiers, amountColumnName) || at(sectionTiers, "commission") != -at(sectionPayout, "commission") {
		t.Errorf("%s: the tiers do not add up to the commission", d.ID)
	}
	if net := sumColumn(d.Transactions, "net_cents"); net != at(sectionPayout, "net_earnings")+at(sectionPayout, "prior_period_adjustments") {
		t.Errorf("%s: the transactions come to %d", d.ID, net)
	}
}

// Worked out by hand: 80 % of the gross is net.
func TestPayoutOfMonths(t *testing.T) {
	t.Parallel()
	w := newWarehouse(t, months(
		row("s1", "2026-01-05", "tip", 10000, 8000, false),
		row("s2", "2026-02-05", "tip", 1000, 800, false),
		row("s3", "2026-02-06", "refund", -10000, -8000, false),
		row("s4", "2026-03-05", "tip", 2000, 1600, false),
		row("s5", "2026-04-05", "tip", 20000, 16000, false),
		row("s6", "2026-05-05", "tip", 12500, 10000, false), // exactly at the edge
		row("s7", "2026-06-05", "tip", 12501, 10001, false), // one cent over
		row("s8", "2026-07-05", "tip", 1000, 800, false),
		row("s9", "2026-07-06", "referral", 500, 500, false),
		row("s10", "2026-08-05", "tip", 10000, 8000, false),
		row("s11", "2026-08-06", "chargeback", -2500, -2000, false),
		row("s12", "2026-08-07", "giveaway", 100, 100, false)))
	o := options(t, w)
	o.Terms = map[string][]commission.Terms{"ava": {
		{From: day("2026-01-15"), Basis: "net", Chargebacks: true, Contract: "C-1", Tiers: []commission.Tier{{UpTo: 10000, BPS: 3000}, {BPS: 5000}}},
		{From: day("2026-08-01"), Basis: "gross", Rewards: true, Minimum: 2000, Tiers: []commission.Tier{{BPS: 1000}}},
	}, ava: {
		{From: day("2026-07-01"), Basis: "net", Chargebacks: true, Minimum: 500, Tiers: []commission.Tier{{BPS: 3333}}},
	}}
	o.Adjustments = map[string][]commission.Adjustment{"ava": {
		{Day: day("2026-04-10"), Kind: commission.Bonus, Cents: 1000, Text: "=Easter"},
		{Day: day("2026-04-20"), Kind: commission.Advance, Cents: 2500},
		{Day: day("2026-07-01"), Kind: commission.Deduction, Cents: 10000, Text: "Camera"},
	}}
	want := map[string]string{
		"2026-01": "base 80.00 in 0.00 commission 24.00 out 0.00; share 56.00 agreed 0.00 in 0.00 payout 56.00 out 0.00",
		// 8.00 - 80.00: nothing is paid, both carry.
		"2026-02": "base -72.00 in 0.00 commission 0.00 out -72.00; share -72.00 agreed 0.00 in 0.00 payout 0.00 out -72.00",
		"2026-03": "base 16.00 in -72.00 commission 0.00 out -56.00; share 16.00 agreed 0.00 in -72.00 payout 0.00 out -56.00",
		// 160.00 - 56.00 = 104.00: 30.00 and half of 4.00. 160 - 32 + 10 - 25 - 56.
		"2026-04": "base 160.00 in -56.00 commission 32.00 out 0.00; share 128.00 agreed -15.00 in -56.00 payout 57.00 out 0.00",
		"2026-05": "base 100.00 in 0.00 commission 30.00 out 0.00; share 70.00 agreed 0.00 in 0.00 payout 70.00 out 0.00",
		"2026-06": "base 100.01 in 0.00 commission 30.01 out 0.00; share 70.00 agreed 0.00 in 0.00 payout 70.00 out 0.00", // 30.005, half up
		// Other terms by uuid: 33.33 % of 8.00 is 2.67 and the least is 5.00; the referral is not in the base but is the creator's.
		"2026-07": "base 8.00 in 0.00 commission 5.00 out 0.00; share 8.00 agreed -100.00 in 0.00 payout 0.00 out -92.00",
		// Gross 100.00 without the chargeback, and 1.00: 10.10, but 20.00 at least. Net 80 - 20 + 1 = 61.
		"2026-08": "base 101.00 in 0.00 commission 20.00 out 0.00; share 41.00 agreed 0.00 in -92.00 payout 0.00 out -51.00",
		"2026-09": "base 0.00 in 0.00 commission 0.00 out 0.00; share 0.00 agreed 0.00 in -51.00 payout 0.00 out -51.00",
	}
	for month, figures := range want {
		s := payout(t, o, month)
		if got := payoutFigures(s); got != figures || s.Document.State != document.Provisional || s.Document.ID != "AVA-PAYOUT-"+month {
			t.Errorf("%s %s (%s)\n got %s\nwant %s", s.Document.ID, s.Document.State, s.Document.StateReason, got, figures)
		}
	}
	if _, err := Payout(t.Context(), o, Params{Month: firstOf("2025-12")}); !errors.Is(err, ErrNoTerms) {
		t.Errorf("before the terms: %v", err)
	}
	if d := payout(t, o, "2026-12").Document; d.State != document.Draft {
		t.Errorf("an open month is %s", d.State)
	}
	// Frozen, month by month, they say the same.
	var last *Statement
	for m := day("2026-01-01"); m.Before(day("2026-10-01")); m = m.AddDate(0, 1, 0) {
		month := m.Format("2006-01")
		keep(t, o, earnings(t, o, "ava", month))
		last = payout(t, o, month)
		if got := payoutFigures(last); got != want[month] || last.Document.State != document.Final {
			t.Errorf("%s %s: got %s", month, last.Document.State, got)
		}
		v := keep(t, o, last)
		again := payout(t, o, month)
		if again.Kept == nil || again.Kept.ContentHash != v.ContentHash || again.Outdated != "" || payoutFigures(again) != want[month] {
			t.Errorf("%s was not frozen: %+v", month, again.Kept)
		}
	}
	var text bytes.Buffer
	if err := last.Document.Text(&text, document.TextOptions{Whole: true}); err != nil || !strings.Contains(text.String(), "follows from AVA-PAYOUT-2026-08 v1") {
		t.Errorf("%v\n%s", err, text.String())
	}
	for _, s := range []*Statement{payout(t, o, "2026-04"), payout(t, o, "2026-08")} {
		text.Reset()
		if err := s.Document.Text(&text, document.TextOptions{Whole: true}); err != nil {
			t.Fatal(err)
		}
		golden(t, "payout-"+s.Document.Month+".txt", text.Bytes())
	}
	var table bytes.Buffer
	if err := payout(t, o, "2026-04").Document.CSV(&table, document.CSVOptions{}); err != nil || !strings.Contains(table.String(), "'=Easter") {
		t.Errorf("a spreadsheet reads a formula: %v\n%s", err, table.String())
	}
}

// What changes after a payout is in the next one; what is restated can be
// restated here too.
func TestPayoutAfterChanges(t *testing.T) {
	t.Parallel()
	w := newWarehouse(t, months(row("s1", "2026-01-05", "tip", 10000, 8000, false), row("s2", "2026-02-05", "tip", 5000, 4000, false)))
	o := options(t, w)
	o.Terms = map[string][]commission.Terms{"ava": {{From: day("2026-01-01"), Basis: "net", Chargebacks: true, Tiers: []commission.Tier{{BPS: 2500}}}}}
	freeze := func(month string) {
		keep(t, o, earnings(t, o, "ava", month))
		keep(t, o, payout(t, o, month))
	}
	freeze("2026-01")
	w.change(row("late", "2026-01-20", "refund", -1000, -800, false) + row("reward", "2026-01-21", "referral", 300, 300, false))
	// The late refund lowers February's base, the late referral does not raise it.
	if got, want := payoutFigures(payout(t, o, "2026-02")), "base 32.00 in 0.00 commission 8.00 out 0.00; share 27.00 agreed 0.00 in 0.00 payout 27.00 out 0.00"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	freeze("2026-02")
	if _, err := Payout(t.Context(), o, Params{Month: firstOf("2026-02"), Restate: true}); !errors.Is(err, ErrRestate) {
		t.Errorf("nothing changed: %v", err)
	}
	w.change(row("later", "2026-02-20", "tip", 1250, 1000, false))
	s, err := Earnings(t.Context(), o, Params{Month: firstOf("2026-02"), Restate: true})
	if err != nil {
		t.Fatal(err)
	}
	keep(t, o, s)
	if s := payout(t, o, "2026-02"); s.Outdated != "it was made of AVA-2026-02 v1; AVA-2026-02 v2 counts now" {
		t.Errorf("got %q", s.Outdated)
	}
	s, err = Payout(t.Context(), o, Params{Month: firstOf("2026-02"), Restate: true})
	if err != nil {
		t.Fatal(err)
	}
	keep(t, o, s)
	d := s.Document
	if d.Version != 2 || d.Supersedes != 1 || cell(s, SectionDifference, "payout", "difference_cents") != "7.50" || len(d.Versions) != 2 {
		t.Errorf("v%d, %s", d.Version, cell(s, SectionDifference, "payout", "difference_cents"))
	}
	if err := s.Kept.Check(); err != nil {
		t.Error(err)
	}
	if _, err := Read(*s.Kept); err != nil {
		t.Error(err)
	}
}

// The commission of every month is the warehouse's.
func TestPayoutIsWhatTheWarehouseHas(t *testing.T) {
	t.Parallel()
	w := newWarehouse(t, edges+`
		INSERT INTO cfg.commission VALUES ('ava', DATE '2026-01-20', 'net', false, true, 0, 0, 5000, 3000), ('ava', DATE '2026-01-20', 'net', false, true, 0, 5000, NULL, 4500),
			('ava', DATE '2026-04-01', 'gross', true, false, 900, 0, NULL, 2500), ('kiri', DATE '2026-01-01', 'gross', false, true, 0, 0, NULL, 3333);`)
	w.open()
	w.exec(file(t, "tables/cfg_views.sql"))
	w.exec("CREATE VIEW mart.rpt_commission_month AS " + file(t, "marts/rpt_commission_month.sql"))
	rows, err := w.db.QueryContext(t.Context(), `SELECT c.handle, strftime(r.earned_month, '%Y-%m'), base_cents, carried_in_cents, commission_cents, carried_negative_cents, creator_payout_cents
		FROM mart.rpt_commission_month r JOIN mart.dim_creators c USING (creator_id) ORDER BY ALL`)
	if err != nil {
		t.Fatal(err)
	}
	type commissioned struct {
		handle, month                           string
		base, in, commission, out, creatorShare int64
	}
	var all []commissioned
	for rows.Next() {
		var c commissioned
		if err := rows.Scan(&c.handle, &c.month, &c.base, &c.in, &c.commission, &c.out, &c.creatorShare); err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	if err := errors.Join(rows.Err(), rows.Close(), w.db.Close()); err != nil || len(all) < 6 {
		t.Fatalf("%d months, %v", len(all), err)
	}
	o := options(t, w)
	o.Terms = map[string][]commission.Terms{
		"ava": {{From: day("2026-01-20"), Basis: "net", Chargebacks: true, Tiers: []commission.Tier{{UpTo: 5000, BPS: 3000}, {BPS: 4500}}},
			{From: day("2026-04-01"), Basis: "gross", Rewards: true, Minimum: 900, Tiers: []commission.Tier{{BPS: 2500}}}},
		"kiri": {{From: day("2026-01-01"), Basis: "gross", Chargebacks: true, Tiers: []commission.Tier{{BPS: 3333}}}},
	}
	for _, want := range all {
		s, err := Payout(t.Context(), o, Params{Creator: want.handle, Month: firstOf(want.month)})
		if err != nil {
			t.Fatal(err)
		}
		payoutAddsUp(t, s)
		at := func(section, row string) int64 { return s.Document.Section(section).Cell(row, amountColumnName).Number }
		got := commissioned{want.handle, want.month, at(sectionBase, "base"), at(sectionBase, "carried_in"), at(sectionTiers, "commission"), at(sectionBase, "carried_out"), at(sectionPayout, "creator_share")}
		if got != want {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}
