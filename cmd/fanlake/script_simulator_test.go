package main

import (
	"encoding/csv"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"fanlake/extract/fanvuesim"
)

// simulatorsKey is the key of a script's simulators.
type simulatorsKey struct{}

// simulators are the simulated APIs of a script. A script starts them by
//
//	simulate [NAME] [OPTION=VALUE ...]
//
// which puts the address into $BASE_URL and the key into $KEY, or into
// $NAME_BASE_URL and $NAME_KEY. The options are those of
// [startSimulator]. The other commands work on the one that was started last:
//
//	night [N]                  a day passes, or N of them
//	revoke                     the key is refused from now on
//	sunset                     the API version is gone from now on
//	deprecate [off]            answers say that the API version will be gone
//	fault PATH STATUS          what asks for a path is answered with a status
//	fault PATH hang            it is not answered at all
//	fault PATH unknown         a row of the answer has a field that no document names
//	fault PATH FIELD VALUE     the field of each row of the answer has this JSON text
//	fault off                  no more
//	addkey KEY [SCOPE ...]     another key of the same owner is good, for all scopes or these
//	truth FILE                 writes handle, rows and net cents of each creator as CSV
type simulators struct{ last *fanvuesim.Sim }

func simulatorOf(ts *testscript.TestScript) *fanvuesim.Sim {
	s := ts.Value(simulatorsKey{}).(*simulators).last
	if s == nil {
		ts.Fatalf("no API is simulated yet")
	}
	return s
}

func startSimulator(ts *testscript.TestScript, neg bool, args []string) {
	prefix := ""
	if len(args) > 0 && !strings.Contains(args[0], "=") {
		prefix, args = args[0]+"_", args[1:]
	}
	o := fanvuesim.Options{
		World: fanvuesim.WorldOptions{Seed: 1, Agency: true, OwnerIsCreator: true, Creators: 2, FansPerCreator: 30, EarningsPerCreator: 120, ChatsPerCreator: 4, MessagesPerChat: 20},
		Gate:  fanvuesim.GateOptions{Rate: fanvuesim.Rate{Limit: -1}}}
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		n, err := strconv.Atoi(value)
		ts.Check(err)
		switch name {
		case "seed":
			o.World.Seed = uint64(n)
		case "creators":
			o.World.Creators = n
		case "limit": // requests in two seconds
			o.Gate.Rate = fanvuesim.Rate{Limit: n, Per: 2 * time.Second}
		default:
			ts.Fatalf("simulate knows no %s", name)
		}
	}
	s := fanvuesim.New(o)
	server := httptest.NewServer(s.Handler())
	ts.Defer(func() {
		s.Gate().ClearFaults()
		server.CloseClientConnections()
		server.Close()
	})
	ts.Value(simulatorsKey{}).(*simulators).last = s
	ts.Setenv(prefix+"BASE_URL", server.URL)
	ts.Setenv(prefix+"KEY", fanvuesim.DefaultKey)
}

func nightFalls(ts *testscript.TestScript, _ bool, args []string) {
	n := 1
	if len(args) > 0 {
		var err error
		n, err = strconv.Atoi(args[0])
		ts.Check(err)
	}
	for range n {
		simulatorOf(ts).Night()
	}
}

func revokeKey(ts *testscript.TestScript, _ bool, _ []string) {
	simulatorOf(ts).Gate().Revoke(fanvuesim.DefaultKey)
}

func endVersion(ts *testscript.TestScript, _ bool, _ []string) {
	s := simulatorOf(ts)
	s.Gate().SetVersion(fanvuesim.DefaultVersion, fanvuesim.Version{Gone: true, Sunset: s.Now(), Next: "2027-01-15"})
}

func deprecateVersion(ts *testscript.TestScript, _ bool, args []string) {
	v := fanvuesim.Version{Deprecated: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC), Sunset: time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC), Next: "2027-01-15"}
	if len(args) == 1 && args[0] == "off" {
		v = fanvuesim.Version{}
	}
	simulatorOf(ts).Gate().SetVersion(fanvuesim.DefaultVersion, v)
}

func injectFault(ts *testscript.TestScript, neg bool, args []string) {
	gate := simulatorOf(ts).Gate()
	switch {
	case len(args) == 1 && args[0] == "off":
		gate.ClearFaults()
	case len(args) == 2 && args[1] == "hang":
		gate.Inject(fanvuesim.Fault{Kind: fanvuesim.Hang, Path: args[0]})
	case len(args) == 2 && args[1] == "unknown":
		gate.Inject(fanvuesim.Fault{Kind: fanvuesim.UnknownRowField, Path: args[0]})
	case len(args) == 3:
		gate.Inject(fanvuesim.Fault{Kind: fanvuesim.SetField, Path: args[0], Field: args[1], Value: args[2], Row: -1})
	case len(args) == 2:
		status, err := strconv.Atoi(args[1])
		ts.Check(err)
		gate.Inject(fanvuesim.Fault{Kind: fanvuesim.StatusFault, Path: args[0], Status: status})
	default:
		ts.Fatalf("usage: fault PATH STATUS|hang|unknown, fault PATH FIELD VALUE, or fault off")
	}
}

func writeTruth(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: truth FILE")
	}
	world := simulatorOf(ts).World()
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	w := csv.NewWriter(f)
	ts.Check(w.Write([]string{"handle", "rows", "net_cents"}))
	for _, c := range world.Creators() {
		var rows, net int64
		for e := range world.Earnings(c.UUID) {
			if !e.Gone {
				rows, net = rows+1, net+e.Net
			}
		}
		ts.Check(w.Write([]string{c.Handle, strconv.FormatInt(rows, 10), strconv.FormatInt(net, 10)}))
	}
	w.Flush()
	ts.Check(w.Error())
	ts.Check(f.Close())
}

func addKey(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: addkey KEY [SCOPE ...]")
	}
	k := fanvuesim.Key{Value: args[0]}
	if len(args) > 1 {
		k.Scopes = args[1:]
	}
	simulatorOf(ts).Gate().AddKey(k)
}

// receiverKey is the key of a script's receiver.
type receiverKey struct{}

// A receiver is a web server that keeps what it gets. A script starts one by
//
//	receiver             puts its address into $RECEIVER
//	received TEXT COUNT  wants so many requests whose path and body hold the text; a path alone is compared whole
type receiver struct {
	mu  sync.Mutex
	got []string // path, line break, body
}

func startReceiver(ts *testscript.TestScript, _ bool, _ []string) {
	r := ts.Value(receiverKey{}).(*receiver)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got = append(r.got, req.URL.Path+"\n"+string(body))
	}))
	ts.Defer(server.Close)
	ts.Setenv("RECEIVER", server.URL)
}

func wantReceived(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: received TEXT COUNT")
	}
	r := ts.Value(receiverKey{}).(*receiver)
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, g := range r.got {
		path, _, _ := strings.Cut(g, "\n")
		if strings.HasPrefix(args[0], "/") && path == args[0] || !strings.HasPrefix(args[0], "/") && strings.Contains(g, args[0]) {
			n++
		}
	}
	if strconv.Itoa(n) != args[1] {
		ts.Fatalf("received %d times, want %s:\n%s", n, args[1], strings.Join(r.got, "\n--\n"))
	}
}
