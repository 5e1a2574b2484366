package pipeline_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract"
	"fanlake/extract/fanvuesim"
	"fanlake/load/runs"
	"fanlake/transform"
)

// smallRig serves a world that is read in half a second.
func smallRig(t *testing.T, seed uint64) *rig {
	t.Helper()
	return newRig(t, fanvuesim.Options{World: fanvuesim.WorldOptions{Seed: seed, Agency: true, OwnerIsCreator: true, Creators: 2,
		FansPerCreator: 40, EarningsPerCreator: 150, ChatsPerCreator: 6, MessagesPerChat: 30}})
}

// listing hashes every file of the account, but for the lock and the send times
// of requests, which a refused run may touch.
func (r *rig) listing(t testing.TB) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(r.account.Dir, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(r.account.Dir, path)
		if err != nil || rel == "lock" || rel == filepath.Join("state", "requests.json") {
			return err
		}
		if d.IsDir() {
			files[rel] = "directory"
			return nil
		}
		text, err := os.ReadFile(path)
		files[rel] = fmt.Sprintf("%x", sha256.Sum256(text))
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return files
}

// untouched wants the files of the account as they were.
func (r *rig) untouched(t testing.TB, before map[string]string) {
	t.Helper()
	after := r.listing(t)
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if before[name] != after[name] {
			t.Errorf("%s was written", name)
		}
	}
	for name := range before {
		if _, ok := after[name]; !ok {
			t.Errorf("%s is gone", name)
		}
	}
}

// refuses syncs and wants an error of that kind which says all of that.
func (r *rig) refuses(t testing.TB, kind error, parts ...string) {
	t.Helper()
	_, err := r.account.Sync(t.Context(), pipeline.SyncOptions{}, r.steps)
	says(t, err, kind, parts...)
}

func says(t testing.TB, err, kind error, parts ...string) {
	t.Helper()
	if kind != nil && !errors.Is(err, kind) {
		t.Fatalf("error %v, want %v", err, kind)
	}
	for _, part := range parts {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v, want it to say %q", err, part)
		}
	}
}

func TestKeyOfAnotherOwnerWritesNothing(t *testing.T) {
	t.Parallel()
	r := smallRig(t, 31)
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
	before, own := r.listing(t), r.account.BaseURL
	other := httptest.NewServer(fanvuesim.New(fanvuesim.Options{World: fanvuesim.WorldOptions{Seed: 32, Agency: true, OwnerIsCreator: true},
		Gate: fanvuesim.GateOptions{Rate: fanvuesim.Rate{Limit: -1}}}).Handler())
	defer other.Close()
	r.account.BaseURL = other.URL
	r.refuses(t, pipeline.ErrOwner, r.account.Dir, `account "main"`, "another account name")
	_, err := r.account.Plan(t.Context(), pipeline.SyncOptions{}, r.steps)
	says(t, err, pipeline.ErrOwner)
	_, err = r.account.Doctor(t.Context(), r.steps)
	says(t, err, pipeline.ErrOwner)
	r.untouched(t, before)

	r.account.BaseURL = own
	r.sim.Night()
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
}

func TestPseudonymKeyThatIsMissingOrAnother(t *testing.T) {
	t.Parallel()
	r := smallRig(t, 33)
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
	before, asked := r.listing(t), r.sim.Gate().Ledger().Total()
	for name, text := range map[string]string{"missing": "", "another": transform.NewKey().Reveal(), "damaged": "not a key"} {
		r.account.Key = &memoryKey{text: text}
		r.refuses(t, pipeline.ErrKey, "restore")
		_, err := r.account.Plan(t.Context(), pipeline.SyncOptions{}, r.steps)
		says(t, err, pipeline.ErrKey)
		_, _, err = r.account.Verify(t.Context(), r.steps)
		says(t, err, pipeline.ErrKey)
		says(t, r.account.Rebuild(t.Context(), r.steps), pipeline.ErrKey)
		if got, _ := r.account.Key.Read(); string(got) != text {
			t.Errorf("%s: the key was replaced", name)
		}
	}
	r.untouched(t, before)
	if n := r.sim.Gate().Ledger().Total() - asked; n != 0 {
		t.Errorf("%d requests for data that could not be kept", n)
	}
	r.account.Key = &memoryKey{text: r.key.Reveal()}
	r.sim.Night()
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
}

// A second run is told who is at work, and disturbs nothing.
func TestSecondRunOnOneDirectory(t *testing.T) {
	t.Parallel()
	r := smallRig(t, 34)
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
	r.sim.Night()
	hang := r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.Hang, Path: "/insights/earnings"})
	ctx, interrupt := context.WithCancelCause(t.Context())
	defer interrupt(nil)
	ended := make(chan error, 1)
	go func() {
		_, err := r.account.Sync(ctx, pipeline.SyncOptions{}, r.steps)
		ended <- err
	}()
	for hang.Fired() == 0 {
		wait(t, ended)
	}
	status, err := r.account.Status(t.Context())
	if err != nil || !strings.Contains(strings.Join(status.Attention, "\n"), "is under way since") {
		t.Errorf("status beside a run: %v, %v", status.Attention, err)
	}
	_, err = r.account.Sync(t.Context(), pipeline.SyncOptions{}, &steps{})
	says(t, err, pipeline.ErrLocked, fmt.Sprintf("process %d since ", os.Getpid()), status.LastRun.RunID, "wait for it to end")
	if !regexp.MustCompile(`since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`).MatchString(err.Error()) {
		t.Errorf("%v does not say since when", err)
	}
	_, err = r.account.Plan(t.Context(), pipeline.SyncOptions{}, &steps{})
	says(t, err, pipeline.ErrLocked)
	says(t, r.account.Rebuild(t.Context(), &steps{}), pipeline.ErrLocked)
	if rows := r.query(t, "SELECT count(*) > 0 FROM mart.fct_earnings"); rows[0] != "true" {
		t.Errorf("the publication beside a run: %v", rows)
	}

	interrupt(context.Canceled)
	says(t, <-ended, context.Canceled)
	hang.Remove()
	// What holds the lock's place for people may be anything.
	if err := os.WriteFile(filepath.Join(r.account.Dir, "lock"), []byte("{\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
}

// wait lets a moment pass, unless the run has ended.
func wait(t testing.TB, ended <-chan error) {
	t.Helper()
	select {
	case err := <-ended:
		t.Fatalf("the run ended: %v", err)
	case <-time.After(time.Millisecond):
	}
}

// Records of the directory that cannot be read are named, with what to do, and
// nothing is written before that is done.
func TestDamagedRecords(t *testing.T) {
	t.Parallel()
	r := smallRig(t, 35)
	for range 2 {
		r.sync(t, pipeline.SyncOptions{})
		r.compare(t)
		r.sim.Night()
	}
	records, err := filepath.Glob(filepath.Join(r.account.Dir, "runs", "*.json"))
	if err != nil || len(records) != 2 {
		t.Fatal(records, err)
	}
	slices.Sort(records)
	owner := filepath.Join(r.account.Dir, "owner.json")
	for _, path := range []string{owner, records[0], records[1]} {
		sound, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, damage := range []string{"", "{", "[]", string(sound[:len(sound)/2])} {
			if err := os.WriteFile(path, []byte(damage), 0o600); err != nil {
				t.Fatal(err)
			}
			before := r.listing(t)
			r.refuses(t, nil, path, "restore")
			_, err := r.account.Status(t.Context())
			says(t, err, nil, path)
			r.untouched(t, before)
		}
		if err := os.WriteFile(path, sound, 0o600); err != nil {
			t.Fatal(err)
		}
	}

	// The next step of the message: the newest record is moved away. The run
	// that follows still counts as newer than all that is in the lake.
	if err := os.Rename(records[1], filepath.Join(t.TempDir(), "away")); err != nil {
		t.Fatal(err)
	}
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
}

// A directory with data whose owner nobody knows is not taken over.
func TestOwnerFileIsMissing(t *testing.T) {
	t.Parallel()
	r := smallRig(t, 36)
	r.sync(t, pipeline.SyncOptions{})
	owner := filepath.Join(r.account.Dir, "owner.json")
	kept := filepath.Join(t.TempDir(), "owner.json")
	if err := os.Rename(owner, kept); err != nil {
		t.Fatal(err)
	}
	before := r.listing(t)
	r.refuses(t, nil, owner, "is missing", "restore it from a backup")
	says(t, r.account.Rebuild(t.Context(), r.steps), nil, owner)
	_, err := r.account.Status(t.Context())
	says(t, err, nil, owner)
	r.untouched(t, before)
	if err := os.Rename(kept, owner); err != nil {
		t.Fatal(err)
	}
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
}

// A plan is no run: where it fails there is no record of it, and no complaint
// about one.
func TestPlanThatFailsIsNoRun(t *testing.T) {
	t.Parallel()
	r := smallRig(t, 37)
	r.sync(t, pipeline.SyncOptions{})
	before := r.listing(t)
	r.sim.Gate().Revoke(fanvuesim.DefaultKey)
	_, err := r.account.Plan(t.Context(), pipeline.SyncOptions{}, r.steps)
	says(t, err, extract.ErrUnauthorized)
	if strings.Contains(err.Error(), "run record") {
		t.Errorf("plan: %v", err)
	}
	r.untouched(t, before)

	// A sync is one: status knows of it.
	r.refuses(t, extract.ErrUnauthorized)
	status, err := r.account.Status(t.Context())
	if err != nil || status.LastRun.Status != runs.Failed || !strings.Contains(strings.Join(status.Attention, "\n"), "401") {
		t.Errorf("status %v, %v", status, err)
	}
	r.sim.Gate().AddKey(fanvuesim.Key{Value: fanvuesim.DefaultKey})
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
}

// Errors about a chat name the creator by handle and the fan by pseudonym,
// before people, in run records and in the warehouse.
func TestErrorsHideFans(t *testing.T) {
	t.Parallel()
	r := smallRig(t, 38)
	creator := r.sim.World().Creators()[1]
	fan := r.sim.World().Chats(creator.UUID)[0].FanID
	for _, c := range []struct {
		status int
		kind   error
	}{{404, pipeline.ErrPartial}, {401, extract.ErrUnauthorized}} {
		r.sim.Gate().ClearFaults()
		r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.StatusFault, Status: c.status, Path: "/chats/" + fan})
		res, err := r.account.Sync(t.Context(), pipeline.SyncOptions{}, r.steps)
		says(t, err, c.kind)
		said := fmt.Sprint(err, res.Failures, res.Run, r.query(t, "SELECT coalesce(string_agg(error, ' '), '') FROM meta.runs"))
		if strings.Contains(said, fan) {
			t.Errorf("status %d: a fan's uuid is said: %s", c.status, said)
		}
		if !strings.Contains(said, r.fan(t, fan)) {
			t.Errorf("status %d: nothing says which chat: %s", c.status, said)
		}
		if c.status == 404 && !strings.Contains(said, "messages of creator "+creator.Handle+",") {
			t.Errorf("nothing says which creator: %s", said)
		}
	}
}
