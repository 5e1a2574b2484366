package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
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
	for len(said) < 2 && lines.Scan() {
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
	interrupt()
	if code := <-ended; code != 0 {
		t.Errorf("exit status %d after an interrupt, want 0: this is how it ends", code)
	}
}
