package extract

import (
	"hash/maphash"
	"testing"
)

func BenchmarkEnvelope(b *testing.B) {
	bodies, mean := benchmarkBodies()
	st, _ := StreamByName("messages")
	seed := maphash.MakeSeed()
	b.SetBytes(mean)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		if _, err := readEnvelope(st, seed, bodies[n%len(bodies)]); err != nil {
			b.Fatal(err)
		}
	}
}
