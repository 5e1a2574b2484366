package pipeline_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fanlake/cmd/internal/pipeline"
	"fanlake/load/runs"
)

// The last success is the newest run that was to read all that was due, and did.
// What flags narrowed, a budget ended, a kill cut off or a backfill brought says
// nothing of the rest.
func TestLastSuccessIsOfACompleteRun(t *testing.T) {
	t.Parallel()
	now := time.Now().UTC().Truncate(time.Second)
	a := pipeline.Account{Name: "main", Dir: filepath.Join(t.TempDir(), "main"), StaleAfter: 24 * time.Hour}
	if err := os.MkdirAll(a.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(a.Dir, "owner.json"), []byte(`{"owner": "1c4c19d1-7ee6-4a9c-b64e-3a2f8bd10001", "account": "main", "key_fingerprint": "0123456789abcdef"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	complete := now.Add(-30 * time.Hour)
	for i, r := range []runs.Run{
		{Status: runs.OK, Ended: true},
		{Status: runs.OK, Ended: true, Full: true}, // the newest that is complete
		{Status: runs.OK, Ended: true, Narrowed: true},
		{Status: runs.OK, Ended: true, Backfill: &runs.Backfill{From: now.AddDate(-1, 0, 0)}},
		{Status: runs.OK, Ended: true, Unread: true},
		{Status: runs.Partial, Ended: true},
		{Status: runs.Failed, Ended: true},
		{Status: runs.Killed},
		{Status: runs.OK},
	} {
		r.RunID, r.Seq = "RUN"+string(rune('A'+i)), int64(i+1)
		r.FinishedAt = complete.Add(time.Duration(i-1) * time.Hour)
		r.StartedAt = r.FinishedAt.Add(-time.Minute)
		if err := runs.Write(a.Dir, r); err != nil {
			t.Fatal(err)
		}
		s, err := a.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := complete
		if i == 0 {
			want = r.FinishedAt
		}
		if !s.LastSuccess.Equal(want) {
			t.Errorf("behind %+v: last success %v, want %v", r, s.LastSuccess, want)
		}
		if !slices.ContainsFunc(s.Attention, func(line string) bool { return strings.HasPrefix(line, "the last complete run ended 3") }) {
			t.Errorf("behind %+v: %v does not say when the last complete run ended", r, s.Attention)
		}
	}
}
