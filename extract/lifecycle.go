package extract

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Lifecycle is what the API said of the version it was asked for. The header
// texts are kept as they came, because not every server keeps to their form.
type Lifecycle struct {
	Version      string    `json:"version"`                // asked for
	Deprecation  string    `json:"deprecation,omitempty"`  // Deprecation
	Sunset       string    `json:"sunset,omitempty"`       // Sunset
	NextVersion  string    `json:"next_version,omitempty"` // X-Fanvue-API-Next-Version
	DeprecatedAt time.Time `json:"deprecated_at,omitzero"` // UTC; zero where the text is no instant
	SunsetAt     time.Time `json:"sunset_at,omitzero"`     // UTC; zero where the text is no instant
	Path         string    `json:"path,omitempty"`         // of the first answer that said so
	SeenAt       time.Time `json:"seen_at,omitzero"`       // local time of that answer, UTC
}

// Deprecated reports whether the API announced the version's end.
func (l Lifecycle) Deprecated() bool {
	return l.Deprecation != "" || l.Sunset != "" || l.NextVersion != ""
}

// A witness remembers what answers say beside their bodies.
type witness struct {
	mu        sync.Mutex
	lifecycle Lifecycle
	clock     clockOffset
	rate      Rate
}

func (w *witness) observe(req *http.Request, resp *http.Response, sent, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if date, ok := parseDate(resp.Header); ok {
		w.clock.observe(date, sent, now)
	}
	if r := parseRate(resp.Header, now.UTC()); r.Limit > 0 || r.Remaining >= 0 || !r.Reset.IsZero() {
		w.rate = r
	}
	l := &w.lifecycle
	fresh := !l.Deprecated()
	remember := func(to *string, header string) {
		if v := oneLine(resp.Header.Get(header), maxErrorToken); *to == "" {
			*to = v
		}
	}
	remember(&l.Deprecation, "Deprecation")
	remember(&l.Sunset, "Sunset")
	remember(&l.NextVersion, "X-Fanvue-API-Next-Version")
	if fresh && l.Deprecated() {
		l.Path, l.SeenAt = req.URL.EscapedPath(), now.UTC()
	}
	l.DeprecatedAt, l.SunsetAt = headerInstant(l.Deprecation), headerInstant(l.Sunset)
}

// headerInstant reads an HTTP date, or the "@seconds" of structured headers.
func headerInstant(v string) time.Time {
	if t, err := http.ParseTime(v); err == nil {
		return t.UTC()
	}
	if s, ok := strings.CutPrefix(v, "@"); ok {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil && 0 < n && n < 253402300800 { // up to the year 9999
			return time.Unix(n, 0).UTC()
		}
	}
	return time.Time{}
}
