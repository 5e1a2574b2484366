package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"fanlake/configs"
	"fanlake/schedules/notify"
)

func newNotify(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "notify",
		Short:   "Try the channels of notifications",
		Example: `  fanlake notify test`,
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "test [CHANNEL...]",
		Short: "Send a test message to the channels",
		Long: `Send a test message to the channels of the configuration, or to those that are
named, whatever events they are told of, and say which took it. A dead man's
switch gets it at /log, which changes no state there.`,
		Example: `  fanlake notify test
  fanlake notify test chat`,
		Args: cobra.MaximumNArgs(100),
		RunE: func(cmd *cobra.Command, args []string) error { return runNotifyTest(cmd.Context(), p, args) },
	})
	return cmd
}

func runNotifyTest(ctx context.Context, p *program, names []string) error {
	c, err := p.config()
	if err != nil {
		return err
	}
	n := newNotifier(c)
	if len(n.Channels) == 0 {
		return errUsage.wrap(fmt.Errorf("%s has no channels; add one under notify, such as {ping: env:PING_URL}", c.Path))
	}
	var known []string
	for _, ch := range n.Channels {
		known = append(known, ch.Name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return errUsage.wrap(fmt.Errorf("channel %q is not under notify of %s; it has %s", name, c.Path, strings.Join(known, ", ")))
		}
	}
	n.Channels = slices.DeleteFunc(n.Channels, func(ch notify.Channel) bool { return len(names) > 0 && !slices.Contains(names, ch.Name) })
	failed := map[string]string{}
	for _, f := range n.Tell(ctx, notify.Message{Event: notify.Test, At: time.Now().UTC(), Subject: "fanlake: a test message", Lines: []string{"This channel works."}}) {
		failed[f.Channel] = f.Error
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, ch := range n.Channels {
		said := "took it"
		if why, bad := failed[ch.Name]; bad {
			said = "failed: " + why
		}
		fmt.Fprintf(w, "%s\t%s\n", ch.Name, said)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(failed) > 0 {
		return fmt.Errorf("%s did not take it; mend what stands behind it and try again", count(len(failed), "channel"))
	}
	return nil
}

// attendChannels says which channels fail.
func attendChannels(c *configs.Config) []string {
	health := notify.ReadHealth(notifyState(c))
	var notes []string
	for _, v := range c.Notify {
		if h := health[v.Name]; h.Failures > 0 {
			notes = append(notes, fmt.Sprintf("channel %s takes no messages since %s (%d): %s; fanlake notify test tries it", v.Name, h.FailingSince.Format(time.RFC3339), h.Failures, h.Error))
		}
	}
	return notes
}
