package configs

import (
	"errors"
	"testing"
)

// FuzzParse wants an answer for every file: a configuration that holds what
// Load promises, or mistakes with their places.
func FuzzParse(f *testing.F) {
	f.Add([]byte(sample))
	for _, seed := range []string{
		"", "a: b: c", "- [", "accounts: *a", "accounts: &a [*a]", "? a\n: b", "<<: {}", "a: !!binary x", "---\n...\n---\n",
		"accounts:\n  - {name: a, api_key: env:A}\nschedules: [{name: a, cron: \"TZ=\"}]\n",
		"accounts: [{name: a, api_key: 'file:~/x', commission: [{creator: a, from: 2026-01-01, tiers: [{bps: 1}]}]}]",
		"{accounts: [{name: a, api_key: env:A}], retention: {runs: 9999y}, api: {base_url: 'http://[::1]:1'}}",
		"a: |\n  b\nc: >-\n d", "\xff\xfe", "accounts: [{name: a, api_key: env:A, timezone: ../../etc/passwd}]",
	} {
		f.Add([]byte(seed))
	}
	getenv := func(string) string { return "/home/a" }
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := parse(data, "f.yaml", "/etc/fanlake", getenv)
		var errs Errors
		switch {
		case err == nil:
			names := map[string]bool{}
			for _, a := range c.Accounts {
				if names[a.Name] || a.Name == "" || a.APIKey.IsZero() || a.SecretKey.IsZero() || a.Timezone == nil {
					t.Errorf("account %+v", a)
				}
				names[a.Name] = true
			}
			if len(names) == 0 || c.DataDir == "" || c.API.RateLimit.Requests < 1 || c.API.RateLimit.Max < c.API.RateLimit.Requests {
				t.Errorf("config %+v", c)
			}
		case !errors.As(err, &errs) || len(errs) == 0:
			t.Errorf("error %v", err)
		default:
			for i, e := range errs {
				if e.Line < 1 || e.Column < 1 || e.Problem == "" || i > 0 && e.Line < errs[i-1].Line {
					t.Errorf("mistake %+v", e)
				}
			}
		}
	})
}
