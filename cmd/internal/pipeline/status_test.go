package pipeline

import (
	"fmt"
	"testing"

	"fanlake/load/runs"
)

// What is asked for the records and for the holder, in turns, is what somebody
// sees who asks in the moment in which a run ends, or the next one begins.
func TestStatusInTheMomentARunEnds(t *testing.T) {
	t.Parallel()
	records := func(last runs.Run) []runs.Run {
		return []runs.Run{{RunID: "A", Status: runs.OK, Ended: true}, last}
	}
	reading, done := runs.Run{RunID: "B", Status: runs.Started}, runs.Run{RunID: "B", Status: runs.OK, Ended: true}
	publishing := runs.Run{RunID: "B", Status: runs.OK}
	next := runs.Run{RunID: "C", Status: runs.Started}
	const nobody = "nobody"
	for name, test := range map[string]struct {
		records []runs.Run // the newest, by each reading
		holders []string   // by each time it is asked; empty for one unknown
		want    string
		running bool
	}{
		"under way":                       {[]runs.Run{reading}, []string{"B"}, "B running", true},
		"under way, by whom is not said":  {[]runs.Run{reading}, []string{""}, "B running", true},
		"publishing":                      {[]runs.Run{publishing}, []string{"B"}, "B ok", true},
		"ended":                           {[]runs.Run{done}, []string{nobody}, "B ok", false},
		"ended, and going":                {[]runs.Run{done}, []string{"B"}, "B ok", true},
		"ends between":                    {[]runs.Run{reading, done}, []string{nobody, nobody}, "B ok", false},
		"ends between, while publishing":  {[]runs.Run{publishing, done}, []string{nobody, nobody}, "B ok", false},
		"ends between, and another holds": {[]runs.Run{reading, done}, []string{"C", "C"}, "B ok", true},
		"another begins between":          {[]runs.Run{reading, next}, []string{nobody, "C"}, "C running", true},
		"another begins and ends":         {[]runs.Run{reading, next, {RunID: "C", Status: runs.Failed, Ended: true}}, []string{nobody, nobody, nobody}, "C failed", false},
		"killed":                          {[]runs.Run{reading, reading}, []string{nobody}, "B killed", false},
		"killed while it published":       {[]runs.Run{publishing, publishing}, []string{nobody}, "B killed", false},
		"killed, and verified now":        {[]runs.Run{reading, reading}, []string{"verify"}, "B killed", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, running, err := witness(t.Context(),
				func() ([]runs.Run, error) {
					r := test.records[0]
					test.records = test.records[1:]
					return records(r), nil
				},
				func() (string, bool) {
					h := test.holders[0]
					test.holders = test.holders[1:]
					return h, h != nobody
				})
			if err != nil {
				t.Fatal(err)
			}
			if last := got[len(got)-1]; fmt.Sprint(last.RunID, " ", last.Status) != test.want || running != test.running {
				t.Errorf("%s %s, running %v; want %s, %v", last.RunID, last.Status, running, test.want, test.running)
			}
		})
	}
}
