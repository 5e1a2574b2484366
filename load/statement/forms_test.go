package statement

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"fanlake/load/statement/document"
	"fanlake/load/statement/record"
)

// TestMain is this binary as a process of its own, too.
func TestMain(m *testing.M) {
	if warehouse := os.Getenv("STATEMENT_TEST_WAREHOUSE"); warehouse != "" {
		o := Options{Warehouse: warehouse, Account: os.Getenv("STATEMENT_TEST_ACCOUNT"), Owner: "the agency", ToolVersion: "1.2.3"}
		for _, month := range []string{"2026-02", "2026-03"} {
			s, err := Earnings(context.Background(), o, Params{Creator: "ava", Month: firstOf(month)})
			if err == nil {
				_, err = Keep(o, s)
			}
			if err == nil {
				_, err = Export{Dir: filepath.Join(o.Account, "copy"), Formats: Formats()}.Write(s)
			}
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// Two processes in other time zones and locales, on copies of a warehouse, write
// the same bytes.
func TestTheSameBytesAnywhere(t *testing.T) {
	t.Parallel()
	w := newWarehouse(t, edges)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(w.path)
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]string
	for _, env := range [][]string{{"TZ=UTC", "LANG=C", "LC_ALL=C"}, {"TZ=Pacific/Kiritimati", "LANG=de_DE.UTF-8", "LC_ALL=de_DE.UTF-8"}, {"TZ=America/St_Johns", "LANG=tr_TR.UTF-8"}} {
		dir := t.TempDir()
		warehouse, account := filepath.Join(dir, "elsewhere.duckdb"), filepath.Join(dir, "account")
		if err := os.WriteFile(warehouse, text, 0o400); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), self)
		cmd.Env = append(os.Environ(), append(env, "STATEMENT_TEST_WAREHOUSE="+warehouse, "STATEMENT_TEST_ACCOUNT="+account)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", env, err, out)
		}
		all = append(all, hashes(t, account))
	}
	if n := len(all[0]); n != 2*8+2*8 { // the record, and copies in all forms
		t.Errorf("%d files: %v", n, all[0])
	}
	for _, other := range all[1:] {
		if diff := cmp.Diff(all[0], other); diff != "" {
			t.Errorf("other bytes (-first +other)\n%s", diff)
		}
	}
}

// In random worlds the CSV and XLSX forms add up to what the marts say, to the
// cent.
func TestFormsEqualTheWarehouse(t *testing.T) {
	t.Parallel()
	worlds := 20
	if os.Getenv("FANLAKE_LONG") == "1" {
		worlds = 500
	}
	w := newWarehouse(t, edges)
	o := options(t, w)
	for seed := range worlds {
		w.change("DELETE FROM fanvue.earnings;" + randomRows(uint64(seed)))
		for _, name := range []string{"ava", "kiri"} {
			s := earnings(t, o, name, "2026-03")
			addUp(t, s)
			compareForms(t, w, s, seed)
		}
	}
}

// randomRows are earnings of a random world: sales around the edges of March,
// and reversals of some of them, of others, and of none.
func randomRows(seed uint64) string {
	random := rand.New(rand.NewPCG(seed, 5))
	sources := []string{"subscription", "renewal", "message", "post", "tip", "referral", "giveaway", "new" + strconv.FormatUint(seed, 10)}
	start := time.Date(2026, 2, 27, 0, 0, 0, 0, time.UTC)
	var b strings.Builder
	b.WriteString("INSERT INTO fanvue.earnings (earning_id, creator_id, earned_at, source, gross_cents, net_cents, transaction_order_id, reversed_transaction_order_id, transaction_order_status, fan_id) VALUES ")
	rows := 1 + random.IntN(120)
	for i := range rows {
		at := start.Add(time.Duration(random.Int64N(int64(35 * 24 * time.Hour)))).Truncate(time.Microsecond)
		creator := []string{ava, kiri}[random.IntN(2)]
		source, gross := sources[random.IntN(len(sources))], random.Int64N(99999)+1
		reversed, fan := "NULL", fmt.Sprintf("'f%d'", random.IntN(9))
		if random.IntN(8) == 0 {
			fan = "NULL"
		}
		if random.IntN(4) == 0 {
			source, gross = []string{"refund", "chargeback", source}[random.IntN(3)], -gross
			reversed = fmt.Sprintf("'o%d'", random.IntN(2*rows))
		}
		net := gross - gross*random.Int64N(30)/100
		fmt.Fprintf(&b, "(uuid(), '%s', '%s', '%s', %d, %d, 'o%d', %s, 'availableForPayout', %s),", creator, at.Format("2006-01-02 15:04:05.999999"), source, gross, net, i, reversed, fan)
	}
	return strings.TrimSuffix(b.String(), ",")
}

// compareForms holds the CSV, XLSX, HTML and PDF of a statement against agg_creator_month
// and agg_creator_month_source.
func compareForms(t *testing.T, w *warehouse, s *Statement, seed int) {
	t.Helper()
	want := map[string]int64{}
	w.open()
	defer w.db.Close()
	query := `SELECT name, cents FROM (
		UNPIVOT (SELECT gross_sales_cents AS gross_sales, refunds_gross_cents AS refunds, chargebacks_gross_cents AS chargebacks, net_sales_cents AS net_sales, -platform_fees_cents AS platform_fees,
			rewards_cents AS rewards, net_earnings_cents AS net_earnings FROM mart.agg_creator_month WHERE creator_id = $1 AND earned_month = DATE '2026-03-01')
		ON COLUMNS(*) INTO NAME name VALUE cents)
		UNION ALL SELECT 'net of ' || source, net_cents FROM mart.agg_creator_month_source WHERE creator_id = $1 AND earned_month = DATE '2026-03-01'`
	rows, err := w.db.QueryContext(t.Context(), strings.ReplaceAll(query, "$1", "'"+s.Document.Creator.ID+"'"))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var cents int64
		if err := rows.Scan(&name, &cents); err != nil {
			t.Fatal(err)
		}
		want[name] = cents
	}
	printed(t, s.Document, want)
	inCSV, inBook := csvFigures(t, s.Document), bookFigures(t, s.Document)
	for name, cents := range want {
		if inCSV[name] != cents || inBook[name] != cents {
			t.Errorf("seed %d, %s: %s is %d in the warehouse, %d in CSV, %d in XLSX", seed, s.Document.ID, name, cents, inCSV[name], inBook[name])
		}
	}
	if net := want["net_earnings"]; inCSV["net of the rows"] != net || inBook["net of the rows"] != net {
		t.Errorf("seed %d, %s: the rows come to %d in CSV and %d in XLSX, want %d", seed, s.Document.ID, inCSV["net of the rows"], inBook["net of the rows"], net)
	}
}

// cents reads dollars as they are written.
func cents(t *testing.T, text string) int64 {
	t.Helper()
	sign := int64(1)
	digits, negative := strings.CutPrefix(text, "-")
	if negative {
		sign = -1
	}
	whole, part, _ := strings.Cut(digits, ".")
	v, err := strconv.ParseInt(whole+(part + "00")[:2], 10, 64)
	if err != nil || len(part) > 2 {
		t.Fatalf("%q is no amount: %v", text, err)
	}
	return sign * v
}

// csvFigures reads the two CSV forms by the names of their columns.
func csvFigures(t *testing.T, d *document.Document) map[string]int64 {
	t.Helper()
	got := map[string]int64{}
	for r := range csvRows(t, d.CSV) {
		switch {
		case r["section"] == SectionSummary && r["figure"] == "this_month":
			got[r["line"]] = cents(t, r["value"])
			if r["cents"] != strconv.FormatInt(got[r["line"]], 10) {
				t.Errorf("%s: %s dollars beside %s cents", r["line"], r["value"], r["cents"])
			}
		case r["section"] == SectionBySource && r["figure"] == "net":
			got["net of "+r["line"]] += cents(t, r["value"])
		}
	}
	for r := range csvRows(t, d.TransactionsCSV) {
		got["net of the rows"] += cents(t, r["net"])
	}
	return got
}

func csvRows(t *testing.T, write func(io.Writer, document.CSVOptions) error) func(func(map[string]string) bool) {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out, document.CSVOptions{}); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return func(yield func(map[string]string) bool) {
		for _, r := range records[1:] {
			row := map[string]string{}
			for i, name := range records[0] {
				row[name] = r[i]
			}
			if !yield(row) {
				return
			}
		}
	}
}

// bookFigures reads the workbook by what people see in it: labels and heads.
func bookFigures(t *testing.T, d *document.Document) map[string]int64 {
	t.Helper()
	var out bytes.Buffer
	if err := d.Workbook(&out); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sheet := func(name string) [][]string {
		rows, err := f.GetRows(name, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	labels := map[string]string{}
	for _, l := range summaryLines() {
		labels[l.label] = l.name
	}
	got := map[string]int64{}
	inTable := false
	for _, r := range sheet(document.SheetSummary) {
		if len(r) < 2 {
			inTable = false
			continue
		}
		if inTable && labels[r[0]] != "" {
			got[labels[r[0]]] = cents(t, r[1])
		}
		inTable = inTable || r[0] == "1 Summary"
	}
	sources := map[string]string{}
	for _, r := range d.Section(SectionBySource).Rows {
		sources[r.Label] = r.Name
	}
	for _, r := range sheet(document.SheetBySource)[1:] {
		if len(r) < 7 {
			break
		}
		got["net of "+sources[r[0]]] += cents(t, r[6])
	}
	column := 0
	for i, r := range sheet(document.SheetTransactions) {
		if i == 0 {
			for j, head := range r {
				if head == "Net" {
					column = j
				}
			}
			continue
		}
		got["net of the rows"] += cents(t, r[column])
	}
	return got
}

// A copy with names has them in the transactions alone, and what is kept has none.
func TestNamesAreInCopiesAlone(t *testing.T) {
	t.Parallel()
	o := options(t, newWarehouse(t, edges))
	s := earnings(t, o, "ava", "2026-03")
	v := keep(t, o, s)
	const name = "=SurelyNobody"
	folder, err := Export{Dir: t.TempDir(), Formats: Formats()[:1], Names: map[string]string{"f1": name}, Options: FormatOptions{CSV: document.CSVOptions{DecimalComma: true}}}.Write(s)
	if err != nil {
		t.Fatal(err)
	}
	if rel := filepath.Join("ava", "2026-03", "v1"); !strings.HasSuffix(folder, rel) {
		t.Errorf("the copy is in %s, want %s", folder, rel)
	}
	for _, place := range []struct {
		folder string
		named  bool
		files  int
	}{{v.Path, false, 8}, {folder, true, 3}} {
		found := false
		entries, err := os.ReadDir(place.folder)
		if err != nil || len(entries) != place.files {
			t.Fatalf("%s has %v, %v", place.folder, entries, err)
		}
		for _, e := range entries {
			text, err := os.ReadFile(filepath.Join(place.folder, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v, %v", e.Name(), info.Mode(), err)
			}
			found = found || bytes.Contains(text, []byte("'"+name))
			if ext := filepath.Ext(e.Name()); ext != ".xlsx" && ext != ".pdf" && !bytes.Contains(text, []byte("not for resale")) {
				t.Errorf("%s has no notice", e.Name())
			}
		}
		if found != place.named {
			t.Errorf("%s names a fan: %v, want %v", place.folder, found, place.named)
		}
	}
	if err := v.Check(); err != nil {
		t.Error(err)
	}
}

// Balances and subscribers stand there where reads bound the month, and only
// there.
func TestBalanceAndAudience(t *testing.T) {
	t.Parallel()
	read := func(stream, at string) string {
		table := map[string]string{"account": "account_snapshots", "subscribers": "subscribers"}[stream]
		return fmt.Sprintf(`INSERT INTO meta.slices (slice_id, stream, table_name, creator_id, walk_start_at, walk_end_at, is_complete) VALUES ('%s%s', '%[1]s', '%[3]s', '%[4]s', TIMESTAMP '%[2]s', TIMESTAMP '%[2]s', true);`, stream, at, table, ava)
	}
	snapshot := func(at string, cents int64, payout string) string {
		return fmt.Sprintf(`INSERT INTO fanvue.account_snapshots (creator_id, fetched_at, available_balance_cents, last_payout_at) VALUES ('%s', TIMESTAMP '%s', %d, %s);`, ava, at, cents, payout)
	}
	fan := func(id, from, to string) string {
		return fmt.Sprintf(`INSERT INTO fanvue.subscribers_history VALUES ('%s', '%s', TIMESTAMP '%s', %s);`, ava, id, from, to)
	}
	w := newWarehouse(t, edges)
	o := options(t, w)
	check := func(what string, want map[[2]string]string) {
		t.Helper()
		s := earnings(t, o, "ava", "2026-03")
		for at, text := range want {
			column := map[string]string{SectionBalance: "amount_cents", SectionAudience: "value"}[at[0]]
			if got := cell(s, at[0], at[1], column); got != text {
				t.Errorf("%s: %v is %s, want %s", what, at, got, text)
			}
		}
	}
	nothing := map[[2]string]string{{SectionBalance, "opening"}: document.Absent, {SectionBalance, "payouts"}: document.Absent, {SectionBalance, "closing"}: document.Absent,
		{SectionAudience, "subscribers_start"}: document.Absent, {SectionAudience, "subscribers_end"}: document.Absent}
	check("nothing was read", nothing)
	// A balance that was read a week before says nothing of the first of March.
	w.change(read("account", "2026-02-22 03:00") + snapshot("2026-02-22 03:00", 500, "NULL") + read("account", "2026-04-01 03:00") + read("subscribers", "2026-02-20 03:00"))
	check("too early", map[[2]string]string{{SectionBalance, "opening"}: document.Absent, {SectionBalance, "payouts"}: document.Absent, {SectionBalance, "closing"}: "5.00"})
	// The snapshot of the 22nd still held when the account was read on the 28th.
	w.change(read("account", "2026-02-28 03:00"))
	check("no payout", map[[2]string]string{{SectionBalance, "opening"}: "5.00", {SectionBalance, "payouts"}: "0.00", {SectionBalance, "closing"}: "5.00"})
	w.change(snapshot("2026-04-01 03:00", 700, "TIMESTAMP '2026-03-15 12:00'"))
	check("a payout", map[[2]string]string{{SectionBalance, "opening"}: "5.00", {SectionBalance, "payouts"}: document.Absent, {SectionBalance, "closing"}: "7.00"})
	// f1 stays, f2 leaves, f3 comes, f4 comes and leaves, f5 leaves and comes back, f6 comes later.
	w.change(read("subscribers", "2026-02-27 03:00") + read("subscribers", "2026-04-03 03:00") +
		fan("f1", "2026-02-27 03:00", "NULL") + fan("f2", "2026-02-27 03:00", "TIMESTAMP '2026-03-10 03:00'") + fan("f3", "2026-03-10 03:00", "NULL") +
		fan("f4", "2026-03-10 03:00", "TIMESTAMP '2026-03-17 03:00'") + fan("f5", "2026-02-27 03:00", "TIMESTAMP '2026-03-10 03:00'") + fan("f5", "2026-03-17 03:00", "NULL") +
		fan("f6", "2026-04-03 03:00", "NULL"))
	check("subscribers", map[[2]string]string{{SectionAudience, "subscribers_start"}: "3", {SectionAudience, "subscribers_new"}: "1",
		{SectionAudience, "subscribers_churned"}: "1", {SectionAudience, "subscribers_end"}: "3"})
}

// The platform's own summary is held against the rows of whole UTC days.
func TestReconciliation(t *testing.T) {
	t.Parallel()
	day := func(date string, cents int64, fetched string) string {
		return fmt.Sprintf(`INSERT INTO fanvue.earnings_summary_days (creator_id, period_date, timezone, gross_cents, net_cents, fetched_at) VALUES ('%s', DATE '%s', 'UTC', %d, 0, TIMESTAMP '%s');`, ava, date, cents, fetched)
	}
	w := newWarehouse(t, edges)
	o := options(t, w)
	const later = "2026-04-20 06:00"
	// 1 March is a whole UTC day; 31 March ends an hour before its own.
	w.change(day("2026-02-28", 99999, later) + day("2026-03-05", 0, later) + day("2026-03-10", 850, later) + day("2026-03-11", 1500, later) +
		day("2026-03-12", 1, "2026-03-12 23:00") + day("2026-03-31", 99999, later))
	values := func() string {
		s := earnings(t, o, "ava", "2026-03")
		var all []string
		for _, row := range []string{"summary_days", "summary_gross", "ledger_gross", "summary_difference", "summary_verdict"} {
			all = append(all, cell(s, SectionReconciliation, row, "value"))
		}
		return strings.Join(all, ", ")
	}
	if got, want := values(), "3 of 30, 23.50, 23.50, 0.00, OK"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	w.change("UPDATE fanvue.earnings_summary_days SET gross_cents = 900 WHERE period_date = DATE '2026-03-10'")
	if got, want := values(), "3 of 30, 24.00, 23.50, -0.50, FAIL"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	// Such a month waits for the rows that may be missing, as long as it may.
	o.FinalAfter = maxFinalAfter
	s := earnings(t, o, "ava", "2026-03")
	if want := "the platform's own sums differ by -0.50; final on 2026-05-01 at the latest"; s.Document.State != document.Provisional || s.Document.StateReason != want {
		t.Errorf("got %s, %s; want provisional, %s", s.Document.State, s.Document.StateReason, want)
	}
}

// Lines come back from Parquet as they went in.
func TestLinesReadBack(t *testing.T) {
	t.Parallel()
	o := options(t, newWarehouse(t, edges))
	s := earnings(t, o, "ava", "2026-03")
	v := keep(t, o, s)
	lines, err := v.Lines()
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.Lines {
		s.Lines[i].SourceLabel = "" // not kept
	}
	if diff := cmp.Diff(s.Lines, lines); diff != "" {
		t.Errorf("(-written +read)\n%s", diff)
	}
	if record.ContentHash(lines) != v.ContentHash {
		t.Error("the content hash is another")
	}
}
