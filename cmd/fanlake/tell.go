package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fanlake/cmd/internal/pipeline"
	"fanlake/configs"
	"fanlake/load"
	"fanlake/load/checks"
	"fanlake/load/query"
	"fanlake/load/runs"
	"fanlake/load/terminal"
	"fanlake/schedules/notify"
)

// notifyState is the file in which the health of channels is kept.
func notifyState(c *configs.Config) string { return filepath.Join(c.DataDir, "notify.json") }

// newNotifier makes the channels of a configuration.
func newNotifier(c *configs.Config) *notify.Notifier {
	n := &notify.Notifier{State: notifyState(c)}
	for _, v := range c.Notify {
		ch := notify.Channel{Name: v.Name, Amounts: v.Amounts, Unchanged: v.Unchanged, Timeout: v.Timeout}
		for _, on := range v.On {
			ch.On = append(ch.On, notify.Event(on))
		}
		switch {
		case v.Email != nil:
			ch.Sender = notify.Email{Host: v.Email.Host, Port: v.Email.Port, TLS: v.Email.TLS, User: v.Email.User, Password: read(v.Email.Password), From: v.Email.From, To: v.Email.To}
		case !v.Webhook.IsZero():
			ch.Sender = notify.Webhook{URL: read(v.Webhook), Secret: read(v.Secret)}
		case !v.Chat.IsZero():
			ch.Sender = notify.Chat{URL: read(v.Chat)}
		default:
			ch.Sender = notify.Ping{URL: read(v.Ping)}
		}
		n.Channels = append(n.Channels, ch)
	}
	return n
}

// read reads a secret when it is used.
func read(r configs.Reference) func() (string, error) {
	return func() (string, error) {
		v, err := r.Read()
		if err != nil {
			return "", err
		}
		return v.Reveal(), nil
	}
}

// A teller tells of one account's jobs. What does not arrive never fails them:
// it is logged, and kept in the run's record and the state of the channels.
type teller struct {
	notifier *notify.Notifier
	config   *configs.Config
	account  configs.Account
	log      *slog.Logger
}

func (t teller) tell(ctx context.Context, m notify.Message) map[string]string {
	m.Account, m.At = t.account.Name, time.Now().UTC().Truncate(time.Second)
	untold := map[string]string{}
	for _, f := range t.notifier.Tell(ctx, m) {
		untold[cmp.Or(f.Channel, "state")] = string(f.Event) + ": " + f.Error
		if f.Channel == "" { // it arrived
			t.log.Warn("the state of notifications could not be kept: messages may repeat", "event", string(f.Event), "error", f.Error)
			continue
		}
		t.log.Warn("notification did not arrive", "channel", f.Channel, "event", string(f.Event), "error", f.Error)
	}
	return untold
}

// around runs a job of an account and tells of its start and its end. One that
// meets another run does nothing, and so there is nothing to tell.
func (t teller) around(ctx context.Context, job string, do func(ctx context.Context) (outcome, error)) error {
	if len(t.notifier.Channels) == 0 {
		_, err := do(ctx)
		return err
	}
	untold := make(chan map[string]string, 1)
	locked := pipeline.Account{Dir: t.config.Dir(t.account)}.Held() // a start without an end would page somebody
	go func() {                                                     // the job does not wait for it
		if locked {
			untold <- map[string]string{}
			return
		}
		untold <- t.tell(ctx, notify.Message{Event: notify.Start, Job: job, Subject: fmt.Sprintf("fanlake %s: %s began", t.account.Name, job)})
	}()
	out, err := do(ctx)
	all := <-untold
	if errors.Is(err, pipeline.ErrLocked) {
		t.log.Info("another run holds the data directory: nothing done, nobody told", "job", job)
		return err
	}
	if ctx.Err() == nil { // who interrupts knows of it
		maps.Copy(all, t.tell(ctx, out.message(t.account.Name, job, exitStatus(ctx, err))))
		for _, c := range out.conditions {
			maps.Copy(all, t.tell(ctx, c))
		}
		if e := t.notifier.Settle(t.account.Name, out.settled...); e != nil {
			t.log.Warn("state of notifications not written", "error", e)
		}
	}
	if out.runID != "" && len(all) > 0 {
		if e := runs.NoteUntold(t.config.Dir(t.account), out.runID, all); e != nil {
			t.log.Warn("run record not written", "error", e)
		}
	}
	return err
}

// An outcome is what is told of the end of a job: neither names nor, but in
// amounts, any money.
type outcome struct {
	runID          string
	lines, amounts []string
	lasting        []string // those of the lines that are the same while nothing changes; nil for all
	unchanged      bool
	conditions     []notify.Message
	settled        []notify.Event // conditions that are no more
}

func (o outcome) message(account, job string, s status) notify.Message {
	m := notify.Message{Job: job, RunID: o.runID, ExitStatus: int(s), Lines: o.lines, Lasting: o.lasting, Amounts: o.amounts, Unchanged: o.unchanged && s == done}
	word := "failed"
	switch s {
	case done:
		m.Event, word = notify.Success, "is done"
	case errPartial:
		m.Event, word = notify.Partial, "is partial"
	case errMismatch:
		m.Event, word = notify.Mismatch, "found a mismatch"
	default:
		m.Event = notify.Failure
		m.Lines = append([]string{fmt.Sprintf("exit status %d: %s", int(s), s.Error())}, m.Lines...)
	}
	if s != done {
		m.Lines = append(m.Lines, "fanlake status says what to do")
	}
	m.Subject = fmt.Sprintf("fanlake %s: %s %s", account, job, word)
	return m
}

// syncOutcome is what is told of a run.
func (t teller) syncOutcome(ctx context.Context, a pipeline.Account, res pipeline.Result) outcome {
	o := outcome{unchanged: res.RowsLoaded == 0}
	if res.Seq == 0 {
		return o // it ended before it began
	}
	o.runID = res.RunID
	o.lines = append(o.lines, fmt.Sprintf("%s, %s in %s", count(int(res.Requests), "request"), count(int(res.RowsLoaded), "row"), res.FinishedAt.Sub(res.StartedAt).Round(time.Second)))
	if n := len(res.Failures); n > 0 {
		o.lines = append(o.lines, count(n, "slice")+" failed"+t.ofWhom(res.Failed))
	}
	if res.Rejects > 0 {
		o.lines = append(o.lines, count(int(res.Rejects), "row")+" could not be typed; fanlake rejects lists why")
	}
	if n := len(res.Killed); n > 0 {
		o.lines = append(o.lines, "before it, killed without a word: "+count(n, "run"))
	}
	o.lines = append(o.lines, ofChecks(res.Checks)...)
	o.lasting = slices.Clone(o.lines[1:]) // not what the run cost
	for _, c := range res.Checks {
		if cents := centsOf(c.Sample); cents != "" {
			o.amounts = append(o.amounts, "check "+c.Name+": "+cents)
		}
	}
	if len(res.Checks) == 0 {
		o.settled = append(o.settled, notify.Mismatch)
	}
	t.conditions(&o, a)
	if slices.ContainsFunc(t.notifier.Channels, func(c notify.Channel) bool { return c.Amounts }) {
		o.amounts = append(o.amounts, monthToDate(ctx, a.Published())...)
	}
	t.staleness(ctx, &o, a)
	return o
}

// ofWhom names streams, and creators by the labels they have.
func (t teller) ofWhom(failed []pipeline.FailedSlice) string {
	streams, labels, others := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, f := range failed {
		streams[f.Stream] = true
		switch label := cmp.Or(t.account.Creators[strings.ToLower(f.Handle)].Label, t.account.Creators[f.Creator].Label); {
		case label != "":
			labels[label] = true
		case f.Creator != "":
			others[f.Creator] = true
		}
	}
	text := ": " + strings.Join(slices.Sorted(maps.Keys(streams)), ", ")
	if names := slices.Sorted(maps.Keys(labels)); len(names) > 0 {
		text += "; of " + strings.Join(names, ", ")
	}
	if n := len(others); n > 0 {
		text += "; of " + count(n, "creator") + " without a label"
	}
	return text
}

// ofChecks says what checks found, a line for each of them.
func ofChecks(found []checks.Result) (lines []string) {
	rows, creators := map[string]int64{}, map[string]int{}
	for _, c := range found { // one for each creator
		rows[c.Name] += c.Failures
		if c.CreatorID != "" {
			creators[c.Name]++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		line := fmt.Sprintf("check %s: %s", name, count(int(rows[name]), "row"))
		if n := creators[name]; n > 0 {
			line += " of " + count(n, "creator")
		}
		lines = append(lines, line)
	}
	return lines
}

// centsOf are the amounts and days of a row of JSON.
func centsOf(sample string) string {
	var row map[string]any
	if json.Unmarshal([]byte(sample), &row) != nil {
		return ""
	}
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(row)) {
		if strings.HasSuffix(key, "_cents") || strings.HasSuffix(key, "_date") || strings.HasSuffix(key, "_month") {
			if v := row[key]; v != nil {
				parts = append(parts, fmt.Sprintf("%s %v", key, v))
			}
		}
	}
	return strings.Join(parts, ", ")
}

// monthToDate is what was earned in the newest month there is.
func monthToDate(ctx context.Context, published string) []string {
	rows, err := load.Query(ctx, published, "SELECT strftime(earned_month, '%Y-%m'), sum(net_earnings_cents)::BIGINT FROM mart.agg_creator_month GROUP BY 1 ORDER BY 1 DESC LIMIT 1", nil, query.Options{})
	if err != nil {
		return nil
	}
	v, err := rows.Next()
	if errors.Join(err, rows.Close()) != nil || len(v) != 2 {
		return nil
	}
	cents, _ := v[1].(int64)
	sign := ""
	if cents < 0 {
		sign, cents = "−", -cents
	}
	return []string{fmt.Sprintf("net earnings in %v so far: %s%d.%02d USD", v[0], sign, cents/100, cents%100)}
}

// conditions finds what lasts: drift, deprecation and the age of the key.
func (t teller) conditions(o *outcome, a pipeline.Account) {
	records, err := runs.Read(a.Dir)
	if err != nil || len(records) == 0 {
		return
	}
	add := func(e notify.Event, subject string, lines []string) {
		if len(lines) == 0 {
			o.settled = append(o.settled, e)
			return
		}
		o.conditions = append(o.conditions, notify.Message{Event: e, Subject: fmt.Sprintf("fanlake %s: %s", a.Name, subject), Lines: lines})
	}
	last := records[len(records)-1]
	keys := map[string]map[string]bool{} // rows with a key are not read every night
	for _, r := range records {
		for _, d := range r.Drift {
			if keys[d.Table] == nil {
				keys[d.Table] = map[string]bool{}
			}
			keys[d.Table][d.Path] = true
		}
	}
	var drift []string
	for _, table := range slices.Sorted(maps.Keys(keys)) {
		text := "1 key that is kept in _extra; fanlake status names it"
		if n := len(keys[table]); n > 1 {
			text = count(n, "key") + " that are kept in _extra; fanlake status names them"
		}
		drift = append(drift, table+": "+text)
	}
	add(notify.Drift, "the API sends what this version does not know", drift)
	if !last.ServerTime.IsZero() {
		var announced []string
		for _, l := range last.Lifecycle {
			announced = append(announced, terminal.Printable(l.Header+": "+l.Value[:min(len(l.Value), 100)]))
		}
		add(notify.Deprecation, "the API announces the end of its version; look for a newer fanlake", announced)
	}
	var old []string
	if age := a.KeyAge(last); age != "" {
		old = append(old, age)
	}
	add(notify.KeyAge, "the API key is to be replaced", old)
}

// lastRun says what a digest of what is published does not: that the last run did
// not end well, and whose posts, lists, links or folders cannot be read.
func (t teller) lastRun(ctx context.Context, a pipeline.Account) (lines []string) {
	s, err := a.Status(ctx)
	if err != nil || s.LastRun == nil {
		return nil
	}
	switch s.LastRun.Status {
	case runs.OK, runs.Started:
	case runs.Killed, runs.Interrupted:
		lines = append(lines, "the last run was "+s.LastRun.Status+"; fanlake status says what to do")
	case runs.Partial:
		lines = append(lines, "the last run is partial; fanlake status says what to do")
	default:
		lines = append(lines, "the last run failed; fanlake status says what to do")
	}
	handles := map[string]string{}
	for _, c := range s.Creators {
		handles[c.CreatorID] = c.Handle
	}
	var failed []pipeline.FailedSlice
	for _, f := range s.LastRun.Failing {
		failed = append(failed, pipeline.FailedSlice{Stream: f.Stream, Creator: f.Creator, Handle: handles[f.Creator]})
	}
	if len(failed) > 0 {
		lines = append(lines, fmt.Sprintf("cannot be read for now, of %d: %s", len(failed), strings.TrimPrefix(t.ofWhom(failed), ": ")))
	}
	return lines
}

// staleness finds whether the published data are old.
func (t teller) staleness(ctx context.Context, o *outcome, a pipeline.Account) {
	s, err := a.Status(ctx)
	switch {
	case ctx.Err() != nil:
		return
	case err == nil && len(s.Stale) == 0:
		o.settled = append(o.settled, notify.Stale)
		return
	}
	line := "what there is cannot be read"
	if err == nil {
		line = fmt.Sprintf("older than %v: the data of %s", t.config.StaleAfter, count(len(s.Stale), "creator"))
		if len(s.Creators) == 0 {
			line = "nothing is published"
		}
	}
	o.conditions = append(o.conditions, notify.Message{Event: notify.Stale, Subject: fmt.Sprintf("fanlake %s: data are stale", a.Name),
		Lines: []string{line, "fanlake status says what to do"}})
}
