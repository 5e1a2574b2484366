package pipeline_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fanlake/cmd/internal/pipeline"
	"fanlake/extract/fanvuesim"
)

// A damage is what a disk or a program did to a file.
type damage struct {
	name string
	do   func([]byte) []byte
}

func flipped(part, of int) damage {
	return damage{fmt.Sprintf("a bit flipped at %d/%d", part, of), func(b []byte) []byte {
		b[(len(b)-1)*part/of] ^= 0x10
		return b
	}}
}

func cut(part, of int) damage {
	return damage{fmt.Sprintf("cut at %d/%d", part, of), func(b []byte) []byte { return b[:len(b)*part/of] }}
}

// zeroed is a sector that the disk gave back empty.
func zeroed(part, of int) damage {
	return damage{fmt.Sprintf("a sector zeroed at %d/%d", part, of), func(b []byte) []byte {
		at := len(b) * part / of
		clear(b[at:min(len(b), at+512)])
		return b
	}}
}

func garbage() damage {
	return damage{"replaced by garbage", func(b []byte) []byte { return bytes.Repeat([]byte("garbage!"), 1+len(b)/8) }}
}

// damages damages a file and returns what it held.
func damages(t testing.TB, path string, d damage) []byte {
	t.Helper()
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, d.do(bytes.Clone(sound)))
	return sound
}

func write(t testing.TB, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) parts(t testing.TB, table string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(r.account.Dir, "lake", table, "*", "*.parquet"))
	if err != nil || len(names) == 0 {
		t.Fatal("no part of "+table, err)
	}
	slices.Sort(names)
	return names
}

// A damaged part is named by verify, and by rebuild, which keeps the old
// publication. Moved away, as both advise, the next run reads again what it
// covered.
func TestDamagedPart(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("reads a world again and again")
	}
	for _, table := range []string{"earnings", "people"} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			r := smallRig(t, 41)
			r.sync(t, pipeline.SyncOptions{})
			part := r.parts(t, table)[0]
			rel, _ := filepath.Rel(r.account.Dir, part)
			published, err := os.ReadFile(r.account.Published())
			if err != nil {
				t.Fatal(err)
			}
			all := []damage{flipped(1, 1), zeroed(1, 3), cut(0, 1)}
			if table == "people" {
				all = []damage{cut(2, 3)}
			}
			for _, d := range all {
				sound := damages(t, part, d)
				problems, _, err := r.account.Verify(t.Context(), r.steps)
				says(t, err, pipeline.ErrMismatch)
				if text := fmt.Sprint(problems); !strings.Contains(text, rel) || !strings.Contains(text, "move it out of the lake and run fanlake sync") {
					t.Errorf("verify, %s: %s, want %s and the next step", d.name, text, rel)
				}
				err = r.account.Rebuild(t.Context(), r.steps)
				says(t, err, nil, rel, "move it out of the lake and run fanlake sync")
				if now, err := os.ReadFile(r.account.Published()); err != nil || sha256.Sum256(now) != sha256.Sum256(published) {
					t.Errorf("rebuild, %s: the old publication is another, %v", d.name, err)
				}
				write(t, part, sound)
			}
			// Restored from a backup it is as if nothing had been.
			if err := r.account.Rebuild(t.Context(), r.steps); err != nil {
				t.Fatal(err)
			}
			r.compare(t)
			damages(t, part, cut(1, 2))
			if err := os.Rename(part, filepath.Join(t.TempDir(), "away")); err != nil {
				t.Fatal(err)
			}
			r.sync(t, pipeline.SyncOptions{})
			r.compare(t)
		})
	}
}

// What a damaged journal lost is read again, and said.
func TestDamagedJournal(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("reads a world again and again")
	}
	for i, d := range []damage{flipped(1, 10), garbage()} {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			r := smallRig(t, 43+uint64(i))
			stop := r.interrupt(t, 20)
			segments, err := filepath.Glob(filepath.Join(r.account.Dir, "journal", "*", "*.pages"))
			if err != nil || len(segments) == 0 {
				t.Fatal("nothing in the journal", err)
			}
			for _, path := range segments {
				damages(t, path, d)
			}
			stop()
			res := r.sync(t, pipeline.SyncOptions{})
			if len(res.Damage) == 0 {
				t.Error("no damage was said")
			}
			for _, text := range res.Damage {
				if !strings.Contains(text, "journal") && !strings.Contains(text, "slice") {
					t.Errorf("damage %q names neither file nor slice", text)
				}
			}
			r.compare(t)
		})
	}
}

// interrupt reads until that many requests were sent, in a process that is then
// killed; the returned function lets the API answer again.
func (r *rig) interrupt(t *testing.T, requests int) (again func()) {
	t.Helper()
	hang := r.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.Hang, Skip: requests})
	cmd := r.start(t)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for hang.Fired() == 0 {
		wait(t, ended)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-ended
	return hang.Remove
}

// A private file that is damaged in any way is made again by the next run,
// which says why.
func TestDamagedPrivateFile(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("reads a world again and again")
	}
	gone := damage{"deleted", nil}
	r := smallRig(t, 51)
	r.sync(t, pipeline.SyncOptions{})
	before := r.content(t)
	for name, all := range map[string][]damage{
		"warehouse.duckdb": {flipped(1, 3), cut(1, 2), gone},
		"people.duckdb":    {flipped(0, 1), cut(0, 1)},
		"warehouse.json":   {garbage()},
	} {
		path := filepath.Join(r.account.Dir, "state", name)
		for _, d := range all {
			if d.do != nil {
				damages(t, path, d)
			} else if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			r.steps.lines = nil
			r.sync(t, pipeline.SyncOptions{})
			said := strings.Join(r.steps.lines, "\n")
			if name != "warehouse.json" && (!strings.Contains(said, "warehouse rebuilt from the lake") || !strings.Contains(said, name)) {
				t.Errorf("%s: the run does not say that %s was made again, and why: %s", d.name, name, said)
			}
		}
	}
	for table, hash := range r.content(t) {
		if before[table] != hash && !strings.Contains(table, " meta.") { // of runs, of which there were others
			t.Errorf("%s is another: %s, was %s", table, hash, before[table])
		}
	}
	r.compare(t)
}

// A publication that somebody changed is found by verify, and the next
// publication is whole again.
func TestDamagedPublication(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("reads a world again and again")
	}
	r := smallRig(t, 52)
	r.sync(t, pipeline.SyncOptions{})
	for _, d := range []damage{flipped(1, 2)} {
		if err := os.Chmod(r.account.Published(), 0o600); err != nil {
			t.Fatal(err)
		}
		damages(t, r.account.Published(), d)
		problems, _, err := r.account.Verify(t.Context(), r.steps)
		says(t, err, pipeline.ErrMismatch)
		if text := fmt.Sprint(problems); !strings.Contains(text, "warehouse.duckdb") || !strings.Contains(text, "fanlake rebuild") {
			t.Errorf("verify, %s: %s", d.name, text)
		}
		if err := r.account.Rebuild(t.Context(), r.steps); err != nil {
			t.Fatal(err)
		}
		r.compare(t)
	}
}

// A published file that somebody removed, emptied or wrote over is published
// again by the next run, though nothing else changed.
func TestSyncPublishesAgainWhatWasDamaged(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.Options{World: small(82)})
	r.sync(t, pipeline.SyncOptions{})
	r.sync(t, pipeline.SyncOptions{})
	for name, damage := range map[string]func(path string) error{
		"removed":     os.Remove,
		"emptied":     func(path string) error { return os.Truncate(path, 0) },
		"overwritten": func(path string) error { _ = os.Remove(path); return os.WriteFile(path, []byte("1\n"), 0o600) },
	} {
		for _, path := range []string{r.account.Published(), r.account.Dir + "/people.duckdb"} {
			if err := damage(path); err != nil {
				t.Fatal(err)
			}
			r.sync(t, pipeline.SyncOptions{})
			got := queryFile(t, r.account.Published(), "SELECT count(*) FROM fanvue.creators") // fresh from the file
			same(t, "creators after "+path+" was "+name, got, []string{fmt.Sprint(len(r.sim.World().Creators()))})
			queryFile(t, r.account.Dir+"/people.duckdb", "SELECT count(*) FROM people")
		}
	}
}
