package notify

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// A Ping is a dead man's switch, as healthchecks.io and its kin have it: a POST
// to its address says that all is well, to /start below it that a job began,
// and to /<exit status> how it ended. What is told of beside jobs goes to /log.
type Ping struct {
	// URL reads the address.
	URL func() (string, error)
}

// maxPing bounds the body of a ping, in bytes.
const maxPing = 10_000

// Send pings.
func (p Ping) Send(ctx context.Context, d Delivery) error {
	u, err := address(p.URL)
	if err != nil {
		return err
	}
	body := d.Subject + "\n" + d.Text + "\n"
	return post(ctx, pingPath(u, d.Message), strings.ToValidUTF8(body[:min(len(body), maxPing)], ""), http.Header{"Content-Type": {"text/plain; charset=utf-8"}})
}

func pingPath(u *url.URL, m Message) *url.URL {
	switch {
	case m.Event == Start:
		return u.JoinPath("start")
	case m.Event == Success:
		return u
	case m.Event != Partial && m.Event != Failure && m.Event != Mismatch:
		return u.JoinPath("log")
	case m.ExitStatus > 0 && m.ExitStatus < 256:
		return u.JoinPath(strconv.Itoa(m.ExitStatus))
	}
	return u.JoinPath("fail")
}
