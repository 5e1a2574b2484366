package load

import (
	"context"
	"errors"
	"testing"
)

// endsAt is a context that ends when somebody looks at it for the nth time.
type endsAt struct {
	context.Context
	left int
}

func (c *endsAt) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// A query of the planner that is given up, at whatever moment, leaves nothing
// that keeps the warehouse from being closed and published.
func TestAPlanThatIsGivenUp(t *testing.T) {
	t.Parallel()
	l := newLake(t)
	w := l.open()
	l.night(w, 1)
	ask := map[string]func(context.Context) error{
		"lines": func(ctx context.Context) error {
			_, err := w.Creators(ctx)
			return err
		},
		"parents": func(ctx context.Context) error {
			_, err := w.ParentsToRead(ctx, Parents{Stream: "post_comments", Creator: "c", Table: "posts", Key: "post_id", Count: "comments_count"})
			return err
		},
		"people": func(ctx context.Context) error {
			_, err := w.fanUUIDs(ctx, []string{"f"})
			return err
		},
	}
	for name, ask := range ask {
		for n := 0; ; n++ {
			if n == 100 {
				t.Fatalf("%s: never asked to the end", name)
			}
			if err := w.open(t.Context()); err != nil {
				t.Fatal(err)
			}
			asked := ask(&endsAt{t.Context(), n})
			if asked != nil && !errors.Is(asked, context.Canceled) {
				t.Fatalf("%s, given up at %d: %v", name, n, asked)
			}
			for _, s := range w.stores() {
				err := s.transact(t.Context(), func() error { // an update behind a reader is what keeps it
					_, err := s.conn.ExecContext(t.Context(), "UPDATE load.schema SET hash = hash")
					return err
				})
				if err == nil {
					err = s.close()
				}
				if err != nil {
					t.Fatalf("%s, given up at %d (%v): close %s: %v", name, n, asked, s.path(), err)
				}
			}
			if asked == nil {
				break
			}
		}
	}
}
