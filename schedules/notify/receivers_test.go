package notify_test

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// A received is a request that a receiver got.
type received struct {
	path, body string
	header     http.Header
}

// A receiver is a web server that keeps what it gets, and answers as it is told.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []received
	answer func(n int) int // status of the nth request, from 1; 0 hangs
}

func newReceiver(t *testing.T, answer func(n int) int) *receiver {
	t.Helper()
	r := &receiver{answer: answer}
	hang := make(chan struct{})
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.got = append(r.got, received{req.URL.Path, string(body), req.Header})
		n := len(r.got)
		r.mu.Unlock()
		status := http.StatusOK
		if r.answer != nil {
			status = r.answer(n)
		}
		if status == 0 {
			select {
			case <-req.Context().Done():
			case <-hang:
			}
			return
		}
		if status/100 == 3 {
			w.Header().Set("Location", "https://elsewhere.example/")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "{}") // ntfy wants JSON
	}))
	t.Cleanup(func() {
		close(hang)
		r.Server.CloseClientConnections()
		r.Server.Close()
	})
	return r
}

func (r *receiver) all() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]received(nil), r.got...)
}

func (r *receiver) paths() string {
	var all []string
	for _, g := range r.all() {
		all = append(all, g.path)
	}
	return strings.Join(all, " ")
}

// A mailServer speaks as much SMTP as a client needs: EHLO, STARTTLS, AUTH
// PLAIN and LOGIN, MAIL, RCPT, DATA.
type mailServer struct {
	host  string
	port  int
	certs *x509pair // nil speaks no TLS

	mu     sync.Mutex
	got    []string
	lines  []string // what clients said
	refuse string   // the command that is refused, with a 5xx
	hang   bool     // accepts connections and says nothing
}

type x509pair struct {
	server tls.Certificate
	client *tls.Config
}

func newMailServer(t *testing.T, withTLS bool) *mailServer {
	t.Helper()
	s := &mailServer{}
	if withTLS {
		https := httptest.NewTLSServer(nil) // for its certificate
		t.Cleanup(https.Close)
		client := https.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
		client.ServerName = "example.com"
		s.certs = &x509pair{https.TLS.Certificates[0], client}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().(*net.TCPAddr)
	s.host, s.port = addr.IP.String(), addr.Port
	var wg sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			wg.Go(func() { s.serve(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return s
}

func (s *mailServer) serve(c net.Conn) {
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	s.mu.Lock()
	hang := s.hang
	s.mu.Unlock()
	if hang {
		_, _ = io.Copy(io.Discard, c)
		return
	}
	r := bufio.NewReader(c)
	say := func(format string, args ...any) { fmt.Fprintf(c, format+"\r\n", args...) }
	say("220 mail.test ESMTP")
	secure := false
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		s.mu.Lock()
		s.lines = append(s.lines, line)
		refuse := s.refuse != "" && strings.HasPrefix(line, s.refuse)
		s.mu.Unlock()
		switch word := strings.ToUpper(strings.Fields(line + " x")[0]); {
		case refuse && word == "AUTH":
			say("535 5.7.8 no such user or password")
		case refuse:
			say("550 refused")
		case word == "EHLO":
			say("250-mail.test")
			if s.certs != nil && !secure {
				say("250-STARTTLS")
			}
			say("250 AUTH PLAIN")
		case word == "STARTTLS":
			say("220 go")
			c = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{s.certs.server}, MinVersion: tls.VersionTLS12})
			r, secure = bufio.NewReader(c), true
		case word == "AUTH":
			say("235 in")
		case word == "DATA":
			say("354 go")
			var b strings.Builder
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if strings.TrimRight(line, "\r\n") == "." {
					break
				}
				b.WriteString(line)
			}
			s.mu.Lock()
			s.got = append(s.got, b.String())
			s.mu.Unlock()
			say("250 kept")
		case word == "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (s *mailServer) said(prefix string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, l := range s.lines {
		if strings.HasPrefix(l, prefix) {
			all = append(all, l)
		}
	}
	return strings.Join(all, "\n")
}

func plainAuth(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + password))
}

func (s *mailServer) mails() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.got...)
}

// refuses makes the server refuse a command from now on.
func (s *mailServer) refuses(command string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = command
}

// hangs makes the server say nothing from now on.
func (s *mailServer) hangs() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hang = true
}
