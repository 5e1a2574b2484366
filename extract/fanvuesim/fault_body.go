package fanvuesim

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
)

// A recorder keeps a handler's answer until the faults are done with it.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 {
		r.status = status
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}

// edit records the handler's answer, lets each fault change it, and sends it.
func (g *Gate) edit(a *reply, r *http.Request, t *target, faults []*Injection) {
	r.Header.Del("Accept-Encoding") // faults edit plain JSON
	rec := &recorder{header: a.Header()}
	g.next.ServeHTTP(rec, r)
	rec.WriteHeader(http.StatusOK)
	body, cut := rec.body.Bytes(), false
	for _, in := range faults {
		changed, ok := in.apply(rec, body, t)
		if !ok {
			in.release()
			continue
		}
		a.touchedBy(in)
		body = changed
		cut = cut || in.fault.Kind == CutBody
	}
	if !cut {
		a.raw(rec.status, "", body)
		return
	}
	rec.header.Set("Content-Length", strconv.Itoa(len(body)))
	a.WriteHeader(rec.status)
	_, _ = a.Write(body[:len(body)/2])
	_ = http.NewResponseController(a).Flush() // or the half would stay in the server's buffer
	a.abort()
}

// apply changes a body as the fault says. It reports false where the answer is
// none the fault can act on.
func (in *Injection) apply(rec *recorder, body []byte, t *target) ([]byte, bool) {
	if rec.status != http.StatusOK || len(body) < 2 {
		return nil, false
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	switch in.fault.Kind {
	case CutBody:
		return body, true
	case BitFlip:
		flipped := bytes.Clone(body)
		flipped[1+in.rng.IntN(len(body)-1)] ^= 0x80
		return flipped, true
	case Truncated:
		return body[:len(body)/2], true
	case EmptyBody:
		return nil, true
	case HTMLPage:
		rec.header.Set("Content-Type", "text/html; charset=utf-8")
		return []byte("<!DOCTYPE html>\n<html><head><title>One moment</title></head><body><p>Please wait.</p></body></html>\n"), true
	case BadGzip:
		rec.header.Set("Content-Encoding", "gzip")
		return noise(in.rng, len(body)), true
	case SameCursor, CursorLoop:
		return in.bendCursor(body, t)
	}
	return in.editRows(body)
}

// noise is a gzip header followed by n bytes that are no deflate stream: the
// first of them asks for a block type that does not exist.
func noise(rng *rand.Rand, n int) []byte {
	b := []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 0x07}
	for range n {
		b = append(b, byte(rng.Uint32()))
	}
	return b
}

// continues reports whether a query goes on in a walk that has begun.
func continues(query string) bool {
	q, err := url.ParseQuery(query)
	if err != nil {
		return false
	}
	page, err := strconv.Atoi(q.Get("page"))
	return q.Has("cursor") || q.Has("sentBefore") || q.Has("receivedBefore") || err == nil && page > 1
}

// raw answers with a body as it is; an empty content type leaves the handler's.
func (a *reply) raw(status int, contentType string, body []byte) {
	h := a.Header()
	if contentType != "" {
		h.Set("Content-Type", contentType)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	a.WriteHeader(status)
	_, _ = a.Write(body) // a client that is gone has no use for the error
}

func drain(r *http.Request) { _, _ = io.Copy(io.Discard, io.LimitReader(r.Body, 1<<20)) }
