package transform_test

import (
	"context"
	"testing"
	"time"

	"fanlake/transform/tables"
)

// FuzzPart feeds pages to every table: no page may break the program, a part
// that closes can be read, and has the rows that were counted.
func FuzzPart(f *testing.F) {
	for i := range tables.All {
		f.Add(uint8(i), []byte(earningWith()))
		f.Add(uint8(i), []byte(`{"period":{"timezone":"UTC"},"overTime":[{"periodStart":"2026-11-01","gross":1,"net":1}]}`))
		f.Add(uint8(i), []byte(`[{"uuid":"`+fan+`","sender":{"uuid":"`+fan+`"},"text":"\ud83d\ude00\u0000","mediaUuids":[1],"pricing":{"USD":{"price":1e3}}}]`))
	}
	f.Add(uint8(2), []byte("{\"data\":[{\"date\":\"\xff\",\"x\":\"\\ud800\"},{\"\\u0000\":1}]}"))
	f.Fuzz(func(t *testing.T, n uint8, body []byte) {
		tab := tables.All[int(n)%len(tables.All)]
		s := seal(t, tab.Name, n%2 == 0)
		in := input(tab.Name, string(body), string(body))
		in.FanUUID, in.Month, in.Ordered = fan2, time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), false
		slice, err := s.part.Add(context.Background(), in)
		if err != nil {
			return
		}
		s.close()
		rows, _ := read(t, s.rows.Bytes())
		rejects, _ := read(t, s.rejects.Bytes())
		if int64(len(rows)) != slice.Rows || int64(len(rejects)) != slice.Rejected {
			t.Errorf("%d rows and %d rejects, counted %d and %d", len(rows), len(rejects), slice.Rows, slice.Rejected)
		}
	})
}
