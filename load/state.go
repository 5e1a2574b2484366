package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/cespare/xxhash/v2"

	"fanlake/load/durable"
)

// A fileState says what a private file was when it was closed: its content
// stands in state/<name>.json beside it.
type fileState struct {
	Dirty     bool   `json:"dirty"` // open for writing, or not closed properly
	Size      int64  `json:"size"`
	XXHash64  string `json:"xxhash64"`
	Changed   bool   `json:"changed"`   // holds other content than the publication
	Published string `json:"published"` // hash of the published file, empty if there is none
	Day       string `json:"day"`       // day of the run that was published last, see [store.publish]

	Remade        bool   `json:"remade"`         // made again from the lake since it was published
	MadeSize      int64  `json:"made_size"`      // when it was closed first, behind all that the lake held
	PublishedSize int64  `json:"published_size"` // of the published file
	PublishedAs   string `json:"published_as"`   // name of the published file, see [CurrentFile]
}

func readState(path string) (fileState, error) {
	var s fileState
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fileState{Dirty: true, Changed: true}, nil
	}
	if err != nil {
		return s, err
	}
	if json.Unmarshal(text, &s) != nil {
		return fileState{Dirty: true, Changed: true}, nil
	}
	if s.Dirty {
		s.Changed = true
	}
	return s, nil
}

func writeState(path string, s fileState) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return durable.Write(path, append(text, '\n'))
}

// hashFile returns size and hash of a file that no DuckDB has open.
func hashFile(ctx context.Context, path string) (int64, string, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	h := xxhash.New()
	n, err := io.Copy(h, &reader{ctx, f})
	return n, strconv.FormatUint(h.Sum64(), 16), err
}

// A reader ends with its context.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := context.Cause(r.ctx); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// check says in what the file at path differs from what was closed; empty if
// in nothing, or if it was not closed and DuckDB's own recovery has to judge.
func (s fileState) check(ctx context.Context, path string) (string, error) {
	if s.Dirty {
		return "", nil
	}
	if _, err := os.Stat(path + ".wal"); err == nil {
		return fmt.Sprintf("%s was changed by another program (it has a log)", filepath.Base(path)), nil
	}
	size, hash, err := hashFile(ctx, path)
	if err != nil {
		return "", err
	}
	if size != s.Size || hash != s.XXHash64 {
		return fmt.Sprintf("%s is not what was closed last: %d bytes with hash %s, want %d with %s",
			filepath.Base(path), size, hash, s.Size, s.XXHash64), nil
	}
	return "", nil
}
