package main

import (
	"errors"
	"os"
	"path/filepath"
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
