package load

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// addMount adds a file that is mounted over itself, which the kernel does not
// let anyone rename over.
func addMount(all map[string]func(*testing.T, string) func()) {
	all["mount"] = func(t *testing.T, path string) func() {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := unix.Mount(path, path, "", unix.MS_BIND, ""); err != nil {
			t.Skipf("mounting is not permitted here: %v", err)
		}
		free := func() {
			if err := unix.Unmount(path, unix.MNT_DETACH); err != nil {
				t.Error(err)
			}
		}
		freed := false
		t.Cleanup(func() {
			if !freed {
				free()
			}
		})
		return func() { freed = true; free() }
	}
}
