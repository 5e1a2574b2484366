package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"fanlake/extract/fanvuesim"
)

// Somebody else's requests with the same key show in key usage, in status and in
// the warehouse, from the rate headers alone; without them nothing shows.
func TestKeyUsageShowsOthers(t *testing.T) {
	t.Parallel()
	for _, others := range []bool{false, true} {
		t.Run(fmt.Sprint(others), func(t *testing.T) {
			t.Parallel()
			b := &bench{dir: t.TempDir(), sim: fanvuesim.New(fanvuesim.Options{
				World: fanvuesim.WorldOptions{Seed: 5, Agency: true, Creators: 2, FansPerCreator: 30, EarningsPerCreator: 60, ChatsPerCreator: 30, MessagesPerChat: 3},
				Gate:  fanvuesim.GateOptions{Rate: fanvuesim.Rate{Limit: 5000, Per: time.Hour}}})}
			var foreign atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if others && strings.Contains(r.URL.Path, "/messages") {
					req := httptest.NewRequest(http.MethodGet, "/v1/users/me", nil)
					req.Header.Set("X-Fanvue-API-Key", fanvuesim.DefaultKey)
					req.Header.Set("X-Fanvue-API-Version", fanvuesim.DefaultVersion)
					b.sim.Handler().ServeHTTP(httptest.NewRecorder(), req)
					foreign.Add(1)
				}
				b.sim.Handler().ServeHTTP(w, r)
			}))
			t.Cleanup(server.Close)
			text := fmt.Sprintf("accounts: [{name: main, api_key: env:FANVUE_API_KEY}]\napi: {base_url: %q, rate_limit: {requests: 5000, per: 1h, max: 5000}}\n%s", server.URL, small)
			if err := os.WriteFile(filepath.Join(b.dir, "fanlake.yaml"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			b.run(t, 0, "sync")
			var usage []struct {
				Day     string
				Runs    int
				Foreign int64 `json:"foreign_requests"`
			}
			out := b.run(t, 0, "key", "usage", "--json").stdout.Bytes()
			if err := json.Unmarshal(out, &usage); err != nil || len(usage) != 1 || usage[0].Runs != 1 {
				t.Fatalf("%v: %s", err, out)
			}
			got, asked := usage[0].Foreign, foreign.Load()
			if got > asked || others && (got < 20 || asked < 50) {
				t.Errorf("%d requests of others show, there were %d", got, asked)
			}
			b.run(t, 0, "key", "usage").says(t, "OF OTHERS", fmt.Sprintf(" %d\n", got))
			status := b.run(t, 0, "status").stdout.String()
			if said := strings.Contains(status, fmt.Sprintf("others used the API key for at least %d requests in a week", got)); said != others {
				t.Errorf("status says\n%s", status)
			}
			if rows := b.run(t, 0, "query", "SELECT foreign_requests, (SELECT sum(requests) FROM meta.rate_usage) = requests AS same FROM meta.runs").stdout.String(); rows != fmt.Sprintf("foreign_requests,same\n%d,true\n", got) {
				t.Errorf("the warehouse has %q", rows)
			}
			b.run(t, 0, "report", "recent_runs", "--format", "csv").says(t, "foreign_requests", fmt.Sprintf(",%d,", got))
		})
	}
}

// A schedule whose time comes while another process runs does nothing, says who
// that is, and pages nobody.
func TestScheduleMeetsARun(t *testing.T) {
	t.Parallel()
	hooks := newHooks(t)
	b := newBench(t, small+`schedules: [{name: nightly, cron: "15 3 * * *"}]
notify: [{webhook: file:hook.url, secret: file:hook.key, on: [failure]}]
`)
	for name, text := range map[string]string{"hook.url": hooks.url + "/hook", "hook.key": "a-secret-of-the-webhook"} {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	hang := b.sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.Hang, Path: "/insights/earnings"})
	first := b.start(t, "sync")
	first.until(t, func() bool { return hang.Fired() > 0 })
	b.run(t, 5, "schedule", "run", "nightly").says(t, "another run holds the data directory", fmt.Sprintf("process %d since ", first.Process.Pid))
	b.run(t, 0, "schedule").says(t, "failed: account main: another run holds the data directory")
	if got := hooks.all(); len(got) != 0 {
		t.Errorf("told %q", got)
	}
	hang.Remove()
	first.exits(t, 0)
	b.run(t, 0, "schedule", "run", "nightly")
	b.run(t, 0, "schedule").says(t, "  ok")
}
