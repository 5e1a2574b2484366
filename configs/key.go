package configs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/zalando/go-keyring"
)

// A KeyStore is where the key of an account's pseudonyms is kept: what
// secret_key refers to. It knows nothing of the key's form.
type KeyStore struct{ ref Reference }

// KeyStore returns the store of the account's pseudonym key.
func (a Account) KeyStore() KeyStore { return KeyStore{a.SecretKey} }

// String says where the key is, for people.
func (s KeyStore) String() string { return s.ref.String() }

// Read returns the key's text. The error is fs.ErrNotExist if the file or the
// entry of the keyring does not exist.
func (s KeyStore) Read() ([]byte, error) {
	v, err := s.ref.Read()
	if err != nil {
		return nil, err
	}
	return []byte(v.Reveal()), nil
}

// Create keeps a new key: in a file of mode 0600 in a directory of mode 0700,
// or in the keyring. One that is there already stays and gives fs.ErrExist,
// because overwriting it would cut all data from its names.
func (s KeyStore) Create(text string) error {
	var err error
	switch s.ref.kind {
	case "file":
		err = createFile(s.ref.name, text)
	case "keyring":
		if _, err = s.ref.Read(); err == nil {
			err = fs.ErrExist
		} else if errors.Is(err, fs.ErrNotExist) {
			service, user := s.ref.keyring()
			err = keyring.Set(service, user, text)
		}
	default:
		err = errors.New("the key is not there and cannot be put there from here; make one with `openssl rand -hex 32` and keep it there")
	}
	if err != nil {
		return fmt.Errorf("key of the pseudonyms: %s: %w", s.ref, err)
	}
	return nil
}

func createFile(path, text string) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(path)
		}
	}()
	_, err = f.WriteString(text + "\n")
	return errors.Join(err, f.Sync(), f.Close())
}
