package configs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"github.com/zalando/go-keyring"

	"fanlake/configs/secret"
)

// A Reference says where a secret is kept:
//
//	env:NAME              an environment variable
//	file:PATH             a file that only its owner may read
//	credential:NAME       a file in $CREDENTIALS_DIRECTORY, as systemd lays it out
//	keyring:SERVICE/USER  the keyring of the operating system
//
// A trailing line break is not part of the secret. The zero Reference refers
// to nothing.
type Reference struct {
	kind string
	name string // variable, absolute path, credential, or service/user
	text string // as written
}

// Forms lists the forms of a reference, for messages and help.
const Forms = "env:NAME, file:PATH, credential:NAME or keyring:SERVICE/USER"

// maxSecret bounds a secret's size in bytes.
const maxSecret = 4096

var (
	envName        = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,99}$`)
	credentialName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$`)
	keyringName    = regexp.MustCompile(`^[^/\s]{1,100}/\S{1,100}$`)
)

// errNotReference is all that is said of a text that is no reference, because
// it may be the secret itself.
var errNotReference = errors.New("not a reference")

// ParseReference reads a reference; dir is what relative paths are relative to.
// The error does not show the text.
func ParseReference(text, dir string) (Reference, error) {
	kind, name, ok := strings.Cut(text, ":")
	if !ok {
		return Reference{}, errNotReference
	}
	ref := Reference{kind: kind, name: name, text: text}
	switch kind {
	case "env":
		ok = envName.MatchString(name)
	case "credential":
		ok = credentialName.MatchString(name)
	case "keyring":
		ok = keyringName.MatchString(name)
	case "file":
		ok = name != ""
		if !filepath.IsAbs(name) {
			ref.name = filepath.Join(dir, name)
		}
	default:
		ok = false
	}
	if !ok {
		return Reference{}, errNotReference
	}
	return ref, nil
}

// IsZero reports whether r refers to nothing.
func (r Reference) IsZero() bool { return r.kind == "" }

// String returns the reference as written; it is not secret.
func (r Reference) String() string { return r.text }

// Path returns the absolute path of a file: reference, else "".
func (r Reference) Path() string {
	if r.kind != "file" {
		return ""
	}
	return r.name
}

// Read reads the secret. Errors name the reference and the next step, never
// the secret. A missing file or entry of the keyring is fs.ErrNotExist.
func (r Reference) Read() (secret.Value, error) {
	text, err := r.read()
	if err != nil {
		return secret.Value{}, fmt.Errorf("%s: %w", r.text, err)
	}
	text = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
	switch {
	case text == "":
		return secret.Value{}, fmt.Errorf("%s: is empty; put the secret there", r.text)
	case len(text) > maxSecret:
		return secret.Value{}, fmt.Errorf("%s: is longer than %d bytes; this is not a key", r.text, maxSecret)
	}
	return secret.New(text), nil
}

func (r Reference) read() (string, error) {
	switch r.kind {
	case "env":
		text, ok := os.LookupEnv(r.name)
		if !ok {
			return "", fmt.Errorf("the environment variable is not set; set it for this process, or use one of %s", Forms)
		}
		return text, nil
	case "file":
		return readFile(r.name, runtime.GOOS != "windows")
	case "credential":
		dir := os.Getenv("CREDENTIALS_DIRECTORY")
		if dir == "" {
			return "", errors.New("CREDENTIALS_DIRECTORY is not set; run as a systemd service with LoadCredential=, or use a file: reference")
		}
		// systemd owns the directory and its modes.
		return readFile(filepath.Join(dir, r.name), false)
	case "keyring":
		service, user := r.keyring()
		text, err := keyring.Get(service, user)
		if errors.Is(err, keyring.ErrNotFound) {
			return "", noEntry{}
		}
		if err != nil {
			return "", fmt.Errorf("the keyring did not answer: %w; without a desktop session use a file: or credential: reference", err)
		}
		return text, nil
	}
	return "", errors.New("no reference is set")
}

// noEntry is the fs.ErrNotExist of a keyring.
type noEntry struct{}

func (noEntry) Error() string {
	return "the keyring has no such entry; add it with the keyring's own tool under this service and user"
}
func (noEntry) Is(target error) bool { return target == fs.ErrNotExist }

func (r Reference) keyring() (service, user string) {
	service, user, _ = strings.Cut(r.name, "/")
	return service, user
}

func readFile(path string, private bool) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if info.IsDir() {
		return "", fmt.Errorf("%s is a directory; name the file in it", path)
	}
	if mode := info.Mode().Perm(); private && mode&0o077 != 0 {
		return "", fmt.Errorf("%s has mode %04o, others may read it; run: chmod 600 %s", path, mode, path)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxSecret+2))
	return string(data), err
}

// Key reads the account's API key and checks its form: 8 to 512 printable
// ASCII characters without a space. Errors name account and reference.
func (a Account) Key() (secret.Value, error) {
	v, err := a.APIKey.Read()
	if errors.Is(err, fs.ErrNotExist) {
		return secret.Value{}, fmt.Errorf("account %s: api_key: %w; put the key alone there, as it was issued, with mode 0600", a.Name, err)
	}
	if err != nil {
		return secret.Value{}, fmt.Errorf("account %s: api_key: %w", a.Name, err)
	}
	if problem := keyProblem(v.Reveal()); problem != "" {
		return secret.Value{}, fmt.Errorf("account %s: api_key: %s: %s; put the key alone there, as it was issued", a.Name, a.APIKey, problem)
	}
	return v, nil
}

func keyProblem(key string) string {
	if len(key) < 8 || len(key) > 512 {
		return fmt.Sprintf("has %d characters, a key has 8 to 512", len(key))
	}
	if first := key[0]; (first == '"' || first == '\'') && key[len(key)-1] == first {
		return "stands in quotes"
	}
	for i := range len(key) {
		switch c := key[i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			return "holds a space or a line break"
		case c < '!' || c > '~':
			return "holds a character that is not printable ASCII"
		}
	}
	return ""
}
