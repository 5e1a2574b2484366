package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"fanlake/extract"
	"fanlake/load/runs"
)

// An access is the one way to the API: retries above a governor above the
// transport that can only read. There is one governor per rate bucket: the key,
// or each creator where the account says so.
type access struct {
	account Account
	budget  *extract.Budget // over all buckets
	report  Reporter
	state   string // file of the last requests, empty before there is an owner

	mu      sync.Mutex
	buckets map[string]*bucket
	streams map[string]runs.Stream // what was asked for each of them
	bytes   int64
	told    time.Time // when it was last told that requests fail
}

// A bucket is the way to one rate bucket.
type bucket struct {
	retrier   *extract.Retrier
	transport *extract.Transport
	governor  *extract.Governor
}

// connect makes the access. Budget bounds what the run sends, over all buckets.
func (a Account) connect(budget *extract.Budget, report Reporter) (*access, error) {
	c := &access{account: a, budget: budget, report: report, buckets: map[string]*bucket{}, streams: map[string]runs.Stream{}}
	if o, err := a.readOwner(); err == nil && o.UUID != "" {
		c.state = filepath.Join(a.Dir, "state", "requests")
	}
	_, err := c.bucket("") // an address that cannot be used is known now
	return c, err
}

// bucket returns the way of one rate bucket.
func (c *access) bucket(name string) (*bucket, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if b := c.buckets[name]; b != nil {
		return b, nil
	}
	o := extract.GovernorOptions{Budget: c.budget, OnWait: c.report.Wait}
	if c.state != "" {
		o.StateFile = strings.TrimSuffix(c.state+"-"+name, "-") + ".json"
	}
	b := &bucket{governor: extract.NewGovernor(c.account.Limit, o)}
	var err error
	b.transport, err = extract.NewTransport(extract.TransportOptions{BaseURL: c.account.BaseURL, Credential: c.account.Credential, Renew: c.account.Renew,
		Governor: b.governor, Version: c.account.APIVersion, UserAgent: "fanlake/" + c.account.ToolVersion + " (+read-only export)"})
	if err != nil {
		return nil, errors.Join(err, b.governor.Close())
	}
	client := b.transport.Client()
	client.Transport = metered{c, client.Transport}
	b.retrier = &extract.Retrier{Client: client, OnRetry: c.retried}
	c.buckets[name] = b
	return b, nil
}

// When failing attempts are told: one that succeeds when it is repeated is none
// of anybody's business, and a server that is down need not be named each time.
const (
	tellAttempt = 2
	tellAgain   = time.Minute
)

// retried tells of requests that fail again and again.
func (c *access) retried(attempt int, err error) {
	if attempt < tellAttempt {
		return
	}
	c.mu.Lock()
	now := time.Now()
	tell := c.told.IsZero() || now.Sub(c.told) >= tellAgain
	if tell {
		c.told = now
	}
	c.mu.Unlock()
	if !tell {
		return
	}
	why := err.Error()
	var status *extract.StatusError
	if errors.As(err, &status) { // the path names whose data are read
		why = fmt.Sprintf("status %d", status.Code)
	}
	c.report.Trouble("the API fails; trying again", "error", why, "attempt", attempt)
}

// Do sends through the bucket that the request counts against.
func (c *access) Do(ctx context.Context, newRequest func(context.Context) (*http.Request, error), read func(*http.Response) error) error {
	name := ""
	if c.account.PerCreator {
		req, err := newRequest(ctx)
		if err != nil {
			return err
		}
		if _, rest, ok := strings.Cut(req.URL.Path, "/creators/"); ok {
			name, _, _ = strings.Cut(rest, "/")
		}
	}
	b, err := c.bucket(name)
	if err != nil {
		return err
	}
	return b.retrier.Do(ctx, newRequest, read)
}

// Close keeps when requests were sent, for the next run, and ends connections
// that nobody uses.
func (c *access) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for _, b := range c.buckets {
		b.transport.CloseIdleConnections()
		errs = append(errs, b.governor.Close())
	}
	return errors.Join(errs...)
}

// spending is what was sent and waited for, over all buckets.
type spending struct {
	requests, refused, foreign, bytes int64
	waited                            map[string]time.Duration // by reason
}

func (c *access) spent() spending {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := spending{bytes: c.bytes, waited: map[string]time.Duration{}}
	for _, b := range c.buckets {
		st := b.governor.Stats()
		s.requests += int64(st.Requests)
		s.refused += int64(st.Refused)
		s.foreign += int64(st.Foreign)
		for reason, w := range st.Waited {
			s.waited[reason] += w
		}
	}
	return s
}

// lifecycle is what answers said of the API version, on whichever way they came.
func (c *access) lifecycle() extract.Lifecycle {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.buckets[""].transport.Lifecycle()
	for _, name := range slices.Sorted(maps.Keys(c.buckets)) {
		if o := c.buckets[name].transport.Lifecycle(); !l.Deprecated() && o.Deprecated() {
			l = o
		}
	}
	return l
}

// announcements are the version's lifecycle as the run record keeps it.
func (c *access) announcements() []runs.Lifecycle {
	l := c.lifecycle()
	var all []runs.Lifecycle
	for _, h := range []runs.Lifecycle{{Header: "Deprecation", Value: l.Deprecation}, {Header: "Sunset", Value: l.Sunset},
		{Header: "X-Fanvue-API-Next-Version", Value: l.NextVersion}} {
		if h.Value != "" {
			all = append(all, h)
		}
	}
	return all
}
