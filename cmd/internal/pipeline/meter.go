package pipeline

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"

	"fanlake/extract"
	"fanlake/load/runs"
)

// streamKey is the key of the stream that a context's requests are for.
type streamKey struct{}

// forStream names the stream that requests are for, so that they are counted
// there.
func forStream(ctx context.Context, stream string) context.Context {
	return context.WithValue(ctx, streamKey{}, stream)
}

// streamOf is the stream that a request is for; what a run asks before it reads
// any is told by its path.
func streamOf(req *http.Request) string {
	if name, ok := req.Context().Value(streamKey{}).(string); ok {
		return name
	}
	if strings.HasSuffix(req.URL.Path, "/users/me") {
		return "me"
	}
	return "creators"
}

// metered counts what passes, by stream and status.
type metered struct {
	access *access
	next   http.RoundTripper
}

// RoundTrip counts each attempt that was sent.
func (m metered) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := m.next.RoundTrip(req)
	status := 0
	switch {
	case err == nil:
		status = resp.StatusCode
		resp.Body = meteredBody{resp.Body, m.access}
	case errors.Is(err, extract.ErrUnsent):
		return resp, err
	}
	m.access.mu.Lock()
	defer m.access.mu.Unlock()
	st := m.access.streams[streamOf(req)]
	st.Requests++
	if status == http.StatusTooManyRequests {
		st.Refused++
	}
	if st.Statuses == nil {
		st.Statuses = map[int]int64{}
	}
	st.Statuses[status]++
	m.access.streams[streamOf(req)] = st
	return resp, err
}

// A meteredBody counts its bytes.
type meteredBody struct {
	io.ReadCloser
	access *access
}

func (b meteredBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.access.mu.Lock()
	b.access.bytes += int64(n)
	b.access.mu.Unlock()
	return n, err
}

// byStream is what was asked so far.
func (c *access) byStream() map[string]runs.Stream {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := map[string]runs.Stream{}
	for name, st := range c.streams {
		st.Statuses = maps.Clone(st.Statuses)
		all[name] = st
	}
	return all
}
