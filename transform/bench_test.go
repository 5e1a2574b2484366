package transform_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"fanlake/transform"
	"fanlake/transform/tables"
)

// messagePages returns pages of 50 messages as the API words them, newest
// first.
func messagePages(rows int) (bodies [][]byte, size int64) {
	rnd := rand.New(rand.NewPCG(1, 2))
	id := func() string {
		a, b := rnd.Uint64(), rnd.Uint64()
		return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", a>>32, a&0xffff, a>>16&0xfff, b>>52, b&0xffffffffffff)
	}
	words := []string{"hey", "how", "are", "you", "thanks", "for", "the", "lovely", "pictures", "tonight", "caf\u00e9", "\U0001F600"}
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	var b bytes.Buffer
	for i := range rows {
		if i%50 == 0 {
			b.WriteString(`{"data":[`)
		} else {
			b.WriteByte(',')
		}
		at = at.Add(-time.Duration(rnd.IntN(1e6)) * time.Millisecond)
		var text bytes.Buffer
		for range 4 + rnd.IntN(20) {
			text.WriteString(words[rnd.IntN(len(words))] + " ")
		}
		from, to, staff, price := fan, creator, "null", "null"
		if i%2 == 0 {
			from, to, staff = to, from, `"`+id()+`"`
		}
		if i%10 == 0 {
			price = fmt.Sprintf(`{"USD":{"price":%d}}`, 500+rnd.IntN(5000))
		}
		fmt.Fprintf(&b, `{"uuid":"%s","text":"%s","sentAt":"%s","sender":{"uuid":"%s","handle":"someone"},"recipient":{"uuid":"%s","handle":"other"},`+
			`"hasMedia":true,"mediaType":"image","mediaUuids":["%s","%s"],"type":"SINGLE_RECIPIENT","pricing":%s,"purchasedAt":null,"sentByUserId":%s,"isRead":true,"mediaPreviewUuid":null,"gif":null,"tipSource":null,"appUuid":null}`,
			id(), text.String(), at.Format("2006-01-02T15:04:05.000Z"), from, to, id(), id(), price, staff)
		if i%50 == 49 || i == rows-1 {
			b.WriteString(`],"dateFilter":{"sentBefore":null,"receivedBefore":null}}`)
			size += int64(b.Len())
			bodies = append(bodies, bytes.Clone(b.Bytes()))
			b.Reset()
		}
	}
	return bodies, size
}

func each(bodies [][]byte, times int) iter.Seq2[transform.Page, error] {
	return func(yield func(transform.Page, error) bool) {
		for n := range times {
			for i, b := range bodies {
				p := page(n*len(bodies)+i, "")
				p.Body = b
				if !yield(p, nil) {
					return
				}
			}
		}
	}
}

func writePart(t testing.TB, w io.Writer, table string, in transform.Input, keepText bool) tables.Footer {
	tab, _ := tables.ByName(table)
	none := func() (io.Writer, error) { return io.Discard, nil }
	p, err := transform.NewPart(w, tab, transform.Options{Key: testKey(t), KeepText: keepText, Side: transform.NewSide(none, none)})
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Add(context.Background(), in)
	if err != nil || s.Rejected > 0 {
		t.Fatal(s, err)
	}
	f, err := p.Close(tables.Footer{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// BenchmarkPart is the whole way from pages to a part, with and without texts.
func BenchmarkPart(b *testing.B) {
	bodies, size := messagePages(100_000)
	for _, keep := range []bool{false, true} {
		b.Run(fmt.Sprintf("text=%v", keep), func(b *testing.B) {
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				in := input("messages")
				in.FanUUID, in.Ordered, in.Pages = fan, true, each(bodies, 1)
				writePart(b, io.Discard, "messages", in, keep)
			}
			b.ReportMetric(100_000*float64(b.N)/b.Elapsed().Seconds()/1000, "krow/s")
		})
	}
}

// TestMemoryStaysFlat writes a slice of many rows and looks at the heap on the
// way.
func TestMemoryStaysFlat(t *testing.T) {
	bodies, _ := messagePages(10_000)
	in := input("messages")
	in.FanUUID = fan
	var most uint64
	in.Pages = func(yield func(transform.Page, error) bool) {
		n := 0
		for p, err := range each(bodies, 16) {
			if n++; n%400 == 0 {
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
			if !yield(p, err) {
				return
			}
		}
	}
	if f := writePart(t, io.Discard, "messages", in, false); f.Rows != 160_000 {
		t.Errorf("%d rows", f.Rows)
	}
	if most > 64<<20 {
		t.Errorf("%d MB of live heap, want at most 64", most>>20)
	}
}
