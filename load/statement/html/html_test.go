package html_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"flag"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"fanlake/load/statement/document"
	page "fanlake/load/statement/html"
	"fanlake/load/statement/samples"
)

var update = flag.Bool("update", false, "write the golden files")

func write(t testing.TB, d *document.Document) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := page.Write(&out, d); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func parse(t testing.TB, text []byte) *html.Node {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// find returns the elements of a name, in their order.
func find(n *html.Node, name string) []*html.Node {
	var all []*html.Node
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && (d.Data == name || name == "*") {
			all = append(all, d)
		}
	}
	return all
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// text is what a reader sees of an element, and what is only read out.
func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]*document.Document{"sample": samples.Sample(), "empty": samples.Empty()} {
		got, file := write(t, d), "testdata/"+name+".html"
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", file, diff)
		}
	}
}

// TestFiguresAreTheDocuments reads every figure back and adds the amounts up.
func TestFiguresAreTheDocuments(t *testing.T) {
	t.Parallel()
	seeds := uint64(20)
	if os.Getenv("FANLAKE_LONG") == "1" {
		seeds = 500
	}
	for seed := range seeds {
		d := samples.Random(seed)
		out := write(t, d)
		if again := write(t, samples.Random(seed)); !bytes.Equal(out, again) {
			t.Fatalf("seed %d: the same document gives other bytes", seed)
		}
		sections := find(parse(t, out), "section")
		for i, table := range d.Sections {
			if len(table.Rows) == 0 {
				continue
			}
			sums := map[int]int64{}
			for r, row := range find(find(sections[i], "tbody")[0], "tr") {
				for c, cell := range find(row, "td") {
					want := table.Rows[r].Cells[c]
					got := text(cell)
					if !want.Known() {
						if table.Columns[c].Kind != document.Text && !strings.Contains(got, document.Absent) {
							t.Fatalf("seed %d: %q stands for what is not known", seed, got)
						}
						continue
					}
					if got != want.Print() {
						t.Fatalf("seed %d: got %q, want %q", seed, got, want.Print())
					}
					if want.Kind == document.Money {
						cents, err := strconv.ParseInt(strings.Replace(got, ".", "", 1), 10, 64)
						if err != nil {
							t.Fatal(err)
						}
						sums[c] += cents
					}
				}
			}
			for _, row := range table.Rows {
				for c, cell := range row.Cells {
					if cell.Kind == document.Money {
						sums[c] -= cell.Number
					}
				}
			}
			for c, rest := range sums {
				if rest != 0 {
					t.Errorf("seed %d, %s, %s: the page is %d cents off", seed, table.Name, table.Columns[c].Name, rest)
				}
			}
		}
	}
}

func TestAsksNothingOfAnybody(t *testing.T) {
	t.Parallel()
	check(t, parse(t, write(t, samples.Sample())))
}

// check holds what is true of every page, whatever stands on it.
func check(t testing.TB, root *html.Node) {
	t.Helper()
	known := strings.Fields("html head meta title style body svg defs pattern rect path header div h1 p bdi span dl dt dd main section h2 figure desc text figcaption strong ul li table caption thead tr th tbody td footer")
	attributes := strings.Fields("lang dir charset http-equiv content name class aria-hidden focusable id width height patternunits d viewbox role aria-labelledby x y text-anchor tabindex scope")
	ids := map[string]bool{}
	for _, n := range find(root, "*") {
		if !slices.Contains(known, n.Data) {
			t.Errorf("an element %s", n.Data)
		}
		for _, a := range n.Attr {
			if !slices.Contains(attributes, strings.ToLower(a.Key)) {
				t.Errorf("an attribute %s of %s", a.Key, n.Data)
			}
			if strings.Contains(a.Val, "//") || strings.Contains(a.Val, "url(") {
				t.Errorf("an address in %s of %s: %s", a.Key, n.Data, a.Val)
			}
		}
		if id := attr(n, "id"); id != "" {
			if ids[id] {
				t.Errorf("id %s stands twice", id)
			}
			ids[id] = true
		}
	}
	for _, n := range find(root, "*") {
		for id := range strings.FieldsSeq(attr(n, "aria-labelledby")) {
			if !ids[id] {
				t.Errorf("%s is labelled by %s, which is not there", n.Data, id)
			}
		}
	}
	style := text(find(root, "style")[0])
	if addresses := regexp.MustCompile(`url\([^#]|@import|//|image-set`).FindAllString(style, -1); len(addresses) > 0 {
		t.Errorf("the style sheet has %q", addresses)
	}
	hash := sha256.Sum256([]byte(style))
	want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'; base-uri 'none'; form-action 'none'"
	metas := find(root, "meta")
	if len(metas) < 2 || attr(metas[1], "content") != want || attr(metas[1], "http-equiv") != "Content-Security-Policy" {
		t.Errorf("the policy is %q, want %q", attr(metas[1], "content"), want)
	}
}

func TestIsAccessible(t *testing.T) {
	t.Parallel()
	for _, d := range []*document.Document{samples.Sample(), samples.Empty(), samples.Random(3)} {
		root := parse(t, write(t, d))
		if n := len(find(root, "h1")); n != 1 {
			t.Errorf("%d headings of the first level", n)
		}
		if lang := attr(find(root, "html")[0], "lang"); lang != "en" {
			t.Errorf("language %q", lang)
		}
		for _, section := range find(root, "section") {
			if len(find(section, "h2")) != 1 || len(find(section, "h3")) > 0 {
				t.Error("a section without its heading, or with others")
			}
		}
		for _, table := range find(root, "table") {
			if captions := find(table, "caption"); len(captions) != 1 || text(captions[0]) == "" {
				t.Error("a table without a caption")
			}
			for _, th := range find(table, "th") {
				scope := map[string]string{"thead": "col", "tbody": "row"}[th.Parent.Parent.Data]
				if attr(th, "scope") != scope || strings.TrimSpace(text(th)) == "" {
					t.Errorf("a head %q with scope %q", text(th), attr(th, "scope"))
				}
			}
		}
		charts := 0
		for _, svg := range find(root, "svg") {
			if attr(svg, "role") != "img" {
				if attr(svg, "aria-hidden") != "true" {
					t.Error("a picture that is neither an image nor hidden")
				}
				continue
			}
			charts++
			if len(find(svg, "title")) == 0 || len(find(svg, "desc")) != 1 {
				t.Error("a chart without title and description")
			}
			figure := svg.Parent.Parent
			if figure.Data != "figure" || len(find(figure.Parent, "table")) != 1 {
				t.Error("a chart without its table")
			}
			for _, mark := range find(svg, "rect") {
				if len(find(mark, "title")) != 1 {
					t.Error("a mark that says nothing")
				}
			}
		}
		if charts == 0 {
			t.Error("no chart")
		}
	}
}

// TestContrast computes the contrast of the palettes by WCAG 2.
func TestContrast(t *testing.T) {
	t.Parallel()
	style, err := os.ReadFile("style.css")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(style), ":root {")[1:]
	if len(parts) != 3 {
		t.Fatalf("%d palettes, want those of light, dark and paper", len(parts))
	}
	for i, part := range parts {
		part, _, _ = strings.Cut(part, "}")
		colours := map[string]float64{}
		for _, m := range regexp.MustCompile(`--(\w+): #([0-9a-f]{6});`).FindAllStringSubmatch(part, -1) {
			colours[m[1]] = luminance(t, m[2])
		}
		if len(colours) != 14 {
			t.Errorf("palette %d has %d colours", i, len(colours))
		}
		for _, pair := range [][2]string{{"ink", "paper"}, {"ink", "band"}, {"muted", "paper"}, {"accent", "paper"}} {
			if c := contrast(colours[pair[0]], colours[pair[1]]); c < 4.5 {
				t.Errorf("palette %d: %s on %s has a contrast of %.2f", i, pair[0], pair[1], c)
			}
		}
		for s := range 8 {
			if c := contrast(colours[fmt.Sprint("s", s)], colours["paper"]); c < 4.5 {
				t.Errorf("palette %d: series %d has a contrast of %.2f", i, s, c)
			}
		}
	}
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	v, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for i, weight := range []float64{0.0722, 0.7152, 0.2126} {
		c := float64(v>>(8*i)&0xff) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

func contrast(a, b float64) float64 { return (max(a, b) + 0.05) / (min(a, b) + 0.05) }

func TestHostileTextStaysText(t *testing.T) {
	t.Parallel()
	for _, s := range samples.Texts() {
		hostile(t, s)
	}
}

// hostile writes a document full of a text and holds what must stay true.
func hostile(t testing.TB, s string) {
	t.Helper()
	root := parse(t, write(t, samples.Hostile(s)))
	check(t, root)
	plain := parse(t, write(t, samples.Sample()))
	for _, name := range []string{"h1", "h2", "table", "tr", "td", "th", "rect", "section", "script"} {
		if got, want := len(find(root, name)), len(find(plain, name)); got != want {
			t.Errorf("%q makes %d elements %s of %d", s, got, name, want)
		}
	}
	for n := range root.Descendants() {
		if n.Type == html.TextNode && strings.ContainsAny(n.Data, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f\ufeff\x00\x1b\r") {
			t.Fatalf("%q leaves a control in %q", s, n.Data)
		}
		if n.Type == html.CommentNode {
			t.Fatalf("%q makes a comment", s)
		}
	}
	// What people wrote stands in elements with a direction of their own.
	for _, cell := range append(find(root, "td"), find(root, "caption")...) {
		for child := range cell.ChildNodes() {
			if child.Type == html.TextNode && strings.TrimSpace(child.Data) != "" {
				t.Fatalf("%q stands bare in %s", child.Data, cell.Data)
			}
		}
	}
}

func FuzzWrite(f *testing.F) {
	for _, s := range samples.Texts() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { hostile(t, s) })
}

func BenchmarkWrite(b *testing.B) {
	d := samples.Sample()
	for b.Loop() {
		write(b, d)
	}
}
