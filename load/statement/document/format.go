package document

import (
	"math/big"
	"strconv"
	"strings"
	"time"
)

// Absent stands for people where a value is not known.
const Absent = "not available"

// Dollars writes cents with two decimals and a dot.
func Dollars(cents int64) string {
	sign, digits := "", strconv.FormatInt(cents, 10)
	if cents < 0 {
		sign, digits = "-", digits[1:]
	}
	for len(digits) < 3 {
		digits = "0" + digits
	}
	return sign + digits[:len(digits)-2] + "." + digits[len(digits)-2:]
}

// Minute writes an instant for people, in UTC.
func Minute(t time.Time) string { return t.UTC().Format("2006-01-02T15:04Z") }

// Print is the cell for people: dollars, whole percents with their sign, days
// and minutes as ISO 8601. It is empty where nothing is known.
func (c Cell) Print() string {
	switch c.Kind {
	case Money:
		return Dollars(c.Number)
	case Count:
		return strconv.FormatInt(c.Number, 10)
	case Percent:
		whole := RoundedQuotient(big.NewInt(c.Number), big.NewInt(100))
		if whole.Sign() >= 0 {
			return "+" + whole.String() + " %"
		}
		return whole.String() + " %"
	case Day:
		return c.Time().Format(time.DateOnly)
	case Instant:
		return Minute(c.Time())
	}
	return c.Text
}

// Exact is the cell for programs: dollars, percents with two decimals, ISO 8601
// to the microsecond. It is empty where nothing is known.
func (c Cell) Exact() string {
	switch c.Kind {
	case Percent:
		return Dollars(c.Number) // hundredths, as cents are
	case Instant:
		return c.Time().Format("2006-01-02T15:04:05.000000Z")
	}
	return c.Print()
}

// IsNumber reports whether a column of the kind is set to the right.
func (k Kind) IsNumber() bool { return k == Money || k == Count || k == Percent }

// Change is (this - previous) / |previous| in hundredths of a percent, rounded
// half away from zero; unknown without a base.
func Change(this, previous Cell) Cell {
	if !this.Known() || !previous.Known() || previous.Number == 0 {
		return Cell{}
	}
	base := new(big.Int).Abs(big.NewInt(previous.Number))
	diff := new(big.Int).Sub(big.NewInt(this.Number), big.NewInt(previous.Number))
	bps := RoundedQuotient(diff.Mul(diff, big.NewInt(10000)), base)
	if !bps.IsInt64() {
		return Cell{}
	}
	return BPS(bps.Int64())
}

// RoundedQuotient is a/b rounded half away from zero, for b > 0.
func RoundedQuotient(a, b *big.Int) *big.Int {
	twice := new(big.Int).Mul(new(big.Int).Abs(a), big.NewInt(2))
	q := twice.Add(twice, b)
	q.Quo(q, new(big.Int).Mul(b, big.NewInt(2)))
	if a.Sign() < 0 {
		q.Neg(q)
	}
	return q
}

// decimal writes a dot decimal, or one with a comma.
func decimal(s string, comma bool) string {
	if comma {
		return strings.Replace(s, ".", ",", 1)
	}
	return s
}
