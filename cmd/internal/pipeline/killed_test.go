package pipeline_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract/fanvuesim"
	"fanlake/load/runs"
)

// A run that was killed is said to be so by status at once, and by its record
// from the next run on: with what it had asked and received as far as it was
// kept, the last sign of it for an end, and no exit status.
func TestAKilledRunIsRecorded(t *testing.T) {
	t.Parallel()
	world := fanvuesim.WorldOptions{Seed: 35, Agency: true, OwnerIsCreator: true, Creators: 12, FansPerCreator: 5, EarningsPerCreator: 10, ChatsPerCreator: 1, MessagesPerChat: 1}
	// In the first round, before anything is sealed; and behind it.
	for _, at := range []int{50, 110} {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, fanvuesim.Options{World: world})
			before := time.Now()
			r.killAt(t, at)
			asked := int64(r.sim.Gate().Ledger().Total())
			after := time.Now()

			s, err := r.account.Status(t.Context())
			if err != nil || s.LastRun.Status != runs.Killed || s.Running || !strings.Contains(strings.Join(s.Attention, "\n"), "was killed; run fanlake sync") {
				t.Errorf("status %+v, %v of %v", s.LastRun, s.Attention, err)
			}
			res := r.sync(t, pipeline.SyncOptions{})
			if len(res.Killed) != 1 || res.Killed[0] != s.LastRun.RunID {
				t.Errorf("the next run noted %v", res.Killed)
			}
			records, err := runs.Read(r.account.Dir)
			if err != nil || len(records) != 2 {
				t.Fatalf("%d records, %v", len(records), err)
			}
			k := records[0]
			const inFlight = 8 // that were asked for and not kept
			if k.Status != runs.Killed || k.ExitStatus != nil || k.Ended || k.Requests > asked || k.Requests < asked-inFlight {
				t.Errorf("%d requests of a run that was %s, exit status %v; the server saw %d", k.Requests, k.Status, k.ExitStatus, asked)
			}
			var streams int64
			for _, st := range k.Streams {
				streams += st.Requests
			}
			if streams != k.Requests {
				t.Errorf("%d requests by stream, %d together", streams, k.Requests)
			}
			if k.Bytes < 1000 || k.FinishedAt.Before(before) || k.FinishedAt.After(after) {
				t.Errorf("%d bytes until %v, want some until between %v and %v", k.Bytes, k.FinishedAt, before, after)
			}
			want := fmt.Sprintf("killed | %d | %d | true | true | true", k.Requests, k.Bytes)
			got := r.query(t, `SELECT status, requests, bytes, finished_at > started_at, exit_status IS NULL, error LIKE '%killed%' FROM meta.runs ORDER BY run_seq`)
			if len(got) != 2 || got[0] != want {
				t.Errorf("meta.runs has %q, want %q", got, want)
			}
			r.compare(t)
			// It is noted once.
			r.sim.Night()
			if res := r.sync(t, pipeline.SyncOptions{}); len(res.Killed) != 0 {
				t.Errorf("noted again: %v", res.Killed)
			}
			if again, err := runs.Read(r.account.Dir); err != nil || again[0].Requests != k.Requests || !again[0].FinishedAt.Equal(k.FinishedAt) {
				t.Errorf("the record changed to %+v, %v", again[0], err)
			}
		})
	}
}

// Asking whose key it is is a request as well, also of a run that was killed
// when it had done no more.
func TestAKilledRunHadAsked(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: small(38)})
	r.killAt(t, 2)
	records, err := runs.Read(r.account.Dir)
	if err != nil || len(records) != 1 || records[0].Requests != 1 || records[0].Streams["me"].Requests != 1 {
		t.Errorf("%v, %+v", err, records)
	}
}

// A run that had read everything and was killed before it published is a killed
// one too, and no success.
func TestKilledBeforeItPublished(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: small(36)})
	r.sync(t, pipeline.SyncOptions{})
	records, err := runs.Read(r.account.Dir)
	if err != nil || len(records) != 1 {
		t.Fatal(records, err)
	}
	first := records[0]
	first.Ended = false
	if err := runs.Write(r.account.Dir, first); err != nil {
		t.Fatal(err)
	}
	if s, err := r.account.Status(t.Context()); err != nil || s.LastRun.Status != runs.Killed || !s.LastSuccess.IsZero() {
		t.Errorf("status %+v, last success %v, %v", s.LastRun, s.LastSuccess, err)
	}
	r.sim.Night()
	r.sync(t, pipeline.SyncOptions{})
	records, err = runs.Read(r.account.Dir)
	if err != nil || records[0].Status != runs.Killed || records[0].Requests != first.Requests || records[0].Bytes != first.Bytes || records[1].Status != runs.OK {
		t.Errorf("%v: %+v", err, records)
	}
	if left, _ := filepath.Glob(filepath.Join(r.account.Dir, "runs", ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Of two runs killed one after the other, the second of which had written down
// the first before it could tell anybody, the next one tells both, and once. An
// interruption between them is told to nobody either.
func TestKilledRunsAreToldUntilOneTells(t *testing.T) {
	t.Parallel()
	for _, second := range []string{runs.Started, runs.Interrupted} {
		t.Run(second, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, fanvuesim.Options{World: small(39)})
			r.sync(t, pipeline.SyncOptions{})
			records, err := runs.Read(r.account.Dir)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for i, status := range []string{runs.Killed, second} {
				k := records[0]
				k.RunID, k.Seq, k.Status, k.Ended = pipeline.NewRunID(), int64(2+i), status, status == runs.Interrupted
				if status != runs.Interrupted {
					want = append(want, k.RunID)
				}
				if err := runs.Write(r.account.Dir, k); err != nil {
					t.Fatal(err)
				}
			}
			slices.Sort(want)
			if res := r.sync(t, pipeline.SyncOptions{}); !slices.Equal(res.Killed, want) {
				t.Errorf("the next run tells of %v, want %v", res.Killed, want)
			}
			if res := r.sync(t, pipeline.SyncOptions{}); len(res.Killed) != 0 {
				t.Errorf("told again: %v", res.Killed)
			}
		})
	}
}

// What a full reading has left, a plain sync does not read: status says which
// command does, behind each end that is not the run's own.
func TestAFullReadingIsGoneOnWith(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: small(40)})
	r.sync(t, pipeline.SyncOptions{Full: true})
	records, err := runs.Read(r.account.Dir)
	if err != nil || !records[0].Full {
		t.Fatalf("%v: the record of a full reading: %+v", err, records)
	}
	const full, plain = "run fanlake sync --full ", "run fanlake sync, "
	for _, k := range []runs.Run{
		{Status: runs.Started, Full: true},
		{Status: runs.Killed, Full: true, Narrowed: true},
		{Status: runs.Interrupted, Full: true, Ended: true},
		{Status: runs.Failed, Full: true, Ended: true},
		{Status: runs.OK, Full: true, Unread: true, Ended: true},
		{Status: runs.Killed},
	} {
		k.RunID, k.Seq, k.StartedAt = records[0].RunID, 1, records[0].StartedAt
		if err := runs.Write(r.account.Dir, k); err != nil {
			t.Fatal(err)
		}
		s, err := r.account.Status(t.Context())
		text := strings.Join(s.Attention, "\n")
		if err != nil || strings.Contains(text, full) != k.Full || strings.Contains(text, plain) == k.Full {
			t.Errorf("%+v: %v, %s", k, err, text)
		}
	}
}

// A backfill that was killed is not at its end, and status says so.
func TestAKilledBackfillIsNotAtItsEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: small(37)})
	r.sync(t, pipeline.SyncOptions{})
	records, err := runs.Read(r.account.Dir)
	if err != nil {
		t.Fatal(err)
	}
	killed := records[0]
	killed.RunID, killed.Seq, killed.Status, killed.Ended = pipeline.NewRunID(), 2, runs.Started, false
	killed.Backfill = &runs.Backfill{From: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)}
	if err := runs.Write(r.account.Dir, killed); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s, err := r.account.Status(t.Context())
		if err != nil || !strings.Contains(strings.Join(s.Attention, "\n"), "the backfill from 2024-01-01 to now is not at its end") {
			t.Errorf("status %v, %v", s.Attention, err)
		}
		r.sync(t, pipeline.SyncOptions{})
	}
	if _, err := os.Stat(filepath.Join(r.account.Dir, "runs", killed.RunID+".json")); err != nil {
		t.Error(err)
	}
}

// What a run reads and cannot type is counted by stream, and adds up to the run.
func TestUsageByStream(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: small(38)})
	r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.DropField, Path: "/insights/earnings", Field: "gross", Row: 0, Count: 1})
	res, err := r.account.Sync(t.Context(), pipeline.SyncOptions{}, r.steps)
	if err == nil || res.Rejects != 1 {
		t.Fatalf("%d rejects, %v", res.Rejects, err)
	}
	if got := r.query(t, "SELECT stream, rejects FROM meta.rate_usage WHERE rejects > 0"); len(got) != 1 || !strings.HasSuffix(got[0], " 1") {
		t.Errorf("rejects by stream %v", got)
	}
	// The rows of streams that are read once and from their beginning are those of
	// the tables, the rejected one among them.
	got := r.query(t, `SELECT row_count - rejects - (SELECT count(*) FROM fanvue.subscribers) FROM meta.rate_usage WHERE stream = 'subscribers'
		UNION ALL SELECT row_count - rejects - (SELECT count(*) FROM fanvue.followers) FROM meta.rate_usage WHERE stream = 'followers'
		UNION ALL SELECT row_count - rejects - (SELECT count(*) FROM fanvue.earnings) FROM meta.rate_usage WHERE stream = 'earnings'`)
	if strings.Join(got, " ") != "0 0 0" {
		t.Errorf("rows by stream differ from those of the tables by %v", got)
	}
}

// What a process that was killed was writing is gone with the next run, and only
// that.
func TestKilledInTheMiddleOfAFile(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: small(37)})
	r.sync(t, pipeline.SyncOptions{})
	if err := os.MkdirAll(filepath.Join(r.account.Dir, "lake", "earnings", "2026-01"), 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(name string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(r.account.Dir, name), []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"lake/earnings/2026-01/.part.8.tmp", "runs/.123.tmp", "state/.4.tmp", ".567.tmp"} {
		write(name)
	}
	write("runs/notes.tmp")
	r.sync(t, pipeline.SyncOptions{})
	var left []string
	err := filepath.WalkDir(r.account.Dir, func(path string, d fs.DirEntry, err error) error {
		if filepath.Ext(path) == ".tmp" {
			left = append(left, d.Name())
		}
		return err
	})
	if want := []string{"notes.tmp"}; err != nil || !slices.Equal(left, want) {
		t.Errorf("%v, %v is left, want %v", left, err, want)
	}
}
