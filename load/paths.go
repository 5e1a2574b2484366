package load

import (
	"io/fs"
	"os"
	"path/filepath"
)

// Glob returns the paths of the files below a directory that a pattern matches,
// in their order. Only the pattern, with slashes, has meaning in it: the
// directory is the user's, and may have any character in its name.
func Glob(dir, pattern string) ([]string, error) {
	names, err := fs.Glob(os.DirFS(dir), pattern)
	for i, name := range names {
		names[i] = filepath.Join(dir, filepath.FromSlash(name))
	}
	return names, err
}
