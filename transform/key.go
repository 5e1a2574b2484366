package transform

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"log/slog"
)

const keySize = 32

// fanIDLength is how many characters of base32 a pseudonym has: 130 bits.
const fanIDLength = 26

// A Key turns the platform's uuid of a fan into a pseudonym. It belongs to one
// account and never changes: another key gives every fan another name.
//
// A Key does not print itself. The zero Key names nobody.
type Key struct{ reveal func() [keySize]byte }

// NewKey returns a random key.
func NewKey() Key {
	var b [keySize]byte
	rand.Read(b[:]) // never fails, see crypto/rand
	return keyOf(b)
}

// ParseKey reads the 64 hexadecimal digits that [Key.Reveal] writes; white
// space around them is allowed.
func ParseKey(text []byte) (Key, error) {
	var b [keySize]byte
	trimmed := trimSpace(text)
	if len(trimmed) != hex.EncodedLen(keySize) {
		return Key{}, fmt.Errorf("pseudonym key: %d characters, want %d hexadecimal digits", len(trimmed), hex.EncodedLen(keySize))
	}
	if _, err := hex.Decode(b[:], trimmed); err != nil {
		return Key{}, errors.New("pseudonym key: a character is no hexadecimal digit")
	}
	return keyOf(b), nil
}

func keyOf(b [keySize]byte) Key {
	return Key{reveal: func() [keySize]byte { return b }}
}

func trimSpace(b []byte) []byte {
	space := func(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
	for len(b) > 0 && space(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && space(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

// IsZero reports whether k is no key at all.
func (k Key) IsZero() bool { return k.reveal == nil }

// Reveal returns the key as text, for the file it is kept in and nothing else.
func (k Key) Reveal() string {
	if k.IsZero() {
		return ""
	}
	b := k.reveal()
	return hex.EncodeToString(b[:])
}

// Fingerprint names the key without revealing it: 16 hexadecimal digits.
func (k Key) Fingerprint() string {
	if k.IsZero() {
		return ""
	}
	b := k.reveal()
	sum := sha256.Sum256(append([]byte("fanlake pseudonym key 1\x00"), b[:]...))
	return hex.EncodeToString(sum[:])[:16]
}

// Name returns a name for a text that nobody can find out, or compare with a
// guess, without k: 16 hexadecimal digits. Texts of different kinds have
// different names.
func (k Key) Name(kind, text string) string {
	if k.IsZero() {
		return ""
	}
	mac := k.mac()
	mac.Write([]byte("fanlake name 1\x00" + kind + "\x00" + text))
	return hex.EncodeToString(mac.Sum(nil))[:16]
}

// FanID returns the pseudonym of a fan: the first 26 characters of the base32
// form of HMAC-SHA-256 over the 16 bytes of the uuid.
func (k Key) FanID(uuid string) (string, error) {
	if k.IsZero() {
		return "", errors.New("fan id: no pseudonym key")
	}
	id, ok := parseUUID([]byte(uuid))
	if !ok {
		return "", errors.New("fan id: not a uuid")
	}
	return fanID(k.mac(), id), nil
}

func (k Key) mac() hash.Hash {
	b := k.reveal()
	return hmac.New(sha256.New, b[:])
}

func fanID(mac hash.Hash, id [16]byte) string {
	var sum [sha256.Size]byte
	var text [52]byte // base32 of 32 bytes without padding
	mac.Reset()
	mac.Write(id[:])
	base32.StdEncoding.WithPadding(base32.NoPadding).Encode(text[:], mac.Sum(sum[:0]))
	return string(text[:fanIDLength])
}

const redacted = "[redacted]"

func (Key) String() string               { return redacted }
func (Key) GoString() string             { return redacted }
func (Key) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (Key) MarshalText() ([]byte, error) { return []byte(redacted), nil }
