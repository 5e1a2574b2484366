package statement

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"

	"fanlake/load"
	"fanlake/load/query"
	"fanlake/load/statement/document"
	"fanlake/load/statement/html"
	"fanlake/load/statement/manifest"
	"fanlake/load/statement/pdf"
	"fanlake/load/statement/record"
)

// The files of a version beside its manifest and lines.
const (
	jsonFile         = "statement.json"
	csvFile          = "statement.csv"
	workbookFile     = "statement.xlsx"
	textFile         = "statement.txt"
	htmlFile         = "statement.html"
	pdfFile          = "statement.pdf"
	transactionsFile = "transactions.csv"
)

// A Format is a form of a statement, and how it is written.
type Format struct {
	Name  string // csv, xlsx, json, html, pdf, txt
	Files []FormatFile
}

// A FormatFile is a file of a format.
type FormatFile struct {
	Name  string
	Write func(*document.Document, io.Writer, FormatOptions) error
}

// FormatOptions are what one form or another can be written with. The record has
// the zero ones.
type FormatOptions struct {
	CSV   document.CSVOptions
	Paper pdf.Paper
}

// Formats are all forms, in the order of the help.
func Formats() []Format {
	return []Format{
		{"csv", []FormatFile{
			{csvFile, func(d *document.Document, w io.Writer, o FormatOptions) error { return d.CSV(w, o.CSV) }},
			{transactionsFile, func(d *document.Document, w io.Writer, o FormatOptions) error { return d.TransactionsCSV(w, o.CSV) }}}},
		{"xlsx", []FormatFile{{workbookFile, func(d *document.Document, w io.Writer, _ FormatOptions) error { return d.Workbook(w) }}}},
		{"json", []FormatFile{{jsonFile, func(d *document.Document, w io.Writer, _ FormatOptions) error { return d.JSON(w) }}}},
		{"html", []FormatFile{{htmlFile, func(d *document.Document, w io.Writer, _ FormatOptions) error { return html.Write(w, d) }}}},
		{"pdf", []FormatFile{{pdfFile, func(d *document.Document, w io.Writer, o FormatOptions) error {
			return pdf.Write(w, d, pdf.Options{Paper: o.Paper})
		}}}},
		{"txt", []FormatFile{{textFile, func(d *document.Document, w io.Writer, _ FormatOptions) error {
			return d.Text(w, document.TextOptions{Whole: true})
		}}}},
	}
}

// Keep writes a statement into the record, in all forms, and returns the version
// there. A final one is frozen with it. One that is in the record and final
// stays as it is, and is returned.
func Keep(o Options, s *Statement) (record.Version, error) {
	if s.Kept != nil && s.Kept.Final() {
		return *s.Kept, nil
	}
	store, err := record.Open(o.Account)
	if err != nil {
		return record.Version{}, err
	}
	v, err := store.Write(manifestOf(s), files(s))
	if errors.Is(err, fs.ErrExist) && v.ContentHash == s.Document.ContentHash && v.State == string(s.Document.State) { // another process was first
		err = nil
	}
	if err == nil {
		s.Kept = &v
	}
	return v, err
}

// manifestOf says what a statement is.
func manifestOf(s *Statement) manifest.Manifest {
	d := s.Document
	m := manifest.Manifest{
		Format: 1, Kind: d.Kind, StatementID: d.ID, Version: d.Version, State: string(d.State), Supersedes: d.Supersedes,
		CreatorID: d.Creator.ID, Handle: d.Creator.Handle, Month: d.Month, Timezone: d.Timezone,
		PeriodStart: d.Period.Start, PeriodEnd: d.Period.End, DataCutOff: d.Issued,
		RunID: d.RunID, ToolVersion: d.ToolVersion, APIVersion: d.APIVersion,
		ContentHash: d.ContentHash, Notice: d.Notice,
	}
	for _, l := range s.Lines {
		if l.LineType == record.Adjustment {
			m.Adjustments++
			continue
		}
		m.Rows++
		m.GrossCents += l.Gross
		m.NetCents += l.Net
	}
	return m
}

// files are those of a version in the record.
func files(s *Statement) []record.File {
	return append(filesOf(s, keptFormats(), FormatOptions{}), linesFile(s))
}

// keptFormats are those of a version in the record: all but the terminal's.
func keptFormats() []Format {
	return slices.DeleteFunc(Formats(), func(f Format) bool { return f.Name == "txt" })
}

func linesFile(s *Statement) record.File {
	return record.File{Name: manifest.Lines, Rows: int64(len(s.Lines)), Write: func(w io.Writer) error {
		return record.WriteLines(w, s.Lines, map[string]string{"notice": s.Document.Notice})
	}}
}

func filesOf(s *Statement, formats []Format, o FormatOptions) []record.File {
	var all []record.File
	for _, f := range formats {
		for _, file := range f.Files {
			one := record.File{Name: file.Name, Write: func(w io.Writer) error { return file.Write(s.Document, w, o) }}
			if file.Name == transactionsFile {
				one.Rows = int64(len(s.Lines))
			}
			all = append(all, one)
		}
	}
	return all
}

// An Export says which forms of a statement to hand out, and how.
type Export struct {
	Dir     string   // below it the folders are those of the record
	Formats []Format // none for those of the record, with its lines
	Options FormatOptions
	// Names are names of fans by pseudonym, as a column of the transactions; nil
	// for none. They are in no statement that is kept.
	Names map[string]string
}

// Write hands out a copy of a statement that is kept, and returns its folder.
func (e Export) Write(s *Statement) (string, error) {
	if s.Kept == nil {
		return "", errors.New("the statement is not kept yet")
	}
	copied := *s
	d := *s.Document
	copied.Document = &d
	if e.Names != nil {
		d.Transactions = withNames(d.Transactions, s.Lines, e.Names)
	}
	var all []record.File
	if len(e.Formats) > 0 {
		all = filesOf(&copied, e.Formats, e.Options)
	} else {
		all = append(filesOf(&copied, keptFormats(), e.Options), linesFile(s))
	}
	month := filepath.Dir(s.Kept.Path)
	folder := filepath.Join(e.Dir, filepath.Base(filepath.Dir(month)), filepath.Base(month), filepath.Base(s.Kept.Path))
	_, err := record.Export(folder, manifestOf(s), all)
	return folder, err
}

// withNames is the table of transactions with the names of fans.
func withNames(t *document.Table, lines []record.Line, names map[string]string) *document.Table {
	named := *t
	named.Columns = append(slices.Clone(t.Columns), document.Column{Name: "fan_name", Label: "Fan", Kind: document.Text})
	named.Lazy = func(yield func(document.Row) bool) {
		at := 0
		for r := range t.All() {
			r.Cells = append(r.Cells, document.String(names[lines[at].FanID]))
			if at++; !yield(r) {
				return
			}
		}
	}
	return &named
}

// Names reads what fans are called from the published file of people: their
// handle, else the name they show.
func Names(ctx context.Context, people string, o query.Options) (names map[string]string, err error) {
	file, err := load.OpenPublished(ctx, people, o)
	if err != nil {
		return nil, err
	}
	names = map[string]string{}
	err = (&maker{file: file}).each(ctx, "people", func(rows *query.Rows) (bool, error) {
		var id, name string
		more, err := rows.Scan(&id, &name)
		if more && err == nil {
			names[id] = name
		}
		return more, err
	})
	return names, errors.Join(err, file.Close())
}

// Read reads a version of a statement from the record, if its files
// are what was written.
func Read(v record.Version) (*Statement, error) {
	lines, err := frozenLines(v)
	if err != nil {
		return nil, err
	}
	text, err := v.File(jsonFile)
	if err != nil {
		return nil, err
	}
	d, err := document.ReadJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w: restore it from a backup", filepath.Join(v.Path, jsonFile), err)
	}
	if hash := contentHash(d, lines); hash != v.ContentHash || d.ContentHash != v.ContentHash {
		return nil, fmt.Errorf("%s: %w: its lines are not those of its manifest: restore it from a backup", v.Path, record.ErrModified)
	}
	d.Transactions = transactions(d, lines)
	return &Statement{Document: d, Lines: lines, Kept: &v}, nil
}
