package notify

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/nicholas-fedor/shoutrrr"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/telegram"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"
)

// A Chat sends to a chat service by an address of shoutrrr, such as
// discord://TOKEN@ID, slack://…, telegram://… or ntfy://….
type Chat struct {
	// URL reads the address.
	URL func() (string, error)
}

// Send sends one message.
func (c Chat) Send(ctx context.Context, d Delivery) error {
	text, err := c.URL()
	if err != nil {
		return final{err}
	}
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Scheme == "" {
		return final{errors.New("what its reference refers to is no address of a chat service, such as discord://TOKEN@ID")}
	}
	if q := u.Query(); (plain(q.Get("scheme"), "http") || plain(q.Get("disabletls"), "yes", "true", "1", "y")) && !loopback(u.Hostname()) {
		return final{errors.New("its address sends in the clear")}
	}
	sender, err := shoutrrr.CreateSender(u.String())
	if err != nil {
		return final{withoutAddress(err, u)}
	}
	if service, err := sender.Locate(u.String()); err == nil {
		if t, ok := service.(*telegram.Service); ok {
			return sendTelegram(ctx, t.GetConfig(), d.Subject+"\n"+d.Text, d.answered)
		}
	}
	if deadline, ok := ctx.Deadline(); ok {
		sender.Timeout = time.Until(deadline) + time.Second // the context is to end first
	}
	// The services know no context. One that hangs is left alone: it ends with
	// the time-out of its own client.
	sent := make(chan []error, 1)
	go func() { sent <- sender.Send(d.Subject+"\n"+d.Text, &types.Params{}) }()
	select {
	case errs := <-sent:
		if err := errors.Join(errs...); err != nil {
			return withoutAddress(err, u)
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func plain(value string, means ...string) bool {
	for _, m := range means {
		if strings.EqualFold(value, m) {
			return true
		}
	}
	return false
}
