package statement

import (
	"bytes"
	"encoding/csv"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanlake/load"
	"fanlake/load/lookup"
	"fanlake/load/statement/document"
)

// Sales without their reversals are no month that is complete.
func TestMonthWithoutItsReversals(t *testing.T) {
	t.Parallel()
	slice := func(stream, surface string) string {
		return `INSERT INTO meta.slices (slice_id, stream, creator_id, window_start, window_end, is_complete, surface) VALUES
			('` + stream + surface + `', '` + stream + `', '` + ava + `', TIMESTAMP '2025-12-01', TIMESTAMP '2026-03-09', true, '` + surface + `');`
	}
	w := newWarehouse(t, world)
	o := options(t, w)
	for _, tt := range []struct {
		slices string
		state  document.State
		note   bool
	}{
		{slice("earnings", "v0"), document.Provisional, true},
		{slice("earnings", "bare") + slice("messages", "v0"), document.Provisional, true},
		{slice("earnings", "v0") + slice("reversals", "v0"), document.Final, false},
		{slice("earnings", "v0") + slice("earnings", "v1"), document.Final, false},
		{slice("earnings", "v1"), document.Final, false},
	} {
		w.change("DELETE FROM meta.slices;" + tt.slices)
		d := earnings(t, o, "ava", "2026-01").Document
		if note := strings.Contains(strings.Join(d.Notes, " "), "lacks refunds and chargebacks"); d.State != tt.state || note != tt.note {
			t.Errorf("%s: state %s, note %v", tt.slices, d.State, note)
		}
	}
}

// The home currency is told beside the dollars, at the rate of the month.
func TestHomeCurrency(t *testing.T) {
	t.Parallel()
	o := options(t, newWarehouse(t, world))
	o.FX = gbp("2026-02 0.75", "2026-03 0.7777")
	for _, test := range []struct{ creator, month, want string }{
		{"ava", "2026-02", `For information: net earnings are GBP 96.75 at 0.75 (monthly average, source "HMRC") of 2026-02.`},  // 129.00
		{"ava", "2026-03", `For information: net earnings are GBP 6.22 at 0.7777 (monthly average, source "HMRC") of 2026-03.`}, // 6.2216
		{"ava", "2026-01", "Not available in GBP: the user's table has no rate for 2026-01."},
		{"bea", "2026-02", ""}, // not read
	} {
		if got := strings.Join(earnings(t, o, test.creator, test.month).Document.Section(SectionSummary).Notes, "|"); got != test.want {
			t.Errorf("%s %s: got %q, want %q", test.creator, test.month, got, test.want)
		}
	}
}

func TestStatesAndAbsence(t *testing.T) {
	t.Parallel()
	o := options(t, newWarehouse(t, world))
	for _, test := range []struct {
		creator, month string
		state          document.State
		why            string
		missing        int
		this, previous string // net earnings
		change         bool
	}{
		{"ava", "2026-01", document.Final, "all rows are available", 0, "56.00", "0.00", false}, // December was read and had nothing
		{"ava", "2026-02", document.Provisional, "rows with a pending balance: 3; final on 2026-03-11 at the latest", 0, "129.00", "56.00", true},
		{"ava", "2026-03", document.Draft, "the month is open", 0, "8.00", "129.00", false},
		{"ava", "2025-12", document.Final, "all rows are available", 0, "0.00", "not available", false}, // November was not read
		{"bea", "2026-01", document.Final, "all rows are available", 0, "8.50", "not available", false}, // registered in January
		{"bea", "2026-02", document.Provisional, "parts of the month were not read", 1, "not available", "8.50", false},
		{"bea", "2026-03", document.Draft, "the month is open", 0, "0.00", "not available", false},
		{"dee", "2026-02", document.Final, "all rows are available", 0, "0.00", "0.00", false},
	} {
		s := earnings(t, o, test.creator, test.month)
		this, previous := cell(s, SectionSummary, "net_earnings", "this_month_cents"), cell(s, SectionSummary, "net_earnings", "previous_month_cents")
		change := s.Document.Section(SectionSummary).Cell("net_earnings", "change_bps").Known()
		d := s.Document
		if d.State != test.state || d.StateReason != test.why || len(d.Missing) != test.missing || this != test.this || previous != test.previous || change != test.change {
			t.Errorf("%s %s: got %s (%s), %d missing, %s after %s, change %v, want %+v", test.creator, test.month, d.State, d.StateReason, len(d.Missing), this, previous, change, test)
		}
	}
	s := earnings(t, o, "bea", "2026-02")
	want := []document.Window{{Start: time.Date(2026, 2, 10, 0, 0, 0, 0, time.UTC), End: time.Date(2026, 2, 11, 0, 0, 0, 0, time.UTC)}}
	if diff := cmp.Diff(want, s.Document.Missing); diff != "" {
		t.Errorf("missing of bea's February: (-want +got)\n%s", diff)
	}
	// The tenth in UTC is part of the ninth and the tenth in New York.
	for day, want := range map[string]string{"2026-02-08": "0.00", "2026-02-09": document.Absent, "2026-02-10": document.Absent, "2026-02-11": "0.00"} {
		if got := cell(s, SectionByDay, day, "net_cents"); got != want {
			t.Errorf("%s: got %s, want %s", day, got, want)
		}
	}
	var out bytes.Buffer
	if err := s.Document.Text(&out, document.TextOptions{}); err != nil || !strings.Contains(out.String(), "Not read  2026-02-10T00:00Z → 2026-02-11T00:00Z") {
		t.Errorf("got %v\n%s", err, out.String())
	}
	// With pending rows a month is final a number of days after its end.
	o.FinalAfter = 8
	if d := earnings(t, o, "ava", "2026-02").Document; d.State != document.Final || d.StateReason != "8 days after the month; rows with a pending balance: 3" {
		t.Errorf("8 days: %s (%s)", d.State, d.StateReason)
	}
}

func TestTheDefaultIsTheLastMonthThatIsOver(t *testing.T) {
	t.Parallel()
	w := newWarehouse(t, world)
	o := options(t, w)
	for now, want := range map[string]map[string]string{
		"2026-03-09 06:10": {"ava": "2026-02", "kiri": "2026-02"},
		"2026-03-31 10:00": {"ava": "2026-02", "kiri": "2026-03"}, // April has begun at +14:00
		"2026-04-01 10:59": {"pago": "2026-02", "kiri": "2026-03"},
		"2026-04-01 11:00": {"pago": "2026-03"},
	} {
		w.change("UPDATE meta.runs SET server_time = TIMESTAMP '" + now + "' WHERE run_id = 'r1'; UPDATE meta.coverage SET window_end = TIMESTAMP '2027-01-01' WHERE window_end > TIMESTAMP '2026-03-01'")
		for creator, month := range want {
			if d := earnings(t, o, creator, "").Document; d.Month != month {
				t.Errorf("%s of %s: got %s, want %s", now, creator, d.Month, month)
			}
		}
	}
}

func TestHostileNames(t *testing.T) {
	t.Parallel()
	o := options(t, newWarehouse(t, world))
	s := earnings(t, o, cleo, "2026-02") // 31 January 10:00 UTC is 1 February in Kiritimati
	var text, table, rows bytes.Buffer
	if err := errors.Join(s.Document.Text(&text, document.TextOptions{Whole: true}), s.Document.CSV(&table, document.CSVOptions{}), s.Document.TransactionsCSV(&rows, document.CSVOptions{})); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsRune(text.String(), 27) {
		t.Errorf("the text holds an escape: %q", text.String())
	}
	for _, out := range []*bytes.Buffer{&table, &rows} {
		records, err := csv.NewReader(out).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records[1:] {
			for _, cell := range r {
				number := strings.Trim(cell, "-0123456789.") == ""
				if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) && !number {
					t.Errorf("a spreadsheet reads %q as a formula", cell)
				}
			}
		}
	}
	if s.Document.Period.Start.Format(time.RFC3339) != "2026-01-31T10:00:00Z" || s.Document.State != document.Provisional {
		t.Errorf("got %v, %s", s.Document.Period, s.Document.State)
	}
	v := keep(t, o, s)
	if rel, err := filepath.Rel(o.Account, v.Path); err != nil || rel != filepath.Join("statements", "_cleo__2j-33333333", "2026-02", "v1") {
		t.Errorf("kept in %s, %v", rel, err)
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	o := options(t, newWarehouse(t, world))
	for _, test := range []struct {
		p    Params
		is   error
		want string
	}{
		{Params{Creator: "nobody"}, lookup.ErrNoCreator, `no such creator as nobody: there are =cleo\x1b[2J, ava, bea, dee, kiri, pago`},
		{Params{}, lookup.ErrNoCreator, `there are several creators: name one of =cleo\x1b[2J, ava, bea, dee, kiri, pago`},
		{Params{Creator: "ava", Month: firstOf("2024-05")}, ErrNoMonth, "no data for the month 2024-05 of ava, which was not read: there are 2026-01, 2026-02, 2026-03"},
		{Params{Creator: "ava", Month: firstOf("2026-04")}, ErrAhead, "no data for the month 2026-04 of ava, which had not begun when the last run ended: there are 2026-01, 2026-02, 2026-03"},
		{Params{Creator: "bea", Month: firstOf("2025-12")}, ErrUnregistered, "no data for the month 2025-12 of bea, which was over before the creator registered: there are 2026-01"},
		{Params{Creator: "ava", Month: firstOf("2026-01"), Restate: true}, ErrRestate, "nothing to restate: 2026-01 of ava has no final statement yet"},
	} {
		_, err := Earnings(t.Context(), o, test.p)
		if !errors.Is(err, test.is) || err.Error() != test.want {
			t.Errorf("%+v: got %v, want %s", test.p, err, test.want)
		}
	}
	if _, err := Earnings(t.Context(), Options{Warehouse: filepath.Join(t.TempDir(), "none")}, Params{}); !errors.Is(err, load.ErrNotPublished) {
		t.Errorf("no file: got %v", err)
	}
	if got, err := Creators(t.Context(), o.Warehouse); err != nil || len(got) != 6 {
		t.Errorf("creators: got %v, %v", got, err)
	}
}

func TestStartOfDay(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ zone, day, want string }{
		{"Europe/London", "2026-07-01", "2026-06-30T23:00:00Z"},
		{"Europe/London", "2026-01-01", "2026-01-01T00:00:00Z"},
		{"America/New_York", "2026-11-01", "2026-11-01T04:00:00Z"}, // the clock goes back later that day
		{"America/New_York", "2026-12-01", "2026-12-01T05:00:00Z"},
		{"Pacific/Kiritimati", "2026-02-01", "2026-01-31T10:00:00Z"},
		{"Pacific/Pago_Pago", "2026-02-01", "2026-02-01T11:00:00Z"},
		{"Asia/Beirut", "2026-03-29", "2026-03-28T22:00:00Z"},         // no midnight: 00:00 is 01:00
		{"Africa/Cairo", "2026-05-01", "2026-04-30T21:00:00Z"},        // the clock went forward a week before
		{"America/Asuncion", "2017-10-01", "2017-10-01T04:00:00Z"},    // no midnight on the first of the month
		{"Australia/Lord_Howe", "2026-05-01", "2026-04-30T13:30:00Z"}, // half an hour of summer time
	} {
		loc, err := time.LoadLocation(test.zone)
		if err != nil {
			t.Fatal(err)
		}
		day, err := time.Parse(time.DateOnly, test.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := startOfDay(loc, day.Year(), day.Month(), day.Day()).Format(time.RFC3339); got != test.want {
			t.Errorf("%s in %s: got %s, want %s", test.day, test.zone, got, test.want)
		}
	}
}
