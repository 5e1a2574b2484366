package transform

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/cespare/xxhash/v2"

	"fanlake/transform/tables"
)

const (
	batchRows     = 16_384
	batchBytes    = 8 << 20 // of text, so that long messages do not pile up
	rowGroupRows  = 122_880 // DuckDB's unit of parallel reading
	rowGroupBytes = 64 << 20
	// dictionaryBytes ends a dictionary early: a column with many distinct
	// values costs time and space in one.
	dictionaryBytes = 64 << 10
)

// A file is a Parquet file of cells: the table's columns, then the system
// columns. After an error it is of no use any more.
type file struct {
	table   tables.Table
	columns []tables.Column
	schema  *arrow.Schema
	cols    []column
	writer  *pqarrow.FileWriter
	keys    []int
	tags    []uint64 // of each column in the canonical encoding of a row
	hash    int      // column _hash
	rows    int64
	digest  hash.Hash
	buf     []byte

	pending      int // rows in cols
	pendingBytes int // of text in cols
	groupBytes   int // of text in the row group
}

func newFile(w io.Writer, t tables.Table) (*file, error) {
	f := &file{table: t, digest: sha256.New()}
	f.columns = append(append(f.columns, t.Columns...), tables.System...)
	f.hash = columnIndex(f.columns, "_hash")
	var fields []arrow.Field
	for _, c := range f.columns {
		typ, err := arrowType(c.Type)
		if err != nil {
			return nil, fmt.Errorf("table %s: column %s: %w", t.Name, c.Name, err)
		}
		fields = append(fields, arrow.Field{Name: c.Name, Type: typ, Nullable: !c.Required})
		f.cols = append(f.cols, newColumn(c.Type))
		f.tags = append(f.tags, xxhash.Sum64String(c.Name))
	}
	for _, name := range t.Key {
		i := columnIndex(f.columns, name)
		if i < 0 {
			return nil, fmt.Errorf("table %s: key column %s missing", t.Name, name)
		}
		f.keys = append(f.keys, i)
	}
	f.schema = arrow.NewSchema(fields, nil)
	return f, f.guard("begin", func() (err error) {
		// The library closes a writer that can be closed; that is the caller's.
		f.writer, err = pqarrow.NewFileWriter(f.schema, struct{ io.Writer }{w}, writerProperties(f.columns), pqarrow.DefaultWriterProps())
		return err
	})
}

func writerProperties(columns []tables.Column) *parquet.WriterProperties {
	options := []parquet.WriterProperty{
		parquet.WithCompression(compress.Codecs.Zstd), parquet.WithCompressionLevel(1),
		parquet.WithMaxRowGroupLength(rowGroupRows), parquet.WithDictionaryDefault(false),
		parquet.WithDictionaryPageSizeLimit(dictionaryBytes), parquet.WithCreatedBy("fanlake"),
	}
	for _, c := range columns {
		if c.Name == "_hash" {
			continue // random bits do not pack
		}
		switch c.Type {
		case tables.Cents, tables.Int, tables.Timestamp, tables.Date:
			options = append(options, parquet.WithEncodingFor(c.Name, parquet.Encodings.DeltaBinaryPacked))
		case tables.Text, tables.Fan, tables.UUID:
			options = append(options, parquet.WithDictionaryFor(c.Name, repeats(c)))
		}
	}
	return parquet.NewWriterProperties(options...)
}

// repeats reports whether few values of a column are distinct. A dictionary of
// distinct values costs more time and space than none.
func repeats(c tables.Column) bool {
	if c.Type == tables.UUID {
		return c.From == tables.FromCreator
	}
	switch c.Name {
	case "text", "transaction_order_id", "reversed_transaction_order_id", "handle", "display_name", "nickname", "row":
		return false
	}
	return true
}

// guard turns an error or a panic of the Parquet library, which it has after
// its sink failed, into an error.
func (f *file) guard(what string, do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s part of %s: %v", what, f.table.Name, p)
		}
	}()
	if err := do(); err != nil {
		return fmt.Errorf("%s part of %s: %w", what, f.table.Name, err)
	}
	return nil
}

// rowHash hashes what counts as the content of a row: the set cells of the
// table's columns that are not volatile, and _extra. A column that is added
// later and NULL does not change it.
func (f *file) rowHash(cells []cell) int64 {
	f.buf = f.buf[:0]
	for i := range f.columns {
		c := &f.columns[i]
		if !cells[i].set || c.Volatile || i >= len(f.table.Columns) && c.Name != "_extra" {
			continue
		}
		f.buf = binary.LittleEndian.AppendUint64(f.buf, f.tags[i])
		f.buf = appendCell(f.buf, c.Type, &cells[i])
	}
	return int64(xxhash.Sum64(f.buf))
}

// appendCell appends a cell's canonical form: 16 bytes of a uuid, 8 bytes of a
// number little endian, texts and lists after their length.
func appendCell(b []byte, t tables.Type, c *cell) []byte {
	switch t {
	case tables.UUID:
		return append(b, c.id[:]...)
	case tables.Text, tables.Fan:
		b = binary.LittleEndian.AppendUint32(b, uint32(len(c.s)))
		return append(b, c.s...)
	case tables.TextList:
		b = binary.LittleEndian.AppendUint32(b, uint32(len(c.list)))
		for _, s := range c.list {
			b = binary.LittleEndian.AppendUint32(b, uint32(len(s)))
			b = append(b, s...)
		}
		return b
	}
	return binary.LittleEndian.AppendUint64(b, uint64(c.n))
}

// add appends a row whose content has the given hash.
func (f *file) add(cells []cell, contentHash int64) error {
	cells[f.hash] = cell{set: true, n: contentHash}
	f.buf = f.buf[:0]
	for _, i := range f.keys {
		f.buf = appendCell(f.buf, f.columns[i].Type, &cells[i])
	}
	f.buf = binary.LittleEndian.AppendUint64(f.buf, uint64(contentHash))
	f.digest.Write(f.buf)
	for i := range f.cols {
		f.cols[i].append(&cells[i])
		f.pendingBytes += len(cells[i].s)
	}
	f.rows++
	f.pending++
	if f.pending >= batchRows || f.pendingBytes >= batchBytes {
		return f.flush()
	}
	return nil
}

func (f *file) flush() error {
	if f.pending == 0 {
		return nil
	}
	return f.guard("write", func() error {
		if f.groupBytes += f.pendingBytes; f.groupBytes > rowGroupBytes {
			if err := f.writer.NewBufferedRowGroupChecked(); err != nil {
				return err
			}
			f.groupBytes = f.pendingBytes
		}
		arrays := make([]arrow.Array, len(f.cols))
		for i := range f.cols {
			arrays[i] = f.cols[i].take()
			defer arrays[i].Release()
		}
		batch := array.NewRecordBatch(f.schema, arrays, int64(f.pending))
		defer batch.Release()
		f.pending, f.pendingBytes = 0, 0
		return f.writer.WriteBuffered(batch)
	})
}

// close writes the footer, with what the file knows filled in, and returns it.
func (f *file) close(footer tables.Footer) (tables.Footer, error) {
	footer.Format, footer.Notice = tables.FormatVersion, tables.Notice
	footer.Table, footer.Rows = f.table.Name, f.rows
	footer.ContentHash = hex.EncodeToString(f.digest.Sum(nil))
	if err := f.flush(); err != nil {
		return footer, err
	}
	text, err := json.Marshal(footer)
	if err != nil {
		return footer, fmt.Errorf("footer of %s: %w", f.table.Name, err)
	}
	return footer, f.guard("close", func() error {
		if err := f.writer.AppendKeyValueMetadata(tables.FooterKey, string(text)); err != nil {
			return err
		}
		return f.writer.Close()
	})
}
