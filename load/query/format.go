package query

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"fanlake/load/spreadsheet"
)

// WriteCSV writes the rows as CSV by RFC 4180 with a header line: NULL is
// empty and an empty text is "", booleans are true and false, instants ISO
// 8601 in UTC. Lines end with a line feed. Texts are as they are, also those
// that a spreadsheet takes for formulas; see [WriteHarmlessCSV].
func WriteCSV(w io.Writer, r *Rows) error { return writeCSV(w, r, false) }

// WriteHarmlessCSV is WriteCSV for files that a spreadsheet may open: text that
// it would take for a formula has an apostrophe in front. Numbers stay numbers,
// also those that are written as text.
func WriteHarmlessCSV(w io.Writer, r *Rows) error { return writeCSV(w, r, true) }

// plainNumber is text that a spreadsheet takes for a number.
var plainNumber = regexp.MustCompile(`^[+-]?[0-9]+([.,][0-9]+)?([eE][+-]?[0-9]+)?$`)

// harmless is the text of a value, which is no formula.
func harmless(v any, s string) string {
	switch v.(type) {
	case string, duckdb.Interval, duckdb.Union:
		if !plainNumber.MatchString(s) {
			return spreadsheet.Harmless(s)
		}
	}
	return s
}

func writeCSV(w io.Writer, r *Rows, harmlessly bool) error {
	out := bufio.NewWriter(w)
	record := func(n int, field func(int) string) {
		for i := range n {
			if i > 0 {
				out.WriteByte(',')
			}
			out.WriteString(field(i))
		}
		out.WriteByte('\n')
	}
	cell := func(v any, s string) string {
		if harmlessly {
			s = harmless(v, s)
		}
		return csvField(s)
	}
	record(len(r.Columns), func(i int) string { return cell(r.Columns[i].Name, r.Columns[i].Name) }) // a PIVOT names columns by values
	for {
		row, err := r.Next()
		if err != nil || row == nil {
			return joinFlush(err, out)
		}
		record(len(row), func(i int) string {
			if row[i] == nil {
				return ""
			}
			return cell(row[i], text(row[i], r.Columns[i].Type))
		})
	}
}

// joinFlush flushes what was written, also before an error of reading.
func joinFlush(err error, out *bufio.Writer) error {
	if e := out.Flush(); err == nil {
		err = e
	}
	return err
}

func csvField(s string) string {
	if s == "" || strings.ContainsAny(s, ",\"\r\n") || strings.HasPrefix(s, " ") || strings.HasSuffix(s, " ") {
		return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	return s
}

// WriteJSON writes the rows as an array of objects, one a line, with the keys
// in the order of the columns. Whole numbers and decimals keep all digits;
// instants are ISO 8601 in UTC, UUIDs text, lists arrays.
func WriteJSON(w io.Writer, r *Rows) error {
	out := bufio.NewWriter(w)
	out.WriteByte('[')
	for n := 0; ; n++ {
		row, err := r.Next()
		if err != nil {
			return joinFlush(err, out)
		}
		if row == nil {
			if n > 0 {
				out.WriteByte('\n')
			}
			out.WriteString("]\n")
			return out.Flush()
		}
		if n > 0 {
			out.WriteByte(',')
		}
		out.WriteString("\n{")
		for i, v := range row {
			if i > 0 {
				out.WriteByte(',')
			}
			writeJSONText(out, r.Columns[i].Name)
			out.WriteByte(':')
			writeJSONValue(out, v, r.Columns[i].Type)
		}
		out.WriteByte('}')
	}
}

func writeJSONText(out *bufio.Writer, s string) {
	b, _ := json.Marshal(s) // of a string: cannot fail
	out.Write(b)
}

func writeJSONValue(out *bufio.Writer, v any, kind string) {
	switch v := v.(type) {
	case nil:
		out.WriteString("null")
	case bool, int8, int16, int32, int64, uint8, uint16, uint32, uint64, *big.Int, duckdb.Decimal:
		out.WriteString(text(v, kind))
	case float32:
		writeJSONFloat(out, float64(v), 32)
	case float64:
		writeJSONFloat(out, v, 64)
	case []any:
		out.WriteByte('[')
		for i, e := range v {
			if i > 0 {
				out.WriteByte(',')
			}
			writeJSONValue(out, e, element(kind))
		}
		out.WriteByte(']')
	case map[string]any:
		out.WriteByte('{')
		for i, k := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				out.WriteByte(',')
			}
			writeJSONText(out, k)
			out.WriteByte(':')
			writeJSONValue(out, v[k], "")
		}
		out.WriteByte('}')
	case duckdb.OrderedMap:
		values := v.Values()
		out.WriteByte('{')
		for i, k := range v.Keys() {
			if i > 0 {
				out.WriteByte(',')
			}
			writeJSONText(out, text(k, ""))
			out.WriteByte(':')
			writeJSONValue(out, values[i], "")
		}
		out.WriteByte('}')
	case duckdb.Union:
		writeJSONValue(out, v.Value, "")
	default:
		writeJSONText(out, text(v, kind))
	}
}

// writeJSONFloat writes what JSON has no number for as text.
func writeJSONFloat(out *bufio.Writer, f float64, bits int) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		writeJSONText(out, floatText(f, bits))
		return
	}
	out.WriteString(floatText(f, bits))
}

// floatText writes a float as briefly as gives it back, and with an exponent
// only where spreadsheets and JavaScript write one too.
func floatText(f float64, bits int) string {
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		return strconv.FormatFloat(f, 'g', -1, bits)
	}
	return strconv.FormatFloat(f, 'f', -1, bits)
}

// element is the type of the elements of a list type.
func element(kind string) string {
	if i := strings.LastIndexByte(kind, '['); i >= 0 {
		return kind[:i]
	}
	return ""
}

// text is a value that is not NULL as text.
func text(v any, kind string) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float32:
		return floatText(float64(v), 32)
	case float64:
		return floatText(v, 64)
	case *big.Int:
		return v.String()
	case duckdb.Decimal:
		return decimalText(v)
	case time.Time:
		return timeText(v, kind)
	case duckdb.UUID:
		return v.String()
	case []byte:
		if len(v) == 16 && (kind == "UUID" || kind == "") {
			id := duckdb.UUID(v)
			return id.String()
		}
		return hex.EncodeToString(v)
	case duckdb.Interval:
		return fmt.Sprintf("%d months %d days %v", v.Months, v.Days, time.Duration(v.Micros)*time.Microsecond)
	case []any, map[string]any, duckdb.OrderedMap, duckdb.Union:
		var b strings.Builder
		out := bufio.NewWriter(&b)
		writeJSONValue(out, v, kind)
		out.Flush()
		return b.String()
	default:
		return fmt.Sprint(v)
	}
}

// timeText writes a time by its column's type, instants in UTC.
func timeText(t time.Time, kind string) string {
	t = t.UTC()
	switch {
	case kind == "DATE":
		return t.Format(time.DateOnly)
	case strings.HasPrefix(kind, "TIME") && !strings.HasPrefix(kind, "TIMESTAMP"):
		return t.Format("15:04:05.999999")
	default:
		return t.Format("2006-01-02T15:04:05.999999999Z")
	}
}

// decimalText writes a decimal with all digits of its scale.
func decimalText(d duckdb.Decimal) string {
	if d.Value == nil {
		return "0"
	}
	digits := new(big.Int).Abs(d.Value).String()
	sign := ""
	if d.Value.Sign() < 0 {
		sign = "-"
	}
	if d.Scale == 0 {
		return sign + digits
	}
	if missing := int(d.Scale) + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	point := len(digits) - int(d.Scale)
	return sign + digits[:point] + "." + digits[point:]
}
