package runs

import (
	"math"
	"os"
	"path/filepath"
	"testing"
)

// FuzzRead reads any text as a run record, beside a sound one: it is read or
// refused by name, and the next run's number lies above all others.
func FuzzRead(f *testing.F) {
	for _, text := range []string{
		`{"run_id":"b","seq":7,"status":"ok"}`, `{"run_id":"b","seq":9223372036854775807}`, `{"seq":-9223372036854775808}`, `{"seq":9223372036854775806}`,
		`{"seq":1e3}`, `{"seq":"1"}`, `{}`, `null`, `[]`, ``, `{"streams":null,"drift":[null],"lifecycle":[{}]}`,
		`{"started_at":"2026-02-30T00:00:00Z"}`, `{"streams":{"":{"slices":-1}}}`, "\xff", `{"run_id":"../../x"}`, `{"SEQ":5,"seq":3}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		if err := Write(dir, Run{RunID: "a", Seq: 3}); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "runs", "b.json"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		records, err := Read(dir)
		if err != nil {
			return
		}
		next, err := NextSeq(dir)
		most := int64(math.MinInt64)
		for i, r := range records {
			if most = max(most, r.Seq); i > 0 && records[i-1].Seq > r.Seq {
				t.Errorf("%q: run %d comes before run %d", text, records[i-1].Seq, r.Seq)
			}
		}
		if len(records) != 2 || most < 3 {
			t.Fatalf("%q: %d runs up to %d", text, len(records), most)
		}
		if err == nil && next <= most {
			t.Errorf("%q: the next run is %d behind %d", text, next, most)
		}
	})
}
