package transform

import (
	"fmt"
	"strings"
	"testing"

	"fanlake/transform/tables"
)

// BenchmarkDecode turns pages into Arrow arrays, without the Parquet file.
func BenchmarkDecode(b *testing.B) {
	var page strings.Builder
	page.WriteString(`{"data":[`)
	for i := range 50 {
		if i > 0 {
			page.WriteByte(',')
		}
		fmt.Fprintf(&page, `{"uuid":"3f0c1a52-8a37-4d2f-9f60-0d5b8c1e7a%02x","text":"hello there, how are you tonight? caf\u00e9 %d","sentAt":"2026-11-01T10:20:30.123Z","sender":{"uuid":"00112233-4455-6677-8899-aabbccddeeff","handle":"someone"},"recipient":{"uuid":"3f0c1a52-8a37-4d2f-9f60-0d5b8c1e7a11","handle":"other"},"hasMedia":true,"mediaType":"image","mediaUuids":["3f0c1a52-8a37-4d2f-9f60-0d5b8c1e7a11"],"type":"SINGLE_RECIPIENT","pricing":{"USD":{"price":%d}},"purchasedAt":null,"sentByUserId":null,"isRead":true,"mediaPreviewUuid":null,"gif":null,"tipSource":null,"appUuid":null}`, i, i, 500+i)
	}
	page.WriteString(`],"dateFilter":null}`)
	body := []byte(page.String())
	table, _ := tables.ByName("messages")
	l, err := newLayout(table)
	if err != nil {
		b.Fatal(err)
	}
	r := newReader(l)
	var columns []column
	for _, c := range l.columns {
		columns = append(columns, newColumn(c.Type))
	}
	rows := 0
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		r.scan = scanner{b: body}
		err := r.rows(false, func() error {
			if !r.row() || r.reason != "" {
				return fmt.Errorf("%s %s %w", r.path, r.reason, r.scan.err)
			}
			for i := range columns {
				columns[i].append(&r.cells[i])
			}
			rows++
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		if rows >= batchRows {
			rows = 0
			for i := range columns {
				columns[i].take().Release()
			}
		}
	}
}
