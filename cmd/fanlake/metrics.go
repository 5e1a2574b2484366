package main

import (
	"log/slog"
	"path/filepath"

	"fanlake/cmd/internal/metrics"
	"fanlake/configs"
)

// newCollector collects the measurements of a configuration's accounts.
func (p *program) newCollector(config func() *configs.Config) *metrics.Collector {
	return metrics.New(toolVersion(), func() []metrics.Account {
		c := config()
		var all []metrics.Account
		for _, account := range c.Accounts {
			a := p.open(c, account)
			m := metrics.Account{Name: a.Name, Dir: a.Dir, Published: []string{a.Published(), a.PublishedPeople()}, Labels: map[string]string{}, Skips: a.Skips}
			for name, creator := range account.Creators {
				m.Labels[name] = creator.Label
			}
			all = append(all, m)
		}
		return all
	})
}

// serveMetrics answers /metrics, where the configuration has an address for it.
func (p *program) serveMetrics(address string, config func() *configs.Config, log *slog.Logger) (stop func() error, err error) {
	if address == "" {
		return func() error { return nil }, nil
	}
	return p.newCollector(config).Serve(address, log)
}

// writeMetrics writes the file of measurements behind a run. That it cannot be
// written fails no run.
func (p *program) writeMetrics(c *configs.Config, log *slog.Logger) {
	if c.Metrics.Textfile == "" {
		return
	}
	if err := p.newCollector(func() *configs.Config { return c }).WriteFile(c.Metrics.Textfile); err != nil {
		log.Warn("measurements not written", "file", filepath.Base(c.Metrics.Textfile), "error", err)
	}
}
