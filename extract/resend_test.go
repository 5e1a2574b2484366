package extract_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"fanlake/extract"
	"fanlake/extract/fanvuesim"
)

// A kept connection that dies before the answer must not make net/http send the
// request again below the governor: every request at the server was counted.
func TestDeadConnectionsCostCountedRequestsOnly(t *testing.T) {
	t.Parallel()
	sim := fanvuesim.New(fanvuesim.Options{World: fanvuesim.WorldOptions{Seed: 1}, Gate: fanvuesim.GateOptions{Rate: fanvuesim.Rate{Limit: -1}}})
	srv := httptest.NewServer(sim.Handler())
	t.Cleanup(srv.Close)
	g := extract.NewGovernor(extract.Limit{Requests: 1000, Per: time.Second}, extract.GovernorOptions{})
	tr, err := extract.NewTransport(extract.TransportOptions{BaseURL: srv.URL, Governor: g,
		Credential: extract.APIKey(func() string { return fanvuesim.DefaultKey })})
	if err != nil {
		t.Fatal(err)
	}
	r := &extract.Retrier{Client: tr.Client(), Base: time.Millisecond}
	get := func() {
		t.Helper()
		err := r.Do(t.Context(), func(ctx context.Context) (*http.Request, error) {
			return http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+"/v1/users/me", nil)
		}, func(resp *http.Response) error {
			_, err := io.Copy(io.Discard, resp.Body)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	get()
	sim.Gate().Inject(fanvuesim.Fault{Kind: fanvuesim.CutBefore, Count: 1})
	get()
	if sent, seen := g.Stats().Requests, sim.Gate().Ledger().Total(); sent != 3 || seen != 3 {
		t.Errorf("the governor counted %d requests, the server saw %d; want 3 and 3", sent, seen)
	}
}

// A request that is under way when the run is told to end was paid for: its
// answer still arrives, and no other request is sent.
func TestAnEndedRunKeepsTheAnswerUnderWay(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	requests := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		cancel()
		<-ctx.Done()
		io.WriteString(w, `{"data":[],"nextCursor":"more"}`)
	}))
	t.Cleanup(srv.Close)
	g := extract.NewGovernor(extract.Limit{Requests: 1000, Per: time.Second}, extract.GovernorOptions{})
	tr, err := extract.NewTransport(extract.TransportOptions{BaseURL: srv.URL, Governor: g, Credential: extract.APIKey(func() string { return "a-key-for-tests" })})
	if err != nil {
		t.Fatal(err)
	}
	c := &extract.Client{Doer: &extract.Retrier{Client: tr.Client()}, BaseURL: srv.URL, Prefix: "/v1"}
	pages, err := collect(c.Walk(ctx, stream(t, "followers"), extract.Slice{Stream: "followers", Self: true}, nil))
	if len(pages) != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d pages, error %v; want the page under way, then the end", len(pages), err)
	}
	if requests != 1 {
		t.Errorf("%d requests, want 1", requests)
	}
}
