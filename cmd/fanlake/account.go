package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"fanlake/cmd/internal/pipeline"
	"fanlake/configs"
	"fanlake/extract"
	"fanlake/extract/oauth"
	"fanlake/load"
)

// open makes the account that the pipeline works on from its configuration.
// The credential is read with the first request, so commands that ask the API
// nothing need none.
func (p *program) open(c *configs.Config, a configs.Account) pipeline.Account {
	settings := load.Settings{Timezone: a.Timezone.String(), Creators: map[string]load.CreatorSettings{}}
	skip, cadence, named := map[string]bool{}, map[string]string{}, naming{}
	for name, cr := range a.Creators {
		s := load.CreatorSettings{Label: cr.Label}
		if cr.Timezone != nil {
			s.Timezone = cr.Timezone.String()
		}
		settings.Creators[name] = s
		named.add(name, "creators")
		skip[name] = cr.Skip
	}
	for _, terms := range a.Commission {
		t := load.CommissionTerms{Creator: terms.Creator, From: terms.From, Basis: terms.Basis, Rewards: terms.Rewards, Chargebacks: terms.Chargebacks, Minimum: terms.Minimum}
		for _, tier := range terms.Tiers {
			t.Tiers = append(t.Tiers, load.CommissionTier{UpToCents: tier.UpToCents, BPS: tier.BPS})
		}
		settings.Commission = append(settings.Commission, t)
		named.add(terms.Creator, "commission")
	}
	for _, adjustment := range a.Adjustments {
		named.add(adjustment.Creator, "adjustments")
	}
	if c.FX != nil {
		settings.FX = load.FX{Home: c.FX.Home, Method: c.FX.Method}
		for _, r := range c.FX.Rates {
			settings.FX.Rates = append(settings.FX.Rates, load.FXRate(r))
		}
	}
	for name, often := range c.Streams {
		cadence[name] = string(often)
	}
	opened := pipeline.Account{
		Name: a.Name, Dir: c.Dir(a), Key: a.KeyStore(),
		BaseURL: c.API.BaseURL, Surface: c.API.Surface, APIVersion: c.API.Version,
		Credential: apiKey{a},
		Limit:      extract.Limit{Requests: c.API.RateLimit.Requests, Per: c.API.RateLimit.Per, Max: c.API.RateLimit.Max},
		PerCreator: c.API.RateLimit.Scope == "creator",
		Settings:   settings, Skip: skip, Named: named, Cadence: cadence, KeepText: c.Privacy.KeepMessageText,
		MemoryLimit: c.Warehouse.MemoryLimit, Threads: c.Warehouse.Threads, ToolVersion: toolVersion(),
		StaleAfter: c.StaleAfter, ExitStatus: func(ctx context.Context, err error) int { return int(exitStatus(ctx, err)) },
	}
	if keep, ok := c.Retention["runs"]; ok {
		opened.KeepRuns = keep.Before(time.Now())
	}
	if a.RotateAfter != nil {
		opened.RotateBefore = a.RotateAfter.Before(time.Now())
	}
	if a.OAuth != nil {
		g := &grant{open: sync.OnceValues(func() (*oauth.Source, error) { return openGrant(a) })}
		opened.Credential, opened.Renew = g, g.Renew
	}
	return opened
}

// A naming is the creators that an account's configuration names, and where.
type naming map[string]string

func (n naming) add(creator, where string) {
	switch there := n[creator]; {
	case there == "":
		n[creator] = where
	case !strings.HasSuffix(there, where):
		n[creator] = there + ", " + where
	}
}

// A grant is the credential of an OAuth application. Its file is opened with the
// first request, so commands that ask the API nothing need none.
type grant struct{ open func() (*oauth.Source, error) }

func openGrant(a configs.Account) (*oauth.Source, error) {
	secret, err := a.OAuth.ClientSecret.Read()
	if err != nil {
		return nil, errRefused.wrap(fmt.Errorf("account %s: client_secret: %w", a.Name, err))
	}
	return oauth.New(oauth.Options{TokenURL: a.OAuth.TokenURL, ClientID: a.OAuth.ClientID, ClientSecret: secret.Reveal,
		TokenFile: a.OAuth.TokenFile, UserAgent: "fanlake/" + toolVersion() + " (+read-only export)"})
}

// Apply sets the header of the access token.
func (g *grant) Apply(ctx context.Context, h http.Header) error {
	s, err := g.open()
	if err != nil {
		return err
	}
	return s.Apply(ctx, h)
}

// Renew gets another access token for the one that was refused.
func (g *grant) Renew(ctx context.Context, refused http.Header) error {
	s, err := g.open()
	if err != nil {
		return err
	}
	return s.Renew(ctx, refused)
}

// openOne opens the account that --account names, or the only one there is.
func (p *program) openOne() (pipeline.Account, error) {
	c, a, err := p.account()
	if err != nil {
		return pipeline.Account{}, err
	}
	return p.open(c, a), nil
}

// openAll opens the account that --account names, or all of them.
func (p *program) openAll() ([]pipeline.Account, error) {
	c, list, err := p.accounts()
	if err != nil {
		return nil, err
	}
	var opened []pipeline.Account
	for _, a := range list {
		opened = append(opened, p.open(c, a))
	}
	return opened, nil
}

// An apiKey is the credential of an account, read where the configuration says
// for each request.
type apiKey struct{ account configs.Account }

// Apply sets the header of the API key. A key that cannot be read is a refused
// credential.
func (k apiKey) Apply(ctx context.Context, h http.Header) error {
	v, err := k.account.Key()
	if err != nil {
		return errRefused.wrap(err)
	}
	return extract.APIKey(v.Reveal).Apply(ctx, h)
}
