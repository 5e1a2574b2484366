package schedules_test

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"fanlake/schedules"
)

// childEnv makes the test binary a process that runs a job until it is killed.
const childEnv = "FANLAKE_TEST_RUN"

func TestMain(m *testing.M) {
	if state := os.Getenv(childEnv); state != "" {
		s, err := schedules.New("nightly", "0 3 * * *", "UTC", "sync")
		if err != nil {
			os.Exit(2)
		}
		_ = schedules.Loop{Schedules: []schedules.Schedule{s}, State: state, Log: slog.New(slog.DiscardHandler)}.Once(context.Background(), s,
			func(context.Context, schedules.Schedule, time.Time) error {
				_, _ = os.Stdout.WriteString("running\n")
				_, err := os.Stdin.Read(make([]byte, 1))
				return err
			})
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A run is under way as long as its process is, and a killed one from then on.
func TestAKilledRunIsNotUnderWay(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "schedules.json")
	if results, err := schedules.Results(state); err != nil || len(results) != 0 {
		t.Fatalf("without a file: %v, %v", results, err)
	}
	outcome := func(want string) {
		t.Helper()
		results, err := schedules.Results(state)
		if r := results["nightly"]; err != nil || r.Outcome != want || r.StartedAt.IsZero() {
			t.Errorf("%+v, %v; want the outcome %q", r, err, want)
		}
	}
	start := func() (cmd *exec.Cmd, end func()) {
		cmd = exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childEnv+"="+state)
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(make([]byte, 8)); err != nil {
			t.Fatal(err)
		}
		return cmd, func() { _, _ = in.Write([]byte{0}) }
	}
	cmd, _ := start()
	outcome("")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	outcome(schedules.Killed)
	if results, err := schedules.ReadState(state); err != nil || results["nightly"].Outcome != "" {
		t.Errorf("the file was changed: %v, %v", results, err)
	}
	cmd, end := start()
	outcome("")
	end()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	outcome(schedules.OK)
}
