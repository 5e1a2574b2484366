package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"fanlake/extract/fanvuesim"
)

// ageKeygen is what the pages use of age's own program, which few machines have.
func ageKeygen() {
	args := os.Args[1:]
	if len(args) == 2 && args[0] == "-o" {
		id, err := age.GenerateX25519Identity()
		if err == nil {
			err = os.WriteFile(args[1], []byte(id.String()+"\n"), 0o600)
		}
		if err != nil {
			os.Exit(1)
		}
		return
	}
	text, err := os.ReadFile(args[len(args)-1])
	if err != nil {
		os.Exit(1)
	}
	id, err := age.ParseX25519Identity(strings.TrimSpace(string(text)))
	if err != nil {
		os.Exit(1)
	}
	fmt.Println(id.Recipient())
}

// shims are programs that a page asks for and a test machine does not let run:
// they do what is left of them here. docker and systemctl are only asked.
func shims() map[string]string {
	const quiet = "#!/bin/sh\nexit 0\n"
	return map[string]string{
		"sudo":      "#!/bin/sh\n[ \"$1\" = -u ] && shift 2\nexec \"$@\"\n",
		"systemctl": quiet, "useradd": quiet, "chown": quiet, "docker": quiet,
		"install": `#!/bin/bash
args=()
while (($#)); do case $1 in -o | -g) shift 2 ;; *) args+=("$1"); shift ;; esac; done
exec /usr/bin/install "${args[@]}"
`,
		"go": "#!/bin/sh\n[ \"$1\" = build ] && cp \"$PROGRAM\" fanlake\n",
	}
}

// machine is a place with the directories of a server below it.
type machine struct{ root, home string }

func newMachine(t *testing.T) machine {
	t.Helper()
	m := machine{root: t.TempDir()}
	m.home = filepath.Join(m.root, "home")
	for _, dir := range []string{"etc/systemd/system", "etc/cron.d", "usr/local/bin", "var/lib/fanlake", "var/backups", "home", "shims"} {
		if err := os.MkdirAll(filepath.Join(m.root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range shims() {
		if err := os.WriteFile(filepath.Join(m.root, "shims", name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// below puts the paths of a server below the machine's root.
func (m machine) below(text string) string {
	for _, dir := range []string{"/etc/", "/usr/local/", "/var/"} {
		text = strings.ReplaceAll(text, dir, m.root+dir)
	}
	return text
}

// run runs a line of a page.
func (m machine) run(t *testing.T, line string) string {
	t.Helper()
	program, err := exec.LookPath("fanlake")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-ec", m.below(line))
	cmd.Dir = m.home
	cmd.Env = []string{"PATH=" + filepath.Join(m.root, "shims") + ":" + filepath.Join(m.root, "usr/local/bin") + ":" + os.Getenv("PATH"), "HOME=" + m.home, "PROGRAM=" + program}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
	return string(out)
}

// The pages on deploying are tried as they are written: every line of their
// console blocks, one after the other, on a machine whose directories lie below a
// temporary one. Lines behind "new$ " are those of another machine.
func TestPagesOfDeploying(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("there is no bash to try the pages with")
	}
	for _, tool := range []string{"openssl", "/usr/bin/install"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("there is no %s to try the pages with", tool)
		}
	}
	now := time.Now().UTC().Truncate(time.Second) // doctor compares clocks
	sim := fanvuesim.New(fanvuesim.Options{Now: now, Ticking: true, Gate: fanvuesim.GateOptions{Rate: fanvuesim.Rate{Limit: -1}},
		World: fanvuesim.WorldOptions{Seed: 3, Agency: true, Creators: 2, FansPerCreator: 30, EarningsPerCreator: 120, ChatsPerCreator: 4, MessagesPerChat: 20}})
	server := httptest.NewServer(sim.Handler())
	t.Cleanup(server.Close)
	prepare := func() machine {
		m := newMachine(t)
		api := fmt.Sprintf("%sapi: {base_url: %q, rate_limit: {requests: 100000, per: 1s}}\n", small, server.URL)
		for _, name := range []string{"fanlake.yaml", "fanlake.service", "fanlake.cron"} {
			text := deployed(t, name)
			if name == "fanlake.yaml" {
				text = m.below(text) + api
			}
			path := filepath.Join(m.home, "configs", "deploy", name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(m.home, "fanvue-api-key"), []byte(fanvuesim.DefaultKey+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return m
	}
	old, other := prepare(), prepare()
	page := readFile(t, filepath.Join(root, "configs", "README.md"))
	var setUp []string
	where, tried := "", 0
	for block := range strings.SplitSeq(page, "\n## ") {
		title, _, _ := strings.Cut(block, "\n")
		inside, script := false, []string{}
		for line := range strings.Lines(block) {
			line = strings.TrimSuffix(line, "\n")
			if heading, ok := strings.CutPrefix(line, "### "); ok {
				where = heading
			}
			if strings.HasPrefix(line, "```") {
				if inside && len(script) > 0 { // a block is one session: it may change directory
					tried++
					out := old.run(t, strings.Join(script, "\n"))
					t.Logf("%s: %d lines\n%s", title, len(script), out)
				}
				inside, script = line == "```console", nil
				continue
			}
			if !inside {
				continue
			}
			if line, ok := strings.CutPrefix(line, "new$ "); ok {
				if tried++; setUp != nil {
					move(t, old, other)
					other.run(t, strings.Join(setUp, "\n"))
					setUp = nil
				}
				other.run(t, line)
				continue
			}
			line, ok := strings.CutPrefix(line, "$ ")
			if !ok {
				t.Fatalf("%s: %q is no line of a session", title, line)
			}
			script = append(script, line)
			if strings.HasSuffix(title, "set-up on a server") && where == "systemd" && len(setUp) < 10 && !strings.Contains(line, "openssl") {
				setUp = append(setUp, line)
			}
			if strings.Contains(line, "enable --now fanlake") { // what the service does in its first night
				script = append(script, "CREDENTIALS_DIRECTORY=/etc/fanlake fanlake --config /etc/fanlake/fanlake.yaml sync --quiet")
			}
		}
	}
	if tried < 10 {
		t.Errorf("only %d blocks were tried", tried)
	}
	for _, m := range []machine{old, other} {
		m.run(t, "CREDENTIALS_DIRECTORY=/etc/fanlake fanlake --config /etc/fanlake/fanlake.yaml verify")
	}
	const ask = `fanlake --config /etc/fanlake/fanlake.yaml query "SELECT count(*), sum(net_cents)::BIGINT FROM mart.fct_earnings"`
	if before, after := old.run(t, ask), other.run(t, ask); before != after || before == "" {
		t.Errorf("the new machine has %q, the old one %q", after, before)
	}
}

// move takes what the page says to take to another machine.
func move(t *testing.T, from, to machine) {
	t.Helper()
	for _, path := range []string{filepath.Join(from.home, "pseudonym-key"), filepath.Join(from.home, "backup.key"), filepath.Join(from.root, "var/backups/fanlake/moving.tar.age")} {
		if err := os.WriteFile(filepath.Join(to.home, filepath.Base(path)), []byte(readFile(t, path)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
