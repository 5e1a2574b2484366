package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// JSON writes the document as one JSON object. Amounts are cents, counts whole
// numbers, percents hundredths of a percent, days and instants ISO 8601, and
// null is what is not known. A row is an object with its columns' names; a cell
// of a mixed column is an object that names its kind.
func (d *Document) JSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(d)
}

// ReadJSON reads what [Document.JSON] wrote.
func ReadJSON(r io.Reader) (*Document, error) {
	d := &Document{}
	decoder := json.NewDecoder(r)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(d); err != nil {
		return nil, err
	}
	return d, nil
}

type tableHead struct {
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	Heading string   `json:"heading"`
	Sheet   string   `json:"sheet"`
	Detail  bool     `json:"detail,omitempty"`
	Empty   string   `json:"empty,omitempty"`
	Notes   []string `json:"notes,omitempty"`
	Charts  []Chart  `json:"charts,omitempty"`
	Columns []Column `json:"columns"`
}

// MarshalJSON writes the table, its rows as objects.
func (t *Table) MarshalJSON() ([]byte, error) {
	rows := make([]json.RawMessage, 0, len(t.Rows))
	for r := range t.All() {
		text, err := t.rowJSON(r)
		if err != nil {
			return nil, err
		}
		rows = append(rows, text)
	}
	return json.Marshal(struct {
		tableHead
		Rows []json.RawMessage `json:"rows"`
	}{tableHead{t.Name, t.Title, t.Heading, t.Sheet, t.Detail, t.Empty, t.Notes, t.Charts, t.Columns}, rows})
}

// rowJSON writes a row with its columns in their order.
func (t *Table) rowJSON(r Row) ([]byte, error) {
	var b bytes.Buffer
	put := func(key string, value any) error {
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(value); err != nil {
			return err
		}
		name, err := json.Marshal(key)
		if err != nil {
			return err
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(bytes.TrimSpace(text.Bytes()))
		return nil
	}
	b.WriteByte('{')
	if err := put("name", r.Name); err != nil {
		return nil, err
	}
	if err := put("label", r.Label); err != nil {
		return nil, err
	}
	if err := put("total", r.Total); err != nil {
		return nil, err
	}
	if len(r.Cells) != len(t.Columns) {
		return nil, fmt.Errorf("table %s, row %s: %d cells in %d columns", t.Name, r.Name, len(r.Cells), len(t.Columns))
	}
	for i, c := range r.Cells {
		value := c.value()
		if t.Columns[i].Kind == Mixed && c.Known() {
			value = map[Kind]any{c.Kind: value}
		} else if c.Known() && c.Kind != t.Columns[i].Kind {
			return nil, fmt.Errorf("table %s, row %s: a cell of kind %s in column %s of kind %s", t.Name, r.Name, c.Kind, t.Columns[i].Name, t.Columns[i].Kind)
		}
		if err := put(t.Columns[i].Name, value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// value is the cell as JSON has it.
func (c Cell) value() any {
	switch c.Kind {
	case Money, Count, Percent:
		return c.Number
	case Text:
		return c.Text
	case Day, Instant:
		return c.Exact()
	}
	return nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (t *Table) UnmarshalJSON(text []byte) error {
	var read struct {
		tableHead
		Rows []map[string]json.RawMessage `json:"rows"`
	}
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	h := read.tableHead
	*t = Table{Name: h.Name, Title: h.Title, Heading: h.Heading, Sheet: h.Sheet, Detail: h.Detail, Empty: h.Empty, Notes: h.Notes, Charts: h.Charts, Columns: h.Columns}
	for i, fields := range read.Rows {
		r := Row{Cells: make([]Cell, len(t.Columns))}
		for key, dst := range map[string]any{"name": &r.Name, "label": &r.Label, "total": &r.Total} {
			if err := json.Unmarshal(fields[key], dst); err != nil {
				return fmt.Errorf("table %s, row %d, %s: %w", t.Name, i, key, err)
			}
		}
		for j, c := range t.Columns {
			var err error
			if r.Cells[j], err = readCell(fields[c.Name], c.Kind); err != nil {
				return fmt.Errorf("table %s, row %s, %s: %w", t.Name, r.Name, c.Name, err)
			}
		}
		t.Rows = append(t.Rows, r)
	}
	return nil
}

func readCell(text json.RawMessage, kind Kind) (c Cell, err error) {
	if string(text) == "null" {
		return Cell{}, nil
	}
	c.Kind = kind
	switch kind {
	case Money, Count, Percent:
		err = json.Unmarshal(text, &c.Number)
	case Text:
		err = json.Unmarshal(text, &c.Text)
	case Day, Instant:
		layout := map[Kind]string{Day: time.DateOnly, Instant: time.RFC3339Nano}[kind]
		var written string
		var t time.Time
		if err = json.Unmarshal(text, &written); err == nil {
			t, err = time.Parse(layout, written)
			c.Number = t.UnixMicro()
		}
	case Mixed:
		var one map[Kind]json.RawMessage
		if err = json.Unmarshal(text, &one); err != nil {
			return Cell{}, err
		}
		for k, v := range one {
			if len(one) == 1 && k != Mixed {
				return readCell(v, k)
			}
		}
		err = fmt.Errorf("want one kind, got %d", len(one))
	default:
		err = fmt.Errorf("unknown kind %q", kind)
	}
	return c, err
}
