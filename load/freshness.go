package load

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fanlake/load/query"
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
func ReadFreshness(ctx context.Context, path string) ([]Freshness, error) {
	return readPublished(ctx, path, "freshness", func(row []any) (f Freshness) {
		f.CreatorID, _ = row[0].(string)
		f.Handle, _ = row[1].(string)
		f.CompleteTo, _ = row[2].(time.Time)
		f.Gaps, _ = row[3].(int64)
		f.Checks, _ = row[4].(string)
		f.RemovedAt, _ = row[5].(time.Time)
		return f
	})
}

// A Reach is how far one stream of a creator is complete in what is published.
type Reach struct {
	Stream     string
	CreatorID  string    // empty of what is the account's
	CompleteTo time.Time // UTC, by the server: end of the newest covered window, or start of the newest complete walk
}

// ReadReach asks a published warehouse how far each stream is complete, of the
// creators that are on the key's list.
func ReadReach(ctx context.Context, path string) ([]Reach, error) {
	return readPublished(ctx, path, "reach", func(row []any) (r Reach) {
		r.Stream, _ = row[0].(string)
		r.CreatorID, _ = row[1].(string)
		r.CompleteTo, _ = row[2].(time.Time)
		return r
	})
}

// readPublished runs a statement of sql/plan on what is published and returns
// what its rows are, NULL being nil.
func readPublished[T any](ctx context.Context, path, name string, of func(row []any) T) (list []T, err error) {
	text, err := planSQL(name)
	if err != nil {
		return nil, err
	}
	rows, err := Query(ctx, path, text, nil, query.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for {
		row, err := rows.Next()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if row == nil {
			return list, nil
		}
		list = append(list, of(row))
	}
}
