package load

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// nodeEnv names a directory whose node_modules has Node's DuckDB client, as
// .ci/run makes it:
//
//	npm install --prefix DIRECTORY @duckdb/node-api@1.5.6-r.1
const nodeEnv = "FANLAKE_NODE_CLIENT"

// nodeClient returns the program and the directory, or skips the test.
func nodeClient(t *testing.T) (node, modules string) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed: the recipe for it is not tested")
	}
	modules = os.Getenv(nodeEnv)
	if modules == "" {
		t.Skipf("%s names no directory with Node's DuckDB client: the recipe for it is not tested", nodeEnv)
	}
	if _, err := os.Stat(filepath.Join(modules, "node_modules", "@duckdb", "node-api")); err != nil {
		t.Skipf("%s has no @duckdb/node-api: %v", nodeEnv, err)
	}
	return node, modules
}

// A second process opens the published file read-only again and again while a
// load applies parts and publishes: it never meets a lock, what it finds is
// always one whole state, and states do not go back.
func TestAnotherProgramReadsThroughoutLoads(t *testing.T) {
	t.Parallel()
	node, modules := nodeClient(t)
	l := newLake(t)
	w := l.open()
	load := func(seq int64) {
		from, to := at(int(seq)*100), at(int(seq+1)*100)
		var rows []map[string]any
		for i := range int64(200) {
			rows = append(rows, earning(1, int(seq*1000+i), from.Add(time.Duration(i)*time.Second), 100+i, "availableForPayout", seq, 1))
		}
		l.write(l.footer("earnings", seq, 1), window("earnings", 1, string(rune('a'+seq)), from, to, seq, 1, 1, rows...))
		l.apply(w)
		if _, err := w.Finish(t.Context()); err != nil {
			t.Fatal(err)
		}
		if did, err := w.Publish(t.Context()); err != nil || !did {
			t.Fatalf("published: %v, %v", did, err)
		}
	}
	load(1)

	cmd := exec.CommandContext(t.Context(), node, "testdata/reader.cjs", modules, filepath.Join(l.dir, "warehouse.duckdb"))
	var talk bytes.Buffer
	cmd.Stderr = &talk
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	type state struct{ months, net, rows, parts int64 }
	seen := make(chan state, 1000)
	go func() {
		defer close(seen)
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			var v [4]int64
			if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
				t.Errorf("the reader printed %q: %v", lines.Bytes(), err)
			}
			seen <- state{v[0], v[1], v[2], v[3]}
		}
	}()

	reads, states := 0, map[state]bool{}
	var last state
	take := func(s state) {
		if want := (state{s.net, s.net, 200 * s.parts, s.parts}); s != want || s.net < last.net {
			t.Errorf("read %+v behind %+v: not one whole state, or an older one", s, last)
		}
		last, reads, states[s] = s, reads+1, true
	}
	// Loads go on until the reader has met some of them; a reader that ended has
	// failed, and says so below.
	const enough = 5
	ended := false
	for seq := int64(2); !ended && (seq <= 6 || len(states) < enough && seq < 20); seq++ {
		load(seq)
		for more := true; more && !ended; {
			select {
			case s, ok := <-seen:
				if ended = !ok; ok {
					take(s)
				}
			default:
				more = false
			}
		}
	}
	if err := stdin.Close(); err != nil {
		t.Error(err)
	}
	for s := range seen {
		take(s)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the reader failed: %v\n%s", err, talk.String())
	}
	if reads < enough || len(states) < enough {
		t.Errorf("%d reads of %d states, want %d at least", reads, len(states), enough)
	}
	t.Logf("%d reads of %d published states", reads, len(states))
}
