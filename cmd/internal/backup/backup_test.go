package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

func bundle(t testing.TB, entries ...Entry) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := Write(t.Context(), &b, Header{Account: "main", CreatedAt: time.Unix(1e9, 0).UTC()}, entries); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func restore(t testing.TB, text []byte) (map[string][]byte, string, error) {
	t.Helper()
	dir := t.TempDir()
	var beside map[string][]byte
	_, _, err := Read(t.Context(), bytes.NewReader(text), func(_ Header, all map[string][]byte) (string, error) {
		beside = all
		return dir, nil
	})
	return beside, dir, err
}

func TestThereAndBack(t *testing.T) {
	t.Parallel()
	text := bundle(t, Entry{Name: "config/fanlake.yaml", Data: []byte("a: 1\n")}, Entry{Name: "record/owner.json", Data: []byte("{}")},
		Entry{Name: "record/lake/earnings/2026-01/x-0001.parquet", Data: []byte("PAR1")})
	beside, dir, err := restore(t, text)
	if err != nil || string(beside["config/fanlake.yaml"]) != "a: 1\n" {
		t.Fatalf("%v, %q", err, beside)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "lake/earnings/2026-01/x-0001.parquet")); err != nil || string(got) != "PAR1" {
		t.Errorf("%q, %v", got, err)
	}
	for n := range len(text) / 512 { // cut at any block
		if _, _, err := restore(t, text[:n*512]); !errors.Is(err, ErrDamaged) && n*512 < len(text)-1024 {
			t.Errorf("cut at block %d of %d: %v", n, len(text)/512, err)
		}
	}
	for i := 0; i < len(text)-1536; i += 61 { // flip bits anywhere before the end
		other := bytes.Clone(text)
		other[i] ^= 4
		if beside, dir, err := restore(t, other); err == nil {
			// Only what is not part of any file may differ: its time and its mode.
			got, _ := os.ReadFile(filepath.Join(dir, "lake/earnings/2026-01/x-0001.parquet"))
			if string(beside["config/fanlake.yaml"]) != "a: 1\n" || string(got) != "PAR1" {
				t.Errorf("a flipped bit at %d came through", i)
			}
		}
	}
}

// Names that lead out of the directory, or hide in it, are refused.
func TestNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"backup.json": true, "config/fanlake.yaml": true, "key/main.key": true, "record/owner.json": true, "record/lake/a/b.parquet": true,
		"record/runs/x.json": true, "/etc/passwd": false, "record/../../x": false, "record/lake/../../../x": false, "record/lake/.hidden": false,
		"record/state/warehouse.duckdb": false, "record": false, "config": false, "x": false, `record/lake\..\..\x`: false, "record/lake/C:x": false, "": false,
	} {
		if got := validName(name); got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	_ = w.WriteHeader(&tar.Header{Name: headerName, Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"})
	if _, _, err := restore(t, b.Bytes()); !errors.Is(err, ErrDamaged) {
		t.Errorf("a link: %v", err)
	}
}

// A file of any size takes the memory of a buffer, both ways.
func TestMemoryIsBounded(t *testing.T) {
	const size = 256 << 20
	large := filepath.Join(t.TempDir(), "large")
	f, err := os.Create(large)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(size), f.Close()); err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	go func() {
		_, err := Write(context.WithoutCancel(t.Context()), w, Header{}, []Entry{{Name: "record/lake/a/b.parquet", Path: large}})
		_ = w.CloseWithError(err)
	}()
	in := tar.NewReader(r)
	var n int64
	for {
		if _, err := in.Next(); err != nil {
			break
		}
		m, err := io.Copy(io.Discard, in)
		if err != nil {
			t.Fatal(err)
		}
		n += m
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; n < size || used > 4<<20 {
		t.Errorf("%d bytes took %d bytes of memory", n, used)
	}
}

func FuzzRead(f *testing.F) {
	good := bundle(f, Entry{Name: "key/main.key", Data: []byte("k")}, Entry{Name: "record/owner.json", Data: []byte("{}")})
	f.Add(good)
	f.Add(good[:700])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, text []byte) {
		outside := t.TempDir()
		dir := filepath.Join(outside, "in")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		_, _, _ = Read(t.Context(), bytes.NewReader(text), func(Header, map[string][]byte) (string, error) { return dir, nil })
		if left, _ := os.ReadDir(outside); len(left) != 1 {
			t.Errorf("outside of the directory there is %v", left)
		}
	})
}
