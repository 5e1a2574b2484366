package pipeline

import (
	"errors"
	"fmt"
	"testing"

	"golang.org/x/sys/unix"

	"fanlake/extract"
)

// What the server says of its own disk is nothing about this one.
func TestDiskOfTheServerIsFull(t *testing.T) {
	t.Parallel()
	a := Account{Dir: t.TempDir()}
	for _, text := range fullTexts {
		theirs := fmt.Errorf("who the key belongs to: %w", &extract.StatusError{Code: 500, Method: "GET", Path: "/users/me", Message: text})
		for _, err := range []error{theirs, errors.Join(ErrPartial, theirs), fmt.Errorf("%w: %w", ErrPartial, theirs)} {
			if got := a.explainFull(err); got != err {
				t.Errorf("%v became %v", err, got)
			}
		}
		for _, ours := range []error{errors.New("IO Error: " + text), unix.ENOSPC, fmt.Errorf("publish: %w", unix.EDQUOT)} {
			for _, err := range []error{ours, errors.Join(theirs, ours), fmt.Errorf("%w: %w", ours, theirs)} {
				if got := a.explainFull(err); !errors.Is(got, ErrDiskFull) || !errors.Is(got, err) {
					t.Errorf("%v became %v", err, got)
				}
			}
		}
	}
}
