package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	"fanlake/extract/fanvuesim"
)

type simulateOptions struct {
	addr     string
	seed     uint64
	creators int
	agency   bool
	limit    int
	now      string
	json     bool
}

func newSimulate(p *program) *cobra.Command {
	o := simulateOptions{}
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Serve a simulated API with made-up data",
		Long: `Serve a simulated API with made-up data on a loopback address until interrupted.
The same seed gives the same data, and when it is started again later some more
beside them, as from a platform on which time passes. To read from it, set
api.base_url of a configuration to the URL it prints and use its key; or, to try
the tokens of an application, set oauth to the token_url, client_id and
client_secret it prints, with the refresh_token as {"refresh_token": "…"} in the
token file. A refresh token is good for one use.`,
		Example: `  fanlake simulate --agency --creators 5
  fanlake simulate --addr 127.0.0.1:0 --limit -1 --json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSimulate(cmd.Context(), p, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.addr, "addr", "127.0.0.1:8750", "loopback `ADDRESS` to listen on; port 0 takes a free one")
	f.Uint64Var(&o.seed, "seed", 1, "`NUMBER` that the data grows from")
	f.IntVar(&o.creators, "creators", 3, "`NUMBER` of creators of an agency")
	f.BoolVar(&o.agency, "agency", false, "the key's owner is an agency, not a creator")
	f.IntVar(&o.limit, "limit", 100, "`REQUESTS` in 60 seconds; -1 for no limit")
	f.StringVar(&o.now, "now", "", "`TIME` at which the simulator's clock starts, as RFC 3339 (default the time it is)")
	f.BoolVar(&o.json, "json", false, "print JSON")
	return cmd
}

func runSimulate(ctx context.Context, p *program, o simulateOptions) error {
	start := time.Now().UTC().Truncate(time.Second)
	if o.now != "" {
		var err error
		if start, err = time.Parse(time.RFC3339, o.now); err != nil {
			return errUsage.wrap(fmt.Errorf("--now %q: want a time such as 2026-11-20T03:00:00Z", o.now))
		}
	}
	if at, err := netip.ParseAddrPort(o.addr); err != nil || !at.Addr().IsLoopback() {
		return errUsage.wrap(fmt.Errorf("--addr %q: want a loopback address and a port, such as 127.0.0.1:8750", o.addr))
	}
	if o.creators < 1 || o.creators > 4096 || o.limit == 0 {
		return errUsage.wrap(errors.New("want --creators from 1 to 4096, and --limit above 0, or -1 for none"))
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.addr)
	if err != nil {
		return fmt.Errorf("simulator: %w", err)
	}
	defer l.Close()
	sim := fanvuesim.New(fanvuesim.Options{
		World:   fanvuesim.WorldOptions{Seed: o.seed, Agency: o.agency, Creators: o.creators},
		Gate:    fanvuesim.GateOptions{Rate: fanvuesim.Rate{Limit: o.limit}, CountsOnly: true},
		Now:     start,
		Born:    time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC), // fixed, so that a later start has the same past
		Ticking: true,
	})
	tokens := sim.TokenEndpoint(fanvuesim.TokenOptions{})
	mux := http.NewServeMux()
	mux.Handle(fanvuesim.TokenPath, tokens)
	mux.Handle("/", sim.Handler())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()

	said := struct {
		BaseURL      string `json:"base_url"`
		APIKey       string `json:"api_key"`
		TokenURL     string `json:"token_url"`
		ClientID     string `json:"client_id"`
		ClientSecret string `json:"client_secret"`
		RefreshToken string `json:"refresh_token"`
	}{"http://" + l.Addr().String(), fanvuesim.DefaultKey, "http://" + l.Addr().String() + fanvuesim.TokenPath,
		fanvuesim.DefaultClientID, fanvuesim.DefaultClientSecret, tokens.Grant().Refresh}
	if o.json {
		err = p.printJSON(said)
	} else {
		_, err = fmt.Fprintf(p.stdout, "base_url: %s\napi_key:  %s\ntoken_url: %s\nclient_id: %s\nclient_secret: %s\nrefresh_token: %s\n",
			said.BaseURL, said.APIKey, said.TokenURL, said.ClientID, said.ClientSecret, said.RefreshToken)
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(p.stderr, "serving made-up data until interrupted")
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("simulator: %w", err)
	}
	return nil
}
