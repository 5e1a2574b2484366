package pipeline_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"fanlake/cmd/internal/pipeline"
	"fanlake/load/runs"
)

// onDisk puts the account on a small file system of its own, which only root
// may mount, and returns how to give it another size in KiB or to make it
// read-only.
func (r *rig) onDisk(t *testing.T) (resize func(kib int), readOnly func(bool)) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("none", dir, "tmpfs", 0, "size=128m,mode=700"); err != nil {
		t.Skipf("no file system of a set size can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Errorf("unmount %s: %v", dir, err)
		}
	})
	r.account.Dir = filepath.Join(dir, "main")
	remount := func(flags uintptr, data string) {
		t.Helper()
		if err := unix.Mount("none", dir, "tmpfs", unix.MS_REMOUNT|flags, data); err != nil {
			t.Fatalf("remount %s: %v", data, err)
		}
	}
	return func(kib int) { remount(0, fmt.Sprintf("size=%dk", kib)) }, func(on bool) {
		if on {
			remount(unix.MS_RDONLY, "")
		} else {
			remount(0, "size=128m")
		}
	}
}

// used is how much of its disk the account takes, in KiB.
func (r *rig) used(t *testing.T) int {
	t.Helper()
	var st unix.Statfs_t
	if err := unix.Statfs(filepath.Dir(r.account.Dir), &st); err != nil {
		t.Fatal(err)
	}
	return int((st.Blocks - st.Bfree) * uint64(st.Bsize) / 1024)
}

// wantFull wants a run that ended with err, in one line and in its record, for
// want of space alone.
func (r *rig) wantFull(t *testing.T, err error) {
	t.Helper()
	text := err.Error()
	if !errors.Is(err, pipeline.ErrDiskFull) || strings.Contains(text, "\n") {
		t.Errorf("%v: want one line that says that the disk is full", err)
	}
	for _, want := range []string{r.account.Dir + " has ", " free; what was read is kept", "MiB there and run it again"} {
		if !strings.Contains(text, want) {
			t.Errorf("%v: lacks %q", err, want)
		}
	}
	s, err := r.account.Status(t.Context())
	if err != nil || s.LastRun == nil || s.LastRun.Status != runs.Failed || !strings.HasPrefix(s.LastRun.Error, "the disk is full") || strings.Contains(s.LastRun.Error, "\n") {
		t.Errorf("status %+v, %v: want a run that failed because the disk is full", s.LastRun, err)
	}
}

// A disk that fills up at any point of a run ends it with an error that says
// so, nothing half-written counts, and with some space the next run brings
// everything.
func TestDiskIsFull(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("reads a world again and again")
	}
	whole := smallRig(t, 61)
	whole.onDisk(t)
	whole.sync(t, pipeline.SyncOptions{})
	full := whole.used(t)

	r := smallRig(t, 61)
	resize, _ := r.onDisk(t)
	for _, share := range []int{1, 40, 80} {
		resize(max(r.used(t), full*share/100) + 4)
		_, err := r.account.Sync(t.Context(), pipeline.SyncOptions{}, r.steps)
		t.Logf("%d %% of %d KiB: %v", share, full, err)
		if err == nil {
			continue
		}
		r.wantFull(t, err)
		if _, err := os.Stat(r.account.Published()); err == nil {
			if why := mixed(t.Context(), r.account.Published()); why != "" {
				t.Errorf("%d KiB: the publication: %s", full*share/100, why)
			}
		}
	}
	resize(128 << 10)
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)

	// The same on a night that meets a publication: it stays until the next.
	r.sim.Night()
	for _, more := range []int{0, 64, 256} {
		resize(r.used(t) + more + 4)
		_, err := r.account.Sync(t.Context(), pipeline.SyncOptions{}, r.steps)
		t.Logf("%d KiB more: %v", more, err)
		if err != nil {
			r.wantFull(t, err)
		}
		if why := mixed(t.Context(), r.account.Published()); why != "" {
			t.Errorf("%d KiB more: the publication: %s", more, why)
		}
	}
	resize(128 << 10)
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
	if names, _ := filepath.Glob(filepath.Join(r.account.Dir, ".*")); len(names) > 0 {
		t.Errorf("left over: %v", names)
	}
}

// On a directory that cannot be written a run ends before it asks for anything,
// reading goes on, and afterwards all is well.
func TestDirectoryIsReadOnly(t *testing.T) {
	t.Parallel()
	r := smallRig(t, 62)
	_, readOnly := r.onDisk(t)
	readOnly(true)
	r.refuses(t, unix.EROFS, r.account.Dir)
	readOnly(false)
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
	before, asked := r.listing(t), r.sim.Gate().Ledger().Total()
	readOnly(true)
	r.refuses(t, unix.EROFS, r.account.Dir)
	if n := r.sim.Gate().Ledger().Total() - asked; n > 0 {
		t.Errorf("%d requests for data that could not be kept", n)
	}
	if status, err := r.account.Status(t.Context()); err != nil || len(status.Attention) > 0 {
		t.Errorf("status: %v, %v", status.Attention, err)
	}
	r.query(t, "FROM mart.agg_creator_month")
	r.untouched(t, before)
	readOnly(false)
	r.sim.Night()
	r.sync(t, pipeline.SyncOptions{})
	r.compare(t)
}
