package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"fanlake/configs"
	"fanlake/load/terminal"
)

// isTerminal reports whether a person reads what is written.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// screenWidth is the width of the terminal that w is, in columns; 0 if w is none
// or does not say.
func screenWidth(w io.Writer) int {
	if !isTerminal(w) {
		return 0
	}
	width, _, err := term.GetSize(int(w.(*os.File).Fd()))
	if err != nil {
		return 0
	}
	return width
}

// forPeople keeps values from commanding the terminal, if w is one. Elsewhere
// bytes pass as they are.
func forPeople(w io.Writer) io.Writer {
	if isTerminal(w) {
		return terminal.Writer(w)
	}
	return w
}

// checkOutput refuses a file inside of the data directory: what stands there is
// the record, and the program's own. An empty path is standard output.
func checkOutput(c *configs.Config, path string) error {
	if path == "" {
		return nil
	}
	inside, err := within(c.DataDir, path)
	if err == nil && inside {
		err = errUsage.wrap(fmt.Errorf("output %s lies in the data directory %s: choose another place", path, c.DataDir))
	}
	return err
}

// within reports whether a file that may not be there yet lies in a directory,
// whatever links lead to it.
func within(dir, path string) (bool, error) {
	dir, err := resolve(dir)
	if err != nil {
		return false, err
	}
	if path, err = resolve(path); err != nil {
		return false, err
	}
	rel, err := filepath.Rel(dir, path)
	if err != nil {
		return false, nil // on another volume
	}
	return rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)), nil
}

// resolve follows the links of the part of a path that is there.
func resolve(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	for rest := ""; ; {
		real, err := filepath.EvalSymlinks(path)
		if err == nil {
			return filepath.Join(real, rest), nil
		}
		parent := filepath.Dir(path)
		if !errors.Is(err, fs.ErrNotExist) || parent == path {
			return "", err
		}
		path, rest = parent, filepath.Join(filepath.Base(path), rest)
	}
}

// writeOutput writes a file whole or not at all. What stands there and is no
// file, such as a pipe or /dev/stdout, is written to and never replaced; of a
// link it is what the link leads to.
func writeOutput(path string, write func(io.Writer) error) error {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return writeThrough(path, write)
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".fanlake-*.tmp")
	if err != nil {
		var cause *fs.PathError
		if errors.As(err, &cause) { // it names a file that nobody asked for
			err = cause.Err
		}
		return fmt.Errorf("output %s: %w", path, err)
	}
	err = errors.Join(write(struct{ io.Writer }{f}), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// writeThrough writes to what can take no other file in its place.
func writeThrough(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("output %w", err)
	}
	return errors.Join(write(struct{ io.Writer }{f}), f.Close())
}
