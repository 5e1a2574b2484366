package configs_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"

	"fanlake/configs"
)

const issued = "fv-0123456789abcdef"

func account(t *testing.T, reference, dir string) configs.Account {
	t.Helper()
	ref, err := configs.ParseReference(reference, dir)
	if err != nil {
		t.Fatalf("%s: %v", reference, err)
	}
	return configs.Account{Name: "main", APIKey: ref, SecretKey: ref}
}

func TestReferencesFindTheKey(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"plain": issued, "line": issued + "\n", "dos": issued + "\r\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("A_KEY", issued)
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	keyring.MockInit() // the library's own stand-in for the system's keyring
	if err := keyring.Set("fanlake", "main", issued); err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{"env:A_KEY", "file:plain", "file:line", "file:dos", "file:" + filepath.Join(dir, "plain"), "credential:line", "keyring:fanlake/main"} {
		v, err := account(t, ref, dir).Key()
		if err != nil || v.Reveal() != issued {
			t.Errorf("%s: %v, %v", ref, v.Reveal() == issued, err)
		}
	}
}

func TestReferenceErrorsSayWhatToDo(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string, mode fs.FileMode) {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path, []byte(text), mode), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
	}
	put("world", issued, 0o644)
	put("group", issued, 0o640)
	put("empty", "\n", 0o600)
	put("two", issued+"\n"+issued+"\n", 0o600)
	put("space", issued+" ", 0o600)
	put("quoted", "'"+issued+"'", 0o600)
	put("umlaut", issued+"ü", 0o600)
	put("short", issued[:7], 0o600)
	put("long", strings.Repeat("x", 513), 0o600)
	put("huge", strings.Repeat("x", 5000), 0o600)
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	t.Setenv("EMPTY", "")
	keyring.MockInit()
	for ref, want := range map[string]string{
		"env:FANLAKE_TEST_UNSET": "not set; set it",
		"env:EMPTY":              "is empty; put",
		"file:none":              "no such file",
		"file:.":                 "is a directory",
		"file:world":             "has mode 0644, others may read it; run: chmod 600 ",
		"file:group":             "has mode 0640",
		"file:empty":             "is empty",
		"file:two":               "holds a space or a line break; put the key alone there",
		"file:space":             "holds a space",
		"file:quoted":            "stands in quotes",
		"file:umlaut":            "not printable ASCII",
		"file:short":             "has 7 characters, a key has 8 to 512",
		"file:long":              "has 513 characters",
		"file:huge":              "longer than 4096 bytes",
		"credential:a":           "CREDENTIALS_DIRECTORY is not set; run as a systemd service",
		"keyring:fanlake/nobody": "no such entry; add it",
	} {
		_, err := account(t, ref, dir).Key()
		if err == nil {
			t.Errorf("%s: accepted", ref)
			continue
		}
		for _, part := range []string{"account main: api_key: " + ref + ": ", want} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q lacks %q", ref, err, part)
			}
		}
		if strings.Contains(err.Error(), issued[:7]) {
			t.Errorf("%s: the key came out: %v", ref, err)
		}
	}
	keyring.MockInitWithError(errors.New("no bus"))
	if _, err := account(t, "keyring:a/b", dir).Key(); err == nil || !strings.Contains(err.Error(), "use a file: or credential:") {
		t.Errorf("a keyring that does not answer: %v", err)
	}
}

func TestKeyStore(t *testing.T) {
	dir := t.TempDir()
	keyring.MockInit()
	path := filepath.Join(dir, "fanlake", "main.key")
	for _, ref := range []string{"file:fanlake/main.key", "keyring:fanlake/pseudonyms"} {
		store := account(t, ref, dir).KeyStore()
		if _, err := store.Read(); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), ref) {
			t.Errorf("%s: reading a missing key: %v", ref, err)
		}
		if err := store.Create("first"); err != nil {
			t.Errorf("%s: %v", ref, err)
		}
		if err := store.Create("second"); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), ref) {
			t.Errorf("%s: a second key over the first: %v", ref, err)
		}
		if text, err := store.Read(); err != nil || string(text) != "first" {
			t.Errorf("%s: %q, %v; want the first key", ref, text, err)
		}
	}
	for p, want := range map[string]fs.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		if info, err := os.Stat(p); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v; want mode %v", p, info.Mode().Perm(), err, want)
		}
	}
	if err := account(t, "env:FANLAKE_TEST_UNSET", dir).KeyStore().Create("x"); err == nil || !strings.Contains(err.Error(), "openssl rand") {
		t.Errorf("a key in the environment: %v", err)
	}
}
