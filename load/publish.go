package load

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"fanlake/load/durable"
)

// Publish puts copies of the private files in place for analysts, and reports
// whether there was anything new. Who has the old copy open keeps it.
//
// A copy is due when its tables hold other rows than the publication, when the
// published file is gone or has another size than what was put there, or when a
// run of another day (UTC, of the server) has finished since: what is published
// says how fresh it is. A private file that was copied stays closed until it is
// used again.
//
// A large publication that is replaced is kept, to make the next one of it, see
// [standbyPath]; but not behind a rebuild, which is how what the lake lost leaves
// the warehouse for good.
func (w *Warehouse) Publish(ctx context.Context) (bool, error) {
	if err := w.open(ctx); err != nil {
		return false, err
	}
	day, err := w.day(ctx)
	if err != nil {
		return false, err
	}
	published := false
	for _, s := range w.stores() {
		did, err := s.publish(ctx, day)
		if err != nil {
			return published, fmt.Errorf("publish %s: %w", s.published(), err)
		}
		published = published || did
	}
	return published, nil
}

// day is the day of the newest run that said what time it is.
func (w *Warehouse) day(ctx context.Context) (string, error) {
	var day string
	err := w.main.query(ctx, "day", nil, func(rows *sql.Rows) error { return rows.Scan(&day) })
	return day, err
}

func (s *store) publish(ctx context.Context, day string) (bool, error) {
	var unfinished int64
	if err := s.conn.QueryRowContext(ctx, "SELECT count(*) FROM load.unfinished").Scan(&unfinished); err != nil {
		return false, err
	}
	if unfinished > 0 {
		return false, fmt.Errorf("%d scopes are partly applied: run fanlake sync or fanlake rebuild", unfinished)
	}
	current, err := CurrentFile(s.published())
	var info fs.FileInfo
	if err == nil {
		info, err = os.Stat(current)
	}
	if err == nil && filepath.Base(current) == cmp.Or(s.state.PublishedAs, filepath.Base(s.published())) && info.Size() == s.state.PublishedSize && !s.state.Changed && s.state.Day == day {
		return false, nil
	}
	if err := s.shut(ctx); err != nil {
		return false, err
	}
	want := "" // the hash is known of a file that was not changed since it was closed
	if !s.state.Dirty {
		want = s.state.XXHash64
	}
	least := int64(standbyBytes)
	if s.state.Remade {
		least = math.MaxInt64
	}
	size, hash, err := copyFile(ctx, s.path(), s.published(), want, least)
	if err == nil {
		if current, err = CurrentFile(s.published()); err == nil {
			s.state.Published, s.state.PublishedAs, s.state.PublishedSize = hash, filepath.Base(current), size
			s.state.Changed, s.state.Day, s.state.Remade = false, day, false
			err = s.closed(size, hash)
		}
	}
	return err == nil, err
}

// pointerPath is the file that names what is published under a path where that
// file could not be replaced: "warehouse.current" beside "warehouse.duckdb".
func pointerPath(path string) string {
	return strings.TrimSuffix(path, ".duckdb") + ".current"
}

// CurrentFile returns the file that holds what is published under a path: the
// path itself or, where a pointer beside it names one, a numbered file.
//
// On most file systems a publication takes the place of the one before, and who
// has that open keeps it. On Windows and some network mounts a file that is
// open cannot be replaced. Then the publication is a file of its own,
// "warehouse-<n>.duckdb", and "warehouse.current" has its name as its one line,
// until a publication can be put under its own name again.
func CurrentFile(path string) (string, error) {
	text, err := os.ReadFile(pointerPath(path))
	if errors.Is(err, fs.ErrNotExist) {
		return path, nil
	}
	if err != nil {
		return "", err
	}
	name := strings.TrimSpace(string(text))
	if _, ok := publicationNumber(path, name); !ok {
		return "", fmt.Errorf("%s names no publication (%q): remove it and run fanlake rebuild", pointerPath(path), name)
	}
	return filepath.Join(filepath.Dir(path), name), nil
}

// publicationNumber is the n of the name of a numbered publication.
func publicationNumber(path, name string) (n int, ok bool) {
	digits, ok := strings.CutPrefix(name, strings.TrimSuffix(filepath.Base(path), ".duckdb")+"-")
	if !ok {
		return 0, false
	}
	if digits, ok = strings.CutSuffix(digits, ".duckdb"); !ok {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil && n > 0 && strconv.Itoa(n) == digits
}

// put puts a finished copy in place under its own name or, where what stands
// there cannot be replaced, under a number with a pointer to it. Older numbered
// files go, unless somebody has one open and the system keeps it for that.
func put(ctx context.Context, copied, path string) error {
	numbered, last, err := numberedFiles(path)
	if err != nil {
		return err
	}
	current := path
	if err := os.Rename(copied, path); err != nil {
		if _, e := os.Lstat(path); e != nil {
			return err // nothing is in the way
		}
		current = filepath.Join(filepath.Dir(path), fmt.Sprintf("%s-%d.duckdb", strings.TrimSuffix(filepath.Base(path), ".duckdb"), last+1))
		if e := os.Rename(copied, current); e != nil {
			return errors.Join(err, e)
		}
		if err := writePointer(ctx, pointerPath(path), filepath.Base(current)); err != nil {
			return err
		}
	} else if err := os.Remove(pointerPath(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, old := range numbered {
		if old != current {
			_ = os.Remove(old) // the next publication tries again
		}
	}
	return nil
}

// numberedFiles returns the numbered publications of a path and the highest
// number.
func numberedFiles(path string) (files []string, last int, err error) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil, 0, err
	}
	for _, e := range entries {
		if n, ok := publicationNumber(path, e.Name()); ok {
			files, last = append(files, filepath.Join(filepath.Dir(path), e.Name())), max(last, n)
		}
	}
	return files, last, nil
}

// writePointer puts a pointer in place. Readers have it open for moments, in
// which some systems do not replace it either.
func writePointer(ctx context.Context, path, name string) error {
	for attempt := 1; ; attempt++ {
		err := durable.Write(path, []byte(name+"\n"))
		if err == nil || attempt == 10 {
			return err
		}
		again := time.NewTimer(50 * time.Millisecond)
		select {
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
			return errors.Join(err, context.Cause(ctx))
		}
	}
}

// A copied file is a finished copy of a private file, under an unfinished name.
type copied struct {
	path      string
	size      int64
	hash      string
	claimable bool // [claim] works where it lies
}

// copyFile publishes a closed private file: it makes a copy beside its published
// name, syncs it and puts it there, see [put]. It returns size and hash of what
// was copied. Where the file system can, the copy shares its blocks; else it is
// made of the standby if there is one, see [standbyPath], and what it replaces is
// the next standby if it has at least that many bytes. A copy that has not the
// hash that is wanted, if any, is an error and not put in place.
func copyFile(ctx context.Context, from, to, want string, least int64) (size int64, hash string, err error) {
	left, err := Glob(filepath.Dir(to), filepath.Base(unfinished(to, "*")))
	if err != nil {
		return 0, "", err
	}
	for _, path := range left { // of a process that was killed
		if err := os.Remove(path); err != nil {
			return 0, "", err
		}
	}
	in, err := os.Open(from)
	if err != nil {
		return 0, "", err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return 0, "", err
	}
	c, err := cloneFile(ctx, in, to)
	if c == nil && err == nil && info.Size() >= least {
		c, err = patchStandby(ctx, in, to)
	}
	if c == nil && err == nil {
		c, err = copyWhole(ctx, in, to)
	}
	if err != nil {
		return 0, "", err
	}
	if want != "" && c.hash != want {
		err = fmt.Errorf("the copy has the hash %s, the private file had %s: run fanlake rebuild", c.hash, want)
	} else {
		err = putKeeping(ctx, c, to, least)
	}
	if err != nil {
		return 0, "", errors.Join(err, remove(c.path))
	}
	return c.size, c.hash, durable.SyncDir(filepath.Dir(to))
}

// cloneFile makes a copy that shares the blocks of in; nil where the file system
// cannot.
func cloneFile(ctx context.Context, in *os.File, to string) (*copied, error) {
	return newCopy(to, func(out *os.File, c *copied) (err error) {
		if reflink(out, in) != nil {
			return errNoReflink
		}
		h := xxhash.New()
		c.size, err = io.Copy(h, &reader{ctx, out})
		c.hash = strconv.FormatUint(h.Sum64(), 16)
		return err
	})
}

// copyWhole makes a copy of in, which may have been read. A standby that was
// not used goes first: the disk need not hold both.
func copyWhole(ctx context.Context, in *os.File, to string) (*copied, error) {
	_ = os.Remove(standbyPath(to))
	return newCopy(to, func(out *os.File, c *copied) error {
		_, err := in.Seek(0, io.SeekStart)
		if err != nil {
			return err
		}
		h := xxhash.New()
		c.size, err = io.CopyBuffer(io.MultiWriter(out, h), &reader{ctx, in}, make([]byte, 1<<20))
		c.hash = strconv.FormatUint(h.Sum64(), 16)
		c.claimable = !errors.Is(claim(out), errors.ErrUnsupported)
		return err
	})
}

// errNoReflink says that a copy cannot share blocks.
var errNoReflink = errors.New("the file system shares no blocks")

// newCopy lets fill fill a copy. It is nil if that was to share blocks and cannot.
func newCopy(to string, fill func(*os.File, *copied) error) (*copied, error) {
	out, err := os.CreateTemp(filepath.Dir(to), filepath.Base(unfinished(to, "*")))
	if err != nil {
		return nil, err
	}
	c := &copied{path: out.Name()}
	err = fill(out, c)
	if err == nil {
		// Nothing reads the copy back, so write permission is a courtesy too.
		err = errors.Join(out.Chmod(0o400), out.Sync())
	}
	if err = errors.Join(err, out.Close()); err == nil {
		return c, nil
	}
	if err = errors.Join(err, os.Remove(c.path)); errors.Is(err, errNoReflink) {
		return nil, nil
	}
	return nil, err
}

// remove removes a file that may be gone.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
