package load

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGlobTakesTheDirectoryAsItIs(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	dir, beside := filepath.Join(root, "a [b] *"), filepath.Join(root, "a b x")
	for _, d := range []string{dir, beside} {
		for _, name := range []string{"one.parquet", "two.parquet", "three.tmp"} {
			sub := filepath.Join(d, "lake", "earnings")
			if err := errors.Join(os.MkdirAll(sub, 0o700), os.WriteFile(filepath.Join(sub, name), nil, 0o600)); err != nil {
				t.Fatal(err)
			}
		}
	}
	got, err := Glob(dir, "lake/*/*.parquet")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{filepath.Join(dir, "lake", "earnings", "one.parquet"), filepath.Join(dir, "lake", "earnings", "two.parquet")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got, err := Glob(filepath.Join(root, "missing"), "*"); err != nil || len(got) > 0 {
		t.Errorf("of no directory: %v, %v", got, err)
	}
}
