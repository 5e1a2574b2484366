package transform_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"fanlake/transform"
	"fanlake/transform/tables"
)

const (
	creator = "3f0c1a52-8a37-4d2f-9f60-0d5b8c1e7a11"
	fan     = "00112233-4455-6677-8899-aabbccddeeff"
	fan2    = "ffeeddcc-bbaa-9988-7766-554433221100"
)

var fetched = time.Date(2026, 11, 2, 3, 4, 5, 6000, time.UTC)

// testKey has the bytes 0 to 31.
func testKey(t testing.TB) transform.Key {
	t.Helper()
	k, err := transform.ParseKey([]byte("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// A sealing is one part with its side, all in memory.
type sealing struct {
	t                     testing.TB
	part                  *transform.Part
	side                  *transform.Side
	rows, people, rejects bytes.Buffer
}

func seal(t testing.TB, table string, keepText bool) *sealing {
	t.Helper()
	tab, ok := tables.ByName(table)
	if !ok {
		t.Fatalf("no table %s", table)
	}
	s := &sealing{t: t}
	s.side = transform.NewSide(
		func() (io.Writer, error) { return &s.people, nil },
		func() (io.Writer, error) { return &s.rejects, nil })
	var err error
	s.part, err = transform.NewPart(&s.rows, tab, transform.Options{Key: testKey(t), KeepText: keepText, Side: s.side})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func pages(bodies ...string) iter.Seq2[transform.Page, error] {
	return func(yield func(transform.Page, error) bool) {
		for i, b := range bodies {
			if !yield(page(i+1, b), nil) {
				return
			}
		}
	}
}

func page(number int, body string) transform.Page {
	return transform.Page{Body: []byte(body), RunID: "run-7", RunSeq: 7, Number: int64(number), FetchedAt: fetched}
}

// inputOf is short for the type in tables of tests.
type inputOf = transform.Input

func input(stream string, bodies ...string) transform.Input {
	return transform.Input{
		Slice:       tables.Slice{ID: "run-7/1", Stream: stream, Complete: true},
		CreatorUUID: creator,
		Pages:       pages(bodies...),
	}
}

func (s *sealing) add(in transform.Input) tables.Slice {
	s.t.Helper()
	slice, err := s.part.Add(context.Background(), in)
	if err != nil {
		s.t.Fatal(err)
	}
	return slice
}

func (s *sealing) close() tables.Footer {
	s.t.Helper()
	f, err := s.part.Close(tables.Footer{PartID: "run-7-0001", RunID: "run-7", RunSeq: 7})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, end := range []func(tables.Footer) (tables.Footer, bool, error){s.side.ClosePeople, s.side.CloseRejects} {
		if _, _, err := end(tables.Footer{RunID: "run-7"}); err != nil {
			s.t.Fatal(err)
		}
	}
	return f
}

// read returns the rows of a part as text, NULL as "-", and its columns with
// their types.
func read(t testing.TB, part []byte) (rows []map[string]string, columns []string) {
	t.Helper()
	if len(part) == 0 {
		return nil, nil
	}
	pq, err := file.NewParquetReader(bytes.NewReader(part))
	if err != nil {
		t.Fatal(err)
	}
	defer pq.Close()
	r, err := pqarrow.NewFileReader(pq, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	table, err := r.ReadTable(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer table.Release()
	for i := range int(table.NumCols()) {
		f := table.Schema().Field(i)
		null := ""
		if f.Nullable {
			null = " null"
		}
		columns = append(columns, fmt.Sprintf("%s %s%s", f.Name, pq.MetaData().Schema.Column(i).LogicalType(), null))
	}
	batches := array.NewTableReader(table, 0)
	defer batches.Release()
	for batches.Next() {
		b := batches.RecordBatch()
		for i := range int(b.NumRows()) {
			row := map[string]string{}
			for c := range int(b.NumCols()) {
				row[b.ColumnName(c)] = text(b.Column(c), i)
			}
			rows = append(rows, row)
		}
	}
	return rows, columns
}

func text(a arrow.Array, i int) string {
	if a.IsNull(i) {
		return "-"
	}
	switch a := a.(type) {
	case *array.Timestamp:
		return time.UnixMicro(int64(a.Value(i))).UTC().Format("2006-01-02T15:04:05.999999")
	case *array.Date32:
		return time.Unix(int64(a.Value(i))*86400, 0).UTC().Format(time.DateOnly)
	}
	return a.ValueStr(i)
}

// line picks columns of a row.
func line(row map[string]string, names string) string {
	var b []string
	for _, n := range strings.Fields(names) {
		b = append(b, row[n])
	}
	return strings.Join(b, " ")
}

func wantLines(t testing.TB, rows []map[string]string, names string, want ...string) {
	t.Helper()
	var got []string
	for _, r := range rows {
		got = append(got, line(r, names))
	}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("%s\ngot\n%s\nwant\n%s", names, g, w)
	}
}
