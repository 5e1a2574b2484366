package extract_test

import (
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"fanlake/extract"
	"fanlake/extract/fanvuesim"
)

// Several creators read side by side over real connections use at least 95 % of
// what the limit allows, by the server's own count, and are refused nothing.
func TestWalksUseTheBudget(t *testing.T) {
	t.Parallel()
	rate := fanvuesim.Rate{Limit: 100, Per: time.Second}
	sim := fanvuesim.New(fanvuesim.Options{PageCap: 5, Gate: fanvuesim.GateOptions{Rate: rate},
		World: fanvuesim.WorldOptions{Seed: 117, Agency: true, Creators: 6, FansPerCreator: 40, EarningsPerCreator: 300, ChatsPerCreator: 5, MessagesPerChat: 10}})
	srv := httptest.NewServer(sim.Handler())
	t.Cleanup(srv.Close)
	g := extract.NewGovernor(extract.Limit{Requests: rate.Limit, Per: rate.Per}, extract.GovernorOptions{})
	tr, err := extract.NewTransport(extract.TransportOptions{BaseURL: srv.URL, Governor: g, Credential: extract.APIKey(func() string { return fanvuesim.DefaultKey })})
	if err != nil {
		t.Fatal(err)
	}
	c := &extract.Client{Doer: &extract.Retrier{Client: tr.Client()}, BaseURL: srv.URL, Prefix: "/v1"}
	var wg sync.WaitGroup
	for _, creator := range sim.World().Creators() {
		wg.Go(func() {
			for _, name := range []string{"earnings", "followers", "chats"} {
				if _, err := collect(c.Walk(t.Context(), stream(t, name), extract.Slice{Stream: name, Creator: creator.UUID}, nil)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	all := sim.Gate().Ledger().Since(0)
	full := int(all[len(all)-1].At.Sub(all[0].At) / rate.Per)
	windows := make([]int, full+1)
	used := 0
	for _, e := range all {
		k := int(e.At.Sub(all[0].At) / rate.Per)
		if windows[k]++; k < full {
			used++
		}
	}
	if refused := sim.Gate().Ledger().Refused(); refused > 0 || full < 3 || used*100 < 95*full*rate.Limit {
		t.Errorf("%d of %d requests refused; by windows %v, want at least 95 of each full one", refused, len(all), windows)
	}
}
