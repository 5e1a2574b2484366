package pipeline

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"fanlake/load/runs"
	"fanlake/transform"
)

// keyID names the API key that requests carry, without revealing it: it cannot
// be tried out without the pseudonym key, which lies elsewhere. It is empty
// where the credential is renewed by itself.
func (a Account) keyID(ctx context.Context, key transform.Key) (string, error) {
	if a.Renew != nil || key.IsZero() {
		return "", nil
	}
	h := http.Header{}
	if err := a.Credential.Apply(ctx, h); err != nil {
		return "", err
	}
	return key.Name("api key", cmp.Or(h.Get("X-Fanvue-API-Key"), h.Get("Authorization"))), nil
}

// knowKey notes in the record which key the run has, and since when.
func (s *session) knowKey(ctx context.Context) error {
	id, err := s.keyID(ctx, s.key)
	if err != nil || id == "" {
		return nil // the first request says what is wrong with it
	}
	records, err := runs.Read(s.Dir)
	if err != nil {
		return err
	}
	s.result.KeyID, s.result.KeySince = id, keySince(records, id, s.result.StartedAt)
	return nil
}

// keySince is when the key was first used: what the newest run that had it says,
// as the records before it may be removed.
func keySince(records []runs.Run, id string, now time.Time) time.Time {
	for _, r := range slices.Backward(records) {
		if r.KeyID == id && !r.KeySince.IsZero() {
			return r.KeySince
		}
	}
	return now
}
