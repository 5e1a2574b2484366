package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"fanlake/cmd/internal/pipeline"
	"fanlake/configs"
	"fanlake/load/query"
	"fanlake/load/statement"
	"fanlake/schedules/notify"
)

// A jobRun is a job of one account that is to run.
type jobRun struct {
	p       *program
	config  *configs.Config
	account configs.Account
	talker  *talker
	teller  teller
	trigger string
	runID   string // a new one, in each line of the log
}

// A job is what a schedule may run, by the name that the configuration has for
// it. What it returns is told by notifications.
type job struct {
	name string
	run  func(ctx context.Context, r jobRun) (outcome, error)
}

// jobs lists the jobs. A new one is a line here, and its name in configs.Jobs.
func jobs() []job {
	return []job{
		{"sync", syncJob},
		{"statements", statementsJob},
		{"digest", digestJob},
		{"compact", compactJob},
		{"verify", verifyJob},
	}
}

func jobNamed(name string) (job, error) {
	for _, j := range jobs() {
		if j.name == name {
			return j, nil
		}
	}
	var names []string
	for _, j := range jobs() {
		names = append(names, j.name)
	}
	return job{}, errUsage.wrap(fmt.Errorf("job %s does not run in this version; there are %s", name, strings.Join(names, ", ")))
}

func syncJob(ctx context.Context, r jobRun) (outcome, error) {
	a := r.p.open(r.config, r.account)
	res, err := a.Sync(ctx, pipeline.SyncOptions{RunID: r.runID, Trigger: r.trigger}, r.talker)
	r.talker.log.Info("sync ended", "status", res.Status, "requests", res.Requests, "rows", res.RowsLoaded, "published", res.Published)
	if n := len(res.Unknown); n > 0 { // their names are for fanlake status
		r.talker.log.Warn("the configuration names creators whom the key does not read; fanlake status names them", "creators", n)
	}
	return r.teller.syncOutcome(ctx, a, res), err
}

func statementsJob(ctx context.Context, r jobRun) (outcome, error) {
	options, err := statementOptionsOf(r.config, r.account, r.p.open(r.config, r.account))
	if err != nil {
		return outcome{}, err
	}
	w, err := writeStatements(ctx, options)
	r.talker.log.Info("statements ended", "written", w.written, "final", w.final)
	o := outcome{unchanged: w.written == 0}
	if w.final > 0 {
		o.lines = append(o.lines, count(w.final, "statement")+" frozen")
	}
	if w.waiting > 0 {
		o.lines = append(o.lines, count(w.waiting, "statement")+" may still change")
	}
	return o, err
}

func digestJob(ctx context.Context, r jobRun) (outcome, error) {
	a := r.p.open(r.config, r.account)
	d, err := statement.MakeDigest(ctx, a.Published(), query.Options{MemoryLimit: a.MemoryLimit, Threads: a.Threads})
	o := outcome{unchanged: true}
	if err == nil {
		d.Lines = append(d.Lines, r.teller.lastRun(ctx, a)...)
		o.conditions = append(o.conditions, notify.Message{Event: notify.Digest, Job: "digest", Subject: "fanlake " + a.Name + ": digest", Lines: d.Lines, Amounts: d.Amounts})
	}
	return o, err
}

func compactJob(ctx context.Context, r jobRun) (outcome, error) {
	c, err := r.p.open(r.config, r.account).Compact(ctx, r.talker, false)
	merged := 0
	for _, t := range c.Tables {
		merged += t.Merged
	}
	r.talker.log.Info("compact ended", "merged", merged)
	o := outcome{unchanged: merged == 0}
	if !o.unchanged {
		o.lines = append(o.lines, count(merged, "part")+" of the lake merged into larger ones")
	}
	return o, err
}

func verifyJob(ctx context.Context, r jobRun) (outcome, error) {
	problems, checks, err := r.p.open(r.config, r.account).Verify(ctx, r.talker)
	o := outcome{unchanged: true}
	if n := len(problems); n > 0 {
		o.lines = append(o.lines, count(n, "problem")+" with the files of the lake or the warehouse; fanlake verify names them")
	}
	o.lines = append(o.lines, ofChecks(checks)...)
	r.talker.log.Info("verify ended", "problems", len(problems), "checks", len(checks))
	return o, err
}

// runJob runs a job for accounts one after the other and tells of it; one that
// fails does not stop the others.
func (p *program) runJob(ctx context.Context, c *configs.Config, accounts []configs.Account, j job, trigger string, log *slog.Logger, beat func(wait time.Duration)) error {
	var errs []error
	for _, account := range accounts {
		r := jobRun{p: p, config: c, account: account, trigger: trigger, runID: pipeline.NewRunID()}
		log := log.With("account", account.Name, "run", r.runID)
		r.talker = newLogTalker(log)
		r.talker.beat = beat
		r.teller = teller{notifier: newNotifier(c), config: c, account: account, log: log}
		began := time.Now()
		err := r.teller.around(ctx, j.name, func(ctx context.Context) (outcome, error) { return j.run(ctx, r) })
		if err != nil {
			log.Warn("job of the account ended", "job", j.name, "took", time.Since(began).Round(time.Millisecond).String(), "error", loggable(err))
			errs = append(errs, fmt.Errorf("account %s: %w", account.Name, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	p.writeMetrics(c, log)
	return errors.Join(errs...)
}

// loggable is what a log says of an error: what it means. Its own text may hold
// handles, amounts, and what the API sent; it stands in the run's record.
func loggable(err error) string {
	return statusOf(err, meanings()).Error() + "; fanlake status says more"
}
