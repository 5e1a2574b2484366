package extract

import (
	"math/rand/v2"
	"net/http"
	"time"
)

// An outage is a server that answers nothing but that it is down: 502, 503 and
// 504, whoever asks. Each slice trying for itself would spend the whole budget
// on that. So one request at a time asks, with growing pauses for all.
type outage struct {
	failed int       // such answers in a row
	since  time.Time // of the first of them
	probes int       // of them, to requests sent behind the last pause
	pause  time.Time // when the last pause began
}

const (
	outageAfter    = 4                // answers in a row that make an outage
	outagePause    = 30 * time.Second // longest pause between two requests
	outagePatience = 15 * time.Minute // after which it is ErrUnavailable
)

func (o *outage) is() bool { return o.failed >= outageAfter }

// over reports whether there is no more waiting for its end.
func (o *outage) over(now time.Time) bool { return o.is() && now.Sub(o.since) > outagePatience }

// observe enters an answer to a request. It returns for how long nothing should
// be sent.
func (o *outage) observe(sent, now time.Time, status int) time.Duration {
	switch status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
	case http.StatusInternalServerError:
		return 0 // of the one request, perhaps
	default:
		*o = outage{}
		return 0
	}
	if o.failed++; o.failed == 1 {
		o.since = now
	}
	if !o.is() || sent.Before(o.pause) {
		return 0
	}
	pause := min(time.Second<<min(o.probes, 10), outagePause)
	o.probes++
	o.pause = now
	return pause/2 + rand.N(pause/2)
}
