package statement

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"fanlake/load/statement/document"
	page "fanlake/load/statement/html"
	"fanlake/load/statement/pdf"
)

// printed holds what people read in HTML and PDF against figures of the
// warehouse: the summary's lines by their names, and the net of the sources.
func printed(t *testing.T, d *document.Document, want map[string]int64) {
	t.Helper()
	for form, lines := range map[string][]string{"HTML": pageLines(t, d), "PDF": paperLines(t, d)} {
		if lines == nil {
			continue
		}
		got := map[string]int64{}
		add := func(prefix, section, heading string, column int) {
			names := map[string]string{} // by label: a source may be paid by fans and be a reward too
			for _, r := range d.Section(section).Rows {
				names[r.Label] = prefix + r.Name
			}
			for label, name := range names {
				for _, figures := range figuresOf(lines, heading, label, len(d.Section(section).Columns)) {
					got[name] += cents(t, figures[column])
				}
			}
		}
		add("", SectionSummary, "1 Summary", 0)
		add("net of ", SectionBySource, "2 By source", 5)
		if year := figuresOf(lines, "Twelve months", d.Month, len(d.Section(SectionYear).Columns)); len(year) == 1 {
			got["net_earnings of the year's last month"] = cents(t, year[0][len(year[0])-1])
		}
		if got["net_earnings of the year's last month"] != want["net_earnings"] {
			t.Errorf("%s: %s: the trend ends with %d, want %d", d.ID, form, got["net_earnings of the year's last month"], want["net_earnings"])
		}
		for name, cents := range want {
			if v, ok := got[name]; v != cents || !ok {
				t.Errorf("%s: %s is %d in the warehouse, %d in %s", d.ID, name, cents, v, form)
			}
		}
	}
}

// figuresOf are the figures behind a label below a heading, where there are so
// many: labels of charts have none, or one.
func figuresOf(lines []string, heading, label string, n int) (all [][]string) {
	below := false
	for _, line := range lines {
		if strings.HasPrefix(line, "3 Balance") {
			below = false
		}
		below = below || line == heading
		if rest, ok := strings.CutPrefix(line, label+" "); below && ok {
			if fields := strings.Fields(strings.ReplaceAll(rest, " %", "%")); len(fields) == n {
				all = append(all, fields)
			}
		}
	}
	return all
}

func joined(words string) string { return strings.Join(strings.Fields(words), " ") }

// pageLines are headings and rows of tables.
func pageLines(t *testing.T, d *document.Document) []string {
	t.Helper()
	var out bytes.Buffer
	if err := page.Write(&out, d); err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(&out)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for n := range root.Descendants() {
		if n.Data != "h2" && n.Data != "tr" {
			continue
		}
		var b strings.Builder
		for d := range n.Descendants() {
			if d.Type == html.TextNode && d.Data != document.Absent { // it is read out beside a dash
				b.WriteString(" " + d.Data)
			}
		}
		all = append(all, joined(b.String()))
	}
	return all
}

// paperLines are the lines of the text; nil without the program that reads it.
func paperLines(t *testing.T, d *document.Document) []string {
	t.Helper()
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Log("the PDF is not read: pdftotext is not installed; it comes with poppler-utils")
		return nil
	}
	var out bytes.Buffer
	if err := pdf.Write(&out, d, pdf.Options{}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "statement.pdf")
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := exec.CommandContext(t.Context(), program, "-layout", "-enc", "UTF-8", path, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for line := range strings.SplitSeq(string(text), "\n") {
		all = append(all, joined(line))
	}
	return all
}
