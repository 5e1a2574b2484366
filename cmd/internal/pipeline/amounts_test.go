package pipeline_test

import (
	"testing"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract/fanvuesim"
)

// Amounts at the edges of 64 bits cost the rows that have them, not the account's
// publication.
func TestAmountsAtTheEdgeBlockNoPublication(t *testing.T) {
	t.Parallel()
	for name, values := range map[string]map[string]string{
		"gross": {"gross": "9223372036854775807"},
		"sum":   {"gross": "10000000000000", "net": "-10000000000000"},
		"both":  {"gross": "9223372036854775807", "net": "-9223372036854775808"},
		"net":   {"net": "-9223372036854775808"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := small(63)
			r := newRig(t, fanvuesim.Options{World: w})
			for field, value := range values {
				r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.SetField, Path: "/insights/earnings", Field: field, Value: value, Row: -1})
			}
			res, err := r.try(t, pipeline.SyncOptions{})
			if name != "sum" {
				wantPartial(t, res, err)
			}
			if !res.Published {
				t.Error("nothing was published")
			}
			r.sim.Gate().ClearFaults()
			r.sim.Night()
			r.sync(t, pipeline.SyncOptions{Full: true})
			r.compare(t)
		})
	}
}
