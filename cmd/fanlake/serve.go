package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

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
it does on standard error, one JSON line a step.`,
		Example: `  fanlake serve
  fanlake serve --account main`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runServe(cmd.Context(), p) },
	}
}

func runServe(ctx context.Context, p *program) error {
	c, accounts, err := p.accounts()
	if err != nil {
		return err
	}
	list, err := compileSchedules(c)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return errUsage.wrap(fmt.Errorf("%s has no schedules; add one, such as {name: nightly, cron: \"15 3 * * *\", timezone: UTC, job: sync}", c.Path))
	}
	for _, s := range list {
		if s.Job != "sync" {
			return errUsage.wrap(fmt.Errorf("schedule %s: job %s does not run in this version; sync does", s.Name, s.Job))
		}
	}
	if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	log := slog.New(slog.NewJSONHandler(p.stderr, nil))
	for _, s := range list {
		log.Info("schedule", "name", s.Name, "job", s.Job, "next", s.Next(time.Now()).UTC())
	}
	loop := schedules.Loop{Schedules: list, State: filepath.Clean(scheduleState(c)), Log: log}
	err = loop.Run(ctx, func(ctx context.Context, s schedules.Schedule, _ time.Time) error {
		return p.syncAll(ctx, c, accounts, log.With("schedule", s.Name))
	})
	if errors.Is(err, context.Canceled) {
		log.Info("stopped")
		return nil
	}
	return err
}

// syncAll syncs accounts one after the other; one that fails does not stop the
// others.
func (p *program) syncAll(ctx context.Context, c *configs.Config, accounts []configs.Account, log *slog.Logger) error {
	var errs []error
	for _, account := range accounts {
		a := p.open(c, account)
		t := newLogTalker(log.With("account", a.Name))
		res, err := a.Sync(ctx, pipeline.SyncOptions{Trigger: "schedule"}, t)
		t.log.Info("sync ended", "run", res.RunID, "status", res.Status, "requests", res.Requests, "rows", res.RowsLoaded, "published", res.Published)
		if err != nil {
			errs = append(errs, fmt.Errorf("account %s: %w", a.Name, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}
