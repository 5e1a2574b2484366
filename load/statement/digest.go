package statement

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"fanlake/load"
	"fanlake/load/query"
	"fanlake/load/statement/document"
	"fanlake/load/terminal"
)

// A Digest is a day of all creators, for people who read it elsewhere: it has
// neither fans nor handles, and of creators only the labels of the configuration.
// Together it has at most [MaxDigestLines] lines.
type Digest struct {
	Lines   []string // without amounts
	Amounts []string // more lines, with amounts
}

// MaxDigestLines bounds a digest.
const MaxDigestLines = 15

// digestNames is how many creators a line of a digest names.
const digestNames = 5

// A digestCreator is what a digest knows of a creator. Amounts are US cents.
type digestCreator struct {
	label, lastDay        string
	complete, comparable  bool
	coveredTo             string // local time, empty if the month before and this one were not read from their start
	day, month, before    int64
	reversals, reversedOf int64
	checks, rejects       int64 // with findings; rows of the last run that could not be typed
}

// MakeDigest makes the digest of the last complete day of a published file.
// Money is of the creators that were read completely up to it, compared with the
// same days of the month before.
func MakeDigest(ctx context.Context, warehouse string, o query.Options) (d Digest, err error) {
	file, err := load.OpenPublished(ctx, warehouse, o)
	if err != nil {
		return d, err
	}
	var all []digestCreator
	err = (&maker{file: file}).each(ctx, "digest", func(rows *query.Rows) (bool, error) {
		var c digestCreator
		more, err := rows.Scan(&c.label, &c.lastDay, &c.complete, &c.coveredTo, &c.day, &c.month, &c.before, &c.comparable, &c.reversals, &c.reversedOf, &c.checks, &c.rejects)
		if more && err == nil {
			all = append(all, c)
		}
		return more, err
	})
	if err = errors.Join(err, file.Close()); err != nil {
		return d, err
	}
	return digestOf(all), nil
}

func digestOf(all []digestCreator) Digest {
	var d Digest
	var complete, lacking []digestCreator
	var day, month, compared, before, reversals, reversed int64
	last := ""
	for _, c := range all {
		if !c.complete {
			lacking = append(lacking, c)
			continue
		}
		complete = append(complete, c)
		if last == "" || c.lastDay < last {
			last = c.lastDay
		}
		day, month, reversals, reversed = day+c.day, month+c.month, reversals+c.reversals, reversed+c.reversedOf
		if c.comparable {
			compared, before = compared+c.month, before+c.before
		}
	}
	if len(all) == 0 {
		return Digest{Lines: []string{"no creators were read yet"}}
	}
	head := fmt.Sprintf("%d/%d creators complete", len(complete), len(all))
	if last != "" {
		head += " to " + last
	}
	d.Lines = append(d.Lines, head)
	change := percent(compared, before)
	if change != "" {
		d.Lines = append(d.Lines, "net of the month to date "+change+" against the same days of the month before")
	}
	if movers := movers(complete); movers != "" {
		d.Lines = append(d.Lines, movers)
	}
	if reversals > 0 {
		d.Lines = append(d.Lines, fmt.Sprintf("refunds and chargebacks of the day: %d", reversals))
	}
	if len(lacking) > 0 {
		d.Lines = append(d.Lines, fmt.Sprintf("%d not complete: %s", len(lacking), namesOf(lacking)))
	}
	if who := those(all, func(c digestCreator) bool { return c.checks > 0 }); len(who) > 0 {
		d.Lines = append(d.Lines, fmt.Sprintf("checks found something of %d: %s", len(who), labelsOf(who)))
	}
	if who := those(all, func(c digestCreator) bool { return c.rejects > 0 }); len(who) > 0 {
		d.Lines = append(d.Lines, fmt.Sprintf("rows could not be typed of %d: %s", len(who), labelsOf(who)))
	}
	if len(complete) > 0 {
		d.Amounts = append(d.Amounts, fmt.Sprintf("net of the day %s USD, of the month to date %s USD", document.Dollars(day), document.Dollars(month)))
		if reversals > 0 {
			d.Amounts = append(d.Amounts, fmt.Sprintf("refunds and chargebacks of the day %s USD", document.Dollars(reversed)))
		}
	}
	return d
}

// percent is a change as whole percents; empty without a base above zero.
func percent(now, before int64) string {
	if before <= 0 {
		return ""
	}
	p := document.RoundedQuotient(new(big.Int).Mul(big.NewInt(now-before), big.NewInt(100)), big.NewInt(before))
	switch p.Sign() {
	case -1:
		return "−" + p.Abs(p).String() + " %"
	case 0:
		return "±0 %"
	}
	return "+" + p.String() + " %"
}

// movers names who gained and lost most against the same days, by amount.
func movers(complete []digestCreator) string {
	var moved []digestCreator
	for _, c := range complete {
		if c.comparable && c.label != "" && c.before > 0 && c.month != c.before {
			moved = append(moved, c)
		}
	}
	by := func(c digestCreator) int64 { return c.month - c.before }
	slices.SortFunc(moved, func(a, b digestCreator) int {
		return cmp.Or(cmp.Compare(by(b), by(a)), strings.Compare(a.label, b.label))
	})
	var parts []string
	for _, c := range moved[:min(3, len(moved))] {
		if by(c) > 0 {
			parts = append(parts, "▲ "+terminal.Printable(c.label)+" "+percent(c.month, c.before))
		}
	}
	for i := len(moved) - 1; i >= max(0, len(moved)-3); i-- {
		if c := moved[i]; by(c) < 0 {
			parts = append(parts, "▼ "+terminal.Printable(c.label)+" "+percent(c.month, c.before))
		}
	}
	return strings.Join(parts, ", ")
}

func those(all []digestCreator, are func(digestCreator) bool) (some []digestCreator) {
	for _, c := range all {
		if are(c) {
			some = append(some, c)
		}
	}
	return some
}

// namesOf names creators by their labels, and how far they were read.
func namesOf(lacking []digestCreator) string {
	return listOf(lacking, func(c digestCreator) string {
		if c.coveredTo == "" {
			return " (months not read from their start)"
		}
		return " (to " + c.coveredTo + ")"
	})
}

// labelsOf names creators by their labels.
func labelsOf(some []digestCreator) string {
	return listOf(some, func(digestCreator) string { return "" })
}

// listOf names a few creators by their labels with what is to be said of each,
// and counts the others.
func listOf(some []digestCreator, of func(digestCreator) string) string {
	var parts []string
	unnamed := 0
	for _, c := range some {
		if c.label == "" || len(parts) == digestNames {
			unnamed++
			continue
		}
		parts = append(parts, terminal.Printable(c.label)+of(c))
	}
	if unnamed > 0 {
		others := fmt.Sprintf("%d others", unnamed)
		if unnamed == 1 {
			others = "1 other"
		}
		if len(parts) == 0 {
			others = fmt.Sprintf("%d without a label", unnamed)
		}
		parts = append(parts, others)
	}
	return strings.Join(parts, ", ")
}
