package oauth

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"fanlake/configs/secret"
)

func FuzzTokenFile(f *testing.F) {
	f.Add([]byte(`{"access_token":"a-secret","refresh_token":"r-secret","expires_at":"2026-11-20T04:00:00Z","scope":"openid read:self","obtained_at":"2026-11-20T03:00:00Z"}`))
	f.Add([]byte(`{"refresh_token":"r-secret","expires_at":"2026-11-20T04:00:00+01:00","id_token":{"x":[1]}}`))
	f.Add([]byte(`{"refresh_token":"r","expires_at":"0001-01-01T00:00:00Z"}`))
	f.Add([]byte(`{"refresh_token":"r\u0000"}`))
	f.Add([]byte(`{"refresh_token":null}`))
	f.Add([]byte("\xff"))
	f.Fuzz(func(t *testing.T, text []byte) {
		g, err := parseFile(text)
		if err != nil {
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows the content: %v", err)
			}
			return
		}
		checkGrant(t, &g)
		text, err = g.encode()
		if err != nil {
			t.Skip(err) // an instant that RFC 3339 cannot write
		}
		h, err := parseFile(text)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v: %s", err, text)
		}
		if h.access.Reveal() != g.access.Reveal() || h.refresh.Reveal() != g.refresh.Reveal() || h.scope != g.scope || !h.expiresAt.Equal(g.expiresAt) || !h.obtainedAt.Equal(g.obtainedAt) {
			t.Errorf("%s reads as another grant", text)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"access_token":"a-secret","refresh_token":"r-secret","expires_in":3600,"token_type":"bearer","scope":"openid","id_token":"x"}`), 200, "")
	f.Add([]byte(`{"access_token":"a-secret","expires_in":"60"}`), 201, "x")
	f.Add([]byte(`{"access_token":"a","expires_in":1e400}`), 200, "")
	f.Add([]byte(`{"access_token":"a","expires_in":{}}`), 200, "")
	f.Add([]byte(`{"error":"invalid_grant","error_description":"of old-refresh-secret \u0007"}`), 400, "")
	f.Add([]byte(`{"error":"invalid_client"}`), 401, "")
	f.Add([]byte(`<html>`), 503, "120")
	f.Add([]byte(`{"error":1}`), 429, "Fri, 20 Nov 2026 03:00:10 GMT")
	now := time.Date(2026, 11, 20, 3, 0, 0, 700, time.UTC)
	old := grant{access: secret.New("old-access"), refresh: secret.New("old-refresh-secret"), scope: "openid"}
	f.Fuzz(func(t *testing.T, body []byte, status int, retry string) {
		if status < 200 || status > 299 {
			err := refusal(status, http.Header{"Retry-After": {retry}}, body, now, old.refresh.Reveal())
			if err == nil || strings.Contains(err.Error(), "old-refresh-secret") || strings.ContainsAny(err.Error(), "\n\r\x1b") || len(err.Error()) > 2500 {
				t.Errorf("%d %q gives %q", status, body, err)
			}
			if p, ok := err.(*passing); ok && p.wait < 0 {
				t.Errorf("a negative wait: %v", p.wait)
			}
			return
		}
		g, err := parseAnswer(body, &old, now)
		if err != nil {
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows the content: %v", err)
			}
			return
		}
		checkGrant(t, &g)
		if g.access.IsZero() || !g.expiresAt.After(now) || g.expiresAt.Sub(now) > maxLife || !g.fresh(now, 5*time.Minute) {
			t.Errorf("%q gives a token from %v to %v", body, g.obtainedAt, g.expiresAt)
		}
		if text, err := g.encode(); err != nil || len(text) >= maxFile {
			t.Errorf("the grant cannot be kept: %d bytes, %v", len(text), err)
		}
	})
}

func checkGrant(t *testing.T, g *grant) {
	t.Helper()
	if !isToken(g.refresh.Reveal()) || !g.access.IsZero() && !isToken(g.access.Reveal()) || len(g.scope) > maxScope {
		t.Errorf("a grant that cannot be: %q, %q", g.refresh.Reveal(), g.access.Reveal())
	}
}
