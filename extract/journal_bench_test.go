package extract

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
)

// messagesPage is a page of 50 messages, about 30 KB, as the API serves them.
func messagesPage(seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 0))
	words := []string{"hello", "thanks", "tomorrow", "lovely", "video", "please", "really", "waiting", "for", "you", "the", "new", "one"}
	b := []byte(`{"data":[`)
	for i := range 50 {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `{"uuid":"%08x-%04x-4%03x-8%03x-%012x","text":"`, r.Uint32(), r.IntN(1<<16), r.IntN(1<<12), r.IntN(1<<12), r.Uint64()>>16)
		for range 20 + r.IntN(40) {
			b = append(append(b, words[r.IntN(len(words))]...), ' ')
		}
		b = fmt.Appendf(b, `","sentAt":"2026-03-%02dT%02d:%02d:%02d.%03dZ","sender":{"uuid":"3c1e5b1e-0000-4000-8000-%012x","handle":"fan"},"pricing":null,"hasMedia":false,"isRead":true,"type":"SINGLE_RECIPIENT"}`,
			1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(1000), r.Uint64()>>16)
	}
	return append(b, `],"nextCursor":"abc"}`...)
}

func benchmarkBodies() (bodies [][]byte, mean int64) {
	for i := range 64 {
		bodies = append(bodies, messagesPage(uint64(i)))
		mean += int64(len(bodies[i])) / 64
	}
	return bodies, mean
}

func BenchmarkJournalAppend(b *testing.B) {
	bodies, mean := benchmarkBodies()
	j := openJournal(b, journalDir(b), 1)
	id := begin(b, j, "a")
	b.SetBytes(mean)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		p := journalPage("", n)
		p.Body = bodies[n%len(bodies)]
		if _, err := j.Append(id, p); err != nil {
			b.Fatal(err)
		}
	}
	disk := j.writer.size + int64(len(j.segments)-1)*segmentSize
	b.ReportMetric(float64(disk)/float64(n), "disk-B/op")
}

func BenchmarkJournalPages(b *testing.B) {
	bodies, mean := benchmarkBodies()
	j := openJournal(b, journalDir(b), 1)
	id := begin(b, j, "a")
	const pages = 2000
	for i := 1; i <= pages; i++ {
		p := journalPage("", i)
		p.Body = bodies[i%len(bodies)]
		if _, err := j.Append(id, p); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(mean * pages)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range j.Pages(id) {
			must(b, err)
			n++
		}
		if n != pages {
			b.Fatal(n)
		}
	}
}

// BenchmarkJournalOpen opens a journal of 100,000 pages in 2,000 slices, and
// says what its index takes.
func BenchmarkJournalOpen(b *testing.B) {
	bodies, _ := benchmarkBodies()
	root := journalDir(b)
	j := openJournal(b, root, 1)
	const walks, pages = 2000, 50
	for w := range walks {
		id := begin(b, j, fmt.Sprint(w))
		for i := 1; i <= pages; i++ {
			p := journalPage("", i)
			p.Body = bodies[(w+i)%len(bodies)]
			if _, err := j.Append(id, p); err != nil {
				b.Fatal(err)
			}
		}
	}
	must(b, j.Close())
	j = nil
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	b.ReportAllocs()
	seq := int64(1)
	for b.Loop() {
		seq++
		j, err := OpenJournal(root, fmt.Sprintf("run%d", seq), seq)
		must(b, err)
		b.StopTimer()
		runtime.GC()
		runtime.ReadMemStats(&after)
		if got := len(j.Slices()); got != walks || len(j.Damage()) > 0 {
			b.Fatal(got, j.Damage())
		}
		must(b, j.Close())
		b.StartTimer()
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(walks*pages), "index-B/page")
}
