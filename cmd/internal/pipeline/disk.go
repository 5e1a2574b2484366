package pipeline

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"fanlake/extract"
	"fanlake/load/runs"
)

// ErrDiskFull reports that the data directory's file system, or this user's
// quota there, takes no more. The error's text is one line that says how much is
// free, what is kept and what to do; what was met comes with it.
var ErrDiskFull = errors.New("the disk is full")

// A diskError is what is said of everything that fails where the disk is full.
type diskError struct {
	text string
	err  error
}

func (e *diskError) Error() string        { return e.text }
func (e *diskError) Unwrap() error        { return e.err }
func (e *diskError) Is(target error) bool { return target == ErrDiskFull }

// fullTexts are what DuckDB's errors, which are texts, say of a full disk.
var fullTexts = []string{"No space left on device", "Disk quota exceeded", "Could not write all bytes to file"}

func isFull(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) || saysFull(err)
}

// saysFull reports whether a text of this machine's says that a disk is full:
// what the API says of its own is about another.
func saysFull(err error) bool {
	switch e := err.(type) {
	case nil, *extract.StatusError:
		return false
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(e.Unwrap(), saysFull)
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return saysFull(inner)
		}
	}
	return slices.ContainsFunc(fullTexts, func(text string) bool { return strings.Contains(err.Error(), text) })
}

// explainFull puts one error in the place of all that a full disk leads to; any
// other is returned as it is.
func (a Account) explainFull(err error) error {
	if !isFull(err) || errors.Is(err, ErrDiskFull) {
		return err
	}
	text := ErrDiskFull.Error()
	if errors.Is(err, unix.EDQUOT) || strings.Contains(err.Error(), "quota") {
		text = "the disk quota is used up"
	}
	if name := a.unwritten(err); name != "" {
		text += ": " + name + " could not be written"
	}
	var st unix.Statfs_t
	if unix.Statfs(existing(a.Dir), &st) == nil {
		text += fmt.Sprintf("; %s has %s free", a.Dir, size(int64(st.Bavail)*int64(st.Bsize)))
	}
	text += fmt.Sprintf("; what was read is kept, and what is published stays whole; free %s there and run it again", size(a.room()))
	return &diskError{text, err}
}

// unnamedFile is a file that is still to get its name.
var unnamedFile = regexp.MustCompile(`^\.(.+)\.[0-9]+\.tmp$`)

// quotedFile is how DuckDB names a file.
var quotedFile = regexp.MustCompile(`file:? "([^"]+)"`)

// unwritten is the first file below the data directory that an error names; of
// one that only the program knows, its directory.
func (a Account) unwritten(err error) string {
	path := ""
	var file *fs.PathError
	if errors.As(err, &file) {
		path = file.Path
	} else if m := quotedFile.FindStringSubmatch(err.Error()); m != nil {
		path = m[1]
	}
	name, err := filepath.Rel(a.Dir, path)
	if err != nil || !filepath.IsLocal(name) {
		return ""
	}
	dir, base := filepath.Split(name)
	if m := unnamedFile.FindStringSubmatch(base); m != nil {
		name = dir + m[1]
	} else if strings.HasPrefix(base, ".") {
		name = "a file in " + filepath.Base(filepath.Join(a.Dir, dir))
	}
	return name
}

// room is how much a run may need: for writing the private files anew, and for
// the copies that are published.
func (a Account) room() int64 {
	need := int64(16 << 20)
	for _, name := range []string{"warehouse.duckdb", "people.duckdb"} {
		if info, err := os.Stat(filepath.Join(a.Dir, "state", name)); err == nil {
			need += 2 * info.Size()
		}
	}
	return need
}

// size writes bytes for people.
func size(n int64) string {
	switch {
	case n < 1<<20:
		return fmt.Sprintf("%d KiB", n>>10)
	case n < 1<<30:
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
}

// reserved is the room that a run keeps at least for its last record: several
// times what one takes that carries little of other nights.
const reserved = 64 << 10

// reserveFile is there while a run is under way.
func (a Account) reserveFile() string { return filepath.Join(a.Dir, "runs", ".reserve") }

// reserve takes the room for the run's last record, so that it can be written
// where the disk is full by then: first is what it began with, and the last is
// seldom twice as long. What it writes cannot be compressed away.
func (a Account) reserve(first runs.Run) error {
	text, err := json.MarshalIndent(first, "", "\t")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(a.reserveFile()), 0o700); err != nil {
		return err
	}
	room := make([]byte, reserved+2*len(text))
	_, _ = rand.Read(room) // never fails
	if err := os.WriteFile(a.reserveFile(), room, 0o600); err != nil {
		return errors.Join(err, a.release())
	}
	return nil
}

// release gives the room back, if it is taken.
func (a Account) release() error {
	if err := os.Remove(a.reserveFile()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
