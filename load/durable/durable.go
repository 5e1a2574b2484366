// Package durable puts files in place so that a crash or a loss of power leaves
// the old content or the new one, never half of it.
package durable

import (
	"errors"
	"os"
	"path/filepath"
)

// Write puts a file of mode 0600 in place: written beside under a temporary
// name, ".*.tmp", synced, renamed, and its directory synced.
func Write(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".*.tmp")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(0o600), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return SyncDir(filepath.Dir(path))
}

// SyncDir makes durable what was created, renamed or removed in a directory.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
