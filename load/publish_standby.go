package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/cespare/xxhash/v2"
	"golang.org/x/sync/errgroup"
)

// standbyBytes is the size from which on a publication that is replaced is kept
// as the standby of the next one. To copy less than that takes milliseconds.
const standbyBytes = 64 << 20

// What a night changes lies in few of a large file's blocks. They are compared,
// and written, one at a time; where a block begins is about speed alone.
const (
	blockBytes  = 256 << 10 // DuckDB's
	headerBytes = 12 << 10  // in front of its first block
	chunkBytes  = 4 * blockBytes
)

// errShared says that a file may be open elsewhere, or has another name.
var errShared = errors.New("the file may be in use")

// standbyPath is where the publication lies that was replaced last:
// ".warehouse.duckdb.standby" beside "warehouse.duckdb".
//
// It is no publication and no copy to go back to: the next publication is made
// of it, by writing the blocks in which the closed private file differs, so that
// a night costs reading the file and writing what changed. Every block is
// compared, so whatever the standby holds, what is made of it is the private
// file.
//
// Nobody may see a file change that he opened as a publication. So a standby is
// written only while it is certain that nobody but this process has it open, see
// [claim], and that it has no other name, as a hard-linked snapshot gives it.
// Else, and where that cannot be told, it is removed, which its readers do not
// notice, and the publication is a whole copy. What cannot be told is who reads
// through an NFS export of version 3: such a reader has nothing open between two
// reads. He gets an error when a file was removed, and other content when it was
// written.
//
// A standby that is being written has the name of an unfinished copy, and as
// such the next publication removes it if this one is killed. It gets its name
// when it is synced, as any copy. If power fails while it is written, it may be
// found under the standby's name again, half written: that is a standby as good
// as any. If power fails, or the process is killed, while it is put in place, the
// standby can be a second name of what is published; then it is not written.
func standbyPath(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".standby")
}

// patchStandby makes the next publication of the standby of path. It is nil if
// there is none that may be written.
func patchStandby(ctx context.Context, in *os.File, path string) (*copied, error) {
	standby := standbyPath(path)
	if info, err := os.Lstat(standby); err != nil || !info.Mode().IsRegular() {
		return nil, nil
	}
	c := &copied{path: unfinished(path, "standby"), claimable: true}
	if os.Rename(standby, c.path) != nil {
		return nil, nil
	}
	err := c.patch(ctx, in)
	if err == nil {
		return c, nil
	}
	// Room for a whole copy, which reports what stands in the way of both.
	_ = os.Remove(c.path)
	return nil, context.Cause(ctx)
}

func (c *copied) patch(ctx context.Context, in *os.File) (err error) {
	if err := os.Chmod(c.path, 0o600); err != nil {
		return err
	}
	out, err := os.OpenFile(c.path, os.O_RDWR|noFollow, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }() // which ends the claim
	if err := claim(out); err != nil {
		return err
	}
	if c.size, c.hash, err = writeDifferent(ctx, out, in); err != nil {
		return err
	}
	return errors.Join(out.Chmod(0o400), out.Sync())
}

// writeDifferent brings out to the content of in, and returns its size and
// hash. One goroutine reads in, the other compares and writes.
func writeDifferent(ctx context.Context, out *os.File, in io.Reader) (size int64, hash string, err error) {
	const ahead = 3
	read, free := make(chan []byte, ahead), make(chan []byte, ahead)
	for range ahead {
		free <- make([]byte, chunkBytes)
	}
	h := xxhash.New()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		for want := headerBytes; ; want = chunkBytes {
			var buf []byte
			select {
			case buf = <-free:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			n, err := io.ReadFull(in, buf[:want])
			_, _ = h.Write(buf[:n]) // a hash takes everything
			read <- buf[:n]         // there is room for all there are
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				close(read)
				return nil
			}
			if err != nil {
				return err
			}
		}
	})
	g.Go(func() error {
		had := make([]byte, chunkBytes)
		for {
			var buf []byte
			more := false
			select {
			case buf, more = <-read:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			if !more {
				return out.Truncate(size) // which gives it the time of now, too
			}
			n, err := out.ReadAt(had[:len(buf)], size)
			if err != nil && err != io.EOF {
				return err
			}
			if err := writeBlocks(out, size, buf, had[:n]); err != nil {
				return err
			}
			size += int64(len(buf))
			free <- buf[:chunkBytes]
		}
	})
	if err := g.Wait(); err != nil {
		return 0, "", err
	}
	return size, strconv.FormatUint(h.Sum64(), 16), nil
}

// writeBlocks writes the blocks of want, which begin at an offset of the file,
// that are not what it had there.
func writeBlocks(out *os.File, at int64, want, had []byte) error {
	for from := 0; from < len(want); from += blockBytes {
		to := min(from+blockBytes, len(want))
		if to <= len(had) && bytes.Equal(want[from:to], had[from:to]) {
			continue
		}
		if _, err := out.WriteAt(want[from:to], at+int64(from)); err != nil {
			return err
		}
	}
	return nil
}

// putKeeping puts a finished copy in place, see [put], and keeps what it
// replaces as the standby if both have at least that many bytes.
func putKeeping(ctx context.Context, c *copied, path string, least int64) error {
	standby := standbyPath(path)
	_ = os.Remove(standby) // there is one if it could not be used
	if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() && c.claimable && min(c.size, info.Size()) >= least {
		_ = os.Link(path, standby) // without it the next publication is a whole copy
	}
	err := put(ctx, c.path, path)
	// A publication that is in place still is not a standby.
	if was, e := os.Lstat(standby); e == nil {
		if is, e := os.Lstat(path); e != nil || os.SameFile(was, is) {
			err = errors.Join(err, os.Remove(standby))
		}
	}
	return err
}

// unfinished is the name of a copy that is being made for a path.
func unfinished(path, part string) string {
	return filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%s.tmp", filepath.Base(path), part))
}
