package pipeline

import (
	"path/filepath"

	"golang.org/x/sys/unix"
)

// networkFS are the magic numbers of file systems on other machines, where a
// kernel lock may hold on this machine alone, or nowhere.
var networkFS = map[uint32]string{
	0x6969: "NFS", 0x517b: "SMB", 0xff534d42: "CIFS", 0xfe534d42: "SMB2", 0x01021997: "9p", 0x5346414f: "AFS",
	0x00c36400: "Ceph", 0x73757245: "Coda", 0x564c: "NCP", 0x0bd00bd0: "Lustre", 0x6a656a63: "a container's share",
}

// fuse is the magic number of file systems in user space; which one tells the
// table of mounts.
const fuse = 0x65735546

// remoteFuse are the kinds in user space that lie on other machines.
var remoteFuse = []string{"fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.gcsfuse", "fuse.glusterfs", "fuse.davfs", "fuse.cifs", "fuse.smbnetfs", "fuse.ceph", "fuse.goofys", "fuse.mount-s3", "fuse.blobfuse2", "fuse.juicefs"}

// networkKind names the network file system that dir lies on, or nothing.
// mounts is the table of mounts, as /proc/self/mounts has it.
func networkKind(dir string, magic uint32, mounts string) string {
	if kind := networkFS[magic]; kind != "" {
		return kind
	}
	if magic != fuse {
		return ""
	}
	kind := kindOfMount(dir, mounts)
	for _, remote := range remoteFuse {
		if kind == remote {
			return kind
		}
	}
	return ""
}

// inspectNetwork refuses a directory on another machine.
func (a Account) inspectNetwork(dir string) []Finding {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return nil
	}
	if resolved, err := filepath.EvalSymlinks(dir); err == nil {
		dir = resolved
	}
	kind := networkKind(dir, uint32(st.Type), readMounts())
	if kind == "" {
		return nil
	}
	return []Finding{{"file system", Problem, dir + " lies on a network file system (" + kind + "), where the lock that keeps two runs apart cannot be trusted",
		"move data_dir to a disk of this machine; copy the published warehouse.duckdb to the share instead"}}
}
