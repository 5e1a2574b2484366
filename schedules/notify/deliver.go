package notify

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
)

// tries is how often a message is sent to a channel that does not take it, and
// total how long all of that may take.
const (
	tries = 3
	total = 2 * time.Minute
	// grace is how long a message may still take when the program is to end.
	grace = 3 * time.Second
)

// bounded is the time that a message has.
func bounded(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(parent), total)
	stop := context.AfterFunc(parent, func() {
		t := time.AfterFunc(grace, cancel)
		context.AfterFunc(ctx, func() { t.Stop() })
	})
	return ctx, func() { stop(); cancel() }
}

// A final error is not worth another attempt.
type final struct{ error }

func (f final) Unwrap() error { return f.error }

// deliver sends a message, again where it may help. A start is worth one
// attempt, as the job does not wait for it, and a test has somebody waiting.
func (c Channel) deliver(ctx context.Context, d Delivery) error {
	d.answered = map[string]error{}
	for try := 1; ; try++ {
		err := c.attempt(ctx, d)
		var f final
		if err == nil || errors.As(err, &f) || try == tries || d.Event == Start || d.Event == Test {
			return err
		}
		most := int64(time.Second) << try // 2 s, 4 s; half of it at least
		jitter, e := rand.Int(rand.Reader, big.NewInt(most/2))
		if e != nil {
			return err
		}
		t := time.NewTimer(time.Duration(most/2 + jitter.Int64()))
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return err
		}
	}
}

func (c Channel) attempt(parent context.Context, d Delivery) error {
	ctx, cancel := context.WithTimeout(parent, c.Timeout)
	defer cancel()
	err := c.Sender.Send(ctx, d)
	switch {
	case err == nil:
		return nil
	case parent.Err() != nil:
		return fmt.Errorf("given up: %w", err)
	case ctx.Err() != nil, errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no answer within %v", c.Timeout)
	}
	return err
}

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return "msg_" + hex.EncodeToString(b[:])
}

// address reads and checks an address: https, or http on this machine alone.
func address(read func() (string, error)) (*url.URL, error) {
	text, err := read()
	if err != nil {
		return nil, final{err}
	}
	u, err := url.Parse(strings.TrimSpace(text))
	switch {
	case err != nil || u.Hostname() == "":
		return nil, final{errors.New("what its reference refers to is no URL")}
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return u, nil
	}
	return nil, final{errors.New("its address is not https")}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// post sends a body and wants a 2xx. Its errors do not hold the address.
func post(ctx context.Context, to *url.URL, body string, header http.Header) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), strings.NewReader(body))
	if err != nil {
		return final{errors.New("what its reference refers to is no URL")}
	}
	req.Header = header
	req.Header.Set("User-Agent", "fanlake")
	client := http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, ForceAttemptHTTP2: true},
	}
	resp, err := client.Do(req)
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if err != nil {
		return withoutAddress(err, to)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	switch code := resp.StatusCode; {
	case code/100 == 2:
		return nil
	case code == http.StatusRequestTimeout, code == http.StatusTooManyRequests, code >= 500:
		return fmt.Errorf("answered status %d", code)
	default:
		return final{fmt.Errorf("answered status %d", code)}
	}
}

// withoutAddress takes out of an error what stands in an address, also where a
// service writes parts of it in another way.
func withoutAddress(err error, u *url.URL) error {
	text := err.Error()
	secrets := []string{u.String(), u.RequestURI(), u.Host, u.Hostname()}
	if u.User != nil {
		password, _ := u.User.Password()
		secrets = append(secrets, u.User.String(), u.User.Username(), password)
	}
	for _, part := range append(strings.Split(u.Path, "/"), strings.FieldsFunc(u.RawQuery, func(r rune) bool { return r == '&' || r == '=' })...) {
		if len(part) >= 4 {
			secrets = append(secrets, part)
		}
	}
	for _, whole := range slices.Clone(secrets) {
		for _, part := range strings.FieldsFunc(whole, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if len(part) >= 8 && part != u.Scheme {
				secrets = append(secrets, part)
			}
		}
	}
	clean := text
	for _, s := range secrets {
		if len(s) > 1 {
			clean = strings.ReplaceAll(clean, s, "[…]")
		}
	}
	const longest = 200
	if r := []rune(strings.Join(strings.Fields(clean), " ")); len(r) > longest {
		clean = string(r[:longest]) + "…"
	}
	if clean == text {
		return err
	}
	return errors.New(clean)
}
