package main

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// snapshots hold what was in the directories of a script: by directory, hashes
// by file.
type snapshots map[string]map[string]string

// listFiles hashes every file below dir, but for what a refused run may touch:
// the lock, and the send times of requests.
func listFiles(dir string) (map[string]string, error) {
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		name := filepath.ToSlash(path)
		if err != nil || d.IsDir() || strings.HasSuffix(name, "/lock") || strings.HasSuffix(name, "/state/requests.json") {
			return err
		}
		text, err := os.ReadFile(path)
		files[path] = fmt.Sprintf("%x", sha256.Sum256(text))
		return err
	})
	return files, err
}

func takeSnapshot(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: snapshot DIR")
	}
	files, err := listFiles(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Value(snapshotsKey{}).(snapshots)[args[0]] = files
}

func wantUnchanged(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: unchanged DIR")
	}
	before := ts.Value(snapshotsKey{}).(snapshots)[args[0]]
	if before == nil {
		ts.Fatalf("there is no snapshot of %s", args[0])
	}
	after, err := listFiles(ts.MkAbs(args[0]))
	ts.Check(err)
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if before[name] != after[name] {
			ts.Fatalf("%s was written", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if _, ok := after[name]; !ok {
			ts.Fatalf("%s is gone", name)
		}
	}
}

func cutFiles(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: damage FILE BYTES")
	}
	names, err := filepath.Glob(ts.MkAbs(args[0]))
	ts.Check(err)
	size, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	if len(names) == 0 {
		ts.Fatalf("no file %s", args[0])
	}
	for _, name := range names {
		ts.Check(os.Truncate(name, size))
	}
}

func expandFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: expand FILE")
	}
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

// snapshotsKey is the key of a script's snapshots.
type snapshotsKey struct{}
