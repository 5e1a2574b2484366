package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/robfig/cron/v3"

	"fanlake/configs"
	"fanlake/extract/fanvuesim"
)

func deployed(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "configs", "deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// isCommand wants a line that the program takes: its command and its flags.
func isCommand(t *testing.T, where string, args []string) {
	t.Helper()
	cmd, rest, err := newRoot(&program{stdout: io.Discard, stderr: io.Discard}).Find(args)
	if err == nil {
		err = cmd.ParseFlags(rest)
	}
	if err == nil && cmd.Args != nil {
		err = cmd.Args(cmd, cmd.Flags().Args())
	}
	if err != nil || cmd.Name() == "fanlake" {
		t.Errorf("%s: fanlake %v: %v", where, args, err)
	}
}

// unit reads a file of systemd: the values of each key.
func unit(text string) map[string][]string {
	values := map[string][]string{}
	for line := range strings.Lines(text) {
		if key, v, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(key, "#") {
			values[key] = append(values[key], v)
		}
	}
	return values
}

// The units are what systemd takes for units, closed in, and given their
// secrets by it.
func TestDeploySystemd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program, err := exec.LookPath("fanlake")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"fanlake.service", "fanlake-sync.service", "fanlake-sync.timer"} {
		text := deployed(t, name)
		if u := unit(text); strings.HasSuffix(name, ".service") {
			for key, want := range map[string]string{"User": "fanlake", "ProtectSystem": "strict", "NoNewPrivileges": "yes", "CapabilityBoundingSet": "", "UMask": "0077", "StateDirectory": "fanlake"} {
				if len(u[key]) != 1 || u[key][0] != want {
					t.Errorf("%s: %s is %q, want %q", name, key, u[key], want)
				}
			}
			line := strings.Fields(u["ExecStart"][0])
			if line[0] != "/usr/local/bin/fanlake" {
				t.Errorf("%s starts %s", name, line[0])
			}
			isCommand(t, name, line[1:])
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.ReplaceAll(text, "/usr/local/bin/fanlake", program)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, ref := range []string{"fanvue-api-key", "pseudonym-key"} {
		if !strings.Contains(deployed(t, "fanlake.yaml"), "credential:"+ref) {
			t.Errorf("the configuration does not refer to %s", ref)
		}
		for _, name := range []string{"fanlake.service", "fanlake-sync.service"} {
			if !slices.Contains(unit(deployed(t, name))["LoadCredential"], ref+":/etc/fanlake/"+ref) {
				t.Errorf("%s does not load %s", name, ref)
			}
		}
	}
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze is not installed; the units are checked for their keys alone")
	}
	analyze := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "systemd-analyze", args...)
		cmd.Env = append(os.Environ(), "SYSTEMD_COLORS=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("systemd-analyze %v: %v\n%s", args, err, out)
		}
	}
	for _, name := range []string{"fanlake.service", "fanlake-sync.service"} {
		analyze("security", "--offline=true", "--threshold=20", "--no-pager", filepath.Join(dir, name))
		analyze("verify", "--man=no", filepath.Join(dir, name))
	}
	analyze("verify", "--man=no", filepath.Join(dir, "fanlake-sync.timer"))
	analyze("calendar", unit(deployed(t, "fanlake-sync.timer"))["OnCalendar"][0])
}

// What the units start works with what systemd gives it: credentials in a
// directory, one directory that may be written to, a home that is that, and a
// socket for its states.
func TestDeployAsSystemdStartsIt(t *testing.T) {
	t.Parallel()
	b := newBench(t, "")
	etc, state, secrets := filepath.Join(b.dir, "etc"), filepath.Join(b.dir, "state"), filepath.Join(b.dir, "credentials")
	for _, dir := range []string{etc, state, secrets} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	api := regexp.MustCompile(`api: .*`).FindString(readFile(t, filepath.Join(b.dir, "fanlake.yaml")))
	config := strings.NewReplacer("/var/lib/fanlake", state, "127.0.0.1:9464", "127.0.0.1:0").Replace(deployed(t, "fanlake.yaml")) + small + api + "\n"
	for path, text := range map[string]string{filepath.Join(etc, "fanlake.yaml"): config, filepath.Join(secrets, "fanvue-api-key"): fanvuesim.DefaultKey + "\n",
		filepath.Join(secrets, "pseudonym-key"): strings.Repeat("5a", 32) + "\n"} {
		if err := os.WriteFile(path, []byte(text), 0o400); err != nil {
			t.Fatal(err)
		}
	}
	m := newManager(t)
	run := func(name string) *process {
		t.Helper()
		line := strings.Fields(unit(deployed(t, name))["ExecStart"][0])[1:]
		// As ProtectSystem=strict does it: all is read-only but the state.
		const closed = `mount --bind "$1" "$1" && cd "$1/state" && mount --bind . "$1/state" && mount -o remount,bind,ro "$1" && cd "$1/state" && shift && exec "$@"`
		p := &process{ended: make(chan struct{})}
		p.Cmd = exec.Command("unshare", append([]string{"--mount", "--propagation", "private", "sh", "-c", closed, "sh", b.dir, "fanlake"}, line...)...)
		p.Dir, p.Stdout, p.Stderr = state, &p.stdout, &p.stderr
		p.Env = []string{"PATH=" + os.Getenv("PATH"), "FANLAKE_CONFIG=" + filepath.Join(etc, "fanlake.yaml"), "HOME=" + state, "CREDENTIALS_DIRECTORY=" + secrets, "NOTIFY_SOCKET=" + m.path}
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		go func() {
			defer close(p.ended)
			_ = p.Wait() // ProcessState says how it ended
		}()
		t.Cleanup(func() {
			_ = p.Process.Kill()
			<-p.ended
		})
		return p
	}
	if err := exec.CommandContext(t.Context(), "unshare", "--mount", "--propagation", "private", "sh", "-c", `mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"`, "sh", b.dir).Run(); err != nil {
		t.Skipf("this system does not let a read-only view of a directory be made: %v", err)
	}
	sync := run("fanlake-sync.service")
	sync.exits(t, 0)
	if _, err := os.Stat(filepath.Join(state, "main", "warehouse.duckdb")); err != nil {
		t.Error(err)
	}
	loop := run("fanlake.service")
	loop.until(t, func() bool { return m.heard("READY=1") == 1 })
	stop(t, loop)
	for _, dir := range []string{etc, secrets} {
		if n := len(names(t, dir)); dir == etc && n != 1 || dir == secrets && n != 2 {
			t.Errorf("%s holds %v", dir, names(t, dir))
		}
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// element is a node of XML.
type element struct {
	XMLName  xml.Name
	Text     string    `xml:",chardata"`
	Children []element `xml:",any"`
}

func parseXML(t *testing.T, name string) element {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(deployed(t, name)))
	var e element
	if err := d.Decode(&e); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if _, err := d.Token(); err != nil && !errors.Is(err, io.EOF) {
		t.Errorf("%s: behind its root: %v", name, err)
	}
	return e
}

// child follows names down.
func (e element) child(path ...string) element {
	for _, name := range path {
		i := slices.IndexFunc(e.Children, func(c element) bool { return c.XMLName.Local == name })
		if i < 0 {
			return element{}
		}
		e = e.Children[i]
	}
	return e
}

func TestDeployLaunchd(t *testing.T) {
	t.Parallel()
	e := parseXML(t, "fanlake.plist")
	if e.XMLName.Local != "plist" || len(e.Children) != 1 || e.Children[0].XMLName.Local != "dict" {
		t.Fatal("it is no property list of one dictionary")
	}
	kinds := map[string]string{"Label": "string", "ProgramArguments": "array", "EnvironmentVariables": "dict", "WorkingDirectory": "string", "RunAtLoad": "true",
		"KeepAlive": "dict", "ThrottleInterval": "integer", "ExitTimeOut": "integer", "ProcessType": "string", "Umask": "integer", "StandardErrorPath": "string"}
	list := e.Children[0].Children
	var args []string
	for i := 0; i+1 < len(list); i += 2 {
		key, v := list[i], list[i+1]
		if key.XMLName.Local != "key" || kinds[key.Text] != v.XMLName.Local {
			t.Errorf("%s is of the kind %s, want %q", key.Text, v.XMLName.Local, kinds[key.Text])
		}
		delete(kinds, key.Text)
		if key.Text == "ProgramArguments" {
			for _, a := range v.Children {
				args = append(args, a.Text)
			}
		}
		if key.Text == "Umask" && v.Text != "63" { // 077
			t.Errorf("Umask is %s", v.Text)
		}
	}
	if len(kinds) > 0 || len(list)%2 != 0 {
		t.Errorf("lacks %v", kinds)
	}
	isCommand(t, "fanlake.plist", args[1:])
}

func TestDeployWindows(t *testing.T) {
	t.Parallel()
	e := parseXML(t, "fanlake-task.xml")
	if e.XMLName.Local != "Task" || e.XMLName.Space != "http://schemas.microsoft.com/windows/2004/02/mit/task" {
		t.Errorf("the root is %v", e.XMLName)
	}
	var order []string // the schema has a sequence
	for _, c := range e.Children {
		order = append(order, c.XMLName.Local)
	}
	if want := []string{"RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"}; !slices.Equal(order, want) {
		t.Errorf("it has %v, want %v", order, want)
	}
	for _, c := range []struct{ want, got string }{
		{"IgnoreNew", e.child("Settings", "MultipleInstancesPolicy").Text}, {"true", e.child("Settings", "StartWhenAvailable").Text},
		{"LeastPrivilege", e.child("Principals", "Principal", "RunLevel").Text}, {"1", e.child("Triggers", "CalendarTrigger", "ScheduleByDay", "DaysInterval").Text},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
	isCommand(t, "fanlake-task.xml", strings.Fields(e.child("Actions", "Exec", "Arguments").Text))
}

func TestDeployContainer(t *testing.T) {
	t.Parallel()
	var last []string // instructions of the last stage
	file := strings.ReplaceAll(deployed(t, "Dockerfile"), "\\\n", " ")
	for line := range strings.Lines(file) {
		if strings.HasPrefix(line, "FROM ") {
			last = nil
		}
		last = append(last, strings.TrimSpace(line))
	}
	has := func(prefix string) string {
		i := slices.IndexFunc(last, func(l string) bool { return strings.HasPrefix(l, prefix) })
		if i < 0 {
			t.Errorf("the image has no %q", prefix)
			return ""
		}
		return last[i]
	}
	has("USER 65532:65532")
	has("VOLUME /data")
	has("ENTRYPOINT [")
	quoted := regexp.MustCompile(`"([^"]*)"`)
	var check []string
	for _, m := range quoted.FindAllStringSubmatch(has("HEALTHCHECK "), -1) {
		check = append(check, m[1])
	}
	isCommand(t, "HEALTHCHECK", check[1:])
	if regexp.MustCompile(`(?m)^(ADD|MAINTAINER) |:latest`).MatchString(file) || strings.Contains(file, "FANVUE_API_KEY") {
		t.Error("the image takes something unpinned, or a key")
	}

	var compose struct {
		Services map[string]struct {
			Command     []string
			User        string
			ReadOnly    bool     `yaml:"read_only"`
			CapDrop     []string `yaml:"cap_drop"`
			SecurityOpt []string `yaml:"security_opt"`
			Volumes     []string
			Secrets     []string
			Ports       []string
			Healthcheck struct{ Test []string }
		}
		Volumes map[string]any
		Secrets map[string]struct{ File string }
	}
	if err := yaml.Unmarshal([]byte(deployed(t, "compose.yaml")), &compose); err != nil {
		t.Fatal(err)
	}
	s := compose.Services["fanlake"]
	if !s.ReadOnly || s.User != "65532:65532" || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") || !slices.Contains(s.Volumes, "data:/data") {
		t.Errorf("the service is not closed in: %+v", s)
	}
	for _, p := range s.Ports {
		if !strings.HasPrefix(p, "127.0.0.1:") {
			t.Errorf("port %s is open to others", p)
		}
	}
	isCommand(t, "compose", s.Command)
	isCommand(t, "compose health check", s.Healthcheck.Test[2:])
	for _, name := range []string{"fanlake.yaml", "docker.yaml"} {
		c, err := configs.Parse([]byte(deployed(t, name)), filepath.Join("/etc/fanlake", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, ref := range []string{c.Accounts[0].APIKey.String(), c.Accounts[0].SecretKey.String()} {
			secret, ok := strings.CutPrefix(ref, "credential:")
			if _, there := compose.Secrets[secret]; !ok || !there || !slices.Contains(s.Secrets, secret) {
				t.Errorf("%s: %s is no secret of the service", name, ref)
			}
		}
	}
}

func TestDeployCron(t *testing.T) {
	t.Parallel()
	lines := 0
	for line := range strings.Lines(deployed(t, "fanlake.cron")) {
		f := strings.Fields(line)
		if len(f) < 7 || f[0] == "#" {
			continue
		}
		lines++
		if _, err := cron.ParseStandard(strings.Join(f[:5], " ")); err != nil {
			t.Error(err)
		}
		isCommand(t, "fanlake.cron", f[7:])
	}
	if lines != 1 {
		t.Errorf("%d lines run something", lines)
	}
}
