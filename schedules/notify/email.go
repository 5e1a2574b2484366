package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"net/url"
	"time"

	"github.com/wneessen/go-mail"
)

// An Email sends mail through a server.
type Email struct {
	Host string
	Port int
	// TLS is starttls, tls from the first byte, or none, for this machine alone.
	TLS string
	// User logs in with Password; empty for no login.
	User     string
	Password func() (string, error)
	From     string
	To       []string
	// TLSConfig is nil for the usual one.
	TLSConfig *tls.Config
}

// Send sends one mail to all.
func (e Email) Send(ctx context.Context, d Delivery) error {
	m := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := m.From(e.From); err != nil {
		return final{fmt.Errorf("from: %w", err)}
	}
	if err := m.To(e.To...); err != nil {
		return final{fmt.Errorf("to: %w", err)}
	}
	m.Subject(d.Subject)
	m.SetDateWithValue(d.At)
	m.SetGenHeader(mail.HeaderMessageID, "<"+d.ID+"@fanlake.invalid>")
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetBodyString(mail.TypeTextPlain, d.Text+"\n")
	opts := []mail.Option{mail.WithHELO("localhost"), mail.WithPort(e.Port)}
	if deadline, ok := ctx.Deadline(); ok {
		opts = append(opts, mail.WithTimeout(max(1, time.Until(deadline))))
	}
	switch e.TLS {
	case "tls":
		opts = append(opts, mail.WithSSL())
	case "none":
		if !loopback(e.Host) {
			return final{fmt.Errorf("mail in the clear is for this machine alone")}
		}
		opts = append(opts, mail.WithTLSPolicy(mail.NoTLS))
	default:
		opts = append(opts, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if e.TLSConfig != nil {
		opts = append(opts, mail.WithTLSConfig(e.TLSConfig))
	}
	password := ""
	if e.User != "" {
		var err error
		if password, err = e.Password(); err != nil {
			return final{err}
		}
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(e.User), mail.WithPassword(password))
	}
	c, err := mail.NewClient(e.Host, opts...)
	if err == nil {
		err = c.DialAndSendWithContext(ctx, m)
	}
	var network net.Error
	if errors.As(err, &network) && network.Timeout() {
		return context.DeadlineExceeded
	}
	if err != nil {
		u := &url.URL{User: url.UserPassword(e.User, password), Host: e.Host}
		for _, to := range append(e.To, e.From) {
			u.Path += "/" + to
		}
		var refused *textproto.Error
		if errors.As(err, &refused) && refused.Code/100 == 5 {
			return final{withoutAddress(err, u)} // such as a wrong password
		}
		return withoutAddress(err, u)
	}
	return nil
}
