package transform

import "testing"

// BenchmarkScan reads tokens alone, the floor of decoding.
func BenchmarkScan(b *testing.B) {
	body := []byte(`{"data":[{"uuid":"3f0c1a52-8a37-4d2f-9f60-0d5b8c1e7a11","text":"hello there, how are you tonight","price":1234,"ok":true,"sentAt":"2026-11-01T10:20:30.123Z","media":["a","b"],"user":{"handle":"bob","nickname":null}}]}`)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		s := scanner{b: body}
		if _, ok := s.skip(0); !ok {
			b.Fatal(s.err)
		}
	}
}
