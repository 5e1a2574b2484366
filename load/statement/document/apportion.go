package document

import (
	"cmp"
	"math/big"
	"slices"
)

// Apportion gives each share its part of a printed total, so that the lines add
// up to it: every line is rounded down, and what is left goes, a unit each, to
// the lines that lost most (the largest remainder), of equal ones to the first.
//
// A share is its number over the denominator, which is above zero. The total is
// the sum of the shares rounded to a whole number in any direction.
func Apportion(total int64, shares []*big.Int, denominator *big.Int) []int64 {
	parts := make([]int64, len(shares))
	remainders := make([]*big.Int, len(shares))
	order := make([]int, len(shares))
	left := total
	for i, s := range shares {
		whole, rest := new(big.Int).DivMod(s, denominator, new(big.Int)) // rest is never negative
		parts[i], remainders[i], order[i] = whole.Int64(), rest, i
		left -= parts[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Or(remainders[b].Cmp(remainders[a]), cmp.Compare(a, b)) })
	for _, i := range order[:max(0, min(left, int64(len(order))))] {
		parts[i]++
	}
	return parts
}
