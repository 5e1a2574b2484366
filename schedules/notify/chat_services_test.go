package notify_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"fanlake/schedules/notify"
)

// internet stands for the hosts of chat services: a proxy that says it is each
// of them, with certificates of an authority of its own.
type internet struct {
	proxy     *httptest.Server
	authority string // a file
	leaf      tls.Certificate

	mu     sync.Mutex
	got    []received                                  // paths with their hosts
	answer func(host string) (status int, body string) // status 0 refuses the connection
}

func newInternet(t *testing.T, hosts ...string) *internet {
	t.Helper()
	n := &internet{authority: filepath.Join(t.TempDir(), "authority.pem")}
	sign := func(of, parent *x509.Certificate, key, by *ecdsa.PrivateKey) []byte {
		der, err := x509.CreateCertificate(rand.Reader, of, parent, &key.PublicKey, by)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	from, to := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	root := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: from, NotAfter: to, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), NotBefore: from, NotAfter: to, DNSNames: hosts, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	n.leaf = tls.Certificate{Certificate: [][]byte{sign(leaf, root, key, key)}, PrivateKey: key}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: sign(root, root, key, key)})
	if err := os.WriteFile(n.authority, text, 0o600); err != nil {
		t.Fatal(err)
	}
	n.proxy = httptest.NewServer(http.HandlerFunc(n.connect))
	t.Cleanup(n.proxy.Close)
	return n
}

// connect answers one request to a host.
func (n *internet) connect(w http.ResponseWriter, req *http.Request) {
	host, _, err := net.SplitHostPort(req.Host)
	if err != nil || req.Method != http.MethodConnect {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	n.mu.Lock()
	status, body := n.answer(host)
	n.mu.Unlock()
	if status == 0 {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
	secure := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{n.leaf}, MinVersion: tls.VersionTLS12})
	defer secure.Close()
	asked, err := http.ReadRequest(bufio.NewReader(secure))
	if err != nil {
		return
	}
	text, _ := io.ReadAll(asked.Body)
	n.mu.Lock()
	n.got = append(n.got, received{host + asked.URL.Path, string(text), asked.Header})
	n.mu.Unlock()
	fmt.Fprintf(secure, "HTTP/1.1 %d %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", status, http.StatusText(status), len(body), body)
}

// A chatTask is what a child process sends, to an address each.
type chatTask struct {
	Addresses []string
	Text      string
	Event     notify.Event
}

// TestChatChild is the process that sends: its proxy and its authorities come
// from its environment, which Go reads once.
func TestChatChild(t *testing.T) {
	text, ok := os.LookupEnv("NOTIFY_CHAT_TASK")
	if !ok {
		t.Skip("a helper of TestChatServices")
	}
	var task chatTask
	if err := json.Unmarshal([]byte(text), &task); err != nil {
		t.Fatal(err)
	}
	answers := []string{}
	for _, a := range task.Addresses {
		m := message(task.Event)
		m.Lines = []string{task.Text}
		failed := notifier(t, channel("chat", notify.Chat{URL: is(a)})).Tell(t.Context(), m)
		said := ""
		for _, f := range failed {
			said += f.Error
		}
		answers = append(answers, said)
	}
	out, err := json.Marshal(answers)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("answers %s\n", out)
}

// answers sets what is answered from now on.
func (n *internet) answers(answer func(host string) (status int, body string)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.answer = answer
}

// taken returns what came since it was asked last.
func (n *internet) taken() []received {
	n.mu.Lock()
	defer n.mu.Unlock()
	got := n.got
	n.got = nil
	return got
}

// send lets a child process send to the services and returns what it says of each.
func (n *internet) send(t *testing.T, task chatTask) []string {
	t.Helper()
	input, err := json.Marshal(task)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChatChild$", "-test.v")
	cmd.Env = append(os.Environ(), "NOTIFY_CHAT_TASK="+string(input), "HTTPS_PROXY="+n.proxy.URL, "https_proxy=", "NO_PROXY=", "no_proxy=", "SSL_CERT_FILE="+n.authority, "SSL_CERT_DIR="+filepath.Dir(n.authority))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, rest, ok := strings.Cut(string(out), "answers ")
	line, _, _ := strings.Cut(rest, "\n")
	var answers []string
	if err := json.Unmarshal([]byte(line), &answers); err != nil || !ok || len(answers) != len(task.Addresses) {
		t.Fatalf("%v: %s", err, out)
	}
	return answers
}

// Slack, Discord and Telegram get a message where their services listen, each
// says so when it did not, whatever kept it away, and what it says holds no part
// of the address.
func TestChatServices(t *testing.T) {
	t.Parallel()
	n := newInternet(t, "hooks.slack.com", "slack.com", "discord.com", "api.telegram.org")
	task := chatTask{Event: notify.Start /* one attempt */, Text: "a line with <b>, & and _marks_", Addresses: []string{
		"slack://hook:TSECRET01-BSECRET02-secretsecretsecretsecret@webhook",
		"slack://xoxb:123456789012-1234567890123-secretsecretsecretsecret@C0123456789",
		"discord://secretsecret-secret_secret@123456789012345678",
		"telegram://123456789:AAsecretsecretsecretsecretsecretsec@telegram?chats=@first,-1001234567890:42&notification=no",
	}}
	good := map[string]string{"hooks.slack.com": "ok", "slack.com": `{"ok":true}`, "discord.com": "", "api.telegram.org": `{"ok":true,"result":{}}`}
	n.answers(func(host string) (int, string) { return http.StatusOK, good[host] })
	for i, said := range n.send(t, task) {
		if said != "" {
			t.Errorf("%s: %s", task.Addresses[i], said)
		}
	}
	want := []string{"hooks.slack.com/services/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", "slack.com/api/chat.postMessage", "discord.com/api/webhooks/123456789012345678/secretsecret-secret_secret",
		"api.telegram.org/bot123456789:AAsecretsecretsecretsecretsecretsec/sendMessage", "api.telegram.org/bot123456789:AAsecretsecretsecretsecretsecretsec/sendMessage"}
	got := n.taken()
	if len(got) != len(want) {
		t.Fatalf("%d requests, want %d: %+v", len(got), len(want), got)
	}
	for i, g := range got {
		if g.path != want[i] {
			t.Errorf("request %d is to %s, want %s", i, g.path, want[i])
		}
		var body any
		if err := json.Unmarshal([]byte(g.body), &body); err != nil {
			t.Errorf("%s: %v", g.path, err)
		}
		if all := fmt.Sprint(body); !strings.Contains(all, "fanlake main: start") || !strings.Contains(all, task.Text) || strings.Contains(all, "12.34") {
			t.Errorf("%s got %s", g.path, g.body)
		}
	}
	var chat struct {
		ID     string `json:"chat_id"`
		Thread int    `json:"message_thread_id"`
		Quiet  bool   `json:"disable_notification"`
		Mode   string `json:"parse_mode"`
	}
	if err := json.Unmarshal([]byte(got[4].body), &chat); err != nil || chat.ID != "-1001234567890" || chat.Thread != 42 || !chat.Quiet || chat.Mode != "" {
		t.Errorf("telegram got %s", got[4].body)
	}

	// Longer than Telegram takes: it gets the beginning.
	long := chatTask{Event: notify.Start, Text: strings.Repeat("é", 5000), Addresses: task.Addresses[3:]}
	said := n.send(t, long)
	if got = n.taken(); said[0] != "" || len(got) != 2 {
		t.Fatalf("a long text: %q, %d requests", said, len(got))
	}
	var cut struct{ Text string }
	if err := json.Unmarshal([]byte(got[0].body), &cut); err != nil || len([]rune(cut.Text)) != 4096 {
		t.Errorf("%d characters, %v", len([]rune(cut.Text)), err)
	}

	for _, bad := range []struct {
		what   string
		status int
		body   string
	}{
		{"no way there", 0, ""},
		{"a page of a proxy", http.StatusBadRequest, "<html>no</html>"},
		{"refused", http.StatusUnauthorized, `{"ok":false,"error_code":401,"description":"Unauthorized"}`},
		{"not found", http.StatusNotFound, ""},
	} {
		n.answers(func(string) (int, string) { return bad.status, bad.body })
		for i, said := range n.send(t, task) {
			if said == "" {
				t.Errorf("%s: %s says that it arrived", bad.what, task.Addresses[i])
			}
			for _, secret := range []string{"secret", "SECRET", "123456789", "C0123456789", "1001234567890"} {
				if strings.Contains(said, secret) {
					t.Errorf("%s: the error of %s holds %q: %s", bad.what, task.Addresses[i], secret, said)
				}
			}
			t.Logf("%s: %s", bad.what, said)
		}
	}
}

// A chat that took a message, or refused it for good, does not get it again where
// another one of the address is to be tried again.
func TestTelegramTriesAgainWhatFailed(t *testing.T) {
	t.Parallel()
	n := newInternet(t, "api.telegram.org")
	task := chatTask{Event: notify.Success, Text: strings.Repeat("😀", 3000), Addresses: []string{"telegram://123456789:AAsecretsecretsecretsecretsecretsec@telegram?chats=@first,@second"}}
	for _, c := range []struct {
		what    string
		answers []int // in their order
		chats   string
		fails   bool
	}{
		{"the first is busy", []int{503, 200, 200}, "@first @second @first", false},
		{"the second is busy", []int{200, 503, 200}, "@first @second @second", false},
		{"the first refuses, the second is busy", []int{400, 503, 200}, "@first @second @second", true},
		{"both refuse", []int{400, 400}, "@first @second", true},
	} {
		asked := 0
		n.answers(func(string) (int, string) {
			asked++
			return c.answers[min(asked, len(c.answers))-1], `{"ok":true}`
		})
		said := n.send(t, task)[0]
		var chats []string
		for _, g := range n.taken() {
			var m struct {
				Chat string `json:"chat_id"`
				Text string
			}
			if err := json.Unmarshal([]byte(g.body), &m); err != nil {
				t.Fatal(err)
			}
			chats = append(chats, m.Chat)
			if units := len(utf16.Encode([]rune(m.Text))); units > 4096 || units < 4095 || !strings.HasSuffix(m.Text, "😀…") {
				t.Errorf("%d units of UTF-16", units)
			}
		}
		if got := strings.Join(chats, " "); got != c.chats || (said != "") != c.fails {
			t.Errorf("%s: sent to %s (%q), want %s", c.what, got, said, c.chats)
		}
	}
}
