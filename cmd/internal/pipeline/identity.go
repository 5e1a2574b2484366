package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"fanlake/extract"
	"fanlake/load/durable"
	"fanlake/transform"
)

// Errors that refuse an account. Their texts name the next step.
var (
	ErrOwner = errors.New("the key belongs to another owner")
	ErrKey   = errors.New("the pseudonym key is not the one this data was written with")
)

// An owner is whose data a directory holds: the first owner it saw. It is kept
// in owner.json and never changes.
type owner struct {
	UUID           string    `json:"owner"`
	Handle         string    `json:"handle"`
	Account        string    `json:"account"`
	KeyFingerprint string    `json:"key_fingerprint"`
	Since          time.Time `json:"since"`
}

// identity is what /users/me says of the key's owner.
type identity struct {
	UUID       string    `json:"uuid"`
	Handle     string    `json:"handle"`
	IsCreator  bool      `json:"isCreator"`
	CreatedAt  time.Time `json:"createdAt"`
	serverTime time.Time
	page       []byte
}

// whoami asks whose key it is. It is the first request of every run.
func whoami(ctx context.Context, c *extract.Client) (identity, error) {
	var me identity
	a, err := c.Get(ctx, "/users/me", nil, func(body []byte) error {
		me = identity{}
		if err := json.Unmarshal(body, &me); err != nil {
			return fmt.Errorf("not the JSON of a user: %w", err)
		}
		if me.UUID == "" {
			return errors.New("no uuid in the answer")
		}
		return nil
	})
	me.serverTime, me.page = a.ServerTime, a.Body
	return me, err
}

// OwnerName is the handle of the account's owner, or the uuid of one without;
// empty of an account that was never synced.
func (a Account) OwnerName() (string, error) {
	o, err := a.readOwner()
	return cmp.Or(o.Handle, o.UUID), err
}

// readOwner returns the zero owner if the directory has none yet. One that
// holds runs had one: it is nobody's to take over.
func (a Account) readOwner() (owner, error) {
	text, err := os.ReadFile(a.ownerFile())
	if errors.Is(err, os.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(a.Dir, "runs")); err == nil {
			return owner{}, fmt.Errorf("%s is missing, but there is data beside it; restore it from a backup, every part in the lake names the owner", a.ownerFile())
		}
		return owner{}, nil
	}
	var o owner
	if err == nil {
		err = json.Unmarshal(text, &o)
	}
	if err == nil && (o.UUID == "" || o.KeyFingerprint == "") {
		err = errors.New("it names no owner or no key")
	}
	if err != nil {
		return owner{}, fmt.Errorf("%s: %w; restore it from a backup, every part in the lake names the owner", a.ownerFile(), err)
	}
	return o, nil
}

// checkOwner refuses the key of another owner.
func (a Account) checkOwner(o owner, me identity) error {
	if o.UUID == "" || o.UUID == me.UUID {
		return nil
	}
	return fmt.Errorf("%w: %s holds the data of %s, the key of account %q belongs to %s; "+
		"use that owner's key, or another account name for this one", ErrOwner, a.Dir, o.UUID, a.Name, me.UUID)
}

// A KeyStore is where the pseudonym key of an account is kept, outside the data
// directory, so that data and key are not copied together.
type KeyStore interface {
	Read() (text []byte, err error) // fs.ErrNotExist if there is none
	Create(text string) error       // where the store takes one
	String() string                 // where it is, for people
}

// pseudonymKey reads the key that makes fans pseudonyms. A directory without an
// owner may get a new one; any other needs the key its data was written with.
func (a Account) pseudonymKey(o owner) (key transform.Key, created bool, err error) {
	key, err = a.existingKey(o)
	if err != nil || !key.IsZero() {
		return key, false, err
	}
	key = transform.NewKey()
	err = a.Key.Create(key.Reveal())
	return key, err == nil, err
}

// existingKey returns the zero key where there is none yet and none is needed.
func (a Account) existingKey(o owner) (transform.Key, error) {
	text, err := a.Key.Read()
	switch {
	case errors.Is(err, fs.ErrNotExist) && o.UUID == "":
		return transform.Key{}, nil
	case errors.Is(err, fs.ErrNotExist):
		return transform.Key{}, fmt.Errorf("%w: %s is missing; restore it from its backup (fingerprint %s), "+
			"without it fans would get new pseudonyms", ErrKey, a.Key, o.KeyFingerprint)
	case err != nil:
		return transform.Key{}, fmt.Errorf("%w: %w", ErrKey, err)
	}
	key, err := transform.ParseKey(text)
	if err != nil {
		return key, fmt.Errorf("%w: %s: %w; restore it from its backup", ErrKey, a.Key, err)
	}
	if o.KeyFingerprint != "" && o.KeyFingerprint != key.Fingerprint() {
		return key, fmt.Errorf("%w: %s has fingerprint %s, the data in %s was written with %s; restore that key from its backup",
			ErrKey, a.Key, key.Fingerprint(), a.Dir, o.KeyFingerprint)
	}
	return key, nil
}

// writeOwner makes the directory the owner's.
func (a Account) writeOwner(me identity, key transform.Key) (owner, error) {
	o := owner{UUID: me.UUID, Handle: me.Handle, Account: a.Name, KeyFingerprint: key.Fingerprint(), Since: me.serverTime}
	text, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		return o, err
	}
	if err := os.MkdirAll(filepath.Dir(a.ownerFile()), 0o700); err != nil {
		return o, err
	}
	return o, durable.Write(a.ownerFile(), append(text, '\n'))
}
