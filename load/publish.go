package load

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/cespare/xxhash/v2"
)

// Publish puts copies of the private files in place for analysts, and reports
// whether there was anything new. Who has the old copy open keeps it.
//
// A copy is due when its tables hold other rows than the publication, when the
// published file is gone or has another size than what was put there, or when a
// run of another day (UTC, of the server) has finished since: what is published
// says how fresh it is. A private file that was copied stays closed until it is
// used again.
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
	info, err := os.Stat(s.published())
	if err == nil && info.Size() == s.state.PublishedSize && !s.state.Changed && s.state.Day == day {
		return false, nil
	}
	if err := s.shut(ctx); err != nil {
		return false, err
	}
	want := "" // the hash is known of a file that was not changed since it was closed
	if !s.state.Dirty {
		want = s.state.XXHash64
	}
	size, hash, err := copyFile(ctx, s.path(), s.published(), want)
	if err == nil {
		s.state.Published, s.state.PublishedSize, s.state.Changed, s.state.Day = hash, size, false, day
		err = s.closed(size, hash)
	}
	return err == nil, err
}

// copyFile copies a closed private file beside its published name, syncs the
// copy and renames it there. It returns size and hash of what was copied. Where
// the file system can, the copy shares its blocks. A copy that has not the hash
// that is wanted, if any, is an error and not put in place.
func copyFile(ctx context.Context, from, to, want string) (size int64, hash string, err error) {
	left, err := filepath.Glob(filepath.Join(filepath.Dir(to), "."+filepath.Base(to)+".*.tmp"))
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
	out, err := os.CreateTemp(filepath.Dir(to), "."+filepath.Base(to)+".*.tmp")
	if err != nil {
		return 0, "", err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(out.Name()))
		}
	}()
	h := xxhash.New()
	if reflink(out, in) == nil {
		size, err = io.Copy(h, &reader{ctx, out})
	} else {
		size, err = io.CopyBuffer(io.MultiWriter(out, h), &reader{ctx, in}, make([]byte, 1<<20))
	}
	// Nothing reads the copy back, so write permission is a courtesy too.
	err = errors.Join(err, out.Chmod(0o400), out.Sync(), out.Close())
	hash = strconv.FormatUint(h.Sum64(), 16)
	if err == nil && want != "" && hash != want {
		err = fmt.Errorf("the copy has the hash %s, the private file had %s: run fanlake rebuild", hash, want)
	}
	if err == nil {
		err = os.Rename(out.Name(), to)
	}
	if err != nil {
		return 0, "", err
	}
	return size, hash, syncDir(filepath.Dir(to))
}
