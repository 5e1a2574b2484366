package transform

import (
	"math"
	"strconv"
)

// wrong is why a value cannot have the type of its column. It never holds the
// value itself, for it ends up in reports.
type wrong string

const (
	wrongFraction  wrong = "number with a fraction, want an integer"
	wrongRange     wrong = "number out of the range of 64 bits"
	wrongAmount    wrong = "number beyond 10,000,000,000,000"
	wrongTimestamp wrong = "not an ISO 8601 date-time"
	wrongDate      wrong = "not an ISO 8601 date"
	wrongUUID      wrong = "not a uuid"
	wrongUTF8      wrong = "not valid UTF-8"
)

// mostAmount bounds cents and counts on both sides of zero. It is a hundred
// billion dollars, and leaves room for the sums of close to a million rows in
// the 64 bits of the warehouse: a single amount beyond would end every sum it
// is in, and with it the publication of all other creators' money.
const mostAmount = 10_000_000_000_000

// parseInteger reads a JSON number, already known to be well formed, whose
// value is exactly an integer: 700, 700.0 and 7e2 are the same. Nothing passes
// through a float.
func parseInteger(b []byte) (int64, wrong) {
	digits, negative := b, false
	if digits[0] == '-' {
		digits, negative = digits[1:], true
	}
	if len(digits) > 18 {
		return parseLongInteger(digits, negative)
	}
	var n int64
	for _, c := range digits {
		if c < '0' || c > '9' {
			return parseLongInteger(digits, negative)
		}
		n = n*10 + int64(c-'0')
	}
	if negative {
		n = -n
	}
	return n, ""
}

// parseLongInteger reads what is too long or too unusual for the short way.
func parseLongInteger(b []byte, negative bool) (int64, wrong) {
	digits := make([]byte, 0, 24)
	var exponent int64
	fraction := false
	for i, c := range b {
		switch {
		case c == '.':
			fraction = true
			continue
		case c == 'e' || c == 'E':
			exponent += parseExponent(b[i+1:])
		default:
			if len(digits) > 0 || c != '0' {
				digits = append(digits, c)
			}
			if fraction {
				exponent--
			}
			continue
		}
		break
	}
	for len(digits) > 0 && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
		exponent++
	}
	switch {
	case len(digits) == 0:
		return 0, ""
	case exponent < 0:
		return 0, wrongFraction
	case int64(len(digits))+exponent > 19:
		return 0, wrongRange
	}
	for ; exponent > 0; exponent-- {
		digits = append(digits, '0')
	}
	n, err := strconv.ParseUint(string(digits), 10, 64)
	switch {
	case err != nil:
		return 0, wrongRange
	case negative && n <= -math.MinInt64:
		return -int64(n), "" // the most negative number is its own negation
	case !negative && n <= math.MaxInt64:
		return int64(n), ""
	}
	return 0, wrongRange
}

// parseExponent stops counting where no number of a page could matter any more.
func parseExponent(b []byte) int64 {
	const huge = 1 << 40
	negative := b[0] == '-'
	if b[0] == '-' || b[0] == '+' {
		b = b[1:]
	}
	var n int64
	for _, c := range b {
		if n < huge {
			n = n*10 + int64(c-'0')
		}
	}
	if negative {
		return -n
	}
	return n
}

// parseUUID reads the 36 characters of a uuid in either case.
func parseUUID(b []byte) (id [16]byte, ok bool) {
	if len(b) != 36 || b[8] != '-' || b[13] != '-' || b[18] != '-' || b[23] != '-' {
		return id, false
	}
	at := 0
	for i := 0; i < 36; i += 2 {
		if b[i] == '-' {
			i++
		}
		hi, lo := hexDigit[b[i]], hexDigit[b[i+1]]
		if hi|lo > 15 {
			return id, false
		}
		id[at] = hi<<4 | lo
		at++
	}
	return id, true
}

var hexDigit = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xff
	}
	for i, c := range "0123456789abcdef" {
		t[c] = byte(i)
	}
	for i, c := range "ABCDEF" {
		t[c] = byte(10 + i)
	}
	return t
}()

// digits reads n decimal digits at b[i:].
func digits(b []byte, i, n int) (v int, ok bool) {
	if i+n > len(b) {
		return 0, false
	}
	for _, c := range b[i : i+n] {
		if c < '0' || c > '9' {
			return 0, false
		}
		v = v*10 + int(c-'0')
	}
	return v, true
}

// parseDay reads yyyy-mm-dd at the start of b as days since 1970-01-01.
func parseDay(b []byte) (days int64, ok bool) {
	if len(b) < 10 || b[4] != '-' || b[7] != '-' {
		return 0, false
	}
	y, ok1 := digits(b, 0, 4)
	m, ok2 := digits(b, 5, 2)
	d, ok3 := digits(b, 8, 2)
	if !ok1 || !ok2 || !ok3 || y < 1 || m < 1 || m > 12 || d < 1 || d > daysIn(y, m) {
		return 0, false
	}
	return civilDays(y, m, d), true
}

func daysIn(y, m int) int {
	switch m {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// civilDays counts the days from 1970-01-01 in the Gregorian calendar, with
// years that start in March so that the leap day is the last.
func civilDays(y, m, d int) int64 {
	if m <= 2 {
		y--
		m += 12
	}
	era := y / 400
	yearOfEra := y - era*400
	dayOfYear := (153*(m-3)+2)/5 + d - 1
	dayOfEra := yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear
	return int64(era)*146097 + int64(dayOfEra) - 719468
}

const (
	secondMicros = 1_000_000
	minuteMicros = 60 * secondMicros
	hourMicros   = 60 * minuteMicros
	dayMicros    = 24 * hourMicros
)

// parseTimestamp reads an ISO 8601 date-time as microseconds since 1970 UTC. A
// date alone is midnight UTC, a time without offset is UTC, seconds may be
// left out, and digits beyond microseconds are cut off.
func parseTimestamp(b []byte) (micros int64, ok bool) {
	days, ok := parseDay(b)
	if !ok {
		return 0, false
	}
	micros = days * dayMicros
	if len(b) == 10 {
		return micros, true
	}
	if len(b) < 16 || b[10] != 'T' && b[10] != 't' && b[10] != ' ' || b[13] != ':' {
		return 0, false
	}
	hour, ok1 := digits(b, 11, 2)
	minute, ok2 := digits(b, 14, 2)
	if !ok1 || !ok2 || hour > 23 || minute > 59 {
		return 0, false
	}
	micros += int64(hour)*hourMicros + int64(minute)*minuteMicros
	rest := b[16:]
	if len(rest) > 0 && rest[0] == ':' {
		second, ok := digits(rest, 1, 2)
		if !ok || second > 59 {
			return 0, false
		}
		micros += int64(second) * secondMicros
		rest = rest[3:]
		if len(rest) > 0 && (rest[0] == '.' || rest[0] == ',') {
			fraction, n := fractionMicros(rest[1:])
			if n == 0 || n > 9 {
				return 0, false
			}
			micros += fraction
			rest = rest[1+n:]
		}
	}
	offset, ok := parseOffset(rest)
	return micros - offset, ok
}

func fractionMicros(b []byte) (micros int64, n int) {
	unit := int64(secondMicros)
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		unit /= 10
		micros += int64(b[n]-'0') * unit
		n++
	}
	return micros, n
}

// parseOffset reads Z, ±hh, ±hhmm or ±hh:mm; nothing means UTC.
func parseOffset(b []byte) (micros int64, ok bool) {
	if len(b) == 0 || len(b) == 1 && (b[0] == 'Z' || b[0] == 'z') {
		return 0, true
	}
	if b[0] != '+' && b[0] != '-' {
		return 0, false
	}
	hour, ok1 := digits(b, 1, 2)
	minute, ok2 := 0, true
	switch {
	case len(b) == 5:
		minute, ok2 = digits(b, 3, 2)
	case len(b) == 6 && b[3] == ':':
		minute, ok2 = digits(b, 4, 2)
	case len(b) != 3:
		return 0, false
	}
	if !ok1 || !ok2 || hour > 23 || minute > 59 {
		return 0, false
	}
	micros = int64(hour)*hourMicros + int64(minute)*minuteMicros
	if b[0] == '-' {
		micros = -micros
	}
	return micros, true
}

// parseDate reads the day a date or date-time names where it was written: the
// offset says in which zone the day is meant, it does not move the day.
func parseDate(b []byte) (days int64, ok bool) {
	if _, ok := parseTimestamp(b); !ok {
		return 0, false
	}
	return parseDay(b)
}
