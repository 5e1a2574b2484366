package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"

	"fanlake/cmd/internal/pipeline"
	"fanlake/configs"
	"fanlake/schedules"
)

func newServe(p *program) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run the schedules of the configuration until stopped",
		Long: `Run the jobs of the configuration on their schedules until stopped. A run that
was missed while the machine was off is caught up once, from what is missing.
Two runs never overlap, and a failing job does not end the loop. It tells what
it does on standard error, one line a step: text on a terminal, JSON elsewhere.

A changed configuration is read again, at once on SIGHUP; one with mistakes is
not taken over. SIGTERM keeps the page that is being read, publishes what was
read and ends in seconds. Under systemd (Type=notify-reload) it says when it is
ready, reloads and stops, and feeds the watchdog: as long as a job that runs
says something at least once an hour, or how long it waits.`,
		Example: `  fanlake serve
  fanlake serve --account main`,
		Args:        noArguments,
		Annotations: exits(errLocked),
		RunE:        func(cmd *cobra.Command, _ []string) error { return runServe(cmd.Context(), p) },
	}
}

// plan is a configuration with what serve runs of it.
type plan struct {
	config    *configs.Config
	accounts  []configs.Account
	schedules []schedules.Schedule
}

// servedPlan reads the configuration and refuses what serve cannot run.
func (p *program) servedPlan() (plan, error) {
	c, accounts, err := p.accounts()
	if err != nil {
		return plan{}, err
	}
	list, err := compileSchedules(c)
	if err != nil {
		return plan{}, err
	}
	if len(list) == 0 {
		return plan{}, noSchedules(c)
	}
	for _, s := range list {
		if _, err := jobNamed(s.Job); err != nil {
			return plan{}, fmt.Errorf("schedule %s: %w", s.Name, err)
		}
	}
	return plan{c, accounts, list}, nil
}

// A server is a running serve.
type server struct {
	p      *program
	log    *slog.Logger
	plan   atomic.Pointer[plan]
	reload chan []schedules.Schedule

	began  time.Time    // by its monotonic clock, which neither a sleep of the machine nor a set clock moves
	beaten atomic.Int64 // until when there are signs of life, in nanoseconds since began

	running atomic.Pointer[time.Time] // since when a job runs; nil while none does
}

func runServe(ctx context.Context, p *program) (err error) {
	first, err := p.servedPlan()
	if err != nil {
		return err
	}
	dir := first.config.DataDir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	release, err := pipeline.Hold(ctx, filepath.Join(dir, "serve.lock"), "serve")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	s := newServer(p, first)
	stopMetrics, err := p.serveMetrics(first.config.Metrics.Listen, func() *configs.Config { return s.plan.Load().config }, s.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopMetrics()) }()
	for _, one := range first.schedules {
		s.log.Info("schedule", "name", one.Name, "job", one.Job, "next", one.Next(time.Now()).UTC())
	}
	var wg sync.WaitGroup
	watching, stop := context.WithCancel(ctx)
	defer wg.Wait()
	defer stop()
	hangUps := make(chan os.Signal, 1)
	signal.Notify(hangUps, syscall.SIGHUP)
	defer signal.Stop(hangUps)
	wg.Go(func() { s.watchFile(watching, hangUps) })
	wg.Go(func() { s.feedWatchdog(watching) })
	wg.Go(func() { // the process may end with the loop, and is to have said so
		<-watching.Done()
		s.say(daemon.SdNotifyStopping)
	})
	s.say(daemon.SdNotifyReady)

	err = s.loop(ctx)
	if errors.Is(err, context.Canceled) {
		s.log.Info("stopped")
		return nil
	}
	return err
}

func newServer(p *program, first plan) *server {
	s := &server{p: p, log: newLogger(p.stderr, p.level(slog.LevelInfo)), reload: make(chan []schedules.Schedule, 1), began: time.Now()}
	s.plan.Store(&first)
	s.beat(0)
	return s
}

// loop runs the schedules, and looks for stale data, until ctx ends.
func (s *server) loop(ctx context.Context) error {
	var wg sync.WaitGroup
	watching, stop := context.WithCancel(ctx)
	defer wg.Wait()
	defer stop()
	wg.Go(func() { s.watchStale(watching) })
	now := s.plan.Load()
	loop := schedules.Loop{Schedules: now.schedules, Reload: s.reload, State: filepath.Clean(scheduleState(now.config)), Log: s.log, Describe: loggable, Tick: s.tick}
	return loop.Run(ctx, func(ctx context.Context, one schedules.Schedule, _ time.Time) error {
		j, err := jobNamed(one.Job)
		if err != nil {
			return err
		}
		began := time.Now()
		s.running.Store(&began)
		defer s.running.Store(nil)
		now := s.plan.Load()
		return s.p.runJob(ctx, now.config, now.accounts, j, "schedule", s.log.With("schedule", one.Name), s.beat)
	})
}

// beat is a sign of life, and says how long there may be none because what runs
// waits.
func (s *server) beat(wait time.Duration) {
	until := int64(time.Since(s.began) + max(wait, 0))
	for old := s.beaten.Load(); old < until && !s.beaten.CompareAndSwap(old, until); old = s.beaten.Load() {
	}
}

// say tells systemd, where it listens.
func (s *server) say(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		s.log.Warn("systemd was not told", "error", err)
	}
}

// stalled is after how long without a sign of life the watchdog is not fed any
// more: what takes longest on this machine says something now and then, and a
// wait for the API says when it ends.
const stalled = time.Hour

// feedWatchdog tells systemd that the loop and its jobs are alive.
func (s *server) feedWatchdog(ctx context.Context) {
	every, err := daemon.SdWatchdogEnabled(false)
	if err != nil || every <= 0 {
		return
	}
	t := time.NewTicker(every / 2)
	defer t.Stop()
	for {
		if time.Since(s.began)-time.Duration(s.beaten.Load()) < stalled {
			s.say(daemon.SdNotifyWatchdog)
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
	}
}

// lookEvery is how often the configuration is looked at for changes.
const lookEvery = 5 * time.Second

// watchFile reads the configuration again when it changed and then stood still
// from one look to the next, so that no half of it is read; or on SIGHUP.
func (s *server) watchFile(ctx context.Context, hangUps <-chan os.Signal) {
	path := s.plan.Load().config.Path
	look := func() fs.FileInfo {
		info, err := os.Stat(path)
		if err != nil {
			return nil // between two versions of it
		}
		return info
	}
	same := func(a, b fs.FileInfo) bool {
		return a != nil && b != nil && os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
	}
	taken := look()
	last := taken
	t := time.NewTicker(lookEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangUps:
			taken = look()
			s.load()
		case <-t.C:
			before := last
			if last = look(); last == nil || same(last, taken) || !same(last, before) {
				continue
			}
			taken = last
			s.load()
		}
	}
}

// load takes the configuration over, if it has no mistakes.
func (s *server) load() {
	s.say(daemon.SdNotifyReloading + "\n" + daemon.SdNotifyMonotonicUsec())
	next, err := s.p.servedPlan()
	if err == nil && next.config.DataDir != s.plan.Load().config.DataDir {
		err = errors.New("data_dir changed, which takes a restart")
	} else if err == nil && next.config.Metrics.Listen != s.plan.Load().config.Metrics.Listen {
		err = errors.New("metrics.listen changed, which takes a restart")
	}
	if err != nil {
		s.log.Error("configuration not taken over; the old one stays", "error", err)
		s.say(daemon.SdNotifyReady + "\nSTATUS=the configuration has mistakes; the old one stays")
		return
	}
	s.plan.Store(&next)
	select {
	case <-s.reload: // one that the loop did not come to take
	default:
	}
	s.reload <- next.schedules
	for _, one := range next.schedules {
		s.log.Info("schedule", "name", one.Name, "job", one.Job, "next", one.Next(time.Now()).UTC())
	}
	s.log.Info("configuration taken over")
	s.say(daemon.SdNotifyReady + "\nSTATUS=configuration taken over")
}

const (
	// checkEvery is how often staleness is looked for, and settleIn how long after
	// the start first: what was missed is caught up before.
	checkEvery = 30 * time.Minute
	settleIn   = 5 * time.Minute
	// patience is for how long a job that runs may mend it before anybody is told.
	patience = 2 * time.Hour
)

// watchStale looks for stale data now and then, also beside a job that does not
// come to an end.
func (s *server) watchStale(ctx context.Context) {
	t := time.NewTicker(settleIn)
	defer t.Stop()
	due := time.Now().Add(settleIn)
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		now := time.Now()
		if began := s.running.Load(); began != nil && now.Sub(*began) < patience || now.Before(due) {
			continue
		}
		due = now.Add(checkEvery)
		s.checkStale(ctx)
	}
}

// tick is called by the loop while no job runs: what one said that it waits is
// over, also where it ended before.
func (s *server) tick(context.Context) { s.beaten.Store(int64(time.Since(s.began))) }

// checkStale tells of accounts whose data are old, also where no run fails
// because none comes to be.
func (s *server) checkStale(ctx context.Context) {
	now := s.plan.Load()
	for _, account := range now.accounts {
		t := teller{notifier: newNotifier(now.config), config: now.config, account: account, log: s.log.With("account", account.Name)}
		var o outcome
		t.staleness(ctx, &o, s.p.open(now.config, account))
		for _, m := range o.conditions {
			t.log.Warn("data are stale; fanlake status says why")
			t.tell(ctx, m)
		}
		if err := t.notifier.Settle(account.Name, o.settled...); err != nil {
			t.log.Warn("state of notifications not written", "error", err)
		}
	}
}
