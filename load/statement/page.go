package statement

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strconv"
	"strings"

	"fanlake/load/statement/document"
	"fanlake/load/statement/manifest"
	"fanlake/load/statement/record"
)

// page is a document about a period by its name, with what all kinds of documents say alike.
func (m *maker) page(kind, name string, of *month) (*document.Document, error) {
	folder, err := m.store.Folder(m.creator.id, m.creator.handle)
	if err != nil {
		return nil, err
	}
	period := manifest.Manifest{Kind: kind, Month: name}.Period()
	d := &document.Document{
		Kind: kind, ID: strings.ToUpper(folder + "-" + period), Version: 1,
		Creator: m.party(), Platform: "Fanvue", Issued: m.asOf, Month: name, Timezone: of.loc.String(), Period: of.window,
		Currency: "USD", RunID: m.runID, ToolVersion: m.opts.ToolVersion, APIVersion: m.apiVersion, Rows: of.rows,
		Missing: append([]document.Window{}, of.missing...), Owner: m.opts.Owner, Notice: document.Notice(m.opts.Owner),
	}
	return d, nil
}

// finish puts a document and its lines together.
func (m *maker) finish(s *Statement, d *document.Document) {
	for i := range s.Lines {
		s.Lines[i].StatementID, s.Lines[i].Version = d.ID, int64(d.Version)
	}
	s.Document = d
	d.Transactions = transactions(d, s.Lines)
}

// history are the final versions that were before, and this one.
func (m *maker) history(d *document.Document) []document.Version {
	var all []document.Version
	for _, v := range m.versions {
		if v.Month == d.Month && v.Kind == d.Kind && v.Final() {
			all = append(all, document.Version{Version: v.Version, State: document.Final, IssuedAt: v.DataCutOff.UTC(), ContentHash: v.ContentHash, Supersedes: v.Supersedes})
		}
	}
	return append(all, document.Version{Version: d.Version, State: d.State, IssuedAt: d.Issued, ContentHash: d.ContentHash, Supersedes: d.Supersedes})
}

// contentHash identifies the money of a document: of its lines, and where they
// do not say it all, of its tables.
func contentHash(d *document.Document, lines []record.Line) string {
	hash := record.ContentHash(lines)
	if d.Kind == manifest.Earnings {
		return hash
	}
	h := sha256.New()
	_, _ = io.WriteString(h, hash)
	for _, t := range d.Sections {
		switch t.Name {
		case SectionReconciliation, SectionDifference, SectionVersions: // of this version alone
			continue
		}
		for r := range t.All() {
			for _, field := range append([]string{t.Name, r.Name}, plain(r.Cells)...) {
				_, _ = io.WriteString(h, strconv.Itoa(len(field))+":"+field)
			}
			_, _ = io.WriteString(h, "\n")
		}
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

func plain(cells []document.Cell) []string {
	all := make([]string, len(cells))
	for i, c := range cells {
		all[i] = string(c.Kind) + " " + c.Exact()
	}
	return all
}

// provenance is the table of where a document is from.
func (m *maker) provenance(title string, d *document.Document) *document.Table {
	t := &document.Table{Name: SectionReconciliation, Title: title, Heading: "Line", Sheet: document.SheetSummary,
		Columns: []document.Column{{Name: "value", Label: "", Kind: document.Mixed}}}
	coverage := "complete"
	if len(d.Missing) > 0 {
		coverage = "incomplete"
	}
	t.Rows = []document.Row{
		{Name: "rows", Label: "Rows", Cells: []document.Cell{document.Number(d.Rows)}},
		{Name: "coverage", Label: "Coverage", Cells: []document.Cell{document.String(coverage)}},
		{Name: "content_hash", Label: "Content hash", Cells: []document.Cell{document.String(d.ContentHash)}},
		{Name: "tool_version", Label: "Made by fanlake", Cells: []document.Cell{document.String(d.ToolVersion)}},
		{Name: "api_version", Label: "API version", Cells: []document.Cell{document.String(d.APIVersion)}},
		{Name: "run_id", Label: "Run", Cells: []document.Cell{document.String(d.RunID)}},
	}
	return t
}
