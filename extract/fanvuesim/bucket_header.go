package fanvuesim

import (
	"net/http"
	"strconv"
	"time"
)

// HeaderMode is on which answers the rate headers stand.
type HeaderMode int

// The places of rate headers.
const (
	HeadersAlways HeaderMode = iota
	HeadersOnRefused
	HeadersNever
)

// ResetForm is how the instant of a reset becomes whole seconds.
type ResetForm int

// The roundings found in rate limiters.
const (
	ResetUp        ResetForm = iota // the first whole second not before the reset
	ResetDown                       // the last whole second not after it: up to 1 s early
	ResetNearest                    // half a second early or late
	ResetTruncated                  // whole seconds of now plus whole seconds of the wait: up to 2 s early
)

// RetryForm is how a refusal says when to come back.
type RetryForm int

// The forms of Retry-After.
const (
	RetrySeconds RetryForm = iota // whole seconds, rounded up
	RetryDate                     // an HTTP-date in the time of the Date header, rounded up
	RetryZero                     // "0", which is no hint
	RetryAbsent
)

// resetSeconds is the Unix time of an instant wait after date.
func (f ResetForm) resetSeconds(date time.Time, wait time.Duration) int64 {
	at := date.Add(wait)
	switch f {
	case ResetUp:
		return ceilSecond(at).Unix()
	case ResetNearest:
		return at.Add(time.Second / 2).Unix()
	case ResetTruncated:
		return date.Unix() + int64(wait/time.Second)
	}
	return at.Unix()
}

// retryAfter is the header's value, empty for none.
func (f RetryForm) retryAfter(date time.Time, wait time.Duration) string {
	switch f {
	case RetrySeconds:
		return strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10)
	case RetryDate:
		return ceilSecond(date.Add(wait)).UTC().Format(http.TimeFormat)
	case RetryZero:
		return "0"
	}
	return ""
}

func ceilSecond(t time.Time) time.Time {
	return t.Add(time.Second - time.Nanosecond).Truncate(time.Second)
}

// Header names in the canonical form of net/http, which spares it the work; on
// the wire case means nothing.
const (
	limitHeader     = "X-Ratelimit-Limit"
	remainingHeader = "X-Ratelimit-Remaining"
	resetHeader     = "X-Ratelimit-Reset"
	versionHeader   = "X-Fanvue-Api-Version"
	keyHeader       = "X-Fanvue-Api-Key"
)

// headerForm is how a Rate speaks of its verdicts.
type headerForm struct {
	mode  HeaderMode
	reset ResetForm
	retry RetryForm
}

// write puts v on an answer dated date.
func (f headerForm) write(h http.Header, date time.Time, v verdict) {
	if f.mode == HeadersAlways || f.mode == HeadersOnRefused && !v.admitted {
		h.Set(limitHeader, strconv.Itoa(v.limit))
		h.Set(remainingHeader, strconv.Itoa(v.remaining))
		h.Set(resetHeader, strconv.FormatInt(f.reset.resetSeconds(date, v.reset), 10))
	}
	if v.admitted {
		return
	}
	if s := f.retry.retryAfter(date, v.wait); s != "" {
		h.Set("Retry-After", s)
	}
}
