package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"fanlake/configs"
)

func TestOutputStaysOutOfTheDataDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	for _, d := range []string{"data/main", "other", "data2"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"in": data, "other/lake": filepath.Join(data, "main"), "dangling": filepath.Join(data, "main", "new.csv")} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Skip(err)
		}
	}
	for path, refused := range map[string]bool{
		"":                            false,
		"out.csv":                     false,
		"data.csv":                    false,
		"data2/out.csv":               false,
		"data/../out.csv":             false,
		"..data/out.csv":              false,
		"data":                        true,
		"data/out.csv":                true,
		"data/main/warehouse.duckdb":  true,
		"data/main/lake/new/out.csv":  true,
		"data2/../data/main/out.csv":  true,
		"in/out.csv":                  true,
		"in/main/../../out.csv":       false,
		"other/lake/out.csv":          true,
		"other/lake/missing/deep.csv": true,
	} {
		full := path
		if path != "" {
			full = dir + "/" + path
		}
		err := checkOutput(&configs.Config{DataDir: data}, full)
		if errors.Is(err, errUsage) != refused || err != nil && !refused {
			t.Errorf("%q: %v, want it refused: %v", path, err, refused)
		}
	}
	if err := checkOutput(&configs.Config{DataDir: filepath.Join(dir, "in")}, filepath.Join(data, "x.csv")); !errors.Is(err, errUsage) {
		t.Errorf("behind a linked data directory: %v", err)
	}
}

// What is no file is written to, not replaced: a pipe keeps its reader, a device
// stays one, and a link goes on leading where it leads.
func TestOutputReplacesNothingButFiles(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("has no such pipes")
	}
	dir := t.TempDir()
	hello := func(w io.Writer) error { _, err := io.WriteString(w, "hello"); return err }
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	pipe := fmt.Sprintf("/dev/fd/%d", w.Fd())
	if _, err := os.Stat(pipe); err != nil {
		t.Skipf("%v: pipes have no names here", err)
	}
	if err := writeOutput(pipe, hello); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if text, err := io.ReadAll(r); err != nil || string(text) != "hello" {
		t.Errorf("the pipe had %q, %v", text, err)
	}
	link, target := filepath.Join(dir, "link"), filepath.Join(dir, "target")
	if err := errors.Join(os.WriteFile(target, []byte("old"), 0o600), os.Symlink("target", link)); err != nil {
		t.Fatal(err)
	}
	if err := writeOutput(link, hello); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(target); err != nil || string(text) != "hello" {
		t.Errorf("the target has %q, %v", text, err)
	}
	if to, err := os.Readlink(link); err != nil || to != "target" {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("%v, %v", entries, err)
	}
}
