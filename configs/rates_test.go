package configs

import (
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRates(t *testing.T) {
	t.Parallel()
	const head = "month,base,quote,rate,source\n"
	rate := Rate{time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), "USD", "GBP", "0.75", "HMRC, monthly"}
	for name, test := range map[string]struct {
		text string
		want []Rate
		errs []string
	}{
		"none":             {head, nil, nil},
		"one":              {head + "2026-02,USD,GBP,0.75,\"HMRC, monthly\"\n", []Rate{rate}, nil},
		"from Windows":     {"\ufeff" + strings.ReplaceAll(head, "\n", "\r\n") + "2026-02,USD,GBP,0.75,\"HMRC, monthly\"\r\n", []Rate{rate}, nil},
		"empty":            {"", nil, []string{"f.csv:1:1: the first line is not month,base,quote,rate,source"}},
		"other columns":    {"month,rate\n", nil, []string{"f.csv:1:1: the first line is not month,base,quote,rate,source"}},
		"fields":           {head + "2026-02,USD,GBP,0.75\n\n2026-03,USD,GBP,0.75,a,b\n", nil, []string{"f.csv:2:1: the line has not the five fields month,base,quote,rate,source", "f.csv:4:1: the line has not the five fields month,base,quote,rate,source"}},
		"each field":       {head + "2026-13,usd,USD,-1,\n", nil, []string{`f.csv:2:1: month: "2026-13" is not a month; write YYYY-MM`, `f.csv:2:9: base: "usd" is not a currency code such as USD`, `f.csv:2:17: rate: "-1" is not a rate above zero`, `f.csv:2:20: source: "" is not a source`}},
		"the same":         {head + "2026-02,USD,USD,1,x\n", nil, []string{`f.csv:2:13: quote: "USD" is not another currency code such as GBP`}},
		"zero":             {head + "2026-02,USD,GBP,0.000,x\n", nil, []string{`f.csv:2:17: rate: "0.000" is not a rate above zero`}},
		"a comma as point": {head + "2026-02,USD,GBP,\"0,75\",x\n", nil, []string{`f.csv:2:17: rate: "0,75" is not a rate above zero`}},
		"nine digits":      {head + "2026-02,USD,GBP,0.123456789,x\n", nil, []string{`f.csv:2:17: rate: "0.123456789" is not a rate above zero`}},
		"twice":            {head + "2026-02,USD,GBP,1,x\n2026-02,USD,EUR,1,x\n2026-02,USD,GBP,2,y\n", nil, []string{"f.csv:4:1: 2026-02 USD GBP stands twice; keep one of them"}},
		"quotes":           {head + "2026-02,USD,GBP,1,\"x\n", nil, []string{"f.csv:"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := parseRates([]byte(test.text), "f.csv")
			var errs Errors
			if errors.As(err, &errs); len(errs) != len(test.errs) {
				t.Fatalf("error %v, want %d mistakes", err, len(test.errs))
			}
			for i, want := range test.errs {
				if !strings.HasPrefix(errs[i].Error(), want) {
					t.Errorf("mistake %q, want %q", errs[i], want)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// FuzzRates wants an answer for every file: rates that DuckDB can hold, or
// mistakes with their places.
func FuzzRates(f *testing.F) {
	f.Add([]byte("month,base,quote,rate,source\n2026-02,USD,GBP,0.75,x\n"))
	f.Add([]byte("month,base,quote,rate,source\r\n2026-02,USD,GBP,\"0.75\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rates, err := parseRates(data, "f.csv")
		var errs Errors
		switch {
		case err == nil:
			for _, r := range rates {
				v, ok := new(big.Rat).SetString(r.Rate)
				if !ok || v.Sign() <= 0 || r.Month.Day() != 1 || r.Base == r.Quote || len(r.Base) != 3 || r.Source == "" {
					t.Errorf("rate %+v", r)
				}
			}
		case !errors.As(err, &errs) || len(errs) == 0 || len(rates) > 0:
			t.Errorf("error %v, rates %v", err, rates)
		default:
			for _, e := range errs {
				if e.Line < 1 || e.Column < 1 || e.Problem == "" {
					t.Errorf("mistake %+v", e)
				}
			}
		}
	})
}
