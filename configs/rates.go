package configs

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A Rate is what one unit of a currency is worth in another in a month.
type Rate struct {
	Month  time.Time // its first day, as midnight UTC
	Base   string    // ISO 4217 code
	Quote  string    // ISO 4217 code
	Rate   string    // above zero, as decimal digits, at most 10 before and 8 behind the point
	Source string    // where it is from
}

// rateColumns is the first line of a file of rates.
var rateColumns = []string{"month", "base", "quote", "rate", "source"}

var (
	rateMonth = regexp.MustCompile(`^[0-9]{4}-(0[1-9]|1[0-2])$`)
	rateValue = regexp.MustCompile(`^[0-9]{1,10}(\.[0-9]{1,8})?$`)
)

// readRates reads the file of rates at path. Mistakes come as [Errors] of that
// file, all at once.
func readRates(path string) ([]Rate, error) {
	f, err := os.Open(path)
	var data []byte
	if err == nil {
		defer f.Close()
		data, err = io.ReadAll(io.LimitReader(f, maxSize+1))
	}
	if err != nil {
		var at *os.PathError
		if errors.As(err, &at) {
			err = at.Err
		}
		return nil, Errors{{File: path, Line: 1, Column: 1, Problem: err.Error(), Hint: "fx.file of the configuration names the file of rates"}}
	}
	if len(data) > maxSize {
		return nil, Errors{{File: path, Line: 1, Column: 1, Problem: "larger than 1 MiB", Hint: "a file of rates has a line a month and currency"}}
	}
	return parseRates(data, path)
}

// parseRates reads rates from CSV with the columns month, base, quote, rate and
// source; file names it in messages.
func parseRates(data []byte, file string) ([]Rate, error) {
	var errs Errors
	bad := func(line, column int, field, problem, hint string) {
		errs = append(errs, Error{file, line, column, field, problem, hint})
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	var rates []Rate
	seen := map[string]bool{}
	for first := true; ; first = false {
		fields, err := r.Read()
		var broken *csv.ParseError
		switch {
		case errors.As(err, &broken):
			bad(broken.Line, broken.Column, "", broken.Err.Error(), "")
			return nil, errs
		case first && (err != nil || !slices.Equal(fields, rateColumns)):
			bad(1, 1, "", "the first line is not "+strings.Join(rateColumns, ","), "")
			return nil, errs
		case err != nil && len(errs) > 0:
			return nil, errs
		case err != nil: // the end
			return rates, nil
		case first:
			continue
		}
		line, _ := r.FieldPos(0)
		if len(fields) != len(rateColumns) {
			bad(line, 1, "", "the line has not the five fields "+strings.Join(rateColumns, ","), "")
			continue
		}
		before := len(errs)
		check := func(i int, ok bool, want, hint string) {
			if !ok {
				line, column := r.FieldPos(i)
				bad(line, column, rateColumns[i], quote(fields[i])+" is not "+want, hint)
			}
		}
		check(0, rateMonth.MatchString(fields[0]), "a month", "write YYYY-MM")
		check(1, currency.MatchString(fields[1]), "a currency code such as USD", "")
		check(2, currency.MatchString(fields[2]) && fields[2] != fields[1], "another currency code such as GBP", "")
		check(3, rateValue.MatchString(fields[3]) && strings.Trim(fields[3], "0.") != "", "a rate above zero", "write digits with at most 8 behind the point, such as 0.7843")
		check(4, fields[4] != "" && len(fields[4]) <= 200, "a source of 1 to 200 characters", "say where the rate is from; statements print it")
		key := strings.Join(fields[:3], " ")
		if len(errs) == before && seen[key] {
			bad(line, 1, "", key+" stands twice", "keep one of them")
		}
		seen[key] = true
		if len(errs) == before {
			month, _ := time.Parse("2006-01", fields[0]) // the pattern holds
			rates = append(rates, Rate{month, fields[1], fields[2], fields[3], fields[4]})
		}
	}
}
