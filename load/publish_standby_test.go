//go:build linux

package load

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"fanlake/load/query"
)

// A private is a closed DuckDB file that is changed night by night, and the
// path it is published under.
type private struct {
	t        *testing.T
	from, to string
	nights   int
}

func newPrivate(t *testing.T) *private {
	t.Helper()
	p := &private{t: t, from: filepath.Join(t.TempDir(), "private.duckdb"), to: filepath.Join(t.TempDir(), "warehouse.duckdb")}
	p.claimable()
	p.exec("CREATE TABLE t AS SELECT i, md5(i::VARCHAR) AS m FROM range(80000) r(i)")
	return p
}

// claimable skips the test where nobody can tell who has a file open.
func (p *private) claimable() {
	p.t.Helper()
	f, err := os.CreateTemp(filepath.Dir(p.to), "")
	if err != nil {
		p.t.Fatal(err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := claim(f); err != nil {
		p.t.Skipf("a file cannot be claimed here: %v", err)
	}
	clone, err := os.CreateTemp(filepath.Dir(p.to), "")
	if err != nil {
		p.t.Fatal(err)
	}
	defer os.Remove(clone.Name())
	defer clone.Close()
	if reflink(clone, f) == nil {
		p.t.Skip("copies share their blocks here, and there is no standby")
	}
}

func (p *private) exec(query string) {
	p.t.Helper()
	db, err := sql.Open("duckdb", p.from+"?threads=1")
	if err == nil {
		_, err = db.Exec(query)
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// change is what a night does.
func (p *private) change() {
	p.nights++
	p.exec(fmt.Sprintf("INSERT INTO t SELECT -i, 'night %[1]d' FROM range(1000) r(i); DELETE FROM t WHERE i = %[1]d * 1000; CHECKPOINT", p.nights))
}

// publish publishes what the private file is, and compares every byte.
func (p *private) publish() {
	p.t.Helper()
	size, hash, err := copyFile(p.t.Context(), p.from, p.to, "", 1)
	if err != nil {
		p.t.Fatal(err)
	}
	p.check(size, hash)
}

func (p *private) check(size int64, hash string) {
	p.t.Helper()
	if wantSize, want, err := hashFile(p.t.Context(), p.from); err != nil || size != wantSize || hash != want {
		p.t.Errorf("copied %d bytes with hash %s, the private file has %d with %s (%v)", size, hash, wantSize, want, err)
	}
	current, err := CurrentFile(p.to)
	if err != nil {
		p.t.Fatal(err)
	}
	if got, want := digest(p.t, current), digest(p.t, p.from); got != want {
		p.t.Errorf("what is published is not what was copied")
	}
	if info, err := os.Stat(current); err != nil || info.Mode() != 0o400 {
		p.t.Errorf("mode of the publication: %v (%v)", info.Mode(), err)
	}
	if left, _ := filepath.Glob(unfinished(p.to, "*")); len(left) > 0 {
		p.t.Errorf("left behind: %v", left)
	}
	if was, err := os.Lstat(standbyPath(p.to)); err == nil && was.Mode().IsRegular() && os.SameFile(was, p.inode()) {
		p.t.Error("the publication is its own standby")
	}
}

func (p *private) night() { p.t.Helper(); p.change(); p.publish() }

func (p *private) inode() os.FileInfo {
	p.t.Helper()
	info, err := os.Stat(p.to)
	if err != nil {
		p.t.Fatal(err)
	}
	return info
}

func digest(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return digestOf(t, f)
}

func digestOf(t *testing.T, r io.Reader) string {
	t.Helper()
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// Two files take turns, and each publication is byte for byte the private file.
func TestStandbyTakesTurns(t *testing.T) {
	t.Parallel()
	p := newPrivate(t)
	var was []os.FileInfo
	for n := range 6 {
		p.night()
		was = append(was, p.inode())
		if n >= 2 && !os.SameFile(was[n], was[n-2]) {
			t.Errorf("publication %d is not made of publication %d", n, n-2)
		}
		if n >= 1 && os.SameFile(was[n], was[n-1]) {
			t.Errorf("publication %d is written into publication %d", n, n-1)
		}
	}
	p.exec("DELETE FROM t WHERE i > 1000; CHECKPOINT")
	p.night() // much smaller
	p.exec("INSERT INTO t SELECT i, md5(i::VARCHAR) FROM range(200000) r(i)")
	p.night() // much larger
	p.publish()
	if info, err := os.Stat(standbyPath(p.to)); err != nil || info.Mode() != 0o400 {
		t.Errorf("the standby has mode %v, %v", info, err)
	}
	if _, _, err := copyFile(t.Context(), p.from, p.to, "another hash", 1); err == nil {
		t.Error("published what has not the hash that is wanted")
	}
	p.check(hashOf(t, p.from))
	p.night()
	if _, _, err := copyFile(t.Context(), p.from, p.to, "", 1<<40); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(standbyPath(p.to)); err == nil {
		t.Error("a small publication keeps a standby")
	}
}

func hashOf(t *testing.T, path string) (int64, string) {
	t.Helper()
	size, hash, err := hashFile(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return size, hash
}

// TestStandbyReader is not a test: it is a process that has a publication open,
// and says what it reads for each line it gets.
func TestStandbyReader(t *testing.T) {
	path := os.Getenv("FANLAKE_STANDBY_READER")
	if path == "" {
		t.Skip("a helper of TestStandbyReaders")
	}
	p, err := OpenPublished(t.Context(), path, query.Options{Threads: 1, MemoryLimit: "32MB"})
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(os.Stdin)
	for {
		fmt.Println(contentOf(t, p))
		if !lines.Scan() {
			break
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

// contentOf reads every value of the table t. It takes less memory than that has.
func contentOf(t *testing.T, p *Published) string {
	t.Helper()
	rows, err := p.Query(t.Context(), "SELECT count(*) || ' ' || sum(hash(i, m) // 1000000) FROM t", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	row, err := rows.Next()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(row[0])
}

// Whoever has a publication open, by whatever means, reads the same through two
// more publications and another.
func TestStandbyReaders(t *testing.T) {
	t.Parallel()
	readers := map[string]func(*testing.T, string) (read func() string, release func()){
		"DuckDB of this process": func(t *testing.T, path string) (func() string, func()) {
			p, err := OpenPublished(t.Context(), path, query.Options{Threads: 1, MemoryLimit: "32MB"})
			if err != nil {
				t.Fatal(err)
			}
			return func() string { return contentOf(t, p) }, func() { p.Close() }
		},
		"DuckDB of another process": func(t *testing.T, path string) (func() string, func()) {
			cmd := exec.Command(os.Args[0], "-test.run=^TestStandbyReader$")
			cmd.Env, cmd.Stderr = append(os.Environ(), "FANLAKE_STANDBY_READER="+path), os.Stderr
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(out)
			lines.Scan()
			return func() string {
					fmt.Fprintln(in)
					lines.Scan()
					return lines.Text()
				}, func() {
					in.Close()
					for lines.Scan() {
					}
					if err := cmd.Wait(); err != nil {
						t.Error(err)
					}
				}
		},
		"a plain file": func(t *testing.T, path string) (func() string, func()) {
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			return func() string { return digestOf(t, io.NewSectionReader(f, 0, 1<<40)) }, func() { f.Close() }
		},
		"a mapping": func(t *testing.T, path string) (func() string, func()) {
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			info, err := f.Stat()
			if err != nil {
				t.Fatal(err)
			}
			data, err := unix.Mmap(int(f.Fd()), 0, int(info.Size()), unix.PROT_READ, unix.MAP_SHARED)
			if err != nil {
				t.Fatal(err)
			}
			return func() string { return digestOf(t, bytes.NewReader(data)) }, func() { unix.Munmap(data) }
		},
		"another name": func(t *testing.T, path string) (func() string, func()) {
			snapshot := filepath.Join(filepath.Dir(path), "snapshot")
			if err := os.Link(path, snapshot); err != nil {
				t.Fatal(err)
			}
			return func() string { return digest(t, snapshot) }, func() { os.Remove(snapshot) }
		},
	}
	for name, open := range readers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPrivate(t)
			p.night()
			p.night()
			was := p.inode()
			read, release := open(t, p.to)
			want := read()
			for n := range 3 {
				p.night()
				if got := read(); got != want {
					t.Errorf("behind %d publications it reads %q, before %q", n+1, got, want)
				}
				if os.SameFile(p.inode(), was) {
					t.Error("the file that is read was published again")
				}
			}
			release()
			held := p.inode()
			p.night()
			p.night()
			if !os.SameFile(p.inode(), held) {
				t.Error("the standby is not used when nobody reads any more")
			}
		})
	}
}

// Who opens a file that is claimed waits, and a file that anybody has open is
// not to be had.
func TestClaim(t *testing.T) {
	t.Parallel()
	p := newPrivate(t)
	open := func(flags int) *os.File {
		t.Helper()
		f, err := os.OpenFile(p.from, flags, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	mine := open(os.O_RDWR)
	if err := claim(mine); err != nil {
		t.Fatal(err)
	}
	if _, err := syscall.Open(p.from, syscall.O_RDONLY|syscall.O_NONBLOCK, 0); !errors.Is(err, syscall.EWOULDBLOCK) {
		t.Errorf("opening what is claimed: %v", err)
	}
	mine.Close()
	other := open(os.O_RDONLY)
	again := open(os.O_RDWR)
	if err := claim(again); !errors.Is(err, errShared) {
		t.Errorf("claimed what is open for reading: %v", err)
	}
	other.Close()
	if err := claim(again); err != nil {
		t.Errorf("nobody has it open any more: %v", err)
	}
}

// Whatever lies in the place of the standby, what is published is the private
// file, and other files stay as they are.
func TestStandbyOfAnySort(t *testing.T) {
	t.Parallel()
	write := func(change func(text []byte) []byte) func(*private, string) error {
		return func(p *private, standby string) error {
			text, err := os.ReadFile(standby)
			return errors.Join(err, os.Chmod(standby, 0o600), os.WriteFile(standby, change(text), 0o600))
		}
	}
	remade := func(make func(p *private, standby string) error) func(*private, string) error {
		return func(p *private, standby string) error {
			return errors.Join(os.Remove(standby), make(p, standby))
		}
	}
	other := func(p *private) string { return filepath.Join(filepath.Dir(p.from), "other") }
	for _, c := range []struct {
		name string
		lay  func(p *private, standby string) error
		used bool // and the publication is made of it
	}{
		{"missing", func(p *private, standby string) error { return os.Remove(standby) }, false},
		{"damaged", write(func(text []byte) []byte { text[len(text)/2] ^= 4; return text }), true},
		{"damaged in front", write(func(text []byte) []byte { text[0] ^= 4; return text }), true},
		{"damaged at the end", write(func(text []byte) []byte { text[len(text)-1] ^= 4; return text }), true},
		{"all zero", write(func(text []byte) []byte { return make([]byte, len(text)) }), true},
		{"shorter", write(func(text []byte) []byte { return text[:len(text)-4711] }), true},
		{"longer", write(func(text []byte) []byte { return append(text, text[:300000]...) }), true},
		{"empty", write(func([]byte) []byte { return nil }), true},
		{"of another file", write(func([]byte) []byte { return []byte("something else") }), true},
		{"not ours to write", func(p *private, standby string) error { return os.Chmod(standby, 0) }, true},
		{"a link to another file", remade(func(p *private, standby string) error {
			return errors.Join(os.WriteFile(other(p), []byte("other"), 0o600), os.Symlink(other(p), standby))
		}), false},
		{"a link to nothing", remade(func(p *private, standby string) error { return os.Symlink("nothing", standby) }), false},
		{"a link to the publication", remade(func(p *private, standby string) error { return os.Symlink(p.to, standby) }), false},
		{"a second name of the publication", remade(func(p *private, standby string) error { return os.Link(p.to, standby) }), false},
		{"a second name of the private file", remade(func(p *private, standby string) error { return os.Link(p.from, standby) }), false},
		{"an empty directory", remade(func(p *private, standby string) error { return os.Mkdir(standby, 0o700) }), false},
		{"a directory", remade(func(p *private, standby string) error {
			return errors.Join(os.Mkdir(standby, 0o700), os.WriteFile(filepath.Join(standby, "theirs"), nil, 0o600))
		}), false},
		{"a pipe", remade(func(p *private, standby string) error { return syscall.Mkfifo(standby, 0o600) }), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPrivate(t)
			p.night()
			p.night()
			standby := standbyPath(p.to)
			if err := c.lay(p, standby); err != nil {
				t.Fatal(err)
			}
			lies, _ := os.Lstat(standby)
			before := p.inode()
			p.change()
			want := digest(t, p.from)
			p.publish()
			if digest(t, p.from) != want {
				t.Error("the private file changed")
			}
			if lies != nil && lies.Mode().IsRegular() && os.SameFile(lies, p.inode()) != c.used {
				t.Errorf("made of the standby: %v, want %v", !c.used, c.used)
			}
			if text, err := os.ReadFile(other(p)); err == nil && string(text) != "other" {
				t.Errorf("another file holds %q", text)
			}
			if os.SameFile(before, p.inode()) {
				t.Error("the publication was written under its readers")
			}
			for range 3 {
				p.night()
			}
			if info, err := os.Lstat(standby); err != nil || info.Mode().IsRegular() == (c.name == "a directory") {
				t.Errorf("the standby behind it: %v, %v", info, err)
			}
		})
	}
}

// Where a publication cannot be replaced there is no standby, which would be
// what is published.
func TestStandbyWithoutRenameOverOpen(t *testing.T) {
	t.Parallel()
	for name, obstruct := range obstacles() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPrivate(t)
			free := obstruct(t, p.to)
			for range 3 {
				p.change()
				size, hash, err := copyFile(t.Context(), p.from, p.to, "", 0)
				if err != nil {
					t.Fatal(err)
				}
				p.check(size, hash)
				if info, err := os.Lstat(standbyPath(p.to)); err == nil {
					t.Errorf("a standby of %d bytes", info.Size())
				}
			}
			free()
			p.night()
			p.night()
			was := p.inode()
			p.night()
			p.night()
			if !os.SameFile(was, p.inode()) {
				t.Error("no standby when it can be replaced again")
			}
		})
	}
}

// TestStandbyPublisher is not a test: it is a process that publishes, to be
// killed.
func TestStandbyPublisher(t *testing.T) {
	paths := os.Getenv("FANLAKE_STANDBY_PUBLISHER")
	if paths == "" {
		t.Skip("a helper of TestStandbySurvivesKills")
	}
	from, to, _ := strings.Cut(paths, "\n")
	if _, _, err := copyFile(t.Context(), from, to, "", 1); err != nil {
		t.Fatal(err)
	}
}

// A publication that is killed leaves the one before or itself, whole, and the
// next one is right.
func TestStandbySurvivesKills(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes")
	}
	t.Parallel()
	kills := 12
	if os.Getenv("FANLAKE_LONG") != "" {
		kills = 400
	}
	p := newPrivate(t)
	rng := rand.New(rand.NewPCG(7, 1))
	text := make([]byte, 24<<20)
	fill := func() { // every block is another: it takes its time to write
		t.Helper()
		for i := 0; i < len(text); i += 4096 {
			text[i] = byte(rng.Uint32())
		}
		if err := os.WriteFile(p.from, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	fill()
	p.publish()
	fill()
	p.publish()
	met := map[string]int{}
	for range kills {
		before := digest(t, p.to)
		fill()
		after := digest(t, p.from)
		cmd := exec.Command(os.Args[0], "-test.run=^TestStandbyPublisher$")
		cmd.Env = append(os.Environ(), "FANLAKE_STANDBY_PUBLISHER="+p.from+"\n"+p.to)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		patching, over := unfinished(p.to, "standby"), false
		for begun, looks := false, 0; !over && (!begun || looks > 0); looks-- {
			if _, err := os.Lstat(patching); err == nil && !begun {
				begun, looks = true, rng.IntN(4000)
			}
			select {
			case err := <-ended:
				ended <- err
				over = true
			default:
			}
		}
		_ = cmd.Process.Kill()
		<-ended
		switch got := digest(t, p.to); got {
		case before:
			met["the one before"]++
		case after:
			met["the new one"]++
		default:
			t.Fatal("what is published is neither the publication before nor the new one")
		}
		if _, err := os.Lstat(patching); err == nil {
			met["killed while it was written"]++
		}
		p.publish()
		fill()
		p.publish() // so that there is a standby again
	}
	t.Log(met)
	if met["killed while it was written"] == 0 {
		t.Error("no process was killed while it wrote the standby")
	}
}

// A disk that is full in the middle leaves the publication before.
func TestStandbyOnFullDisk(t *testing.T) {
	t.Parallel()
	p := newPrivate(t)
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64m"); err != nil {
		t.Skipf("mounting is not permitted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	p.to = filepath.Join(dir, "warehouse.duckdb")
	p.claimable()
	text := make([]byte, 24<<20)
	for i := range text {
		text[i] = byte(i >> 10)
	}
	write := func() {
		t.Helper()
		if err := os.WriteFile(p.from, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write()
	p.publish()
	text[5<<20]++
	write()
	p.publish()
	before := digest(t, p.to)
	text = append(text, bytes.Repeat([]byte("more"), 8<<20)...)
	text[0]++
	write()
	if _, _, err := copyFile(t.Context(), p.from, p.to, "", 1); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("on a full disk: %v", err)
	}
	if got := digest(t, p.to); got != before {
		t.Error("the publication before did not stay")
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the publication lies something: %v, %v", entries, err)
	}
	text = text[:20<<20]
	write()
	p.publish()
	text[1]++
	write()
	p.publish()
}

// Giving up ends the patch and leaves nothing.
func TestStandbyEndsWithItsContext(t *testing.T) {
	t.Parallel()
	p := newPrivate(t)
	p.night()
	p.night()
	before := digest(t, p.to)
	p.change()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(io.ErrClosedPipe)
	if _, _, err := copyFile(ctx, p.from, p.to, "", 1); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("given up: %v", err)
	}
	if digest(t, p.to) != before {
		t.Error("the publication changed")
	}
	p.publish()
	p.night()
}

// The warehouse keeps a standby of a large publication, but not behind a
// rebuild: what was taken out of the lake is not to stay in one.
func TestWarehouseKeepsStandby(t *testing.T) {
	t.Parallel()
	l := newLake(t)
	(&private{t: t, to: filepath.Join(l.dir, "x")}).claimable()
	w := l.open()
	published := filepath.Join(l.dir, "warehouse.duckdb")
	grow := func() { // to the size from which on it matters
		t.Helper()
		if _, err := w.DB().Exec("CREATE TABLE load.filler AS SELECT random() AS a, random() AS b FROM range(4500000)"); err != nil {
			t.Fatal(err)
		}
	}
	was := func() os.FileInfo {
		t.Helper()
		_, got := hashOf(t, published)
		if _, want := hashOf(t, filepath.Join(l.dir, "state", "warehouse.duckdb")); got != want {
			t.Error("what is published is not the private file")
		}
		info, err := os.Stat(published)
		if err != nil || info.Size() < standbyBytes {
			t.Fatalf("%v, %v", info, err)
		}
		return info
	}
	grow()
	var were []os.FileInfo
	for n := range 3 {
		l.night(w, n+1)
		were = append(were, was())
	}
	if !os.SameFile(were[0], were[2]) {
		t.Error("the third publication is not made of the first")
	}
	if problems, err := w.Verify(t.Context()); err != nil || slices.ContainsFunc(problems, func(p Problem) bool { return filepath.Dir(p.Path) == "." }) {
		t.Errorf("verify: %v, %v", problems, err)
	}
	if err := w.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w = l.open()
	grow()
	l.night(w, 4)
	was()
	if entries, err := filepath.Glob(filepath.Join(l.dir, ".warehouse*")); err != nil || entries != nil {
		t.Errorf("behind a rebuild there are %v, %v", entries, err)
	}
	l.night(w, 5)
	was()
	if _, err := os.Stat(standbyPath(published)); err != nil {
		t.Error(err)
	}
}
