package fanvuesim

import (
	"net/http"
	"strings"
	"time"
)

// DefaultKey is the credential of a gate without configured keys.
const DefaultKey = "sim_0123456789abcdef0123456789abcdef"

// DefaultVersion is the only API version a gate knows by default.
const DefaultVersion = "2025-06-26"

// A Key is a credential: an API key, or an access token with an end.
type Key struct {
	Value    string
	Bearer   bool      // sent as Authorization: Bearer instead of X-Fanvue-API-Key
	Identity string    // what rate buckets are keyed by; empty: Value. The tokens of one grant share it
	Scopes   []string  // nil: all of Scopes
	Member   bool      // not an admin of its agency: /agencies/ is refused
	Expires  time.Time // by GateOptions.Clock, exclusive; zero: never
}

// AddKey makes a credential valid, or replaces the one of the same value.
func (g *Gate) AddKey(k Key) {
	if k.Identity == "" {
		k.Identity = k.Value
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.keys[k.Value] = k
}

// Revoke ends a credential, from the next request on.
func (g *Gate) Revoke(value string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.keys, value)
}

// authenticate finds the credential of a request. An API key outranks a token.
func (g *Gate) authenticate(r *http.Request) (Key, bool) {
	value, bearer := r.Header.Get(keyHeader), false
	if value == "" {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return Key{}, false
		}
		value, bearer = token, true
	}
	g.mu.RLock()
	k, ok := g.keys[value]
	g.mu.RUnlock()
	if !ok || k.Bearer != bearer || !k.Expires.IsZero() && !g.clock().Before(k.Expires) {
		return Key{}, false
	}
	return k, true
}

// A Version is where an API version stands in its life. The zero Version is active.
type Version struct {
	Deprecated time.Time // not zero: answers carry Deprecation, Sunset and the next version
	Sunset     time.Time
	Next       string // empty: unknown
	Gone       bool   // answered with 410
}

// SetVersion makes an API version known, or moves it on in its life.
func (g *Gate) SetVersion(name string, v Version) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.versions[name] = v
}

// RemoveVersion makes an API version unknown: it is answered with 400.
func (g *Gate) RemoveVersion(name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.versions, name)
}

// checkVersion looks at the version header. Where it returns false it has answered.
func (g *Gate) checkVersion(a *reply, r *http.Request) bool {
	name := r.Header.Get(versionHeader)
	g.mu.RLock()
	v, ok := g.versions[name]
	g.mu.RUnlock()
	switch {
	case !ok:
		a.json(http.StatusBadRequest, map[string]string{
			"error":   "Unsupported API version",
			"message": "API version '" + name + "' is not supported",
		})
		return false
	case v.Gone:
		body := map[string]string{
			"error":   "API version no longer supported",
			"message": "API version '" + name + "' was sunset on " + v.Sunset.UTC().Format("2006-01-02T15:04:05.000Z"),
		}
		if v.Next != "" {
			body["nextVersion"] = v.Next
		}
		a.json(http.StatusGone, body)
		return false
	case !v.Deprecated.IsZero():
		h := a.Header()
		h.Set("Deprecation", v.Deprecated.UTC().Format(http.TimeFormat))
		if !v.Sunset.IsZero() {
			h.Set("Sunset", v.Sunset.UTC().Format(http.TimeFormat))
		}
		if v.Next != "" {
			h.Set("X-Fanvue-API-Next-Version", v.Next)
		}
	}
	return true
}
