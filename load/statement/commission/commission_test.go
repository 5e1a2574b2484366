package commission_test

import (
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"fanlake/load/statement/commission"
)

func tiers(pairs ...int64) []commission.Tier {
	var all []commission.Tier
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, commission.Tier{UpTo: pairs[i], BPS: int(pairs[i+1])})
	}
	return all
}

// Worked out by hand.
func TestCharge(t *testing.T) {
	t.Parallel()
	two := tiers(1_000_000, 3000, 0, 4000)
	for _, tt := range []struct {
		name           string
		terms          commission.Terms
		base, in       int64
		shares         []int64
		total, topUp   int64
		commissionable int64
		carriedOut     int64
	}{
		{"in the first tier", commission.Terms{Tiers: two}, 500_000, 0, []int64{150_000, 0}, 150_000, 0, 500_000, 0},
		{"exactly at the edge", commission.Terms{Tiers: two}, 1_000_000, 0, []int64{300_000, 0}, 300_000, 0, 1_000_000, 0},
		// 300000 + 0.4 is rounded down, once.
		{"one cent over", commission.Terms{Tiers: two}, 1_000_001, 0, []int64{300_000, 0}, 300_000, 0, 1_000_001, 0},
		// 300000 + 0.8
		{"two cents over", commission.Terms{Tiers: two}, 1_000_002, 0, []int64{300_000, 1}, 300_001, 0, 1_000_002, 0},
		{"a cent below the edge", commission.Terms{Tiers: two}, 999_999, 0, []int64{300_000, 0}, 300_000, 0, 999_999, 0}, // 299999.7
		{"half a cent is rounded up", commission.Terms{Tiers: tiers(0, 5000)}, 1, 0, []int64{1}, 1, 0, 1, 0},
		// 0.5 + 0.5 is one cent, not two: it is the first's.
		{"one rounding of two halves", commission.Terms{Tiers: tiers(1, 5000, 0, 5000)}, 2, 0, []int64{1, 0}, 1, 0, 2, 0},
		// 0.3 + 0.6 + 0.6 = 1.5: two cents, to the second and the third.
		{"three tiers", commission.Terms{Tiers: tiers(1, 3000, 2, 6000, 0, 6000)}, 3, 0, []int64{0, 1, 1}, 2, 0, 3, 0},
		{"nothing", commission.Terms{Tiers: two}, 0, 0, []int64{0, 0}, 0, 0, 0, 0},
		{"negative", commission.Terms{Tiers: two, Minimum: 500}, -700, 0, []int64{0, 0}, 0, 0, 0, -700},
		{"negative is carried", commission.Terms{Tiers: two}, 300, -700, []int64{0, 0}, 0, 0, 0, -400},
		{"carried and made up for", commission.Terms{Tiers: two}, 1_400, -400, []int64{300, 0}, 300, 0, 1_000, 0},
		{"the minimum tops up", commission.Terms{Tiers: two, Minimum: 5000}, 10_000, 0, []int64{3000, 0}, 5000, 2000, 10_000, 0},
		{"the minimum is reached", commission.Terms{Tiers: two, Minimum: 3000}, 10_000, 0, []int64{3000, 0}, 3000, 0, 10_000, 0},
		{"the minimum takes no more than there is", commission.Terms{Tiers: two, Minimum: 5000}, 4_000, 0, []int64{1200, 0}, 4000, 2800, 4_000, 0},
		{"all of it", commission.Terms{Tiers: tiers(0, 10000)}, 123, 0, []int64{123}, 123, 0, 123, 0},
		{"more than 64 bits hold", commission.Terms{Tiers: tiers(0, 9999)}, 1_000_000_000_000_000, 0, []int64{999_900_000_000_000}, 999_900_000_000_000, 0, 1_000_000_000_000_000, 0},
	} {
		c := tt.terms.Charge(tt.base, tt.in)
		if c.Commission != tt.total || c.TopUp != tt.topUp || c.Commissionable != tt.commissionable || c.CarriedOut != tt.carriedOut || c.Base != tt.base || c.CarriedIn != tt.in {
			t.Errorf("%s: got %+v", tt.name, c)
		}
		for i, want := range tt.shares {
			if c.Shares[i].Amount != want {
				t.Errorf("%s: tier %d takes %d, want %d", tt.name, i, c.Shares[i].Amount, want)
			}
		}
	}
}

// For random terms: the shares add up, the commission is what an exact sum
// rounds to, never negative, never falls as the base rises, and what is carried
// is what the running sum is below its own peak.
func TestChargeOfRandomTerms(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 11))
	for range 20_000 {
		var terms commission.Terms
		var edge int64
		for range r.IntN(5) {
			edge += 1 + r.Int64N([]int64{3, 1000, 5_000_000, 1 << 40}[r.IntN(4)])
			terms.Tiers = append(terms.Tiers, commission.Tier{UpTo: edge, BPS: r.IntN(10001)})
		}
		terms.Tiers = append(terms.Tiers, commission.Tier{BPS: r.IntN(10001)})
		if r.IntN(3) == 0 {
			terms.Minimum = r.Int64N(100_000)
		}
		base := r.Int64N(edge*2+1000) - edge/4
		if len(terms.Tiers) > 1 && r.IntN(3) == 0 {
			base = terms.Tiers[r.IntN(len(terms.Tiers)-1)].UpTo + r.Int64N(3) - 1
		}
		c := terms.Charge(base, 0)
		sum, parts := c.TopUp, int64(0)
		for _, s := range c.Shares {
			sum, parts = sum+s.Amount, parts+s.Base
			if s.Amount < 0 || s.Base == 0 && s.Amount != 0 || s.Amount > s.Base {
				t.Fatalf("%+v of %d: share %+v", terms, base, s)
			}
		}
		if want := oracle(terms, base); c.Commission != want || sum != want || c.Commission < 0 || parts != c.Commissionable {
			t.Fatalf("%+v of %d: got %+v, want %d", terms, base, c, want)
		}
		if more := terms.Charge(base+1+r.Int64N(1000), 0); more.Commission < c.Commission {
			t.Fatalf("%+v: %d of %d, but %d of %d", terms, c.Commission, c.Base, more.Commission, more.Base)
		}
	}
	for range 2000 {
		var in, sum, peak int64
		for range 24 {
			base := r.Int64N(2001) - 1000
			c := commission.Terms{Tiers: tiers(0, 1000)}.Charge(base, in)
			in = c.CarriedOut
			if sum += base; sum > peak {
				peak = sum
			}
			if in != sum-peak {
				t.Fatalf("carried %d, want %d", in, sum-peak)
			}
		}
	}
}

// oracle walks up the tiers with exact fractions of a cent.
func oracle(terms commission.Terms, base int64) int64 {
	total, below := new(big.Rat), int64(0)
	for _, tier := range terms.Tiers {
		top := base
		if tier.UpTo != 0 && tier.UpTo < base {
			top = tier.UpTo
		}
		if top > below {
			total.Add(total, new(big.Rat).Mul(big.NewRat(top-below, 1), big.NewRat(int64(tier.BPS), 10000)))
		}
		below = tier.UpTo
	}
	total.Add(total, big.NewRat(1, 2))
	cents := new(big.Int).Quo(total.Num(), total.Denom()).Int64()
	return max(cents, min(terms.Minimum, max(base, 0)))
}

func TestSettle(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var in, brought, paid int64
		for range 24 {
			b := r.Int64N(2001) - 1000
			s := commission.Settle(b, in)
			if in = s.CarriedOut; s.Payout < 0 || in > 0 || s.Payout > 0 && in < 0 {
				t.Fatalf("%+v", s)
			}
			brought, paid = brought+b, paid+s.Payout
		}
		if brought != paid+in { // nothing is lost
			t.Fatalf("brought %d, paid %d, carried %d", brought, paid, in)
		}
	}
}

func TestInForce(t *testing.T) {
	t.Parallel()
	day := func(s string) time.Time { d, _ := time.Parse(time.DateOnly, s); return d }
	all := []commission.Terms{{Contract: "b", From: day("2026-07-15")}, {Contract: "a", From: day("2026-01-01")}, {Contract: "c", From: day("2026-07-20")}}
	for month, want := range map[string]string{"2025-12-01": "", "2026-01-01": "a", "2026-06-01": "a", "2026-07-01": "c", "2027-01-01": "c"} {
		if got, ok := commission.InForce(all, day(month)); got.Contract != want || ok != (want != "") {
			t.Errorf("%s: got %q, %v, want %q", month, got.Contract, ok, want)
		}
	}
	adjustments := []commission.Adjustment{{Day: day("2026-02-20"), Text: "2"}, {Day: day("2026-02-03"), Text: "1"}, {Day: day("2025-11-30"), Text: "0"}}
	if got := commission.Of(adjustments, day("2026-02-01")); len(got) != 2 || got[0].Text != "1" {
		t.Errorf("got %+v", got)
	}
	if got, ok := commission.Since(all, adjustments); !ok || !got.Equal(day("2025-11-01")) {
		t.Errorf("got %v, %v", got, ok)
	}
}
