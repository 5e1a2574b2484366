package fanvuesim

import "time"

// BucketKind is how a request budget comes back.
type BucketKind int

// The kinds of bucket an API may have behind the same headers.
const (
	FixedWindow   BucketKind = iota // a window starts with the first request after the last one ended
	WallWindow                      // windows end at multiples of Per since the Unix epoch
	SlidingWindow                   // a log: each request leaves it Per after it was admitted
	TokenBucket                     // refills continuously, Limit tokens each Per
	FullRefill                      // refills at once to Limit, each Per since the first request
)

// Rate is the request budget and how answers speak of it.
type Rate struct {
	Kind       BucketKind
	Limit      int           // requests; 0: 100; negative: no limit and no headers
	Per        time.Duration // 0: 60 s
	PerCreator bool          // each creator below /creators/{uuid}/ has a bucket of its own
}
