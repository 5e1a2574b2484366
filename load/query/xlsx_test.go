package query

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// workbook writes the rows of a query as a workbook and opens it.
func workbook(t *testing.T, query string, args ...any) (*excelize.File, string) {
	t.Helper()
	path := publishedFile(t, "CREATE TABLE t AS SELECT 1 AS a")
	content := format(t, path, query, WriteXLSX, args...)
	book, err := excelize.OpenReader(strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { book.Close() })
	return book, content
}

func TestXLSXCellsHaveTheirTypes(t *testing.T) {
	t.Parallel()
	book, _ := workbook(t, `SELECT -1234::BIGINT AS net_cents, 999999999999999::BIGINT AS big, 9007199254740993::BIGINT AS bigger, 170141183460469231731687303715884105727::HUGEINT AS huge,
		(-0.05)::DECIMAL(5,2) AS dec, 0.25::DOUBLE AS ratio, 'nan'::DOUBLE AS nan, true AS yes, DATE '2026-02-01' AS day, TIMESTAMP '2026-02-01 03:00:00.5' AS moment,
		DATE '1850-01-01' AS long_ago, '11111111-1111-1111-1111-111111111111'::UUID AS id, '0012' AS digits, '' AS empty, NULL AS nothing, ['a'] AS list`)
	var got []string
	for col := range 16 {
		name, err := excelize.CoordinatesToCellName(col+1, 2)
		if err != nil {
			t.Fatal(err)
		}
		kind, err := book.GetCellType(sheetName, name)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := book.GetCellValue(sheetName, name, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		shown, err := book.GetCellValue(sheetName, name)
		if err != nil {
			t.Fatal(err)
		}
		word := map[excelize.CellType]string{excelize.CellTypeUnset: "number", excelize.CellTypeNumber: "number", excelize.CellTypeInlineString: "text", excelize.CellTypeBool: "bool"}[kind]
		got = append(got, word+" "+raw+" "+shown)
	}
	want := []string{
		"number -1234 -1234", "number 999999999999999 999999999999999", "text 9007199254740993 9007199254740993",
		"text 170141183460469231731687303715884105727 170141183460469231731687303715884105727",
		"number -0.05 -0.05", "number 0.25 0.25", "text NaN NaN", "bool 1 TRUE", "number 46054 2026-02-01", "number 46054.125005787035 2026-02-01 03:00:00",
		"text 1850-01-01 1850-01-01", "text 11111111-1111-1111-1111-111111111111 11111111-1111-1111-1111-111111111111", "text 0012 0012", "text  ", "number  ", `text ["a"] ["a"]`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	panes, err := book.GetPanes(sheetName)
	if err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("the header does not stay in view: %+v, %v", panes, err)
	}
}

// What a fan or a creator typed is text, whatever it begins with.
func TestXLSXHasNoFormulas(t *testing.T) {
	t.Parallel()
	texts := []string{"=1+1", "=HYPERLINK(\"http://x\")", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "<f>1</f>", "a & b", " spaced ", "line\nbreak", "\x01bell"}
	for _, text := range texts {
		book, content := workbook(t, "SELECT ? AS typed, 1 AS n", text)
		if kind, err := book.GetCellType(sheetName, "A2"); err != nil || kind != excelize.CellTypeInlineString {
			t.Errorf("%q: cell of type %v, %v", text, kind, err)
		}
		want := strings.NewReplacer("\x01", "\ufffd", "\r", "\n").Replace(text) // XML has no control characters, and one line end
		if got, err := book.GetCellValue(sheetName, "A2"); err != nil || got != want && got != text {
			t.Errorf("%q: got %q, %v", text, got, err)
		}
		if formula, err := book.GetCellFormula(sheetName, "A2"); err != nil || formula != "" {
			t.Errorf("%q: formula %q, %v", text, formula, err)
		}
		z, err := zip.NewReader(strings.NewReader(content), int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		f, err := z.Open("xl/worksheets/sheet1.xml")
		if err != nil {
			t.Fatal(err)
		}
		sheet, err := io.ReadAll(f)
		if err != nil || bytes.Contains(sheet, []byte("<f>")) || bytes.Contains(sheet, []byte("<f ")) {
			t.Errorf("%q: %v, %s", text, err, sheet)
		}
	}
}

func TestXLSXLimits(t *testing.T) {
	t.Parallel()
	book, _ := workbook(t, "SELECT 1 AS a WHERE false")
	if rows, err := book.GetRows(sheetName); err != nil || !cmp.Equal(rows, [][]string{{"a"}}) {
		t.Errorf("no rows: %v, %v", rows, err)
	}
	path := publishedFile(t, "CREATE TABLE t AS SELECT 1 AS a")
	for query, want := range map[string]string{
		"SELECT 1 AS n, repeat('x', 32768) AS long": "row 1, column long: a cell holds 32767 characters: take csv or parquet",
		"SELECT 1 AS n FROM range(1048576)":         "a sheet holds 1048575 rows: take csv or parquet, or ask for less",
	} {
		rows, err := run(t.Context(), path, query, nil, Options{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := WriteXLSX(io.Discard, rows); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", query, err, want)
		}
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	}
}
