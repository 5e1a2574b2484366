package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"fanlake/extract/fanvuesim"
)

// recorded are the hashes of the files of the record in an account's directory.
func recorded(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, path)
		top, _, _ := strings.Cut(filepath.ToSlash(rel), "/")
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") || top != "lake" && top != "runs" && top != "statements" && top != "owner.json" {
			return err
		}
		text, err := os.ReadFile(path)
		all[filepath.ToSlash(rel)] = fmt.Sprintf("%x", sha256.Sum256(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func same(t *testing.T, what string, want, got map[string]string) {
	t.Helper()
	for name, hash := range want {
		if got[name] != hash {
			t.Errorf("%s: %s is another or missing", what, name)
		}
	}
	if len(want) != len(got) || len(want) < 10 {
		t.Errorf("%s: %d files, want %d", what, len(got), len(want))
	}
}

// names lists what is in a directory; nothing if it is missing.
func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// other is a machine on which nothing is.
func (b *bench) other(t *testing.T) *bench {
	t.Helper()
	return &bench{sim: b.sim, dir: t.TempDir()}
}

// A backup that is restored on a machine that has nothing gives the same
// record, a warehouse that agrees with it, and a next run that reads no more
// than it would have read.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, small+"reports_dir: reports\n")
	if err := os.MkdirAll(filepath.Join(b.dir, "reports"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.dir, "reports", "mine.sql"), []byte("-- Mine.\nSELECT 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.run(t, 1, "backup", "--plain").says(t, "nothing was read yet")
	b.run(t, 0, "sync")
	b.run(t, 0, "statement", "earnings", "--creator", b.sim.World().Creators()[0].Handle, "--month", time.Now().UTC().AddDate(0, -3, 0).Format("2006-01"))
	if err := os.Mkdir(filepath.Join(b.dir, "out"), 0o700); err != nil {
		t.Fatal(err)
	}
	b.run(t, 2, "backup", "-o", "out").says(t, "one of --recipient, --passphrase and --plain")
	b.run(t, 2, "backup", "--plain", "--with-key", "-o", "out").says(t, "--with-key takes encryption")
	b.run(t, 2, "backup", "--recipient", strings.ToLower(id.String()), "-o", "out").says(t, "that is a secret key")
	b.run(t, 0, "backup", "--recipient", id.Recipient().String(), "-o", "out").says(t, "the pseudonym key is not in it")
	b.run(t, 0, "backup", "--plain", "-o", "plain.tar")
	made := names(t, filepath.Join(b.dir, "out"))
	if len(made) != 1 || !strings.HasPrefix(made[0], "fanlake-main-") || !strings.HasSuffix(made[0], "Z.tar.age") {
		t.Fatalf("out holds %v", made)
	}
	file := filepath.Join(b.dir, "out", made[0])
	sealed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(filepath.Join(b.dir, ".config", "fanlake", "main.key"))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := os.ReadFile(filepath.Join(b.dir, "plain.tar"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(plain, bytes.TrimSpace(key)) || !bytes.Contains(plain, []byte("PAR1")) || bytes.Contains(sealed, []byte("PAR1")) || bytes.Contains(plain, []byte(fanvuesim.DefaultKey)) {
		t.Error("a backup holds a key, or the sealed one can be read")
	}

	n := b.other(t)
	if err := os.WriteFile(filepath.Join(n.dir, "id"), []byte(id.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	stranger, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(n.dir, "stranger"), []byte(stranger.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	n.run(t, 2, "restore", file).says(t, "the backup is encrypted")
	n.run(t, 4, "restore", "--identity", "file:stranger", file).says(t, "encrypted to others")
	n.run(t, 4, "restore", "--identity", "file:id", file).says(t, "is missing and the backup holds no key")
	if got := names(t, filepath.Join(n.dir, "data")); len(got) != 0 {
		t.Errorf("refused restores left %v", got)
	}
	if err := os.MkdirAll(filepath.Join(n.dir, ".config", "fanlake"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(n.dir, ".config", "fanlake", "main.key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	n.run(t, 0, "restore", "--identity", "file:id", file).says(t, "are back, verified and published")
	same(t, "restored", recorded(t, filepath.Join(b.dir, "data", "main")), recorded(t, filepath.Join(n.dir, "data", "main")))
	if got := names(t, filepath.Join(n.dir, "data")); !slices.Equal(got, []string{"main"}) {
		t.Errorf("beside the account there is %v", got)
	}
	for _, name := range []string{"fanlake.yaml", "reports/mine.sql"} {
		want, _ := os.ReadFile(filepath.Join(b.dir, name))
		if got, err := os.ReadFile(filepath.Join(n.dir, name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is another: %v", name, err)
		}
	}
	n.truth(t)
	n.run(t, 0, "verify", "--deep")
	n.run(t, 2, "restore", "--identity", "file:id", file).says(t, "there is data already")
	before := b.sim.Gate().Ledger().Total()
	n.run(t, 0, "sync")
	if asked := b.sim.Gate().Ledger().Total() - before; asked > 30 {
		t.Errorf("the first run behind it asked %d times", asked)
	}
	n.truth(t)

	// With its key inside, a passphrase is all that another machine needs.
	if err := os.WriteFile(filepath.Join(b.dir, "pass"), []byte("correct horse\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.run(t, 0, "backup", "--passphrase", "file:pass", "--with-key", "-o", "full.tar.age")
	third := b.other(t)
	third.env = []string{"PASS=correct horse"}
	third.run(t, 0, "restore", "--passphrase", "env:PASS", filepath.Join(b.dir, "full.tar.age"))
	if got, err := os.ReadFile(filepath.Join(third.dir, ".config", "fanlake", "main.key")); err != nil || !bytes.Equal(got, key) {
		t.Errorf("the key did not come along: %v", err)
	}
	third.truth(t)

	// A run keeps a backup out, which says so.
	hang := b.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.Hang, Path: "/users/me"})
	running := b.start(t, "sync")
	running.until(t, func() bool { return hang.Fired() > 0 })
	b.run(t, 5, "backup", "--plain", "-o", "out").says(t, "another run holds the data directory")
	if err := running.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-running.ended
}

// Whatever happens to a backup on its way, nothing of it comes into place; and
// a kill at any point of either leaves nothing that looks whole and is not.
func TestBackupDamagedOrKilled(t *testing.T) {
	t.Parallel()
	b := newBench(t, small)
	b.run(t, 0, "sync")
	b.run(t, 0, "backup", "--plain", "-o", "plain.tar")
	plain, err := os.ReadFile(filepath.Join(b.dir, "plain.tar"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(filepath.Join(b.dir, ".config", "fanlake", "main.key"))
	if err != nil {
		t.Fatal(err)
	}
	n := b.other(t)
	if err := os.MkdirAll(filepath.Join(n.dir, ".config", "fanlake"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(n.dir, ".config", "fanlake", "main.key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	nothing := func(when string) {
		t.Helper()
		for _, name := range names(t, filepath.Join(n.dir, "data")) {
			t.Errorf("%s: there is %s", when, name)
		}
	}
	body := bytes.Index(plain, []byte("PAR1"))
	for name, damage := range map[string][]byte{
		"cut":         plain[:len(plain)/2],
		"no manifest": plain[:bytes.LastIndex(plain, []byte("manifest.json"))],
		"flipped":     append(append(append([]byte{}, plain[:body+40]...), plain[body+40]^1), plain[body+41:]...),
		"empty":       {},
		"no backup":   bytes.Repeat([]byte("x"), 4096),
	} {
		path := filepath.Join(n.dir, "damaged.tar")
		if err := os.WriteFile(path, damage, 0o600); err != nil {
			t.Fatal(err)
		}
		n.run(t, 1, "restore", path).says(t, "the backup is damaged")
		nothing(name)
	}
	if err := os.Mkdir(filepath.Join(b.dir, "out"), 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range 8 {
		p := b.start(t, "backup", "--plain", "-o", "out")
		time.AfterFunc(time.Duration(i*9)*time.Millisecond, func() { _ = p.Process.Kill() })
		<-p.ended
	}
	b.run(t, 0, "backup", "--plain", "-o", "out")
	for _, name := range names(t, filepath.Join(b.dir, "out")) {
		if strings.HasPrefix(name, ".") {
			t.Errorf("the last backup left %s", name)
		} else if info, err := os.Stat(filepath.Join(b.dir, "out", name)); err != nil || info.Size() < int64(len(plain)) {
			t.Errorf("%s is not whole", name)
		}
	}
	killed := 0
	for i := 0; len(names(t, filepath.Join(n.dir, "data", "main"))) == 0; i++ {
		p := n.start(t, "restore", filepath.Join(b.dir, "plain.tar"))
		timer := time.AfterFunc(time.Duration(i*i*30)*time.Millisecond, func() { _ = p.Process.Kill() })
		<-p.ended
		timer.Stop()
		if p.ProcessState.ExitCode() != 0 {
			killed++
		}
	}
	if killed < 3 {
		t.Errorf("only %d restores were killed", killed)
	}
	if left := names(t, filepath.Join(n.dir, "data")); !slices.Equal(left, []string{"main"}) {
		t.Errorf("behind kills and a restore: %v, want the account alone", left)
	}
	same(t, "behind kills", recorded(t, filepath.Join(b.dir, "data", "main")), recorded(t, filepath.Join(n.dir, "data", "main")))
	n.run(t, 0, "verify")
	n.truth(t)
}
