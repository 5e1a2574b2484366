package notify

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gofrs/flock"
)

// A memory is what is remembered between messages. Instants are UTC.
type memory struct {
	Channels map[string]Health        `json:"channels"`
	Told     map[string]toldCondition `json:"told"`
}

// Health is how a channel does.
type Health struct {
	SentAt       time.Time `json:"sent_at,omitzero"`       // last message that arrived
	FailingSince time.Time `json:"failing_since,omitzero"` // first of those that did not since
	Failures     int       `json:"failures,omitempty"`
	Error        string    `json:"error,omitempty"` // of the last one
	Reported     bool      `json:"reported,omitempty"`
}

type toldCondition struct {
	Hash string    `json:"hash"`
	At   time.Time `json:"at"`
}

// ReadHealth returns how the channels do, by name, as far as the state file
// knows. Without one nothing is known.
func ReadHealth(path string) map[string]Health { return read(path).Channels }

// read reads the state file. One that is missing or damaged is an empty one:
// something is told twice then, and nothing lost.
func read(path string) *memory {
	s := &memory{}
	if text, err := os.ReadFile(path); err != nil || json.Unmarshal(text, s) != nil {
		s = &memory{}
	}
	if s.Channels == nil {
		s.Channels = map[string]Health{}
	}
	if s.Told == nil {
		s.Told = map[string]toldCondition{}
	}
	return s
}

// update changes the state file under a lock, whole or not at all.
func update(path string, change func(*memory)) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("state of notifications: %w", err)
		}
	}()
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	lock := flock.New(path+".lock", flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	if err := lock.Lock(); err != nil { // held for the time of a small file's writing
		return err
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	s := read(path)
	change(s)
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".notify-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

func (s *memory) names() []string { return slices.Sorted(maps.Keys(s.Channels)) }

// note remembers how a message went.
func (s *memory) note(c Channel, m Message, err error, now time.Time) {
	h := s.Channels[c.Name]
	if err == nil {
		h = Health{SentAt: now}
		if slices.Contains(lasting, m.Event) {
			s.Told[conditionKey(c.Name, m.Account, m.Event)] = toldCondition{m.hash(), now}
		}
	} else {
		if h.Failures == 0 {
			h.FailingSince = now
		}
		h.Failures++
		h.Error = err.Error()
	}
	s.Channels[c.Name] = h
}

// reported notes that somebody was told that a channel fails.
func (s *memory) reported(name string) {
	if h := s.Channels[name]; h.Failures > 0 {
		h.Reported = true
		s.Channels[name] = h
	}
}
