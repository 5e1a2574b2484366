package statement

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// Whatever stands for a creator's or a source's name, every form of a statement
// is written within reason, its workbook reads back, and its folder stays
// below the record's.
func TestHostileNamesInEveryForm(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"path":    "../../../etc/passwd",
		"device":  "CON",
		"rtl":     "\u202eevil\u202c \u05d0\u05d1 \u0627\u0644\u0639\u0631",
		"control": "a\x01\x1b[31m\x07\u0085\ufffe\U0010ffffz\u2028b\r\nc\t",
		"formula": "=HYPERLINK(\"http://x\",\"y\")",
		"html":    "</td><script>alert(1)</script>&amp;\"'<!--",
		"10 kB":   strings.Repeat("wide \u6f22 ", 1000),
		"marks":   "e" + strings.Repeat("\u0301", 2000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWarehouse(t, edges)
			w.open()
			w.exec("UPDATE fanvue.creators SET handle = ?, display_name = ?, nickname = ? WHERE handle = 'ava'", text, text, text)
			w.exec("UPDATE fanvue.earnings SET source = ?, fan_currency = ?, transaction_order_id = ? WHERE source = 'tip'", text, text, text)
			if err := w.db.Close(); err != nil {
				t.Fatal(err)
			}
			w.change("SELECT 1")
			o := options(t, w)
			o.Owner = text
			o.Parties = map[string]Party{strings.ToLower(text): {LegalName: text, Address: text + "\n" + text}}
			s, err := Earnings(t.Context(), o, Params{Creator: "11111111-1111-1111-1111-111111111111", Month: firstOf("2026-02")})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range Formats() {
				for _, file := range f.Files {
					var out bytes.Buffer
					began := time.Now()
					if err := file.Write(s.Document, &out, FormatOptions{}); err != nil {
						t.Errorf("%s: %v", file.Name, err)
					}
					if took := time.Since(began); took > 20*time.Second || out.Len() > 8<<20 {
						t.Errorf("%s took %v, %d bytes", file.Name, took, out.Len())
					}
					if f.Name == "xlsx" {
						book, err := excelize.OpenReader(&out)
						if err != nil {
							t.Error(err)
							continue
						}
						for _, sheet := range book.GetSheetList() {
							if _, err := book.GetRows(sheet); err != nil {
								t.Errorf("%s: %v", sheet, err)
							}
						}
					}
					if f.Name == "html" && (strings.Contains(out.String(), "<script>alert") || strings.ContainsAny(out.String(), "\x01\x1b\u202e")) {
						t.Error("the page holds what it should not")
					}
					if f.Name == "txt" && strings.ContainsAny(out.String(), "\x01\x1b\u202e\r") {
						t.Error("the text holds what a terminal obeys")
					}
				}
			}
			v := keep(t, o, s)
			if rel, err := filepath.Rel(filepath.Join(o.Account, "statements"), v.Path); err != nil || strings.Count(filepath.ToSlash(rel), "/") != 2 || !filepath.IsLocal(rel) {
				t.Errorf("kept in %s", v.Path)
			}
			if _, err := os.Stat(filepath.Join(v.Path, "statement.pdf")); err != nil {
				t.Error(err)
			}
			back, err := Earnings(t.Context(), o, Params{Creator: "11111111-1111-1111-1111-111111111111", Month: firstOf("2026-02")})
			if err != nil || back.Kept == nil {
				t.Error(errors.Join(err, errors.New("not read back")))
			}
		})
	}
}
