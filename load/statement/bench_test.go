package statement

import (
	"io"
	"runtime"
	"testing"

	"fanlake/load/statement/samples"
)

// BenchmarkForms writes 300 statements in every form, as an agency's night does,
// and reports what each takes and what is left of the heap.
func BenchmarkForms(b *testing.B) {
	for _, f := range Formats() {
		b.Run(f.Name, func(b *testing.B) {
			b.ReportAllocs()
			var before, after runtime.MemStats
			write := func(n int) {
				for range n {
					d := samples.Sample()
					d.Transactions = d.Section("reversals")
					for _, file := range f.Files {
						if err := file.Write(d, io.Discard, FormatOptions{}); err != nil {
							b.Fatal(err)
						}
					}
				}
				runtime.GC()
			}
			write(1) // what is read once
			runtime.ReadMemStats(&before)
			for b.Loop() {
				write(300)
			}
			runtime.ReadMemStats(&after)
			b.ReportMetric(b.Elapsed().Seconds()*1000/float64(300*b.N), "ms/statement")
			b.ReportMetric((float64(after.HeapAlloc)-float64(before.HeapAlloc))/1024, "KiB-left")
		})
	}
}
