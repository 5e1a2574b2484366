package transform

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestParseInteger(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"0": 0, "-0": 0, "0.0": 0, "0e99": 0, "-0.000e5": 0, "1": 1, "500": 500, "999": 999, "1000": 1000, "-12": -12,
		"700.0": 700, "7e2": 700, "7E+2": 700, "70000e-2": 700, "0.07e4": 700, "12.5e1": 125, "1200.00e-2": 12,
		"9007199254740993":    9007199254740993, // 2^53+1, which a float64 does not have
		"9223372036854775807": 9223372036854775807, "-9223372036854775808": -9223372036854775808,
		"9223372036854775807.000": 9223372036854775807, "9.223372036854775807e18": 9223372036854775807,
		"922337203685477580700e-2": 9223372036854775807, "-922337203685477580.8e1": -9223372036854775808,
		"1000000000000000000": 1e18, "1" + strings.Repeat("0", 40) + "e-40": 1,
		"0." + strings.Repeat("0", 40) + "1e41": 1,
	} {
		if got, why := parseInteger([]byte(text)); got != want || why != "" {
			t.Errorf("%s: got %d %s", text, got, why)
		}
	}
	for text, want := range map[string]wrong{
		"12.5": wrongFraction, "0.1": wrongFraction, "1e-1": wrongFraction, "1e-999999999999999999999": wrongFraction, "99999999999999999999.5": wrongFraction,
		"9223372036854775808": wrongRange, "-9223372036854775809": wrongRange, "18446744073709551616": wrongRange,
		"1e19": wrongRange, "1e999999999999999999999": wrongRange, strings.Repeat("9", 400): wrongRange,
	} {
		if got, why := parseInteger([]byte(text)); why != want {
			t.Errorf("%s: got %d %q, want %q", text, got, why, want)
		}
	}
}

func TestParseTimestamp(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-05-03T10:20:30.123Z":       "2026-05-03T10:20:30.123Z",
		"2026-05-03t10:20:30z":           "2026-05-03T10:20:30Z",
		"2026-05-03 10:20":               "2026-05-03T10:20:00Z",
		"2026-05-03T10:20:30":            "2026-05-03T10:20:30Z",
		"2026-05-03":                     "2026-05-03T00:00:00Z",
		"2026-05-03T10:20:30.123456789Z": "2026-05-03T10:20:30.123456Z",
		"2026-05-03T10:20:30,5Z":         "2026-05-03T10:20:30.5Z",
		"2026-05-03T00:20:30+05:30":      "2026-05-02T18:50:30Z",
		"2026-12-31T20:00:00-0400":       "2027-01-01T00:00:00Z",
		"2026-05-03T10:20:30-04":         "2026-05-03T14:20:30Z",
		"2024-02-29T23:59:59.999999Z":    "2024-02-29T23:59:59.999999Z",
		"2000-02-29":                     "2000-02-29T00:00:00Z",
		"1969-12-31T23:59:59.999999Z":    "1969-12-31T23:59:59.999999Z",
		"0001-01-01":                     "0001-01-01T00:00:00Z",
		"9999-12-31T23:59:59Z":           "9999-12-31T23:59:59Z",
	} {
		at, err := time.Parse(time.RFC3339Nano, want)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := parseTimestamp([]byte(text)); !ok || got != at.UnixMicro() {
			t.Errorf("%s: got %s %v, want %s", text, time.UnixMicro(got).UTC().Format(time.RFC3339Nano), ok, want)
		}
	}
	for _, text := range []string{
		"", "2026", "2026-5-3", "2026-13-01", "2026-00-01", "2026-01-00", "2026-04-31", "2025-02-29", "1900-02-29", "0000-01-01",
		"2026-05-03T", "2026-05-03T10", "2026-05-03T24:00:00Z", "2026-05-03T10:60:00Z", "2026-05-03T10:20:60Z", "2026-05-03T10:20:30.Z",
		"2026-05-03T10:20:30.1234567890Z", "2026-05-03T10:20:30+5", "2026-05-03T10:20:30+24:00", "2026-05-03T10:20:30+05:60", "2026-05-03T10:20:30ZZ",
		"2026-05-03T10:20:3", "2026-05-03T10:20:", "2026-05-03X10:20:30Z", "2026-05-03T10:20:30.5+", "02026-05-03", "-026-05-03", "2026-05-03T10:20:30+05:3x",
	} {
		if got, ok := parseTimestamp([]byte(text)); ok {
			t.Errorf("%q: got %d", text, got)
		}
	}
}

func TestParseDateKeepsTheDayAsWritten(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"2026-11-01", "2026-11-01T00:00:00-05:00", "2026-11-01T00:00:00.000+13:00", "2026-11-01T23:59:59Z"} {
		if got, ok := parseDate([]byte(text)); !ok || got != 20758 { // Python: date(2026,11,1)-date(1970,1,1)
			t.Errorf("%s: day %d %v", text, got, ok)
		}
	}
}

func TestCivilDays(t *testing.T) {
	t.Parallel()
	for at := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < 10000; at = at.AddDate(0, 0, 13) {
		if got := civilDays(at.Year(), int(at.Month()), at.Day()); got != at.Unix()/86400 && at.Unix()%86400 == 0 {
			t.Fatalf("%s: %d", at, got)
		}
	}
}

func TestParseUUID(t *testing.T) {
	t.Parallel()
	want := [16]byte{0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}
	for _, text := range []string{"00112233-4455-6677-8899-aabbccddeeff", "00112233-4455-6677-8899-AAbbCCddEEff"} {
		if got, ok := parseUUID([]byte(text)); !ok || got != want {
			t.Errorf("%s: %x %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "00112233445566778899aabbccddeeff", "{0112233-4455-6677-8899-aabbccddeeff", "00112233-4455-6677-8899-aabbccddeefg",
		"00112233-4455-6677-8899-aabbccddeeff0", "001122334-455-6677-8899-aabbccddeeff", "0011223--4455-6677-8899-aabbccddeeff", " 0112233-4455-6677-8899-aabbccddeef "} {
		if got, ok := parseUUID([]byte(text)); ok {
			t.Errorf("%q: %x", text, got)
		}
	}
}

// FuzzScan compares the grammar with another implementation of it.
func FuzzScan(f *testing.F) {
	for _, s := range []string{`{"a":[1,-0.5e+3,true,false,null,"\u00e9\n"]}`, `[]`, `{}`, `"`, `"\x"`, `01`, `-`, `1.`, `1e`, `[1,]`, `{"a"}`, `{"a":1,}`, `nul`,
		"\"a\x1fb\"", "\"abcdefgh\\u12\"", `"aaaaaaaa\"aaaaaaaa"`, "\x00", ` 1 `, `1 1`, "\"\xff\"", "\ufeff1", `[[[[]]]]`, "\"\x7f\"", `"/"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s := scanner{b: b}
		_, ok := s.skip(0)
		ok = ok && s.end()
		if strings.Count(string(b), "[")+strings.Count(string(b), "{") > maxDepth {
			return
		}
		if want := json.Valid(b); ok != want {
			t.Errorf("%q: got %v %v, want %v", b, ok, s.err, want)
		}
		if ok != (s.err == nil) {
			t.Errorf("%q: %v with %v", b, ok, s.err)
		}
	})
}
