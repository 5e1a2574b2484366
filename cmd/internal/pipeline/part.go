package pipeline

import (
	"errors"
	"os"
	"path/filepath"

	"fanlake/load/durable"
)

// A partFile is a part that is being written: under a temporary name, until it
// is put in place.
type partFile struct {
	*os.File
	path, id string
	number   int
	placed   bool
}

func createPart(path, id string, number int) (*partFile, error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, "."+id+".*.tmp")
	if err != nil {
		return nil, err
	}
	return &partFile{File: f, path: path, id: id, number: number}, nil
}

// place makes the part visible: synced, renamed, the directory synced.
func (p *partFile) place() error {
	if err := errors.Join(p.Sync(), p.Close()); err != nil {
		return err
	}
	if err := os.Rename(p.Name(), p.path); err != nil {
		return err
	}
	p.placed = true
	return durable.SyncDir(filepath.Dir(p.path))
}

// discard removes what was not put in place.
func (p *partFile) discard() {
	if !p.placed {
		p.Close() // an error changes nothing: the file goes
		os.Remove(p.Name())
	}
}
