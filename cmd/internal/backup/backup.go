// Package backup writes the record of one account as one stream, and puts one
// back: the Parquet parts, the run records, the frozen statements and
// owner.json, from which everything else can be made again.
//
// A bundle is a tar that any tar reads:
//
//	backup.json     a [Header]: whose it is
//	config/…        the configuration, which holds no secrets
//	key/…           the pseudonym key, only where it was asked for
//	record/…        the files of the account's directory
//	manifest.json   size and SHA-256 of each of these, last
//
// It is written and read in one pass with the memory of one buffer. Encryption
// is around it, not in it. A bundle without its manifest, or with another file
// than that names, is not whole and is refused.
package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fanlake/load/durable"
)

// Format is the version of the layout above.
const Format = 1

const (
	headerName   = "backup.json"
	manifestName = "manifest.json"
	recordDir    = "record/"
)

// A Header says whose record a bundle holds.
type Header struct {
	Format         int       `json:"format"`
	Account        string    `json:"account"`
	Owner          string    `json:"owner"`           // uuid
	KeyFingerprint string    `json:"key_fingerprint"` // of the pseudonym key
	ToolVersion    string    `json:"tool_version"`
	CreatedAt      time.Time `json:"created_at"`
	Notice         string    `json:"notice"`
}

// A Manifest lists what a bundle holds.
type Manifest struct {
	Files []File `json:"files"`
}

// A File is one of a bundle, as it stands in it.
type File struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Bytes is the size of all files.
func (m Manifest) Bytes() (n int64) {
	for _, f := range m.Files {
		n += f.Size
	}
	return n
}

// An Entry is a file to be written: what stands under Path, or Data where that
// is empty.
type Entry struct {
	Name string // in the bundle, with slashes
	Path string
	Data []byte
}

// Record lists the files of the record in an account's directory. What is being
// written there has a name that begins with a dot, and is left out.
func Record(dir string) ([]Entry, error) {
	list := []Entry{{Name: recordDir + "owner.json", Path: filepath.Join(dir, "owner.json")}}
	for _, folder := range []string{"runs", "statements", "lake"} {
		root := filepath.Join(dir, folder)
		err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				if file == root && errors.Is(err, fs.ErrNotExist) {
					return nil
				}
				return err
			case strings.HasPrefix(d.Name(), "."):
				if d.IsDir() {
					return fs.SkipDir
				}
				return nil
			case !d.Type().IsRegular():
				return nil
			}
			rel, err := filepath.Rel(dir, file)
			list = append(list, Entry{Name: recordDir + filepath.ToSlash(rel), Path: file})
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Write writes a bundle. Entries of the record come last.
func Write(ctx context.Context, w io.Writer, h Header, entries []Entry) (Manifest, error) {
	var m Manifest
	t := tar.NewWriter(w)
	h.Format = Format
	text, err := json.MarshalIndent(h, "", "  ")
	if err != nil {
		return m, err
	}
	for _, e := range append([]Entry{{Name: headerName, Data: append(text, '\n')}}, entries...) {
		if err := ctx.Err(); err != nil {
			return m, err
		}
		f, err := writeEntry(ctx, t, e, h.CreatedAt)
		if err != nil {
			return m, fmt.Errorf("%s: %w", e.Name, err)
		}
		m.Files = append(m.Files, f)
	}
	if text, err = json.Marshal(m); err != nil {
		return m, err
	}
	if _, err := writeEntry(ctx, t, Entry{Name: manifestName, Data: append(text, '\n')}, h.CreatedAt); err != nil {
		return m, fmt.Errorf("%s: %w", manifestName, err)
	}
	return m, t.Close()
}

func writeEntry(ctx context.Context, t *tar.Writer, e Entry, at time.Time) (File, error) {
	f := File{Name: e.Name, Size: int64(len(e.Data))}
	var from io.Reader = bytes.NewReader(e.Data)
	if e.Path != "" {
		file, err := os.Open(e.Path)
		if err != nil {
			return f, err
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil {
			return f, err
		}
		from, f.Size, at = file, info.Size(), info.ModTime()
	}
	if err := t.WriteHeader(&tar.Header{Name: e.Name, Mode: 0o600, Size: f.Size, ModTime: at.Truncate(time.Second), Typeflag: tar.TypeReg}); err != nil {
		return f, err
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(t, sum), &cancelled{ctx, io.LimitReader(from, f.Size)})
	if err == nil && n != f.Size {
		err = fmt.Errorf("it became shorter while it was read: %d of %d bytes", n, f.Size)
	}
	f.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return f, err
}

// cancelled ends a copy when the context does.
type cancelled struct {
	ctx  context.Context
	from io.Reader
}

func (c *cancelled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.from.Read(p)
}

// ErrDamaged says that a bundle is not what was written.
var ErrDamaged = errors.New("the backup is damaged")

// Bounds of what is held in memory of a bundle that nobody has vouched for yet.
const (
	maxSmall    = 4 << 20   // of one file beside the record
	maxSmalls   = 64 << 20  // of all of these
	maxManifest = 256 << 20 // a million files
)

// Read reads a bundle. When all that stands before the record is read, start
// says in which directory the record is put; it exists and is empty. Nothing in
// it may be used before Read has returned without an error.
func Read(ctx context.Context, r io.Reader, start func(h Header, beside map[string][]byte) (dir string, err error)) (h Header, m Manifest, err error) {
	in := &reading{tar: tar.NewReader(&cancelled{ctx, r}), beside: map[string][]byte{}, seen: map[string]bool{}, start: start}
	for {
		head, err := in.tar.Next()
		if errors.Is(err, io.EOF) {
			return in.header, m, fmt.Errorf("%w: its manifest is missing, so it is not whole", ErrDamaged)
		}
		if err != nil {
			return in.header, m, damaged(ctx, err)
		}
		if head.Name == manifestName {
			break
		}
		if err := in.take(head); err != nil {
			return in.header, m, damaged(ctx, err)
		}
	}
	text, err := io.ReadAll(io.LimitReader(in.tar, maxManifest+1))
	if err != nil {
		return in.header, m, damaged(ctx, err)
	}
	if _, err := in.tar.Next(); !errors.Is(err, io.EOF) {
		return in.header, m, fmt.Errorf("%w: there is something behind its manifest", ErrDamaged)
	}
	if _, err := io.Copy(io.Discard, r); err != nil { // what encrypts it proves the end
		return in.header, m, damaged(ctx, err)
	}
	if json.Unmarshal(text, &m) != nil {
		return in.header, m, fmt.Errorf("%w: its manifest cannot be read", ErrDamaged)
	}
	if err := compare(m.Files, in.files); err != nil {
		return in.header, m, err
	}
	if in.dir == "" {
		return in.header, m, fmt.Errorf("%w: it holds no record", ErrDamaged)
	}
	return in.header, m, syncDirs(in.dir)
}

// damaged calls an error damage that is not an interruption or the disk's.
func damaged(ctx context.Context, err error) error {
	var path *fs.PathError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, ErrDamaged), errors.As(err, &path), errors.Is(err, errStart):
		return err
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

// errStart marks what start had to say.
var errStart = errors.New("not restored")

// A reading is a bundle of which some is read.
type reading struct {
	tar    *tar.Reader
	header Header
	beside map[string][]byte
	held   int64
	seen   map[string]bool
	files  []File
	dir    string
	start  func(Header, map[string][]byte) (string, error)
}

// take reads one file of the bundle.
func (in *reading) take(head *tar.Header) error {
	for key := range head.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") { // a few bytes of it may stand for any number
			return fmt.Errorf("%w: %.100q has holes", ErrDamaged, head.Name)
		}
	}
	if head.Typeflag != tar.TypeReg || !validName(head.Name) || in.seen[head.Name] || head.Size < 0 {
		return fmt.Errorf("%w: %.100q is no file of a backup", ErrDamaged, head.Name)
	}
	in.seen[head.Name] = true
	if len(in.files) == 0 {
		if head.Name != headerName {
			return fmt.Errorf("%w: it is no backup of fanlake", ErrDamaged)
		}
		text, err := in.hold(head)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(text, &in.header); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrDamaged, headerName, err)
		}
		if in.header.Format != Format {
			return fmt.Errorf("%w: the backup has format %d, this version of fanlake reads %d: use the version that made it (%.40q)", errStart, in.header.Format, Format, in.header.ToolVersion)
		}
		return nil
	}
	rest, ofRecord := strings.CutPrefix(head.Name, recordDir)
	if !ofRecord {
		if in.dir != "" {
			return fmt.Errorf("%w: %.100q stands behind the record", ErrDamaged, head.Name)
		}
		text, err := in.hold(head)
		in.beside[head.Name] = text
		return err
	}
	if in.dir == "" {
		var err error
		if in.dir, err = in.start(in.header, in.beside); err != nil {
			return fmt.Errorf("%w: %w", errStart, err)
		}
	}
	return in.put(head, filepath.Join(in.dir, filepath.FromSlash(rest)))
}

// hold reads a small file into memory.
func (in *reading) hold(head *tar.Header) ([]byte, error) {
	if in.held += head.Size; head.Size > maxSmall || in.held > maxSmalls {
		return nil, fmt.Errorf("%w: %.100q is too large", ErrDamaged, head.Name)
	}
	text, err := io.ReadAll(in.tar)
	sum := sha256.Sum256(text)
	in.files = append(in.files, File{head.Name, int64(len(text)), hex.EncodeToString(sum[:])})
	return text, err
}

// put writes a file of the record.
func (in *reading) put(head *tar.Header, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, sum), in.tar)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	in.files = append(in.files, File{head.Name, n, hex.EncodeToString(sum.Sum(nil))})
	return os.Chtimes(to, head.ModTime, head.ModTime)
}

// validName reports whether a name is one that Write gives: below the bundle,
// on any system, and not hidden.
func validName(name string) bool {
	if name != path.Clean(name) || path.IsAbs(name) || !filepath.IsLocal(filepath.FromSlash(name)) || strings.ContainsAny(name, "\\:\x00") {
		return false
	}
	if slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool { return strings.HasPrefix(part, ".") }) {
		return false
	}
	first, rest, below := strings.Cut(name, "/")
	if first == "record" {
		folder, _, inside := strings.Cut(rest, "/")
		return rest == "owner.json" || inside && slices.Contains([]string{"runs", "statements", "lake"}, folder)
	}
	return name == headerName || below && (first == "config" || first == "key")
}

// compare wants what was read to be what the manifest names.
func compare(want, got []File) error {
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(got):
			return fmt.Errorf("%w: %.100q is missing", ErrDamaged, want[i].Name)
		case i >= len(want):
			return fmt.Errorf("%w: its manifest does not name %.100q", ErrDamaged, got[i].Name)
		case want[i] != got[i]:
			return fmt.Errorf("%w: %.100q is not what was backed up", ErrDamaged, got[i].Name)
		}
	}
	return nil
}

// syncDirs makes what was put below a directory durable.
func syncDirs(root string) error {
	return filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return durable.SyncDir(name)
	})
}
