package pipeline

import "testing"

func TestNetworkKind(t *testing.T) {
	t.Parallel()
	const mounts = `proc /proc proc rw 0 0
/dev/sda1 / ext4 rw 0 0
nas:/x /srv/nas nfs4 rw 0 0
me@host:/ /mnt/my\040share fuse.sshfs rw 0 0
portal /run/user/1000/doc fuse.portal rw 0 0
/dev/sdb1 /mnt/my\040share/disk fuseblk rw 0 0
`
	for _, c := range []struct {
		dir   string
		magic uint32
		want  string
	}{
		{"/data", 0xef53, ""}, // ext4
		{"/data", 0x9123683e, ""},
		{"/data", 0x01021994, ""}, // tmpfs
		{"/data", 0x794c7630, ""}, // overlayfs
		{"/srv/nas/data", 0x6969, "NFS"},
		{"/data", 0xff534d42, "CIFS"},
		{"/data", 0xfe534d42, "SMB2"},
		{"/data", 0x517b, "SMB"},
		{"/data", 0x01021997, "9p"},
		{"/mnt/my share", fuse, "fuse.sshfs"},
		{"/mnt/my share/data", fuse, "fuse.sshfs"},
		{"/mnt/my share/disk/data", fuse, ""}, // ntfs on a disk of this machine
		{"/mnt/my shares", fuse, ""},
		{"/run/user/1000/doc", fuse, ""},
	} {
		if got := networkKind(c.dir, c.magic, mounts); got != c.want {
			t.Errorf("%s with %#x: %q, want %q", c.dir, c.magic, got, c.want)
		}
	}
	if got := kindOfMount("/srv", ""); got != "" {
		t.Errorf("no mounts: %q", got)
	}
}
