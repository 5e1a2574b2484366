// Package notify tells the outside of what happened: dead man's switches,
// webhooks, e-mail and chat services.
//
// A [Notifier] has [Channel]s, and [Notifier.Tell] sends a [Message] to those
// that want its event. Sending never fails what is told of: it is bounded in
// time, and what did not arrive is returned, remembered in a file, and told by
// the next message that arrives anywhere.
//
//	notify.go   events, messages, who gets which and when
//	deliver.go  attempts and their time
//	state.go    what was told, and which channels fail
//	ping.go     dead man's switches
//	webhook.go  signed JSON
//	email.go    SMTP
//	chat.go     chat services, by the address of shoutrrr
//	telegram.go the one of them that the library does not watch
//
// Messages hold neither names nor, but for channels that ask for them, amounts;
// errors never hold an address, as most addresses are secrets.
package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// An Event is what a message is about.
type Event string

// The events. Of a job there are a start and one end: success, partial, failure
// or mismatch. The others are conditions that last.
const (
	Start       Event = "start"
	Success     Event = "success"
	Partial     Event = "partial"
	Failure     Event = "failure"
	Mismatch    Event = "mismatch" // a check of the data found something
	Stale       Event = "stale"    // the newest complete data are old
	Drift       Event = "drift"    // the API sends what this version does not know
	Deprecation Event = "deprecation"
	KeyAge      Event = "key_age"
	Digest      Event = "digest"
	Test        Event = "test" // reaches every channel
)

// Events lists the events that a channel may ask for.
var Events = []Event{Start, Success, Partial, Failure, Mismatch, Stale, Drift, Deprecation, KeyAge, Digest}

// lasting are the conditions that are told once, and again after a week.
var lasting = []Event{Mismatch, Stale, Drift, Deprecation, KeyAge}

// again is when a condition that lasts is told again.
const again = 7 * 24 * time.Hour

// A Message is what is told. It holds no names, no texts and no credentials.
type Message struct {
	Event   Event
	Account string
	Job     string // what ran, if anything did
	RunID   string // may be empty
	// ExitStatus is that of the job.
	ExitStatus int
	At         time.Time
	Subject    string   // one line
	Lines      []string // what there is to say, without amounts
	// Lasting are those of the lines by which a condition that lasts is known to be
	// the same; nil where all of them and the amounts are.
	Lasting []string
	Amounts []string // more lines, for channels that may have them
	// Unchanged says of a success that it brought nothing.
	Unchanged bool
}

// A Channel is one way to somebody.
type Channel struct {
	Name      string // unique
	On        []Event
	Amounts   bool // may have amounts
	Unchanged bool // wants also what changed nothing
	Timeout   time.Duration
	Sender    Sender
}

// A Sender sends one message. Its errors hold no address and no secret.
type Sender interface {
	Send(ctx context.Context, d Delivery) error
}

// A Delivery is a message as one channel gets it.
type Delivery struct {
	ID string // of all attempts
	Message
	Text string // lines, below the subject

	answered map[string]error // what receivers of a channel said for good to attempts before
}

// A Failed is a message that a channel did not take.
type Failed struct {
	Channel string
	Event   Event
	Error   string
}

// A Notifier tells channels. Its methods may be called from several goroutines
// and processes.
type Notifier struct {
	Channels []Channel
	// State is the path of the file that remembers. It must be set.
	State string
}

// Tell sends a message to the channels that want it, beside each other, and
// returns those that did not take it. It takes two minutes at most, and some
// seconds once ctx has ended.
func (n *Notifier) Tell(ctx context.Context, m Message) []Failed {
	var to []Channel
	state := read(n.State)
	for _, c := range n.Channels {
		if c.wants(m, state, time.Now()) {
			to = append(to, c)
		}
	}
	if len(to) == 0 {
		return nil
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	errs := make([]error, len(to))
	told := make([][]string, len(to))
	var wg sync.WaitGroup
	for i, c := range to {
		d := Delivery{ID: newID(), Message: m}
		var lost []string
		lost, told[i] = state.lost(c.Name)
		d.Text = text(m, c.Amounts, lost)
		wg.Go(func() { errs[i] = c.deliver(ctx, d) })
	}
	wg.Wait()
	var failed []Failed
	for i, c := range to {
		if errs[i] != nil {
			failed = append(failed, Failed{c.Name, m.Event, errs[i].Error()})
		}
	}
	err := update(n.State, func(s *memory) {
		now := time.Now().UTC().Truncate(time.Second)
		for i, c := range to {
			s.note(c, m, errs[i], now)
		}
		for i := range to {
			for _, name := range told[i] {
				if errs[i] == nil {
					s.reported(name)
				}
			}
		}
	})
	if err != nil {
		failed = append(failed, Failed{"", m.Event, err.Error()})
	}
	return failed
}

// Settle forgets conditions of an account that are no more, so that they are
// told when they come back.
func (n *Notifier) Settle(account string, events ...Event) error {
	s := read(n.State)
	settled := func(key string) bool {
		return slices.ContainsFunc(events, func(e Event) bool { return strings.HasSuffix(key, conditionKey("", account, e)) })
	}
	for key := range s.Told {
		if settled(key) {
			return update(n.State, func(s *memory) {
				for key := range s.Told {
					if settled(key) {
						delete(s.Told, key)
					}
				}
			})
		}
	}
	return nil
}

// wants reports whether a channel is to get a message now.
func (c Channel) wants(m Message, s *memory, now time.Time) bool {
	if m.Event == Test {
		return true
	}
	if !slices.Contains(c.On, m.Event) || m.Unchanged && !c.Unchanged {
		return false
	}
	if c.Unchanged || !slices.Contains(lasting, m.Event) {
		return true
	}
	last, ok := s.Told[conditionKey(c.Name, m.Account, m.Event)]
	return !ok || last.Hash != m.hash() || now.Sub(last.At) >= again || now.Before(last.At)
}

// conditionKey names a condition that a channel was told of.
func conditionKey(channel, account string, e Event) string {
	return channel + "\x00" + account + "\x00" + string(e)
}

// hash names what a message says, whenever it says it.
func (m Message) hash() string {
	lines, amounts := m.Lines, m.Amounts
	if m.Lasting != nil {
		lines, amounts = m.Lasting, nil
	}
	sum := sha256.Sum256([]byte(m.Subject + "\n" + strings.Join(lines, "\n") + "\n" + strings.Join(amounts, "\n")))
	return hex.EncodeToString(sum[:8])
}

// text is what stands below the subject.
func text(m Message, amounts bool, lost []string) string {
	lines := slices.Clone(m.Lines)
	if amounts {
		lines = append(lines, m.Amounts...)
	}
	lines = append(lines, lost...)
	if m.RunID != "" {
		lines = append(lines, "run "+m.RunID)
	}
	return strings.Join(lines, "\n")
}

// lost says which channels failed since anybody was told of it, to the one that
// is told now; names are theirs.
func (s *memory) lost(to string) (lines, names []string) {
	for _, name := range s.names() {
		c := s.Channels[name]
		switch {
		case c.Failures == 0 || c.Reported && name != to:
			continue
		case name == to:
			lines = append(lines, fmt.Sprintf("%d earlier messages did not arrive here since %s: %s", c.Failures, c.FailingSince.Format(time.RFC3339), c.Error))
		default:
			lines = append(lines, fmt.Sprintf("channel %s takes no messages since %s: %s", name, c.FailingSince.Format(time.RFC3339), c.Error))
			names = append(names, name)
		}
	}
	return lines, names
}
