package pipeline

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"fanlake/extract"
)

// The severities of findings.
const (
	OK      = "ok"
	Warning = "warning"
	Problem = "problem"
)

// A Finding is one thing that doctor looked at.
type Finding struct {
	Name   string `json:"name"`
	State  string `json:"state"` // ok, warning or problem
	Detail string `json:"detail"`
	Next   string `json:"next,omitempty"` // what to do, where something is wrong
}

// maxSkew is the difference of clocks from which on doctor complains; nothing
// else depends on the local clock.
const maxSkew = 5 * time.Minute

// lowDisk is the free space below which doctor warns, unless the warehouse takes
// more.
const lowDisk = 2 << 30

// Doctor looks at everything a run needs: directory, key files, clock, the
// credential and, stream by stream, what it may read. It spends one request a
// stream. The error is the one a run would end with, if any.
func (a Account) Doctor(ctx context.Context, report Reporter) ([]Finding, error) {
	findings := a.inspectDisk()
	o, err := a.readOwner()
	if err != nil {
		return append(findings, Finding{"owner", Problem, err.Error(), "restore owner.json from a backup"}), err
	}
	findings = append(findings, a.inspectKey(o))
	findings = append(findings, a.inspectKeyAge()...)
	access, err := a.connect(nil, report)
	if err != nil {
		return findings, err
	}
	c := &extract.Client{Doer: access, BaseURL: a.BaseURL, Prefix: a.surface().Prefix()}
	found, err := a.inspectAPI(ctx, c, access, o)
	return append(findings, found...), errors.Join(err, access.Close())
}

func (a Account) inspectAPI(ctx context.Context, c *extract.Client, access *access, o owner) ([]Finding, error) {
	me, err := whoami(ctx, c)
	surfaces := a.inspectSurfaces(ctx, access, err)
	if err != nil {
		return append([]Finding{unanswered(err)}, surfaces...), err
	}
	findings := []Finding{{Name: "credential", State: OK, Detail: "the key belongs to " + me.UUID}}
	if err := a.checkOwner(o, me); err != nil {
		return append(findings, Finding{"owner", Problem, err.Error(), "use the owner's key, or another account"}), err
	}
	skew, _ := access.buckets[""].transport.Skew()
	skew = skew.Round(time.Second)
	f := Finding{Name: "clock", State: OK, Detail: fmt.Sprintf("%s from the server's", skew)}
	if skew.Abs() > maxSkew {
		f.State, f.Next = Problem, "set this machine's clock; schedules would run at the wrong time"
	}
	findings = slices.Concat(findings, []Finding{f, lifecycleFinding(access)}, surfaces)
	streams, err := a.inspectStreams(ctx, c, me)
	if findings = append(findings, streams...); err != nil {
		return findings, err
	}
	names, err := a.inspectNames(ctx, c, me)
	return append(findings, names...), err
}

// unanswered says what to do where even whose key it is was not answered.
func unanswered(err error) Finding {
	f := Finding{Name: "credential", State: Problem, Detail: err.Error()}
	var status *extract.StatusError
	var network net.Error
	switch {
	case errors.Is(err, extract.ErrUnauthorized):
		f.Next = "if the key was revoked or replaced, put the one that is valid where api_key of the configuration points to"
	case errors.As(err, &status):
		f.Name = "api"
	case errors.As(err, &network) && !isNumber(network):
		f.Name, f.Next = "api", "check the network and api.base_url of the configuration"
	}
	return f
}

// isNumber reports whether err is a number of the system's errors alone, which
// has the methods of a net.Error and is one of files as well.
func isNumber(err net.Error) bool {
	_, is := err.(syscall.Errno)
	return is
}

func lifecycleFinding(access *access) Finding {
	f := Finding{Name: "api version", State: OK, Detail: "current"}
	if l := access.lifecycle(); l.Deprecated() {
		f.State, f.Detail, f.Next = Warning, "deprecated", "look for a newer version of fanlake"
		if l.Deprecation != "" {
			f.Detail += " " + l.Deprecation
		}
		if l.Sunset != "" {
			f.Detail += ", ends " + l.Sunset
			f.Next = "upgrade fanlake before that day"
		}
		if l.NextVersion != "" {
			f.Next += "; the next version is " + l.NextVersion
		}
	}
	return f
}

// inspectDisk looks at the data directory.
func (a Account) inspectDisk() []Finding {
	f := Finding{Name: "data directory", State: OK, Detail: a.Dir}
	info, err := os.Stat(a.Dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		f.Detail += " will be created by the first sync"
		if there := existing(a.Dir); unix.Access(there, unix.W_OK) != nil {
			f.State, f.Detail, f.Next = Problem, there+" is not writable", "give this user write access, or change data_dir"
		}
		return slices.Concat([]Finding{f}, a.inspectSpace(existing(a.Dir)), a.inspectNetwork(existing(a.Dir)))
	case err != nil:
		return []Finding{{f.Name, Problem, err.Error(), "check data_dir in the configuration"}}
	case info.Mode().Perm()&0o077 != 0:
		f.State, f.Detail, f.Next = Warning, fmt.Sprintf("%s is open to others (%04o)", a.Dir, info.Mode().Perm()), "chmod 700 "+a.Dir
	case unix.Access(a.Dir, unix.W_OK) != nil:
		f.State, f.Detail, f.Next = Problem, a.Dir+" is not writable", "give this user write access, or change data_dir"
	}
	return slices.Concat([]Finding{f, a.inspectPlace()}, a.inspectSpace(a.Dir), a.inspectNetwork(a.Dir))
}

// inspectSpace looks at what is free where dir, which exists, is.
func (a Account) inspectSpace(dir string) []Finding {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return nil
	}
	free := int64(st.Bavail) * int64(st.Bsize)
	d := Finding{Name: "disk", State: OK, Detail: fmt.Sprintf("%.1f GiB free", float64(free)/(1<<30))}
	need := int64(lowDisk)
	if info, err := os.Stat(a.Published()); err == nil {
		need = max(need, info.Size()) // a publication can be a whole copy
	}
	if free < need {
		d.State, d.Next = Warning, "free some space; a run that cannot write ends with what it has"
	}
	return []Finding{d}
}

// existing is the innermost directory of a path that is there.
func existing(dir string) string {
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(dir); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	return dir
}

// inspectPlace warns of directories whose content leaves the machine.
func (a Account) inspectPlace() Finding {
	f := Finding{Name: "place", State: OK, Detail: "not inside a repository or a synchronised folder"}
	abs, err := filepath.Abs(a.Dir)
	if err != nil {
		return f
	}
	synced := []string{"Dropbox", "OneDrive", "Google Drive", "iCloud Drive", "Nextcloud", "Mobile Documents"}
	for dir := abs; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if slices.Contains(synced, filepath.Base(dir)) {
			return Finding{f.Name, Warning, dir + " is synchronised elsewhere", "move data_dir: the data is private to the key's owner"}
		}
		if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
			return Finding{f.Name, Warning, dir + " is a git repository", "move data_dir outside, or make sure that it is ignored"}
		}
	}
	return f
}

// inspectKey looks at the pseudonym key.
func (a Account) inspectKey(o owner) Finding {
	f := Finding{Name: "pseudonym key", State: OK}
	key, err := a.existingKey(o)
	switch {
	case err != nil:
		f.State, f.Detail, f.Next = Problem, err.Error(), "restore it from its backup"
	case key.IsZero():
		f.Detail = "will be created by the first sync: " + a.Key.String()
	default:
		f.Detail = fmt.Sprintf("%s, fingerprint %s; keep a backup of it apart from the data", a.Key, key.Fingerprint())
	}
	return f
}
