package extract

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// TestClockAnHourOff: Reset and dates of Retry-After speak of the server's
// clock. However far ours is from it, and whether answers have a Date or not,
// nobody waits for the difference.
func TestClockAnHourOff(t *testing.T) {
	t.Parallel()
	for name, newBucket := range testBuckets() {
		for _, skew := range []time.Duration{-time.Hour, time.Hour} {
			for _, undated := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%v/%v", name, skew, undated), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						b := newBucket()
						if tokens, ok := b.(*tokenBucket); ok {
							tokens.last = time.Now().Add(skew)
						}
						srv := &fakeServer{bucket: b, latency: 20 * time.Millisecond, headers: "all", skew: skew, undated: undated}
						began := time.Now()
						if err := pull(t.Context(), newTestGovernor(GovernorOptions{}).RoundTripper(srv), testPages, 4); err != nil {
							t.Fatal(err)
						}
						took, best := time.Since(began), ideal(testPages, testLimit, testPer, srv.latency, 4)
						if srv.refused > 0 || float64(took) > 1.1*float64(best) {
							t.Errorf("took %v, ideal %v; %d refused", took, best, srv.refused)
						}
					})
				})
			}
		}
	}
}

// TestRetryAfterOnAnUndatedAnswer: the date is read by the clock that earlier
// answers showed.
func TestRetryAfterOnAnUndatedAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const ahead = time.Hour
		at := func(d time.Duration) string { return time.Now().Add(ahead + d).UTC().Format(http.TimeFormat) }
		a := &answers{steps: []func(*http.Request) (*http.Response, error){
			status(200, "{}", "Date", at(0)), status(429, "", "Retry-After", at(5*time.Second)), status(200, "{}")}}
		rt := newTestGovernor(GovernorOptions{}).RoundTripper(a)
		if err := pull(t.Context(), rt, 2, 1); err != nil {
			t.Fatal(err)
		}
		if took := a.times[2].Sub(a.times[1]); took < 4*time.Second || took > 7*time.Second {
			t.Errorf("waited %v, want about 5 s", took)
		}
	})
}

// TestPauseOutlivesAClockSetBack: a pause that was kept ends as early as it would
// have when it was kept, although the clock was set back an hour since.
func TestPauseOutlivesAClockSetBack(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "rate.json")
	synctest.Test(t, func(t *testing.T) {
		ahead := time.Now().Add(time.Hour)
		text := fmt.Sprintf(`{"ends":[%d],"saved_at":%d,"paused_until":%d}`, ahead.Add(testPer).UnixMilli(), ahead.UnixMilli(), ahead.Add(7*time.Second).UnixMilli())
		if err := os.WriteFile(state, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		srv := &fakeServer{bucket: &fixedWindow{limit: testLimit, per: testPer}, headers: "all"}
		began := time.Now()
		if err := pull(t.Context(), newTestGovernor(GovernorOptions{StateFile: state}).RoundTripper(srv), 1, 1); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 7*time.Second {
			t.Errorf("waited %v, want 7 s", took)
		}
	})
}
