package configs

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"fanlake/configs/secret"
)

// keySize is the size of the key of the pseudonyms in bytes.
const keySize = 32

// PseudonymKey reads the key of the account's pseudonyms. Revealed it is 32
// bytes, kept as 64 hexadecimal digits. An error is fs.ErrNotExist if the key
// was never made; see [CreatePseudonymKey].
func (a Account) PseudonymKey() (secret.Value, error) {
	v, err := a.SecretKey.Read()
	if errors.Is(err, fs.ErrNotExist) {
		return secret.Value{}, fmt.Errorf("account %s: the key of the pseudonyms is missing: %w; restore it from its backup: without it the fans of this data have other names", a.Name, err)
	}
	if err != nil {
		return secret.Value{}, fmt.Errorf("account %s: secret_key: %w", a.Name, err)
	}
	raw, err := hex.DecodeString(v.Reveal())
	if err != nil || len(raw) != keySize {
		return secret.Value{}, fmt.Errorf("account %s: secret_key: %s: want %d hexadecimal digits; restore the key from its backup", a.Name, a.SecretKey, 2*keySize)
	}
	return secret.New(string(raw)), nil
}

// CreatePseudonymKey makes a new random key in the file at path, mode 0600,
// with its directory at 0700. An existing file stays as it is and gives
// fs.ErrExist: overwriting it would cut all data from its names.
func CreatePseudonymKey(path string) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("key of the pseudonyms: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("key of the pseudonyms: %w", err)
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			_ = os.Remove(path)
		}
	}()
	raw := make([]byte, keySize)
	if _, err := rand.Read(raw); err != nil {
		return fmt.Errorf("key of the pseudonyms: %w", err)
	}
	if _, err := f.WriteString(hex.EncodeToString(raw) + "\n"); err != nil {
		return fmt.Errorf("key of the pseudonyms: %w", err)
	}
	return f.Sync()
}
