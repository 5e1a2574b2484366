package statement

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fanlake/load"
	"fanlake/load/checks"
)

// A statement whose files are damaged, gone or copied beside themselves costs
// neither the warehouse nor the other statements: it is named by a check that
// does not block.
func TestADamagedStatementBlocksNoLoad(t *testing.T) {
	t.Parallel()
	edit := func(name string, change func([]byte) []byte) func(string) error {
		return func(folder string) error {
			path := filepath.Join(folder, name)
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(path, change(text), 0o600)
		}
	}
	replace := func(from, to string) func(string) error {
		return edit("manifest.json", func(b []byte) []byte { return bytes.Replace(b, []byte(from), []byte(to), 1) })
	}
	half := func(b []byte) []byte { return b[:len(b)/2] }
	const both = "AVA-2026-01 v1 true, AVA-2026-02 v1 true; 1: 3"
	const one = "AVA-2026-01 v1 true; "
	for name, tt := range map[string]struct {
		damage func(folder string) error
		want   string // of what is made anew
		told   bool
	}{
		"manifest cut":           {edit("manifest.json", half), one, true},
		"manifest of the future": {replace(`"format": 1`, `"format": 2`), one, true},
		"creator that is none":   {replace(`"creator_id": "`, `"creator_id": "x`), one, true},
		"month of another":       {replace(`"month": "2026-02"`, `"month": "2026-03"`), one, true},
		"month that is none":     {replace(`"month": "2026-02"`, `"month": "2026-13"`), one, true},
		"version of another":     {replace(`"version": 1`, `"version": 7`), one, true},
		"lines cut":              {edit("lines.parquet", half), one, true},
		"lines gone":             {func(folder string) error { return os.Remove(filepath.Join(folder, "lines.parquet")) }, one, true},
		"lines of another": {func(folder string) error {
			return copyFile(filepath.Join(folder, "../../2026-01/v1/lines.parquet"), filepath.Join(folder, "lines.parquet"))
		}, one, true},
		"folder copied": {func(folder string) error { return os.CopyFS(folder+" copy", os.DirFS(folder)) }, both, false},
		"creator's folder copied": {func(folder string) error {
			of := filepath.Dir(filepath.Dir(folder))
			return os.CopyFS(of+".bak", os.DirFS(of))
		}, both, true},
		"version copied to the next": {func(folder string) error {
			return os.CopyFS(filepath.Join(filepath.Dir(folder), "v2"), os.DirFS(folder))
		}, both, true},
		"all gone": {func(folder string) error { return os.RemoveAll(filepath.Dir(filepath.Dir(filepath.Dir(folder)))) }, "; ", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWarehouse(t, edges)
			o := options(t, w)
			keep(t, o, earnings(t, o, "ava", "2026-01"))
			v := keep(t, o, earnings(t, o, "ava", "2026-02"))
			wh, err := load.Open(t.Context(), load.Options{Dir: o.Account, Account: "a", Owner: "11111111-2222-3333-4444-555555555555", KeyFingerprint: "k"})
			if err != nil {
				t.Fatal(err)
			}
			defer wh.Close()
			finish := func(want string, told bool) {
				t.Helper()
				results, err := wh.Finish(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				var text string
				if err := wh.DB().QueryRowContext(t.Context(), `SELECT coalesce((SELECT string_agg(statement_id || ' v' || version || ' ' || is_current, ', ' ORDER BY statement_id, version) FROM meta.statements), '') || '; ' ||
					coalesce((SELECT string_agg(n, ', ' ORDER BY n) FROM (SELECT version || ': ' || count(*) AS n FROM mart.fct_statement_lines GROUP BY version)), '')`).Scan(&text); err != nil {
					t.Fatal(err)
				}
				if text != want {
					t.Errorf("got %s, want %s", text, want)
				}
				is := false
				for _, r := range results {
					if r.Name == "statements_are_read" && r.Failures > 0 {
						is = strings.Contains(r.Sample, "statements/") && r.Severity == checks.Data
					}
				}
				if is != told {
					t.Errorf("told of it: %v, want %v", is, told)
				}
			}
			finish(both, false)
			if err := tt.damage(v.Path); err != nil {
				t.Fatal(err)
			}
			if err := wh.Rebuild(t.Context()); err != nil {
				t.Fatal(err)
			}
			finish(tt.want, tt.told)
		})
	}
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o600)
}

// Statements of every kind are where they belong.
func TestEveryKindOfStatementIsLoaded(t *testing.T) {
	t.Parallel()
	w := newWarehouse(t, edges)
	o := options(t, w)
	v := keep(t, o, earnings(t, o, "ava", "2026-02"))
	for period, changes := range map[string][]string{
		"payout-2026-02":      {`"kind": "earnings"`, `"kind": "payout"`},
		"tax-year-2025-04-06": {`"kind": "earnings"`, `"kind": "tax-year"`, `"month": "2026-02"`, `"month": "2025-04-06"`},
	} {
		folder := filepath.Join(filepath.Dir(filepath.Dir(v.Path)), period, "v1")
		if err := os.CopyFS(folder, os.DirFS(v.Path)); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, "manifest.json")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.NewReplacer(changes...).Replace(string(text))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	wh, err := load.Open(t.Context(), load.Options{Dir: o.Account, Account: "a", Owner: "11111111-2222-3333-4444-555555555555", KeyFingerprint: "k"})
	if err != nil {
		t.Fatal(err)
	}
	defer wh.Close()
	results, err := wh.Finish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Name == "statements_are_read" && r.Failures > 0 {
			t.Errorf("%d are not read, such as %s", r.Failures, r.Sample)
		}
	}
	var kinds string
	if err := wh.DB().QueryRowContext(t.Context(), "SELECT string_agg(kind || ' ' || period_month, ', ' ORDER BY kind) FROM meta.statements").Scan(&kinds); err != nil {
		t.Fatal(err)
	}
	if want := "earnings 2026-02-01, payout 2026-02-01, tax-year 2025-04-06"; kinds != want {
		t.Errorf("got %s, want %s", kinds, want)
	}
}
