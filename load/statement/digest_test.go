package statement

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanlake/load/query"
)

// Worked out by hand: the last complete day is 8 March in London and New York,
// and in Kiritimati as well, at 06:10 UTC on the ninth.
func TestDigest(t *testing.T) {
	t.Parallel()
	of := func(id, creator, at, source string, gross, net int64) string {
		return strings.ReplaceAll(row(id, at, source, gross, net, false), ava, creator)
	}
	w := newWarehouse(t, world+
		"UPDATE cfg.creators SET reporting_timezone = 'Europe/London' WHERE handle IN ('ava', 'dee', 'kiri'); UPDATE cfg.creators SET label = 'A' WHERE handle = 'ava'; UPDATE cfg.creators SET label = 'B' WHERE handle = 'bea'; UPDATE cfg.creators SET label = 'K' || chr(27) WHERE handle = 'kiri';"+
		"DELETE FROM cfg.creators WHERE handle LIKE '=cleo%'; DELETE FROM fanvue.creators WHERE handle IS NULL OR handle NOT IN ('ava', 'bea', 'dee', 'kiri', 'pago');"+
		"DELETE FROM fanvue.earnings; UPDATE fanvue.creators SET removed_at = TIMESTAMP '2026-03-01' WHERE handle = 'pago';"+
		of("a1", ava, "2026-03-08 10:00", "tip", 10000, 8000)+of("a2", ava, "2026-03-08 11:00", "refund", -1000, -800)+of("a3", ava, "2026-03-01 00:00", "tip", 100, 80)+
		of("a4", ava, "2026-03-09 00:00", "tip", 999, 999)+ // of today
		of("a5", ava, "2026-02-08 23:59:59", "tip", 5000, 4000)+of("a6", ava, "2026-02-09 00:00", "tip", 77, 77)+
		of("k1", kiri, "2026-03-02 10:00", "tip", 1000, 800)+of("k2", kiri, "2026-02-02 10:00", "tip", 2000, 1600)+
		of("p1", pago, "2026-03-08 10:00", "tip", 1000, 800)) // who is gone
	digest := func() Digest {
		d, err := MakeDigest(t.Context(), w.path, query.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	want := Digest{
		Lines: []string{
			"3/4 creators complete to 2026-03-08",
			"net of the month to date +44 % against the same days of the month before", // 7280 + 800 to 4000 + 1600
			"▲ A +82 %, ▼ K\\x1b −50 %",
			"refunds and chargebacks of the day: 1",
			"1 not complete: B (to 2026-02-09 19:00)", // New York; the tenth in UTC was not read
		},
		Amounts: []string{"net of the day 72.00 USD, of the month to date 80.80 USD", "refunds and chargebacks of the day -10.00 USD"},
	}
	if diff := cmp.Diff(want, digest()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	// What does not stand right is named though the money is complete: findings of
	// checks, and rows of the last run, not of those before, that nothing knows to type.
	w.change("INSERT INTO meta.checks (check_name, severity, creator_id, failures) VALUES ('a', 'data', '" + ava + "', 1), ('b', 'data', '" + ava + "', 2), ('c', 'data', '" + kiri + "', 0), ('d', 'data', NULL, 4);" +
		"INSERT INTO meta.slices (slice_id, creator_id, run_id, rejected_count) VALUES ('s1', '" + kiri + "', (SELECT arg_max(run_id, run_seq) FROM meta.runs), 3), ('s2', '" + dee + "', (SELECT arg_max(run_id, run_seq) FROM meta.runs), 1), ('s3', '" + ava + "', 'earlier', 5)")
	want.Lines = append(want.Lines, "checks found something of 1: A", "rows could not be typed of 2: K\\x1b, 1 other")
	if diff := cmp.Diff(want, digest()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	// On the first of a month the month to date is all of the last one.
	w.change("UPDATE meta.runs SET server_time = TIMESTAMP '2026-03-01 06:00' WHERE run_id = 'r1'")
	if got := digest(); got.Amounts[0] != "net of the day 0.00 USD, of the month to date 56.77 USD" {
		t.Errorf("got %q", got)
	}
	w.change("DELETE FROM fanvue.creators; DELETE FROM fanvue.earnings;")
	if got := digest(); len(got.Lines) != 1 || len(got.Amounts) != 0 {
		t.Errorf("got %q", got)
	}
}

// However many creators there are, it stays short and names only labels.
func TestDigestOfMany(t *testing.T) {
	t.Parallel()
	var all []digestCreator
	for i := range 300 {
		label := ""
		if i%2 == 0 {
			label = strings.Repeat("x", 64)
		}
		all = append(all, digestCreator{label: label, lastDay: "2026-03-08", complete: i%3 > 0, comparable: true, day: 1, month: int64(i), before: 100, reversals: 1, reversedOf: -1, checks: 1, rejects: int64(i)})
	}
	d := digestOf(all)
	if n := len(d.Lines) + len(d.Amounts); n > MaxDigestLines || !strings.Contains(strings.Join(d.Lines, "\n"), "100 not complete: ") || !strings.Contains(strings.Join(d.Lines, "\n"), ", 95 others") {
		t.Errorf("%d lines: %q", n, d)
	}
	for _, l := range d.Lines {
		if strings.Contains(l, "USD") {
			t.Errorf("an amount: %s", l)
		}
	}
}
