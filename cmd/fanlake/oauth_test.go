package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fanlake/extract/fanvuesim"
)

// A sync works with the tokens of the owner's own application, renews a refused
// one once, and says with status 4 how to repair a broken chain.
func TestSyncWithTheOwnersApplication(t *testing.T) {
	t.Parallel()
	sim := fanvuesim.New(fanvuesim.Options{World: fanvuesim.WorldOptions{Seed: 3, EarningsPerCreator: 20, ChatsPerCreator: 2, FansPerCreator: 5},
		Gate: fanvuesim.GateOptions{Rate: fanvuesim.Rate{Limit: -1}}})
	tokens := sim.TokenEndpoint(fanvuesim.TokenOptions{})
	mux := http.NewServeMux()
	mux.Handle(fanvuesim.TokenPath, tokens)
	mux.Handle("/", sim.Handler())
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)

	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pair := tokens.Grant()
	write("tokens.json", fmt.Sprintf(`{"refresh_token":%q}`, pair.Refresh))
	write("secret", fanvuesim.DefaultClientSecret)
	config := write("fanlake.yaml", fmt.Sprintf(`accounts:
  - name: main
    oauth: {client_id: %s, client_secret: "file:secret", token_file: tokens.json, token_url: "%s%s"}
    secret_key: file:pseudonym.key
api: {base_url: "%s", rate_limit: {requests: 10000, per: 1s, max: 10000}}
`, fanvuesim.DefaultClientID, srv.URL, fanvuesim.TokenPath, srv.URL))
	sync := func(want int) string {
		t.Helper()
		var out, talk bytes.Buffer
		if got := run(t.Context(), []string{"sync", "-q", "--config", config}, strings.NewReader(""), &out, &talk); got != want {
			t.Fatalf("status %d, want %d\n%s%s", got, want, out.String(), talk.String())
		}
		return talk.String()
	}
	sync(0)

	kept, err := os.ReadFile(filepath.Join(dir, "tokens.json"))
	if err != nil {
		t.Fatal(err)
	}
	access := textOf(t, kept, "access_token")
	sim.Gate().Revoke(access)
	sync(0) // one refusal, one renewal
	renewed, err := os.ReadFile(filepath.Join(dir, "tokens.json"))
	if err != nil {
		t.Fatal(err)
	}
	if textOf(t, renewed, "access_token") == access {
		t.Error("the refused token was not renewed")
	}

	write("tokens.json", `{"refresh_token":"no-such-token"}`)
	if talk := sync(4); !strings.Contains(talk, "into the token file") || strings.Contains(talk, "api_key") || strings.Contains(talk, "no-such-token") || strings.Contains(talk, fanvuesim.DefaultClientSecret) {
		t.Errorf("a broken chain is told as\n%s", talk)
	}
}

func textOf(t *testing.T, object []byte, key string) string {
	t.Helper()
	_, rest, ok := strings.Cut(string(object), `"`+key+`"`)
	_, rest, ok2 := strings.Cut(rest, `"`)
	value, _, ok3 := strings.Cut(rest, `"`)
	if !ok || !ok2 || !ok3 || value == "" {
		t.Fatalf("no %s in the token file", key)
	}
	return value
}
