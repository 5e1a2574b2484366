package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSimulate starts the command as a user does, asks it whose key it is, and
// interrupts it.
func TestSimulate(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	out, in := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"simulate", "--addr", "127.0.0.1:0", "--agency", "--creators", "2", "--limit", "-1", "--now", "2026-11-20T03:00:00Z"},
			strings.NewReader(""), in, io.Discard)
		_ = in.Close()
	}()
	said := map[string]string{}
	lines := bufio.NewScanner(out)
	for len(said) < 6 && lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		said[name] = strings.TrimSpace(value)
	}
	ask := func(path string, v any) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, said["base_url"]+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Fanvue-API-Key", said["api_key"])
		req.Header.Set("X-Fanvue-API-Version", "2025-06-26")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("GET %s: %s", path, resp.Status)
		}
		if err := json.NewDecoder(resp.Body).Decode(v); err != nil {
			t.Fatalf("GET %s: %v", path, err)
		}
	}
	var me struct{ UUID, Handle string }
	if ask("/v1/users/me", &me); me.UUID == "" || me.Handle == "" {
		t.Errorf("me = %+v", me)
	}
	var creators struct{ Data []struct{ UUID string } }
	if ask("/v1/creators", &creators); len(creators.Data) != 2 {
		t.Errorf("%d creators, want 2", len(creators.Data))
	}
	// The tokens of an application work too, and doctor says what they grant.
	dir := t.TempDir()
	for name, text := range map[string]string{
		"tokens.json": fmt.Sprintf(`{"refresh_token":%q}`, said["refresh_token"]),
		"secret":      said["client_secret"],
		"fanlake.yaml": fmt.Sprintf(`accounts:
  - name: main
    oauth: {client_id: %q, client_secret: "file:secret", token_file: tokens.json, token_url: %q}
    secret_key: file:pseudonym.key
api: {base_url: %q, rate_limit: {requests: 10000, per: 1s, max: 10000}}
`, said["client_id"], said["token_url"], said["base_url"]),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var found, talk bytes.Buffer
	run(ctx, []string{"doctor", "--config", filepath.Join(dir, "fanlake.yaml")}, strings.NewReader(""), &found, &talk) // the clocks differ
	if text := found.String(); !strings.Contains(text, "the key belongs to "+me.UUID) || !strings.Contains(text, "read:self read:chat") {
		t.Errorf("doctor:\n%s%s", text, talk.String())
	}
	interrupt()
	if code := <-ended; code != 0 {
		t.Errorf("exit status %d after an interrupt, want 0: this is how it ends", code)
	}
}

// simulated runs fanlake simulate until the end of the test, and returns what it
// says.
func simulated(t *testing.T, args ...string) map[string]string {
	t.Helper()
	ctx, interrupt := context.WithCancel(context.Background())
	out, in := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{"simulate", "--addr", "127.0.0.1:0"}, args...), strings.NewReader(""), in, io.Discard)
		_ = in.Close()
	}()
	t.Cleanup(func() {
		interrupt()
		<-ended
	})
	said := map[string]string{}
	lines := bufio.NewScanner(out)
	for len(said) < 6 && lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		said[name] = strings.TrimSpace(value)
	}
	return said
}

// Who starts the simulator again later, to sync once more, finds what was there
// before, and news.
func TestSimulateAgainLater(t *testing.T) {
	t.Parallel()
	b := &bench{dir: t.TempDir()}
	var rows []string
	for _, now := range []string{"2026-11-20T10:00:00Z", "2026-11-21T16:00:00Z"} {
		said := simulated(t, "--limit", "-1", "--now", now)
		text := fmt.Sprintf("accounts: [{name: main, api_key: env:FANVUE_API_KEY}]\napi: {base_url: %q, rate_limit: {requests: 10000, per: 1s, max: 10000}}\n", said["base_url"])
		if err := os.WriteFile(filepath.Join(b.dir, "fanlake.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		b.start(t, "sync").exits(t, 0)
		q := b.start(t, "query", "SELECT count(*), count(removed_at) AS gone, count(*) FILTER (earned_at < '2026-11-20 10:00') AS old FROM fanvue.earnings")
		q.exits(t, 0)
		rows = append(rows, q.stdout.String())
	}
	b.start(t, "verify").exits(t, 0)
	var before, after [3]int
	for i, counts := range []*[3]int{&before, &after} {
		_, line, _ := strings.Cut(rows[i], "\n")
		if _, err := fmt.Sscanf(line, "%d,%d,%d", &counts[0], &counts[1], &counts[2]); err != nil {
			t.Fatalf("%q: %v", rows[i], err)
		}
	}
	if after[0] <= before[0] || after[1] != 0 || after[2] != before[2] {
		t.Errorf("30 hours later there are %d earnings, %d gone, %d of before; want more than %d, 0 and %d", after[0], after[1], after[2], before[0], before[2])
	}
}
