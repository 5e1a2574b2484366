//go:build unix

package oauth

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"fanlake/extract/fanvuesim"
)

const (
	childFile   = "FANLAKE_TEST_TOKEN_FILE" // makes TestChild the child
	childURL    = "FANLAKE_TEST_TOKEN_URL"
	childRounds = "FANLAKE_TEST_TOKEN_ROUNDS" // renewals; 0: Apply alone
)

// TestChild is no test but the process that the tests below start: one that
// applies and renews a token, as a new Source each time.
func TestChild(t *testing.T) {
	path := os.Getenv(childFile)
	if path == "" {
		t.Skip("only as a child process")
	}
	rounds, err := strconv.Atoi(os.Getenv(childRounds))
	if err != nil {
		t.Fatal(err)
	}
	o := (&rig{file: path, url: os.Getenv(childURL)}).options()
	fmt.Println("ready")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil { // all children start together
		t.Fatal(err)
	}
	h := apply(t, open(t, o))
	for range rounds {
		s := open(t, o)
		if err := s.Renew(t.Context(), h); err != nil {
			t.Fatal(err)
		}
		h = apply(t, s)
	}
}

// A child is a started process, waiting for its word.
type child struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	out   *bufio.Reader
}

func (r *rig) start(t *testing.T, rounds int) *child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: exec.Command(self, "-test.run=^TestChild$", "-test.count=1")}
	c.cmd.Env = append(os.Environ(), childFile+"="+r.file, childURL+"="+r.url, childRounds+"="+strconv.Itoa(rounds))
	c.cmd.Stderr = os.Stderr
	stdin, err1 := c.cmd.StdinPipe()
	stdout, err2 := c.cmd.StdoutPipe()
	if err := errors.Join(err1, err2, c.cmd.Start()); err != nil {
		t.Fatal(err)
	}
	c.stdin, c.out = stdin, bufio.NewReader(stdout)
	if line, err := c.out.ReadString('\n'); err != nil || line != "ready\n" {
		rest, _ := io.ReadAll(c.out)
		t.Fatalf("the child says %q%s, %v", line, rest, errors.Join(err, c.cmd.Wait()))
	}
	return c
}

func (c *child) tell(t *testing.T) {
	t.Helper()
	if _, err := io.WriteString(c.stdin, "go\n"); err != nil {
		t.Fatal(err)
	}
}

// end waits for a child that ends by itself.
func (c *child) end(t *testing.T) {
	t.Helper()
	out, _ := io.ReadAll(c.out)
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("a child failed: %v\n%s", err, out)
	}
}

// kill ends a child, and waits until it is gone.
func (c *child) kill(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Errorf("the child ended by itself: %v", err)
	}
	out, _ := io.ReadAll(c.out)
	var exit *exec.ExitError
	if err := c.cmd.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("the child ended with %v\n%s", err, out)
	}
}

// Processes that find the same token at its end send one refresh.
func TestProcessesRefreshOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, fanvuesim.TokenOptions{Grace: -1}, 0)
	var children []*child
	for range 4 {
		children = append(children, r.start(t, 0))
	}
	for _, c := range children {
		c.tell(t)
	}
	for _, c := range children {
		c.end(t)
	}
	if got := r.endpoint.Counts(); got.Requests != 1 || got.Issued != 1 {
		t.Errorf("counts %+v, want one refresh", got)
	}
	r.checkAlive(t)
}

// Two processes renew one chain as fast as they can. Without a grace, a token
// that is sent twice would end the chain.
func TestProcessesHammer(t *testing.T) {
	t.Parallel()
	const rounds = 60
	r := newRig(t, fanvuesim.TokenOptions{Grace: -1}, time.Hour)
	a, b := r.start(t, rounds), r.start(t, rounds)
	a.tell(t)
	b.tell(t)
	a.end(t)
	b.end(t)
	got := r.endpoint.Counts()
	if got.Requests != got.Issued || got.Issued < rounds || got.Issued > 2*rounds {
		t.Errorf("counts %+v, want %d to %d refreshes, each answered with a pair", got, rounds, 2*rounds)
	}
	r.checkAlive(t)
}

// A trap stops one request at a point of its way and says so.
type trap struct {
	next http.Handler

	mu      sync.Mutex
	point   int // see below
	skip    int // requests that pass first
	reached chan struct{}
}

const (
	beforeRotation = iota // the request has arrived
	afterRotation         // the answer exists, and is not sent
	afterAnswer           // the answer is sent
	points
)

// set puts the trap up; the channel is closed when it snaps.
func (p *trap) set(point, skip int) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.point, p.skip, p.reached = point, skip, make(chan struct{})
	return p.reached
}

func (p *trap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	reached, point := p.reached, p.point
	if p.skip > 0 {
		p.skip--
		reached = nil
	} else {
		p.reached = nil
	}
	p.mu.Unlock()
	if reached == nil {
		p.next.ServeHTTP(w, r)
		return
	}
	switch point {
	case beforeRotation:
		_, _ = io.Copy(io.Discard, r.Body) // the server sees a client leave behind the body
	case afterRotation:
		p.next.ServeHTTP(httptest.NewRecorder(), r)
	case afterAnswer:
		p.next.ServeHTTP(w, r)
		_ = http.NewResponseController(w).Flush()
	}
	close(reached)
	if point != afterAnswer {
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
}

// A process may be killed anywhere between its request and the written file:
// the next one, started within the grace, goes on with the chain.
func TestKilled(t *testing.T) {
	t.Parallel()
	kills := 24
	if os.Getenv("FANLAKE_LONG") == "1" {
		kills = 1000
	}
	const seed = 20261120
	rng := rand.New(rand.NewPCG(seed, 1))
	r := newRig(t, fanvuesim.TokenOptions{}, time.Hour)
	snare := &trap{next: r.endpoint}
	srv := httptest.NewServer(snare)
	defer srv.Close()
	r.url = srv.URL
	held := 0
	for i := range kills {
		point := rng.IntN(points)
		reached := snare.set(point, rng.IntN(4))
		c := r.start(t, 1_000_000)
		c.tell(t)
		select {
		case <-reached:
		case <-t.Context().Done():
			t.Fatal("the trap did not snap")
		}
		if point == afterRotation {
			held++
		} else if point == afterAnswer {
			wait := time.NewTimer(time.Duration(rng.IntN(3000)) * time.Microsecond)
			<-wait.C
		}
		c.kill(t)
		if refresh := readTokens(t, r.file)["refresh_token"]; !r.endpoint.Alive(refresh) {
			t.Fatalf("seed %d, kill %d at point %d: the refresh token in the file is dead", seed, i, point)
		}
		if info, err := os.Stat(r.file + ".new"); err == nil && info.Mode() != 0o600 {
			t.Errorf("the next token file has mode %v", info.Mode())
		}
	}
	s := r.source(t)
	if err := s.Renew(t.Context(), apply(t, s)); err != nil {
		t.Fatalf("seed %d: the chain does not go on: %v", seed, err)
	}
	if h := apply(t, s); r.status(t, h) != 200 {
		t.Error("the last token is refused")
	}
	if got := r.endpoint.Counts(); got.Repeated < held || got.Refused != 0 {
		t.Errorf("counts %+v, %d answers were held back", got, held)
	}
	r.checkAlive(t)
	if left := strings.TrimSpace(dirOf(t, r.file)); left != "tokens.json tokens.json.lock" {
		t.Errorf("the directory holds %s", left)
	}
}

func dirOf(t *testing.T, file string) string {
	t.Helper()
	entries, err := os.ReadDir(strings.TrimSuffix(file, "/tokens.json"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}
