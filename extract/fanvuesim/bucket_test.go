package fanvuesim

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"
)

// wallBase is 7 s past a multiple of 10 s.
var wallBase = time.Unix(1_800_000_007, 0)

type step struct {
	at        float64 // seconds after wallBase
	admitted  bool
	remaining int
	wait      float64
	reset     float64
}

func TestBucketSchedules(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		rate  Rate
		limit int
		per   time.Duration
		steps []step
	}{
		{"fixed window starts with a request", Rate{Kind: FixedWindow}, 3, 10 * time.Second, []step{
			{0, true, 2, 0, 10}, {4, true, 1, 0, 6}, {5, true, 0, 0, 5},
			{6, false, 0, 4, 4}, {9.999, false, 0, 0.001, 0.001},
			{10, true, 2, 0, 10}, // the first window is over at its end, not after it
			{25, true, 2, 0, 10}, // idle since 20: the window starts now
			{30, true, 1, 0, 5},
		}},
		{"wall-clock window", Rate{Kind: WallWindow}, 3, 10 * time.Second, []step{
			{0, true, 2, 0, 3}, {2.5, true, 1, 0, 0.5}, {2.9, true, 0, 0, 0.1}, {2.95, false, 0, 0.05, 0.05},
			{3, true, 2, 0, 10}, {25, true, 2, 0, 8},
		}},
		{"full refill", Rate{Kind: FullRefill}, 2, 10 * time.Second, []step{
			{0, true, 1, 0, 10}, {1, true, 0, 0, 9}, {2, false, 0, 8, 8},
			{12, true, 1, 0, 8}, {35, true, 1, 0, 5}, {40, true, 1, 0, 10},
		}},
		{"sliding window", Rate{Kind: SlidingWindow}, 3, 10 * time.Second, []step{
			{0, true, 2, 0, 10}, {4, true, 1, 0, 6}, {5, true, 0, 0, 5},
			{6, false, 0, 4, 4}, {10, true, 0, 0, 4}, {13, false, 0, 1, 1}, {14, true, 0, 0, 1},
		}},
		{"sliding window that logs refusals", Rate{Kind: SlidingWindow, CountRefused: true}, 2, 10 * time.Second, []step{
			{0, true, 1, 0, 10}, {1, true, 0, 0, 9},
			{2, false, 0, 9, 9},  // log 0 1 2: one may be left, so 1 has to leave, at 11
			{10, false, 0, 2, 2}, // log 1 2 10: 2 leaves at 12
			{11, false, 0, 9, 9}, // log 2 10 11: 10 leaves at 20
			{40, true, 1, 0, 10}, // left alone, it forgets
		}},
		{"token bucket", Rate{Kind: TokenBucket}, 3, 9 * time.Second, []step{
			{0, true, 2, 0, 3}, {0, true, 1, 0, 6}, {0, true, 0, 0, 9},
			{1, false, 0, 2, 8}, {3, true, 0, 0, 9},
			{10.5, true, 1, 0, 4.5}, // 2.5 tokens came back, one went: 1.5 missing
			{100, true, 2, 0, 3},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBucket(&tt.rate)
			for i, s := range tt.steps {
				v := b.ask(wallBase.Add(bucketTime(s.at)), tt.limit, tt.per, true)
				want := verdict{s.admitted, tt.limit, s.remaining, bucketTime(s.wait), bucketTime(s.reset)}
				if v != want {
					t.Errorf("step %d at %vs: got %+v, want %+v", i, s.at, v, want)
				}
			}
		})
	}
}

func bucketTime(f float64) time.Duration { return time.Duration(f*1e6+0.5) * time.Microsecond }

func TestLookingTakesNothing(t *testing.T) {
	t.Parallel()
	for kind := FixedWindow; kind <= FullRefill; kind++ {
		b := newBucket(&Rate{Kind: kind})
		for range 5 {
			if v := b.ask(wallBase, 3, time.Minute, false); !v.admitted || v.remaining != 3 {
				t.Errorf("%v: looking gave %+v", kind, v)
			}
		}
		if v := b.ask(wallBase, 3, time.Minute, true); v.remaining != 2 {
			t.Errorf("%v: after looking %+v", kind, v)
		}
	}
}

// A limit that does not divide the window must neither drift nor round a wait
// down to an instant at which the request is refused again.
func TestTokenBucketIsExact(t *testing.T) {
	t.Parallel()
	const limit, per = 7, time.Minute
	b := newBucket(&Rate{Kind: TokenBucket})
	for range limit {
		b.ask(wallBase, limit, per, true)
	}
	v := b.ask(wallBase, limit, per, true)
	if want := time.Duration(8_571_428_572); v.admitted || v.wait != want { // 60 s / 7, rounded up
		t.Fatalf("got %+v, want a wait of %d ns", v, want)
	}
	if v := b.ask(wallBase.Add(v.wait-1), limit, per, true); v.admitted || v.wait != 1 {
		t.Errorf("a nanosecond early: %+v", v)
	}
	if v := b.ask(wallBase.Add(v.wait), limit, per, true); !v.admitted {
		t.Errorf("in time: %+v", v)
	}
}

func TestBucketsAgreeWithOracles(t *testing.T) {
	t.Parallel()
	const limit, per = 5, time.Second
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 1))
		log, tokens := newBucket(&Rate{Kind: SlidingWindow}), newBucket(&Rate{Kind: TokenBucket})
		var admitted []time.Time
		level, last, at := big.NewRat(limit, 1), wallBase, wallBase
		for i := range 300 {
			at = at.Add(time.Duration(rng.IntN(400)) * time.Millisecond)

			inWindow := 0
			for _, a := range admitted {
				if at.Sub(a) < per {
					inWindow++
				}
			}
			if got := log.ask(at, limit, per, true).admitted; got != (inWindow < limit) {
				t.Fatalf("seed %d, request %d: sliding window admitted %v with %d in it", seed, i, got, inWindow)
			}
			if inWindow < limit {
				admitted = append(admitted, at)
			}

			level.Add(level, big.NewRat(int64(at.Sub(last))*limit, int64(per)))
			if last = at; level.Cmp(big.NewRat(limit, 1)) > 0 {
				level.SetInt64(limit)
			}
			want := level.Cmp(big.NewRat(1, 1)) >= 0
			if got := tokens.ask(at, limit, per, true).admitted; got != want {
				t.Fatalf("seed %d, request %d: token bucket admitted %v at level %v", seed, i, got, level)
			}
			if want {
				level.Sub(level, big.NewRat(1, 1))
			}
		}
	}
}

func TestLimitChangesKeepWhatWasUsed(t *testing.T) {
	t.Parallel()
	for kind := FixedWindow; kind <= FullRefill; kind++ {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			now := time.Unix(1_800_000_000, 0)
			l := newLimiter(Rate{Kind: kind, Limit: 100}, func() time.Time { return now })
			var v verdict
			for range 100 {
				v, _, _ = l.ask("k", &target{}, false)
			}
			if !v.admitted || v.remaining != 0 {
				t.Fatalf("the hundredth: %+v", v)
			}
			l.setLimit(200, time.Minute)
			if v, _, _ = l.ask("k", &target{}, false); !v.admitted || v.limit != 200 || v.remaining != 99 {
				t.Errorf("after 100 to 200: %+v", v)
			}
			l.setLimit(60, time.Minute)
			v, _, _ = l.ask("k", &target{}, false)
			if v.admitted || v.limit != 60 || v.remaining != 0 || v.wait <= 0 {
				t.Errorf("after 200 to 60: %+v", v)
			}
			now = now.Add(v.wait)
			if v, _, _ = l.ask("k", &target{}, false); !v.admitted {
				t.Errorf("after the wait: %+v", v)
			}
		})
	}
}

func TestTokenBucketKeepsTokensWhenPerChanges(t *testing.T) {
	t.Parallel()
	now := wallBase
	l := newLimiter(Rate{Kind: TokenBucket, Limit: 3, Per: 9 * time.Second}, func() time.Time { return now })
	for range 3 {
		l.ask("k", &target{}, false)
	}
	l.setLimit(3, 18*time.Second)
	if v, _, _ := l.ask("k", &target{}, false); v.wait != 6*time.Second || v.reset != 18*time.Second {
		t.Errorf("three tokens of debt at one per 6 s: %+v", v)
	}
}

func TestBucketsApart(t *testing.T) {
	t.Parallel()
	now := wallBase
	const ava, ben = "a0000000-0000-4000-8000-000000000001", "b0000000-0000-4000-8000-000000000002"
	chats := func(creator string) *target { return &target{method: "GET", route: "/chats", creator: creator} }
	statuses := &target{method: "POST", route: "/chats/statuses"}
	left := func(l *limiter, identity string, t *target) string {
		v, _, limited := l.ask(identity, t, false)
		if !limited {
			return "none"
		}
		return fmt.Sprintf("%d/%d", v.remaining, v.limit)
	}
	clock := func() time.Time { return now }
	perKey, perCreator := newLimiter(Rate{}, clock), newLimiter(Rate{PerCreator: true, Limit: 200}, clock)
	none, noRoutes := newLimiter(Rate{Limit: -1}, clock), newLimiter(Rate{Routes: []RouteRate{}}, clock)
	for i, tt := range []struct {
		l        *limiter
		identity string
		t        *target
		want     string
	}{
		{perKey, "k", chats(""), "99/100"}, {perKey, "k", chats(ava), "98/100"}, {perKey, "other", chats(ava), "99/100"},
		{perKey, "k", statuses, "79/80"}, {perKey, "k", chats(""), "97/100"},
		{perCreator, "k", chats(ava), "199/200"}, {perCreator, "k", chats(ben), "199/200"},
		{perCreator, "k", chats(""), "199/200"}, {perCreator, "k", chats(ava), "198/200"},
		{none, "k", chats(ava), "none"}, {none, "k", statuses, "none"},
		{noRoutes, "k", statuses, "99/100"},
	} {
		if got := left(tt.l, tt.identity, tt.t); got != tt.want {
			t.Errorf("%d: left %s, want %s", i, got, tt.want)
		}
	}
	if v, _, _ := perKey.ask("k", chats(""), true); v.remaining != 97 {
		t.Errorf("a denied request took: %+v", v)
	}
}

func TestHeaderForms(t *testing.T) {
	t.Parallel()
	date := time.Unix(1_800_000_000, 0).Add(600 * time.Millisecond)
	for _, tt := range []struct {
		form ResetForm
		wait time.Duration
		want int64
	}{
		{ResetUp, 1300 * time.Millisecond, 1_800_000_002}, {ResetUp, 1400 * time.Millisecond, 1_800_000_002}, {ResetUp, 1401 * time.Millisecond, 1_800_000_003},
		{ResetDown, 1300 * time.Millisecond, 1_800_000_001}, {ResetDown, 1400 * time.Millisecond, 1_800_000_002},
		{ResetNearest, 1300 * time.Millisecond, 1_800_000_002}, {ResetNearest, 800 * time.Millisecond, 1_800_000_001},
		{ResetTruncated, 1900 * time.Millisecond, 1_800_000_001}, // 1.5 s early
	} {
		if got := tt.form.resetSeconds(date, tt.wait); got != tt.want {
			t.Errorf("form %d of %v: %d, want %d", tt.form, tt.wait, got, tt.want)
		}
	}
	for _, tt := range []struct {
		form RetryForm
		wait time.Duration
		want string
	}{
		{RetrySeconds, 1, "1"}, {RetrySeconds, 41 * time.Second, "41"}, {RetrySeconds, 41*time.Second + 1, "42"},
		{RetryDate, 400 * time.Millisecond, "Fri, 15 Jan 2027 08:00:01 GMT"}, {RetryDate, 401 * time.Millisecond, "Fri, 15 Jan 2027 08:00:02 GMT"},
		{RetryZero, time.Minute, "0"}, {RetryAbsent, time.Minute, ""},
	} {
		if got := tt.form.retryAfter(date, tt.wait); got != tt.want {
			t.Errorf("form %d of %v: %q, want %q", tt.form, tt.wait, got, tt.want)
		}
	}
}
