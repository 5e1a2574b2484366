package load

import (
	"errors"
	"io"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// reflink makes out share the blocks of in, where the file system can.
func reflink(out, in *os.File) error {
	return unix.IoctlFileClone(int(out.Fd()), int(in.Fd()))
}

const noFollow = unix.O_NOFOLLOW

// localFS are file systems whose files nobody opens but through this kernel:
// ext2 to ext4, XFS, Btrfs, F2FS, bcachefs, ZFS, tmpfs. Of another machine's
// readers, a container's layers and a user-space file system a lease says
// nothing.
var localFS = []uint32{0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0xca451a4e, 0x2fc12fc1, 0x01021994}

// claim makes sure that nobody else reads or writes a file that is open for
// writing, or will until it is closed: [errShared] if somebody may,
// [errors.ErrUnsupported] where that cannot be told.
//
// The kernel grants a write lease only if the file has no other open
// descriptor, in this process or another, with locks or without; who opens it
// later waits until it is given back. A process that does not give it back gets
// a signal, which Go's runtime lets pass, and loses it 45 s later: who opened
// the file by its unfinished name then sees it unfinished, as any copy. The
// lock shows us to those who lock what they read, as DuckDB does. It is one of
// the open file: one of the process would not see, and would replace, that of a
// DuckDB in this process.
func claim(f *os.File) error {
	var fs unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &fs); err != nil {
		return err
	}
	if !slices.Contains(localFS, uint32(fs.Type)) {
		return errors.ErrUnsupported
	}
	lock := unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart}
	err := unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &lock)
	if err == nil {
		_, err = unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_WRLCK)
	}
	switch {
	case errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES):
		return errShared
	case err != nil:
		return errors.Join(errors.ErrUnsupported, err)
	}
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return err
	}
	if st.Nlink != 1 {
		return errShared
	}
	return nil
}
