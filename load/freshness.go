package load

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"fanlake/load/query"
	sqlfiles "fanlake/sql"
)

// A Freshness is how complete the published data of a creator are.
type Freshness struct {
	CreatorID  string    `json:"creator_id"`
	Handle     string    `json:"handle"`
	CompleteTo time.Time `json:"complete_to,omitzero"` // earnings, UTC; zero if nothing is complete
	Gaps       int64     `json:"gaps"`                 // windows missing before that
	Checks     string    `json:"checks,omitempty"`     // checks with findings
	RemovedAt  time.Time `json:"removed_at,omitzero"`  // no longer on the key's list
}

// ReadFreshness asks a published warehouse how complete each creator is.
func ReadFreshness(ctx context.Context, path string) (list []Freshness, err error) {
	text, err := fs.ReadFile(sqlfiles.FS, "plan/freshness.sql")
	if err != nil {
		return nil, err
	}
	rows, err := Query(ctx, path, string(text), nil, query.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for {
		v, err := rows.Next()
		if err != nil {
			return nil, fmt.Errorf("freshness: %w", err)
		}
		if v == nil {
			return list, nil
		}
		var f Freshness
		f.CreatorID, _ = v[0].(string)
		f.Handle, _ = v[1].(string)
		f.CompleteTo, _ = v[2].(time.Time)
		f.Gaps, _ = v[3].(int64)
		f.Checks, _ = v[4].(string)
		f.RemovedAt, _ = v[5].(time.Time)
		list = append(list, f)
	}
}

// A Reach is how far one stream of a creator is complete in what is published.
type Reach struct {
	Stream     string
	CreatorID  string    // empty of what is the account's
	CompleteTo time.Time // UTC, by the server: end of the newest covered window, or start of the newest complete walk
}

// ReadReach asks a published warehouse how far each stream is complete, of the
// creators that are on the key's list.
func ReadReach(ctx context.Context, path string) (list []Reach, err error) {
	text, err := fs.ReadFile(sqlfiles.FS, "plan/reach.sql")
	if err != nil {
		return nil, err
	}
	rows, err := Query(ctx, path, string(text), nil, query.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for {
		v, err := rows.Next()
		if err != nil {
			return nil, fmt.Errorf("reach: %w", err)
		}
		if v == nil {
			return list, nil
		}
		var r Reach
		r.Stream, _ = v[0].(string)
		r.CreatorID, _ = v[1].(string)
		r.CompleteTo, _ = v[2].(time.Time)
		list = append(list, r)
	}
}
