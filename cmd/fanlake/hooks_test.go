package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// hooks are a web server that keeps what notifications send to it.
type hooks struct {
	url string
	mu  sync.Mutex
	got []string // path, line break, body
}

func newHooks(t *testing.T) *hooks {
	t.Helper()
	h := &hooks{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.got = append(h.got, req.URL.Path+"\n"+string(body))
	}))
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

func (h *hooks) all() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.got...)
}
