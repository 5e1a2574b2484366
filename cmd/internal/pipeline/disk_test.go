package pipeline

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"fanlake/extract"
	"fanlake/load/runs"
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

// A record that carries what could not be read for nights is written while the
// one of the run's start still takes its room, and may have grown meanwhile.
func TestRoomIsKeptForALargeRecord(t *testing.T) {
	t.Parallel()
	a := Account{Dir: t.TempDir()}
	r := runs.Run{RunID: "01KA0000000000000000000000", Status: runs.Started}
	for i := range 2000 {
		r.Failing = append(r.Failing, runs.Failing{Stream: "post_likes", Creator: "0190a2b0-0000-7000-8000-000000000001", Parent: fmt.Sprintf("0190a2b0-0000-7000-8000-%012d", i)})
	}
	if err := errors.Join(runs.Write(a.Dir, r), a.reserve(r)); err != nil {
		t.Fatal(err)
	}
	record, err := os.Stat(filepath.Join(a.Dir, "runs", r.RunID+".json"))
	if err != nil {
		t.Fatal(err)
	}
	room, err := os.Stat(a.reserveFile())
	if err != nil || room.Size() < 2*record.Size() {
		t.Errorf("%d bytes, %v, are kept for a record of %d", room.Size(), err, record.Size())
	}
	if err := a.release(); err != nil {
		t.Error(err)
	}
}
