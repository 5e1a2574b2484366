package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"fanlake/configs"
	"fanlake/schedules"
)

// compileSchedules returns the schedules of a configuration, ready for a loop.
func compileSchedules(c *configs.Config) ([]schedules.Schedule, error) {
	var list []schedules.Schedule
	for _, s := range c.Schedules {
		one, err := schedules.New(s.Name, s.Cron, s.Timezone, s.Job)
		if err != nil {
			return nil, errUsage.wrap(err)
		}
		list = append(list, one.Delayed(s.Jitter, c.DataDir))
	}
	return list, nil
}

// scheduleState is the file in which the loop keeps its last results.
func scheduleState(c *configs.Config) string {
	return filepath.Join(c.DataDir, "schedules.json")
}

// A scheduleRow is what is said of one schedule.
type scheduleRow struct {
	Name     string            `json:"name"`
	Job      string            `json:"job"`
	Cron     string            `json:"cron"`
	Timezone string            `json:"timezone"`
	NextAt   time.Time         `json:"next_at,omitzero"` // UTC
	Last     *schedules.Result `json:"last,omitempty"`   // absent if it never ran
}

func newSchedule(p *program) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "schedule",
		Short: "List the schedules with their next and last runs",
		Long: `List the schedules of the configuration with their next and last runs. The last
runs are those of "fanlake serve"; runs that cron or systemd start are in
"fanlake status". Times are in the time zone of the schedule.`,
		Example: `  fanlake schedule
  fanlake schedule --json
  fanlake schedule run nightly`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return runSchedule(p, asJSON, time.Now()) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, with times in UTC")
	cmd.AddCommand(&cobra.Command{
		Use:   "run NAME",
		Short: "Run a schedule now",
		Long: `Run the job of a schedule now, with the same lock, records and notifications as
if its time had come. Its next time stays; one that was missed counts as caught
up.`,
		Example: `  fanlake schedule run nightly`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("want the name of one schedule, got %d; fanlake schedule lists them", len(args))
			}
			return nil
		},
		Annotations: exits(errPartial, errRefused, errLocked, errMismatch, errGone),
		RunE:        func(cmd *cobra.Command, args []string) error { return runScheduleNow(cmd.Context(), p, args[0]) },
	})
	return cmd
}

func runScheduleNow(ctx context.Context, p *program, name string) error {
	c, accounts, err := p.accounts()
	if err != nil {
		return err
	}
	list, err := compileSchedules(c)
	if err != nil {
		return err
	}
	var names []string
	for _, s := range list {
		if names = append(names, s.Name); s.Name != name {
			continue
		}
		j, err := jobNamed(s.Job)
		if err != nil {
			return fmt.Errorf("schedule %s: %w", s.Name, err)
		}
		log := newLogger(p.stderr, p.level(slog.LevelInfo))
		loop := schedules.Loop{Schedules: list, State: scheduleState(c), Log: log, Describe: loggable}
		return loop.Once(ctx, s, func(ctx context.Context, s schedules.Schedule, _ time.Time) error {
			return p.runJob(ctx, c, accounts, j, "schedule", log.With("schedule", s.Name), nil)
		})
	}
	if len(names) == 0 {
		return noSchedules(c)
	}
	return errUsage.wrap(fmt.Errorf("%s has no schedule %q; it has: %s", c.Path, name, strings.Join(names, ", ")))
}

// noSchedules says what to do about a configuration without schedules.
func noSchedules(c *configs.Config) error {
	return errUsage.wrap(fmt.Errorf("%s has no schedules; add one, such as {name: nightly, cron: \"15 3 * * *\", timezone: UTC, job: sync}", c.Path))
}

func runSchedule(p *program, asJSON bool, now time.Time) error {
	c, err := p.config()
	if err != nil {
		return err
	}
	list, err := compileSchedules(c)
	if err != nil {
		return err
	}
	results, err := schedules.Results(scheduleState(c))
	if err != nil {
		return err
	}
	rows := make([]scheduleRow, 0, len(list))
	for _, s := range list {
		row := scheduleRow{Name: s.Name, Job: s.Job, Cron: s.Cron, Timezone: s.Timezone, NextAt: s.Next(now)}
		if r, ok := results[s.Name]; ok && !r.ScheduledFor.IsZero() {
			row.Last = &r
		}
		rows = append(rows, row)
	}
	if asJSON {
		return p.printJSON(rows)
	}
	if len(rows) == 0 {
		fmt.Fprintf(p.stderr, "%v\n", noSchedules(c))
		return nil
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tJOB\tCRON\tTIME ZONE\tNEXT\tLAST\tRESULT")
	for _, r := range rows {
		last, result := "never", "-"
		if r.Last != nil {
			last, result = local(r.Last.ScheduledFor, r.Timezone), lastResult(*r.Last)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Name, r.Job, r.Cron, r.Timezone, local(r.NextAt, r.Timezone), last, result)
	}
	return w.Flush()
}

func lastResult(r schedules.Result) string {
	switch {
	case r.Outcome == "":
		return "running since " + r.StartedAt.Format(time.RFC3339)
	case r.Outcome == schedules.Killed:
		return "killed; it began at " + r.StartedAt.Format(time.RFC3339)
	case r.Error != "":
		return r.Outcome + ": " + r.Error
	}
	return r.Outcome
}

// local writes an instant in a time zone that is known to exist.
func local(t time.Time, zone string) string {
	if t.IsZero() {
		return "never"
	}
	if loc, err := time.LoadLocation(zone); err == nil {
		t = t.In(loc)
	}
	return t.Format("2006-01-02 15:04 -07:00")
}
