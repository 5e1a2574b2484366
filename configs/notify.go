package configs

import (
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Events lists what a channel may be told.
var Events = []string{"start", "success", "partial", "failure", "mismatch", "stale", "drift", "deprecation", "key_age", "digest"}

// A Notification is a channel that is told of events. One of Ping, Webhook,
// Email and Chat is set.
type Notification struct {
	// Name names the channel in messages and states; it is unique. Defaults to
	// its kind, with a number behind it from the second one on.
	Name string
	// Ping refers to the address of a dead man's switch.
	Ping Reference
	// Webhook refers to an address that JSON is posted to, signed with Secret.
	Webhook, Secret Reference
	// Email is a mail server and whom to write to.
	Email *Email
	// Chat refers to the address of a chat service, as shoutrrr writes it.
	Chat Reference
	// On lists the events. Defaults to start, success, partial, failure and
	// mismatch for a ping, and to everything but start, success and digest
	// elsewhere.
	On []string
	// Amounts lets messages hold amounts of money. Defaults to false (off).
	Amounts bool
	// Unchanged tells of successes that changed nothing, too. Defaults to true
	// for a ping and to false elsewhere.
	Unchanged bool
	// Timeout bounds each attempt. Defaults to 10s.
	Timeout time.Duration
}

// An Email says how mail is sent.
type Email struct {
	Host     string
	Port     int    // Defaults to 587
	TLS      string // starttls (default), tls, or none to a loopback address
	User     string // empty for no login
	Password Reference
	From     string
	To       []string
}

var channelName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$`)

func (d *decoder) notifications(n ast.Node, path string) []Notification {
	var all []Notification
	names, kinds := map[string]bool{}, map[string]int{}
	d.list(n, path, func(n ast.Node, path string) {
		v, kind := d.notification(n, path)
		if kinds[kind]++; v.Name == "" && kind != "" {
			if v.Name = kind; kinds[kind] > 1 {
				v.Name = fmt.Sprintf("%s %d", kind, kinds[kind])
			}
		}
		d.unique(n, path+".name", v.Name, names, "what failed is told by name")
		all = append(all, v)
	})
	return all
}

func (d *decoder) notification(n ast.Node, path string) (v Notification, kind string) {
	v = Notification{Timeout: 10 * time.Second}
	amounts, unchanged := "off", ""
	var given []string
	one := func(name string, set setter) setter {
		return func(n ast.Node, path string) {
			given = append(given, name)
			set(n, path)
		}
	}
	d.object(n, path, map[string]setter{
		"name":      d.text(&v.Name, "a name of letters, digits, spaces and . _ -", channelName.MatchString),
		"ping":      one("ping", d.reference(&v.Ping)),
		"webhook":   one("webhook", d.reference(&v.Webhook)),
		"secret":    d.reference(&v.Secret),
		"email":     one("email", func(n ast.Node, path string) { v.Email = d.email(n, path) }),
		"chat":      one("chat", d.reference(&v.Chat)),
		"amounts":   d.oneOf(&amounts, "on", "off"),
		"unchanged": d.oneOf(&unchanged, "on", "off"),
		"timeout":   d.duration(&v.Timeout, time.Second, 2*time.Minute),
		"on": func(n ast.Node, path string) {
			d.list(n, path, func(n ast.Node, path string) {
				var on string
				if d.oneOf(&on, Events...)(n, path); on != "" {
					v.On = append(v.On, on)
				}
			})
		},
	})
	switch {
	case len(given) == 0 && !isNull(n):
		d.bad(n, path, "no channel", "write one of ping, webhook, email and chat")
	case len(given) > 1:
		d.bad(n, path, strings.Join(given, " and ")+" stand together", "write an entry for each channel")
	case len(given) == 1:
		kind = given[0]
	}
	if kind == "webhook" && v.Secret.IsZero() {
		d.bad(n, path+".secret", "missing", "say where the secret that signs the messages is kept: "+Forms)
	}
	if kind != "webhook" && !v.Secret.IsZero() {
		d.bad(n, path+".secret", "stands without webhook", "only webhooks are signed")
	}
	v.Amounts, v.Unchanged = amounts == "on", unchanged == "on" || unchanged == "" && kind == "ping"
	switch {
	case len(v.On) > 0:
	case kind == "ping":
		v.On = []string{"start", "success", "partial", "failure", "mismatch"}
	default:
		v.On = []string{"partial", "failure", "mismatch", "stale", "drift", "deprecation", "key_age"}
	}
	return v, kind
}

func (d *decoder) email(n ast.Node, path string) *Email {
	e := &Email{Port: 587, TLS: "starttls"}
	address := func(dst func(string)) setter {
		return d.value("an address", func(text string) (string, string) {
			a, err := mail.ParseAddress(text)
			if err != nil || strings.ContainsAny(text, "\r\n") {
				return quote(text) + " is no e-mail address", ""
			}
			dst(a.Address)
			return "", ""
		})
	}
	d.object(n, path, map[string]setter{
		"host":     d.text(&e.Host, "a host", func(s string) bool { return s != "" && !strings.ContainsAny(s, "/: \r\n") || loopback(s) }),
		"port":     d.int(&e.Port, 1, 65535),
		"tls":      d.oneOf(&e.TLS, "starttls", "tls", "none"),
		"user":     d.text(&e.User, "a name", nonempty),
		"password": d.reference(&e.Password),
		"from":     address(func(s string) { e.From = s }),
		"to": func(n ast.Node, path string) {
			d.list(n, path, address(func(s string) { e.To = append(e.To, s) }))
			if len(e.To) == 0 {
				d.bad(n, path, "nobody to write to", "")
			}
		},
	}, "host", "from", "to")
	if e.TLS == "none" && e.Host != "" && !loopback(e.Host) {
		d.bad(n, path+".tls", "none is for loopback addresses alone", "write starttls or tls")
	}
	if (e.User == "") != e.Password.IsZero() {
		d.bad(n, path, "user and password go together", "")
	}
	return e
}
