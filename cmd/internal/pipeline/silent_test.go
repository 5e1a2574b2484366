package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"fanlake/extract"
	"fanlake/load/runs"
)

// A hangingDoer never answers requests whose path has a part.
type hangingDoer struct {
	part string

	mu    sync.Mutex
	asked map[bool]int // by whether it hung
}

func (d *hangingDoer) Do(ctx context.Context, newRequest func(context.Context) (*http.Request, error), read func(*http.Response) error) error {
	req, err := newRequest(ctx)
	if err != nil {
		return err
	}
	hangs := strings.Contains(req.URL.Path, d.part)
	d.mu.Lock()
	d.asked[hangs]++
	d.mu.Unlock()
	if hangs {
		return fmt.Errorf("after 3 attempts: %w", extract.ErrNoAnswer)
	}
	return read(&http.Response{Header: http.Header{}, ContentLength: -1, Body: io.NopCloser(strings.NewReader(`{"data":[],"nextCursor":null}`))})
}

// A creator of whom a request hung is not asked again in the run; each slice
// that is left out so is a failure, and the others are read.
func TestACreatorWhoHangsIsGivenUp(t *testing.T) {
	t.Parallel()
	journal, err := extract.OpenJournal(t.TempDir()+"/journal", "run1", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer journal.Close()
	d := &hangingDoer{part: "/creators/bad/", asked: map[bool]int{}}
	r := &reader{client: &extract.Client{Doer: d, BaseURL: "http://127.0.0.1"}, journal: journal, report: quiet{},
		finished: func(context.Context) error { return nil }}
	var lanes sync.WaitGroup
	for _, c := range []string{"a", "bad", "b", "c"} {
		var l lane
		for _, st := range []string{"followers", "subscribers", "chats", "earnings", "top_spenders"} {
			l.tasks = append(l.tasks, task{Slice: extract.Slice{Stream: st, Creator: c}})
		}
		lanes.Go(func() {
			if err := r.readLane(t.Context(), l, nil); err != nil {
				t.Error(err)
			}
		})
	}
	lanes.Wait()
	if d.asked[true] != 1 || d.asked[false] != 15 {
		t.Errorf("%d requests hung, %d were answered; want 1 and 15", d.asked[true], d.asked[false])
	}
	if len(r.failures) != 5 {
		t.Errorf("failures %v, want 5", r.failures)
	}
	for _, f := range r.failures {
		if f.Creator != "bad" || !errors.Is(f.Err, extract.ErrNoAnswer) {
			t.Errorf("failure %+v", f)
		}
	}
	for _, js := range journal.Slices() {
		if js.Complete != (js.Creator != "bad") {
			t.Errorf("%s of %s is complete: %v", js.Stream, js.Creator, js.Complete)
		}
	}
}

type quiet struct{ Reporter }

func (quiet) Pages(int64, string, string) {}

// An outage that does not end makes a run partial; the next one goes on in it.
func TestAnOutageMakesARunPartial(t *testing.T) {
	t.Parallel()
	s := &session{reader: &reader{}}
	err := s.outcome(fmt.Errorf("GET /chats: %w", extract.ErrUnavailable))
	if status, _ := judge(err); status != runs.Partial || !s.result.Unread || !errors.Is(err, ErrPartial) || !strings.Contains(err.Error(), "the next run goes on") {
		t.Errorf("status %s, unread %v, %v", status, s.result.Unread, err)
	}
	if err := (&reader{}).settle(t.Context(), task{}, extract.ErrUnavailable); !errors.Is(err, extract.ErrUnavailable) {
		t.Errorf("a slice met by it ends the run with %v", err)
	}
}
