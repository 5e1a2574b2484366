package main

import (
	"os/exec"
	"testing"
)

// What is to be copied into a shell is one word there, whatever the directory's
// name: an asterisk behind rm -r would remove what stands beside it.
func TestShellWord(t *testing.T) {
	t.Parallel()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell")
	}
	for _, path := range []string{"/tmp/fanlake-demo123", "a [b] 'c' * {d} ü", `x"y;z$(w)&|<>`, "~", "#a", "-", `back\slash`, "a\nb", "!1", "a=b", "?"} {
		got, err := exec.CommandContext(t.Context(), sh, "-c", "printf '%s|' "+shellWord(path)).Output()
		if err != nil || string(got) != path+"|" {
			t.Errorf("%q as %s: the shell reads %q, %v", path, shellWord(path), got, err)
		}
	}
	if path := "/tmp/fanlake-demo123"; shellWord(path) != path {
		t.Errorf("%s is quoted without need", path)
	}
}
