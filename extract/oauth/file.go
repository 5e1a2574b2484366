package oauth

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"fanlake/configs/secret"
)

// A grant is a pair of tokens. Its instants are the server's.
type grant struct {
	access, refresh secret.Value
	scope           string    // separated by spaces; empty: unknown
	obtainedAt      time.Time // zero: unknown
	expiresAt       time.Time // end of access, exclusive; zero: unknown, so that access is never used
}

// valid reports whether the access token is not at its end.
func (g *grant) valid(now time.Time) bool { return !g.access.IsZero() && now.Before(g.expiresAt) }

// fresh reports whether the access token is far enough from its end that a
// refresh can wait.
func (g *grant) fresh(now time.Time, lead time.Duration) bool {
	if life := g.expiresAt.Sub(g.obtainedAt); !g.obtainedAt.IsZero() && life > 0 {
		lead = min(lead, life/5)
	}
	return g.valid(now.Add(lead))
}

// A tokenFile is the home of a refresh chain.
type tokenFile struct{ path string }

// record is the form of the token file. Other members are ignored, and gone
// after the first refresh.
type record struct {
	Access     string    `json:"access_token"`
	Refresh    string    `json:"refresh_token"`
	ExpiresAt  time.Time `json:"expires_at,omitzero"`
	Scope      string    `json:"scope,omitzero"`
	ObtainedAt time.Time `json:"obtained_at,omitzero"`
}

const (
	maxFile  = 64 << 10 // bytes of a token file
	maxToken = 8 << 10  // bytes of a token: a grant of the longest ones, escaped, fits maxFile
	maxScope = 4 << 10
)

// howTo ends the errors that only the owner can mend.
const howTo = `authorise again with the owner's own application and put the new pair into the token file, as {"access_token": "…", "refresh_token": "…"} with mode 0600`

func missing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w; %s", ErrTokenFile, err, `put the tokens of the owner's own application there, as {"access_token": "…", "refresh_token": "…"} with mode 0600`)
	}
	return fmt.Errorf("%w: %w", ErrTokenFile, err)
}

// read reads the tokens. What it says of a file that cannot be used shows
// nothing of the content.
func (f tokenFile) read() (grant, error) {
	info, err := os.Stat(f.path)
	if err != nil {
		return grant{}, missing(err)
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait
		return grant{}, fmt.Errorf("%w: %s is no regular file", ErrTokenFile, f.path)
	}
	file, err := os.Open(f.path)
	if err != nil {
		return grant{}, missing(err)
	}
	defer file.Close()
	if info, err = file.Stat(); err != nil {
		return grant{}, missing(err)
	}
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&0o077 != 0 {
		return grant{}, fmt.Errorf("%w: %s has mode %04o, others may use it; run: chmod 600 %s", ErrTokenFile, f.path, mode, f.path)
	}
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return grant{}, missing(err)
	}
	g, err := parseFile(text)
	if err != nil {
		return grant{}, fmt.Errorf("%w: %s: %w; %s", ErrTokenFile, f.path, err, howTo)
	}
	return g, nil
}

func parseFile(text []byte) (grant, error) {
	var r record
	if len(text) > maxFile {
		return grant{}, fmt.Errorf("is larger than %d bytes", maxFile)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return grant{}, notJSON(err)
	}
	switch {
	case r.Refresh == "":
		return grant{}, errors.New("has no refresh_token")
	case !isToken(r.Refresh), r.Access != "" && !isToken(r.Access):
		return grant{}, errors.New("holds a token with characters that no token has, or a too long one")
	case len(r.Scope) > maxScope:
		return grant{}, errors.New("has a scope that is too long")
	}
	return grant{access: secret.New(r.Access), refresh: secret.New(r.Refresh), scope: r.Scope, obtainedAt: r.ObtainedAt.UTC(), expiresAt: r.ExpiresAt.UTC()}, nil
}

// notJSON says where JSON cannot be read. The parser's own words are left out,
// because they show values.
func notJSON(err error) error {
	var syntactic *jsontext.SyntacticError
	var semantic *json.SemanticError
	switch {
	case errors.As(err, &syntactic):
		return fmt.Errorf("is no JSON object (byte %d)", syntactic.ByteOffset)
	case errors.As(err, &semantic):
		return fmt.Errorf("has a member of another type than expected (byte %d)", semantic.ByteOffset)
	}
	return errors.New("is no JSON object")
}

// isToken reports whether s can be a token and stand in a header.
func isToken(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= maxToken
}

// encode returns what read reads.
func (g *grant) encode() ([]byte, error) {
	return json.Marshal(record{g.access.Reveal(), g.refresh.Reveal(), g.expiresAt.UTC(), g.scope, g.obtainedAt.UTC()}, jsontext.WithIndent("  "))
}

// A replacement is the next content of a token file, on the disk beside it. It
// belongs to the holder of the lock.
type replacement struct {
	file *os.File
	path string // of the token file
}

// reserve makes room for the next pair, so that a full or read-only disk is
// known before a refresh token is spent.
func (f tokenFile) reserve() (*replacement, error) {
	name := f.path + ".new"
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a process that died
		return nil, missing(err)
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, missing(err)
	}
	r := &replacement{file, f.path}
	if _, err = file.Write(bytes.Repeat([]byte{'\n'}, maxFile)); err == nil {
		err = file.Sync()
	}
	if err != nil {
		return nil, missing(errors.Join(err, r.drop()))
	}
	return r, nil
}

// drop gives the room back.
func (r *replacement) drop() error {
	return errors.Join(r.file.Close(), os.Remove(r.file.Name()))
}

// commit puts g in the place of the token file: synced before and after, whole
// or not at all.
func (r *replacement) commit(g *grant) error {
	text, err := g.encode()
	if err == nil {
		_, err = r.file.WriteAt(append(text, '\n'), 0)
	}
	if err == nil {
		err = r.file.Truncate(int64(len(text) + 1))
	}
	if err == nil {
		err = r.file.Sync()
	}
	if err != nil {
		return missing(errors.Join(err, r.drop()))
	}
	if err = r.file.Close(); err == nil {
		err = os.Rename(r.file.Name(), r.path)
	}
	if err != nil {
		return missing(errors.Join(err, os.Remove(r.file.Name())))
	}
	if err := syncDir(filepath.Dir(r.path)); err != nil {
		return missing(err)
	}
	return nil
}

// syncDir makes a rename durable.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" { // where directories cannot be synced
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
