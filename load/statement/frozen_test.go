package statement

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fanlake/load"
	"fanlake/load/statement/document"
	"fanlake/load/statement/record"
)

// row is an earning of ava's that comes into the warehouse.
func row(id, at, source string, gross, net int64, pending bool) string {
	status := "availableForPayout"
	if pending {
		status = "pendingBalance"
	}
	return fmt.Sprintf(`INSERT INTO fanvue.earnings (earning_id, creator_id, earned_at, source, gross_cents, net_cents, transaction_order_status, fan_id)
		VALUES (CAST(md5('%s') AS UUID), '%s', TIMESTAMP '%s', '%s', %d, %d, '%s', 'f1');`, id, ava, at, source, gross, net, status)
}

// until moves the last run, and what was read, to another instant.
func until(run, at string) string {
	return fmt.Sprintf(`UPDATE meta.runs SET run_id = '%s', server_time = TIMESTAMP '%s'; UPDATE meta.coverage SET window_end = TIMESTAMP '%[2]s' - INTERVAL 15 MINUTE;`, run, at)
}

// hashes are those of all files below a folder, by their path.
func hashes(t *testing.T, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == ".lock" {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(folder, path)
		all[filepath.ToSlash(rel)] = fmt.Sprintf("%x", sha256.Sum256(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// changes are adjustments as text: month, what, net.
func changes(lines []record.Line) string {
	var all []string
	for _, l := range lines {
		if l.LineType == record.Adjustment {
			all = append(all, fmt.Sprintf("%s %s %s", l.PeriodMonth.Format("2006-01"), l.ChangeType, document.Dollars(l.Net)))
		}
	}
	return strings.Join(all, ", ")
}

// viewed is what mart.rpt_prior_period_adjustments says of the statements that
// are kept, loaded by the statements that load uses.
func (w *warehouse) viewed(o Options) string {
	w.t.Helper()
	w.change("DELETE FROM meta.statements; DELETE FROM load.statement_lines")
	w.open()
	defer w.db.Close()
	paths, err := filepath.Glob(filepath.Join(o.Account, "statements", "*", "*", "v*"))
	if err != nil {
		w.t.Fatal(err)
	}
	slices.Reverse(paths) // in whatever order
	for _, path := range paths {
		manifest, err := os.ReadFile(filepath.Join(path, "manifest.json"))
		if err != nil {
			w.t.Fatal(err)
		}
		if !strings.Contains(string(manifest), `"state": "final"`) {
			continue
		}
		w.exec("SET VARIABLE statement_path = ?", path)
		w.exec("SET VARIABLE statement_manifest = ?", string(manifest))
		w.exec("SET VARIABLE statement_hash = 'h'")
		w.exec("SET VARIABLE statement_lines = ?", filepath.Join(path, "lines.parquet"))
		w.exec(file(w.t, "fold/statement.sql"))
	}
	var all []string
	rows, err := w.db.QueryContext(w.t.Context(), `SELECT strftime(period_month, '%Y-%m'), change_type, net_delta_cents
		FROM mart.rpt_prior_period_adjustments a ORDER BY period_month, (SELECT earned_at FROM mart.fct_earnings f WHERE f.earning_id = a.earning_id), change_type`)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var month, change string
		var net int64
		if err := rows.Scan(&month, &change, &net); err != nil {
			w.t.Fatal(err)
		}
		all = append(all, month+" "+change+" "+document.Dollars(net))
	}
	return strings.Join(all, ", ")
}

// A refund that comes after the statement, rows that disappear and amounts that
// change: the final statement stays to the byte, the next one reports it once,
// and a new version says what differs. What all statements say and what is still
// to be told is what the warehouse has, at every step.
func TestLaterChanges(t *testing.T) {
	t.Parallel()
	w := newWarehouse(t, edges)
	o := options(t, w)
	conserved := func() {
		t.Helper()
		view := w.viewed(o)
		w.open()
		defer w.db.Close()
		var told, pending, now int64
		if err := w.db.QueryRowContext(t.Context(), `SELECT
			(SELECT coalesce(sum(net_cents), 0)::BIGINT FROM mart.fct_statement_lines WHERE is_current),
			(SELECT coalesce(sum(net_delta_cents), 0)::BIGINT FROM mart.rpt_prior_period_adjustments),
			(SELECT coalesce(sum(f.net_cents), 0)::BIGINT FROM mart.fct_earnings f JOIN meta.statements s
				ON s.is_current AND s.creator_id = f.creator_id AND f.earned_at >= s.window_start AND f.earned_at < s.window_end)`).Scan(&told, &pending, &now); err != nil {
			t.Fatal(err)
		}
		if told+pending != now {
			t.Errorf("statements say %d, %d is to be told (%s), the warehouse has %d", told, pending, view, now)
		}
	}
	february := keep(t, o, earnings(t, o, "ava", "2026-02"))
	frozen := hashes(t, february.Path)
	if got := w.viewed(o); got != "" {
		t.Errorf("nothing has changed, got %s", got)
	}

	// A refund of February comes in late, a sale of it disappears.
	w.change(row("late", "2026-02-27 12:00", "refund", -1000, -800, false) + `UPDATE fanvue.earnings SET removed_at = TIMESTAMP '2026-04-21' WHERE earning_id = CAST(md5('a3') AS UUID);` +
		until("r2", "2026-04-21 06:00"))
	again := earnings(t, o, "ava", "2026-02")
	const changed = "2026-02 disappeared -8.00, 2026-02 late_row -8.00"
	if got := changes(again.Changed); got != changed {
		t.Errorf("February changed by %s, want %s", got, changed)
	}
	if got, want := w.viewed(o), "2026-02 late_row -8.00, 2026-02 disappeared -8.00"; got != want {
		t.Errorf("the view has %s, want %s", got, want)
	}
	if got := cell(again, SectionSummary, "net_earnings", "this_month_cents"); got != "128.00" {
		t.Errorf("the final statement says %s", got)
	}
	keep(t, o, again)
	if diff := cmp.Diff(frozen, hashes(t, february.Path)); diff != "" {
		t.Errorf("a final statement changed (-was +is)\n%s", diff)
	}

	// March reports it, and April does not again.
	march := earnings(t, o, "ava", "2026-03")
	if got := changes(march.Lines); got != changed {
		t.Errorf("March adjusts %s, want %s", got, changed)
	}
	addUp(t, march)
	for row, want := range map[string]string{"net_earnings": "-73.00", "prior_period_adjustments": "-16.00", "net_with_adjustments": "-89.00"} {
		if got := cell(march, SectionSummary, row, "this_month_cents"); got != want {
			t.Errorf("March: %s is %s, want %s", row, got, want)
		}
	}
	if got := cell(march, SectionSummary, "net_earnings", "previous_month_cents"); got != "128.00" {
		t.Errorf("March shows February as %s, not as February's statement does", got)
	}
	keep(t, o, march)
	conserved()
	if got := changes(earnings(t, o, "ava", "2026-02").Changed); got != "" {
		t.Errorf("February's changes are told by March, got %s", got)
	}
	w.change(until("r3", "2026-05-20 06:00"))
	april := earnings(t, o, "ava", "2026-04")
	if got := changes(april.Lines); got != "" || april.Document.State != document.Final {
		t.Errorf("April adjusts %s, state %s", got, april.Document.State)
	}

	// February gets a second version, so what March said of it is taken back by April.
	second, err := Earnings(t.Context(), o, Params{Creator: "ava", Month: firstOf("2026-02"), Restate: true})
	if err != nil {
		t.Fatal(err)
	}
	d := second.Document
	if d.ID != "AVA-2026-02" || d.Version != 2 || d.Supersedes != 1 || d.State != document.Final || len(d.Versions) != 2 || d.Versions[0].ContentHash != february.ContentHash {
		t.Errorf("got %s v%d for v%d, %s, %+v", d.ID, d.Version, d.Supersedes, d.State, d.Versions)
	}
	for at, want := range map[[2]string]string{
		{"net_earnings", "this_version_cents"}: "112.00", {"net_earnings", "replaced_version_cents"}: "128.00", {"net_earnings", "difference_cents"}: "-16.00",
		{"gross_sales", "difference_cents"}: "-10.00", {"refunds", "difference_cents"}: "-10.00",
	} {
		if got := cell(second, SectionDifference, at[0], at[1]); got != want {
			t.Errorf("difference of %v: %s, want %s", at, got, want)
		}
	}
	if rows := d.Section(SectionDifferingRows).Rows; len(rows) != 3 || rows[2].Cells[4] != document.Cents(-1600) {
		t.Errorf("rows that differ: %+v", rows)
	}
	keep(t, o, second)
	if diff := cmp.Diff(frozen, hashes(t, february.Path)); diff != "" {
		t.Errorf("version 1 changed (-was +is)\n%s", diff)
	}
	conserved()
	april = earnings(t, o, "ava", "2026-04")
	if got, want := changes(april.Lines), "2026-02 disappeared 8.00, 2026-02 amount_changed 8.00"; got != want {
		t.Errorf("April adjusts %s, want %s", got, want)
	}
	keep(t, o, april)
	conserved()
	if got := w.viewed(o); got != "" {
		t.Errorf("everything is told, the view has %s", got)
	}

	// The month that is said now is the second version; it has nothing to restate.
	if s := earnings(t, o, "ava", "2026-02"); s.Document.Version != 2 || s.Kept == nil {
		t.Errorf("got version %d", s.Document.Version)
	}
	if _, err := Earnings(t.Context(), o, Params{Creator: "ava", Month: firstOf("2026-04"), Restate: true}); !errors.Is(err, ErrRestate) {
		t.Errorf("a restatement of what is still so: %v", err)
	}
}

// A statement that is not final is written again; the one that takes its place
// is frozen.
func TestProvisionalIsReplaced(t *testing.T) {
	t.Parallel()
	w := newWarehouse(t, edges)
	o := options(t, w)
	w.change(until("r0", "2026-04-02 06:00") + row("pending", "2026-03-20 10:00", "tip", 1000, 800, true))
	first := earnings(t, o, "ava", "2026-03")
	if v := keep(t, o, first); v.Final() || first.Document.State != document.Provisional {
		t.Fatalf("got %s", first.Document.State)
	}
	if w.viewed(o) != "" {
		t.Error("a provisional statement closes nothing")
	}
	w.change("UPDATE fanvue.earnings SET transaction_order_status = 'availableForPayout';" + until("r1", "2026-04-03 06:00"))
	second := earnings(t, o, "ava", "2026-03")
	v := keep(t, o, second)
	if !v.Final() || v.Version != 1 || len(second.Document.Versions) != 1 {
		t.Errorf("got %s v%d", second.Document.State, v.Version)
	}
	if _, err := Keep(o, first); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a provisional statement over a final one: %v", err)
	}
	if entries, err := os.ReadDir(filepath.Dir(v.Path)); err != nil || len(entries) != 1 {
		t.Errorf("beside it stand %v, %v", entries, err)
	}
}

// Who moves to another time zone keeps the statements there are, and no instant
// falls between two statements or into both.
func TestAnotherTimeZone(t *testing.T) {
	t.Parallel()
	w := newWarehouse(t, edges)
	o := options(t, w)
	w.change(row("zone", "2026-03-01 02:00", "tip", 10000, 9000, false)) // March in London, February in New York
	february := keep(t, o, earnings(t, o, "ava", "2026-02"))
	w.change("UPDATE cfg.creators SET reporting_timezone = 'America/New_York' WHERE handle = 'ava'")
	if s := earnings(t, o, "ava", "2026-02"); s.Document.Timezone != "Europe/London" || len(s.Changed) != 0 || s.Kept.ContentHash != february.ContentHash {
		t.Errorf("February is now in %s, changed by %s", s.Document.Timezone, changes(s.Changed))
	}
	march := earnings(t, o, "ava", "2026-03")
	d := march.Document
	if !d.Period.Start.Equal(february.PeriodEnd) || d.Timezone != "America/New_York" || changes(march.Lines) != "" {
		t.Errorf("March is from %v in %s and adjusts %s", d.Period.Start, d.Timezone, changes(march.Lines))
	}
	if got := cell(march, SectionByDay, "2026-02-28", "gross_cents"); got != "100.00" {
		t.Errorf("its first day, in New York still February, has %s", got)
	}
	addUp(t, march)
}

// Files that somebody changed are noticed, named, and never printed as final.
func TestModifiedByHand(t *testing.T) {
	t.Parallel()
	w := newWarehouse(t, edges)
	o := options(t, w)
	v := keep(t, o, earnings(t, o, "ava", "2026-02"))
	path := filepath.Join(v.Path, "statement.csv")
	if err := os.WriteFile(path, []byte("more money"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, month := range []string{"2026-02", "2026-03"} {
		_, err := Earnings(t.Context(), o, Params{Creator: "ava", Month: firstOf(month)})
		if !errors.Is(err, record.ErrModified) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "--restate") {
			t.Errorf("%s: got %v", month, err)
		}
	}
	s, err := Earnings(t.Context(), o, Params{Creator: "ava", Month: firstOf("2026-02"), Restate: true})
	if err != nil || s.Document.Version != 2 {
		t.Fatalf("a new version: %v", err)
	}
	keep(t, o, s)
	if got := earnings(t, o, "ava", "2026-03"); got.Document.State != document.Final {
		t.Errorf("March behind it is %s", got.Document.State)
	}
}

// Who is called another name finds the old statements, and two whose names look
// the same to a file system stay apart.
func TestFolders(t *testing.T) {
	t.Parallel()
	w := newWarehouse(t, edges)
	o := options(t, w)
	keep(t, o, earnings(t, o, "ava", "2026-02"))
	w.change("UPDATE fanvue.creators SET handle = 'AVA' WHERE handle = 'dee'; UPDATE fanvue.creators SET handle = 'eva' WHERE handle = 'ava'; UPDATE cfg.creators SET handle = 'eva' WHERE handle = 'ava'")
	old := earnings(t, o, "eva", "2026-02")
	if old.Kept == nil || old.Document.ID != "AVA-2026-02" || old.Document.Creator.Handle != "ava" {
		t.Errorf("got %s of %s", old.Document.ID, old.Document.Creator.Handle)
	}
	other := earnings(t, o, "AVA", "2026-02")
	if v := keep(t, o, other); filepath.Base(filepath.Dir(filepath.Dir(v.Path))) != "ava-44444444" || other.Document.ID != "AVA-44444444-2026-02" {
		t.Errorf("got %s in %s", other.Document.ID, v.Path)
	}
}

// What load makes of the folders: rows while they are there, the version before
// where one is gone, and the same again when everything is made anew.
func TestStatementsOutliveARebuild(t *testing.T) {
	t.Parallel()
	w := newWarehouse(t, edges)
	o := options(t, w)
	keep(t, o, earnings(t, o, "ava", "2026-02"))
	w.change(row("late", "2026-02-27 12:00", "refund", -1000, -800, false) + until("r2", "2026-04-21 06:00"))
	s, err := Earnings(t.Context(), o, Params{Creator: "ava", Month: firstOf("2026-02"), Restate: true})
	if err != nil {
		t.Fatal(err)
	}
	second := keep(t, o, s)
	wh, err := load.Open(t.Context(), load.Options{Dir: o.Account, Account: "a", Owner: "11111111-2222-3333-4444-555555555555", KeyFingerprint: "k"})
	if err != nil {
		t.Fatal(err)
	}
	defer wh.Close()
	content := func() string {
		t.Helper()
		if _, err := wh.Finish(t.Context()); err != nil {
			t.Fatal(err)
		}
		var text string
		if err := wh.DB().QueryRowContext(t.Context(), `SELECT
			(SELECT string_agg(statement_id || ' v' || version || ' ' || is_current || ' ' || net_cents || ' ' || window_end, ', ' ORDER BY version) FROM meta.statements) || '; ' ||
			(SELECT string_agg(n, ', ' ORDER BY n) FROM (SELECT version || ': ' || count(*) || ' ' || sum(net_cents) AS n FROM mart.fct_statement_lines GROUP BY version)) || '; ' ||
			(SELECT count(*) || ' ' || sum(net_delta_cents) FROM mart.rpt_prior_period_adjustments)`).Scan(&text); err != nil {
			t.Fatal(err)
		}
		return text
	}
	// The warehouse has no rows of its own here: all that was frozen has disappeared.
	const both = "AVA-2026-02 v1 false 12800 2026-03-01 00:00:00, AVA-2026-02 v2 true 12000 2026-03-01 00:00:00; 1: 3 12800, 2: 4 12000; 4 -12000"
	if got := content(); got != both {
		t.Errorf("got %s, want %s", got, both)
	}
	if problems, err := wh.Verify(t.Context()); err != nil || slices.ContainsFunc(problems, func(p load.Problem) bool { return strings.Contains(p.Path, "statements") }) {
		t.Errorf("verify: %v, %v", problems, err)
	}
	if err := wh.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := content(); got != both {
		t.Errorf("made anew: got %s, want %s", got, both)
	}
	if err := os.WriteFile(filepath.Join(second.Path, "transactions.csv"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if problems, err := wh.Verify(t.Context()); err != nil || !slices.ContainsFunc(problems, func(p load.Problem) bool {
		return p.Path == "statements/ava/2026-02/v2/transactions.csv" && strings.Contains(p.Text, "changed after it was frozen")
	}) {
		t.Errorf("verify of a changed file: %v, %v", problems, err)
	}
	// Another statement in the place of one that was loaded is taken for what it is.
	if err := os.RemoveAll(second.Path); err != nil {
		t.Fatal(err)
	}
	w.change(row("later", "2026-02-27 13:00", "tip", 1000, 800, false))
	if s, err = Earnings(t.Context(), o, Params{Creator: "ava", Month: firstOf("2026-02"), Restate: true}); err != nil {
		t.Fatal(err)
	}
	second = keep(t, o, s)
	if got, want := content(), strings.NewReplacer("12000 2026", "12800 2026", "2: 4 12000; 4 -12000", "2: 5 12800; 5 -12800").Replace(both); got != want {
		t.Errorf("another version 2: got %s, want %s", got, want)
	}
	if err := os.RemoveAll(second.Path); err != nil {
		t.Fatal(err)
	}
	if got, want := content(), "AVA-2026-02 v1 true 12800 2026-03-01 00:00:00; 1: 3 12800; 3 -12800"; got != want {
		t.Errorf("without version 2: got %s, want %s", got, want)
	}
}
