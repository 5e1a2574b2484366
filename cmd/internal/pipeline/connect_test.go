package pipeline

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"fanlake/extract"
)

// heard is what a run said of trouble.
type heard struct {
	Reporter
	lines []string
}

func (h *heard) Trouble(text string, attrs ...any) {
	h.lines = append(h.lines, fmt.Sprint(append([]any{text}, attrs...)...))
}

// Who asks for quiet hears of an API that is down, but neither of each attempt
// nor whose data were asked for.
func TestFailingAttemptsAreTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &heard{}
		c := &access{report: h}
		refused := errors.New("connection refused")
		c.retried(1, refused)
		for attempt := 2; attempt < 7; attempt++ {
			c.retried(attempt, refused)
		}
		time.Sleep(time.Minute)
		c.retried(6, fmt.Errorf("slice: %w", &extract.StatusError{Code: 502, Path: "/v1/creators/somebody"}))
		want := []string{"the API fails; trying againerrorconnection refusedattempt2", "the API fails; trying againerrorstatus 502attempt6"}
		if diff := cmp.Diff(want, h.lines); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}
