package pipeline

import (
	"os"
	"strings"
)

// readMounts is the table of mounts, empty where there is none.
func readMounts() string {
	text, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return ""
	}
	return string(text)
}

// kindOfMount is the kind of file system that dir, an absolute path, lies on:
// that of the innermost mount point above it, the last one of a point.
func kindOfMount(dir, mounts string) (kind string) {
	longest := -1
	unescape := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
	for line := range strings.Lines(mounts) {
		f := strings.Fields(line)
		if len(f) < 3 {
			continue
		}
		point := unescape.Replace(f[1])
		if below := dir == point || point == "/" || strings.HasPrefix(dir, point+"/"); below && len(point) >= longest {
			longest, kind = len(point), f[2]
		}
	}
	return kind
}
