package extract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// A Doer sends a request, as often as its policy allows, until read accepts an
// answer. *Retrier is one.
type Doer interface {
	Do(ctx context.Context, newRequest func(context.Context) (*http.Request, error), read func(*http.Response) error) error
}

// A Client reads the API by streams and slices.
type Client struct {
	Doer    Doer
	BaseURL string // such as https://api.fanvue.com
	Prefix  string // of the surface: "/v1", "/v0" or ""
}

// An Answer is the body of one answered request.
type Answer struct {
	Body       []byte
	ServerTime time.Time // the answer's Date (UTC), the local clock if it has none
}

// Get asks for one path below the surface's prefix. accept may refuse the body
// as broken, which counts as a failed attempt. Errors are those of the Doer.
func (c *Client) Get(ctx context.Context, path string, query url.Values, accept func(body []byte) error) (Answer, error) {
	return c.read(ctx, path, query, nil, accept)
}

// read asks for one path, by GET or, with a question as JSON, by POST.
func (c *Client) read(ctx context.Context, path string, query url.Values, question []byte, accept func(body []byte) error) (Answer, error) {
	target := strings.TrimSuffix(c.BaseURL, "/") + c.Prefix + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	var a Answer
	err := c.Doer.Do(ctx, func(ctx context.Context) (*http.Request, error) {
		if question == nil {
			return http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(question))
		if err == nil {
			req.Header.Set("Content-Type", "application/json")
		}
		return req, err
	}, func(resp *http.Response) error {
		body, err := readBody(resp)
		if err != nil {
			return err
		}
		if accept != nil {
			if err := accept(body); err != nil {
				return err
			}
		}
		a = Answer{Body: body, ServerTime: serverTime(resp.Header)}
		return nil
	})
	if err != nil && !errors.As(err, new(*StatusError)) { // which names the path itself
		err = fmt.Errorf("read %s: %w", c.Prefix+path, err)
	}
	return a, err
}

// readBody reads a body, in one allocation where its length is announced.
func readBody(resp *http.Response) ([]byte, error) {
	if n := resp.ContentLength; n > 0 && n <= 1<<20 {
		body := make([]byte, n)
		if _, err := io.ReadFull(resp.Body, body); err != nil {
			return nil, err
		}
		return body, nil
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(resp.Body); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func serverTime(h http.Header) time.Time {
	if t, err := http.ParseTime(h.Get("Date")); err == nil {
		return t.UTC()
	}
	return time.Now().UTC()
}
