package pipeline

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
)

// Who asks whether a run is under way neither keeps one from starting nor takes
// another who asks for a run.
func TestAskingForTheLockRefusesNobody(t *testing.T) {
	t.Parallel()
	a := Account{Name: "main", Dir: t.TempDir()}
	lock, err := acquire(t.Context(), a.lockFile(), "first")
	if err != nil {
		t.Fatal(err)
	}
	if !a.Held() {
		t.Error("the lock is held, and is not told so")
	}
	if err := lock.release(); err != nil {
		t.Fatal(err)
	}
	const rounds = 1000
	run := make(chan struct{}) // closed when the last run has ended
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		for {
			select {
			case <-run:
				return
			default:
				a.Held()
			}
		}
	}()
	for i := range rounds {
		lock, err := acquire(t.Context(), a.lockFile(), "run")
		if err == nil {
			err = lock.release()
		}
		if err != nil {
			t.Errorf("start %d beside somebody who asks: %v", i, err)
			break
		}
	}
	close(run)
	<-asked

	answers := make(chan bool)
	for range 2 {
		go func() {
			held := false
			for range rounds {
				held = a.Held() || held
			}
			answers <- held
		}()
	}
	if one, other := <-answers, <-answers; one || other {
		t.Error("somebody who asks was taken for a run")
	}
}

// A lock that stays held is refused with its holder's name, unless the one who
// waits is to stop.
func TestAHeldLockIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	release, err := Hold(t.Context(), path, "first")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Hold(t.Context(), path, "second"); !errors.Is(err, ErrLocked) {
		t.Errorf("a held lock: %v", err)
	}
	why := errors.New("enough")
	ctx, stop := context.WithCancelCause(t.Context())
	stop(why)
	if _, err := Hold(ctx, path, "third"); !errors.Is(err, why) || errors.Is(err, ErrLocked) {
		t.Errorf("a held lock after the end of the wait: %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if release, err = Hold(t.Context(), path, "fourth"); err != nil {
		t.Fatal(err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
}
