package document_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/xuri/excelize/v2"

	"fanlake/load/statement/document"
)

// sample is a document with a cell of every kind, and text that bites.
func sample() *document.Document {
	at := time.Date(2026, 2, 10, 9, 0, 0, 123456000, time.UTC)
	table := &document.Table{
		Name: "mixed", Title: "1 Mixed", Heading: "Line", Sheet: document.SheetSummary, Notes: []string{"+note"},
		Charts: []document.Chart{{Title: "Gross", About: "Gross by line.", Shape: document.Bars, Series: []string{"gross_cents"}}},
		Columns: []document.Column{
			{Name: "gross_cents", Label: "Gross", Kind: document.Money}, {Name: "rows", Label: "Rows", Kind: document.Count},
			{Name: "change", Label: "Change", Kind: document.Percent}, {Name: "day", Label: "Day", Kind: document.Day},
			{Name: "at", Label: "At", Kind: document.Instant}, {Name: "source", Label: "Source", Kind: document.Text},
			{Name: "value", Label: "Value", Kind: document.Mixed},
		},
		Rows: []document.Row{
			{Name: "a", Label: "=A", Cells: []document.Cell{document.Cents(-123456), document.Number(3), document.BPS(13036),
				document.Date(at), document.At(at), document.String("=1+1"), document.Cents(5)}},
			{Name: "b", Label: "B\x1b[2J", Total: true, Cells: make([]document.Cell, 7)},
		},
	}
	d := &document.Document{
		Kind: "earnings", Title: "EARNINGS STATEMENT", ID: "AVA-2026-02", Version: 1, State: document.Final, StateReason: "all settled",
		Creator:  document.Party{ID: "11111111-1111-1111-1111-111111111111", Handle: "ava", Label: "=ava", LegalName: "Ava A.", Address: "1 Road\nTown"},
		Platform: "Fanvue", Issued: at, Month: "2026-02", Timezone: "Europe/London",
		Period:   document.Window{Start: at.AddDate(0, 0, -9), End: at.AddDate(0, 0, 18)},
		Currency: "USD", Basis: "b", RunID: "r1", Sections: []*document.Table{table}, Notes: []string{"-x"},
		Missing: []document.Window{{Start: at, End: at.Add(time.Hour)}}, Owner: "ava", Notice: document.Notice("ava"),
	}
	d.Transactions = &document.Table{Name: "transactions", Columns: table.Columns, Lazy: table.All()}
	return d
}

func TestJSONReadsBack(t *testing.T) {
	t.Parallel()
	d := sample()
	var out, again bytes.Buffer
	if err := d.JSON(&out); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	read, err := document.ReadJSON(&out)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d, read, cmpopts.IgnoreFields(document.Document{}, "Transactions")); diff != "" {
		t.Errorf("(-written +read)\n%s", diff)
	}
	if err := read.JSON(&again); err != nil || again.String() != text {
		t.Errorf("written again: %v\n%s", err, cmp.Diff(text, again.String()))
	}
	for _, want := range []string{`"gross_cents": -123456`, `"change": 13036`, `"day": "2026-02-10"`, `"at": "2026-02-10T09:00:00.123456Z"`, `"gross_cents": null`, `"money": 5`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}

func TestTextCarriesNoControls(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := sample().Text(&out, document.TextOptions{Whole: true}); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsRune(out.String(), 27) || !strings.Contains(out.String(), `B\x1b[2J`) || !strings.Contains(out.String(), "-1234.56") {
		t.Error(out.String())
	}
}

func TestCSVIsHarmless(t *testing.T) {
	t.Parallel()
	for _, comma := range []bool{false, true} {
		var figures, rows bytes.Buffer
		d, o := sample(), document.CSVOptions{DecimalComma: comma}
		if err := d.CSV(&figures, o); err != nil {
			t.Fatal(err)
		}
		if err := d.TransactionsCSV(&rows, o); err != nil {
			t.Fatal(err)
		}
		for _, out := range []*bytes.Buffer{&figures, &rows} {
			if lines := strings.Count(out.String(), "\n"); lines != strings.Count(out.String(), "\r\n") {
				t.Errorf("lines do not all end with CR LF")
			}
			in := csv.NewReader(bytes.NewReader(out.Bytes()))
			if comma {
				in.Comma = ';'
			}
			all, err := in.ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range all {
				for _, cell := range r {
					number := strings.Trim(cell, "-0123456789.,") == ""
					if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) && !number {
						t.Errorf("a spreadsheet reads %q as a formula", cell)
					}
				}
				if r[len(r)-1] != "notice" && r[len(r)-1] != d.Notice {
					t.Errorf("no notice in %q", r)
				}
			}
		}
		if want := map[bool]string{false: "-1234.56", true: "-1234,56"}[comma]; !strings.Contains(figures.String(), want) || !strings.Contains(rows.String(), want) {
			t.Errorf("no %s in\n%s%s", want, figures.String(), rows.String())
		}
	}
}

func TestWorkbook(t *testing.T) {
	t.Parallel()
	var out, again bytes.Buffer
	if err := sample().Workbook(&out); err != nil {
		t.Fatal(err)
	}
	for range 5 { // its parts come in another order now and then
		again.Reset()
		if err := sample().Workbook(&again); err != nil || !bytes.Equal(out.Bytes(), again.Bytes()) {
			t.Fatalf("the same document gives other bytes: %v", err)
		}
	}
	f, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if diff := cmp.Diff([]string{"Summary", "By source", "Daily", "Transactions", "Notes"}, f.GetSheetList()); diff != "" {
		t.Error(diff)
	}
	for cell, want := range map[string]string{"A2": "-1234.56", "B2": "3", "C2": "1.3036", "D2": "46063", "F2": "=1+1", "G2": "0.05", "A3": ""} {
		got, err := f.GetCellValue("Transactions", cell, excelize.Options{RawCellValue: true})
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", cell, got, err, want)
		}
		if formula, err := f.GetCellFormula("Transactions", cell); err != nil || formula != "" {
			t.Errorf("%s is the formula %q, %v", cell, formula, err)
		}
	}
	if shown, err := f.GetCellValue("Transactions", "A2"); err != nil || shown != "-1,234.56" {
		t.Errorf("the amount is shown as %q, %v", shown, err)
	}
	if kind, err := f.GetCellType("Transactions", "F2"); err != nil || kind != excelize.CellTypeInlineString {
		t.Errorf("text is of type %v, %v", kind, err)
	}
	for _, sheet := range []string{"Summary", "Notes"} {
		if found, err := f.SearchSheet(sheet, "Private to ava; not for resale or redistribution."); err != nil || len(found) != 1 {
			t.Errorf("the notice on %s: %v, %v", sheet, found, err)
		}
	}
	panes, err := f.GetPanes("Transactions")
	if err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("panes: %+v, %v", panes, err)
	}
	zipped, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range zipped.File {
		r, err := part.Open()
		if err == nil {
			_, err = io.Copy(io.Discard, r) // with its checksum
		}
		if err != nil || part.Modified.Year() != 1980 {
			t.Errorf("%s: %v, %v", part.Name, part.Modified, err)
		}
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	for cents, want := range map[int64]string{0: "0.00", 1: "0.01", -1: "-0.01", 99: "0.99", 100: "1.00", -12345: "-123.45", 500: "5.00", 999: "9.99", 1000: "10.00",
		-9223372036854775808: "-92233720368547758.08"} {
		if got := document.Dollars(cents); got != want {
			t.Errorf("%d cents: got %s, want %s", cents, got, want)
		}
	}
	for _, test := range []struct {
		this, previous int64
		want           string
	}{
		{22000, 7000, "+214 %"}, {15500, 7000, "+121 %"}, {12900, 5600, "+130 %"}, {0, 100, "-100 %"}, {5, 0, ""}, {-50, -100, "+50 %"}, {-150, 100, "-250 %"},
		{9223372036854775807, 1, ""}, {1005, 1000, "+1 %"}, {1004, 1000, "+0 %"},
	} {
		if got := document.Change(document.Cents(test.this), document.Cents(test.previous)).Print(); got != test.want {
			t.Errorf("%d after %d: got %s, want %s", test.this, test.previous, got, test.want)
		}
	}
}
