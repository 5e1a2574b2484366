package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes the test binary the program: scripts and tests run it as
// fanlake.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"fanlake": main, "age-keygen": ageKeygen})
}

// TestScripts runs the files of testdata/script, one behaviour each. Beside the
// commands of testscript they have
//
//	exits STATUS COMMAND...    runs a command and wants its exit status
//	mode OCTAL FILE            wants the permissions of a file
//	snapshot DIR               notes what is in a directory
//	unchanged DIR              wants the same in it as at the last snapshot
//	damage FILE BYTES          cuts files that match a pattern down
//	expand FILE                puts the values of $NAMES into a file
//
// and those of a simulated API, see simulated.
//
// UPDATE_SCRIPTS=1 rewrites the files that cmp compares with.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(env *testscript.Env) error {
			env.Values[snapshotsKey{}] = snapshots{}
			env.Values[simulatorsKey{}] = &simulators{}
			env.Values[receiverKey{}] = &receiver{}
			return setHome(env)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":     wantStatus,
			"mode":      wantMode,
			"snapshot":  takeSnapshot,
			"unchanged": wantUnchanged,
			"damage":    cutFiles,
			"expand":    expandFile,
			"simulate":  startSimulator,
			"night":     nightFalls,
			"fault":     injectFault,
			"revoke":    revokeKey,
			"sunset":    endVersion,
			"deprecate": deprecateVersion,
			"truth":     writeTruth,
			"addkey":    addKey,
			"receiver":  startReceiver,
			"received":  wantReceived,
		},
	})
}

// setHome gives a script an empty home directory.
func setHome(env *testscript.Env) error {
	home := filepath.Join(env.WorkDir, "home")
	env.Setenv("HOME", home)
	env.Setenv("XDG_CONFIG_HOME", "")
	env.Setenv("FANLAKE_CONFIG", "")
	env.Setenv("FANVUE_API_KEY", "")
	return os.Mkdir(home, 0o700)
}

func wantStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS COMMAND...")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit status %d, want %s", got, args[0])
	}
}

func wantMode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode OCTAL FILE")
	}
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[0] {
		ts.Fatalf("%s has mode %s, want %s", args[1], got, args[0])
	}
}
