package pdf_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"fanlake/load/statement/document"
	"fanlake/load/statement/pdf"
	"fanlake/load/statement/samples"
)

func write(t testing.TB, d *document.Document, o pdf.Options) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := pdf.Write(&out, d, o); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// pages are the texts of the pages as pdftotext reads them.
func pages(t testing.TB, file []byte) []string {
	t.Helper()
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not installed; it comes with poppler-utils")
	}
	path := filepath.Join(t.TempDir(), "statement.pdf")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-layout", "-enc", "UTF-8", path, "-")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Split(string(out), "\f")
	return all[:len(all)-1] // each ends with one
}

func TestSameBytes(t *testing.T) {
	t.Parallel()
	for _, paper := range []pdf.Paper{pdf.A4, pdf.Letter} {
		one := write(t, samples.Sample(), pdf.Options{Paper: paper})
		for range 3 {
			if !bytes.Equal(one, write(t, samples.Sample(), pdf.Options{Paper: paper})) {
				t.Fatal("the same document gives other bytes")
			}
		}
		size := map[pdf.Paper]string{pdf.A4: "/MediaBox [0 0 595.28 841.89]", pdf.Letter: "/MediaBox [0 0 612.00 792.00]"}[paper]
		// The dates are the data cut-off, the title and the language are there.
		for _, want := range []string{size, "/CreationDate (D:20260309061000)", "/ModDate (D:20260309061000)", "/Lang (en)", "/Title "} {
			if !bytes.Contains(one, []byte(want)) {
				t.Errorf("%s: no %s", paper, want)
			}
		}
	}
	if d := samples.Sample(); !bytes.Equal(write(t, d, pdf.Options{}), write(t, d, pdf.Options{Paper: pdf.A4})) {
		t.Error("no paper is not A4")
	}
	var never document.Document
	if !bytes.Equal(write(t, &never, pdf.Options{}), write(t, &never, pdf.Options{})) || !bytes.Contains(write(t, &never, pdf.Options{}), []byte("D:19800101000000")) {
		t.Error("a document without a cut-off has a clock")
	}
}

func TestParsePaper(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]pdf.Paper{"a4": pdf.A4, "A4": pdf.A4, "letter": pdf.Letter, "Letter": pdf.Letter} {
		if got, err := pdf.ParsePaper(name); got != want || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := pdf.ParsePaper("a5"); err == nil || !strings.Contains(err.Error(), "want a4 or letter") {
		t.Error(err)
	}
}

// TestFiguresAreTheDocuments finds every row's figures, in their order and each
// row on lines of its own, and adds the amounts up.
func TestFiguresAreTheDocuments(t *testing.T) {
	t.Parallel()
	seeds := uint64(20)
	if os.Getenv("FANLAKE_LONG") == "1" {
		seeds = 500
	}
	for seed := range seeds {
		d := samples.Random(seed)
		if seed == 0 {
			d = samples.Sample()
		}
		for _, t := range d.Sections {
			t.Charts = nil // whose axes have figures too
		}
		all := pages(t, write(t, d, pdf.Options{Paper: []pdf.Paper{pdf.A4, pdf.Letter}[seed%2]}))
		var words []string
		for _, page := range all {
			for line := range strings.Lines(page) {
				words = append(words, strings.Fields(line)...)
			}
		}
		for _, table := range d.Sections {
			var sum, want int64
			for _, r := range table.Rows {
				for _, c := range r.Cells {
					if !c.Known() || c.Kind == document.Text {
						continue
					}
					for figure := range strings.FieldsSeq(c.Print()) {
						at := slices.Index(words, figure)
						if at < 0 {
							t.Fatalf("seed %d, %s, row %s: no %s behind the one before", seed, table.Name, r.Name, figure)
						}
						words = words[at+1:]
						if c.Kind == document.Money {
							cents, err := strconv.ParseInt(strings.Replace(figure, ".", "", 1), 10, 64)
							if err != nil {
								t.Fatal(err)
							}
							sum, want = sum+cents, want+c.Number
						}
					}
				}
			}
			if sum != want {
				t.Errorf("seed %d, %s: %d cents of %d", seed, table.Name, sum, want)
			}
		}
	}
}

// TestPages holds what every page has: its number, the notice, the heads of a
// table that goes on, and rows that are whole.
func TestPages(t *testing.T) {
	t.Parallel()
	d := samples.Sample()
	long := &document.Table{Name: "long", Title: "9 Long", Heading: "Which", Columns: []document.Column{{Name: "words", Label: "Words", Kind: document.Text}, {Name: "net_cents", Label: "Net", Kind: document.Money}}}
	for i := range 300 {
		long.Rows = append(long.Rows, document.Row{Label: fmt.Sprintf("begins%03d", i), Cells: []document.Cell{
			document.String(strings.Repeat("word ", 1+i*7%90) + fmt.Sprintf("ends%03d", i)), document.Cents(int64(i))}})
	}
	d.Sections = []*document.Table{long}
	for _, paper := range []pdf.Paper{pdf.A4, pdf.Letter} {
		all := pages(t, write(t, d, pdf.Options{Paper: paper}))
		if len(all) < 6 {
			t.Fatalf("%d pages", len(all))
		}
		for i, page := range all {
			for _, want := range []string{fmt.Sprintf("page %d of %d", i+1, len(all)), d.Notice, "AVA-2026-02 v1"} {
				if !strings.Contains(page, want) {
					t.Errorf("page %d: no %q", i+1, want)
				}
			}
			begins := regexp.MustCompile(`begins(\d+)`).FindAllStringSubmatch(page, -1)
			ends := regexp.MustCompile(`ends(\d+)`).FindAllStringSubmatch(page, -1)
			if len(begins) != len(ends) || len(begins) > 0 && (begins[0][1] != ends[0][1] || begins[len(begins)-1][1] != ends[len(ends)-1][1]) {
				t.Errorf("page %d cuts a row: %d begin, %d end", i+1, len(begins), len(ends))
			}
			if len(begins) > 0 && !regexp.MustCompile(`Which\s+Words\s+Net`).MatchString(page) {
				t.Errorf("page %d has rows without heads", i+1)
			}
		}
	}
}

func TestScripts(t *testing.T) {
	t.Parallel()
	for label, want := range map[string]string{
		"Ávå Žižek":  "Ávå Žižek (@ava)",
		"Αφροδίτη":   "Αφροδίτη (@ava)",
		"Їжакова Ёя": "Їжакова Ёя (@ava)",
		"שלום עולם":  "שלום עולם",
		"日本":         "@ava",
		"नमस्ते":     "@ava",
		"Ava 💋":      "Ava □ (@ava)",
	} {
		d := samples.Sample()
		d.Creator.Label = label
		d.Sections[0].Rows[0].Label = label
		text := strings.Join(pages(t, write(t, d, pdf.Options{})), "")
		plain := strings.Join(strings.Fields(strings.NewReplacer("\u202b", "", "\u202c", "", "\u202a", "").Replace(text)), " ")
		if !strings.Contains(plain, want) {
			t.Errorf("%s: no %q in %.200s", label, want, plain)
		}
		if strings.Contains(plain, "named by the handle") != (want == "@ava") || strings.Contains(plain, "□ stands where") != strings.Contains(want, "□") {
			t.Errorf("%s: the notes are others: %s", label, plain[len(plain)-400:])
		}
	}
}

func TestHostileText(t *testing.T) {
	t.Parallel()
	for _, s := range samples.Texts() {
		d := samples.Hostile(s)
		all := pages(t, write(t, d, pdf.Options{}))
		if len(all) > 30 {
			t.Errorf("%q takes %d pages", s, len(all))
		}
		if text := strings.Join(all, ""); strings.ContainsAny(text, "\x00\x1b\u202e\u200b") || !strings.Contains(text, "page 1 of "+strconv.Itoa(len(all))) {
			t.Errorf("%q gives a text with controls, or without numbers of pages", s)
		}
	}
	d := samples.Hostile(strings.Repeat("x", 100_000)) // no row is higher than a page
	d.Sections = d.Sections[:1]
	if all := pages(t, write(t, d, pdf.Options{})); len(all) > 40 {
		t.Errorf("%d pages", len(all))
	}
}

func FuzzWrite(f *testing.F) {
	for _, s := range samples.Texts() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := write(t, samples.Hostile(s), pdf.Options{Paper: pdf.Letter})
		if !bytes.HasPrefix(out, []byte("%PDF-")) || !bytes.HasSuffix(bytes.TrimSpace(out), []byte("%%EOF")) {
			t.Error("not a PDF")
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	d := samples.Sample()
	b.ReportAllocs()
	for b.Loop() {
		write(b, d, pdf.Options{})
	}
}
