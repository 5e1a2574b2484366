package notify_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"fanlake/schedules/notify"
)

func is(text string) func() (string, error) { return func() (string, error) { return text, nil } }

func channel(name string, s notify.Sender, on ...notify.Event) notify.Channel {
	if len(on) == 0 {
		on = notify.Events
	}
	return notify.Channel{Name: name, On: on, Timeout: 5 * time.Second, Sender: s}
}

func notifier(t *testing.T, channels ...notify.Channel) *notify.Notifier {
	t.Helper()
	return &notify.Notifier{Channels: channels, State: filepath.Join(t.TempDir(), "deep", "notify.json")}
}

var at = time.Date(2026, 11, 23, 3, 15, 0, 0, time.UTC)

func message(e notify.Event) notify.Message {
	return notify.Message{Event: e, Account: "main", Job: "sync", RunID: "01J", At: at, Subject: "fanlake main: " + string(e), Lines: []string{"a line"}, Amounts: []string{"net 12.34 USD"}}
}

func wantNone(t *testing.T, failed []notify.Failed) {
	t.Helper()
	if len(failed) > 0 {
		t.Errorf("failed: %+v", failed)
	}
}

// A dead man's switch hears of the start of a job and of its end, by its exit
// status where that is not 0.
func TestPing(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, nil)
	c := channel("ping", notify.Ping{URL: is(r.URL + "/secret-uuid\n")})
	c.Unchanged = true
	n := notifier(t, c)
	for _, m := range []struct {
		event  notify.Event
		status int
	}{{notify.Start, 0}, {notify.Success, 0}, {notify.Partial, 3}, {notify.Failure, 4}, {notify.Failure, -1}, {notify.Mismatch, 6}, {notify.Stale, 0}, {notify.Test, 0}} {
		msg := message(m.event)
		msg.ExitStatus, msg.Unchanged = m.status, m.event == notify.Success
		wantNone(t, n.Tell(t.Context(), msg))
	}
	if got, want := r.paths(), "/secret-uuid/start /secret-uuid /secret-uuid/3 /secret-uuid/4 /secret-uuid/fail /secret-uuid/6 /secret-uuid/log /secret-uuid/log"; got != want {
		t.Errorf("pinged %s\nwant   %s", got, want)
	}
	if got := r.all()[1].body; got != "fanlake main: success\na line\nrun 01J\n" {
		t.Errorf("body %q", got)
	}
}

// A webhook is signed as documented: worked out here by hand, and with a secret
// in both of its forms.
func TestWebhook(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, func(n int) int { return []int{500, 200, 200}[n-1] })
	n := notifier(t, channel("hook", notify.Webhook{URL: is(r.URL + "/hook"), Secret: is("a plain secret")}, notify.Failure),
		channel("encoded", notify.Webhook{URL: is(r.URL + "/encoded"), Secret: is("whsec_" + base64.StdEncoding.EncodeToString([]byte("key")))}, notify.Partial),
		channel("broken", notify.Webhook{URL: is(r.URL), Secret: is("whsec_%")}, notify.Drift))
	m := message(notify.Failure)
	m.ExitStatus = 4
	wantNone(t, n.Tell(t.Context(), m))
	wantNone(t, n.Tell(t.Context(), message(notify.Partial)))
	if failed := n.Tell(t.Context(), message(notify.Drift)); len(failed) != 1 || !strings.Contains(failed[0].Error, "no base64") {
		t.Errorf("a broken secret: %v", failed)
	}
	got := r.all()
	if len(got) != 3 {
		t.Fatalf("%d requests, want 3: one answered 500 is sent again", len(got))
	}
	for i, key := range []string{"a plain secret", "a plain secret", "key"} {
		h := got[i].header
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(h.Get("webhook-id") + "." + h.Get("webhook-timestamp") + "." + got[i].body))
		if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); h.Get("webhook-signature") != want {
			t.Errorf("request %d: signature %q, want %q", i, h.Get("webhook-signature"), want)
		}
		if s, err := strconv.ParseInt(h.Get("webhook-timestamp"), 10, 64); err != nil || time.Since(time.Unix(s, 0)).Abs() > time.Minute {
			t.Errorf("timestamp %q", h.Get("webhook-timestamp"))
		}
	}
	if got[0].header.Get("webhook-id") != got[1].header.Get("webhook-id") || got[1].header.Get("webhook-id") == got[2].header.Get("webhook-id") {
		t.Error("an id names a message, and all its attempts")
	}
	var body map[string]any
	if err := json.Unmarshal([]byte(got[0].body), &body); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{"event": "failure", "account": "main", "job": "sync", "run_id": "01J", "exit_status": 4.0,
		"at": "2026-11-23T03:15:00Z", "subject": "fanlake main: failure", "text": "a line\nrun 01J"} {
		if body[key] != want {
			t.Errorf("%s is %v, want %v", key, body[key], want)
		}
	}
}

// Mail goes over TLS with a login, or not at all.
func TestEmail(t *testing.T) {
	t.Parallel()
	s := newMailServer(t, true)
	e := notify.Email{Host: s.host, Port: s.port, TLS: "starttls", User: "me", Password: is("hunter2hunter2"), From: "from@example.com", To: []string{"a@example.com", "b@example.com"}, TLSConfig: s.certs.client}
	wantNone(t, notifier(t, channel("mail", e)).Tell(t.Context(), message(notify.Partial)))
	if len(s.mails()) != 1 || s.said("AUTH PLAIN") != "AUTH PLAIN "+plainAuth("me", "hunter2hunter2") || !strings.Contains(s.said("RCPT"), "<b@example.com>") {
		t.Fatalf("%d mails, said %q", len(s.mails()), s.said(""))
	}
	for _, part := range []string{"Subject: fanlake main: partial\r\n", "From: <from@example.com>\r\n", "Auto-Submitted: auto-generated", "\r\n\r\na line\r\nrun 01J\r\n", "Date: Mon, 23 Nov 2026 03:15:00 +0000"} {
		if !strings.Contains(s.mails()[0], part) {
			t.Errorf("the mail lacks %q:\n%s", part, s.mails()[0])
		}
	}

	// A server without TLS does not get the password, one that refuses the login
	// is asked once, and neither password nor addresses come back in errors.
	plain := newMailServer(t, false)
	e.Host, e.Port = plain.host, plain.port
	failed := notifier(t, channel("mail", e)).Tell(t.Context(), message(notify.Start))
	if len(failed) != 1 || strings.Contains(plain.said(""), "AUTH") {
		t.Errorf("without TLS: %v, said %q", failed, plain.said(""))
	}
	refusing := newMailServer(t, true)
	refusing.refuses("AUTH")
	e.Host, e.Port, e.TLSConfig = refusing.host, refusing.port, refusing.certs.client
	failed = notifier(t, channel("mail", e)).Tell(t.Context(), message(notify.Partial))
	if len(failed) != 1 || !strings.Contains(failed[0].Error, "535") || strings.Count(refusing.said("AUTH"), "AUTH") != 1 {
		t.Errorf("refused: %v, said %q", failed, refusing.said(""))
	}
	refusing.refuses("RCPT")
	failed = append(failed, notifier(t, channel("mail", e)).Tell(t.Context(), message(notify.Start))...)
	for _, f := range failed {
		for _, secret := range []string{"hunter2", "example.com", plainAuth("me", "hunter2hunter2")} {
			if strings.Contains(f.Error, secret) {
				t.Errorf("the error holds %q: %s", secret, f.Error)
			}
		}
	}
}

// Chat services are reached by the library's addresses: here its ntfy and its
// generic one, on this machine.
func TestChat(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, nil)
	host := strings.TrimPrefix(r.URL, "http://")
	n := notifier(t, channel("ntfy", notify.Chat{URL: is("ntfy://" + host + "/topic?scheme=http")}, notify.Partial),
		channel("generic", notify.Chat{URL: is("generic://" + host + "/hooks/token?disabletls=yes")}, notify.Failure))
	wantNone(t, n.Tell(t.Context(), message(notify.Partial)))
	wantNone(t, n.Tell(t.Context(), message(notify.Failure)))
	if got := r.paths(); got != "/topic /hooks/token" {
		t.Fatalf("received %s", got)
	}
	for _, g := range r.all() {
		if !strings.Contains(g.body, "fanlake main: ") || !strings.Contains(g.body, "a line") || strings.Contains(g.body, "12.34") {
			t.Errorf("received %q", g.body)
		}
	}
	for url, want := range map[string]string{
		"ntfy://push.example.com/topic?scheme=http": "in the clear",
		"hunter2-is-no-address":                     "no address of a chat service",
		"nowhere://hunter2@host":                    "",
	} {
		failed := notifier(t, channel("chat", notify.Chat{URL: is(url)})).Tell(t.Context(), message(notify.Partial))
		if len(failed) != 1 || !strings.Contains(failed[0].Error, want) || strings.Contains(failed[0].Error, "hunter2") {
			t.Errorf("%s: %+v", url, failed)
		}
	}
}

// A channel that fails holds up no other one, is tried again where that may
// help, and what failed is remembered and told by the next message that
// arrives, once to others and to itself when it is back.
func TestAFailingChannelIsTold(t *testing.T) {
	t.Parallel()
	broken := true
	bad := newReceiver(t, func(int) int {
		if broken {
			return 410
		}
		return 200
	})
	good := newReceiver(t, nil)
	n := notifier(t, channel("bad", notify.Ping{URL: is(bad.URL + "/very-secret-path")}, notify.Partial), channel("good", notify.Ping{URL: is(good.URL)}, notify.Failure))
	failed := n.Tell(t.Context(), message(notify.Partial))
	if len(failed) != 1 || failed[0] != (notify.Failed{Channel: "bad", Event: notify.Partial, Error: "answered status 410"}) {
		t.Errorf("failed: %+v", failed)
	}
	n.Tell(t.Context(), message(notify.Partial))
	if h := notify.ReadHealth(n.State)["bad"]; h.Failures != 2 || h.FailingSince.IsZero() || h.Error == "" || h.Reported {
		t.Errorf("health %+v", h)
	}
	wantNone(t, n.Tell(t.Context(), message(notify.Failure)))
	wantNone(t, n.Tell(t.Context(), message(notify.Failure)))
	got := good.all()
	if !strings.Contains(got[0].body, "channel bad takes no messages since 20") || !strings.Contains(got[0].body, ": answered status 410") || strings.Contains(got[1].body, "channel bad") {
		t.Errorf("told %q, then %q", got[0].body, got[1].body)
	}
	broken = false
	wantNone(t, n.Tell(t.Context(), message(notify.Partial)))
	if last := bad.all()[2].body; !strings.Contains(last, "2 earlier messages did not arrive here since 20") {
		t.Errorf("told %q", last)
	}
	if h := notify.ReadHealth(n.State)["bad"]; h.Failures != 0 || h.SentAt.IsZero() {
		t.Errorf("health %+v", h)
	}
	if info, err := os.Stat(n.State); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if text, err := os.ReadFile(n.State); err != nil || strings.Contains(string(text), "secret") {
		t.Errorf("the state holds an address: %s, %v", text, err)
	}
}

// What hangs ends with its time-out, and soon when the program is to end; errors
// never show an address; redirects are not followed.
func TestBounds(t *testing.T) {
	t.Parallel()
	hanging := newReceiver(t, func(int) int { return 0 })
	mail := newMailServer(t, false)
	mail.hangs()
	host := strings.TrimPrefix(hanging.URL, "http://")
	moved := newReceiver(t, func(int) int { return 302 })
	senders := map[string]notify.Sender{
		"ping":    notify.Ping{URL: is(hanging.URL + "/very-secret-path")},
		"webhook": notify.Webhook{URL: is(hanging.URL + "/very-secret-path"), Secret: is("s")},
		"chat":    notify.Chat{URL: is("generic://" + host + "/very-secret-path?disabletls=yes")},
		"mail":    notify.Email{Host: mail.host, Port: mail.port, TLS: "none", From: "very-secret@example.com", To: []string{"b@example.com"}},
		"gone":    notify.Ping{URL: is("http://127.0.0.1:1/very-secret-path")},
		"moved":   notify.Ping{URL: is(moved.URL + "/very-secret-path")},
		"no ref":  notify.Ping{URL: func() (string, error) { return "", errors.New("env:PING: not set") }},
		"clear":   notify.Ping{URL: is("http://example.com/very-secret-path")},
		"no url":  notify.Ping{URL: is("very-secret-path")},
	}
	var channels []notify.Channel
	for name, s := range senders {
		c := channel(name, s)
		c.Timeout = 300 * time.Millisecond
		channels = append(channels, c)
	}
	began := time.Now()
	failed := notifier(t, channels...).Tell(t.Context(), message(notify.Start)) // one attempt each
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
	if len(failed) != len(senders) {
		t.Errorf("%d of %d failed: %+v", len(failed), len(senders), failed)
	}
	for _, f := range failed {
		if strings.Contains(f.Error, "very-secret") || strings.Contains(f.Error, host) {
			t.Errorf("%s: the error holds the address: %s", f.Channel, f.Error)
		}
		want := map[string]string{"ping": "no answer within 300ms", "webhook": "no answer within 300ms", "chat": "no answer within 300ms", "mail": "no answer within 300ms",
			"gone": "connection refused", "moved": "answered status 302", "no ref": "env:PING: not set", "clear": "not https", "no url": "no URL"}[f.Channel]
		if !strings.Contains(f.Error, want) {
			t.Errorf("%s: %s, want %s", f.Channel, f.Error, want)
		}
	}

	// Three attempts of ten seconds each are cut short by the end of the program.
	slow := channel("slow", notify.Ping{URL: is(hanging.URL)})
	slow.Timeout = time.Minute
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	began = time.Now()
	failed = notifier(t, slow).Tell(ctx, message(notify.Failure))
	if took := time.Since(began); len(failed) != 1 || took < 2*time.Second || took > 6*time.Second {
		t.Errorf("took %v: %+v", took, failed)
	}
}

// Who is told what: events that were asked for, successes that changed nothing
// only where they were, amounts likewise, and a condition that lasts once, until
// it changes, is over, or a week has passed.
func TestQuiet(t *testing.T) {
	t.Parallel()
	quiet, loud := newReceiver(t, nil), newReceiver(t, nil)
	q := channel("quiet", notify.Ping{URL: is(quiet.URL)}, notify.Success, notify.Stale, notify.Drift)
	l := channel("loud", notify.Ping{URL: is(loud.URL)}, notify.Success, notify.Stale)
	l.Unchanged, l.Amounts = true, true
	n := notifier(t, q, l)
	count := func(wantQuiet, wantLoud int, what string) {
		t.Helper()
		if a, b := len(quiet.all()), len(loud.all()); a != wantQuiet || b != wantLoud {
			t.Errorf("%s: %d and %d messages so far, want %d and %d", what, a, b, wantQuiet, wantLoud)
		}
	}
	m := message(notify.Success)
	m.Unchanged = true
	wantNone(t, n.Tell(t.Context(), m))
	count(0, 1, "nothing changed")
	m.Unchanged = false
	wantNone(t, n.Tell(t.Context(), m))
	count(1, 2, "something changed")
	if strings.Contains(quiet.all()[0].body, "12.34") || !strings.Contains(loud.all()[1].body, "net 12.34 USD") {
		t.Errorf("amounts: %q, %q", quiet.all()[0].body, loud.all()[1].body)
	}
	wantNone(t, n.Tell(t.Context(), message(notify.Partial)))
	count(1, 2, "not asked for")

	stale := message(notify.Stale)
	for range 3 {
		wantNone(t, n.Tell(t.Context(), stale))
		stale.At, stale.RunID = stale.At.Add(time.Hour), stale.RunID+"K"
	}
	count(2, 5, "the same three times")
	other := stale
	other.Account = "second"
	wantNone(t, n.Tell(t.Context(), other))
	count(3, 6, "of another account")
	stale.Lines = []string{"worse"}
	wantNone(t, n.Tell(t.Context(), stale))
	count(4, 7, "it changed")
	if err := n.Settle("main", notify.Stale, notify.Drift); err != nil {
		t.Error(err)
	}
	wantNone(t, n.Tell(t.Context(), stale))
	count(5, 8, "it came back")
	// A week later.
	text, err := os.ReadFile(n.State)
	if err != nil {
		t.Fatal(err)
	}
	var state map[string]any
	if err := json.Unmarshal(text, &state); err != nil {
		t.Fatal(err)
	}
	for _, v := range state["told"].(map[string]any) {
		v.(map[string]any)["at"] = time.Now().Add(-8 * 24 * time.Hour).UTC().Format(time.RFC3339)
	}
	if text, err = json.Marshal(state); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(n.State, text, 0o600); err != nil {
		t.Fatal(err)
	}
	wantNone(t, n.Tell(t.Context(), stale))
	count(6, 9, "a week later")
	// A damaged state tells twice and loses nothing.
	if err := os.WriteFile(n.State, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantNone(t, n.Tell(t.Context(), stale))
	count(7, 10, "a damaged state")
}

// Messages leave nothing behind: no descriptors, no goroutines.
func TestNothingIsLeftOpen(t *testing.T) {
	r := newReceiver(t, func(n int) int { return []int{200, 404}[n%2] })
	s := newMailServer(t, false)
	host := strings.TrimPrefix(r.URL, "http://")
	n := notifier(t, channel("ping", notify.Ping{URL: is(r.URL)}), channel("hook", notify.Webhook{URL: is(r.URL), Secret: is("s")}),
		channel("chat", notify.Chat{URL: is("generic://" + host + "/x?disabletls=yes")}),
		channel("mail", notify.Email{Host: s.host, Port: s.port, TLS: "none", From: "a@example.com", To: []string{"b@example.com"}}))
	descriptors := func() int {
		names, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip("this system does not list descriptors")
		}
		return len(names)
	}
	n.Tell(t.Context(), message(notify.Start))
	fds, routines := descriptors(), runtime.NumGoroutine()
	for range 100 {
		n.Tell(t.Context(), message(notify.Start))
	}
	r.CloseClientConnections()
	for deadline := time.Now().Add(5 * time.Second); ; runtime.Gosched() {
		a, b := descriptors(), runtime.NumGoroutine()
		if a <= fds+5 && b <= routines+10 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("descriptors %d → %d, goroutines %d → %d", fds, a, routines, b)
		}
	}
}

func TestEveryEventIsListedOnce(t *testing.T) {
	t.Parallel()
	seen := slices.Clone(notify.Events)
	slices.Sort(seen)
	if len(slices.Compact(seen)) != len(notify.Events) {
		t.Errorf("events %v", notify.Events)
	}
}
