package record

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fanlake/load/statement/manifest"
)

const (
	ava = "11111111-1111-1111-1111-111111111111"
	bea = "22222222-2222-2222-2222-222222222222"
)

// TestMain is this binary as a process that writes until it is killed, too.
func TestMain(m *testing.M) {
	if account := os.Getenv("RECORD_TEST_ACCOUNT"); account != "" {
		for n := byte(0); ; n++ {
			s, err := Open(account)
			if err == nil {
				_, err = s.Write(manifestOf(ava, "ava", "provisional"), large(n))
			}
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			fmt.Println(n)
		}
	}
	os.Exit(m.Run())
}

func manifestOf(creator, handle, state string) manifest.Manifest {
	return manifest.Manifest{Format: 1, Kind: "earnings", StatementID: strings.ToUpper(handle) + "-2026-02", Version: 1, State: state,
		CreatorID: creator, Handle: handle, Month: "2026-02", Timezone: "UTC"}
}

// large are files that take a while to write, each with the same content.
func large(n byte) []File {
	var files []File
	for i := range 4 {
		files = append(files, File{Name: fmt.Sprintf("part%d", i), Write: func(w io.Writer) error {
			for range 16 {
				if _, err := w.Write(bytes.Repeat([]byte{n}, 16<<10)); err != nil {
					return err
				}
			}
			return nil
		}})
	}
	return files
}

// A process that is killed at any point leaves a whole version or none, and
// nothing beside it once somebody has looked.
func TestKilledWhileWriting(t *testing.T) {
	t.Parallel()
	kills := 25
	if os.Getenv("FANLAKE_LONG") == "1" {
		kills = 400
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	account := filepath.Join(t.TempDir(), "a [b] *")
	random := rand.New(rand.NewPCG(1, 2))
	written, between := 0, 0
	for range kills {
		cmd := exec.CommandContext(t.Context(), self)
		cmd.Env = append(os.Environ(), "RECORD_TEST_ACCOUNT="+account)
		var talk bytes.Buffer
		cmd.Stderr = &talk
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(make([]byte, 1)); err != nil && !errors.Is(err, io.EOF) { // it is at work
			t.Error(err)
		}
		timer := time.NewTimer(time.Duration(random.Int64N(int64(40 * time.Millisecond))))
		<-timer.C
		if err := cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		_ = cmd.Wait() // it was killed
		if talk.Len() > 0 {
			t.Fatalf("the process said %s", talk.String())
		}
		leftovers, err := hidden(filepath.Join(account, "statements", "ava", "2026-02"), ".*")
		if err != nil {
			t.Fatal(err)
		}
		between += len(leftovers)
		s, err := Open(account)
		if err != nil {
			t.Fatal(err)
		}
		versions, err := s.Versions(ava)
		if err != nil || len(versions) > 1 {
			t.Fatalf("%d versions, %v", len(versions), err)
		}
		for _, v := range versions {
			written++
			if err := v.Check(); err != nil {
				t.Fatal(err)
			}
		}
		if entries, err := os.ReadDir(filepath.Join(account, "statements", "ava", "2026-02")); err != nil || len(entries) != len(versions) {
			t.Fatalf("left behind: %v, %v", entries, err)
		}
	}
	if written < kills || between == 0 {
		t.Errorf("after %d kills a version was there %d times, and something beside it %d times: the kills came at no time that matters", kills, written, between)
	}
}

// A version that was moved aside for one that never came is put back.
func TestKilledBetweenTheRenames(t *testing.T) {
	t.Parallel()
	account := t.TempDir()
	s, err := Open(account)
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Write(manifestOf(ava, "ava", "provisional"), large(1))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(v.Path, filepath.Join(filepath.Dir(v.Path), ".v1.old")); err != nil {
		t.Fatal(err)
	}
	again, err := Open(account)
	if err != nil {
		t.Fatal(err)
	}
	versions, err := again.Versions(ava)
	if err != nil || len(versions) != 1 || versions[0].Check() != nil {
		t.Errorf("got %v, %v", versions, err)
	}
}

func TestFinalIsNeverWrittenAgain(t *testing.T) {
	t.Parallel()
	account := t.TempDir()
	s, err := Open(account)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write(manifestOf(ava, "ava", "final"), large(1)); err != nil {
		t.Fatal(err)
	}
	v, err := s.Write(manifestOf(ava, "ava", "final"), large(2))
	if !errors.Is(err, fs.ErrExist) || v.Check() != nil {
		t.Errorf("got %v, %v", err, v.Check())
	}
	// A write that fails leaves nothing.
	failing := errors.New("no more")
	m := manifestOf(ava, "ava", "final")
	m.Version = 2
	if _, err := s.Write(m, append(large(3), File{Name: "last", Write: func(io.Writer) error { return failing }})); !errors.Is(err, failing) {
		t.Errorf("got %v", err)
	}
	if entries, err := os.ReadDir(filepath.Dir(v.Path)); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	for name, mode := range map[string]fs.FileMode{".": 0o700, "manifest.json": 0o600, "part0": 0o600} {
		if info, err := os.Stat(filepath.Join(v.Path, name)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

func TestFolderNames(t *testing.T) {
	t.Parallel()
	for handle, want := range map[string]string{
		"ava": "ava", "Ava": "ava", "creator-0.0": "creator-0.0", "": ava, "..": ava, ".": ava,
		"../../etc/passwd": "_.._etc_passwd-11111111", `..\evil`: "_evil-11111111", "a/b": "a_b-11111111", ".hidden": "hidden-11111111",
		"con": "_con-11111111", "NUL.txt": "_nul.txt-11111111", "a\x00b": "a_b-11111111", "-rf": "rf-11111111", "ends.": "ends-11111111",
		"שלום": "____-11111111", "a b": "a_b-11111111", "=cmd|' /C calc'!A0": "_cmd____c_calc__a0-11111111",
		strings.Repeat("x", 300): strings.Repeat("x", 64) + "-11111111",
	} {
		s := &Store{}
		got, err := s.Folder(ava, handle)
		if err != nil || got != want {
			t.Errorf("%q: got %s, %v, want %s", handle, got, err, want)
		}
		if got != filepath.Base(got) || strings.HasPrefix(got, ".") || !filepath.IsLocal(got) {
			t.Errorf("%q: %s is no safe name", handle, got)
		}
	}
}

// Two creators whose names look the same never share a folder, in whatever order
// they come, and a renamed one keeps its own.
func TestFoldersStayApart(t *testing.T) {
	t.Parallel()
	account := t.TempDir()
	write := func(creator, handle string) string {
		t.Helper()
		s, err := Open(account)
		if err != nil {
			t.Fatal(err)
		}
		v, err := s.Write(manifestOf(creator, handle, "provisional"), nil)
		if err != nil {
			t.Fatal(err)
		}
		return filepath.Base(filepath.Dir(filepath.Dir(v.Path)))
	}
	const third = "22222222-0000-0000-0000-000000000000"
	for _, step := range []struct{ creator, handle, want string }{
		{ava, "Star", "star"},
		{bea, "STAR", "star-22222222"},
		{third, "star", "star-" + third},
		{ava, "moon", "star"}, // renamed
		{bea, "moon", "star-22222222"},
	} {
		if got := write(step.creator, step.handle); got != step.want {
			t.Errorf("%s as %s: got %s, want %s", step.creator, step.handle, got, step.want)
		}
	}
}

// What is no Parquet is an error that says so, whatever the library makes of it.
func TestDamagedLines(t *testing.T) {
	t.Parallel()
	var whole bytes.Buffer
	if err := WriteLines(&whole, []Line{{EarningID: ava, Gross: 1, Net: 1, EarnedAt: time.Unix(1, 0).UTC()}}, nil); err != nil {
		t.Fatal(err)
	}
	for n := 0; n < whole.Len(); n += 37 {
		if _, err := readLines(bytes.NewReader(whole.Bytes()[:n])); err == nil {
			t.Errorf("%d of %d bytes were read", n, whole.Len())
		}
	}
}

// A copy takes the place of an older one, and of nothing else.
func TestExport(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "ava", "2026-02", "v1")
	for n := range byte(2) {
		if v, err := Export(folder, manifestOf(ava, "ava", "final"), large(n)); err != nil || v.Check() != nil {
			t.Fatal(err, v.Check())
		}
	}
	if _, err := Export(folder, manifestOf(bea, "ava", "final"), nil); err == nil {
		t.Error("over another creator's copy")
	}
	other := filepath.Join(t.TempDir(), "v1")
	mine := filepath.Join(other, "mine.txt")
	if err := errors.Join(os.Mkdir(other, 0o700), os.WriteFile(mine, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := Export(other, manifestOf(ava, "ava", "final"), nil); err == nil {
		t.Error("over a folder of something else")
	}
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}
}

func FuzzFolder(f *testing.F) {
	for _, seed := range []string{"ava", "../x", "con.x", "\xff\xfe", "a\nb", "..."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, handle string) {
		for _, name := range names(ava, handle) {
			if name == "" || name != filepath.Base(name) || !filepath.IsLocal(name) || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") != "" || strings.HasPrefix(name, ".") || len(name) > 128 {
				t.Errorf("%q: %q is no safe name", handle, name)
			}
		}
	})
}

// A copy that somebody made of a creator's folder is not where the next
// statements go, whatever its name sorts as.
func TestACopyOfAFolderIsNotTheRecord(t *testing.T) {
	t.Parallel()
	account := t.TempDir()
	s, err := Open(account)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write(manifestOf(ava, "ava", "final"), large(1)); err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(account, manifest.Dir)
	for _, name := range []string{"Copy of ava", "ava.bak", "zava"} {
		if err := os.CopyFS(filepath.Join(root, name), os.DirFS(filepath.Join(root, "ava"))); err != nil {
			t.Fatal(err)
		}
	}
	if s, err = Open(account); err != nil {
		t.Fatal(err)
	}
	if name, err := s.Folder(ava, "eva"); err != nil || name != "ava" {
		t.Errorf("got %q, %v", name, err)
	}
}
